/* test_joint.c - a report of two organs: both sign the same bytes, or it is not issued. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/ledger.h"
#include "node/core/rows.h"
#include "proto/joint.h"
#include "tests/unit/support/adopt.h"

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

/* The yearly report of ban-dan-van and mttq at xa, also to an organ of a unit that does not know them. */
static struct dg_ctl_reply push_joint(void)
{
    static struct dg_bytes with, also;
    struct dg_report draft = {
        .kind = dg_bytes_of("joint"), .period = dg_bytes_of("2026"), .also_to_count = 1, .also_to = &also};

    with = dg_bytes_of("mttq");
    also = dg_bytes_of("van-phong@khoi");
    return fed_push_as(fed, FED_XA, "ban-dan-van", &draft, &with, 1);
}

static struct dg_ctl_reply ask(enum dg_joint_action action, const struct dg_id *id, const char *organ,
                               bool dry_run)
{
    char hex[DG_HEX_BYTES];

    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_JOINT,
                                     .joint = action,
                                     .report = dg_bytes_of(hex),
                                     .organ = dg_bytes_of(organ),
                                     .dry_run = dry_run};
    struct dg_ctl_reply reply = fed_control(&fed->node[FED_XA], &request);
    fed_run(fed, 20);
    return reply;
}

static enum dg_err sign(const struct dg_id *id, const char *organ)
{
    return ask(DG_JOINT_SIGN, id, organ, false).fault.err;
}

