/* test_verify_via.c - a trail says who waits for whom, since when and until when; and no lie about it passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/cli/export.h"
#include "node/core/ledger.h"
#include "node/core/rows.h"
#include "tests/unit/support/federation.h"

static struct fed *fed;
static struct dg_arena kept;

static int set_up(void **state)
{
    (void)state;
    dg_arena_init(&kept, 0);
    fed = fed_new(false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fed_free(fed);
    dg_arena_done(&kept);
    return 0;
}

/* --- helpers -------------------------------------------------------------------------------- */

static struct dg_bytes export_from(enum fed_place place, const struct dg_id *id)
{
    struct fed_node *node = &fed->node[place];
    struct dg_txn *txn;
    struct dg_buf out;
    struct dg_fault fault = {0};

    dg_buf_init(&out, DG_TRAIL_MAX);
    assert_int_equal(dg_begin_read(node->store, &txn), DG_OK);
    enum dg_err err = dg_trail_build(txn, id, &node->signer, fed->now, &out, &fault);
    dg_abort(node->store, txn);
    if (err != DG_OK)
        print_message("%s %s\n", dg_err_name(err), fault.what);
    assert_int_equal(err, DG_OK);
    struct dg_bytes file = dg_arena_copy(&kept, dg_buf_bytes(&out));
    dg_buf_done(&out);
    return file;
}

static struct dg_verification verify(struct dg_bytes file, enum dg_err expected)
{
    struct dg_verification verification;
    struct dg_fault fault = {0};

    enum dg_err err = dg_trail_verify(&kept, file, &fed->root, &verification, &fault);
    if (err != expected)
        print_message("%s %s\n", dg_err_name(err), fault.what);
    assert_int_equal(err, expected);
    return verification;
}

/* The check that the trail failed at; its detail must hold the word. */
static void assert_fails(struct dg_bytes file, const char *name, const char *word)
{
    struct dg_verification verification = verify(file, DG_ERR_VERIFY_FAILED);
    const struct dg_check *last = &verification.check[verification.check_count - 1];
    assert_string_equal(last->name, name);
    if (strstr(dg_arena_string(&kept, last->detail), word) == NULL)
        fail_msg("%s: %s", name, dg_arena_string(&kept, last->detail));
}

static struct dg_owed owed_to(struct dg_bytes file, const char *organ, const char *unit)
{
    struct dg_verification verification = verify(file, DG_OK);
    for (size_t i = 0; i < verification.owed_count; i++) {
        if (dg_bytes_is(verification.owed[i].organ, organ) && dg_bytes_is(verification.owed[i].unit, unit))
            return verification.owed[i];
    }
    fail_msg("nothing is owed to %s@%s", organ, unit);
    return (struct dg_owed){0};
}

/* Encodes a changed trail, sealed anew by the unit at place. */
static struct dg_bytes seal(struct dg_trail *trail, enum fed_place place)
{
    struct fed_node *node = &fed->node[place];
    struct dg_buf buf;

    dg_buf_init(&buf, DG_TRAIL_MAX);
    trail->has_seal = false;
    assert_int_equal(dg_trail_encode(trail, &buf), DG_OK);
    assert_int_equal(fed_sign(node, &node->keys.unit, DG_CONTEXT_TRAIL, dg_buf_bytes(&buf), &trail->seal),
                     DG_OK);
    trail->has_seal = true;
    dg_buf_reset(&buf);
    assert_int_equal(dg_trail_encode(trail, &buf), DG_OK);
    struct dg_bytes file = dg_arena_copy(&kept, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return file;
}

static struct dg_trail decode(struct dg_bytes file)
{
    struct dg_trail trail;
    assert_int_equal(dg_trail_decode(&kept, file, &trail, NULL), DG_OK);
    return trail;
}

/* The place of the trail's only pass among its events. */
static size_t pass_in(const struct dg_trail *trail)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < trail->event_count; i++) {
        struct dg_leaf leaf;
        assert_int_equal(dg_leaf_parse(&kept, trail->event[i].leaf, &leaf, NULL), DG_OK);
        if (leaf.kind != DG_LEAF_PASS)
            continue;
        assert_true(found == SIZE_MAX);
        found = i;
    }
    assert_true(found != SIZE_MAX);
    return found;
}

static struct dg_id push(enum fed_place place, const char *matter)
{
    struct dg_ctl_reply reply = fed_push_matter(fed, place, "cap-uy", matter, NULL, NULL);
    assert_int_equal(reply.fault.err, DG_OK);
    fed_run(fed, 10);
    return reply.id;
}

static void pass(enum fed_place place, const struct dg_id *id, bool back)
{
    fed_run(fed, 60);
    assert_int_equal(fed_pass(fed, place, id, "ban-dan-van", back), DG_OK);
    fed_run(fed, 10);
}

