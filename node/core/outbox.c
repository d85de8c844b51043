/* outbox.c - what must reach a neighbour: durable rows, and what of them is in flight.
 *
 * A row leaves only when the neighbour's receipt (reports) or acknowledgement (records) has been
 * verified and committed. Flights are mere memory: lost, they are sent again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/pack.h"
#include "node/core/issued_impl.h"
#include "node/core/node_impl.h"
#include "proto/comment.h"
#include "proto/pass.h"

uint64_t dg_tag(enum dg_lane lane, uint64_t seq)
{
    return seq << 2 | (uint64_t)lane;
}

/* ---- rows --------------------------------------------------------------------------------------- */

void dg_outbox_push(struct dg_node *node, struct dg_txn *txn, const struct dg_queued *queued)
{
    dg_queued_put(txn, queued);
    struct dg_link *link = dg_link_by_unit(node, queued->unit);
    if (link != NULL)
        link->wake = true;
}

void dg_outbox_push_record(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit,
                           enum dg_queued_kind kind, uint64_t position, uint32_t number,
                           struct dg_bytes directory_key, dg_ms now)
{
    struct dg_queued queued = {
        .unit = unit,
        .lane = DG_LANE_CONTROL,
        .seq = dg_meta_count(txn, "outbox-seq"),
        .kind = kind,
        .position = position,
        .number = number,
        .directory_key = directory_key,
        .since_ms = now,
    };
    dg_outbox_push(node, txn, &queued);
}

static struct dg_flight *flight_find(struct dg_link *link, enum dg_lane lane, uint64_t seq)
{
    for (size_t i = 0; i < link->flight_count; i++)
        if (link->flight[i].seq == seq && link->flight[i].lane == lane)
            return &link->flight[i];
    return NULL;
}

static void flight_land(struct dg_link *link, struct dg_flight *flight)
{
    *flight = link->flight[--link->flight_count];
    link->wake = true;
}

/* The neighbour takes things: what it put off is worth asking soon again. */
static void link_moves(struct dg_link *link)
{
    if (link != NULL)
        link->again_tries = 0;
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
    struct dg_flight *flight = link != NULL ? flight_find(link, lane, seq) : NULL;
    link_moves(link);
    if (flight != NULL) {
        /* A neighbour that keeps up may have more on the way. */
        if (link->window < DG_WINDOW_MAX)
            link->window++;
        flight_land(link, flight);
    }
    return found;
}

/* Every row that flies asks for some, and the kernel takes as long for four bytes as for many. */
static uint32_t noise(struct dg_node *node)
{
    if (node->noise_left == 0) {
        node->env.random(node->env.random_ctx, node->noise, sizeof node->noise);
        node->noise_left = sizeof node->noise / sizeof node->noise[0];
    }
    return node->noise[--node->noise_left];
}

/* Full jitter between half and the whole of 2 s · 2^tries, capped by the lane. */
static dg_ms patience(struct dg_node *node, enum dg_lane lane, uint32_t tries)
{
    dg_ms cap = lane <= DG_LANE_URGENT ? DG_RETRY_URGENT_MAX_MS : DG_RETRY_MAX_MS;
    dg_ms wait = DG_RETRY_MIN_MS;
    for (uint32_t i = 0; i < tries && wait < cap; i++)
        wait *= 2;
    if (wait > cap)
        wait = cap;
    return wait / 2 + (dg_ms)(noise(node) % (uint32_t)(wait / 2 + 1));
}

/* What the neighbour could not take yet is gone over again later, more and more slowly until it takes
 * something. */
static void put_off(struct dg_node *node, struct dg_link *link, enum dg_lane lane, uint64_t seq, dg_ms now)
{
    if (link->again_seq[lane] == 0 || seq + 1 < link->again_seq[lane])
        link->again_seq[lane] = seq + 1;
    if (link->again_at == 0)
        link->again_at = now + patience(node, lane, link->again_tries++);
}

static void take_up_again(struct dg_link *link, dg_ms now)
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

