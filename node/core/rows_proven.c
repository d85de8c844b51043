/* rows_proven.c - rows that hold a record of some log, and where the proof of it is: custody, checkpoints of
 * other logs, and the directory.
 */
#include <string.h>

#include "common/note.h"
#include "node/core/issued_impl.h"
#include "node/core/rows.h"

/* ---- records kept with where their proof is ----------------------------------------------------- */

static void stored_add(struct dg_txn *txn, struct dg_buf *out, struct dg_bytes origin,
                       uint64_t checkpoint_size, const struct dg_record *record)
{
    struct dg_buf encoded;
    dg_buf_init(&encoded, DG_FRAME_MAX);
    enum dg_err err = dg_record_encode(record, &encoded);
    if (err != DG_OK)
        dg_txn_fail(txn, err);
    dg_row_add_run(out, origin);
    dg_buf_add_u64be(out, checkpoint_size);
    dg_row_add_run(out, dg_buf_bytes(&encoded));
    dg_buf_done(&encoded);
}

static bool stored_read(struct dg_txn *txn, struct dg_arena *arena, struct dg_bytes value,
                        struct dg_bytes *ret_origin, uint64_t *ret_size, struct dg_record *ret_record)
{
    struct dg_row row = {.rest = value};
    *ret_origin = dg_row_run(&row);
    *ret_size = dg_row_u64(&row);
    struct dg_bytes encoded = dg_row_run(&row);
    if (!dg_row_good(txn, &row))
        return false;
    if (dg_record_decode(arena, encoded, ret_record, NULL) != DG_OK) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    return true;
}

static bool custody_read(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value,
                         struct dg_custody *ret)
{
    if (key.size != 12) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    ret->number = dg_u32be(key.data + 8);
    struct dg_row head = {.rest = value};
    (void)dg_row_u8(&head);
    (void)dg_row_u64(&head);
    if (!stored_read(txn, txn->arena, head.rest, &ret->origin, &ret->checkpoint_size, &ret->record))
        return false;
    if (dg_leaf_parse(txn->arena, ret->record.leaf, &ret->leaf, NULL) != DG_OK) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    return true;
}

void dg_custody_each(struct dg_txn *txn, uint64_t position,
                     bool (*each)(void *ctx, const struct dg_custody *custody), void *ctx)
{
    struct dg_row_key prefix = dg_key_u64(position);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_CUSTODY);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor)) {
        struct dg_custody custody;
        if (!custody_read(txn, cursor.key, cursor.value, &custody) || !each(ctx, &custody))
            break;
    }
    dg_cursor_close(&cursor);
}

bool dg_custody_get(struct dg_txn *txn, uint64_t position, uint32_t number, struct dg_custody *ret)
{
    struct dg_row_key key = dg_key_custody(position, number);
    struct dg_bytes value;
    return dg_get(txn, DG_TABLE_CUSTODY, dg_row_key_bytes(&key), &value) &&
           custody_read(txn, dg_row_key_bytes(&key), value, ret);
}

/* CUSTODY values begin with kind and index, so that looking for one decodes none. */
struct dg_custody_place dg_custody_look(struct dg_txn *txn, uint64_t position, enum dg_record_kind kind,
                                        struct dg_bytes origin, uint64_t index)
{
    struct dg_custody_place place = {.next = 0};
    struct dg_row_key prefix = dg_key_u64(position);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_CUSTODY);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor)) {
        struct dg_row row = {.rest = cursor.value};
        uint8_t kind_there = dg_row_u8(&row);
        uint64_t index_there = dg_row_u64(&row);
        bool same_log = dg_bytes_equal(dg_row_run(&row), origin) && kind_there == (uint8_t)kind;
        place.has_log = place.has_log || same_log;
        place.log_count += same_log ? 1 : 0;
        place.has = place.has || (same_log && index_there == index);
        place.next++;
    }
    dg_cursor_close(&cursor);
    return place;
}

void dg_custody_put(struct dg_txn *txn, uint64_t position, uint32_t number, struct dg_bytes origin,
                    uint64_t checkpoint_size, const struct dg_record *record)
{
    struct dg_row_key key = dg_key_custody(position, number);
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    dg_buf_add_u8(&buf, (uint8_t)record->kind);
    dg_buf_add_u64be(&buf, record->index);
    stored_add(txn, &buf, origin, checkpoint_size, record);
    dg_row_put(txn, DG_TABLE_CUSTODY, &key, &buf);
}

