/* test_net.c - the sockets between nodes, over the loopback interface and against hostile peers. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "common/crypto.h"
#include "common/limits.h"
#include "node/net/net.h"

/* --- libzmq made to fail -------------------------------------------------------------------- */

static const char *unbindable = ""; /* an endpoint that cannot be bound */
static atomic_bool zap_hangs, zap_dies;

int zmq_bind(void *socket, const char *endpoint)
{
    int (*real)(void *, const char *);

    *(void **)&real = dlsym(RTLD_NEXT, "zmq_bind");
    if (strcmp(endpoint, unbindable) == 0) {
        errno = EADDRINUSE;
        return -1;
    }
    return real(socket, endpoint);
}

/* Only the ZAP thread receives without ZMQ_DONTWAIT. */
int zmq_msg_recv(zmq_msg_t *message, void *socket, int flags)
{
    int (*real)(zmq_msg_t *, void *, int);

    *(void **)&real = dlsym(RTLD_NEXT, "zmq_msg_recv");
    if (flags == 0 && atomic_load(&zap_dies)) {
        errno = ENOTSOCK;
        return -1;
    }
    while (flags == 0 && atomic_load(&zap_hangs))
        poll(NULL, 0, 10);
    return real(message, socket, flags);
}

/* --- nodes ---------------------------------------------------------------------------------- */

struct identity {
    struct dg_curve_key key;
    struct dg_seed secret;
};

static struct identity new_identity(void)
{
    struct identity identity;

    dg_curve_keypair(&identity.key, &identity.secret);
    return identity;
}

static int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct dg_net *open_parent(const struct identity *identity)
{
    struct dg_net_options options = {
        .listen = "tcp://127.0.0.1:*", .key = identity->key, .secret = identity->secret};
    struct dg_net *net;

    assert_int_equal(dg_net_open(&options, &net, NULL), DG_OK);
    return net;
}

static struct dg_net *open_child(const struct identity *identity, const char *endpoint,
                                 const struct dg_curve_key *parent)
{
    struct dg_net_options options = {
        .key = identity->key, .secret = identity->secret, .parent = endpoint, .parent_key = *parent};
    struct dg_net *net;

    assert_int_equal(dg_net_open(&options, &net, NULL), DG_OK);
    return net;
}

/* A parent and an admitted child, the child's first message received. */
struct pair {
    struct identity up, down;
    struct dg_net *parent, *child;
    struct dg_conn conn; /* of the child */
};

/* Sends as soon as there is room. False when there was none in time. */
static bool send_within(struct dg_net *net, struct dg_conn conn, const char *text, int ms)
{
    int64_t end_ms = clock_ms() + ms;

    while (dg_net_send(net, conn, dg_bytes_of(text)) != DG_SENT) {
        if (clock_ms() >= end_ms)
            return false;
        assert_int_equal(dg_net_wait(net, NULL, 0, 10), DG_OK);
    }
    return true;
}

static bool receive_within(struct dg_net *net, struct dg_net_message *ret, int ms)
{
    int64_t end_ms = clock_ms() + ms;

    while (!dg_net_recv(net, ret)) {
        int64_t left_ms = end_ms - clock_ms();
        if (left_ms <= 0)
            return false;
        assert_int_equal(dg_net_wait(net, NULL, 0, (long)left_ms), DG_OK);
    }
    return true;
}

static void assert_arrives(struct dg_net *net, const char *text, const struct dg_curve_key *from,
                           struct dg_conn *ret_conn)
{
    struct dg_net_message message;

    if (!receive_within(net, &message, 5000))
        fail_msg("\"%s\" did not arrive", text);
    assert_true(dg_bytes_is(message.bytes, text));
    assert_true(dg_curve_key_equal(&message.key, from));
    if (ret_conn != NULL)
        *ret_conn = message.conn;
}

static void assert_talk(struct pair *pair)
{
    assert_true(send_within(pair->child, DG_CONN_UP, "kính gửi", 5000));
    assert_arrives(pair->parent, "kính gửi", &pair->down.key, &pair->conn);
    assert_true(
        send_within(pair->parent, pair->conn, "đã nhận", 5000)); /* the socket may not have room at once */
    assert_arrives(pair->child, "đã nhận", &pair->up.key, NULL);
}

