/* why.c - what a report waits for: here by its outbox rows, further on by the receipts that have not come. */
#include "node/core/why.h"

#include <string.h>

#include "common/text.h"
#include "node/core/line.h"
#include "node/core/node_impl.h"
#include "proto/pass.h"

const char *dg_why_name(enum dg_why_cause cause)
{
    static const char *const name[] = {
#define X(id, text) text,
        DG_WHY_CAUSES(X)
#undef X
    };
    return name[cause];
}

/* ---- one row ------------------------------------------------------------------------------------ */

static const struct dg_ctl_flight *find_flight(const struct dg_why_live *live, const struct dg_queued *queued)
{
    for (size_t i = 0; i < live->reply->flight_count; i++) {
        const struct dg_ctl_flight *flight = &live->reply->flight[i];
        if (flight->seq == queued->seq && flight->lane == (uint32_t)queued->lane &&
            dg_bytes_equal(flight->unit, queued->unit))
            return flight;
    }
    return NULL;
}

static const struct dg_ctl_link *find_link(const struct dg_why_live *live, struct dg_bytes unit)
{
    for (size_t i = 0; i < live->reply->link_count; i++)
        if (dg_bytes_equal(live->reply->link[i].unit, unit))
            return &live->reply->link[i];
    return NULL;
}

static enum dg_why_cause put_off_cause(struct dg_bytes code)
{
    switch ((int)dg_err_by_name((const char *)code.data, code.size)) {
    case DG_ERR_STORE_FULL:
    case DG_ERR_NO_MEMORY:
    case DG_ERR_QUOTA:
        return DG_WHY_RECEIVER_FULL;
    case DG_ERR_STALE_DIRECTORY:
        return DG_WHY_CERTIFICATE;
    default:
        return DG_WHY_LATER;
    }
}

/* Of a line that does not stand: what was said when it fell, and when it is tried again. */
static void row_without_line(struct dg_txn *txn, const struct dg_queued *queued,
                             const struct dg_why_live *live, struct dg_why_wait *wait)
{
    const struct dg_ctl_link *link = find_link(live, queued->unit);
    struct dg_line line;
    wait->cause = DG_WHY_LINE_DOWN;
    if (dg_line_get(txn, queued->unit, &line) && !line.connected) {
        wait->code = line.code;
        wait->since_ms = line.since_ms > queued->since_ms ? line.since_ms : queued->since_ms;
        if (!dg_bytes_is(line.code, dg_err_name(DG_ERR_NETWORK)))
            wait->cause = DG_WHY_LINE_REFUSED;
    }
    if (link != NULL) {
        wait->tries = link->tries;
        wait->next_ms = link->next_ms;
    }
}

static void row_on_line(const struct dg_queued *queued, const struct dg_why_live *live,
                        const struct dg_ctl_link *link, struct dg_why_wait *wait)
{
    const struct dg_ctl_flight *flight = find_flight(live, queued);
    if (flight != NULL) {
        wait->cause = DG_WHY_ON_THE_WAY;
        wait->tries = flight->tries;
        wait->next_ms = flight->next_ms;
        return;
    }
    wait->cause = queued->code.size > 0 ? put_off_cause(queued->code) : DG_WHY_TURN;
    if (queued->code.size > 0) {
        wait->tries = link->tries;
        wait->next_ms = link->next_ms;
    }
}

void dg_why_row(struct dg_txn *txn, const struct dg_identity *identity, const struct dg_queued *queued,
                const struct dg_why_live *live, struct dg_why_wait *ret)
{
    const struct dg_ctl_link *link = live->running ? find_link(live, queued->unit) : NULL;
    *ret = (struct dg_why_wait){.at = dg_bytes_of(identity->unit),
                                .toward = queued->unit,
                                .since_ms = queued->since_ms,
                                .code = queued->code,
                                .record = queued->kind != DG_QUEUED_REPORT};
    if (queued->held)
        ret->cause = queued->code.size > 0 ? DG_WHY_REFUSED : DG_WHY_HELD;
    else if (!live->running)
        ret->cause = DG_WHY_NODE_STOPPED;
    else if (link == NULL || !link->connected)
        row_without_line(txn, queued, live, ret);
    else
        row_on_line(queued, live, link, ret);
}

/* ---- what waits here ----------------------------------------------------------------------------- */

