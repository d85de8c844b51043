/* verify_members.c - who is a member: certificates and adoptions, from the federation's key down. */
#include <string.h>

#include "common/crypto.h"
#include "node/audit/verify_impl.h"

/* --- looking up ----------------------------------------------------------------------------- */

struct dg_member *dg_member_unit(struct dg_verifying *v, struct dg_bytes slug)
{
    for (size_t i = 0; i < v->member_count; i++) {
        struct dg_member *member = &v->member[i];
        if (member->kind == DG_MEMBER_UNIT && dg_bytes_equal(member->certificate.unit, slug))
            return member;
    }
    return NULL;
}

struct dg_member *dg_member_log(struct dg_verifying *v, struct dg_bytes origin)
{
    struct dg_bytes slug;
    struct dg_member *unit = dg_origin_unit_slug(origin, &slug) ? dg_member_unit(v, slug) : NULL;

    return unit != NULL && dg_bytes_is(origin, unit->log.name) ? unit : NULL;
}

static struct dg_member *by_id(struct dg_verifying *v, enum dg_member_kind kind, const uint8_t *id)
{
    for (size_t i = 0; i < v->member_count; i++) {
        struct dg_member *member = &v->member[i];
        if (member->kind == kind && memcmp(member->id.b, id, sizeof member->id.b) == 0)
            return member;
    }
    return NULL;
}

struct dg_member *dg_member_organ(struct dg_verifying *v, const struct dg_cert_id *id)
{
    return by_id(v, DG_MEMBER_ORGAN, id->b);
}

bool dg_member_within(const struct dg_member *unit, const struct dg_member *other)
{
    while (unit != NULL && unit != other)
        unit = unit->issuer;
    return unit != NULL;
}

/* --- leaves --------------------------------------------------------------------------------- */

/* Opens a checkpoint by the log key of the unit, once. */
static bool open_checkpoint(struct dg_verifying *v, uint32_t number, struct dg_member *unit)
{
    struct dg_opened *opened = &v->opened[number];

    if (opened->open)
        return opened->unit == unit || dg_check_failed(v, "checkpoint", "of another log than its leaf");
    enum dg_err err = dg_checkpoint_verify(v->trail.checkpoint[number], &unit->log, &opened->checkpoint);
    if (err != DG_OK)
        return dg_check_failed(v, "checkpoint", "%s: %s", unit->log.name, dg_err_name(err));
    opened->open = true;
    opened->unit = unit;
    return true;
}

bool dg_verify_leaf(struct dg_verifying *v, const struct dg_entry *entry, struct dg_member *unit,
                    const char *name, struct dg_leaf *ret)
{
    if (!dg_bytes_is(entry->origin, unit->log.name))
        return dg_check_failed(v, name, "%.*s is not the log of %.*s", DG_SHOW(entry->origin),
                               DG_SHOW(unit->certificate.unit));
    if (!open_checkpoint(v, entry->checkpoint, unit))
        return false;
    const struct dg_checkpoint *checkpoint = &v->opened[entry->checkpoint].checkpoint;
    struct dg_hash hash = dg_merkle_leaf(entry->leaf);
    enum dg_err err =
        dg_inclusion_verify(&hash, entry->index, checkpoint->size, &entry->proof, &checkpoint->root);
    if (err == DG_OK)
        err = dg_leaf_parse(v->arena, entry->leaf, ret, NULL);
    if (err == DG_OK)
        return true;
    return dg_check_failed(v, name, "%s leaf %llu: %s", unit->log.name, (unsigned long long)entry->index,
                           dg_err_name(err));
}

/* True when the leaf is of that kind and names exactly these signed bytes of this subject. */
static bool leaf_names(const struct dg_leaf *leaf, enum dg_leaf_kind kind, const struct dg_hash *object,
                       struct dg_bytes unit, struct dg_bytes organ)
{
    return leaf->kind == kind && dg_hash_equal(&leaf->object, object) && dg_bytes_equal(leaf->unit, unit) &&
           dg_bytes_equal(leaf->organ, organ);
}

/* --- certificates --------------------------------------------------------------------------- */

