/* lineage.c - what a report was made of. */
#include "node/core/lineage.h"

#include <string.h>

#include "node/core/rows.h"
#include "proto/state_table.h"

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

static void find_correction(struct dg_txn *txn, struct dg_lineage *found)
{
    found->is_superseded =
        dg_superseded_by(txn, &found->id, &found->report->author[0], &found->superseded_by);
}

struct changes {
    struct dg_arena *arena;
    size_t capacity;
    struct dg_lineage *found;
};

static bool add_change(struct changes *changes, const struct dg_change *change)
{
    struct dg_lineage *found = changes->found;
    if (found->change_count == changes->capacity) {
        size_t larger = changes->capacity == 0 ? 4 : 2 * changes->capacity;
        struct dg_change *grown = dg_arena_array(changes->arena, larger, sizeof *grown);
        if (grown == NULL)
            return false;
        if (found->change_count > 0)
            memcpy(grown, found->change, found->change_count * sizeof *grown);
        found->change = grown;
        changes->capacity = larger;
    }
    found->change[found->change_count++] = *change;
    return true;
}

static bool take_state(void *ctx, const struct dg_custody *custody)
{
    struct changes *changes = ctx;
    struct dg_state state;
    struct dg_change change;
    if (custody->record.kind != DG_RECORD_STATE)
        return true;
    if (custody->leaf.state == DG_STATE_RECALL_REQUESTED)
        changes->found->asked_back = true;
    if (custody->leaf.state != DG_STATE_SOURCE_CHANGED ||
        dg_state_decode(changes->arena, custody->record.sealed.body, &state, NULL) != DG_OK ||
        !dg_change_parse(state.note, &change))
        return true;
    return add_change(changes, &change);
}

/* What its author and its author's unit have said about it since. */
static void find_states(struct dg_txn *txn, struct dg_lineage *found, uint64_t position)
{
    struct changes changes = {.arena = txn->arena, .found = found};
    dg_custody_each(txn, position, take_state, &changes);
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
    find_states(txn, found, held.position);
    found->sources_changed = found->change_count > 0;
    return DG_OK;
}

static enum dg_err read_fetched(struct dg_txn *txn, const struct dg_source *source, struct dg_lineage *found)
{
    struct dg_report *report = dg_arena_alloc(txn->arena, sizeof *report);
    struct dg_envelope *envelope = dg_arena_alloc(txn->arena, sizeof *envelope);
    struct dg_leaf leaf;
    if (report == NULL || envelope == NULL)
        return DG_ERR_NO_MEMORY;
    if (dg_envelope_decode(txn->arena, source->record.envelope, envelope, NULL) != DG_OK ||
        dg_report_decode(txn->arena, envelope->report, report, NULL) != DG_OK ||
        dg_leaf_parse(txn->arena, source->record.leaf, &leaf, NULL) != DG_OK)
        return DG_ERR_STORE_CORRUPT;
    struct dg_id id = dg_report_id(envelope->report);
    if (!dg_id_equal(&id, &found->id))
        return DG_ERR_STORE_CORRUPT;
    found->state = DG_LINEAGE_FETCHED;
    found->report = report;
    found->envelope = envelope;
    found->holder = source->origin;
    found->arrived_ms = leaf.time;
    find_correction(txn, found);
    return DG_OK;
}

/* What a child said in place of the source tells whether it had none, or had something else. */
static enum dg_lineage_state state_of(const struct dg_source *source)
{
    if (source->state == DG_SOURCE_WANTED)
        return DG_LINEAGE_WANTED;
    bool altered = dg_bytes_is(source->code, dg_err_name(DG_ERR_SOURCE_ALTERED)) ||
                   dg_bytes_is(source->code, dg_err_name(DG_ERR_BAD_SIGNATURE));
    return altered ? DG_LINEAGE_ALTERED : DG_LINEAGE_REFUSED;
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
    found->state = state_of(&source);
    found->code = source.code;
    return DG_OK;
}

/* ---- the walk ------------------------------------------------------------------------------------- */

/* Reports that wait to be shown, the next on top. */
struct step {
    struct step *below;
    struct dg_id id;
    uint32_t depth;
    size_t change_count; /* what is said of the sources of the report that named it */
    const struct dg_change *change;
};

/* A source that was fetched, or never came, has no states here: what became of it since is known from the
 * flags on the report that was made of it. */
static void heed_changes(const struct step *step, struct dg_lineage *found)
{
    for (size_t i = 0; i < step->change_count; i++) {
        const struct dg_change *change = &step->change[i];
        if (!dg_id_equal(&change->source, &found->id))
            continue;
        if (change->how == DG_CHANGE_SUPERSEDED && !found->is_superseded) {
            found->is_superseded = true;
            found->superseded_by = change->by;
        }
        found->asked_back = found->asked_back || change->how == DG_CHANGE_RECALLED;
        found->sources_changed = found->sources_changed || change->how == DG_CHANGE_SOURCES;
    }
}

static struct step *push_sources(struct dg_txn *txn, struct step *top, const struct dg_lineage *found)
{
    for (size_t i = found->report->source_count; i > 0; i--) {
        struct step *step = dg_arena_alloc(txn->arena, sizeof *step);
        if (step == NULL) {
            dg_txn_fail(txn, DG_ERR_NO_MEMORY);
            return NULL;
        }
        *step = (struct step){.below = top,
                              .id = found->report->source[i - 1],
                              .depth = found->depth + 1,
                              .change_count = found->change_count,
                              .change = found->change};
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
        const struct step *step = top;
        struct dg_lineage found = {.depth = step->depth, .id = step->id};
        top = step->below;
        enum dg_err err = read_one(txn, &found);
        if (err == DG_OK && found.depth == 0 && found.report == NULL && found.state != DG_LINEAGE_REJECTED)
            err = DG_ERR_NOT_FOUND;
        if (err != DG_OK)
            return err;
        heed_changes(step, &found);
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
