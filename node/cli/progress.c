/* progress.c - how far a report has come. */
#include "node/cli/progress.h"

#include "node/cli/say.h"

enum { RECEIPTS_MAX = DG_RECIPIENTS_MAX + DG_TREE_DEPTH_MAX };

/* The units whose receipt this node holds. */
struct receipts {
    size_t count;
    struct dg_bytes unit[RECEIPTS_MAX];
    struct dg_progress *progress;
};

static bool take_receipt(void *ctx, const struct dg_custody *custody)
{
    struct receipts *receipts = ctx;
    struct dg_bytes unit = dg_origin_unit_of(custody->origin);

    if (custody->record.kind != DG_RECORD_RECEIPT)
        return true;
    if (custody->leaf.verdict != DG_VERDICT_ACCEPTED) {
        receipts->progress->rejected = true;
        receipts->progress->rejected_by = unit;
        receipts->progress->code = custody->leaf.code;
        return true;
    }
    if (receipts->count < RECEIPTS_MAX)
        receipts->unit[receipts->count++] = unit;
    return true;
}

static bool has_receipt(const struct receipts *receipts, struct dg_bytes unit)
{
    for (size_t i = 0; i < receipts->count; i++) {
        if (dg_bytes_equal(receipts->unit[i], unit))
            return true;
    }
    return false;
}

/* True when recipient i is the first one the rules name at its unit, and that unit is another one. */
static bool opens_a_debt(const struct dg_view *view, const struct dg_report *report, size_t i)
{
    const struct dg_recipient *recipient = &report->recipient[i];

    if (recipient->rule_count == 0 || dg_bytes_is(recipient->unit, view->identity.unit))
        return false;
    for (size_t k = 0; k < i; k++) {
        if (report->recipient[k].rule_count > 0 && dg_bytes_equal(report->recipient[k].unit, recipient->unit))
            return false;
    }
    return true;
}

void dg_progress_of(struct dg_view *view, const struct dg_held *held, struct dg_progress *ret)
{
    struct dg_progress progress = {.waiting = ""};
    struct receipts receipts = {.progress = &progress};
    struct dg_arena *arena = view->txn->arena;

    dg_custody_each(view->txn, held->position, take_receipt, &receipts);
    for (size_t i = 0; i < held->report.recipient_count; i++) {
        if (!opens_a_debt(view, &held->report, i))
            continue;
        struct dg_bytes unit = held->report.recipient[i].unit;
        progress.owed++;
        if (has_receipt(&receipts, unit)) {
            progress.received++;
            continue;
        }
        const char *joint = progress.waiting[0] != '\0' ? ", " : "";
        progress.waiting = dg_arena_printf(arena, "%s%s%s", progress.waiting, joint, dg_shown(arena, unit));
    }
    *ret = progress;
}

const char *dg_progress_name(const struct dg_progress *progress)
{
    if (progress->rejected)
        return "refused";
    return progress->received == progress->owed ? "received" : "queued";
}
