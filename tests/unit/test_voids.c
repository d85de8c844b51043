/* test_voids.c - a joint draft that was taken back explains its numbers wherever they are waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/issued_impl.h"
#include "node/core/ledger.h"
#include "proto/joint.h"
#include "tests/unit/support/federation.h"

static struct fed *fed;

static int set_up(void **state)
{
    struct dg_fault fault;

    (void)state;
    assert_int_equal(dg_crypto_start(&fault), DG_OK);
    fed = fed_new(false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fed_free(fed);
    return 0;
}

/* ---- builders ------------------------------------------------------------------------------------ */

/* The yearly report of ban-dan-van and mttq at xa, for huyen and, by way of tinh, for khoi. */
static struct dg_id push_joint(void)
{
    static struct dg_bytes with, also;
    struct dg_report draft = {
        .kind = dg_bytes_of("joint"), .period = dg_bytes_of("2026"), .also_to_count = 1, .also_to = &also};

    with = dg_bytes_of("mttq");
    also = dg_bytes_of("van-phong@khoi");
    struct dg_ctl_reply reply = fed_push_as(fed, FED_XA, "ban-dan-van", &draft, &with, 1);
    assert_int_equal(reply.fault.err, DG_OK);
    return reply.id;
}

static void act(enum dg_joint_action action, const struct dg_id *id)
{
    char hex[DG_HEX_BYTES];

    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {
        .verb = DG_CTL_JOINT, .joint = action, .report = dg_bytes_of(hex), .organ = dg_bytes_of("mttq")};
    assert_int_equal(fed_control(&fed->node[FED_XA], &request).fault.err, DG_OK);
    fed_run(fed, 20);
}

static struct dg_txn *read_at(enum fed_place place)
{
    struct dg_txn *txn;

    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    return txn;
}

static void done(enum fed_place place, struct dg_txn *txn)
{
    assert_int_equal(txn->err, DG_OK);
    dg_abort(fed->node[place].store, txn);
}

/* Makes xa repeat the numbers of its joint reports for huyen. */
static void set_counter(uint64_t number)
{
    struct dg_txn *txn;
    struct dg_committed committed;

    assert_int_equal(dg_begin_write(fed->node[FED_XA].store, &txn), DG_OK);
    dg_meta_put_u64(txn, "joint-seq/huyen", number);
    assert_int_equal(dg_commit(fed->node[FED_XA].store, txn, &committed), DG_OK);
}

/* True when that place holds a void by which xa took the number for `to` back. */
static bool explained(enum fed_place place, const char *to, uint64_t number)
{
    struct dg_txn *txn = read_at(place);
    bool names = dg_void_names(txn, dg_bytes_of("xa"), 1, dg_bytes_of(to), number);

    assert_false(dg_void_names(txn, dg_bytes_of("xa"), 2, dg_bytes_of(to), number)); /* another epoch */
    done(place, txn);
    return names;
}

struct told {
    enum dg_err code;
    size_t count;
    char about[128], detail[160]; /* of the last */
};

static bool note_one(void *ctx, const struct dg_attention *item)
{
    struct told *told = ctx;

    if (!dg_bytes_is(item->code, dg_err_name(told->code)))
        return true;
    told->count++;
    snprintf(told->about, sizeof told->about, "%.*s", (int)item->about.size, (const char *)item->about.data);
    snprintf(told->detail, sizeof told->detail, "%.*s", (int)item->detail.size,
             (const char *)item->detail.data);
    assert_int_equal(dg_attention_calls(item), told->code != DG_ERR_NUMBER_VOIDED);
    return true;
}

static struct told told_at(enum fed_place place, enum dg_err code)
{
    struct told told = {.code = code};
    struct dg_txn *txn = read_at(place);

    dg_attention_each(txn, note_one, &told);
    done(place, txn);
    return told;
}

static void days_pass(int days)
{
    fed->now += (dg_ms)days * 86400000;
    fed_run(fed, 20);
}

/* ---- on the way ---------------------------------------------------------------------------------- */

