/* frame.c - reads one message of a link. */
#include "proto/frame.h"

#include <string.h>

#include "common/crypto.h"
#include "common/limits.h"
#include "common/pack.h"
#include "proto/pb_frame.h"

enum { DETAIL_MAX = 255 };

/* A frame may hold a thousand answers of a dozen bytes each, which honestly take more than eight
 * times their wire size; so every item a frame may have counts for some memory of its own. */
#define FRAME_BUDGET(wire) (DG_CANONICAL_BUDGET(wire) + DG_FRAME_ITEMS_MAX * (size_t)256)

/* --- the parts that a frame has at most one of ---------------------------------------------- */

/* Each makes its part in the arena if the frame has it, else leaves NULL. */

static struct dg_hello *read_hello(struct dg_pb *pb, const Dgpb__Hello *wire)
{
    struct dg_hello *hello = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *hello);

    if (hello == NULL)
        return NULL;
    hello->federation = dg_pb_federation(pb, wire->federation, "federation");
    hello->unit = dg_pb_slug(pb, wire->unit, "unit");
    DG_PB_FIXED(pb, wire->certificate, hello->certificate.b, "certificate");
    hello->lane = wire->lane;
    hello->boot = wire->boot;
    DG_PB_FIXED(pb, wire->nonce, hello->nonce, "nonce");
    hello->log_size = wire->log_size;
    hello->frame_max = wire->frame_max;
    hello->clock_ms = dg_pb_instant(pb, wire->clock_ms, "clock_ms");
    hello->restored = wire->has_restored && wire->restored;
    return hello;
}

static struct dg_welcome *read_welcome(struct dg_pb *pb, const Dgpb__Welcome *wire)
{
    struct dg_welcome *welcome = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *welcome);

    if (welcome == NULL)
        return NULL;
    welcome->unit = dg_pb_slug(pb, wire->unit, "unit");
    DG_PB_FIXED(pb, wire->certificate, welcome->certificate.b, "certificate");
    welcome->log_size = wire->log_size;
    welcome->frame_max = wire->frame_max;
    welcome->clock_ms = dg_pb_instant(pb, wire->clock_ms, "clock_ms");
    return welcome;
}

static struct dg_refused *read_refused(struct dg_pb *pb, const Dgpb__Refused *wire)
{
    struct dg_refused *refused = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *refused);

    if (refused == NULL)
        return NULL;
    refused->code = dg_pb_code(pb, wire->code, "code");
    if (dg_pb_present(pb, wire->has_detail, wire->detail))
        refused->detail = dg_pb_line(pb, wire->detail, DETAIL_MAX, "detail");
    refused->boot = wire->has_boot ? wire->boot : 0;
    return refused;
}

static struct dg_beat *read_beat(struct dg_pb *pb, const Dgpb__Beat *wire)
{
    struct dg_beat *beat = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *beat);

    if (beat == NULL)
        return NULL;
    beat->number = wire->number;
    beat->clock_ms = dg_pb_instant(pb, wire->clock_ms, "clock_ms");
    return beat;
}

static const struct dg_credit *read_credit(struct dg_pb *pb, const Dgpb__Credit *wire)
{
    struct dg_credit *credit = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *credit);

    if (credit == NULL)
        return NULL;
    credit->items = wire->items;
    credit->bytes = wire->bytes;
    return credit;
}

static const uint8_t *read_enrol_hello(struct dg_pb *pb, const Dgpb__EnrolHello *wire)
{
    uint8_t *invitation = wire == NULL ? NULL : dg_pb_alloc(pb, 16);

    if (invitation != NULL)
        dg_pb_fixed(pb, wire->invitation, invitation, 16, "invitation");
    return invitation;
}

static const struct dg_hash *read_enrol_challenge(struct dg_pb *pb, const Dgpb__EnrolChallenge *wire)
{
    struct dg_hash *nonce = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *nonce);

    if (nonce != NULL)
        DG_PB_FIXED(pb, wire->nonce, nonce->b, "nonce");
    return nonce;
}

static struct dg_enrol_request *read_enrol_request(struct dg_pb *pb, Dgpb__EnrolRequest *wire)
{
    struct dg_enrol_request *request = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *request);

    if (request != NULL)
        dg_pb_read_enrol_request(pb, wire, request);
    return request;
}

