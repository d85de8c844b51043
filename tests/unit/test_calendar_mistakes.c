/* test_calendar_mistakes.c - all mistakes of a calendar file are found at once, each in its place. */
#include "tests/unit/calendar_yaml.h"

enum { RULES = 4 };

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
                        "6:15 \"T9\" is no day of the week: write mon to sun, or T2 to T7 and CN\n"
                        "7:13 \"later\" must be keep, before or after\n"
                        "8:10 \"maybe\" must be yes or no\n"
                        "9:9 \"after\" is missing\n"
                        "9:17 \"0\" must be a number from 1 to 366\n"
                        "9:20 unknown key \"escalate\"\n"
                        "10:8 rules must be a list of 1 to 8192\n");
}

static void mistakes_are_told_in_vietnamese(void **state)
{
    struct fixture *f = *state;

    f->faults.language = "vi";
    assert_string_equal(compiled_after(f, WINDOW "replace: maybe\nrules: [{rule: A, periods: Z, due: 17}]\n"),
                        "6:10 \"maybe\" phải là yes hoặc no\n"
                        "7:28 không có kỳ \"Z\": hãy ghi M, Q, H, 9M, Y, Q1, H2 hoặc 2026-Q1\n");
    assert_string_equal(f->faults.hint[1].code, "UNKNOWN_PERIOD");
}

/* A head that is wrong hides nothing of the rest: of every date but its place is said what is to be said. */
static void a_wrong_head_hides_no_mistake_of_the_rules(void **state)
{
    static const char *const heads[] = {"until: 2026-02-30", "until: 2025-12-31", "until: 2036-12-31",
                                        "from: x", "until: [2026-12-31]"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        char text[1024];
        const char *other = heads[i][0] == 'f' ? "until: 2026-12-31" : "from: 2026-01-01";
        snprintf(text, sizeof text,
                 "name: a\ntitle: x\n%s\n%s\nwindow: 15-14\nholidays: [2026-02-30, 1999-09-02]\nrules:\n"
                 "- {rule: A, periods: [M, K], due: 32}\n- {rule: B, periods: 2026-05, due: 10}\n"
                 "meetings:\n- {name: g, date: 2031-01-01}\n- {name: g, date: 2026-01-32}\n",
                 other, heads[i]);
        const char *found = compiled(*state, text);
        assert_non_null(strstr(found, "4:"));
        assert_non_null(strstr(found, "6:12 \"2026-02-30\""));
        assert_non_null(strstr(found, "8:26 unknown period \"K\""));
        assert_non_null(strstr(found, "8:35 \"32\" is no due day"));
        assert_non_null(strstr(found, "9:36 the due day for 2026-05 lies before its cut-off"));
        assert_non_null(strstr(found, "12:10 there is a meeting g already"));
        assert_non_null(strstr(found, "12:19 \"2026-01-32\""));
        assert_null(strstr(found, "outside"));
        assert_null(strstr(found, "1999"));
    }
}

/* Nobody knows the cut-off then, so nothing is said that depends on it; what does not is told. */
static void a_wrong_window_makes_no_due_day_wrong(void **state)
{
    static const char *const windows[] = {"window: 15-16\n", "window: [15-14]\n", ""};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 HEAD "%srules:\n- {rule: A, periods: 2026-04, due: 20}\n"
                      "- {rule: A, periods: 2026-04, due: 21}\n",
                 windows[i]);
        const char *found = compiled(*state, text);
        assert_null(strstr(found, "cut-off"));
        assert_non_null(strstr(found, "A 2026-04 has a date for bloc already"));
    }
    const char *found =
        compiled(*state, HEAD WINDOW "rules: [{rule: A, periods: 2026-04, due: 20, window: 3-4}]\n");
    assert_null(strstr(found, "cut-off"));
}

static void every_line_that_is_no_text_is_told_and_the_rest_is_read(void **state)
{
    assert_string_equal(
        compiled_after(*state, WINDOW "replace: \xff\nrules:\n- {rule: A, periods: Z, due: 17}\n"),
        "6:10 not clean UTF-8 text: 0xFF\n6:10 \"_\" must be yes or no\n"
        "8:22 unknown period \"Z\": write M, Q, H, 9M, Y, Q1, H2 or 2026-Q1\n");
}

static void every_tab_is_told_and_the_rest_is_read(void **state)
{
    assert_string_equal(compiled(*state,
                                 "name: a\ntitle: b\nfrom: 2026-01-01\nuntil: 2026-12-31\nwindow: 15-14\n"
                                 "rules:\n\t- rule: A\n\t  periods: [M, K]\n\t  due: 17\n"),
                        "7:1 the line begins with a tab: indent it with spaces\n"
                        "8:1 the line begins with a tab: indent it with spaces\n"
                        "8:18 unknown period \"K\": write M, Q, H, 9M, Y, Q1, H2 or 2026-Q1\n"
                        "9:1 the line begins with a tab: indent it with spaces\n");
}

static void what_stands_before_a_flaw_of_the_syntax_is_read_too(void **state)
{
    assert_string_equal(compiled(*state, "name: Lịch\nwindow: 15-15\nrules:\n- {rule: A, periods: [\n"),
                        "1:7 \"Lịch\" is not a name of a-z, 0-9 and -\n"
                        "2:9 \"15-15\" must be calendar, or two days in a row like 15-14\n"
                        "5:1 this is not YAML: did not find expected node content\n");
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

static void rules_without_an_id_are_told_and_nothing_more(void **state)
{
    struct fixture *f = *state;
    const struct dg_rules_in_force none = {0};

    f->rules = &none;
    assert_string_equal(
        compiled_after(f, WINDOW "rules:\n- {periods: Y, due: 17}\n- {periods: Y, due: 17}\n"),
        "7:3 \"rule\" is missing\n8:3 \"rule\" is missing\n");
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
    assert_int_equal(f->faults.item[0].line, 7);
    assert_int_equal(f->faults.item[101].line, 107);
    assert_int_equal(f->faults.count, 10001);
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

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        STORY(every_mistake_is_found_in_one_run_in_order),
        STORY(mistakes_are_told_in_vietnamese),
        STORY(a_wrong_head_hides_no_mistake_of_the_rules),
        STORY(every_tab_is_told_and_the_rest_is_read),
        STORY(a_wrong_window_makes_no_due_day_wrong),
        STORY(every_line_that_is_no_text_is_told_and_the_rest_is_read),
        STORY(what_stands_before_a_flaw_of_the_syntax_is_read_too),
        STORY(mistakes_of_rules_are_found_together),
        STORY(rules_without_an_id_are_told_and_nothing_more),
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
