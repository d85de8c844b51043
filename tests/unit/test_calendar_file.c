/* test_calendar_file.c - a calendar file becomes explicit dates, and all its mistakes are found at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/limits.h"
#include "node/conf/calendar_file.h"
#include "node/conf/report_file.h"

enum { SHOWN_MAX = 256 * 1024, RULES = 4 };

struct fixture {
    struct dg_arena arena;
    struct dg_calendar calendar;
    struct dg_fault_list faults;
    const struct dg_rules_in_force *rules;
    char shown[SHOWN_MAX];
};

static int open_fixture(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    assert_non_null(*state);
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    dg_arena_done(&f->arena);
    free(f);
    return 0;
}

#define HEAD "name: thu\ntitle: Lịch thử\nfrom: 2026-01-01\nuntil: 2026-12-31\n"
#define WINDOW "window: 15-14\n"

static void show(struct fixture *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void show(struct fixture *f, const char *format, ...)
{
    size_t size = strlen(f->shown);
    va_list args;

    va_start(args, format);
    vsnprintf(f->shown + size, sizeof f->shown - size, format, args);
    va_end(args);
}

static const char *day_text(struct fixture *f, struct dg_day day)
{
    char text[DG_DAY_TEXT];

    dg_day_text(day, text);
    return dg_arena_string(&f->arena, dg_bytes_of(text));
}

/* One entry as deploy/calendars/README.md writes it. */
static void show_entry(struct fixture *f, const struct dg_calendar_entry *entry)
{
    const char *words = (const char *)entry->rule.data;

    show(f, "%s %s ", words, (const char *)entry->period.data);
    for (size_t i = 0; i < entry->level.count; i++)
        show(f, "%s%s", i == 0 ? "" : "+", (const char *)entry->level.item[i].data);
    show(f, "%s %s..%s due %s", entry->level.count == 0 ? "all" : "", day_text(f, entry->first),
         day_text(f, entry->cutoff), day_text(f, entry->due));
    if (entry->replaced_by.size > 0)
        show(f, " replaced by %s", (const char *)entry->replaced_by.data);
    show(f, "\n");
}

/* Who receives the calendar decodes it strictly, so what is read from a file must pass there. */
static void check_decodes(struct fixture *f)
{
    struct dg_calendar signed_one = f->calendar, same;
    struct dg_fault fault = {.what = ""};
    struct dg_buf bytes;

    signed_one.issuer = (struct dg_issuer){.federation = dg_bytes_of("danvan.example"),
                                           .organ = dg_bytes_of("ban-dan-van"),
                                           .unit = dg_bytes_of("binh-phuoc")};
    signed_one.serial = 1;
    dg_buf_init(&bytes, DG_CALENDAR_MAX);
    assert_int_equal(dg_calendar_encode(&signed_one, &bytes), DG_OK);
    if (dg_calendar_decode(&f->arena, dg_buf_bytes(&bytes), &same, &fault) != DG_OK)
        fail_msg("%s %s", dg_err_name(fault.err), fault.what);
    dg_buf_done(&bytes);
}

/* The dates that the text comes to, or its mistakes as "line:column what". */
static const char *compiled(struct fixture *f, const char *yaml)
{
    f->shown[0] = '\0';
    enum dg_err err = dg_calendar_read(&f->arena, dg_bytes_of(yaml), f->rules, &f->calendar, &f->faults);
    assert_int_equal(err, f->faults.count == 0 ? DG_OK : DG_ERR_BAD_CALENDAR);
    for (size_t i = 0; i < f->faults.count; i++) {
        const struct dg_fault *fault = &f->faults.item[i];
        assert_int_equal(fault->err, DG_ERR_BAD_CALENDAR);
        show(f, "%u:%u %s\n", fault->line, fault->column, fault->what);
    }
    if (err != DG_OK)
        return f->shown;
    for (size_t i = 0; i < f->calendar.entry_count; i++)
        show_entry(f, &f->calendar.entry[i]);
    check_decodes(f);
    return f->shown;
}

/* The same for a calendar of the year 2026 with this after its head. */
static const char *compiled_after(struct fixture *f, const char *rest)
{
    char *yaml = malloc(strlen(rest) + sizeof HEAD);

    assert_non_null(yaml);
    memcpy(yaml, HEAD, sizeof HEAD);
    memcpy(yaml + sizeof HEAD - 1, rest, strlen(rest) + 1);
    compiled(f, yaml);
    free(yaml);
    return f->shown;
}

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

