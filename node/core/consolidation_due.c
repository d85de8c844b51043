/* consolidation_due.c - who owes a report that a consolidation lacks, and whose was late.
 *
 * The rule says who owes and for which periods, the calendars when, and which period another replaces. An
 * author's months that no report here covers are named by the shortest periods that it owes them in.
 */
#include <stdlib.h>

#include "common/text.h"
#include "node/core/consolidation_impl.h"
#include "node/core/issued.h"
#include "node/core/mandate_rules.h"

/* A dated duty to report under the rule for a part of the period, as it stands. */
struct due {
    struct dg_bytes unit, organ, period;
    uint16_t months;
    struct dg_day last; /* on which it is in time */
    bool excused;
    uint32_t days_late;
};

struct dating {
    struct dg_gathering *g;
    size_t count, capacity;
    struct due *due; /* by unit, organ */
};

/* ---- what the calendars say ----------------------------------------------------------------------- */

static const struct dg_part *part_of(const struct dg_gathering *g, struct dg_bytes period)
{
    for (size_t i = 0; i < g->part_count; i++)
        if (dg_bytes_equal(g->part[i].text, period))
            return &g->part[i];
    return NULL;
}

static bool take_duty(void *ctx, const struct dg_duty *duty)
{
    struct dating *dating = ctx;
    struct dg_gathering *g = dating->g;
    const struct dg_part *part = part_of(g, duty->entry->period);
    struct dg_duty_facts facts;
    if (part == NULL)
        return true;
    if (!dg_gathering_grow(g->txn->arena, &dating->due, dating->count, &dating->capacity,
                           sizeof *dating->due)) {
        dg_txn_fail(g->txn, DG_ERR_NO_MEMORY);
        return false;
    }
    dg_duty_facts(g->txn, duty, &facts);
    struct due *due = &dating->due[dating->count++];
    *due = (struct due){.unit = duty->unit->slug,
                        .organ = duty->organ->slug,
                        .period = part->text,
                        .months = part->months,
                        .last = dg_duty_last(duty, &facts)};
    due->excused = dg_duty_judge(duty, &facts, g->day, &due->days_late) == DG_DUTY_EXCUSED;
    return g->txn->err == DG_OK;
}

static int by_owner(const void *left, const void *right)
{
    const struct due *a = left, *b = right;
    int order = dg_bytes_compare(a->unit, b->unit);
    return order != 0 ? order : dg_bytes_compare(a->organ, b->organ);
}

static enum dg_err read_duties(struct dating *dating)
{
    struct dg_gathering *g = dating->g;
    struct dg_duty_filter filter = {.rule = g->rule_id, .first = {.n = 1}, .at = g->self};
    struct dg_held_calendar *calendar;
    size_t count;
    enum dg_err err = dg_calendars_load(g->txn, g->txn->arena, &count, &calendar);
    if (err == DG_OK && count > 0)
        err = dg_duty_each(g->directory, calendar, count, &filter, g->txn->arena, take_duty, dating);
    if (dating->count > 0)
        qsort(dating->due, dating->count, sizeof *dating->due, by_owner);
    return err != DG_OK ? err : g->txn->err;
}

/* The duties of one owner. Returns their count. */
static size_t duties_of(const struct dating *dating, struct dg_bytes unit, struct dg_bytes organ,
                        const struct due **ret)
{
    struct due wanted = {.unit = unit, .organ = organ};
    size_t first = 0, end = dating->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (by_owner(&dating->due[middle], &wanted) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    for (end = first; end < dating->count && by_owner(&dating->due[end], &wanted) == 0;)
        end++;
    *ret = dating->due + first;
    return end - first;
}

static const struct due *due_for(const struct due due[], size_t count, struct dg_bytes period)
{
    for (size_t i = 0; i < count; i++)
        if (dg_bytes_equal(due[i].period, period))
            return &due[i];
    return NULL;
}

static void date_material(const struct dating *dating)
{
    struct dg_consolidation *ret = dating->g->ret;
    for (size_t i = 0; i < ret->material_count; i++) {
        struct dg_material *material = &ret->material[i];
        const struct due *list;
        size_t count = duties_of(dating, material->unit, material->organ, &list);
        const struct due *due = due_for(list, count, material->report->period);
        if (due == NULL)
            continue;
        material->has_due = true;
        material->due = due->last;
        material->days_late = due->days_late;
    }
}

/* ---- who owes ------------------------------------------------------------------------------------- */

static bool names_organ(const struct dg_gathering *g, const struct dg_mandate_recipient *recipient)
{
    struct dg_bytes organ, unit;
    if (dg_bytes_equal(recipient->unit, g->self->slug) && dg_bytes_equal(recipient->organ, g->organ))
        return true;
    return dg_address_split(recipient->through, &organ, &unit) && dg_bytes_equal(organ, g->organ) &&
           dg_bytes_equal(unit, g->self->slug);
}

/* Whether the rule, on that day, sends the author's report to the organ, or through it. */
static bool is_obliged(struct dg_gathering *g, const struct dg_dir_unit *unit,
                       const struct dg_dir_organ *organ, struct dg_bytes period)
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
        for (size_t k = 0; names_organ(g, recipient) && k < recipient->cited_count; k++)
            if (dg_bytes_equal(recipient->cited[k].rule->id, g->rule_id))
                return true;
    }
    return false;
}

