/* auditing.h - what the tests of an audit share: running it, reading its findings, and tampering with a
 * store. */
#ifndef DG_TESTS_UNIT_SUPPORT_AUDITING_H
#define DG_TESTS_UNIT_SUPPORT_AUDITING_H

#include "node/cli/export.h"
#include "tests/unit/support/fixture.h"

static struct dg_audit audit(enum fed_place place, dg_ms since)
{
    struct dg_audit ret;
    struct dg_fault fault = {0};

    assert_int_equal(dg_node_audit(fed->node[place].store, since, fed->now, &arena, &ret, &fault), DG_OK);
    return ret;
}

static size_t count_evidence(const struct dg_audit *found)
{
    size_t count = 0;

    for (size_t i = 0; i < found->finding_count; i++)
        count += found->finding[i].evidence;
    return count;
}

static bool has_finding(const struct dg_audit *found, const char *what, bool evidence)
{
    for (size_t i = 0; i < found->finding_count; i++) {
        if (strcmp(found->finding[i].what, what) == 0 && found->finding[i].evidence == evidence)
            return true;
    }
    return false;
}

/* Opens a write transaction behind the node's back. */
static struct dg_txn *tamper(enum fed_place place)
{
    struct dg_txn *txn;

    assert_int_equal(dg_begin_write(fed->node[place].store, &txn), DG_OK);
    return txn;
}

static void commit(enum fed_place place, struct dg_txn *txn)
{
    struct dg_committed committed;

    assert_int_equal(dg_commit(fed->node[place].store, txn, &committed), DG_OK);
}

#endif
