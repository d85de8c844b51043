/* evaluation.c - how the units stood with a year's reports. */
#include "node/core/evaluation.h"

#include <stdlib.h>
#include <string.h>

#include "node/core/mutant.h"

/* ---- which calendars ----------------------------------------------------------------------------- */

/* The due days on which a report for a period of the year may be owed. */
static void due_days(int32_t year, struct dg_day *ret_first, struct dg_day *ret_last)
{
    struct dg_period period = {.year = year, .cadence = DG_CADENCE_Y, .ordinal = 1}, next = period;
    struct dg_day unused;

    next.year++;
    dg_period_days(&period, ret_first, &unused);
    dg_period_days(&next, &unused, ret_last);
}

static bool same_name(const struct dg_calendar *a, const struct dg_calendar *b)
{
    return dg_bytes_equal(a->issuer.unit, b->issuer.unit) &&
           dg_bytes_equal(a->issuer.organ, b->issuer.organ) && dg_bytes_equal(a->name, b->name);
}

/* Keeps those that were signed before an instant and whose name answers for one of the days: by all its
 * serials, since a newer one may inherit the day of signing. They stand by issuer, name and serial. */
static void keep_calendars(struct dg_evaluation *e, struct dg_day first, struct dg_day last, dg_ms before)
{
    size_t kept = 0, end;

    for (size_t at = 0; at < e->calendar_count; at = end) {
        bool answers = false;
        for (end = at; end < e->calendar_count; end++) {
            const struct dg_calendar *calendar = &e->calendar[end].calendar;
            if (!same_name(&e->calendar[at].calendar, calendar))
                break;
            answers = answers || (calendar->issuer.signed_ms < before && calendar->from.n <= last.n &&
                                  first.n <= calendar->until.n);
        }
        for (size_t i = at; answers && i < end; i++)
            if (e->calendar[i].calendar.issuer.signed_ms < before)
                e->calendar[kept++] = e->calendar[i];
    }
    e->calendar_count = kept;
}

/* ---- judging ------------------------------------------------------------------------------------- */

struct judging {
    struct dg_txn *txn;
    const struct dg_dir_unit *self;
    struct dg_arena *arena;
    struct dg_evaluation *evaluation;
    size_t capacity;
    dg_ms before;
    bool short_of_memory;
};

static bool make_room(struct judging *j)
{
    struct dg_evaluation *e = j->evaluation;

    if (e->count < j->capacity)
        return true;
    size_t capacity = j->capacity == 0 ? 256 : 2 * j->capacity;
    struct dg_evaluated *grown = dg_arena_array(j->arena, capacity, sizeof *grown);
    j->short_of_memory = grown == NULL;
    if (grown == NULL)
        return false;
    if (e->count > 0)
        memcpy(grown, e->item, e->count * sizeof *grown);
    e->item = grown;
    j->capacity = capacity;
    return true;
}

/* True when the organ was certified before the day ended: who came later owed nothing then, though he is
 * asked now for what was due before he came. */
static bool was_there(const struct judging *j, const struct dg_duty *duty)
{
    for (size_t i = 0; i < duty->unit->organ_count; i++) {
        const struct dg_dir_organ *organ = &duty->unit->organ[i];
        if (organ->not_before_ms < j->before && dg_bytes_equal(organ->slug, duty->organ->slug))
            return true;
    }
    return false;
}

static bool judge(void *ctx, const struct dg_duty *duty)
{
    struct judging *j = ctx;
    struct dg_evaluation *e = j->evaluation;
    struct dg_period period;

    if (!dg_duty_seen(duty, j->self) || !dg_period_parse(duty->entry->period, &period) ||
        period.year != e->year || !was_there(j, duty))
        return true;
    if (!make_room(j))
        return false;
    struct dg_evaluated *item = &e->item[e->count++];
    *item = (struct dg_evaluated){.duty = *duty};
    dg_duty_facts_before(j->txn, duty, j->before, &item->facts);
    item->state = dg_duty_judge(duty, &item->facts, e->asof, &item->days_late);
    return j->txn->err == DG_OK;
}

/* ---- counting ------------------------------------------------------------------------------------ */

static int by_unit(const void *a, const void *b)
{
    const struct dg_evaluated *left = a, *right = b;
    return dg_bytes_compare(left->duty.unit->slug, right->duty.unit->slug);
}

static int by_organ(const void *a, const void *b)
{
    const struct dg_evaluated *left = a, *right = b;
    int order = by_unit(a, b);
    return order != 0 ? order : dg_bytes_compare(left->duty.organ->slug, right->duty.organ->slug);
}

static int by_rule(const void *a, const void *b)
{
    const struct dg_evaluated *left = a, *right = b;
    return dg_bytes_compare(left->duty.entry->rule, right->duty.entry->rule);
}

static int by_period(const void *a, const void *b)
{
    const struct dg_evaluated *left = a, *right = b;
    return dg_bytes_compare(left->duty.entry->period, right->duty.entry->period);
}

static int by_nothing(const void *a, const void *b)
{
    (void)a;
    (void)b;
    return 0;
}

/* A total order: an organ owes one report for a rule and period. */
static int by_duty(const void *a, const void *b)
{
    int order = by_organ(a, b);
    if (order == 0)
        order = by_rule(a, b);
    return order != 0 ? order : by_period(a, b);
}

