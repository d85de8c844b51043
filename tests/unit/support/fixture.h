/* fixture.h - the federation of the test that runs, and an arena for what the test reads.
 *
 * Use: cmocka_unit_test_setup_teardown(test, make_federation, free_federation).
 */
#ifndef DG_TESTS_UNIT_SUPPORT_FIXTURE_H
#define DG_TESTS_UNIT_SUPPORT_FIXTURE_H

#include "tests/unit/support/duties.h"

static struct fed *fed;
static struct dg_arena arena;

static int make_federation(void **state)
{
    struct dg_fault fault;

    (void)state;
    assert_int_equal(dg_crypto_start(&fault), DG_OK);
    dg_arena_init(&arena, 0);
    fed = fed_new_with_past();
    return 0;
}

static int free_federation(void **state)
{
    (void)state;
    fed_free(fed);
    dg_arena_done(&arena);
    return 0;
}

#endif
