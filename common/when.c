/* when.c - instants, Vietnamese calendar days and reporting periods.
 *
 * Dates are computed, never asked of libc, whose time zone is the machine's and not Vietnam's.
 * Source of the two civil-date functions: H. Hinnant, "chrono-compatible low-level date
 * algorithms". They count in years that begin in March, so that the leap day comes last.
 */
#include "common/when.h"

#include <assert.h>
#include <string.h>

enum { YEAR_MIN = 1900, YEAR_MAX = 9998, MONTHS = 12, ERA_DAYS = 146097, ERA_YEARS = 400 };

static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;
static const int64_t zone_ms = INT64_C(7) * 60 * 60 * 1000;
static const int64_t day_min = -25567;  /* 1900-01-01 */
static const int64_t day_max = 2932531; /* 9998-12-31 */

struct civil {
    int32_t year, month, day;
};

/* --- the calendar --------------------------------------------------------------------------- */

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* Division that rounds towards minus infinity; divisor > 0. */
static int64_t floor_div(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

static int32_t days_from_civil(int32_t year, int32_t month, int32_t day)
{
    int32_t shifted = year - (month <= 2);
    int32_t era = shifted / ERA_YEARS; /* years are positive here */
    int32_t year_of_era = shifted - era * ERA_YEARS;
    int32_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - 719468;
}

/* A day that no one could have produced, being a stranger's number, becomes the nearest one. */
static struct civil civil_from_days(int64_t n)
{
    int32_t shifted = (int32_t)clamp(n, day_min, day_max) + 719468;
    int32_t era = shifted / ERA_DAYS;
    int32_t day_of_era = shifted - era * ERA_DAYS;
    int32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t month_from_march = (5 * day_of_year + 2) / 153;
    int32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return (struct civil){.year = year_of_era + era * ERA_YEARS + (month <= 2),
                          .month = month,
                          .day = day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

static bool year_ok(int32_t year)
{
    return year >= YEAR_MIN && year <= YEAR_MAX;
}

static int32_t month_days(int32_t year, int32_t month)
{
    static const int32_t days[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    assert(month >= 1 && month <= MONTHS);
    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* --- fixed-width text ----------------------------------------------------------------------- */

/* Writes value with leading zeros over the `width` bytes at `at`. */
static void put_digits(char *at, int width, int64_t value)
{
    for (int i = width - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* Reads exactly `width` digits at offset `at`. */
static bool get_digits(struct dg_bytes text, size_t at, size_t width, int32_t *ret)
{
    int32_t value = 0;

    assert(at + width <= text.size && width <= 4);
    for (size_t i = at; i < at + width; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *ret = value;
    return true;
}

/* True when text is as long as the pattern and equal to it wherever the pattern has no '0'. */
static bool fits(struct dg_bytes text, const char *pattern)
{
    if (text.size != strlen(pattern))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (pattern[i] != '0' && text.data[i] != (uint8_t)pattern[i])
            return false;
    }
    return true;
}

/* --- instants and days ---------------------------------------------------------------------- */

void dg_instant_text(dg_ms at, char ret[static DG_INSTANT_TEXT])
{
    at = clamp(at, day_min * day_ms, (day_max + 1) * day_ms - 1);
    int64_t day = floor_div(at, day_ms);
    int64_t ms = at - day * day_ms;
    struct civil civil = civil_from_days(day);

    memcpy(ret, "0000-00-00T00:00:00.000Z", DG_INSTANT_TEXT);
    put_digits(ret, 4, civil.year);
    put_digits(ret + 5, 2, civil.month);
    put_digits(ret + 8, 2, civil.day);
    put_digits(ret + 11, 2, ms / 3600000);
    put_digits(ret + 14, 2, ms / 60000 % 60);
    put_digits(ret + 17, 2, ms / 1000 % 60);
    put_digits(ret + 20, 3, ms % 1000);
}

bool dg_instant_parse(struct dg_bytes text, dg_ms *ret)
{
    struct dg_day day;
    int32_t hour, minute, second, ms;

    if (!fits(text, "0000-00-00T00:00:00.000Z") || !dg_day_parse(dg_bytes_at(text.data, 10), &day))
        return false;
    if (!get_digits(text, 11, 2, &hour) || !get_digits(text, 14, 2, &minute) ||
        !get_digits(text, 17, 2, &second) || !get_digits(text, 20, 3, &ms))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ret = day.n * day_ms + ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + ms;
    return true;
}

struct dg_day dg_day_of(dg_ms at)
{
    /* Clamped before the shift, which could overflow for a stranger's instant. */
    at = clamp(at, day_min * day_ms, (day_max + 1) * day_ms - 1);
    return (struct dg_day){.n = (int32_t)clamp(floor_div(at + zone_ms, day_ms), day_min, day_max)};
}

dg_ms dg_day_start(struct dg_day day)
{
    return day.n * day_ms - zone_ms;
}

bool dg_day_parse(struct dg_bytes text, struct dg_day *ret)
{
    int32_t year, month, day;

    if (!fits(text, "0000-00-00") || !get_digits(text, 0, 4, &year) || !get_digits(text, 5, 2, &month) ||
        !get_digits(text, 8, 2, &day))
        return false;
    if (!year_ok(year) || month < 1 || month > MONTHS || day < 1 || day > month_days(year, month))
        return false;
    ret->n = days_from_civil(year, month, day);
    return true;
}

void dg_day_text(struct dg_day day, char ret[static DG_DAY_TEXT])
{
    struct civil civil = civil_from_days(day.n);

    memcpy(ret, "0000-00-00", DG_DAY_TEXT);
    put_digits(ret, 4, civil.year);
    put_digits(ret + 5, 2, civil.month);
    put_digits(ret + 8, 2, civil.day);
}

/* --- periods -------------------------------------------------------------------------------- */

/* How many periods of a cadence a year has; they are all of one length, but for 9M, which is the
 * first nine months. */
static int32_t periods_in_year(enum dg_cadence cadence)
{
    switch (cadence) {
    case DG_CADENCE_M:
        return 12;
    case DG_CADENCE_Q:
        return 4;
    case DG_CADENCE_H:
        return 2;
    case DG_CADENCE_9M:
    case DG_CADENCE_Y:
        return 1;
    }
    assert(false && "a period of no cadence");
    return 1;
}

static bool period_ok(const struct dg_period *period)
{
    return year_ok(period->year) && period->ordinal >= 1 &&
           period->ordinal <= periods_in_year(period->cadence);
}

bool dg_period_parse(struct dg_bytes text, struct dg_period *ret)
{
    struct dg_period period = {.cadence = DG_CADENCE_Y, .ordinal = 1};
    bool ok = true;

    if (fits(text, "0000-9M")) {
        period.cadence = DG_CADENCE_9M;
    } else if (fits(text, "0000-Q0")) {
        period.cadence = DG_CADENCE_Q;
        ok = get_digits(text, 6, 1, &period.ordinal);
    } else if (fits(text, "0000-H0")) {
        period.cadence = DG_CADENCE_H;
        ok = get_digits(text, 6, 1, &period.ordinal);
    } else if (fits(text, "0000-00")) {
        period.cadence = DG_CADENCE_M;
        ok = get_digits(text, 5, 2, &period.ordinal);
    } else {
        ok = fits(text, "0000");
    }
    if (!ok || !get_digits(text, 0, 4, &period.year) || !period_ok(&period))
        return false;
    *ret = period;
    return true;
}

void dg_period_text(const struct dg_period *period, char ret[static DG_PERIOD_TEXT])
{
    assert(period_ok(period));
    put_digits(ret, 4, period->year);
    switch (period->cadence) {
    case DG_CADENCE_M:
        memcpy(ret + 4, "-00", 4);
        put_digits(ret + 5, 2, period->ordinal);
        break;
    case DG_CADENCE_Q:
        memcpy(ret + 4, "-Q0", 4);
        put_digits(ret + 6, 1, period->ordinal);
        break;
    case DG_CADENCE_H:
        memcpy(ret + 4, "-H0", 4);
        put_digits(ret + 6, 1, period->ordinal);
        break;
    case DG_CADENCE_9M:
        memcpy(ret + 4, "-9M", 4);
        break;
    case DG_CADENCE_Y:
        ret[4] = '\0';
        break;
    }
}

void dg_period_days(const struct dg_period *period, struct dg_day *ret_first, struct dg_day *ret_last)
{
    assert(period_ok(period));
    int32_t length = MONTHS / periods_in_year(period->cadence);
    int32_t first = (period->ordinal - 1) * length + 1;
    int32_t last = period->cadence == DG_CADENCE_9M ? 9 : first + length - 1;

    ret_first->n = days_from_civil(period->year, first, 1);
    ret_last->n = days_from_civil(period->year, last, month_days(period->year, last));
}

struct dg_period dg_period_step(const struct dg_period *period, int steps)
{
    assert(period_ok(period));
    int64_t per_year = periods_in_year(period->cadence);
    int64_t number = period->year * per_year + period->ordinal - 1 + steps;

    /* A step beyond the years we know stays at the first or last period there is. */
    number = clamp(number, YEAR_MIN * per_year, (YEAR_MAX + 1) * per_year - 1);
    return (struct dg_period){.year = (int32_t)(number / per_year),
                              .cadence = period->cadence,
                              .ordinal = (int32_t)(number % per_year) + 1};
}

bool dg_period_contains(const struct dg_period *outer, const struct dg_period *inner)
{
    struct dg_day outer_first, outer_last, inner_first, inner_last;

    dg_period_days(outer, &outer_first, &outer_last);
    dg_period_days(inner, &inner_first, &inner_last);
    return outer_first.n <= inner_first.n && inner_last.n <= outer_last.n;
}

int dg_period_compare(const struct dg_period *a, const struct dg_period *b)
{
    struct dg_day a_first, a_last, b_first, b_last;

    dg_period_days(a, &a_first, &a_last);
    dg_period_days(b, &b_first, &b_last);
    if (a_last.n != b_last.n)
        return a_last.n < b_last.n ? -1 : 1;
    return (a_first.n < b_first.n) - (a_first.n > b_first.n);
}
