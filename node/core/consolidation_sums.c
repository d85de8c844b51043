/* consolidation_sums.c - the indicators of a consolidation: exact sums, as the rule says. */
#include <stdlib.h>

#include "common/decimal.h"
#include "node/core/consolidation_impl.h"

static int by_name(const void *left, const void *right)
{
    return dg_bytes_compare(((const struct dg_indicator *)left)->name,
                            ((const struct dg_indicator *)right)->name);
}

/* Every name once, in order. */
static enum dg_err list_names(struct dg_gathering *g)
{
    struct dg_consolidation *ret = g->ret;
    size_t capacity = 0, count = 0;
    struct dg_indicator *list = NULL;
    for (size_t i = 0; i < ret->material_count; i++)
        for (size_t k = 0; k < ret->material[i].report->indicator_count; k++) {
            if (!dg_gathering_grow(g->txn->arena, &list, count, &capacity, sizeof *list))
                return DG_ERR_NO_MEMORY;
            list[count++] = ret->material[i].report->indicator[k];
        }
    if (count > 0)
        qsort(list, count, sizeof *list, by_name);
    for (size_t i = 0; i < count; i++)
        if (ret->indicator_count == 0 || !dg_bytes_equal(list[i].name, list[ret->indicator_count - 1].name))
            list[ret->indicator_count++] = list[i];
    ret->indicator = list;
    return DG_OK;
}

static const struct dg_indicator *indicator_of(const struct dg_report *report, struct dg_bytes name)
{
    for (size_t i = 0; i < report->indicator_count; i++)
        if (dg_bytes_equal(report->indicator[i].name, name))
            return &report->indicator[i];
    return NULL;
}

static bool same_author(const struct dg_material *a, const struct dg_material *b)
{
    return dg_bytes_equal(a->unit, b->unit) && dg_bytes_equal(a->organ, b->organ);
}

/* True when a later report of the same author gives the indicator anew. An author's reports stand together,
 * in the order of their periods, which do not overlap. */
static bool is_overtaken(const struct dg_consolidation *c, size_t at, struct dg_bytes name)
{
    for (size_t i = at + 1; i < c->material_count && same_author(&c->material[i], &c->material[at]); i++)
        if (indicator_of(c->material[i].report, name) != NULL)
            return true;
    return false;
}

static size_t collect_values(const struct dg_consolidation *c, struct dg_bytes name, enum dg_aggregation how,
                             struct dg_bytes value[])
{
    size_t count = 0;
    for (size_t i = 0; i < c->material_count; i++) {
        const struct dg_indicator *indicator = indicator_of(c->material[i].report, name);
        if (indicator != NULL && (how == DG_AGGREGATE_SUM || !is_overtaken(c, i, name)))
            value[count++] = indicator->value;
    }
    return count;
}

enum dg_err dg_gathering_sums(struct dg_gathering *g)
{
    struct dg_consolidation *ret = g->ret;
    struct dg_arena *arena = g->txn->arena;
    enum dg_err err = list_names(g);
    struct dg_bytes *value = dg_arena_array(arena, ret->material_count + 1, sizeof *value);
    ret->not_added = dg_arena_array(arena, ret->indicator_count + 1, sizeof *ret->not_added);
    size_t kept = 0;
    if (err != DG_OK || value == NULL || ret->not_added == NULL)
        return DG_ERR_NO_MEMORY;
    for (size_t i = 0; i < ret->indicator_count; i++) {
        struct dg_bytes name = ret->indicator[i].name;
        enum dg_aggregation how = dg_rule_aggregation(ret->rule, name);
        if (how == DG_AGGREGATE_NONE) {
            ret->not_added[ret->not_added_count++] = name;
            continue;
        }
        struct dg_indicator *out = &ret->indicator[kept++];
        out->name = name;
        if (!dg_decimal_sum(arena, value, collect_values(ret, name, how, value), &out->value))
            return DG_ERR_NO_MEMORY;
    }
    ret->indicator_count = kept;
    return DG_OK;
}