void dg_outbox_answered(struct dg_node *node, struct dg_txn *txn, struct dg_link *link,
                        const struct dg_answer *answer, dg_ms now)
{
    enum dg_lane lane = (enum dg_lane)(answer->tag & 3);
    struct dg_queued queued;
    if (!dg_queued_get(txn, dg_bytes_of(link->unit), lane, answer->tag >> 2, &queued))
        return;
    enum dg_err code = dg_err_by_name((const char *)answer->code.data, answer->code.size);
    bool permanent = dg_err_group(code) != DG_GROUP_TEMPORARY;
    if (permanent && queued.kind == DG_QUEUED_SOURCE) {
        dg_source_answered(node, txn, &queued, answer->code, now);
        (void)dg_outbox_release(node, txn, dg_bytes_of(link->unit), lane, queued.seq);
        return;
    }
    if (permanent && !queued.held) {
        /* Nothing is dropped: it waits here until a person has looked at it. */
        queued.held = true;
        dg_attention_put(txn, now, code, dg_bytes_of(link->unit), answer->detail);
    }
    if (permanent || !dg_bytes_equal(queued.code, answer->code)) {
        queued.code = answer->code;
        dg_queued_put(txn, &queued);
    }
    /* Held or put off, it no longer takes a place in the window: others must not wait for it. */
    struct dg_flight *flight = flight_find(link, lane, queued.seq);
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

/* ---- a frame under construction ------------------------------------------------------------------ */

enum { PACK_MAX = 128, CHAIN_RECORDS_MAX = 2 * DG_TREE_DEPTH_MAX };

struct dg_packing {
    struct dg_node *node;
    struct dg_txn *txn;
    struct dg_link *link;
    struct dg_frame frame;
    struct dg_parcel parcel[PACK_MAX];
    struct dg_record record[PACK_MAX];
    struct dg_bytes checkpoint[PACK_MAX];
    struct dg_log_view log;  /* this node's, for records that rest on it */
    struct dg_prover prover; /* of that log */
    size_t bytes;            /* a generous estimate of the encoded size, were nothing packed */
};

/* What a record or parcel takes in a frame beyond its long parts; when a frame is long enough; and the
 * most that is sure to encode into DG_FRAME_MAX. */
enum { ITEM_OVERHEAD = 256, FRAME_SOFT_MAX = 256 * 1024, FRAME_HARD_MAX = DG_FRAME_MAX - 16 * 1024 };

static bool packing_has_room(const struct dg_packing *p)
{
    return p->frame.record_count < PACK_MAX - CHAIN_RECORDS_MAX && p->frame.parcel_count < PACK_MAX &&
           p->bytes < FRAME_SOFT_MAX;
}

static uint32_t packing_checkpoint(struct dg_packing *p, struct dg_bytes note)
{
    for (size_t i = 0; i < p->frame.checkpoint_count; i++)
        if (dg_bytes_equal(p->checkpoint[i], note))
            return (uint32_t)i;
    p->checkpoint[p->frame.checkpoint_count] = note;
    p->bytes += note.size + 8;
    return (uint32_t)p->frame.checkpoint_count++;
}

/* Adds the proof that record's leaf is in its log: our own log's is made now, another's was kept. */
static bool packing_prove(struct dg_packing *p, struct dg_record *record, struct dg_bytes origin,
                          uint64_t checkpoint_size)
{
    struct dg_bytes note = p->log.checkpoint;
    if (checkpoint_size == 0 && origin.size > 0) {
        struct dg_ledger_proof proof;
        if (!dg_prover_prove(&p->prover, record->index, &proof))
            return false;
        record->leaf = proof.leaf;
        record->proof = proof.proof;
    } else if (origin.size > 0) {
        if (!dg_checkpoint_get(p->txn, origin, checkpoint_size, &note))
            return false;
    }
    record->has_checkpoint = origin.size > 0;
    if (record->has_checkpoint)
        record->checkpoint = packing_checkpoint(p, note);
    return true;
}

static bool packing_record(struct dg_packing *p, struct dg_record *record, struct dg_bytes origin,
                           uint64_t checkpoint_size, uint64_t tag)
{
    if (p->frame.record_count >= PACK_MAX || !packing_prove(p, record, origin, checkpoint_size))
        return false;
    record->tag = tag;
    p->record[p->frame.record_count++] = *record;
    p->bytes += record->sealed.body.size + record->leaf.size + record->regime.size + record->envelope.size +
                record->proof.count * 34 + ITEM_OVERHEAD;
    return true;
}

static bool add_directory_row(struct dg_packing *p, struct dg_dir_row *row, uint64_t tag)
{
    if (row->kind == 'r' && row->record.regime.size == 0) {
        struct dg_adoption adoption;
        if (dg_adoption_decode(p->txn->arena, row->record.sealed.body, &adoption, NULL) == DG_OK)
            (void)dg_get(p->txn, DG_TABLE_REGIME, dg_bytes_at(adoption.regime.b, sizeof adoption.regime.b),
                         &row->record.regime);
    }
    return packing_record(p, &row->record, row->origin, row->checkpoint_size, tag);
}

/* A certificate chain the neighbour may not know goes ahead in the same frame, unacknowledged. */
static bool add_chain(struct dg_packing *p, struct dg_bytes unit_slug, const struct dg_cert_id *organ)
{
    if (dg_link_knows(p->node, p->txn, dg_bytes_of(p->link->unit), unit_slug))
        return true;
    const struct dg_dir_unit *chain[DG_TREE_DEPTH_MAX];
    size_t depth = 0;
    const struct dg_dir_unit *unit = dg_directory_unit(dg_node_directory(p->node, p->txn), unit_slug);
    for (; unit != NULL && depth < DG_TREE_DEPTH_MAX; unit = unit->parent)
        if (!dg_link_knows(p->node, p->txn, dg_bytes_of(p->link->unit), unit->slug))
            chain[depth++] = unit;
    struct dg_dir_row row;
    while (depth > 0)
        if (!dg_dir_find(p->txn, &chain[--depth]->certificate, &row) || !add_directory_row(p, &row, 0))
            return false;
    return organ == NULL || (dg_dir_find(p->txn, organ, &row) && add_directory_row(p, &row, 0));
}

/* The certificates of everybody who signed. The row names the lead's; only a neighbour that may lack
 * certificates is worth looking into R for the others. */
static bool add_author_chains(struct dg_packing *p, const struct dg_outgoing *report)
{
    struct dg_arena *arena = p->txn->arena;
    struct dg_bytes bytes = report->envelope;
    struct dg_envelope envelope;
    struct dg_report signed_by;
    if (dg_link_knows(p->node, p->txn, dg_bytes_of(p->link->unit), report->author_unit))
        return true;
    if (!add_chain(p, report->author_unit, &report->certificate) ||
        (report->packed && dg_unpack(arena, bytes, DG_ENVELOPE_MAX, &bytes) != DG_OK) ||
        dg_envelope_decode(arena, bytes, &envelope, NULL) != DG_OK ||
        dg_report_decode(arena, envelope.report, &signed_by, NULL) != DG_OK)
        return false;
    for (size_t i = 1; i < signed_by.author_count && !DG_MUTANT("lead-chain-only"); i++) {
        struct dg_dir_row row;
        if (!dg_dir_find(p->txn, &signed_by.author[i].certificate, &row) || !add_directory_row(p, &row, 0))
            return false;
    }
    return true;
}

static bool add_report(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_outgoing report;
    if (!dg_outgoing_get(p->node, p->txn, queued->position, &report))
        return false;
    size_t size = report.envelope.size;
    if ((report.packed && !dg_packed_size(report.envelope, &size)) || !add_author_chains(p, &report))
        return false;
    struct dg_parcel *parcel = &p->parcel[p->frame.parcel_count++];
    *parcel = (struct dg_parcel){.tag = dg_tag(queued->lane, queued->seq)};
    *(report.packed ? &parcel->packed : &parcel->envelope_bytes) = report.envelope;
    p->bytes += size + ITEM_OVERHEAD;
    return true;
}

/* The certificate that a record's signature is checked by, for records that an organ signed. */
static bool record_signer(struct dg_packing *p, const struct dg_record *record, struct dg_cert_id *ret)
{
    struct dg_state state;
    struct dg_pass pass;
    struct dg_comment comment;
    if (record->kind == DG_RECORD_PASS) {
        if (dg_pass_decode(p->txn->arena, record->sealed.body, &pass, NULL) != DG_OK)
            return false;
        *ret = pass.certificate;
        return true;
    }
    if (record->kind == DG_RECORD_COMMENT) {
        if (dg_comment_decode(p->txn->arena, record->sealed.body, &comment, NULL) != DG_OK)
            return false;
        *ret = comment.certificate;
        return true;
    }
    if (dg_state_decode(p->txn->arena, record->sealed.body, &state, NULL) != DG_OK)
        return false;
    *ret = state.certificate;
    return true;
}

static bool add_custody(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_custody custody;
    if (!dg_custody_get(p->txn, queued->position, queued->number, &custody))
        return false;
    struct dg_verifier log;
    const struct dg_dir_unit *unit = dg_origin_unit(dg_node_directory(p->node, p->txn), custody.origin, &log);
    struct dg_cert_id organ;
    bool by_organ = custody.record.kind != DG_RECORD_RECEIPT;
    if (by_organ && !record_signer(p, &custody.record, &organ))
        return false;
    return unit != NULL && add_chain(p, unit->slug, by_organ ? &organ : NULL) &&
           packing_record(p, &custody.record, custody.origin, custody.checkpoint_size,
                          dg_tag(queued->lane, queued->seq));
}

static bool add_directory(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_dir_row row;
    return dg_dir_get(p->txn, queued->directory_key, &row) &&
           add_directory_row(p, &row, dg_tag(queued->lane, queued->seq));
}

static bool add_source(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_record record;
    struct dg_bytes origin;
    uint64_t checkpoint_size;
    return dg_source_queued(p->node, p->txn, queued, &record, &origin, &checkpoint_size) &&
           packing_record(p, &record, origin, checkpoint_size, dg_tag(queued->lane, queued->seq));
}

static bool add_issued(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_issued_row row;
    struct dg_issued *issued = dg_arena_alloc(p->txn->arena, sizeof *issued);
    return issued != NULL && dg_issued_get(p->txn, queued->directory_key, &row) &&
           dg_issued_decode(p->txn->arena, row.record.kind, row.record.sealed.body, issued, NULL) == DG_OK &&
           add_chain(p, issued->issuer.unit, &issued->issuer.certificate) &&
           packing_record(p, &row.record, row.origin, row.checkpoint_size, dg_tag(queued->lane, queued->seq));
}

static bool add_kind(struct dg_packing *p, const struct dg_queued *queued)
{
    switch (queued->kind) {
    case DG_QUEUED_REPORT:
        return add_report(p, queued);
    case DG_QUEUED_CUSTODY:
        return add_custody(p, queued);
    case DG_QUEUED_DIRECTORY:
        return add_directory(p, queued);
    case DG_QUEUED_SOURCE:
        return add_source(p, queued);
    case DG_QUEUED_ISSUED:
        return add_issued(p, queued);
    default:
        return false;
    }
}

enum added { ADDED, NO_ROOM, BROKEN };

/* Adds one row. What makes the frame too long is taken out again and goes into the next; a row that cannot be
 * made up at all is broken, and is tried again on the next connection. */
static enum added add_queued(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_frame before = p->frame;
    size_t bytes = p->bytes;
    if (!packing_has_room(p))
        return NO_ROOM;
    bool made = add_kind(p, queued);
    if (made && p->bytes <= FRAME_HARD_MAX)
        return ADDED;
    bool alone = before.parcel_count + before.record_count == 0;
    p->frame = before;
    p->bytes = bytes;
    return made && !alone ? NO_ROOM : BROKEN;
}

/* ---- sending ------------------------------------------------------------------------------------- */

static dg_ms flight_due(struct dg_node *node, const struct dg_flight *flight, dg_ms now)
{
    return now + patience(node, flight->lane, flight->tries);
}

static void packing_reset(struct dg_packing *p)
{
    p->frame = (struct dg_frame){.parcel = p->parcel, .record = p->record, .checkpoint = p->checkpoint};
    p->bytes = 0;
}

static enum dg_said packing_send(struct dg_packing *p, const struct dg_voice *voice)
{
    struct dg_buf bytes;
    dg_buf_init(&bytes, DG_FRAME_MAX);
    enum dg_said said = DG_SAID_FULL;
    if (dg_frame_encode(&p->frame, &bytes) == DG_OK && bytes.err == DG_OK)
        said = voice->send(voice->ctx, p->link->conn, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return said;
}

/* One frame's worth of rows: those due again first, then new ones. */
struct picked {
    size_t count;
    struct dg_flight flight[PACK_MAX];
    bool again[PACK_MAX];
};

/* A row that was receipted or held meanwhile, or is broken, is in flight no more. */
static void pick_due(struct dg_packing *p, struct picked *picked, dg_ms now)
{
    struct dg_link *link = p->link;
    for (size_t i = 0; i < link->flight_count && picked->count < PACK_MAX && !DG_MUTANT("never-retry");) {
        struct dg_flight *flight = &link->flight[i];
        struct dg_queued queued;
        if (flight->due > now) {
            i++;
            continue;
        }
        enum added added = BROKEN;
        if (dg_queued_get(p->txn, dg_bytes_of(link->unit), flight->lane, flight->seq, &queued) &&
            !queued.held)
            added = add_queued(p, &queued);
        if (added == NO_ROOM)
            return;
        if (added == BROKEN) {
            *flight = link->flight[--link->flight_count];
            continue;
        }
        picked->again[picked->count] = true;
        picked->flight[picked->count++] = *flight;
        i++;
    }
}

struct pick_new {
    struct dg_packing *p;
    struct picked *picked;
    enum dg_lane lane;
};

static bool pick_new_row(struct pick_new *pick, const struct dg_queued *queued)
{
    struct dg_packing *p = pick->p;
    struct picked *picked = pick->picked;
    size_t in_flight = p->link->flight_count + picked->count;
    /* A quarter of the window is kept for what goes before ordinary reports. */
    size_t window = pick->lane <= DG_LANE_URGENT ? p->link->window : p->link->window - p->link->window / 4;
    if (in_flight >= window || in_flight >= DG_WINDOW_MAX || picked->count >= PACK_MAX)
        return false;
    enum added added = queued->held ? BROKEN : add_queued(p, queued);
    if (added != ADDED)
        return added == BROKEN;
    picked->again[picked->count] = false;
    picked->flight[picked->count++] = (struct dg_flight){.lane = queued->lane, .seq = queued->seq};
    return true;
}

/* Walks a lane from behind its cursor. */
static void pick_lane(struct pick_new *pick)
{
    struct dg_packing *p = pick->p;
    struct dg_bytes unit = dg_bytes_of(p->link->unit);
    struct dg_row_key lane = dg_key_outbox(unit, pick->lane, 0);
    struct dg_row_key from = dg_key_outbox(unit, pick->lane, p->link->cursor[pick->lane]);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, p->txn, DG_TABLE_OUTBOX);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&from));
    for (; more && dg_cursor_at_prefix(&cursor, dg_bytes_at(lane.data, lane.size - 8));
         more = dg_cursor_next(&cursor)) {
        struct dg_queued queued;
        if (!dg_queued_read(p->txn, cursor.key, cursor.value, &queued))
            break;
        if (flight_find(p->link, queued.lane, queued.seq) == NULL && !pick_new_row(pick, &queued))
            break;
    }
    dg_cursor_close(&cursor);
}

