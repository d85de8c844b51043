/* duty_dates.h - which entries of which calendars say the dates of one unit. Used by duty.c.
 *
 * Memory:  borrows directory and calendars; lives in the arena.
 */
#ifndef DG_NODE_CORE_DUTY_DATES_H
#define DG_NODE_CORE_DUTY_DATES_H

#include "node/core/duty.h"

/* One entry that no newer serial of its calendar took the place of. */
struct dg_date {
    const struct dg_held_calendar *held;
    const struct dg_calendar_entry *entry;
    const struct dg_dir_unit *issuer;
    size_t at; /* of held, among the sorted calendars */
};

struct dg_dates {
    const struct dg_held_calendar **calendar; /* all of them, by issuer, name and serial */
    size_t count;
    struct dg_date *date; /* by rule, period, issuer */
    size_t asked_count;
    const struct dg_date **asked; /* those that are owed and within the filter, by due day, rule, period */
};

/* Collects the entries of all calendars. The calendars of unknown issuers say nothing about known units.
 * DG_ERR_NO_MEMORY. */
enum dg_err dg_dates_collect(const struct dg_directory *directory, const struct dg_held_calendar calendar[],
                             size_t calendar_count, const struct dg_duty_filter *filter,
                             struct dg_arena *arena, struct dg_dates *ret) DG_MUST_CHECK;
/* True when date is the one that counts for unit, among all that name its rule and period and were issued at
 * owed_to or above it: the unit itself, or the one that its reports go to. */
bool dg_date_counts(const struct dg_dates *dates, const struct dg_date *date, const struct dg_dir_unit *unit,
                    const struct dg_dir_unit *owed_to);
/* The last day on which what date asks of unit is in time: its due day, or the day on which the calendar that
 * first set the duty was signed, if that is later. ret_set_by: that calendar, date's own where no older
 * serial has to be asked. */
struct dg_day dg_date_last(const struct dg_dates *dates, const struct dg_date *date,
                           const struct dg_dir_unit *unit, const struct dg_held_calendar **ret_set_by);

#endif
