/* query.c - finding and reading single reports. */
#include "node/core/query.h"

#include <string.h>

#include "common/pack.h"
#include "node/core/rows.h"

/* The bytes of a hex prefix, and whether a half byte follows. */
struct hex_prefix {
    uint8_t byte[DG_HASH_BYTES];
    size_t full; /* whole bytes */
    bool half;
};

static bool hex_prefix_parse(struct dg_bytes hex, struct hex_prefix *ret)
{
    if (hex.size < 8 || hex.size > 2 * DG_HASH_BYTES)
        return false;
    uint8_t padded[2 * DG_HASH_BYTES];
    memset(padded, '0', sizeof padded);
    memcpy(padded, hex.data, hex.size);
    ret->full = hex.size / 2;
    ret->half = hex.size % 2 == 1;
    return dg_unhex(dg_bytes_at(padded, sizeof padded), ret->byte, sizeof ret->byte);
}

static bool hex_prefix_matches(const struct hex_prefix *prefix, struct dg_bytes key)
{
    return key.size == DG_HASH_BYTES && memcmp(key.data, prefix->byte, prefix->full) == 0 &&
           (!prefix->half || (key.data[prefix->full] & 0xf0) == prefix->byte[prefix->full]);
}

/* The one key of the table, an id, that begins with those digits. */
static enum dg_err find_in(struct dg_txn *txn, enum dg_table table, struct dg_bytes hex, struct dg_id *ret,
                           struct dg_fault *fault)
{
    struct hex_prefix prefix;
    if (!hex_prefix_parse(hex, &prefix))
        return dg_faultf(fault, DG_ERR_BAD_VALUE,
                         "an id is the first 8 or more of its 64 digits 0-9 a-f, which this is not: %.*s",
                         (int)(hex.size < 80 ? hex.size : 80), (const char *)hex.data);
    size_t found = 0;
    struct dg_id id = {.b = {0}};
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, table);
    bool more = dg_cursor_seek(&cursor, dg_bytes_at(prefix.byte, sizeof prefix.byte));
    for (; more && found < 2 && hex_prefix_matches(&prefix, cursor.key); more = dg_cursor_next(&cursor)) {
        memcpy(id.b, cursor.key.data, sizeof id.b);
        found++;
    }
    dg_cursor_close(&cursor);
    if (txn->err != DG_OK)
        return dg_fault(fault, txn->err);
    if (found != 1)
        return dg_faultf(fault, found == 0 ? DG_ERR_NOT_FOUND : DG_ERR_AMBIGUOUS, "%.*s", (int)hex.size,
                         (const char *)hex.data);
    *ret = id;
    return DG_OK;
}

enum dg_err dg_report_find(struct dg_txn *txn, struct dg_bytes hex, struct dg_id *ret, struct dg_fault *fault)
{
    return find_in(txn, DG_TABLE_REPORT_IX, hex, ret, fault);
}

enum dg_err dg_joint_find(struct dg_txn *txn, struct dg_bytes hex, struct dg_id *ret, struct dg_fault *fault)
{
    return find_in(txn, DG_TABLE_DRAFT, hex, ret, fault);
}

enum dg_err dg_source_find(struct dg_txn *txn, struct dg_bytes hex, struct dg_id *ret, struct dg_fault *fault)
{
    return find_in(txn, DG_TABLE_SOURCE, hex, ret, fault);
}

static enum dg_err held_read(struct dg_txn *txn, struct dg_held *held)
{
    struct dg_row_key key = dg_key_u64(held->position);
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_REPORT, dg_row_key_bytes(&key), &value))
        return DG_ERR_STORE_CORRUPT;
    struct dg_row row = {.rest = value};
    struct dg_cert_id certificate;
    held->arrived_ms = (dg_ms)dg_row_u64(&row);
    held->from_unit = dg_row_run(&row);
    (void)dg_row_run(&row);
    dg_row_fixed(&row, certificate.b, sizeof certificate.b);
    bool packed = dg_row_u8(&row) != 0;
    held->envelope_bytes = dg_row_run(&row);
    if (!dg_row_ended(&row) ||
        (packed &&
         dg_unpack(txn->arena, held->envelope_bytes, DG_ENVELOPE_MAX, &held->envelope_bytes) != DG_OK) ||
        dg_envelope_decode(txn->arena, held->envelope_bytes, &held->envelope, NULL) != DG_OK)
        return DG_ERR_STORE_CORRUPT;
    struct dg_id id = dg_report_id(held->envelope.report);
    if (!dg_id_equal(&id, &held->id) ||
        dg_report_decode(txn->arena, held->envelope.report, &held->report, NULL) != DG_OK)
        return DG_ERR_STORE_CORRUPT;
    return DG_OK;
}

enum dg_err dg_held_get(struct dg_txn *txn, const struct dg_id *id, struct dg_held *ret)
{
    struct dg_report_ix ix;
    if (!dg_report_ix_get(txn, id, &ix))
        return txn->err != DG_OK ? txn->err : DG_ERR_NOT_FOUND;
    struct dg_held held = {.position = ix.position, .id = *id, .verdict = ix.verdict, .code = ix.code};
    if (ix.verdict == DG_VERDICT_ACCEPTED) {
        enum dg_err err = held_read(txn, &held);
        if (err != DG_OK) {
            dg_txn_fail(txn, err);
            return err;
        }
    }
    *ret = held;
    return DG_OK;
}
