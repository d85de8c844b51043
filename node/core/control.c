/* control.c - what the people at this node ask for. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "node/core/issued_impl.h"
#include "node/core/node_impl.h"
#include "node/core/restored_impl.h"
#include "proto/state_table.h"

/* ---- mark --------------------------------------------------------------------------------------- */

/* The organ's own row; a bug could look into somebody else's mailbox. */
static bool mail_of(struct dg_txn *txn, struct dg_bytes organ, const struct dg_held *held,
                    struct dg_mail *ret)
{
    bool found = dg_mail_get(txn, organ, held->position, ret);
    for (size_t i = 0; DG_MUTANT("any-mailbox") && i < held->report.recipient_count && !found; i++)
        found = dg_mail_get(txn, held->report.recipient[i].organ, held->position, ret);
    return found;
}

static enum dg_err mark_check(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                              struct dg_mail *ret_mail, struct dg_held *ret_held, struct dg_ctl_reply *reply)
{
    struct dg_id id;
    enum dg_err err = dg_report_find(txn, request->report, &id, &reply->fault);
    if (err != DG_OK)
        return err;
    err = dg_held_get(txn, &id, ret_held);
    if (err != DG_OK)
        return dg_fault(&reply->fault, err);
    reply->id = id;
    reply->has_id = true;
    char organ[DG_SLUG_MAX + 1] = "";
    if (request->organ.size > 0 && request->organ.size <= DG_SLUG_MAX)
        memcpy(organ, request->organ.data, request->organ.size);
    if (!mail_of(txn, request->organ, ret_held, ret_mail)) {
        err = dg_faultf(&reply->fault, DG_ERR_NOT_RECEIVED, "%.*s", (int)request->report.size,
                        (const char *)request->report.data);
        dg_fault_organ(&reply->fault, organ);
        return err;
    }
    bool recall = dg_state_is_recall(request->code) && ret_mail->passes; /* a via organ may give it back */
    if (!ret_mail->open && !recall) {
        err = dg_faultf(&reply->fault, ret_mail->as == DG_AS_VIA ? DG_ERR_DECIDED_ALREADY : DG_ERR_WAITS,
                        "%.*s", (int)request->report.size, (const char *)request->report.data);
        dg_fault_organ(&reply->fault,
                       ret_mail->as == DG_AS_VIA ? organ : dg_arena_string(txn->arena, ret_mail->through));
        return err;
    }
    if (ret_mail->as == DG_AS_VIA && !recall) {
        err = dg_faultf(&reply->fault, DG_ERR_ONLY_PASSES, "%.*s", (int)request->report.size,
                        (const char *)request->report.data);
        dg_fault_organ(&reply->fault, organ);
        return err;
    }
    uint32_t from = dg_state_is_recall(request->code) ? ret_mail->recall : ret_mail->state;
    if (dg_state_name(request->code) == NULL || !dg_state_may(from, request->code))
        return dg_faultf(&reply->fault, DG_ERR_BAD_STATE, "%s",
                         dg_state_name(from != 0 ? from : ret_mail->state));
    if (dg_dir_unit_organ(dg_node_self(node, txn), request->organ, dg_day_of(ret_held->arrived_ms)) == NULL)
        return dg_fault(&reply->fault, DG_ERR_NO_ORGAN);
    return DG_OK;
}

static void control_mark(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                         dg_ms now, struct dg_ctl_reply *reply)
{
    struct dg_mail mail;
    struct dg_held held;
    if (mark_check(node, txn, request, &mail, &held, reply) != DG_OK || request->dry_run)
        return;
    enum dg_err err = dg_state_say(node, txn, &held.id, request->organ, request->code, request->note, now);
    if (err != DG_OK) {
        (void)dg_fault(&reply->fault, err);
        return;
    }
    if (dg_state_is_recall(request->code))
        mail.recall = request->code;
    else
        mail.state = request->code;
    dg_mail_put(txn, request->organ, &mail);
}

/* ---- queue -------------------------------------------------------------------------------------- */

struct queue_walk {
    struct dg_txn *txn;
    uint64_t position;
    size_t count;
    struct dg_queued row[64]; /* one report leaves by few links */
};

static bool queue_collect(void *ctx, const struct dg_queued *queued)
{
    struct queue_walk *walk = ctx;
    if (queued->kind == DG_QUEUED_REPORT && queued->position == walk->position)
        walk->row[walk->count++] = *queued;
    return walk->count < sizeof walk->row / sizeof walk->row[0];
}

static void queue_retry(struct dg_node *node, const struct dg_queued *queued, dg_ms now)
{
    struct dg_link *link = dg_link_by_unit(node, queued->unit);
    if (link == NULL)
        return;
    link->wake = true;
    for (size_t i = 0; i < link->flight_count; i++)
        if (link->flight[i].seq == queued->seq && link->flight[i].lane == queued->lane)
            link->flight[i].due = now;
    if (link->cursor[queued->lane] > queued->seq)
        link->cursor[queued->lane] = queued->seq;
}

