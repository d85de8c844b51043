/* consolidation.c - what an organ has received under one rule for one period. */
#include "node/core/consolidation.h"

#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"
#include "node/core/mandate_rules.h"
#include "proto/pass.h"

/* A report that came under the rule for the period or a part of it. */
struct candidate {
    struct dg_filed filed;
    struct dg_period period;
    bool out;
};

enum { PARTS_MAX = 20 };

struct part {
    struct dg_period period;
    struct dg_bytes text;
};

struct gathering {
    struct dg_txn *txn;
    const struct dg_directory *directory;
    const struct dg_dir_unit *self;
    struct dg_bytes organ, rule_id;
    struct dg_period whole, at;
    size_t part_count;
    struct part part[PARTS_MAX];
    struct dg_day day;
    size_t count, capacity;
    struct candidate *candidate;
    struct dg_consolidation *ret;
};

/* Room for one more item of an array in the arena; false, with the transaction's error set, without memory.
 */
static bool grow(struct dg_arena *arena, void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity == 0 ? 64 : 2 * *capacity;
    void *grown = dg_arena_array(arena, larger, size);
    if (grown == NULL)
        return false;
    if (count > 0)
        memcpy(grown, *(void **)array, count * size);
    *(void **)array = grown;
    *capacity = larger;
    return true;
}

/* ---- what is here --------------------------------------------------------------------------------- */

/* It counts only when it lies in the organ's own mailbox: open, or there to be passed on and not sent back.
 */
static bool counts(const struct dg_mail *mail)
{
    return mail->as == DG_AS_VIA ? mail->decision != DG_DECISION_RETURNED : mail->open;
}

static bool take_filed(void *ctx, const struct dg_filed *filed)
{
    struct gathering *g = ctx;
    struct dg_mail mail;
    if (!dg_mail_get(g->txn, g->organ, filed->position, &mail) || !counts(&mail))
        return true;
    if (!grow(g->txn->arena, &g->candidate, g->count, &g->capacity, sizeof *g->candidate)) {
        dg_txn_fail(g->txn, DG_ERR_NO_MEMORY);
        return false;
    }
    g->candidate[g->count++] = (struct candidate){.filed = *filed, .period = g->at};
    return true;
}

/* The period and every shorter one within it: at most a year, its nine months, halves, quarters and months.
 */
static enum dg_err list_parts(struct gathering *g)
{
    static const struct {
        enum dg_cadence cadence;
        int32_t count;
    } sort[] = {
        {DG_CADENCE_Y, 1}, {DG_CADENCE_9M, 1}, {DG_CADENCE_H, 2}, {DG_CADENCE_Q, 4}, {DG_CADENCE_M, 12}};
    for (size_t i = 0; i < sizeof sort / sizeof sort[0]; i++)
        for (int32_t n = 1; n <= sort[i].count; n++) {
            struct part *part = &g->part[g->part_count];
            char text[DG_PERIOD_TEXT];
            part->period =
                (struct dg_period){.year = g->whole.year, .cadence = sort[i].cadence, .ordinal = n};
            if (!dg_period_contains(&g->whole, &part->period))
                continue;
            dg_period_text(&part->period, text);
            part->text = dg_arena_copy(g->txn->arena, dg_bytes_of(text));
            if (part->text.size == 0)
                return DG_ERR_NO_MEMORY;
            g->part_count++;
        }
    return DG_OK;
}

static void gather_candidates(struct gathering *g)
{
    for (size_t i = 0; i < g->part_count; i++) {
        g->at = g->part[i].period;
        dg_filed_each(g->txn, g->rule_id, g->part[i].text, dg_bytes_at(NULL, 0), dg_bytes_at(NULL, 0),
                      take_filed, g);
    }
}

/* ---- which of them go in -------------------------------------------------------------------------- */

/* By author; then the longer period first, and of one period the newest. */
static int by_author(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int order = dg_bytes_compare(a->filed.unit, b->filed.unit);
    if (order == 0)
        order = dg_bytes_compare(a->filed.organ, b->filed.organ);
    if (order != 0)
        return order;
    struct dg_day first[2], last[2];
    dg_period_days(&a->period, &first[0], &last[0]);
    dg_period_days(&b->period, &first[1], &last[1]);
    if (last[0].n - first[0].n != last[1].n - first[1].n)
        return last[1].n - first[1].n > last[0].n - first[0].n ? 1 : -1;
    if (first[0].n != first[1].n)
        return first[0].n < first[1].n ? -1 : 1;
    return a->filed.position < b->filed.position ? 1 : -1;
}

