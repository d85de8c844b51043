/* test_why.c - what a report is said to wait for. The federation is that of support/federation.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/line.h"
#include "node/core/node_impl.h"
#include "node/core/why.h"
#include "tests/unit/support/federation.h"

static int set_up(void **state)
{
    *state = fed_new(false);
    return 0;
}

static int tear_down(void **state)
{
    fed_free(*state);
    return 0;
}

/* ---- asking --------------------------------------------------------------------------------------- */

/* Asks at that node. What ret borrows from the store is copied where the tests look at it. */
static struct dg_why *why_at(struct fed *fed, enum fed_place place, const struct dg_id *id, bool running)
{
    struct dg_ctl_request request = {.verb = DG_CTL_WHY};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    struct dg_why_live live = {.running = running, .reply = &reply};
    struct dg_why *why = dg_arena_alloc(&fed->arena, sizeof *why);
    struct dg_directory dir;
    struct dg_identity identity;
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    assert_true(dg_identity_load(txn, &identity));
    assert_int_equal(dg_directory_load(txn, txn->arena, &dir), DG_OK);
    assert_int_equal(dg_why(txn, &dir, &identity, id, &live, why), DG_OK);
    for (size_t i = 0; i < why->count; i++) {
        why->wait[i].at = dg_arena_copy(&fed->arena, why->wait[i].at);
        why->wait[i].toward = dg_arena_copy(&fed->arena, why->wait[i].toward);
        why->wait[i].code = dg_arena_copy(&fed->arena, why->wait[i].code);
    }
    dg_abort(fed->node[place].store, txn);
    return why;
}

static void assert_waits(const struct dg_why *why, enum dg_why_cause cause, const char *at,
                         const char *toward)
{
    assert_int_equal(why->state, DG_WHY_WAITS);
    for (size_t i = 0; i < why->count; i++)
        if (why->wait[i].cause == cause && dg_bytes_is(why->wait[i].at, at) &&
            dg_bytes_is(why->wait[i].toward, toward))
            return;
    fail_msg("nothing waits at %s for %s as %s", at, toward, dg_why_name(cause));
}

/* ---- one row -------------------------------------------------------------------------------------- */

struct row_case {
    bool held, connected, flies;
    const char *code, *line;
    enum dg_why_cause cause;
};

static struct dg_why_wait row_said(struct fed *fed, const struct row_case *row, bool running)
{
    struct dg_queued queued = {.unit = dg_bytes_of("tinh"),
                               .lane = DG_LANE_NORMAL,
                               .seq = 41,
                               .kind = DG_QUEUED_REPORT,
                               .since_ms = 1000,
                               .held = row->held,
                               .code = dg_bytes_of(row->code)};
    struct dg_ctl_link link = {
        .unit = dg_bytes_of("tinh"), .up = true, .connected = row->connected, .tries = 5, .next_ms = 9000};
    struct dg_ctl_flight flight = {
        .unit = dg_bytes_of("tinh"), .lane = DG_LANE_NORMAL, .seq = 41, .tries = 2, .next_ms = 7000};
    struct dg_ctl_reply reply = {
        .link = &link, .link_count = 1, .flight = &flight, .flight_count = row->flies ? 1 : 0};
    struct dg_why_live live = {.running = running, .reply = &reply};
    struct dg_line line = {.connected = row->connected, .since_ms = 4000, .code = dg_bytes_of(row->line)};
    struct dg_identity identity = {.unit = "huyen"};
    struct dg_why_wait wait;
    struct dg_txn *txn;
    assert_int_equal(dg_begin_write(fed->node[FED_HUYEN].store, &txn), DG_OK);
    dg_line_put(txn, dg_bytes_of("tinh"), &line);
    dg_why_row(txn, &identity, &queued, &live, &wait);
    dg_abort(fed->node[FED_HUYEN].store, txn);
    return wait;
}

