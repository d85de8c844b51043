/* test_consolidation.c - what goes into a general report, what does not, and who is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/consolidation.h"
#include "proto/regime.h"
#include "tests/unit/support/adopt.h"
#include "tests/unit/support/fixture.h"

static struct dg_id push_from(enum fed_place place, const char *period, const char *hours, const char *people,
                              const struct dg_id *supersedes, const struct dg_id *source)
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
                              .source_count = source != NULL ? 1 : 0,
                              .source = (struct dg_id *)(uintptr_t)source,
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

static struct dg_id push(enum fed_place place, const char *period, const char *hours, const char *people,
                         const struct dg_id *supersedes)
{
    return push_from(place, period, hours, people, supersedes, NULL);
}

/* What an organ makes of the reports for that period; read inside one transaction by check. */
static enum dg_err consolidate_at(enum fed_place place, const char *organ, const char *rule,
                                  const char *period, void (*check)(const struct dg_consolidation *made))
{
    struct dg_txn *txn;
    struct dg_directory directory;
    struct dg_consolidation made;
    struct dg_fault fault;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    assert_int_equal(dg_directory_load(txn, txn->arena, &directory), DG_OK);
    const struct dg_dir_unit *self = dg_directory_unit(&directory, dg_bytes_of(fed->node[place].unit));
    enum dg_err err = dg_consolidate(txn, &directory, self, dg_bytes_of(organ), dg_bytes_of(rule),
                                     dg_bytes_of(period), dg_day_of(fed->now), &made, &fault);
    if (err == DG_OK && check != NULL)
        check(&made);
    dg_abort(fed->node[place].store, txn);
    return err;
}

static enum dg_err consolidate(const char *organ, const char *rule, const char *period,
                               void (*check)(const struct dg_consolidation *made))
{
    return consolidate_at(FED_TINH, organ, rule, period, check);
}