static void a_void_reaches_every_unit_that_waits_for_its_number(void **state)
{
    static const enum fed_place waits[] = {FED_HUYEN, FED_KHOI};
    struct dg_id id = push_joint();
    char expected[DG_HEX_BYTES + 32], hex[DG_HEX_BYTES];

    (void)state;
    assert_false(explained(FED_HUYEN, "huyen", 1));
    act(DG_JOINT_WITHDRAW, &id);
    dg_hex(id.b, sizeof id.b, hex);
    snprintf(expected, sizeof expected, "1 (2026-11-21: %s)", hex);
    for (size_t i = 0; i < 2; i++) {
        assert_true(explained(waits[i], fed->node[waits[i]].unit, 1));
        assert_false(explained(waits[i], fed->node[waits[i]].unit, 2));
        struct told told = told_at(waits[i], DG_ERR_NUMBER_VOIDED);
        assert_int_equal(told.count, 1);
        assert_string_equal(told.about, "mttq@xa");
        assert_string_equal(told.detail, expected);
    }
    assert_true(explained(FED_TINH, "khoi", 1)); /* passed on, and nobody's business there */
    assert_int_equal(told_at(FED_TINH, DG_ERR_NUMBER_VOIDED).count, 0);
    struct dg_ctl_request request = {.verb = DG_CTL_STATUS};
    assert_int_equal(fed_control(&fed->node[FED_HUYEN], &request).reason_count, 0);
}

static void a_void_waits_for_a_unit_that_is_cut_off(void **state)
{
    struct dg_id id = push_joint();

    (void)state;
    fed->cut_khoi = true;
    act(DG_JOINT_WITHDRAW, &id);
    assert_false(explained(FED_KHOI, "khoi", 1));
    fed->cut_khoi = false;
    fed_run(fed, 120);
    assert_true(explained(FED_KHOI, "khoi", 1));
    assert_int_equal(told_at(FED_KHOI, DG_ERR_NUMBER_VOIDED).count, 1);
}

/* Queues a void of xa that its own program would not make. forged: signed by the unit and not by the organ.
 */
static bool is_taken(uint64_t number, const char *federation, bool forged, bool logged)
{
    struct fed_node *xa = &fed->node[FED_XA];
    struct dg_bytes unit = dg_bytes_of("xa");
    struct dg_to_seq to = {.unit = dg_bytes_of("huyen"), .seq = number};
    struct dg_directory dir;
    struct dg_committed committed;
    struct dg_txn *txn;
    struct dg_buf body;

    assert_int_equal(dg_begin_write(xa->store, &txn), DG_OK);
    assert_int_equal(dg_directory_load(txn, txn->arena, &dir), DG_OK);
    const struct dg_dir_organ *organ =
        dg_dir_unit_organ(dg_directory_unit(&dir, unit), dg_bytes_of("mttq"), dg_day_of(fed->now));
    struct dg_void voided = {.federation = dg_bytes_of(federation),
                             .report = {.b = {7}},
                             .organ = organ->slug,
                             .unit = unit,
                             .certificate = organ->certificate,
                             .to_seq_count = 1,
                             .to_seq = &to,
                             .signed_ms = fed->now,
                             .epoch = 1};
    struct dg_issued_row row = {.origin = dg_bytes_of(FED_NAME "/xa/e1"),
                                .record = {.kind = DG_RECORD_VOID, .has_signed = true}};
    dg_buf_init(&body, DG_VOID_MAX);
    assert_int_equal(dg_void_encode(&voided, &body), DG_OK);
    struct dg_signed *sealed = &row.record.sealed;
    sealed->body = dg_buf_bytes(&body);
    assert_int_equal(
        fed_sign(xa, forged ? &xa->keys.unit : &organ->signing, DG_CONTEXT_VOID, sealed->body, &sealed->sig),
        DG_OK);
    struct dg_leaf leaf = {.time = fed->now,
                           .kind = DG_LEAF_VOID,
                           .report = voided.report,
                           .organ = voided.organ,
                           .unit = unit,
                           .object = dg_sha256(logged ? sealed->body : unit)};
    row.record.index = dg_ledger_append(txn, &leaf);
    assert_true(dg_leaf_get(txn, row.record.index, &row.record.leaf));
    struct dg_row_key key = dg_key_void(unit, sealed->body);
    row.key = dg_row_key_bytes(&key);
    dg_issued_put(txn, &row);
    dg_outbox_push_record(xa->node, txn, to.unit, DG_QUEUED_ISSUED, 0, 0, row.key, fed->now);
    assert_int_equal(dg_commit(xa->store, txn, &committed), DG_OK);
    dg_buf_done(&body);
    dg_node_forget(xa->node);
    (void)fed_push(fed, FED_XA, NULL); /* a turn that seals the log */
    fed_run(fed, 120);
    return explained(FED_HUYEN, "huyen", number);
}

