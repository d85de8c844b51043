/* Via organs: a report waits in their mailbox, its addressee sees it when it is passed on, and everybody on
 * its way can tell how long it waited. The federation is that of support/federation.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "proto/pass.h"
#include "proto/state_table.h"
#include "tests/unit/support/federation.h"

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

/* ---- looking -------------------------------------------------------------------------------------- */

/* The organ's row of the report at that node. False when it has none. */
static bool mail_of(struct fed *fed, enum fed_place place, const struct dg_id *id, const char *organ,
                    struct dg_mail *ret)
{
    struct dg_txn *txn;
    struct dg_report_ix ix;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    bool has = dg_report_ix_get(txn, id, &ix) && dg_mail_get(txn, dg_bytes_of(organ), ix.position, ret);
    dg_abort(fed->node[place].store, txn);
    return has;
}

static bool is_open(struct fed *fed, enum fed_place place, const struct dg_id *id, const char *organ)
{
    struct dg_mail mail;
    return mail_of(fed, place, id, organ, &mail) && mail.open;
}

static bool is_shut(struct fed *fed, enum fed_place place, const struct dg_id *id, const char *organ)
{
    struct dg_mail mail;
    return mail_of(fed, place, id, organ, &mail) && !mail.open;
}

static struct dg_passage passage(struct fed *fed, enum fed_place place, const struct dg_id *id,
                                 const char *through)
{
    struct dg_txn *txn;
    struct dg_held held;
    struct dg_passage ret;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, id, &held), DG_OK);
    dg_passage_of(txn, dg_bytes_of(fed->node[place].unit), &held, dg_bytes_of(through), &ret);
    dg_abort(fed->node[place].store, txn);
    return ret;
}

static enum dg_err mark(struct fed *fed, enum fed_place place, const struct dg_id *id, const char *organ)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {
        .verb = DG_CTL_MARK, .organ = dg_bytes_of(organ), .report = dg_bytes_of(hex), .code = 3};
    return fed_control(&fed->node[place], &request).fault.err;
}

static size_t queued(struct fed *fed)
{
    size_t count = 0;
    for (size_t i = 0; i < FED_NODES; i++)
        count += dg_store_mem_rows(fed->node[i].store, DG_TABLE_OUTBOX);
    return count;
}

struct attention_search {
    const char *code;
    bool found;
};

static bool attention_is(void *ctx, const struct dg_attention *item)
{
    struct attention_search *search = ctx;
    search->found = dg_bytes_is(item->code, search->code);
    return !search->found;
}

static bool attention(struct fed *fed, enum fed_place place, const char *code)
{
    struct attention_search search = {.code = code};
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    dg_attention_each(txn, attention_is, &search);
    dg_abort(fed->node[place].store, txn);
    return search.found;
}

static struct dg_id push(struct fed *fed, enum fed_place place, const char *matter)
{
    struct dg_ctl_reply reply = fed_push_matter(fed, place, "cap-uy", matter, NULL, NULL);
    assert_int_equal(reply.fault.err, DG_OK);
    return reply.id;
}

/* ---- waiting and passing ---------------------------------------------------------------------------- */

static void the_addressee_sees_it_only_when_it_was_passed_on(void **state)
{
    struct fed *fed = *state;
    struct dg_mail mail;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    assert_true(is_shut(fed, FED_TINH, &id, "cap-uy"));
    assert_true(is_open(fed, FED_TINH, &id, "van-phong")); /* the copy does not wait */
    assert_true(mail_of(fed, FED_TINH, &id, "ban-dan-van", &mail));
    assert_true(mail.open && mail.passes && mail.as == DG_AS_VIA && mail.rule_count == 1);
    assert_int_equal(passage(fed, FED_HUYEN, &id, "ban-dan-van@tinh").decision, 0);

    fed_run(fed, 100);
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", false), DG_OK);
    assert_true(is_open(fed, FED_TINH, &id, "cap-uy"));
    fed_run(fed, 10);
    struct dg_passage passed = passage(fed, FED_HUYEN, &id, "ban-dan-van@tinh");
    assert_int_equal(passed.decision, DG_DECISION_PASSED);
    assert_true(passed.at_ms - passed.since_ms >= 100000 && passed.at_ms - passed.since_ms < 120000);
    assert_true(mail_of(fed, FED_TINH, &id, "ban-dan-van", &mail));
    assert_true(!mail.open && !mail.passes && mail.decision == DG_DECISION_PASSED);
    assert_int_equal(mark(fed, FED_TINH, &id, "cap-uy"), DG_OK);
    fed_run(fed, 10);
    assert_int_equal(queued(fed), 0);
}

