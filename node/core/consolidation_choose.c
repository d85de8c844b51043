/* consolidation_choose.c - which of the reports under a rule go into a consolidation, and why the others do
 * not.
 */
#include <stdlib.h>
#include <string.h>

#include "node/core/consolidation_impl.h"

/* ---- which of them go in -------------------------------------------------------------------------- */

static int month_count(const struct dg_period *period)
{
    return __builtin_popcount(dg_gathering_months(period));
}

/* By author; then the longer period first, and of one period the newest. */
static int by_author(const void *left, const void *right)
{
    const struct dg_candidate *a = left, *b = right;
    int order = dg_bytes_compare(a->filed.unit, b->filed.unit);
    if (order == 0)
        order = dg_bytes_compare(a->filed.organ, b->filed.organ);
    if (order == 0)
        order = month_count(&b->period) - month_count(&a->period);
    if (order == 0)
        order = dg_period_compare(&a->period, &b->period);
    if (order == 0)
        order = a->filed.position < b->filed.position ? 1 : -1;
    return order;
}

static bool same_author(const struct dg_filed *a, const struct dg_filed *b)
{
    return dg_bytes_equal(a->unit, b->unit) && dg_bytes_equal(a->organ, b->organ);
}

/* Takes one author's reports in turn where no month is taken yet. Returns the months taken. */
static uint16_t take_in_turn(const struct dg_candidate candidate[], size_t count, bool nine_months,
                             bool taken[])
{
    uint16_t months = 0;
    for (size_t i = 0; i < count; i++) {
        uint16_t own = dg_gathering_months(&candidate[i].period);
        bool asked = nine_months || candidate[i].period.cadence != DG_CADENCE_9M;
        taken[i] = asked && candidate[i].out == 0 && (months & own) == 0;
        if (taken[i])
            months |= own;
    }
    return months;
}

/* Which one stands for a report that was not taken. */
static void leave_out(struct dg_candidate *left, const struct dg_candidate candidate[], size_t count,
                      const bool taken[])
{
    uint16_t months = dg_gathering_months(&left->period);
    for (size_t i = 0; i < count && left->out == 0; i++) {
        if (!taken[i] || (dg_gathering_months(&candidate[i].period) & months) == 0)
            continue;
        bool same = dg_period_compare(&candidate[i].period, &left->period) == 0;
        left->out = same ? DG_LEFT_FURTHER : DG_LEFT_COVERED;
        left->by = candidate[i].filed.id;
    }
}

/* Two halves say more than nine months that stand in the way of the second. */
static enum dg_err choose_of_author(struct dg_arena *arena, struct dg_candidate candidate[], size_t count)
{
    bool *taken = dg_arena_array(arena, count, sizeof *taken);
    if (taken == NULL)
        return DG_ERR_NO_MEMORY;
    uint16_t without = take_in_turn(candidate, count, false, taken);
    uint16_t with = take_in_turn(candidate, count, true, taken);
    if (__builtin_popcount(without) > __builtin_popcount(with))
        (void)take_in_turn(candidate, count, false, taken);
    for (size_t i = 0; i < count; i++)
        if (!taken[i])
            leave_out(&candidate[i], candidate, count, taken);
    return DG_OK;
}

static enum dg_err choose(struct dg_gathering *g)
{
    enum dg_err err = DG_OK;
    if (g->count > 0)
        qsort(g->candidate, g->count, sizeof *g->candidate, by_author);
    for (size_t first = 0, end; err == DG_OK && first < g->count; first = end) {
        for (end = first + 1; end < g->count; end++)
            if (!same_author(&g->candidate[first].filed, &g->candidate[end].filed))
                break;
        err = choose_of_author(g->txn->arena, &g->candidate[first], end - first);
    }
    return err;
}

/* ---- what is in another one already --------------------------------------------------------------- */

static int by_id(const void *left, const void *right)
{
    const struct dg_candidate *const *a = left, *const *b = right;
    return memcmp((*a)->filed.id.b, (*b)->filed.id.b, sizeof(*a)->filed.id.b);
}