static int open_pair(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);

    pair->up = new_identity();
    pair->down = new_identity();
    pair->parent = open_parent(&pair->up);
    assert_int_equal(dg_net_allow(pair->parent, &pair->down.key, 1), DG_OK);
    pair->child = open_child(&pair->down, dg_net_endpoint(pair->parent), &pair->up.key);
    assert_talk(pair);
    *state = pair;
    return 0;
}

static int close_pair(void **state)
{
    struct pair *pair = *state;

    dg_net_close(pair->child);
    dg_net_close(pair->parent);
    free(pair);
    return 0;
}

/* --- peers that are not ours ---------------------------------------------------------------- */

struct raw {
    void *context, *socket;
};

static struct raw raw_client(int type)
{
    struct raw raw = {.context = zmq_ctx_new()};
    const int none = 0;

    raw.socket = zmq_socket(raw.context, type);
    assert_non_null(raw.socket);
    zmq_setsockopt(raw.socket, ZMQ_LINGER, &none, sizeof none);
    return raw;
}

static void raw_identity(struct raw *raw, const struct identity *identity, const struct dg_curve_key *server)
{
    assert_int_equal(zmq_setsockopt(raw->socket, ZMQ_CURVE_PUBLICKEY, identity->key.b, DG_KEY_BYTES), 0);
    assert_int_equal(zmq_setsockopt(raw->socket, ZMQ_CURVE_SECRETKEY, identity->secret.b, DG_SEED_BYTES), 0);
    assert_int_equal(zmq_setsockopt(raw->socket, ZMQ_CURVE_SERVERKEY, server->b, DG_KEY_BYTES), 0);
}

static void raw_connect(struct raw *raw, const struct dg_net *net)
{
    assert_int_equal(zmq_connect(raw->socket, dg_net_endpoint(net)), 0);
}

static void raw_close(struct raw *raw)
{
    zmq_close(raw->socket);
    zmq_ctx_term(raw->context);
}

static void raw_send(struct raw *raw, const char *text, int flags)
{
    assert_true(zmq_send(raw->socket, text, strlen(text), flags) >= 0);
}

static int tcp_connect(const struct dg_net *net)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_port = htons((uint16_t)atoi(strrchr(dg_net_endpoint(net), ':') + 1));
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* True when the other end has closed the connection, after whatever it said. */
static bool was_cut(int fd)
{
    uint8_t rest[256];
    ssize_t got;

    do
        got = recv(fd, rest, sizeof rest, MSG_DONTWAIT);
    while (got > 0);
    return got == 0 || errno == ECONNRESET;
}

/* Lets the parent work for a while; nothing may arrive. */
static void assert_silence(struct dg_net *net, int ms)
{
    struct dg_net_message message;

    assert_false(receive_within(net, &message, ms));
}

/* --- the way it should be ------------------------------------------------------------------- */

static void child_and_parent_talk_both_ways(void **state)
{
    struct pair *pair = *state;

    for (int i = 0; i < 20; i++)
        assert_talk(pair);
    assert_true(pair->conn.n != DG_CONN_UP.n);
    assert_int_equal(dg_net_counters(pair->parent).received, 21);
    assert_int_equal(dg_net_counters(pair->parent).sent, 21);
    assert_int_equal(dg_net_counters(pair->parent).zap_requests, 1);
    assert_int_equal(dg_net_counters(pair->parent).handshakes_refused, 0);
}

static void largest_message_arrives_whole(void **state)
{
    struct pair *pair = *state;
    size_t size = DG_ZMQ_MSG_MAX - 33;
    uint8_t *data = malloc(size);
    struct dg_net_message message;

    dg_random(data, size);
    assert_int_equal(dg_net_send(pair->child, DG_CONN_UP, dg_bytes_at(data, size)), DG_SENT);
    assert_true(receive_within(pair->parent, &message, 5000));
    assert_true(dg_bytes_equal(message.bytes, dg_bytes_at(data, size)));
    free(data);
    assert_talk(pair);
}

