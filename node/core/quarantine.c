/* quarantine.c - what a member signed and nobody can read: on record, kept as it came, and out of the way.
 *
 * A report whose form is bad is put on the record only if every author that it names has signed exactly these
 * bytes, since anybody can send rubbish. What ended this process twice is kept too, unread and so nobody's.
 */
#include <string.h>

#include "node/core/node_impl.h"

/* ---- rows --------------------------------------------------------------------------------------- */

static struct dg_row_key row_key(struct dg_bytes neighbour, uint64_t number)
{
    struct dg_row_key key = dg_key_slug(neighbour);
    dg_row_key_add_u64(&key, number);
    return key;
}

static bool read_row(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value,
                     struct dg_quarantined *ret)
{
    struct dg_row row = {.rest = value};
    *ret = (struct dg_quarantined){.from = dg_row_key_part(&key)};
    ret->number = key.size == 8 ? dg_u64be(key.data) : 0;
    ret->at_ms = (dg_ms)dg_row_u64(&row);
    dg_row_fixed(&row, ret->id.b, sizeof ret->id.b);
    ret->read = dg_row_u8(&row) != 0;
    ret->code = dg_row_run(&row);
    ret->packed = dg_row_u8(&row) != 0;
    ret->envelope = dg_row_run(&row);
    return dg_row_good(txn, &row);
}

void dg_quarantine_each(struct dg_txn *txn, struct dg_bytes from,
                        bool (*each)(void *ctx, const struct dg_quarantined *item), void *ctx)
{
    struct dg_row_key prefix = {.size = 0};
    if (from.size > 0)
        prefix = dg_key_slug(from);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_QUARANTINE);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)); more = dg_cursor_next(&cursor)) {
        struct dg_quarantined item;
        if (!read_row(txn, cursor.key, cursor.value, &item) || !each(ctx, &item))
            break;
    }
    dg_cursor_close(&cursor);
}

/* What is kept from one neighbour, with the oldest numbers first. */
struct tally {
    const struct dg_id *id;
    bool has_id;
    size_t count, bytes;
    struct {
        uint64_t number;
        size_t bytes;
    } row[DG_QUARANTINE_ROWS_MAX];
};

static bool tally_one(void *ctx, const struct dg_quarantined *item)
{
    struct tally *tally = ctx;
    tally->has_id = tally->has_id || dg_id_equal(&item->id, tally->id);
    tally->row[tally->count].number = item->number;
    tally->row[tally->count++].bytes = item->envelope.size;
    tally->bytes += item->envelope.size;
    return tally->count < DG_QUARANTINE_ROWS_MAX;
}

/* The oldest give way: their leaves and lines in the attention list stay. */
static void make_room(struct dg_txn *txn, struct dg_bytes from, struct tally *tally, size_t size)
{
    for (size_t i = 0; i < tally->count; i++) {
        if (tally->count - i < DG_QUARANTINE_ROWS_MAX && tally->bytes + size <= DG_QUARANTINE_BYTES_MAX)
            return;
        struct dg_row_key key = row_key(from, tally->row[i].number);
        dg_del(txn, DG_TABLE_QUARANTINE, dg_row_key_bytes(&key));
        tally->bytes -= tally->row[i].bytes;
    }
}

static void note(struct dg_txn *txn, const struct dg_quarantined *item)
{
    char hex[DG_HEX_BYTES];
    dg_hex(item->id.b, sizeof item->id.b, hex);
    const char *detail =
        dg_arena_printf(txn->arena, "%.*s, %.*s", (int)item->code.size, (const char *)item->code.data,
                        (int)item->from.size, (const char *)item->from.data);
    dg_attention_once(txn, item->at_ms, DG_ERR_QUARANTINED, dg_bytes_of(hex), dg_bytes_of(detail));
}

