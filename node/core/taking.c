/* taking.c - attachments that a neighbour gives: what is missing, and its pieces.
 *
 * Bits follow bytes: dg_taking_prepare writes and syncs, the step that comes after it sets the bits.
 */
#include <string.h>

#include "common/pack.h"
#include "node/core/node_impl.h"

static void say(struct dg_out *out, uint64_t conn, const struct dg_standing *standing)
{
    struct dg_standing said = *standing;
    struct dg_frame frame = {.standing_count = 1, .standing = &said};
    dg_out_frame(out, conn, &frame);
}

/* ---- pieces, before the step -------------------------------------------------------------------- */

static enum dg_err unpack(struct dg_arena *arena, const struct dg_piece *piece, struct dg_bytes *ret)
{
    *ret = piece->data;
    return piece->packed ? dg_unpack(arena, piece->data, DG_PIECE_BYTES, ret) : DG_OK;
}

/* A piece that nobody waits for costs no more than looking it up. */
static enum dg_err store_piece(struct dg_node *node, struct dg_txn *txn, struct dg_arena *arena,
                               struct dg_piece *piece)
{
    struct dg_attached attached;
    struct dg_bytes data;
    unsigned level;
    if (!dg_attached_get(txn, &piece->content, &attached) || attached.state != DG_ATTACHED_COMING ||
        !attached.counted || !dg_run_is_node(&attached.what, piece->run, &level) ||
        dg_attached_has(txn, &attached, piece->run))
        return DG_OK;
    enum dg_err err = unpack(arena, piece, &data);
    if (err == DG_OK && DG_MUTANT("no-piece-proof"))
        err = node->env.files->ops->write(node->env.files, &attached.content,
                                          dg_run_offset(&attached.what, piece->run), data);
    else if (err == DG_OK)
        err = dg_attached_put_piece(node->env.files, &attached, piece->run, data, &piece->proof);
    piece->stored = err == DG_OK;
    if (!piece->stored)
        node->counted_refused++;
    return err;
}

static void forget_stored(struct dg_event events[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; events[i].frame != NULL && k < events[i].frame->piece_count; k++)
            events[i].frame->piece[k].stored = false;
}

enum dg_err dg_taking_prepare(struct dg_node *node, struct dg_txn *txn, struct dg_event events[],
                              size_t count, struct dg_arena *arena)
{
    bool wrote = false;
    enum dg_err err = DG_OK;
    for (size_t i = 0; i < count && err != DG_ERR_STORE_IO; i++) {
        struct dg_frame *frame = events[i].frame;
        bool ours = frame != NULL && frame->piece_count > 0 && dg_bulk_by_conn(node, events[i].conn) != NULL;
        for (size_t k = 0; ours && k < frame->piece_count && err != DG_ERR_STORE_IO; k++) {
            err = store_piece(node, txn, arena, &frame->piece[k]);
            wrote = wrote || frame->piece[k].stored;
        }
    }
    if (err != DG_ERR_STORE_IO && wrote && !DG_MUTANT("bits-before-sync")) {
        err = node->env.files->ops->sync(node->env.files);
        if (err != DG_OK)
            forget_stored(events, count);
    }
    return err == DG_ERR_STORE_IO ? err : DG_OK;
}

/* ---- steps -------------------------------------------------------------------------------------- */

/* How it stands, without what is missing. */
static struct dg_standing standing_of(const struct dg_attached *attached)
{
    struct dg_standing standing = {.content = attached->content};
    standing.whole = attached->state == DG_ATTACHED_WHOLE;
    if (attached->state == DG_ATTACHED_REFUSED)
        standing.code = attached->code;
    return standing;
}

static void refuse(struct dg_out *out, uint64_t conn, const struct dg_hash *content, enum dg_err code)
{
    say(out, conn, &(struct dg_standing){.content = *content, .code = dg_bytes_of(dg_err_name(code))});
}

/* The quota is asked before the first piece is. */
static void on_offer(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     struct dg_link *link, const struct dg_offer *offer, dg_ms now, struct dg_out *out)
{
    struct dg_attached attached;
    struct dg_run run[DG_RUNS_MAX];
    if (node->env.files == NULL || !dg_attached_get(txn, &offer->content, &attached)) {
        refuse(out, event->conn, &offer->content, DG_ERR_RETRY_LATER);
        return;
    }
    struct dg_standing standing = standing_of(&attached);
    if (attached.state == DG_ATTACHED_COMING) {
        if (attached.from.size == 0)
            attached.from = dg_bytes_of(link->unit);
        bool counted = attached.counted;
        enum dg_err err = dg_attach_count(node, txn, &attached, now);
        if (!counted)
            dg_attached_put(txn, &attached);
        if (err != DG_OK) {
            refuse(out, event->conn, &offer->content, err);
            return;
        }
        standing.missing_count = dg_attached_missing(txn, &attached, run, DG_RUNS_MAX);
        standing.missing = run;
        link->bulk.used = now;
    }
    say(out, event->conn, &standing);
}

static void on_piece(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     struct dg_link *link, const struct dg_piece *piece, dg_ms now, struct dg_out *out)
{
    struct dg_attached attached;
    struct dg_run taken = piece->run;
    unsigned level;
    link->bulk.used = now;
    if (!dg_attached_get(txn, &piece->content, &attached) ||
        !dg_run_is_node(&attached.what, piece->run, &level))
        return;
    if (piece->stored) {
        dg_attached_took(txn, &attached, piece->run, now);
        if (attached.state == DG_ATTACHED_CHECKING)
            dg_checking_add(node, &attached.content);
    } else if (!dg_attached_has(txn, &attached, piece->run)) {
        return; /* the giver asks again in its time */
    }
    struct dg_standing standing = standing_of(&attached);
    standing.taken_count = 1;
    standing.taken = &taken;
    say(out, event->conn, &standing);
}

void dg_taking_frame(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     struct dg_link *link, dg_ms now, struct dg_out *out)
{
    const struct dg_frame *frame = event->frame;
    for (size_t i = 0; i < frame->offer_count; i++)
        on_offer(node, txn, event, link, &frame->offer[i], now, out);
    for (size_t i = 0; i < frame->piece_count; i++)
        on_piece(node, txn, event, link, &frame->piece[i], now, out);
}

void dg_taking_tell(struct dg_node *node, struct dg_out *out, const struct dg_attached *attached)
{
    const struct dg_link *link = dg_link_by_unit(node, attached->from);
    struct dg_standing standing = standing_of(attached);
    if (link != NULL && link->connected)
        say(out, link->conn, &standing);
}
