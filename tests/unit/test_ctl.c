/* test_ctl.c - the control socket: every client is served or let go, and none holds up the loop. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/limits.h"
#include "node/ctl/ctl.h"

enum { WATCHES = DG_CTL_CLIENTS_MAX + 1, SECOND_MS = 1000 };

/* A daemon that answers every request with its bytes in reverse. Its clock is the test's. */
struct daemon {
    char dir[200];
    struct dg_ctl *ctl;
    int64_t now_ms;
    bool mute;
    unsigned served;
    pthread_t thread;
    atomic_bool stop;
};

static void answer_all(struct daemon *daemon)
{
    uint64_t client;
    struct dg_bytes request;

    while (!daemon->mute && dg_ctl_next(daemon->ctl, &client, &request)) {
        uint8_t *reply = malloc(request.size + 1);
        assert_non_null(reply);
        for (size_t i = 0; i < request.size; i++)
            reply[i] = request.data[request.size - 1 - i];
        dg_ctl_reply(daemon->ctl, client, dg_bytes_at(reply, request.size));
        free(reply);
        daemon->served++;
    }
}

/* One turn of a loop: waits at most wait_ms. Returns how many descriptors were watched. */
static size_t turn(struct daemon *daemon, int wait_ms)
{
    struct dg_ctl_watch watch[WATCHES];
    struct pollfd item[WATCHES];
    size_t count = dg_ctl_watches(daemon->ctl, watch, WATCHES);

    for (size_t i = 0; i < count; i++)
        item[i] = (struct pollfd){.fd = watch[i].fd, .events = watch[i].want_write ? POLLOUT : POLLIN};
    poll(item, count, wait_ms);
    for (size_t i = 0; i < count; i++) {
        watch[i].readable = !watch[i].want_write && item[i].revents != 0;
        watch[i].writable = watch[i].want_write && item[i].revents != 0;
    }
    dg_ctl_serve(daemon->ctl, watch, count, daemon->now_ms);
    answer_all(daemon);
    return count;
}

static void turns(struct daemon *daemon, int count)
{
    for (int i = 0; i < count; i++)
        turn(daemon, 1);
}

static void *run(void *arg)
{
    struct daemon *daemon = arg;

    while (!atomic_load(&daemon->stop))
        turn(daemon, 10);
    return NULL;
}

static void start_thread(struct daemon *daemon)
{
    assert_int_equal(pthread_create(&daemon->thread, NULL, run, daemon), 0);
}

static void stop_thread(struct daemon *daemon)
{
    atomic_store(&daemon->stop, true);
    pthread_join(daemon->thread, NULL);
}

static int open_daemon(void **state)
{
    struct daemon *daemon = calloc(1, sizeof *daemon);

    snprintf(daemon->dir, sizeof daemon->dir, "/tmp/test_ctl.XXXXXX");
    assert_non_null(mkdtemp(daemon->dir));
    assert_int_equal(dg_ctl_open(daemon->dir, &daemon->ctl, NULL), DG_OK);
    *state = daemon;
    return 0;
}

static int close_daemon(void **state)
{
    struct daemon *daemon = *state;

    dg_ctl_close(daemon->ctl);
    assert_int_equal(rmdir(daemon->dir), 0); /* the socket is gone */
    free(daemon);
    return 0;
}

static int connect_raw(const struct daemon *daemon)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%.80s/ctl.sock", daemon->dir);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* True when the other end has closed; waits for a moment. */
static bool is_closed(int fd)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};
    uint8_t byte;

    return poll(&item, 1, 0) == 1 && recv(fd, &byte, 1, MSG_PEEK) <= 0;
}

static void assert_call_works(const struct daemon *daemon, size_t size)
{
    struct dg_arena arena;
    struct dg_bytes reply;
    uint8_t *request = malloc(size + 1);

    for (size_t i = 0; i < size; i++)
        request[i] = (uint8_t)(i * 31 + i / 1000);
    dg_arena_init(&arena, 0);
    assert_int_equal(dg_ctl_call(daemon->dir, dg_bytes_at(request, size), 5000, &arena, &reply, NULL), DG_OK);
    assert_int_equal(reply.size, size);
    for (size_t i = 0; i < size; i++)
        assert_true(reply.data[i] == request[size - 1 - i]);
    dg_arena_done(&arena);
    free(request);
}

static enum dg_err call_err(const char *dir, int timeout_ms)
{
    struct dg_arena arena;
    struct dg_bytes reply;

    dg_arena_init(&arena, 0);
    enum dg_err err = dg_ctl_call(dir, dg_bytes_of("x"), timeout_ms, &arena, &reply, NULL);
    dg_arena_done(&arena);
    return err;
}

