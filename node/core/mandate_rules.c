/* mandate_rules.c - which rules bind a report, and which organs a role means. */
#include "node/core/mandate_rules.h"

#include <assert.h>

#include "common/text.h"

static bool slugs_have(const struct dg_slugs *slugs, struct dg_bytes slug)
{
    for (size_t i = 0; i < slugs->count; i++) {
        if (dg_bytes_equal(slugs->item[i], slug))
            return true;
    }
    return false;
}

/* An empty list of levels means all of them. */
static bool level_allowed(const struct dg_slugs *levels, struct dg_bytes level)
{
    return levels->count == 0 || slugs_have(levels, level);
}

/* --- the case ------------------------------------------------------------------------------- */

static enum dg_err no_organ(const struct dg_case *c, struct dg_bytes organ, struct dg_bytes unit,
                            struct dg_fault *fault)
{
    dg_fault(fault, DG_ERR_NO_ORGAN);
    dg_fault_organ(fault, dg_arena_string(c->arena, organ));
    dg_fault_unit(fault, dg_arena_string(c->arena, unit));
    return DG_ERR_NO_ORGAN;
}

static enum dg_err add_author(struct dg_case *c, const struct dg_directory *directory, struct dg_bytes organ,
                              struct dg_bytes unit, struct dg_fault *fault)
{
    const struct dg_dir_unit *at = dg_directory_unit(directory, unit);
    const struct dg_dir_organ *author =
        at == NULL ? NULL : dg_dir_unit_organ(at, organ, dg_header_organs_on(c->header));

    if (author == NULL)
        return no_organ(c, organ, unit, fault);
    if (dg_case_author(c, author, at))
        return DG_OK; /* whoever signs twice is still one signer */
    c->author_unit[c->author_count] = at;
    c->author[c->author_count++] = author;
    return DG_OK;
}

static enum dg_err add_signer(struct dg_case *c, const struct dg_directory *directory,
                              struct dg_bytes address, struct dg_fault *fault)
{
    struct dg_bytes organ, unit;

    if (!dg_address_split(address, &organ, &unit))
        return no_organ(c, address, (struct dg_bytes){0}, fault);
    return add_author(c, directory, organ, unit, fault);
}

static enum dg_err read_period(struct dg_case *c, struct dg_fault *fault)
{
    const struct dg_header *header = c->header;
    struct dg_period period;

    if (!dg_period_fits(header->kind, header->period))
        return dg_faultf(fault, DG_ERR_BAD_PERIOD, "%s: %s", dg_arena_string(c->arena, header->kind),
                         header->period.size == 0 ? "-" : dg_arena_string(c->arena, header->period));
    if (dg_period_parse(header->period, &period))
        c->cadence = period.cadence;
    return DG_OK;
}

enum dg_err dg_case_open(const struct dg_directory *directory, const struct dg_header *header,
                         struct dg_arena *arena, struct dg_case *ret, struct dg_fault *fault)
{
    struct dg_case c = {.arena = arena, .header = header};

    if (header->with_count >= DG_AUTHORS_MAX)
        return dg_faultf(fault, DG_ERR_TOO_LARGE, "with: > %d", DG_AUTHORS_MAX - 1);
    enum dg_err err = add_author(&c, directory, header->organ, header->unit, fault);
    for (size_t i = 0; err == DG_OK && i < header->with_count; i++)
        err = add_signer(&c, directory, header->with[i], fault);
    if (err == DG_OK)
        err = read_period(&c, fault);
    if (err != DG_OK)
        return err;
    c.unit = c.author_unit[0];
    *ret = c;
    return DG_OK;
}

bool dg_case_author(const struct dg_case *c, const struct dg_dir_organ *organ, const struct dg_dir_unit *unit)
{
    for (size_t i = 0; i < c->author_count; i++) {
        if (c->author_unit[i] == unit && dg_bytes_equal(c->author[i]->slug, organ->slug))
            return true;
    }
    return false;
}

/* --- the regimes in force ------------------------------------------------------------------- */

static bool day_within(struct dg_day day, bool has_from, struct dg_day from, bool has_until,
                       struct dg_day until)
{
    return (!has_from || from.n <= day.n) && (!has_until || day.n <= until.n);
}

static bool is_in_force(const struct dg_dir_adoption *adoption, struct dg_day day)
{
    const struct dg_regime *regime = adoption->regime;

    if (!day_within(day, adoption->has_from, adoption->from, adoption->has_until, adoption->until))
        return false;
    return regime == NULL ||
           day_within(day, regime->has_from, regime->from, regime->has_until, regime->until);
}

