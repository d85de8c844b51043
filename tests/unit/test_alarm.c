/* test_alarm.c - what has waited too long is told once, to whom it concerns. The federation is that of
 * support/federation.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "tests/unit/support/federation.h"

#define HOUR INT64_C(3600000)

static struct fed *fed;

static int set_up(void **state)
{
    (void)state;
    fed = fed_new(false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fed_free(fed);
    return 0;
}

/* ---- pushing and looking -------------------------------------------------------------------------- */

static struct dg_id push(enum fed_place place, enum dg_urgency urgency)
{
    struct dg_report draft = {.kind = dg_bytes_of("periodic"),
                              .period = dg_bytes_of("2026-10"),
                              .date = dg_bytes_of("2026-11-20"),
                              .title = dg_bytes_of("Báo cáo"),
                              .urgency = urgency,
                              .body = dg_bytes_of("# I\n")};
    struct dg_buf buf;
    dg_buf_init(&buf, DG_REPORT_MAX);
    assert_int_equal(dg_draft_encode(&draft, &buf), DG_OK);
    struct dg_ctl_request request = {
        .verb = DG_CTL_PUSH, .organ = dg_bytes_of("cap-uy"), .draft = dg_buf_bytes(&buf)};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    dg_buf_done(&buf);
    assert_int_equal(reply.fault.err, DG_OK);
    fed_run(fed, 5);
    return reply.id;
}

/* Some time goes by, with a look at its end. */
static void pass_time(dg_ms time)
{
    fed->now += time;
    fed_run(fed, 62);
}

struct count {
    const char *code;
    size_t found;
};

static bool count_code(void *ctx, const struct dg_attention *item)
{
    struct count *count = ctx;
    count->found += dg_bytes_is(item->code, count->code);
    return true;
}

static size_t told(enum fed_place place, const char *code)
{
    struct count count = {.code = code};
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    dg_attention_each(txn, count_code, &count);
    dg_abort(fed->node[place].store, txn);
    return count.found;
}

static bool is_late(enum fed_place place)
{
    struct dg_ctl_request request = {.verb = DG_CTL_STATUS};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    for (size_t i = 0; i < reply.reason_count; i++)
        if (dg_bytes_is(reply.reason[i], "LATE"))
            return true;
    return false;
}

/* ---- what waits to be sent ------------------------------------------------------------------------- */

static void urgent_report_that_waits_an_hour_is_told_once(void **state)
{
    (void)state;
    fed->cut_khoi = true;
    (void)push(FED_KHOI, DG_URGENCY_KHAN);
    (void)push(FED_KHOI, DG_URGENCY_NORMAL);
    (void)push(FED_KHOI, DG_URGENCY_HOA_TOC);
    pass_time(HOUR - 600000);
    assert_int_equal(told(FED_KHOI, "LATE_URGENT"), 0);
    assert_false(is_late(FED_KHOI));
    pass_time(HOUR);
    assert_int_equal(told(FED_KHOI, "LATE_URGENT"), 2);
    assert_true(is_late(FED_KHOI));
    pass_time(HOUR);
    assert_int_equal(told(FED_KHOI, "LATE_URGENT"), 2);
    assert_int_equal(told(FED_KHOI, "LATE_REPORT"), 0);
}

static void ordinary_report_is_told_after_a_day(void **state)
{
    (void)state;
    fed->cut_khoi = true;
    (void)push(FED_KHOI, DG_URGENCY_NORMAL);
    (void)push(FED_KHOI, DG_URGENCY_NORMAL);
    pass_time(23 * HOUR);
    assert_int_equal(told(FED_KHOI, "LATE_REPORT"), 0);
    pass_time(2 * HOUR);
    assert_int_equal(told(FED_KHOI, "LATE_REPORT"), 1); /* the oldest one speaks for what waits behind it */
    assert_true(is_late(FED_KHOI));
    pass_time(48 * HOUR);
    assert_int_equal(told(FED_KHOI, "LATE_REPORT"), 1);
    assert_int_equal(told(FED_KHOI, "LATE_URGENT"), 0);
}

static void node_is_late_no_more_when_all_is_sent(void **state)
{
    (void)state;
    fed->cut_khoi = true;
    (void)push(FED_KHOI, DG_URGENCY_NORMAL);
    pass_time(25 * HOUR);
    assert_true(is_late(FED_KHOI));
    fed->cut_khoi = false;
    fed_run(fed, 200);
    assert_int_equal(dg_store_mem_rows(fed->node[FED_KHOI].store, DG_TABLE_OUTBOX), 0);
    assert_false(is_late(FED_KHOI));
}

