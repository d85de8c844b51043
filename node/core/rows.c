/* rows.c - rows of META, REPORT_IX, OUTBOX and ATTENTION, written and read. */
#include "node/core/rows.h"

#include <string.h>

uint64_t dg_meta_u64(struct dg_txn *txn, const char *name)
{
    struct dg_row_key key = dg_key_name(name);
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_META, dg_row_key_bytes(&key), &value))
        return 0;
    struct dg_row row = {.rest = value};
    uint64_t n = dg_row_u64(&row);
    return dg_row_good(txn, &row) ? n : 0;
}

void dg_meta_put_u64(struct dg_txn *txn, const char *name, uint64_t n)
{
    struct dg_row_key key = dg_key_name(name);
    uint8_t value[8];
    dg_u64be_put(value, n);
    dg_put(txn, DG_TABLE_META, dg_row_key_bytes(&key), dg_bytes_at(value, sizeof value));
}

uint64_t dg_meta_count(struct dg_txn *txn, const char *name)
{
    uint64_t n = dg_meta_u64(txn, name) + 1;
    dg_meta_put_u64(txn, name, n);
    return n;
}

bool dg_report_ix_get(struct dg_txn *txn, const struct dg_id *id, struct dg_report_ix *ret)
{
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_REPORT_IX, dg_bytes_at(id->b, sizeof id->b), &value))
        return false;
    struct dg_row row = {.rest = value};
    struct dg_report_ix ix;
    ix.position = dg_row_u64(&row);
    ix.verdict = (enum dg_verdict)dg_row_u8(&row);
    ix.lane = (enum dg_lane)dg_row_u8(&row);
    ix.code = dg_row_run(&row);
    ix.author_unit = dg_row_run(&row);
    for (ix.to_count = 0; !row.bad && row.rest.size > 0 && ix.to_count < DG_IX_UNITS_MAX; ix.to_count++)
        ix.to[ix.to_count] = dg_row_run(&row);
    if (!dg_row_good(txn, &row))
        return false;
    *ret = ix;
    return true;
}

void dg_report_ix_put(struct dg_txn *txn, const struct dg_id *id, const struct dg_report_ix *ix)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 256 + DG_IX_UNITS_MAX * (4 + DG_SLUG_MAX));
    dg_buf_add_u64be(&buf, ix->position);
    dg_buf_add_u8(&buf, (uint8_t)ix->verdict);
    dg_buf_add_u8(&buf, (uint8_t)ix->lane);
    dg_row_add_run(&buf, ix->code);
    dg_row_add_run(&buf, ix->author_unit);
    for (size_t i = 0; i < ix->to_count; i++)
        dg_row_add_run(&buf, ix->to[i]);
    struct dg_row_key key = {.size = sizeof id->b};
    memcpy(key.data, id->b, sizeof id->b);
    dg_row_put(txn, DG_TABLE_REPORT_IX, &key, &buf);
}

void dg_queued_put(struct dg_txn *txn, const struct dg_queued *queued)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 1024);
    dg_buf_add_u8(&buf, (uint8_t)queued->kind);
    dg_buf_add_u64be(&buf, queued->position);
    dg_buf_add_u32be(&buf, queued->number);
    dg_row_add_run(&buf, queued->directory_key);
    dg_buf_add_u64be(&buf, (uint64_t)queued->since_ms);
    dg_buf_add_u8(&buf, queued->held ? 1 : 0);
    dg_row_add_run(&buf, queued->code);
    struct dg_row_key key = dg_key_outbox(queued->unit, queued->lane, queued->seq);
    dg_row_put(txn, DG_TABLE_OUTBOX, &key, &buf);
}

bool dg_queued_read(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value, struct dg_queued *ret)
{
    if (key.size < 11) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    ret->unit = dg_bytes_at(key.data, key.size - 10);
    ret->lane = (enum dg_lane)key.data[key.size - 9];
    ret->seq = dg_u64be(key.data + key.size - 8);
    struct dg_row row = {.rest = value};
    ret->kind = (enum dg_queued_kind)dg_row_u8(&row);
    ret->position = dg_row_u64(&row);
    ret->number = dg_row_u32(&row);
    ret->directory_key = dg_row_run(&row);
    ret->since_ms = (dg_ms)dg_row_u64(&row);
    ret->held = dg_row_u8(&row) != 0;
    ret->code = dg_row_run(&row);
    return dg_row_good(txn, &row);
}

bool dg_queued_get(struct dg_txn *txn, struct dg_bytes unit, enum dg_lane lane, uint64_t seq,
                   struct dg_queued *ret)
{
    struct dg_row_key key = dg_key_outbox(unit, lane, seq);
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_OUTBOX, dg_row_key_bytes(&key), &value))
        return false;
    struct dg_bytes kept = dg_arena_copy(txn->arena, dg_row_key_bytes(&key));
    if (kept.size != key.size) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return false;
    }
    return dg_queued_read(txn, kept, value, ret);
}

void dg_queue_each(struct dg_txn *txn, struct dg_bytes unit,
                   bool (*each)(void *ctx, const struct dg_queued *queued), void *ctx)
{
    struct dg_row_key prefix = {.size = 0};
    if (unit.size > 0)
        prefix = dg_key_slug(unit);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_OUTBOX);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor)) {
        struct dg_queued queued;
        if (!dg_queued_read(txn, cursor.key, cursor.value, &queued) || !each(ctx, &queued))
            break;
    }
    dg_cursor_close(&cursor);
}
