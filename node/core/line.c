/* line.c - the rows of META that remember how the lines are. */
#include "node/core/line.h"

#include <string.h>

#include "node/core/rows.h"

static const char prefix[] = "line/";

static struct dg_row_key key_of(struct dg_bytes unit)
{
    struct dg_row_key key = dg_key_name(prefix);
    if (unit.size <= DG_SLUG_MAX) {
        memcpy(key.data + key.size, unit.data, unit.size);
        key.size += unit.size;
    }
    return key;
}

static bool read_row(struct dg_txn *txn, struct dg_bytes value, struct dg_line *ret)
{
    struct dg_row row = {.rest = value};
    struct dg_line line = {.connected = dg_row_u8(&row) != 0};
    line.since_ms = (dg_ms)dg_row_u64(&row);
    line.code = dg_row_run(&row);
    if (!dg_row_good(txn, &row))
        return false;
    *ret = line;
    return true;
}

bool dg_line_get(struct dg_txn *txn, struct dg_bytes unit, struct dg_line *ret)
{
    struct dg_row_key key = key_of(unit);
    struct dg_bytes value;
    return dg_get(txn, DG_TABLE_META, dg_row_key_bytes(&key), &value) && read_row(txn, value, ret);
}

void dg_line_put(struct dg_txn *txn, struct dg_bytes unit, const struct dg_line *line)
{
    struct dg_row_key key = key_of(unit);
    struct dg_buf buf;
    dg_buf_init(&buf, 256);
    dg_buf_add_u8(&buf, line->connected);
    dg_buf_add_u64be(&buf, (uint64_t)line->since_ms);
    dg_row_add_run(&buf, line->code);
    dg_row_put(txn, DG_TABLE_META, &key, &buf);
}

/* The lines that one walk found standing; a node has no more children than that. */
struct standing {
    size_t count;
    struct dg_bytes unit[DG_CHILDREN_MAX];
};

static void find_standing(struct dg_txn *txn, struct standing *standing)
{
    struct dg_cursor cursor;
    struct dg_line line;
    struct dg_bytes lead = dg_bytes_of(prefix);
    dg_cursor_open(&cursor, txn, DG_TABLE_META);
    bool more = dg_cursor_seek(&cursor, lead);
    for (; more && dg_cursor_at_prefix(&cursor, lead) && standing->count < DG_CHILDREN_MAX;
         more = dg_cursor_next(&cursor))
        if (read_row(txn, cursor.value, &line) && line.connected)
            standing->unit[standing->count++] =
                dg_bytes_at(cursor.key.data + lead.size, cursor.key.size - lead.size);
    dg_cursor_close(&cursor);
}

void dg_lines_fall(struct dg_txn *txn, dg_ms now)
{
    struct standing *standing = dg_arena_alloc(txn->arena, sizeof *standing);
    struct dg_line fallen = {.since_ms = now, .code = dg_bytes_of(dg_err_name(DG_ERR_NETWORK))};
    if (standing == NULL)
        return;
    find_standing(txn, standing);
    for (size_t i = 0; i < standing->count; i++)
        dg_line_put(txn, standing->unit[i], &fallen);
}
