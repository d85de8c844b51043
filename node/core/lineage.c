/* lineage.c - what a report was made of. */
#include "node/core/lineage.h"

#include <string.h>

#include "node/core/rows.h"

/* ---- what was shown already ----------------------------------------------------------------------- */

/* Ids by open addressing; twice as many places as there may be ids. */
enum { SEEN_PLACES = 2 * DG_LINEAGE_MAX };

struct walk {
    struct dg_txn *txn;
    bool (*each)(void *ctx, const struct dg_lineage *found);
    void *ctx;
    size_t count;
    bool *taken;
    struct dg_id *seen;
};

/* True when id was there already; else takes it in. */
static bool seen_before(struct walk *walk, const struct dg_id *id)
{
    uint32_t at = dg_u32be(id->b) % SEEN_PLACES;
    for (; walk->taken[at]; at = (at + 1) % SEEN_PLACES)
        if (dg_id_equal(&walk->seen[at], id))
            return true;
    walk->taken[at] = true;
    walk->seen[at] = *id;
    walk->count++;
    return false;
}

/* ---- one report ----------------------------------------------------------------------------------- */

struct correction {
    const struct dg_id *of;
    struct dg_lineage *found;
};

static bool look_for_correction(void *ctx, const struct dg_filed *filed)
{
    struct correction *correction = ctx;
    if (filed->has_supersedes && dg_id_equal(&filed->supersedes, correction->of)) {
        correction->found->is_superseded = true;
        correction->found->superseded_by = filed->id;
    }
    return true;
}

/* A correction stands under the same rule, period and author. */
static void find_correction(struct dg_txn *txn, struct dg_lineage *found)
{
    const struct dg_report *report = found->report;
    struct correction correction = {.of = &found->id, .found = found};
    for (size_t i = 0; i < report->recipient_count && !found->is_superseded; i++)
        for (size_t k = 0; k < report->recipient[i].rule_count && !found->is_superseded; k++)
            dg_filed_each(txn, report->recipient[i].rule[k], report->period, report->author[0].unit,
                          report->author[0].organ, look_for_correction, &correction);
}

static enum dg_err read_held(struct dg_txn *txn, struct dg_lineage *found)
{
    struct dg_held held;
    enum dg_err err = dg_held_get(txn, &found->id, &held);
    if (err != DG_OK)
        return err;
    found->code = held.code;
    found->state = held.verdict == DG_VERDICT_ACCEPTED ? DG_LINEAGE_HELD : DG_LINEAGE_REJECTED;
    if (held.verdict != DG_VERDICT_ACCEPTED)
        return DG_OK;
    struct dg_held *kept = dg_arena_alloc(txn->arena, sizeof *kept);
    if (kept == NULL)
        return DG_ERR_NO_MEMORY;
    *kept = held;
    found->report = &kept->report;
    found->envelope = &kept->envelope;
    found->arrived_ms = held.arrived_ms;
    find_correction(txn, found);
    return DG_OK;
}

static enum dg_err read_fetched(struct dg_txn *txn, const struct dg_source *source, struct dg_lineage *found)
{
    struct dg_report *report = dg_arena_alloc(txn->arena, sizeof *report);
    struct dg_envelope *envelope = dg_arena_alloc(txn->arena, sizeof *envelope);
    if (report == NULL || envelope == NULL)
        return DG_ERR_NO_MEMORY;
    if (dg_envelope_decode(txn->arena, source->record.envelope, envelope, NULL) != DG_OK ||
        dg_report_decode(txn->arena, envelope->report, report, NULL) != DG_OK)
        return DG_ERR_STORE_CORRUPT;
    struct dg_id id = dg_report_id(envelope->report);
    if (!dg_id_equal(&id, &found->id))
        return DG_ERR_STORE_CORRUPT;
    found->state = DG_LINEAGE_FETCHED;
    found->report = report;
    found->envelope = envelope;
    found->holder = source->origin;
    find_correction(txn, found);
    return DG_OK;
}

static enum dg_err read_one(struct dg_txn *txn, struct dg_lineage *found)
{
    struct dg_source source;
    enum dg_err err = read_held(txn, found);
    if (err != DG_ERR_NOT_FOUND)
        return err;
    found->state = DG_LINEAGE_UNKNOWN;
    if (!dg_source_get(txn, &found->id, &source))
        return txn->err;
    if (source.state == DG_SOURCE_FETCHED)
        return read_fetched(txn, &source, found);
    found->state = source.state == DG_SOURCE_WANTED ? DG_LINEAGE_WANTED : DG_LINEAGE_REFUSED;
    found->code = source.code;
    return DG_OK;
}

/* ---- the walk ------------------------------------------------------------------------------------- */

/* Reports that wait to be shown, the next on top. */
struct step {
    struct step *below;
    struct dg_id id;
    uint32_t depth;
};

static struct step *push_sources(struct dg_txn *txn, struct step *top, const struct dg_lineage *found)
{
    for (size_t i = found->report->source_count; i > 0; i--) {
        struct step *step = dg_arena_alloc(txn->arena, sizeof *step);
        if (step == NULL) {
            dg_txn_fail(txn, DG_ERR_NO_MEMORY);
            return NULL;
        }
        *step = (struct step){.below = top, .id = found->report->source[i - 1], .depth = found->depth + 1};
        top = step;
    }
    return top;
}

enum dg_err dg_lineage_each(struct dg_txn *txn, const struct dg_id *id,
                            bool (*each)(void *ctx, const struct dg_lineage *found), void *ctx)
{
    struct walk walk = {.txn = txn, .each = each, .ctx = ctx};
    struct step first = {.id = *id}, *top = &first;
    walk.taken = dg_arena_array(txn->arena, SEEN_PLACES, sizeof *walk.taken);
    walk.seen = dg_arena_array(txn->arena, SEEN_PLACES, sizeof *walk.seen);
    if (walk.taken == NULL || walk.seen == NULL)
        return DG_ERR_NO_MEMORY;
    while (top != NULL) {
        struct dg_lineage found = {.depth = top->depth, .id = top->id};
        top = top->below;
        enum dg_err err = read_one(txn, &found);
        if (err == DG_OK && found.depth == 0 && found.report == NULL && found.state != DG_LINEAGE_REJECTED)
            err = DG_ERR_NOT_FOUND;
        if (err != DG_OK)
            return err;
        found.seen = seen_before(&walk, &found.id);
        if (walk.count > DG_LINEAGE_MAX)
            return DG_ERR_TOO_LARGE;
        if (!each(ctx, &found))
            break;
        if (found.report != NULL && !found.seen)
            top = push_sources(txn, top, &found);
    }
    return txn->err;
}