static void it_waits_in_the_authors_own_unit_too(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_TINH, "minh");
    assert_true(is_shut(fed, FED_TINH, &id, "van-phong"));
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", false), DG_OK);
    assert_true(is_open(fed, FED_TINH, &id, "van-phong"));
    assert_int_equal(queued(fed), 0);
}

static void a_pass_below_opens_the_row_above(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "len");
    fed_run(fed, 10);
    assert_true(is_shut(fed, FED_TINH, &id, "cap-uy"));
    assert_int_equal(fed_pass(fed, FED_HUYEN, &id, "ban-dan-van", false), DG_OK);
    assert_true(is_shut(fed, FED_TINH, &id, "cap-uy"));
    fed_run(fed, 10);
    assert_true(is_open(fed, FED_TINH, &id, "cap-uy"));
    assert_int_equal(queued(fed), 0);
}

static void a_pass_above_opens_the_row_below(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "vong");
    assert_true(is_shut(fed, FED_HUYEN, &id, "van-phong"));
    fed_run(fed, 10);
    assert_true(is_open(fed, FED_TINH, &id, "ban-dan-van")); /* nobody else at tinh has it */
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", false), DG_OK);
    fed_run(fed, 10);
    assert_true(is_open(fed, FED_HUYEN, &id, "van-phong"));
    assert_int_equal(mark(fed, FED_HUYEN, &id, "van-phong"), DG_OK);
    assert_int_equal(queued(fed), 0);
}

static void a_pass_that_overtakes_its_report_is_sent_again(void **state)
{
    struct fed *fed = *state;
    fed->cut_khoi = true;
    struct dg_id id = push(fed, FED_KHOI, "len");
    assert_int_equal(fed_pass(fed, FED_KHOI, &id, "ban-dan-van", false), DG_OK);
    fed_run(fed, 20);
    struct dg_mail mail;
    assert_false(mail_of(fed, FED_TINH, &id, "cap-uy", &mail));
    fed->cut_khoi = false;
    fed_run(fed, 120);
    assert_true(is_open(fed, FED_TINH, &id, "cap-uy"));
    assert_int_equal(queued(fed), 0);
}

static void one_that_was_returned_never_opens_and_its_author_is_told(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", true), DG_OK);
    fed_run(fed, 10);
    assert_true(is_shut(fed, FED_TINH, &id, "cap-uy"));
    assert_int_equal(mark(fed, FED_TINH, &id, "cap-uy"), DG_ERR_WAITS);
    struct dg_passage passed = passage(fed, FED_HUYEN, &id, "ban-dan-van@tinh");
    assert_int_equal(passed.decision, DG_DECISION_RETURNED);
    assert_true(dg_bytes_is(passed.note, "đã xem"));
    assert_true(attention(fed, FED_HUYEN, "RETURNED"));
    assert_false(attention(fed, FED_TINH, "RETURNED"));
}

/* ---- refusals --------------------------------------------------------------------------------------- */

static void who_waits_marks_nothing_and_who_passes_on_only_that(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    assert_int_equal(mark(fed, FED_TINH, &id, "cap-uy"), DG_ERR_WAITS);
    assert_int_equal(mark(fed, FED_TINH, &id, "ban-dan-van"), DG_ERR_ONLY_PASSES);
    assert_int_equal(mark(fed, FED_TINH, &id, "van-phong"), DG_OK);
}

