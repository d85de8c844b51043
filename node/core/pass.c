/* pass.c - via organs: a report waits in their mailbox until they pass it on, send it back or take it into
 * one of their own.
 *
 * The decision is a record signed by the organ and logged by its node. It travels to the author's unit and to
 * every unit where somebody waits, and only its arrival opens their rows.
 */
#include <string.h>

#include "node/core/node_impl.h"
#include "proto/pass.h"
#include "proto/state_table.h"

/* ---- what a decision changes here ----------------------------------------------------------------- */

static void settle_recipient(struct dg_txn *txn, const struct dg_pass *pass, uint64_t position,
                             const struct dg_recipient *recipient)
{
    struct dg_mail mail;
    if (!dg_mail_get(txn, recipient->organ, position, &mail) || mail.decision != 0)
        return;
    mail.decision = pass->decision;
    mail.decided_ms = pass->signed_ms;
    mail.open = mail.open || dg_pass_opens(pass);
    dg_mail_put(txn, recipient->organ, &mail);
}

/* The via organ's duty is done. A row that it has only as a via goes with it. */
static void settle_via(struct dg_txn *txn, const struct dg_pass *pass, uint64_t position)
{
    struct dg_mail mail;
    if (!dg_mail_get(txn, pass->organ, position, &mail))
        return;
    mail.passes = false;
    if (mail.as == DG_AS_VIA) {
        mail.open = false;
        mail.decision = pass->decision;
        mail.decided_ms = pass->signed_ms;
    }
    dg_mail_put(txn, pass->organ, &mail);
}

/* The author must do something about a report that came back. */
static void tell_author(struct dg_txn *txn, const struct dg_pass *pass, dg_ms now)
{
    char id[DG_HEX_BYTES];
    dg_hex(pass->report.b, sizeof pass->report.b, id);
    const char *detail =
        dg_arena_printf(txn->arena, "%.*s@%.*s%s%.*s", (int)pass->organ.size, (const char *)pass->organ.data,
                        (int)pass->unit.size, (const char *)pass->unit.data, pass->note.size > 0 ? ": " : "",
                        (int)pass->note.size, (const char *)pass->note.data);
    dg_attention_put(txn, now, DG_ERR_RETURNED, dg_bytes_of(id), dg_bytes_of(detail));
}

/* Writes into the mailboxes of this unit what the pass changes there. */
static void settle(struct dg_node *node, struct dg_txn *txn, const struct dg_pass *pass,
                   const struct dg_held *held, dg_ms now)
{
    const struct dg_report *report = &held->report;
    for (size_t i = 0; i < report->recipient_count; i++)
        if (dg_bytes_is(report->recipient[i].unit, node->identity.unit) &&
            dg_recipient_waits_for(&report->recipient[i], pass->organ, pass->unit))
            settle_recipient(txn, pass, held->position, &report->recipient[i]);
    if (dg_bytes_is(pass->unit, node->identity.unit))
        settle_via(txn, pass, held->position);
    if (pass->decision == DG_DECISION_RETURNED && dg_bytes_is(report->author[0].unit, node->identity.unit))
        tell_author(txn, pass, now);
}

/* ---- where it goes -------------------------------------------------------------------------------- */

struct routes {
    size_t count;
    struct dg_bytes unit[DG_RECIPIENTS_MAX + 1];
};

static void add_route(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, struct dg_bytes except,
                      struct routes *routes)
{
    struct dg_bytes route =
        dg_bytes_is(unit, node->identity.unit) ? dg_bytes_at(NULL, 0) : dg_node_route(node, txn, unit);
    if (route.size == 0 || dg_bytes_equal(route, except))
        return;
    for (size_t i = 0; i < routes->count; i++)
        if (dg_bytes_equal(routes->unit[i], route))
            return;
    routes->unit[routes->count++] = route;
}

/* Toward the author, whose trail it is on, and toward everybody who waits; never back. */
static void send_on(struct dg_node *node, struct dg_txn *txn, const struct dg_pass *pass,
                    const struct dg_held *held, uint32_t number, struct dg_bytes except, dg_ms now)
{
    const struct dg_report *report = &held->report;
    struct routes *routes = dg_arena_alloc(txn->arena, sizeof *routes);
    if (routes == NULL) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return;
    }
    routes->count = 0;
    if (!DG_MUTANT("pass-not-told"))
        add_route(node, txn, report->author[0].unit, except, routes);
    for (size_t i = 0; i < report->recipient_count; i++)
        if (dg_recipient_waits_for(&report->recipient[i], pass->organ, pass->unit) &&
            !DG_MUTANT("pass-not-sent"))
            add_route(node, txn, report->recipient[i].unit, except, routes);
    for (size_t i = 0; i < routes->count; i++)
        dg_outbox_push_record(node, txn, routes->unit[i], DG_QUEUED_CUSTODY, held->position, number,
                              dg_bytes_at(NULL, 0), now);
}

