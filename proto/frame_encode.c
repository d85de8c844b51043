/* frame_encode.c - writes one message of a link. */
#include "proto/frame.h"

#include "proto/pb_frame.h"

static void write_hello(struct dg_pb_out *out, const struct dg_hello *hello, Dgpb__Hello **ret)
{
    Dgpb__Hello *wire = dg_pb_message(out, &dgpb__hello__descriptor);

    *ret = wire;
    if (wire == NULL)
        return;
    wire->federation = dg_pb_bytes(hello->federation);
    wire->unit = dg_pb_bytes(hello->unit);
    wire->certificate = DG_PB_VIEW(hello->certificate);
    wire->lane = hello->lane;
    wire->boot = hello->boot;
    wire->nonce = DG_PB_VIEW(hello->nonce);
    wire->log_size = hello->log_size;
    wire->frame_max = hello->frame_max;
    wire->clock_ms = hello->clock_ms;
    wire->has_restored = wire->restored = hello->restored;
}

static void write_welcome(struct dg_pb_out *out, const struct dg_welcome *welcome, Dgpb__Welcome **ret)
{
    Dgpb__Welcome *wire = dg_pb_message(out, &dgpb__welcome__descriptor);

    *ret = wire;
    if (wire == NULL)
        return;
    wire->unit = dg_pb_bytes(welcome->unit);
    wire->certificate = DG_PB_VIEW(welcome->certificate);
    wire->log_size = welcome->log_size;
    wire->frame_max = welcome->frame_max;
    wire->clock_ms = welcome->clock_ms;
}

static void write_refused(struct dg_pb_out *out, const struct dg_refused *refused, Dgpb__Refused **ret)
{
    Dgpb__Refused *wire = dg_pb_message(out, &dgpb__refused__descriptor);

    *ret = wire;
    if (wire == NULL)
        return;
    wire->code = dg_pb_bytes(refused->code);
    dg_pb_optional(&wire->has_detail, &wire->detail, refused->detail);
    wire->has_boot = refused->boot != 0;
    wire->boot = refused->boot;
}

static void write_beat(struct dg_pb_out *out, const struct dg_beat *beat, Dgpb__Beat **ret)
{
    Dgpb__Beat *wire = dg_pb_message(out, &dgpb__beat__descriptor);

    *ret = wire;
    if (wire == NULL)
        return;
    wire->number = beat->number;
    wire->clock_ms = beat->clock_ms;
}

static void write_credit(struct dg_pb_out *out, const struct dg_credit *credit, Dgpb__Credit **ret)
{
    *ret = dg_pb_message(out, &dgpb__credit__descriptor);
    if (*ret == NULL)
        return;
    (*ret)->items = credit->items;
    (*ret)->has_bytes = credit->bytes != 0;
    (*ret)->bytes = credit->bytes;
}

static void write_enrol_hello(struct dg_pb_out *out, const uint8_t *invitation, Dgpb__EnrolHello **ret)
{
    *ret = dg_pb_message(out, &dgpb__enrol_hello__descriptor);
    if (*ret != NULL)
        (*ret)->invitation = dg_pb_view(invitation, 16);
}

static void write_enrol_challenge(struct dg_pb_out *out, const struct dg_hash *nonce,
                                  Dgpb__EnrolChallenge **ret)
{
    *ret = dg_pb_message(out, &dgpb__enrol_challenge__descriptor);
    if (*ret != NULL)
        (*ret)->nonce = DG_PB_VIEW(*nonce);
}

/* The parts that a frame has at most one of. */
static void write_single(struct dg_pb_out *out, const struct dg_frame *frame, Dgpb__Frame *wire)
{
    if (frame->hello != NULL)
        write_hello(out, frame->hello, &wire->hello);
    if (frame->welcome != NULL)
        write_welcome(out, frame->welcome, &wire->welcome);
    if (frame->refused != NULL)
        write_refused(out, frame->refused, &wire->refused);
    if (frame->ping != NULL)
        write_beat(out, frame->ping, &wire->ping);
    if (frame->pong != NULL)
        write_beat(out, frame->pong, &wire->pong);
    if (frame->credit != NULL)
        write_credit(out, frame->credit, &wire->credit);
    if (frame->enrol_hello != NULL)
        write_enrol_hello(out, frame->enrol_hello, &wire->enrol_hello);
    if (frame->enrol_challenge != NULL)
        write_enrol_challenge(out, frame->enrol_challenge, &wire->enrol_challenge);
    if (frame->enrol_request != NULL)
        wire->enrol_request = dg_pb_message(out, &dgpb__enrol_request__descriptor);
    if (wire->enrol_request != NULL)
        dg_pb_write_enrol_request(out, frame->enrol_request, wire->enrol_request);
    if (frame->enrol_grant != NULL)
        wire->enrol_grant = dg_pb_message(out, &dgpb__enrol_grant__descriptor);
    if (wire->enrol_grant != NULL)
        dg_pb_write_enrol_grant(out, frame->enrol_grant, wire->enrol_grant);
    dg_pb_write_restore(out, frame, wire);
}

static void write_parcels(struct dg_pb_out *out, const struct dg_frame *frame, Dgpb__Frame *wire)
{
    wire->n_parcel = dg_pb_messages(out, frame->parcel_count, &dgpb__parcel__descriptor, &wire->parcel);
    for (size_t i = 0; i < wire->n_parcel; i++) {
        const struct dg_parcel *parcel = &frame->parcel[i];
        wire->parcel[i]->tag = parcel->tag;
        wire->parcel[i]->has_packed = wire->parcel[i]->packed = parcel->packed.size > 0;
        wire->parcel[i]->envelope =
            dg_pb_bytes(parcel->packed.size > 0 ? parcel->packed : parcel->envelope_bytes);
    }
}

static void write_answers(struct dg_pb_out *out, const struct dg_frame *frame, Dgpb__Frame *wire)
{
    wire->n_answer = dg_pb_messages(out, frame->answer_count, &dgpb__answer__descriptor, &wire->answer);
    for (size_t i = 0; i < wire->n_answer; i++) {
        const struct dg_answer *answer = &frame->answer[i];
        wire->answer[i]->tag = answer->tag;
        wire->answer[i]->code = dg_pb_bytes(answer->code);
        dg_pb_optional(&wire->answer[i]->has_detail, &wire->answer[i]->detail, answer->detail);
        wire->answer[i]->has_retry_after_ms = answer->retry_after_ms != 0;
        wire->answer[i]->retry_after_ms = answer->retry_after_ms;
    }
}

enum dg_err dg_frame_encode(const struct dg_frame *frame, struct dg_buf *out)
{
    Dgpb__Frame wire = DGPB__FRAME__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    write_single(&pb, frame, &wire);
    wire.n_checkpoint = dg_pb_views(&pb, frame->checkpoint_count, frame->checkpoint, &wire.checkpoint);
    write_parcels(&pb, frame, &wire);
    wire.n_record = dg_pb_messages(&pb, frame->record_count, &dgpb__record__descriptor, &wire.record);
    for (size_t i = 0; i < wire.n_record; i++)
        dg_pb_write_record(&pb, &frame->record[i], wire.record[i]);
    write_answers(&pb, frame, &wire);
    wire.n_acked = frame->acked_count;
    wire.acked = frame->acked;
    dg_pb_write_bulk(&pb, frame, &wire);
    return dg_pb_out_end(&pb, &wire.base, out);
}
