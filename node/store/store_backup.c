/* store_backup.c - LMDB's own copy, and a walk over every row. */
#include "node/store/store_backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "node/store/store_lmdb_env.h"

/* ---- copying ------------------------------------------------------------------------------------- */

/* A reader that has not looked for long may have an old view of how large the map is: to begin a transaction
 * is what renews it. */
static enum dg_err renew_map(struct dg_store *store)
{
    struct dg_txn *txn;
    enum dg_err err = dg_begin_read(store, &txn);
    if (err == DG_OK)
        dg_abort(store, txn);
    return err;
}

enum dg_err dg_store_copy(struct dg_store *head, const char *path, struct dg_fault *fault)
{
    struct dg_lmdb_store *store = (struct dg_lmdb_store *)head;
    enum dg_err err = renew_map(head);
    if (err != DG_OK)
        return dg_faultf(fault, err, "%s", store->data_path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == EEXIST ? dg_faultf(fault, DG_ERR_NOT_EMPTY, "%s", path)
                               : dg_file_fault(fault, errno, path);
    int rc = mdb_env_copyfd2(store->env, fd, MDB_CP_COMPACT);
    if (rc == 0 && fsync(fd) != 0)
        rc = errno;
    if (close(fd) != 0 && rc == 0)
        rc = errno;
    if (rc == 0)
        return DG_OK;
    (void)unlink(path);
    err = dg_lmdb_err(store, rc);
    return dg_faultf(fault, err, "%s: %s", path, mdb_strerror(rc));
}

/* ---- checking ------------------------------------------------------------------------------------ */

/* What a read transaction unpacks lives until it ends, so a long walk changes it now and then. */
enum { ROWS_PER_TRANSACTION = 1024 };

struct walk {
    struct dg_store *store;
    uint64_t rows;
    uint8_t last[DG_STORE_KEY_MAX];
    size_t last_size; /* 0: at the beginning of the table */
};

static bool at_last(const struct walk *walk, const struct dg_cursor *cursor)
{
    return dg_bytes_equal(cursor->key, dg_bytes_at(walk->last, walk->last_size));
}

/* Walks on from behind the last key; more says whether the table may have further rows. */
static enum dg_err walk_some(struct walk *walk, enum dg_table table, bool *ret_more)
{
    struct dg_txn *txn;
    struct dg_cursor cursor;
    enum dg_err err = dg_begin_read(walk->store, &txn);
    if (err != DG_OK)
        return err;
    dg_cursor_open(&cursor, txn, table);
    bool more = dg_cursor_seek(&cursor, dg_bytes_at(walk->last, walk->last_size));
    if (more && walk->last_size > 0 && at_last(walk, &cursor))
        more = dg_cursor_next(&cursor);
    for (unsigned i = 0; more && i < ROWS_PER_TRANSACTION; i++) {
        walk->rows++;
        walk->last_size = cursor.key.size;
        memcpy(walk->last, cursor.key.data, cursor.key.size);
        more = dg_cursor_next(&cursor);
    }
    dg_cursor_close(&cursor);
    err = txn->err;
    dg_abort(walk->store, txn);
    *ret_more = more && err == DG_OK;
    return err;
}

enum dg_err dg_store_check(struct dg_store *store, uint64_t *ret_rows)
{
    struct walk walk = {.store = store};
    enum dg_err err = DG_OK;
    for (int table = 0; err == DG_OK && table < DG_TABLE_COUNT; table++) {
        bool more = true;
        walk.last_size = 0;
        while (err == DG_OK && more)
            err = walk_some(&walk, (enum dg_table)table, &more);
    }
    if (err == DG_OK)
        *ret_rows = walk.rows;
    return err;
}
