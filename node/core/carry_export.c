/* carry_export.c - the rows that wait for a neighbour as signed and sealed files: answers first, then lane by
 * lane.
 *
 * The frames are those of the line, made by packing.c.
 */
#include <stdlib.h>
#include <string.h>

#include "node/core/carry_impl.h"
#include "node/core/outbox_impl.h"

/* ---- who ---------------------------------------------------------------------------------------- */

static bool begins_with(struct dg_txn *txn, enum dg_table table, struct dg_bytes unit)
{
    struct dg_row_key prefix = dg_key_slug(unit);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, table);
    bool has = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix)) &&
               dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix));
    dg_cursor_close(&cursor);
    return has;
}

static bool is_neighbour(const struct dg_node *node, const struct dg_dir_unit *unit)
{
    return unit != NULL && (dg_bytes_is(unit->slug, node->identity.parent) ||
                            dg_bytes_is(unit->parent_slug, node->identity.unit));
}

void dg_carry_each(struct dg_node *node, struct dg_txn *txn, bool (*each)(void *ctx, struct dg_bytes unit),
                   void *ctx)
{
    const struct dg_directory *dir = dg_node_directory(node, txn);
    struct dg_bytes parent = dg_bytes_of(node->identity.parent);
    const struct dg_dir_unit *up = dg_directory_unit(dir, parent);
    if (up != NULL &&
        (begins_with(txn, DG_TABLE_OUTBOX, parent) || begins_with(txn, DG_TABLE_CARRIED, parent)) &&
        !each(ctx, parent))
        return;
    for (size_t i = 0; i < dir->unit_count; i++) {
        struct dg_bytes unit = dir->unit[i].slug;
        if (dg_bytes_is(dir->unit[i].parent_slug, node->identity.unit) &&
            (begins_with(txn, DG_TABLE_OUTBOX, unit) || begins_with(txn, DG_TABLE_CARRIED, unit)) &&
            !each(ctx, unit))
            return;
    }
}

enum dg_err dg_carry_begin(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, dg_ms now,
                           struct dg_carrying *ret, struct dg_fault *fault)
{
    const struct dg_dir_unit *neighbour = dg_directory_unit(dg_node_directory(node, txn), unit);
    if (!is_neighbour(node, neighbour))
        return dg_faultf(fault, DG_ERR_UNKNOWN_MEMBER, "%.*s", (int)unit.size, (const char *)unit.data);
    if (now > neighbour->not_after_ms)
        return dg_faultf(fault, DG_ERR_EXPIRED, "%.*s", (int)unit.size, (const char *)unit.data);
    *ret = (struct dg_carrying){.node = node, .key = neighbour->transport, .made_ms = now};
    memcpy(ret->unit, unit.data, unit.size);
    node->env.random(node->env.random_ctx, ret->bundle, sizeof ret->bundle);
    return DG_OK;
}

/* ---- one file ----------------------------------------------------------------------------------- */

/* Seals the frame of p, if it holds anything, into sealed. */
static enum dg_err seal_frame(struct dg_carrying *c, const struct dg_packing *p, struct dg_buf *sealed)
{
    const struct dg_sealer *sealer = c->node->env.sealer;
    struct dg_buf frame;
    if (p->frame.parcel_count + p->frame.record_count == 0)
        return DG_OK;
    dg_buf_init(&frame, DG_FRAME_MAX);
    enum dg_err err = dg_frame_encode(&p->frame, &frame);
    if (err == DG_OK)
        err = sealer->seal(sealer->ctx, &c->key, dg_buf_bytes(&frame), sealed);
    dg_buf_done(&frame);
    return err;
}

/* Signs what carried says, which is now from here and for the neighbour, as a file. */
static enum dg_err sign_file(struct dg_carrying *c, struct dg_carried *carried, struct dg_buf *file)
{
    const struct dg_identity *identity = &c->node->identity;
    const struct dg_signer *signer = c->node->env.signer;
    struct dg_buf body;
    carried->federation = dg_bytes_of(identity->federation);
    carried->from = dg_bytes_of(identity->unit);
    carried->to = dg_bytes_of(c->unit);
    memcpy(carried->bundle, c->bundle, sizeof carried->bundle);
    carried->made_ms = c->made_ms;
    dg_buf_init(&body, DG_CARRIED_MAX);
    enum dg_err err = dg_carried_body(carried, &body);
    if (err == DG_OK)
        err = signer->sign(signer->ctx, &identity->unit_key, DG_CONTEXT_CARRIED, dg_buf_bytes(&body),
                           &carried->sig);
    dg_buf_done(&body);
    return err == DG_OK ? dg_carried_encode(carried, file) : err;
}

