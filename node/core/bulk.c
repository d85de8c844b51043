/* bulk.c - gives attachments to the neighbours: one at a time to each, one piece at a time, over a line of
 * its own.
 *
 * A row of the bulk lane says what a neighbour must get. It is offered when the neighbour has the report and
 * this node the whole file; he answers what he is missing, and each piece that he has taken lets the next one
 * go. So a cut line costs one piece at most, and after it he is asked again what he is missing.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/pack.h"
#include "node/core/node_impl.h"
#include "node/core/outbox_impl.h"

enum { OFFER_MIN_MS = 2000, OFFER_MAX_MS = 60000, CHECKED_MS = 5000, YIELD_MS = 1000, NORMAL_PER_PIECE = 2 };

struct dg_giving {
    struct dg_hash content;
    struct dg_hash_tree tree; /* of that content's pieces */
    uint8_t piece[DG_PIECE_BYTES], packed[DG_PIECE_BYTES];
};

struct dg_giving *dg_giving_new(void)
{
    return calloc(1, sizeof(struct dg_giving));
}

void dg_giving_free(struct dg_giving *giving)
{
    if (giving == NULL)
        return;
    dg_hash_tree_free(&giving->tree);
    free(giving);
}

/* ---- the line ----------------------------------------------------------------------------------- */

struct dg_link *dg_bulk_by_conn(struct dg_node *node, uint64_t conn)
{
    for (size_t i = 0; i < node->link_count; i++) {
        struct dg_link *link = node->link[i];
        if (link->up ? conn == DG_NODE_BULK : link->bulk.up && link->bulk.conn == conn)
            return link;
    }
    return NULL;
}

void dg_bulk_cut(struct dg_link *link, dg_ms now)
{
    struct dg_bulk *b = &link->bulk;
    b->asked = b->wanted = b->flying = false;
    b->run_count = 0;
    b->tries = b->again_tries = 0;
    b->due = now;
    b->off_count = 0;
    b->again_at = 0;
    b->wake = true;
}

void dg_bulk_wake(struct dg_node *node)
{
    for (size_t i = 0; i < node->link_count; i++)
        node->link[i]->bulk.wake = true;
}

void dg_bulk_shift(struct dg_bulk *bulk, dg_ms by)
{
    dg_ms *const times[] = {&bulk->hello_sent, &bulk->used,     &bulk->again_at,
                            &bulk->due,        &bulk->flown_at, &bulk->full_until};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (*times[i] != 0)
            *times[i] += by;
}

void dg_bulk_tick(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, dg_ms now,
                  struct dg_out *out)
{
    struct dg_bulk *b = &link->bulk;
    if (!b->opened || b->up || (b->hello_sent != 0 && now - b->hello_sent < DG_HELLO_MS))
        return;
    b->hello_sent = now;
    dg_link_greet(node, txn, DG_NODE_BULK, 2, now, out);
}

void dg_bulk_message(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     struct dg_link *link, dg_ms now, struct dg_out *out)
{
    const struct dg_frame *frame = event->frame;
    if (link->up && frame->welcome != NULL)
        link->bulk.up = true;
    if (link->up && frame->refused != NULL) {
        link->bulk.up = false;
        link->bulk.hello_sent = dg_bytes_is(frame->refused->code, dg_err_name(DG_ERR_PROTOCOL)) ? 0 : now;
        dg_bulk_cut(link, now);
        return;
    }
    if (!link->bulk.up)
        return;
    dg_taking_frame(node, txn, event, link, now, out);
    dg_bulk_frame(node, txn, event, link, now);
}

/* Toward the parent the line is there while it is needed. */
static void open_or_close(struct dg_link *link, dg_ms now, const struct dg_voice *voice)
{
    struct dg_bulk *b = &link->bulk;
    bool needed = b->used != 0 && now - b->used < DG_BULK_IDLE_MS;
    if (!link->up || voice->bulk_line == NULL || needed == b->opened)
        return;
    b->opened = needed;
    b->up = false;
    b->hello_sent = 0;
    voice->bulk_line(voice->ctx, needed);
}

/* ---- what he says ------------------------------------------------------------------------------- */