/* --- mistakes ------------------------------------------------------------------------------- */

static void every_mistake_is_found_in_one_run_in_order(void **state)
{
    assert_string_equal(compiled(*state,
                                 "name: Lịch\ntitel: x\nfrom: 2026-01-01\nuntil: 2026-13-31\nwindow: 15-15\n"
                                 "weekend: [T7, T9]\non-day-off: later\nreplace: maybe\n"
                                 "remind: {every: 0, escalate: 3}\nrules: []\n"),
                        "1:1 \"title\" is missing\n"
                        "1:7 \"Lịch\" is not a name of a-z, 0-9 and -\n"
                        "2:1 unknown key \"titel\": did you mean title?\n"
                        "4:8 \"2026-13-31\" is not a day that exists: write YYYY-MM-DD\n"
                        "5:9 \"15-15\" must be calendar, or two days in a row like 15-14\n"
                        "7:13 \"later\" must be keep, before or after\n"
                        "8:10 \"maybe\" must be yes or no\n"
                        "9:9 \"after\" is missing\n"
                        "9:17 \"0\" must be a number from 1 to 366\n"
                        "9:20 unknown key \"escalate\"\n");
}

static void mistakes_of_rules_are_found_together(void **state)
{
    assert_string_equal(
        compiled_after(*state, WINDOW "rules:\n- {rule: A-, periods: [M, 2026-13, K], due: 32, level: xa}\n"
                                      "- {rule: -, periods: 2026-05, due: 10}\n"
                                      "- {rule: B, periods: 2026-05, due: {comune: 17}, window: x}\n"
                                      "- {rule: C, periods: {}, due: +99, replace: 1}\n- D\n"),
        "7:27 unknown period \"2026-13\": write M, Q, H, 9M, Y, Q1, H2 or 2026-Q1\n"
        "7:36 unknown period \"K\": write M, Q, H, 9M, Y, Q1, H2 or 2026-Q1\n"
        "7:45 \"32\" is no due day: write 17, next 5, end, +2 (working days) or YYYY-MM-DD\n"
        "7:56 unknown level \"xa\"\n"
        "8:10 \"-\" is not an id of letters, digits, '.' and '-'\n"
        "8:36 the due day for 2026-05 lies before its cut-off\n"
        "9:37 unknown key \"comune\": did you mean commune?\n"
        "9:58 \"x\" must be calendar, or two days in a row like 15-14\n"
        "10:22 periods must be a list: M, Q, H, 9M, Y or single ones\n"
        "10:31 \"+99\" is no due day: write 17, next 5, end, +2 (working days) or YYYY-MM-DD\n"
        "10:45 \"1\" must be yes or no\n"
        "11:3 a rule of a calendar must have keys: rule, periods, due, …\n");
}

static void dates_that_overlap_are_told_once(void **state)
{
    assert_string_equal(compiled_after(*state,
                                       WINDOW "rules:\n- {rule: A, periods: [M], due: 17}\n"
                                              "- {rule: A, level: commune, periods: [M, Q], due: 16}\n"
                                              "- {rule: A, periods: [2026-Q1, 2026-Q1], due: 16}\n"),
                        "8:3 A 2026-01 has a date for commune already, by the rule in line 7\n"
                        "9:3 A 2026-Q1 has a date for bloc already, by the rule in line 9\n"
                        "9:3 A 2026-Q1 has a date for commune already, by the rule in line 8\n"
                        "9:3 A 2026-Q1 has a date for commune already, by the rule in line 9\n");
}

static void days_off_are_named_once_and_lie_near(void **state)
{
    assert_string_equal(
        compiled_after(*state, WINDOW "weekend: [T7, CN]\nholidays:\n- 2026-02-16..2026-02-20\n- 2026-02-20\n"
                                      "- 2026-02-30\n- 2026-05-02..2026-05-01\n- 2062-01-01\n"
                                      "make-up: [2026-02-21, 2026-02-21, 2026-03-03]\n"
                                      "rules: [{rule: A, periods: Y, due: 17}]\n"),
        "9:3 2026-02-20 is named twice\n"
        "10:3 \"2026-02-30\" is no day or days that exist: write YYYY-MM-DD, or two with .. between\n"
        "11:3 \"2026-05-02..2026-05-01\" is no day or days that exist: write YYYY-MM-DD, or two with .. "
        "between\n"
        "12:3 2062-01-01 lies far outside the calendar\n"
        "13:23 2026-02-21 is a working day anyway\n"
        "13:35 2026-03-03 is a working day anyway\n");
}

