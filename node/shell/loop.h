/* loop.h - the daemon's loop: wait, gather what came, run one turn, again.
 *
 * Everything that arrived while the last turn was committing becomes the next batch, so under load
 * one fsync serves many reports, and idle a report waits for nothing.
 * Memory:  borrows its parts, which outlive it.
 * Threads: one.
 * Limits:  DG_BATCH_EVENTS_MAX events and DG_BATCH_BYTES_MAX bytes in a batch.
 */
#ifndef DG_NODE_SHELL_LOOP_H
#define DG_NODE_SHELL_LOOP_H

#include "node/ctl/ctl.h"
#include "node/net/net.h"
#include "node/shell/disk.h"
#include "node/shell/log.h"
#include "node/shell/turn.h"
#include "node/shell/workers.h"

/* What the loop brings together. */
struct dg_loop_parts {
    const char *unit;       /* for the log */
    struct dg_store *store; /* a store_lmdb */
    struct dg_node *node;
    struct dg_net *net;
    struct dg_ctl *ctl;
    struct dg_workers *workers;
    struct dg_log *log;
    const struct dg_disk *disk;
    int signals;               /* of dg_signals_open */
    void (*reread)(void *ctx); /* on SIGHUP */
    void *reread_ctx;
    const char *tip_path; /* of the tip file (tip.h) */
};

struct dg_loop;

/* Also tells the net who may connect now. */
enum dg_err dg_loop_new(const struct dg_loop_parts *parts, struct dg_loop **ret,
                        struct dg_fault *fault) DG_MUST_CHECK;
/* Frees the loop but none of its parts; NULL is fine. */
void dg_loop_free(struct dg_loop *loop);
/* Runs until SIGTERM or SIGINT (DG_OK), or until it must not go on: store errors, DG_ERR_NETWORK when
 * nobody checks any more who connects, or one of our own that every turn would meet again. */
enum dg_err dg_loop_run(struct dg_loop *loop, struct dg_fault *fault) DG_MUST_CHECK;

#endif
