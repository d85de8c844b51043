/* named.c - reports that name others: corrections and consolidations, found by whom they name. */
#include <string.h>

#include "node/core/node_impl.h"

static struct dg_row_key named_key(const struct dg_id *id, enum dg_naming how)
{
    struct dg_row_key key = {.size = sizeof id->b + 1};
    memcpy(key.data, id->b, sizeof id->b);
    key.data[sizeof id->b] = (uint8_t)how;
    return key;
}

static void put(struct dg_txn *txn, const struct dg_id *named, enum dg_naming how,
                const struct dg_report *report, const struct dg_id *id, uint64_t position)
{
    struct dg_row_key key = named_key(named, how);
    struct dg_buf buf;
    dg_row_key_add_u64(&key, position);
    dg_buf_init(&buf, 512);
    dg_buf_add(&buf, id->b, sizeof id->b);
    dg_row_add_run(&buf, report->author[0].unit);
    dg_row_add_run(&buf, report->author[0].organ);
    dg_row_put(txn, DG_TABLE_NAMED, &key, &buf);
}

void dg_named_put(struct dg_txn *txn, const struct dg_report *report, const struct dg_id *id,
                  uint64_t position)
{
    if (report->has_supersedes)
        put(txn, &report->supersedes, DG_NAMES_SUPERSEDED, report, id, position);
    for (size_t i = 0; i < report->source_count; i++)
        put(txn, &report->source[i], DG_NAMES_SOURCE, report, id, position);
}

static bool named_read(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value, struct dg_named *ret)
{
    struct dg_row row = {.rest = value};
    dg_row_fixed(&row, ret->id.b, sizeof ret->id.b);
    ret->unit = dg_row_run(&row);
    ret->organ = dg_row_run(&row);
    if (key.size < 8) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    ret->position = dg_u64be(key.data + key.size - 8);
    return dg_row_good(txn, &row);
}

void dg_named_each(struct dg_txn *txn, const struct dg_id *id, enum dg_naming how,
                   bool (*each)(void *ctx, const struct dg_named *named), void *ctx)
{
    struct dg_row_key prefix = named_key(id, how);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_NAMED);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor)) {
        struct dg_named named;
        if (!named_read(txn, cursor.key, cursor.value, &named) || !each(ctx, &named))
            break;
    }
    dg_cursor_close(&cursor);
}

struct newest {
    const struct dg_author *author;
    bool found;
    struct dg_id id;
};

/* Somebody else may name the report; that corrects nothing. */
static bool take_newest(void *ctx, const struct dg_named *named)
{
    struct newest *newest = ctx;
    if (dg_bytes_equal(named->unit, newest->author->unit) &&
        dg_bytes_equal(named->organ, newest->author->organ)) {
        newest->found = true;
        newest->id = named->id;
    }
    return true;
}

bool dg_superseded_by(struct dg_txn *txn, const struct dg_id *id, const struct dg_author *author,
                      struct dg_id *ret)
{
    struct newest newest = {.author = author};
    dg_named_each(txn, id, DG_NAMES_SUPERSEDED, take_newest, &newest);
    if (newest.found)
        *ret = newest.id;
    return newest.found;
}
