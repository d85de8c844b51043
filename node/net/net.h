/* net.h - the sockets between nodes: a CURVE ROUTER for the children, a CURVE DEALER to the parent.
 *
 * A message is one frame of bytes from or to a connection. Who sent it is its transport key, set by
 * the ZAP handler and read from every message, never what the peer claims. Nothing is queued here
 * that matters: a send either enters the socket's small buffer or says so.
 *
 * Life:    one struct dg_net per process, used by one thread; the ZAP handler runs on its own.
 * Memory:  a received message lives until the next dg_net_recv.
 * Limits:  DG_ZMQ_MSG_MAX, SNDHWM and RCVHWM 16 per peer.
 */
#ifndef DG_NODE_NET_NET_H
#define DG_NODE_NET_NET_H

#include "common/bytes.h"
#include "common/fault.h"
#include "common/id.h"

struct dg_net;

/* A connection: 0 is the one to the parent, others are the children's as the ROUTER names them. A
 * child that reconnects is a new connection. */
struct dg_conn {
    uint64_t n;
};
#define DG_CONN_UP ((struct dg_conn){0})
#define DG_CONN_BULK ((struct dg_conn){1}) /* the second one to the parent, while it is open */

struct dg_net_options {
    const char *listen;      /* "tcp://…", or NULL: no children; port 0 or * picks one */
    struct dg_curve_key key; /* this node's transport key, of both sockets */
    struct dg_seed secret;
    const char *parent; /* the parent's endpoint, or NULL: no uplink */
    struct dg_curve_key parent_key;
};

/* Opens the sockets: the ZAP handler is bound and has answered itself before the ROUTER binds.
 * The first connect to the parent is at once. DG_ERR_NETWORK. */
enum dg_err dg_net_open(const struct dg_net_options *options, struct dg_net **ret,
                        struct dg_fault *fault) DG_MUST_CHECK;
/* Never blocks: of a ZAP thread that hangs something may stay behind until the process ends. */
void dg_net_close(struct dg_net *net);
/* The endpoint that is really bound (with its port); "" when there is no ROUTER. */
const char *dg_net_endpoint(const struct dg_net *net);

/* Replaces the set of transport keys that may connect. Copies. With none, nobody may. A key not in
 * the set is answered 300 (try again later), so that a late admission connects by itself. What comes
 * over an open connection of a key no longer in the set is dropped. DG_ERR_TOO_LARGE, DG_ERR_NO_MEMORY. */
enum dg_err dg_net_allow(struct dg_net *net, const struct dg_curve_key keys[], size_t count) DG_MUST_CHECK;

/* A file descriptor to be watched beside the sockets. */
struct dg_watch {
    int fd;
    bool want_write;         /* else readable only */
    bool readable, writable; /* out */
};

/* Waits until a message, a watched descriptor, the uplink's coming up or breaking, or the timeout (ms,
 * -1 for ever). DG_ERR_NETWORK when the ZAP thread has died: the node must stop, since nobody would be
 * checked. */
enum dg_err dg_net_wait(struct dg_net *net, struct dg_watch watch[], size_t watch_count,
                        long timeout_ms) DG_MUST_CHECK;

struct dg_net_message {
    struct dg_conn conn;
    struct dg_curve_key key; /* the peer's transport key; the parent's for DG_CONN_UP */
    struct dg_bytes bytes;
};

/* Takes the next message without waiting; false when there is none. Messages that are not exactly
 * one payload frame, or whose User-Id is missing or differs between frames, are dropped and counted.
 * Takes turns between the two sockets. */
bool dg_net_recv(struct dg_net *net, struct dg_net_message *ret);

enum dg_sent { DG_SENT, DG_SENT_FULL, DG_SENT_GONE };
/* Hands bytes to the socket without waiting. FULL: the buffer is full, or the parent is not
 * connected: keep it and try after the next wait. GONE: no such connection any more. */
enum dg_sent dg_net_send(struct dg_net *net, struct dg_conn conn, struct dg_bytes bytes);

/* Tells, once for each, that an established connection to the parent broke. Such a break ends
 * dg_net_wait; libzmq connects again by itself, and the new connection has to be greeted on. */
bool dg_net_uplink_lost(struct dg_net *net);

/* Closes the uplink and opens a new one: the watchdog's remedy for a session that libzmq gave up. It
 * is not a break that dg_net_uplink_lost tells, and forgets one that was not told yet. */
enum dg_err dg_net_uplink_reset(struct dg_net *net, struct dg_fault *fault) DG_MUST_CHECK;

/* Opens a second connection to the parent, for attachments, or closes it. An open one is made anew. It is the
 * caller's to greet on; its kernel buffer is kept short, so that the first one is not held up behind it. */
enum dg_err dg_net_bulk_line(struct dg_net *net, bool open, struct dg_fault *fault) DG_MUST_CHECK;
/* Tells, once for each, that an established second connection broke, as dg_net_uplink_lost does. */
bool dg_net_bulk_lost(struct dg_net *net);

struct dg_net_counters {
    uint64_t received, sent;
    uint64_t dropped_anonymous;  /* without a User-Id, or with one that is not in the set any more */
    uint64_t dropped_shape;      /* not exactly one frame, or under a name the peer chose itself */
    uint64_t handshakes_refused; /* some are seen only when their time is over, after 7 s */
    uint64_t zap_requests;
};
/* A copy of the counts since net was opened. */
struct dg_net_counters dg_net_counters(const struct dg_net *net);

#endif