static void an_unknown_weekday_is_told_in_its_place(void **state)
{
    assert_string_equal(
        compiled_after(*state, WINDOW "weekend: [T7, T9]\nrules: [{rule: A, periods: Y, due: 17}]\n"),
        "6:15 \"T9\" is no day of the week: write mon to sun, or T2 to T7 and CN\n");
}

static void exceptions_are_about_periods_of_their_rule(void **state)
{
    assert_string_equal(
        compiled_after(*state, WINDOW "rules:\n- rule: A\n  periods: [2026-01, 2026-02, 2026-04]\n  due: 17\n"
                                      "  exceptions:\n  - {period: 2026-03, owed: no}\n  - {period: Tết}\n"
                                      "  - {period: 2026-01, owed: no, due: 18}\n  - {period: 2026-01}\n"
                                      "  - {period: 2026-02, first: 2026-02-15}\n  - 2026-04\n"
                                      "  - {period: 2026-04, due: 2027-04-17}\n"),
        "11:5 2026-03 is not among the periods of this rule, or has an exception already\n"
        "12:14 \"Tết\" is no period: write 2026-03, 2026-Q1, 2026-H1, 2026-9M or 2026\n"
        "13:5 what is not owed has no days\n"
        "14:5 2026-01 is not among the periods of this rule, or has an exception already\n"
        "15:5 the window of 2026-02 ends before it begins\n"
        "16:5 an exception must have keys: period, and owed, first, cutoff or due\n"
        "17:5 2026-04 is due outside the calendar's from and until\n");
}

static void a_single_period_must_be_due_within_the_calendar(void **state)
{
    assert_string_equal(compiled_after(*state,
                                       WINDOW "rules:\n- {rule: A, periods: [2025-12, 2026-01], due: 17}\n"
                                              "- {rule: B, periods: [M], due: 2026-03-17}\n"
                                              "- {rule: C, level: commune, periods: Y, due: {cell: 17}}\n"),
                        "7:23 2025-12 is due outside the calendar's from and until\n"
                        "8:32 a date is for one period: name that period alone\n"
                        "8:32 the due day for 2026-04 lies before its cut-off\n"
                        "9:46 level and a due day for each level: name the levels once\n");
}

static void meetings_have_a_name_and_a_day_of_their_own(void **state)
{
    assert_string_equal(
        compiled_after(*state,
                       WINDOW "rules: [{rule: A, periods: Y, due: 17}]\nmeetings:\n"
                              "- {name: a, date: 2026-04-31}\n- {name: a, date: 2027-01-01}\n"
                              "- {date: 2026-05-01, participants: [mttq, mttq@x, mttq@x]}\n- giao ban\n"),
        "8:19 \"2026-04-31\" is not a day that exists: write YYYY-MM-DD\n"
        "9:10 there is a meeting a already\n"
        "9:19 the meeting lies outside the calendar's from and until\n"
        "10:3 \"name\" is missing\n"
        "10:37 \"mttq\" must be organ@unit\n"
        "10:51 mttq@x is named twice\n"
        "11:3 a meeting must have keys: name, date, participants\n");
}

static void a_calendar_spans_three_years_at_most_and_not_backward(void **state)
{
    assert_string_equal(compiled(*state, "name: a\ntitle: T\nfrom: 2026-01-01\nuntil: 2025-01-01\n" WINDOW
                                         "rules: [{rule: A, periods: Y, due: 17}]\n"),
                        "4:8 until lies before from\n");
    assert_string_equal(compiled(*state, "name: a\ntitle: T\nfrom: 2026-01-01\nuntil: 2029-01-05\n" WINDOW
                                         "rules: [{rule: A, periods: Y, due: 17}]\n"),
                        "4:8 a calendar is for at most 1100 days\n");
    assert_string_equal(compiled(*state, "- a\n"),
                        "1:1 a calendar must have keys: name, title, from, until, window, rules, …\n");
    assert_string_equal(compiled(*state, ""), "1:1 there is nothing here\n");
}