static void a_pass_is_refused_to_whoever_is_not_waited_for(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "cap-uy", false), DG_ERR_NOT_VIA);
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "mttq", true), DG_ERR_NOT_VIA);
    assert_int_equal(fed_pass(fed, FED_HUYEN, &id, "ban-dan-van", false), DG_ERR_NOT_VIA);
    assert_int_equal(fed_pass(fed, FED_XA, &id, "ban-dan-van", false), DG_ERR_NOT_FOUND);
    assert_true(is_shut(fed, FED_TINH, &id, "cap-uy"));
}

static void an_organ_decides_once(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", false), DG_OK);
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", true), DG_ERR_DECIDED_ALREADY);
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", false), DG_ERR_DECIDED_ALREADY);
    assert_int_equal(mark(fed, FED_TINH, &id, "ban-dan-van"), DG_ERR_DECIDED_ALREADY);
    assert_true(is_open(fed, FED_TINH, &id, "cap-uy"));
}

static void a_dry_run_passes_nothing(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_TINH, "minh");
    char hex[DG_HEX_BYTES];
    dg_hex(id.b, sizeof id.b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_PASS,
                                     .organ = dg_bytes_of("ban-dan-van"),
                                     .report = dg_bytes_of(hex),
                                     .dry_run = true};
    assert_int_equal(fed_control(&fed->node[FED_TINH], &request).fault.err, DG_OK);
    assert_true(is_shut(fed, FED_TINH, &id, "van-phong"));
}

/* ---- consolidation ---------------------------------------------------------------------------------- */

static void a_source_is_consolidated_by_the_organ_that_has_it_to_pass(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    struct dg_mail mail;
    /* cap-uy names it as a source too, and decides nothing by that. */
    struct dg_ctl_reply own = fed_push_matter(fed, FED_TINH, "cap-uy", "minh", &id, NULL);
    assert_int_equal(own.fault.err, DG_OK);
    assert_int_equal(passage(fed, FED_TINH, &id, "ban-dan-van@tinh").decision, 0);
    assert_true(is_shut(fed, FED_TINH, &id, "cap-uy"));
    assert_true(mail_of(fed, FED_TINH, &id, "ban-dan-van", &mail) && mail.passes);

    struct dg_ctl_reply into = fed_push_matter(fed, FED_TINH, "ban-dan-van", "chung", &id, NULL);
    assert_int_equal(into.fault.err, DG_OK);
    fed_run(fed, 10);
    struct dg_passage passed = passage(fed, FED_HUYEN, &id, "ban-dan-van@tinh");
    assert_int_equal(passed.decision, DG_DECISION_CONSOLIDATED);
    assert_true(dg_id_equal(&passed.into, &into.id));
    assert_true(is_open(fed, FED_TINH, &into.id, "cap-uy"));
    assert_true(is_shut(fed, FED_TINH, &id, "cap-uy")); /* it is the source of what he has */
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", false), DG_ERR_DECIDED_ALREADY);
}

static void what_is_consolidated_past_its_addressee_opens_to_him(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    struct dg_ctl_reply into = fed_push_matter(fed, FED_TINH, "ban-dan-van", "rieng", &id, NULL);
    assert_int_equal(into.fault.err, DG_OK);
    struct dg_mail mail;
    assert_false(mail_of(fed, FED_TINH, &into.id, "cap-uy", &mail));
    assert_true(is_open(fed, FED_TINH, &id, "cap-uy"));
    assert_int_equal(mark(fed, FED_TINH, &id, "cap-uy"), DG_OK);
}