/* Keeps it, unless it is kept already, and calls a person. */
static void keep(struct dg_txn *txn, const struct dg_quarantined *item)
{
    struct tally tally = {.id = &item->id};
    struct dg_buf buf;
    dg_quarantine_each(txn, item->from, tally_one, &tally);
    note(txn, item);
    if (tally.has_id)
        return;
    make_room(txn, item->from, &tally, item->envelope.size);
    dg_buf_init(&buf, DG_FRAME_MAX + 1024);
    dg_buf_add_u64be(&buf, (uint64_t)item->at_ms);
    dg_buf_add(&buf, item->id.b, sizeof item->id.b);
    dg_buf_add_u8(&buf, item->read ? 1 : 0);
    dg_row_add_run(&buf, item->code);
    dg_buf_add_u8(&buf, item->packed ? 1 : 0);
    dg_row_add_run(&buf, item->envelope);
    struct dg_row_key key = row_key(item->from, dg_meta_count(txn, "quarantine-seq"));
    dg_row_put(txn, DG_TABLE_QUARANTINE, &key, &buf);
}

/* ---- what came ---------------------------------------------------------------------------------- */

static struct dg_quarantined item_of(const struct dg_link *link, const struct dg_parcel *parcel, dg_ms now)
{
    bool packed = parcel->packed.size > 0;
    return (struct dg_quarantined){
        .from = dg_bytes_of(link->unit),
        .at_ms = now,
        .id = parcel->id,
        .read = true,
        .code = dg_bytes_of(dg_err_name(parcel->err)),
        .packed = packed,
        .envelope = packed ? parcel->packed : parcel->envelope_bytes,
    };
}

/* A newer program may be right about what this one does not know: its sender keeps the report. */
static bool is_senders_fault(const struct dg_parcel *parcel)
{
    return parcel->has_authors && parcel->err != DG_ERR_UNSUPPORTED &&
           parcel->err != DG_ERR_UNSUPPORTED_VERSION && dg_err_group(parcel->err) == DG_GROUP_PEER;
}

static void answer(struct dg_node *node, const struct dg_event *event, const struct dg_parcel *parcel,
                   struct dg_out *out)
{
    node->counted_refused++;
    dg_out_answer(out, event->conn, parcel->tag, &parcel->fault, 0);
}

static void quarantine(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                       const struct dg_link *link, const struct dg_parcel *parcel, dg_ms now,
                       struct dg_out *out)
{
    struct dg_fault fault = parcel->fault;
    if (!dg_delivery_may_refuse(txn, link, now)) {
        (void)dg_fault(&fault, DG_ERR_QUOTA);
        dg_fault_unit(&fault, link->unit);
        dg_out_answer(out, event->conn, parcel->tag, &fault, DG_RETRY_MIN_MS);
        return;
    }
    struct dg_quarantined item = item_of(link, parcel, now);
    keep(txn, &item);
    uint64_t index = dg_delivery_reject(node, txn, parcel, DG_VERDICT_QUARANTINED, parcel->err, now);
    dg_out_receipt(out, event->conn, parcel->tag, &parcel->id, index);
    dg_out_fact(out, &fault, "quarantine");
}

void dg_quarantine_unread(struct dg_txn *txn, const struct dg_event *event, const struct dg_link *link,
                          const struct dg_parcel *parcel, dg_ms now, struct dg_out *out)
{
    struct dg_quarantined item = item_of(link, parcel, now);
    memcpy(item.id.b, parcel->handle.b, sizeof item.id.b);
    item.read = false;
    item.code = dg_bytes_of(dg_err_name(DG_ERR_CRASHED));
    keep(txn, &item);
    struct dg_fault fault;
    (void)dg_fault(&fault, DG_ERR_CRASHED);
    dg_fault_unit(&fault, link->unit);
    dg_out_answer(out, event->conn, parcel->tag, &fault, 0);
    dg_out_fact(out, &fault, "quarantine");
}

void dg_quarantine_parcel(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                          const struct dg_claims *claims, const struct dg_link *link,
                          const struct dg_parcel *parcel, dg_ms now, struct dg_out *out)
{
    struct dg_report_ix known;
    struct dg_fault fault;
    if (!is_senders_fault(parcel)) {
        answer(node, event, parcel, out);
        return;
    }
    if (dg_report_ix_get(txn, &parcel->id, &known)) {
        dg_out_receipt(out, event->conn, parcel->tag, &parcel->id, known.position);
        return;
    }
    if (dg_delivery_attributed(node, txn, event, claims, link, parcel, &fault) != DG_OK) {
        answer(node, event, parcel, out);
        return;
    }
    if (!dg_disk_puts_off(node, event, parcel->tag, out))
        quarantine(node, txn, event, link, parcel, now, out);
}