/* --- what verifies -------------------------------------------------------------------------- */

static void before_the_pass_it_says_that_the_report_waits(void **state)
{
    struct dg_id id = push(FED_HUYEN, "tren");
    const enum fed_place exporters[] = {FED_HUYEN, FED_TINH};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct dg_bytes file = export_from(exporters[i], &id);
        struct dg_owed waits = owed_to(file, "cap-uy", "tinh"), copy = owed_to(file, "van-phong", "tinh");
        assert_true(!waits.delivered && waits.decision == 0 && waits.state == 0 && waits.since_ms > 0);
        assert_true(dg_bytes_is(waits.through, "ban-dan-van@tinh"));
        assert_true(copy.delivered && copy.through.size == 0);
    }
}

static void after_it_the_trail_says_how_long_it_waited(void **state)
{
    struct dg_id id = push(FED_HUYEN, "tren");

    (void)state;
    pass(FED_TINH, &id, false);
    fed_mark(fed, FED_TINH, &id, "cap-uy", 3);
    const enum fed_place exporters[] = {FED_HUYEN, FED_TINH};
    for (size_t i = 0; i < 2; i++) {
        struct dg_owed passed = owed_to(export_from(exporters[i], &id), "cap-uy", "tinh");
        assert_true(passed.delivered && passed.decision == DG_DECISION_PASSED && passed.state == 3);
        assert_true(passed.delivered_ms == passed.decided_ms);
        assert_true(passed.decided_ms - passed.since_ms >= 60000);
        assert_true(passed.decided_ms - passed.since_ms < 90000);
    }
}

static void a_pass_by_the_authors_unit_is_proven_above(void **state)
{
    struct dg_id id = push(FED_HUYEN, "len");

    (void)state;
    pass(FED_HUYEN, &id, false);
    assert_true(owed_to(export_from(FED_HUYEN, &id), "cap-uy", "tinh").delivered);
    struct dg_owed above = owed_to(export_from(FED_TINH, &id), "cap-uy", "tinh");
    assert_true(above.delivered && above.decided_ms - above.since_ms >= 60000);
}

static void what_was_returned_or_consolidated_is_not_delivered(void **state)
{
    struct dg_id returned = push(FED_HUYEN, "tren"), source = push(FED_HUYEN, "tren");

    (void)state;
    pass(FED_TINH, &returned, true);
    struct dg_owed owed = owed_to(export_from(FED_HUYEN, &returned), "cap-uy", "tinh");
    assert_true(!owed.delivered && owed.decision == DG_DECISION_RETURNED);
    struct dg_ctl_reply into = fed_push_matter(fed, FED_TINH, "ban-dan-van", "chung", &source, NULL);
    fed_run(fed, 10);
    owed = owed_to(export_from(FED_HUYEN, &source), "cap-uy", "tinh");
    assert_true(!owed.delivered && owed.decision == DG_DECISION_CONSOLIDATED);
    assert_true(dg_id_equal(&owed.into, &into.id));
}

/* --- what does not -------------------------------------------------------------------------- */

/* Writes the newest leaf of a node's log anew, as a dishonest node could have in the first place. */
static void rewrite_leaf(enum fed_place place, const struct dg_id *id, void (*change)(struct dg_leaf *))
{
    struct fed_node *node = &fed->node[place];
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_report_ix ix;
    struct dg_bytes text;
    struct dg_leaf leaf;

    assert_int_equal(dg_begin_write(node->store, &txn), DG_OK);
    assert_true(dg_report_ix_get(txn, id, &ix));
    assert_true(ix.position + 1 == dg_meta_u64(txn, "log-size"));
    assert_true(dg_leaf_get(txn, ix.position, &text));
    assert_int_equal(dg_leaf_parse(txn->arena, text, &leaf, NULL), DG_OK);
    change(&leaf);
    dg_meta_put_u64(txn, "log-size", ix.position);
    dg_meta_put_u64(txn, "sealed-size", ix.position);
    assert_true(dg_ledger_append(txn, &leaf) == ix.position);
    assert_int_equal(dg_node_seal(node->node, txn, fed->now), DG_OK);
    assert_int_equal(dg_commit(node->store, txn, &committed), DG_OK);
}

static void change_nothing(struct dg_leaf *leaf)
{
    (void)leaf;
}

static void lead_past_the_via(struct dg_leaf *leaf)
{
    for (size_t i = 0; i < leaf->delivery_count; i++)
        leaf->delivery[i].through = dg_bytes_at(NULL, 0);
}

static void forget_the_via(struct dg_leaf *leaf)
{
    size_t kept_lines = 0;
    for (size_t i = 0; i < leaf->delivery_count; i++)
        if (leaf->delivery[i].as != DG_AS_VIA)
            leaf->delivery[kept_lines++] = leaf->delivery[i];
    assert_true(kept_lines + 1 == leaf->delivery_count);
    leaf->delivery_count = kept_lines;
}

