/* socket.c - how every socket is set up, and the monitors: of failed handshakes and of the uplink.
 *
 * Each setting closes a hole of libzmq's defaults: no limits, no heartbeats, messages for peers that
 * do not exist, silent drops.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/net/net_impl.h"

struct setting {
    int option;
    int value;
};

static const struct setting common_settings[] = {
    {ZMQ_SNDHWM, 16},
    {ZMQ_RCVHWM, 16}, /* the store is the queue */
    {ZMQ_LINGER, 0},
    {ZMQ_IMMEDIATE, 1},
    {ZMQ_HANDSHAKE_IVL, 5000},
    {ZMQ_HEARTBEAT_IVL, 5000},
    {ZMQ_HEARTBEAT_TTL, 15000},
    {ZMQ_HEARTBEAT_TIMEOUT, 15000},
    {ZMQ_RECONNECT_IVL, 1000},
    {ZMQ_RECONNECT_IVL_MAX, 60000},
    {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_CONNECT_TIMEOUT, 10000},
    {ZMQ_BACKLOG, 512},
};

static const struct setting router_settings[] = {
    {ZMQ_CURVE_SERVER, 1},
    {ZMQ_ROUTER_MANDATORY, 1}, /* a send that cannot be done says so */
    {ZMQ_ROUTER_HANDOVER, 0},  /* nobody takes over another's connection by claiming its name */
};

static bool set(void *socket, const struct setting settings[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (zmq_setsockopt(socket, settings[i].option, &settings[i].value, sizeof settings[i].value) != 0)
            return false;
    }
    return true;
}

static bool set_common(const struct dg_net *net, void *socket)
{
    const int64_t message_max = DG_ZMQ_MSG_MAX;

    return set(socket, common_settings, sizeof common_settings / sizeof common_settings[0]) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &message_max, sizeof message_max) == 0 &&
           zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, DG_ZAP_DOMAIN, strlen(DG_ZAP_DOMAIN)) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, net->key.b, sizeof net->key.b) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, net->secret.b, sizeof net->secret.b) == 0;
}

void *dg_net_socket(struct dg_net *net, int type)
{
    bool ok;
    void *socket = zmq_socket(net->context, type);

    if (socket == NULL)
        return NULL;
    ok = set_common(net, socket);
    if (ok && type == ZMQ_ROUTER)
        ok = set(socket, router_settings, sizeof router_settings / sizeof router_settings[0]);
    else if (ok)
        ok = zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, net->parent_key.b, sizeof net->parent_key.b) == 0;
    if (!ok) {
        int error = zmq_errno();
        zmq_close(socket);
        errno = error;
        return NULL;
    }
    return socket;
}

bool dg_net_socket_shallow(void *socket)
{
    const struct setting settings[] = {{ZMQ_SNDBUF, 16 * 1024}, {ZMQ_SNDHWM, 2}};

    return set(socket, settings, 2);
}

static void *monitor_socket(struct dg_net *net, void *watched, const char *endpoint, int events)
{
    /* No bound on the events: libzmq would hold up its I/O thread when nobody reads them. */
    const struct setting settings[] = {{ZMQ_LINGER, 0}, {ZMQ_RCVHWM, 0}};
    void *monitor = zmq_socket(net->context, ZMQ_PAIR);

    if (monitor == NULL)
        return NULL;
    if (!set(monitor, settings, 2) || zmq_socket_monitor(watched, endpoint, events) != 0 ||
        zmq_connect(monitor, endpoint) != 0) {
        int error = zmq_errno();
        zmq_close(monitor);
        errno = error;
        return NULL;
    }
    return monitor;
}

void *dg_net_monitor_router(struct dg_net *net)
{
    return monitor_socket(net, net->router, "inproc://donggui.monitor",
                          ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                              ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                              ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
}

/* libzmq gives an address back some time after its socket was closed, so a new uplink needs a new one. */
void *dg_net_monitor_uplink(struct dg_net *net, void *socket)
{
    char endpoint[48];

    snprintf(endpoint, sizeof endpoint, "inproc://donggui.uplink.%" PRIu64, ++net->uplink_number);
    return monitor_socket(net, socket, endpoint, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
}

/* Reads one event: its kind in 16 bits of the machine's order, a value, then a frame that says where. */
static bool read_event(void *monitor, uint16_t *ret)
{
    uint8_t frame[8] = {0}, where[8];

    if (zmq_recv(monitor, frame, sizeof frame, ZMQ_DONTWAIT) < 0)
        return false;
    (void)zmq_recv(monitor, where, sizeof where, ZMQ_DONTWAIT);
    memcpy(ret, frame, sizeof *ret);
    return true;
}

/* Notes how many had been accepted by each second, and returns how many by the oldest noted. */
static uint64_t accepted_long_ago(struct dg_net_callers *callers, int64_t second)
{
    if (callers->second < second - DG_NET_SETTLED_S)
        callers->second = second - DG_NET_SETTLED_S;
    while (callers->second < second)
        callers->accepted_at[++callers->second % DG_NET_SETTLED_S] = callers->accepted;
    return callers->accepted_at[(second + 1) % DG_NET_SETTLED_S];
}

void dg_net_monitor_read(struct dg_net *net, int64_t now_ms)
{
    struct dg_net_callers *callers = &net->callers;
    uint64_t *refused = &net->counters.handshakes_refused;
    uint16_t event;

    if (net->monitor == NULL)
        return;
    uint64_t settled = accepted_long_ago(callers, now_ms / 1000);
    while (read_event(net->monitor, &event)) {
        if (event == ZMQ_EVENT_ACCEPTED)
            callers->accepted++;
        else if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            callers->succeeded++;
        else
            callers->failed++;
    }
    if (callers->failed > *refused)
        *refused = callers->failed;
    if (settled > callers->succeeded && settled - callers->succeeded > *refused)
        *refused = settled - callers->succeeded;
}

/* A handshake that fails ends in a disconnection too, which breaks nothing. */
bool dg_net_uplink_read(struct dg_net_uplink *uplink)
{
    bool turned = false;
    uint16_t event;

    while (uplink->monitor != NULL && read_event(uplink->monitor, &event)) {
        bool up = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
        if (uplink->up && !up)
            uplink->lost = true;
        turned = turned || uplink->up != up;
        uplink->up = up;
    }
    return turned;
}
