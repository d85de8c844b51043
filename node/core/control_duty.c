/* control_duty.c - what the organ that directs reporting asks for: calendars, excuses, reminders, findings.
 */
#include <string.h>

#include "common/text.h"
#include "node/core/issued_impl.h"
#include "node/core/mandate_rules.h"

/* ---- who may ------------------------------------------------------------------------------------- */

static const char directing[] = "calendars, reminders and findings are for the organ that directs reporting, "
                                "ban-dan-van or its stand-in";

/* The article by which it directs: that of the first rule in force for directed reports. */
static void name_article(struct dg_txn *txn, const struct dg_dir_unit *unit, struct dg_day day,
                         struct dg_fault *fault)
{
    struct dg_cited cited[DG_REGIMES_PER_REPORT_MAX];
    size_t count = dg_regimes_at(unit, day, cited, DG_REGIMES_PER_REPORT_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct dg_regime *regime = cited[i].adoption->regime;
        for (size_t k = 0; regime != NULL && k < regime->rule_count; k++) {
            const struct dg_rule *rule = &regime->rule[k];
            if (!dg_bytes_is(rule->kind, "directed"))
                continue;
            const char *id = dg_arena_string(txn->arena, rule->id);
            const char *cites = dg_arena_string(txn->arena, rule->cites);
            (void)dg_faultf(fault, DG_ERR_NOT_PERMITTED, "%s: %s, %s", directing, id, cites);
            dg_fault_rule(fault, id, cites);
            return;
        }
    }
    (void)dg_faultf(fault, DG_ERR_NOT_PERMITTED, "%s", directing);
}

/* The organ of this unit that acts. DG_ERR_NO_ORGAN; DG_ERR_NOT_PERMITTED, naming role and article. */
static enum dg_err acting_organ(struct dg_node *node, struct dg_txn *txn, struct dg_bytes slug, dg_ms now,
                                const struct dg_dir_organ **ret, struct dg_fault *fault)
{
    const struct dg_dir_unit *self = dg_node_self(node, txn);
    struct dg_day today = dg_day_of(now);
    *ret = self != NULL ? dg_dir_unit_organ(self, slug, today) : NULL;
    if (*ret == NULL)
        (void)dg_fault(fault, DG_ERR_NO_ORGAN);
    else if (!dg_duty_may_issue(self, slug, today))
        name_article(txn, self, today, fault);
    else
        return DG_OK;
    dg_fault_organ(fault, dg_arena_string(txn->arena, slug));
    dg_fault_unit(fault, node->identity.unit);
    return fault->err;
}

static void reply_issued(struct dg_ctl_reply *reply, const struct dg_issued *issued)
{
    memcpy(reply->id.b, issued->hash.b, sizeof reply->id.b);
    reply->has_id = true;
}

/* ---- calendars ----------------------------------------------------------------------------------- */

void dg_control_calendar(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                         dg_ms now, struct dg_ctl_reply *reply)
{
    const struct dg_dir_organ *organ;
    struct dg_issued *issued = dg_arena_alloc(txn->arena, sizeof *issued);
    if (issued == NULL) {
        (void)dg_fault(&reply->fault, DG_ERR_NO_MEMORY);
        return;
    }
    enum dg_err err = dg_issued_decode(txn->arena, DG_RECORD_CALENDAR, request->draft, issued, &reply->fault);
    if (err == DG_OK)
        err = acting_organ(node, txn, request->organ, now, &organ, &reply->fault);
    if (err == DG_OK)
        err = dg_issue(node, txn, issued, organ, request->dry_run, now, &reply->fault);
    if (err == DG_OK)
        reply_issued(reply, issued);
}

/* ---- about one duty ------------------------------------------------------------------------------ */

/* What the three requests about a duty have in common. */
struct about {
    struct dg_node *node;
    struct dg_txn *txn;
    const struct dg_ctl_request *request;
    dg_ms now;
    struct dg_day today;
    struct dg_ctl_reply *reply;
    const struct dg_dir_organ *organ;
    struct dg_duty duty;
    struct dg_duty_facts facts;
    enum dg_duty_state state;
    uint32_t days_late;
    struct dg_day last; /* the last day that counts */
    struct dg_issued *issued;
};

static enum dg_err begin(struct about *a, struct dg_node *node, struct dg_txn *txn,
                         const struct dg_ctl_request *request, dg_ms now, struct dg_ctl_reply *reply)
{
    *a = (struct about){.node = node,
                        .txn = txn,
                        .request = request,
                        .now = now,
                        .today = dg_day_of(now),
                        .reply = reply,
                        .issued = dg_arena_alloc(txn->arena, sizeof *a->issued)};
    if (a->issued == NULL)
        return dg_fault(&reply->fault, DG_ERR_NO_MEMORY);
    enum dg_err err = acting_organ(node, txn, request->organ, now, &a->organ, &reply->fault);
    if (err == DG_OK)
        err =
            dg_duty_find(node, txn, request->owner, request->rule, request->period, &a->duty, &reply->fault);
    if (err != DG_OK)
        return err;
    dg_duty_facts(txn, &a->duty, &a->facts);
    a->state = dg_duty_judge(&a->duty, &a->facts, a->today, &a->days_late);
    a->last = dg_duty_last(&a->duty, &a->facts);
    return txn->err;
}

