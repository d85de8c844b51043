/* workers.h - a pool of threads that check signatures while the loop's thread waits.
 *
 * Life:    new → judge … → free. The threads sleep on a condition between batches.
 * Threads: judge is called by one thread, the loop's; the pool's own threads touch only the claims of
 *          the batch at hand, and only until judge returns.
 * Limits:  1 to DG_WORKERS_MAX threads, each with a stack of DG_WORKER_STACK_BYTES.
 */
#ifndef DG_NODE_SHELL_WORKERS_H
#define DG_NODE_SHELL_WORKERS_H

#include "node/core/node.h"

enum { DG_WORKERS_MAX = 16, DG_WORKER_STACK_BYTES = 256 * 1024 };

struct dg_workers;

/* Starts the threads; they inherit the caller's signal mask. DG_ERR_NO_MEMORY or DG_ERR_SYSTEM. */
enum dg_err dg_workers_new(unsigned count, struct dg_workers **ret) DG_MUST_CHECK;
/* Ends them; NULL is fine. */
void dg_workers_free(struct dg_workers *workers);
/* Sets ok in every claim. A claim that stands several times in the batch, as a checkpoint does that came
 * with many records, is verified once. workers is a struct dg_workers: it fits struct dg_turn. */
void dg_workers_judge(void *workers, struct dg_claim claims[], size_t count);

#endif