/* --- calls ---------------------------------------------------------------------------------- */

static void request_gets_its_reply(void **state)
{
    struct daemon *daemon = *state;

    start_thread(daemon);
    assert_call_works(daemon, 5);
    assert_call_works(daemon, 0);
    assert_call_works(daemon, 70000);
    assert_call_works(daemon, DG_CTL_MSG_MAX);
    stop_thread(daemon);
    assert_int_equal(daemon->served, 4);
}

static void request_above_the_limit_is_not_sent(void **state)
{
    struct daemon *daemon = *state;
    struct dg_arena arena;
    struct dg_bytes reply;

    dg_arena_init(&arena, 0);
    assert_int_equal(
        dg_ctl_call(daemon->dir, (struct dg_bytes){NULL, DG_CTL_MSG_MAX + 1}, 100, &arena, &reply, NULL),
        DG_ERR_TOO_LARGE);
    dg_arena_done(&arena);
}

static void node_that_does_not_run_is_named_so(void **state)
{
    struct daemon *daemon = *state;
    char path[256];
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    assert_int_equal(call_err("/tmp/no such directory", 100), DG_ERR_NOT_RUNNING);
    dg_ctl_close(daemon->ctl);
    assert_int_equal(call_err(daemon->dir, 100), DG_ERR_NOT_RUNNING);

    /* A socket whose process has died refuses, and is replaced by the next start. */
    snprintf(path, sizeof path, "%s/ctl.sock", daemon->dir);
    snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (const struct sockaddr *)&address, sizeof address), 0);
    close(dead);
    assert_int_equal(call_err(daemon->dir, 100), DG_ERR_NOT_RUNNING);
    assert_int_equal(dg_ctl_open(daemon->dir, &daemon->ctl, NULL), DG_OK);
    start_thread(daemon);
    assert_call_works(daemon, 3);
    stop_thread(daemon);
}