/* Goodput is what he took in the time between handing a piece over and hearing that it is durable there. */
static void landed(struct dg_bulk *b, dg_ms now)
{
    dg_ms took = now > b->flown_at ? now - b->flown_at : 1;
    uint64_t rate = (uint64_t)b->flight_bytes * 1000 / (uint64_t)took;
    if (rate > UINT32_MAX / 2)
        rate = UINT32_MAX / 2;
    b->rate = b->rate == 0 ? (uint32_t)rate : (uint32_t)((b->rate + rate) / 2);
    b->flying = false;
}

/* Goes on with another row; this one is looked at again when it is time. */
static void put_off(struct dg_bulk *b)
{
    if (b->off_count == DG_BULK_ITEMS_MAX)
        b->off_count--;
    b->off[b->off_count++] = b->seq;
    b->giving = b->flying = b->wanted = false;
    b->wake = true;
}

static bool is_off(const struct dg_bulk *b, uint64_t seq)
{
    for (size_t i = 0; i < b->off_count; i++)
        if (b->off[i] == seq)
            return true;
    return false;
}

static void not_now(struct dg_node *node, struct dg_txn *txn, struct dg_link *link,
                    const struct dg_standing *standing, dg_ms now)
{
    struct dg_bulk *b = &link->bulk;
    struct dg_queued queued;
    enum dg_err code = dg_err_by_name((const char *)standing->code.data, standing->code.size);
    bool permanent = dg_err_group(code) != DG_GROUP_TEMPORARY;
    put_off(b);
    if (!permanent && b->again_at == 0)
        b->again_at = now + dg_outbox_patience(node, link, DG_LANE_BULK, b->again_tries++);
    if (!dg_queued_get(txn, dg_bytes_of(link->unit), DG_LANE_BULK, b->seq, &queued))
        return;
    if (permanent && !queued.held)
        dg_attention_put(txn, now, code, dg_bytes_of(link->unit), standing->detail);
    queued.held = queued.held || permanent;
    queued.code = standing->code;
    dg_queued_put(txn, &queued);
}

static void on_standing(struct dg_node *node, struct dg_txn *txn, struct dg_link *link,
                        const struct dg_standing *standing, dg_ms now)
{
    struct dg_bulk *b = &link->bulk;
    if (!b->giving || !dg_hash_equal(&b->content, &standing->content))
        return;
    b->tries = 0;
    b->due = now + CHECKED_MS;
    for (size_t i = 0; i < standing->taken_count; i++)
        if (b->flying && standing->taken[i].first == b->flight.first &&
            standing->taken[i].count == b->flight.count)
            landed(b, now);
    if (standing->whole || (DG_MUTANT("bulk-release-early") && standing->taken_count > 0)) {
        (void)dg_outbox_release(node, txn, dg_bytes_of(link->unit), DG_LANE_BULK, b->seq);
        b->giving = b->flying = b->wanted = false;
        b->again_tries = 0;
        b->wake = true;
        return;
    }
    if (standing->code.size > 0) {
        not_now(node, txn, link, standing, now);
        return;
    }
    if (b->asked && standing->missing_count > 0) {
        b->wanted = true;
        b->run_count = standing->missing_count;
        memcpy(b->run, standing->missing, b->run_count * sizeof b->run[0]);
    }
    b->asked = b->asked && standing->taken_count > 0; /* an answer to the offer */
    if (b->wanted && b->run_count == 0 && !b->flying) {
        b->wanted = false; /* all that he named is there: is anything else missing? */
        b->due = now;
    } else if (b->wanted) {
        b->due = now + DG_BULK_PATIENCE_MS;
        b->used = now;
    }
}

void dg_bulk_frame(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                   struct dg_link *link, dg_ms now)
{
    for (size_t i = 0; i < event->frame->standing_count; i++)
        on_standing(node, txn, link, &event->frame->standing[i], now);
}

/* ---- choosing ----------------------------------------------------------------------------------- */

/* He cannot know what to do with it before he has the report. */
static bool report_waits(struct dg_txn *txn, const struct dg_queued *row)
{
    struct dg_queued queued;
    return dg_queued_get(txn, row->unit, DG_LANE_URGENT, row->position, &queued) ||
           dg_queued_get(txn, row->unit, DG_LANE_NORMAL, row->position, &queued);
}

static bool can_give(struct dg_txn *txn, const struct dg_queued *row)
{
    struct dg_hash content;
    struct dg_attached attached;
    if (row->held || row->directory_key.size != sizeof content.b || report_waits(txn, row))
        return false;
    memcpy(content.b, row->directory_key.data, sizeof content.b);
    return dg_attached_get(txn, &content, &attached) && attached.state == DG_ATTACHED_WHOLE;
}