static bool is_named(const struct dg_header *header, const struct dg_dir_adoption *adoption)
{
    for (size_t i = 0; i < header->named_count; i++) {
        if (dg_hash_equal(&header->named[i].adoption, &adoption->id))
            return true;
    }
    return false;
}

/* Whether the author, who named what bound him, cannot have known of this one. An additional regime binds by
 * itself or not at all, so one that is not named may always be left aside; a main one also keeps others from
 * binding. */
static bool is_hidden(const struct dg_dir_unit *unit, const struct dg_dir_adoption *adoption,
                      const struct dg_header *header)
{
    if (header->sight == DG_SIGHT_ALL || is_named(header, adoption) ||
        (header->had != NULL && header->had->knew(header->had->ctx, unit, adoption)))
        return false;
    if (header->sight == DG_SIGHT_NAMED || !adoption->main)
        return true;
    for (size_t i = 0; i < unit->adoption_count; i++) {
        const struct dg_dir_adoption *older = &unit->adoption[i];
        if (older->main && older->serial < adoption->serial && is_named(header, older))
            return true;
    }
    return false;
}

static bool counts(const struct dg_dir_unit *unit, const struct dg_dir_adoption *adoption,
                   const struct dg_header *header)
{
    return is_in_force(adoption, header->date) && !is_hidden(unit, adoption, header);
}

/* The newest main regime that the unit itself has in force, or NULL. */
static const struct dg_dir_adoption *own_main(const struct dg_dir_unit *unit, const struct dg_header *header)
{
    for (size_t i = unit->adoption_count; i-- > 0;) {
        if (unit->adoption[i].main && counts(unit, &unit->adoption[i], header))
            return &unit->adoption[i];
    }
    return NULL;
}

static bool same_regime(const struct dg_dir_adoption *a, const struct dg_dir_adoption *b)
{
    if (a->regime == NULL || b->regime == NULL)
        return dg_hash_equal(&a->hash, &b->hash);
    return dg_bytes_equal(a->regime->name, b->regime->name);
}

/* An additional regime gives way to the unit's own main one and to a later additional one of the
 * same name: that is how it is amended. */
static bool is_replaced(const struct dg_dir_unit *unit, size_t i, const struct dg_header *header)
{
    const struct dg_dir_adoption *main_one = own_main(unit, header);

    if (main_one != NULL && same_regime(main_one, &unit->adoption[i]))
        return true;
    for (size_t later = i + 1; later < unit->adoption_count; later++) {
        const struct dg_dir_adoption *adoption = &unit->adoption[later];
        if (!adoption->main && counts(unit, adoption, header) && same_regime(adoption, &unit->adoption[i]))
            return true;
    }
    return false;
}

size_t dg_regimes_seen(const struct dg_dir_unit *unit, const struct dg_header *header, struct dg_cited ret[],
                       size_t max)
{
    const struct dg_dir_unit *at = unit;
    const struct dg_dir_adoption *main_one = own_main(at, header);
    size_t count = 0;

    for (size_t depth = 0; main_one == NULL && at->parent != NULL && depth < DG_TREE_DEPTH_MAX; depth++) {
        at = at->parent;
        main_one = own_main(at, header);
    }
    if (main_one != NULL && max > 0)
        ret[count++] = (struct dg_cited){.adoption = main_one, .regime_unit = at};
    for (size_t i = 0; i < unit->adoption_count && count < max; i++) {
        const struct dg_dir_adoption *adoption = &unit->adoption[i];
        if (!adoption->main && counts(unit, adoption, header) && !is_replaced(unit, i, header))
            ret[count++] = (struct dg_cited){.adoption = adoption, .regime_unit = unit};
    }
    return count;
}

size_t dg_regimes_at(const struct dg_dir_unit *unit, struct dg_day day, struct dg_cited ret[], size_t max)
{
    const struct dg_header header = {.date = day};

    return dg_regimes_seen(unit, &header, ret, max);
}

/* --- roles and their stand-ins -------------------------------------------------------------- */

void dg_role_organs(const struct dg_regime *regime, const struct dg_dir_unit *unit, struct dg_bytes role,
                    struct dg_day day, struct dg_organs *ret)
{
    ret->count = dg_dir_unit_role(unit, role, day, ret->item);
    for (size_t i = 0; ret->count == 0 && i < regime->stand_in_count; i++) {
        const struct dg_stand_in *stand_in = &regime->stand_in[i];
        if (!dg_bytes_equal(stand_in->role, role) || !level_allowed(&stand_in->level, unit->level))
            continue;
        for (size_t by = 0; ret->count == 0 && by < stand_in->by.count; by++)
            ret->count = dg_dir_unit_role(unit, stand_in->by.item[by], day, ret->item);
    }
}

