/* adoption.c - a unit adopts a regime. */
#include "proto/certificate.h"

#include "common/limits.h"
#include "proto/pb.h"

enum { ADOPTION_MAX = 1024 };

enum dg_err dg_adoption_encode(const struct dg_adoption *adoption, struct dg_buf *out)
{
    Dgpb__Adoption wire = DGPB__ADOPTION__INIT;
    char from[DG_DAY_TEXT], until[DG_DAY_TEXT];
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    wire.federation = dg_pb_bytes(adoption->federation);
    wire.unit = dg_pb_bytes(adoption->unit);
    wire.serial = adoption->serial;
    wire.regime = DG_PB_VIEW(adoption->regime);
    wire.name = dg_pb_bytes(adoption->name);
    wire.main = adoption->main;
    dg_pb_optional_day(&wire.has_from, &wire.from, adoption->has_from, adoption->from, from);
    dg_pb_optional_day(&wire.has_until, &wire.until, adoption->has_until, adoption->until, until);
    wire.signed_ms = adoption->signed_ms;
    return dg_pb_out_end(&pb, &wire.base, out);
}

static void read_adoption(struct dg_pb *pb, const Dgpb__Adoption *wire, struct dg_adoption *ret)
{
    ret->federation = dg_pb_federation(pb, wire->federation, "federation");
    ret->unit = dg_pb_slug(pb, wire->unit, "unit");
    ret->serial = dg_pb_ordinal(pb, wire->serial, "serial");
    DG_PB_FIXED(pb, wire->regime, ret->regime.b, "regime");
    ret->name = dg_pb_slug(pb, wire->name, "name");
    ret->main = wire->main;
    ret->has_from = wire->has_from;
    if (wire->has_from)
        ret->from = dg_pb_day(pb, wire->from, "from");
    ret->has_until = wire->has_until;
    if (wire->has_until)
        ret->until = dg_pb_day(pb, wire->until, "until");
    if (ret->has_from && ret->has_until && ret->from.n > ret->until.n)
        dg_pb_fail(pb, DG_ERR_BAD_DATE, "until");
    ret->signed_ms = dg_pb_instant(pb, wire->signed_ms, "signed_ms");
}

enum dg_err dg_adoption_decode(struct dg_arena *arena, struct dg_bytes body, struct dg_adoption *ret,
                               struct dg_fault *fault)
{
    struct dg_adoption adoption = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(body.size), fault);
    const Dgpb__Adoption *wire =
        dg_pb_unpack(&pb, &dgpb__adoption__descriptor, body, ADOPTION_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    read_adoption(&pb, wire, &adoption);
    if (pb.err == DG_OK)
        *ret = adoption;
    return pb.err;
}
