/* duty_dates.c - which entries of which calendars say the dates of one unit. */
#include "node/core/duty_dates.h"

#include <stdlib.h>

#include "node/core/mutant.h"

/* --- order ---------------------------------------------------------------------------------- */

static int compare_days(struct dg_day a, struct dg_day b)
{
    return (a.n > b.n) - (a.n < b.n);
}

/* By rule and period: what one report is about. */
static int compare_entries(const struct dg_calendar_entry *a, const struct dg_calendar_entry *b)
{
    int order = dg_bytes_compare(a->rule, b->rule);

    return order != 0 ? order : dg_bytes_compare(a->period, b->period);
}

static int compare_subjects(const struct dg_date *a, const struct dg_date *b)
{
    return compare_entries(a->entry, b->entry);
}

/* The last key makes the order a total one, whatever order the calendars are given in. */
static int compare_dates(const void *left, const void *right)
{
    const struct dg_date *a = left, *b = right;
    int order = compare_subjects(a, b);

    if (order == 0)
        order = dg_bytes_compare(a->issuer->slug, b->issuer->slug);
    if (order == 0)
        order = dg_bytes_compare(dg_bytes_at(a->held->hash.b, sizeof a->held->hash.b),
                                 dg_bytes_at(b->held->hash.b, sizeof b->held->hash.b));
    return order != 0 ? order : compare_days(a->entry->due, b->entry->due);
}

static int compare_asked(const void *left, const void *right)
{
    const struct dg_date *const *a = left, *const *b = right;
    int order = compare_days((*a)->entry->due, (*b)->entry->due);

    return order != 0 ? order : compare_dates(*a, *b);
}

/* --- serials -------------------------------------------------------------------------------- */

static bool same_name(const struct dg_calendar *a, const struct dg_calendar *b)
{
    return dg_bytes_equal(a->issuer.unit, b->issuer.unit) &&
           dg_bytes_equal(a->issuer.organ, b->issuer.organ) && dg_bytes_equal(a->name, b->name);
}

/* By issuer, name and serial, so that those which may take the place of one come right after it. */
static int compare_calendars(const void *left, const void *right)
{
    const struct dg_held_calendar *const *a = left, *const *b = right;
    const struct dg_calendar *x = &(*a)->calendar, *y = &(*b)->calendar;
    int order = dg_bytes_compare(x->issuer.unit, y->issuer.unit);

    if (order == 0)
        order = dg_bytes_compare(x->issuer.organ, y->issuer.organ);
    if (order == 0)
        order = dg_bytes_compare(x->name, y->name);
    return order != 0 ? order : (x->serial > y->serial) - (x->serial < y->serial);
}

/* True when a newer serial of the calendar at position `at` answers for the day. */
static bool is_superseded(const struct dg_held_calendar *const calendar[], size_t count, size_t at,
                          struct dg_day due)
{
    const struct dg_calendar *old = &calendar[at]->calendar;

    for (size_t i = at + 1; i < count && same_name(old, &calendar[i]->calendar); i++) {
        const struct dg_calendar *newer = &calendar[i]->calendar;
        if (newer->serial > old->serial && newer->from.n <= due.n && due.n <= newer->until.n &&
            !DG_MUTANT("old-calendar"))
            return true;
    }
    return false;
}

/* --- collecting ----------------------------------------------------------------------------- */

static bool text_asked(struct dg_bytes wanted, struct dg_bytes text)
{
    return wanted.size == 0 || dg_bytes_equal(wanted, text);
}

static bool day_asked(const struct dg_duty_filter *filter, struct dg_day due)
{
    bool open = filter->first.n > filter->last.n || (filter->first.n == 0 && filter->last.n == 0);

    return open || (filter->first.n <= due.n && due.n <= filter->last.n);
}

