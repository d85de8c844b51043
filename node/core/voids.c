/* voids.c - joint drafts that were taken back: their voids go to every unit that waits for one of the
 * numbers.
 *
 * A void is kept in ISSUED at the author's unit, at each unit that it names and at each on the way, with the
 * proof that it stands in the author's log. Where it has a number for this unit, that number will never come
 * (sequence.c), and a person can read who took it back.
 */
#include <string.h>

#include "node/core/issued_impl.h"
#include "proto/joint.h"

struct heard {
    struct dg_node *node;
    struct dg_txn *txn;
    const struct dg_event *event;
    const struct dg_claims *claims;
    const struct dg_link *link;
    const struct dg_record *record;
    dg_ms now;
    struct dg_fault *fault;
    struct dg_void voided;
    uint32_t epoch;                 /* in which the draft was numbered */
    const struct dg_dir_unit *unit; /* that took it back */
};

/* ---- rows ---------------------------------------------------------------------------------------- */

static struct dg_row_key key_of_unit(struct dg_bytes unit)
{
    struct dg_row_key key = dg_key_name("v");
    memcpy(key.data + key.size, unit.data, unit.size);
    key.size += unit.size;
    key.data[key.size++] = 0;
    return key;
}

struct dg_row_key dg_key_void(struct dg_bytes unit, struct dg_bytes body)
{
    struct dg_row_key key = key_of_unit(unit);
    struct dg_hash hash = dg_sha256(body);
    memcpy(key.data + key.size, hash.b, sizeof hash.b);
    key.size += sizeof hash.b;
    return key;
}

/* The epoch at the end of a log's name, as dg_origin_write writes it. */
static uint32_t epoch_of(struct dg_bytes origin)
{
    uint32_t epoch = 0, unit = 1;
    for (size_t i = origin.size; i > 0 && origin.data[i - 1] >= '0' && origin.data[i - 1] <= '9'; i--) {
        epoch += (uint32_t)(origin.data[i - 1] - '0') * unit;
        unit *= 10;
    }
    return epoch;
}

static bool has_number(const struct dg_void *voided, struct dg_bytes to, uint64_t number)
{
    for (size_t i = 0; i < voided->to_seq_count; i++)
        if (voided->to_seq[i].seq == number && dg_bytes_equal(voided->to_seq[i].unit, to))
            return true;
    return false;
}

bool dg_void_names(struct dg_txn *txn, struct dg_bytes unit, uint32_t epoch, struct dg_bytes to,
                   uint64_t number)
{
    struct dg_row_key prefix = key_of_unit(unit);
    struct dg_cursor cursor;
    bool found = false;
    dg_cursor_open(&cursor, txn, DG_TABLE_ISSUED);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && !found && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix));
         more = dg_cursor_next(&cursor)) {
        struct dg_issued_row row;
        struct dg_void voided;
        if (!dg_issued_read(txn, cursor.key, cursor.value, &row) ||
            dg_void_decode(txn->arena, row.record.sealed.body, &voided, NULL) != DG_OK)
            break;
        uint32_t numbered = voided.epoch != 0 ? voided.epoch : epoch_of(row.origin);
        found = numbered == epoch && has_number(&voided, to, number);
    }
    dg_cursor_close(&cursor);
    return found;
}

/* ---- the way ------------------------------------------------------------------------------------- */

/* Queues the row for each neighbour behind which a unit is that the void names, once, but not back. */
static void spread(struct dg_node *node, struct dg_txn *txn, const struct dg_void *voided,
                   struct dg_bytes key, struct dg_bytes except, dg_ms now)
{
    struct dg_bytes sent[DG_RECIPIENTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < voided->to_seq_count; i++) {
        struct dg_bytes route = dg_node_route(node, txn, voided->to_seq[i].unit);
        bool done = route.size == 0 || dg_bytes_equal(route, except);
        for (size_t k = 0; k < count && !done; k++)
            done = dg_bytes_equal(sent[k], route);
        if (done)
            continue;
        sent[count++] = route;
        dg_outbox_push_record(node, txn, route, DG_QUEUED_ISSUED, 0, 0, key, now);
    }
}

