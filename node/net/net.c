/* net.c - opening and closing the sockets, and who may connect. */
#include "node/net/net.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "node/net/net_impl.h"

static enum dg_err fail(struct dg_fault *fault, const char *endpoint)
{
    return dg_faultf(fault, DG_ERR_NETWORK, "%s: %s", endpoint, zmq_strerror(zmq_errno()));
}

/* Other transports of libzmq are no use to us and have had their holes. */
static enum dg_err check_endpoint(const char *endpoint, struct dg_fault *fault)
{
    if (strncmp(endpoint, "tcp://", 6) != 0 || strlen(endpoint) > DG_ENDPOINT_MAX)
        return dg_faultf(fault, DG_ERR_NETWORK, "%s: not a tcp:// address", endpoint);
    return DG_OK;
}

/* libzmq numbers connections from rand(), which it never seeds, and aborts when a new number is one
 * that a peer has claimed for itself. An unknown start leaves a peer only guessing. */
static void hide_connection_numbers(void)
{
    unsigned seed;

    dg_random(&seed, sizeof seed);
    srand(seed);
}

/* The order matters: the ZAP handler answers before the port is open. */
static enum dg_err open_router(struct dg_net *net, const char *listen, struct dg_fault *fault)
{
    size_t size = sizeof net->endpoint;
    enum dg_err err = check_endpoint(listen, fault);

    if (err == DG_OK)
        err = dg_zap_open(net->context, &net->zap, fault);
    if (err != DG_OK)
        return err;
    hide_connection_numbers();
    net->router = dg_net_socket(net, ZMQ_ROUTER);
    if (net->router == NULL)
        return fail(fault, listen);
    net->monitor = dg_net_monitor_router(net);
    if (net->monitor == NULL || zmq_bind(net->router, listen) != 0 ||
        zmq_getsockopt(net->router, ZMQ_LAST_ENDPOINT, net->endpoint, &size) != 0)
        return fail(fault, listen);
    return DG_OK;
}

/* Closes a socket, which may be absent, and the one that watches it. */
static void close_watched(void **socket, void **monitor)
{
    if (*socket != NULL) {
        zmq_socket_monitor(*socket, NULL, 0);
        zmq_close(*socket);
    }
    if (*monitor != NULL)
        zmq_close(*monitor);
    *socket = *monitor = NULL;
}

/* It is watched before it connects, so that no event is missed. */
static enum dg_err open_uplink(struct dg_net *net, unsigned which, struct dg_fault *fault)
{
    struct dg_net_uplink *uplink = &net->uplink[which];
    *uplink = (struct dg_net_uplink){.socket = dg_net_socket(net, ZMQ_DEALER)};
    if (uplink->socket == NULL)
        return fail(fault, net->parent);
    uplink->monitor = dg_net_monitor_uplink(net, uplink->socket);
    if (uplink->monitor == NULL || (which == DG_NET_BULK && !dg_net_socket_shallow(uplink->socket)) ||
        zmq_connect(uplink->socket, net->parent) != 0) {
        enum dg_err err = fail(fault, net->parent);
        close_watched(&uplink->socket, &uplink->monitor);
        return err;
    }
    return DG_OK;
}

static enum dg_err open_sockets(struct dg_net *net, const struct dg_net_options *options,
                                struct dg_fault *fault)
{
    enum dg_err err = DG_OK;

    net->context = zmq_ctx_new();
    if (net->context == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    if (options->listen != NULL)
        err = open_router(net, options->listen, fault);
    if (err != DG_OK || options->parent == NULL)
        return err;
    err = check_endpoint(options->parent, fault);
    if (err != DG_OK)
        return err;
    memcpy(net->parent, options->parent, strlen(options->parent) + 1);
    return open_uplink(net, DG_NET_MAIN, fault);
}

enum dg_err dg_net_open(const struct dg_net_options *options, struct dg_net **ret, struct dg_fault *fault)
{
    struct dg_net *net = calloc(1, sizeof *net);

    if (net == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    zmq_msg_init(&net->held);
    net->key = options->key;
    net->secret = options->secret;
    net->parent_key = options->parent_key;

    enum dg_err err = open_sockets(net, options, fault);
    if (err != DG_OK) {
        dg_net_close(net);
        return err;
    }
    *ret = net;
    return DG_OK;
}

void dg_net_close(struct dg_net *net)
{
    if (net == NULL)
        return;
    zmq_msg_close(&net->held);
    for (unsigned i = 0; i < DG_NET_UPLINKS; i++)
        close_watched(&net->uplink[i].socket, &net->uplink[i].monitor);
    close_watched(&net->router, &net->monitor);
    /* A hanging ZAP thread still uses the context; the process is about to end anyway. */
    if (dg_zap_close(net->zap) && net->context != NULL)
        zmq_ctx_term(net->context);
    dg_wipe(&net->secret, sizeof net->secret);
    free(net->items);
    free(net);
}

const char *dg_net_endpoint(const struct dg_net *net)
{
    return net->endpoint;
}

enum dg_err dg_net_allow(struct dg_net *net, const struct dg_curve_key keys[], size_t count)
{
    return net->zap == NULL ? DG_OK : dg_zap_allow(net->zap, keys, count);
}

enum dg_err dg_net_uplink_reset(struct dg_net *net, struct dg_fault *fault)
{
    struct dg_net_uplink *uplink = &net->uplink[DG_NET_MAIN];
    assert(net->parent[0] != '\0');
    close_watched(&uplink->socket, &uplink->monitor);
    return open_uplink(net, DG_NET_MAIN, fault);
}

enum dg_err dg_net_bulk_line(struct dg_net *net, bool open, struct dg_fault *fault)
{
    struct dg_net_uplink *uplink = &net->uplink[DG_NET_BULK];
    assert(net->parent[0] != '\0');
    close_watched(&uplink->socket, &uplink->monitor);
    uplink->up = uplink->lost = uplink->full = false;
    return open ? open_uplink(net, DG_NET_BULK, fault) : DG_OK;
}

static bool lost(struct dg_net_uplink *uplink)
{
    bool was = uplink->lost;

    uplink->lost = false;
    return was;
}

bool dg_net_uplink_lost(struct dg_net *net)
{
    return lost(&net->uplink[DG_NET_MAIN]);
}

bool dg_net_bulk_lost(struct dg_net *net)
{
    return lost(&net->uplink[DG_NET_BULK]);
}

struct dg_net_counters dg_net_counters(const struct dg_net *net)
{
    struct dg_net_counters counters = net->counters;

    if (net->zap != NULL)
        counters.zap_requests = dg_zap_requests(net->zap);
    return counters;
}