static void give_it_to_another_via(struct dg_leaf *leaf)
{
    for (size_t i = 0; i < leaf->delivery_count; i++)
        if (leaf->delivery[i].as == DG_AS_VIA)
            leaf->delivery[i].organ = dg_bytes_of("mttq");
}

static void a_leaf_that_delivered_past_the_via_organ_is_refused(void **state)
{
    struct dg_id id = push(FED_HUYEN, "tren");

    (void)state;
    rewrite_leaf(FED_TINH, &id, change_nothing);
    (void)verify(export_from(FED_TINH, &id), DG_OK);
    rewrite_leaf(FED_TINH, &id, lead_past_the_via);
    assert_fails(export_from(FED_TINH, &id), "receipt", "what became of cap-uy");
}

static void a_leaf_that_forgets_the_via_organ_is_refused(void **state)
{
    struct dg_id id = push(FED_HUYEN, "tren");

    (void)state;
    rewrite_leaf(FED_TINH, &id, forget_the_via);
    assert_fails(export_from(FED_TINH, &id), "receipt", "ban-dan-van has it to pass on");
}

static void a_leaf_that_names_another_via_organ_is_refused(void **state)
{
    struct dg_id id = push(FED_HUYEN, "tren");

    (void)state;
    rewrite_leaf(FED_TINH, &id, give_it_to_another_via);
    assert_fails(export_from(FED_TINH, &id), "receipt", "ban-dan-van");
}

static void a_pass_that_another_key_signed_is_refused(void **state)
{
    struct dg_id id = push(FED_HUYEN, "tren");
    struct fed_node *tinh = &fed->node[FED_TINH];

    (void)state;
    pass(FED_TINH, &id, false);
    struct dg_trail trail = decode(export_from(FED_HUYEN, &id));
    struct dg_entry *entry = &trail.event[pass_in(&trail)];
    struct dg_sig genuine = entry->sealed.sig;
    for (size_t i = 0; i < tinh->key_count; i++) {
        entry->sealed.sig = dg_sign(&tinh->key[i].seed, DG_CONTEXT_PASS, entry->sealed.body);
        if (memcmp(entry->sealed.sig.b, genuine.b, sizeof genuine.b) != 0)
            assert_fails(seal(&trail, FED_HUYEN), "pass", "BAD_SIGNATURE");
    }
    entry->sealed.sig = dg_sign(&tinh->key[0].seed, DG_CONTEXT_STATE, entry->sealed.body);
    assert_fails(seal(&trail, FED_HUYEN), "pass", "BAD_SIGNATURE");
    entry->has_signed = false;
    assert_fails(seal(&trail, FED_HUYEN), "pass", "not signed");
}

/* What the leaf names is another body: here one that passes what was sent back. */
static void a_pass_that_is_not_its_leafs_is_refused(void **state)
{
    struct dg_id id = push(FED_HUYEN, "tren");
    struct dg_pass changed;
    struct dg_buf body;

    (void)state;
    pass(FED_TINH, &id, true);
    struct dg_trail trail = decode(export_from(FED_HUYEN, &id));
    struct dg_entry *entry = &trail.event[pass_in(&trail)];
    assert_int_equal(dg_pass_decode(&kept, entry->sealed.body, &changed, NULL), DG_OK);
    changed.decision = DG_DECISION_PASSED;
    dg_buf_init(&body, 4096);
    assert_int_equal(dg_pass_encode(&changed, &body), DG_OK);
    entry->sealed.body = dg_arena_copy(&kept, dg_buf_bytes(&body));
    dg_buf_done(&body);
    assert_fails(seal(&trail, FED_HUYEN), "pass", "does not fit its leaf");
}

/* The pass of another report by the same organ. */
static void a_pass_of_another_report_is_refused(void **state)
{
    struct dg_id id = push(FED_HUYEN, "tren"), other = push(FED_HUYEN, "tren");

    (void)state;
    pass(FED_TINH, &id, false);
    pass(FED_TINH, &other, false);
    struct dg_trail trail = decode(export_from(FED_TINH, &id)),
                    foreign = decode(export_from(FED_TINH, &other));
    trail.event[pass_in(&trail)] = foreign.event[pass_in(&foreign)];
    assert_fails(seal(&trail, FED_TINH), "receipt", "is not about this report");
}

/* An exporter can keep quiet; the trail then says no more than that it waits. */
static void a_trail_without_its_pass_says_that_it_waits(void **state)
{
    struct dg_id id = push(FED_HUYEN, "tren");

    (void)state;
    pass(FED_TINH, &id, false);
    struct dg_trail trail = decode(export_from(FED_TINH, &id));
    size_t at = pass_in(&trail);
    for (size_t i = at + 1; i < trail.event_count; i++)
        trail.event[i - 1] = trail.event[i];
    trail.event_count--;
    struct dg_owed owed = owed_to(seal(&trail, FED_TINH), "cap-uy", "tinh");
    assert_true(!owed.delivered && owed.decision == 0);
}