void dg_void_send(struct dg_node *node, struct dg_txn *txn, const struct dg_joint *joint, dg_ms now)
{
    struct dg_void voided;
    if (DG_MUTANT("void-at-home"))
        return;
    if (dg_void_decode(txn->arena, joint->voided.body, &voided, NULL) != DG_OK) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return;
    }
    struct dg_row_key key = dg_key_void(voided.unit, joint->voided.body);
    struct dg_issued_row row = {
        .key = dg_row_key_bytes(&key),
        .origin = dg_bytes_of(node->identity.origin),
        .record = {
            .kind = DG_RECORD_VOID, .has_signed = true, .sealed = joint->voided, .index = joint->void_index}};
    (void)dg_leaf_get(txn, row.record.index, &row.record.leaf);
    dg_issued_put(txn, &row);
    spread(node, txn, &voided, row.key, dg_bytes_at(NULL, 0), now);
}

/* ---- hearing ------------------------------------------------------------------------------------- */

/* It comes from where the author is, like the report that it takes the place of would have. */
static enum dg_err check_side(const struct heard *h)
{
    struct dg_bytes from = dg_node_route(h->node, h->txn, h->voided.unit);
    return dg_bytes_is(from, h->link->unit) ? DG_OK : DG_ERR_NOT_YOURS;
}

static enum dg_err check_organ(struct heard *h)
{
    const struct dg_void *voided = &h->voided;
    h->unit = dg_directory_unit(dg_node_directory(h->node, h->txn), voided->unit);
    const struct dg_dir_organ *organ =
        h->unit != NULL ? dg_dir_unit_certificate(h->unit, &voided->certificate) : NULL;
    if (organ == NULL)
        return DG_ERR_STALE_DIRECTORY;
    if (!dg_bytes_equal(organ->slug, voided->organ))
        return DG_ERR_BAD_CHAIN;
    enum dg_err err = dg_claimed(h->claims, h->event, DG_CONTEXT_VOID, &organ->signing,
                                 h->record->sealed.body, &h->record->sealed.sig);
    if (err != DG_OK)
        return err;
    if (voided->signed_ms > organ->not_after_ms)
        return DG_ERR_EXPIRED;
    if (voided->signed_ms < organ->not_before_ms - DG_CLOCK_SKEW_MS)
        return DG_ERR_NOT_YET_VALID;
    if (voided->signed_ms > h->now + DG_FUTURE_MS)
        return DG_ERR_RETRY_LATER; /* our clock may be the wrong one */
    return check_side(h);
}

/* The leaf stands in the log of the author's unit, and is of this very void. */
static enum dg_err check_leaf(struct heard *h, struct dg_issued_row *row)
{
    struct dg_proven *proven;
    struct dg_leaf leaf;
    enum dg_err err = dg_record_proven(h->node, h->txn, h->event, h->claims, h->record, &proven, &leaf);
    if (err != DG_OK)
        return err;
    struct dg_hash object = dg_sha256(h->record->sealed.body);
    if (proven->unit != h->unit || leaf.kind != DG_LEAF_VOID ||
        !dg_id_equal(&leaf.report, &h->voided.report) || !dg_bytes_equal(leaf.organ, h->voided.organ) ||
        !dg_bytes_equal(leaf.unit, h->voided.unit) || !dg_hash_equal(&leaf.object, &object))
        return DG_ERR_BAD_LEAF;
    row->origin = dg_arena_copy(h->txn->arena, dg_bytes_of(proven->checkpoint.origin));
    row->checkpoint_size = proven->checkpoint.size;
    h->epoch = h->voided.epoch != 0 ? h->voided.epoch : epoch_of(row->origin);
    err = dg_proven_keep(h->txn, proven);
    if (err == DG_ERR_FORK && !dg_attention_has(h->txn, err, row->origin))
        dg_attention_put(h->txn, h->now, err, row->origin, proven->note);
    return err;
}

