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
/* Rows and bytes of one table, for laws checked from outside. */
size_t dg_store_mem_rows(struct dg_store *store, enum dg_table table);

#endif
