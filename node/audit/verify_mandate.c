/* verify_mandate.c - who had to receive the report, computed anew from what the trail shows.
 *
 * The directory that the engine sees holds the authors' units and all above them, with the organs and
 * adoptions of this trail, and nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "node/audit/verify_impl.h"

/* --- a directory from the trail ------------------------------------------------------------- */

static int unit_order(const void *a, const void *b)
{
    return dg_bytes_compare(((const struct dg_dir_unit *)a)->slug, ((const struct dg_dir_unit *)b)->slug);
}

/* The members of a unit come in order: organs by slug and serial, adoptions by serial. */
static bool fill_unit(struct dg_verifying *v, const struct dg_member *from, struct dg_dir_unit *unit)
{
    *unit = (struct dg_dir_unit){
        .slug = from->certificate.unit,
        .level = from->certificate.level,
        .name = from->certificate.name,
        .parent_slug = from->certificate.parent,
        .certificate = from->id,
        .unit_key = from->certificate.keys.unit,
        .log_key = from->certificate.keys.log,
        .epoch = from->certificate.epoch,
        .not_before_ms = from->certificate.not_before_ms,
        .not_after_ms = from->certificate.not_after_ms,
    };
    for (size_t i = 0; i < v->member_count; i++) {
        unit->organ_count += v->member[i].issuer == from && v->member[i].kind == DG_MEMBER_ORGAN;
        unit->adoption_count += v->member[i].issuer == from && v->member[i].kind == DG_MEMBER_ADOPTION;
    }
    if (unit->organ_count > DG_ORGANS_MAX)
        return dg_check_failed(v, "mandate", "too many organs of %.*s", DG_SHOW(unit->slug));
    unit->organ = dg_arena_array(v->arena, unit->organ_count, sizeof *unit->organ);
    unit->adoption = dg_arena_array(v->arena, unit->adoption_count, sizeof *unit->adoption);
    return (unit->organ != NULL && unit->adoption != NULL) ||
           dg_check_failed(v, "mandate", "%s", dg_err_name(DG_ERR_NO_MEMORY));
}

static struct dg_dir_organ organ_of(const struct dg_member *member)
{
    const struct dg_certificate *certificate = &member->certificate;

    return (struct dg_dir_organ){
        .slug = certificate->organ,
        .name = certificate->name,
        .role = {.count = certificate->role_count, .item = certificate->role},
        .certificate = member->id,
        .signing = certificate->keys.signing,
        .not_before_ms = certificate->not_before_ms,
        .not_after_ms = certificate->not_after_ms,
        .serial = certificate->serial,
    };
}

static struct dg_dir_adoption adoption_of(const struct dg_verifying *v, const struct dg_member *member)
{
    const struct dg_adoption *adoption = &member->adoption;
    struct dg_dir_adoption ret = {
        .id = member->hash,
        .hash = adoption->regime,
        .main = adoption->main,
        .has_from = adoption->has_from,
        .has_until = adoption->has_until,
        .from = adoption->from,
        .until = adoption->until,
        .serial = adoption->serial,
    };

    for (size_t i = 0; i < v->trail.regime_count; i++) {
        if (dg_hash_equal(&v->regime_hash[i], &adoption->regime))
            ret.regime = &v->regime[i];
    }
    return ret;
}

static void fill_lists(const struct dg_verifying *v, const struct dg_member *from, struct dg_dir_unit *unit)
{
    size_t organs = 0, adoptions = 0;

    for (size_t i = 0; i < v->member_count; i++) {
        const struct dg_member *member = &v->member[i];
        if (member->issuer == from && member->kind == DG_MEMBER_ORGAN)
            unit->organ[organs++] = organ_of(member);
        if (member->issuer == from && member->kind == DG_MEMBER_ADOPTION)
            unit->adoption[adoptions++] = adoption_of(v, member);
    }
}

static bool add_unit(struct dg_verifying *v, const struct dg_member *member, struct dg_directory *dir)
{
    for (size_t i = 0; i < dir->unit_count; i++) {
        if (dg_bytes_equal(dir->unit[i].slug, member->certificate.unit))
            return true;
    }
    struct dg_dir_unit *unit = &dir->unit[dir->unit_count];
    if (!fill_unit(v, member, unit))
        return false;
    fill_lists(v, member, unit);
    dir->unit_count++;
    return true;
}

