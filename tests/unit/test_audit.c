/* test_audit.c - a sound node has no findings that are evidence; a tampered one has the right one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/cli/export.h"
#include "node/core/rows.h"
#include "tests/unit/support/auditing.h"

/* --- helpers -------------------------------------------------------------------------------- */

static uint64_t position_of(enum fed_place place, const struct dg_id *id)
{
    struct dg_txn *txn;
    struct dg_held held;

    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, id, &held), DG_OK);
    dg_abort(fed->node[place].store, txn);
    return held.position;
}

/* --- tests ---------------------------------------------------------------------------------- */

static void sound_nodes_have_no_evidence(void **state)
{
    struct dg_id id = fed_push(fed, FED_XA, "mttq@khoi");

    (void)state;
    fed_mark(fed, FED_HUYEN, &id, "ban-dan-van", 3);
    for (int place = 0; place < FED_NODES; place++) {
        struct dg_audit found = audit((enum fed_place)place, 0);
        assert_int_equal(count_evidence(&found), 0);
        assert_true(found.leaves > 4);
    }
    struct dg_audit found = audit(FED_XA, 0);
    assert_int_equal(found.reports, 1);
    assert_int_equal(found.mandated.owed, 2);
    assert_int_equal(found.mandated.receipted, 2);
    assert_int_equal(found.additions.owed, 1);
    assert_int_equal(found.additions.receipted, 1);
    assert_int_equal(found.finding_count, 0);
    found = audit(FED_HUYEN, 0);
    assert_int_equal(found.mandated.owed, 0);
    assert_int_equal(found.additions.owed, 1);
    assert_int_equal(found.additions.receipted, 1);
}

static void reports_before_the_day_asked_for_are_left_out(void **state)
{
    (void)state;
    assert_int_equal(audit(FED_XA, fed->now + 1).reports, 0);
}

static void copy_that_waits_is_no_evidence(void **state)
{
    (void)state;
    fed->cut_khoi = true;
    (void)fed_push(fed, FED_XA, "mttq@khoi");
    struct dg_audit found = audit(FED_TINH, 0);
    assert_true(has_finding(&found, "COPY_WAITING", false));
    assert_int_equal(count_evidence(&found), 0);
    found = audit(FED_XA, 0);
    assert_true(has_finding(&found, "COPY_WAITING", false));
    assert_int_equal(found.additions.waiting, 1);
    assert_int_equal(found.mandated.waiting, 0);
    fed->cut_khoi = false;
    fed_run(fed, 700);
    found = audit(FED_TINH, 0);
    assert_int_equal(found.finding_count, 0);
}

/* xa does not know khoi's organs, tinh does: it refuses the report, which huyen had taken. */
static void copy_beyond_a_refusal_is_told_as_refused_by_whom_and_why(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_XA, "khong-co@khoi");
    for (int place = FED_HUYEN; place <= FED_XA; place++) {
        struct dg_audit found = audit((enum fed_place)place, 0);
        assert_false(has_finding(&found, "COPY_WAITING", false));
        assert_true(has_finding(&found, "COPY_REFUSED", false));
        assert_int_equal(found.additions.refused, 1);
        assert_int_equal(found.mandated.refused, 0);
        const struct dg_audit_finding *last = &found.finding[found.finding_count - 1];
        assert_true(dg_bytes_is(last->by, "tinh"));
        assert_true(dg_bytes_is(last->code, "BAD_RECIPIENT"));
    }
}

/* Takes a report out of the outbox of its next hop, as if it had never been owed there. */
static void take_out_of_queue(enum fed_place place, const struct dg_id *id, const char *next)
{
    uint64_t position = position_of(place, id);
    struct dg_txn *txn = tamper(place);
    struct dg_row_key key = dg_key_outbox(dg_bytes_of(next), DG_LANE_NORMAL, position);
    dg_del(txn, DG_TABLE_OUTBOX, dg_row_key_bytes(&key));
    commit(place, txn);
}

static void mandated_copy_taken_out_of_the_queue_is_evidence(void **state)
{
    (void)state;
    fed->cut_khoi = true;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    take_out_of_queue(FED_KHOI, &id, "tinh");
    struct dg_audit found = audit(FED_KHOI, 0);
    assert_true(has_finding(&found, "COPY_LOST", true));
    fed->cut_khoi = false;
}

static void addition_taken_out_of_the_queue_is_told_and_no_evidence(void **state)
{
    (void)state;
    fed->cut_khoi = true;
    struct dg_id id = fed_push(fed, FED_XA, "mttq@khoi");
    take_out_of_queue(FED_TINH, &id, "khoi");
    struct dg_audit found = audit(FED_TINH, 0);
    assert_true(has_finding(&found, "COPY_LOST", false));
    fed->cut_khoi = false;
}

static void altered_leaf_is_evidence(void **state)
{
    struct dg_row_key key = dg_key_u64(1);
    struct dg_bytes leaf, copy;

    (void)state;
    struct dg_txn *txn = tamper(FED_HUYEN);
    assert_true(dg_get(txn, DG_TABLE_LEAF, dg_row_key_bytes(&key), &leaf));
    copy = dg_arena_copy(&arena, leaf);
    dg_put(txn, DG_TABLE_LEAF, dg_row_key_bytes(&key), dg_bytes_of("time 2026\n"));
    commit(FED_HUYEN, txn);
    struct dg_audit found = audit(FED_HUYEN, 0);
    assert_true(has_finding(&found, "TREE_MISMATCH", true));
    assert_true(has_finding(&found, "ROOT_MISMATCH", true));
    txn = tamper(FED_HUYEN);
    dg_del(txn, DG_TABLE_LEAF, dg_row_key_bytes(&key));
    commit(FED_HUYEN, txn);
    found = audit(FED_HUYEN, 0);
    assert_true(has_finding(&found, "LEAF_MISSING", true));
    txn = tamper(FED_HUYEN);
    dg_put(txn, DG_TABLE_LEAF, dg_row_key_bytes(&key), copy);
    commit(FED_HUYEN, txn);
    found = audit(FED_HUYEN, 0);
    assert_int_equal(count_evidence(&found), 0);
}

