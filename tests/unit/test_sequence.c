/* test_sequence.c - a report that was withheld leaves a gap in its author's numbers, which somebody is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "tests/unit/support/federation.h"

struct notes {
    const char *code;
    size_t count;
    char detail[128]; /* of the last */
};

static bool note_one(void *ctx, const struct dg_attention *item)
{
    struct notes *notes = ctx;
    if (!dg_bytes_is(item->code, notes->code))
        return true;
    assert_true(dg_bytes_is(item->about, "xa"));
    snprintf(notes->detail, sizeof notes->detail, "%.*s", (int)item->detail.size,
             (const char *)item->detail.data);
    notes->count++;
    return true;
}

static struct notes told(struct fed *fed, const char *code)
{
    struct notes notes = {.code = code};
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[FED_HUYEN].store, &txn), DG_OK);
    dg_attention_each(txn, note_one, &notes);
    dg_abort(fed->node[FED_HUYEN].store, txn);
    return notes;
}

static bool arrived(struct fed *fed, const struct dg_id *id)
{
    struct dg_txn *txn;
    struct dg_held held;
    assert_int_equal(dg_begin_read(fed->node[FED_HUYEN].store, &txn), DG_OK);
    enum dg_err err = dg_held_get(txn, id, &held);
    dg_abort(fed->node[FED_HUYEN].store, txn);
    return err == DG_OK && held.verdict == DG_VERDICT_ACCEPTED;
}

/* Makes xa forget or repeat numbers: its counter of reports for huyen is set behind its back. */
static void set_counter(struct fed *fed, uint64_t number)
{
    struct dg_txn *txn;
    struct dg_committed committed;
    assert_int_equal(dg_begin_write(fed->node[FED_XA].store, &txn), DG_OK);
    dg_meta_put_u64(txn, "to-seq/huyen", number);
    assert_int_equal(dg_commit(fed->node[FED_XA].store, txn, &committed), DG_OK);
}

static void hours_pass(struct fed *fed, int hours)
{
    fed->now += (dg_ms)hours * 3600000;
    fed_run(fed, 2);
}

static void missing_number_is_told_after_an_hour_and_once(void **state)
{
    struct fed *fed = fed_new(false);
    (void)state;
    (void)fed_push(fed, FED_XA, NULL);
    set_counter(fed, 3);
    struct dg_id fourth = fed_push(fed, FED_XA, NULL);
    assert_true(arrived(fed, &fourth));
    assert_int_equal(told(fed, "SEQUENCE_GAP").count, 0);
    hours_pass(fed, 2);
    assert_int_equal(told(fed, "SEQUENCE_GAP").count, 1);
    assert_string_equal(told(fed, "SEQUENCE_GAP").detail, "2-3");
    hours_pass(fed, 30);
    assert_int_equal(told(fed, "SEQUENCE_GAP").count, 1);
    set_counter(fed, 7);
    (void)fed_push(fed, FED_XA, NULL);
    hours_pass(fed, 2);
    assert_int_equal(told(fed, "SEQUENCE_GAP").count, 2);
    assert_string_equal(told(fed, "SEQUENCE_GAP").detail, "5-7");
    assert_int_equal(told(fed, "SEQUENCE_REPEATED").count, 0);
    fed_free(fed);
}

static void report_that_was_overtaken_is_no_gap(void **state)
{
    struct fed *fed = fed_new(false);
    (void)state;
    set_counter(fed, 2);
    (void)fed_push(fed, FED_XA, NULL);
    set_counter(fed, 0);
    (void)fed_push(fed, FED_XA, NULL);
    (void)fed_push(fed, FED_XA, NULL);
    set_counter(fed, 3);
    (void)fed_push(fed, FED_XA, NULL);
    hours_pass(fed, 2);
    assert_int_equal(told(fed, "SEQUENCE_GAP").count, 0);
    assert_int_equal(told(fed, "SEQUENCE_REPEATED").count, 0);
    fed_free(fed);
}

static void number_given_twice_is_told_at_once_and_the_report_is_kept(void **state)
{
    struct fed *fed = fed_new(false);
    (void)state;
    (void)fed_push(fed, FED_XA, NULL);
    (void)fed_push(fed, FED_XA, NULL);
    set_counter(fed, 0);
    struct dg_id again = fed_push(fed, FED_XA, NULL);
    assert_true(arrived(fed, &again));
    assert_int_equal(told(fed, "SEQUENCE_REPEATED").count, 1);
    assert_int_equal(strncmp(told(fed, "SEQUENCE_REPEATED").detail, "1: ", 3), 0);
    (void)fed_push(fed, FED_XA, NULL);
    assert_int_equal(told(fed, "SEQUENCE_REPEATED").count, 1); /* once a day */
    fed_free(fed);
}

static void more_gaps_than_are_kept_are_told_and_forgotten(void **state)
{
    struct fed *fed = fed_new(false);
    (void)state;
    for (uint64_t i = 1; i <= 40; i++) {
        set_counter(fed, 2 * i);
        (void)fed_push(fed, FED_XA, NULL);
    }
    assert_int_equal(told(fed, "SEQUENCE_GAP").count, 1);
    hours_pass(fed, 2);
    assert_int_equal(told(fed, "SEQUENCE_GAP").count, 2);
    fed_free(fed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_number_is_told_after_an_hour_and_once),
        cmocka_unit_test(report_that_was_overtaken_is_no_gap),
        cmocka_unit_test(number_given_twice_is_told_at_once_and_the_report_is_kept),
        cmocka_unit_test(more_gaps_than_are_kept_are_told_and_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