/* A child unit has shown its keys to its superior when it enrolled, and need not do so again. */
static enum dg_err verify_signatures(const struct dg_signed *sealed, const struct dg_certificate *certificate,
                                     const struct dg_key *issuer, struct dg_fault *fault)
{
    bool admitted = certificate->subject == DG_SUBJECT_UNIT && certificate->parent.size > 0;

    if (!admitted || sealed->possession_count > 0)
        return dg_certificate_verify(sealed, certificate, issuer, fault);
    return dg_verify(issuer, DG_CONTEXT_CERTIFICATE, sealed->body, &sealed->sig) ? DG_OK
                                                                                 : DG_ERR_BAD_SIGNATURE;
}

static bool keys_taken(const struct dg_verifying *v, const struct dg_certificate *certificate)
{
    struct dg_key own[DG_POSSESSIONS_MAX], other[DG_POSSESSIONS_MAX];
    size_t own_count = dg_certificate_signing_keys(certificate, own);

    for (size_t i = 0; i < v->member_count; i++) {
        if (v->member[i].kind != DG_MEMBER_UNIT)
            continue;
        size_t other_count = dg_certificate_signing_keys(&v->member[i].certificate, other);
        for (size_t a = 0; a < own_count; a++)
            for (size_t b = 0; b < other_count; b++)
                if (dg_key_equal(&own[a], &other[b]))
                    return true;
    }
    return false;
}

/* A unit has one certificate here: a second one would need its predecessor's consent, for which this
 * version has no record. */
static bool check_free(struct dg_verifying *v, const struct dg_certificate *certificate)
{
    if (certificate->subject == DG_SUBJECT_UNIT && dg_member_unit(v, certificate->unit) != NULL)
        return dg_check_failed(v, "certificate", "two certificates of %.*s", DG_SHOW(certificate->unit));
    if (keys_taken(v, certificate))
        return dg_check_failed(v, "certificate", "%.*s has a key of another unit",
                               DG_SHOW(certificate->unit));
    return true;
}

static bool check_depth(struct dg_verifying *v, const struct dg_member *member)
{
    return member->depth < DG_TREE_DEPTH_MAX ||
           dg_check_failed(v, "certificate", "%.*s is too deep", DG_SHOW(member->certificate.unit));
}

static void member_begin(struct dg_member *member, const struct dg_signed *sealed, struct dg_member *issuer)
{
    bool unit = member->certificate.subject == DG_SUBJECT_UNIT;

    member->kind = unit ? DG_MEMBER_UNIT : DG_MEMBER_ORGAN;
    member->id = dg_certificate_id(sealed->body);
    member->issuer = issuer;
    if (issuer != NULL)
        member->depth = issuer->depth + (unit ? 1 : 0);
    if (unit)
        member->log = dg_log_verifier(&member->certificate);
}

static bool check_root(struct dg_verifying *v)
{
    const char *name = "root-certificate";
    struct dg_member *member = &v->member[0];
    struct dg_certificate *certificate = &member->certificate;
    struct dg_fault fault = {0};

    if (v->trail.root_count != 1)
        return dg_check_failed(v, name, "%zu of them", v->trail.root_count);
    const struct dg_signed *sealed = &v->trail.root[0];
    enum dg_err err = dg_certificate_decode(v->arena, sealed->body, certificate, &fault);
    if (err == DG_OK && !dg_bytes_is(certificate->federation, v->root->name))
        return dg_check_failed(v, name, "of the federation %.*s", DG_SHOW(certificate->federation));
    if (err == DG_OK)
        err = dg_certificate_link(certificate, NULL, NULL, &v->root->key, &fault);
    if (err == DG_OK)
        err = verify_signatures(sealed, certificate, &v->root->key, &fault);
    if (err != DG_OK)
        return dg_check_failed(v, name, "%s %s", dg_err_name(err), fault.what);
    member_begin(member, sealed, NULL);
    member->used = true; /* it carries all the others */
    v->member_count = 1;
    return dg_check_held(v, name, "%.*s, by the key of %s", DG_SHOW(certificate->unit), v->root->name);
}

