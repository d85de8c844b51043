/* events.c - a report's trail as a list of events. */
#include "node/cli/events.h"

#include <stdlib.h>

#include "common/merkle.h"
#include "common/text.h"
#include "node/cli/say.h"
#include "proto/pass.h"

static const char *const names[DG_TRAIL_EVENT_COUNT][3] = {
#define X(id, name, en, vi) [DG_TRAIL_##id] = {name, en, vi},
#include "node/cli/events.def"
#undef X
};

const char *dg_trail_event_name(enum dg_event_id id)
{
    return names[id][0];
}

const char *dg_trail_event_shown(const struct dg_cli *cli, enum dg_event_id id)
{
    return names[id][1 + dg_is_vietnamese(cli)];
}

const char *dg_event_proof_name(enum dg_event_proof proof)
{
    return proof == DG_PROOF_RECEIPT ? "receipt" : "none";
}

/* ---- the list ----------------------------------------------------------------------------------- */

struct gathering {
    struct dg_view *view;
    const struct dg_held *held;
    const struct dg_directory *directory;
    struct dg_trail_events events;
    uint64_t log_size; /* that this node's checkpoint covers */
    bool short_of_memory;
};

static void add(struct gathering *g, const struct dg_trail_event *event)
{
    struct dg_trail_events *events = &g->events;

    if (events->count == events->capacity) {
        size_t larger = events->capacity == 0 ? 32 : 2 * events->capacity;
        struct dg_trail_event *grown = dg_arena_array(g->view->txn->arena, larger, sizeof *grown);
        g->short_of_memory = g->short_of_memory || grown == NULL;
        if (grown == NULL)
            return;
        for (size_t i = 0; i < events->count; i++)
            grown[i] = events->item[i];
        events->item = grown;
        events->capacity = larger;
    }
    events->item[events->count] = *event;
    events->item[events->count].sequence = events->count;
    events->count++;
}

static int event_order(const void *a, const void *b)
{
    const struct dg_trail_event *left = a, *right = b;

    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    if (left->time != right->time)
        return left->time < right->time ? -1 : 1;
    return left->sequence < right->sequence ? -1 : left->sequence > right->sequence;
}

void dg_trail_sort(struct dg_trail_events *events)
{
    if (events->count > 1)
        qsort(events->item, events->count, sizeof *events->item, event_order);
}

/* ---- what proves it ----------------------------------------------------------------------------- */

/* The proof was verified before the record was stored; it is looked at again, because a trail must not
 * count proofs that an export could not show. */
static enum dg_event_proof foreign_proof(struct dg_txn *txn, const struct dg_custody *custody)
{
    struct dg_bytes bytes;
    struct dg_note note;
    struct dg_checkpoint checkpoint;
    const struct dg_record *record = &custody->record;

    if (!dg_checkpoint_get(txn, custody->origin, custody->checkpoint_size, &bytes) ||
        dg_note_parse(bytes, &note) != DG_OK || dg_checkpoint_body_parse(note.text, &checkpoint) != DG_OK)
        return DG_PROOF_NONE;
    struct dg_hash leaf = dg_merkle_leaf(record->leaf);
    if (dg_inclusion_verify(&leaf, record->index, checkpoint.size, &record->proof, &checkpoint.root) != DG_OK)
        return DG_PROOF_NONE;
    return DG_PROOF_RECEIPT;
}

static enum dg_event_proof own_proof(const struct gathering *g, uint64_t index)
{
    return index < g->log_size ? DG_PROOF_RECEIPT : DG_PROOF_NONE;
}

uint64_t dg_log_covered(struct dg_txn *txn)
{
    struct dg_log_view log;
    struct dg_note note;
    struct dg_checkpoint checkpoint;

    dg_log_get(txn, &log);
    if (log.checkpoint.size == 0 || dg_note_parse(log.checkpoint, &note) != DG_OK ||
        dg_checkpoint_body_parse(note.text, &checkpoint) != DG_OK)
        return 0;
    return checkpoint.size;
}

/* ---- from leaves to events ---------------------------------------------------------------------- */

static void add_deliveries(struct gathering *g, const struct dg_trail_event *base, enum dg_event_id id,
                           const struct dg_leaf_delivery list[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct dg_trail_event event = *base;
        event.id = id == DG_TRAIL_DELIVERED && list[i].through.size > 0 ? DG_TRAIL_WAITS : id;
        event.through = list[i].through;
        event.organ = list[i].organ;
        event.unit = list[i].unit;
        event.as = list[i].as;
        event.rule_count = list[i].rule_count;
        event.rule = list[i].rule;
        add(g, &event);
    }
}