static bool same_author(const struct dg_filed *a, const struct dg_filed *b)
{
    return dg_bytes_equal(a->unit, b->unit) && dg_bytes_equal(a->organ, b->organ);
}

static bool overlap(const struct dg_period *a, const struct dg_period *b)
{
    struct dg_day first[2], last[2];
    dg_period_days(a, &first[0], &last[0]);
    dg_period_days(b, &first[1], &last[1]);
    return first[0].n <= last[1].n && first[1].n <= last[0].n;
}

/* Leaves out, of one author's reports, what was corrected and whatever one chosen before covers. */
static void choose_of_author(struct candidate candidate[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            if (candidate[k].filed.has_supersedes &&
                dg_id_equal(&candidate[k].filed.supersedes, &candidate[i].filed.id))
                candidate[i].out = true;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i && !candidate[i].out; k++)
            candidate[i].out = !candidate[k].out && overlap(&candidate[k].period, &candidate[i].period);
}

static void choose(struct gathering *g)
{
    if (g->count > 0)
        qsort(g->candidate, g->count, sizeof *g->candidate, by_author);
    for (size_t first = 0, end; first < g->count; first = end) {
        for (end = first + 1; end < g->count; end++)
            if (!same_author(&g->candidate[first].filed, &g->candidate[end].filed))
                break;
        choose_of_author(&g->candidate[first], end - first);
    }
}

static enum dg_err read_material(struct gathering *g)
{
    struct dg_consolidation *ret = g->ret;
    struct dg_arena *arena = g->txn->arena;
    ret->material = dg_arena_array(arena, g->count + 1, sizeof *ret->material);
    ret->left_out = dg_arena_array(arena, g->count + 1, sizeof *ret->left_out);
    if (ret->material == NULL || ret->left_out == NULL)
        return DG_ERR_NO_MEMORY;
    for (size_t i = 0; i < g->count; i++) {
        const struct dg_filed *filed = &g->candidate[i].filed;
        if (g->candidate[i].out) {
            ret->left_out[ret->left_out_count++] = filed->id;
            continue;
        }
        struct dg_held *held = dg_arena_alloc(arena, sizeof *held);
        if (held == NULL)
            return DG_ERR_NO_MEMORY;
        enum dg_err err = dg_held_get(g->txn, &filed->id, held);
        if (err != DG_OK)
            return err;
        if (ret->material_count == DG_SOURCES_MAX)
            return DG_ERR_TOO_LARGE;
        ret->material[ret->material_count++] = (struct dg_material){.id = filed->id,
                                                                    .unit = filed->unit,
                                                                    .organ = filed->organ,
                                                                    .signed_ms = filed->signed_ms,
                                                                    .arrived_ms = filed->arrived_ms,
                                                                    .report = &held->report};
    }
    return DG_OK;
}

/* ---- the rule ------------------------------------------------------------------------------------- */

static const struct dg_rule *rule_in(const struct dg_regime *regime, struct dg_bytes id)
{
    for (size_t i = 0; regime != NULL && i < regime->rule_count; i++)
        if (dg_bytes_equal(regime->rule[i].id, id))
            return &regime->rule[i];
    return NULL;
}

static const struct dg_rule *rule_used(const struct dg_directory *directory, const struct dg_report *report,
                                       struct dg_bytes id)
{
    for (size_t i = 0; i < report->regime_count; i++) {
        const struct dg_regime_use *use = &report->regime[i];
        const struct dg_dir_unit *unit = dg_directory_unit(directory, use->unit);
        for (size_t k = 0; unit != NULL && k < unit->adoption_count; k++) {
            const struct dg_rule *rule = dg_hash_equal(&unit->adoption[k].hash, &use->regime)
                                             ? rule_in(unit->adoption[k].regime, id)
                                             : NULL;
            if (rule != NULL)
                return rule;
        }
    }
    return NULL;
}