struct looking {
    struct dg_txn *txn;
    const struct dg_directory *dir;
    const struct dg_identity *identity;
    const struct dg_why_live *live;
    struct dg_why *why;
    /* Rows of the lane that the walk is in, to count what goes before. */
    struct dg_bytes unit;
    enum dg_lane lane;
    uint64_t passed;
    /* Units whose receipt is here. */
    size_t receipt_count;
    struct receipt {
        const struct dg_dir_unit *unit;
        dg_ms time;
    } receipt[DG_CUSTODY_MAX];
};

static void add_wait(struct looking *l, const struct dg_why_wait *wait)
{
    if (l->why->count < DG_WHY_MAX)
        l->why->wait[l->why->count++] = *wait;
    else
        l->why->more++;
}

static bool look_at_row(void *ctx, const struct dg_queued *queued)
{
    struct looking *l = ctx;
    struct dg_why_wait wait;
    if (!dg_bytes_equal(queued->unit, l->unit) || queued->lane != l->lane)
        l->passed = 0;
    l->unit = queued->unit;
    l->lane = queued->lane;
    bool about = (queued->kind == DG_QUEUED_REPORT || queued->kind == DG_QUEUED_CUSTODY) &&
                 queued->position == l->why->held.position;
    if (about) {
        dg_why_row(l->txn, l->identity, queued, l->live, &wait);
        wait.ahead = wait.cause == DG_WHY_TURN ? l->passed : 0;
        add_wait(l, &wait);
    }
    l->passed += queued->held ? 0 : 1;
    return true;
}

/* ---- what waits further on ----------------------------------------------------------------------- */

static bool look_at_receipt(void *ctx, const struct dg_custody *custody)
{
    struct looking *l = ctx;
    struct dg_verifier unused;
    if (custody->record.kind != DG_RECORD_RECEIPT)
        return true;
    const struct dg_dir_unit *unit = dg_origin_unit(l->dir, custody->origin, &unused);
    if (custody->leaf.verdict != DG_VERDICT_ACCEPTED) {
        l->why->code = custody->leaf.code;
        l->why->code_unit = unit != NULL ? unit->slug : dg_bytes_at(NULL, 0);
        l->why->state = DG_WHY_STOPPED;
    }
    if (unit != NULL && l->receipt_count < DG_CUSTODY_MAX)
        l->receipt[l->receipt_count++] = (struct receipt){.unit = unit, .time = custody->leaf.time};
    return true;
}

static bool waits_here_for(const struct looking *l, struct dg_bytes neighbour)
{
    for (size_t i = 0; i < l->why->count; i++)
        if (!l->why->wait[i].record && dg_bytes_equal(l->why->wait[i].toward, neighbour))
            return true;
    return false;
}

/* The neighbour by which a unit is reached, as dg_node_route says it; empty for this one. */
static struct dg_bytes neighbour_toward(const struct looking *l, struct dg_bytes slug)
{
    struct dg_bytes self = dg_bytes_of(l->identity->unit);
    if (dg_bytes_equal(slug, self))
        return dg_bytes_at(NULL, 0);
    for (const struct dg_dir_unit *unit = dg_directory_unit(l->dir, slug); unit != NULL; unit = unit->parent)
        if (dg_bytes_equal(unit->parent_slug, self))
            return unit->slug;
    return dg_bytes_of(l->identity->parent);
}

/* The unit that has it and is nearest to `to`, by the receipts; of a unit that is not known here only the way
 * up is. */
static struct receipt nearest(const struct looking *l, const struct dg_dir_unit *to)
{
    const struct dg_dir_unit *self = dg_directory_unit(l->dir, dg_bytes_of(l->identity->unit));
    struct receipt best = {.unit = self, .time = l->why->held.arrived_ms};
    for (const struct dg_dir_unit *above = self; to == NULL && above != NULL; above = above->parent)
        to = above->parent == NULL ? above : NULL;
    for (size_t i = 0; i < l->receipt_count && self != NULL; i++)
        if (dg_dir_unit_between(l->receipt[i].unit, self, to) &&
            dg_dir_unit_between(l->receipt[i].unit, best.unit, to))
            best = l->receipt[i];
    return best;
}

static bool has_receipt(const struct looking *l, struct dg_bytes slug)
{
    for (size_t i = 0; i < l->receipt_count; i++)
        if (dg_bytes_equal(l->receipt[i].unit->slug, slug))
            return true;
    return false;
}

/* A unit that must get it. Nothing is heard here of those on the side it came from: their receipts go to the
 * author by another way. True when it is there, as far as this node knows. */
