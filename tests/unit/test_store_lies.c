/* The simulator's store tells the lies that disks tell, and the core hears of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store/store_mem.h"

static struct dg_store *with_row(const char *value)
{
    struct dg_store *store = dg_store_mem_new();
    struct dg_txn *txn;
    struct dg_committed committed;
    assert_non_null(store);
    assert_int_equal(dg_begin_write(store, &txn), DG_OK);
    dg_put(txn, DG_TABLE_META, dg_bytes_of("key"), dg_bytes_of(value));
    assert_int_equal(dg_commit(store, txn, &committed), DG_OK);
    return store;
}

/* Reads the row; the error of the transaction. */
static enum dg_err read_row(struct dg_store *store, const char *expected)
{
    struct dg_txn *txn;
    struct dg_bytes value;
    assert_int_equal(dg_begin_read(store, &txn), DG_OK);
    bool found = dg_get(txn, DG_TABLE_META, dg_bytes_of("key"), &value);
    if (found)
        assert_true(dg_bytes_is(value, expected));
    enum dg_err err = txn->err;
    assert_true(found || err != DG_OK);
    dg_abort(store, txn);
    return err;
}

/* Flips a bit of the only row there is; which table a number means is the store's own affair. */
static void rot(struct dg_store *store)
{
    const char *table = NULL;
    for (uint64_t which = 0; table == NULL && which < DG_TABLE_COUNT; which++)
        table = dg_store_mem_rot(store, which);
    assert_non_null(table);
}

static void an_altered_row_is_never_read_as_good(void **state)
{
    (void)state;
    struct dg_store *store = with_row("value");
    struct dg_txn *txn;
    struct dg_cursor cursor;
    rot(store);
    assert_int_equal(read_row(store, "value"), DG_ERR_STORE_CORRUPT);
    assert_int_equal(dg_begin_read(store, &txn), DG_OK);
    dg_cursor_open(&cursor, txn, DG_TABLE_META);
    assert_false(dg_cursor_seek(&cursor, dg_bytes_of("key")));
    dg_cursor_close(&cursor);
    assert_int_equal(txn->err, DG_ERR_STORE_CORRUPT);
    dg_abort(store, txn);
    dg_store_close(store);
}

static void a_masked_or_healed_row_is_as_it_was(void **state)
{
    (void)state;
    struct dg_store *store = with_row("value");
    rot(store);
    dg_store_mem_mask(store, true);
    assert_int_equal(read_row(store, "value"), DG_OK);
    dg_store_mem_mask(store, false);
    assert_int_equal(read_row(store, "value"), DG_ERR_STORE_CORRUPT);
    assert_true(dg_store_mem_heal(store));
    assert_int_equal(read_row(store, "value"), DG_OK);
    assert_false(dg_store_mem_heal(store));
    dg_store_close(store);
}

static void a_row_that_is_replaced_has_no_rot(void **state)
{
    (void)state;
    struct dg_store *store = with_row("value");
    struct dg_txn *txn;
    struct dg_committed committed;
    rot(store);
    assert_int_equal(dg_begin_write(store, &txn), DG_OK);
    dg_put(txn, DG_TABLE_META, dg_bytes_of("key"), dg_bytes_of("other"));
    assert_int_equal(dg_commit(store, txn, &committed), DG_OK);
    assert_int_equal(read_row(store, "other"), DG_OK);
    assert_false(dg_store_mem_heal(store));
    dg_store_close(store);
}

static void a_late_failure_keeps_what_it_denies(void **state)
{
    (void)state;
    struct dg_store *store = with_row("value");
    struct dg_txn *txn;
    struct dg_committed committed;
    dg_store_mem_fail_late(store, DG_ERR_STORE_IO);
    assert_int_equal(dg_begin_write(store, &txn), DG_OK);
    dg_put(txn, DG_TABLE_META, dg_bytes_of("key"), dg_bytes_of("other"));
    assert_int_equal(dg_commit(store, txn, &committed), DG_ERR_STORE_IO);
    dg_store_mem_crash(store);
    assert_int_equal(read_row(store, "other"), DG_OK);
    dg_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_altered_row_is_never_read_as_good),
        cmocka_unit_test(a_masked_or_healed_row_is_as_it_was),
        cmocka_unit_test(a_row_that_is_replaced_has_no_rot),
        cmocka_unit_test(a_late_failure_keeps_what_it_denies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
