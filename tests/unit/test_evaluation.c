/* test_evaluation.c - a year's duties judged from the log, and the text of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/cli/evaluation.h"
#include "node/core/issued_impl.h"
#include "tests/unit/support/duties.h"
#include "tests/unit/support/fixture.h"

/* ---- asking the nodes ---------------------------------------------------------------------------- */

struct asked {
    struct dg_store *store;
    struct dg_txn *txn;
    struct dg_identity identity;
    struct dg_directory directory;
    struct dg_evaluation evaluation;
};

static struct asked ask(enum fed_place place, int32_t year, const char *unit, const char *asof)
{
    struct asked a = {.store = fed->node[place].store};
    struct dg_evaluation_ask question = {.year = year, .unit = dg_bytes_of(unit), .has_asof = asof != NULL};
    if (asof != NULL)
        question.asof = fed_day(asof);
    assert_int_equal(dg_begin_read(a.store, &a.txn), DG_OK);
    assert_true(dg_identity_load(a.txn, &a.identity));
    assert_int_equal(dg_directory_load(a.txn, a.txn->arena, &a.directory), DG_OK);
    const struct dg_dir_unit *self = dg_directory_unit(&a.directory, dg_bytes_of(a.identity.unit));
    assert_non_null(self);
    assert_int_equal(dg_evaluate(a.txn, &a.directory, self, &question, a.txn->arena, &a.evaluation), DG_OK);
    return a;
}

static void done(struct asked *a)
{
    dg_abort(a->store, a->txn);
}

/* The text of an evaluation, as CSV or JSON; to be freed. */
static char *text_of(enum fed_place place, const char *asof, bool csv)
{
    struct asked a = ask(place, 2026, "", asof);
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    if (csv)
        dg_evaluation_csv(&a.evaluation, &a.identity, to);
    else
        dg_evaluation_json(&a.evaluation, &a.identity, a.txn->arena, to);
    assert_int_equal(fclose(to), 0);
    done(&a);
    return text;
}

static const struct dg_score *all_of(const struct asked *a)
{
    assert_int_equal(a->evaluation.score[DG_SCORE_ALL].count, 1);
    return &a->evaluation.score[DG_SCORE_ALL].item[0];
}

/* The counts of a node for 2026, all together. */
static struct dg_score count(enum fed_place place, const char *asof)
{
    struct asked a = ask(place, 2026, "", asof);
    struct dg_score score = *all_of(&a);
    done(&a);
    return score;
}

/* ---- counting ------------------------------------------------------------------------------------ */

static void who_reported_in_time_or_late_or_not_is_counted_apart(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    (void)fed_push(fed, FED_HUYEN, NULL);
    fed_run(fed, 5);
    struct asked a = ask(FED_TINH, 2026, "", NULL);
    const struct dg_score *all = all_of(&a);
    assert_int_equal(a.evaluation.count, 2); /* huyen and khoi */
    assert_int_equal(all->count[DG_DUTY_LATE], 1);
    assert_int_equal(all->count[DG_DUTY_MISSING], 1);
    assert_int_equal(all->days_late, 4);
    assert_int_equal(dg_score_owed(all), 2);
    assert_int_equal(dg_score_reported(all), 1);
    assert_int_equal(a.evaluation.score[DG_SCORE_UNIT].count, 2);
    assert_true(dg_bytes_is(a.evaluation.score[DG_SCORE_UNIT].item[0].unit, "huyen"));
    assert_int_equal(a.evaluation.score[DG_SCORE_UNIT].item[0].count[DG_DUTY_LATE], 1);
    assert_int_equal(a.evaluation.score[DG_SCORE_RULE].count, 1);
    assert_int_equal(a.evaluation.score[DG_SCORE_PERIOD].count, 1);
    done(&a);
}

static void who_is_excused_owes_nothing_in_the_counts(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    assert_int_equal(
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "cap-uy@khoi", DG_FINDING_EXCUSED, NULL).fault.err,
        DG_OK);
    struct asked a = ask(FED_TINH, 2026, "", NULL);
    assert_int_equal(all_of(&a)->count[DG_DUTY_EXCUSED], 1);
    assert_int_equal(dg_score_owed(all_of(&a)), 1);
    done(&a);
}

static void what_goes_elsewhere_is_judged_there(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    struct asked a = ask(FED_TINH, 2026, "xa", NULL);
    assert_int_equal(a.evaluation.count, 0);
    done(&a);
    a = ask(FED_HUYEN, 2026, "xa", NULL);
    assert_int_equal(a.evaluation.count, 1);
    done(&a);
}

static void the_periods_of_another_year_are_left_out(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    struct asked a = ask(FED_TINH, 2025, "", NULL);
    assert_int_equal(a.evaluation.count, 0);
    assert_int_equal(a.evaluation.score[DG_SCORE_ALL].count, 0);
    done(&a);
}

/* ---- which day ----------------------------------------------------------------------------------- */

static void what_is_due_on_the_day_itself_is_not_missing(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-11-21");
    struct asked a = ask(FED_TINH, 2026, "", NULL);
    assert_int_equal(a.evaluation.asof.n, fed_day("2026-11-21").n);
    assert_int_equal(all_of(&a)->count[DG_DUTY_OWED], 2);
    done(&a);
    assert_int_equal(count(FED_TINH, "2026-11-22").count[DG_DUTY_MISSING], 2);
}