static bool check_certificate(struct dg_verifying *v, const struct dg_entry *entry, struct dg_member *member)
{
    const char *name = "certificate";
    struct dg_certificate *certificate = &member->certificate;
    struct dg_fault fault = {0};
    struct dg_leaf leaf;
    enum dg_err err = dg_certificate_decode(v->arena, entry->sealed.body, certificate, &fault);

    if (err != DG_OK)
        return dg_check_failed(v, name, "%s %s", dg_err_name(err), fault.what);
    struct dg_member *issuer = by_id(v, DG_MEMBER_UNIT, certificate->issuer.b);
    if (issuer == NULL)
        return dg_check_failed(v, name, "the issuer of %.*s is missing", DG_SHOW(certificate->unit));
    err = dg_certificate_link(certificate, &issuer->certificate, &issuer->id, &v->root->key, &fault);
    if (err == DG_OK)
        err = verify_signatures(&entry->sealed, certificate, &issuer->certificate.keys.unit, &fault);
    if (err != DG_OK)
        return dg_check_failed(v, name, "%.*s: %s %s", DG_SHOW(certificate->unit), dg_err_name(err),
                               fault.what);
    member_begin(member, &entry->sealed, issuer);
    if (!check_free(v, certificate) || !check_depth(v, member) ||
        !dg_verify_leaf(v, entry, issuer, name, &leaf))
        return false;
    struct dg_hash object = dg_sha256(entry->sealed.body);
    if (!leaf_names(&leaf, DG_LEAF_CERTIFICATE, &object, certificate->unit, certificate->organ))
        return dg_check_failed(v, name, "the leaf is of something else than %.*s",
                               DG_SHOW(certificate->unit));
    return dg_check_held(v, name, "%.*s%s%.*s, leaf %llu of %s", DG_SHOW(certificate->organ),
                         certificate->organ.size > 0 ? "@" : "", DG_SHOW(certificate->unit),
                         (unsigned long long)entry->index, issuer->log.name);
}

/* --- adoptions ------------------------------------------------------------------------------ */

static bool check_adoption(struct dg_verifying *v, const struct dg_entry *entry, struct dg_member *member)
{
    const char *name = "adoption";
    struct dg_adoption *adoption = &member->adoption;
    const struct dg_signed *sealed = &entry->sealed;
    struct dg_fault fault = {0};
    struct dg_leaf leaf;
    enum dg_err err = dg_adoption_decode(v->arena, sealed->body, adoption, &fault);

    if (err != DG_OK)
        return dg_check_failed(v, name, "%s %s", dg_err_name(err), fault.what);
    struct dg_member *unit = dg_member_unit(v, adoption->unit);
    if (unit == NULL || !dg_bytes_equal(adoption->federation, unit->certificate.federation))
        return dg_check_failed(v, name, "%.*s is no member here", DG_SHOW(adoption->unit));
    if (sealed->possession_count != 0 ||
        !dg_verify(&unit->certificate.keys.unit, DG_CONTEXT_ADOPTION, sealed->body, &sealed->sig))
        return dg_check_failed(v, name, "%.*s: %s", DG_SHOW(adoption->unit),
                               dg_err_name(DG_ERR_BAD_SIGNATURE));
    if (!dg_verify_leaf(v, entry, unit, name, &leaf))
        return false;
    member->kind = DG_MEMBER_ADOPTION;
    member->issuer = unit;
    member->depth = unit->depth;
    member->hash = dg_sha256(sealed->body);
    if (!leaf_names(&leaf, DG_LEAF_ADOPTION, &member->hash, adoption->unit, dg_bytes_at(NULL, 0)) ||
        leaf.regime_count != 1 || !dg_hash_equal(&leaf.regime[0], &adoption->regime))
        return dg_check_failed(v, name, "the leaf is of something else than of %.*s",
                               DG_SHOW(adoption->unit));
    return dg_check_held(v, name, "%.*s by %.*s, leaf %llu of %s", DG_SHOW(adoption->name),
                         DG_SHOW(adoption->unit), (unsigned long long)entry->index, unit->log.name);
}

/* --- all of them ---------------------------------------------------------------------------- */