/* The gaps of an absent one are exactly these, in this order. */
static void lacks(const struct dg_absent *absent, size_t count, const char *const period[])
{
    assert_int_equal(absent->gap_count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(dg_bytes_is(absent->gap[i].period, period[i]));
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
    assert_int_equal(made->absent_count, 2);
    assert_false(made->absent[0].silent);
    assert_true(made->absent[1].silent);
    assert_true(dg_bytes_is(made->material[0].report->period, "2026-08"));
    assert_true(dg_bytes_is(made->material[2].report->period, "2026-11"));
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

/* The province's regime, with another id for what T-1 was. */
static struct dg_bytes regime_without_t1(void)
{
    struct dg_regime regime;
    struct dg_fault fault;
    struct dg_buf buf;
    assert_int_equal(dg_regime_decode(&fed->arena, fed_regime(fed, "chung-moi"), &regime, &fault), DG_OK);
    for (size_t i = 0; i < regime.rule_count; i++)
        if (dg_bytes_is(regime.rule[i].id, "T-1"))
            regime.rule[i].id = dg_bytes_of("M-1");
    dg_buf_init(&buf, DG_REGIME_MAX);
    assert_int_equal(dg_regime_encode(&regime, &buf), DG_OK);
    struct dg_bytes kept = dg_arena_copy(&fed->arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return kept;
}

static void each_under_its_own_rule(const struct dg_consolidation *made)
{
    both_and_nobody_missing(made);
    assert_true(dg_bytes_is(made->material[0].rule, "T-1"));
    assert_true(dg_bytes_is(made->material[1].rule, "M-1"));
}

static void after_a_change_of_regimes_either_rule_gathers_the_others_reports(void **state)
{
    (void)state;
    (void)push(FED_HUYEN, "2026-10", "4.25", "5", NULL);
    fed_adopt(fed, "chung-moi", regime_without_t1());
    (void)push(FED_KHOI, "2026-10", "6.25", "7", NULL);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", each_under_its_own_rule), DG_OK);
    assert_int_equal(consolidate("cap-uy", "M-1", "2026-10", each_under_its_own_rule), DG_OK);
}

static void only_the_new_one(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 1);
    assert_true(dg_bytes_is(made->rule->id, "T-1"));
    assert_true(dg_bytes_is(made->material[0].rule, "M-1"));
}

static void the_old_rule_is_known_when_all_came_under_the_new_one(void **state)
{
    (void)state;
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", NULL), DG_OK);
    fed_adopt(fed, "chung-moi", regime_without_t1());
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", NULL), DG_ERR_NO_RULE); /* nothing is here */
    (void)push(FED_KHOI, "2026-10", "6.25", "7", NULL);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", only_the_new_one), DG_OK);
}

static void what_cannot_be_is_refused_by_name(void **state)
{
    (void)state;
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-13", NULL), DG_ERR_BAD_PERIOD);
    assert_int_equal(consolidate("cap-uy", "T-9", "2026-10", NULL), DG_ERR_NO_RULE);
}

static void only_the_organs_own_mail_goes_in(void **state)
{
    (void)state;
    (void)push(FED_HUYEN, "2026-10", "1", "1", NULL);
    assert_int_equal(consolidate("mttq", "T-1", "2026-10", NULL), DG_ERR_NOT_RECEIVED);
}

static void an_organ_added_by_hand_received_nothing_under_the_rule(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_HUYEN, "mttq@tinh");
    assert_int_equal(consolidate("mttq", "T-1", "2026-10", NULL), DG_ERR_NOT_RECEIVED);
}

static void a_period_that_the_rule_does_not_know_is_refused(void **state)
{
    (void)state;
    assert_int_equal(consolidate_at(FED_HUYEN, "cap-uy", "T-3", "2026-10", NULL), DG_ERR_BAD_PERIOD);
}

static void november_and_december_are_missing(const struct dg_consolidation *made)
{
    assert_int_equal(made->absent_count, 2);
    lacks(&made->absent[0], 2, (const char *const[]){"2026-11", "2026-12"});
    lacks(&made->absent[1], 3, (const char *const[]){"2026-10", "2026-11", "2026-12"});
}

static void missing_months_within_a_quarter_are_named(void **state)
{
    (void)state;
    (void)push(FED_HUYEN, "2026-10", "1", "1", NULL);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-Q4", november_and_december_are_missing), DG_OK);
}

static void the_corrected_month_is_missing(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 1);
    assert_true(dg_bytes_is(made->material[0].report->period, "2026-11"));
    assert_int_equal(made->left_out_count, 1);
    assert_int_equal(made->left_out[0].why, DG_LEFT_SUPERSEDED);
    assert_true(dg_id_equal(&made->left_out[0].by, &made->material[0].id));
    has(made, "gio", "2");
    lacks(&made->absent[0], 2, (const char *const[]){"2026-10", "2026-12"});
}

/* The clerk wrote the wrong month: the correction stands under another period. */
static void a_correction_for_another_period_counts_once(void **state)
{
    (void)state;
    struct dg_id wrong = push(FED_HUYEN, "2026-10", "1", "1", NULL);
    (void)push(FED_HUYEN, "2026-11", "2", "2", &wrong);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-Q4", the_corrected_month_is_missing), DG_OK);
}

static void recall(enum fed_place place, const struct dg_id *id)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_RECALL,
                                     .organ = dg_bytes_of("cap-uy"),
                                     .report = dg_bytes_of(hex),
                                     .note = dg_bytes_of("nhầm số liệu")};
    assert_int_equal(fed_control(&fed->node[place], &request).fault.err, DG_OK);
    fed_run(fed, 10);
}

static void it_is_used_and_marked(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 1);
    assert_true(made->material[0].asked_back);
    has(made, "gio", "1");
}

static void it_is_named_and_not_used(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 0);
    assert_int_equal(made->left_out_count, 1);
    assert_int_equal(made->left_out[0].why, DG_LEFT_RECALLED);
    assert_int_equal(made->indicator_count, 0);
    lacks(&made->absent[0], 1, (const char *const[]){"2026-10"});
    assert_true(made->absent[0].silent);
}

static void a_recalled_report_goes_out_when_the_organ_agrees(void **state)
{
    (void)state;
    struct dg_id id = push(FED_HUYEN, "2026-10", "1", "1", NULL);
    recall(FED_HUYEN, &id);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", it_is_used_and_marked), DG_OK);
    fed_mark(fed, FED_TINH, &id, "cap-uy", 15);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", it_is_named_and_not_used), DG_OK);
    assert_int_equal(consolidate("ban-dan-van", "T-1", "2026-10", it_is_used_and_marked), DG_OK);
}

