/* test_attention.c - what a person must look at waits for one, and remembers who looked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "tests/unit/support/federation.h"

static int set_up(void **state)
{
    *state = fed_new(false);
    return *state == NULL;
}

static int tear_down(void **state)
{
    fed_free(*state);
    return 0;
}

/* ---- asking -------------------------------------------------------------------------------------- */

static struct dg_txn *begin(struct fed *fed, enum fed_place place)
{
    struct dg_txn *txn;
    assert_int_equal(dg_begin_write(fed->node[place].store, &txn), DG_OK);
    return txn;
}

static void commit(struct fed *fed, enum fed_place place, struct dg_txn *txn)
{
    struct dg_committed committed;
    assert_int_equal(dg_commit(fed->node[place].store, txn, &committed), DG_OK);
}

static void note(struct fed *fed, enum dg_err code, const char *about)
{
    struct dg_txn *txn = begin(fed, FED_XA);
    dg_attention_put(txn, fed->now, code, dg_bytes_of(about), dg_bytes_of("detail"));
    commit(fed, FED_XA, txn);
}

static struct dg_attention item(struct fed *fed, enum fed_place place, uint64_t number)
{
    struct dg_attention ret;
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    assert_true(dg_attention_get(txn, number, &ret));
    ret.code = dg_arena_copy(&fed->arena, ret.code);
    ret.about = dg_arena_copy(&fed->arena, ret.about);
    ret.detail = dg_arena_copy(&fed->arena, ret.detail);
    ret.acker = dg_arena_copy(&fed->arena, ret.acker);
    dg_abort(fed->node[place].store, txn);
    return ret;
}

static struct dg_ctl_reply acknowledge(struct fed *fed, const char *organ, uint64_t number)
{
    struct dg_ctl_request request = {.verb = DG_CTL_ATTENTION,
                                     .organ = dg_bytes_of(organ),
                                     .number_count = number > 0 ? 1 : 0,
                                     .number = &number,
                                     .all = number == 0};
    return fed_control(&fed->node[FED_XA], &request);
}

static bool degraded(struct fed *fed)
{
    const struct dg_ctl_request request = {.verb = DG_CTL_STATUS};
    struct dg_ctl_reply reply = fed_control(&fed->node[FED_XA], &request);
    bool found = false;
    for (size_t i = 0; i < reply.reason_count; i++)
        found = found || dg_bytes_is(reply.reason[i], "ATTENTION");
    return found;
}

/* ---- acknowledging ------------------------------------------------------------------------------ */

static void what_was_acknowledged_degrades_no_more_and_says_who_looked(void **state)
{
    struct fed *fed = *state;
    note(fed, DG_ERR_BAD_PROOF, "huyen");
    assert_true(degraded(fed));
    assert_int_equal(acknowledge(fed, "van-phong", 1).fault.err, DG_OK);
    assert_false(degraded(fed));
    struct dg_attention seen = item(fed, FED_XA, 1);
    assert_int_equal(seen.acked_ms, fed->now);
    assert_true(dg_bytes_is(seen.acker, "van-phong"));
    assert_true(dg_bytes_is(seen.code, "BAD_PROOF"));
    assert_true(dg_bytes_is(seen.detail, "detail"));
}

static void what_nobody_acknowledged_degrades_for_ever(void **state)
{
    struct fed *fed = *state;
    note(fed, DG_ERR_BAD_PROOF, "huyen");
    fed_run(fed, 5);
    fed->now += INT64_C(30) * 86400000;
    assert_true(degraded(fed));
}

static void the_first_who_looked_stays_on_record(void **state)
{
    struct fed *fed = *state;
    note(fed, DG_ERR_BAD_PROOF, "huyen");
    assert_int_equal(acknowledge(fed, "van-phong", 1).fault.err, DG_OK);
    assert_int_equal(acknowledge(fed, "cap-uy", 1).fault.err, DG_OK);
    assert_true(dg_bytes_is(item(fed, FED_XA, 1).acker, "van-phong"));
}

static void all_are_acknowledged_at_once_and_counted(void **state)
{
    struct fed *fed = *state;
    for (int i = 0; i < 5; i++)
        note(fed, DG_ERR_BAD_PROOF, "huyen");
    assert_int_equal(acknowledge(fed, "van-phong", 2).fault.err, DG_OK);
    struct dg_ctl_reply reply = acknowledge(fed, "cap-uy", 0);
    assert_true(dg_bytes_is(reply.text, "4"));
    assert_false(degraded(fed));
    assert_true(dg_bytes_is(item(fed, FED_XA, 2).acker, "van-phong"));
    assert_true(dg_bytes_is(item(fed, FED_XA, 5).acker, "cap-uy"));
}

static void an_unknown_number_or_organ_changes_nothing(void **state)
{
    struct fed *fed = *state;
    note(fed, DG_ERR_BAD_PROOF, "huyen");
    assert_int_equal(acknowledge(fed, "van-phong", 2).fault.err, DG_ERR_NOT_FOUND);
    assert_int_equal(acknowledge(fed, "khong-co", 1).fault.err, DG_ERR_NO_ORGAN);
    assert_int_equal(item(fed, FED_XA, 1).acked_ms, 0);
    assert_true(degraded(fed));
}

static void the_same_is_noted_again_only_once_somebody_has_looked(void **state)
{
    struct fed *fed = *state;
    struct dg_attention second;
    for (int i = 0; i < 3; i++) {
        struct dg_txn *txn = begin(fed, FED_XA);
        dg_attention_once(txn, fed->now, DG_ERR_CLONE, dg_bytes_of("huyen"), dg_bytes_of("two"));
        assert_int_equal(dg_attention_get(txn, 2, &second), i == 2);
        commit(fed, FED_XA, txn);
        if (i == 1)
            assert_int_equal(acknowledge(fed, "van-phong", 1).fault.err, DG_OK);
    }
}

/* ---- what a neighbour refused -------------------------------------------------------------------- */

static void a_refused_report_is_named_by_its_id_with_who_refused_it(void **state)
{
    struct fed *fed = *state;
    fed->cut_khoi = true;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    char hex[DG_HEX_BYTES];
    struct dg_report_ix ix;
    struct dg_txn *txn = begin(fed, FED_KHOI);
    struct dg_node *node = fed->node[FED_KHOI].node;
    assert_true(dg_report_ix_get(txn, &id, &ix));
    struct dg_answer answer = {
        .tag = dg_tag(ix.lane, ix.position), .code = dg_bytes_of("BAD_TEXT"), .detail = dg_bytes_of("title")};
    dg_outbox_answered(node, txn, dg_link_by_unit(node, dg_bytes_of("tinh")), &answer, fed->now);
    commit(fed, FED_KHOI, txn);
    dg_hex(id.b, sizeof id.b, hex);
    struct dg_attention seen = item(fed, FED_KHOI, 1);
    assert_true(dg_bytes_is(seen.code, "BAD_TEXT"));
    assert_true(dg_bytes_is(seen.about, hex));
    assert_true(dg_bytes_is(seen.detail, "tinh: title"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_was_acknowledged_degrades_no_more_and_says_who_looked),
        TEST(what_nobody_acknowledged_degrades_for_ever),
        TEST(the_first_who_looked_stays_on_record),
        TEST(all_are_acknowledged_at_once_and_counted),
        TEST(an_unknown_number_or_organ_changes_nothing),
        TEST(the_same_is_noted_again_only_once_somebody_has_looked),
        TEST(a_refused_report_is_named_by_its_id_with_who_refused_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