static void a_state_without_the_pass_before_it_is_refused(void **state)
{
    struct dg_id id = push(FED_HUYEN, "tren");

    (void)state;
    pass(FED_TINH, &id, false);
    fed_mark(fed, FED_TINH, &id, "cap-uy", 3);
    struct dg_trail trail = decode(export_from(FED_TINH, &id));
    size_t at = pass_in(&trail);
    for (size_t i = at + 1; i < trail.event_count; i++)
        trail.event[i - 1] = trail.event[i];
    trail.event_count--;
    assert_fails(seal(&trail, FED_TINH), "state", "before it was passed on");
}

/* --- the audit ------------------------------------------------------------------------------ */

static struct dg_audit audit(enum fed_place place)
{
    struct dg_audit found;
    struct dg_fault fault = {0};
    assert_int_equal(dg_node_audit(fed->node[place].store, 0, fed->now, &kept, &found, &fault), DG_OK);
    return found;
}

static bool has_finding(const struct dg_audit *found, const char *what, bool evidence)
{
    for (size_t i = 0; i < found->finding_count; i++) {
        if (strcmp(found->finding[i].what, what) == 0 && found->finding[i].evidence == evidence)
            return true;
    }
    return false;
}

static void an_audit_counts_apart_what_waits_at_a_via_organ(void **state)
{
    struct dg_id id = push(FED_HUYEN, "tren");

    (void)state;
    for (int place = FED_TINH; place <= FED_HUYEN; place++) {
        struct dg_audit found = audit((enum fed_place)place);
        assert_int_equal(found.at_via, 1);
        assert_true(has_finding(&found, "COPY_AT_VIA", false));
    }
    assert_int_equal(audit(FED_HUYEN).mandated.receipted, 2); /* the copy and the via organ's */
    pass(FED_TINH, &id, false);
    struct dg_audit found = audit(FED_HUYEN);
    assert_int_equal(found.at_via, 0);
    assert_int_equal(found.mandated.receipted, 3);
    assert_int_equal(found.finding_count, 0);
}

static void an_audit_finds_what_was_shown_early_and_a_pass_that_is_gone(void **state)
{
    struct dg_id id = push(FED_TINH, "minh");
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_report_ix ix;
    struct dg_mail mail;

    (void)state;
    assert_int_equal(dg_begin_write(fed->node[FED_TINH].store, &txn), DG_OK);
    assert_true(dg_report_ix_get(txn, &id, &ix));
    assert_true(dg_mail_get(txn, dg_bytes_of("van-phong"), ix.position, &mail));
    mail.open = true;
    dg_mail_put(txn, dg_bytes_of("van-phong"), &mail);
    assert_int_equal(dg_commit(fed->node[FED_TINH].store, txn, &committed), DG_OK);
    struct dg_audit found = audit(FED_TINH);
    assert_true(has_finding(&found, "MAIL_EARLY", true));

    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", false), DG_OK);
    found = audit(FED_TINH);
    assert_int_equal(found.finding_count, 0);
    assert_int_equal(dg_begin_write(fed->node[FED_TINH].store, &txn), DG_OK);
    struct dg_row_key key = dg_key_custody(ix.position, 0);
    dg_del(txn, DG_TABLE_CUSTODY, dg_row_key_bytes(&key));
    assert_int_equal(dg_commit(fed->node[FED_TINH].store, txn, &committed), DG_OK);
    found = audit(FED_TINH);
    assert_true(has_finding(&found, "PASS_MISSING", true));
}

int main(void)
{
    struct dg_fault fault;

    if (dg_crypto_start(&fault) != DG_OK)
        return 1;
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(before_the_pass_it_says_that_the_report_waits),
        TEST(after_it_the_trail_says_how_long_it_waited),
        TEST(a_pass_by_the_authors_unit_is_proven_above),
        TEST(what_was_returned_or_consolidated_is_not_delivered),
        TEST(a_leaf_that_delivered_past_the_via_organ_is_refused),
        TEST(a_leaf_that_forgets_the_via_organ_is_refused),
        TEST(a_leaf_that_names_another_via_organ_is_refused),
        TEST(a_pass_that_another_key_signed_is_refused),
        TEST(a_pass_that_is_not_its_leafs_is_refused),
        TEST(a_pass_of_another_report_is_refused),
        TEST(a_trail_without_its_pass_says_that_it_waits),
        TEST(a_state_without_the_pass_before_it_is_refused),
        TEST(an_audit_counts_apart_what_waits_at_a_via_organ),
        TEST(an_audit_finds_what_was_shown_early_and_a_pass_that_is_gone),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