static int (*const order_of[DG_SCORE_OFS])(const void *a, const void *b) = {
    [DG_SCORE_ORGAN] = by_organ,   [DG_SCORE_UNIT] = by_unit,   [DG_SCORE_RULE] = by_rule,
    [DG_SCORE_PERIOD] = by_period, [DG_SCORE_ALL] = by_nothing,
};

/* How many groups the items make, which stand in that order. */
static size_t groups(const struct dg_evaluation *e, int (*order)(const void *a, const void *b))
{
    size_t count = e->count > 0;

    for (size_t i = 1; i < e->count; i++)
        count += order(&e->item[i - 1], &e->item[i]) != 0;
    return count;
}

static struct dg_score new_score(enum dg_score_of of, const struct dg_duty *duty)
{
    struct dg_score score = {.days_late = 0};

    if (of == DG_SCORE_ORGAN)
        score.organ = duty->organ->slug;
    if (of == DG_SCORE_ORGAN || of == DG_SCORE_UNIT)
        score.unit = duty->unit->slug;
    if (of == DG_SCORE_RULE)
        score.rule = duty->entry->rule;
    if (of == DG_SCORE_PERIOD)
        score.period = duty->entry->period;
    return score;
}

static enum dg_err count_groups(struct dg_evaluation *e, enum dg_score_of of, struct dg_arena *arena)
{
    struct dg_scores *scores = &e->score[of];

    if (e->count > 1)
        qsort(e->item, e->count, sizeof *e->item, order_of[of]);
    scores->item = dg_arena_array(arena, groups(e, order_of[of]), sizeof *scores->item);
    if (scores->item == NULL)
        return DG_ERR_NO_MEMORY;
    for (size_t i = 0; i < e->count; i++) {
        const struct dg_evaluated *item = &e->item[i];
        if (i == 0 || order_of[of](item - 1, item) != 0)
            scores->item[scores->count++] = new_score(of, &item->duty);
        bool punctual = DG_MUTANT("late-as-punctual") && item->state == DG_DUTY_LATE;
        scores->item[scores->count - 1].count[punctual ? DG_DUTY_ON_TIME : item->state]++;
        scores->item[scores->count - 1].days_late += item->days_late;
    }
    return DG_OK;
}

static enum dg_err count_all(struct dg_evaluation *e, struct dg_arena *arena)
{
    enum dg_err err = DG_OK;

    for (int of = 0; of < DG_SCORE_OFS && err == DG_OK && e->count > 0; of++)
        err = count_groups(e, (enum dg_score_of)of, arena);
    if (e->count > 1)
        qsort(e->item, e->count, sizeof *e->item, by_duty);
    return err;
}

uint64_t dg_score_reported(const struct dg_score *score)
{
    return score->count[DG_DUTY_ON_TIME] + score->count[DG_DUTY_LATE];
}

uint64_t dg_score_owed(const struct dg_score *score)
{
    return dg_score_reported(score) + score->count[DG_DUTY_MISSING];
}

/* ---- all of it ----------------------------------------------------------------------------------- */

/* The first instant after a day. */
static dg_ms day_end(struct dg_day day)
{
    return dg_day_start((struct dg_day){.n = day.n + 1});
}

/* Which log, as far as it had grown by the end of the day it is judged on. An empty log has no newest leaf:
 * then the day is 1970-01-01. */
static enum dg_err read_log(struct dg_txn *txn, const struct dg_evaluation_ask *ask, struct dg_evaluation *e)
{
    struct dg_tree_reader tree = dg_log_tree(txn);
    struct dg_log_view log;

    dg_log_get(txn, &log);
    e->log_size = log.size;
    e->asof = ask->has_asof ? ask->asof : dg_day_of(log.size > 0 ? dg_leaf_time(txn, log.size - 1) : 0);
    if (ask->has_asof)
        e->log_size = dg_log_size_at(txn, log.size, day_end(e->asof));
    return dg_tree_root(&tree, e->log_size, &e->log_root);
}

enum dg_err dg_evaluate(struct dg_txn *txn, const struct dg_directory *directory,
                        const struct dg_dir_unit *self, const struct dg_evaluation_ask *ask,
                        struct dg_arena *arena, struct dg_evaluation *ret)
{
    struct dg_evaluation e = {.year = ask->year};
    struct dg_duty_filter filter = {.unit = ask->unit, .at = self};
    struct judging j = {.txn = txn, .self = self, .arena = arena, .evaluation = &e};

    enum dg_err err = read_log(txn, ask, &e);
    if (err == DG_OK)
        err = dg_calendars_load(txn, arena, &e.calendar_count, &e.calendar);
    if (err != DG_OK)
        return err;
    j.before = day_end(e.asof);
    due_days(e.year, &filter.first, &filter.last);
    keep_calendars(&e, filter.first, filter.last, j.before);
    if (e.calendar_count > 0)
        err = dg_duty_each(directory, e.calendar, e.calendar_count, &filter, arena, judge, &j);
    if (err == DG_OK && j.short_of_memory)
        err = DG_ERR_NO_MEMORY;
    if (err == DG_OK)
        err = count_all(&e, arena);
    if (err != DG_OK || txn->err != DG_OK)
        return err != DG_OK ? err : txn->err;
    *ret = e;
    return DG_OK;
}