static void control_queue(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                          dg_ms now, struct dg_ctl_reply *reply)
{
    struct dg_id id;
    struct dg_report_ix ix;
    if (dg_report_find(txn, request->report, &id, &reply->fault) != DG_OK)
        return;
    struct queue_walk walk = {.txn = txn};
    if (dg_report_ix_get(txn, &id, &ix)) {
        walk.position = ix.position;
        dg_queue_each(txn, dg_bytes_at(NULL, 0), queue_collect, &walk);
    }
    reply->id = id;
    reply->has_id = true;
    if (walk.count == 0)
        (void)dg_faultf(&reply->fault, DG_ERR_NOT_FOUND, "nothing of it waits here");
    for (size_t i = 0; i < walk.count && !request->dry_run; i++) {
        struct dg_queued *row = &walk.row[i];
        row->held = request->action == DG_QUEUE_HOLD || (row->held && request->action == DG_QUEUE_RETRY);
        dg_queued_put(txn, row);
        if (!row->held)
            queue_retry(node, row, now);
    }
}

/* ---- status ------------------------------------------------------------------------------------- */

static bool attention_calls(void *ctx, const struct dg_attention *item)
{
    bool *calls = ctx;
    *calls = dg_attention_calls(item);
    return !*calls;
}

static void add_reason(struct dg_ctl_reply *reply, const char *reason)
{
    if (reply->reason_count < DG_CTL_REASONS_MAX)
        reply->reason[reply->reason_count++] = dg_bytes_of(reason);
}

/* Fills in the links, the reasons and OK or DEGRADED; they live in txn's arena. */
static void control_status(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                           dg_ms now, struct dg_ctl_reply *reply)
{
    (void)request;
    reply->reason = dg_arena_array(txn->arena, DG_CTL_REASONS_MAX, sizeof *reply->reason);
    reply->link = dg_arena_array(txn->arena, node->link_count + 1, sizeof *reply->link);
    if (reply->reason == NULL || reply->link == NULL)
        return;
    for (size_t i = 0; i < node->link_count; i++) {
        const struct dg_link *link = node->link[i];
        reply->link[reply->link_count++] = (struct dg_ctl_link){
            .unit = dg_bytes_of(link->unit),
            .up = link->up,
            .connected = link->connected,
            .since_ms = link->since,
            .skew_ms = link->skew_ms,
        };
        if (link->up && !link->connected)
            add_reason(reply, link->refused ? "UPLINK_REFUSED" : "UPLINK_DOWN");
        if (link->connected && (link->skew_ms > 600000 || link->skew_ms < -600000))
            add_reason(reply, "CLOCK_SKEW");
    }
    if (node->disk_low)
        add_reason(reply, "DISK_FULL");
    if (node->late)
        add_reason(reply, "LATE");
    bool calls = false;
    dg_attention_each(txn, attention_calls, &calls);
    if (calls)
        add_reason(reply, "ATTENTION");
    reply->state = dg_bytes_of(reply->reason_count == 0 ? "OK" : "DEGRADED");
    /* An overdue report is no fault of the node: it is named, and degrades nothing. */
    if (dg_duties_overdue(node, txn, now))
        add_reason(reply, "OVERDUE");
    dg_restored_reasons(node, txn, reply);
}

/* ---- the door ----------------------------------------------------------------------------------- */

typedef void control_verb(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                          dg_ms now, struct dg_ctl_reply *reply);

static control_verb *const verbs[DG_CTL_VERB_COUNT] = {
    [DG_CTL_PUSH] = dg_control_push,       [DG_CTL_MARK] = control_mark,
    [DG_CTL_INVITE] = dg_control_invite,   [DG_CTL_QUEUE] = control_queue,
    [DG_CTL_STATUS] = control_status,      [DG_CTL_PASS] = dg_control_pass,
    [DG_CTL_JOINT] = dg_control_joint,     [DG_CTL_COMMENT] = dg_control_comment,
    [DG_CTL_ADOPT] = dg_control_adopt,     [DG_CTL_CALENDAR] = dg_control_calendar,
    [DG_CTL_EXCUSE] = dg_control_excuse,   [DG_CTL_REMIND] = dg_control_remind,
    [DG_CTL_CERTIFY] = dg_control_certify, [DG_CTL_RECALL] = dg_control_recall,
    [DG_CTL_FETCH] = dg_control_fetch,     [DG_CTL_ATTENTION] = dg_control_attention,
    [DG_CTL_WHY] = dg_control_why,         [DG_CTL_UNIT] = dg_control_unit,
    [DG_CTL_ATTACH] = dg_control_attach,   [DG_CTL_RESUME] = dg_control_resume,
};

void dg_control(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event, dg_ms now,
                struct dg_out *out)
{
    struct dg_ctl_reply reply = {.has_id = false};
    (void)dg_fault(&reply.fault, DG_OK);
    if (event->request == NULL) {
        (void)dg_faultf(&reply.fault, event->err, "request");
        dg_out_reply(out, event->client, &reply);
        return;
    }
    if (dg_disk_refuses(node, event->request)) {
        (void)dg_fault(&reply.fault, DG_ERR_STORE_FULL);
        dg_out_reply(out, event->client, &reply);
        return;
    }
    enum dg_ctl_verb verb = event->request->verb;
    bool changes = verb != DG_CTL_STATUS && verb != DG_CTL_WHY && verb != DG_CTL_RESUME;
    bool silent = dg_is_restored(txn) && !DG_MUTANT("serves-restored") && !DG_MUTANT("signs-restored");
    if (changes && silent) {
        (void)dg_faultf(&reply.fault, DG_ERR_RESTORED, "%s", node->identity.unit);
        dg_out_reply(out, event->client, &reply);
        return;
    }
    assert(verbs[verb] != NULL);
    verbs[verb](node, txn, event->request, now, &reply);
    dg_out_reply(out, event->client, &reply);
}
