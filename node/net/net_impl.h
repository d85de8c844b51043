/* net_impl.h - what the files of node/net share. */
#ifndef DG_NODE_NET_NET_IMPL_H
#define DG_NODE_NET_NET_IMPL_H

#include <zmq.h>

#include "common/limits.h"
#include "node/net/net.h"
#include "node/net/zap.h"

enum { DG_NET_CURVE_OVERHEAD = 33 }; /* bytes of DG_ZMQ_MSG_MAX that CURVE takes for itself */

/* What the monitor has seen of those who connect to the ROUTER. Some failed handshakes, such as a web
 * browser's, have no event of their own: they are what was accepted long ago and never succeeded. */
enum { DG_NET_SETTLED_S = 7 }; /* longer than ZMQ_HANDSHAKE_IVL */
struct dg_net_callers {
    uint64_t accepted, succeeded, failed;
    int64_t second;                         /* of the last entry made in accepted_at */
    uint64_t accepted_at[DG_NET_SETTLED_S]; /* by second, modulo its size */
};

/* A connection to the parent. */
struct dg_net_uplink {
    void *socket, *monitor; /* NULL: not open */
    bool up, lost;          /* the last handshake held till now; one that held broke, untold */
    bool full;              /* a send found no room since the last wait */
};

enum { DG_NET_MAIN, DG_NET_BULK, DG_NET_UPLINKS };

struct dg_net {
    void *context;
    struct dg_zap *zap; /* these three, and endpoint, only with children */
    void *router;
    void *monitor;
    struct dg_net_uplink
        uplink[DG_NET_UPLINKS]; /* only with a parent; the second for attachments, at times */
    uint64_t uplink_number;     /* of the uplinks opened so far: each monitor has an address of its own */
    bool broken;                /* the ZAP thread has failed: nothing is accepted any more */

    char endpoint[DG_ENDPOINT_MAX + 1];
    struct dg_curve_key key;
    struct dg_seed secret;
    char parent[DG_ENDPOINT_MAX + 1]; /* "" for none */
    struct dg_curve_key parent_key;

    zmq_msg_t held;   /* what the last dg_net_recv handed out */
    unsigned turn;    /* whose it is: an uplink's, or the ROUTER's after them */
    bool router_full; /* a send found no room since the last wait */
    zmq_pollitem_t *items;
    size_t item_capacity;
    struct dg_net_counters counters;
    struct dg_net_callers callers;
};

/* Makes a CURVE ROUTER or DEALER with the settings that every socket has. NULL with zmq_errno. */
void *dg_net_socket(struct dg_net *net, int type);
/* Watches the ROUTER for handshakes and how they end. NULL with zmq_errno. */
void *dg_net_monitor_router(struct dg_net *net);
/* Keeps little in the kernel's buffer of a socket, so that what goes over other lines need not wait behind
 * it. False with zmq_errno. */
bool dg_net_socket_shallow(void *socket);
/* Watches an uplink for handshakes and breaks. NULL with zmq_errno. */
void *dg_net_monitor_uplink(struct dg_net *net, void *socket);
/* Counts what the ROUTER's monitor has seen, now and at least once a second. now_ms is monotonic. */
void dg_net_monitor_read(struct dg_net *net, int64_t now_ms);
/* Notes what an uplink's monitor has seen. True when the connection came to be or broke. */
bool dg_net_uplink_read(struct dg_net_uplink *uplink);

#endif
