/* bulk.c - what a frame says about attachments: offers, standings and pieces. */
#include <string.h>

#include "common/limits.h"
#include "proto/pb_frame.h"

enum { DETAIL_MAX = 255 };

/* --- reading -------------------------------------------------------------------------------- */

/* Runs are pairs of numbers; none is empty or reaches beyond the last chunk there can be. */
static size_t read_runs(struct dg_pb *pb, size_t count, const uint32_t *wire, struct dg_run **ret)
{
    if (count % 2 != 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "run");
    size_t runs = dg_pb_array(pb, count / 2, DG_RUNS_MAX, sizeof **ret, ret, "run");
    for (size_t i = 0; i < runs; i++) {
        (*ret)[i] = (struct dg_run){.first = wire[2 * i], .count = wire[2 * i + 1]};
        if ((*ret)[i].count == 0 || (*ret)[i].first > UINT32_MAX - (*ret)[i].count)
            dg_pb_fail(pb, DG_ERR_MALFORMED, "run");
    }
    return pb->err == DG_OK ? runs : 0;
}

static void read_standing(struct dg_pb *pb, const Dgpb__Standing *wire, struct dg_standing *ret)
{
    DG_PB_FIXED(pb, wire->content, ret->content.b, "content");
    ret->whole = wire->has_whole && wire->whole;
    ret->missing_count = read_runs(pb, wire->n_missing, wire->missing, &ret->missing);
    ret->taken_count = read_runs(pb, wire->n_taken, wire->taken, &ret->taken);
    if (dg_pb_present(pb, wire->has_code, wire->code))
        ret->code = dg_pb_code(pb, wire->code, "code");
    if (dg_pb_present(pb, wire->has_detail, wire->detail))
        ret->detail = dg_pb_line(pb, wire->detail, DETAIL_MAX, "detail");
}

static void read_piece(struct dg_pb *pb, const Dgpb__Piece *wire, struct dg_piece *ret)
{
    DG_PB_FIXED(pb, wire->content, ret->content.b, "content");
    ret->run = (struct dg_run){.first = wire->first, .count = wire->count};
    ret->data = dg_pb_raw(pb, wire->data, DG_PIECE_BYTES, "data");
    ret->packed = wire->has_packed && wire->packed;
    dg_pb_read_proof(pb, wire->n_proof, wire->proof, &ret->proof);
    if (ret->run.count == 0 || ret->run.first > UINT32_MAX - ret->run.count || ret->data.size == 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "piece");
}

void dg_pb_read_bulk(struct dg_pb *pb, const Dgpb__Frame *wire, struct dg_frame *ret)
{
    ret->offer_count =
        dg_pb_array(pb, wire->n_offer, DG_BULK_ITEMS_MAX, sizeof *ret->offer, &ret->offer, "offer");
    for (size_t i = 0; i < ret->offer_count; i++)
        DG_PB_FIXED(pb, wire->offer[i]->content, ret->offer[i].content.b, "content");
    ret->standing_count = dg_pb_array(pb, wire->n_standing, DG_BULK_ITEMS_MAX, sizeof *ret->standing,
                                      &ret->standing, "standing");
    for (size_t i = 0; i < ret->standing_count; i++)
        read_standing(pb, wire->standing[i], &ret->standing[i]);
    ret->piece_count =
        dg_pb_array(pb, wire->n_piece, DG_BULK_ITEMS_MAX, sizeof *ret->piece, &ret->piece, "piece");
    for (size_t i = 0; i < ret->piece_count; i++)
        read_piece(pb, wire->piece[i], &ret->piece[i]);
}

/* --- writing -------------------------------------------------------------------------------- */

/* A run is laid out as the pair of numbers that travels. */
static size_t write_runs(struct dg_pb_out *out, size_t count, const struct dg_run *runs, uint32_t **ret)
{
    if (count == 0)
        return 0;
    *ret = dg_arena_array(&out->arena, 2 * count, sizeof **ret);
    if (*ret == NULL) {
        out->err = DG_ERR_NO_MEMORY;
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        (*ret)[2 * i] = runs[i].first;
        (*ret)[2 * i + 1] = runs[i].count;
    }
    return 2 * count;
}

static void write_standing(struct dg_pb_out *out, const struct dg_standing *standing, Dgpb__Standing *wire)
{
    wire->content = DG_PB_VIEW(standing->content);
    wire->has_whole = wire->whole = standing->whole;
    wire->n_missing = write_runs(out, standing->missing_count, standing->missing, &wire->missing);
    wire->n_taken = write_runs(out, standing->taken_count, standing->taken, &wire->taken);
    dg_pb_optional(&wire->has_code, &wire->code, standing->code);
    dg_pb_optional(&wire->has_detail, &wire->detail, standing->detail);
}

static void write_piece(struct dg_pb_out *out, const struct dg_piece *piece, Dgpb__Piece *wire)
{
    wire->content = DG_PB_VIEW(piece->content);
    wire->first = piece->run.first;
    wire->count = piece->run.count;
    wire->data = dg_pb_bytes(piece->data);
    wire->has_packed = wire->packed = piece->packed;
    wire->n_proof = dg_pb_fixed_views(out, piece->proof.count, piece->proof.hash, sizeof piece->proof.hash[0],
                                      &wire->proof);
}

void dg_pb_write_bulk(struct dg_pb_out *out, const struct dg_frame *frame, Dgpb__Frame *wire)
{
    wire->n_offer = dg_pb_messages(out, frame->offer_count, &dgpb__offer__descriptor, &wire->offer);
    for (size_t i = 0; i < wire->n_offer; i++)
        wire->offer[i]->content = DG_PB_VIEW(frame->offer[i].content);
    wire->n_standing =
        dg_pb_messages(out, frame->standing_count, &dgpb__standing__descriptor, &wire->standing);
    for (size_t i = 0; i < wire->n_standing; i++)
        write_standing(out, &frame->standing[i], wire->standing[i]);
    wire->n_piece = dg_pb_messages(out, frame->piece_count, &dgpb__piece__descriptor, &wire->piece);
    for (size_t i = 0; i < wire->n_piece; i++)
        write_piece(out, &frame->piece[i], wire->piece[i]);
}
