/* test_link.c - a line that keeps time by a clock which somebody sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/support/federation.h"

static bool holds(struct fed *fed, enum fed_place place, const struct dg_id *id)
{
    struct dg_txn *txn;
    struct dg_held held;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    enum dg_err err = dg_held_get(txn, id, &held);
    dg_abort(fed->node[place].store, txn);
    return err == DG_OK;
}

static void lost_report_is_sent_again_after_the_clock(dg_ms step)
{
    struct fed *fed = fed_new(false);

    fed_run(fed, 3);
    fed->cut_khoi = true;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    fed_run(fed, 1);
    assert_false(holds(fed, FED_TINH, &id));
    fed->cut_khoi = false;
    fed->now += step;
    fed_run(fed, 90);
    assert_true(holds(fed, FED_TINH, &id));
    fed_free(fed);
}

static void lost_report_is_sent_again_after_the_clock_was_set_back(void **state)
{
    (void)state;
    lost_report_is_sent_again_after_the_clock(-INT64_C(86400000));
}

static void lost_report_is_sent_again_after_the_clock_was_set_forward(void **state)
{
    (void)state;
    lost_report_is_sent_again_after_the_clock(INT64_C(86400000));
}

/* What is sent by the new time before the next tick waits no longer than anything else. */
static void what_is_lost_right_after_the_clock_was_set_is_sent_again(void **state)
{
    struct fed *fed = fed_new(false);
    (void)state;

    fed_run(fed, 3);
    fed->cut_khoi = true;
    fed->now += INT64_C(86400000);
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    assert_false(holds(fed, FED_TINH, &id));
    fed->cut_khoi = false;
    fed_run(fed, 90);
    assert_true(holds(fed, FED_TINH, &id));
    fed_free(fed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_report_is_sent_again_after_the_clock_was_set_back),
        cmocka_unit_test(lost_report_is_sent_again_after_the_clock_was_set_forward),
        cmocka_unit_test(what_is_lost_right_after_the_clock_was_set_is_sent_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
