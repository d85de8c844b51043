/* regime_sense.c - rules that are well-formed but could never be meant. */
#include "common/text.h"
#include "node/conf/regime_rule.h"

static bool has_word(const struct dg_slugs *list, struct dg_bytes word)
{
    for (size_t i = 0; i < list->count; i++) {
        if (dg_bytes_equal(list->item[i], word))
            return true;
    }
    return false;
}

static bool same_target(const struct dg_target *a, const struct dg_target *b)
{
    return a->where == b->where && dg_bytes_equal(a->role, b->role);
}

static bool any_at(const struct dg_rule *rule, enum dg_where where)
{
    for (size_t i = 0; i < rule->to_count; i++) {
        if (rule->to[i].where == where)
            return true;
    }
    return false;
}

/* --- whom it binds -------------------------------------------------------------------------- */

/* An author who fills any role of except is not bound, so a list that is wholly within it binds nobody. */
static void check_authors(struct dg_fields *fields, const struct dg_yaml *node, const struct dg_rule *rule)
{
    size_t excluded = 0;

    for (size_t i = 0; i < rule->from.count; i++)
        excluded += has_word(&rule->except, rule->from.item[i]);
    if (excluded > 0 && excluded == rule->from.count)
        dg_fields_complain(fields, dg_yaml_member(node, "except"),
                           "%s is in from and in except: the rule binds nobody",
                           (const char *)rule->from.item[0].data);
}

static bool is_yearly(struct dg_bytes kind)
{
    return dg_bytes_is(kind, "evaluation") || dg_bytes_is(kind, "joint");
}

static void check_periods(struct dg_fields *fields, const struct dg_yaml *node, const struct dg_rule *rule)
{
    if (is_yearly(rule->kind) && rule->periods != 0 && rule->periods != DG_CADENCE_Y)
        dg_fields_complain(fields, dg_yaml_member(node, "periods"),
                           "a report of this kind covers a year: the rule binds no other period");
}

static void check_signers(struct dg_fields *fields, const struct dg_yaml *node, const struct dg_rule *rule)
{
    bool is_joint = dg_bytes_is(rule->kind, "joint");

    if (rule->with.count > 0 && rule->kind.size > 0 && !is_joint)
        dg_fields_complain(fields, dg_yaml_member(node, "with"), "only a joint report has further signers");
    if (is_joint && dg_yaml_member(node, "with") == NULL)
        dg_fields_complain(fields, dg_yaml_member(node, "kind"),
                           "a joint report has further signers: name them in with");
}

/* --- whom it reaches ------------------------------------------------------------------------ */

static void check_places(struct dg_fields *fields, const struct dg_yaml *node, const struct dg_rule *rule)
{
    bool upward = any_at(rule, DG_WHERE_PARENT);

    if (upward && any_at(rule, DG_WHERE_SAME))
        dg_fields_complain(fields, dg_yaml_member(node, "to"),
                           "to names both @same and @parent: write two rules, each judged by its own regime");
    if (upward && rule->scope == DG_SCOPE_OWNER)
        dg_fields_complain(fields, dg_yaml_member(node, "scope"),
                           "an owner rule to @parent never applies: it is judged at the superior unit");
    for (size_t i = 0; i < rule->to_count; i++) {
        if (rule->to[i].if_superior)
            dg_fields_complain(fields, dg_yaml_member(node, "to"), "an addressee cannot be @parent-if-any");
    }
    if (rule->has_via && rule->to_count == 1 && same_target(&rule->via, &rule->to[0]))
        dg_fields_complain(fields, dg_yaml_member(node, "via"),
                           "via names the addressee itself: nobody would wait");
}

/* A recipient has one standing, so a copy for an addressee would never be seen. */
static void check_repeats(struct dg_fields *fields, const struct dg_yaml *list, const struct dg_rule *rule,
                          const struct dg_target *target, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < rule->to_count; k++) {
            if (same_target(&target[i], &rule->to[k]))
                dg_fields_complain(fields, list, "%s is an addressee already",
                                   (const char *)target[i].role.data);
        }
    }
}

void dg_rule_check(struct dg_fields *fields, const struct dg_yaml *node, const struct dg_rule *rule)
{
    check_places(fields, node, rule);
    check_authors(fields, node, rule);
    check_periods(fields, node, rule);
    check_signers(fields, node, rule);
    check_repeats(fields, dg_yaml_member(node, "copy"), rule, rule->copy, rule->copy_count);
    check_repeats(fields, dg_yaml_member(node, "observe"), rule, rule->observe, rule->observe_count);
}