static void file_in_the_place_of_the_socket_is_left_alone(void **state)
{
    struct daemon *daemon = *state;
    struct dg_ctl *ctl;
    struct stat st;
    char path[256];

    dg_ctl_close(daemon->ctl);
    daemon->ctl = NULL;
    snprintf(path, sizeof path, "%s/ctl.sock", daemon->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(dg_ctl_open(daemon->dir, &ctl, NULL), DG_ERR_SYSTEM);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    unlink(path);
}

static void only_the_owner_may_connect(void **state)
{
    struct daemon *daemon = *state;
    struct stat st;
    char path[256];

    snprintf(path, sizeof path, "%s/ctl.sock", daemon->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void mute_daemon_is_given_up_in_time(void **state)
{
    struct daemon *daemon = *state;

    daemon->mute = true;
    start_thread(daemon);
    assert_int_equal(call_err(daemon->dir, 100), DG_ERR_NOT_RUNNING);
    stop_thread(daemon);
}

static void path_longer_than_a_socket_address_works(void **state)
{
    struct daemon *daemon = *state;
    struct daemon deep = {0};

    snprintf(deep.dir, sizeof deep.dir, "%.60s/%0120d", daemon->dir, 0);
    assert_int_equal(mkdir(deep.dir, 0700), 0);
    assert_int_equal(dg_ctl_open(deep.dir, &deep.ctl, NULL), DG_OK);
    start_thread(&deep);
    assert_call_works(&deep, 10);
    stop_thread(&deep);
    dg_ctl_close(deep.ctl);
    assert_int_equal(rmdir(deep.dir), 0);
}

/* --- bad clients ---------------------------------------------------------------------------- */

static void silent_client_loses_its_slot_after_ten_seconds(void **state)
{
    struct daemon *daemon = *state;
    int silent = connect_raw(daemon), slow = connect_raw(daemon);

    turns(daemon, 3);
    daemon->now_ms += 5 * SECOND_MS;
    assert_int_equal(write(slow, "\0\0\0", 3), 3); /* a byte now and then buys no time */
    turns(daemon, 3);
    assert_false(is_closed(silent));
    daemon->now_ms += 5 * SECOND_MS;
    turns(daemon, 1);
    assert_true(is_closed(silent));
    assert_true(is_closed(slow));
    assert_int_equal(turn(daemon, 1), 1);
    close(silent);
    close(slow);
}

static void client_that_takes_no_reply_loses_its_slot(void **state)
{
    struct daemon *daemon = *state;
    const size_t size = 2 * 1024 * 1024;
    uint8_t *request = calloc(1, size + 4);
    int fd = connect_raw(daemon);

    request[1] = (uint8_t)(size >> 16);
    for (size_t done = 0; done < size + 4;) {
        ssize_t sent = send(fd, request + done, size + 4 - done, MSG_DONTWAIT);
        done += sent > 0 ? (size_t)sent : 0;
        turn(daemon, 0);
    }
    turns(daemon, 3);
    assert_int_equal(daemon->served, 1);
    assert_int_equal(turn(daemon, 1), 2);
    daemon->now_ms += 10 * SECOND_MS;
    turns(daemon, 1);
    assert_int_equal(turn(daemon, 1), 1);
    close(fd);
    free(request);
}

static void length_above_the_limit_ends_the_connection(void **state)
{
    static const char *const headers[] = {"\xff\xff\xff\xff", "\x00\x40\x00\x01", "GET "};
    struct daemon *daemon = *state;

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        int fd = connect_raw(daemon);
        assert_int_equal(write(fd, headers[i], 4), 4);
        turns(daemon, 3);
        assert_true(is_closed(fd));
        close(fd);
    }
    assert_int_equal(daemon->served, 0);
}

static void client_that_hangs_up_frees_its_slot(void **state)
{
    struct daemon *daemon = *state;
    int early = connect_raw(daemon), late = connect_raw(daemon);
    uint64_t client;
    struct dg_bytes request;

    daemon->mute = true;
    assert_int_equal(write(early, "\0\0", 2), 2);
    assert_int_equal(write(late, "\0\0\0\1x", 5), 5);
    turns(daemon, 3);
    close(early);
    close(late);
    turns(daemon, 3);
    assert_true(dg_ctl_next(daemon->ctl, &client, &request));
    assert_true(dg_bytes_is(request, "x"));
    dg_ctl_reply(daemon->ctl, client, dg_bytes_of("y"));
    dg_ctl_reply(daemon->ctl, client, dg_bytes_of("y")); /* it is unknown by now */
    dg_ctl_reply(daemon->ctl, 12345, dg_bytes_of("y"));
    assert_int_equal(turn(daemon, 1), 1);
}

static void newcomer_gets_the_slot_of_an_idle_client_within_seconds(void **state)
{
    struct daemon *daemon = *state;
    int idle[DG_CTL_CLIENTS_MAX];

    for (size_t i = 0; i < DG_CTL_CLIENTS_MAX; i++)
        idle[i] = connect_raw(daemon);
    turns(daemon, 3);
    int newcomer = connect_raw(daemon);
    assert_int_equal(write(newcomer, "\0\0\0\1a", 5), 5);
    turns(daemon, 3);
    assert_int_equal(daemon->served, 0); /* each of the others has a second to speak */
    daemon->now_ms += SECOND_MS;
    turns(daemon, 3);
    assert_int_equal(daemon->served, 1);
    size_t closed = 0;
    for (size_t i = 0; i < DG_CTL_CLIENTS_MAX; i++) {
        closed += is_closed(idle[i]) ? 1 : 0;
        close(idle[i]);
    }
    assert_int_equal(closed, 1); /* no more than was needed */
    close(newcomer);
    turns(daemon, 3);
}

static void more_clients_than_slots_are_all_served(void **state)
{
    enum { CLIENTS = DG_CTL_CLIENTS_MAX + 20 };
    struct daemon *daemon = *state;
    int fd[CLIENTS];
    uint8_t reply[8];

    /* All slots are taken by clients without a request; the others wait outside. */
    for (int i = 0; i < CLIENTS; i++)
        fd[i] = connect_raw(daemon);
    turns(daemon, 5);
    assert_int_equal(turn(daemon, 1), DG_CTL_CLIENTS_MAX);
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(write(fd[i], "\0\0\0\2ab", 6), 6);
    turns(daemon, 10);
    assert_int_equal(daemon->served, CLIENTS);
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_equal(read(fd[i], reply, sizeof reply), 6);
        assert_memory_equal(reply, "\0\0\0\2ba", 6);
        assert_true(is_closed(fd[i]));
        close(fd[i]);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_daemon, close_daemon)
    const struct CMUnitTest tests[] = {
        TEST(request_gets_its_reply),
        TEST(request_above_the_limit_is_not_sent),
        TEST(node_that_does_not_run_is_named_so),
        TEST(file_in_the_place_of_the_socket_is_left_alone),
        TEST(only_the_owner_may_connect),
        TEST(mute_daemon_is_given_up_in_time),
        TEST(path_longer_than_a_socket_address_works),
        TEST(silent_client_loses_its_slot_after_ten_seconds),
        TEST(client_that_takes_no_reply_loses_its_slot),
        TEST(length_above_the_limit_ends_the_connection),
        TEST(client_that_hangs_up_frees_its_slot),
        TEST(newcomer_gets_the_slot_of_an_idle_client_within_seconds),
        TEST(more_clients_than_slots_are_all_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
