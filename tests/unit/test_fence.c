/* test_fence.c - two machines that run one node are both shut out until an officer decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "tests/unit/support/fixture.h"

enum { OTHER_CONN = FED_ENROL_CONN + 5 }; /* what is said there stays in fed->said */

/* Another process with the bloc's keys greets the province; returns what it is refused with, "" when welcome.
 */
static const char *greet(uint64_t boot, uint8_t nonce)
{
    struct dg_hello hello = {.federation = dg_bytes_of(FED_NAME),
                             .unit = dg_bytes_of("khoi"),
                             .lane = 1,
                             .boot = boot,
                             .frame_max = DG_FRAME_MAX,
                             .clock_ms = fed->now};
    struct dg_frame frame = {.hello = &hello}, said;
    struct dg_buf buf;
    memset(hello.nonce, nonce, sizeof hello.nonce);
    dg_buf_init(&buf, DG_FRAME_MAX);
    assert_int_equal(dg_frame_encode(&frame, &buf), DG_OK);
    struct dg_event event = {.kind = DG_EVENT_MESSAGE,
                             .conn = OTHER_CONN,
                             .key = fed->node[FED_KHOI].keys.transport,
                             .bytes = dg_buf_bytes(&buf)};
    dg_buf_reset(&fed->said);
    fed_turn(&fed->node[FED_TINH], &event);
    dg_buf_done(&buf);
    struct dg_bytes bytes = dg_arena_copy(&arena, dg_buf_bytes(&fed->said));
    assert_int_equal(dg_frame_decode(&arena, bytes, &said, NULL), DG_OK);
    return said.welcome != NULL ? "" : dg_arena_string(&arena, said.refused->code);
}

static bool connected(enum fed_place place, const char *unit)
{
    const struct dg_link *link = dg_link_by_unit(fed->node[place].node, dg_bytes_of(unit));
    return link != NULL && link->connected;
}

struct lines {
    size_t count, waiting;
    const char *acker;
};

static bool count_line(void *ctx, const struct dg_attention *item)
{
    struct lines *lines = ctx;
    if (!dg_bytes_is(item->code, "CLONE"))
        return true;
    lines->count++;
    lines->waiting += item->acked_ms == 0 ? 1 : 0;
    lines->acker = dg_arena_string(&arena, item->acker);
    return true;
}

static struct lines lines_of(enum fed_place place)
{
    struct lines lines = {.count = 0};
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    dg_attention_each(txn, count_line, &lines);
    dg_abort(fed->node[place].store, txn);
    return lines;
}

static enum dg_err thaw(const char *unit, const char *organ)
{
    struct dg_ctl_request request = {
        .verb = DG_CTL_UNIT, .unit = dg_bytes_of(unit), .organ = dg_bytes_of(organ)};
    return fed_control(&fed->node[FED_TINH], &request).fault.err;
}

static bool holds(const struct dg_id *id)
{
    struct dg_txn *txn;
    struct dg_held held;
    assert_int_equal(dg_begin_read(fed->node[FED_TINH].store, &txn), DG_OK);
    enum dg_err err = dg_held_get(txn, id, &held);
    dg_abort(fed->node[FED_TINH].store, txn);
    return err == DG_OK;
}

/* ---- noticing ------------------------------------------------------------------------------------ */

static void the_same_start_of_another_process_freezes_both(void **state)
{
    (void)state;
    fed_run(fed, 3);
    assert_true(connected(FED_TINH, "khoi"));
    uint64_t boot = fed->node[FED_KHOI].node->boot;
    assert_string_equal(greet(boot, 0xbb), "CLONE");
    fed_run(fed, 20);
    assert_false(connected(FED_TINH, "khoi"));
    assert_false(connected(FED_KHOI, "tinh"));
    assert_string_equal(greet(boot + 5, 0xbb), "CLONE"); /* whatever it counts */
    assert_int_equal(lines_of(FED_TINH).count, 1);
    assert_int_equal(lines_of(FED_KHOI).count, 1);
    assert_true(connected(FED_TINH, "huyen")); /* nobody else is touched */
}

/* The copy counts one start more than what runs, and is taken for a restart, until that greets again. */
static void what_goes_on_after_a_later_start_freezes_both(void **state)
{
    (void)state;
    fed_run(fed, 3);
    assert_string_equal(greet(fed->node[FED_KHOI].node->boot + 1, 0xbb), "");
    fed_run(fed, 60);
    assert_string_equal(greet(fed->node[FED_KHOI].node->boot + 1, 0xbb), "CLONE");
    assert_false(connected(FED_KHOI, "tinh"));
    assert_int_equal(lines_of(FED_TINH).count, 1);
    assert_int_equal(lines_of(FED_KHOI).count, 1);
}

