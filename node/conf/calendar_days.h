/* calendar_days.h - counting days for a calendar: windows, working days, due days.
 *
 * Pure. Days off are data of the calendar's author: no holiday and no weekend is known here.
 * Memory:  the days off live in the caller's arena.
 */
#ifndef DG_NODE_CONF_CALENDAR_DAYS_H
#define DG_NODE_CONF_CALENDAR_DAYS_H

#include "common/bytes.h"
#include "common/when.h"

/* How far before and after a calendar's own days its days off may lie: a calendar for the rest of a year is
 * written from that of the whole year. */
enum { DG_DAYS_AROUND = 366 };

enum dg_day_kind { DG_DAY_WORKING, DG_DAY_WEEKEND, DG_DAY_HOLIDAY, DG_DAY_MADE_UP };

/* What each day is, from a first day on. */
struct dg_days {
    struct dg_day first;
    size_t count;
    uint8_t *kind; /* enum dg_day_kind */
};

/* What becomes of a due day on a day off. */
enum dg_day_off { DG_DAY_OFF_KEEP, DG_DAY_OFF_BEFORE, DG_DAY_OFF_AFTER };

/* The day of a month; false when that month has none such. */
bool dg_month_day(int32_t year, int32_t month, int32_t day, struct dg_day *ret);
/* The year and month of a day, months later (or earlier, below 0). */
void dg_day_month(struct dg_day day, int32_t months, int32_t *ret_year, int32_t *ret_month);
/* The last day of a month. */
struct dg_day dg_month_end(int32_t year, int32_t month);
/* 0 Monday to 6 Sunday. */
unsigned dg_day_weekday(struct dg_day day);

/* The window of a period: from that day of the month before its first one to the day before in its last one
 * (15: 15/12 to 14/6 for the first half); with 0 the calendar's own months. start is 0 or 2 to 28. */
void dg_window_of(const struct dg_period *period, int32_t start, struct dg_day *ret_first,
                  struct dg_day *ret_cutoff);

/* What kind a day is; beyond the days of the calendar every day is a working day. */
enum dg_day_kind dg_days_kind(const struct dg_days *days, struct dg_day day);
/* True on a weekend or holiday. */
bool dg_days_off(const struct dg_days *days, struct dg_day day);
/* The n-th working day after a day; n from 0. */
struct dg_day dg_days_after(const struct dg_days *days, struct dg_day day, uint32_t n);
/* Where a day goes that is a day off: itself, or the nearest working day before or after. */
struct dg_day dg_days_move(const struct dg_days *days, struct dg_day day, enum dg_day_off how);

#endif