/* The pass goes ahead of the report that took its source in, and says what that one will bring. */
static void what_is_consolidated_below_stays_shut_or_opens_above(void **state)
{
    struct fed *fed = *state;
    struct dg_id source = push(fed, FED_HUYEN, "len"), past = push(fed, FED_HUYEN, "len");
    fed_run(fed, 10);
    struct dg_ctl_reply into =
        fed_push_matter(fed, FED_HUYEN, "ban-dan-van", "chung", &source, "cap-uy@tinh");
    assert_int_equal(into.fault.err, DG_OK);
    assert_int_equal(fed_push_matter(fed, FED_HUYEN, "ban-dan-van", "chung", &past, "mttq@tinh").fault.err,
                     DG_OK);
    fed_run(fed, 10);
    assert_true(is_open(fed, FED_TINH, &into.id, "cap-uy"));
    assert_true(is_shut(fed, FED_TINH, &source, "cap-uy"));
    assert_true(is_open(fed, FED_TINH, &past, "cap-uy"));
    assert_int_equal(passage(fed, FED_TINH, &past, "ban-dan-van@huyen").decision, DG_DECISION_CONSOLIDATED);
    assert_int_equal(mark(fed, FED_TINH, &past, "cap-uy"), DG_OK);
}

/* ---- decisions that nobody may take ------------------------------------------------------------------ */

/* What a dishonest node would send: a pass in that organ's name, signed by that key's organ, logged in its
 * own log and queued for the superior unit, or from the top for the one below. */
static void forge(struct fed *fed, enum fed_place place, const struct dg_id *id, const char *organ,
                  const char *signer, enum dg_decision decision)
{
    struct fed_node *node = &fed->node[place];
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_report_ix ix;
    struct dg_buf body;
    assert_int_equal(dg_begin_write(node->store, &txn), DG_OK);
    assert_true(dg_report_ix_get(txn, id, &ix));
    const struct dg_dir_unit *unit = dg_node_self(node->node, txn);
    struct dg_day today = dg_day_of(fed->now);
    const struct dg_dir_organ *named = dg_dir_unit_organ(unit, dg_bytes_of(organ), today);
    const struct dg_dir_organ *by = dg_dir_unit_organ(unit, dg_bytes_of(signer), today);
    struct dg_pass pass = {.federation = dg_bytes_of(FED_NAME),
                           .report = *id,
                           .organ = named->slug,
                           .unit = unit->slug,
                           .certificate = named->certificate,
                           .decision = decision,
                           .signed_ms = fed->now};
    struct dg_record record = {.kind = DG_RECORD_PASS, .has_signed = true, .has_report = true, .report = *id};
    dg_buf_init(&body, 4096);
    assert_int_equal(dg_pass_encode(&pass, &body), DG_OK);
    record.sealed.body = dg_arena_copy(txn->arena, dg_buf_bytes(&body));
    dg_buf_done(&body);
    assert_int_equal(fed_sign(node, &by->signing, DG_CONTEXT_PASS, record.sealed.body, &record.sealed.sig),
                     DG_OK);
    struct dg_leaf leaf = {.time = fed->now,
                           .kind = DG_LEAF_PASS,
                           .report = *id,
                           .organ = pass.organ,
                           .unit = pass.unit,
                           .decision = decision,
                           .object = dg_sha256(record.sealed.body)};
    record.index = dg_ledger_append(txn, &leaf);
    assert_true(dg_leaf_get(txn, record.index, &record.leaf));
    struct dg_bytes origin = dg_bytes_of(node->node->identity.origin);
    uint32_t number = dg_custody_look(txn, ix.position, DG_RECORD_PASS, origin, record.index).next;
    dg_custody_put(txn, ix.position, number, origin, 0, &record);
    const char *to = place == FED_TINH ? "huyen" : "tinh";
    dg_outbox_push_record(node->node, txn, dg_bytes_of(to), DG_QUEUED_CUSTODY, ix.position, number,
                          dg_bytes_at(NULL, 0), fed->now);
    assert_int_equal(dg_node_seal(node->node, txn, fed->now), DG_OK);
    assert_int_equal(dg_commit(node->store, txn, &committed), DG_OK);
    fed_run(fed, 10);
}

static void a_pass_of_an_organ_that_nobody_waits_for_is_refused(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    forge(fed, FED_HUYEN, &id, "ban-dan-van", "ban-dan-van", DG_DECISION_PASSED);
    assert_true(is_shut(fed, FED_TINH, &id, "cap-uy"));
    assert_true(attention(fed, FED_HUYEN, "NOT_VIA")); /* what its superior said to it */
}

