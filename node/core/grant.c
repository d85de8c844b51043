/* grant.c - what a joining unit checks before it believes its parent. */
#include <string.h>

#include "node/core/node_impl.h"

/* The certificates verified so far, by id: each one's issuer must be among them. */
struct trusted {
    struct dg_cert_id id;
    struct dg_certificate certificate;
};

struct granting {
    const struct dg_enrol_grant *grant;
    const struct dg_invitation *invitation;
    dg_ms now;
    struct dg_arena *arena;
    struct dg_fault *fault;
    size_t count;
    struct trusted *trusted;
};

static const struct trusted *trusted_by_id(const struct granting *g, const struct dg_hash *id)
{
    for (size_t i = 0; i < g->count; i++)
        if (memcmp(g->trusted[i].id.b, id->b, sizeof id->b) == 0)
            return &g->trusted[i];
    return NULL;
}

static const struct trusted *trusted_unit(const struct granting *g, struct dg_bytes unit)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->trusted[i].certificate.subject == DG_SUBJECT_UNIT &&
            dg_bytes_equal(g->trusted[i].certificate.unit, unit))
            return &g->trusted[i];
    return NULL;
}

/* The record's leaf is in the log of `logger` and names exactly its body. */
static enum dg_err check_proof(const struct granting *g, const struct dg_record *record,
                               const struct trusted *logger, enum dg_leaf_kind kind)
{
    if (!record->has_checkpoint || record->checkpoint >= g->grant->checkpoint_count || logger == NULL)
        return dg_faultf(g->fault, DG_ERR_BAD_PROOF, "no checkpoint");
    char origin[DG_ORIGIN_MAX + 1];
    dg_origin_write(logger->certificate.federation, logger->certificate.unit, logger->certificate.epoch,
                    origin);
    struct dg_verifier log = dg_verifier_of(origin, DG_NOTE_ED25519, &logger->certificate.keys.log);
    struct dg_checkpoint checkpoint;
    struct dg_leaf leaf;
    enum dg_err err = dg_checkpoint_verify(g->grant->checkpoint[record->checkpoint], &log, &checkpoint);
    if (err != DG_OK)
        return dg_faultf(g->fault, err, "%s", origin);
    struct dg_hash hash = dg_merkle_leaf(record->leaf);
    err = dg_inclusion_verify(&hash, record->index, checkpoint.size, &record->proof, &checkpoint.root);
    if (err == DG_OK)
        err = dg_leaf_parse(g->arena, record->leaf, &leaf, g->fault);
    struct dg_hash object = dg_sha256(record->sealed.body);
    if (err == DG_OK && (leaf.kind != kind || !dg_hash_equal(&leaf.object, &object)))
        err = DG_ERR_BAD_LEAF;
    return err == DG_OK ? DG_OK : dg_faultf(g->fault, err, "%s", origin);
}

/* A unit on the path must be a member today; of organs the past ones come along. Clocks may differ a day. */
static enum dg_err check_validity(const struct granting *g, const struct dg_certificate *certificate)
{
    enum dg_err err = DG_OK;
    if (certificate->subject != DG_SUBJECT_UNIT)
        return DG_OK;
    if (g->now >= certificate->not_after_ms)
        err = DG_ERR_EXPIRED;
    else if (g->now + DG_CLOCK_SKEW_MS < certificate->not_before_ms)
        err = DG_ERR_NOT_YET_VALID;
    return err == DG_OK ? DG_OK
                        : dg_faultf(g->fault, err, "%.*s", (int)certificate->unit.size,
                                    (const char *)certificate->unit.data);
}

