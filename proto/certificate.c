/* certificate.c - certificates: their bytes, and the links between them. */
#include "proto/certificate.h"

#include <string.h>

#include "common/crypto.h"
#include "common/limits.h"
#include "proto/pb.h"

/* --- bytes ---------------------------------------------------------------------------------- */

enum dg_err dg_certificate_encode(const struct dg_certificate *certificate, struct dg_buf *out)
{
    Dgpb__Certificate wire = DGPB__CERTIFICATE__INIT;
    Dgpb__Keys keys = DGPB__KEYS__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    wire.subject = certificate->subject;
    wire.federation = dg_pb_bytes(certificate->federation);
    wire.unit = dg_pb_bytes(certificate->unit);
    dg_pb_optional(&wire.has_organ, &wire.organ, certificate->organ);
    wire.n_role = dg_pb_views(&pb, certificate->role_count, certificate->role, &wire.role);
    wire.name = dg_pb_bytes(certificate->name);
    dg_pb_optional(&wire.has_level, &wire.level, certificate->level);
    dg_pb_optional(&wire.has_parent, &wire.parent, certificate->parent);
    wire.serial = certificate->serial;
    wire.has_epoch = certificate->subject == DG_SUBJECT_UNIT;
    wire.epoch = certificate->epoch;
    wire.issuer = DG_PB_VIEW(certificate->issuer);
    dg_pb_write_keys(&certificate->keys, &keys);
    wire.keys = &keys;
    wire.not_before_ms = certificate->not_before_ms;
    wire.not_after_ms = certificate->not_after_ms;
    dg_pb_optional(&wire.has_endpoint, &wire.endpoint, certificate->endpoint);
    dg_pb_optional(&wire.has_invitation, &wire.invitation, certificate->invitation);
    return dg_pb_out_end(&pb, &wire.base, out);
}

/* What every certificate has. */
static void read_common(struct dg_pb *pb, const Dgpb__Certificate *wire, struct dg_certificate *ret)
{
    ret->subject = (enum dg_subject)dg_pb_choice(pb, wire->subject, DG_SUBJECT_ORGAN, "subject");
    ret->federation = dg_pb_federation(pb, wire->federation, "federation");
    ret->unit = dg_pb_slug(pb, wire->unit, "unit");
    ret->name = dg_pb_line(pb, wire->name, DG_NAME_MAX, "name");
    ret->serial = dg_pb_ordinal(pb, wire->serial, "serial");
    DG_PB_FIXED(pb, wire->issuer, ret->issuer.b, "issuer");
    dg_pb_read_keys(pb, wire->keys, ret->subject, &ret->keys);
    ret->not_before_ms = dg_pb_instant(pb, wire->not_before_ms, "not_before_ms");
    ret->not_after_ms = dg_pb_instant(pb, wire->not_after_ms, "not_after_ms");
    if (ret->not_before_ms >= ret->not_after_ms)
        dg_pb_fail(pb, DG_ERR_BAD_DATE, "validity");
}

static void read_unit(struct dg_pb *pb, const Dgpb__Certificate *wire, struct dg_certificate *ret)
{
    if (wire->has_organ || wire->n_role != 0 || !wire->has_level || !wire->has_epoch)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "unit certificate");
    ret->level = dg_pb_slug(pb, wire->level, "level");
    ret->epoch = dg_pb_ordinal(pb, wire->epoch, "epoch");
    if (dg_pb_present(pb, wire->has_parent, wire->parent))
        ret->parent = dg_pb_slug(pb, wire->parent, "parent");
    if (dg_pb_present(pb, wire->has_endpoint, wire->endpoint))
        ret->endpoint = dg_pb_line(pb, wire->endpoint, DG_ENDPOINT_MAX, "endpoint");
    if (dg_pb_present(pb, wire->has_invitation, wire->invitation))
        ret->invitation = dg_pb_raw(pb, wire->invitation, 16, "invitation");
    /* Nobody invites the root. */
    if (ret->invitation.size != 0 && (ret->invitation.size != 16 || ret->parent.size == 0))
        dg_pb_fail(pb, DG_ERR_MALFORMED, "invitation");
}

static void read_organ(struct dg_pb *pb, const Dgpb__Certificate *wire, struct dg_certificate *ret)
{
    if (!wire->has_organ || wire->has_level || wire->has_parent || wire->has_epoch || wire->has_endpoint ||
        wire->has_invitation)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "organ certificate");
    ret->organ = dg_pb_slug(pb, wire->organ, "organ");
    ret->role_count = dg_pb_list(pb, wire->n_role, wire->role, DG_ROLES_MAX, dg_pb_slug, &ret->role, "role");
    for (size_t i = 1; i < ret->role_count; i++) {
        if (dg_bytes_compare(ret->role[i - 1], ret->role[i]) >= 0)
            dg_pb_fail(pb, DG_ERR_NOT_CANONICAL, "role");
    }
}