static void a_pass_that_the_organ_did_not_sign_is_refused(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "len");
    fed_run(fed, 10);
    forge(fed, FED_HUYEN, &id, "ban-dan-van", "mttq", DG_DECISION_PASSED);
    assert_true(is_shut(fed, FED_TINH, &id, "cap-uy"));
    assert_true(attention(fed, FED_HUYEN, "BAD_SIGNATURE"));
}

static void a_second_decision_is_refused(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "len");
    fed_run(fed, 10);
    assert_int_equal(fed_pass(fed, FED_HUYEN, &id, "ban-dan-van", true), DG_OK);
    fed_run(fed, 10);
    forge(fed, FED_HUYEN, &id, "ban-dan-van", "ban-dan-van", DG_DECISION_PASSED);
    assert_true(is_shut(fed, FED_TINH, &id, "cap-uy"));
    assert_int_equal(passage(fed, FED_TINH, &id, "ban-dan-van@huyen").decision, DG_DECISION_RETURNED);
    assert_true(attention(fed, FED_HUYEN, "DECIDED_ALREADY"));
}

/* ---- given back -------------------------------------------------------------------------------------- */

/* Its author asks the report back, and the via organ agrees. */
static void give_back(struct fed *fed, const struct dg_id *id, enum fed_place via)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {
        .verb = DG_CTL_RECALL, .organ = dg_bytes_of("cap-uy"), .report = dg_bytes_of(hex)};
    assert_int_equal(fed_control(&fed->node[FED_HUYEN], &request).fault.err, DG_OK);
    fed_run(fed, 10);
    fed_mark(fed, via, id, "ban-dan-van", DG_STATE_RECALL_AGREED);
}

static void what_was_given_back_can_only_be_returned(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    give_back(fed, &id, FED_TINH);
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", false), DG_ERR_RECALL_AGREED);
    struct dg_ctl_reply into = fed_push_matter(fed, FED_TINH, "ban-dan-van", "chung", &id, NULL);
    assert_int_equal(into.fault.err, DG_ERR_RECALL_AGREED);
    assert_string_equal(into.fault.organ, "ban-dan-van");
    assert_true(is_shut(fed, FED_TINH, &id, "cap-uy"));
    assert_int_equal(passage(fed, FED_TINH, &id, "ban-dan-van@tinh").decision, 0);
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", true), DG_OK);
    fed_run(fed, 10);
    assert_int_equal(passage(fed, FED_HUYEN, &id, "ban-dan-van@tinh").decision, DG_DECISION_RETURNED);
    assert_false(attention(fed, FED_TINH, "RECALL_AGREED"));
}

static void a_request_that_was_refused_hinders_nobody(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    char hex[DG_HEX_BYTES];
    fed_run(fed, 10);
    dg_hex(id.b, sizeof id.b, hex);
    struct dg_ctl_request request = {
        .verb = DG_CTL_RECALL, .organ = dg_bytes_of("cap-uy"), .report = dg_bytes_of(hex)};
    assert_int_equal(fed_control(&fed->node[FED_HUYEN], &request).fault.err, DG_OK);
    fed_run(fed, 10);
    fed_mark(fed, FED_TINH, &id, "ban-dan-van", DG_STATE_RECALL_REFUSED);
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", false), DG_OK);
    assert_true(is_open(fed, FED_TINH, &id, "cap-uy"));
}

static void a_pass_of_what_was_given_back_is_refused(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "vong");
    fed_run(fed, 10);
    give_back(fed, &id, FED_TINH);
    forge(fed, FED_TINH, &id, "ban-dan-van", "ban-dan-van", DG_DECISION_PASSED);
    assert_true(is_shut(fed, FED_HUYEN, &id, "van-phong"));
    assert_true(attention(fed, FED_TINH, "RECALL_AGREED")); /* what the unit below said to it */
}

