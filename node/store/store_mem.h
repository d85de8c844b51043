/* store_mem.h - the store of a simulated node: ordered maps, a durable and a pending state.
 *
 * What is committed survives dg_store_mem_crash; an open transaction does not. The simulator can
 * make the next commit fail, or crash before or after it. One transaction at a time, read or write;
 * stepping a cursor after a write to its table is asserted against.
 */
#ifndef DG_NODE_STORE_STORE_MEM_H
#define DG_NODE_STORE_STORE_MEM_H

#include "node/core/store.h"

/* A new, empty store. NULL when memory is spent. Freed by dg_store_close. */
struct dg_store *dg_store_mem_new(void);
/* Drops an open transaction, as a power cut would; the store can be used again at once. */
void dg_store_mem_crash(struct dg_store *store);
/* Makes the n-th next commit (1 = the next) fail with err; 0 clears it. */
void dg_store_mem_fail_commit(struct dg_store *store, unsigned n, enum dg_err err);
/* Makes the n-th next put fail with err (n = 1: the next); 0 clears it. */
void dg_store_mem_fail_put(struct dg_store *store, unsigned n, enum dg_err err);
/* Makes the next commit happen and yet fail with err: the disk's answer was lost, not its work. */
void dg_store_mem_fail_late(struct dg_store *store, enum dg_err err);
/* Flips a bit of one stored value, chosen by which; reading that row fails with DG_ERR_STORE_CORRUPT from
 * then on, until it is replaced, removed or healed. The table's name; NULL when nothing was altered, or
 * something is already. */
const char *dg_store_mem_rot(struct dg_store *store, uint64_t which);
bool dg_store_mem_is_rotten(const struct dg_store *store);
/* While it is masked the row reads as it was written: for looking at a store from outside. */
void dg_store_mem_mask(struct dg_store *store, bool masked);
/* Puts the bit back. False when nothing was rotten. */
bool dg_store_mem_heal(struct dg_store *store);
/* Rows and bytes of one table, for laws checked from outside. */
size_t dg_store_mem_rows(struct dg_store *store, enum dg_table table);

#endif