static enum dg_err withdraw(const struct dg_id *id, const char *organ)
{
    return ask(DG_JOINT_WITHDRAW, id, organ, false).fault.err;
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

static bool holds(enum fed_place place, const struct dg_id *id)
{
    struct dg_txn *txn = read_at(place);
    struct dg_held held;
    bool has = dg_held_get(txn, id, &held) == DG_OK && held.verdict == DG_VERDICT_ACCEPTED;

    if (has)
        assert_int_equal(held.envelope.signature_count, held.report.author_count);
    done(place, txn);
    return has;
}

static size_t rows(enum dg_table table)
{
    return dg_store_mem_rows(fed->node[FED_XA].store, table);
}

static uint64_t waiting(void)
{
    struct dg_txn *txn = read_at(FED_XA);
    uint64_t count = dg_meta_u64(txn, "joint-waiting");

    done(FED_XA, txn);
    return count;
}

/* ---- issuing ------------------------------------------------------------------------------------- */

static void the_lead_alone_issues_nothing(void **state)
{
    (void)state;
    size_t leaves = rows(DG_TABLE_LEAF), mail = rows(DG_TABLE_MAIL);
    struct dg_ctl_reply reply = push_joint();

    assert_int_equal(reply.fault.err, DG_OK);
    assert_true(dg_bytes_is(reply.text, "mttq"));
    assert_false(holds(FED_XA, &reply.id));
    assert_int_equal(rows(DG_TABLE_DRAFT), 1);
    assert_int_equal(waiting(), 1);
    assert_int_equal(rows(DG_TABLE_LEAF), leaves);
    assert_int_equal(rows(DG_TABLE_MAIL), mail);
    assert_int_equal(rows(DG_TABLE_OUTBOX), 0);
    assert_int_equal(rows(DG_TABLE_SENT), 0);
}

static void without_the_further_signer_no_rule_binds(void **state)
{
    (void)state;
    struct dg_report draft = {.kind = dg_bytes_of("joint"), .period = dg_bytes_of("2026")};

    assert_int_equal(fed_push_as(fed, FED_XA, "ban-dan-van", &draft, NULL, 0).fault.err, DG_ERR_NO_RULE);
    struct dg_bytes same = dg_bytes_of("ban-dan-van"), other = dg_bytes_of("cap-uy");
    assert_int_equal(fed_push_as(fed, FED_XA, "ban-dan-van", &draft, &same, 1).fault.err, DG_ERR_BAD_VALUE);
    assert_int_equal(fed_push_as(fed, FED_XA, "ban-dan-van", &draft, &other, 1).fault.err, DG_ERR_NO_RULE);
    assert_int_equal(rows(DG_TABLE_DRAFT), 0);
}

static void the_last_signature_issues_it_to_everybody(void **state)
{
    (void)state;
    struct dg_id id = push_joint().id;
    struct dg_ctl_reply reply = ask(DG_JOINT_SIGN, &id, "mttq", false);

    assert_int_equal(reply.fault.err, DG_OK);
    assert_int_equal(reply.text.size, 0);
    assert_true(dg_id_equal(&reply.id, &id));
    assert_int_equal(rows(DG_TABLE_DRAFT), 0);
    assert_int_equal(waiting(), 0);
    assert_int_equal(rows(DG_TABLE_SENT), 2); /* one for each author */
    assert_int_equal(rows(DG_TABLE_OUTBOX), 0);
    for (enum fed_place place = FED_TINH; place <= FED_KHOI; place++)
        assert_true(holds(place, &id)); /* khoi knows neither signer but by the chain that came along */
}

static void both_names_stand_in_every_leaf(void **state)
{
    (void)state;
    struct dg_id id = push_joint().id;

    assert_int_equal(sign(&id, "mttq"), DG_OK);
    for (enum fed_place place = FED_TINH; place <= FED_KHOI; place++) {
        struct dg_txn *txn = read_at(place);
        struct dg_report_ix ix;
        struct dg_bytes text;
        struct dg_leaf leaf;
        assert_true(dg_report_ix_get(txn, &id, &ix) && dg_leaf_get(txn, ix.position, &text));
        assert_int_equal(dg_leaf_parse(txn->arena, text, &leaf, NULL), DG_OK);
        assert_int_equal(leaf.author_count, 2);
        assert_true(dg_bytes_is(leaf.author[0].organ, "ban-dan-van"));
        assert_true(dg_bytes_is(leaf.author[1].organ, "mttq"));
        done(place, txn);
    }
}

static void signing_again_changes_nothing(void **state)
{
    (void)state;
    struct dg_id id = push_joint().id;

    assert_int_equal(sign(&id, "ban-dan-van"), DG_OK); /* the lead signed by pushing */
    assert_int_equal(rows(DG_TABLE_DRAFT), 1);
    assert_int_equal(sign(&id, "mttq"), DG_OK);
    size_t leaves = rows(DG_TABLE_LEAF);
    assert_int_equal(sign(&id, "mttq"), DG_OK);
    assert_int_equal(sign(&id, "ban-dan-van"), DG_OK);
    assert_int_equal(rows(DG_TABLE_LEAF), leaves);
}

static void a_draft_outlives_its_process(void **state)
{
    (void)state;
    struct dg_id id = push_joint().id;
    struct fed_node *xa = &fed->node[FED_XA];

    dg_turn_done(&xa->turn);
    dg_node_close(xa->node);
    fed_open(xa);
    fed_run(fed, 20);
    assert_int_equal(sign(&id, "mttq"), DG_OK);
    assert_true(holds(FED_KHOI, &id));
}

static void a_dry_run_changes_nothing(void **state)
{
    (void)state;
    struct dg_id id = push_joint().id;

    assert_int_equal(ask(DG_JOINT_SIGN, &id, "mttq", true).fault.err, DG_OK);
    assert_int_equal(ask(DG_JOINT_WITHDRAW, &id, "mttq", true).fault.err, DG_OK);
    assert_false(holds(FED_XA, &id));
    assert_int_equal(waiting(), 1);
}

static void only_its_signers_may_sign_or_withdraw(void **state)
{
    (void)state;
    struct dg_id id = push_joint().id, unknown = {.b = {1, 2, 3, 4, 5}};

    assert_int_equal(sign(&id, "cap-uy"), DG_ERR_NOT_SIGNER);
    assert_int_equal(withdraw(&id, "cap-uy"), DG_ERR_NOT_SIGNER);
    assert_int_equal(sign(&unknown, "mttq"), DG_ERR_NOT_FOUND);
    assert_int_equal(sign(&id, "mttq"), DG_OK);
    assert_int_equal(sign(&id, "cap-uy"), DG_ERR_NOT_SIGNER);
}

/* ---- taking it back ------------------------------------------------------------------------------ */

static void either_signer_can_take_it_back_for_ever(void **state)
{
    (void)state;
    static const char *const by[] = {"ban-dan-van", "mttq"};

    for (size_t i = 0; i < 2; i++) {
        struct dg_id id = push_joint().id;
        assert_int_equal(withdraw(&id, by[i]), DG_OK);
        assert_int_equal(waiting(), 0);
        size_t leaves = rows(DG_TABLE_LEAF);
        assert_int_equal(withdraw(&id, by[1 - i]), DG_OK); /* it is gone already */
        assert_int_equal(sign(&id, "mttq"), DG_ERR_BAD_STATE);
        assert_int_equal(rows(DG_TABLE_LEAF), leaves);
        assert_false(holds(FED_XA, &id));
    }
}

static void the_void_is_signed_logged_and_names_the_numbers(void **state)
{
    (void)state;
    struct dg_id id = push_joint().id;

    assert_int_equal(withdraw(&id, "mttq"), DG_OK);
    struct dg_txn *txn = read_at(FED_XA);
    struct dg_joint joint;
    struct dg_void voided;
    struct dg_bytes text;
    struct dg_leaf leaf;
    struct dg_directory dir;
    assert_true(dg_joint_get(txn, &id, &joint));
    assert_int_equal(joint.state, DG_JOINT_WITHDRAWN);
    assert_int_equal(dg_void_decode(txn->arena, joint.voided.body, &voided, NULL), DG_OK);
    assert_int_equal(voided.to_seq_count, 2); /* huyen and khoi */
    assert_int_equal(voided.to_seq_count, joint.report.to_seq_count);
    for (size_t i = 0; i < voided.to_seq_count; i++)
        assert_int_equal(voided.to_seq[i].seq, joint.report.to_seq[i].seq);
    assert_int_equal(dg_directory_load(txn, txn->arena, &dir), DG_OK);
    const struct dg_dir_organ *organ =
        dg_dir_unit_certificate(dg_directory_unit(&dir, dg_bytes_of("xa")), &voided.certificate);
    assert_true(dg_bytes_is(organ->slug, "mttq"));
    assert_true(dg_verify(&organ->signing, DG_CONTEXT_VOID, joint.voided.body, &joint.voided.sig));
    assert_true(dg_leaf_get(txn, joint.void_index, &text));
    assert_int_equal(dg_leaf_parse(txn->arena, text, &leaf, NULL), DG_OK);
    struct dg_hash object = dg_sha256(joint.voided.body);
    assert_int_equal(leaf.kind, DG_LEAF_VOID);
    assert_true(dg_id_equal(&leaf.report, &id) && dg_hash_equal(&leaf.object, &object));
    done(FED_XA, txn);
}

static void what_is_issued_cannot_be_taken_back(void **state)
{
    (void)state;
    struct dg_id id = push_joint().id;

    assert_int_equal(sign(&id, "mttq"), DG_OK);
    size_t leaves = rows(DG_TABLE_LEAF);
    assert_int_equal(withdraw(&id, "mttq"), DG_ERR_BAD_STATE);
    assert_int_equal(rows(DG_TABLE_LEAF), leaves);
}

static uint64_t seq_to_huyen(const struct dg_id *id)
{
    struct dg_txn *txn = read_at(FED_XA);
    struct dg_held held;
    uint64_t seq = 0;

    assert_int_equal(dg_held_get(txn, id, &held), DG_OK);
    for (size_t i = 0; i < held.report.to_seq_count; i++)
        if (dg_bytes_is(held.report.to_seq[i].unit, "huyen"))
            seq = held.report.to_seq[i].seq;
    done(FED_XA, txn);
    return seq;
}

/* Joint reports are counted apart, so that what waits or is withdrawn leaves no gap among the others. */
static void a_withdrawn_draft_keeps_its_number(void **state)
{
    (void)state;
    struct dg_id first = push_joint().id, second = push_joint().id;
    struct dg_id between = fed_push(fed, FED_XA, NULL);

    assert_int_equal(withdraw(&first, "mttq"), DG_OK);
    assert_int_equal(sign(&second, "mttq"), DG_OK);
    assert_int_equal(seq_to_huyen(&second), 2);
    assert_int_equal(seq_to_huyen(&between), 1);
    struct dg_id last = fed_push(fed, FED_XA, NULL);
    assert_int_equal(seq_to_huyen(&last), 2);
}

static bool is_gap(void *ctx, const struct dg_attention *item)
{
    *(bool *)ctx |= dg_bytes_is(item->code, dg_err_name(DG_ERR_SEQUENCE_GAP));
    return true;
}

static void the_gap_of_a_withdrawn_draft_alarms_nobody(void **state)
{
    (void)state;
    struct dg_id first = push_joint().id, second = push_joint().id;
    bool alarm = false;

    assert_int_equal(withdraw(&first, "mttq"), DG_OK);
    assert_int_equal(sign(&second, "mttq"), DG_OK);
    fed_push(fed, FED_XA, NULL);
    fed->now += 2 * 3600000;
    fed_run(fed, 20);
    struct dg_txn *txn = read_at(FED_HUYEN);
    dg_attention_each(txn, is_gap, &alarm);
    done(FED_HUYEN, txn);
    assert_false(alarm);
}

/* ---- what changes in between --------------------------------------------------------------------- */

static void after_thirty_days_it_can_only_be_withdrawn(void **state)
{
    (void)state;
    struct dg_id id = push_joint().id;

    fed->now += (dg_ms)DG_JOINT_DRAFT_DAYS * 86400000;
    fed_run(fed, 2);
    assert_int_equal(sign(&id, "mttq"), DG_ERR_DRAFT_STALE);
    assert_int_equal(withdraw(&id, "ban-dan-van"), DG_OK);
}

static void before_that_an_older_draft_is_issued_as_of_the_day_of_its_push(void **state)
{
    (void)state;
    struct dg_id id = push_joint().id;

    fed->now += (dg_ms)(DG_JOINT_DRAFT_DAYS - 1) * 86400000;
    fed_run(fed, 20);
    assert_int_equal(sign(&id, "mttq"), DG_OK);
    assert_true(holds(FED_KHOI, &id));
}

static void another_regime_makes_the_draft_stale(void **state)
{
    (void)state;
    struct dg_id id = push_joint().id;

    fed_adopt(fed, "chung-moi", fed_regime(fed, "chung-moi"));
    assert_int_equal(sign(&id, "mttq"), DG_ERR_DRAFT_STALE);
    assert_int_equal(withdraw(&id, "mttq"), DG_OK);
    id = push_joint().id;
    assert_int_equal(sign(&id, "mttq"), DG_OK);
}

static void no_more_drafts_wait_than_the_limit(void **state)
{
    (void)state;
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_store *store = fed->node[FED_XA].store;

    assert_int_equal(dg_begin_write(store, &txn), DG_OK);
    dg_meta_put_u64(txn, "joint-waiting", DG_JOINT_DRAFTS_MAX - 1);
    assert_int_equal(dg_commit(store, txn, &committed), DG_OK);
    struct dg_id id = push_joint().id;
    assert_int_equal(push_joint().fault.err, DG_ERR_TOO_MANY_DRAFTS);
    assert_int_equal(withdraw(&id, "mttq"), DG_OK);
    assert_int_equal(push_joint().fault.err, DG_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_lead_alone_issues_nothing),
        TEST(without_the_further_signer_no_rule_binds),
        TEST(the_last_signature_issues_it_to_everybody),
        TEST(both_names_stand_in_every_leaf),
        TEST(signing_again_changes_nothing),
        TEST(a_draft_outlives_its_process),
        TEST(a_dry_run_changes_nothing),
        TEST(only_its_signers_may_sign_or_withdraw),
        TEST(either_signer_can_take_it_back_for_ever),
        TEST(the_void_is_signed_logged_and_names_the_numbers),
        TEST(what_is_issued_cannot_be_taken_back),
        TEST(a_withdrawn_draft_keeps_its_number),
        TEST(the_gap_of_a_withdrawn_draft_alarms_nobody),
        TEST(after_thirty_days_it_can_only_be_withdrawn),
        TEST(before_that_an_older_draft_is_issued_as_of_the_day_of_its_push),
        TEST(another_regime_makes_the_draft_stale),
        TEST(no_more_drafts_wait_than_the_limit),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