/* Two sign a report that takes the source in: it was given back between the two. */
static void the_last_signature_takes_nothing_in_that_was_given_back(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren"), other = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    struct dg_bytes mttq = dg_bytes_of("mttq");
    struct dg_report draft = {.kind = dg_bytes_of("joint"), .period = dg_bytes_of("2026"), .source_count = 1};
    struct dg_id *source[] = {&id, &other};
    enum dg_err expected[] = {DG_ERR_RECALL_AGREED, DG_OK};
    for (size_t i = 0; i < 2; i++) {
        char hex[DG_HEX_BYTES];
        draft.source = source[i];
        struct dg_ctl_reply reply = fed_push_as(fed, FED_TINH, "ban-dan-van", &draft, &mttq, 1);
        assert_int_equal(reply.fault.err, DG_OK);
        if (i == 0)
            give_back(fed, &id, FED_TINH);
        dg_hex(reply.id.b, sizeof reply.id.b, hex);
        struct dg_ctl_request request = {
            .verb = DG_CTL_JOINT, .organ = mttq, .report = dg_bytes_of(hex), .joint = DG_JOINT_SIGN};
        assert_int_equal(fed_control(&fed->node[FED_TINH], &request).fault.err, expected[i]);
    }
    assert_int_equal(passage(fed, FED_TINH, &id, "ban-dan-van@tinh").decision, 0);
    assert_int_equal(passage(fed, FED_TINH, &other, "ban-dan-van@tinh").decision, DG_DECISION_CONSOLIDATED);
}

struct row_search {
    struct dg_row_key key;
    bool found;
};

static bool first_custody(void *ctx, const struct dg_queued *queued)
{
    struct row_search *search = ctx;
    search->found = queued->kind == DG_QUEUED_CUSTODY;
    if (search->found)
        search->key = dg_key_outbox(queued->unit, queued->lane, queued->seq);
    return !search->found;
}

/* The pass is lost on its way for once, as no honest node loses it: the state behind it must wait. */
static void a_state_is_kept_only_behind_its_pass(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    assert_int_equal(fed_pass(fed, FED_TINH, &id, "ban-dan-van", false), DG_OK);
    struct dg_txn *txn;
    struct dg_committed committed;
    struct row_search search = {.found = false};
    assert_int_equal(dg_begin_write(fed->node[FED_TINH].store, &txn), DG_OK);
    dg_queue_each(txn, dg_bytes_of("huyen"), first_custody, &search);
    assert_true(search.found);
    dg_del(txn, DG_TABLE_OUTBOX, dg_row_key_bytes(&search.key));
    assert_int_equal(dg_commit(fed->node[FED_TINH].store, txn, &committed), DG_OK);
    while (fed->count > 0) { /* what was already said of it */
        struct fed_message *message = &fed->queue[fed->head];
        free((void *)(uintptr_t)message->event.bytes.data);
        fed->head = (fed->head + 1) % FED_QUEUE_MAX;
        fed->count--;
    }
    assert_int_equal(mark(fed, FED_TINH, &id, "cap-uy"), DG_OK);
    fed_run(fed, 30);
    struct dg_report_ix ix;
    assert_int_equal(dg_begin_read(fed->node[FED_HUYEN].store, &txn), DG_OK);
    assert_true(dg_report_ix_get(txn, &id, &ix));
    struct dg_custody_place place =
        dg_custody_look(txn, ix.position, DG_RECORD_STATE, dg_bytes_of(FED_NAME "/tinh/e1"), 0);
    dg_abort(fed->node[FED_HUYEN].store, txn);
    assert_false(place.has_log);
    assert_true(queued(fed) > 0);
}

/* ---- what R itself may say ---------------------------------------------------------------------------- */

/* The mandate that tinh computes for the report, and R's recipients with one of them changed. */
static enum dg_err covered(struct fed *fed, const struct dg_id *id, void (*change)(struct dg_report *))
{
    struct fed_node *tinh = &fed->node[FED_TINH];
    struct dg_txn *txn;
    struct dg_held held;
    struct dg_header header;
    struct dg_mandate mandate;
    struct dg_fault fault = {0};
    assert_int_equal(dg_begin_read(tinh->store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, id, &held), DG_OK);
    assert_int_equal(dg_header_of(&held.report, txn->arena, &header), DG_OK);
    assert_int_equal(dg_mandate_of(dg_node_directory(tinh->node, txn), &header, txn->arena, &mandate, &fault),
                     DG_OK);
    change(&held.report);
    enum dg_err err = dg_mandate_covered(&mandate, &held.report, &fault);
    dg_abort(tinh->store, txn);
    return err;
}