/* ---- deciding here -------------------------------------------------------------------------------- */

static enum dg_err pass_sign(struct dg_node *node, const struct dg_dir_organ *organ,
                             const struct dg_pass *pass, struct dg_arena *arena, struct dg_signed *ret)
{
    struct dg_buf body;
    struct dg_pass checked;
    dg_buf_init(&body, DG_CERTIFICATE_MAX);
    enum dg_err err = dg_pass_encode(pass, &body);
    *ret = (struct dg_signed){.body = dg_arena_copy(arena, dg_buf_bytes(&body))};
    dg_buf_done(&body);
    if (err == DG_OK)
        err = dg_pass_decode(arena, ret->body, &checked, NULL);
    if (err != DG_OK)
        return err;
    return node->env.signer->sign(node->env.signer->ctx, &organ->signing, DG_CONTEXT_PASS, ret->body,
                                  &ret->sig);
}

/* Signs, logs, keeps, settles and sends one decision of an organ of this unit. */
static enum dg_err decide(struct dg_node *node, struct dg_txn *txn, const struct dg_dir_organ *organ,
                          const struct dg_held *held, struct dg_pass *pass)
{
    struct dg_record record = {
        .kind = DG_RECORD_PASS, .has_signed = true, .has_report = true, .report = held->id};
    dg_ms now = pass->signed_ms;
    pass->federation = dg_bytes_of(node->identity.federation);
    pass->report = held->id;
    pass->organ = organ->slug;
    pass->unit = dg_bytes_of(node->identity.unit);
    pass->certificate = organ->certificate;
    enum dg_err err = pass_sign(node, organ, pass, txn->arena, &record.sealed);
    if (err != DG_OK)
        return err;
    struct dg_leaf leaf = {
        .time = now,
        .kind = DG_LEAF_PASS,
        .report = held->id,
        .organ = pass->organ,
        .unit = pass->unit,
        .decision = pass->decision,
        .into = pass->into,
        .object = dg_sha256(record.sealed.body),
    };
    record.index = dg_ledger_append(txn, &leaf);
    (void)dg_leaf_get(txn, record.index, &record.leaf);
    struct dg_bytes origin = dg_bytes_of(node->identity.origin);
    uint32_t number = dg_custody_look(txn, held->position, DG_RECORD_PASS, origin, record.index).next;
    dg_custody_put(txn, held->position, number, origin, 0, &record);
    settle(node, txn, pass, held, now);
    send_on(node, txn, pass, held, number, dg_bytes_at(NULL, 0), now);
    return DG_OK;
}

/* ---- the verb ------------------------------------------------------------------------------------- */

/* A refusal that names the organ as it was typed, and the report. */
static enum dg_err refuse(const struct dg_node *node, const struct dg_ctl_request *request, enum dg_err err,
                          struct dg_ctl_reply *reply)
{
    char organ[DG_SLUG_MAX + 1] = "";
    if (request->organ.size > 0 && request->organ.size <= DG_SLUG_MAX)
        memcpy(organ, request->organ.data, request->organ.size);
    (void)dg_faultf(&reply->fault, err, "%.*s", (int)request->report.size,
                    (const char *)request->report.data);
    dg_fault_organ(&reply->fault, organ);
    dg_fault_unit(&reply->fault, node->identity.unit);
    return err;
}

static enum dg_err pass_check(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                              struct dg_held *ret_held, struct dg_ctl_reply *reply)
{
    struct dg_id id;
    struct dg_mail mail;
    enum dg_err err = dg_report_find(txn, request->report, &id, &reply->fault);
    if (err != DG_OK)
        return err;
    err = dg_held_get(txn, &id, ret_held);
    if (err != DG_OK)
        return dg_fault(&reply->fault, err);
    reply->id = id;
    reply->has_id = true;
    if (ret_held->verdict != DG_VERDICT_ACCEPTED)
        return refuse(node, request, DG_ERR_NOT_RECEIVED, reply);
    if (!dg_report_goes_through(&ret_held->report, request->organ, dg_bytes_of(node->identity.unit)))
        return refuse(node, request, DG_ERR_NOT_VIA, reply);
    if (!dg_mail_get(txn, request->organ, ret_held->position, &mail))
        return refuse(node, request, DG_ERR_NOT_RECEIVED, reply);
    if (!mail.passes && !DG_MUTANT("pass-twice"))
        return refuse(node, request, DG_ERR_DECIDED_ALREADY, reply);
    if (!request->back && mail.recall == DG_STATE_RECALL_AGREED)
        return refuse(node, request, DG_ERR_RECALL_AGREED, reply);
    return DG_OK;
}

