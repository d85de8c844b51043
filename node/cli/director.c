/* director.c - who directs reporting here. */
#include "node/cli/director.h"

#include "node/cli/say.h"
#include "node/core/mandate_rules.h"

/* The first rule in force for directed reports: the article by which the Ban Dân vận directs. */
static const struct dg_rule *directing_rule(const struct dg_dir_unit *unit, struct dg_day today)
{
    struct dg_cited cited[DG_REGIMES_PER_REPORT_MAX];
    size_t count = dg_regimes_at(unit, today, cited, DG_REGIMES_PER_REPORT_MAX);

    for (size_t i = 0; i < count; i++) {
        const struct dg_regime *regime = cited[i].adoption->regime;
        for (size_t k = 0; regime != NULL && k < regime->rule_count; k++) {
            if (dg_bytes_is(regime->rule[k].kind, "directed"))
                return &regime->rule[k];
        }
    }
    return NULL;
}

const char *dg_director_missing(struct dg_cli *cli, const struct dg_dir_unit *unit, struct dg_day today)
{
    struct dg_arena *arena = &cli->arena;
    const char *article = "-";

    if (dg_duty_issuer(unit, today) != NULL)
        return NULL;
    const struct dg_rule *rule = directing_rule(unit, today);
    if (rule != NULL)
        article = dg_arena_printf(arena, "%s, %s", dg_shown(arena, rule->id), dg_shown(arena, rule->cites));
    return dg_phrase(cli, DG_MSG_NO_DIRECTOR, DG_WORDS(dg_shown(arena, unit->slug), article));
}
