/* duty_rules.c - under which rules a report meets a duty. */
#include "node/core/duty_rules.h"

#include "common/limits.h"
#include "node/core/mandate_rules.h"
#include "node/core/mutant.h"

const struct dg_rule *dg_regime_rule(const struct dg_regime *regime, struct dg_bytes id)
{
    for (size_t i = 0; i < regime->rule_count; i++) {
        if (dg_bytes_equal(regime->rule[i].id, id))
            return &regime->rule[i];
    }
    return NULL;
}

/* The unit whose regimes judge the duty's rule. */
static const struct dg_dir_unit *judging_unit(const struct dg_duty *duty)
{
    return dg_rule_is_upward(duty->rule) && duty->unit->parent != NULL ? duty->unit->parent : duty->unit;
}

static bool is_alike(const struct dg_rule *rule, const struct dg_rule *other)
{
    return dg_bytes_equal(rule->kind, other->kind) && dg_rule_is_upward(rule) == dg_rule_is_upward(other);
}

/* --- one report ----------------------------------------------------------------------------- */

static bool is_author(const struct dg_report *report, const struct dg_duty *duty)
{
    for (size_t i = 0; i < report->author_count; i++) {
        if (dg_bytes_equal(report->author[i].organ, duty->organ->slug) &&
            dg_bytes_equal(report->author[i].unit, duty->unit->slug))
            return true;
    }
    return false;
}

static bool is_cited(const struct dg_report *report, struct dg_bytes rule)
{
    for (size_t i = 0; i < report->recipient_count; i++) {
        for (size_t k = 0; k < report->recipient[i].rule_count; k++) {
            if (dg_bytes_equal(report->recipient[i].rule[k], rule))
                return true;
        }
    }
    return false;
}

static bool is_named(const struct dg_report *report, const struct dg_dir_adoption *adoption)
{
    for (size_t i = 0; i < report->regime_count; i++) {
        if (dg_hash_equal(&report->regime[i].adoption, &adoption->id))
            return true;
    }
    return false;
}

/* True when the duty's rule was there for a report that went by the regime of `used`. Of two main regimes one
 * takes the place of the other, also where the author had not yet heard of the newer. */
static bool was_in_force(const struct dg_duty *duty, struct dg_day day, const struct dg_dir_adoption *used)
{
    struct dg_cited in_force[DG_REGIMES_PER_REPORT_MAX + 1];
    size_t count = dg_regimes_at(judging_unit(duty), day, in_force, sizeof in_force / sizeof *in_force);

    for (size_t i = 0; i < count; i++) {
        const struct dg_dir_adoption *adoption = in_force[i].adoption;
        bool hidden = adoption != used && adoption->main && used->main;
        if (!hidden && adoption->regime != NULL && dg_regime_rule(adoption->regime, duty->rule->id) != NULL)
            return true;
    }
    return false;
}

/* True when the report went by a rule of this adoption that stands in the place of the duty's. */
static bool stands_in(const struct dg_duty *duty, const struct dg_report *report,
                      const struct dg_dir_adoption *used)
{
    struct dg_day day;

    if (used->regime == NULL || !is_named(report, used) ||
        dg_regime_rule(used->regime, duty->rule->id) != NULL || !dg_day_parse(report->date, &day))
        return false;
    for (size_t i = 0; i < used->regime->rule_count; i++) {
        const struct dg_rule *rule = &used->regime->rule[i];
        if (is_alike(rule, duty->rule) && is_cited(report, rule->id))
            return !was_in_force(duty, day, used);
    }
    return false;
}

bool dg_duty_met_by(const struct dg_duty *duty, const struct dg_report *report)
{
    const struct dg_dir_unit *at = judging_unit(duty);

    if (!is_author(report, duty) || !dg_bytes_equal(report->period, duty->entry->period))
        return false;
    if (is_cited(report, duty->rule->id))
        return true;
    for (; at != NULL && !DG_MUTANT("rule-to-the-letter"); at = at->parent) {
        for (size_t i = 0; i < at->adoption_count; i++) {
            if (stands_in(duty, report, &at->adoption[i]))
                return true;
        }
    }
    return false;
}

/* --- where to look -------------------------------------------------------------------------- */

static size_t add(struct dg_bytes id, struct dg_bytes ret[], size_t count, size_t max)
{
    for (size_t i = 0; i < count; i++) {
        if (dg_bytes_equal(ret[i], id))
            return count;
    }
    if (count < max)
        ret[count++] = id;
    return count;
}

size_t dg_duty_other_rules(const struct dg_duty *duty, struct dg_bytes ret[], size_t max)
{
    size_t count = 0;

    for (const struct dg_dir_unit *at = judging_unit(duty); at != NULL; at = at->parent) {
        for (size_t i = 0; i < at->adoption_count; i++) {
            const struct dg_regime *regime = at->adoption[i].regime;
            if (regime == NULL || dg_regime_rule(regime, duty->rule->id) != NULL)
                continue;
            for (size_t k = 0; k < regime->rule_count; k++) {
                if (is_alike(&regime->rule[k], duty->rule))
                    count = add(regime->rule[k].id, ret, count, max);
            }
        }
    }
    return count;
}