static void what_was_asked_for_too_late_is_counted_from_the_day_of_asking(void **state)
{
    (void)state;
    (void)fed_issue_today(fed, FED_TINH, "ban-dan-van", DUE);
    (void)fed_push(fed, FED_HUYEN, NULL);
    fed_run(fed, 5);
    struct dg_score score = count(FED_TINH, NULL);
    assert_int_equal(score.count[DG_DUTY_ON_TIME], 1);
    assert_int_equal(score.count[DG_DUTY_OWED], 1);
    assert_int_equal(count(FED_TINH, "2026-11-22").count[DG_DUTY_MISSING], 1);
}

static void an_earlier_day_stays_as_it_was(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-11-22");
    fed_sleep_days(fed, 3);
    assert_int_equal(count(FED_TINH, "2026-11-23").count[DG_DUTY_MISSING], 2);
    char *first = text_of(FED_TINH, "2026-11-23", true);
    (void)fed_push(fed, FED_HUYEN, NULL);
    assert_int_equal(
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "cap-uy@khoi", DG_FINDING_EXCUSED, NULL).fault.err,
        DG_OK);
    assert_int_equal(count(FED_TINH, "2026-11-23").count[DG_DUTY_MISSING], 2);
    char *again = text_of(FED_TINH, "2026-11-23", true);
    assert_string_equal(first, again); /* with the log as it was then */
    free(again);
    free(first);
    struct dg_score now = count(FED_TINH, NULL);
    assert_int_equal(now.count[DG_DUTY_LATE], 1);
    assert_int_equal(now.count[DG_DUTY_EXCUSED], 1);
    struct asked never = ask(FED_TINH, 2026, "", "2026-11-20");
    assert_int_equal(never.evaluation.calendar_count, 0); /* not issued yet */
    done(&never);
}

/* ---- text ---------------------------------------------------------------------------------------- */

static void the_same_log_gives_the_same_bytes_whatever_the_clock_says(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    (void)fed_push(fed, FED_HUYEN, NULL);
    for (int csv = 0; csv < 2; csv++) {
        char *first = text_of(FED_TINH, NULL, csv != 0);
        fed->now += INT64_C(400) * DAY_SECONDS * 1000;
        char *second = text_of(FED_TINH, NULL, csv != 0);
        assert_string_equal(first, second);
        free(second);
        free(first);
    }
}

static void the_text_names_log_day_and_calendar(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    (void)fed_push(fed, FED_HUYEN, NULL);
    char *text = text_of(FED_TINH, NULL, true);
    struct asked a = ask(FED_TINH, 2026, "", NULL);
    char root[DG_HEX_BYTES], line[400];
    dg_hex(a.evaluation.log_root.b, sizeof a.evaluation.log_root.b, root);
    (void)snprintf(line, sizeof line, "\nlog,tinh,,,,,,,,,,,,,,,,,,,,,%s,%llu,%s\n", a.identity.origin,
                   (unsigned long long)a.evaluation.log_size, root);
    assert_non_null(strstr(text, line));
    assert_non_null(strstr(text, "\nasof,,,,,,,,,,,,,,,,,,,,,,2026-11-21,,\n"));
    assert_non_null(strstr(text, "\ncalendar,tinh,ban-dan-van,,,,,,,,,,,,,,,,,,,,nam-2026,1,"));
    assert_non_null(strstr(text, "\nall,,,,,,,,,4,,,,,2,0,1,1,0,0,0.00,50.00,,,\n"));
    assert_non_null(strstr(text, "\nduty,huyen,cap-uy,T-1,2026-10,2026-10-31,2026-11-17,2026-11-17,late,4,"));
    free(text);
    done(&a);
}

static void a_percentage_has_two_decimals_and_none_of_nothing(void **state)
{
    static const struct {
        uint64_t part, of;
        const char *text;
    } samples[] = {{2, 3, "66.67"},    {1, 3, "33.33"},  {1, 8, "12.50"}, {1, 20000, "0.01"},
                   {1, 20001, "0.00"}, {7, 7, "100.00"}, {0, 5, "0.00"},  {0, 0, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char text[DG_PERCENT_TEXT];
        dg_percent_text(samples[i].part, samples[i].of, text);
        assert_string_equal(text, samples[i].text);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_federation, free_federation)
    const struct CMUnitTest tests[] = {
        TEST(who_reported_in_time_or_late_or_not_is_counted_apart),
        TEST(who_is_excused_owes_nothing_in_the_counts),
        TEST(what_goes_elsewhere_is_judged_there),
        TEST(the_periods_of_another_year_are_left_out),
        TEST(what_is_due_on_the_day_itself_is_not_missing),
        TEST(what_was_asked_for_too_late_is_counted_from_the_day_of_asking),
        TEST(an_earlier_day_stays_as_it_was),
        TEST(the_same_log_gives_the_same_bytes_whatever_the_clock_says),
        TEST(the_text_names_log_day_and_calendar),
        cmocka_unit_test(a_percentage_has_two_decimals_and_none_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