static enum dg_err make_file(struct dg_carrying *c, const struct dg_packing *p, struct dg_carried *carried,
                             struct dg_buf *file)
{
    struct dg_buf sealed;
    if (c->number >= DG_CARRIED_PARTS_MAX)
        return DG_ERR_TOO_LARGE;
    dg_buf_init(&sealed, DG_FRAME_MAX + DG_SEAL_BYTES);
    enum dg_err err = seal_frame(c, p, &sealed);
    carried->number = ++c->number;
    carried->frame = dg_buf_bytes(&sealed);
    if (err == DG_OK)
        err = sign_file(c, carried, file);
    dg_buf_done(&sealed);
    c->rows += p->frame.parcel_count + p->frame.record_count + carried->answer_count;
    return err;
}

/* ---- what goes into it --------------------------------------------------------------------------- */

struct answers {
    struct dg_carrying *c;
    struct dg_packing *p;
    size_t count;
    struct dg_carried_answer item[DG_CARRIED_ANSWERS_MAX];
};

static bool add_answer(void *ctx, const struct dg_carried_row *row)
{
    struct answers *answers = ctx;
    struct dg_id id;
    if (answers->count == DG_CARRIED_ANSWERS_MAX)
        return false;
    memcpy(id.b, row->what.b, sizeof id.b);
    /* What does not fit goes into the next file; what cannot be proven at all would stop all others. */
    if (row->kind == DG_CARRIED_RECEIPT && !dg_packing_receipt(answers->p, &id, row->index) &&
        answers->p->frame.record_count > 0)
        return false;
    if (row->kind != DG_CARRIED_RECEIPT)
        answers->item[answers->count++] =
            (struct dg_carried_answer){.tag = row->tag, .what = row->what, .code = row->code};
    answers->c->answer_tag = row->tag + 1;
    return true;
}

/* One lane's rows as far as they fit. False when the frame is full. */
static bool add_lane(struct dg_carrying *c, struct dg_packing *p)
{
    struct dg_row_key lane = dg_key_outbox(dg_bytes_of(c->unit), (enum dg_lane)c->lane, 0);
    struct dg_row_key from = dg_key_outbox(dg_bytes_of(c->unit), (enum dg_lane)c->lane, c->seq);
    enum dg_packed packed = DG_PACKED;
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, p->txn, DG_TABLE_OUTBOX);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&from));
    for (; more && dg_cursor_at_prefix(&cursor, dg_bytes_at(lane.data, lane.size - 8));
         more = dg_cursor_next(&cursor)) {
        struct dg_queued queued;
        if (!dg_queued_read(p->txn, cursor.key, cursor.value, &queued))
            break;
        packed = queued.held ? DG_PACK_BROKEN : dg_packing_add(p, &queued);
        if (packed == DG_PACK_NO_ROOM)
            break;
        c->seq = queued.seq + 1;
    }
    dg_cursor_close(&cursor);
    return packed != DG_PACK_NO_ROOM;
}

static void add_lanes(struct dg_carrying *c, struct dg_packing *p)
{
    while (c->lane < DG_LANE_COUNT && add_lane(c, p)) {
        c->lane++;
        c->seq = 0;
    }
}

static struct dg_packing *packing_for(struct dg_carrying *c, struct dg_txn *txn)
{
    struct dg_packing *p = c->node->packing;
    struct dg_bytes unit = dg_bytes_of(c->unit);
    p->node = c->node;
    p->txn = txn;
    p->link = dg_link_get(c->node, unit, dg_bytes_is(unit, c->node->identity.parent));
    dg_log_get(txn, &p->log);
    dg_prover_init(&p->prover, txn, p->log.size);
    dg_packing_reset(p);
    return p->link != NULL ? p : NULL;
}

enum dg_err dg_carry_next(struct dg_carrying *carrying, struct dg_txn *txn, struct dg_buf *file,
                          bool *ret_more)
{
    struct dg_packing *p = packing_for(carrying, txn);
    struct answers *answers = dg_arena_alloc(txn->arena, sizeof *answers);
    if (p == NULL || answers == NULL)
        return DG_ERR_NO_MEMORY;
    answers->c = carrying;
    answers->p = p;
    if (!carrying->answered)
        dg_carried_each(txn, dg_bytes_of(carrying->unit), carrying->answer_tag, add_answer, answers);
    bool empty = p->frame.record_count + answers->count == 0;
    carrying->answered = carrying->answered || empty;
    if (empty)
        add_lanes(carrying, p);
    struct dg_carried carried = {.answer = answers->item, .answer_count = answers->count};
    *ret_more = p->frame.parcel_count + p->frame.record_count + answers->count > 0;
    if (txn->err != DG_OK || !*ret_more)
        return txn->err;
    return make_file(carrying, p, &carried, file);
}

enum dg_err dg_carry_contents(struct dg_carrying *carrying, struct dg_hash part[], size_t count,
                              struct dg_buf *file)
{
    struct dg_carried carried = {.number = 0, .part = part, .part_count = count};
    return sign_file(carrying, &carried, file);
}