static void node_between_hears_parent_and_child_in_turns(void **state)
{
    struct pair *pair = *state;
    struct identity middle = new_identity(), below = new_identity();
    struct dg_net_options options = {.listen = "tcp://127.0.0.1:0",
                                     .key = middle.key,
                                     .secret = middle.secret,
                                     .parent = dg_net_endpoint(pair->parent),
                                     .parent_key = pair->up.key};
    struct dg_net *net;
    struct dg_conn conn;
    struct dg_net_message message;

    const struct dg_curve_key both[] = {pair->down.key, middle.key};
    assert_int_equal(dg_net_allow(pair->parent, both, 2), DG_OK);
    assert_int_equal(dg_net_open(&options, &net, NULL), DG_OK);
    assert_int_equal(dg_net_allow(net, &below.key, 1), DG_OK);
    struct dg_net *child = open_child(&below, dg_net_endpoint(net), &middle.key);
    assert_true(send_within(net, DG_CONN_UP, "hello", 5000));
    assert_arrives(pair->parent, "hello", &middle.key, &conn);

    for (int i = 0; i < 6; i++) {
        assert_true(send_within(pair->parent, conn, "from above", 5000));
        assert_true(send_within(child, DG_CONN_UP, "from below", 5000));
    }
    poll(NULL, 0, 200);
    assert_true(receive_within(net, &message, 5000));
    for (int i = 1; i < 12; i++) {
        bool up = message.conn.n == DG_CONN_UP.n;
        assert_true(receive_within(net, &message, 5000));
        assert_true(up != (message.conn.n == DG_CONN_UP.n));
    }
    dg_net_close(child);
    dg_net_close(net);
}

static void uplink_that_is_reset_connects_again(void **state)
{
    struct pair *pair = *state;
    uint64_t before = pair->conn.n;

    assert_int_equal(dg_net_uplink_reset(pair->child, NULL), DG_OK);
    assert_talk(pair);
    assert_true(pair->conn.n != before);
    /* The parent may take a moment to notice that the old connection is no more. */
    enum dg_sent sent = DG_SENT;
    for (int i = 0; i < 100 && sent != DG_SENT_GONE; i++) {
        sent = dg_net_send(pair->parent, (struct dg_conn){before}, dg_bytes_of("x"));
        poll(NULL, 0, sent == DG_SENT_GONE ? 0 : 50);
    }
    assert_int_equal(sent, DG_SENT_GONE);
}

/* Closes the parent; it can be opened again at the same endpoint. */
static void end_parent(struct pair *pair, char *ret_endpoint, size_t size)
{
    snprintf(ret_endpoint, size, "%s", dg_net_endpoint(pair->parent));
    dg_net_close(pair->parent);
    pair->parent = NULL;
}

static void restart_parent(struct pair *pair, const char *endpoint)
{
    struct dg_net_options options = {.listen = endpoint, .key = pair->up.key, .secret = pair->up.secret};

    assert_int_equal(dg_net_open(&options, &pair->parent, NULL), DG_OK);
    assert_int_equal(dg_net_allow(pair->parent, &pair->down.key, 1), DG_OK);
}

/* Waits until the child is told of a break. */
static bool break_within(struct dg_net *net, int ms)
{
    int64_t end_ms = clock_ms() + ms;
    bool lost = dg_net_uplink_lost(net);

    while (!lost && clock_ms() < end_ms) {
        assert_int_equal(dg_net_wait(net, NULL, 0, (long)(2 * ms)), DG_OK);
        lost = dg_net_uplink_lost(net);
    }
    return lost && clock_ms() < end_ms;
}

static void uplink_that_breaks_is_noticed(void **state)
{
    struct pair *pair = *state;
    char endpoint[64];

    assert_false(dg_net_uplink_lost(pair->child));
    for (int i = 0; i < 2; i++) {
        end_parent(pair, endpoint, sizeof endpoint);
        assert_true(break_within(pair->child, 1000));
        assert_false(dg_net_uplink_lost(pair->child));
        assert_int_equal(dg_net_send(pair->child, DG_CONN_UP, dg_bytes_of("x")), DG_SENT_FULL);

        restart_parent(pair, endpoint);
        int64_t start_ms = clock_ms();
        assert_talk(pair);
        assert_true(clock_ms() - start_ms < 4000);
        assert_false(dg_net_uplink_lost(pair->child));
    }
}

