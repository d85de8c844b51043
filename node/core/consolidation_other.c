/* consolidation_other.c - reports that came under another rule, which stands in the place of the one asked
 * for.
 *
 * After a change of regimes nobody can cite the old rule any more, and until it is known everywhere some
 * still do. A report for the period under the rule that took the other's place is what the author owed under
 * that one (duty_rules.h), so it is gathered with the others, and said to be of that rule.
 */
#include "node/core/consolidation_impl.h"

/* The rule as the nearest unit has adopted it last, whether or not it is still in force. */
static const struct dg_rule *rule_known(const struct dg_gathering *g)
{
    for (const struct dg_dir_unit *at = g->self; at != NULL; at = at->parent) {
        for (size_t i = at->adoption_count; i > 0; i--) {
            const struct dg_regime *regime = at->adoption[i - 1].regime;
            const struct dg_rule *rule = regime != NULL ? dg_regime_rule(regime, g->rule_id) : NULL;
            if (rule != NULL)
                return rule;
        }
    }
    return NULL;
}

/* A unit whose authors report here under such a rule; NULL when there is none. */
static const struct dg_dir_unit *author_unit(const struct dg_gathering *g, const struct dg_rule *rule)
{
    if (!dg_rule_is_upward(rule))
        return g->self;
    for (size_t i = 0; i < g->directory->unit_count; i++)
        if (g->directory->unit[i].parent == g->self)
            return &g->directory->unit[i];
    return NULL;
}

void dg_gathering_find_others(struct dg_gathering *g)
{
    g->known = rule_known(g);
    const struct dg_dir_unit *unit = g->known != NULL ? author_unit(g, g->known) : NULL;
    const struct dg_duty duty = {.unit = unit, .rule = g->known};
    if (unit != NULL)
        g->other_count = dg_duty_other_rules(&duty, g->other, DG_DUTY_RULES_MAX);
}

bool dg_gathering_stands_in(const struct dg_gathering *g, const struct dg_candidate *candidate)
{
    const struct dg_filed *filed = &candidate->filed;
    struct dg_dir_organ organ = {.slug = filed->organ};
    struct dg_calendar_entry entry = {.rule = g->rule_id, .period = candidate->report->period};
    struct dg_duty duty = {.unit = dg_directory_unit(g->directory, filed->unit),
                           .organ = &organ,
                           .entry = &entry,
                           .rule = g->known};
    return duty.unit != NULL && dg_duty_met_by(&duty, candidate->report);
}