static enum dg_err refuse(struct about *a, enum dg_err code, const char *what)
{
    struct dg_fault *fault = &a->reply->fault;
    (void)dg_faultf(fault, code, "%s", what);
    dg_fault_organ(fault, dg_arena_string(a->txn->arena, a->request->owner));
    dg_fault_unit(fault, dg_arena_string(a->txn->arena, dg_duty_keeper(&a->duty)->slug));
    dg_fault_rule(fault, dg_arena_string(a->txn->arena, a->duty.rule->id),
                  dg_arena_string(a->txn->arena, a->duty.rule->cites));
    return code;
}

static enum dg_err refuse_day(struct about *a, enum dg_err code, struct dg_day day)
{
    char text[DG_DAY_TEXT];
    dg_day_text(day, text);
    return refuse(a, code, text);
}

/* Whom the report would not have come to cannot say that it is missing, and who owes it upward does not say
 * so of himself. */
static enum dg_err check_seen(struct about *a)
{
    if (dg_duty_keeper(&a->duty) == dg_node_self(a->node, a->txn))
        return DG_OK;
    return refuse(a, DG_ERR_NOT_SEEN, dg_arena_string(a->txn->arena, a->request->rule));
}

static enum dg_err check_owed(struct about *a)
{
    if (a->state == DG_DUTY_OWED || a->state == DG_DUTY_MISSING)
        return DG_OK;
    return refuse(a, DG_ERR_DUTY_MET, dg_duty_state_name(a->state));
}

static void issue(struct about *a)
{
    if (dg_issue(a->node, a->txn, a->issued, a->organ, a->request->dry_run, a->now, &a->reply->fault) ==
        DG_OK)
        reply_issued(a->reply, a->issued);
}

/* ---- excuses ------------------------------------------------------------------------------------- */

static enum dg_err excuse_check(struct about *a)
{
    const struct dg_ctl_request *request = a->request;
    bool extended = request->decision == DG_FINDING_EXTENDED;
    if (!extended && request->decision != DG_FINDING_EXCUSED && request->decision != DG_FINDING_NOTHING)
        return dg_faultf(&a->reply->fault, DG_ERR_BAD_VALUE, "%u", (unsigned)request->decision);
    if (request->has_until != extended)
        return dg_faultf(&a->reply->fault, DG_ERR_BAD_VALUE, "--until");
    if (extended && request->until.n <= a->duty.last.n)
        return refuse_day(a, DG_ERR_BAD_UNTIL, a->duty.last);
    if (dg_bytes_is(a->duty.calendar->calendar.issuer.unit, a->node->identity.unit))
        return check_owed(a);
    /* Nobody excuses what somebody else has demanded. */
    const struct dg_issuer *issuer = &a->duty.calendar->calendar.issuer;
    return refuse(a, DG_ERR_NOT_PERMITTED,
                  dg_arena_printf(a->txn->arena, "only who issued the calendar excuses from it: %s@%s",
                                  dg_arena_string(a->txn->arena, issuer->organ),
                                  dg_arena_string(a->txn->arena, issuer->unit)));
}

void dg_control_excuse(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply)
{
    struct about a;
    if (begin(&a, node, txn, request, now, reply) != DG_OK || excuse_check(&a) != DG_OK)
        return;
    *a.issued = (struct dg_issued){.kind = DG_RECORD_ABSENCE};
    a.issued->is.absence = (struct dg_absence){.duty = dg_duty_name_of(&a.duty),
                                               .finding = (enum dg_finding)request->decision,
                                               .until = request->until,
                                               .note = request->note};
    issue(&a);
}

/* ---- reminders ----------------------------------------------------------------------------------- */

static bool count_reminder(void *ctx, const struct dg_reminder *reminder, const struct dg_hash *hash)
{
    uint32_t *count = ctx;
    (void)reminder;
    (void)hash;
    (*count)++;
    return true;
}

/* Nobody is chased for what he may still send tomorrow; on the last day itself he may be. */
static enum dg_err remind_check(struct about *a)
{
    enum dg_err err = check_seen(a);
    if (err == DG_OK)
        err = check_owed(a);
    return err != DG_OK || a->today.n >= a->last.n ? err : refuse_day(a, DG_ERR_NOT_DUE, a->last);
}