static void only_what_the_organ_signed_and_its_log_has_is_taken(void **state)
{
    (void)state;
    assert_false(is_taken(3, FED_NAME, true, true));
    assert_false(is_taken(4, FED_NAME, false, false));
    assert_false(is_taken(5, "khac.test", false, true));
    assert_int_equal(told_at(FED_HUYEN, DG_ERR_NUMBER_VOIDED).count, 0);
    assert_true(is_taken(6, FED_NAME, false, true));
}

/* ---- numbers ------------------------------------------------------------------------------------- */

static void a_number_that_was_taken_back_is_no_gap(void **state)
{
    struct dg_id first = push_joint(), second = push_joint();

    (void)state;
    act(DG_JOINT_WITHDRAW, &first);
    act(DG_JOINT_SIGN, &second);
    days_pass(DG_JOINT_DRAFT_DAYS + 2);
    assert_int_equal(told_at(FED_HUYEN, DG_ERR_SEQUENCE_GAP).count, 0);
    assert_int_equal(told_at(FED_KHOI, DG_ERR_SEQUENCE_GAP).count, 0);
}

/* Nobody can sign such a draft any more, and its unit owes the void. */
static void a_number_without_void_is_a_gap_once_no_draft_can_have_it(void **state)
{
    (void)push_joint();
    struct dg_id second = push_joint();

    (void)state;
    act(DG_JOINT_SIGN, &second);
    days_pass(DG_JOINT_DRAFT_DAYS);
    assert_int_equal(told_at(FED_HUYEN, DG_ERR_SEQUENCE_GAP).count, 0);
    days_pass(2);
    struct told told = told_at(FED_HUYEN, DG_ERR_SEQUENCE_GAP);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.about, "xa");
    assert_string_equal(told.detail, "1-1");
}

static void a_report_with_a_number_that_was_taken_back_is_evidence(void **state)
{
    struct dg_id first = push_joint();

    (void)state;
    act(DG_JOINT_WITHDRAW, &first);
    assert_int_equal(told_at(FED_HUYEN, DG_ERR_VOID_BROKEN).count, 0);
    set_counter(0);
    struct dg_id again = push_joint();
    act(DG_JOINT_SIGN, &again);
    struct told told = told_at(FED_HUYEN, DG_ERR_VOID_BROKEN);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.about, "xa");
    assert_memory_equal(told.detail, "1: ", 3);
    assert_int_equal(told_at(FED_HUYEN, DG_ERR_SEQUENCE_REPEATED).count, 0);
}

static void a_void_of_a_number_that_a_report_has_is_evidence(void **state)
{
    struct dg_id first = push_joint();

    (void)state;
    act(DG_JOINT_SIGN, &first);
    set_counter(0);
    struct dg_id again = push_joint();
    act(DG_JOINT_WITHDRAW, &again);
    assert_int_equal(told_at(FED_HUYEN, DG_ERR_VOID_BROKEN).count, 1);
    assert_true(explained(FED_HUYEN, "huyen", 1)); /* the evidence is kept */
}

/* A report of one author may have the same number as a joint one: they are counted apart. */
static void a_void_says_nothing_of_reports_by_one_organ(void **state)
{
    struct dg_id first = push_joint();

    (void)state;
    act(DG_JOINT_WITHDRAW, &first);
    (void)fed_push(fed, FED_XA, NULL);
    assert_int_equal(told_at(FED_HUYEN, DG_ERR_VOID_BROKEN).count, 0);
    assert_int_equal(told_at(FED_HUYEN, DG_ERR_SEQUENCE_REPEATED).count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_void_reaches_every_unit_that_waits_for_its_number),
        TEST(a_void_waits_for_a_unit_that_is_cut_off),
        TEST(only_what_the_organ_signed_and_its_log_has_is_taken),
        TEST(a_number_that_was_taken_back_is_no_gap),
        TEST(a_number_without_void_is_a_gap_once_no_draft_can_have_it),
        TEST(a_report_with_a_number_that_was_taken_back_is_evidence),
        TEST(a_void_of_a_number_that_a_report_has_is_evidence),
        TEST(a_void_says_nothing_of_reports_by_one_organ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
