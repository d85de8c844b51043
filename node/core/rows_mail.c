/* rows_mail.c - rows of MAIL, OPEN and SENT: the mailboxes of organs. */
#include "node/core/rows.h"

#include <string.h>

#include "proto/state_table.h"

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