/* What an entry is stands in its leaf, which is proven afterwards. */
static bool check_entry(struct dg_verifying *v, const struct dg_entry *entry)
{
    struct dg_leaf leaf;
    struct dg_member *member = &v->member[v->member_count];
    bool held;

    if (!entry->has_signed || dg_leaf_parse(v->arena, entry->leaf, &leaf, NULL) != DG_OK)
        return dg_check_failed(v, "membership", "leaf %llu of %.*s", (unsigned long long)entry->index,
                               DG_SHOW(entry->origin));
    if (leaf.kind == DG_LEAF_CERTIFICATE)
        held = check_certificate(v, entry, member);
    else if (leaf.kind == DG_LEAF_ADOPTION)
        held = check_adoption(v, entry, member);
    else
        held = dg_check_failed(v, "membership", "a leaf about a %s", dg_leaf_kind_name(leaf.kind));
    if (held)
        v->member_count++;
    return held;
}

bool dg_verify_members(struct dg_verifying *v)
{
    v->member = dg_arena_array(v->arena, v->trail.membership_count + 1, sizeof *v->member);
    v->opened = dg_arena_array(v->arena, v->trail.checkpoint_count, sizeof *v->opened);
    if (v->member == NULL || v->opened == NULL)
        return dg_check_failed(v, "membership", "%s", dg_err_name(DG_ERR_NO_MEMORY));
    if (!check_root(v))
        return false;
    for (size_t i = 0; i < v->trail.membership_count; i++) {
        if (!check_entry(v, &v->trail.membership[i]))
            return false;
    }
    return true;
}

/* --- checkpoints ---------------------------------------------------------------------------- */

/* Units come in order of depth, cosigners in that of their names. */
static size_t list_cosigners(const struct dg_verifying *v, struct dg_verifier *ret)
{
    size_t count = 0;

    for (size_t i = 0; i < v->member_count; i++) {
        if (v->member[i].kind != DG_MEMBER_UNIT || !v->member[i].certificate.keys.has_cosigner)
            continue;
        struct dg_verifier cosigner = dg_cosigner_verifier(&v->member[i].certificate);
        size_t at = count++;
        for (; at > 0 && strcmp(ret[at - 1].name, cosigner.name) > 0; at--)
            ret[at] = ret[at - 1];
        ret[at] = cosigner;
    }
    return count;
}

static bool check_lines(struct dg_verifying *v, uint32_t number, size_t cosigner_count,
                        const struct dg_verifier *cosigner, struct dg_buf *trimmed)
{
    const struct dg_opened *opened = &v->opened[number];
    struct dg_bytes note = v->trail.checkpoint[number];

    if (!opened->open)
        return dg_check_failed(v, "checkpoint", "no leaf rests on that of %.*s",
                               DG_SHOW(dg_note_first_line(note)));
    dg_buf_reset(trimmed);
    enum dg_err err = dg_checkpoint_trim(note, &opened->unit->log, cosigner_count, cosigner, trimmed);
    if (err != DG_OK || !dg_bytes_equal(note, dg_buf_bytes(trimmed)))
        return dg_check_failed(v, "checkpoint", "%s at %llu has a signature line of nobody in this trail",
                               opened->checkpoint.origin, (unsigned long long)opened->checkpoint.size);
    return dg_check_held(v, "checkpoint", "%s at %llu", opened->checkpoint.origin,
                         (unsigned long long)opened->checkpoint.size);
}

bool dg_verify_checkpoints(struct dg_verifying *v)
{
    struct dg_verifier *cosigner = dg_arena_array(v->arena, v->member_count, sizeof *cosigner);
    struct dg_buf trimmed;
    bool held = true;

    if (cosigner == NULL)
        return dg_check_failed(v, "checkpoint", "%s", dg_err_name(DG_ERR_NO_MEMORY));
    size_t count = list_cosigners(v, cosigner);
    dg_buf_init(&trimmed, DG_CHECKPOINT_MAX);
    for (uint32_t i = 0; held && i < v->trail.checkpoint_count; i++)
        held = check_lines(v, i, count, cosigner, &trimmed);
    dg_buf_done(&trimmed);
    return held;
}
