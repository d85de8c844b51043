/* absence_file.c - the bytes of an .absence file. */
#include "proto/absence_file.h"

#include <string.h>

#include "common/limits.h"
#include "proto/pb_trail.h"

/* --- writing -------------------------------------------------------------------------------- */

enum dg_err dg_absence_file_encode(const struct dg_absence_file *file, struct dg_buf *out)
{
    const struct dg_trail *parts = &file->parts;
    Dgpb__AbsenceFile wire = DGPB__ABSENCE_FILE__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    dg_pb_optional(&wire.has_envelope, &wire.envelope, parts->envelope);
    wire.n_root = dg_pb_write_chain(&pb, parts->root_count, parts->root, &wire.root);
    wire.n_checkpoint = dg_pb_views(&pb, parts->checkpoint_count, parts->checkpoint, &wire.checkpoint);
    wire.n_membership =
        dg_pb_write_entries(&pb, parts->membership_count, parts->membership, &wire.membership);
    wire.n_event = dg_pb_write_entries(&pb, parts->event_count, parts->event, &wire.event);
    wire.n_regime = dg_pb_views(&pb, parts->regime_count, parts->regime, &wire.regime);
    wire.n_grown =
        dg_pb_fixed_views(&pb, file->grown.count, file->grown.hash, sizeof file->grown.hash[0], &wire.grown);
    wire.n_now = dg_pb_fixed_views(&pb, file->now.count, file->now.hash, sizeof file->now.hash[0], &wire.now);
    wire.exporter = DG_PB_VIEW(parts->exporter);
    wire.exported_ms = parts->exported_ms;
    wire.has_seal = parts->has_seal;
    wire.seal = DG_PB_VIEW(parts->seal);
    return dg_pb_out_end(&pb, &wire.base, out);
}

/* --- reading -------------------------------------------------------------------------------- */

/* Version 1, then a field that no trail has. */
bool dg_absence_file_is(struct dg_bytes bytes)
{
    enum { FIRST = 20, LAST = 30 };

    if (bytes.size < 4 || memcmp(bytes.data, "\x08\x01", 2) != 0 || (bytes.data[2] & 0x80) == 0)
        return false;
    unsigned field = ((bytes.data[2] & 0x7fu) | (unsigned)bytes.data[3] << 7) >> 3;
    return field >= FIRST && field <= LAST;
}

static void read_parts(struct dg_pb *pb, const Dgpb__AbsenceFile *wire, struct dg_trail *ret)
{
    if (dg_pb_present(pb, wire->has_envelope, wire->envelope))
        ret->envelope = dg_pb_raw(pb, wire->envelope, DG_ENVELOPE_MAX, "envelope");
    ret->root_count = dg_pb_read_chain(pb, wire->n_root, wire->root, &ret->root);
    ret->checkpoint_count = dg_pb_raw_list(pb, wire->n_checkpoint, wire->checkpoint, DG_TRAIL_CHECKPOINTS_MAX,
                                           DG_CHECKPOINT_MAX, &ret->checkpoint, "checkpoint");
    ret->membership_count =
        dg_pb_read_entries(pb, wire->n_membership, wire->membership, ret->checkpoint_count,
                           DG_CERTIFICATE_MAX, &ret->membership, "membership");
    ret->event_count = dg_pb_read_entries(pb, wire->n_event, wire->event, ret->checkpoint_count,
                                          DG_CALENDAR_MAX, &ret->event, "event");
    dg_pb_read_regimes(pb, wire->n_regime, wire->regime, ret);
    DG_PB_FIXED(pb, wire->exporter, ret->exporter.b, "exporter");
    ret->exported_ms = dg_pb_instant(pb, wire->exported_ms, "exported_ms");
    ret->has_seal = wire->has_seal;
    dg_pb_fixed(pb, wire->seal, ret->seal.b, sizeof ret->seal.b, "seal");
}

enum dg_err dg_absence_file_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_absence_file *ret,
                                   struct dg_fault *fault)
{
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__AbsenceFile *wire =
        dg_pb_unpack(&pb, &dgpb__absence_file__descriptor, bytes, DG_TRAIL_MAX, DG_PB_CANONICAL);
    struct dg_absence_file *file = wire != NULL ? dg_pb_alloc(&pb, sizeof *file) : NULL;
    if (file == NULL)
        return pb.err;
    read_parts(&pb, wire, &file->parts);
    dg_pb_read_proof(&pb, wire->n_grown, wire->grown, &file->grown);
    dg_pb_read_proof(&pb, wire->n_now, wire->now, &file->now);
    if (pb.err == DG_OK)
        *ret = *file;
    return pb.err;
}