bool dg_verify_directory(struct dg_verifying *v, struct dg_member *const unit_member[], size_t count,
                         struct dg_directory *dir)
{
    size_t most = DG_AUTHORS_MAX * (DG_TREE_DEPTH_MAX + 1);

    dir->federation = dg_bytes_of(v->root->name);
    dir->federation_key = v->root->key;
    dir->unit = dg_arena_array(v->arena, most, sizeof *dir->unit);
    if (dir->unit == NULL)
        return dg_check_failed(v, "mandate", "%s", dg_err_name(DG_ERR_NO_MEMORY));
    for (size_t i = 0; i < count; i++) {
        for (const struct dg_member *unit = unit_member[i]; unit != NULL; unit = unit->issuer) {
            if (!add_unit(v, unit, dir))
                return false;
        }
    }
    qsort(dir->unit, dir->unit_count, sizeof *dir->unit, unit_order);
    for (size_t i = 0; i < dir->unit_count; i++) {
        struct dg_dir_unit key = {.slug = dir->unit[i].parent_slug};
        dir->unit[i].parent = bsearch(&key, dir->unit, dir->unit_count, sizeof key, unit_order);
    }
    return true;
}

/* --- regimes -------------------------------------------------------------------------------- */

bool dg_verify_regimes(struct dg_verifying *v)
{
    size_t count = v->trail.regime_count;

    v->regime = dg_arena_array(v->arena, count, sizeof *v->regime);
    v->regime_hash = dg_arena_array(v->arena, count, sizeof *v->regime_hash);
    v->regime_used = dg_arena_array(v->arena, count, sizeof *v->regime_used);
    if (v->regime == NULL || v->regime_hash == NULL || v->regime_used == NULL)
        return dg_check_failed(v, "regime", "%s", dg_err_name(DG_ERR_NO_MEMORY));
    for (size_t i = 0; i < count; i++) {
        struct dg_fault fault = {0};
        v->regime_hash[i] = dg_sha256(v->trail.regime[i]);
        enum dg_err err = dg_regime_decode(v->arena, v->trail.regime[i], &v->regime[i], &fault);
        if (err != DG_OK)
            return dg_check_failed(v, "regime", "%s %s", dg_err_name(err), fault.what);
    }
    return true;
}

static struct dg_member *find_adoption(struct dg_verifying *v, const struct dg_hash *id)
{
    for (size_t i = 0; i < v->member_count; i++) {
        if (v->member[i].kind == DG_MEMBER_ADOPTION && dg_hash_equal(&v->member[i].hash, id))
            return &v->member[i];
    }
    return NULL;
}

bool dg_use_adoption(struct dg_verifying *v, struct dg_member *member)
{
    for (size_t i = 0; i < v->trail.regime_count; i++) {
        if (!dg_hash_equal(&v->regime_hash[i], &member->adoption.regime))
            continue;
        v->regime_used[i] = true;
        member->used = true;
        return true;
    }
    return false;
}

/* What the report says it was judged by must be here: adopted by that unit, with the regime's bytes. */
static bool check_named_regimes(struct dg_verifying *v)
{
    const struct dg_report *report = &v->out->report;

    for (size_t i = 0; i < report->regime_count; i++) {
        const struct dg_regime_use *use = &report->regime[i];
        struct dg_member *member = find_adoption(v, &use->adoption);
        if (member == NULL || !dg_bytes_equal(member->adoption.unit, use->unit) ||
            !dg_hash_equal(&member->adoption.regime, &use->regime) || !dg_use_adoption(v, member))
            return dg_check_failed(v, "regime", "one that %.*s adopted is missing", DG_SHOW(use->unit));
        dg_check_held(v, "regime", "%.*s of %.*s", DG_SHOW(member->adoption.name), DG_SHOW(use->unit));
    }
    return true;
}

/* --- the mandate ---------------------------------------------------------------------------- */

