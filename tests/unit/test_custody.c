/* test_custody.c - whose word about a report is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "tests/unit/support/federation.h"

static bool count_one(void *ctx, const struct dg_custody *custody)
{
    (void)custody;
    ++*(size_t *)ctx;
    return true;
}

static size_t records_about(struct fed *fed, enum fed_place place, const struct dg_id *id)
{
    struct dg_txn *txn;
    struct dg_held held;
    size_t count = 0;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, id, &held), DG_OK);
    dg_custody_each(txn, held.position, count_one, &count);
    dg_abort(fed->node[place].store, txn);
    return count;
}

/* Logs at that node that it took the report in, which it never saw, and tells its parent. The transaction is
 * thrown away, so that the node stays well. */
static void claim_receipt(struct fed *fed, enum fed_place place, const struct dg_id *id)
{
    struct fed_node *node = &fed->node[place];
    struct dg_bytes unit = dg_bytes_of(node->unit);
    struct dg_leaf_author author = {
        .organ = dg_bytes_of("cap-uy"), .unit = dg_bytes_of("xa"), .key = node->keys.unit};
    struct dg_leaf_delivery delivery = {.organ = dg_bytes_of("mttq"), .unit = unit, .as = DG_AS_COPY};
    struct dg_leaf leaf = {.time = fed->now,
                           .kind = DG_LEAF_REPORT,
                           .report = *id,
                           .author_count = 1,
                           .author = &author,
                           .verdict = DG_VERDICT_ACCEPTED,
                           .delivery_count = 1,
                           .delivery = &delivery};
    struct dg_txn *txn;
    struct dg_identity identity;
    struct dg_log_view log;
    struct dg_ledger_proof proof;
    struct dg_buf buf;
    assert_int_equal(dg_begin_write(node->store, &txn), DG_OK);
    assert_true(dg_identity_load(txn, &identity));
    uint64_t index = dg_ledger_append(txn, &leaf);
    assert_int_equal(dg_ledger_seal(txn, &identity, &node->signer), DG_OK);
    dg_log_get(txn, &log);
    assert_true(dg_ledger_prove(txn, index, log.size, &proof));
    struct dg_record record = {.tag = 4,
                               .kind = DG_RECORD_RECEIPT,
                               .leaf = proof.leaf,
                               .index = index,
                               .proof = proof.proof,
                               .has_checkpoint = true,
                               .has_report = true,
                               .report = *id};
    struct dg_frame frame = {
        .checkpoint = &log.checkpoint, .checkpoint_count = 1, .record = &record, .record_count = 1};
    dg_buf_init(&buf, DG_FRAME_MAX);
    assert_int_equal(dg_frame_encode(&frame, &buf), DG_OK);
    struct dg_event event = {.kind = DG_EVENT_MESSAGE,
                             .conn = (uint64_t)node->index + 1,
                             .key = node->keys.transport,
                             .bytes = dg_buf_bytes(&buf)};
    fed_post(fed, node->parent, &event);
    dg_buf_done(&buf);
    dg_abort(node->store, txn);
    fed_run(fed, 5);
}

static void receipt_of_a_unit_that_is_not_on_the_way_is_not_kept(void **state)
{
    struct fed *fed = fed_new(false);
    (void)state;
    struct dg_id up = fed_push(fed, FED_XA, "mttq@tinh");
    size_t before = records_about(fed, FED_TINH, &up), at_author = records_about(fed, FED_XA, &up);
    claim_receipt(fed, FED_KHOI, &up);
    assert_int_equal(records_about(fed, FED_TINH, &up), before);
    assert_int_equal(records_about(fed, FED_XA, &up), at_author);
    fed_free(fed);
}

static void receipt_of_a_unit_on_the_way_is_kept_and_passed_to_the_author(void **state)
{
    struct fed *fed = fed_new(false);
    (void)state;
    fed->cut_khoi = true;
    struct dg_id across = fed_push(fed, FED_XA, "mttq@khoi");
    size_t before = records_about(fed, FED_TINH, &across), at_author = records_about(fed, FED_XA, &across);
    fed->cut_khoi = false;
    fed_run(fed, 700);
    assert_int_equal(records_about(fed, FED_TINH, &across), before + 1);
    assert_int_equal(records_about(fed, FED_XA, &across), at_author + 1);
    fed_free(fed);
}

/* The index as it is for a report that more units must get than it has room for. */
static void leave_units_out(struct fed *fed, enum fed_place place, const struct dg_id *id)
{
    struct dg_txn *txn;
    struct dg_report_ix ix;
    struct dg_committed committed;
    assert_int_equal(dg_begin_write(fed->node[place].store, &txn), DG_OK);
    assert_true(dg_report_ix_get(txn, id, &ix));
    assert_true(ix.to_count > 0);
    ix.to_count = 0;
    dg_report_ix_put(txn, id, &ix);
    assert_int_equal(dg_commit(fed->node[place].store, txn, &committed), DG_OK);
}

static void the_report_itself_tells_its_units_when_the_index_does_not(void **state)
{
    struct fed *fed = fed_new(false);
    (void)state;
    struct dg_id up = fed_push(fed, FED_XA, "mttq@tinh");
    size_t before = records_about(fed, FED_TINH, &up);
    leave_units_out(fed, FED_TINH, &up);
    claim_receipt(fed, FED_KHOI, &up);
    assert_int_equal(records_about(fed, FED_TINH, &up), before);
    fed->cut_khoi = true;
    struct dg_id across = fed_push(fed, FED_XA, "mttq@khoi");
    before = records_about(fed, FED_XA, &across);
    leave_units_out(fed, FED_XA, &across);
    fed->cut_khoi = false;
    fed_run(fed, 700);
    assert_int_equal(records_about(fed, FED_XA, &across), before + 1);
    fed_free(fed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipt_of_a_unit_that_is_not_on_the_way_is_not_kept),
        cmocka_unit_test(receipt_of_a_unit_on_the_way_is_kept_and_passed_to_the_author),
        cmocka_unit_test(the_report_itself_tells_its_units_when_the_index_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