/* The first row that can be given. */
static bool choose(struct dg_txn *txn, struct dg_link *link, dg_ms now)
{
    struct dg_bulk *b = &link->bulk;
    struct dg_row_key lane = dg_key_outbox(dg_bytes_of(link->unit), DG_LANE_BULK, 0);
    struct dg_cursor cursor;
    struct dg_queued row;
    dg_cursor_open(&cursor, txn, DG_TABLE_OUTBOX);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&lane));
    for (; more && dg_cursor_at_prefix(&cursor, dg_bytes_at(lane.data, lane.size - 8)) && !b->giving;
         more = dg_cursor_next(&cursor)) {
        if (!dg_queued_read(txn, cursor.key, cursor.value, &row))
            break;
        b->giving = !is_off(b, row.seq) && can_give(txn, &row);
    }
    dg_cursor_close(&cursor);
    if (!b->giving)
        return false;
    b->seq = row.seq;
    memcpy(b->content.b, row.directory_key.data, sizeof b->content.b);
    b->asked = b->wanted = b->flying = false;
    b->run_count = 0;
    b->tries = 0;
    b->due = now;
    return true;
}

/* Urgent news and records go first; of what is left, two ordinary reports to one piece, but no piece waits
 * for them longer than a second. */
static bool must_yield(const struct dg_link *link, dg_ms now)
{
    const struct dg_bulk *b = &link->bulk;
    bool normal = false;
    if (link->full_until > now)
        return true;
    for (size_t i = 0; i < link->flight_count; i++) {
        if (link->flight[i].lane <= DG_LANE_URGENT)
            return true;
        normal = normal || link->flight[i].tries == 0;
    }
    return normal && b->yielded < NORMAL_PER_PIECE && now - b->flown_at < YIELD_MS;
}

/* As much of the first missing run as one proof can carry and the line takes in a second. */
static struct dg_run next_run(const struct dg_bulk *b, const struct dg_attachment *what)
{
    struct dg_run first = b->run[0], run = {.first = first.first, .count = 1};
    uint32_t chunks = dg_attachment_chunks(what), most = dg_attachment_piece_chunks(what);
    unsigned level;
    for (uint32_t count = 2; count <= most && (uint64_t)count * what->chunk_size <= b->rate; count *= 2) {
        struct dg_run longer = {.first = first.first, .count = count};
        if (longer.count > chunks - longer.first)
            longer.count = chunks - longer.first;
        if (longer.count <= first.count && dg_run_is_node(what, longer, &level))
            run = longer;
    }
    return run;
}

/* ---- sending ------------------------------------------------------------------------------------ */

