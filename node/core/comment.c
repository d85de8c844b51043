/* comment.c - what recipients say about a draft, on its way to the author and to those who collect.
 *
 * The article has the addressee collect the comments and return them to the author. Both therefore get every
 * comment, each by the shortest way in the tree: a node that keeps one passes it on to every neighbour, but
 * the one it came from, behind which the author or an addressee is. All of those ways are ways that the
 * draft itself has gone, so whoever sees a comment has the draft, or is about to.
 */
#include <string.h>

#include "node/core/node_impl.h"
#include "proto/comment.h"

static bool is_draft(const struct dg_report *report)
{
    return dg_bytes_is(report->kind, "draft");
}

/* ---- passing on ------------------------------------------------------------------------------------ */

/* The neighbours that have been queued for. */
struct ways {
    size_t count;
    struct dg_bytes unit[DG_RECIPIENTS_MAX + 1];
};

static void go_toward(struct dg_node *node, struct dg_txn *txn, struct ways *ways, struct dg_bytes unit,
                      struct dg_bytes from, const struct dg_queued *queued)
{
    struct dg_bytes route = dg_node_route(node, txn, unit);
    if (route.size == 0 || dg_bytes_is(unit, node->identity.unit) || dg_bytes_equal(route, from))
        return;
    for (size_t i = 0; i < ways->count; i++)
        if (dg_bytes_equal(ways->unit[i], route))
            return;
    ways->unit[ways->count++] = route;
    dg_outbox_push_record(node, txn, route, DG_QUEUED_CUSTODY, queued->position, queued->number,
                          dg_bytes_at(NULL, 0), queued->since_ms);
}

void dg_comment_spread(struct dg_node *node, struct dg_txn *txn, const struct dg_id *id, struct dg_bytes from,
                       uint32_t number, dg_ms now)
{
    struct dg_held held;
    struct ways *ways = dg_arena_alloc(txn->arena, sizeof *ways);
    if (ways == NULL)
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
    if (ways == NULL || dg_held_get(txn, id, &held) != DG_OK || held.verdict != DG_VERDICT_ACCEPTED)
        return;
    struct dg_queued queued = {.position = held.position, .number = number, .since_ms = now};
    go_toward(node, txn, ways, held.report.author[0].unit, from, &queued);
    for (size_t i = 0; i < held.report.recipient_count && !DG_MUTANT("forget-collector"); i++)
        if (held.report.recipient[i].as == DG_AS_TO)
            go_toward(node, txn, ways, held.report.recipient[i].unit, from, &queued);
}

/* ---- of another node ------------------------------------------------------------------------------- */

/* Who was asked stands in R, for everybody to see: whom a later regime adds gets a copy, but was not asked.
 */
static bool is_asked(const struct dg_report *report, struct dg_bytes organ, struct dg_bytes unit)
{
    for (size_t i = 0; i < report->recipient_count; i++)
        if (dg_bytes_equal(report->recipient[i].organ, organ) &&
            dg_bytes_equal(report->recipient[i].unit, unit))
            return true;
    return false;
}

/* The comment that a record carries is the one its leaf names, by an organ of the logging unit. */
static bool fits_leaf(const struct dg_node *node, const struct dg_comment *comment, struct dg_bytes body,
                      const struct dg_dir_unit *unit, const struct dg_leaf *leaf)
{
    struct dg_hash object = dg_sha256(body);
    return dg_hash_equal(&object, &leaf->object) && dg_id_equal(&comment->report, &leaf->report) &&
           dg_bytes_equal(comment->organ, leaf->organ) && dg_bytes_equal(comment->unit, leaf->unit) &&
           dg_bytes_equal(comment->unit, unit->slug) &&
           dg_bytes_is(comment->federation, node->identity.federation);
}

enum dg_err dg_comment_check(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                             const struct dg_claims *claims, const struct dg_record *record,
                             const struct dg_dir_unit *unit, const struct dg_leaf *leaf)
{
    struct dg_comment comment;
    enum dg_err err = dg_comment_decode(txn->arena, record->sealed.body, &comment, NULL);
    if (err != DG_OK)
        return err;
    if (!fits_leaf(node, &comment, record->sealed.body, unit, leaf))
        return DG_ERR_BAD_LEAF;
    struct dg_held held;
    err = dg_held_get(txn, &comment.report, &held);
    if (err != DG_OK)
        return err;
    if (!is_draft(&held.report))
        return DG_ERR_NOT_ASKED;
    if (!is_asked(&held.report, comment.organ, comment.unit))
        return DG_ERR_NOT_RECEIVED;
    const struct dg_dir_organ *organ = dg_dir_unit_certificate(unit, &comment.certificate);
    if (organ == NULL)
        return DG_ERR_STALE_DIRECTORY;
    if (!dg_bytes_equal(organ->slug, comment.organ))
        return DG_ERR_BAD_LEAF;
    return dg_claimed(claims, event, DG_CONTEXT_COMMENT, &organ->signing, record->sealed.body,
                      &record->sealed.sig);
}

