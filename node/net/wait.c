/* wait.c - the one place where the node sleeps. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "node/net/net_impl.h"

/* libzmq cannot tell when one of many children has room again. */
enum { FULL_RETRY_MS = 20 };

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The poll items: ours in fixed places, absent sockets as descriptor -1, then the caller's. */
enum {
    ROUTER,
    MONITOR,
    UPLINK,
    UPLINK_MONITOR = UPLINK + DG_NET_UPLINKS,
    OURS = UPLINK_MONITOR + DG_NET_UPLINKS
};

static zmq_pollitem_t socket_item(void *socket, int events)
{
    return (zmq_pollitem_t){.socket = socket, .fd = -1, .events = (short)events};
}

static enum dg_err fill_items(struct dg_net *net, struct dg_watch watch[], size_t watch_count)
{
    size_t needed = OURS + watch_count;

    if (needed > net->item_capacity) {
        zmq_pollitem_t *items = realloc(net->items, needed * sizeof *items);
        if (items == NULL)
            return DG_ERR_NO_MEMORY;
        net->items = items;
        net->item_capacity = needed;
    }
    net->items[ROUTER] = socket_item(net->router, ZMQ_POLLIN);
    net->items[MONITOR] = socket_item(net->monitor, ZMQ_POLLIN);
    for (size_t i = 0; i < DG_NET_UPLINKS; i++) {
        const struct dg_net_uplink *uplink = &net->uplink[i];
        bool await_room = uplink->full && uplink->up;
        net->items[UPLINK + i] = socket_item(uplink->socket, ZMQ_POLLIN | (await_room ? ZMQ_POLLOUT : 0));
        net->items[UPLINK_MONITOR + i] = socket_item(uplink->monitor, ZMQ_POLLIN);
    }
    for (size_t i = 0; i < watch_count; i++) {
        int events = watch[i].want_write ? ZMQ_POLLOUT : ZMQ_POLLIN;
        net->items[OURS + i] = (zmq_pollitem_t){.fd = watch[i].fd, .events = (short)events};
        watch[i].readable = watch[i].writable = false;
    }
    return DG_OK;
}

/* Tells the caller's descriptors what they are ready for, and whether anything is. */
static bool report_ready(const struct dg_net *net, struct dg_watch watch[], size_t watch_count)
{
    bool any = net->items[ROUTER].revents != 0;

    for (size_t i = 0; i < DG_NET_UPLINKS; i++)
        any = any || net->items[UPLINK + i].revents != 0;

    for (size_t i = 0; i < watch_count; i++) {
        short ready = net->items[OURS + i].revents;
        /* Whoever reads or writes next will find the error. */
        watch[i].readable = (ready & ZMQ_POLLIN) || ((ready & ZMQ_POLLERR) && !watch[i].want_write);
        watch[i].writable = (ready & ZMQ_POLLOUT) || ((ready & ZMQ_POLLERR) && watch[i].want_write);
        any = any || ready != 0;
    }
    return any;
}

/* Sees that somebody still checks who connects; if not, closes the port at once. */
static bool admission_works(struct dg_net *net, int64_t now_ms)
{
    if (net->zap == NULL)
        return true;
    if (!net->broken && !dg_zap_alive(net->zap, now_ms)) {
        net->broken = true;
        zmq_unbind(net->router, net->endpoint);
    }
    return !net->broken;
}

/* How long one poll may take: to the deadline, but no longer than the next look at the ZAP thread. */
static long poll_ms(const struct dg_net *net, int64_t left_ms)
{
    if (net->zap != NULL && left_ms > DG_ZAP_PROBE_MS)
        left_ms = DG_ZAP_PROBE_MS;
    if (net->router_full && left_ms > FULL_RETRY_MS)
        left_ms = FULL_RETRY_MS;
    return left_ms > 60000 ? 60000 : (long)left_ms;
}

enum dg_err dg_net_wait(struct dg_net *net, struct dg_watch watch[], size_t watch_count, long timeout_ms)
{
    int64_t now_ms = monotonic_ms();
    int64_t deadline_ms = timeout_ms < 0 ? INT64_MAX : now_ms + timeout_ms;
    enum dg_err err = fill_items(net, watch, watch_count);
    bool ready = false;

    while (err == DG_OK && !ready) {
        if (!admission_works(net, now_ms)) {
            err = DG_ERR_NETWORK;
            break;
        }
        int count = zmq_poll(net->items, (int)(OURS + watch_count), poll_ms(net, deadline_ms - now_ms));
        if (count < 0) {
            err = zmq_errno() == EINTR ? DG_OK : DG_ERR_NETWORK;
            break;
        }
        now_ms = monotonic_ms();
        dg_net_monitor_read(net, now_ms);
        bool turned = false;
        for (size_t i = 0; i < DG_NET_UPLINKS; i++)
            turned = dg_net_uplink_read(&net->uplink[i]) || turned;
        ready = report_ready(net, watch, watch_count) || turned || net->router_full || now_ms >= deadline_ms;
    }
    net->router_full = false;
    for (size_t i = 0; i < DG_NET_UPLINKS; i++)
        net->uplink[i].full = false;
    return err;
}
