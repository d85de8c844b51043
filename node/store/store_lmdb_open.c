/* store_lmdb_open.c - opening, creating and closing the LMDB environment. */
#include "node/store/store_lmdb_env.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { READERS_MAX = 512, MAP_FIRST = 128 * 1024 * 1024, VERSION = 2 };

/* The one row outside the tables: which format the rest is in. */
#define FORMAT_KEY "format"
#define FORMAT_PREFIX "donggui store v"

/* Two environments on one file in a process would drop each other's locks, so all are listed. */
static struct dg_lmdb_store *open_stores;
static pthread_mutex_t open_stores_mutex = PTHREAD_MUTEX_INITIALIZER;

static bool register_open(struct dg_lmdb_store *store)
{
    bool fresh = true;
    pthread_mutex_lock(&open_stores_mutex);
    for (const struct dg_lmdb_store *other = open_stores; other != NULL; other = other->next_open) {
        if (other->data_id.device == store->data_id.device && other->data_id.number == store->data_id.number)
            fresh = false;
    }
    if (fresh) {
        store->next_open = open_stores;
        open_stores = store;
    }
    pthread_mutex_unlock(&open_stores_mutex);
    return fresh;
}

static void unregister_open(struct dg_lmdb_store *store)
{
    pthread_mutex_lock(&open_stores_mutex);
    struct dg_lmdb_store **link = &open_stores;
    while (*link != NULL && *link != store)
        link = &(*link)->next_open;
    if (*link == store)
        *link = store->next_open;
    pthread_mutex_unlock(&open_stores_mutex);
}

/* Explains why LMDB would not open path. */
static enum dg_err open_fault(struct dg_fault *fault, int rc, const char *path)
{
    switch (rc) {
    case MDB_VERSION_MISMATCH:
        return dg_faultf(fault, DG_ERR_STORE_FOREIGN, "%s: %s", path, mdb_strerror(rc));
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_NOTFOUND:
    case MDB_INCOMPATIBLE:
        return dg_faultf(fault, DG_ERR_STORE_CORRUPT, "%s: %s", path, mdb_strerror(rc));
    case MDB_PANIC:
        return dg_faultf(fault, DG_ERR_STORE_IO, "%s: %s", path, mdb_strerror(rc));
    default:
        return dg_file_fault(fault, rc, path);
    }
}

/* Opens an environment. map_bytes is 0 to take the size the store has. */
static enum dg_err env_open(const char *path, unsigned mode_flags, size_t map_bytes, MDB_env **ret,
                            struct dg_fault *fault)
{
    MDB_env *env;
    int rc = mdb_env_create(&env);
    if (rc != 0)
        return open_fault(fault, rc, path);
    if ((rc = mdb_env_set_maxdbs(env, DG_TABLE_COUNT)) != 0 ||
        (rc = mdb_env_set_maxreaders(env, READERS_MAX)) != 0 ||
        (map_bytes > 0 && (rc = mdb_env_set_mapsize(env, map_bytes)) != 0) ||
        (rc = mdb_env_open(env, path, MDB_NOTLS | mode_flags, 0600)) != 0) {
        mdb_env_close(env);
        return open_fault(fault, rc, path);
    }
    /* Any of these would make an acknowledged commit a promise that a power cut can break. */
    unsigned flags = 0;
    rc = mdb_env_get_flags(env, &flags);
    assert(rc == 0 &&
           (flags & (MDB_NOSYNC | MDB_NOMETASYNC | MDB_WRITEMAP | MDB_MAPASYNC | MDB_NOLOCK)) == 0);
    *ret = env;
    return DG_OK;
}

/* --- creating ------------------------------------------------------------------------------ */

static int write_format(MDB_txn *txn)
{
    char text[32];
    int size = snprintf(text, sizeof text, FORMAT_PREFIX "%d", VERSION);
    char key_text[] = FORMAT_KEY;
    MDB_val key = {.mv_size = strlen(key_text), .mv_data = key_text};
    MDB_val value = {.mv_size = (size_t)size, .mv_data = text};
    MDB_dbi unnamed;
    int rc = mdb_dbi_open(txn, NULL, 0, &unnamed);
    return rc != 0 ? rc : mdb_put(txn, unnamed, &key, &value, 0);
}