static void years_at_the_edge_of_time_do_no_harm(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(compiled(f, "name: a\ntitle: T\nfrom: 1900-01-01\nuntil: 1900-12-31\n" WINDOW
                                    "rules: [{rule: A, periods: [M, Q, Y], due: next 17}]\n"),
                        "4:8 a calendar is for the years 2000 to 2999\n");
    assert_string_equal(
        compiled_after(f,
                       WINDOW "rules: [{rule: A, periods: [1900-01, 1900, 9998-12, 9998], due: next 17}]\n"),
        "6:29 1900-01 is due outside the calendar's from and until\n"
        "6:38 1900 is due outside the calendar's from and until\n"
        "6:44 9998-12 is due outside the calendar's from and until\n"
        "6:53 9998 is due outside the calendar's from and until\n");
}

static void ten_thousand_rules_are_too_many_and_each_mistake_has_its_place(void **state)
{
    struct fixture *f = *state;
    struct dg_buf yaml;

    dg_buf_init(&yaml, DG_CALENDAR_FILE_MAX);
    dg_buf_add_text(&yaml, HEAD WINDOW "rules:\n");
    for (int i = 0; i < 10000; i++)
        dg_buf_printf(&yaml, "- {rule: R%d, periods: Y, due: 17}\n", i);
    dg_buf_add_u8(&yaml, '\0');
    assert_int_equal(yaml.err, DG_OK);
    assert_string_equal(compiled(f, (const char *)yaml.data), "7:1 rules must be a list of 1 to 8192\n");
    dg_buf_reset(&yaml);
    dg_buf_add_text(&yaml, HEAD WINDOW "rules:\n");
    for (int i = 0; i < 10000; i++)
        dg_buf_printf(&yaml, "- {rule: R%d, periods: Y, due: 1}\n", i);
    dg_buf_add_u8(&yaml, '\0');
    compiled(f, (const char *)yaml.data);
    assert_int_equal(f->faults.count, DG_REGIME_FAULTS_MAX);
    assert_int_equal(f->faults.item[0].line, 7);
    assert_int_equal(f->faults.item[101].line, 107);
    dg_buf_done(&yaml);
}

static void more_dates_than_a_calendar_holds_are_refused(void **state)
{
    struct fixture *f = *state;
    struct dg_buf yaml;

    dg_buf_init(&yaml, DG_CALENDAR_FILE_MAX);
    dg_buf_add_text(&yaml, HEAD WINDOW "rules:\n");
    for (int i = 0; i < 700; i++)
        dg_buf_printf(&yaml, "- {rule: R%d, periods: M, due: 17}\n", i);
    dg_buf_add_u8(&yaml, '\0');
    assert_string_equal(compiled(f, (const char *)yaml.data), "1:1 more than 8192 dates\n");
    dg_buf_done(&yaml);
}

/* --- rules that are in force ---------------------------------------------------------------- */

static struct dg_day day_of(const char *text)
{
    struct dg_day day = {0};

    assert_true(dg_day_parse(dg_bytes_of(text), &day));
    return day;
}

