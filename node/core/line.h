/* line.h - since when a line to a neighbour stands or not, and why: kept in the store, so that an officer is
 * told the same after a restart.
 *
 * Memory: what is handed out lives as long as the transaction.
 */
#ifndef DG_NODE_CORE_LINE_H
#define DG_NODE_CORE_LINE_H

#include "common/when.h"
#include "node/core/store.h"

/* What is known of the line to one neighbour. */
struct dg_line {
    bool connected;       /* HELLO was answered */
    dg_ms since_ms;       /* by this node's clock */
    struct dg_bytes code; /* of one that does not stand: NETWORK for silence, or what the neighbour said */
};

/* Reads it. False when there never was a line to that neighbour. */
bool dg_line_get(struct dg_txn *txn, struct dg_bytes unit, struct dg_line *ret);
/* Writes it in the place of what was. */
void dg_line_put(struct dg_txn *txn, struct dg_bytes unit, const struct dg_line *line);
/* The node has just begun: no line stands, and those that did when it ended do not since now. */
void dg_lines_fall(struct dg_txn *txn, dg_ms now);

#endif