static struct dg_recipient *recipient_of(struct dg_report *report, const char *organ)
{
    for (size_t i = 0; i < report->recipient_count; i++)
        if (dg_bytes_is(report->recipient[i].organ, organ))
            return &report->recipient[i];
    return NULL;
}

static void change_nothing(struct dg_report *report)
{
    (void)report;
}

static void go_directly(struct dg_report *report)
{
    recipient_of(report, "cap-uy")->through = dg_bytes_at(NULL, 0);
}

static void go_through_another(struct dg_report *report)
{
    recipient_of(report, "cap-uy")->through = dg_bytes_of("mttq@tinh");
}

static void make_the_copy_wait(struct dg_report *report)
{
    recipient_of(report, "van-phong")->through = dg_bytes_of("ban-dan-van@tinh");
}

static void make_an_addition_wait(struct dg_report *report)
{
    static struct dg_recipient list[3];
    assert_int_equal(report->recipient_count, 2);
    memcpy(list, report->recipient, 2 * sizeof list[0]);
    list[2] = (struct dg_recipient){.organ = dg_bytes_of("mttq"),
                                    .unit = dg_bytes_of("tinh"),
                                    .as = DG_AS_COPY,
                                    .through = dg_bytes_of("ban-dan-van@tinh")};
    report->recipient = list;
    report->recipient_count = 3;
}

static void an_author_changes_nothing_about_who_waits_for_whom(void **state)
{
    struct fed *fed = *state;
    struct dg_id id = push(fed, FED_HUYEN, "tren");
    fed_run(fed, 10);
    assert_int_equal(covered(fed, &id, change_nothing), DG_OK);
    assert_int_equal(covered(fed, &id, go_directly), DG_ERR_MANDATE_MISSING);
    assert_int_equal(covered(fed, &id, go_through_another), DG_ERR_MANDATE_MISSING);
    assert_int_equal(covered(fed, &id, make_the_copy_wait), DG_ERR_MANDATE_MISSING);
    assert_int_equal(covered(fed, &id, make_an_addition_wait), DG_ERR_NO_RULE);
}

int main(void)
{
    struct dg_fault fault;
    if (dg_crypto_start(&fault) != DG_OK)
        return 1;
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_addressee_sees_it_only_when_it_was_passed_on),
        TEST(it_waits_in_the_authors_own_unit_too),
        TEST(a_pass_below_opens_the_row_above),
        TEST(a_pass_above_opens_the_row_below),
        TEST(a_pass_that_overtakes_its_report_is_sent_again),
        TEST(one_that_was_returned_never_opens_and_its_author_is_told),
        TEST(who_waits_marks_nothing_and_who_passes_on_only_that),
        TEST(a_pass_is_refused_to_whoever_is_not_waited_for),
        TEST(an_organ_decides_once),
        TEST(a_dry_run_passes_nothing),
        TEST(a_source_is_consolidated_by_the_organ_that_has_it_to_pass),
        TEST(what_is_consolidated_past_its_addressee_opens_to_him),
        TEST(what_is_consolidated_below_stays_shut_or_opens_above),
        TEST(a_pass_of_an_organ_that_nobody_waits_for_is_refused),
        TEST(a_pass_that_the_organ_did_not_sign_is_refused),
        TEST(a_second_decision_is_refused),
        TEST(what_was_given_back_can_only_be_returned),
        TEST(a_request_that_was_refused_hinders_nobody),
        TEST(a_pass_of_what_was_given_back_is_refused),
        TEST(the_last_signature_takes_nothing_in_that_was_given_back),
        TEST(a_state_is_kept_only_behind_its_pass),
        TEST(an_author_changes_nothing_about_who_waits_for_whom),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
