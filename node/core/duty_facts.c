/* duty_facts.c - what a node knows about a duty: which report meets it, when it came, what was decided.
 *
 * The author's own clock does not say when a report came, the log of the unit that is owed it does: its leaf
 * where the report is received, its receipt at the author's node. Until that has come, the author's node goes
 * by its own log.
 */
#include "common/line.h"
#include "common/text.h"
#include "node/core/duty_rules.h"
#include "node/core/issued_impl.h"
#include "proto/pass.h"
#include "proto/state_table.h"

/* ---- one report ---------------------------------------------------------------------------------- */

struct standing {
    struct dg_bytes keeper; /* the unit that is owed the report */
    dg_ms came_ms;
    bool rejected; /* by that unit's node */
    bool undone;   /* somebody returned it, or gave it back */
    dg_ms before;  /* what was logged later is not looked at */
};

/* The unit in federation/unit/eN. */
static struct dg_bytes unit_of(struct dg_bytes origin)
{
    struct dg_bytes federation, rest, unit, epoch;
    if (dg_line_cut(origin, '/', &federation, &rest) && dg_line_cut(rest, '/', &unit, &epoch))
        return unit;
    return dg_bytes_at(NULL, 0);
}

/* The organ returned a report that waited for it, or agreed to give one back. */
static bool is_undoing(const struct dg_custody *custody)
{
    if (custody->record.kind == DG_RECORD_PASS)
        return custody->leaf.decision == DG_DECISION_RETURNED;
    return custody->record.kind == DG_RECORD_STATE && custody->leaf.state == DG_STATE_RECALL_AGREED;
}

static bool weigh(void *ctx, const struct dg_custody *custody)
{
    struct standing *standing = ctx;
    if (custody->leaf.time >= standing->before)
        return true;
    standing->undone = standing->undone || is_undoing(custody);
    if (custody->record.kind != DG_RECORD_RECEIPT ||
        !dg_bytes_equal(unit_of(custody->origin), standing->keeper))
        return true;
    standing->rejected = standing->rejected || custody->leaf.verdict != DG_VERDICT_ACCEPTED;
    if (custody->leaf.verdict == DG_VERDICT_ACCEPTED)
        standing->came_ms = custody->leaf.time;
    return true;
}

struct undoing {
    const struct dg_recipient *recipient;
    struct dg_bytes via_organ, via_unit; /* empty: it waits for nobody */
    dg_ms before;
    bool found;
};

static bool undoes(void *ctx, const struct dg_custody *custody)
{
    struct undoing *undoing = ctx;
    bool pass = custody->record.kind == DG_RECORD_PASS;
    struct dg_bytes organ = pass ? undoing->via_organ : undoing->recipient->organ;
    struct dg_bytes unit = pass ? undoing->via_unit : undoing->recipient->unit;
    undoing->found = custody->leaf.time < undoing->before && is_undoing(custody) &&
                     dg_bytes_equal(custody->leaf.organ, organ) && dg_bytes_equal(custody->leaf.unit, unit);
    return !undoing->found;
}

static bool is_addressed(const struct dg_recipient *recipient, struct dg_bytes rule)
{
    for (size_t i = 0; i < recipient->rule_count && recipient->as == DG_AS_TO; i++)
        if (dg_bytes_equal(recipient->rule[i], rule))
            return true;
    return false;
}

/* True when every addressee under the rule gave the report back, or will never have it. */
static bool has_nobody(struct dg_txn *txn, const struct dg_filed *filed, dg_ms before)
{
    struct dg_held held;
    size_t addressed = 0, undone = 0;
    enum dg_err err = dg_held_get(txn, &filed->id, &held);
    if (err != DG_OK) {
        dg_txn_fail(txn, err);
        return false;
    }
    for (size_t i = 0; i < held.report.recipient_count; i++) {
        struct undoing undoing = {.recipient = &held.report.recipient[i], .before = before};
        if (!is_addressed(undoing.recipient, filed->rule))
            continue;
        (void)dg_address_split(undoing.recipient->through, &undoing.via_organ, &undoing.via_unit);
        dg_custody_each(txn, held.position, undoes, &undoing);
        addressed++;
        undone += undoing.found;
    }
    return addressed > 0 && undone == addressed;
}