static const struct dg_rule *rule_in_force(const struct dg_dir_unit *unit, struct dg_day day,
                                           struct dg_bytes id)
{
    struct dg_cited cited[DG_REGIMES_PER_REPORT_MAX + 1];
    size_t count = dg_regimes_at(unit, day, cited, sizeof cited / sizeof cited[0]);
    for (size_t i = 0; i < count; i++) {
        const struct dg_rule *rule = rule_in(cited[i].adoption->regime, id);
        if (rule != NULL)
            return rule;
    }
    return NULL;
}

static const struct dg_rule *find_rule(struct gathering *g)
{
    const struct dg_rule *rule = NULL;
    dg_ms newest = 0;
    for (size_t i = 0; i < g->ret->material_count; i++) {
        const struct dg_material *material = &g->ret->material[i];
        const struct dg_rule *used = rule_used(g->directory, material->report, g->rule_id);
        if (used != NULL && (rule == NULL || material->signed_ms > newest)) {
            rule = used;
            newest = material->signed_ms;
        }
    }
    if (rule == NULL)
        rule = rule_in_force(g->self, g->day, g->rule_id);
    for (size_t i = 0; rule == NULL && i < g->directory->unit_count; i++)
        if (dg_dir_unit_within(&g->directory->unit[i], g->self))
            rule = rule_in_force(&g->directory->unit[i], g->day, g->rule_id);
    return rule;
}

/* ---- who is absent -------------------------------------------------------------------------------- */

/* Whether the rule, on that day, sends the organ's report to the one that consolidates. */
static bool obliged(struct gathering *g, const struct dg_dir_unit *unit, const struct dg_dir_organ *organ,
                    struct dg_bytes period)
{
    struct dg_header header = {.unit = unit->slug,
                               .organ = organ->slug,
                               .kind = g->ret->rule->kind,
                               .period = period,
                               .date = g->day,
                               .organs_on = g->day};
    struct dg_mandate mandate;
    struct dg_fault fault;
    if (dg_mandate_of(g->directory, &header, g->txn->arena, &mandate, &fault) != DG_OK)
        return false;
    for (size_t i = 0; i < mandate.recipient_count; i++) {
        const struct dg_mandate_recipient *recipient = &mandate.recipient[i];
        if (!dg_bytes_equal(recipient->unit, g->self->slug) || !dg_bytes_equal(recipient->organ, g->organ))
            continue;
        for (size_t k = 0; k < recipient->cited_count; k++)
            if (dg_bytes_equal(recipient->cited[k].rule->id, g->rule_id))
                return true;
    }
    return false;
}

static bool has_reported(const struct gathering *g, const struct dg_dir_unit *unit,
                         const struct dg_dir_organ *organ)
{
    for (size_t i = 0; i < g->ret->material_count; i++)
        if (dg_bytes_equal(g->ret->material[i].unit, unit->slug) &&
            dg_bytes_equal(g->ret->material[i].organ, organ->slug))
            return true;
    return false;
}

static bool obliged_at_all(struct gathering *g, const struct dg_dir_unit *unit,
                           const struct dg_dir_organ *organ)
{
    for (size_t i = 0; i < g->part_count; i++)
        if ((g->ret->rule->periods & (uint32_t)g->part[i].period.cadence) != 0 &&
            obliged(g, unit, organ, g->part[i].text))
            return true;
    return false;
}

/* An addressee at the superior unit has authors one level below, any other in the unit itself. */
static bool may_author(const struct gathering *g, const struct dg_dir_unit *unit)
{
    return dg_rule_is_upward(g->ret->rule) ? unit->parent == g->self : unit == g->self;
}

static enum dg_err find_absent(struct gathering *g)
{
    struct dg_consolidation *ret = g->ret;
    size_t capacity = 0;
    for (size_t i = 0; i < g->directory->unit_count; i++) {
        const struct dg_dir_unit *unit = &g->directory->unit[i];
        for (size_t k = 0; may_author(g, unit) && k < unit->organ_count; k++) {
            const struct dg_dir_organ *organ = dg_dir_unit_organ(unit, unit->organ[k].slug, g->day);
            if (organ != &unit->organ[k] || has_reported(g, unit, organ) || !obliged_at_all(g, unit, organ))
                continue;
            if (!grow(g->txn->arena, &ret->absent, ret->absent_count, &capacity, sizeof *ret->absent))
                return DG_ERR_NO_MEMORY;
            ret->absent[ret->absent_count++] = (struct dg_absent){.unit = unit, .organ = organ};
        }
    }
    return DG_OK;
}

