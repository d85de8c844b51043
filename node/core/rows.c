/* rows.c - keys and values, written and read. */
#include "node/core/rows.h"

#include <assert.h>
#include <string.h>

#include "common/crypto.h"
#include "proto/state_table.h"

/* ---- keys -------------------------------------------------------------------------------------- */

static void key_add(struct dg_row_key *key, const void *data, size_t size)
{
    assert(key->size + size <= sizeof key->data);
    if (size > 0)
        memcpy(key->data + key->size, data, size);
    key->size += size;
}

static void key_add_slug(struct dg_row_key *key, struct dg_bytes slug)
{
    assert(slug.size <= DG_SLUG_MAX);
    key_add(key, slug.data, slug.size);
    key_add(key, "", 1);
}

void dg_row_key_add_u64(struct dg_row_key *key, uint64_t n)
{
    uint8_t at[8];
    dg_u64be_put(at, n);
    key_add(key, at, sizeof at);
}

static void key_add_u32(struct dg_row_key *key, uint32_t n)
{
    uint8_t at[8];
    dg_u64be_put(at, n);
    key_add(key, at + 4, 4);
}

struct dg_bytes dg_row_key_bytes(const struct dg_row_key *key)
{
    return dg_bytes_at(key->data, key->size);
}

struct dg_row_key dg_key_name(const char *name)
{
    struct dg_row_key key = {.size = 0};
    key_add(&key, name, strlen(name));
    return key;
}

struct dg_row_key dg_key_to_seq(bool joint, struct dg_bytes unit)
{
    struct dg_row_key key = dg_key_name(joint ? "joint-seq/" : "to-seq/");
    key_add(&key, unit.data, unit.size);
    return key;
}

struct dg_row_key dg_key_u64(uint64_t n)
{
    struct dg_row_key key = {.size = 0};
    dg_row_key_add_u64(&key, n);
    return key;
}

struct dg_row_key dg_key_slug(struct dg_bytes slug)
{
    struct dg_row_key key = {.size = 0};
    key_add_slug(&key, slug);
    return key;
}

struct dg_row_key dg_key_organ(struct dg_bytes organ, uint64_t position)
{
    struct dg_row_key key = dg_key_slug(organ);
    dg_row_key_add_u64(&key, position);
    return key;
}

struct dg_row_key dg_key_outbox(struct dg_bytes unit, enum dg_lane lane, uint64_t seq)
{
    struct dg_row_key key = dg_key_slug(unit);
    uint8_t byte = (uint8_t)lane;
    key_add(&key, &byte, 1);
    dg_row_key_add_u64(&key, seq);
    return key;
}

struct dg_row_key dg_key_custody(uint64_t position, uint32_t number)
{
    struct dg_row_key key = dg_key_u64(position);
    key_add_u32(&key, number);
    return key;
}

struct dg_row_key dg_key_checkpoint(struct dg_bytes origin, uint64_t size)
{
    struct dg_row_key key = {.size = 0};
    struct dg_hash hash = dg_sha256(origin);
    key_add(&key, hash.b, 16);
    dg_row_key_add_u64(&key, size);
    return key;
}

struct dg_row_key dg_key_directory(struct dg_bytes unit, char kind, struct dg_bytes organ, uint32_t serial)
{
    struct dg_row_key key = dg_key_slug(unit);
    key_add(&key, &kind, 1);
    key_add_slug(&key, organ);
    key_add_u32(&key, serial);
    return key;
}

struct dg_row_key dg_key_filed(struct dg_bytes rule, struct dg_bytes period, struct dg_bytes unit,
                               struct dg_bytes organ)
{
    const struct dg_bytes part[] = {rule, period, unit, organ};
    size_t count = sizeof part / sizeof part[0];
    while (count > 1 && part[count - 1].size == 0)
        count--;
    struct dg_row_key key = {.size = 0};
    for (size_t i = 0; i < count; i++)
        key_add_slug(&key, part[i]);
    return key;
}

struct dg_bytes dg_row_key_part(struct dg_bytes *key)
{
    const uint8_t *nul = key->size > 0 ? memchr(key->data, 0, key->size) : NULL;
    size_t size = nul != NULL ? (size_t)(nul - key->data) : key->size;
    struct dg_bytes part = dg_bytes_at(key->data, size);
    size_t used = nul != NULL ? size + 1 : size;
    *key = dg_bytes_at(key->data + used, key->size - used);
    return part;
}

/* ---- values ------------------------------------------------------------------------------------ */

void dg_row_add_run(struct dg_buf *out, struct dg_bytes run)
{
    dg_buf_add_u32be(out, (uint32_t)run.size);
    dg_buf_add_bytes(out, run);
}