static enum dg_said send(const struct dg_frame *frame, uint64_t conn, const struct dg_voice *voice)
{
    struct dg_buf bytes;
    dg_buf_init(&bytes, DG_FRAME_MAX);
    enum dg_said said = DG_SAID_FULL;
    if (dg_frame_encode(frame, &bytes) == DG_OK && bytes.err == DG_OK)
        said = voice->send(voice->ctx, conn, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return said;
}

static void send_offer(struct dg_link *link, dg_ms now, const struct dg_voice *voice)
{
    struct dg_bulk *b = &link->bulk;
    struct dg_offer offer = {.content = b->content};
    struct dg_frame frame = {.offer_count = 1, .offer = &offer};
    dg_ms wait = OFFER_MIN_MS;
    for (uint32_t i = 0; i < b->tries && wait < OFFER_MAX_MS; i++)
        wait *= 2;
    b->tries++;
    b->due = now + (wait < OFFER_MAX_MS ? wait : OFFER_MAX_MS);
    b->asked = true;
    b->wanted = false;
    (void)send(&frame, link->conn, voice);
}

/* The tree that proves the pieces of what is given; mostly it is the one of the last piece. */
static bool tree_ready(struct dg_giving *giving, struct dg_txn *txn, const struct dg_attached *attached)
{
    struct dg_hash *piece;
    size_t count;
    if (giving->tree.levels > 0 && dg_hash_equal(&giving->content, &attached->content))
        return true;
    dg_hash_tree_free(&giving->tree);
    giving->content = attached->content;
    return dg_attached_pieces(txn, attached, &piece, &count) &&
           dg_hash_tree_build(&giving->tree, piece, count) == DG_OK;
}

/* Makes the next piece. False when the file is not what it was. */
static bool make_piece(struct dg_node *node, struct dg_txn *txn, struct dg_bulk *b, struct dg_piece *ret)
{
    struct dg_giving *giving = node->giving;
    struct dg_attached attached;
    struct dg_piece piece = {.content = b->content};
    if (!dg_attached_get(txn, &b->content, &attached) || !tree_ready(giving, txn, &attached))
        return false;
    piece.run = next_run(b, &attached.what);
    if (dg_attached_read_piece(node->env.files, &attached, &giving->tree, piece.run, giving->piece,
                               &piece.data, &piece.proof) != DG_OK)
        return false;
    b->flight_bytes = piece.data.size;
    size_t packed = dg_pack(piece.data, giving->packed);
    piece.packed = packed > 0;
    if (packed > 0)
        piece.data = dg_bytes_at(giving->packed, packed);
    *ret = piece;
    return true;
}

static void flown(struct dg_bulk *b, struct dg_run run, dg_ms now)
{
    b->flying = true;
    b->flight = run;
    b->flown_at = b->used = now;
    b->due = now + DG_BULK_PATIENCE_MS;
    b->yielded = 0;
    b->run[0].first += run.count;
    b->run[0].count -= run.count;
    if (b->run[0].count > 0)
        return;
    b->run_count--;
    memmove(b->run, b->run + 1, b->run_count * sizeof b->run[0]);
}

static void send_piece(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, dg_ms now,
                       const struct dg_voice *voice)
{
    struct dg_bulk *b = &link->bulk;
    struct dg_piece piece;
    if (!make_piece(node, txn, b, &piece)) {
        struct dg_fault fault;
        (void)dg_faultf(&fault, DG_ERR_BAD_ATTACHMENT, "%s", link->unit);
        voice->fact(voice->ctx, &fault, "bulk");
        put_off(b);
        b->again_at = now + OFFER_MAX_MS;
        return;
    }
    struct dg_frame frame = {.piece_count = 1, .piece = &piece};
    switch (send(&frame, link->up ? DG_NODE_BULK : b->conn, voice)) {
    case DG_SAID:
        flown(b, piece.run, now);
        break;
    case DG_SAID_GONE:
        b->up = false;
        dg_bulk_cut(link, now);
        break;
    case DG_SAID_FULL:
    default:
        b->full_until = now + 50;
        break;
    }
}

/* A piece that is not taken for so long is lost, or its word is: he is asked. */
static void give_up_flight(struct dg_bulk *b, dg_ms now)
{
    if (!b->flying || now - b->flown_at < DG_BULK_PATIENCE_MS)
        return;
    b->flying = b->wanted = false;
    b->run_count = 0;
    b->rate /= 2;
    b->due = now;
}

void dg_bulk_pump(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, dg_ms now,
                  const struct dg_voice *voice)
{
    struct dg_bulk *b = &link->bulk;
    if (node->env.files == NULL)
        b->wake = false;
    if (!link->connected || node->env.files == NULL)
        return;
    open_or_close(link, now, voice);
    if (b->again_at != 0 && now >= b->again_at) {
        b->again_at = 0;
        b->off_count = 0;
        b->wake = true;
    }
    if (!b->giving && (!b->wake || !choose(txn, link, now))) {
        b->wake = false;
        return;
    }
    give_up_flight(b, now);
    if (!b->flying && now >= b->due)
        send_offer(link, now, voice);
    else if (b->wanted && !b->flying && b->run_count > 0 && b->up && now >= b->full_until &&
             !must_yield(link, now))
        send_piece(node, txn, link, now, voice);
}

dg_ms dg_bulk_due(const struct dg_link *link, dg_ms now, dg_ms due)
{
    const struct dg_bulk *b = &link->bulk;
    enum { LOOK_MS = 50 };
    if (!link->connected)
        return due;
    if (link->up && b->opened && !b->up && b->hello_sent == 0 && due > DG_GREET_MS)
        due = DG_GREET_MS;
    if (b->again_at != 0 && b->again_at - now < due)
        due = b->again_at - now;
    if (!b->giving)
        return b->wake && due > 2 ? 2 : due;
    dg_ms next = b->flying ? b->flown_at + DG_BULK_PATIENCE_MS - now : b->due - now;
    if (next < due)
        due = next;
    return b->wanted && !b->flying && b->up && due > LOOK_MS ? LOOK_MS : due;
}
