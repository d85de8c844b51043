/* test_membership.c - what a hostile child can and cannot do to its parent's directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "tests/unit/support/federation.h"

enum { FLOOD = DG_ORGANS_MAX + 12, PER_FRAME = 35 };

/* Certificates of ever more organs, each properly signed and proven in the child's own log. */
struct flood {
    struct dg_record record[FLOOD];
    struct dg_bytes note;
};

static void organ_certificate(struct fed_node *child, struct dg_txn *txn, const struct dg_identity *identity,
                              size_t number, struct dg_dir_row *ret)
{
    char *slug = dg_arena_alloc(txn->arena, 16);
    (void)snprintf(slug, 16, "so-%zu", number);
    struct dg_bytes name = dg_bytes_of(slug);
    struct dg_key signing = child->key[child->key_count - 1].key;
    struct dg_seed seed;
    struct dg_certificate certificate = {
        .subject = DG_SUBJECT_ORGAN,
        .federation = dg_bytes_of(identity->federation),
        .unit = dg_bytes_of(identity->unit),
        .organ = name,
        .name = name,
        .role_count = 1,
        .role = &name,
        .serial = 1,
        .keys = {.has_signing = true, .signing = signing, .has_sealing = true},
        .not_before_ms = child->fed->now,
        .not_after_ms = child->fed->now + 1000000,
    };
    dg_curve_keypair(&certificate.keys.sealing, &seed);
    memcpy(certificate.issuer.b, identity->certificate.b, sizeof certificate.issuer.b);
    assert_true(dg_issue_certificate(txn, identity, &child->signer, &certificate, &identity->unit_key, true,
                                     child->fed->now, ret));
}

/* Makes them in a transaction that is then thrown away: the child itself stays well. */
static struct flood *make_flood(struct fed_node *child, struct dg_txn *txn)
{
    struct flood *flood = dg_arena_alloc(txn->arena, sizeof *flood);
    struct dg_identity identity;
    struct dg_log_view log;
    assert_true(dg_identity_load(txn, &identity));
    for (size_t i = 0; i < FLOOD; i++) {
        struct dg_dir_row row;
        organ_certificate(child, txn, &identity, i, &row);
        flood->record[i] = row.record;
    }
    assert_int_equal(dg_ledger_seal(txn, &identity, &child->signer), DG_OK);
    dg_log_get(txn, &log);
    flood->note = log.checkpoint;
    for (size_t i = 0; i < FLOOD; i++) {
        struct dg_ledger_proof proof;
        assert_true(dg_ledger_prove(txn, flood->record[i].index, log.size, &proof));
        flood->record[i].leaf = proof.leaf;
        flood->record[i].proof = proof.proof;
        flood->record[i].has_checkpoint = true;
    }
    return flood;
}

enum { FRAMES = (FLOOD + PER_FRAME - 1) / PER_FRAME };

static void encode_flood(struct flood *flood, struct dg_buf ret[static FRAMES])
{
    for (size_t i = 0; i < FRAMES; i++) {
        size_t at = i * PER_FRAME, count = FLOOD - at < PER_FRAME ? FLOOD - at : PER_FRAME;
        struct dg_frame frame = {.checkpoint = &flood->note,
                                 .checkpoint_count = 1,
                                 .record = flood->record + at,
                                 .record_count = count};
        dg_buf_init(&ret[i], DG_FRAME_MAX);
        assert_int_equal(dg_frame_encode(&frame, &ret[i]), DG_OK);
    }
}

static void send_flood(struct fed *fed, struct fed_node *child, struct dg_buf frames[static FRAMES])
{
    for (size_t i = 0; i < FRAMES; i++) {
        struct dg_event event = {.kind = DG_EVENT_MESSAGE,
                                 .conn = (uint64_t)child->index + 1,
                                 .key = child->keys.transport,
                                 .bytes = dg_buf_bytes(&frames[i])};
        fed_post(fed, child->parent, &event);
        fed_run(fed, 1);
        dg_buf_done(&frames[i]);
    }
}

