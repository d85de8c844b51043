/* carry_impl.h - the rows of CARRIED: what a neighbour must be told of what came from it in bundles.
 *
 * Over a line an answer that is lost is asked for again. A stick goes one way, and nobody asks: so what would
 * have been said is kept, and goes with the next bundle. No row is confirmed. They are forgotten when the
 * line is greeted, on which everything is sent and answered anew, and at the first file of a newer bundle,
 * which holds whatever still waits there.
 */
#ifndef DG_NODE_CORE_CARRY_IMPL_H
#define DG_NODE_CORE_CARRY_IMPL_H

#include "node/core/carry.h"
#include "node/core/node_impl.h"
#include "proto/carried.h"

enum dg_carried_what { DG_CARRIED_RECEIPT = 1, DG_CARRIED_TAKEN, DG_CARRIED_REFUSED };

struct dg_carried_row {
    uint64_t tag; /* the neighbour's */
    enum dg_carried_what kind;
    uint64_t index;      /* receipt: of our leaf */
    struct dg_hash what; /* the report's id, or dg_carried_hash */
    struct dg_bytes code;
};

/* Writes a row in the place of any older one. */
void dg_carried_put(struct dg_txn *txn, struct dg_bytes unit, const struct dg_carried_row *row);
/* Calls each for the rows of a unit from a tag on, by tag, until it returns false. */
void dg_carried_each(struct dg_txn *txn, struct dg_bytes unit, uint64_t from,
                     bool (*each)(void *ctx, const struct dg_carried_row *row), void *ctx);
/* Removes all of a unit's. */
void dg_carried_forget(struct dg_txn *txn, struct dg_bytes unit);
/* Acts on what a neighbour says of a row of ours, if the row still is what it says. True when that was news.
 */
bool dg_carry_answered(struct dg_node *node, struct dg_txn *txn, struct dg_link *link,
                       const struct dg_carried_answer *answer, dg_ms now);
/* Takes in a file of a bundle and tells whoever handed it in. */
void dg_carry_import(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     const struct dg_claims *claims, dg_ms now, struct dg_out *out);

#endif
