/* work.h - a busy node in small: transactions that depend on a seed, their number and what is stored.
 *
 * The same transactions give the same rows in every store, so the store in memory can say what the one on
 * disk must hold after each of them.
 */
#ifndef DG_TESTS_CRASH_WORK_H
#define DG_TESTS_CRASH_WORK_H

#include "common/id.h"
#include "node/core/store.h"

/* All that a store holds: the last transaction's number (0 in a new store), and a sum over every row. */
struct work_state {
    uint64_t number;
    struct dg_hash sum;
};

/* Puts the rows of transaction number into txn, which may fail by its sticky error. */
void work_fill(struct dg_txn *txn, uint64_t seed, uint64_t number);
/* Runs transaction number, now and then after abandoning it half way once. */
enum dg_err work_once(struct dg_store *store, uint64_t seed, uint64_t number) DG_MUST_CHECK;
/* Reads every row of every table. */
enum dg_err work_look(struct dg_store *store, struct work_state *ret) DG_MUST_CHECK;

#endif
