/* test_when.c - the calendar, by itself and against an independent count of days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/when.h"

static bool day_parses(const char *text)
{
    struct dg_day day;
    return dg_day_parse(dg_bytes_of(text), &day);
}

static struct dg_day day_of(const char *text)
{
    struct dg_day day;
    assert_true(dg_day_parse(dg_bytes_of(text), &day));
    return day;
}

static dg_ms instant_of(const char *text)
{
    dg_ms at;
    assert_true(dg_instant_parse(dg_bytes_of(text), &at));
    return at;
}

static struct dg_period period_of(const char *text)
{
    struct dg_period period;
    assert_true(dg_period_parse(dg_bytes_of(text), &period));
    return period;
}

#define assert_day(day, expected)                                                                            \
    do {                                                                                                     \
        char written[DG_DAY_TEXT];                                                                           \
        dg_day_text((day), written);                                                                         \
        assert_string_equal(written, (expected));                                                            \
    } while (0)

#define assert_instant(at, expected)                                                                         \
    do {                                                                                                     \
        char written[DG_INSTANT_TEXT];                                                                       \
        dg_instant_text((at), written);                                                                      \
        assert_string_equal(written, (expected));                                                            \
    } while (0)

/* --- days ----------------------------------------------------------------------------------- */

static void every_day_of_every_year_counts_one_more(void **state)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t n = -25567;
    char text[DG_DAY_TEXT];

    (void)state;
    memcpy(text, "0000-00-00", sizeof text);
    for (int year = 1900; year <= 9998; year++) {
        bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
        for (int month = 1; month <= 12; month++) {
            int days = length[month - 1] + (leap && month == 2);
            for (int day = 1; day <= days; day++, n++) {
                char written[DG_DAY_TEXT];
                int parts[] = {year / 1000, year / 100 % 10, year / 10 % 10, year % 10,
                               month / 10,  month % 10,      day / 10,       day % 10};
                static const int at[] = {0, 1, 2, 3, 5, 6, 8, 9};
                for (int i = 0; i < 8; i++)
                    text[at[i]] = (char)('0' + parts[i]);
                dg_day_text((struct dg_day){n}, written);
                if (memcmp(text, written, sizeof text) != 0 || day_of(text).n != n)
                    fail_msg("%s is written %s and read %d", text, written, day_of(text).n);
            }
        }
    }
    assert_int_equal(n - 1, day_of("9998-12-31").n);
}

static void known_days_have_known_numbers(void **state)
{
    (void)state;
    assert_int_equal(day_of("1970-01-01").n, 0);
    assert_int_equal(day_of("2000-02-29").n, 11016);
    assert_int_equal(day_of("2026-11-21").n, 20778);
}