void dg_control_pass(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                     dg_ms now, struct dg_ctl_reply *reply)
{
    struct dg_held held;
    if (pass_check(node, txn, request, &held, reply) != DG_OK)
        return;
    const struct dg_dir_organ *organ =
        dg_dir_unit_organ(dg_node_self(node, txn), request->organ, dg_day_of(now));
    if (organ == NULL) {
        (void)refuse(node, request, DG_ERR_NO_ORGAN, reply);
        return;
    }
    if (request->dry_run)
        return;
    struct dg_pass pass = {.decision = request->back ? DG_DECISION_RETURNED : DG_DECISION_PASSED,
                           .note = request->note,
                           .signed_ms = now};
    enum dg_err err = decide(node, txn, organ, &held, &pass);
    if (err != DG_OK)
        (void)dg_fault(&reply->fault, err);
}

/* ---- consolidation -------------------------------------------------------------------------------- */

static bool names(const struct dg_report *report, const struct dg_recipient *recipient)
{
    for (size_t i = 0; i < report->recipient_count; i++)
        if (dg_bytes_equal(report->recipient[i].organ, recipient->organ) &&
            dg_bytes_equal(report->recipient[i].unit, recipient->unit))
            return true;
    return false;
}

/* Whether everybody who waits for the organ under source gets into. */
static bool covers(const struct dg_report *into, const struct dg_report *source,
                   const struct dg_dir_organ *organ, struct dg_bytes unit)
{
    for (size_t i = 0; i < source->recipient_count; i++)
        if (dg_recipient_waits_for(&source->recipient[i], organ->slug, unit) &&
            !names(into, &source->recipient[i]))
            return false;
    return true;
}

/* The row of a source that waits for that organ. Cheap: its envelope is not read. False when it does not
 * wait. */
static bool waits_here(struct dg_txn *txn, struct dg_bytes organ, const struct dg_id *source,
                       struct dg_mail *ret)
{
    struct dg_report_ix ix;
    return dg_report_ix_get(txn, source, &ix) && ix.verdict == DG_VERDICT_ACCEPTED &&
           dg_mail_get(txn, organ, ix.position, ret) && ret->passes;
}

static void consolidate_one(struct dg_node *node, struct dg_txn *txn, const struct dg_dir_organ *organ,
                            const struct dg_id *source, const struct dg_report *into,
                            const struct dg_id *into_id, dg_ms now)
{
    struct dg_mail mail;
    struct dg_held held;
    if (!waits_here(txn, organ->slug, source, &mail))
        return;
    struct dg_pass pass = {.decision = DG_DECISION_CONSOLIDATED, .into = *into_id, .signed_ms = now};
    enum dg_err err = dg_held_get(txn, source, &held);
    if (err == DG_OK)
        pass.covers = covers(into, &held.report, organ, dg_bytes_of(node->identity.unit));
    if (err == DG_OK)
        err = decide(node, txn, organ, &held, &pass);
    if (err != DG_OK)
        dg_txn_fail(txn, err);
}

static enum dg_err given_back(const struct dg_author *author, const struct dg_id *source, struct dg_txn *txn,
                              struct dg_fault *fault)
{
    char hex[DG_HEX_BYTES];
    dg_hex(source->b, sizeof source->b, hex);
    enum dg_err err = dg_faultf(fault, DG_ERR_RECALL_AGREED, "%s", hex);
    dg_fault_organ(fault, dg_arena_string(txn->arena, author->organ));
    return err;
}

enum dg_err dg_pass_may_consolidate(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                                    struct dg_fault *fault)
{
    struct dg_mail mail;
    for (size_t i = 0; i < report->author_count; i++) {
        const struct dg_author *author = &report->author[i];
        for (size_t k = 0; dg_bytes_is(author->unit, node->identity.unit) && k < report->source_count; k++)
            if (waits_here(txn, author->organ, &report->source[k], &mail) &&
                mail.recall == DG_STATE_RECALL_AGREED)
                return given_back(author, &report->source[k], txn, fault);
    }
    return DG_OK;
}