/* base says where the leaf is and how it is proven; taken is the event of taking the report in. */
static void add_report_leaf(struct gathering *g, const struct dg_trail_event *base, enum dg_event_id taken,
                            const struct dg_leaf *leaf)
{
    struct dg_trail_event event = *base;

    event.id = leaf->verdict == DG_VERDICT_ACCEPTED ? taken : DG_TRAIL_REFUSED;
    event.code = leaf->code;
    add(g, &event);
    event.code = dg_bytes_at(NULL, 0);
    event.rank = base->rank > 0 ? base->rank : 2;
    add_deliveries(g, &event, DG_TRAIL_DELIVERED, leaf->delivery, leaf->delivery_count);
    add_deliveries(g, &event, DG_TRAIL_UNRESOLVED, leaf->unresolved, leaf->unresolved_count);
}

/* What an organ did with the report: a state it set, or a comment. */
static void add_state_leaf(struct gathering *g, const struct dg_trail_event *base, const struct dg_leaf *leaf)
{
    struct dg_trail_event event = *base;

    event.id = leaf->kind == DG_LEAF_COMMENT ? DG_TRAIL_COMMENTED : DG_TRAIL_STATE;
    event.organ = leaf->organ;
    event.unit = leaf->unit;
    event.state = leaf->state;
    add(g, &event);
}

static void add_pass_leaf(struct gathering *g, const struct dg_trail_event *base, const struct dg_leaf *leaf)
{
    struct dg_trail_event event = *base;
    struct dg_bytes through = dg_bytes_of(dg_address_text(g->view->txn->arena, leaf->organ, leaf->unit));

    event.id = DG_TRAIL_PASSED;
    event.organ = leaf->organ;
    event.unit = leaf->unit;
    dg_passage_of(g->view->txn, dg_bytes_of(g->view->identity.unit), g->held, through, &event.passage);
    add(g, &event);
}

static const struct dg_trail_event *pass_for(const struct gathering *g, const struct dg_trail_event *waits)
{
    struct dg_bytes organ, unit;

    for (size_t i = 0; dg_address_split(waits->through, &organ, &unit) && i < g->events.count; i++) {
        const struct dg_trail_event *event = &g->events.item[i];
        if (event->id == DG_TRAIL_PASSED && event->passage.open && dg_bytes_equal(event->organ, organ) &&
            dg_bytes_equal(event->unit, unit))
            return event;
    }
    return NULL;
}

/* Whoever waited has the report from the moment it was passed on; that leaf is the proof of it. */
static void add_passed_deliveries(struct gathering *g)
{
    size_t count = g->events.count;

    for (size_t i = 0; i < count; i++) {
        struct dg_trail_event event = g->events.item[i];
        const struct dg_trail_event *pass = event.id == DG_TRAIL_WAITS ? pass_for(g, &event) : NULL;
        if (pass == NULL)
            continue;
        event.id = DG_TRAIL_DELIVERED;
        event.rank = 2;
        if (event.time <= pass->time) {
            event.time = pass->time;
            event.has_log = pass->has_log;
            event.origin = pass->origin;
            event.index = pass->index;
            event.proof = pass->proof;
        }
        add(g, &event);
    }
}

static bool is_neighbour(const struct gathering *g, struct dg_bytes unit)
{
    const struct dg_identity *identity = &g->view->identity;
    const struct dg_dir_unit *known = dg_directory_unit(g->directory, unit);

    return dg_bytes_is(unit, identity->parent) ||
           (known != NULL && dg_bytes_is(known->parent_slug, identity->unit));
}

/* A neighbour's receipt proves that we forwarded it there. */
static void add_forwarding(struct gathering *g, const struct dg_trail_event *base)
{
    struct dg_trail_event event = *base;

    if (!is_neighbour(g, base->unit) || dg_bytes_equal(base->unit, g->held->from_unit))
        return;
    event.id = DG_TRAIL_FORWARDED;
    event.to = base->unit;
    event.unit = dg_bytes_of(g->view->identity.unit);
    add(g, &event);
}

static bool gather_custody(void *ctx, const struct dg_custody *custody)
{
    struct gathering *g = ctx;
    bool own = custody->checkpoint_size == 0;
    struct dg_trail_event base = {
        .unit = dg_origin_unit_of(custody->origin),
        .time = custody->leaf.time,
        .has_log = true,
        .origin = custody->origin,
        .index = custody->record.index,
        .proof = own ? own_proof(g, custody->record.index) : foreign_proof(g->view->txn, custody),
        .rank = 2,
    };

    if (custody->leaf.kind == DG_LEAF_STATE || custody->leaf.kind == DG_LEAF_COMMENT) {
        add_state_leaf(g, &base, &custody->leaf);
    } else if (custody->leaf.kind == DG_LEAF_PASS) {
        add_pass_leaf(g, &base, &custody->leaf);
    } else if (custody->leaf.kind == DG_LEAF_REPORT) {
        add_forwarding(g, &base);
        add_report_leaf(g, &base, DG_TRAIL_RECEIVED, &custody->leaf);
    }
    return !g->short_of_memory;
}

