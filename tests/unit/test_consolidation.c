/* test_consolidation.c - what goes into a general report, what does not, and who is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/consolidation.h"
#include "tests/unit/support/fixture.h"

static struct dg_id push(enum fed_place place, const char *period, const char *hours, const char *people,
                         const struct dg_id *supersedes)
{
    struct dg_author author = {.organ = dg_bytes_of("cap-uy"), .unit = dg_bytes_of(fed->node[place].unit)};
    struct dg_indicator indicator[] = {{dg_bytes_of("gio"), dg_bytes_of(hours)},
                                       {dg_bytes_of("nguoi"), dg_bytes_of(people)}};
    struct dg_report draft = {.version = 1,
                              .federation = dg_bytes_of(FED_NAME),
                              .author_count = 1,
                              .author = &author,
                              .epoch = 1,
                              .kind = dg_bytes_of("periodic"),
                              .period = dg_bytes_of(period),
                              .date = dg_bytes_of("2026-11-20"),
                              .title = dg_bytes_of("Báo cáo tháng"),
                              .urgency = DG_URGENCY_NORMAL,
                              .indicator_count = 2,
                              .indicator = indicator,
                              .body = dg_bytes_of("# Tình hình\n"),
                              .has_supersedes = supersedes != NULL,
                              .signed_ms = fed->now};
    if (supersedes != NULL)
        draft.supersedes = *supersedes;
    struct dg_buf buf;
    dg_buf_init(&buf, DG_REPORT_MAX);
    assert_int_equal(dg_draft_encode(&draft, &buf), DG_OK);
    struct dg_ctl_request request = {
        .verb = DG_CTL_PUSH, .organ = dg_bytes_of("cap-uy"), .draft = dg_buf_bytes(&buf)};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    dg_buf_done(&buf);
    assert_int_equal(reply.fault.err, DG_OK);
    fed_run(fed, 10);
    return reply.id;
}

/* What tinh's committee makes of the reports for that period; read inside one transaction by check. */
static enum dg_err consolidate(const char *organ, const char *rule, const char *period,
                               void (*check)(const struct dg_consolidation *made))
{
    struct dg_txn *txn;
    struct dg_directory directory;
    struct dg_consolidation made;
    struct dg_fault fault;
    assert_int_equal(dg_begin_read(fed->node[FED_TINH].store, &txn), DG_OK);
    assert_int_equal(dg_directory_load(txn, txn->arena, &directory), DG_OK);
    const struct dg_dir_unit *self = dg_directory_unit(&directory, dg_bytes_of("tinh"));
    enum dg_err err = dg_consolidate(txn, &directory, self, dg_bytes_of(organ), dg_bytes_of(rule),
                                     dg_bytes_of(period), dg_day_of(fed->now), &made, &fault);
    if (err == DG_OK && check != NULL)
        check(&made);
    dg_abort(fed->node[FED_TINH].store, txn);
    return err;
}

static void has(const struct dg_consolidation *made, const char *name, const char *value)
{
    for (size_t i = 0; i < made->indicator_count; i++)
        if (dg_bytes_is(made->indicator[i].name, name)) {
            assert_true(dg_bytes_is(made->indicator[i].value, value));
            return;
        }
    fail_msg("there is no %s", name);
}

/* ---- sentences ------------------------------------------------------------------------------------ */

static void both_and_nobody_missing(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 2);
    assert_int_equal(made->absent_count, 0);
    assert_int_equal(made->left_out_count, 0);
    assert_true(dg_bytes_is(made->material[0].unit, "huyen"));
    assert_true(dg_bytes_is(made->material[1].unit, "khoi"));
    has(made, "gio", "10.50");
    has(made, "nguoi", "12");
}

static void the_reports_of_all_are_added_up(void **state)
{
    (void)state;
    (void)push(FED_HUYEN, "2026-10", "4.25", "5", NULL);
    (void)push(FED_KHOI, "2026-10", "6.25", "7", NULL);
    (void)push(FED_XA, "2026-10", "1000", "1000", NULL); /* goes to huyen and no further */
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", both_and_nobody_missing), DG_OK);
}

static void khoi_is_missing(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 1);
    assert_int_equal(made->absent_count, 1);
    assert_true(dg_bytes_is(made->absent[0].unit->slug, "khoi"));
    assert_true(dg_bytes_is(made->absent[0].organ->slug, "cap-uy"));
}

static void who_has_not_reported_is_named(void **state)
{
    (void)state;
    (void)push(FED_HUYEN, "2026-10", "1", "1", NULL);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", khoi_is_missing), DG_OK);
}

static void the_correction_counts(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 1);
    assert_int_equal(made->left_out_count, 2);
    has(made, "gio", "3");
}

static void a_correction_takes_the_place_of_what_it_supersedes(void **state)
{
    (void)state;
    struct dg_id first = push(FED_HUYEN, "2026-10", "1", "1", NULL);
    struct dg_id second = push(FED_HUYEN, "2026-10", "2", "2", &first);
    (void)push(FED_HUYEN, "2026-10", "3", "3", &second);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", the_correction_counts), DG_OK);
}

static void the_newest_counts(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 1);
    assert_int_equal(made->left_out_count, 1);
    has(made, "gio", "2");
}

static void of_further_reports_the_newest_counts(void **state)
{
    (void)state;
    (void)push(FED_HUYEN, "2026-10", "1", "1", NULL);
    (void)push(FED_HUYEN, "2026-10", "2", "2", NULL);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", the_newest_counts), DG_OK);
}

static void three_months(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 3);
    assert_int_equal(made->absent_count, 1);
    has(made, "gio", "7");
    has(made, "nguoi", "30"); /* the newest count of people, not the sum of three */
}

static void a_longer_period_is_made_of_shorter_ones(void **state)
{
    (void)state;
    (void)push(FED_HUYEN, "2026-11", "4", "30", NULL);
    (void)push(FED_HUYEN, "2026-10", "2", "20", NULL);
    (void)push(FED_HUYEN, "2026-08", "1", "10", NULL);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026", three_months), DG_OK);
}

static void what_cannot_be_is_refused_by_name(void **state)
{
    (void)state;
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-13", NULL), DG_ERR_BAD_PERIOD);
    assert_int_equal(consolidate("cap-uy", "T-9", "2026-10", NULL), DG_ERR_NO_RULE);
}

static void nothing_is_here(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 0);
    assert_int_equal(made->absent_count, 0); /* nobody owes the Front a report under this rule */
}

static void only_the_organs_own_mail_goes_in(void **state)
{
    (void)state;
    (void)push(FED_HUYEN, "2026-10", "1", "1", NULL);
    assert_int_equal(consolidate("mttq", "T-1", "2026-10", nothing_is_here), DG_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_federation, free_federation)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_reports_of_all_are_added_up),
        TEST(who_has_not_reported_is_named),
        TEST(a_correction_takes_the_place_of_what_it_supersedes),
        TEST(of_further_reports_the_newest_counts),
        TEST(a_longer_period_is_made_of_shorter_ones),
        TEST(what_cannot_be_is_refused_by_name),
        TEST(only_the_organs_own_mail_goes_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
