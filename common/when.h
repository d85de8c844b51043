/* when.h - instants, Vietnamese calendar days and reporting periods.
 *
 * Instants are UTC milliseconds since 1970; days are Vietnam time (UTC+7, no daylight saving).
 * Nothing here reads a clock.
 */
#ifndef DG_COMMON_WHEN_H
#define DG_COMMON_WHEN_H

#include <stdint.h>

#include "common/bytes.h"

typedef int64_t dg_ms; /* UTC milliseconds since 1970-01-01 */

/* A day as the count of days since 1970-01-01; only years 1900 to 9998 are ever produced. */
struct dg_day {
    int32_t n;
};

enum { DG_INSTANT_TEXT = 25, DG_DAY_TEXT = 11, DG_PERIOD_TEXT = 12 }; /* with the NUL */

/* Writes 2026-11-21T02:56:42.123Z. */
void dg_instant_text(dg_ms at, char ret[static DG_INSTANT_TEXT]);
/* Reads exactly that form. */
bool dg_instant_parse(struct dg_bytes text, dg_ms *ret);
/* The Vietnamese day of an instant. */
struct dg_day dg_day_of(dg_ms at);
/* The first instant of a Vietnamese day. */
dg_ms dg_day_start(struct dg_day day);
/* Reads YYYY-MM-DD, a day that exists, years 1900 to 9998. */
bool dg_day_parse(struct dg_bytes text, struct dg_day *ret);
/* Writes YYYY-MM-DD. */
void dg_day_text(struct dg_day day, char ret[static DG_DAY_TEXT]);

/* The cadences a period can have; bits, so that a rule can allow several. */
enum dg_cadence {
    DG_CADENCE_M = 1,
    DG_CADENCE_Q = 2,
    DG_CADENCE_H = 4,
    DG_CADENCE_9M = 8,
    DG_CADENCE_Y = 16,
};

/* A reporting period: 2026-10, 2026-Q4, 2026-H1, 2026-9M, 2026. */
struct dg_period {
    int32_t year; /* 1900 to 9998 */
    enum dg_cadence cadence;
    int32_t ordinal; /* month 1-12, quarter 1-4, half 1-2, otherwise 1 */
};

/* Reads one of the five forms. */
bool dg_period_parse(struct dg_bytes text, struct dg_period *ret);
/* Writes the form of its cadence; period must be one that exists. */
void dg_period_text(const struct dg_period *period, char ret[static DG_PERIOD_TEXT]);
/* First and last calendar day of the period (calendar windows; cut-offs are a calendar's). */
void dg_period_days(const struct dg_period *period, struct dg_day *ret_first, struct dg_day *ret_last);
/* The period of the same cadence after (steps > 0) or before this one. 9M and Y step by years. */
struct dg_period dg_period_step(const struct dg_period *period, int steps);
/* True when every day of inner is a day of outer. */
bool dg_period_contains(const struct dg_period *outer, const struct dg_period *inner);
/* Orders by last day, then by first day descending (the shorter first). */
int dg_period_compare(const struct dg_period *a, const struct dg_period *b);

#endif