static void uplink_that_is_reset_is_not_a_break(void **state)
{
    struct pair *pair = *state;
    char endpoint[64];

    for (int i = 0; i < 20; i++) { /* as fast as it goes */
        assert_int_equal(dg_net_uplink_reset(pair->child, NULL), DG_OK);
        assert_false(dg_net_uplink_lost(pair->child));
    }
    assert_talk(pair);
    assert_false(dg_net_uplink_lost(pair->child));
    end_parent(pair, endpoint, sizeof endpoint);
    assert_int_equal(dg_net_wait(pair->child, NULL, 0, 5000), DG_OK);
    assert_int_equal(dg_net_uplink_reset(pair->child, NULL), DG_OK);
    assert_false(dg_net_uplink_lost(pair->child));
}

/* --- who gets in ---------------------------------------------------------------------------- */

/* libzmq tries again some six seconds after a refusal, and a handshake has five: other tests run
 * meanwhile. */
static struct pair late;
static struct dg_net *visited;

static void child_that_is_not_admitted_is_refused(void **state)
{
    struct identity other = new_identity();

    (void)state;
    late.up = new_identity();
    late.down = new_identity();
    late.parent = open_parent(&late.up);
    late.child = open_child(&late.down, dg_net_endpoint(late.parent), &late.up.key);

    assert_int_equal(dg_net_allow(late.parent, &other.key, 1), DG_OK);
    assert_false(send_within(late.child, DG_CONN_UP, "let me in", 300));
    assert_silence(late.parent, 100);
    assert_int_equal(dg_net_counters(late.parent).zap_requests, 1);
    assert_int_equal(dg_net_counters(late.parent).handshakes_refused, 1);
    assert_false(dg_net_uplink_lost(late.child));

    const struct dg_curve_key both[] = {other.key, late.down.key};
    assert_int_equal(dg_net_allow(late.parent, both, 2), DG_OK);
}

static void child_admitted_late_gets_in_by_itself(void **state)
{
    (void)state;
    assert_true(send_within(late.child, DG_CONN_UP, "now", 10000));
    assert_arrives(late.parent, "now", &late.down.key, NULL);
    dg_net_close(late.child);
    dg_net_close(late.parent);
}