static void the_older_one_counts_again(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 1);
    has(made, "gio", "1");
}

static void of_further_reports_a_recalled_one_gives_way(void **state)
{
    (void)state;
    (void)push(FED_HUYEN, "2026-10", "1", "1", NULL);
    struct dg_id further = push(FED_HUYEN, "2026-10", "2", "2", NULL);
    recall(FED_HUYEN, &further);
    fed_mark(fed, FED_TINH, &further, "cap-uy", 15);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", the_older_one_counts_again), DG_OK);
}

static void only_what_was_made_from_it(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 1);
    assert_true(dg_bytes_is(made->material[0].unit, "huyen"));
    assert_int_equal(made->left_out_count, 1);
    assert_int_equal(made->left_out[0].why, DG_LEFT_CONTAINED);
    assert_int_equal(made->absent_count, 0); /* khoi has reported, in whatever it went */
    has(made, "gio", "5");
}

static void the_source_of_another_source_is_not_added_again(void **state)
{
    (void)state;
    struct dg_id source = push(FED_KHOI, "2026-10", "2", "2", NULL);
    (void)push_from(FED_HUYEN, "2026-10", "5", "5", NULL, &source);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", only_what_was_made_from_it), DG_OK);
}

static void both_halves(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 2);
    assert_true(dg_bytes_is(made->material[0].report->period, "2026-H1"));
    assert_true(dg_bytes_is(made->material[1].report->period, "2026-H2"));
    assert_int_equal(made->left_out_count, 2);
    assert_int_equal(made->left_out[0].why, DG_LEFT_COVERED);
    has(made, "gio", "5");
}

static void the_whole_year(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 1);
    assert_int_equal(made->left_out_count, 4);
    has(made, "gio", "100");
}

/* Under T-2 the committee's reports of any period go to the Ban Dân vận beside it. */
static void a_longer_report_is_not_added_to_its_own_parts(void **state)
{
    (void)state;
    (void)push(FED_HUYEN, "2026-H1", "2", "2", NULL);
    (void)push(FED_HUYEN, "2026-9M", "10", "10", NULL);
    (void)push(FED_HUYEN, "2026-H2", "3", "3", NULL);
    (void)push(FED_HUYEN, "2026-Q3", "1", "1", NULL);
    assert_int_equal(consolidate_at(FED_HUYEN, "ban-dan-van", "T-2", "2026", both_halves), DG_OK);
    (void)push(FED_HUYEN, "2026", "100", "100", NULL);
    assert_int_equal(consolidate_at(FED_HUYEN, "ban-dan-van", "T-2", "2026", the_whole_year), DG_OK);
}

static void one_report_of_two(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 1);
    assert_int_equal(made->left_out_count, 0);
    assert_true(dg_bytes_is(made->material[0].organ, "ban-dan-van"));
    has(made, "gio", "7");
}

static void a_joint_report_counts_once(void **state)
{
    (void)state;
    struct dg_bytes with = dg_bytes_of("mttq");
    struct dg_indicator hours = {dg_bytes_of("gio"), dg_bytes_of("7")};
    struct dg_report draft = {.kind = dg_bytes_of("joint"),
                              .period = dg_bytes_of("2026"),
                              .indicator_count = 1,
                              .indicator = &hours};
    char hex[DG_HEX_BYTES];
    struct dg_ctl_reply reply = fed_push_as(fed, FED_HUYEN, "ban-dan-van", &draft, &with, 1);
    dg_hex(reply.id.b, sizeof reply.id.b, hex);
    struct dg_ctl_request sign = {
        .verb = DG_CTL_JOINT, .joint = DG_JOINT_SIGN, .report = dg_bytes_of(hex), .organ = with};
    assert_int_equal(fed_control(&fed->node[FED_HUYEN], &sign).fault.err, DG_OK);
    fed_run(fed, 10);
    assert_int_equal(consolidate_at(FED_HUYEN, "cap-uy", "T-3", "2026", one_report_of_two), DG_OK);
}