static void impossible_days_are_refused(void **state)
{
    static const char *const wrong[] = {
        "2026-02-29",  "1900-02-29", "2026-00-10", "2026-13-01", "2026-04-31", "2026-01-00",    "2026-01-32",
        "1899-12-31",  "9999-01-01", "0000-01-01", "2026-1-01",  "2026/01/01", "26-01-01",      "",
        "2026-01-011", "2026-01-0",  " 026-01-01", "2026-01-0a", "+026-01-01", "2026-0\x00-01",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(day_parses(wrong[i]));
    assert_true(day_parses("2024-02-29"));
}

static void number_of_a_stranger_is_written_as_the_nearest_day(void **state)
{
    (void)state;
    assert_day((struct dg_day){INT32_MIN}, "1900-01-01");
    assert_day((struct dg_day){INT32_MAX}, "9998-12-31");
}

/* --- instants ------------------------------------------------------------------------------- */

static void instants_come_back_from_their_text(void **state)
{
    (void)state;
    assert_instant(0, "1970-01-01T00:00:00.000Z");
    assert_instant(-1, "1969-12-31T23:59:59.999Z");
    assert_instant(INT64_C(1795229802123), "2026-11-21T02:56:42.123Z");
    assert_true(instant_of("2026-11-21T02:56:42.123Z") == INT64_C(1795229802123));
    assert_true(instant_of("1969-12-31T23:59:59.999Z") == -1);
    for (dg_ms at = instant_of("1900-01-01T00:00:00.000Z"); at < instant_of("9998-12-31T00:00:00.000Z");
         at += INT64_C(1234567890123)) {
        char text[DG_INSTANT_TEXT];
        dg_instant_text(at, text);
        assert_true(instant_of(text) == at);
    }
}

static void instants_of_any_other_form_are_refused(void **state)
{
    static const char *const wrong[] = {
        "2026-11-21T02:56:42.123",   "2026-11-21T02:56:42Z",     "2026-11-21 02:56:42.123Z",
        "2026-11-21T24:00:00.000Z",  "2026-11-21T02:60:42.123Z", "2026-12-31T23:59:60.000Z",
        "2026-02-30T02:56:42.123Z",  "2026-11-21T02:56:42,123Z", "2026-11-21T02:56:42.12aZ",
        "2026-11-21T02:56:42.123ZZ", "2026-11-21t02:56:42.123z", "",
    };
    dg_ms at = 7;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(dg_instant_parse(dg_bytes_of(wrong[i]), &at));
    assert_true(at == 7);
}

static void day_begins_at_seventeen_hours_utc_the_day_before(void **state)
{
    (void)state;
    assert_day(dg_day_of(instant_of("2026-11-20T16:59:59.999Z")), "2026-11-20");
    assert_day(dg_day_of(instant_of("2026-11-20T17:00:00.000Z")), "2026-11-21");
    assert_instant(dg_day_start(day_of("2026-11-21")), "2026-11-20T17:00:00.000Z");
    assert_day(dg_day_of(instant_of("1950-12-31T16:59:59.999Z")), "1950-12-31");
    assert_day(dg_day_of(instant_of("1950-12-31T17:00:00.000Z")), "1951-01-01");
}

static void instant_of_a_stranger_never_overflows(void **state)
{
    (void)state;
    assert_instant(INT64_MIN, "1900-01-01T00:00:00.000Z");
    assert_instant(INT64_MAX, "9998-12-31T23:59:59.999Z");
    assert_day(dg_day_of(INT64_MIN), "1900-01-01");
    assert_day(dg_day_of(INT64_MAX), "9998-12-31");
    assert_true(dg_day_start((struct dg_day){INT32_MIN}) < 0);
    assert_true(dg_day_start((struct dg_day){INT32_MAX}) > 0);
}

/* --- periods -------------------------------------------------------------------------------- */

static void all_five_forms_come_back_from_their_text(void **state)
{
    static const char *const right[] = {"2026-01", "2026-10", "2026-12", "2026-Q1", "2026-Q4",
                                        "2026-H1", "2026-H2", "2026-9M", "2026",    "1900-Q2"};

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        char text[DG_PERIOD_TEXT];
        struct dg_period period = period_of(right[i]);
        dg_period_text(&period, text);
        assert_string_equal(text, right[i]);
    }
}

static void other_periods_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",        "202",     "20266",   "2026-",   "2026-0",  "2026-1",  "2026-00", "2026-13",  "2026-Q0",
        "2026-Q5", "2026-H0", "2026-H3", "2026-6M", "2026-9m", "2026-q1", "2026Q1",  "2026-Q11", "2026-9M ",
        "1899",    "9999",    "1899-Q1", "9999-12", "2026-Qx", "2026-W1", "-026",    "2026-1a",  "2026-10-1"};
    struct dg_period period;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(dg_period_parse(dg_bytes_of(wrong[i]), &period));
}

