/* progress.c - how far a report has come. */
#include "node/cli/progress.h"

#include "common/text.h"
#include "node/cli/say.h"
#include "proto/pass.h"

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

/* True when the unit is another one, and the rules name somebody there, or somebody to wait for. */
static bool owes(const struct dg_view *view, const struct dg_report *report, struct dg_bytes unit)
{
    struct dg_bytes organ, via;

    if (dg_bytes_is(unit, view->identity.unit))
        return false;
    for (size_t i = 0; i < report->recipient_count; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        if ((recipient->rule_count > 0 && dg_bytes_equal(recipient->unit, unit)) ||
            (dg_address_split(recipient->through, &organ, &via) && dg_bytes_equal(via, unit)))
            return true;
    }
    return false;
}

static const char *join(struct dg_arena *arena, const char *list, struct dg_bytes item)
{
    return dg_arena_printf(arena, "%s%s%s", list, list[0] != '\0' ? ", " : "", dg_shown(arena, item));
}

/* What the via organs have decided so far. */
static void look_at_vias(struct dg_view *view, const struct dg_held *held, struct dg_progress *progress)
{
    struct dg_arena *arena = view->txn->arena;
    struct dg_via *via;
    size_t count;

    if (dg_report_vias(arena, &held->report, &count, &via) != DG_OK) {
        dg_txn_fail(view->txn, DG_ERR_NO_MEMORY);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct dg_bytes address = dg_bytes_of(dg_address_text(arena, via[i].organ, via[i].unit));
        struct dg_passage passage;
        dg_passage_of(view->txn, dg_bytes_of(view->identity.unit), held, address, &passage);
        if (passage.decision == 0)
            progress->via = join(arena, progress->via, address);
        progress->returned = progress->returned || passage.decision == DG_DECISION_RETURNED;
    }
}

void dg_progress_of(struct dg_view *view, const struct dg_held *held, struct dg_progress *ret)
{
    struct dg_progress progress = {.waiting = "", .via = ""};
    struct receipts receipts = {.progress = &progress};
    struct dg_arena *arena = view->txn->arena;
    struct dg_bytes *unit;
    size_t count = 0;

    dg_custody_each(view->txn, held->position, take_receipt, &receipts);
    if (dg_report_units(arena, &held->report, &count, &unit) != DG_OK)
        dg_txn_fail(view->txn, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        if (!owes(view, &held->report, unit[i]))
            continue;
        progress.owed++;
        if (has_receipt(&receipts, unit[i]))
            progress.received++;
        else
            progress.waiting = join(arena, progress.waiting, unit[i]);
    }
    look_at_vias(view, held, &progress);
    *ret = progress;
}

const char *dg_progress_name(const struct dg_progress *progress)
{
    if (progress->rejected)
        return "refused";
    if (progress->returned)
        return "returned";
    if (progress->received != progress->owed)
        return "queued";
    return progress->via[0] != '\0' ? "waits" : "received";
}
