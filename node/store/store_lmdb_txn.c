/* store_lmdb_txn.c - transactions and cursors over LMDB.
 *
 * Every row read is checked. A write transaction copies what it reads, since its own writes move
 * pages; a read transaction lends straight from the map, which cannot change under it.
 */
#include "node/store/store_lmdb_env.h"

#include <assert.h>
#include <stdlib.h>

struct lmdb_cursor {
    MDB_cursor *mdb;
    enum { FRESH, BEFORE, AT, AFTER } place;
};

static struct dg_lmdb_txn *txn_of(struct dg_txn *txn)
{
    return (struct dg_lmdb_txn *)txn;
}

static MDB_dbi dbi_of(const struct dg_lmdb_txn *txn, enum dg_table table)
{
    return txn->store->table[table];
}

/* LMDB takes no const, and changes nothing. */
static MDB_val val_of(struct dg_bytes bytes)
{
    return (MDB_val){.mv_size = bytes.size, .mv_data = (void *)(uintptr_t)bytes.data};
}

static struct dg_bytes bytes_of(MDB_val val)
{
    return dg_bytes_at(val.mv_data, val.mv_size);
}

static void fail(struct dg_lmdb_txn *txn, int rc)
{
    dg_txn_fail(&txn->head, dg_lmdb_err(txn->store, rc));
}

/* Opens what LMDB found under key. */
static bool take_value(struct dg_lmdb_txn *txn, enum dg_table table, struct dg_bytes key, MDB_val kept,
                       struct dg_bytes *ret)
{
    enum dg_err err = dg_value_open(table, key, bytes_of(kept), &txn->arena, txn->head.writable, ret);
    if (err != DG_OK)
        dg_txn_fail(&txn->head, err);
    return err == DG_OK;
}

/* --- rows ---------------------------------------------------------------------------------- */

static bool lmdb_get(struct dg_txn *head, enum dg_table table, struct dg_bytes key, struct dg_bytes *ret)
{
    struct dg_lmdb_txn *txn = txn_of(head);
    if (key.size == 0 || key.size > DG_STORE_KEY_MAX)
        return false;
    MDB_val name = val_of(key), kept;
    int rc = mdb_get(txn->mdb, dbi_of(txn, table), &name, &kept);
    if (rc != 0 && rc != MDB_NOTFOUND)
        fail(txn, rc);
    return rc == 0 && take_value(txn, table, key, kept, ret);
}

static void lmdb_put(struct dg_txn *head, enum dg_table table, struct dg_bytes key, struct dg_bytes value)
{
    assert(dg_row_ok(table, key, value));
    struct dg_lmdb_txn *txn = txn_of(head);
    struct dg_bytes sealed;
    enum dg_err err = dg_value_seal(txn->codec, table, key, value, &sealed);
    if (err != DG_OK) {
        dg_txn_fail(head, err);
        return;
    }
    /* Most keys are positions, which only grow. Told that a key goes last, LMDB fills each page to
     * the end instead of leaving it half empty; where that is not so it says KEYEXIST. */
    MDB_val name = val_of(key), kept = val_of(sealed);
    int rc = mdb_put(txn->mdb, dbi_of(txn, table), &name, &kept, MDB_APPEND);
    if (rc == MDB_KEYEXIST)
        rc = mdb_put(txn->mdb, dbi_of(txn, table), &name, &kept, 0);
    if (rc != 0)
        fail(txn, rc);
}

static void lmdb_del(struct dg_txn *head, enum dg_table table, struct dg_bytes key)
{
    struct dg_lmdb_txn *txn = txn_of(head);
    if (key.size == 0 || key.size > DG_STORE_KEY_MAX)
        return;
    MDB_val name = val_of(key);
    int rc = mdb_del(txn->mdb, dbi_of(txn, table), &name, NULL);
    if (rc != 0 && rc != MDB_NOTFOUND)
        fail(txn, rc);
}

/* --- cursors ------------------------------------------------------------------------------- */

static bool lmdb_cursor_open(struct dg_cursor *cursor)
{
    struct dg_lmdb_txn *txn = txn_of(cursor->txn);
    struct lmdb_cursor *made = dg_arena_alloc(&txn->arena, sizeof *made);
    if (made == NULL)
        return false;
    int rc = mdb_cursor_open(txn->mdb, dbi_of(txn, cursor->table), &made->mdb);
    if (rc != 0) {
        fail(txn, rc);
        return false;
    }
    cursor->impl = made;
    return true;
}