static void what_was_told_is_not_told_again_after_a_restart(void **state)
{
    (void)state;
    struct fed_node *khoi = &fed->node[FED_KHOI];
    fed->cut_khoi = true;
    (void)push(FED_KHOI, DG_URGENCY_THUONG_KHAN);
    pass_time(25 * HOUR);
    assert_int_equal(told(FED_KHOI, "LATE_URGENT"), 1);
    assert_int_equal(told(FED_KHOI, "LATE_REPORT"), 1);
    dg_turn_done(&khoi->turn);
    dg_node_close(khoi->node);
    fed_open(khoi);
    pass_time(HOUR);
    assert_int_equal(told(FED_KHOI, "LATE_URGENT"), 1);
    assert_int_equal(told(FED_KHOI, "LATE_REPORT"), 1);
}

/* ---- what waits for somebody -------------------------------------------------------------------------- */

static void flash_report_that_nobody_marks_is_told_there_and_then_to_its_author(void **state)
{
    (void)state;
    struct dg_id id = push(FED_XA, DG_URGENCY_HOA_TOC);
    fed_mark(fed, FED_XA, &id, "ban-dan-van", 3); /* the one beside the author has */
    pass_time(HOUR - 600000);
    assert_int_equal(told(FED_HUYEN, "UNREAD_FLASH"), 0);
    pass_time(HOUR / 2);
    assert_int_equal(told(FED_HUYEN, "UNREAD_FLASH"), 1);
    assert_int_equal(told(FED_XA, "UNREAD_FLASH"), 0);
    pass_time(HOUR);
    assert_int_equal(told(FED_XA, "UNREAD_FLASH"), 1);
    pass_time(24 * HOUR);
    assert_int_equal(told(FED_HUYEN, "UNREAD_FLASH"), 1);
    assert_int_equal(told(FED_XA, "UNREAD_FLASH"), 1);
}

static void flash_report_that_was_marked_in_time_is_told_to_nobody(void **state)
{
    (void)state;
    struct dg_id id = push(FED_XA, DG_URGENCY_HOA_TOC);
    /* The rule beside it addresses an organ of the author's own unit. */
    fed_mark(fed, FED_XA, &id, "ban-dan-van", 3);
    fed_mark(fed, FED_HUYEN, &id, "cap-uy", 3);
    pass_time(30 * HOUR);
    assert_int_equal(told(FED_HUYEN, "UNREAD_FLASH"), 0);
    assert_int_equal(told(FED_XA, "UNREAD_FLASH"), 0);
}

static void ordinary_report_that_nobody_marks_is_not_told(void **state)
{
    (void)state;
    (void)push(FED_XA, DG_URGENCY_THUONG_KHAN);
    pass_time(30 * HOUR);
    assert_int_equal(told(FED_HUYEN, "UNREAD_FLASH"), 0);
    assert_int_equal(told(FED_XA, "UNREAD_FLASH"), 0);
}

static void via_organ_that_does_not_decide_is_told_at_its_unit(void **state)
{
    (void)state;
    struct dg_id id = fed_push_matter(fed, FED_XA, "cap-uy", "tren", NULL, NULL).id;
    fed_run(fed, 10);
    pass_time(23 * HOUR);
    assert_int_equal(told(FED_HUYEN, "LATE_PASS"), 0);
    pass_time(2 * HOUR);
    assert_int_equal(told(FED_HUYEN, "LATE_PASS"), 1);
    assert_int_equal(told(FED_XA, "LATE_PASS"), 0);
    assert_int_equal(fed_pass(fed, FED_HUYEN, &id, "ban-dan-van", false), DG_OK);
    pass_time(24 * HOUR);
    assert_int_equal(told(FED_HUYEN, "LATE_PASS"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(urgent_report_that_waits_an_hour_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ordinary_report_is_told_after_a_day, set_up, tear_down),
        cmocka_unit_test_setup_teardown(node_is_late_no_more_when_all_is_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_told_is_not_told_again_after_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flash_report_that_nobody_marks_is_told_there_and_then_to_its_author,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(flash_report_that_was_marked_in_time_is_told_to_nobody, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(ordinary_report_that_nobody_marks_is_not_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(via_organ_that_does_not_decide_is_told_at_its_unit, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