static void report_or_mailbox_row_that_is_gone_is_evidence(void **state)
{
    struct dg_id id = fed_push(fed, FED_XA, NULL);

    (void)state;
    uint64_t position = position_of(FED_HUYEN, &id);
    struct dg_txn *txn = tamper(FED_HUYEN);
    struct dg_row_key mail = dg_key_organ(dg_bytes_of("ban-dan-van"), position);
    dg_del(txn, DG_TABLE_MAIL, dg_row_key_bytes(&mail));
    commit(FED_HUYEN, txn);
    struct dg_audit found = audit(FED_HUYEN, 0);
    assert_true(has_finding(&found, "MAIL_MISSING", true));
    txn = tamper(FED_HUYEN);
    struct dg_row_key report = dg_key_u64(position);
    dg_del(txn, DG_TABLE_REPORT, dg_row_key_bytes(&report));
    commit(FED_HUYEN, txn);
    found = audit(FED_HUYEN, 0);
    assert_true(has_finding(&found, "REPORT_ALTERED", true));
}

/* Takes the receipt's proof away, as somebody would who invents one. */
static void receipt_that_does_not_hold_is_evidence(void **state)
{
    struct dg_id id = fed_push(fed, FED_XA, NULL);
    uint64_t position = position_of(FED_XA, &id);
    struct dg_custody custody;

    (void)state;
    struct dg_txn *txn = tamper(FED_XA);
    assert_true(dg_custody_get(txn, position, 0, &custody));
    custody.record.index++;
    dg_custody_put(txn, position, 900, custody.origin, custody.checkpoint_size, &custody.record);
    commit(FED_XA, txn);
    struct dg_audit found = audit(FED_XA, 0);
    assert_true(has_finding(&found, "BAD_RECEIPT", true));
}

/* --- joint drafts --------------------------------------------------------------------------- */

static struct dg_id push_joint(void)
{
    struct dg_bytes with = dg_bytes_of("mttq");
    struct dg_report draft = {.kind = dg_bytes_of("joint"), .period = dg_bytes_of("2026")};
    struct dg_ctl_reply reply = fed_push_as(fed, FED_XA, "ban-dan-van", &draft, &with, 1);

    assert_int_equal(reply.fault.err, DG_OK);
    return reply.id;
}

static void withdraw(const struct dg_id *id)
{
    char hex[DG_HEX_BYTES];

    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_JOINT,
                                     .joint = DG_JOINT_WITHDRAW,
                                     .report = dg_bytes_of(hex),
                                     .organ = dg_bytes_of("mttq")};
    assert_int_equal(fed_control(&fed->node[FED_XA], &request).fault.err, DG_OK);
    fed_run(fed, 2);
}

static void drafts_and_voids_explain_their_numbers(void **state)
{
    (void)state;
    struct dg_id id = push_joint();

    withdraw(&id);
    push_joint(); /* and this one waits */
    fed_push(fed, FED_XA, NULL);
    struct dg_audit found = audit(FED_XA, 0);
    assert_int_equal(count_evidence(&found), 0);
}

static void a_number_that_nobody_explains_is_evidence(void **state)
{
    (void)state;
    struct dg_id id = push_joint();

    withdraw(&id);
    fed_push(fed, FED_XA, NULL);
    struct dg_txn *txn = tamper(FED_XA);
    dg_joint_del(txn, &id);
    commit(FED_XA, txn);
    struct dg_audit found = audit(FED_XA, 0);
    assert_true(has_finding(&found, "NUMBER_MISSING", true));
    assert_true(has_finding(&found, "VOID_MISSING", true));
}

static void a_draft_of_an_issued_report_is_evidence(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_XA, NULL);
    struct dg_txn *txn = tamper(FED_XA);
    struct dg_held held;

    assert_int_equal(dg_held_get(txn, &id, &held), DG_OK);
    struct dg_joint joint = {.id = id, .state = DG_JOINT_WAITING, .envelope_bytes = held.envelope_bytes};
    dg_joint_put(txn, &joint);
    commit(FED_XA, txn);
    struct dg_audit found = audit(FED_XA, 0);
    assert_true(has_finding(&found, "ISSUED_AND_DRAFT", true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_nodes_have_no_evidence),
        cmocka_unit_test(reports_before_the_day_asked_for_are_left_out),
        cmocka_unit_test(copy_that_waits_is_no_evidence),
        cmocka_unit_test(copy_beyond_a_refusal_is_told_as_refused_by_whom_and_why),
        cmocka_unit_test(mandated_copy_taken_out_of_the_queue_is_evidence),
        cmocka_unit_test(addition_taken_out_of_the_queue_is_told_and_no_evidence),
        cmocka_unit_test(altered_leaf_is_evidence),
        cmocka_unit_test(report_or_mailbox_row_that_is_gone_is_evidence),
        cmocka_unit_test(receipt_that_does_not_hold_is_evidence),
    };
    const struct CMUnitTest drafts[] = {
        cmocka_unit_test(drafts_and_voids_explain_their_numbers),
        cmocka_unit_test(a_number_that_nobody_explains_is_evidence),
        cmocka_unit_test(a_draft_of_an_issued_report_is_evidence),
    };
    int failed = cmocka_run_group_tests(tests, make_federation, free_federation);
    return failed + cmocka_run_group_tests(drafts, make_federation, free_federation);
}
