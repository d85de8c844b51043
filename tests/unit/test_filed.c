/* test_filed.c - every accepted report can be found by rule and period, wherever it passed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/support/fixture.h"

struct found {
    size_t count;
    struct dg_id id[8];
    dg_ms arrived_ms;
};

static bool take(void *ctx, const struct dg_filed *filed)
{
    struct found *found = ctx;
    assert_true(found->count < 8);
    found->id[found->count++] = filed->id;
    found->arrived_ms = filed->arrived_ms;
    assert_true(filed->signed_ms >= FED_START && filed->signed_ms <= filed->arrived_ms);
    assert_true(dg_bytes_is(filed->period, "2026-10"));
    assert_true(dg_bytes_is(filed->organ, "cap-uy"));
    assert_false(filed->has_supersedes);
    return true;
}

static struct found filed(enum fed_place place, const char *rule, const char *period, const char *unit,
                          const char *organ)
{
    struct found found = {.count = 0};
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    dg_filed_each(txn, dg_bytes_of(rule), dg_bytes_of(period), dg_bytes_of(unit), dg_bytes_of(organ), take,
                  &found);
    assert_int_equal(txn->err, DG_OK);
    dg_abort(fed->node[place].store, txn);
    return found;
}

static void a_report_is_filed_under_each_rule_at_each_node_it_passes(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_XA, "ban-dan-van@tinh");
    static const enum fed_place passed[] = {FED_XA, FED_HUYEN, FED_TINH};
    for (size_t i = 0; i < 3; i++) {
        struct found found = filed(passed[i], "T-1", "2026-10", "xa", "cap-uy");
        assert_int_equal(found.count, 1);
        assert_true(dg_id_equal(&found.id[0], &id));
        assert_true(found.arrived_ms >= FED_START && found.arrived_ms <= fed->now);
        assert_int_equal(filed(passed[i], "T-2", "2026-10", "xa", "cap-uy").count, 1);
    }
    assert_int_equal(filed(FED_KHOI, "T-1", "", "", "").count, 0);
}

static void what_is_left_open_is_not_asked_for(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_XA, NULL);
    (void)fed_push(fed, FED_HUYEN, NULL);
    assert_int_equal(filed(FED_HUYEN, "T-1", "", "", "").count, 2);
    assert_int_equal(filed(FED_HUYEN, "T-1", "2026-10", "", "").count, 2);
    assert_int_equal(filed(FED_HUYEN, "T-1", "2026-10", "xa", "").count, 1);
    assert_int_equal(filed(FED_HUYEN, "T-1", "2026-10", "x", "").count, 0);
    assert_int_equal(filed(FED_HUYEN, "T-1", "2026-1", "", "").count, 0);
    assert_int_equal(filed(FED_HUYEN, "T", "", "", "").count, 0);
}

static void a_further_report_stands_beside_the_first_in_the_order_of_arrival(void **state)
{
    (void)state;
    struct dg_id first = fed_push(fed, FED_XA, NULL), second = fed_push(fed, FED_XA, NULL);
    struct found found = filed(FED_HUYEN, "T-1", "2026-10", "xa", "cap-uy");
    assert_int_equal(found.count, 2);
    assert_true(dg_id_equal(&found.id[0], &first));
    assert_true(dg_id_equal(&found.id[1], &second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_report_is_filed_under_each_rule_at_each_node_it_passes,
                                        make_federation, free_federation),
        cmocka_unit_test_setup_teardown(what_is_left_open_is_not_asked_for, make_federation, free_federation),
        cmocka_unit_test_setup_teardown(a_further_report_stands_beside_the_first_in_the_order_of_arrival,
                                        make_federation, free_federation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
