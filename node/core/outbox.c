/* outbox.c - what must reach a neighbour: durable rows, and what of them is in flight.
 *
 * A row leaves only when the neighbour's receipt (reports) or acknowledgement (records) has been
 * verified and committed. Flights are mere memory: lost, they are sent again.
 */
#include "node/core/outbox_impl.h"

uint64_t dg_tag(enum dg_lane lane, uint64_t seq)
{
    return seq << 2 | (uint64_t)lane;
}

/* ---- rows --------------------------------------------------------------------------------------- */

void dg_outbox_push(struct dg_node *node, struct dg_txn *txn, const struct dg_queued *queued)
{
    dg_queued_put(txn, queued);
    struct dg_link *link = dg_link_by_unit(node, queued->unit);
    if (link != NULL && !DG_MUTANT("lost-wake"))
        link->wake = true;
}

void dg_outbox_push_record(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit,
                           enum dg_queued_kind kind, uint64_t position, uint32_t number,
                           struct dg_bytes directory_key, dg_ms now)
{
    struct dg_queued queued = {
        .unit = unit,
        .lane = DG_LANE_CONTROL,
        .seq = DG_MUTANT("reuse-row") ? 1 : dg_meta_count(txn, "outbox-seq"),
        .kind = kind,
        .position = position,
        .number = number,
        .directory_key = directory_key,
        .since_ms = now,
    };
    dg_outbox_push(node, txn, &queued);
}

struct dg_flight *dg_flight_find(struct dg_link *link, enum dg_lane lane, uint64_t seq)
{
    for (size_t i = 0; i < link->flight_count; i++)
        if (link->flight[i].seq == seq && link->flight[i].lane == lane)
            return &link->flight[i];
    return NULL;
}

static void flight_land(struct dg_link *link, struct dg_flight *flight)
{
    link->bulk.yielded += flight->lane == DG_LANE_NORMAL;
    *flight = link->flight[--link->flight_count];
    link->wake = true;
}

bool dg_outbox_release(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, enum dg_lane lane,
                       uint64_t seq)
{
    struct dg_row_key key = dg_key_outbox(unit, lane, seq);
    struct dg_bytes value;
    bool found = dg_get(txn, DG_TABLE_OUTBOX, dg_row_key_bytes(&key), &value);
    if (found)
        dg_del(txn, DG_TABLE_OUTBOX, dg_row_key_bytes(&key));
    struct dg_link *link = dg_link_by_unit(node, unit);
    struct dg_flight *flight = link != NULL ? dg_flight_find(link, lane, seq) : NULL;
    if (link != NULL)
        link->bulk.wake = true; /* the attachments of a report may follow it now */
    if (flight != NULL) {
        dg_outbox_answer_took(link, node->last_now - flight->sent);
        flight_land(link, flight);
    }
    if (link != NULL && found)
        dg_outbox_contact(node, link, node->last_now);
    return found;
}

/* What the neighbour could not take yet is gone over again later, more and more slowly until it takes
 * something. */
static void put_off(struct dg_node *node, struct dg_link *link, enum dg_lane lane, uint64_t seq, dg_ms now)
{
    if (link->again_seq[lane] == 0 || seq + 1 < link->again_seq[lane])
        link->again_seq[lane] = seq + 1;
    if (link->again_at == 0 && !DG_MUTANT("put-off-for-ever"))
        link->again_at = now + dg_outbox_patience(node, link, lane, link->again_tries++);
}

void dg_outbox_take_up_again(struct dg_link *link, dg_ms now)
{
    if (link->again_at == 0 || now < link->again_at)
        return;
    for (enum dg_lane lane = DG_LANE_CONTROL; lane < DG_LANE_COUNT; lane++) {
        if (link->again_seq[lane] != 0 && link->again_seq[lane] - 1 < link->cursor[lane])
            link->cursor[lane] = link->again_seq[lane] - 1;
        link->again_seq[lane] = 0;
    }
    link->again_at = 0;
    link->wake = true;
}

/* A person must know which report it is about; of a record, which neighbour. */
static void note_refusal(struct dg_txn *txn, const struct dg_link *link, const struct dg_queued *queued,
                         enum dg_err code, struct dg_bytes detail, dg_ms now)
{
    struct dg_bytes text;
    struct dg_leaf leaf;
    if (queued->kind != DG_QUEUED_REPORT || !dg_leaf_get(txn, queued->position, &text) ||
        dg_leaf_parse(txn->arena, text, &leaf, NULL) != DG_OK) {
        dg_attention_put(txn, now, code, dg_bytes_of(link->unit), detail);
        return;
    }
    char hex[DG_HEX_BYTES];
    dg_hex(leaf.report.b, sizeof leaf.report.b, hex);
    const char *said = dg_arena_printf(txn->arena, "%s: %s", link->unit, dg_arena_string(txn->arena, detail));
    dg_attention_put(txn, now, code, dg_bytes_of(hex), dg_bytes_of(said));
}

void dg_outbox_answered(struct dg_node *node, struct dg_txn *txn, struct dg_link *link,
                        const struct dg_answer *answer, dg_ms now)
{
    enum dg_lane lane = (enum dg_lane)(answer->tag & 3);
    struct dg_queued queued;
    if (!dg_queued_get(txn, dg_bytes_of(link->unit), lane, answer->tag >> 2, &queued))
        return;
    enum dg_err code = dg_err_by_name((const char *)answer->code.data, answer->code.size);
    bool permanent = dg_err_group(code) != DG_GROUP_TEMPORARY;
    if (DG_MUTANT("drop-refused"))
        (void)dg_outbox_release(node, txn, dg_bytes_of(link->unit), lane, queued.seq);
    if (permanent && queued.kind == DG_QUEUED_SOURCE) {
        dg_source_answered(node, txn, &queued, answer->code, now);
        (void)dg_outbox_release(node, txn, dg_bytes_of(link->unit), lane, queued.seq);
        return;
    }
    if (permanent && !queued.held) {
        /* Nothing is dropped: it waits here until a person has looked at it. */
        queued.held = true;
        note_refusal(txn, link, &queued, code, answer->detail, now);
    }
    if (permanent || !dg_bytes_equal(queued.code, answer->code)) {
        queued.code = answer->code;
        dg_queued_put(txn, &queued);
    }
    /* Held or put off, it no longer takes a place in the window: others must not wait for it. */
    struct dg_flight *flight = dg_flight_find(link, lane, queued.seq);
    if (flight != NULL)
        flight_land(link, flight);
    if (!permanent)
        put_off(node, link, lane, queued.seq, now);
}

/* The held records of one walk; the rest waits for the next start. */
struct held_records {
    size_t count;
    struct dg_queued row[256];
};

static bool held_record(void *ctx, const struct dg_queued *queued)
{
    struct held_records *held = ctx;
    if (queued->held && queued->kind != DG_QUEUED_REPORT)
        held->row[held->count++] = *queued;
    return held->count < sizeof held->row / sizeof held->row[0];
}

void dg_outbox_unhold_records(struct dg_txn *txn)
{
    struct held_records *held = dg_arena_alloc(txn->arena, sizeof *held);
    if (held == NULL)
        return;
    dg_queue_each(txn, dg_bytes_at(NULL, 0), held_record, held);
    for (size_t i = 0; i < held->count; i++) {
        held->row[i].held = false;
        dg_queued_put(txn, &held->row[i]);
    }
}