static void browser_on_the_port_is_cut(void **state)
{
    static const char http[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    struct identity up = new_identity();

    (void)state;
    visited = open_parent(&up);
    int fd = tcp_connect(visited);
    assert_true(send(fd, http, sizeof http - 1, MSG_NOSIGNAL) > 0);
    assert_silence(visited, 200);
    assert_true(was_cut(fd));
    close(fd);
}

static void browser_is_counted_when_its_time_is_over(void **state)
{
    (void)state;
    for (int i = 0; i < 90 && dg_net_counters(visited).handshakes_refused == 0; i++)
        assert_silence(visited, 100);
    assert_int_equal(dg_net_counters(visited).handshakes_refused, 1);
    dg_net_close(visited);
}

static void child_whose_key_is_removed_is_not_heard_any_more(void **state)
{
    struct pair *pair = *state;

    assert_int_equal(dg_net_allow(pair->parent, NULL, 0), DG_OK);
    assert_true(send_within(pair->child, DG_CONN_UP, "still here", 1000));
    assert_silence(pair->parent, 200);
    assert_int_equal(dg_net_counters(pair->parent).dropped_anonymous, 1);
}

static void more_keys_than_the_limit_are_refused(void **state)
{
    struct pair *pair = *state;
    size_t count = 2 * DG_CHILDREN_MAX + DG_INVITATIONS_MAX + 1;
    struct dg_curve_key *keys = calloc(count, sizeof *keys);

    dg_random(keys, count * sizeof *keys);
    keys[0] = pair->down.key;
    assert_int_equal(dg_net_allow(pair->parent, keys, count), DG_ERR_TOO_LARGE);
    assert_talk(pair);
    assert_int_equal(dg_net_allow(pair->parent, keys, count - 1), DG_OK);
    assert_talk(pair);
    free(keys);
}

static void client_without_curve_is_refused(void **state)
{
    struct pair *pair = *state;
    struct raw null = raw_client(ZMQ_DEALER), plain = raw_client(ZMQ_DEALER);

    zmq_setsockopt(plain.socket, ZMQ_PLAIN_USERNAME, "admin", 5);
    zmq_setsockopt(plain.socket, ZMQ_PLAIN_PASSWORD, "admin", 5);
    raw_connect(&null, pair->parent);
    raw_connect(&plain, pair->parent);
    raw_send(&null, "x", ZMQ_DONTWAIT);
    raw_send(&plain, "x", ZMQ_DONTWAIT);
    assert_silence(pair->parent, 500);
    assert_true(dg_net_counters(pair->parent).handshakes_refused >= 2);
    assert_int_equal(dg_net_counters(pair->parent).zap_requests, 1);
    raw_close(&null);
    raw_close(&plain);
    assert_talk(pair);
}

static void wrong_key_pinned_for_the_parent_lets_nothing_out(void **state)
{
    struct pair *pair = *state;
    struct identity wrong = new_identity();
    struct dg_net *child = open_child(&pair->down, dg_net_endpoint(pair->parent), &wrong.key);

    assert_false(send_within(child, DG_CONN_UP, "secret", 800));
    assert_silence(pair->parent, 10);
    dg_net_close(child);
    assert_talk(pair);
}

/* --- hostile members ------------------------------------------------------------------------ */

static void claimed_name_takes_over_nothing(void **state)
{
    struct pair *pair = *state;
    struct identity thief = new_identity();
    const struct dg_curve_key both[] = {pair->down.key, thief.key};
    struct raw raw = raw_client(ZMQ_DEALER);
    uint8_t name[8];

    assert_int_equal(dg_net_allow(pair->parent, both, 2), DG_OK);
    dg_u64be_put(name, pair->conn.n & UINT32_MAX);
    raw_identity(&raw, &thief, &pair->up.key);
    zmq_setsockopt(raw.socket, ZMQ_ROUTING_ID, name + 3, 5);
    raw_connect(&raw, pair->parent);
    raw_send(&raw, "I am your child", 0);
    assert_silence(pair->parent, 300);
    assert_talk(pair);
    uint8_t byte;
    assert_int_equal(zmq_recv(raw.socket, &byte, 1, ZMQ_DONTWAIT), -1);
    raw_close(&raw);
}

static void peer_under_a_name_of_its_own_is_not_heard(void **state)
{
    struct pair *pair = *state;
    struct raw raw = raw_client(ZMQ_DEALER);

    raw_identity(&raw, &pair->down, &pair->up.key);
    zmq_setsockopt(raw.socket, ZMQ_ROUTING_ID, "tinh-uy", 7);
    raw_connect(&raw, pair->parent);
    raw_send(&raw, "x", 0);
    assert_silence(pair->parent, 300);
    assert_int_equal(dg_net_counters(pair->parent).dropped_shape, 1);
    raw_close(&raw);
}

/* libzmq aborts when it gives out a number that a peer has claimed before, and would always begin with
 * the same one. */
static void connection_numbers_begin_anywhere(void **state)
{
    struct pair *pair = *state, *other;
    void *second;

    assert_int_equal(open_pair(&second), 0);
    other = second;
    assert_true(llabs((long long)pair->conn.n - (long long)other->conn.n) > 1000);
    assert_true(llabs((long long)(pair->conn.n & UINT32_MAX) - 0x6b8b4567LL) > 1000);
    close_pair(&second);
}

static void message_of_several_frames_is_dropped_and_counted(void **state)
{
    struct pair *pair = *state;
    struct raw raw = raw_client(ZMQ_DEALER), req = raw_client(ZMQ_REQ);

    raw_identity(&raw, &pair->down, &pair->up.key);
    raw_connect(&raw, pair->parent);
    for (int i = 0; i < 9999; i++)
        raw_send(&raw, "frame", ZMQ_SNDMORE);
    raw_send(&raw, "last", 0);
    raw_send(&raw, "", ZMQ_SNDMORE);
    raw_send(&raw, "", 0);
    raw_send(&raw, "", 0);
    raw_send(&raw, "one", 0);
    assert_arrives(pair->parent, "", &pair->down.key, NULL);
    assert_arrives(pair->parent, "one", &pair->down.key, NULL);
    assert_int_equal(dg_net_counters(pair->parent).dropped_shape, 2);

    raw_identity(&req, &pair->down, &pair->up.key);
    raw_connect(&req, pair->parent);
    raw_send(&req, "with an empty frame before it", 0);
    assert_silence(pair->parent, 200);
    assert_int_equal(dg_net_counters(pair->parent).dropped_shape, 3);
    raw_close(&raw);
    raw_close(&req);
    assert_talk(pair);
}

static void oversized_frame_cuts_only_its_sender(void **state)
{
    struct pair *pair = *state;
    struct raw raw = raw_client(ZMQ_DEALER);
    size_t size = 2 * DG_ZMQ_MSG_MAX;
    void *data = calloc(1, size);

    raw_identity(&raw, &pair->down, &pair->up.key);
    raw_connect(&raw, pair->parent);
    raw_send(&raw, "small", 0);
    assert_arrives(pair->parent, "small", &pair->down.key, NULL);
    assert_true(zmq_send(raw.socket, data, size, 0) >= 0);
    assert_silence(pair->parent, 300);
    assert_talk(pair);
    free(data);
    raw_close(&raw);
}

static void rubbish_on_the_port_disturbs_nobody(void **state)
{
    static const char http[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    static const uint8_t greeting[64] = {[0] = 0xff, [9] = 0x7f, 3, 0, 'C', 'U', 'R', 'V', 'E'};
    static const uint8_t length_2_40[] = {6, 0, 0, 1, 0, 0, 0, 0, 0};
    struct pair *pair = *state;
    int fd[4];
    uint8_t noise[4096];

    dg_random(noise, sizeof noise);
    noise[0] = 1; /* not by chance the start of a greeting */
    for (int i = 0; i < 4; i++)
        fd[i] = tcp_connect(pair->parent);
    assert_true(send(fd[0], http, sizeof http - 1, MSG_NOSIGNAL) > 0);
    assert_true(send(fd[1], noise, sizeof noise, MSG_NOSIGNAL) > 0);
    assert_true(send(fd[2], greeting, sizeof greeting, MSG_NOSIGNAL) > 0);
    assert_true(send(fd[2], length_2_40, sizeof length_2_40, MSG_NOSIGNAL) > 0);
    assert_silence(pair->parent, 300);
    assert_talk(pair);
    for (int i = 0; i < 3; i++) /* the fourth says nothing and has five seconds */
        assert_true(was_cut(fd[i]));
    for (int i = 0; i < 4; i++)
        close(fd[i]);
    assert_int_equal(dg_net_counters(pair->parent).zap_requests, 1);
}

/* --- sending -------------------------------------------------------------------------------- */

static void connection_that_is_gone_says_so(void **state)
{
    struct pair *pair = *state;
    enum dg_sent sent = DG_SENT;

    dg_net_close(pair->child);
    pair->child = NULL;
    for (int i = 0; i < 100 && sent != DG_SENT_GONE; i++) {
        assert_int_equal(dg_net_wait(pair->parent, NULL, 0, 10), DG_OK);
        sent = dg_net_send(pair->parent, pair->conn, dg_bytes_of("x"));
    }
    assert_int_equal(sent, DG_SENT_GONE);
    assert_int_equal(dg_net_send(pair->parent, (struct dg_conn){77}, dg_bytes_of("x")), DG_SENT_GONE);
    assert_int_equal(dg_net_send(pair->parent, DG_CONN_UP, dg_bytes_of("x")), DG_SENT_GONE);
}

static void full_buffers_never_block(void **state)
{
    struct pair *pair = *state;
    size_t size = 500000;
    void *data = calloc(1, size);
    enum dg_sent up = DG_SENT, down = DG_SENT;
    int64_t start_ms = clock_ms();

    /* Neither side reads. */
    for (int i = 0; i < 1000 && up == DG_SENT; i++)
        up = dg_net_send(pair->child, DG_CONN_UP, dg_bytes_at(data, size));
    for (int i = 0; i < 1000 && down == DG_SENT; i++)
        down = dg_net_send(pair->parent, pair->conn, dg_bytes_at(data, size));
    assert_int_equal(up, DG_SENT_FULL);
    assert_int_equal(down, DG_SENT_FULL);
    assert_true(clock_ms() - start_ms < 2000);
    free(data);
}

static void unconnected_uplink_queues_nothing(void **state)
{
    struct identity up = new_identity(), down = new_identity();
    struct dg_net *child = open_child(&down, "tcp://127.0.0.1:1", &up.key);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(dg_net_send(child, DG_CONN_UP, dg_bytes_of("x")), DG_SENT_FULL);
        assert_int_equal(dg_net_wait(child, NULL, 0, 20), DG_OK);
    }
    dg_net_close(child);
}

/* --- waiting -------------------------------------------------------------------------------- */

static void descriptor_or_timeout_ends_the_wait(void **state)
{
    struct pair *pair = *state;
    int pipes[2];
    int64_t start_ms = clock_ms();

    assert_int_equal(pipe(pipes), 0);
    struct dg_watch watch[] = {{.fd = pipes[0]}, {.fd = pipes[1], .want_write = false}};
    assert_int_equal(dg_net_wait(pair->parent, watch, 1, 100), DG_OK);
    assert_true(clock_ms() - start_ms >= 100 && !watch[0].readable);
    assert_int_equal(write(pipes[1], "x", 1), 1);
    assert_int_equal(dg_net_wait(pair->parent, watch, 2, -1), DG_OK);
    assert_true(watch[0].readable && !watch[0].writable && !watch[1].writable);
    watch[1].want_write = true;
    assert_int_equal(dg_net_wait(pair->parent, watch, 2, -1), DG_OK);
    assert_true(watch[1].writable && !watch[1].readable);
    close(pipes[0]);
    close(pipes[1]);
}

static void on_alarm(int signal)
{
    (void)signal;
}

static void signal_ends_the_wait(void **state)
{
    struct pair *pair = *state;
    const struct itimerval soon = {.it_value.tv_usec = 50000};
    struct sigaction action = {.sa_handler = on_alarm};

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(dg_net_wait(pair->parent, NULL, 0, -1), DG_OK);
}

/* --- the ZAP handler ------------------------------------------------------------------------ */

/* True when nothing listens at 127.0.0.1:port. */
static bool is_shut(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int result = connect(fd, (const struct sockaddr *)&address, sizeof address);

    close(fd);
    return result != 0;
}

static void port_stays_closed_without_an_admission_handler(void **state)
{
    struct identity up = new_identity();
    struct dg_net *net = open_parent(&up);
    char endpoint[64];
    struct dg_fault fault;

    (void)state;
    snprintf(endpoint, sizeof endpoint, "%s", dg_net_endpoint(net)); /* one that is free */
    uint16_t port = (uint16_t)atoi(strrchr(endpoint, ':') + 1);
    assert_false(is_shut(port));
    dg_net_close(net);

    struct dg_net_options options = {.listen = endpoint, .key = up.key, .secret = up.secret};
    unbindable = "inproc://zeromq.zap.01";
    assert_int_equal(dg_net_open(&options, &net, &fault), DG_ERR_NETWORK);
    unbindable = "";
    assert_true(is_shut(port));

    atomic_store(&zap_dies, true); /* bound, but without an answer */
    assert_int_equal(dg_net_open(&options, &net, &fault), DG_ERR_NETWORK);
    atomic_store(&zap_dies, false);
    assert_true(is_shut(port));
}

static void address_that_cannot_be_used_is_refused(void **state)
{
    struct pair *pair = *state;
    struct dg_net_options options = {.key = pair->up.key, .secret = pair->up.secret};
    struct dg_net *net;
    struct dg_fault fault;

    const char *const bad[] = {dg_net_endpoint(pair->parent), "ipc:///tmp/x", "127.0.0.1:5", "tcp://", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        options.listen = bad[i];
        assert_int_equal(dg_net_open(&options, &net, &fault), DG_ERR_NETWORK);
        assert_true(strncmp(fault.what, bad[i], strlen(bad[i])) == 0);
    }
    options.listen = NULL;
    options.parent = "tcp://nowhere";
    assert_int_equal(dg_net_open(&options, &net, &fault), DG_ERR_NETWORK);
}

/* Waits until the node notices; returns how long that took. */
static int64_t time_to_notice(struct dg_net *net)
{
    int64_t start_ms = clock_ms();
    enum dg_err err = DG_OK;

    while (err == DG_OK && clock_ms() - start_ms < 8000)
        err = dg_net_wait(net, NULL, 0, 500);
    assert_int_equal(err, DG_ERR_NETWORK);
    assert_int_equal(dg_net_wait(net, NULL, 0, 0), DG_ERR_NETWORK);
    return clock_ms() - start_ms;
}

static void dead_admission_handler_is_noticed(void **state)
{
    struct pair *pair = *state;

    atomic_store(&zap_dies, true);
    assert_true(time_to_notice(pair->parent) <= 5000);
    atomic_store(&zap_dies, false);

    /* Nobody gets in unchecked meanwhile. */
    struct identity stranger = new_identity();
    struct dg_net *child = open_child(&stranger, dg_net_endpoint(pair->parent), &pair->up.key);
    assert_false(send_within(child, DG_CONN_UP, "x", 300));
    dg_net_close(child);
}

static void hanging_admission_handler_is_noticed(void **state)
{
    struct pair *pair = *state;

    atomic_store(&zap_hangs, true);
    assert_true(time_to_notice(pair->parent) <= 5000);
    atomic_store(&zap_hangs, false);
}

static int start_crypto(void **state)
{
    (void)state;
    return dg_crypto_start(NULL) == DG_OK ? 0 : -1;
}

int main(void)
{
#define PAIR(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_that_is_not_admitted_is_refused),
        cmocka_unit_test(browser_on_the_port_is_cut),
        PAIR(child_and_parent_talk_both_ways),
        PAIR(largest_message_arrives_whole),
        PAIR(node_between_hears_parent_and_child_in_turns),
        PAIR(uplink_that_is_reset_connects_again),
        PAIR(uplink_that_breaks_is_noticed),
        PAIR(uplink_that_is_reset_is_not_a_break),
        PAIR(child_whose_key_is_removed_is_not_heard_any_more),
        PAIR(more_keys_than_the_limit_are_refused),
        PAIR(client_without_curve_is_refused),
        PAIR(wrong_key_pinned_for_the_parent_lets_nothing_out),
        PAIR(claimed_name_takes_over_nothing),
        PAIR(peer_under_a_name_of_its_own_is_not_heard),
        PAIR(connection_numbers_begin_anywhere),
        PAIR(message_of_several_frames_is_dropped_and_counted),
        PAIR(oversized_frame_cuts_only_its_sender),
        PAIR(rubbish_on_the_port_disturbs_nobody),
        PAIR(connection_that_is_gone_says_so),
        PAIR(full_buffers_never_block),
        cmocka_unit_test(unconnected_uplink_queues_nothing),
        PAIR(descriptor_or_timeout_ends_the_wait),
        PAIR(signal_ends_the_wait),
        cmocka_unit_test(child_admitted_late_gets_in_by_itself),
        cmocka_unit_test(browser_is_counted_when_its_time_is_over),
        cmocka_unit_test(port_stays_closed_without_an_admission_handler),
        PAIR(address_that_cannot_be_used_is_refused),
        PAIR(dead_admission_handler_is_noticed),
        PAIR(hanging_admission_handler_is_noticed),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