/* The signed text of a note: origin, size and root. */
static struct dg_bytes note_text(struct dg_bytes note)
{
    struct dg_note parsed;
    if (dg_note_parse(note, &parsed) != DG_OK)
        return dg_bytes_at(NULL, 0);
    return parsed.text;
}

enum dg_err dg_checkpoint_put(struct dg_txn *txn, struct dg_bytes origin, uint64_t size, struct dg_bytes note)
{
    struct dg_row_key key = dg_key_checkpoint(origin, size);
    struct dg_bytes there;
    if (dg_get(txn, DG_TABLE_CHECKPOINT, dg_row_key_bytes(&key), &there))
        return dg_bytes_equal(there, note) || dg_bytes_equal(note_text(there), note_text(note)) ? DG_OK
                                                                                                : DG_ERR_FORK;
    dg_put(txn, DG_TABLE_CHECKPOINT, dg_row_key_bytes(&key), note);
    return DG_OK;
}

bool dg_checkpoint_get(struct dg_txn *txn, struct dg_bytes origin, uint64_t size, struct dg_bytes *ret)
{
    struct dg_row_key key = dg_key_checkpoint(origin, size);
    return dg_get(txn, DG_TABLE_CHECKPOINT, dg_row_key_bytes(&key), ret);
}

bool dg_checkpoint_newest(struct dg_txn *txn, struct dg_bytes origin, struct dg_bytes *ret)
{
    struct dg_row_key beyond = dg_key_checkpoint(origin, UINT64_MAX);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_CHECKPOINT);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&beyond)) ? dg_cursor_prev(&cursor)
                                                                   : dg_cursor_last(&cursor);
    bool found = more && dg_cursor_at_prefix(&cursor, dg_bytes_at(beyond.data, beyond.size - 8));
    if (found)
        *ret = cursor.value;
    dg_cursor_close(&cursor);
    return found;
}

/* ---- sources ------------------------------------------------------------------------------------- */

void dg_source_put(struct dg_txn *txn, const struct dg_source *source)
{
    struct dg_row_key key = {.size = sizeof source->id.b};
    memcpy(key.data, source->id.b, sizeof source->id.b);
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    dg_buf_add_u8(&buf, (uint8_t)source->state);
    dg_buf_add(&buf, source->by.b, sizeof source->by.b);
    dg_row_add_run(&buf, source->asker);
    dg_buf_add_u64be(&buf, (uint64_t)source->since_ms);
    dg_row_add_run(&buf, source->code);
    if (source->state == DG_SOURCE_FETCHED)
        stored_add(txn, &buf, source->origin, source->checkpoint_size, &source->record);
    dg_row_put(txn, DG_TABLE_SOURCE, &key, &buf);
}

bool dg_source_get(struct dg_txn *txn, const struct dg_id *id, struct dg_source *ret)
{
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_SOURCE, dg_bytes_at(id->b, sizeof id->b), &value))
        return false;
    struct dg_row row = {.rest = value};
    struct dg_source source = {.id = *id, .state = (enum dg_source_state)dg_row_u8(&row)};
    dg_row_fixed(&row, source.by.b, sizeof source.by.b);
    source.asker = dg_row_run(&row);
    source.since_ms = (dg_ms)dg_row_u64(&row);
    source.code = dg_row_run(&row);
    bool good = source.state == DG_SOURCE_FETCHED
                    ? !row.bad && stored_read(txn, txn->arena, row.rest, &source.origin,
                                              &source.checkpoint_size, &source.record)
                    : dg_row_good(txn, &row);
    if (!good) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    *ret = source;
    return true;
}

/* ---- directory --------------------------------------------------------------------------------- */