enum dg_err dg_certificate_decode(struct dg_arena *arena, struct dg_bytes body, struct dg_certificate *ret,
                                  struct dg_fault *fault)
{
    struct dg_certificate certificate = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(body.size), fault);
    const Dgpb__Certificate *wire =
        dg_pb_unpack(&pb, &dgpb__certificate__descriptor, body, DG_CERTIFICATE_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    read_common(&pb, wire, &certificate);
    if (certificate.subject == DG_SUBJECT_UNIT)
        read_unit(&pb, wire, &certificate);
    else
        read_organ(&pb, wire, &certificate);
    if (pb.err == DG_OK)
        *ret = certificate;
    return pb.err;
}

struct dg_cert_id dg_certificate_id(struct dg_bytes body)
{
    struct dg_hash hash = dg_sha256(body);
    struct dg_cert_id id;

    _Static_assert(sizeof id == sizeof hash, "a certificate id is a SHA-256");
    memcpy(&id, &hash, sizeof id);
    return id;
}

/* --- chains --------------------------------------------------------------------------------- */

static const char *root_link_fault(const struct dg_certificate *certificate,
                                   const struct dg_key *federation_key)
{
    if (certificate->subject != DG_SUBJECT_UNIT || certificate->parent.size != 0)
        return "its issuer is missing";
    if (memcmp(certificate->issuer.b, federation_key->b, sizeof federation_key->b) != 0)
        return "it names another federation key";
    return NULL;
}

static const char *link_fault(const struct dg_certificate *certificate, const struct dg_certificate *issuer,
                              const struct dg_cert_id *issuer_id)
{
    if (issuer->subject != DG_SUBJECT_UNIT)
        return "an organ issued it";
    if (!dg_bytes_equal(certificate->federation, issuer->federation))
        return "its issuer is of another federation";
    if (memcmp(certificate->issuer.b, issuer_id->b, sizeof issuer_id->b) != 0)
        return "it names another issuer";
    if (certificate->subject == DG_SUBJECT_ORGAN && !dg_bytes_equal(certificate->unit, issuer->unit))
        return "another unit issued it";
    if (certificate->subject == DG_SUBJECT_UNIT && !dg_bytes_equal(certificate->parent, issuer->unit))
        return "it is not under its issuer";
    if (certificate->subject == DG_SUBJECT_UNIT && dg_bytes_equal(certificate->unit, issuer->unit))
        return "it is its own issuer";
    /* Only the day of issue counts: both live three years, so the younger one outlives its issuer. */
    if (certificate->not_before_ms < issuer->not_before_ms ||
        certificate->not_before_ms > issuer->not_after_ms)
        return "its issuer was not valid at the time";
    return NULL;
}

enum dg_err dg_certificate_link(const struct dg_certificate *certificate, const struct dg_certificate *issuer,
                                const struct dg_cert_id *issuer_id, const struct dg_key *federation_key,
                                struct dg_fault *fault)
{
    const char *what = issuer == NULL ? root_link_fault(certificate, federation_key)
                                      : link_fault(certificate, issuer, issuer_id);

    if (what == NULL)
        return DG_OK;
    return dg_faultf(fault, DG_ERR_BAD_CHAIN, "%.*s: %s", (int)certificate->unit.size,
                     (const char *)certificate->unit.data, what);
}

size_t dg_certificate_signing_keys(const struct dg_certificate *certificate, struct dg_key ret[static 4])
{
    const struct dg_keys *keys = &certificate->keys;
    size_t count = 0;

    if (keys->has_unit)
        ret[count++] = keys->unit;
    if (keys->has_log)
        ret[count++] = keys->log;
    if (keys->has_cosigner)
        ret[count++] = keys->cosigner;
    if (keys->has_signing)
        ret[count++] = keys->signing;
    return count;
}

size_t dg_certificate_possessions(const struct dg_certificate *certificate)
{
    struct dg_key keys[DG_POSSESSIONS_MAX];
    bool at_enrolment = certificate->subject == DG_SUBJECT_UNIT && certificate->parent.size > 0;

    return at_enrolment ? 0 : dg_certificate_signing_keys(certificate, keys);
}

enum dg_err dg_certificate_verify(const struct dg_signed *sealed, const struct dg_certificate *certificate,
                                  const struct dg_key *issuer_key, struct dg_fault *fault)
{
    struct dg_key keys[DG_POSSESSIONS_MAX];
    size_t count = dg_certificate_possessions(certificate);
    int size = (int)certificate->unit.size;
    const char *unit = (const char *)certificate->unit.data;

    if (!dg_verify(issuer_key, DG_CONTEXT_CERTIFICATE, sealed->body, &sealed->sig))
        return dg_faultf(fault, DG_ERR_BAD_SIGNATURE, "%.*s", size, unit);
    (void)dg_certificate_signing_keys(certificate, keys);
    if (sealed->possession_count != count)
        return dg_faultf(fault, DG_ERR_NO_POSSESSION, "%.*s", size, unit);
    for (size_t i = 0; i < count; i++) {
        if (!dg_verify(&keys[i], DG_CONTEXT_POSSESSION, sealed->body, &sealed->possession[i]))
            return dg_faultf(fault, DG_ERR_NO_POSSESSION, "%.*s", size, unit);
    }
    return DG_OK;
}
