/* filed.c - accepted reports by rule and period: what duties, consolidations and corrections look for. */
#include "node/core/node_impl.h"

/* ---- writing ------------------------------------------------------------------------------------- */

static bool cited_before(const struct dg_report *report, size_t recipient, size_t rule)
{
    struct dg_bytes id = report->recipient[recipient].rule[rule];
    for (size_t i = 0; i <= recipient; i++) {
        size_t end = i < recipient ? report->recipient[i].rule_count : rule;
        for (size_t k = 0; k < end; k++)
            if (dg_bytes_equal(report->recipient[i].rule[k], id))
                return true;
    }
    return false;
}

static void file_under(struct dg_txn *txn, const struct dg_report *report, struct dg_bytes rule,
                       uint64_t position, struct dg_bytes value)
{
    for (size_t i = 0; i < report->author_count; i++) {
        const struct dg_author *author = &report->author[i];
        struct dg_row_key key = dg_key_filed(rule, report->period, author->unit, author->organ);
        dg_row_key_add_u64(&key, position);
        dg_put(txn, DG_TABLE_FILED, dg_row_key_bytes(&key), value);
    }
}

void dg_filed_put(struct dg_txn *txn, const struct dg_report *report, const struct dg_id *id,
                  uint64_t position, dg_ms arrived_ms)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 128);
    dg_buf_add(&buf, id->b, sizeof id->b);
    dg_buf_add_u64be(&buf, (uint64_t)report->signed_ms);
    dg_buf_add_u64be(&buf, (uint64_t)arrived_ms);
    if (report->has_supersedes)
        dg_buf_add(&buf, report->supersedes.b, sizeof report->supersedes.b);
    for (size_t i = 0; i < report->recipient_count && buf.err == DG_OK; i++)
        for (size_t k = 0; k < report->recipient[i].rule_count; k++)
            if (!cited_before(report, i, k))
                file_under(txn, report, report->recipient[i].rule[k], position, dg_buf_bytes(&buf));
    if (buf.err != DG_OK)
        dg_txn_fail(txn, buf.err);
    dg_buf_done(&buf);
}

/* ---- reading ------------------------------------------------------------------------------------- */

static bool filed_read(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value, struct dg_filed *ret)
{
    ret->rule = dg_row_key_part(&key);
    ret->period = dg_row_key_part(&key);
    ret->unit = dg_row_key_part(&key);
    ret->organ = dg_row_key_part(&key);
    struct dg_row row = {.rest = value};
    dg_row_fixed(&row, ret->id.b, sizeof ret->id.b);
    ret->signed_ms = (dg_ms)dg_row_u64(&row);
    ret->arrived_ms = (dg_ms)dg_row_u64(&row);
    ret->has_supersedes = row.rest.size > 0;
    if (ret->has_supersedes)
        dg_row_fixed(&row, ret->supersedes.b, sizeof ret->supersedes.b);
    if (key.size != 8) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    ret->position = dg_u64be(key.data);
    return dg_row_good(txn, &row);
}

void dg_filed_each(struct dg_txn *txn, struct dg_bytes rule, struct dg_bytes period, struct dg_bytes unit,
                   struct dg_bytes organ, bool (*each)(void *ctx, const struct dg_filed *filed), void *ctx)
{
    struct dg_row_key prefix = dg_key_filed(rule, period, unit, organ);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_FILED);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor)) {
        struct dg_filed filed;
        if (!filed_read(txn, cursor.key, cursor.value, &filed) || !each(ctx, &filed))
            break;
    }
    dg_cursor_close(&cursor);
}

/* ---- further reports ----------------------------------------------------------------------------- */

struct first_search {
    uint64_t before; /* a position; comes down to that of the first found */
    bool found;
    struct dg_id id;
};

/* Within one rule and period the rows of an author stand in the order of their positions. */
static bool keep_first(void *ctx, const struct dg_filed *filed)
{
    struct first_search *search = ctx;
    if (filed->position < search->before) {
        search->before = filed->position;
        search->found = true;
        search->id = filed->id;
    }
    return false;
}

bool dg_filed_first(struct dg_txn *txn, const struct dg_report *report, uint64_t position, struct dg_id *ret)
{
    const struct dg_author *lead = &report->author[0];
    struct first_search search = {.before = position};
    if (report->period.size == 0)
        return false;
    for (size_t i = 0; i < report->recipient_count; i++)
        for (size_t k = 0; k < report->recipient[i].rule_count; k++)
            if (!cited_before(report, i, k))
                dg_filed_each(txn, report->recipient[i].rule[k], report->period, lead->unit, lead->organ,
                              keep_first, &search);
    if (search.found)
        *ret = search.id;
    return search.found;
}
