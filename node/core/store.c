/* store.c - the thin, sticky-error face of a transaction. */
#include "node/core/store.h"

#include <assert.h>
#include <string.h>

bool dg_get(struct dg_txn *txn, enum dg_table table, struct dg_bytes key, struct dg_bytes *ret)
{
    assert(table < DG_TABLE_COUNT);
    if (txn->err != DG_OK)
        return false;
    return txn->ops->get(txn, table, key, ret);
}

void dg_put(struct dg_txn *txn, enum dg_table table, struct dg_bytes key, struct dg_bytes value)
{
    assert(table < DG_TABLE_COUNT && txn->writable && key.size > 0);
    if (txn->err == DG_OK)
        txn->ops->put(txn, table, key, value);
}

void dg_del(struct dg_txn *txn, enum dg_table table, struct dg_bytes key)
{
    assert(table < DG_TABLE_COUNT && txn->writable);
    if (txn->err == DG_OK)
        txn->ops->del(txn, table, key);
}

void dg_txn_fail(struct dg_txn *txn, enum dg_err err)
{
    if (txn->err == DG_OK)
        txn->err = err;
}

void dg_cursor_open(struct dg_cursor *cursor, struct dg_txn *txn, enum dg_table table)
{
    assert(table < DG_TABLE_COUNT);
    *cursor = (struct dg_cursor){.txn = txn, .table = table};
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
