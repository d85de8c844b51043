/* replay.c - a neighbour that lost a part of its store gets back what this node has of it.
 *
 * The row META replay/<unit> says how far that is: the directory first, then every report that went to the
 * neighbour or came from it, some at each tick. They go through its outbox like everything else; what is held
 * about a report follows the neighbour's receipt.
 */
#include <stdio.h>
#include <string.h>

#include "node/core/issued_impl.h"
#include "node/core/restored_impl.h"

enum { REPORTS_PER_TICK = 128 };

struct replay {
    dg_ms since;        /* which restore it is: the neighbour's own word */
    dg_ms begun;        /* by this node's clock */
    uint64_t keeps;     /* its leaves before this one, and what they are about, were never lost */
    uint64_t next, end; /* positions of this node's log: gone through, and to go through */
};

/* ---- the row ------------------------------------------------------------------------------------- */

static struct dg_row_key row_key(struct dg_bytes unit)
{
    char name[DG_SLUG_MAX + 16];
    (void)snprintf(name, sizeof name, "replay/%.*s", (int)unit.size, (const char *)unit.data);
    return dg_key_name(name);
}

static bool replay_read(struct dg_txn *txn, struct dg_bytes value, struct replay *ret)
{
    struct dg_row row = {.rest = value};
    *ret = (struct replay){.since = (dg_ms)dg_row_u64(&row)};
    ret->begun = (dg_ms)dg_row_u64(&row);
    ret->keeps = dg_row_u64(&row);
    ret->next = dg_row_u64(&row);
    ret->end = dg_row_u64(&row);
    return dg_row_good(txn, &row);
}

static bool replay_get(struct dg_txn *txn, struct dg_bytes unit, struct replay *ret)
{
    struct dg_row_key key = row_key(unit);
    struct dg_bytes value;
    return dg_get(txn, DG_TABLE_META, dg_row_key_bytes(&key), &value) && replay_read(txn, value, ret);
}

static void replay_put(struct dg_txn *txn, struct dg_bytes unit, const struct replay *replay)
{
    struct dg_row_key key = row_key(unit);
    struct dg_buf buf;
    dg_buf_init(&buf, 64);
    dg_buf_add_u64be(&buf, (uint64_t)replay->since);
    dg_buf_add_u64be(&buf, (uint64_t)replay->begun);
    dg_buf_add_u64be(&buf, replay->keeps);
    dg_buf_add_u64be(&buf, replay->next);
    dg_buf_add_u64be(&buf, replay->end);
    dg_row_put(txn, DG_TABLE_META, &key, &buf);
}

/* ---- the directory ------------------------------------------------------------------------------- */

struct telling {
    struct dg_node *node;
    struct dg_txn *txn;
    struct dg_bytes to;
    bool down;
    size_t count;
    struct dg_bytes *key;
};

/* To a child what lies on its path and below it, to the parent what lies below this unit. */
static bool is_told(const struct telling *telling, struct dg_bytes unit)
{
    const struct dg_directory *dir = dg_node_directory(telling->node, telling->txn);
    const struct dg_dir_unit *about = dg_directory_unit(dir, unit);
    const struct dg_dir_unit *self = dg_directory_unit(dir, dg_bytes_of(telling->node->identity.unit));
    if (telling->down)
        return dg_link_knows(telling->node, telling->txn, telling->to, unit);
    return about != NULL && self != NULL && dg_dir_unit_within(about, self);
}

static bool tell_one(void *ctx, const struct dg_dir_row *row)
{
    struct telling *telling = ctx;
    if (is_told(telling, row->unit))
        telling->key[telling->count++] = dg_arena_copy(telling->txn->arena, row->key);
    return true;
}

static bool count_one(void *ctx, const struct dg_dir_row *row)
{
    (void)row;
    ++*(size_t *)ctx;
    return true;
}

static void tell_directory(struct dg_node *node, struct dg_txn *txn, struct dg_bytes to, bool down, dg_ms now)
{
    size_t rows = 0;
    struct telling telling = {.node = node, .txn = txn, .to = to, .down = down};
    dg_dir_walk(txn, count_one, &rows);
    telling.key = dg_arena_array(txn->arena, rows + 1, sizeof *telling.key);
    if (telling.key == NULL) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return;
    }
    dg_dir_walk(txn, tell_one, &telling);
    for (size_t i = 0; i < telling.count; i++)
        dg_outbox_push_record(node, txn, to, DG_QUEUED_DIRECTORY, 0, 0, telling.key[i], now);
    if (down)
        dg_issued_welcome(node, txn, to, now);
}

/* ---- reports ------------------------------------------------------------------------------------- */

struct receipt_search {
    struct dg_bytes origin;
    bool found;
    uint64_t index;
};

static bool match_receipt(void *ctx, const struct dg_custody *custody)
{
    struct receipt_search *search = ctx;
    if (custody->record.kind == DG_RECORD_RECEIPT && dg_bytes_equal(custody->origin, search->origin)) {
        search->found = true;
        search->index = custody->record.index;
    }
    return !search->found;
}

/* The neighbour's receipt for the report at position. */
static struct receipt_search receipt_of(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit,
                                        uint64_t position)
{
    char origin[DG_ORIGIN_MAX + 1] = "";
    const struct dg_directory *dir = dg_node_directory(node, txn);
    const struct dg_dir_unit *there = dg_directory_unit(dir, unit);
    if (there != NULL)
        dg_origin_write(dir->federation, there->slug, there->epoch, origin);
    struct receipt_search search = {.origin = dg_bytes_of(origin)};
    dg_custody_each(txn, position, match_receipt, &search);
    return search;
}

