/* store_lmdb_env.h - the insides of the LMDB store, shared by its files and nobody else.
 *
 * store_lmdb_open.c   opening, creating, closing
 * store_lmdb_txn.c    transactions and cursors
 * store_lmdb_room.c   the map's size, usage, and what LMDB's errors mean
 * store_files.h       directories, the lock, fsync: no LMDB
 */
#ifndef DG_NODE_STORE_STORE_LMDB_ENV_H
#define DG_NODE_STORE_STORE_LMDB_ENV_H

#include <lmdb.h>
#include <pthread.h>

#include "common/bytes.h"
#include "node/core/store.h"
#include "node/store/store_files.h"
#include "node/store/store_lmdb.h"
#include "node/store/store_value.h"

struct dg_lmdb_store;

struct dg_lmdb_txn {
    struct dg_txn head;
    struct dg_lmdb_store *store;
    MDB_txn *mdb;
    struct dg_arena arena;
    struct dg_value_codec *codec;
};

struct dg_lmdb_store {
    struct dg_store head;
    MDB_env *env;
    MDB_dbi table[DG_TABLE_COUNT];
    bool read_only;
    int lock_fd;                       /* node.lock, held for life by a writer; else -1 */
    char data_path[DG_STORE_PATH_MAX]; /* what must still be there at each write */
    char lock_path[DG_STORE_PATH_MAX];
    struct dg_file_id data_id, lock_id;

    struct dg_lmdb_txn write; /* the one write transaction; its codec and arena are kept */
    uint64_t committed;
    bool sick; /* the disk failed: nothing is written any more */

    pthread_mutex_t mutex;     /* over the four below and every change of the map */
    struct dg_lmdb_txn *spare; /* of the last read transaction: its codec and arena, for the next */
    unsigned open_txns;        /* of this process; the map may be moved only at 0 */
    bool map_full;             /* a transaction did not fit: grow before the next */
    uint64_t map_max;
    uint64_t mapped_at; /* how far the file reached when the map was last made anew */

    struct dg_lmdb_store *next_open;
};

/* What an error of LMDB or of the system under it means here. */
enum dg_err dg_lmdb_err(struct dg_lmdb_store *store, int rc);
/* Grows the map when little of it is left, and makes it anew when the file has grown much, unless a
 * transaction is open. Mutex held. */
enum dg_err dg_lmdb_make_room(struct dg_lmdb_store *store) DG_MUST_CHECK;
/* The largest map for a disk of that size. */
uint64_t dg_lmdb_map_max(uint64_t disk_total_bytes);

/* The store's table of functions; store_lmdb_txn.c has all but close. */
enum dg_err dg_lmdb_begin(struct dg_store *store, bool writable, struct dg_txn **ret) DG_MUST_CHECK;
/* Ends a write transaction; one with a sticky error is aborted and that error returned. */
enum dg_err dg_lmdb_commit(struct dg_txn *txn, struct dg_committed *ret) DG_MUST_CHECK;
/* Ends a transaction without writing; a write one that met DG_ERR_STORE_IO leaves the store marked sick. */
void dg_lmdb_abort(struct dg_txn *txn);
/* Frees what a read transaction holds beside LMDB's; NULL is fine. */
void dg_lmdb_txn_free(struct dg_lmdb_txn *txn);

#endif
