/* test_patience.c - how long a node waits for a neighbour, and how much it has on the way to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/outbox_impl.h"
#include "tests/unit/support/federation.h"

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

static struct dg_link *link_of(enum fed_place place)
{
    return fed->node[place].node->link[0];
}

/* ---- how long ----------------------------------------------------------------------------------- */

struct spread {
    dg_ms least, most;
};

static struct spread draw(const struct dg_link *link, enum dg_lane lane, uint32_t tries)
{
    struct spread spread = {INT64_MAX, 0};
    for (int i = 0; i < 2000; i++) {
        dg_ms wait = dg_outbox_patience(fed->node[FED_KHOI].node, link, lane, tries);
        spread.least = wait < spread.least ? wait : spread.least;
        spread.most = wait > spread.most ? wait : spread.most;
    }
    return spread;
}

static void waits_grow_by_doubling_up_to_the_cap_of_the_lane(void **state)
{
    (void)state;
    struct dg_link *link = link_of(FED_KHOI);
    link->answer_ms = 0;
    for (uint32_t tries = 0; tries < 70; tries++) {
        dg_ms whole = tries < 9 ? (dg_ms)DG_RETRY_MIN_MS << tries : DG_RETRY_MAX_MS;
        dg_ms urgent = whole < DG_RETRY_URGENT_MAX_MS ? whole : DG_RETRY_URGENT_MAX_MS;
        whole = whole < DG_RETRY_MAX_MS ? whole : DG_RETRY_MAX_MS;
        struct spread normal = draw(link, DG_LANE_NORMAL, tries), quick = draw(link, DG_LANE_URGENT, tries);
        assert_true(normal.least >= DG_RETRY_MIN_MS / 2 && normal.most <= whole);
        assert_true(quick.least >= DG_RETRY_MIN_MS / 2 && quick.most <= urgent);
        /* Full jitter: everything in between is drawn. */
        assert_true(normal.least < DG_RETRY_MIN_MS / 2 + whole / 20);
        assert_true(normal.most > whole - whole / 20);
    }
}

/* Sending again what is still on its way would clog a slow line for good. */
static void slow_answers_lengthen_the_first_wait(void **state)
{
    (void)state;
    struct dg_link *link = link_of(FED_KHOI);
    link->answer_ms = 10000;
    assert_true(draw(link, DG_LANE_NORMAL, 0).least >= 10000);
    assert_true(draw(link, DG_LANE_URGENT, 5).most <= DG_RETRY_URGENT_MAX_MS);
    link->answer_ms = DG_RETRY_MAX_MS;
    assert_true(draw(link, DG_LANE_NORMAL, 60).most <= DG_RETRY_MAX_MS);
    assert_true(draw(link, DG_LANE_URGENT, 60).most <= DG_RETRY_URGENT_MAX_MS);
}

static void time_of_answers_is_a_moving_average(void **state)
{
    (void)state;
    struct dg_link *link = link_of(FED_KHOI);
    link->answer_ms = 0;
    for (int i = 0; i < 100; i++)
        dg_outbox_answer_took(link, 4000);
    assert_in_range(link->answer_ms, 3900, 4000);
    dg_outbox_answer_took(link, -5000); /* the clock was set back */
    dg_outbox_answer_took(link, INT64_C(86400000));
    assert_in_range(link->answer_ms, 3900, 4000);
}

/* ---- contact ------------------------------------------------------------------------------------ */

static void contact_after_a_sleep_brings_every_retry_near(void **state)
{
    (void)state;
    struct dg_link *link = link_of(FED_KHOI);
    dg_ms now = fed->now;
    link->answer_ms = 0;
    link->flight_count = 1;
    link->flight[0] = (struct dg_flight){.lane = DG_LANE_NORMAL, .seq = 9, .due = now + 500000, .tries = 8};
    link->again_at = now + 400000;
    link->again_tries = 7;
    link->moved = now - DG_ASLEEP_MS - 1;
    dg_outbox_contact(fed->node[FED_KHOI].node, link, now);
    assert_in_range(link->flight[0].due, now + DG_RETRY_MIN_MS / 2, now + DG_RETRY_MIN_MS);
    assert_in_range(link->again_at, now + DG_RETRY_MIN_MS / 2, now + DG_RETRY_MIN_MS);
    assert_int_equal(link->again_tries, 0);
    assert_int_equal(link->flight[0].tries, 0);
    link->flight_count = 0;
}

/* Else one row that is never answered would be sent every two seconds while others move. */
static void contact_of_one_who_is_awake_leaves_each_row_its_own_patience(void **state)
{
    (void)state;
    struct dg_link *link = link_of(FED_KHOI);
    dg_ms now = fed->now;
    link->flight_count = 1;
    link->flight[0] = (struct dg_flight){.lane = DG_LANE_NORMAL, .seq = 9, .due = now + 500000, .tries = 8};
    link->moved = now - 1000;
    dg_outbox_contact(fed->node[FED_KHOI].node, link, now);
    assert_int_equal(link->flight[0].due, now + 500000);
    assert_int_equal(link->flight[0].tries, 8);
    link->flight_count = 0;
}

/* ---- window and credit --------------------------------------------------------------------------- */

static void window_grows_with_answers_up_to_the_credit(void **state)
{
    (void)state;
    struct dg_link *link = link_of(FED_KHOI);
    link->window = DG_WINDOW_MIN;
    dg_outbox_credit(link, &(struct dg_credit){.items = 40});
    for (int i = 0; i < 100; i++)
        dg_outbox_answer_took(link, 5);
    assert_int_equal(link->window, 40);
    dg_outbox_credit(link, &(struct dg_credit){.items = 5});
    assert_int_equal(link->window, 5);
    dg_outbox_credit(link, &(struct dg_credit){.items = 0}); /* one may always ask */
    assert_int_equal(link->window, 1);
    dg_outbox_credit(link, &(struct dg_credit){.items = UINT32_MAX});
    for (int i = 0; i < 3000; i++)
        dg_outbox_answer_took(link, 5);
    assert_int_equal(link->window, DG_WINDOW_MAX);
}

static void answers_bring_the_credit_along(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_KHOI, NULL);
    assert_int_equal(link_of(FED_KHOI)->credit.items, DG_WINDOW_MAX);
    assert_int_equal(link_of(FED_KHOI)->credit.bytes, DG_CREDIT_BYTES / 2); /* tinh has two children */
}

static void credit_of_bytes_bounds_what_is_on_its_way(void **state)
{
    (void)state;
    struct dg_link *link = link_of(FED_KHOI);
    fed->cut_khoi = true;
    dg_outbox_credit(link, &(struct dg_credit){.items = 100, .bytes = 1});
    for (int i = 0; i < 2; i++)
        (void)fed_push(fed, FED_KHOI, NULL);
    assert_int_equal(link->flight_count, 1); /* one may always go */
    assert_true(link->flight[0].size > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(waits_grow_by_doubling_up_to_the_cap_of_the_lane, set_up, tear_down),
        cmocka_unit_test_setup_teardown(slow_answers_lengthen_the_first_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(time_of_answers_is_a_moving_average, set_up, tear_down),
        cmocka_unit_test_setup_teardown(contact_after_a_sleep_brings_every_retry_near, set_up, tear_down),
        cmocka_unit_test_setup_teardown(contact_of_one_who_is_awake_leaves_each_row_its_own_patience, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(window_grows_with_answers_up_to_the_credit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_bring_the_credit_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(credit_of_bytes_bounds_what_is_on_its_way, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
