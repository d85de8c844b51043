/* envelope.c - R with its signatures, and states. */
#include "proto/report.h"

#include "common/limits.h"
#include "proto/pb.h"
#include "proto/state_table.h"

enum { STATE_MAX = 4096, STATE_CODE_LAST = DG_STATE_SOURCE_CHANGED };

/* --- envelopes ------------------------------------------------------------------------------ */

enum dg_err dg_envelope_encode(const struct dg_envelope *envelope, struct dg_buf *out)
{
    Dgpb__Envelope wire = DGPB__ENVELOPE__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.report = dg_pb_bytes(envelope->report);
    wire.n_signature =
        dg_pb_messages(&pb, envelope->signature_count, &dgpb__signature__descriptor, &wire.signature);
    for (size_t i = 0; i < wire.n_signature; i++) {
        wire.signature[i]->author = envelope->signature[i].author;
        wire.signature[i]->signature = DG_PB_VIEW(envelope->signature[i].sig);
    }
    return dg_pb_out_end(&pb, &wire.base, out);
}

static void read_signatures(struct dg_pb *pb, const Dgpb__Envelope *wire, struct dg_envelope *ret)
{
    if (wire->n_signature == 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "no signature");
    ret->signature_count = dg_pb_array(pb, wire->n_signature, DG_AUTHORS_MAX, sizeof *ret->signature,
                                       &ret->signature, "signature");
    for (size_t i = 0; i < ret->signature_count; i++) {
        uint32_t author = wire->signature[i]->author;
        if (author >= DG_AUTHORS_MAX || (i > 0 && author <= ret->signature[i - 1].author))
            dg_pb_fail(pb, DG_ERR_MALFORMED, "signature");
        ret->signature[i].author = author;
        DG_PB_FIXED(pb, wire->signature[i]->signature, ret->signature[i].sig.b, "signature");
    }
}

enum dg_err dg_envelope_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_envelope *ret,
                               struct dg_fault *fault)
{
    struct dg_envelope envelope = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__Envelope *wire =
        dg_pb_unpack(&pb, &dgpb__envelope__descriptor, bytes, DG_ENVELOPE_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    envelope.report = dg_pb_raw(&pb, wire->report, DG_REPORT_MAX, "report");
    if (envelope.report.size == 0)
        dg_pb_fail(&pb, DG_ERR_MALFORMED, "report");
    read_signatures(&pb, wire, &envelope);
    if (pb.err == DG_OK)
        *ret = envelope;
    return pb.err;
}

/* --- states --------------------------------------------------------------------------------- */

enum dg_err dg_state_encode(const struct dg_state *state, struct dg_buf *out)
{
    Dgpb__State wire = DGPB__STATE__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    wire.federation = dg_pb_bytes(state->federation);
    wire.report = DG_PB_VIEW(state->report);
    wire.organ = dg_pb_bytes(state->organ);
    wire.unit = dg_pb_bytes(state->unit);
    wire.certificate = DG_PB_VIEW(state->certificate);
    wire.code = state->code;
    dg_pb_optional(&wire.has_note, &wire.note, state->note);
    wire.signed_ms = state->signed_ms;
    return dg_pb_out_end(&pb, &wire.base, out);
}

static void read_state(struct dg_pb *pb, const Dgpb__State *wire, struct dg_state *ret)
{
    ret->federation = dg_pb_federation(pb, wire->federation, "federation");
    DG_PB_FIXED(pb, wire->report, ret->report.b, "report");
    ret->organ = dg_pb_slug(pb, wire->organ, "organ");
    ret->unit = dg_pb_slug(pb, wire->unit, "unit");
    DG_PB_FIXED(pb, wire->certificate, ret->certificate.b, "certificate");
    ret->code = dg_pb_choice(pb, wire->code, STATE_CODE_LAST, "state");
    if (pb->err == DG_OK && dg_state_name(ret->code) == NULL)
        dg_pb_fail(pb, DG_ERR_UNSUPPORTED, "state");
    if (dg_pb_present(pb, wire->has_note, wire->note))
        ret->note = dg_pb_lines(pb, wire->note, DG_NOTE_TEXT_MAX, "note");
    ret->signed_ms = dg_pb_instant(pb, wire->signed_ms, "signed_ms");
}

enum dg_err dg_state_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_state *ret,
                            struct dg_fault *fault)
{
    struct dg_state state = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__State *wire = dg_pb_unpack(&pb, &dgpb__state__descriptor, bytes, STATE_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    read_state(&pb, wire, &state);
    if (pb.err == DG_OK)
        *ret = state;
    return pb.err;
}