/* Adds the entries of the calendar at position `at` that are about the rule and period asked for. */
static void add_entries(struct dg_dates *dates, const struct dg_held_calendar *const calendar[], size_t count,
                        size_t at, const struct dg_dir_unit *issuer, const struct dg_duty_filter *filter)
{
    const struct dg_held_calendar *held = calendar[at];

    for (size_t i = 0; i < held->calendar.entry_count; i++) {
        const struct dg_calendar_entry *entry = &held->calendar.entry[i];
        if (text_asked(filter->rule, entry->rule) && text_asked(filter->period, entry->period) &&
            !is_superseded(calendar, count, at, entry->due))
            dates->date[dates->count++] = (struct dg_date){held, entry, issuer, at};
    }
}

/* The days are asked for only here: an entry outside them still takes the place of one inside. */
static void choose_asked(struct dg_dates *dates, const struct dg_duty_filter *filter)
{
    for (size_t i = 0; i < dates->count; i++) {
        const struct dg_calendar_entry *entry = dates->date[i].entry;
        if (entry->replaced_by.size == 0 && day_asked(filter, entry->due))
            dates->asked[dates->asked_count++] = &dates->date[i];
    }
    qsort(dates->asked, dates->asked_count, sizeof(const struct dg_date *), compare_asked);
}

enum dg_err dg_dates_collect(const struct dg_directory *directory, const struct dg_held_calendar calendar[],
                             size_t calendar_count, const struct dg_duty_filter *filter,
                             struct dg_arena *arena, struct dg_dates *ret)
{
    const struct dg_held_calendar **sorted = dg_arena_array(arena, calendar_count, sizeof *sorted);
    struct dg_dates dates = {.calendar = sorted};
    size_t count = 0;

    for (size_t i = 0; i < calendar_count && sorted != NULL; i++) {
        sorted[i] = &calendar[i];
        count += calendar[i].calendar.entry_count;
    }
    dates.date = dg_arena_array(arena, count, sizeof *dates.date);
    dates.asked = dg_arena_array(arena, count, sizeof *dates.asked);
    if (sorted == NULL || dates.date == NULL || dates.asked == NULL)
        return DG_ERR_NO_MEMORY;
    qsort(sorted, calendar_count, sizeof(const struct dg_held_calendar *), compare_calendars);
    for (size_t i = 0; i < calendar_count; i++) {
        const struct dg_dir_unit *issuer = dg_directory_unit(directory, sorted[i]->calendar.issuer.unit);
        if (issuer != NULL)
            add_entries(&dates, sorted, calendar_count, i, issuer, filter);
    }
    qsort(dates.date, dates.count, sizeof *dates.date, compare_dates);
    choose_asked(&dates, filter);
    *ret = dates;
    return DG_OK;
}

/* --- which one counts ----------------------------------------------------------------------- */

static bool holds_at(const struct dg_calendar_entry *entry, const struct dg_dir_unit *unit)
{
    const struct dg_slugs *level = &entry->level;

    for (size_t i = 0; i < level->count; i++) {
        if (dg_bytes_equal(level->item[i], unit->level))
            return true;
    }
    return level->count == 0;
}

