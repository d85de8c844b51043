/* test_full_disk.c - with a full disk a node takes no new reports, and everything that makes room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "tests/unit/support/fixture.h"

static size_t rows(enum fed_place place, enum dg_table table)
{
    return dg_store_mem_rows(fed->node[place].store, table);
}

static struct dg_ctl_reply ask(enum fed_place place, enum dg_ctl_verb verb)
{
    struct dg_ctl_request request = {.verb = verb, .organ = dg_bytes_of("cap-uy"), .draft = dg_bytes_of("x")};
    return fed_control(&fed->node[place], &request);
}

static bool names_reason(enum fed_place place, const char *reason)
{
    struct dg_ctl_reply reply = ask(place, DG_CTL_STATUS);
    bool found = false;
    for (size_t i = 0; i < reply.reason_count; i++)
        found = found || dg_bytes_is(reply.reason[i], reason);
    assert_true(!found || dg_bytes_is(reply.state, "DEGRADED"));
    return found;
}

static void fill(enum fed_place place, bool full)
{
    fed->disk_low[place] = full;
    fed_run(fed, 2);
}

static void what_people_push_is_put_off_and_status_says_why(void **state)
{
    (void)state;
    fill(FED_HUYEN, true);
    assert_int_equal(ask(FED_HUYEN, DG_CTL_PUSH).fault.err, DG_ERR_STORE_FULL);
    assert_true(names_reason(FED_HUYEN, "DISK_FULL"));
    fill(FED_HUYEN, false);
    assert_false(names_reason(FED_HUYEN, "DISK_FULL"));
    (void)fed_push(fed, FED_HUYEN, NULL);
}

static void what_neighbours_send_waits_with_them_and_flows_when_there_is_room(void **state)
{
    (void)state;
    fill(FED_HUYEN, true);
    size_t taken = rows(FED_HUYEN, DG_TABLE_REPORT);
    for (int i = 0; i < 40; i++)
        (void)fed_push(fed, FED_XA, NULL);
    fed_run(fed, 60);
    assert_int_equal(rows(FED_HUYEN, DG_TABLE_REPORT), taken);
    assert_int_equal(rows(FED_XA, DG_TABLE_OUTBOX), 40);
    assert_int_equal(rows(FED_XA, DG_TABLE_ATTENTION), 0); /* it passes: nobody is called */
    fill(FED_HUYEN, false);
    fed_run(fed, 700);
    assert_int_equal(rows(FED_HUYEN, DG_TABLE_REPORT), taken + 40);
    assert_int_equal(rows(FED_XA, DG_TABLE_OUTBOX), 0);
}

static void receipts_and_states_are_taken_while_it_is_full(void **state)
{
    (void)state;
    struct dg_id up = fed_push(fed, FED_HUYEN, NULL), below = fed_push(fed, FED_XA, NULL);
    fed->disk_low[FED_HUYEN] = true;
    fed_run(fed, 20);
    assert_int_equal(rows(FED_HUYEN, DG_TABLE_OUTBOX), 0); /* its own report was receipted */
    size_t custody = rows(FED_HUYEN, DG_TABLE_CUSTODY);
    fed_mark(fed, FED_TINH, &up, "cap-uy", 3);
    fed_run(fed, 10);
    assert_int_equal(rows(FED_HUYEN, DG_TABLE_CUSTODY), custody + 1);
    fed_mark(fed, FED_HUYEN, &below, "cap-uy", 3); /* and its own organs go on working */
    fed_run(fed, 10);
    assert_int_equal(rows(FED_HUYEN, DG_TABLE_OUTBOX), 0);
}

static void a_report_that_it_holds_is_receipted_again_while_it_is_full(void **state)
{
    struct fed_node *xa = &fed->node[FED_XA];
    struct dg_id id = fed_push(fed, FED_XA, NULL);
    struct dg_report_ix ix;
    struct dg_txn *txn;
    struct dg_committed committed;
    (void)state;
    fed_run(fed, 5);
    fill(FED_HUYEN, true);
    assert_int_equal(dg_begin_write(xa->store, &txn), DG_OK); /* as if the receipt had been lost */
    assert_true(dg_report_ix_get(txn, &id, &ix));
    struct dg_queued row = {.unit = dg_bytes_of("huyen"),
                            .lane = ix.lane,
                            .seq = ix.position,
                            .kind = DG_QUEUED_REPORT,
                            .position = ix.position,
                            .since_ms = fed->now};
    dg_outbox_push(xa->node, txn, &row);
    assert_int_equal(dg_commit(xa->store, txn, &committed), DG_OK);
    dg_node_forget(xa->node);
    fed_run(fed, 30);
    assert_int_equal(rows(FED_XA, DG_TABLE_OUTBOX), 0);
}

/* ---- a turn that fails --------------------------------------------------------------------------- */

struct heard {
    uint64_t conn;
    size_t frames, answers;
    uint64_t tag[8];
};

static enum dg_said hear(void *ctx, uint64_t conn, struct dg_bytes bytes)
{
    struct heard *heard = ctx;
    struct dg_frame frame;
    assert_int_equal(dg_frame_decode(&arena, dg_arena_copy(&arena, bytes), &frame, NULL), DG_OK);
    heard->conn = conn;
    heard->frames++;
    for (size_t i = 0; i < frame.answer_count; i++) {
        assert_true(dg_bytes_is(frame.answer[i].code, "RETRY_LATER"));
        assert_true(frame.answer[i].retry_after_ms > 0);
        heard->tag[heard->answers++] = frame.answer[i].tag;
    }
    return DG_SAID;
}

static void whoever_waits_for_an_answer_of_a_failed_turn_is_told_to_come_later(void **state)
{
    struct dg_parcel parcel[] = {{.tag = 5}, {.tag = 9}};
    struct dg_record record[] = {{.tag = 0}, {.tag = 12}};
    struct dg_frame frame = {.parcel_count = 2, .parcel = parcel, .record_count = 2, .record = record};
    struct dg_event event = {.kind = DG_EVENT_MESSAGE, .conn = 77, .frame = &frame};
    struct heard heard = {.frames = 0};
    struct dg_voice voice = {.ctx = &heard, .send = hear};
    (void)state;
    dg_node_excuse(&event, &arena, &voice);
    assert_int_equal(heard.frames, 1);
    assert_int_equal(heard.conn, 77);
    assert_int_equal(heard.answers, 3);
    assert_int_equal(heard.tag[0] * 10000 + heard.tag[1] * 100 + heard.tag[2], 50912);
    event.frame = NULL; /* it did not decode */
    dg_node_excuse(&event, &arena, &voice);
    frame = (struct dg_frame){.acked_count = 0};
    event.frame = &frame; /* it wants nothing */
    dg_node_excuse(&event, &arena, &voice);
    assert_int_equal(heard.frames, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_federation, free_federation)
    const struct CMUnitTest tests[] = {
        TEST(what_people_push_is_put_off_and_status_says_why),
        TEST(what_neighbours_send_waits_with_them_and_flows_when_there_is_room),
        TEST(receipts_and_states_are_taken_while_it_is_full),
        TEST(a_report_that_it_holds_is_receipted_again_while_it_is_full),
        TEST(whoever_waits_for_an_answer_of_a_failed_turn_is_told_to_come_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
