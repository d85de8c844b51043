/* pb_signed.c - keys and signed bodies, which certificates, frames, trails and invitations share. */
#include "proto/pb.h"

#include "common/crypto.h"
#include "common/limits.h"

/* Reads one optional key. It must be there exactly when it is wanted. */
static bool read_key(struct dg_pb *pb, protobuf_c_boolean has, ProtobufCBinaryData value, bool wanted,
                     uint8_t ret[static DG_KEY_BYTES], const char *what)
{
    if (!has != !wanted)
        dg_pb_fail(pb, DG_ERR_MALFORMED, what);
    else if (wanted)
        dg_pb_fixed(pb, value, ret, DG_KEY_BYTES, what);
    return wanted;
}

static void check_key(struct dg_pb *pb, bool has, const struct dg_key *key, const char *what)
{
    if (has && pb->err == DG_OK && dg_key_check(key) != DG_OK)
        dg_pb_fail(pb, DG_ERR_WEAK_KEY, what);
}

static void check_curve_key(struct dg_pb *pb, bool has, const struct dg_curve_key *key, const char *what)
{
    if (has && pb->err == DG_OK && dg_curve_key_check(key) != DG_OK)
        dg_pb_fail(pb, DG_ERR_WEAK_KEY, what);
}

/* One key for two purposes would let a signature of one kind pass for another. */
static void check_distinct(struct dg_pb *pb, const struct dg_keys *keys)
{
    if (dg_key_equal(&keys->unit, &keys->log) || dg_key_equal(&keys->unit, &keys->cosigner) ||
        dg_key_equal(&keys->log, &keys->cosigner))
        dg_pb_fail(pb, DG_ERR_WEAK_KEY, "one key for two purposes");
}

void dg_pb_read_keys(struct dg_pb *pb, const Dgpb__Keys *wire, enum dg_subject subject, struct dg_keys *ret)
{
    bool unit = subject == DG_SUBJECT_UNIT;
    struct dg_keys keys = {0};

    keys.has_unit = read_key(pb, wire->has_unit, wire->unit, unit, keys.unit.b, "unit key");
    keys.has_log = read_key(pb, wire->has_log, wire->log, unit, keys.log.b, "log key");
    keys.has_cosigner =
        read_key(pb, wire->has_cosigner, wire->cosigner, unit, keys.cosigner.b, "cosigner key");
    keys.has_transport =
        read_key(pb, wire->has_transport, wire->transport, unit, keys.transport.b, "transport key");
    keys.has_signing = read_key(pb, wire->has_signing, wire->signing, !unit, keys.signing.b, "signing key");
    keys.has_sealing = read_key(pb, wire->has_sealing, wire->sealing, !unit, keys.sealing.b, "sealing key");
    check_key(pb, keys.has_unit, &keys.unit, "unit key");
    check_key(pb, keys.has_log, &keys.log, "log key");
    check_key(pb, keys.has_cosigner, &keys.cosigner, "cosigner key");
    check_key(pb, keys.has_signing, &keys.signing, "signing key");
    check_curve_key(pb, keys.has_transport, &keys.transport, "transport key");
    check_curve_key(pb, keys.has_sealing, &keys.sealing, "sealing key");
    if (unit)
        check_distinct(pb, &keys);
    *ret = keys;
}

static void write_key(bool has, const uint8_t key[static DG_KEY_BYTES], protobuf_c_boolean *ret_has,
                      ProtobufCBinaryData *ret)
{
    dg_pb_optional(ret_has, ret, dg_bytes_at(key, has ? DG_KEY_BYTES : 0));
}

void dg_pb_write_keys(const struct dg_keys *keys, Dgpb__Keys *wire)
{
    write_key(keys->has_unit, keys->unit.b, &wire->has_unit, &wire->unit);
    write_key(keys->has_log, keys->log.b, &wire->has_log, &wire->log);
    write_key(keys->has_cosigner, keys->cosigner.b, &wire->has_cosigner, &wire->cosigner);
    write_key(keys->has_transport, keys->transport.b, &wire->has_transport, &wire->transport);
    write_key(keys->has_signing, keys->signing.b, &wire->has_signing, &wire->signing);
    write_key(keys->has_sealing, keys->sealing.b, &wire->has_sealing, &wire->sealing);
}

void dg_pb_read_signed(struct dg_pb *pb, const Dgpb__Signed *wire, struct dg_signed *ret)
{
    dg_pb_read_signed_of(pb, wire, DG_CERTIFICATE_MAX, ret);
}

void dg_pb_read_signed_of(struct dg_pb *pb, const Dgpb__Signed *wire, size_t max, struct dg_signed *ret)
{
    struct dg_signed sealed = {0};

    sealed.body = dg_pb_raw(pb, wire->body, max, "signed body");
    if (sealed.body.size == 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "signed body");
    DG_PB_FIXED(pb, wire->signature, sealed.sig.b, "signature");
    if (wire->n_possession > DG_POSSESSIONS_MAX) {
        dg_pb_fail(pb, DG_ERR_TOO_LARGE, "possession");
        return;
    }
    sealed.possession_count = wire->n_possession;
    for (size_t i = 0; i < wire->n_possession; i++)
        DG_PB_FIXED(pb, wire->possession[i], sealed.possession[i].b, "possession");
    *ret = sealed;
}

void dg_pb_write_signed(struct dg_pb_out *out, const struct dg_signed *sealed, Dgpb__Signed *wire)
{
    wire->body = dg_pb_bytes(sealed->body);
    wire->signature = DG_PB_VIEW(sealed->sig);
    wire->n_possession = dg_pb_fixed_views(out, sealed->possession_count, sealed->possession,
                                           sizeof sealed->possession[0], &wire->possession);
}

size_t dg_pb_read_chain(struct dg_pb *pb, size_t count, Dgpb__Signed *const *wire, struct dg_signed **ret)
{
    count = dg_pb_array(pb, count, DG_CHAIN_MAX, sizeof **ret, ret, "chain");
    for (size_t i = 0; i < count; i++)
        dg_pb_read_signed(pb, wire[i], &(*ret)[i]);
    return count;
}

size_t dg_pb_write_chain(struct dg_pb_out *out, size_t count, const struct dg_signed *chain,
                         Dgpb__Signed ***ret)
{
    count = dg_pb_messages(out, count, &dgpb__signed__descriptor, ret);
    for (size_t i = 0; i < count; i++)
        dg_pb_write_signed(out, &chain[i], (*ret)[i]);
    return count;
}

enum dg_err dg_signed_encode(const struct dg_signed *sealed, struct dg_buf *out)
{
    Dgpb__Signed wire = DGPB__SIGNED__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    dg_pb_write_signed(&pb, sealed, &wire);
    return dg_pb_out_end(&pb, &wire.base, out);
}

enum dg_err dg_signed_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_signed *ret,
                             struct dg_fault *fault)
{
    enum { MAX = DG_CERTIFICATE_MAX + 64 + (DG_POSSESSIONS_MAX + 1) * (DG_SIG_BYTES + 2) };
    struct dg_pb pb;
    struct dg_signed sealed = {0};

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__Signed *wire = dg_pb_unpack(&pb, &dgpb__signed__descriptor, bytes, MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    dg_pb_read_signed(&pb, wire, &sealed);
    if (pb.err == DG_OK)
        *ret = sealed;
    return pb.err;
}
