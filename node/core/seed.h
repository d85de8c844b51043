/* seed.h - what a node must know of itself to be built anew from nothing but its keys: who it is, the units
 * above it and directly below it, its organs, and the regimes in force. Nothing of it is secret; all of it is
 * signed.
 */
#ifndef DG_NODE_CORE_SEED_H
#define DG_NODE_CORE_SEED_H

#include "node/core/store.h"

/* Calls each for every row of the seed of the node in txn, until it returns false. */
void dg_seed_each(struct dg_txn *txn,
                  bool (*each)(void *ctx, enum dg_table table, struct dg_bytes key, struct dg_bytes value),
                  void *ctx);
/* True for the tables that a seed has rows of. */
bool dg_seed_has(enum dg_table table);

#endif