static void lmdb_cursor_close(struct dg_cursor *cursor)
{
    mdb_cursor_close(((struct lmdb_cursor *)cursor->impl)->mdb);
}

/* Moves by op, and stands off that end of the table when there is nothing there. */
static bool move(struct dg_cursor *cursor, MDB_cursor_op op, struct dg_bytes to, int off_end)
{
    struct dg_lmdb_txn *txn = txn_of(cursor->txn);
    struct lmdb_cursor *at = cursor->impl;
    MDB_val name = val_of(to), kept;
    int rc = mdb_cursor_get(at->mdb, &name, &kept, op);
    at->place = rc == 0 ? AT : off_end < 0 ? BEFORE : AFTER;
    if (rc != 0) {
        if (rc != MDB_NOTFOUND)
            fail(txn, rc);
        return false;
    }
    struct dg_bytes key = bytes_of(name), value;
    if (!take_value(txn, cursor->table, key, kept, &value))
        return false;
    if (txn->head.writable)
        key = dg_arena_copy(&txn->arena, key);
    if (key.data == NULL) {
        dg_txn_fail(&txn->head, DG_ERR_NO_MEMORY);
        return false;
    }
    cursor->key = key;
    cursor->value = value;
    return true;
}

static bool lmdb_cursor_seek(struct dg_cursor *cursor, struct dg_bytes key)
{
    assert(key.size <= DG_STORE_KEY_MAX);
    return move(cursor, key.size == 0 ? MDB_FIRST : MDB_SET_RANGE, key, 1);
}

static bool lmdb_cursor_next(struct dg_cursor *cursor)
{
    const struct lmdb_cursor *at = cursor->impl;
    if (at->place == AFTER)
        return false;
    return move(cursor, at->place == AT ? MDB_NEXT : MDB_FIRST, (struct dg_bytes){0}, 1);
}

static bool lmdb_cursor_last(struct dg_cursor *cursor)
{
    return move(cursor, MDB_LAST, (struct dg_bytes){0}, -1);
}

static bool lmdb_cursor_prev(struct dg_cursor *cursor)
{
    const struct lmdb_cursor *at = cursor->impl;
    if (at->place == BEFORE)
        return false;
    return move(cursor, at->place == AT ? MDB_PREV : MDB_LAST, (struct dg_bytes){0}, -1);
}

static const struct dg_txn_ops txn_ops = {
    .get = lmdb_get,
    .put = lmdb_put,
    .del = lmdb_del,
    .cursor_open = lmdb_cursor_open,
    .cursor_close = lmdb_cursor_close,
    .cursor_seek = lmdb_cursor_seek,
    .cursor_next = lmdb_cursor_next,
    .cursor_prev = lmdb_cursor_prev,
    .cursor_last = lmdb_cursor_last,
};

/* --- begin and end ------------------------------------------------------------------------- */

/* Begins under the mutex, so that the map is not moved in between. */
static int begin_mdb(struct dg_lmdb_store *store, bool writable, MDB_txn **ret)
{
    unsigned flags = writable ? 0 : MDB_RDONLY;
    int rc = mdb_txn_begin(store->env, NULL, flags, ret);
    if (rc == MDB_READERS_FULL) {
        int dead;
        if (mdb_reader_check(store->env, &dead) == 0 && dead > 0)
            rc = mdb_txn_begin(store->env, NULL, flags, ret);
    }
    if (rc == MDB_MAP_RESIZED && store->open_txns == 0) {
        /* The writer, another process, grew the map: take its size. */
        rc = mdb_env_set_mapsize(store->env, 0);
        if (rc == 0)
            rc = mdb_txn_begin(store->env, NULL, flags, ret);
    }
    return rc;
}

static enum dg_err start(struct dg_lmdb_txn *txn, bool writable)
{
    struct dg_lmdb_store *store = txn->store;
    enum dg_err err = DG_OK;
    pthread_mutex_lock(&store->mutex);
    if (writable)
        err = dg_lmdb_make_room(store);
    if (err == DG_OK) {
        err = dg_lmdb_err(store, begin_mdb(store, writable, &txn->mdb));
        store->open_txns += err == DG_OK;
    }
    pthread_mutex_unlock(&store->mutex);
    txn->head = (struct dg_txn){.ops = &txn_ops, .arena = &txn->arena, .writable = writable};
    return err;
}

/* Somebody who removes or replaces the files of a running node would have it write into nothing. */
static bool files_are_ours(const struct dg_lmdb_store *store)
{
    return dg_file_is(store->data_path, &store->data_id) && dg_file_is(store->lock_path, &store->lock_id);
}

