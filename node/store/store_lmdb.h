/* store_lmdb.h - the store of a real node: one LMDB environment in DIR/store.
 *
 * Default sync flags only, asserted at every open. Every value carries a 16-byte BLAKE2b over
 * (table, key, value), or is checked by the SHA-256 it is stored under; a mismatch is
 * DG_ERR_STORE_CORRUPT. Values that shrink are kept packed (common/pack.h).
 * Life:    create once, then open; DIR/node.lock is taken first and held for life by a writer.
 * Threads: one writer thread; readers may be other threads or processes, at most 1 s each.
 */
#ifndef DG_NODE_STORE_STORE_LMDB_H
#define DG_NODE_STORE_STORE_LMDB_H

#include "common/fault.h"
#include "node/core/store.h"

enum dg_store_mode {
    DG_STORE_CREATE, /* make a new store: in DIR/store.tmp, fsynced, then renamed; then as WRITE */
    DG_STORE_WRITE,  /* the daemon: takes DIR/node.lock (DG_ERR_LOCKED), then opens */
    DG_STORE_READ,   /* a reading verb, daemon running or not: no lock, read-only */
};

/* Opens DIR's store. DG_ERR_LOCKED, DG_ERR_BAD_NODE, DG_ERR_STORE_FOREIGN (newer format),
 * DG_ERR_STORE_CORRUPT, DG_ERR_STORE_IO, DG_ERR_STORE_FULL, DG_ERR_NOT_PERMITTED, DG_ERR_NOT_EMPTY
 * (CREATE over a store), DG_ERR_SYSTEM (a network or read-only file system). Reading, one process may
 * not have the store open twice, nor as a writer too: DG_ERR_LOCKED. */
enum dg_err dg_store_lmdb_open(const char *dir, enum dg_store_mode mode, struct dg_store **ret,
                               struct dg_fault *fault) DG_MUST_CHECK;
/* Clears the slots of dead readers and gives the memory of pages once read back to the system; call
 * once a minute from the writer, no transaction open. */
void dg_store_lmdb_check_readers(struct dg_store *store);

struct dg_store_usage {
    uint64_t file_bytes; /* size of data.mdb */
    uint64_t used_bytes; /* pages in use */
    uint64_t map_bytes;
    uint64_t disk_free_bytes, disk_total_bytes;
};
/* Measures the store in a read transaction of its own. DG_ERR_STORE_IO and the errors of dg_begin_read. */
enum dg_err dg_store_lmdb_usage(struct dg_store *store, struct dg_store_usage *ret) DG_MUST_CHECK;

#endif