static bool fills_any(const struct dg_dir_organ *organ, const struct dg_slugs *roles)
{
    for (size_t i = 0; i < roles->count; i++) {
        if (dg_dir_organ_fills(organ, roles->item[i]))
            return true;
    }
    return false;
}

/* True when author i fills one of the roles, itself or as the stand-in for it. */
static bool author_counts_as(const struct dg_case *c, size_t i, const struct dg_slugs *roles,
                             const struct dg_regime *regime)
{
    struct dg_organs organs;

    if (fills_any(c->author[i], roles))
        return true;
    for (size_t r = 0; r < roles->count; r++) {
        dg_role_organs(regime, c->author_unit[i], roles->item[r], dg_header_organs_on(c->header), &organs);
        for (size_t k = 0; k < organs.count; k++) {
            if (organs.item[k] == c->author[i])
                return true;
        }
    }
    return false;
}

/* --- does the rule bind? -------------------------------------------------------------------- */

bool dg_rule_is_upward(const struct dg_rule *rule)
{
    for (size_t i = 0; i < rule->to_count; i++) {
        if (rule->to[i].where == DG_WHERE_PARENT)
            return true;
    }
    return false;
}

static bool scope_holds(const struct dg_cited *cited, const struct dg_dir_unit *unit)
{
    switch (cited->rule->scope) {
    case DG_SCOPE_ALL:
        return true;
    case DG_SCOPE_OWNER:
        return unit == cited->regime_unit;
    case DG_SCOPE_BELOW:
        return unit != cited->regime_unit;
    }
    return false;
}

/* An owner rule names one organ of the unit that issued it: nobody stands in for that one. */
static bool fills_role_of(const struct dg_cited *cited, const struct dg_case *c, size_t author,
                          const struct dg_slugs *roles)
{
    if (cited->rule->scope == DG_SCOPE_OWNER)
        return fills_any(c->author[author], roles);
    return author_counts_as(c, author, roles, cited->adoption->regime);
}

static bool author_bound(const struct dg_cited *cited, const struct dg_case *c)
{
    const struct dg_rule *rule = cited->rule;

    if (rule->from.count > 0 && !fills_role_of(cited, c, 0, &rule->from))
        return false;
    return rule->except.count == 0 || !author_counts_as(c, 0, &rule->except, cited->adoption->regime);
}

/* True when a further signer of the lead author's unit fills the role. */
static bool is_signed_further(const struct dg_cited *cited, const struct dg_case *c,
                              const struct dg_slugs *role)
{
    for (size_t a = 1; a < c->author_count; a++) {
        if (c->author_unit[a] == c->unit && fills_role_of(cited, c, a, role))
            return true;
    }
    return false;
}

/* Every role of `with` needs a further signer from the lead author's unit. A role that may lead too is also
 * filled by the lead, so that either of two organs may lead; one signature alone never does. */
static bool signers_complete(const struct dg_cited *cited, const struct dg_case *c)
{
    const struct dg_slugs *with = &cited->rule->with;
    size_t further = 0;

    for (size_t i = 0; i < with->count; i++) {
        const struct dg_slugs role = {.count = 1, .item = &with->item[i]};
        bool is_further = is_signed_further(cited, c, &role);
        bool is_lead = slugs_have(&cited->rule->from, with->item[i]) && fills_role_of(cited, c, 0, &role);
        if (!is_further && !is_lead)
            return false;
        further += is_further;
    }
    return with->count == 0 || further > 0;
}

static bool matter_touched(const struct dg_slugs *matter, const struct dg_header *header)
{
    for (size_t i = 0; i < header->matter_count; i++) {
        if (slugs_have(matter, header->matter[i]))
            return true;
    }
    return matter->count == 0;
}

/* Everything but the further signers. */
static bool binds_lead(const struct dg_cited *cited, const struct dg_case *c)
{
    const struct dg_rule *rule = cited->rule;

    assert(rule != NULL && cited->adoption->regime != NULL);
    return dg_bytes_equal(rule->kind, c->header->kind) && scope_holds(cited, c->unit) &&
           level_allowed(&rule->level, c->unit->level) &&
           (rule->periods == 0 || (rule->periods & c->cadence) != 0) &&
           matter_touched(&rule->matter, c->header) && author_bound(cited, c);
}

bool dg_rule_binds(const struct dg_cited *cited, const struct dg_case *c)
{
    return binds_lead(cited, c) && signers_complete(cited, c);
}

bool dg_rule_lacks_signer(const struct dg_cited *cited, const struct dg_case *c)
{
    return binds_lead(cited, c) && !signers_complete(cited, c);
}