static void every_condition_of_a_row_has_its_cause(void **state)
{
    static const struct row_case cases[] = {
        {.held = true, .connected = true, .code = "", .line = "", .cause = DG_WHY_HELD},
        {.held = true, .connected = true, .code = "MALFORMED", .line = "", .cause = DG_WHY_REFUSED},
        {.code = "", .line = "NETWORK", .cause = DG_WHY_LINE_DOWN},
        {.code = "RETRY_LATER", .line = "NETWORK", .cause = DG_WHY_LINE_DOWN},
        {.code = "", .line = "OLD_BOOT", .cause = DG_WHY_LINE_REFUSED},
        {.connected = true, .code = "STORE_FULL", .line = "", .cause = DG_WHY_RECEIVER_FULL},
        {.connected = true, .code = "QUOTA", .line = "", .cause = DG_WHY_RECEIVER_FULL},
        {.connected = true, .code = "STALE_DIRECTORY", .line = "", .cause = DG_WHY_CERTIFICATE},
        {.connected = true, .code = "RETRY_LATER", .line = "", .cause = DG_WHY_LATER},
        {.connected = true, .flies = true, .code = "", .line = "", .cause = DG_WHY_ON_THE_WAY},
        {.connected = true, .code = "", .line = "", .cause = DG_WHY_TURN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dg_why_wait wait = row_said(*state, &cases[i], true);
        assert_int_equal(wait.cause, cases[i].cause);
        assert_true(dg_bytes_is(wait.at, "huyen") && dg_bytes_is(wait.toward, "tinh"));
    }
}

static void row_of_a_node_that_does_not_run_says_so(void **state)
{
    struct row_case row = {.connected = true, .flies = true, .code = "", .line = ""};
    assert_int_equal(row_said(*state, &row, false).cause, DG_WHY_NODE_STOPPED);
    row.held = true; /* what an officer did counts for more */
    assert_int_equal(row_said(*state, &row, false).cause, DG_WHY_HELD);
}

static void attempts_are_those_of_the_row_on_its_way_or_of_its_line(void **state)
{
    struct row_case row = {.connected = true, .flies = true, .code = "", .line = ""};
    struct dg_why_wait wait = row_said(*state, &row, true);
    assert_int_equal(wait.tries, 2);
    assert_int_equal(wait.next_ms, 7000);
    assert_int_equal(wait.since_ms, 1000);
    row = (struct row_case){.code = "", .line = "NETWORK"};
    wait = row_said(*state, &row, true);
    assert_int_equal(wait.tries, 5);
    assert_int_equal(wait.next_ms, 9000);
    assert_int_equal(wait.since_ms, 4000); /* since the line fell: the row came before */
}

/* ---- a report ------------------------------------------------------------------------------------- */

static void report_that_came_everywhere_waits_for_nothing(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = fed_push(fed, FED_XA, "mttq@tinh");
    for (int place = FED_TINH; place <= FED_XA; place++) {
        struct dg_why *why = why_at(fed, (enum fed_place)place, &id, true);
        assert_int_equal(why->state, DG_WHY_DONE);
        assert_int_equal(why->count, 0);
    }
}

static void report_behind_a_silent_line_waits_for_the_neighbour(void **state)
{
    struct fed *fed = *state;
    fed->cut_khoi = true;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    assert_waits(why_at(fed, FED_KHOI, &id, true), DG_WHY_ON_THE_WAY, "khoi", "tinh");
    fed_run(fed, 90);
    struct dg_why *why = why_at(fed, FED_KHOI, &id, true);
    assert_waits(why, DG_WHY_LINE_DOWN, "khoi", "tinh");
    assert_true(dg_bytes_is(why->wait[0].code, "NETWORK"));
    assert_true(why->wait[0].next_ms > 0 && why->wait[0].tries > 0);
}

/* What an officer is told does not begin anew with the process. */
static void since_when_a_line_is_down_survives_a_restart(void **state)
{
    struct fed *fed = *state;
    struct fed_node *khoi = &fed->node[FED_KHOI];
    fed->cut_khoi = true;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    fed_run(fed, 90);
    dg_ms since = why_at(fed, FED_KHOI, &id, true)->wait[0].since_ms;
    dg_turn_done(&khoi->turn);
    dg_node_close(khoi->node);
    fed->now += 3600000;
    fed_open(khoi);
    fed_run(fed, 5);
    struct dg_why *why = why_at(fed, FED_KHOI, &id, true);
    assert_waits(why, DG_WHY_LINE_DOWN, "khoi", "tinh");
    assert_int_equal(why->wait[0].since_ms, since);
}

static void report_on_its_way_further_on_is_where_the_newest_receipt_says(void **state)
{
    struct fed *fed = *state;
    fed->cut_khoi = true;
    struct dg_id id = fed_push(fed, FED_XA, "mttq@khoi");
    struct dg_why *why = why_at(fed, FED_XA, &id, true);
    assert_waits(why, DG_WHY_BEYOND, "tinh", "khoi");
    assert_true(why->wait[0].since_ms <= fed->now && why->wait[0].since_ms > fed->now - 60000);
    assert_waits(why_at(fed, FED_HUYEN, &id, true), DG_WHY_BEYOND, "tinh", "khoi");
    assert_waits(why_at(fed, FED_TINH, &id, true), DG_WHY_ON_THE_WAY, "tinh", "khoi");
    fed->cut_khoi = false;
    fed_run(fed, 120);
    assert_int_equal(why_at(fed, FED_XA, &id, true)->state, DG_WHY_DONE);
}

static void report_that_waits_for_a_via_organ_says_which(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = fed_push_matter(fed, FED_XA, "cap-uy", "tren", NULL, NULL).id;
    fed_run(fed, 10);
    assert_waits(why_at(fed, FED_XA, &id, true), DG_WHY_VIA, "huyen", "ban-dan-van@huyen");
    assert_int_equal(fed_pass(fed, FED_HUYEN, &id, "ban-dan-van", false), DG_OK);
    fed_run(fed, 10);
    assert_int_equal(why_at(fed, FED_XA, &id, true)->state, DG_WHY_DONE);
}

static void report_that_a_via_organ_returned_has_stopped(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = fed_push_matter(fed, FED_XA, "cap-uy", "tren", NULL, NULL).id;
    fed_run(fed, 10);
    assert_int_equal(fed_pass(fed, FED_HUYEN, &id, "ban-dan-van", true), DG_OK);
    fed_run(fed, 10);
    struct dg_why *why = why_at(fed, FED_XA, &id, true);
    assert_int_equal(why->state, DG_WHY_STOPPED);
    assert_int_equal(why->code.size, 0);
}

static void joint_draft_waits_for_whoever_has_not_signed(void **state)
{
    struct fed *fed = *state;
    struct dg_report draft = {.kind = dg_bytes_of("joint"), .period = dg_bytes_of("2026")};
    struct dg_bytes with = dg_bytes_of("mttq");
    struct dg_ctl_reply reply = fed_push_as(fed, FED_HUYEN, "ban-dan-van", &draft, &with, 1);
    assert_int_equal(reply.fault.err, DG_OK);
    struct dg_why *why = why_at(fed, FED_HUYEN, &reply.id, true);
    assert_false(why->issued);
    assert_waits(why, DG_WHY_SIGNATURE, "huyen", "mttq");
}

static void what_goes_before_a_report_is_counted(void **state)
{
    struct fed *fed = *state;
    fed->cut_khoi = true;
    struct dg_id first = fed_push(fed, FED_KHOI, NULL), second = fed_push(fed, FED_KHOI, NULL);
    struct fed_node *khoi = &fed->node[FED_KHOI];
    khoi->node->link[0]->flight_count = 0; /* as if the window were shut */
    assert_waits(why_at(fed, FED_KHOI, &second, true), DG_WHY_TURN, "khoi", "tinh");
    assert_int_equal(why_at(fed, FED_KHOI, &second, true)->wait[0].ahead,
                     why_at(fed, FED_KHOI, &first, true)->wait[0].ahead + 1);
}

static void unknown_report_is_not_found(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = {.b = {1, 2, 3}};
    struct dg_why_live live = {.running = false};
    struct dg_directory dir;
    struct dg_identity identity;
    struct dg_why why;
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[FED_XA].store, &txn), DG_OK);
    assert_true(dg_identity_load(txn, &identity));
    assert_int_equal(dg_directory_load(txn, txn->arena, &dir), DG_OK);
    assert_int_equal(dg_why(txn, &dir, &identity, &id, &live, &why), DG_ERR_NOT_FOUND);
    dg_abort(fed->node[FED_XA].store, txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_condition_of_a_row_has_its_cause, set_up, tear_down),
        cmocka_unit_test_setup_teardown(row_of_a_node_that_does_not_run_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(attempts_are_those_of_the_row_on_its_way_or_of_its_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(report_that_came_everywhere_waits_for_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(report_behind_a_silent_line_waits_for_the_neighbour, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(since_when_a_line_is_down_survives_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(report_on_its_way_further_on_is_where_the_newest_receipt_says, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(report_that_waits_for_a_via_organ_says_which, set_up, tear_down),
        cmocka_unit_test_setup_teardown(report_that_a_via_organ_returned_has_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(joint_draft_waits_for_whoever_has_not_signed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_goes_before_a_report_is_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_report_is_not_found, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
