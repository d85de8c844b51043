/* ctl.h - the control socket DIR/ctl.sock: verbs that change something ask the daemon through it.
 *
 * A stream socket, mode 0600; each side sends a 4-byte big-endian length and one message of ctl.h's
 * schema. A client sends one request and reads one reply; a slow or silent client costs one slot
 * for at most 10 s.
 * Threads: the server belongs to the loop's thread; a client call blocks its own.
 */
#ifndef DG_NODE_CTL_CTL_H
#define DG_NODE_CTL_CTL_H

#include <stdint.h>

#include "common/bytes.h"
#include "common/fault.h"

struct dg_ctl;

/* Listens on DIR/ctl.sock, replacing a dead socket (the node's lock is held already). */
enum dg_err dg_ctl_open(const char *dir, struct dg_ctl **ret, struct dg_fault *fault) DG_MUST_CHECK;
/* Drops every client, removes the socket from DIR and frees it; NULL is fine. */
void dg_ctl_close(struct dg_ctl *ctl);

struct dg_ctl_watch {
    int fd;
    bool want_write;
    bool readable, writable;
};
/* What to wait for now: at most max entries; returns how many. */
size_t dg_ctl_watches(struct dg_ctl *ctl, struct dg_ctl_watch ret[], size_t max);
/* Serves what became ready: accepts, reads, writes, closes the overdue (now_ms is monotonic). */
void dg_ctl_serve(struct dg_ctl *ctl, const struct dg_ctl_watch ready[], size_t count, int64_t now_ms);
/* The next complete request, borrowed until its reply: false when there is none. client names the
 * connection for dg_ctl_reply; it is never reused. */
bool dg_ctl_next(struct dg_ctl *ctl, uint64_t *ret_client, struct dg_bytes *ret_request);
/* Queues the reply (copied) and closes the connection once it is written. Unknown clients are ignored. */
void dg_ctl_reply(struct dg_ctl *ctl, uint64_t client, struct dg_bytes reply);

/* The client's side: sends request, waits for the reply (in arena) at most timeout_ms.
 * DG_ERR_NOT_RUNNING when nobody listens or nobody answers, DG_ERR_NOT_PERMITTED, DG_ERR_TOO_LARGE for
 * the request, DG_ERR_PROTOCOL for a reply too large, DG_ERR_NO_MEMORY, DG_ERR_SYSTEM. */
enum dg_err dg_ctl_call(const char *dir, struct dg_bytes request, int timeout_ms, struct dg_arena *arena,
                        struct dg_bytes *ret_reply, struct dg_fault *fault) DG_MUST_CHECK;

#endif