void dg_pass_consolidate(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                         const struct dg_id *id, dg_ms now)
{
    for (size_t i = 0; i < report->author_count; i++) {
        const struct dg_author *author = &report->author[i];
        const struct dg_dir_organ *organ =
            dg_bytes_is(author->unit, node->identity.unit)
                ? dg_dir_unit_certificate(dg_node_self(node, txn), &author->certificate)
                : NULL;
        for (size_t k = 0; organ != NULL && k < report->source_count; k++)
            consolidate_one(node, txn, organ, &report->source[k], report, id, now);
    }
}

/* ---- decisions of other nodes --------------------------------------------------------------------- */

/* The pass that a record carries is the one its leaf names, by an organ of the logging unit. */
static bool is_of_leaf(const struct dg_node *node, const struct dg_pass *pass, const struct dg_record *record,
                       const struct dg_dir_unit *unit, const struct dg_leaf *leaf)
{
    struct dg_hash object = dg_sha256(record->sealed.body);
    return dg_hash_equal(&object, &leaf->object) && dg_id_equal(&pass->report, &leaf->report) &&
           pass->decision == leaf->decision && dg_id_equal(&pass->into, &leaf->into) &&
           dg_bytes_equal(pass->organ, leaf->organ) && dg_bytes_equal(pass->unit, leaf->unit) &&
           dg_bytes_equal(pass->unit, unit->slug) && dg_bytes_is(pass->federation, node->identity.federation);
}

/* What the organ has said of the report otherwise. Its word stands in the log of its own unit alone, whose
 * order says what came first. */
struct decision_search {
    const struct dg_pass *pass;
    uint64_t index;
    enum dg_err err;
};

static bool other_decision(void *ctx, const struct dg_custody *custody)
{
    struct decision_search *search = ctx;
    const struct dg_pass *pass = search->pass;
    if (!dg_bytes_equal(custody->leaf.organ, pass->organ) || !dg_bytes_equal(custody->leaf.unit, pass->unit))
        return true;
    if (custody->record.kind == DG_RECORD_PASS && custody->record.index != search->index)
        search->err = DG_ERR_DECIDED_ALREADY;
    if (custody->record.kind == DG_RECORD_STATE && custody->leaf.state == DG_STATE_RECALL_AGREED &&
        custody->record.index < search->index && pass->decision != DG_DECISION_RETURNED)
        search->err = DG_ERR_RECALL_AGREED;
    return search->err == DG_OK;
}

enum dg_err dg_pass_check(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                          const struct dg_claims *claims, const struct dg_record *record,
                          const struct dg_dir_unit *unit, const struct dg_leaf *leaf)
{
    struct dg_pass pass;
    struct dg_held held;
    enum dg_err err = dg_pass_decode(txn->arena, record->sealed.body, &pass, NULL);
    if (err != DG_OK)
        return err;
    if (!is_of_leaf(node, &pass, record, unit, leaf))
        return DG_ERR_BAD_LEAF;
    err = dg_held_get(txn, &pass.report, &held);
    if (err != DG_OK)
        return err;
    if (held.verdict != DG_VERDICT_ACCEPTED || !dg_report_goes_through(&held.report, pass.organ, pass.unit))
        return DG_ERR_NOT_VIA;
    const struct dg_dir_organ *organ = dg_dir_unit_certificate(unit, &pass.certificate);
    if (organ == NULL)
        return DG_ERR_STALE_DIRECTORY;
    if (!dg_bytes_equal(organ->slug, pass.organ))
        return DG_ERR_NOT_VIA;
    struct decision_search search = {.pass = &pass, .index = record->index};
    dg_custody_each(txn, held.position, other_decision, &search);
    if (search.err != DG_OK)
        return search.err;
    return dg_claimed(claims, event, DG_CONTEXT_PASS, &organ->signing, record->sealed.body,
                      &record->sealed.sig);
}

void dg_pass_kept(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                  const struct dg_record *record, uint32_t number, dg_ms now)
{
    struct dg_pass pass;
    struct dg_held held;
    enum dg_err err = dg_pass_decode(txn->arena, record->sealed.body, &pass, NULL);
    if (err == DG_OK)
        err = dg_held_get(txn, &pass.report, &held);
    if (err != DG_OK) {
        dg_txn_fail(txn, err);
        return;
    }
    settle(node, txn, &pass, &held, now);
    send_on(node, txn, &pass, &held, number, dg_bytes_of(link->unit), now);
}