static void rules_are_compared_with_the_regimes_in_force(void **state)
{
    struct fixture *f = *state;
    struct dg_rule old = {.id = dg_bytes_of("B"), .kind = dg_bytes_of("periodic"), .periods = DG_CADENCE_M};
    struct dg_rule yearly = {.id = dg_bytes_of("BP-28"), .kind = dg_bytes_of("evaluation")};
    struct dg_rule half = {.id = dg_bytes_of("TQ-10.2"),
                           .kind = dg_bytes_of("periodic"),
                           .periods = DG_CADENCE_H | DG_CADENCE_Y};
    struct dg_rule_in_force item[RULES] = {
        {&half, day_of("2022-07-12"), day_of("9998-12-31")},
        {&yearly, day_of("1900-01-01"), day_of("9998-12-31")},
        {&old, day_of("2026-07-01"), day_of("9998-12-31")},
        {&old, day_of("1900-01-01"), day_of("2025-12-31")},
    };
    struct dg_rules_in_force rules = {RULES, item};

    qsort(item, RULES, sizeof item[0], dg_rule_in_force_compare);
    f->rules = &rules;
    assert_string_equal(compiled_after(f,
                                       WINDOW "rules:\n- {rule: BP-82, periods: [M, K], due: 17}\n"
                                              "- {rule: TQ-10.2, periods: [M, H, Q, Y], due: 17}\n"
                                              "- {rule: BP-28, periods: [Y, H], due: 17}\n"
                                              "- {rule: B, periods: [2026-01, 2026-07, 2026-06], due: 17}\n"),
                        "7:10 unknown rule \"BP-82\": did you mean BP-28?\n"
                        "7:30 unknown period \"K\": write M, Q, H, 9M, Y, Q1, H2 or 2026-Q1\n"
                        "8:29 rule TQ-10.2 is not about periods like 2026-01\n"
                        "8:35 rule TQ-10.2 is not about periods like 2026-Q1\n"
                        "9:30 rule BP-28 is not about periods like 2026-H1\n"
                        "10:23 rule B is not in force at the cut-off of 2026-01\n"
                        "10:41 rule B is not in force at the cut-off of 2026-06\n");
    assert_string_equal(compiled_after(f, WINDOW "rules: [{rule: TQ-10.2, periods: [H], due: 17}]\n"),
                        "TQ-10.2 2026-H1 all 2025-12-15..2026-06-14 due 2026-06-17\n");
}

/* --- the page of the format ------------------------------------------------------------------- */

#define DEFAULT_NAME "name: thu\ntitle: T\n"
#define DEFAULT_DAYS "from: 2026-01-01\nuntil: 2026-12-31\n"

/* The text between the next fence of that kind and its end; page moves behind it. NULL when there is none. */
static char *next_block(struct fixture *f, const char **page, const char *fence)
{
    const char *start = strstr(*page, fence);

    if (start == NULL)
        return NULL;
    start += strlen(fence);
    const char *end = strstr(start, "```");
    assert_non_null(end);
    *page = end + 3;
    size_t size = (size_t)(end - start);
    char *block = dg_arena_alloc(&f->arena, size + 1);
    assert_non_null(block);
    memcpy(block, start, size);
    return block;
}

/* What a block of the page leaves out is as the page says. */
static const char *whole_file(struct fixture *f, const char *block)
{
    bool named = strstr(block, "name: binh-phuoc-2026") != NULL;
    bool windowed = named || strncmp(block, "window:", 7) == 0;

    return dg_arena_printf(&f->arena, "%s%s%s", named ? "" : DEFAULT_NAME DEFAULT_DAYS,
                           windowed ? "" : WINDOW, block);
}

/* The lines under an example that are not dates. */
static void show_extras(struct fixture *f)
{
    const struct dg_calendar *calendar = &f->calendar;

    if (calendar->remind_after_days > 0)
        show(f, "remind after %u every %u escalate after %u\n", (unsigned)calendar->remind_after_days,
             (unsigned)calendar->remind_every_days, (unsigned)calendar->escalate_after);
    for (size_t i = 0; i < calendar->meeting_count; i++) {
        const struct dg_meeting *meeting = &calendar->meeting[i];
        show(f, "meeting %s %s", (const char *)meeting->name.data, day_text(f, meeting->date));
        for (size_t k = 0; k < meeting->participant_count; k++)
            show(f, " %s", (const char *)meeting->participant[k].data);
        show(f, "\n");
    }
}

static void every_example_of_the_page_comes_to_what_stands_under_it(void **state)
{
    struct fixture *f = *state;
    struct dg_fault fault = {.what = ""};
    struct dg_bytes text;
    size_t count = 0;

    assert_int_equal(
        dg_file_read(&f->arena, DG_SOURCE_DIR "/deploy/calendars/README.md", 1 << 20, &text, &fault), DG_OK);
    const char *page = dg_arena_string(&f->arena, text);
    for (char *example; (example = next_block(f, &page, "```yaml\n")) != NULL; count++) {
        const char *expected = next_block(f, &page, "```text\n");
        assert_non_null(expected);
        compiled(f, whole_file(f, example));
        assert_int_equal(f->faults.count, 0);
        show_extras(f);
        assert_string_equal(f->shown, expected);
    }
    assert_int_equal(count, 11);
}

/* --- the files of deploy/calendars ---------------------------------------------------------- */

