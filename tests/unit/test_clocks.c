/* test_clocks.c - clocks that are wrong, or are set: order and suppression of duplicates are as ever, and the
 * difference is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "tests/unit/support/fixture.h"

enum { REPORTS = 6 };
static const dg_ms HOUR_MS = 3600000;

static bool shows_skew(enum fed_place place)
{
    struct dg_ctl_request request = {.verb = DG_CTL_STATUS};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    bool found = false;
    for (size_t i = 0; i < reply.reason_count; i++)
        found = found || dg_bytes_is(reply.reason[i], "CLOCK_SKEW");
    return found;
}

struct arrivals {
    size_t count;
    struct dg_id id[4 * REPORTS];
};

static bool note_arrival(void *ctx, const struct dg_mail *mail)
{
    struct arrivals *arrivals = ctx;
    arrivals->id[arrivals->count++] = mail->id;
    return arrivals->count < 4 * REPORTS;
}

/* What the district's committee has got, in the order of its mailbox. */
static struct arrivals arrivals(void)
{
    struct arrivals arrivals = {.count = 0};
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[FED_HUYEN].store, &txn), DG_OK);
    dg_mail_each(txn, dg_bytes_of("cap-uy"), true, note_arrival, &arrivals);
    dg_abort(fed->node[FED_HUYEN].store, txn);
    return arrivals;
}

/* Everything the commune sends arrives once and in its order, although every line of it is sent twice and the
 * commune's clock is set by step in the middle. */
static void push_and_compare(dg_ms step)
{
    struct dg_id sent[REPORTS];
    for (size_t i = 0; i < REPORTS; i++) {
        if (i == REPORTS / 2)
            fed->skew[FED_XA] += step;
        sent[i] = fed_push(fed, FED_XA, NULL);
    }
    dg_node_forget(fed->node[FED_XA].node);
    fed_run(fed, 90);
    struct arrivals got = arrivals();
    assert_int_equal(got.count, REPORTS);
    for (size_t i = 0; i < REPORTS; i++)
        assert_true(dg_id_equal(&got.id[i], &sent[i]));
    assert_int_equal(dg_store_mem_rows(fed->node[FED_XA].store, DG_TABLE_OUTBOX), 0);
}

static void a_clock_a_day_ahead_changes_no_order_and_is_shown_at_both_ends(void **state)
{
    (void)state;
    fed->skew[FED_XA] = 23 * HOUR_MS;
    fed_run(fed, 30);
    push_and_compare(0);
    assert_true(shows_skew(FED_XA));
    assert_true(shows_skew(FED_HUYEN));
    fed->skew[FED_XA] = 0;
    fed_run(fed, 60);
    assert_false(shows_skew(FED_XA));
    assert_false(shows_skew(FED_HUYEN));
}

static void a_clock_hours_behind_changes_no_order_and_is_shown_at_both_ends(void **state)
{
    (void)state;
    fed->skew[FED_XA] = -20 * HOUR_MS;
    fed_run(fed, 90);
    push_and_compare(0);
    assert_true(shows_skew(FED_XA));
    assert_true(shows_skew(FED_HUYEN));
}

static void a_clock_that_is_set_forward_in_the_middle_changes_no_order(void **state)
{
    (void)state;
    fed_run(fed, 5);
    push_and_compare(20 * HOUR_MS);
}

static void a_clock_that_is_set_back_in_the_middle_changes_no_order(void **state)
{
    (void)state;
    fed_run(fed, 5);
    push_and_compare(-20 * HOUR_MS);
}

static void a_few_minutes_are_not_worth_a_word(void **state)
{
    (void)state;
    fed->skew[FED_XA] = HOUR_MS / 7;
    fed_run(fed, 60);
    assert_false(shows_skew(FED_XA));
    assert_false(shows_skew(FED_HUYEN));
}

/* A year back no certificate was valid yet: it is told to whoever pushes, and what comes in is taken as ever.
 */
static void a_clock_a_year_behind_is_shown_and_loses_nothing(void **state)
{
    (void)state;
    fed->skew[FED_HUYEN] = -INT64_C(365) * 24 * HOUR_MS;
    fed_run(fed, 90);
    assert_true(shows_skew(FED_HUYEN));
    assert_true(shows_skew(FED_XA));
    struct dg_id id = fed_push(fed, FED_XA, NULL);
    fed_run(fed, 30);
    assert_int_equal(arrivals().count, 0); /* signed so far ahead that one of two clocks is wrong: it waits */
    assert_int_equal(dg_store_mem_rows(fed->node[FED_XA].store, DG_TABLE_OUTBOX), 1);
    fed->skew[FED_HUYEN] = 0;
    fed_run(fed, 900);
    struct arrivals got = arrivals();
    assert_int_equal(got.count, 1);
    assert_true(dg_id_equal(&got.id[0], &id));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_federation, free_federation)
    const struct CMUnitTest tests[] = {
        TEST(a_clock_a_day_ahead_changes_no_order_and_is_shown_at_both_ends),
        TEST(a_clock_hours_behind_changes_no_order_and_is_shown_at_both_ends),
        TEST(a_clock_that_is_set_forward_in_the_middle_changes_no_order),
        TEST(a_clock_that_is_set_back_in_the_middle_changes_no_order),
        TEST(a_few_minutes_are_not_worth_a_word),
        TEST(a_clock_a_year_behind_is_shown_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
