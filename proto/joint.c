/* joint.c - writes and reads voids. */
#include "proto/joint.h"

#include "common/limits.h"
#include "proto/pb.h"

enum dg_err dg_void_encode(const struct dg_void *voided, struct dg_buf *out)
{
    Dgpb__Void wire = DGPB__VOID__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    wire.federation = dg_pb_bytes(voided->federation);
    wire.report = DG_PB_VIEW(voided->report);
    wire.organ = dg_pb_bytes(voided->organ);
    wire.unit = dg_pb_bytes(voided->unit);
    wire.certificate = DG_PB_VIEW(voided->certificate);
    wire.n_to_seq = dg_pb_messages(&pb, voided->to_seq_count, &dgpb__to_seq__descriptor, &wire.to_seq);
    for (size_t i = 0; i < wire.n_to_seq; i++) {
        wire.to_seq[i]->unit = dg_pb_bytes(voided->to_seq[i].unit);
        wire.to_seq[i]->seq = voided->to_seq[i].seq;
    }
    wire.signed_ms = voided->signed_ms;
    wire.has_epoch = voided->epoch != 0;
    wire.epoch = voided->epoch;
    return dg_pb_out_end(&pb, &wire.base, out);
}

static void read_to_seq(struct dg_pb *pb, const Dgpb__Void *wire, struct dg_void *ret)
{
    ret->to_seq_count =
        dg_pb_array(pb, wire->n_to_seq, DG_RECIPIENTS_MAX, sizeof *ret->to_seq, &ret->to_seq, "to_seq");
    struct dg_pb_pair *pairs =
        ret->to_seq_count > 0 ? dg_pb_alloc(pb, ret->to_seq_count * sizeof *pairs) : NULL;
    for (size_t i = 0; pairs != NULL && i < ret->to_seq_count; i++) {
        ret->to_seq[i].unit = dg_pb_slug(pb, wire->to_seq[i]->unit, "to_seq");
        ret->to_seq[i].seq = wire->to_seq[i]->seq;
        if (ret->to_seq[i].seq == 0)
            dg_pb_fail(pb, DG_ERR_MALFORMED, "to_seq");
        pairs[i] = (struct dg_pb_pair){.first = ret->to_seq[i].unit};
    }
    if (pb->err == DG_OK)
        dg_pb_unique(pb, pairs, ret->to_seq_count, "to_seq twice");
}

static void read_void(struct dg_pb *pb, const Dgpb__Void *wire, struct dg_void *ret)
{
    ret->federation = dg_pb_federation(pb, wire->federation, "federation");
    DG_PB_FIXED(pb, wire->report, ret->report.b, "report");
    ret->organ = dg_pb_slug(pb, wire->organ, "organ");
    ret->unit = dg_pb_slug(pb, wire->unit, "unit");
    DG_PB_FIXED(pb, wire->certificate, ret->certificate.b, "certificate");
    read_to_seq(pb, wire, ret);
    ret->signed_ms = dg_pb_instant(pb, wire->signed_ms, "signed_ms");
    if (wire->has_epoch)
        ret->epoch = dg_pb_ordinal(pb, wire->epoch, "epoch");
}

enum dg_err dg_void_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_void *ret,
                           struct dg_fault *fault)
{
    struct dg_void voided = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__Void *wire = dg_pb_unpack(&pb, &dgpb__void__descriptor, bytes, DG_VOID_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    read_void(&pb, wire, &voided);
    if (pb.err == DG_OK)
        *ret = voided;
    return pb.err;
}
