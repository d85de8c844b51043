/* calendar_days.c - counting days for a calendar. */
#include "node/conf/calendar_days.h"

#include <assert.h>
#include <stdio.h>

enum { MONTHS = 12, WEEK = 7, THURSDAY = 3 };

/* --- months --------------------------------------------------------------------------------- */

bool dg_month_day(int32_t year, int32_t month, int32_t day, struct dg_day *ret)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%04d-%02d-%02d", (int)year, (int)month, (int)day);

    return size > 0 && dg_day_parse(dg_bytes_at(text, (size_t)size), ret);
}

void dg_day_month(struct dg_day day, int32_t months, int32_t *ret_year, int32_t *ret_month)
{
    char text[DG_DAY_TEXT];
    int year = 0, month = 1;

    dg_day_text(day, text);
    int read = sscanf(text, "%4d-%2d", &year, &month);
    assert(read == 2);
    (void)read;
    int32_t number = year * MONTHS + month - 1 + months;
    *ret_year = number / MONTHS;
    *ret_month = number % MONTHS + 1;
}

struct dg_day dg_month_end(int32_t year, int32_t month)
{
    struct dg_period period = {.year = year, .cadence = DG_CADENCE_M, .ordinal = month};
    struct dg_day first, last;

    dg_period_days(&period, &first, &last);
    return last;
}

unsigned dg_day_weekday(struct dg_day day)
{
    int32_t at = (day.n % WEEK + WEEK + THURSDAY) % WEEK; /* 1970 began on a Thursday */

    return (unsigned)at;
}

/* --- windows -------------------------------------------------------------------------------- */

void dg_window_of(const struct dg_period *period, int32_t start, struct dg_day *ret_first,
                  struct dg_day *ret_cutoff)
{
    struct dg_day first, last;
    int32_t year, month;

    dg_period_days(period, &first, &last);
    *ret_first = first;
    *ret_cutoff = last;
    if (start == 0)
        return;
    assert(start >= 2 && start <= 28);
    dg_day_month(first, -1, &year, &month);
    bool exist = dg_month_day(year, month, start, ret_first);
    dg_day_month(last, 0, &year, &month);
    exist = dg_month_day(year, month, start - 1, ret_cutoff) && exist;
    assert(exist || period->year <= 1900); /* every month has 28 days */
    (void)exist;
}

/* --- days off ------------------------------------------------------------------------------- */

enum dg_day_kind dg_days_kind(const struct dg_days *days, struct dg_day day)
{
    if (day.n < days->first.n || (size_t)(day.n - days->first.n) >= days->count)
        return DG_DAY_WORKING;
    return (enum dg_day_kind)days->kind[day.n - days->first.n];
}

bool dg_days_off(const struct dg_days *days, struct dg_day day)
{
    enum dg_day_kind kind = dg_days_kind(days, day);

    return kind == DG_DAY_WEEKEND || kind == DG_DAY_HOLIDAY;
}

struct dg_day dg_days_after(const struct dg_days *days, struct dg_day day, uint32_t n)
{
    while (n > 0) {
        day.n++;
        n -= !dg_days_off(days, day);
    }
    return day;
}

struct dg_day dg_days_move(const struct dg_days *days, struct dg_day day, enum dg_day_off how)
{
    while (how != DG_DAY_OFF_KEEP && dg_days_off(days, day))
        day.n += how == DG_DAY_OFF_BEFORE ? -1 : 1;
    return day;
}