/* Number, day and draft, for whoever wonders why that number never came. */
static void notice(const struct heard *h, uint64_t number)
{
    struct dg_arena *arena = h->txn->arena;
    char day[DG_DAY_TEXT], hex[DG_HEX_BYTES];
    dg_day_text(dg_day_of(h->voided.signed_ms), day);
    dg_hex(h->voided.report.b, sizeof h->voided.report.b, hex);
    const char *about = dg_arena_printf(arena, "%s@%s", dg_arena_string(arena, h->voided.organ),
                                        dg_arena_string(arena, h->voided.unit));
    const char *detail = dg_arena_printf(arena, "%llu (%s: %s)", (unsigned long long)number, day, hex);
    if (about != NULL && detail != NULL)
        dg_attention_put(h->txn, h->now, DG_ERR_NUMBER_VOIDED, dg_bytes_of(about), dg_bytes_of(detail));
}

static void fill_numbers(const struct heard *h)
{
    const struct dg_void *voided = &h->voided;
    for (size_t i = 0; i < voided->to_seq_count; i++) {
        const struct dg_to_seq *to = &voided->to_seq[i];
        if (!dg_bytes_is(to->unit, h->node->identity.unit))
            continue;
        dg_sequence_void(h->txn, voided->unit, h->epoch, to->seq, &voided->report, h->now);
        notice(h, to->seq);
    }
}

static enum dg_err hear(struct heard *h)
{
    const struct dg_record *record = h->record;
    struct dg_issued_row there;
    if (!record->has_signed || record->has_report || record->regime.size > 0 ||
        record->sealed.possession_count > 0 || record->has_by || record->envelope.size > 0 ||
        record->code.size > 0)
        return DG_ERR_MALFORMED;
    enum dg_err err = dg_void_decode(h->txn->arena, record->sealed.body, &h->voided, h->fault);
    if (err == DG_OK && !dg_bytes_is(h->voided.federation, h->node->identity.federation))
        err = DG_ERR_NOT_YOURS;
    if (err != DG_OK)
        return err;
    struct dg_row_key key = dg_key_void(h->voided.unit, record->sealed.body);
    if (dg_issued_get(h->txn, dg_row_key_bytes(&key), &there))
        return DG_OK;
    struct dg_issued_row row = {.key = dg_row_key_bytes(&key), .record = *record};
    err = check_organ(h);
    if (err == DG_OK)
        err = check_leaf(h, &row);
    if (err != DG_OK)
        return err;
    row.record.tag = 0;
    fill_numbers(h);
    dg_issued_put(h->txn, &row);
    spread(h->node, h->txn, &h->voided, row.key, dg_bytes_of(h->link->unit), h->now);
    return DG_OK;
}

void dg_void_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                    const struct dg_claims *claims, struct dg_link *link, const struct dg_record *record,
                    dg_ms now, struct dg_out *out)
{
    struct dg_fault fault;
    (void)dg_fault(&fault, DG_OK);
    struct heard h = {.node = node,
                      .txn = txn,
                      .event = event,
                      .claims = claims,
                      .link = link,
                      .record = record,
                      .now = now,
                      .fault = &fault};
    enum dg_err err = hear(&h);
    if (err == DG_OK) {
        dg_out_ack(out, event->conn, record->tag);
        return;
    }
    fault.err = err;
    dg_fault_unit(&fault, link->unit);
    dg_out_answer(out, event->conn, record->tag, &fault, DG_RETRY_MIN_MS);
    if (dg_err_group(err) != DG_GROUP_TEMPORARY)
        dg_out_fact(out, &fault, "void");
}