static struct dg_enrol_grant *read_enrol_grant(struct dg_pb *pb, const Dgpb__EnrolGrant *wire)
{
    struct dg_enrol_grant *grant = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *grant);

    if (grant != NULL)
        dg_pb_read_enrol_grant(pb, wire, grant);
    return grant;
}

static void read_single(struct dg_pb *pb, const Dgpb__Frame *wire, struct dg_frame *ret)
{
    ret->hello = read_hello(pb, wire->hello);
    ret->welcome = read_welcome(pb, wire->welcome);
    ret->refused = read_refused(pb, wire->refused);
    ret->ping = read_beat(pb, wire->ping);
    ret->pong = read_beat(pb, wire->pong);
    ret->credit = read_credit(pb, wire->credit);
    ret->enrol_hello = read_enrol_hello(pb, wire->enrol_hello);
    ret->enrol_challenge = read_enrol_challenge(pb, wire->enrol_challenge);
    ret->enrol_request = read_enrol_request(pb, wire->enrol_request);
    ret->enrol_grant = read_enrol_grant(pb, wire->enrol_grant);
    dg_pb_read_restore(pb, wire, ret);
}

/* --- the lists ------------------------------------------------------------------------------ */

static void read_parcels(struct dg_pb *pb, const Dgpb__Frame *wire, struct dg_frame *ret)
{
    ret->parcel_count =
        dg_pb_array(pb, wire->n_parcel, DG_FRAME_ITEMS_MAX, sizeof *ret->parcel, &ret->parcel, "parcel");
    for (size_t i = 0; i < ret->parcel_count; i++) {
        struct dg_parcel *parcel = &ret->parcel[i];
        parcel->tag = wire->parcel[i]->tag;
        struct dg_bytes envelope = dg_bytes_at(wire->parcel[i]->envelope.data, wire->parcel[i]->envelope.len);
        if (wire->parcel[i]->has_packed && wire->parcel[i]->packed)
            parcel->packed = envelope;
        else
            parcel->envelope_bytes = envelope;
    }
}

static void read_records(struct dg_pb *pb, const Dgpb__Frame *wire, struct dg_frame *ret)
{
    ret->checkpoint_count = dg_pb_raw_list(pb, wire->n_checkpoint, wire->checkpoint, DG_FRAME_ITEMS_MAX,
                                           DG_CHECKPOINT_MAX, &ret->checkpoint, "checkpoint");
    ret->record_count =
        dg_pb_array(pb, wire->n_record, DG_FRAME_ITEMS_MAX, sizeof *ret->record, &ret->record, "record");
    for (size_t i = 0; i < ret->record_count; i++)
        dg_pb_read_record(pb, wire->record[i], ret->checkpoint_count, &ret->record[i]);
}

static void read_answers(struct dg_pb *pb, const Dgpb__Frame *wire, struct dg_frame *ret)
{
    ret->answer_count =
        dg_pb_array(pb, wire->n_answer, DG_FRAME_ITEMS_MAX, sizeof *ret->answer, &ret->answer, "answer");
    for (size_t i = 0; i < ret->answer_count; i++) {
        struct dg_answer *answer = &ret->answer[i];
        answer->tag = wire->answer[i]->tag;
        answer->code = dg_pb_code(pb, wire->answer[i]->code, "code");
        if (dg_pb_present(pb, wire->answer[i]->has_detail, wire->answer[i]->detail))
            answer->detail = dg_pb_line(pb, wire->answer[i]->detail, DETAIL_MAX, "detail");
        answer->retry_after_ms = wire->answer[i]->retry_after_ms;
    }
}

static void read_acked(struct dg_pb *pb, const Dgpb__Frame *wire, struct dg_frame *ret)
{
    ret->acked_count =
        dg_pb_array(pb, wire->n_acked, DG_FRAME_ITEMS_MAX, sizeof *ret->acked, &ret->acked, "acked");
    if (ret->acked_count != 0)
        memcpy(ret->acked, wire->acked, ret->acked_count * sizeof *ret->acked);
}

/* --- what is in the parcels ----------------------------------------------------------------- */

static enum dg_err unpack_parcel(struct dg_arena *arena, struct dg_parcel *parcel)
{
    enum dg_err err = DG_OK;

