/* restored_impl.h - what the files of node/core share about a RESTORED node. Private to node/core. */
#ifndef DG_NODE_CORE_RESTORED_IMPL_H
#define DG_NODE_CORE_RESTORED_IMPL_H

#include "node/core/node_impl.h"
#include "node/core/restored.h"

/* Writes the row. Errors stay in txn. */
void dg_restored_put(struct dg_txn *txn, const struct dg_restored *restored);
/* Removes it: the node may sign again. */
void dg_restored_end(struct dg_txn *txn);
/* Takes a checkpoint of this node's own log that `by` has shown and whose signature was verified: what it
 * knows beyond the log, or otherwise than the log, makes the node RESTORED. */
void dg_restored_shown(struct dg_txn *txn, const struct dg_checkpoint *checkpoint, struct dg_bytes note,
                       struct dg_bytes by, enum dg_restored_cause cause, dg_ms now);
/* Looks at the tip file's text at the start of a node: NULL when there is none. */
void dg_restored_tip(struct dg_txn *txn, const struct dg_identity *identity, const char *tip, dg_ms now);

/* ---- the conversation (restoring.c) ---- */
/* Looks whether a greeting, or an answer, shows this node a checkpoint of its own log. */
void dg_restored_hear(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                      const struct dg_claims *claims, struct dg_bytes by, dg_ms now, struct dg_out *out);
/* The newest checkpoint that this node holds of a neighbour's log, to be shown to it. False when there is
 * none. */
bool dg_restored_show(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, struct dg_bytes *ret);
/* A neighbour's question or answer about a log that was restored, or its goods while this node's own was.
 * True when nothing in the frame is to be done any more. */
bool dg_restored_frame(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                       const struct dg_claims *claims, struct dg_link *link, dg_ms now, struct dg_out *out);
/* Asks whoever has not answered yet, and goes on when everybody has. */
void dg_restored_tick(struct dg_node *node, struct dg_txn *txn, dg_ms now, struct dg_out *out);
/* The parent has refused a greeting because it has met a later start: this is an old copy. */
void dg_restored_boot(struct dg_node *node, struct dg_txn *txn, uint64_t boot, dg_ms now);
/* What status says of it. */
void dg_restored_reasons(struct dg_node *node, struct dg_txn *txn, struct dg_ctl_reply *reply);
/* An officer decides not to wait for somebody any longer. */
void dg_control_resume(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply);

/* ---- leaves come back (refill.c) ---- */
/* Puts leaves of this node's own log aside; the checkpoint, verified, confirms them. */
void dg_refill_take(struct dg_node *node, struct dg_txn *txn, const struct dg_checkpoint *checkpoint,
                    struct dg_bytes note, const struct dg_mirror *leaves);
/* How many leaves of its log the node has, those put aside included. */
uint64_t dg_refill_size(struct dg_node *node, struct dg_txn *txn);
/* Moves some of the leaves that were put aside into the log, once they reach as far as anybody knows. */
void dg_refill_step(struct dg_node *node, struct dg_txn *txn, const struct dg_restored *restored);
/* True when the log is whole: as long as anybody knows, and its last checkpoint that of its size. */
bool dg_refill_done(struct dg_txn *txn, const struct dg_restored *restored);
/* True when the log says of a report that it was accepted, and its envelope has not come back yet. */
bool dg_refill_waits(struct dg_txn *txn, const struct dg_id *id, uint64_t *ret_index);
/* It came back, and stands at position: what its organs had said about it is so again. */
void dg_refill_arrived(struct dg_txn *txn, const struct dg_id *id, uint64_t position);
/* Notes for a person what nobody could give back, and passes over the numbers that it may have had. */
void dg_refill_end(struct dg_node *node, struct dg_txn *txn, dg_ms now);

/* ---- what they are about (replay.c) ---- */
/* Answers a neighbour's question whether it has got everything back; begins to give it when it was not asked
 * before. */
bool dg_replay_asked(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                     const struct dg_restore_ask *ask, dg_ms now);
/* Queues some more for whoever lost it. */
void dg_replay_tick(struct dg_node *node, struct dg_txn *txn, dg_ms now);
/* The neighbour has receipted a report: while it gets everything back, what is held about the report follows.
 */
void dg_replay_follow(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, uint64_t position,
                      dg_ms now);

#endif