/* The first date of that subject at or after the issuer, in the order of dates. */
static size_t first_of(const struct dg_dates *dates, const struct dg_date *subject,
                       const struct dg_dir_unit *issuer)
{
    size_t low = 0, high = dates->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_subjects(&dates->date[middle], subject);
        if (order == 0)
            order = dg_bytes_compare(dates->date[middle].issuer->slug, issuer->slug);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* True when a counts rather than b, both of one issuer's unit. */
static bool is_newer(const struct dg_date *a, const struct dg_date *b)
{
    const struct dg_calendar *x = &a->held->calendar, *y = &b->held->calendar;

    if (same_name(x, y))
        return x->serial > y->serial;
    return x->issuer.signed_ms > y->issuer.signed_ms;
}

/* What the calendars of one issuer's unit say about the subject; NULL when they say nothing. */
static const struct dg_date *said_by(const struct dg_dates *dates, const struct dg_date *subject,
                                     const struct dg_dir_unit *issuer, const struct dg_dir_unit *unit)
{
    const struct dg_date *best = NULL;

    for (size_t i = first_of(dates, subject, issuer); i < dates->count; i++) {
        const struct dg_date *date = &dates->date[i];
        if (date->issuer != issuer || compare_subjects(date, subject) != 0)
            break;
        if (holds_at(date->entry, unit) && (best == NULL || is_newer(date, best)))
            best = date;
    }
    return best;
}

bool dg_date_counts(const struct dg_dates *dates, const struct dg_date *date, const struct dg_dir_unit *unit,
                    const struct dg_dir_unit *owed_to)
{
    const struct dg_date *said = NULL;

    if (!holds_at(date->entry, unit) || !dg_dir_unit_within(owed_to, date->issuer))
        return false;
    for (const struct dg_dir_unit *issuer = owed_to; said == NULL; issuer = issuer->parent)
        said = said_by(dates, date, issuer, unit); /* ends at date->issuer at the latest */
    return said == date;
}

/* --- since when ----------------------------------------------------------------------------- */

/* What a calendar asks of unit about the subject of an entry; NULL when it asks nothing. The entries stand by
 * rule and period. */
static const struct dg_calendar_entry *entry_about(const struct dg_calendar *calendar,
                                                   const struct dg_calendar_entry *subject,
                                                   const struct dg_dir_unit *unit)
{
    size_t low = 0, high = calendar->entry_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_entries(&calendar->entry[middle], subject) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < calendar->entry_count && compare_entries(&calendar->entry[low], subject) == 0; low++) {
        if (holds_at(&calendar->entry[low], unit))
            return &calendar->entry[low];
    }
    return NULL;
}

static struct dg_day signing_day(const struct dg_held_calendar *held)
{
    return dg_day_of(held->calendar.issuer.signed_ms);
}

/* True when `older` is the serial right before `newer`. */
static bool is_next_older(const struct dg_calendar *newer, const struct dg_calendar *older)
{
    return same_name(newer, older) && older->serial + 1 == newer->serial;
}

/* True when the calendar answers for the day, so that its silence lifts a duty. */
static bool answers_for(const struct dg_calendar *calendar, struct dg_day due)
{
    return calendar->from.n <= due.n && due.n <= calendar->until.n;
}

/* Back from serial to serial, as long as each had the duty no later than the one after it, or left it to
 * those before. Across a missing serial nothing is inherited: nobody here can tell what it said. */
static const struct dg_held_calendar *first_set_by(const struct dg_dates *dates, const struct dg_date *date,
                                                   const struct dg_dir_unit *unit)
{
    const struct dg_held_calendar *set_by = date->held;
    struct dg_day due = date->entry->due;

    for (size_t i = DG_MUTANT("forget-first-asking") ? 0 : date->at;
         i > 0 && signing_day(set_by).n > date->entry->due.n; i--) {
        const struct dg_held_calendar *older = dates->calendar[i - 1];
        if (!is_next_older(&dates->calendar[i]->calendar, &older->calendar))
            break;
        const struct dg_calendar_entry *entry = entry_about(&older->calendar, date->entry, unit);
        bool silent = entry == NULL && !answers_for(&older->calendar, due);
        if (!silent && (entry == NULL || entry->replaced_by.size != 0 || entry->due.n > due.n))
            break;
        if (silent)
            continue;
        due = entry->due;
        if (older->calendar.issuer.signed_ms < set_by->calendar.issuer.signed_ms)
            set_by = older;
    }
    return set_by;
}

struct dg_day dg_date_last(const struct dg_dates *dates, const struct dg_date *date,
                           const struct dg_dir_unit *unit, const struct dg_held_calendar **ret_set_by)
{
    const struct dg_held_calendar *set_by = first_set_by(dates, date, unit);
    struct dg_day since = signing_day(set_by);

    *ret_set_by = set_by;
    return since.n > date->entry->due.n && !DG_MUTANT("late-from-the-start") ? since : date->entry->due;
}
