/* pump.c - what goes into the next frame: rows due again first, then new ones, lane by lane, as far as the
 * window reaches.
 */
#include <assert.h>

#include "node/core/outbox_impl.h"

static dg_ms flight_due(struct dg_node *node, const struct dg_link *link, const struct dg_flight *flight,
                        dg_ms now)
{
    return now + dg_outbox_patience(node, link, flight->lane, flight->tries);
}

/* What is unanswered, in bytes. */
static uint64_t bytes_in_flight(const struct dg_link *link)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < link->flight_count; i++)
        sum += link->flight[i].size;
    return sum;
}

static enum dg_said packing_send(struct dg_packing *p, const struct dg_voice *voice)
{
    struct dg_buf bytes;
    dg_buf_init(&bytes, DG_FRAME_MAX);
    enum dg_said said = DG_SAID_FULL;
    bool encoded = dg_frame_encode(&p->frame, &bytes) == DG_OK && bytes.err == DG_OK;
    if (DG_MUTANT("cut-frame") && bytes.size > 200)
        bytes.size--;
    if (encoded)
        said = voice->send(voice->ctx, p->link->conn, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return said;
}

/* One frame's worth of rows: those due again first, then new ones. */
struct picked {
    size_t count;
    struct dg_flight flight[DG_PACK_MAX];
    bool again[DG_PACK_MAX];
};

/* A row that was receipted or held meanwhile, or is broken, is in flight no more. */
static void pick_due(struct dg_packing *p, struct picked *picked, dg_ms now)
{
    struct dg_link *link = p->link;
    for (size_t i = 0; i < link->flight_count && picked->count < DG_PACK_MAX && !DG_MUTANT("never-retry");) {
        struct dg_flight *flight = &link->flight[i];
        struct dg_queued queued;
        if (flight->due > now) {
            i++;
            continue;
        }
        enum dg_packed packed = DG_PACK_BROKEN;
        if (dg_queued_get(p->txn, dg_bytes_of(link->unit), flight->lane, flight->seq, &queued) &&
            !queued.held)
            packed = dg_packing_add(p, &queued);
        if (packed == DG_PACK_NO_ROOM)
            return;
        if (packed == DG_PACK_BROKEN) {
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
    uint64_t flying; /* bytes that are on their way already */
};

static bool pick_new_row(struct pick_new *pick, const struct dg_queued *queued)
{
    struct dg_packing *p = pick->p;
    struct picked *picked = pick->picked;
    size_t in_flight = p->link->flight_count + picked->count;
    /* A quarter of the window is kept for what goes before ordinary reports. */
    size_t window = pick->lane <= DG_LANE_URGENT ? p->link->window : p->link->window - p->link->window / 4;
    if (DG_MAYBE("the smallest window"))
        window = 1;
    if (in_flight >= window || in_flight >= DG_WINDOW_MAX || picked->count >= DG_PACK_MAX)
        return false;
    /* One row may always go: it may be longer than all credit. */
    const struct dg_credit *credit = &p->link->credit;
    if (credit->bytes > 0 && pick->flying + p->bytes >= credit->bytes && in_flight > 0)
        return false;
    size_t before = p->bytes;
    enum dg_packed packed = queued->held ? DG_PACK_BROKEN : dg_packing_add(p, queued);
    if (packed != DG_PACKED)
        return packed == DG_PACK_BROKEN;
    picked->again[picked->count] = false;
    picked->flight[picked->count++] =
        (struct dg_flight){.lane = queued->lane, .seq = queued->seq, .size = (uint32_t)(p->bytes - before)};
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
        if (dg_flight_find(p->link, queued.lane, queued.seq) == NULL && !pick_new_row(pick, &queued))
            break;
    }
    dg_cursor_close(&cursor);
}

/* What was handed to the socket is in flight, and due again some time later. */
static void picked_fly(struct dg_node *node, struct dg_link *link, const struct picked *picked, dg_ms now)
{
    for (size_t i = 0; i < picked->count; i++) {
        struct dg_flight flight = picked->flight[i];
        struct dg_flight *old = picked->again[i] ? dg_flight_find(link, flight.lane, flight.seq) : NULL;
        if (old != NULL) {
            old->tries++;
            old->due = flight_due(node, link, old, now);
            continue;
        }
        assert(link->flight_count < DG_WINDOW_MAX);
        flight.sent = now;
        flight.due = flight_due(node, link, &flight, now);
        link->flight[link->flight_count++] = flight;
        if (link->cursor[flight.lane] <= flight.seq)
            link->cursor[flight.lane] = flight.seq + 1 + DG_MUTANT("cursor-skips");
    }
}

static bool pump_once(struct dg_packing *p, dg_ms now, const struct dg_voice *voice)
{
    struct picked picked = {.count = 0};
    dg_packing_reset(p);
    pick_due(p, &picked, now);
    uint64_t flying = bytes_in_flight(p->link);
    for (enum dg_lane next = DG_LANE_CONTROL; next < DG_LANE_BULK; next++) {
        enum dg_lane lane = DG_MUTANT("urgent-last") ? DG_LANE_NORMAL - next : next;
        struct pick_new pick = {.p = p, .picked = &picked, .lane = lane, .flying = flying};
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
        p->link->full_until = DG_MUTANT("full-for-ever")
                                  ? now + 86400000
                                  : now + (10 << (p->link->full_tries < 6 ? p->link->full_tries : 6));
        p->link->full_tries++;
        return false;
    }
}

void dg_outbox_pump(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, dg_ms now,
                    const struct dg_voice *voice)
{
    if (!link->connected)
        return;
    dg_outbox_take_up_again(link, now);
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