/* What was handed to the socket is in flight, and due again some time later. */
static void picked_fly(struct dg_node *node, struct dg_link *link, const struct picked *picked, dg_ms now)
{
    for (size_t i = 0; i < picked->count; i++) {
        struct dg_flight flight = picked->flight[i];
        struct dg_flight *old = picked->again[i] ? flight_find(link, flight.lane, flight.seq) : NULL;
        if (old != NULL) {
            old->tries++;
            old->due = flight_due(node, old, now);
            continue;
        }
        assert(link->flight_count < DG_WINDOW_MAX);
        flight.due = flight_due(node, &flight, now);
        link->flight[link->flight_count++] = flight;
        if (link->cursor[flight.lane] <= flight.seq)
            link->cursor[flight.lane] = flight.seq + 1;
    }
}

static bool pump_once(struct dg_packing *p, dg_ms now, const struct dg_voice *voice)
{
    struct picked picked = {.count = 0};
    packing_reset(p);
    pick_due(p, &picked, now);
    for (enum dg_lane lane = DG_LANE_CONTROL; lane < DG_LANE_BULK; lane++) {
        struct pick_new pick = {.p = p, .picked = &picked, .lane = lane};
        pick_lane(&pick);
    }
    if (picked.count == 0)
        return false;
    switch (packing_send(p, voice)) {
    case DG_SAID:
        p->link->full_tries = 0;
        picked_fly(p->node, p->link, &picked, now);
        return true;
    case DG_SAID_GONE:
        dg_link_down(p->link, now);
        return false;
    case DG_SAID_FULL:
    default:
        /* The socket is full: packing it all again at once would only cost. */
        p->link->wake = true;
        p->link->full_until = now + (10 << (p->link->full_tries < 6 ? p->link->full_tries : 6));
        p->link->full_tries++;
        return false;
    }
}

struct dg_packing *dg_packing_new(void)
{
    return calloc(1, sizeof(struct dg_packing));
}

void dg_outbox_pump(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, dg_ms now,
                    const struct dg_voice *voice)
{
    if (!link->connected)
        return;
    take_up_again(link, now);
    if (link->full_until > now)
        return;
    bool due = false;
    for (size_t i = 0; i < link->flight_count && !due; i++)
        due = link->flight[i].due <= now;
    if (!link->wake && !due)
        return;
    link->wake = false;
    struct dg_packing *p = node->packing;
    p->node = node;
    p->txn = txn;
    p->link = link;
    dg_log_get(txn, &p->log);
    dg_prover_init(&p->prover, txn, p->log.size);
    while (txn->err == DG_OK && pump_once(p, now, voice))
        continue;
}
