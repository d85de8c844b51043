/* had.h - which adoptions the unit of an author is known to have had when the author signed.
 *
 * Private to node/core. A unit had its own adoptions from their signing on; and what the unit directly above
 * has told it from its acknowledgement on, by that unit's clock, and DG_CLOCK_SKEW_MS later by its own.
 */
#ifndef DG_NODE_CORE_HAD_H
#define DG_NODE_CORE_HAD_H

#include "node/core/directory.h"
#include "node/core/store.h"

struct dg_node;

/* Whose report is judged: the context of dg_had_adoption. Borrows everything. */
struct dg_having {
    struct dg_txn *txn;
    const char *self;                 /* the judging unit */
    const struct dg_dir_unit *author; /* the lead author's unit */
    dg_ms signed_ms;                  /* of the report */
};

/* True when the author's unit must have known that adoption of unit; a dg_had. */
bool dg_had_adoption(void *ctx, const struct dg_dir_unit *unit, const struct dg_dir_adoption *adoption);

/* Notes that a child has acknowledged the control row of that number, if that was an adoption; before the row
 * is released. */
void dg_had_acked(struct dg_txn *txn, struct dg_bytes child, uint64_t seq, dg_ms now);
/* Notes that a child, which greets for the first time, has what its grant held: every adoption of this unit
 * and those above it that does not wait for the child in the outbox. */
void dg_had_admitted(struct dg_node *node, struct dg_txn *txn, struct dg_bytes child, dg_ms now);

#endif