static struct dg_bytes row_take(struct dg_row *row, size_t size)
{
    if (row->bad || row->rest.size < size) {
        row->bad = true;
        return dg_bytes_at(NULL, 0);
    }
    struct dg_bytes taken = dg_bytes_at(row->rest.data, size);
    row->rest = dg_bytes_at(row->rest.data + size, row->rest.size - size);
    return taken;
}

uint8_t dg_row_u8(struct dg_row *row)
{
    struct dg_bytes at = row_take(row, 1);
    return at.size == 1 ? at.data[0] : 0;
}

uint32_t dg_row_u32(struct dg_row *row)
{
    struct dg_bytes at = row_take(row, 4);
    return at.size == 4 ? dg_u32be(at.data) : 0;
}

uint64_t dg_row_u64(struct dg_row *row)
{
    struct dg_bytes at = row_take(row, 8);
    return at.size == 8 ? dg_u64be(at.data) : 0;
}

struct dg_bytes dg_row_run(struct dg_row *row)
{
    return row_take(row, dg_row_u32(row));
}

void dg_row_fixed(struct dg_row *row, void *ret, size_t size)
{
    struct dg_bytes at = row_take(row, size);
    if (at.size == size && size > 0)
        memcpy(ret, at.data, size);
    else
        memset(ret, 0, size);
}

bool dg_row_ended(const struct dg_row *row)
{
    return !row->bad && row->rest.size == 0;
}

void dg_row_put(struct dg_txn *txn, enum dg_table table, const struct dg_row_key *key, struct dg_buf *buf)
{
    if (buf->err != DG_OK)
        dg_txn_fail(txn, buf->err);
    else
        dg_put(txn, table, dg_row_key_bytes(key), dg_buf_bytes(buf));
    dg_buf_done(buf);
}

bool dg_row_good(struct dg_txn *txn, const struct dg_row *row)
{
    if (dg_row_ended(row))
        return true;
    dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
    return false;
}

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

void dg_mail_put(struct dg_txn *txn, struct dg_bytes organ, const struct dg_mail *mail)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 4096);
    dg_buf_add(&buf, mail->id.b, sizeof mail->id.b);
    dg_buf_add_u8(&buf, (uint8_t)mail->as);
    dg_buf_add_u8(&buf, (uint8_t)mail->state);
    dg_buf_add_u64be(&buf, (uint64_t)mail->arrived_ms);
    dg_row_add_run(&buf, mail->through);
    dg_buf_add_u8(&buf, (uint8_t)mail->rule_count);
    for (size_t i = 0; i < mail->rule_count; i++)
        dg_row_add_run(&buf, mail->rule[i]);
    dg_buf_add_u8(&buf, mail->open ? 1 : 0);
    dg_buf_add_u8(&buf, mail->passes ? 1 : 0);
    dg_buf_add_u8(&buf, (uint8_t)mail->decision);
    dg_buf_add_u64be(&buf, (uint64_t)mail->decided_ms);
    dg_buf_add_u8(&buf, (uint8_t)mail->recall);
    struct dg_row_key key = dg_key_organ(organ, mail->position);
    dg_row_put(txn, DG_TABLE_MAIL, &key, &buf);
    if (dg_mail_is_open(mail))
        dg_put(txn, DG_TABLE_OPEN, dg_row_key_bytes(&key), dg_bytes_at(NULL, 0));
    else
        dg_del(txn, DG_TABLE_OPEN, dg_row_key_bytes(&key));
}

bool dg_mail_is_open(const struct dg_mail *mail)
{
    bool asked = mail->recall == DG_STATE_RECALL_REQUESTED,
         given_back = mail->recall == DG_STATE_RECALL_AGREED;
    if (mail->passes || (mail->open && asked))
        return true;
    return mail->open && !given_back && !dg_state_is_last(mail->state);
}

/* Reads a MAIL value; the position is in its key. */
static bool mail_read(struct dg_txn *txn, struct dg_bytes value, struct dg_mail *ret)
{
    struct dg_row row = {.rest = value};
    dg_row_fixed(&row, ret->id.b, sizeof ret->id.b);
    ret->as = (enum dg_as)dg_row_u8(&row);
    ret->state = dg_row_u8(&row);
    ret->arrived_ms = (dg_ms)dg_row_u64(&row);
    ret->through = dg_row_run(&row);
    ret->rule_count = dg_row_u8(&row);
    ret->rule = dg_arena_array(txn->arena, ret->rule_count + 1, sizeof *ret->rule);
    if (ret->rule == NULL) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return false;
    }
    for (size_t i = 0; i < ret->rule_count; i++)
        ret->rule[i] = dg_row_run(&row);
    ret->open = dg_row_u8(&row) != 0;
    ret->passes = dg_row_u8(&row) != 0;
    ret->decision = dg_row_u8(&row);
    ret->decided_ms = (dg_ms)dg_row_u64(&row);
    ret->recall = dg_row_u8(&row);
    return dg_row_good(txn, &row);
}