static bool counted(struct dg_txn *txn, const struct dg_filed *filed, struct dg_bytes keeper, dg_ms before,
                    dg_ms *ret_came_ms)
{
    struct standing standing = {.keeper = keeper, .came_ms = filed->arrived_ms, .before = before};
    if (filed->arrived_ms >= before)
        return false;
    dg_custody_each(txn, filed->position, weigh, &standing);
    if (standing.rejected || (standing.undone && has_nobody(txn, filed, before)))
        return false;
    *ret_came_ms = standing.came_ms;
    return true;
}

bool dg_filed_counts(struct dg_txn *txn, const struct dg_filed *filed, struct dg_bytes keeper,
                     dg_ms *ret_came_ms)
{
    return counted(txn, filed, keeper, INT64_MAX, ret_came_ms);
}

/* ---- the first that counts ----------------------------------------------------------------------- */

struct meeting {
    struct dg_txn *txn;
    const struct dg_duty *duty;
    struct dg_duty_facts *facts;
    dg_ms before;
    bool other_rule; /* it must be shown that the rule stands in the place of the duty's */
};

/* Across a change of regimes a report is filed under another rule than the duty's. */
static bool is_met_by(struct dg_txn *txn, const struct dg_duty *duty, const struct dg_id *id)
{
    struct dg_held held;
    enum dg_err err = dg_held_get(txn, id, &held);
    if (err != DG_OK)
        dg_txn_fail(txn, err);
    return err == DG_OK && dg_duty_met_by(duty, &held.report);
}

static bool first_counting(void *ctx, const struct dg_filed *filed)
{
    struct meeting *meeting = ctx;
    struct dg_duty_facts *facts = meeting->facts;
    dg_ms came_ms;
    if (facts->submitted && filed->position > facts->position)
        return false;
    if (!counted(meeting->txn, filed, dg_duty_keeper(meeting->duty)->slug, meeting->before, &came_ms) ||
        (meeting->other_rule && !is_met_by(meeting->txn, meeting->duty, &filed->id)))
        return true;
    facts->submitted = true;
    facts->came_ms = came_ms;
    facts->report = filed->id;
    facts->position = filed->position;
    facts->signed_ms = filed->signed_ms;
    return false;
}

/* ---- decisions ----------------------------------------------------------------------------------- */

struct decided {
    const struct dg_duty *duty;
    struct dg_duty_facts *facts;
    dg_ms before, newest;
};

/* The newest decision of the unit that issued the calendar counts; missing and late decide nothing. */
static bool decide(void *ctx, const struct dg_absence *absence, const struct dg_hash *hash)
{
    struct decided *decided = ctx;
    const struct dg_issuer *issuer = &decided->duty->calendar->calendar.issuer;
    enum dg_finding finding = absence->finding;
    if (finding == DG_FINDING_MISSING || finding == DG_FINDING_LATE ||
        absence->issuer.signed_ms < decided->newest || absence->issuer.signed_ms >= decided->before ||
        !dg_bytes_equal(absence->issuer.unit, issuer->unit))
        return true;
    decided->newest = absence->issuer.signed_ms;
    decided->facts->extended = finding == DG_FINDING_EXTENDED;
    decided->facts->until = absence->until;
    decided->facts->excused = !decided->facts->extended;
    decided->facts->nothing = finding == DG_FINDING_NOTHING;
    decided->facts->decision = *hash;
    return true;
}

void dg_duty_facts_before(struct dg_txn *txn, const struct dg_duty *duty, dg_ms before,
                          struct dg_duty_facts *ret)
{
    struct decided decided = {.duty = duty, .facts = ret, .before = before};
    struct meeting meeting = {.txn = txn, .duty = duty, .facts = ret, .before = before};
    struct dg_bytes other[DG_DUTY_RULES_MAX];
    size_t other_count = dg_duty_other_rules(duty, other, DG_DUTY_RULES_MAX);
    *ret = (struct dg_duty_facts){.submitted = false};
    dg_filed_each(txn, duty->entry->rule, duty->entry->period, duty->unit->slug, duty->organ->slug,
                  first_counting, &meeting);
    meeting.other_rule = true;
    for (size_t i = 0; i < other_count; i++)
        dg_filed_each(txn, other[i], duty->entry->period, duty->unit->slug, duty->organ->slug, first_counting,
                      &meeting);
    dg_absences_each(txn, duty, decide, &decided);
}

void dg_duty_facts(struct dg_txn *txn, const struct dg_duty *duty, struct dg_duty_facts *ret)
{
    dg_duty_facts_before(txn, duty, INT64_MAX, ret);
}
