/* calendar_force.c - which rules a calendar may name, and when they are in force. */
#include "node/conf/calendar_rule.h"
#include "node/core/mandate.h"

int dg_rule_in_force_compare(const void *left, const void *right)
{
    const struct dg_rule_in_force *a = left, *b = right;
    int order = dg_bytes_compare(a->rule->id, b->rule->id);

    return order != 0 ? order : (a->from.n > b->from.n) - (a->from.n < b->from.n);
}

/* The first rule of that id or of one after it. */
static size_t first_rule(const struct dg_rules_in_force *rules, struct dg_bytes id)
{
    size_t low = 0, high = rules->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (dg_bytes_compare(rules->item[middle].rule->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool dg_rule_known(const struct dg_rules_in_force *rules, struct dg_bytes id)
{
    size_t at = first_rule(rules, id);

    return at < rules->count && dg_bytes_equal(rules->item[at].rule->id, id);
}

void dg_rule_unknown(struct dg_fields *fields, const struct dg_rules_in_force *rules,
                     const struct dg_yaml *word)
{
    const char **known = dg_fields_array(fields, rules->count, sizeof *known);

    for (size_t i = 0; known != NULL && i < rules->count; i++)
        known[i] = dg_arena_string(fields->arena, rules->item[i].rule->id);
    if (known != NULL)
        dg_fields_unknown(fields, word, "rule", known, rules->count);
}

static bool period_asked(const struct dg_rule *rule, const struct dg_period *period)
{
    char text[DG_PERIOD_TEXT];

    dg_period_text(period, text);
    return (rule->periods == 0 || (rule->periods & period->cadence) != 0) &&
           dg_period_fits(rule->kind, dg_bytes_of(text));
}

enum dg_rule_standing dg_rule_standing(const struct dg_rules_in_force *rules, struct dg_bytes id,
                                       const struct dg_period *period, struct dg_day day)
{
    enum dg_rule_standing standing = DG_RULE_NOT_ASKED;

    for (size_t i = first_rule(rules, id); i < rules->count && dg_bytes_equal(rules->item[i].rule->id, id);
         i++) {
        const struct dg_rule_in_force *item = &rules->item[i];
        if (!period_asked(item->rule, period))
            continue;
        if (item->from.n <= day.n && day.n <= item->until.n)
            return DG_RULE_IN_FORCE;
        standing = DG_RULE_NOT_IN_FORCE;
    }
    return standing;
}
