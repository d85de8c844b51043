/* test_audit_duties.c - what an audit says of duties, and of calendars, reminders and findings that are gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/cli/export.h"
#include "node/core/issued.h"
#include "node/core/rows.h"
#include "tests/unit/support/auditing.h"
#include "tests/unit/support/duties.h"

/* --- duties --------------------------------------------------------------------------------- */

static void duties_are_counted_and_what_is_missing_is_no_evidence(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    (void)fed_push(fed, FED_XA, NULL);
    struct dg_audit found = audit(FED_HUYEN, 0);
    assert_int_equal(found.duties[DG_DUTY_LATE], 1);    /* of xa */
    assert_int_equal(found.duties[DG_DUTY_MISSING], 1); /* its own */
    assert_true(has_finding(&found, "DUTY_MISSING", false));
    assert_int_equal(count_evidence(&found), 0);
    found = audit(FED_HUYEN, dg_day_start(fed_day("2026-11-20")));
    assert_int_equal(found.duties[DG_DUTY_MISSING], 0); /* due before that */
}

static bool first_key(void *ctx, const struct dg_issued_row *row)
{
    *(struct dg_bytes *)ctx = row->key;
    return false;
}

static void what_was_issued_and_is_gone_is_evidence(void **state)
{
    struct dg_bytes key;
    struct dg_txn *txn;
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    txn = tamper(FED_TINH);
    dg_issued_calendars_each(txn, first_key, &key);
    dg_del(txn, DG_TABLE_ISSUED, key);
    commit(FED_TINH, txn);
    struct dg_audit found = audit(FED_TINH, 0);
    assert_true(has_finding(&found, "ISSUED_MISSING", true));
}

/* As if the report had been in the log, and its filing was kept from the node until it had certified. */
static void a_false_certificate_is_evidence(void **state)
{
    struct dg_row_key key =
        dg_key_filed(dg_bytes_of("T-1"), dg_bytes_of("2026-10"), dg_bytes_of("xa"), dg_bytes_of("cap-uy"));
    uint8_t value[32 + 16] = {0};
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    assert_int_equal(fed_about_duty(fed, DG_CTL_CERTIFY, FED_HUYEN, "cap-uy@xa", 0, NULL).fault.err, DG_OK);
    struct dg_audit found = audit(FED_HUYEN, 0);
    assert_int_equal(count_evidence(&found), 0);
    struct dg_txn *txn = tamper(FED_HUYEN);
    dg_row_key_add_u64(&key, 1);
    dg_put(txn, DG_TABLE_FILED, dg_row_key_bytes(&key), dg_bytes_at(value, sizeof value));
    commit(FED_HUYEN, txn);
    found = audit(FED_HUYEN, 0);
    assert_true(has_finding(&found, "ABSENCE_FALSE", true));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_federation, free_federation)
    const struct CMUnitTest tests[] = {
        TEST(duties_are_counted_and_what_is_missing_is_no_evidence),
        TEST(what_was_issued_and_is_gone_is_evidence),
        TEST(a_false_certificate_is_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