/* ---- our own --------------------------------------------------------------------------------------- */

static const char *typed(struct dg_txn *txn, struct dg_bytes text)
{
    return dg_arena_string(txn->arena, text);
}

static enum dg_err find_draft(const struct dg_node *node, struct dg_txn *txn,
                              const struct dg_ctl_request *request, struct dg_held *ret,
                              struct dg_ctl_reply *reply)
{
    struct dg_mail mail;
    enum dg_err err = dg_report_find(txn, request->report, &reply->id, &reply->fault);
    if (err != DG_OK)
        return err;
    reply->has_id = true;
    err = dg_held_get(txn, &reply->id, ret);
    if (err != DG_OK)
        return dg_fault(&reply->fault, err);
    if (!dg_mail_get(txn, request->organ, ret->position, &mail) ||
        !is_asked(&ret->report, request->organ, dg_bytes_of(node->identity.unit))) {
        err = dg_faultf(&reply->fault, DG_ERR_NOT_RECEIVED, "%s", typed(txn, request->report));
        dg_fault_organ(&reply->fault, typed(txn, request->organ));
        return err;
    }
    return is_draft(&ret->report)
               ? DG_OK
               : dg_faultf(&reply->fault, DG_ERR_NOT_ASKED, "%s", typed(txn, request->report));
}

static enum dg_err comment_sign(struct dg_node *node, struct dg_txn *txn,
                                const struct dg_ctl_request *request, const struct dg_id *id, dg_ms now,
                                struct dg_signed *ret)
{
    const struct dg_dir_organ *organ =
        dg_dir_unit_organ(dg_node_self(node, txn), request->organ, dg_day_of(now));
    if (organ == NULL)
        return DG_ERR_NO_ORGAN;
    struct dg_comment comment = {
        .federation = dg_bytes_of(node->identity.federation),
        .report = *id,
        .organ = organ->slug,
        .unit = dg_bytes_of(node->identity.unit),
        .certificate = organ->certificate,
        .text = request->text,
        .signed_ms = now,
    };
    struct dg_buf body;
    dg_buf_init(&body, DG_COMMENT_MAX);
    enum dg_err err = dg_comment_encode(&comment, &body);
    *ret = (struct dg_signed){.body = dg_arena_copy(txn->arena, dg_buf_bytes(&body))};
    dg_buf_done(&body);
    if (err == DG_OK)
        err = dg_comment_decode(txn->arena, ret->body, &comment, NULL);
    if (err != DG_OK)
        return err;
    return node->env.signer->sign(node->env.signer->ctx, &organ->signing, DG_CONTEXT_COMMENT, ret->body,
                                  &ret->sig);
}

/* The leaf, the record beside the report, and its ways out. */
static void keep(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                 const struct dg_held *held, struct dg_record *record, dg_ms now)
{
    struct dg_bytes origin = dg_bytes_of(node->identity.origin);
    struct dg_leaf leaf = {
        .time = now,
        .kind = DG_LEAF_COMMENT,
        .report = held->id,
        .organ = request->organ,
        .unit = dg_bytes_of(node->identity.unit),
        .object = dg_sha256(record->sealed.body),
    };
    record->index = dg_ledger_append(txn, &leaf);
    (void)dg_leaf_get(txn, record->index, &record->leaf);
    uint32_t number = dg_custody_look(txn, held->position, DG_RECORD_COMMENT, origin, record->index).next;
    dg_custody_put(txn, held->position, number, origin, 0, record);
    dg_comment_spread(node, txn, &held->id, dg_bytes_at(NULL, 0), number, now);
}

void dg_control_comment(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                        dg_ms now, struct dg_ctl_reply *reply)
{
    struct dg_held held;
    if (find_draft(node, txn, request, &held, reply) != DG_OK)
        return;
    struct dg_custody_place place = dg_custody_look(txn, held.position, DG_RECORD_COMMENT,
                                                    dg_bytes_of(node->identity.origin), UINT64_MAX);
    if (place.next >= DG_CUSTODY_MAX || place.log_count >= DG_COMMENTS_PER_UNIT_MAX) {
        (void)dg_faultf(&reply->fault, DG_ERR_TOO_LARGE, "%u comments", (unsigned)place.log_count);
        return;
    }
    struct dg_record record = {
        .kind = DG_RECORD_COMMENT, .has_signed = true, .has_report = true, .report = held.id};
    enum dg_err err = comment_sign(node, txn, request, &held.id, now, &record.sealed);
    if (err != DG_OK)
        (void)dg_faultf(&reply->fault, err, "%s", typed(txn, request->report));
    else if (!request->dry_run)
        keep(node, txn, request, &held, &record, now);
}
