/* exchange.c - taking messages from the sockets and handing messages to them. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "node/net/net_impl.h"

/* The numbers that libzmq gives connections: a zero byte and 32 bits, big-endian. A peer may claim
 * any other name for itself, and is not heard under it. */
enum { CONN_BYTES = 5 };
/* Keeps a connection's number apart from DG_CONN_UP, should its 32 bits all be zero. */
#define CONN_MARK ((uint64_t)1 << 32)

/* What a flood of refused messages may cost before the loop goes on with other work. */
enum { TRIES_MAX = 256 };

enum taken { TAKEN_NONE, TAKEN_DROPPED, TAKEN_MESSAGE };

/* --- taking --------------------------------------------------------------------------------- */

/* Reads a frame into an open message. False when there is none. */
static bool receive(void *socket, zmq_msg_t *frame)
{
    int size;

    do
        size = zmq_msg_recv(frame, socket, ZMQ_DONTWAIT);
    while (size < 0 && zmq_errno() == EINTR);
    return size >= 0;
}

/* Reads the payload into net->held; what is not exactly one frame is read away and counted. */
static enum taken receive_payload(struct dg_net *net, void *socket)
{
    if (!receive(socket, &net->held))
        return TAKEN_NONE;
    if (!zmq_msg_more(&net->held))
        return TAKEN_MESSAGE;

    zmq_msg_t rest;
    bool more = true;
    zmq_msg_init(&rest);
    while (more)
        more = receive(socket, &rest) && zmq_msg_more(&rest);
    zmq_msg_close(&rest);
    net->counters.dropped_shape++;
    return TAKEN_DROPPED;
}

static bool read_conn(zmq_msg_t *frame, struct dg_conn *ret)
{
    const uint8_t *at = zmq_msg_data(frame);

    if (zmq_msg_size(frame) != CONN_BYTES || at[0] != 0)
        return false;
    *ret = (struct dg_conn){CONN_MARK | dg_u32be(at + 1)};
    return true;
}

/* Who the ZAP handler said this is. Taken from the payload: after zmq_poll the frame before it has lost
 * its properties in libzmq 4.3.4. */
static bool read_user(zmq_msg_t *frame, struct dg_curve_key *ret)
{
    const char *user = zmq_msg_gets(frame, "User-Id");

    return user != NULL && dg_unhex(dg_bytes_of(user), ret->b, sizeof ret->b);
}

/* Reads the name of the connection, which the ROUTER puts before the payload. */
static enum taken receive_name(struct dg_net *net, zmq_msg_t *name)
{
    if (!receive(net->router, name))
        return TAKEN_NONE;
    if (zmq_msg_more(name))
        return TAKEN_MESSAGE;
    net->counters.dropped_shape++;
    return TAKEN_DROPPED;
}

/* Judges what was received under name, in net->held. */
static enum taken take_named(struct dg_net *net, zmq_msg_t *name, struct dg_net_message *ret)
{
    if (!read_conn(name, &ret->conn)) {
        net->counters.dropped_shape++;
        return TAKEN_DROPPED;
    }
    /* Admission is asked once for each connection; one whose key has been removed since is not heard. */
    if (!read_user(&net->held, &ret->key) || !dg_zap_allows(net->zap, &ret->key)) {
        net->counters.dropped_anonymous++;
        return TAKEN_DROPPED;
    }
    return TAKEN_MESSAGE;
}

static enum taken take_from_child(struct dg_net *net, struct dg_net_message *ret)
{
    zmq_msg_t name;

    if (net->router == NULL)
        return TAKEN_NONE;
    zmq_msg_init(&name);
    enum taken taken = receive_name(net, &name);
    if (taken == TAKEN_MESSAGE)
        taken = receive_payload(net, net->router);
    if (taken == TAKEN_MESSAGE)
        taken = take_named(net, &name, ret);
    zmq_msg_close(&name);
    return taken;
}

static enum taken take_from_parent(struct dg_net *net, unsigned which, struct dg_net_message *ret)
{
    if (net->uplink[which].socket == NULL)
        return TAKEN_NONE;
    ret->conn = which == DG_NET_MAIN ? DG_CONN_UP : DG_CONN_BULK;
    ret->key = net->parent_key;
    return receive_payload(net, net->uplink[which].socket);
}

