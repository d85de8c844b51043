/* store_backup.h - a copy of a store, taken while its daemon runs, and the check of such a copy.
 *
 * The copy is one consistent state: that of the last commit when it began. It holds no free pages.
 * Threads: as the store that is copied.
 */
#ifndef DG_NODE_STORE_STORE_BACKUP_H
#define DG_NODE_STORE_STORE_BACKUP_H

#include "common/fault.h"
#include "node/core/store.h"

/* Copies the LMDB store into a new file at path, mode 0600, and makes it durable. The store is read for as
 * long as that takes, and keeps its old pages until then. DG_ERR_STORE_FULL when there is no room at path,
 * DG_ERR_NOT_EMPTY when something is there, DG_ERR_STORE_IO. */
enum dg_err dg_store_copy(struct dg_store *store, const char *path, struct dg_fault *fault) DG_MUST_CHECK;
/* Reads every row of every table, and so checks its sum. ret_rows is their number. DG_ERR_STORE_CORRUPT, and
 * the errors of dg_begin_read. */
enum dg_err dg_store_check(struct dg_store *store, uint64_t *ret_rows) DG_MUST_CHECK;

#endif