bool dg_mail_get(struct dg_txn *txn, struct dg_bytes organ, uint64_t position, struct dg_mail *ret)
{
    struct dg_row_key key = dg_key_organ(organ, position);
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_MAIL, dg_row_key_bytes(&key), &value) || !mail_read(txn, value, ret))
        return false;
    ret->position = position;
    return true;
}

/* Rows of MAIL or OPEN from a key on, as long as they are the organ's. */
static void mail_walk(struct dg_txn *txn, struct dg_bytes organ, enum dg_table table, struct dg_bytes from,
                      bool (*each)(void *ctx, const struct dg_mail *mail), void *ctx)
{
    struct dg_row_key prefix = dg_key_slug(organ);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, table);
    bool more = dg_cursor_seek(&cursor, from);
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor)) {
        struct dg_mail mail;
        if (cursor.key.size != prefix.size + 8)
            break;
        mail.position = dg_u64be(cursor.key.data + prefix.size);
        bool read = table == DG_TABLE_MAIL ? mail_read(txn, cursor.value, &mail)
                                           : dg_mail_get(txn, organ, mail.position, &mail);
        if (!read || !each(ctx, &mail))
            break;
    }
    dg_cursor_close(&cursor);
}

void dg_mail_each(struct dg_txn *txn, struct dg_bytes organ, bool all,
                  bool (*each)(void *ctx, const struct dg_mail *mail), void *ctx)
{
    struct dg_row_key from = dg_key_slug(organ);
    mail_walk(txn, organ, all ? DG_TABLE_MAIL : DG_TABLE_OPEN, dg_row_key_bytes(&from), each, ctx);
}

void dg_mail_since(struct dg_txn *txn, struct dg_bytes organ, uint64_t position,
                   bool (*each)(void *ctx, const struct dg_mail *mail), void *ctx)
{
    struct dg_row_key from = dg_key_organ(organ, position);
    mail_walk(txn, organ, DG_TABLE_MAIL, dg_row_key_bytes(&from), each, ctx);
}

void dg_sent_each(struct dg_txn *txn, struct dg_bytes organ,
                  bool (*each)(void *ctx, struct dg_bytes organ, uint64_t position, const struct dg_id *id),
                  void *ctx)
{
    struct dg_row_key prefix = {.size = 0};
    if (organ.size > 0)
        prefix = dg_key_slug(organ);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_SENT);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor)) {
        if (cursor.key.size < 10 || cursor.value.size != DG_HASH_BYTES) {
            dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
            break;
        }
        struct dg_id id;
        memcpy(id.b, cursor.value.data, sizeof id.b);
        size_t slug_size = cursor.key.size - 9;
        if (!each(ctx, dg_bytes_at(cursor.key.data, slug_size), dg_u64be(cursor.key.data + slug_size + 1),
                  &id))
            break;
    }
    dg_cursor_close(&cursor);
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

/* ---- attention --------------------------------------------------------------------------------- */

void dg_attention_put(struct dg_txn *txn, dg_ms at, enum dg_err code, struct dg_bytes about,
                      struct dg_bytes detail)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 4 * DG_CHECKPOINT_MAX);
    dg_buf_add_u64be(&buf, (uint64_t)at);
    dg_row_add_run(&buf, dg_bytes_of(dg_err_name(code)));
    dg_row_add_run(&buf, about);
    dg_row_add_run(&buf, detail);
    struct dg_row_key key = dg_key_u64(dg_meta_count(txn, "attention-seq"));
    dg_row_put(txn, DG_TABLE_ATTENTION, &key, &buf);
}

void dg_attention_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_attention *item),
                       void *ctx)
{
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_ATTENTION);
    for (bool more = dg_cursor_seek(&cursor, dg_bytes_at(NULL, 0)); more; more = dg_cursor_next(&cursor)) {
        struct dg_row row = {.rest = cursor.value};
        struct dg_attention item = {.number = cursor.key.size == 8 ? dg_u64be(cursor.key.data) : 0};
        item.at_ms = (dg_ms)dg_row_u64(&row);
        item.code = dg_row_run(&row);
        item.about = dg_row_run(&row);
        item.detail = dg_row_run(&row);
        if (!dg_row_good(txn, &row) || !each(ctx, &item))
            break;
    }
    dg_cursor_close(&cursor);
}

struct attention_search {
    const char *code;
    struct dg_bytes about;
    bool found;
};

static bool attention_match(void *ctx, const struct dg_attention *item)
{
    struct attention_search *search = ctx;
    search->found = dg_bytes_is(item->code, search->code) && dg_bytes_equal(item->about, search->about);
    return !search->found;
}

bool dg_attention_has(struct dg_txn *txn, enum dg_err code, struct dg_bytes about)
{
    struct attention_search search = {.code = dg_err_name(code), .about = about};
    dg_attention_each(txn, attention_match, &search);
    return search.found;
}