struct following {
    struct dg_node *node;
    struct dg_txn *txn;
    struct dg_bytes to;
    uint64_t position;
    dg_ms now;
};

/* Its own receipt it gives again; all else it may have lost. */
static bool follow_one(void *ctx, const struct dg_custody *custody)
{
    struct following *f = ctx;
    struct dg_verifier log;
    const struct dg_dir_unit *unit =
        dg_origin_unit(dg_node_directory(f->node, f->txn), custody->origin, &log);
    bool own_receipt =
        custody->record.kind == DG_RECORD_RECEIPT && unit != NULL && dg_bytes_equal(unit->slug, f->to);
    if (!own_receipt)
        dg_outbox_push_record(f->node, f->txn, f->to, DG_QUEUED_CUSTODY, f->position, custody->number,
                              dg_bytes_at(NULL, 0), f->now);
    return true;
}

void dg_replay_follow(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, uint64_t position,
                      dg_ms now)
{
    struct following following = {.node = node, .txn = txn, .to = unit, .position = position, .now = now};
    struct replay replay;
    if (replay_get(txn, unit, &replay))
        dg_custody_each(txn, position, follow_one, &following);
}

/* One that the neighbour never receipted waits for it anyway; one that it has kept gets only what is held
 * about it. */
static void give_report(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit,
                        const struct dg_held *held, const struct replay *replay, dg_ms now)
{
    struct dg_bytes *way;
    struct dg_queued waiting, queued = {.unit = unit,
                                        .lane = dg_lane_of(&held->report),
                                        .seq = held->position,
                                        .kind = DG_QUEUED_REPORT,
                                        .position = held->position,
                                        .since_ms = now};
    bool came = dg_bytes_equal(held->from_unit, unit), went = false;
    size_t count = dg_delivery_ways(node, txn, &held->report, held->from_unit, &way);
    for (size_t i = 0; i < count; i++)
        went = went || dg_bytes_equal(way[i], unit);
    struct receipt_search receipt = receipt_of(node, txn, unit, held->position);
    if ((!came && !went) || dg_queued_get(txn, unit, queued.lane, queued.seq, &waiting))
        return;
    if (!came && receipt.found && receipt.index < replay->keeps)
        dg_replay_follow(node, txn, unit, held->position, now);
    else
        dg_outbox_push(node, txn, &queued);
}

static void give_some(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, struct replay *replay,
                      dg_ms now)
{
    for (unsigned i = 0; i < REPORTS_PER_TICK && replay->next < replay->end; i++, replay->next++) {
        struct dg_bytes text;
        struct dg_leaf leaf;
        struct dg_held held;
        if (txn->arena->used > DG_STEP_ARENA_SOFT || txn->err != DG_OK)
            break;
        if (!dg_leaf_get(txn, replay->next, &text) || dg_leaf_parse(txn->arena, text, &leaf, NULL) != DG_OK ||
            leaf.kind != DG_LEAF_REPORT || leaf.verdict != DG_VERDICT_ACCEPTED ||
            dg_held_get(txn, &leaf.report, &held) != DG_OK || held.position != replay->next)
            continue;
        give_report(node, txn, unit, &held, replay, now);
    }
}

/* ---- asked and answered -------------------------------------------------------------------------- */

static bool begin(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                  const struct dg_restore_ask *ask, struct replay *ret, dg_ms now)
{
    struct dg_bytes unit = dg_bytes_of(link->unit);
    if (replay_get(txn, unit, ret) && ret->since == ask->since_ms && ret->keeps == ask->replay)
        return true;
    *ret = (struct replay){
        .since = ask->since_ms, .begun = now, .keeps = ask->replay, .end = dg_meta_u64(txn, "log-size")};
    replay_put(txn, unit, ret);
    tell_directory(node, txn, unit, !link->up, now);
    return false;
}

struct left {
    struct dg_node *node;
    struct dg_txn *txn;
    struct dg_bytes unit;
    const struct replay *replay;
    bool any;
};

/* A record, or a report that it had and gave a receipt for, still waits. */
static bool is_left(void *ctx, const struct dg_queued *queued)
{
    struct left *left = ctx;
    struct dg_outgoing report;
    if (queued->held)
        return true;
    if (queued->kind != DG_QUEUED_REPORT)
        left->any = true;
    else if (queued->position < left->replay->end &&
             dg_outgoing_get(left->node, left->txn, queued->position, &report))
        left->any = receipt_of(left->node, left->txn, left->unit, queued->position).found ||
                    queued->since_ms >= left->replay->begun;
    return !left->any;
}

bool dg_replay_asked(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                     const struct dg_restore_ask *ask, dg_ms now)
{
    struct replay replay;
    if (!ask->has_replay || !begin(node, txn, link, ask, &replay, now) || replay.next < replay.end)
        return false;
    struct left left = {.node = node, .txn = txn, .unit = dg_bytes_of(link->unit), .replay = &replay};
    dg_queue_each(txn, left.unit, is_left, &left);
    return !left.any;
}

void dg_replay_tick(struct dg_node *node, struct dg_txn *txn, dg_ms now)
{
    for (size_t i = 0; i < node->link_count; i++) {
        struct dg_bytes unit = dg_bytes_of(node->link[i]->unit);
        struct replay replay;
        if (!replay_get(txn, unit, &replay) || replay.next >= replay.end)
            continue;
        give_some(node, txn, unit, &replay, now);
        replay_put(txn, unit, &replay);
    }
}