void dg_dir_put(struct dg_txn *txn, const struct dg_dir_row *row)
{
    struct dg_row_key key = dg_key_directory(row->unit, row->kind, row->organ, row->serial);
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    stored_add(txn, &buf, row->origin, row->checkpoint_size, &row->record);
    dg_row_put(txn, DG_TABLE_DIRECTORY, &key, &buf);
    if (row->kind == 'r')
        return;
    struct dg_cert_id id = dg_certificate_id(row->record.sealed.body);
    dg_put(txn, DG_TABLE_CERT_IX, dg_bytes_at(id.b, sizeof id.b), dg_row_key_bytes(&key));
}

/* Splits a DIRECTORY key: unit NUL kind organ NUL serial. */
static bool dir_key_split(struct dg_bytes key, struct dg_dir_row *ret)
{
    const uint8_t *nul = key.size > 0 ? memchr(key.data, 0, key.size) : NULL;
    if (nul == NULL)
        return false;
    size_t unit = (size_t)(nul - key.data);
    if (key.size < unit + 7)
        return false;
    ret->key = key;
    ret->unit = dg_bytes_at(key.data, unit);
    ret->kind = (char)key.data[unit + 1];
    ret->organ = dg_bytes_at(key.data + unit + 2, key.size - unit - 7);
    ret->serial = dg_u32be(key.data + key.size - 4);
    return true;
}

static bool dir_read(struct dg_txn *txn, struct dg_arena *arena, struct dg_bytes key, struct dg_bytes value,
                     struct dg_dir_row *ret)
{
    if (!dir_key_split(key, ret)) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    return stored_read(txn, arena, value, &ret->origin, &ret->checkpoint_size, &ret->record);
}

bool dg_dir_get(struct dg_txn *txn, struct dg_bytes key, struct dg_dir_row *ret)
{
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_DIRECTORY, key, &value))
        return false;
    return dir_read(txn, txn->arena, dg_arena_copy(txn->arena, key), value, ret);
}

/* With a scratch arena, each row lives only as long as its call. */
static void dir_walk(struct dg_txn *txn, struct dg_bytes unit, struct dg_arena *scratch,
                     bool (*each)(void *ctx, const struct dg_dir_row *row), void *ctx)
{
    struct dg_row_key prefix = {.size = 0};
    if (unit.size > 0)
        prefix = dg_key_slug(unit);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_DIRECTORY);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor)) {
        struct dg_dir_row row;
        if (scratch != NULL)
            dg_arena_reset(scratch);
        if (!dir_read(txn, scratch != NULL ? scratch : txn->arena, cursor.key, cursor.value, &row) ||
            !each(ctx, &row))
            break;
    }
    dg_cursor_close(&cursor);
}

void dg_dir_each(struct dg_txn *txn, struct dg_bytes unit,
                 bool (*each)(void *ctx, const struct dg_dir_row *row), void *ctx)
{
    dir_walk(txn, unit, NULL, each, ctx);
}

void dg_dir_walk(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_dir_row *row), void *ctx)
{
    struct dg_arena scratch;
    dg_arena_init(&scratch, 0);
    dir_walk(txn, dg_bytes_at(NULL, 0), &scratch, each, ctx);
    dg_arena_done(&scratch);
}

bool dg_dir_find(struct dg_txn *txn, const struct dg_cert_id *id, struct dg_dir_row *ret)
{
    struct dg_bytes key;
    return dg_get(txn, DG_TABLE_CERT_IX, dg_bytes_at(id->b, sizeof id->b), &key) && dg_dir_get(txn, key, ret);
}

/* ---- what was issued --------------------------------------------------------------------------- */

void dg_issued_put(struct dg_txn *txn, const struct dg_issued_row *row)
{
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    stored_add(txn, &buf, row->origin, row->checkpoint_size, &row->record);
    if (buf.err != DG_OK)
        dg_txn_fail(txn, buf.err);
    else
        dg_put(txn, DG_TABLE_ISSUED, row->key, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
}

bool dg_issued_read(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value, struct dg_issued_row *ret)
{
    ret->key = dg_arena_copy(txn->arena, key);
    return stored_read(txn, txn->arena, value, &ret->origin, &ret->checkpoint_size, &ret->record);
}

bool dg_issued_get(struct dg_txn *txn, struct dg_bytes key, struct dg_issued_row *ret)
{
    struct dg_bytes value;
    return dg_get(txn, DG_TABLE_ISSUED, key, &value) && dg_issued_read(txn, key, value, ret);
}
