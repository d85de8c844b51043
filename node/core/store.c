/* store.c - the thin, sticky-error face of a transaction. */
#include "node/core/store.h"

#include <assert.h>
#include <string.h>

/* ---- META ---------------------------------------------------------------------------------------- */

/* Nearly every step counts something up in META. In a write transaction each row of it is read once and
 * written once, when it commits. */
struct dg_meta_row {
    struct dg_meta_row *next;
    struct dg_bytes key, value;
    bool changed;
};

static struct dg_meta_row *meta_find(struct dg_txn *txn, struct dg_bytes key)
{
    struct dg_meta_row *row = txn->meta;
    while (row != NULL && !dg_bytes_equal(row->key, key))
        row = row->next;
    return row;
}

static struct dg_meta_row *meta_add(struct dg_txn *txn, struct dg_bytes key)
{
    struct dg_meta_row *row = dg_arena_alloc(txn->arena, sizeof *row);
    struct dg_bytes copy = dg_arena_copy(txn->arena, key);
    if (row == NULL || copy.data == NULL) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return NULL;
    }
    *row = (struct dg_meta_row){.next = txn->meta, .key = copy};
    txn->meta = row;
    return row;
}

static bool meta_get(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes *ret)
{
    struct dg_meta_row *row = meta_find(txn, key);
    if (row == NULL && !txn->ops->get(txn, DG_TABLE_META, key, ret))
        return false;
    if (row == NULL) {
        row = meta_add(txn, key);
        if (row == NULL)
            return false;
        row->value = *ret;
    }
    *ret = row->value;
    return true;
}

static void meta_put(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value)
{
    struct dg_bytes copy = dg_arena_copy(txn->arena, value);
    struct dg_meta_row *row = meta_find(txn, key);
    if (row == NULL)
        row = meta_add(txn, key);
    if (copy.data == NULL)
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
    if (row == NULL || copy.data == NULL)
        return;
    row->value = copy;
    row->changed = true;
}

/* Writes what has changed, and forgets all: what comes then sees the table itself. */
static void meta_write(struct dg_txn *txn)
{
    for (struct dg_meta_row *row = txn->meta; row != NULL && txn->err == DG_OK; row = row->next)
        if (row->changed)
            txn->ops->put(txn, DG_TABLE_META, row->key, row->value);
    txn->meta = NULL;
}

/* ---- rows ---------------------------------------------------------------------------------------- */

bool dg_get(struct dg_txn *txn, enum dg_table table, struct dg_bytes key, struct dg_bytes *ret)
{
    assert(table < DG_TABLE_COUNT);
    if (txn->err != DG_OK)
        return false;
    if (table == DG_TABLE_META && txn->writable)
        return meta_get(txn, key, ret);
    return txn->ops->get(txn, table, key, ret);
}

void dg_put(struct dg_txn *txn, enum dg_table table, struct dg_bytes key, struct dg_bytes value)
{
    assert(table < DG_TABLE_COUNT && txn->writable && key.size > 0);
    if (txn->err == DG_OK && table == DG_TABLE_META)
        meta_put(txn, key, value);
    else if (txn->err == DG_OK)
        txn->ops->put(txn, table, key, value);
    txn->writes += table != DG_TABLE_META;
}

void dg_del(struct dg_txn *txn, enum dg_table table, struct dg_bytes key)
{
    assert(table < DG_TABLE_COUNT && txn->writable);
    if (table == DG_TABLE_META)
        meta_write(txn);
    txn->writes += table != DG_TABLE_META;
    if (txn->err == DG_OK)
        txn->ops->del(txn, table, key);
}

void dg_txn_fail(struct dg_txn *txn, enum dg_err err)
{
    if (txn->err == DG_OK)
        txn->err = err;
}

/* ---- cursors ------------------------------------------------------------------------------------- */

void dg_cursor_open(struct dg_cursor *cursor, struct dg_txn *txn, enum dg_table table)
{
    assert(table < DG_TABLE_COUNT);
    *cursor = (struct dg_cursor){.txn = txn, .table = table};
    if (table == DG_TABLE_META && txn->writable)
        meta_write(txn);
    if (txn->err == DG_OK && !txn->ops->cursor_open(cursor))
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
}

void dg_cursor_close(struct dg_cursor *cursor)
{
    if (cursor->impl != NULL)
        cursor->txn->ops->cursor_close(cursor);
    cursor->impl = NULL;
}

bool dg_cursor_seek(struct dg_cursor *cursor, struct dg_bytes key)
{
    return cursor->impl != NULL && cursor->txn->err == DG_OK && cursor->txn->ops->cursor_seek(cursor, key);
}

bool dg_cursor_next(struct dg_cursor *cursor)
{
    return cursor->impl != NULL && cursor->txn->err == DG_OK && cursor->txn->ops->cursor_next(cursor);
}

bool dg_cursor_prev(struct dg_cursor *cursor)
{
    return cursor->impl != NULL && cursor->txn->err == DG_OK && cursor->txn->ops->cursor_prev(cursor);
}

bool dg_cursor_last(struct dg_cursor *cursor)
{
    return cursor->impl != NULL && cursor->txn->err == DG_OK && cursor->txn->ops->cursor_last(cursor);
}

bool dg_cursor_at_prefix(const struct dg_cursor *cursor, struct dg_bytes prefix)
{
    return cursor->key.size >= prefix.size &&
           (prefix.size == 0 || memcmp(cursor->key.data, prefix.data, prefix.size) == 0);
}

/* ---- transactions -------------------------------------------------------------------------------- */

enum dg_err dg_begin_read(struct dg_store *store, struct dg_txn **ret)
{
    return store->ops->begin(store, false, ret);
}

enum dg_err dg_begin_write(struct dg_store *store, struct dg_txn **ret)
{
    return store->ops->begin(store, true, ret);
}

enum dg_err dg_commit(struct dg_store *store, struct dg_txn *txn, struct dg_committed *ret)
{
    meta_write(txn);
    return store->ops->commit(txn, ret);
}

void dg_abort(struct dg_store *store, struct dg_txn *txn)
{
    store->ops->abort(txn);
}

void dg_store_close(struct dg_store *store)
{
    if (store != NULL)
        store->ops->close(store);
}
