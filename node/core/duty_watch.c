/* duty_watch.c - who watches a duty, and who may issue what is about it. */
#include "node/core/duty_watch.h"

#include "node/core/mandate_rules.h"

const struct dg_dir_unit *dg_duty_keeper(const struct dg_duty *duty)
{
    const struct dg_dir_unit *unit = duty->unit;
    return dg_rule_is_upward(duty->rule) && unit->parent != NULL ? unit->parent : unit;
}

bool dg_duty_seen(const struct dg_duty *duty, const struct dg_dir_unit *self)
{
    if (self == NULL)
        return false;
    return self == duty->unit || (dg_rule_is_upward(duty->rule) && self == duty->unit->parent);
}

/* The organs that may issue at unit on a day: of each regime in force the role or its stand-in, and what
 * fills the role outright where no regime says otherwise. */
static void issuers_at(const struct dg_dir_unit *unit, struct dg_day day, struct dg_organs *ret)
{
    struct dg_cited in_force[DG_REGIMES_PER_REPORT_MAX];
    struct dg_bytes role = dg_bytes_of("ban-dan-van");
    size_t count = dg_regimes_at(unit, day, in_force, DG_REGIMES_PER_REPORT_MAX);
    ret->count = dg_dir_unit_role(unit, role, day, ret->item);
    for (size_t i = 0; ret->count == 0 && i < count; i++)
        if (in_force[i].adoption->regime != NULL)
            dg_role_organs(in_force[i].adoption->regime, unit, role, day, ret);
}

const struct dg_dir_organ *dg_duty_issuer(const struct dg_dir_unit *unit, struct dg_day day)
{
    struct dg_organs organs;
    issuers_at(unit, day, &organs);
    return organs.count > 0 ? organs.item[0] : NULL;
}

bool dg_duty_may_issue(const struct dg_dir_unit *unit, struct dg_bytes organ, struct dg_day day)
{
    struct dg_organs organs;
    issuers_at(unit, day, &organs);
    for (size_t i = 0; i < organs.count; i++)
        if (dg_bytes_equal(organs.item[i]->slug, organ))
            return true;
    return false;
}
