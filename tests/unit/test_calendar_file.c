/* test_calendar_file.c - a calendar file becomes explicit dates. */
#include "tests/unit/calendar_yaml.h"

/* --- windows and due days ------------------------------------------------------------------- */

static void windows_run_from_the_fifteenth_to_the_fourteenth(void **state)
{
    assert_string_equal(
        compiled_after(*state, WINDOW
                       "rules:\n- {rule: A, periods: [2026-01, 2026-03, Q1, H1, H2, 9M, Y], due: 25}\n"),
        "A 2026 all 2025-12-15..2026-12-14 due 2026-12-25\n"
        "A 2026-01 all 2025-12-15..2026-01-14 due 2026-01-25\n"
        "A 2026-03 all 2026-02-15..2026-03-14 due 2026-03-25\n"
        "A 2026-9M all 2025-12-15..2026-09-14 due 2026-09-25\n"
        "A 2026-H1 all 2025-12-15..2026-06-14 due 2026-06-25\n"
        "A 2026-H2 all 2026-06-15..2026-12-14 due 2026-12-25\n"
        "A 2026-Q1 all 2025-12-15..2026-03-14 due 2026-03-25\n");
}

static void calendar_windows_are_those_of_the_months(void **state)
{
    assert_string_equal(
        compiled_after(*state,
                       "window: calendar\nrules:\n- {rule: A, periods: [2026-02, Q1, 9M], due: end}\n"),
        "A 2026-02 all 2026-02-01..2026-02-28 due 2026-02-28\n"
        "A 2026-9M all 2026-01-01..2026-09-30 due 2026-09-30\n"
        "A 2026-Q1 all 2026-01-01..2026-03-31 due 2026-03-31\n");
}

static void a_rule_may_have_a_window_of_its_own(void **state)
{
    assert_string_equal(compiled_after(*state, WINDOW
                                       "rules:\n- {rule: A, periods: 2026-03, window: 21-20, due: 25}\n"
                                       "- {rule: B, periods: 2026-03, window: calendar, due: next 5}\n"),
                        "A 2026-03 all 2026-02-21..2026-03-20 due 2026-03-25\n"
                        "B 2026-03 all 2026-03-01..2026-03-31 due 2026-04-05\n");
}

static void a_leap_day_ends_its_february(void **state)
{
    assert_string_equal(compiled(*state,
                                 "name: thu\ntitle: T\nfrom: 2028-01-01\nuntil: 2028-12-31\n"
                                 "window: calendar\nrules: [{rule: A, periods: 2028-02, due: end}]\n"),
                        "A 2028-02 all 2028-02-01..2028-02-29 due 2028-02-29\n");
}

static void a_cadence_means_every_period_due_within_the_calendar(void **state)
{
    struct fixture *f = *state;

    compiled_after(f, WINDOW "rules: [{rule: A, periods: [M, Q, H, 9M, Y], due: 20}]\n");
    assert_int_equal(f->calendar.entry_count, 12 + 4 + 1 + 1 + 1);
    compiled_after(f, "window: calendar\nrules: [{rule: A, periods: [M, Y], due: next 5}]\n");
    assert_int_equal(f->calendar.entry_count, 12 + 1);
    assert_true(dg_bytes_is(f->calendar.entry[0].period, "2025")); /* due on 5 January 2026 */
    assert_true(dg_bytes_is(f->calendar.entry[12].period, "2026-11"));
}

static void the_second_half_is_owed_only_when_it_is_named(void **state)
{
    struct fixture *f = *state;

    compiled_after(f, WINDOW "rules: [{rule: A, periods: [H], due: 20}]\n");
    assert_int_equal(f->calendar.entry_count, 1);
    assert_true(dg_bytes_is(f->calendar.entry[0].period, "2026-H1"));
}

/* --- working days --------------------------------------------------------------------------- */

#define TET "weekend: [T7, CN]\nholidays: [2026-02-16..2026-02-20, 2026-04-30]\nmake-up: [2026-02-28]\n"

