/* test_had.c - a unit that has a newer regime cannot go on by the older one. The federation is that of
 * support/federation.h; huyen is the liar.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "tests/unit/support/federation.h"

enum { HOUR_S = 3600 };

static int set_up(void **state)
{
    *state = fed_new(false);
    return 0;
}

static int tear_down(void **state)
{
    fed_free(*state);
    return 0;
}

/* A few minutes of the federation, and then its clocks alone. */
static void pass_time(struct fed *fed, int hours)
{
    fed->now += (dg_ms)hours * HOUR_S * 1000;
    fed_run(fed, 120);
}

static void adopt(struct fed *fed, enum fed_place place, const char *from)
{
    struct dg_bytes regime = fed_regime(fed, "moi"); /* the rules of the first regime under another name */
    struct dg_ctl_request request = {.verb = DG_CTL_ADOPT, .regime_count = 1, .regime = &regime};
    assert_true(dg_day_parse(dg_bytes_of(from), &request.from));
    assert_int_equal(fed_control(&fed->node[place], &request).fault.err, DG_OK);
    fed_run(fed, 10);
}

/* ---- the lie ---------------------------------------------------------------------------------------- */

/* The report of that id once more, with its old regimes: signed now by the same organ, and issued as a
 * dishonest node would. */
static struct dg_id again(struct fed *fed, const struct dg_id *id)
{
    struct fed_node *node = &fed->node[FED_HUYEN];
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_held held;
    struct dg_buf buf;
    struct dg_author_signature signature = {.author = 0};
    assert_int_equal(dg_begin_write(node->store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, id, &held), DG_OK);
    struct dg_report report = held.report;
    struct dg_to_seq seq = report.to_seq[0];
    seq.seq = dg_meta_count(txn, "to-seq/tinh");
    report.to_seq = &seq;
    report.signed_ms = fed->now;
    report.salt[0] ^= 1;
    const struct dg_dir_organ *organ =
        dg_dir_unit_certificate(dg_node_self(node->node, txn), &report.author[0].certificate);
    dg_buf_init(&buf, DG_ENVELOPE_MAX);
    assert_int_equal(dg_report_encode(&report, &buf), DG_OK);
    struct dg_envelope envelope = {.report = dg_arena_copy(txn->arena, dg_buf_bytes(&buf)),
                                   .signature_count = 1,
                                   .signature = &signature};
    assert_int_equal(fed_sign(node, &organ->signing, DG_CONTEXT_REPORT, envelope.report, &signature.sig),
                     DG_OK);
    dg_buf_reset(&buf);
    assert_int_equal(dg_envelope_encode(&envelope, &buf), DG_OK);
    struct dg_admission admission = {.report = &report,
                                     .envelope = dg_arena_copy(txn->arena, dg_buf_bytes(&buf)),
                                     .id = dg_report_id(envelope.report)};
    dg_buf_done(&buf);
    (void)dg_delivery_admit(node->node, txn, &admission, fed->now);
    assert_int_equal(dg_node_seal(node->node, txn, fed->now), DG_OK);
    assert_int_equal(dg_commit(node->store, txn, &committed), DG_OK);
    fed_run(fed, 10);
    return admission.id;
}

/* What the province made of it. */
static const char *verdict(struct fed *fed, const struct dg_id *id)
{
    static char code[64];
    struct dg_txn *txn;
    struct dg_report_ix ix;
    assert_int_equal(dg_begin_read(fed->node[FED_TINH].store, &txn), DG_OK);
    assert_true(dg_report_ix_get(txn, id, &ix));
    snprintf(code, sizeof code, "%.*s", (int)ix.code.size, (const char *)ix.code.data);
    bool accepted = ix.verdict == DG_VERDICT_ACCEPTED;
    dg_abort(fed->node[FED_TINH].store, txn);
    return accepted ? "accepted" : code;
}

/* ---- the units' own adoptions ------------------------------------------------------------------------ */

