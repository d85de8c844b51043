/* comment.c - writes and reads comments. */
#include "proto/comment.h"

#include "common/limits.h"
#include "proto/pb.h"

enum dg_err dg_comment_encode(const struct dg_comment *comment, struct dg_buf *out)
{
    Dgpb__Comment wire = DGPB__COMMENT__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    wire.federation = dg_pb_bytes(comment->federation);
    wire.report = DG_PB_VIEW(comment->report);
    wire.organ = dg_pb_bytes(comment->organ);
    wire.unit = dg_pb_bytes(comment->unit);
    wire.certificate = DG_PB_VIEW(comment->certificate);
    wire.text = dg_pb_bytes(comment->text);
    wire.signed_ms = comment->signed_ms;
    return dg_pb_out_end(&pb, &wire.base, out);
}

static void read_comment(struct dg_pb *pb, const Dgpb__Comment *wire, struct dg_comment *ret)
{
    ret->federation = dg_pb_federation(pb, wire->federation, "federation");
    DG_PB_FIXED(pb, wire->report, ret->report.b, "report");
    ret->organ = dg_pb_slug(pb, wire->organ, "organ");
    ret->unit = dg_pb_slug(pb, wire->unit, "unit");
    DG_PB_FIXED(pb, wire->certificate, ret->certificate.b, "certificate");
    ret->text = dg_pb_lines(pb, wire->text, DG_COMMENT_TEXT_MAX, "comment");
    if (wire->text.len == 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "comment");
    ret->signed_ms = dg_pb_instant(pb, wire->signed_ms, "signed_ms");
}

enum dg_err dg_comment_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_comment *ret,
                              struct dg_fault *fault)
{
    struct dg_comment comment = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__Comment *wire =
        dg_pb_unpack(&pb, &dgpb__comment__descriptor, bytes, DG_COMMENT_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    read_comment(&pb, wire, &comment);
    if (pb.err == DG_OK)
        *ret = comment;
    return pb.err;
}
