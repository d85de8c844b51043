/* store_lmdb_room.c - how much room there is, and what it means when there is none. */
#include "node/store/store_lmdb_env.h"

#include <assert.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static const uint64_t MiB = 1024 * 1024;

enum { MAP_MAX_MIB = 64 * 1024, SPARE_MIB = 64, RESIDENT_MIB = 16 };

static bool disk_room(struct dg_lmdb_store *store, uint64_t *ret_free, uint64_t *ret_total)
{
    int fd;
    struct statvfs fs;
    if (mdb_env_get_fd(store->env, &fd) != 0 || fstatvfs(fd, &fs) != 0)
        return false;
    *ret_free = (uint64_t)fs.f_bavail * fs.f_frsize;
    *ret_total = (uint64_t)fs.f_blocks * fs.f_frsize;
    return true;
}

/* LMDB answers EIO to a short write, which is how most file systems say that they are full. Only
 * with (nearly) no room left is it taken for that; the caller asks LMDB whether it survived. */
static bool disk_is_full(struct dg_lmdb_store *store)
{
    uint64_t free_bytes, total_bytes;
    return disk_room(store, &free_bytes, &total_bytes) && free_bytes < MiB;
}

enum dg_err dg_lmdb_err(struct dg_lmdb_store *store, int rc)
{
    switch (rc) {
    case MDB_SUCCESS:
        return DG_OK;
    case MDB_MAP_FULL:
        store->map_full = true;
        return DG_ERR_STORE_FULL;
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return DG_ERR_STORE_FULL;
    case EIO:
        return disk_is_full(store) ? DG_ERR_STORE_FULL : DG_ERR_STORE_IO;
    case ENOMEM:
        return DG_ERR_NO_MEMORY;
    case MDB_READERS_FULL:
    case MDB_MAP_RESIZED:
        return DG_ERR_RETRY_LATER;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PAGE_FULL:
    case MDB_CURSOR_FULL:
    case MDB_INVALID:
    case MDB_NOTFOUND: /* where something must be: callers handle the other case */
        return DG_ERR_STORE_CORRUPT;
    default:
        return DG_ERR_STORE_IO;
    }
}

uint64_t dg_lmdb_map_max(uint64_t disk_total_bytes)
{
    uint64_t most = MAP_MAX_MIB * MiB;
    return disk_total_bytes < most / 4 ? 4 * disk_total_bytes : most;
}

/* Unmaps and maps again. Should that fail there is no map at all, so nothing can go on. */
static enum dg_err remap(struct dg_lmdb_store *store, uint64_t size)
{
    assert(store->open_txns == 0);
    if (mdb_env_set_mapsize(store->env, size) == 0)
        return DG_OK;
    store->sick = true;
    return DG_ERR_STORE_IO;
}

static uint64_t page_size(struct dg_lmdb_store *store)
{
    MDB_stat stat;
    int rc = mdb_env_stat(store->env, &stat);
    assert(rc == 0);
    (void)rc;
    return stat.ms_psize;
}

static MDB_envinfo env_info(struct dg_lmdb_store *store)
{
    MDB_envinfo info;
    int rc = mdb_env_info(store->env, &info);
    assert(rc == 0);
    (void)rc;
    return info;
}

enum dg_err dg_lmdb_make_room(struct dg_lmdb_store *store)
{
    MDB_envinfo info = env_info(store);
    uint64_t map = info.me_mapsize;
    uint64_t reached = (info.me_last_pgno + 1) * page_size(store);
    uint64_t spare = map / 5 > SPARE_MIB * MiB ? map / 5 : SPARE_MIB * MiB;
    bool full = store->map_full || reached + spare > map;
    /* What a flood has written and read once stays resident until the map is made anew. */
    bool resident = reached > store->mapped_at + RESIDENT_MIB * MiB;
    if ((!full && !resident) || store->open_txns > 0)
        return DG_OK;
    uint64_t larger = 2 * map < store->map_max ? 2 * map : store->map_max;
    uint64_t size = full && larger > map ? larger : map;
    store->map_full = false;
    if (size == map && !resident)
        return DG_OK;
    store->mapped_at = reached;
    return remap(store, size);
}

void dg_store_lmdb_check_readers(struct dg_store *head)
{
    struct dg_lmdb_store *store = (struct dg_lmdb_store *)head;
    int dead;
    (void)mdb_reader_check(store->env, &dead);
    /* Pages once read stay in this process's resident memory; mapping anew gives them back. */
    pthread_mutex_lock(&store->mutex);
    if (store->open_txns == 0 && !store->sick)
        (void)!remap(store, env_info(store).me_mapsize);
    pthread_mutex_unlock(&store->mutex);
}

static uint64_t pages_of(const MDB_stat *stat)
{
    return stat->ms_branch_pages + stat->ms_leaf_pages + stat->ms_overflow_pages;
}

/* Two meta pages, the tree of free pages, the tree of tables, and the tables. */
static enum dg_err pages_used(struct dg_lmdb_store *store, MDB_txn *txn, uint64_t *ret)
{
    enum { FREE_PAGES = 0, TABLES = 1 }; /* LMDB's own two trees have these handles */
    uint64_t pages = 2;
    MDB_stat stat;
    for (unsigned i = 0; i < DG_TABLE_COUNT + 2; i++) {
        int rc = mdb_stat(txn, i < 2 ? (i == 0 ? FREE_PAGES : TABLES) : store->table[i - 2], &stat);
        if (rc != 0)
            return dg_lmdb_err(store, rc);
        pages += pages_of(&stat);
    }
    *ret = pages;
    return DG_OK;
}

enum dg_err dg_store_lmdb_usage(struct dg_store *head, struct dg_store_usage *ret)
{
    struct dg_lmdb_store *store = (struct dg_lmdb_store *)head;
    struct dg_txn *txn;
    enum dg_err err = dg_begin_read(head, &txn);
    if (err != DG_OK)
        return err;
    uint64_t pages = 0;
    err = pages_used(store, ((struct dg_lmdb_txn *)txn)->mdb, &pages);
    dg_abort(head, txn);
    if (err != DG_OK)
        return err;
    struct dg_store_usage usage = {
        .used_bytes = pages * page_size(store),
        .map_bytes = env_info(store).me_mapsize,
    };
    int fd;
    struct stat st;
    if (mdb_env_get_fd(store->env, &fd) != 0 || fstat(fd, &st) != 0 ||
        !disk_room(store, &usage.disk_free_bytes, &usage.disk_total_bytes))
        return DG_ERR_STORE_IO;
    usage.file_bytes = (uint64_t)st.st_size;
    *ret = usage;
    return DG_OK;
}