static void working_days_are_counted_after_the_cut_off(void **state)
{
    assert_string_equal(compiled_after(*state, WINDOW TET
                                       "rules:\n- {rule: A, periods: [2026-01, 2026-02], due: +2}\n"
                                       "- {rule: B, periods: 2026-02, window: 28-27, due: +1}\n"),
                        "A 2026-01 all 2025-12-15..2026-01-14 due 2026-01-16\n"
                        "A 2026-02 all 2026-01-15..2026-02-14 due 2026-02-24\n"
                        "B 2026-02 all 2026-01-28..2026-02-27 due 2026-02-28\n");
}

static void a_due_day_on_a_day_off_moves_as_the_calendar_says(void **state)
{
    static const char rest[] =
        WINDOW TET "rules: [{rule: A, periods: [2026-02, 2026-04, 2026-05], due: %s}]\n"
                   "on-day-off: %s\n";
    static const struct {
        const char *due, *move, *days[3];
    } cases[] = {
        {"17", "keep", {"2026-02-17", "2026-04-17", "2026-05-17"}},
        {"17", "after", {"2026-02-23", "2026-04-17", "2026-05-18"}},
        {"30", "keep", {NULL, NULL, NULL}},
        {"end", "before", {"2026-02-28", "2026-04-29", "2026-05-29"}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture *f = *state;
        char yaml[1024];
        snprintf(yaml, sizeof yaml, rest, cases[i].due, cases[i].move);
        compiled_after(f, yaml);
        if (cases[i].days[0] == NULL) {
            assert_string_equal(f->shown,
                                "9:62 the month has no such day for 2026-02: end is its last day\n");
            continue;
        }
        for (size_t k = 0; k < 3; k++)
            assert_string_equal(day_text(f, f->calendar.entry[k].due), cases[i].days[k]);
    }
}

static void a_date_that_is_written_out_stays_where_it_is(void **state)
{
    assert_string_equal(compiled_after(*state,
                                       WINDOW TET "on-day-off: before\n"
                                                  "rules: [{rule: A, periods: 2026-02, due: 2026-02-17}]\n"),
                        "A 2026-02 all 2026-01-15..2026-02-14 due 2026-02-17\n");
}

static void a_due_day_never_moves_before_its_cut_off(void **state)
{
    assert_string_equal(compiled_after(*state, WINDOW "weekend: [sat, sun]\non-day-off: before\n"
                                                      "rules: [{rule: A, periods: 2026-02, due: 15}]\n"),
                        "8:42 the due day for 2026-02 lies before its cut-off\n");
}

static void what_is_wrong_with_a_period_outside_the_calendar_is_not_told(void **state)
{
    struct fixture *f = *state;
    const char *yaml = "name: thu\ntitle: T\nfrom: 2026-07-01\nuntil: 2026-12-31\n" WINDOW
                       "holidays: 2026-02-16..2026-02-20\non-day-off: before\nrules:\n"
                       "- {rule: A, periods: M, due: 16}\n- {rule: B, periods: M, due: 30}\n";

    compiled(f, yaml); /* the 16th is a holiday in February, which has no 30th */
    assert_int_equal(f->faults.count, 0);
    assert_int_equal(f->calendar.entry_count, 12);
}

static void a_rule_may_move_otherwise_than_its_calendar(void **state)
{
    assert_string_equal(compiled_after(*state, WINDOW "weekend: [sat, sun]\non-day-off: before\nrules:\n"
                                                      "- {rule: A, periods: Y, due: 19, on-day-off: keep}\n"
                                                      "- {rule: B, periods: Y, due: 19}\n"),
                        "A 2026 all 2025-12-15..2026-12-14 due 2026-12-19\n"
                        "B 2026 all 2025-12-15..2026-12-14 due 2026-12-18\n");
}

/* --- levels and exceptions ------------------------------------------------------------------ */

static void a_cascade_gives_each_level_its_day(void **state)
{
    assert_string_equal(
        compiled_after(*state,
                       WINDOW "rules:\n"
                              "- {rule: A, periods: Y, due: {commune: 17, district: 19, province: 22}}\n"
                              "- {rule: B, periods: Y, due: {district: 19, other: 17}}\n"
                              "- {rule: C, level: [district, bloc], periods: Y, due: 19}\n"),
        "A 2026 commune 2025-12-15..2026-12-14 due 2026-12-17\n"
        "A 2026 district 2025-12-15..2026-12-14 due 2026-12-19\n"
        "A 2026 province 2025-12-15..2026-12-14 due 2026-12-22\n"
        "B 2026 bloc+cell+central+commune+province 2025-12-15..2026-12-14 due 2026-12-17\n"
        "B 2026 district 2025-12-15..2026-12-14 due 2026-12-19\n"
        "C 2026 bloc+district 2025-12-15..2026-12-14 due 2026-12-19\n");
}

static void one_rule_may_stand_in_the_file_for_each_level(void **state)
{
    assert_string_equal(compiled_after(*state, WINDOW
                                       "rules:\n- {rule: A, level: commune, periods: 2026-03, due: 16}\n"
                                       "- {rule: A, level: cell, periods: 2026-03, due: 16}\n"),
                        "A 2026-03 cell+commune 2026-02-15..2026-03-14 due 2026-03-16\n");
}

static void an_exception_changes_one_period(void **state)
{
    assert_string_equal(
        compiled_after(*state, WINDOW
                       "rules:\n- rule: A\n  periods: [2026-01, 2026-02, 2026-03, 2026-04]\n  due: 17\n"
                       "  exceptions:\n  - {period: 2026-01, owed: no}\n"
                       "  - {period: 2026-02, cutoff: 2026-02-10, due: 2026-02-12}\n"
                       "  - {period: 2026-03, first: 2026-02-11, due: {commune: 16}}\n"),
        "A 2026-02 all 2026-01-15..2026-02-10 due 2026-02-12\n"
        "A 2026-03 bloc+cell+central+district+province 2026-02-11..2026-03-14 due 2026-03-17\n"
        "A 2026-03 commune 2026-02-11..2026-03-14 due 2026-03-16\n"
        "A 2026-04 all 2026-03-15..2026-04-14 due 2026-04-17\n");
}

/* --- longer periods ------------------------------------------------------------------------- */

static void the_longest_period_replaces_all_that_end_with_it(void **state)
{
    assert_string_equal(
        compiled_after(
            *state, WINDOW
            "replace: yes\n"
            "rules: [{rule: A, periods: [2026-02, 2026-03, 2026-06, 2026-12, Q, H1, H2, 9M, Y], due: 20}]\n"),
        "A 2026 all 2025-12-15..2026-12-14 due 2026-12-20\n"
        "A 2026-02 all 2026-01-15..2026-02-14 due 2026-02-20\n"
        "A 2026-03 all 2026-02-15..2026-03-14 due 2026-03-20 replaced by 2026-Q1\n"
        "A 2026-06 all 2026-05-15..2026-06-14 due 2026-06-20 replaced by 2026-H1\n"
        "A 2026-12 all 2026-11-15..2026-12-14 due 2026-12-20 replaced by 2026\n"
        "A 2026-9M all 2025-12-15..2026-09-14 due 2026-09-20\n"
        "A 2026-H1 all 2025-12-15..2026-06-14 due 2026-06-20\n"
        "A 2026-H2 all 2026-06-15..2026-12-14 due 2026-12-20 replaced by 2026\n"
        "A 2026-Q1 all 2025-12-15..2026-03-14 due 2026-03-20\n"
        "A 2026-Q2 all 2026-03-15..2026-06-14 due 2026-06-20 replaced by 2026-H1\n"
        "A 2026-Q3 all 2026-06-15..2026-09-14 due 2026-09-20 replaced by 2026-9M\n"
        "A 2026-Q4 all 2026-09-15..2026-12-14 due 2026-12-20 replaced by 2026\n");
}

static void a_rule_may_replace_otherwise_than_its_calendar(void **state)
{
    assert_string_equal(
        compiled_after(*state, WINDOW
                       "replace: yes\nrules:\n- {rule: A, periods: [2026-03, Q1], due: 20, replace: no}\n"),
        "A 2026-03 all 2026-02-15..2026-03-14 due 2026-03-20\n"
        "A 2026-Q1 all 2025-12-15..2026-03-14 due 2026-03-20\n");
    assert_string_equal(
        compiled_after(*state, WINDOW "rules:\n- {rule: A, periods: [2026-03, Q1], due: 20, replace: yes}\n"),
        "A 2026-03 all 2026-02-15..2026-03-14 due 2026-03-20 replaced by 2026-Q1\n"
        "A 2026-Q1 all 2025-12-15..2026-03-14 due 2026-03-20\n");
}

static void a_period_is_replaced_only_where_the_longer_one_is_owed(void **state)
{
    assert_string_equal(
        compiled_after(*state, WINDOW "replace: yes\nrules:\n- {rule: A, periods: 2026-03, due: 20}\n"
                                      "- {rule: A, level: commune, periods: Q1, due: 20}\n"
                                      "- {rule: B, periods: Q1, due: 20}\n"),
        "A 2026-03 bloc+cell+central+district+province 2026-02-15..2026-03-14 due 2026-03-20\n"
        "A 2026-03 commune 2026-02-15..2026-03-14 due 2026-03-20 replaced by 2026-Q1\n"
        "A 2026-Q1 commune 2025-12-15..2026-03-14 due 2026-03-20\n"
        "B 2026-Q1 all 2025-12-15..2026-03-14 due 2026-03-20\n");
}

/* --- the head, reminders and meetings ------------------------------------------------------- */

static void the_head_reaches_the_calendar(void **state)
{
    struct fixture *f = *state;

    compiled_after(f, WINDOW "remind: {after: 1, every: 3, escalate-after: 2}\n"
                             "rules: [{rule: A, periods: Y, due: 17}]\n"
                             "meetings:\n- {name: sau, date: 2026-12-28, participants: [mttq@x, cap-uy@a]}\n"
                             "- {name: truoc, date: 2026-06-26}\n");
    assert_string_equal(f->shown, "A 2026 all 2025-12-15..2026-12-14 due 2026-12-17\n");
    assert_true(dg_bytes_is(f->calendar.name, "thu") && dg_bytes_is(f->calendar.title, "Lịch thử"));
    assert_int_equal(f->calendar.remind_after_days, 1);
    assert_int_equal(f->calendar.remind_every_days, 3);
    assert_int_equal(f->calendar.escalate_after, 2);
    assert_int_equal(f->calendar.meeting_count, 2);
    assert_true(dg_bytes_is(f->calendar.meeting[0].name, "truoc"));
    assert_true(dg_bytes_is(f->calendar.meeting[1].participant[0], "mttq@x"));
    assert_string_equal(day_text(f, f->calendar.until), "2026-12-31");
}

static void a_calendar_without_remind_reminds_nobody_by_itself(void **state)
{
    struct fixture *f = *state;

    compiled_after(f, WINDOW "rules: [{rule: A, periods: Y, due: 17}]\n");
    assert_int_equal(f->calendar.remind_after_days, 0);
    assert_int_equal(f->calendar.escalate_after, 0);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        STORY(windows_run_from_the_fifteenth_to_the_fourteenth),
        STORY(calendar_windows_are_those_of_the_months),
        STORY(a_rule_may_have_a_window_of_its_own),
        STORY(a_leap_day_ends_its_february),
        STORY(a_cadence_means_every_period_due_within_the_calendar),
        STORY(the_second_half_is_owed_only_when_it_is_named),
        STORY(working_days_are_counted_after_the_cut_off),
        STORY(a_due_day_on_a_day_off_moves_as_the_calendar_says),
        STORY(a_date_that_is_written_out_stays_where_it_is),
        STORY(a_due_day_never_moves_before_its_cut_off),
        STORY(what_is_wrong_with_a_period_outside_the_calendar_is_not_told),
        STORY(a_rule_may_move_otherwise_than_its_calendar),
        STORY(a_cascade_gives_each_level_its_day),
        STORY(one_rule_may_stand_in_the_file_for_each_level),
        STORY(an_exception_changes_one_period),
        STORY(the_longest_period_replaces_all_that_end_with_it),
        STORY(a_rule_may_replace_otherwise_than_its_calendar),
        STORY(a_period_is_replaced_only_where_the_longer_one_is_owed),
        STORY(the_head_reaches_the_calendar),
        STORY(a_calendar_without_remind_reminds_nobody_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
