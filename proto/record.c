/* record.c - what travels as a record, and is stored as one. */
#include "proto/frame.h"

#include "common/limits.h"
#include "proto/pb_frame.h"

enum { RECORD_MAX = DG_REGIME_MAX + DG_LEAF_MAX + (DG_CHAIN_MAX + 1) * (DG_CERTIFICATE_MAX + 512) + 8192 };

/* --- writing -------------------------------------------------------------------------------- */

static void write_signed_part(struct dg_pb_out *out, const struct dg_record *record, Dgpb__Record *wire)
{
    wire->signed_ = record->has_signed ? dg_pb_message(out, &dgpb__signed__descriptor) : NULL;
    if (wire->signed_ != NULL)
        dg_pb_write_signed(out, &record->sealed, wire->signed_);
    dg_pb_optional(&wire->has_regime, &wire->regime, record->regime);
}

void dg_pb_write_record(struct dg_pb_out *out, const struct dg_record *record, Dgpb__Record *wire)
{
    wire->tag = record->tag;
    wire->kind = record->kind;
    write_signed_part(out, record, wire);
    dg_pb_optional(&wire->has_leaf, &wire->leaf, record->leaf);
    wire->has_index = wire->has_leaf;
    wire->index = record->index;
    wire->n_proof = dg_pb_fixed_views(out, record->proof.count, record->proof.hash,
                                      sizeof record->proof.hash[0], &wire->proof);
    wire->has_checkpoint = record->has_checkpoint;
    wire->checkpoint = record->checkpoint;
    wire->has_report = record->has_report;
    wire->report = DG_PB_VIEW(record->report);
    wire->has_by = record->has_by;
    wire->by = DG_PB_VIEW(record->by);
    dg_pb_optional(&wire->has_envelope, &wire->envelope, record->envelope);
    dg_pb_optional(&wire->has_code, &wire->code, record->code);
}

enum dg_err dg_record_encode(const struct dg_record *record, struct dg_buf *out)
{
    Dgpb__Record wire = DGPB__RECORD__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    dg_pb_write_record(&pb, record, &wire);
    return dg_pb_out_end(&pb, &wire.base, out);
}

/* --- reading -------------------------------------------------------------------------------- */

void dg_pb_read_proof(struct dg_pb *pb, size_t count, const ProtobufCBinaryData *wire, struct dg_proof *ret)
{
    if (count > DG_PROOF_MAX) {
        dg_pb_fail(pb, DG_ERR_TOO_LARGE, "proof");
        return;
    }
    ret->count = count;
    for (size_t i = 0; i < count; i++)
        DG_PB_FIXED(pb, wire[i], ret->hash[i].b, "proof");
}

/* The leaf and its place in a log. An index or a proof of nothing means nothing. */
static void read_leaf(struct dg_pb *pb, const Dgpb__Record *wire, size_t checkpoint_count,
                      struct dg_record *ret)
{
    if (dg_pb_present(pb, wire->has_leaf, wire->leaf))
        ret->leaf = dg_pb_raw(pb, wire->leaf, DG_LEAF_MAX, "leaf");
    if (!wire->has_index != !wire->has_leaf || (!wire->has_leaf && wire->n_proof != 0))
        dg_pb_fail(pb, DG_ERR_MALFORMED, "index");
    ret->index = wire->index;
    dg_pb_read_proof(pb, wire->n_proof, wire->proof, &ret->proof);
    ret->has_checkpoint = wire->has_checkpoint;
    ret->checkpoint = wire->checkpoint;
    if (wire->has_checkpoint && wire->checkpoint >= checkpoint_count)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "checkpoint");
}

static enum dg_record_kind read_kind(struct dg_pb *pb, uint32_t kind)
{
    switch (kind) {
    case DG_RECORD_RECEIPT:
    case DG_RECORD_STATE:
    case DG_RECORD_CERTIFICATE:
    case DG_RECORD_ADOPTION:
    case DG_RECORD_CALENDAR:
    case DG_RECORD_REMINDER:
    case DG_RECORD_ABSENCE:
    case DG_RECORD_PASS:
    case DG_RECORD_COMMENT:
    case DG_RECORD_WANT:
    case DG_RECORD_SOURCE:
    case DG_RECORD_VOID:
        return (enum dg_record_kind)kind;
    default:
        dg_pb_fail(pb, DG_ERR_UNSUPPORTED, "record");
        return DG_RECORD_RECEIPT;
    }
}

/* Calendars and comments are long, findings name every reminder, and voids every unit. */
static size_t body_max(enum dg_record_kind kind)
{
    if (kind == DG_RECORD_CALENDAR)
        return DG_CALENDAR_MAX;
    if (kind == DG_RECORD_COMMENT)
        return DG_COMMENT_MAX;
    if (kind == DG_RECORD_VOID)
        return DG_VOID_MAX;
    return kind == DG_RECORD_ABSENCE ? DG_ABSENCE_MAX : DG_CERTIFICATE_MAX;
}

void dg_pb_read_record(struct dg_pb *pb, const Dgpb__Record *wire, size_t checkpoint_count,
                       struct dg_record *ret)
{
    ret->tag = wire->tag;
    ret->kind = read_kind(pb, wire->kind);
    ret->has_signed = wire->signed_ != NULL;
    if (wire->signed_ != NULL)
        dg_pb_read_signed_within(pb, wire->signed_, body_max(ret->kind), &ret->sealed);
    read_leaf(pb, wire, checkpoint_count, ret);
    ret->has_report = wire->has_report;
    if (wire->has_report)
        DG_PB_FIXED(pb, wire->report, ret->report.b, "report");
    if (dg_pb_present(pb, wire->has_regime, wire->regime))
        ret->regime = dg_pb_raw(pb, wire->regime, DG_REGIME_MAX, "regime");
    ret->has_by = wire->has_by;
    if (wire->has_by)
        DG_PB_FIXED(pb, wire->by, ret->by.b, "by");
    if (dg_pb_present(pb, wire->has_envelope, wire->envelope))
        ret->envelope = dg_pb_raw(pb, wire->envelope, DG_ENVELOPE_MAX, "envelope");
    if (dg_pb_present(pb, wire->has_code, wire->code))
        ret->code = dg_pb_code(pb, wire->code, "code");
}

enum dg_err dg_record_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_record *ret,
                             struct dg_fault *fault)
{
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__Record *wire = dg_pb_unpack(&pb, &dgpb__record__descriptor, bytes, RECORD_MAX, DG_PB_LOOSE);
    if (wire == NULL)
        return pb.err;
    struct dg_record *record = dg_pb_alloc(&pb, sizeof *record);
    if (record != NULL)
        dg_pb_read_record(&pb, wire, SIZE_MAX, record);
    if (pb.err == DG_OK)
        *ret = *record;
    return pb.err;
}
