/* rows_joint.c - the rows of joint reports that not everybody has signed, and the numbers they have taken. */
#include <string.h>

#include "node/core/rows.h"

static struct dg_bytes id_bytes(const struct dg_id *id)
{
    return dg_bytes_at(id->b, sizeof id->b);
}

void dg_joint_put(struct dg_txn *txn, const struct dg_joint *joint)
{
    struct dg_buf row;
    dg_buf_init(&row, DG_ENVELOPE_MAX + DG_VOID_MAX + 1024);
    dg_buf_add_u8(&row, (uint8_t)joint->state);
    dg_buf_add_u64be(&row, joint->void_index);
    dg_row_add_run(&row, joint->voided.body);
    dg_buf_add(&row, joint->voided.sig.b, sizeof joint->voided.sig.b);
    dg_row_add_run(&row, joint->envelope_bytes);
    if (row.err != DG_OK)
        dg_txn_fail(txn, row.err);
    else
        dg_put(txn, DG_TABLE_DRAFT, id_bytes(&joint->id), dg_buf_bytes(&row));
    dg_buf_done(&row);
}

void dg_joint_del(struct dg_txn *txn, const struct dg_id *id)
{
    dg_del(txn, DG_TABLE_DRAFT, id_bytes(id));
}

/* We wrote the row, so whatever does not read back is the store's fault. */
static bool joint_read(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value, struct dg_joint *ret)
{
    struct dg_row row = {.rest = value};
    struct dg_joint joint = {.state = (enum dg_joint_state)dg_row_u8(&row)};
    joint.void_index = dg_row_u64(&row);
    joint.voided.body = dg_row_run(&row);
    dg_row_fixed(&row, joint.voided.sig.b, sizeof joint.voided.sig.b);
    joint.envelope_bytes = dg_row_run(&row);
    bool good = dg_row_ended(&row) && key.size == sizeof joint.id.b &&
                (joint.state == DG_JOINT_WAITING || joint.state == DG_JOINT_WITHDRAWN);
    if (good)
        memcpy(joint.id.b, key.data, sizeof joint.id.b);
    good = good && dg_envelope_decode(txn->arena, joint.envelope_bytes, &joint.envelope, NULL) == DG_OK &&
           dg_report_decode(txn->arena, joint.envelope.report, &joint.report, NULL) == DG_OK;
    struct dg_id id = good ? dg_report_id(joint.envelope.report) : joint.id;
    good = good && dg_id_equal(&id, &joint.id);
    if (!good) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    *ret = joint;
    return true;
}

bool dg_joint_get(struct dg_txn *txn, const struct dg_id *id, struct dg_joint *ret)
{
    struct dg_bytes value;
    return dg_get(txn, DG_TABLE_DRAFT, id_bytes(id), &value) && joint_read(txn, id_bytes(id), value, ret);
}

void dg_joint_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_joint *joint), void *ctx)
{
    struct dg_cursor cursor;
    uint8_t first = 0;
    dg_cursor_open(&cursor, txn, DG_TABLE_DRAFT);
    bool more = dg_cursor_seek(&cursor, dg_bytes_at(&first, sizeof first));
    for (; more; more = dg_cursor_next(&cursor)) {
        struct dg_joint joint;
        if (!joint_read(txn, cursor.key, cursor.value, &joint) || !each(ctx, &joint))
            break;
    }
    dg_cursor_close(&cursor);
}

void dg_numbers_each(struct dg_txn *txn, bool joint,
                     bool (*each)(void *ctx, struct dg_bytes unit, uint64_t last), void *ctx)
{
    struct dg_row_key prefix = dg_key_to_seq(joint, dg_bytes_at(NULL, 0));
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_META);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor)) {
        struct dg_row row = {.rest = cursor.value};
        uint64_t last = dg_row_u64(&row);
        struct dg_bytes unit = dg_bytes_at(cursor.key.data + prefix.size, cursor.key.size - prefix.size);
        if (!dg_row_good(txn, &row) || !each(ctx, unit, last))
            break;
    }
    dg_cursor_close(&cursor);
}

bool dg_joint_has_signed(const struct dg_joint *joint, size_t author)
{
    for (size_t i = 0; i < joint->envelope.signature_count; i++)
        if (joint->envelope.signature[i].author == author)
            return true;
    return false;
}

bool dg_joint_is_old(const struct dg_joint *joint, dg_ms now)
{
    return now - joint->report.signed_ms > (dg_ms)DG_JOINT_DRAFT_DAYS * 86400000;
}