/* The regimes named are those that were applied, no fewer and no more. */
static bool check_uses(struct dg_verifying *v)
{
    const struct dg_report *report = &v->out->report;
    size_t found = 0;

    for (size_t i = 0; i < v->mandate.use_count; i++) {
        for (size_t k = 0; k < report->regime_count; k++)
            found += dg_hash_equal(&v->mandate.use[i].adoption->id, &report->regime[k].adoption);
    }
    return (found == report->regime_count && found == v->mandate.use_count) ||
           dg_check_failed(v, "mandate", "of %zu regimes applied and %zu named, %zu are the same",
                           v->mandate.use_count, report->regime_count, found);
}

/* The main regime of the author's unit that bound nobody, yet keeps the superior's from binding there. */
static bool is_standing_main(const struct dg_verifying *v, const struct dg_member *member,
                             const struct dg_dir_unit *unit)
{
    struct dg_cited first;

    return member->issuer == v->author[0]->issuer && member->adoption.main &&
           member->adoption.signed_ms <= v->out->report.signed_ms &&
           dg_regimes_at(unit, v->date, &first, 1) == 1 && first.regime_unit == unit &&
           dg_hash_equal(&first.adoption->id, &member->hash);
}

/* True when the report names a main regime of a unit above the author's. */
static bool names_main_above(struct dg_verifying *v)
{
    const struct dg_report *report = &v->out->report;

    for (size_t i = 0; i < report->regime_count; i++) {
        const struct dg_member *member = find_adoption(v, &report->regime[i].adoption);
        if (member->adoption.main && member->issuer != v->author[0]->issuer)
            return true;
    }
    return false;
}

/* Marks what the engine looked at beyond what the report names. */
static void mark_looked_at(struct dg_verifying *v, const struct dg_directory *dir, struct dg_day day)
{
    const struct dg_dir_unit *unit = dg_directory_unit(dir, v->author[0]->certificate.unit);

    for (size_t i = 0; i < v->member_count; i++) {
        struct dg_member *member = &v->member[i];
        if (member->kind == DG_MEMBER_ADOPTION && !member->used && names_main_above(v) &&
            is_standing_main(v, member, unit))
            (void)dg_use_adoption(v, member);
        if (member->kind != DG_MEMBER_ORGAN)
            continue;
        const struct dg_dir_unit *at = dg_directory_unit(dir, member->certificate.unit);
        if (at == NULL || (at != unit && at != unit->parent))
            continue;
        const struct dg_dir_organ *organ = dg_dir_unit_organ(at, member->certificate.organ, day);
        if (organ != NULL && dg_cert_id_equal(&organ->certificate, &member->id))
            member->used = true;
    }
}

static bool recompute(struct dg_verifying *v)
{
    struct dg_member *unit[DG_AUTHORS_MAX];
    struct dg_directory dir = {.unit_count = 0};
    struct dg_header header;
    struct dg_fault fault = {0};

    for (size_t i = 0; i < v->out->report.author_count; i++)
        unit[i] = v->author[i]->issuer;
    if (!dg_verify_directory(v, unit, v->out->report.author_count, &dir))
        return false;
    enum dg_err err = dg_header_of(&v->out->report, v->arena, &header);
    if (err == DG_OK)
        err = dg_mandate_of(&dir, &header, v->arena, &v->mandate, &fault);
    if (err == DG_OK)
        err = dg_mandate_covered(&v->mandate, &v->out->report, &fault);
    if (err != DG_OK)
        return dg_check_failed(v, "mandate", "%s %s %s %s %s", dg_err_name(err), fault.rule, fault.organ,
                               fault.unit, fault.what);
    mark_looked_at(v, &dir, dg_header_organs_on(&header));
    return check_uses(v);
}

/* Who is neither the author's unit nor above it was not told the organs and regimes there: its trail
 * shows what the author signed, and says so by another name. */
bool dg_verify_mandate(struct dg_verifying *v)
{
    size_t count = v->out->report.recipient_count;

    if (!dg_verify_regimes(v))
        return false;
    if (!v->from_above)
        return dg_check_held(v, "mandate-as-signed", "%zu recipients, not recomputed", count);
    return check_named_regimes(v) && recompute(v) &&
           dg_check_held(v, "mandate", "%zu recipients, %zu regimes", count, v->mandate.use_count);
}