static enum dg_err take_certificate(struct granting *g, const struct dg_record *record)
{
    struct trusted *here = &g->trusted[g->count];
    enum dg_err err = dg_certificate_decode(g->arena, record->sealed.body, &here->certificate, g->fault);
    if (err != DG_OK)
        return err;
    here->id = dg_certificate_id(record->sealed.body);
    const struct trusted *issuer = trusted_by_id(g, &here->certificate.issuer);
    err = dg_certificate_link(&here->certificate, issuer != NULL ? &issuer->certificate : NULL,
                              issuer != NULL ? &issuer->id : NULL, &g->invitation->federation_key, g->fault);
    const struct dg_key *key =
        issuer != NULL ? &issuer->certificate.keys.unit : &g->invitation->federation_key;
    if (err == DG_OK)
        err = dg_certificate_verify(&record->sealed, &here->certificate, key, g->fault);
    if (err == DG_OK)
        err = check_validity(g, &here->certificate);
    if (err == DG_OK && issuer != NULL)
        err = check_proof(g, record, issuer, DG_LEAF_CERTIFICATE);
    if (err == DG_OK)
        g->count++;
    return err;
}

static enum dg_err take_adoption(struct granting *g, const struct dg_record *record)
{
    struct dg_adoption adoption;
    enum dg_err err = dg_adoption_decode(g->arena, record->sealed.body, &adoption, g->fault);
    if (err != DG_OK)
        return err;
    const struct trusted *unit = trusted_unit(g, adoption.unit);
    struct dg_hash regime_hash = dg_sha256(record->regime);
    struct dg_regime regime;
    if (unit == NULL || !dg_hash_equal(&regime_hash, &adoption.regime))
        return dg_faultf(g->fault, DG_ERR_BAD_CHAIN, "adoption");
    if (!dg_verify(&unit->certificate.keys.unit, DG_CONTEXT_ADOPTION, record->sealed.body,
                   &record->sealed.sig))
        return dg_faultf(g->fault, DG_ERR_BAD_SIGNATURE, "adoption");
    err = dg_regime_decode(g->arena, record->regime, &regime, g->fault);
    return err == DG_OK ? check_proof(g, record, unit, DG_LEAF_ADOPTION) : err;
}

/* Our own certificate says what the invitation promised and what we asked for. */
static enum dg_err check_own(const struct granting *g, const struct dg_keys *keys)
{
    const struct dg_certificate *own = &g->trusted[g->count - 1].certificate;
    const struct dg_invitation *invitation = g->invitation;
    bool as_asked = own->subject == DG_SUBJECT_UNIT && dg_bytes_equal(own->unit, invitation->unit) &&
                    dg_bytes_equal(own->level, invitation->level) &&
                    dg_key_equal(&own->keys.unit, &keys->unit) && dg_key_equal(&own->keys.log, &keys->log) &&
                    dg_key_equal(&own->keys.cosigner, &keys->cosigner) &&
                    dg_curve_key_equal(&own->keys.transport, &keys->transport);
    return as_asked ? DG_OK
                    : dg_faultf(g->fault, DG_ERR_BAD_CHAIN, "the certificate is not the one asked for");
}

static enum dg_err check_regimes(const struct granting *g)
{
    for (size_t i = 0; i < g->invitation->regime_count; i++) {
        bool found = false;
        for (size_t k = 0; k < g->grant->regime_count && !found; k++) {
            struct dg_hash hash = dg_sha256(g->grant->regime[k]);
            found = dg_hash_equal(&hash, &g->invitation->regime[i]);
        }
        if (!found)
            return dg_faultf(g->fault, DG_ERR_BAD_CHAIN, "a regime of the invitation is missing");
    }
    return DG_OK;
}

enum dg_err dg_grant_verify(const struct dg_enrol_grant *grant, const struct dg_invitation *invitation,
                            const struct dg_keys *keys, dg_ms now, struct dg_arena *arena,
                            struct dg_fault *fault)
{
    struct granting g = {
        .grant = grant, .invitation = invitation, .now = now, .arena = arena, .fault = fault};
    g.trusted = dg_arena_array(arena, grant->directory_count + 1, sizeof *g.trusted);
    if (g.trusted == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    enum dg_err err = DG_OK;
    for (size_t i = 0; err == DG_OK && i < grant->directory_count; i++)
        err = grant->directory[i].kind == DG_RECORD_ADOPTION ? take_adoption(&g, &grant->directory[i])
                                                             : take_certificate(&g, &grant->directory[i]);
    if (err == DG_OK)
        err = take_certificate(&g, &grant->certificate);
    if (err == DG_OK)
        err = check_own(&g, keys);
    if (err == DG_OK)
        err = check_regimes(&g);
    return err;
}