static void periods_span_their_calendar_days(void **state)
{
    static const char *const spans[][3] = {
        {"2026-01", "2026-01-01", "2026-01-31"}, {"2024-02", "2024-02-01", "2024-02-29"},
        {"2026-12", "2026-12-01", "2026-12-31"}, {"2026-Q1", "2026-01-01", "2026-03-31"},
        {"2026-Q3", "2026-07-01", "2026-09-30"}, {"2026-H1", "2026-01-01", "2026-06-30"},
        {"2026-H2", "2026-07-01", "2026-12-31"}, {"2026-9M", "2026-01-01", "2026-09-30"},
        {"2026", "2026-01-01", "2026-12-31"},    {"9998", "9998-01-01", "9998-12-31"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        struct dg_period period = period_of(spans[i][0]);
        struct dg_day first, last;
        dg_period_days(&period, &first, &last);
        assert_day(first, spans[i][1]);
        assert_day(last, spans[i][2]);
    }
}

static void step_goes_on_in_the_same_cadence(void **state)
{
    static const struct {
        const char *from;
        int steps;
        const char *to;
    } walks[] = {
        {"2026-12", 1, "2027-01"},         {"2026-01", -1, "2025-12"}, {"2026-05", 0, "2026-05"},
        {"2026-Q4", 1, "2027-Q1"},         {"2026-Q1", -5, "2024-Q4"}, {"2026-H2", 1, "2027-H1"},
        {"2026-9M", 1, "2027-9M"},         {"2026", -2, "2024"},       {"2026-03", 120, "2036-03"},
        {"9998-12", 1, "9998-12"},         {"1900-Q1", -1, "1900-Q1"}, {"2026", INT32_MAX, "9998"},
        {"2026-01", INT32_MIN, "1900-01"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++) {
        char text[DG_PERIOD_TEXT];
        struct dg_period from = period_of(walks[i].from);
        struct dg_period to = dg_period_step(&from, walks[i].steps);
        dg_period_text(&to, text);
        assert_string_equal(text, walks[i].to);
    }
}

static bool contains(const char *outer, const char *inner)
{
    struct dg_period a = period_of(outer), b = period_of(inner);
    return dg_period_contains(&a, &b);
}

static void period_contains_what_lies_in_it_whole(void **state)
{
    (void)state;
    assert_true(contains("2026", "2026-9M"));
    assert_true(contains("2026-9M", "2026-Q3"));
    assert_true(contains("2026-9M", "2026-H1"));
    assert_true(contains("2026-Q1", "2026-03"));
    assert_true(contains("2026-Q1", "2026-Q1"));
    assert_false(contains("2026-9M", "2026-10"));
    assert_false(contains("2026-9M", "2026-H2"));
    assert_false(contains("2026-03", "2026-Q1"));
    assert_false(contains("2026", "2025-12"));
}

static void periods_order_by_their_end_the_shorter_first(void **state)
{
    static const char *const order[] = {"2025",    "2026-01", "2026-03", "2026-Q1", "2026-Q2",
                                        "2026-H1", "2026-09", "2026-Q3", "2026-9M", "2026-12",
                                        "2026-Q4", "2026-H2", "2026",    "2027-01"};
    int count = sizeof order / sizeof order[0];

    (void)state;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            struct dg_period a = period_of(order[i]), b = period_of(order[j]);
            int found = dg_period_compare(&a, &b);
            assert_int_equal((found > 0) - (found < 0), (i > j) - (i < j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_every_year_counts_one_more),
        cmocka_unit_test(known_days_have_known_numbers),
        cmocka_unit_test(impossible_days_are_refused),
        cmocka_unit_test(number_of_a_stranger_is_written_as_the_nearest_day),
        cmocka_unit_test(instants_come_back_from_their_text),
        cmocka_unit_test(instants_of_any_other_form_are_refused),
        cmocka_unit_test(day_begins_at_seventeen_hours_utc_the_day_before),
        cmocka_unit_test(instant_of_a_stranger_never_overflows),
        cmocka_unit_test(all_five_forms_come_back_from_their_text),
        cmocka_unit_test(other_periods_are_refused),
        cmocka_unit_test(periods_span_their_calendar_days),
        cmocka_unit_test(step_goes_on_in_the_same_cadence),
        cmocka_unit_test(period_contains_what_lies_in_it_whole),
        cmocka_unit_test(periods_order_by_their_end_the_shorter_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
