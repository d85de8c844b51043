/* year_evaluate.c - the evaluation of every node against a count of the plan (Y5 of year.h). */
#include <string.h>

#include "node/core/evaluation.h"
#include "tests/sim/year.h"

struct counting {
    struct sim_year *year;
    const struct sim_node *node;
    struct dg_evaluation evaluation;
};

/* What a unit is told of: its own duties, and those whose reports go to it. */
static bool is_seen(const struct counting *c, const struct sim_owed *owed)
{
    return owed->keeper == c->node->index || owed->node == c->node->index;
}

static bool is_counted(const struct counting *c, const struct sim_owed *owed, const struct dg_score *score)
{
    return is_seen(c, owed) &&
           (score->unit.size == 0 || dg_bytes_is(score->unit, c->year->world->node[owed->node].unit)) &&
           (score->organ.size == 0 || dg_bytes_is(score->organ, owed->organ)) &&
           (score->rule.size == 0 || dg_bytes_is(score->rule, owed->rule)) &&
           (score->period.size == 0 || dg_bytes_is(score->period, owed->period));
}

/* Counts what the score is about, from the days of the plan alone. */
static struct dg_score count(const struct counting *c, const struct dg_score *score)
{
    struct dg_score ret = {.days_late = 0};
    for (size_t i = 0; i < c->year->count; i++) {
        const struct sim_owed *owed = &c->year->owed[i];
        if (!is_counted(c, owed, score))
            continue;
        int32_t days = owed->comes_on.n - owed->last.n;
        if (!owed->comes)
            ret.count[DG_DUTY_MISSING]++;
        else
            ret.count[days > 0 ? DG_DUTY_LATE : DG_DUTY_ON_TIME]++;
        ret.days_late += owed->comes && days > 0 ? (uint64_t)days : 0;
    }
    return ret;
}

static void check_score(const struct counting *c, const struct dg_score *score)
{
    struct dg_score planned = count(c, score);
    for (size_t state = 0; state < sizeof score->count / sizeof score->count[0]; state++)
        if (score->count[state] != planned.count[state])
            sim_break(c->year->world, "Y5", "%s counts %lu as %s of %.*s@%.*s %.*s %.*s, by the plan %lu",
                      c->node->unit, (unsigned long)score->count[state],
                      dg_duty_state_name((enum dg_duty_state)state), (int)score->organ.size,
                      (const char *)score->organ.data, (int)score->unit.size, (const char *)score->unit.data,
                      (int)score->rule.size, (const char *)score->rule.data, (int)score->period.size,
                      (const char *)score->period.data, (unsigned long)planned.count[state]);
    if (score->days_late != planned.days_late)
        sim_break(c->year->world, "Y5", "%s counts %lu days late, by the plan %lu", c->node->unit,
                  (unsigned long)score->days_late, (unsigned long)planned.days_late);
}

static void check_scores(const struct counting *c)
{
    size_t seen = 0;
    for (size_t i = 0; i < c->year->count; i++)
        seen += is_seen(c, &c->year->owed[i]);
    if (c->evaluation.count != seen)
        sim_break(c->year->world, "Y5", "%s evaluates %zu duties, by the plan %zu", c->node->unit,
                  c->evaluation.count, seen);
    for (int of = 0; of < DG_SCORE_OFS; of++)
        for (size_t i = 0; i < c->evaluation.score[of].count && !c->year->world->laws.broken; i++)
            check_score(c, &c->evaluation.score[of].item[i]);
}

void sim_year_evaluate(struct sim_year *year, const struct sim_node *node, struct dg_txn *txn,
                       const struct dg_directory *directory, const struct dg_dir_unit *self)
{
    const struct dg_evaluation_ask ask = {
        .year = SIM_YEAR, .has_asof = true, .asof = {sim_year_day(12, 31).n}};
    struct counting c = {.year = year, .node = node};
    enum dg_err err = dg_evaluate(txn, directory, self, &ask, txn->arena, &c.evaluation);
    if (err != DG_OK)
        sim_break(year->world, "Y5", "%s cannot evaluate: %s", node->unit, dg_err_name(err));
    else
        check_scores(&c);
}