void dg_control_remind(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply)
{
    struct about a;
    uint32_t count = 0;
    if (begin(&a, node, txn, request, now, reply) != DG_OK || remind_check(&a) != DG_OK)
        return;
    dg_reminders_each(txn, &a.duty, count_reminder, &count);
    uint32_t escalate = a.duty.calendar->calendar.escalate_after;
    *a.issued = (struct dg_issued){.kind = DG_RECORD_REMINDER};
    a.issued->is.reminder = (struct dg_reminder){.duty = dg_duty_name_of(&a.duty),
                                                 .escalated = escalate > 0 && count + 1 >= escalate,
                                                 .note = request->note};
    issue(&a);
}

/* ---- missing and late ---------------------------------------------------------------------------- */

static enum dg_err tree_head(struct about *a, uint64_t size, struct dg_tree_head *ret)
{
    struct dg_tree_reader tree = dg_log_tree(a->txn);
    ret->origin = dg_bytes_of(a->node->identity.origin);
    ret->size = size;
    enum dg_err err = dg_tree_root(&tree, size, &ret->root);
    return err == DG_OK ? DG_OK : dg_fault(&a->reply->fault, err);
}

struct reminders {
    size_t count;
    struct dg_hash *hash;
};

static bool take_reminder(void *ctx, const struct dg_reminder *reminder, const struct dg_hash *hash)
{
    struct reminders *reminders = ctx;
    (void)reminder;
    reminders->hash[reminders->count++] = *hash;
    return reminders->count < DG_REMINDERS_MAX;
}

static enum dg_err certify_fill(struct about *a, struct dg_absence *absence)
{
    uint64_t size = dg_meta_u64(a->txn, "log-size");
    struct reminders reminders = {
        .hash = dg_arena_array(a->txn->arena, DG_REMINDERS_MAX, sizeof *reminders.hash)};
    if (reminders.hash == NULL)
        return dg_fault(&a->reply->fault, DG_ERR_NO_MEMORY);
    *absence = (struct dg_absence){
        .duty = dg_duty_name_of(&a->duty), .finding = DG_FINDING_MISSING, .note = a->request->note};
    enum dg_err err = tree_head(
        a, dg_log_size_at(a->txn, size, dg_day_start((struct dg_day){.n = a->last.n + 1})), &absence->before);
    if (err == DG_OK)
        err = tree_head(a, size, &absence->after);
    dg_reminders_each(a->txn, &a->duty, take_reminder, &reminders);
    absence->reminder_count = reminders.count;
    absence->reminder = reminders.hash;
    if (a->state != DG_DUTY_LATE || DG_MUTANT("certify-blind"))
        return err;
    absence->finding = DG_FINDING_LATE;
    absence->days = a->days_late;
    absence->report = a->facts.report;
    return err;
}

static enum dg_err certify_check(struct about *a)
{
    enum dg_err err = check_seen(a);
    if (err != DG_OK)
        return err;
    if (a->state == DG_DUTY_MISSING || a->state == DG_DUTY_LATE)
        return DG_OK;
    if (a->state != DG_DUTY_OWED)
        return DG_MUTANT("certify-blind") ? DG_OK : refuse(a, DG_ERR_DUTY_MET, dg_duty_state_name(a->state));
    return refuse_day(a, DG_ERR_NOT_DUE, a->last);
}

void dg_control_certify(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                        dg_ms now, struct dg_ctl_reply *reply)
{
    struct about a;
    if (begin(&a, node, txn, request, now, reply) != DG_OK || certify_check(&a) != DG_OK)
        return;
    *a.issued = (struct dg_issued){.kind = DG_RECORD_ABSENCE};
    if (certify_fill(&a, &a.issued->is.absence) == DG_OK)
        issue(&a);
}

/* ---- what a report meets ------------------------------------------------------------------------- */

void dg_control_meets(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report, dg_ms now,
                      struct dg_ctl_reply *reply)
{
    struct dg_duty duty[DG_CTL_MET_MAX];
    size_t count = dg_duties_met(node, txn, report, duty, DG_CTL_MET_MAX);
    reply->met = dg_arena_array(txn->arena, count + 1, sizeof *reply->met);
    for (size_t i = 0; reply->met != NULL && i < count; i++) {
        struct dg_duty_facts facts;
        dg_duty_facts(txn, &duty[i], &facts);
        struct dg_day last = dg_duty_last(&duty[i], &facts);
        const char *owner =
            dg_arena_printf(txn->arena, "%s@%s", dg_arena_string(txn->arena, duty[i].organ->slug),
                            dg_arena_string(txn->arena, duty[i].unit->slug));
        reply->met[reply->met_count++] = (struct dg_ctl_met){.owner = dg_bytes_of(owner),
                                                             .rule = duty[i].entry->rule,
                                                             .period = duty[i].entry->period,
                                                             .due = last,
                                                             .late = dg_day_of(now).n > last.n};
    }
}