static void huyen_is_late_and_khoi_missing(const struct dg_consolidation *made)
{
    assert_int_equal(made->material_count, 1);
    assert_true(made->material[0].has_due);
    assert_int_equal(made->material[0].days_late, 3);
    assert_true(dg_bytes_is(made->absent[0].unit->slug, "khoi"));
    assert_true(made->absent[0].gap[0].has_due);
    assert_false(made->absent[0].excused);
}

static void khoi_is_excused(const struct dg_consolidation *made)
{
    assert_int_equal(made->material[0].days_late, 3);
    assert_true(made->absent[0].gap[0].excused);
    assert_true(made->absent[0].excused);
}

/* It is the 21st, and October was due on the 18th. */
static void a_late_report_is_named_with_its_days(void **state)
{
    (void)state;
    assert_int_equal(fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-11-18").fault.err, DG_OK);
    struct dg_id first = push(FED_HUYEN, "2026-10", "1", "1", NULL);
    (void)push(FED_HUYEN, "2026-10", "2", "2", &first);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", huyen_is_late_and_khoi_missing), DG_OK);
    assert_int_equal(
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "cap-uy@khoi", DG_FINDING_EXCUSED, NULL).fault.err,
        DG_OK);
    assert_int_equal(consolidate("cap-uy", "T-1", "2026-10", khoi_is_excused), DG_OK);
}

/* As what an organ of huyen could send what was made of T-1. */
static enum dg_err kind_of(const char *organ, const char *asked, char ret[static 32])
{
    struct dg_txn *txn;
    struct dg_directory directory;
    struct dg_consolidation made;
    struct dg_bytes kind;
    struct dg_mandate mandate;
    struct dg_fault fault;
    assert_int_equal(dg_begin_read(fed->node[FED_HUYEN].store, &txn), DG_OK);
    assert_int_equal(dg_directory_load(txn, txn->arena, &directory), DG_OK);
    const struct dg_dir_unit *self = dg_directory_unit(&directory, dg_bytes_of("huyen"));
    assert_int_equal(dg_consolidate(txn, &directory, self, dg_bytes_of("cap-uy"), dg_bytes_of("T-1"),
                                    dg_bytes_of("2026-10"), dg_day_of(fed->now), &made, &fault),
                     DG_OK);
    enum dg_err err = dg_consolidation_mandate(&directory, self, dg_bytes_of(organ), made.rule,
                                               dg_bytes_of(asked), dg_bytes_of("2026-10"),
                                               dg_day_of(fed->now), txn->arena, &kind, &mandate, &fault);
    assert_true(kind.size < 32);
    memcpy(ret, kind.data, kind.size);
    ret[kind.size] = '\0';
    dg_abort(fed->node[FED_HUYEN].store, txn);
    return err;
}

static void a_draft_has_a_kind_that_its_author_may_send(void **state)
{
    char kind[32];
    (void)state;
    assert_int_equal(kind_of("cap-uy", "", kind), DG_OK);
    assert_string_equal(kind, "periodic");
    assert_int_equal(kind_of("mttq", "", kind), DG_ERR_NO_RULE);
    assert_string_equal(kind, "periodic");
    assert_int_equal(kind_of("cap-uy", "directed", kind), DG_ERR_NO_RULE);
    assert_string_equal(kind, "directed");
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
        TEST(an_organ_added_by_hand_received_nothing_under_the_rule),
        TEST(after_a_change_of_regimes_either_rule_gathers_the_others_reports),
        TEST(the_old_rule_is_known_when_all_came_under_the_new_one),
        TEST(a_period_that_the_rule_does_not_know_is_refused),
        TEST(missing_months_within_a_quarter_are_named),
        TEST(a_correction_for_another_period_counts_once),
        TEST(a_recalled_report_goes_out_when_the_organ_agrees),
        TEST(of_further_reports_a_recalled_one_gives_way),
        TEST(the_source_of_another_source_is_not_added_again),
        TEST(a_longer_report_is_not_added_to_its_own_parts),
        TEST(a_joint_report_counts_once),
        TEST(a_late_report_is_named_with_its_days),
        TEST(a_draft_has_a_kind_that_its_author_may_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