/* An addressee at the superior unit has authors one level below, any other in the unit itself. */
static bool may_author(const struct dg_gathering *g, const struct dg_dir_unit *unit)
{
    return dg_rule_is_upward(g->ret->rule) ? unit->parent == g->self : unit == g->self;
}

/* One rule binds an author for all of its cadences alike, so one period stands for them all. */
static const struct dg_part *sample(const struct dg_gathering *g)
{
    for (size_t i = 0; i < g->part_count; i++)
        if (g->ret->rule->periods == 0 || (g->ret->rule->periods & (uint32_t)g->part[i].period.cadence) != 0)
            return &g->part[i];
    return NULL;
}

/* ---- what is missing ------------------------------------------------------------------------------ */

/* The months that the author's reports here tell of; those in another report's sources are told there. */
static uint16_t months_here(const struct dg_gathering *g, const struct dg_dir_unit *unit,
                            const struct dg_dir_organ *organ)
{
    uint16_t months = 0;
    for (size_t i = 0; i < g->count; i++) {
        const struct dg_candidate *candidate = &g->candidate[i];
        if ((candidate->out == 0 || candidate->out == DG_LEFT_CONTAINED) &&
            dg_bytes_equal(candidate->filed.unit, unit->slug) &&
            dg_bytes_equal(candidate->filed.organ, organ->slug))
            months |= dg_gathering_months(&candidate->period);
    }
    return months;
}

/* A part is owed when a calendar dates it; where none dates any of its months, when the rule knows its
 * cadence. So the month that a quarter replaces is not owed, and what the calendar is silent about is. */
static bool is_owed(const struct dg_gathering *g, const struct dg_part *part, const struct due due[],
                    size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((due[i].months & part->months) != 0)
            return due_for(due, count, part->text) != NULL;
    return (g->ret->rule->periods & (uint32_t)part->period.cadence) != 0;
}

static void add_gap(struct dg_absent *absent, const struct dg_part *part, const struct due *due)
{
    struct dg_gap *gap = &absent->gap[absent->gap_count++];
    *gap = (struct dg_gap){.period = part->text};
    if (due != NULL) {
        gap->has_due = true;
        gap->due = due->last;
        gap->excused = due->excused;
    }
    absent->excused = absent->excused && gap->excused;
}

/* Shorter parts lie after the longer ones; those of one length in the order of time. */
static void find_gaps(struct dating *dating, struct dg_absent *absent)
{
    const struct dg_gathering *g = dating->g;
    uint16_t told = months_here(g, absent->unit, absent->organ);
    const struct due *due;
    size_t count = duties_of(dating, absent->unit->slug, absent->organ->slug, &due);
    absent->silent = told == 0;
    absent->excused = true;
    for (size_t end = g->part_count, first; end > 0; end = first) {
        for (first = end; first > 0 && g->part[first - 1].period.cadence == g->part[end - 1].period.cadence;)
            first--;
        for (size_t i = first; i < end; i++) {
            const struct dg_part *part = &g->part[i];
            if ((part->months & ~told) == 0 || !is_owed(g, part, due, count))
                continue;
            told |= part->months;
            add_gap(absent, part, due_for(due, count, part->text));
        }
    }
}

static enum dg_err look_for(struct dating *dating, const struct dg_dir_unit *unit,
                            const struct dg_dir_organ *organ, size_t *capacity)
{
    struct dg_gathering *g = dating->g;
    struct dg_consolidation *ret = g->ret;
    struct dg_absent absent = {.unit = unit, .organ = organ};
    absent.gap = dg_arena_array(g->txn->arena, g->part_count, sizeof *absent.gap);
    if (absent.gap == NULL)
        return DG_ERR_NO_MEMORY;
    find_gaps(dating, &absent);
    if (absent.gap_count == 0)
        return DG_OK;
    if (!dg_gathering_grow(g->txn->arena, &ret->absent, ret->absent_count, capacity, sizeof *ret->absent))
        return DG_ERR_NO_MEMORY;
    ret->absent[ret->absent_count++] = absent;
    return DG_OK;
}

/* ---- the whole ------------------------------------------------------------------------------------ */

static enum dg_err find_absent(struct dating *dating, bool *ret_owed)
{
    struct dg_gathering *g = dating->g;
    const struct dg_part *part = sample(g);
    size_t capacity = 0;
    enum dg_err err = DG_OK;
    for (size_t i = 0; i < g->directory->unit_count; i++) {
        const struct dg_dir_unit *unit = &g->directory->unit[i];
        for (size_t k = 0; err == DG_OK && may_author(g, unit) && k < unit->organ_count; k++) {
            const struct dg_dir_organ *organ = dg_dir_unit_organ(unit, unit->organ[k].slug, g->day);
            if (organ != &unit->organ[k] || !is_obliged(g, unit, organ, part->text))
                continue;
            *ret_owed = true;
            err = look_for(dating, unit, organ, &capacity);
        }
    }
    return err;
}

enum dg_err dg_gathering_due(struct dg_gathering *g, bool *ret_owed)
{
    struct dating dating = {.g = g};
    enum dg_err err = read_duties(&dating);
    *ret_owed = false;
    if (err != DG_OK)
        return err;
    date_material(&dating);
    return find_absent(&dating, ret_owed);
}