/* A correction by the same author that this node holds; its own leaf is the proof of it. */
static bool gather_correction(void *ctx, const struct dg_named *named)
{
    struct gathering *g = ctx;
    const struct dg_author *author = &g->held->report.author[0];
    struct dg_bytes text;
    struct dg_leaf leaf;

    if (!dg_bytes_equal(named->unit, author->unit) || !dg_bytes_equal(named->organ, author->organ) ||
        !dg_leaf_get(g->view->txn, named->position, &text) ||
        dg_leaf_parse(g->view->txn->arena, text, &leaf, NULL) != DG_OK)
        return true;
    struct dg_trail_event event = {
        .id = DG_TRAIL_SUPERSEDED,
        .unit = named->unit,
        .organ = named->organ,
        .time = leaf.time,
        .has_log = true,
        .origin = dg_bytes_of(g->view->identity.origin),
        .index = named->position,
        .proof = own_proof(g, named->position),
        .other = named->id,
        .rank = 2,
    };
    add(g, &event);
    return !g->short_of_memory;
}

static bool gather_queued(void *ctx, const struct dg_queued *queued)
{
    struct gathering *g = ctx;

    if (queued->kind == DG_QUEUED_REPORT && queued->position == g->held->position) {
        struct dg_trail_event event = {
            .id = DG_TRAIL_QUEUED,
            .unit = dg_bytes_of(g->view->identity.unit),
            .to = queued->unit,
            .time = queued->since_ms,
            .code = queued->code,
            .rank = 2,
        };
        add(g, &event);
    }
    return !g->short_of_memory;
}

/* Where the report was taken in here, it is said that it was not the first for its rule and period. */
static void mark_taken(struct gathering *g)
{
    struct dg_marks marks = dg_marks_of(g->view->txn, &g->held->report, g->held->position);

    for (size_t i = 0; i < g->events.count; i++) {
        struct dg_trail_event *event = &g->events.item[i];
        if (event->id == DG_TRAIL_LOGGED || event->id == DG_TRAIL_RECEIVED) {
            event->further = marks.further;
            event->first = marks.first;
        }
    }
}

/* What this node's own leaf of the report says; the author's signature is named in it. */
static enum dg_err gather_own(struct gathering *g)
{
    struct dg_txn *txn = g->view->txn;
    struct dg_bytes text;
    struct dg_leaf leaf;

    if (!dg_leaf_get(txn, g->held->position, &text))
        return txn->err != DG_OK ? txn->err : DG_ERR_STORE_CORRUPT;
    if (dg_leaf_parse(txn->arena, text, &leaf, NULL) != DG_OK)
        return DG_ERR_STORE_CORRUPT;
    struct dg_trail_event base = {
        .unit = dg_bytes_of(g->view->identity.unit),
        .time = leaf.time,
        .has_log = true,
        .origin = dg_bytes_of(g->view->identity.origin),
        .index = g->held->position,
        .proof = own_proof(g, g->held->position),
    };
    for (size_t i = 0; i < leaf.author_count; i++) {
        struct dg_trail_event event = base;
        event.id = DG_TRAIL_SIGNED;
        event.organ = leaf.author[i].organ;
        event.unit = leaf.author[i].unit;
        event.time = g->held->verdict == DG_VERDICT_ACCEPTED ? g->held->report.signed_ms : leaf.time;
        event.supersedes = g->held->verdict == DG_VERDICT_ACCEPTED && g->held->report.has_supersedes;
        event.other = g->held->report.supersedes;
        add(g, &event);
    }
    bool authored = leaf.author_count > 0 && dg_bytes_equal(leaf.author[0].unit, base.unit);
    base.rank = authored ? 1 : 2;
    add_report_leaf(g, &base, authored ? DG_TRAIL_LOGGED : DG_TRAIL_RECEIVED, &leaf);
    if (g->held->verdict == DG_VERDICT_ACCEPTED)
        mark_taken(g);
    return txn->err;
}

enum dg_err dg_trail_events(struct dg_cli *cli, struct dg_view *view, const struct dg_held *held,
                            struct dg_trail_events *ret)
{
    struct dg_directory directory;
    struct gathering g = {.view = view, .held = held, .directory = &directory};

    enum dg_err err = dg_view_directory(cli, view, &directory);
    if (err != DG_OK)
        return err;
    g.log_size = dg_log_covered(view->txn);
    err = gather_own(&g);
    if (err != DG_OK)
        return dg_fault(&cli->fault, err);
    dg_custody_each(view->txn, held->position, gather_custody, &g);
    dg_queue_each(view->txn, dg_bytes_at(NULL, 0), gather_queued, &g);
    if (held->verdict == DG_VERDICT_ACCEPTED)
        dg_named_each(view->txn, &held->id, DG_NAMES_SUPERSEDED, gather_correction, &g);
    add_passed_deliveries(&g);
    if (g.short_of_memory)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    dg_trail_sort(&g.events);
    *ret = g.events;
    return DG_OK;
}