static bool look_at_unit(struct looking *l, struct dg_bytes slug)
{
    struct dg_bytes neighbour = neighbour_toward(l, slug);
    if (neighbour.size == 0 || has_receipt(l, slug))
        return true;
    if (waits_here_for(l, neighbour) || dg_bytes_equal(neighbour, l->why->held.from_unit))
        return false;
    struct receipt at = nearest(l, dg_directory_unit(l->dir, slug));
    struct dg_why_wait wait = {.cause = DG_WHY_BEYOND, .toward = slug, .since_ms = at.time};
    wait.at = at.unit != NULL ? at.unit->slug : neighbour;
    add_wait(l, &wait);
    return false;
}

static enum dg_err look_at_vias(struct looking *l)
{
    struct dg_held *held = &l->why->held;
    struct dg_via *via;
    size_t count;
    enum dg_err err = dg_report_vias(l->txn->arena, &held->report, &count, &via);
    for (size_t i = 0; i < count && err == DG_OK; i++) {
        struct dg_passage passage;
        const char *address = dg_arena_printf(l->txn->arena, "%.*s@%.*s", (int)via[i].organ.size,
                                              (const char *)via[i].organ.data, (int)via[i].unit.size,
                                              (const char *)via[i].unit.data);
        bool there = dg_bytes_is(via[i].unit, l->identity->unit) || has_receipt(l, via[i].unit);
        dg_passage_of(l->txn, dg_bytes_of(l->identity->unit), held, dg_bytes_of(address), &passage);
        if (passage.decision == DG_DECISION_RETURNED)
            l->why->state = DG_WHY_STOPPED;
        if (passage.decision != 0 || !there)
            continue;
        add_wait(l, &(struct dg_why_wait){.cause = DG_WHY_VIA,
                                          .at = via[i].unit,
                                          .toward = dg_bytes_of(address),
                                          .since_ms = passage.since_ms});
    }
    return err;
}

static enum dg_err look_beyond(struct looking *l)
{
    struct dg_bytes *unit;
    size_t count = 0;
    dg_custody_each(l->txn, l->why->held.position, look_at_receipt, l);
    enum dg_err err = dg_report_units(l->txn->arena, &l->why->held.report, &count, &unit);
    for (size_t i = 0; i < count && err == DG_OK && l->why->state != DG_WHY_STOPPED; i++)
        (void)look_at_unit(l, unit[i]);
    return err == DG_OK ? look_at_vias(l) : err;
}

/* ---- the whole ---------------------------------------------------------------------------------- */

static enum dg_err look_at_report(struct looking *l)
{
    struct dg_why *why = l->why;
    enum dg_err err = dg_held_get(l->txn, &why->id, &why->held);
    if (err != DG_OK)
        return err;
    why->issued = true;
    if (why->held.verdict != DG_VERDICT_ACCEPTED) {
        why->state = DG_WHY_STOPPED;
        why->code = why->held.code;
        why->code_unit = dg_bytes_of(l->identity->unit);
        return DG_OK;
    }
    dg_queue_each(l->txn, dg_bytes_at(NULL, 0), look_at_row, l);
    err = look_beyond(l);
    if (err == DG_OK && why->state == DG_WHY_WAITS && why->count + why->more == 0)
        why->state = DG_WHY_DONE;
    return err;
}

static void look_at_draft(struct looking *l, const struct dg_joint *joint)
{
    const struct dg_report *report = &joint->report;
    l->why->state = joint->state == DG_JOINT_WITHDRAWN ? DG_WHY_WITHDRAWN : DG_WHY_WAITS;
    for (size_t i = 0; i < report->author_count && joint->state == DG_JOINT_WAITING; i++)
        if (!dg_joint_has_signed(joint, i))
            add_wait(l, &(struct dg_why_wait){.cause = DG_WHY_SIGNATURE,
                                              .at = dg_bytes_of(l->identity->unit),
                                              .toward = report->author[i].organ,
                                              .since_ms = report->signed_ms});
}

enum dg_err dg_why(struct dg_txn *txn, const struct dg_directory *dir, const struct dg_identity *identity,
                   const struct dg_id *id, const struct dg_why_live *live, struct dg_why *ret)
{
    struct dg_joint joint;
    struct looking *l = dg_arena_alloc(txn->arena, sizeof *l);
    if (l == NULL)
        return DG_ERR_NO_MEMORY;
    *ret = (struct dg_why){.id = *id, .state = DG_WHY_WAITS};
    *l = (struct looking){.txn = txn, .dir = dir, .identity = identity, .live = live, .why = ret};
    enum dg_err err = look_at_report(l);
    if (err == DG_ERR_NOT_FOUND && dg_joint_get(txn, id, &joint)) {
        look_at_draft(l, &joint);
        return DG_OK;
    }
    return err == DG_OK ? txn->err : err;
}