static void a_restart_is_no_second_machine_even_if_the_last_words_come_late(void **state)
{
    (void)state;
    fed_run(fed, 3);
    fed->cut_khoi = true; /* it has died */
    uint64_t boot = fed->node[FED_KHOI].node->boot;
    assert_string_equal(greet(boot + 1, 0xbb), "");
    assert_string_equal(greet(boot + 2, 0xcc), "");
    assert_string_equal(greet(boot + 1, 0xbb), "OLD_BOOT"); /* said before, read after */
    assert_string_equal(greet(boot + 2, 0xcc), "");
    assert_int_equal(lines_of(FED_TINH).count, 0);
}

static void an_older_state_than_it_had_is_refused_but_freezes_nobody(void **state)
{
    (void)state;
    fed_run(fed, 3);
    fed->cut_khoi = true;
    uint64_t boot = fed->node[FED_KHOI].node->boot;
    assert_string_equal(greet(boot + 7, 0xbb), "");
    fed->now += 60000;
    assert_string_equal(greet(boot + 3, 0xcc), "OLD_BOOT");
    assert_string_equal(greet(boot + 7, 0xbb), "");
    assert_int_equal(lines_of(FED_TINH).count, 0);
}

/* ---- deciding ------------------------------------------------------------------------------------ */

static void what_was_pushed_while_frozen_arrives_once_an_officer_has_decided(void **state)
{
    (void)state;
    fed_run(fed, 3);
    assert_string_equal(greet(fed->node[FED_KHOI].node->boot, 0xbb), "CLONE");
    fed_run(fed, 10);
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    fed_run(fed, 60);
    assert_false(holds(&id));
    assert_int_equal(thaw("khoi", "van-phong"), DG_OK);
    fed_run(fed, 60);
    assert_true(connected(FED_TINH, "khoi"));
    assert_true(holds(&id));
    assert_int_equal(lines_of(FED_TINH).waiting, 0);
    assert_string_equal(lines_of(FED_TINH).acker, "van-phong");
}

static void the_state_outlives_the_parents_process(void **state)
{
    struct fed_node *tinh = &fed->node[FED_TINH];
    (void)state;
    fed_run(fed, 3);
    assert_string_equal(greet(fed->node[FED_KHOI].node->boot, 0xbb), "CLONE");
    dg_turn_done(&tinh->turn);
    dg_node_close(tinh->node);
    fed_open(tinh);
    fed_run(fed, 60);
    assert_false(connected(FED_TINH, "khoi"));
    assert_int_equal(thaw("khoi", "van-phong"), DG_OK);
}

static void after_a_thaw_the_second_to_greet_freezes_both_again(void **state)
{
    (void)state;
    fed_run(fed, 3);
    uint64_t boot = fed->node[FED_KHOI].node->boot;
    assert_string_equal(greet(boot, 0xbb), "CLONE");
    fed_run(fed, 10);
    assert_int_equal(thaw("khoi", "van-phong"), DG_OK);
    assert_string_equal(greet(boot, 0xbb), ""); /* the copy was first */
    fed_run(fed, 60);
    assert_false(connected(FED_KHOI, "tinh"));
    assert_int_equal(lines_of(FED_TINH).count, 2);
    assert_int_equal(lines_of(FED_TINH).waiting, 1);
}

static void only_who_is_frozen_can_be_let_in_and_only_by_an_organ(void **state)
{
    (void)state;
    fed_run(fed, 3);
    assert_int_equal(thaw("khoi", "van-phong"), DG_ERR_NOT_FROZEN);
    assert_int_equal(thaw("khong-co", "van-phong"), DG_ERR_NOT_FROZEN);
    assert_string_equal(greet(fed->node[FED_KHOI].node->boot, 0xbb), "CLONE");
    assert_int_equal(thaw("khoi", "khong-co"), DG_ERR_NO_ORGAN);
    fed_run(fed, 30);
    assert_false(connected(FED_TINH, "khoi"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_federation, free_federation)
    const struct CMUnitTest tests[] = {
        TEST(the_same_start_of_another_process_freezes_both),
        TEST(what_goes_on_after_a_later_start_freezes_both),
        TEST(a_restart_is_no_second_machine_even_if_the_last_words_come_late),
        TEST(an_older_state_than_it_had_is_refused_but_freezes_nobody),
        TEST(what_was_pushed_while_frozen_arrives_once_an_officer_has_decided),
        TEST(the_state_outlives_the_parents_process),
        TEST(after_a_thaw_the_second_to_greet_freezes_both_again),
        TEST(only_who_is_frozen_can_be_let_in_and_only_by_an_organ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
