/* carry_rows.c - the table CARRIED. */
#include <string.h>

#include "node/core/carry_impl.h"

static struct dg_row_key key_of(struct dg_bytes unit, uint64_t tag)
{
    struct dg_row_key key = dg_key_slug(unit);
    dg_row_key_add_u64(&key, tag);
    return key;
}

void dg_carried_put(struct dg_txn *txn, struct dg_bytes unit, const struct dg_carried_row *row)
{
    struct dg_row_key key = key_of(unit, row->tag);
    struct dg_buf buf;
    dg_buf_init(&buf, 256);
    dg_buf_add_u8(&buf, (uint8_t)row->kind);
    dg_buf_add_u64be(&buf, row->index);
    dg_buf_add(&buf, row->what.b, sizeof row->what.b);
    dg_row_add_run(&buf, row->code);
    dg_row_put(txn, DG_TABLE_CARRIED, &key, &buf);
}

static bool read_row(struct dg_txn *txn, const struct dg_cursor *cursor, struct dg_carried_row *ret)
{
    struct dg_row row = {.rest = cursor->value};
    struct dg_carried_row carried = {.tag = dg_u64be(cursor->key.data + cursor->key.size - 8)};
    carried.kind = (enum dg_carried_what)dg_row_u8(&row);
    carried.index = dg_row_u64(&row);
    dg_row_fixed(&row, carried.what.b, sizeof carried.what.b);
    carried.code = dg_row_run(&row);
    if (!dg_row_good(txn, &row))
        return false;
    *ret = carried;
    return true;
}

void dg_carried_each(struct dg_txn *txn, struct dg_bytes unit, uint64_t from,
                     bool (*each)(void *ctx, const struct dg_carried_row *row), void *ctx)
{
    struct dg_row_key key = key_of(unit, from), prefix = dg_key_slug(unit);
    struct dg_carried_row row;
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_CARRIED);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&key));
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor))
        if (!read_row(txn, &cursor, &row) || !each(ctx, &row))
            break;
    dg_cursor_close(&cursor);
}

void dg_carried_forget(struct dg_txn *txn, struct dg_bytes unit)
{
    struct dg_row_key prefix = dg_key_slug(unit);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_CARRIED);
    while (dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix)) &&
           dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)))
        dg_del(txn, DG_TABLE_CARRIED, cursor.key);
    dg_cursor_close(&cursor);
}