static int make_tables(MDB_env *env)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(env, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    rc = write_format(txn);
    for (unsigned i = 0; rc == 0 && i < DG_TABLE_COUNT; i++) {
        MDB_dbi ignored;
        rc = mdb_dbi_open(txn, dg_table_name((enum dg_table)i), MDB_CREATE, &ignored);
    }
    if (rc == 0)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

/* Makes an empty store in the directory, durably. */
static enum dg_err fill_new(const char *tmp, const char *tmp_data, struct dg_fault *fault)
{
    struct statvfs fs;
    if (statvfs(tmp, &fs) != 0)
        return dg_file_fault(fault, errno, tmp);
    uint64_t most = dg_lmdb_map_max((uint64_t)fs.f_blocks * fs.f_frsize);
    MDB_env *env;
    enum dg_err err = env_open(tmp, 0, most < MAP_FIRST ? (size_t)most : MAP_FIRST, &env, fault);
    if (err != DG_OK)
        return err;
    int rc = make_tables(env);
    mdb_env_close(env);
    if (rc != 0)
        return open_fault(fault, rc, tmp);
    err = dg_path_sync(tmp_data, fault);
    return err != DG_OK ? err : dg_path_sync(tmp, fault);
}

/* A store half made is never called store: a power cut leaves store.tmp, which the next one
 * removes. */
static enum dg_err create(const char *dir, const char *path, struct dg_fault *fault)
{
    char tmp[DG_STORE_PATH_MAX], tmp_data[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(dir, "store.tmp", NULL, tmp, fault);
    if (err == DG_OK)
        err = dg_path_join(dir, "store.tmp", "data.mdb", tmp_data, fault);
    if (err == DG_OK && dg_file_exists(path))
        err = dg_faultf(fault, DG_ERR_NOT_EMPTY, "%s", path);
    if (err == DG_OK)
        err = dg_dir_remove(tmp, fault);
    if (err == DG_OK && mkdir(tmp, 0700) != 0)
        err = dg_file_fault(fault, errno, tmp);
    if (err == DG_OK)
        err = fill_new(tmp, tmp_data, fault);
    if (err == DG_OK && rename(tmp, path) != 0)
        err = dg_file_fault(fault, errno, path);
    return err != DG_OK ? err : dg_path_sync(dir, fault);
}

/* --- opening ------------------------------------------------------------------------------- */

/* Finds data.mdb and lists it as open. LMDB itself would make an empty store where there is none,
 * and take an empty file for a new one. */
static enum dg_err find_data(struct dg_lmdb_store *store, const char *dir, struct dg_fault *fault)
{
    struct stat st;
    enum dg_err err = dg_path_join(dir, "store", "data.mdb", store->data_path, fault);
    if (err == DG_OK)
        err = dg_path_join(dir, "store", "lock.mdb", store->lock_path, fault);
    if (err != DG_OK)
        return err;
    if (stat(store->data_path, &st) != 0)
        return dg_file_fault(fault, errno, store->data_path);
    if (st.st_size == 0)
        return dg_faultf(fault, DG_ERR_STORE_CORRUPT, "%s", store->data_path);
    store->data_id = (struct dg_file_id){.device = st.st_dev, .number = st.st_ino};
    if (!register_open(store))
        return dg_faultf(fault, DG_ERR_LOCKED, "%s (pid %ld)", store->data_path, (long)getpid());
    return DG_OK;
}

static enum dg_err check_format(MDB_txn *txn, const char *path, struct dg_fault *fault)
{
    char key_text[] = FORMAT_KEY, text[32];
    MDB_val key = {.mv_size = strlen(key_text), .mv_data = key_text}, value;
    MDB_dbi unnamed;
    int rc = mdb_dbi_open(txn, NULL, 0, &unnamed);
    if (rc == 0)
        rc = mdb_get(txn, unnamed, &key, &value);
    if (rc != 0)
        return open_fault(fault, rc, path);
    int size = snprintf(text, sizeof text, FORMAT_PREFIX "%d", VERSION);
    struct dg_bytes found = dg_bytes_at(value.mv_data, value.mv_size);
    if (!dg_bytes_equal(found, dg_bytes_at(text, (size_t)size))) {
        int shown = found.size < sizeof text ? (int)found.size : (int)sizeof text;
        return dg_faultf(fault, DG_ERR_STORE_FOREIGN, "%s: %.*s", path, shown, (const char *)found.data);
    }
    return DG_OK;
}

static enum dg_err open_tables(struct dg_lmdb_store *store, struct dg_fault *fault)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return open_fault(fault, rc, store->data_path);
    enum dg_err err = check_format(txn, store->data_path, fault);
    for (unsigned i = 0; err == DG_OK && i < DG_TABLE_COUNT; i++) {
        rc = mdb_dbi_open(txn, dg_table_name((enum dg_table)i), 0, &store->table[i]);
        if (rc != 0)
            err = open_fault(fault, rc, store->data_path);
    }
    /* Only a commit keeps handles that were opened in a transaction; this one writes nothing. */
    if (err == DG_OK && (rc = mdb_txn_commit(txn)) != 0)
        return open_fault(fault, rc, store->data_path);
    if (err != DG_OK)
        mdb_txn_abort(txn);
    return err;
}

/* A file that was cut off would kill the process with SIGBUS where the map has no file under it;
 * made as long as it should be it reads as zeros, which are recognised. */
static enum dg_err mend_length(struct dg_lmdb_store *store, struct dg_fault *fault)
{
    MDB_envinfo info;
    MDB_stat stat;
    struct stat st;
    int fd;
    if (mdb_env_info(store->env, &info) != 0 || mdb_env_stat(store->env, &stat) != 0 ||
        mdb_env_get_fd(store->env, &fd) != 0 || fstat(fd, &st) != 0)
        return dg_faultf(fault, DG_ERR_STORE_IO, "%s", store->data_path);
    off_t due = (off_t)((info.me_last_pgno + 1) * stat.ms_psize);
    if (st.st_size < due && ftruncate(fd, due) != 0)
        return dg_file_fault(fault, errno, store->data_path);
    return DG_OK;
}

static enum dg_err prepare_writer(struct dg_lmdb_store *store, const char *path, struct dg_fault *fault)
{
    struct statvfs fs;
    if (statvfs(path, &fs) != 0)
        return dg_file_fault(fault, errno, path);
    store->map_max = dg_lmdb_map_max((uint64_t)fs.f_blocks * fs.f_frsize);
    store->write.store = store;
    dg_arena_init(&store->write.arena, DG_STORE_ARENA_MAX);
    store->write.codec = dg_value_codec_new();
    if (store->write.codec == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    enum dg_err err = dg_file_id(store->lock_path, &store->lock_id, fault);
    if (err == DG_OK)
        err = mend_length(store, fault);
    if (err != DG_OK)
        return err;
    /* A process killed during its last commit may leave it in the kernel's memory only. This one would act
     * on it, so it must be durable first. */
    int rc = mdb_env_sync(store->env, 1);
    return rc == 0 ? DG_OK : open_fault(fault, rc, store->data_path);
}

static void lmdb_close(struct dg_store *head)
{
    struct dg_lmdb_store *store = (struct dg_lmdb_store *)head;
    assert(store->open_txns == 0);
    if (store->env != NULL)
        mdb_env_close(store->env);
    unregister_open(store);
    dg_lmdb_txn_free(store->spare);
    dg_value_codec_free(store->write.codec);
    dg_arena_done(&store->write.arena);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    pthread_mutex_destroy(&store->mutex);
    free(store);
}

static const struct dg_store_ops store_ops = {
    .begin = dg_lmdb_begin,
    .commit = dg_lmdb_commit,
    .abort = dg_lmdb_abort,
    .close = lmdb_close,
};

/* Looks before it locks, so that a wrong -n leaves no node.lock behind. */
static enum dg_err lock_for_writing(struct dg_lmdb_store *store, const char *dir, const char *path,
                                    enum dg_store_mode mode, struct dg_fault *fault)
{
    enum dg_err err = dg_store_place_check(mode == DG_STORE_CREATE ? dir : path, fault);
    if (err == DG_OK)
        err = dg_node_lock(dir, &store->lock_fd, fault);
    if (err == DG_OK && mode == DG_STORE_CREATE)
        return create(dir, path, fault);
    /* Whoever made the store may have been killed before its name was durable. */
    return err != DG_OK ? err : dg_path_sync(dir, fault);
}

static enum dg_err open_into(struct dg_lmdb_store *store, const char *dir, enum dg_store_mode mode,
                             struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(dir, "store", NULL, path, fault);
    if (err == DG_OK && !store->read_only)
        err = lock_for_writing(store, dir, path, mode, fault);
    if (err == DG_OK)
        err = find_data(store, dir, fault);
    if (err == DG_OK)
        err = env_open(path, store->read_only ? MDB_RDONLY : 0, 0, &store->env, fault);
    if (err == DG_OK && !store->read_only)
        err = prepare_writer(store, path, fault);
    return err != DG_OK ? err : open_tables(store, fault);
}

enum dg_err dg_store_lmdb_open(const char *dir, enum dg_store_mode mode, struct dg_store **ret,
                               struct dg_fault *fault)
{
    struct dg_lmdb_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    store->head.ops = &store_ops;
    store->read_only = mode == DG_STORE_READ;
    store->lock_fd = -1;
    pthread_mutex_init(&store->mutex, NULL);
    enum dg_err err = open_into(store, dir, mode, fault);
    if (err != DG_OK) {
        lmdb_close(&store->head);
        return err;
    }
    *ret = &store->head;
    return DG_OK;
}
