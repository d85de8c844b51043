/* duty_facts.c - what a node knows about a duty: which report meets it, when it came, what was decided.
 *
 * The author's own clock does not say when a report came, the log of the unit that is owed it does: its leaf
 * where the report is received, its receipt at the author's node. Until that has come, the author's node goes
 * by its own log.
 */
#include "common/line.h"
#include "common/text.h"
#include "node/core/issued_impl.h"

/* ---- one report ---------------------------------------------------------------------------------- */

struct standing {
    struct dg_bytes keeper; /* the unit that is owed the report */
    dg_ms came_ms;
};

/* The unit in federation/unit/eN. */
static struct dg_bytes unit_of(struct dg_bytes origin)
{
    struct dg_bytes federation, rest, unit, epoch;
    if (dg_line_cut(origin, '/', &federation, &rest) && dg_line_cut(rest, '/', &unit, &epoch))
        return unit;
    return dg_bytes_at(NULL, 0);
}

static bool weigh(void *ctx, const struct dg_custody *custody)
{
    struct standing *standing = ctx;
    if (custody->record.kind != DG_RECORD_RECEIPT ||
        !dg_bytes_equal(unit_of(custody->origin), standing->keeper))
        return true;
    if (custody->leaf.verdict == DG_VERDICT_ACCEPTED)
        standing->came_ms = custody->leaf.time;
    return true;
}

/* ---- the first that counts ----------------------------------------------------------------------- */

struct meeting {
    struct dg_txn *txn;
    const struct dg_duty *duty;
    struct dg_duty_facts *facts;
};

static bool first_filed(void *ctx, const struct dg_filed *filed)
{
    struct meeting *meeting = ctx;
    struct dg_duty_facts *facts = meeting->facts;
    struct standing standing = {.keeper = dg_duty_keeper(meeting->duty)->slug, .came_ms = filed->arrived_ms};
    dg_custody_each(meeting->txn, filed->position, weigh, &standing);
    facts->submitted = true;
    facts->report = filed->id;
    facts->position = filed->position;
    facts->signed_ms = filed->signed_ms;
    facts->came_ms = standing.came_ms;
    return false;
}

/* ---- decisions ----------------------------------------------------------------------------------- */

struct decided {
    const struct dg_duty *duty;
    struct dg_duty_facts *facts;
    dg_ms newest;
};

/* The newest decision of the unit that issued the calendar counts; missing and late decide nothing. */
static bool decide(void *ctx, const struct dg_absence *absence, const struct dg_hash *hash)
{
    struct decided *decided = ctx;
    const struct dg_issuer *issuer = &decided->duty->calendar->calendar.issuer;
    enum dg_finding finding = absence->finding;
    (void)hash;
    if (finding == DG_FINDING_MISSING || finding == DG_FINDING_LATE ||
        absence->issuer.signed_ms < decided->newest || !dg_bytes_equal(absence->issuer.unit, issuer->unit))
        return true;
    decided->newest = absence->issuer.signed_ms;
    decided->facts->extended = finding == DG_FINDING_EXTENDED;
    decided->facts->until = absence->until;
    decided->facts->excused = !decided->facts->extended;
    return true;
}

void dg_duty_facts(struct dg_txn *txn, const struct dg_duty *duty, struct dg_duty_facts *ret)
{
    struct decided decided = {.duty = duty, .facts = ret};
    struct meeting meeting = {.txn = txn, .duty = duty, .facts = ret};
    *ret = (struct dg_duty_facts){.submitted = false};
    dg_filed_each(txn, duty->entry->rule, duty->entry->period, duty->unit->slug, duty->organ->slug,
                  first_filed, &meeting);
    dg_absences_each(txn, duty, decide, &decided);
}