static void child_that_certifies_organs_without_end_is_stopped_at_the_limit(void **state)
{
    struct fed *fed = fed_new(false);
    struct fed_node *child = &fed->node[FED_KHOI], *parent = &fed->node[FED_TINH];
    struct dg_buf frames[FRAMES];
    struct dg_txn *txn;
    (void)state;

    fed_run(fed, 3);
    assert_int_equal(dg_begin_write(child->store, &txn), DG_OK);
    encode_flood(make_flood(child, txn), frames);
    dg_abort(child->store, txn);
    send_flood(fed, child, frames);

    struct dg_directory dir;
    assert_int_equal(dg_begin_read(parent->store, &txn), DG_OK);
    assert_int_equal(dg_directory_load(txn, txn->arena, &dir), DG_OK);
    const struct dg_dir_unit *unit = dg_directory_unit(&dir, dg_bytes_of("khoi"));
    assert_non_null(unit);
    assert_int_equal(unit->organ_count, DG_ORGANS_MAX);
    dg_abort(parent->store, txn);

    /* And nobody else is affected. */
    struct dg_id id = fed_push(fed, FED_HUYEN, NULL);
    struct dg_held held;
    assert_int_equal(dg_begin_read(parent->store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, &id, &held), DG_OK);
    dg_abort(parent->store, txn);
    fed_free(fed);
}

static enum dg_err invite(struct fed *fed, enum fed_place place, const char *level, bool dry_run)
{
    struct dg_ctl_request request = {.verb = DG_CTL_INVITE,
                                     .unit = dg_bytes_of("a"),
                                     .level = dg_bytes_of(level),
                                     .name = dg_bytes_of("A"),
                                     .dry_run = dry_run,
                                     .for_ms = 86400000};
    return fed_control(&fed->node[place], &request).fault.err;
}

static enum dg_err invited(struct fed *fed, enum fed_place place, const char *level)
{
    return invite(fed, place, level, true);
}

static void unit_is_invited_only_below_a_higher_level(void **state)
{
    struct fed *fed = fed_new(false);
    (void)state;
    assert_int_equal(invited(fed, FED_TINH, "central"), DG_ERR_BAD_LEVEL);
    assert_int_equal(invited(fed, FED_TINH, "province"), DG_ERR_BAD_LEVEL);
    assert_int_equal(invited(fed, FED_TINH, "district"), DG_OK);
    assert_int_equal(invited(fed, FED_TINH, "bloc"), DG_OK);
    assert_int_equal(invited(fed, FED_TINH, "commune"), DG_OK);
    assert_int_equal(invited(fed, FED_HUYEN, "district"), DG_ERR_BAD_LEVEL);
    assert_int_equal(invited(fed, FED_HUYEN, "bloc"), DG_ERR_BAD_LEVEL);
    assert_int_equal(invited(fed, FED_HUYEN, "cell"), DG_OK);
    assert_int_equal(invited(fed, FED_KHOI, "commune"), DG_ERR_BAD_LEVEL);
    assert_int_equal(invited(fed, FED_KHOI, "cell"), DG_OK);
    assert_int_equal(invited(fed, FED_XA, "commune"), DG_ERR_BAD_LEVEL);
    fed_free(fed);
}