static void a_unit_that_adopted_anew_is_held_to_it(void **state)
{
    struct fed *fed = *state;
    struct dg_id before = fed_push(fed, FED_HUYEN, NULL);
    adopt(fed, FED_HUYEN, "2026-01-01");
    struct dg_id lie = again(fed, &before);
    assert_string_equal(verdict(fed, &before), "accepted");
    assert_string_equal(verdict(fed, &lie), "MANDATE_MISSING");
    struct dg_id honest = fed_push(fed, FED_HUYEN, NULL);
    assert_string_equal(verdict(fed, &honest), "accepted");
}

static void an_adoption_for_later_days_hinders_no_older_paper(void **state)
{
    struct fed *fed = *state;
    struct dg_id before = fed_push(fed, FED_HUYEN, NULL);
    adopt(fed, FED_HUYEN, "2027-01-01");
    struct dg_id further = again(fed, &before);
    assert_string_equal(verdict(fed, &further), "accepted");
}

/* The report was signed by a clock that ran ahead, and waits in the outbox while the clock is set right and
 * the unit adopts anew. */
static void a_clock_that_was_set_back_wrongs_no_report(void **state)
{
    struct fed *fed = *state;
    fed->cut_khoi = true;
    fed->now += (dg_ms)7 * HOUR_S * 1000;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    fed->now -= (dg_ms)7 * HOUR_S * 1000;
    adopt(fed, FED_KHOI, "2026-01-01");
    fed->cut_khoi = false;
    fed_run(fed, 300);
    assert_string_equal(verdict(fed, &id), "accepted");
}

/* ---- those of the superior unit ------------------------------------------------------------------------ */

/* What the log holds last is not what was signed last. */
static void a_clock_that_was_set_back_before_other_leaves_wrongs_no_report(void **state)
{
    struct fed *fed = *state;
    fed->cut_khoi = true;
    fed->now += (dg_ms)7 * HOUR_S * 1000;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    fed->now -= (dg_ms)7 * HOUR_S * 1000;
    struct dg_id later = fed_push(fed, FED_KHOI, NULL);
    adopt(fed, FED_KHOI, "2026-01-01");
    fed->cut_khoi = false;
    fed_run(fed, 300);
    assert_string_equal(verdict(fed, &id), "accepted");
    assert_string_equal(verdict(fed, &later), "accepted");
}

static void what_the_parent_told_is_known_a_day_later(void **state)
{
    struct fed *fed = *state;
    struct dg_id before = fed_push(fed, FED_HUYEN, NULL);
    adopt(fed, FED_TINH, "2026-01-01");
    struct dg_id at_once = again(fed, &before);
    assert_string_equal(verdict(fed, &at_once), "accepted"); /* as far as clocks may differ */
    pass_time(fed, 25);
    struct dg_id lie = again(fed, &at_once);
    assert_string_equal(verdict(fed, &lie), "MANDATE_MISSING");
}

static void what_was_not_acknowledged_is_not_known(void **state)
{
    struct fed *fed = *state;
    fed->cut_khoi = true;
    adopt(fed, FED_TINH, "2026-01-01");
    pass_time(fed, 25);
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    fed->cut_khoi = false;
    fed_run(fed, 300);
    assert_string_equal(verdict(fed, &id), "accepted");
}

/* Both adoptions of the province were in the grant: the older one never was an excuse. */
static void what_a_grant_held_is_known_from_the_first_greeting_on(void **state)
{
    struct fed *fed = *state;
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[FED_TINH].store, &txn), DG_OK);
    assert_true(dg_meta_u64(txn, "heard/huyen/tinh/1") > 0);
    assert_true(dg_meta_u64(txn, "heard/khoi/tinh/1") > 0);
    assert_int_equal(dg_meta_u64(txn, "heard/huyen/tinh/2"), 0);
    dg_abort(fed->node[FED_TINH].store, txn);
}

int main(void)
{
    struct dg_fault fault;
    if (dg_crypto_start(&fault) != DG_OK)
        return 1;
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_unit_that_adopted_anew_is_held_to_it),
        TEST(an_adoption_for_later_days_hinders_no_older_paper),
        TEST(a_clock_that_was_set_back_wrongs_no_report),
        TEST(a_clock_that_was_set_back_before_other_leaves_wrongs_no_report),
        TEST(what_the_parent_told_is_known_a_day_later),
        TEST(what_was_not_acknowledged_is_not_known),
        TEST(what_a_grant_held_is_known_from_the_first_greeting_on),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