static enum dg_err begin_write(struct dg_lmdb_store *store, struct dg_txn **ret)
{
    assert(!store->read_only && store->write.mdb == NULL);
    if (store->sick || !files_are_ours(store)) {
        store->sick = true;
        return DG_ERR_STORE_IO;
    }
    dg_arena_reset(&store->write.arena);
    enum dg_err err = start(&store->write, true);
    if (err == DG_OK)
        *ret = &store->write.head;
    return err;
}

void dg_lmdb_txn_free(struct dg_lmdb_txn *txn)
{
    if (txn == NULL)
        return;
    dg_value_codec_free(txn->codec);
    dg_arena_done(&txn->arena);
    free(txn);
}

static struct dg_lmdb_txn *txn_new(struct dg_lmdb_store *store)
{
    struct dg_lmdb_txn *txn = calloc(1, sizeof *txn);
    if (txn == NULL)
        return NULL;
    txn->store = store;
    dg_arena_init(&txn->arena, DG_STORE_ARENA_MAX);
    return txn;
}

/* A node reads twice in every turn of its loop. One is kept, which is enough for one thread. */
static struct dg_lmdb_txn *take_spare(struct dg_lmdb_store *store)
{
    pthread_mutex_lock(&store->mutex);
    struct dg_lmdb_txn *txn = store->spare;
    store->spare = NULL;
    pthread_mutex_unlock(&store->mutex);
    return txn != NULL ? txn : txn_new(store);
}

static void keep_spare(struct dg_lmdb_store *store, struct dg_lmdb_txn *txn)
{
    dg_arena_reset(&txn->arena);
    pthread_mutex_lock(&store->mutex);
    struct dg_lmdb_txn *surplus = store->spare;
    store->spare = txn;
    pthread_mutex_unlock(&store->mutex);
    dg_lmdb_txn_free(surplus);
}

static enum dg_err begin_read(struct dg_lmdb_store *store, struct dg_txn **ret)
{
    struct dg_lmdb_txn *txn = take_spare(store);
    if (txn == NULL)
        return DG_ERR_NO_MEMORY;
    enum dg_err err = start(txn, false);
    if (err != DG_OK) {
        keep_spare(store, txn);
        return err;
    }
    *ret = &txn->head;
    return DG_OK;
}

enum dg_err dg_lmdb_begin(struct dg_store *head, bool writable, struct dg_txn **ret)
{
    struct dg_lmdb_store *store = (struct dg_lmdb_store *)head;
    return writable ? begin_write(store, ret) : begin_read(store, ret);
}

/* LMDB has ended the transaction; ends the rest. */
static void finish(struct dg_lmdb_txn *txn)
{
    struct dg_lmdb_store *store = txn->store;
    txn->mdb = NULL;
    pthread_mutex_lock(&store->mutex);
    store->open_txns--;
    pthread_mutex_unlock(&store->mutex);
    if (txn->head.writable)
        dg_value_codec_trim(txn->codec);
    else
        keep_spare(store, txn);
}

void dg_lmdb_abort(struct dg_txn *head)
{
    struct dg_lmdb_txn *txn = txn_of(head);
    if (head->writable && head->err == DG_ERR_STORE_IO)
        txn->store->sick = true;
    mdb_txn_abort(txn->mdb);
    finish(txn);
}

/* After a failed meta page LMDB refuses every further transaction, which tells a full disk (go on)
 * from one that may have half a commit on it (stop). */
static enum dg_err commit_err(struct dg_lmdb_store *store, int rc)
{
    enum dg_err err = dg_lmdb_err(store, rc);
    if (err == DG_ERR_STORE_FULL) {
        MDB_txn *probe;
        rc = mdb_txn_begin(store->env, NULL, 0, &probe);
        if (rc == 0)
            mdb_txn_abort(probe);
        else
            err = DG_ERR_STORE_IO;
    }
    if (err == DG_ERR_STORE_IO)
        store->sick = true;
    return err;
}

enum dg_err dg_lmdb_commit(struct dg_txn *head, struct dg_committed *ret)
{
    struct dg_lmdb_txn *txn = txn_of(head);
    struct dg_lmdb_store *store = txn->store;
    assert(head->writable);
    if (head->err != DG_OK) {
        enum dg_err err = head->err;
        dg_lmdb_abort(head);
        return err;
    }
    enum dg_err err = commit_err(store, mdb_txn_commit(txn->mdb));
    finish(txn);
    if (err == DG_OK)
        *ret = (struct dg_committed){.number = ++store->committed, .store = store};
    return err;
}