/* An author's own reports were weighed by their periods. */
static void leave_sources_out(const struct dg_candidate *made, struct dg_candidate *const list[],
                              size_t count)
{
    for (size_t i = 0; i < made->report->source_count; i++) {
        struct dg_candidate key = {.filed = {.id = made->report->source[i]}};
        const struct dg_candidate *wanted = &key;
        struct dg_candidate *const *found =
            bsearch(&wanted, list, count, sizeof(struct dg_candidate *), by_id);
        if (found == NULL || same_author(&(*found)->filed, &made->filed))
            continue;
        (*found)->out = DG_LEFT_CONTAINED;
        (*found)->by = made->filed.id;
    }
}

/* Whoever gets a union's report and the Front's, which was made from it, would count the union twice. */
static enum dg_err leave_contained_out(struct dg_gathering *g)
{
    struct dg_candidate **list = dg_arena_array(g->txn->arena, g->count + 1, sizeof(struct dg_candidate *));
    size_t count = 0;
    if (list == NULL)
        return DG_ERR_NO_MEMORY;
    for (size_t i = 0; i < g->count; i++)
        if (g->candidate[i].out == 0)
            list[count++] = &g->candidate[i];
    if (count > 0)
        qsort(list, count, sizeof(struct dg_candidate *), by_id);
    for (size_t i = 0; i < count; i++)
        leave_sources_out(list[i], list, count);
    return DG_OK;
}

/* ---- in order ----------------------------------------------------------------------- */

static int by_author_and_period(const void *left, const void *right)
{
    const struct dg_candidate *a = left, *b = right;
    int order = dg_bytes_compare(a->filed.unit, b->filed.unit);
    if (order == 0)
        order = dg_bytes_compare(a->filed.organ, b->filed.organ);
    if (order == 0)
        order = dg_period_compare(&a->period, &b->period);
    return order != 0 ? order : by_author(left, right);
}

static struct dg_left_out left_of(const struct dg_candidate *candidate)
{
    const struct dg_filed *filed = &candidate->filed;
    return (struct dg_left_out){.id = filed->id,
                                .unit = filed->unit,
                                .organ = filed->organ,
                                .period = filed->period,
                                .why = candidate->out,
                                .by = candidate->by};
}

static struct dg_material material_of(const struct dg_candidate *candidate)
{
    const struct dg_filed *filed = &candidate->filed;
    return (struct dg_material){.id = filed->id,
                                .unit = filed->unit,
                                .organ = filed->organ,
                                .signed_ms = filed->signed_ms,
                                .arrived_ms = filed->arrived_ms,
                                .rule = filed->rule,
                                .report = candidate->report,
                                .asked_back = candidate->asked_back};
}

static enum dg_err sort_out(struct dg_gathering *g)
{
    struct dg_consolidation *ret = g->ret;
    struct dg_arena *arena = g->txn->arena;
    ret->material = dg_arena_array(arena, g->count + 1, sizeof *ret->material);
    ret->left_out = dg_arena_array(arena, g->count + 1, sizeof *ret->left_out);
    if (ret->material == NULL || ret->left_out == NULL)
        return DG_ERR_NO_MEMORY;
    if (g->count > 0)
        qsort(g->candidate, g->count, sizeof *g->candidate, by_author_and_period);
    for (size_t i = 0; i < g->count; i++) {
        if (g->candidate[i].out != 0)
            ret->left_out[ret->left_out_count++] = left_of(&g->candidate[i]);
        else
            ret->material[ret->material_count++] = material_of(&g->candidate[i]);
    }
    return ret->material_count > DG_SOURCES_MAX ? DG_ERR_TOO_LARGE : DG_OK;
}

enum dg_err dg_gathering_choose(struct dg_gathering *g)
{
    enum dg_err err = choose(g);
    if (err == DG_OK)
        err = leave_contained_out(g);
    return err == DG_OK ? sort_out(g) : err;
}