static void grant_of_a_path_that_has_ended_is_not_believed(void **state)
{
    const dg_ms day = 86400000;
    struct fed *fed = fed_new(false);
    struct fed_node joiner = fed->node[FED_XA], *parent = &fed->node[FED_HUYEN];
    struct dg_invitation invitation;
    struct dg_seed transport;
    struct dg_fault fault;
    struct dg_ctl_request request = {.verb = DG_CTL_INVITE,
                                     .unit = dg_bytes_of("moi"),
                                     .level = dg_bytes_of("commune"),
                                     .name = dg_bytes_of("Xã Mới"),
                                     .for_ms = day};
    (void)state;
    struct dg_ctl_reply reply = fed_control(parent, &request);
    assert_int_equal(dg_invitation_read(&fed->arena, reply.text, &invitation, NULL), DG_OK);
    joiner.unit = "moi";
    joiner.keys.unit = fed_make_key(&joiner);
    joiner.keys.log = fed_make_key(&joiner);
    joiner.keys.cosigner = fed_make_key(&joiner);
    dg_curve_keypair(&joiner.keys.transport, &transport);
    const struct dg_enrol_grant *grant = fed_enrol(&joiner, &invitation);
    const struct {
        dg_ms now;
        enum dg_err err;
    } at[] = {{fed->now, DG_OK},
              {fed->now - day / 2, DG_OK},
              {fed->now - 2 * day, DG_ERR_NOT_YET_VALID},
              {fed->now + 4 * 365 * day, DG_ERR_EXPIRED}};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++)
        assert_int_equal(dg_grant_verify(grant, &invitation, &joiner.keys, at[i].now, &fed->arena, &fault),
                         at[i].err);
    fed_free(fed);
}

static size_t invitations(struct fed_node *node)
{
    return dg_store_mem_rows(node->store, DG_TABLE_INVITATION);
}

/* Sets all the clocks on and lets the nodes notice. */
static void days_pass(struct fed *fed, int days)
{
    fed->now += (dg_ms)days * 86400000;
    fed_run(fed, 2);
}

static void invitation_is_forgotten_a_month_after_its_end_and_its_key_with_it(void **state)
{
    struct fed *fed = fed_new(false);
    struct fed_node *tinh = &fed->node[FED_TINH];
    const struct dg_curve_key *key;
    struct dg_txn *txn;
    uint64_t version;
    (void)state;
    assert_int_equal(invitations(tinh), 2); /* huyen's and khoi's, used, of one day */
    days_pass(fed, 20);
    assert_int_equal(invitations(tinh), 2);
    days_pass(fed, 20);
    assert_int_equal(invitations(tinh), 0);
    assert_int_equal(dg_begin_read(tinh->store, &txn), DG_OK);
    assert_int_equal(dg_node_allowed(tinh->node, txn, &key, &version), 2); /* the children themselves */
    dg_abort(tinh->store, txn);
    fed_free(fed);
}

static void full_table_of_invitations_gives_up_the_used_ones_first(void **state)
{
    struct fed *fed = fed_new(false);
    struct fed_node *tinh = &fed->node[FED_TINH];
    struct dg_txn *txn;
    struct dg_committed committed;
    (void)state;
    assert_int_equal(dg_begin_write(tinh->store, &txn), DG_OK);
    for (uint32_t i = 2; i < DG_INVITATIONS_MAX; i++) {
        struct dg_invitation_row row = {.unit = dg_bytes_of("x"),
                                        .level = dg_bytes_of("district"),
                                        .name = dg_bytes_of("X"),
                                        .expires_ms = fed->now + 86400000};
        memcpy(row.id, &i, sizeof i);
        dg_invitation_put(txn, &row);
    }
    assert_int_equal(dg_commit(tinh->store, txn, &committed), DG_OK);
    assert_int_equal(invitations(tinh), DG_INVITATIONS_MAX);
    assert_int_equal(invited(fed, FED_TINH, "district"), DG_OK);
    assert_int_equal(invitations(tinh), DG_INVITATIONS_MAX);
    assert_int_equal(invite(fed, FED_TINH, "district", false), DG_OK);
    assert_int_equal(invitations(tinh), DG_INVITATIONS_MAX - 1);
    assert_int_equal(invite(fed, FED_TINH, "district", false), DG_OK);
    assert_int_equal(invite(fed, FED_TINH, "district", false), DG_ERR_TOO_LARGE);
    fed_free(fed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_that_certifies_organs_without_end_is_stopped_at_the_limit),
        cmocka_unit_test(unit_is_invited_only_below_a_higher_level),
        cmocka_unit_test(grant_of_a_path_that_has_ended_is_not_believed),
        cmocka_unit_test(invitation_is_forgotten_a_month_after_its_end_and_its_key_with_it),
        cmocka_unit_test(full_table_of_invitations_gives_up_the_used_ones_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
