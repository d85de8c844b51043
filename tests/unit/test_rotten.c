/* test_rotten.c - a node that cannot read or keep what it must says so; it does not fall over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/ledger.h"
#include "node/core/node_impl.h"
#include "tests/unit/support/fixture.h"

enum { TRIES = 4096 };

/* Alters some row of a table; which number leads to that table is the store's own affair. */
static bool rot_in(struct dg_store *store, const char *table, uint64_t *which)
{
    for (int i = 0; i < TRIES; i++) {
        const char *hit = dg_store_mem_rot(store, (*which)++);
        if (hit != NULL && strcmp(hit, table) == 0)
            return true;
        (void)dg_store_mem_heal(store);
    }
    return false;
}

/* Runs the request as its own batch after the node has forgotten what it had read. */
static enum dg_err ask_anew(struct fed_node *node, const struct dg_ctl_request *request)
{
    struct dg_buf message;
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    assert_int_equal(dg_ctl_request_encode(request, &message), DG_OK);
    struct dg_event event = {.kind = DG_EVENT_CTL, .client = 1, .bytes = dg_buf_bytes(&message)};
    dg_node_forget(node->node);
    enum dg_err err = dg_turn_run(&node->turn, &event, 1, node->fed->now);
    dg_buf_done(&message);
    return err;
}

/* The commune's office has sent a draft that the district's department collects the comments on. */
static void request_about_an_altered_directory_is_refused_and_named(void **state)
{
    struct dg_report draft = {.kind = dg_bytes_of("draft"), .reply_by = dg_bytes_of("2026-11-30")};
    struct fed_node *huyen = &fed->node[FED_HUYEN];
    char hex[DG_HEX_BYTES];
    uint64_t which = 0;
    (void)state;
    struct dg_ctl_reply reply = fed_push_as(fed, FED_XA, "van-phong", &draft, NULL, 0);
    assert_int_equal(reply.fault.err, DG_OK);
    fed_run(fed, 10);
    dg_hex(reply.id.b, sizeof reply.id.b, hex);
    const struct dg_ctl_request comment = {.verb = DG_CTL_COMMENT,
                                           .report = dg_bytes_of(hex),
                                           .organ = dg_bytes_of("ban-dan-van"),
                                           .text = dg_bytes_of("Đồng ý.")};
    for (int i = 0; i < 20; i++) {
        assert_true(rot_in(huyen->store, "DIRECTORY", &which));
        assert_int_equal(ask_anew(huyen, &comment), DG_ERR_STORE_CORRUPT);
        assert_true(dg_store_mem_heal(huyen->store));
    }
    assert_int_equal(ask_anew(huyen, &comment), DG_OK);
}

/* Nobody's federation has no name: what could be read of a rotten directory is nothing. */
static void no_log_belongs_to_an_empty_directory(void **state)
{
    const struct dg_directory empty = {.unit_count = 0};
    struct dg_verifier log;
    (void)state;
    assert_null(dg_origin_unit(&empty, dg_bytes_of("danvan.test/huyen/e1"), &log));
    assert_null(dg_origin_unit(&empty, dg_bytes_of("/huyen/e1"), &log));
}

/* The last beacon is rotten just when the next one would be logged. */
static void a_beacon_that_cannot_be_read_is_told(void **state)
{
    struct fed_node *tinh = &fed->node[FED_TINH];
    struct dg_checkpoint seen = {.size = 5};
    struct dg_leaf leaf = {.time = fed->now, .kind = DG_LEAF_CHECKPOINT};
    struct dg_txn *txn;
    (void)state;
    (void)snprintf(seen.origin, sizeof seen.origin, "%s", "danvan.test/trung-uong/e1");
    assert_int_equal(dg_begin_write(tinh->store, &txn), DG_OK);
    dg_txn_fail(txn, DG_ERR_STORE_CORRUPT); /* as reading it does */
    assert_true(dg_ledger_beacon(txn, &seen));
    (void)dg_ledger_append(txn, &leaf);
    assert_int_equal(txn->err, DG_ERR_STORE_CORRUPT);
    dg_abort(tinh->store, txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(request_about_an_altered_directory_is_refused_and_named,
                                        make_federation, free_federation),
        cmocka_unit_test_setup_teardown(a_beacon_that_cannot_be_read_is_told, make_federation,
                                        free_federation),
        cmocka_unit_test(no_log_belongs_to_an_empty_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
