/* trail.c - the bytes of a .trail file. */
#include "proto/trail.h"

#include "common/crypto.h"
#include "common/limits.h"
#include "proto/pb_trail.h"

/* --- writing -------------------------------------------------------------------------------- */

static void write_entry(struct dg_pb_out *out, const struct dg_entry *entry, Dgpb__Entry *wire)
{
    wire->origin = dg_pb_bytes(entry->origin);
    wire->index = entry->index;
    wire->leaf = dg_pb_bytes(entry->leaf);
    wire->n_proof = dg_pb_fixed_views(out, entry->proof.count, entry->proof.hash, sizeof entry->proof.hash[0],
                                      &wire->proof);
    wire->checkpoint = entry->checkpoint;
    wire->signed_ = entry->has_signed ? dg_pb_message(out, &dgpb__signed__descriptor) : NULL;
    if (wire->signed_ != NULL)
        dg_pb_write_signed(out, &entry->sealed, wire->signed_);
}

size_t dg_pb_write_entries(struct dg_pb_out *out, size_t count, const struct dg_entry *entries,
                           Dgpb__Entry ***ret)
{
    count = dg_pb_messages(out, count, &dgpb__entry__descriptor, ret);
    for (size_t i = 0; i < count; i++)
        write_entry(out, &entries[i], (*ret)[i]);
    return count;
}

enum dg_err dg_trail_encode(const struct dg_trail *trail, struct dg_buf *out)
{
    Dgpb__Trail wire = DGPB__TRAIL__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    wire.envelope = dg_pb_bytes(trail->envelope);
    wire.n_root = dg_pb_write_chain(&pb, trail->root_count, trail->root, &wire.root);
    wire.n_checkpoint = dg_pb_views(&pb, trail->checkpoint_count, trail->checkpoint, &wire.checkpoint);
    wire.n_membership =
        dg_pb_write_entries(&pb, trail->membership_count, trail->membership, &wire.membership);
    wire.n_event = dg_pb_write_entries(&pb, trail->event_count, trail->event, &wire.event);
    wire.n_regime = dg_pb_views(&pb, trail->regime_count, trail->regime, &wire.regime);
    wire.exporter = DG_PB_VIEW(trail->exporter);
    wire.exported_ms = trail->exported_ms;
    wire.has_seal = trail->has_seal;
    wire.seal = DG_PB_VIEW(trail->seal);
    return dg_pb_out_end(&pb, &wire.base, out);
}

/* --- reading -------------------------------------------------------------------------------- */

static void read_entry(struct dg_pb *pb, const Dgpb__Entry *wire, size_t checkpoint_count, size_t body_max,
                       struct dg_entry *ret)
{
    ret->origin = dg_pb_line(pb, wire->origin, DG_ORIGIN_MAX, "origin");
    ret->index = wire->index;
    ret->leaf = dg_pb_raw(pb, wire->leaf, DG_LEAF_MAX, "leaf");
    if (ret->leaf.size == 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "leaf");
    dg_pb_read_proof(pb, wire->n_proof, wire->proof, &ret->proof);
    ret->checkpoint = wire->checkpoint;
    if (wire->checkpoint >= checkpoint_count)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "checkpoint");
    ret->has_signed = wire->signed_ != NULL;
    if (wire->signed_ != NULL)
        dg_pb_read_signed_within(pb, wire->signed_, body_max, &ret->sealed);
}

size_t dg_pb_read_entries(struct dg_pb *pb, size_t count, Dgpb__Entry *const *wire, size_t checkpoint_count,
                          size_t body_max, struct dg_entry **ret, const char *what)
{
    count = dg_pb_array(pb, count, DG_TRAIL_ENTRIES_MAX, sizeof **ret, ret, what);
    for (size_t i = 0; i < count; i++)
        read_entry(pb, wire[i], checkpoint_count, body_max, &(*ret)[i]);
    return count;
}

/* One canonical form: by hash, none twice. */
void dg_pb_read_regimes(struct dg_pb *pb, size_t count, const ProtobufCBinaryData *wire, struct dg_trail *ret)
{
    struct dg_hash previous = {{0}};

    ret->regime_count =
        dg_pb_raw_list(pb, count, wire, DG_TRAIL_REGIMES_MAX, DG_REGIME_MAX, &ret->regime, "regime");
    for (size_t i = 0; pb->err == DG_OK && i < ret->regime_count; i++) {
        struct dg_hash hash = dg_sha256(ret->regime[i]);
        if (i > 0 && dg_bytes_compare(dg_bytes_at(previous.b, sizeof previous.b),
                                      dg_bytes_at(hash.b, sizeof hash.b)) >= 0)
            dg_pb_fail(pb, DG_ERR_NOT_CANONICAL, "regime");
        previous = hash;
    }
}

static void read_trail(struct dg_pb *pb, const Dgpb__Trail *wire, struct dg_trail *ret)
{
    ret->envelope = dg_pb_raw(pb, wire->envelope, DG_ENVELOPE_MAX, "envelope");
    if (ret->envelope.size == 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "envelope");
    ret->root_count = dg_pb_read_chain(pb, wire->n_root, wire->root, &ret->root);
    ret->checkpoint_count = dg_pb_raw_list(pb, wire->n_checkpoint, wire->checkpoint, DG_TRAIL_CHECKPOINTS_MAX,
                                           DG_CHECKPOINT_MAX, &ret->checkpoint, "checkpoint");
    ret->membership_count =
        dg_pb_read_entries(pb, wire->n_membership, wire->membership, ret->checkpoint_count,
                           DG_CERTIFICATE_MAX, &ret->membership, "membership");
    ret->event_count = dg_pb_read_entries(pb, wire->n_event, wire->event, ret->checkpoint_count,
                                          DG_COMMENT_MAX, &ret->event, "event");
    dg_pb_read_regimes(pb, wire->n_regime, wire->regime, ret);
    DG_PB_FIXED(pb, wire->exporter, ret->exporter.b, "exporter");
    ret->exported_ms = dg_pb_instant(pb, wire->exported_ms, "exported_ms");
    ret->has_seal = wire->has_seal;
    dg_pb_fixed(pb, wire->seal, ret->seal.b, sizeof ret->seal.b, "seal");
}

enum dg_err dg_trail_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_trail *ret,
                            struct dg_fault *fault)
{
    struct dg_trail trail = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__Trail *wire =
        dg_pb_unpack(&pb, &dgpb__trail__descriptor, bytes, DG_TRAIL_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    read_trail(&pb, wire, &trail);
    if (pb.err == DG_OK)
        *ret = trail;
    return pb.err;
}