/* ---- indicators ----------------------------------------------------------------------------------- */

static int by_name(const void *left, const void *right)
{
    return dg_bytes_compare(((const struct dg_indicator *)left)->name,
                            ((const struct dg_indicator *)right)->name);
}

/* Every name once, in order. */
static enum dg_err list_names(struct gathering *g)
{
    struct dg_consolidation *ret = g->ret;
    size_t capacity = 0, count = 0;
    struct dg_indicator *list = NULL;
    for (size_t i = 0; i < ret->material_count; i++)
        for (size_t k = 0; k < ret->material[i].report->indicator_count; k++) {
            if (!grow(g->txn->arena, &list, count, &capacity, sizeof *list))
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

/* True when a later report of the same author gives the indicator anew. */
static bool is_overtaken(const struct dg_consolidation *c, size_t at, struct dg_bytes name)
{
    const struct dg_material *this = &c->material[at];
    struct dg_period period, other;
    if (!dg_period_parse(this->report->period, &period))
        return false;
    for (size_t i = 0; i < c->material_count; i++) {
        const struct dg_material *material = &c->material[i];
        if (i != at && dg_bytes_equal(material->unit, this->unit) &&
            dg_bytes_equal(material->organ, this->organ) &&
            dg_period_parse(material->report->period, &other) && dg_period_compare(&other, &period) > 0 &&
            indicator_of(material->report, name) != NULL)
            return true;
    }
    return false;
}

static enum dg_err add_up(struct gathering *g)
{
    struct dg_consolidation *ret = g->ret;
    struct dg_bytes *value = dg_arena_array(g->txn->arena, ret->material_count + 1, sizeof *value);
    size_t kept = 0;
    if (value == NULL)
        return DG_ERR_NO_MEMORY;
    for (size_t i = 0; i < ret->indicator_count; i++) {
        struct dg_bytes name = ret->indicator[i].name;
        enum dg_aggregation how = dg_rule_aggregation(ret->rule, name);
        size_t count = 0;
        if (how == DG_AGGREGATE_NONE)
            continue;
        for (size_t k = 0; k < ret->material_count; k++) {
            const struct dg_indicator *indicator = indicator_of(ret->material[k].report, name);
            if (indicator != NULL && (how == DG_AGGREGATE_SUM || !is_overtaken(ret, k, name)))
                value[count++] = indicator->value;
        }
        struct dg_indicator *out = &ret->indicator[kept++];
        out->name = name;
        if (!dg_decimal_sum(g->txn->arena, value, count, &out->value))
            return DG_ERR_NO_MEMORY;
    }
    ret->indicator_count = kept;
    return DG_OK;
}

/* ---- the whole ------------------------------------------------------------------------------------ */

enum dg_err dg_consolidate(struct dg_txn *txn, const struct dg_directory *directory,
                           const struct dg_dir_unit *self, struct dg_bytes organ, struct dg_bytes rule,
                           struct dg_bytes period, struct dg_day day, struct dg_consolidation *ret,
                           struct dg_fault *fault)
{
    struct dg_consolidation found = {.rule = NULL};
    struct gathering g = {.txn = txn,
                          .directory = directory,
                          .self = self,
                          .organ = organ,
                          .rule_id = rule,
                          .day = day,
                          .ret = &found};
    if (!dg_period_parse(period, &g.whole))
        return dg_faultf(fault, DG_ERR_BAD_PERIOD, "%.*s", (int)(period.size < 40 ? period.size : 40),
                         (const char *)period.data);
    enum dg_err err = list_parts(&g);
    if (err != DG_OK)
        return dg_fault(fault, err);
    gather_candidates(&g);
    choose(&g);
    err = txn->err != DG_OK ? txn->err : read_material(&g);
    if (err != DG_OK)
        return dg_fault(fault, err);
    found.rule = find_rule(&g);
    if (found.rule == NULL)
        return dg_faultf(fault, DG_ERR_NO_RULE, "%.*s", (int)(rule.size < 40 ? rule.size : 40),
                         (const char *)rule.data);
    err = find_absent(&g);
    if (err == DG_OK)
        err = list_names(&g);
    if (err == DG_OK)
        err = add_up(&g);
    if (err != DG_OK)
        return dg_fault(fault, err);
    *ret = found;
    return DG_OK;
}
