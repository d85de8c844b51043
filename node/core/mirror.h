/* mirror.h - the leaves of a neighbour's log, kept for the day on which it needs them. Private to node/core.
 *
 * A unit sends its leaves to its parent, the root to two of its children, in order and with a checkpoint.
 * They count once the checkpoint's root was computed from them. A node that is RESTORED gets them back, and
 * keeps them under its own origin until its log is complete again (refill.c).
 */
#ifndef DG_NODE_CORE_MIRROR_H
#define DG_NODE_CORE_MIRROR_H

#include "common/frontier.h"
#include "node/core/node_impl.h"

/* How far the mirror of one log reaches. */
struct dg_mirror_head {
    struct dg_frontier edge; /* of all leaves that are here */
    struct dg_frontier good; /* of those that a checkpoint has confirmed */
    struct dg_bytes note;    /* that checkpoint; empty: none yet */
};

/* Reads it; the note lives as long as txn. False when nothing of that log is mirrored. */
bool dg_mirror_head(struct dg_txn *txn, struct dg_bytes origin, struct dg_mirror_head *ret);
/* Begins a mirror at a log's present edge, in the place of any other of that origin. */
void dg_mirror_begin(struct dg_txn *txn, struct dg_bytes origin, const struct dg_frontier *edge);
/* Adds the leaves that follow what is there; others are left alone. checkpoint has been verified; once all
 * its leaves are here its root must be theirs, else everything that was not confirmed is dropped:
 * DG_ERR_BAD_PROOF. */
enum dg_err dg_mirror_add(struct dg_txn *txn, const struct dg_checkpoint *checkpoint, struct dg_bytes note,
                          const struct dg_mirror *leaves) DG_MUST_CHECK;
/* Reads confirmed leaves from an index on, as many as fit into a frame. In txn's arena. False when there are
 * none. */
bool dg_mirror_read(struct dg_txn *txn, struct dg_bytes origin, uint64_t from, struct dg_mirror *ret);
/* Reads one leaf, confirmed or not. */
bool dg_mirror_leaf(struct dg_txn *txn, struct dg_bytes origin, uint64_t index, struct dg_bytes *ret);
/* Removes what is mirrored of a log. */
void dg_mirror_drop(struct dg_txn *txn, struct dg_bytes origin);

/* ---- the conversation ---- */
/* Takes leaves of a neighbour's log, and says how far they reach; or hears how far its own have come. */
void dg_mirror_frame(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     const struct dg_claims *claims, struct dg_link *link, struct dg_out *out);
/* How many leaves of a neighbour's log are here. */
uint64_t dg_mirrored_of(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit);
/* Sends what has been logged since, when it is time. */
void dg_mirror_pump(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, dg_ms now,
                    const struct dg_voice *voice);
/* Milliseconds until there is something to send on the link, as far as is known; at least 0. */
dg_ms dg_mirror_due(const struct dg_link *link, dg_ms now);

#endif
