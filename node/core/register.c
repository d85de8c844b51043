/* register.c - the numbers that organs have given their reports, as the reports came. */
#include "node/core/node_impl.h"

static struct dg_row_key register_prefix(struct dg_bytes unit, struct dg_bytes organ)
{
    /* FILED's first parts are written alike: a text and a NUL each, empty ones at the end left open. */
    return dg_key_filed(unit, organ, dg_bytes_at(NULL, 0), dg_bytes_at(NULL, 0));
}

void dg_register_put(struct dg_txn *txn, const struct dg_report *report, const struct dg_id *id,
                     uint64_t position)
{
    if (report->number.size == 0)
        return;
    /* A joint paper is counted in the lead organ's series (36-HD/VPTW, II.1.3). */
    struct dg_row_key key = register_prefix(report->author[0].unit, report->author[0].organ);
    struct dg_buf buf;
    dg_row_key_add_u64(&key, position);
    dg_buf_init(&buf, 512);
    dg_buf_add(&buf, id->b, sizeof id->b);
    dg_row_add_run(&buf, report->number);
    dg_row_add_run(&buf, report->date);
    if (report->has_supersedes)
        dg_buf_add(&buf, report->supersedes.b, sizeof report->supersedes.b);
    dg_row_put(txn, DG_TABLE_REGISTER, &key, &buf);
}

static bool register_read(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value,
                          struct dg_registered *ret)
{
    struct dg_row row = {.rest = value};
    dg_row_fixed(&row, ret->id.b, sizeof ret->id.b);
    ret->number = dg_row_run(&row);
    ret->date = dg_row_run(&row);
    ret->has_supersedes = row.rest.size > 0;
    if (ret->has_supersedes)
        dg_row_fixed(&row, ret->supersedes.b, sizeof ret->supersedes.b);
    ret->unit = dg_row_key_part(&key);
    ret->organ = dg_row_key_part(&key);
    if (key.size != 8) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    ret->position = dg_u64be(key.data);
    return dg_row_good(txn, &row);
}

void dg_register_each(struct dg_txn *txn, struct dg_bytes unit, struct dg_bytes organ,
                      bool (*each)(void *ctx, const struct dg_registered *registered), void *ctx)
{
    struct dg_row_key prefix = register_prefix(unit, organ);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_REGISTER);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor)) {
        struct dg_registered registered;
        if (!register_read(txn, cursor.key, cursor.value, &registered) || !each(ctx, &registered))
            break;
    }
    dg_cursor_close(&cursor);
}