    if (parcel->packed.size > 0)
        err = dg_unpack(arena, parcel->packed, DG_ENVELOPE_MAX, &parcel->envelope_bytes);
    return err == DG_OK ? DG_OK : dg_faultf(&parcel->fault, err, "packed");
}

static enum dg_err open_parcel(struct dg_arena *arena, struct dg_parcel *parcel)
{
    enum dg_err err = unpack_parcel(arena, parcel);

    if (err == DG_OK)
        err = dg_envelope_decode(arena, parcel->envelope_bytes, &parcel->envelope, &parcel->fault);
    if (err != DG_OK)
        return err;
    parcel->id = dg_report_id(parcel->envelope.report);
    err = dg_report_decode(arena, parcel->envelope.report, &parcel->report, &parcel->fault);
    if (err != DG_OK && err != DG_ERR_NO_MEMORY)
        parcel->has_authors = dg_report_authors(arena, parcel->envelope.report, &parcel->report);
    return err;
}

static enum dg_err open_guarded(struct dg_arena *arena, const struct dg_guard *guard,
                                struct dg_parcel *parcel)
{
    if (guard == NULL)
        return open_parcel(arena, parcel);
    parcel->handle = dg_sha256(parcel->packed.size > 0 ? parcel->packed : parcel->envelope_bytes);
    if (!guard->enter(guard->ctx, &parcel->handle))
        return dg_fault(&parcel->fault, DG_ERR_CRASHED);
    enum dg_err err = open_parcel(arena, parcel);
    guard->leave(guard->ctx, false);
    return err;
}

/* What the packed envelopes would add to the frame if they were not packed. What is none adds nothing. */
static size_t unpacked_size(const struct dg_frame *frame)
{
    size_t sum = 0, size;

    for (size_t i = 0; i < frame->parcel_count; i++) {
        if (frame->parcel[i].packed.size > 0 && dg_packed_size(frame->parcel[i].packed, &size))
            sum += size < DG_FRAME_MAX ? size : DG_FRAME_MAX;
    }
    return sum;
}

/* Each parcel is decoded within its own budget, and all of them within three times the frame's:
 * a thousand small ones shall not take a thousand times the fixed part of a budget. Nor shall a short frame
 * take more for being packed than a long one may. */
static enum dg_err open_parcels(struct dg_arena *arena, size_t frame_size, const struct dg_guard *guard,
                                struct dg_frame *frame, struct dg_fault *fault)
{
    const size_t before = arena->used, unpacked = unpacked_size(frame);

    if (unpacked > DG_FRAME_MAX)
        return dg_faultf(fault, DG_ERR_TOO_LARGE, "packed");
    frame_size += unpacked;
    for (size_t i = 0; i < frame->parcel_count; i++) {
        struct dg_parcel *parcel = &frame->parcel[i];
        parcel->err = open_guarded(arena, guard, parcel);
        if (parcel->err == DG_ERR_NO_MEMORY)
            return dg_fault(fault, DG_ERR_NO_MEMORY);
        if (arena->used - before > 3 * DG_CANONICAL_BUDGET(frame_size))
            return dg_fault(fault, DG_ERR_TOO_COMPLEX);
    }
    return DG_OK;
}

enum dg_err dg_frame_open(struct dg_arena *arena, struct dg_bytes bytes, const struct dg_guard *guard,
                          struct dg_frame *ret, struct dg_fault *fault)
{
    struct dg_frame frame = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, FRAME_BUDGET(bytes.size), fault);
    const Dgpb__Frame *wire = dg_pb_unpack(&pb, &dgpb__frame__descriptor, bytes, DG_FRAME_MAX, DG_PB_LOOSE);
    if (wire == NULL)
        return pb.err;
    read_single(&pb, wire, &frame);
    read_parcels(&pb, wire, &frame);
    read_records(&pb, wire, &frame);
    read_answers(&pb, wire, &frame);
    read_acked(&pb, wire, &frame);
    dg_pb_read_bulk(&pb, wire, &frame);
    enum dg_err err = pb.err;
    if (err == DG_OK)
        err = open_parcels(arena, bytes.size, guard, &frame, fault);
    if (err == DG_OK)
        *ret = frame;
    return err;
}

enum dg_err dg_frame_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_frame *ret,
                            struct dg_fault *fault)
{
    return dg_frame_open(arena, bytes, NULL, ret, fault);
}