/* Takes from the socket whose turn it is, or else from the others; the turn passes with what it gave. */
static enum taken take_in_turn(struct dg_net *net, struct dg_net_message *ret)
{
    for (int i = 0; i <= DG_NET_UPLINKS; i++) {
        unsigned turn = net->turn;
        enum taken taken =
            turn < DG_NET_UPLINKS ? take_from_parent(net, turn, ret) : take_from_child(net, ret);
        net->turn = (turn + 1) % (DG_NET_UPLINKS + 1);
        if (taken != TAKEN_NONE)
            return taken;
    }
    return TAKEN_NONE;
}

bool dg_net_recv(struct dg_net *net, struct dg_net_message *ret)
{
    struct dg_net_message message = {0};
    enum taken taken = TAKEN_DROPPED;

    zmq_msg_close(&net->held);
    zmq_msg_init(&net->held);
    for (int i = 0; i < TRIES_MAX && taken == TAKEN_DROPPED; i++)
        taken = take_in_turn(net, &message);
    if (taken != TAKEN_MESSAGE)
        return false;
    message.bytes = dg_bytes_at(zmq_msg_data(&net->held), zmq_msg_size(&net->held));
    net->counters.received++;
    *ret = message;
    return true;
}

/* --- handing over --------------------------------------------------------------------------- */

/* Sends a frame, which libzmq takes over on success. False with zmq_errno. */
static bool send_frame(void *socket, zmq_msg_t *frame, int flags)
{
    int sent;

    do
        sent = zmq_msg_send(frame, socket, flags | ZMQ_DONTWAIT);
    while (sent < 0 && zmq_errno() == EINTR);
    return sent >= 0;
}

/* Sends the connection's name and the payload. Room and peer are checked with the name; the payload,
 * made before, then always has its place. */
static bool send_to_child(struct dg_net *net, struct dg_conn conn, zmq_msg_t *payload)
{
    uint8_t number[8];
    zmq_msg_t name;

    dg_u64be_put(number, conn.n & ~CONN_MARK);
    if (zmq_msg_init_size(&name, CONN_BYTES) != 0)
        return false;
    memcpy(zmq_msg_data(&name), number + sizeof number - CONN_BYTES, CONN_BYTES);
    bool sent = send_frame(net->router, &name, ZMQ_SNDMORE) && send_frame(net->router, payload, 0);
    int error = zmq_errno();
    zmq_msg_close(&name);
    errno = error;
    return sent;
}

/* The connection to the parent that conn names; NULL for a child's. */
static struct dg_net_uplink *uplink_of(struct dg_net *net, struct dg_conn conn)
{
    if (conn.n == DG_CONN_UP.n)
        return &net->uplink[DG_NET_MAIN];
    return conn.n == DG_CONN_BULK.n ? &net->uplink[DG_NET_BULK] : NULL;
}

enum dg_sent dg_net_send(struct dg_net *net, struct dg_conn conn, struct dg_bytes bytes)
{
    struct dg_net_uplink *up = uplink_of(net, conn);
    zmq_msg_t payload;

    assert(bytes.size <= DG_ZMQ_MSG_MAX - DG_NET_CURVE_OVERHEAD);
    if ((up != NULL ? up->socket : net->router) == NULL)
        return DG_SENT_GONE;
    /* For a moment libzmq still takes what it will lose with the connection that just broke. */
    if (up != NULL && !up->up)
        return DG_SENT_FULL;
    if (zmq_msg_init_size(&payload, bytes.size) != 0)
        return DG_SENT_FULL;
    if (bytes.size > 0)
        memcpy(zmq_msg_data(&payload), bytes.data, bytes.size);

    bool sent = up != NULL ? send_frame(up->socket, &payload, 0) : send_to_child(net, conn, &payload);
    int error = zmq_errno();
    zmq_msg_close(&payload);
    if (sent) {
        net->counters.sent++;
        return DG_SENT;
    }
    if (error == EHOSTUNREACH)
        return DG_SENT_GONE;
    *(up != NULL ? &up->full : &net->router_full) = true;
    return DG_SENT_FULL;
}