static void load(struct fixture *f, const char *path)
{
    struct dg_fault fault = {.what = ""};

    if (dg_calendar_load(&f->arena, path, NULL, &f->calendar, &f->faults, &fault) != DG_OK)
        fail_msg("%s: line %u: %s", path, f->faults.item[0].line,
                 f->faults.count > 0 ? f->faults.item[0].what : fault.what);
    check_decodes(f);
}

static const struct dg_calendar_entry *entry_of(const struct fixture *f, const char *rule, const char *period,
                                                const char *level)
{
    for (size_t i = 0; i < f->calendar.entry_count; i++) {
        const struct dg_calendar_entry *entry = &f->calendar.entry[i];
        bool holds = entry->level.count == 0;
        for (size_t k = 0; k < entry->level.count; k++)
            holds = holds || dg_bytes_is(entry->level.item[k], level);
        if (holds && dg_bytes_is(entry->rule, rule) && dg_bytes_is(entry->period, period))
            return entry;
    }
    fail_msg("no entry %s %s %s", rule, period, level);
    return NULL;
}

static void the_calendar_of_the_province_cascades_in_december(void **state)
{
    struct fixture *f = *state;

    load(f, DG_SOURCE_DIR "/deploy/calendars/binh-phuoc-2026.yaml");
    assert_string_equal(day_text(f, entry_of(f, "BP-24.2b", "2026", "commune")->due), "2026-12-17");
    assert_string_equal(day_text(f, entry_of(f, "BP-24.2b", "2026", "district")->due), "2026-12-19");
    assert_string_equal(day_text(f, entry_of(f, "BP-24.2b", "2026", "province")->due), "2026-12-22");
    assert_string_equal(day_text(f, entry_of(f, "BP-24.2b", "2026-05", "commune")->due), "2026-05-18");
    assert_true(dg_bytes_is(entry_of(f, "BP-24.2b", "2026-12", "district")->replaced_by, "2026"));
    assert_string_equal(day_text(f, entry_of(f, "BP-24.2a", "2026-02", "bloc")->cutoff), "2026-02-10");
    assert_int_equal(f->calendar.meeting_count, 2);
}

static void the_calendar_of_the_district_counts_whole_months(void **state)
{
    struct fixture *f = *state;

    load(f, DG_SOURCE_DIR "/deploy/calendars/huyen-2026.yaml");
    assert_string_equal(day_text(f, entry_of(f, "H-23.2b", "2026-01", "commune")->due), "2026-02-05");
    assert_string_equal(day_text(f, entry_of(f, "H-23.2b", "2026-12", "cell")->due), "2027-01-05");
    assert_string_equal(day_text(f, entry_of(f, "H-23.2b", "2026-9M", "cell")->cutoff), "2026-09-30");
    assert_int_equal(entry_of(f, "H-23.2a", "2026-12", "district")->replaced_by.size, 0);
}

static void a_file_that_is_not_there_is_said_to_be(void **state)
{
    struct fixture *f = *state;
    struct dg_fault fault = {.what = ""};

    assert_int_equal(dg_calendar_load(&f->arena, DG_SOURCE_DIR "/deploy/calendars/none.yaml", NULL,
                                      &f->calendar, &f->faults, &fault),
                     DG_ERR_BAD_FILE);
    assert_int_equal(f->faults.count, 0);
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
        STORY(every_mistake_is_found_in_one_run_in_order),
        STORY(mistakes_of_rules_are_found_together),
        STORY(dates_that_overlap_are_told_once),
        STORY(days_off_are_named_once_and_lie_near),
        STORY(an_unknown_weekday_is_told_in_its_place),
        STORY(exceptions_are_about_periods_of_their_rule),
        STORY(a_single_period_must_be_due_within_the_calendar),
        STORY(meetings_have_a_name_and_a_day_of_their_own),
        STORY(a_calendar_spans_three_years_at_most_and_not_backward),
        STORY(years_at_the_edge_of_time_do_no_harm),
        STORY(ten_thousand_rules_are_too_many_and_each_mistake_has_its_place),
        STORY(more_dates_than_a_calendar_holds_are_refused),
        STORY(rules_are_compared_with_the_regimes_in_force),
        STORY(every_example_of_the_page_comes_to_what_stands_under_it),
        STORY(the_calendar_of_the_province_cascades_in_december),
        STORY(the_calendar_of_the_district_counts_whole_months),
        STORY(a_file_that_is_not_there_is_said_to_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
