/* impostor.c - lies that are told downward, and frames whose bits were turned: villain.c lies upward.
 *
 * An impostor stands where the parent should, with a key that is not the parent's. A lying parent has the
 * right key and gives receipts of one report for another. A frame of goods with some bits turned (no
 * transport with CURVE lets one through) must be refused, or do no harm.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/core/node_impl.h"
#include "node/core/rows.h"
#include "tests/sim/world.h"

void sim_impostor_overhear(struct sim_world *world, const struct sim_node *from, const struct sim_node *to,
                           const struct dg_frame *frame, struct dg_bytes bytes)
{
    bool receipts = false;
    if (world->options.villain == 0 || world->calm)
        return;
    for (size_t i = 0; i < frame->record_count; i++)
        receipts =
            receipts || (frame->record[i].kind == DG_RECORD_RECEIPT && frame->record[i].has_checkpoint);
    if (!receipts && frame->parcel_count == 0)
        return;
    int slot = receipts ? 0 : 1;
    free(world->goods[slot].bytes);
    world->goods[slot].bytes = malloc(bytes.size);
    assert(world->goods[slot].bytes != NULL);
    memcpy(world->goods[slot].bytes, bytes.data, bytes.size);
    world->goods[slot].size = bytes.size;
    world->goods[slot].from = from->index;
    world->goods[slot].to = to->index;
}

/* ---- saying -------------------------------------------------------------------------------------- */

struct lie {
    struct sim_world *world;
    struct sim_node *to;
    uint64_t conn;
    struct dg_curve_key key;
    bool refused; /* it must be, visibly */
    const char *what;
};

/* Says it and lets the node think at once, spared by the disk and by death. */
static void say(const struct lie *lie, struct dg_bytes bytes)
{
    struct sim_world *world = lie->world;
    struct sim_node *to = lie->to;
    uint64_t seen = world->laws.refusals + to->node->counted_refused;
    sim_trace_line(&world->trace, world->now, "impostor to %s: %s", to->unit, lie->what);
    sim_node_hear(
        to, &(struct dg_event){.kind = DG_EVENT_MESSAGE, .conn = lie->conn, .key = lie->key, .bytes = bytes});
    world->villainies++;
    world->calm = true;
    while (to->node != NULL && to->inbox_count > 0 && !world->laws.broken)
        sim_node_turn(to);
    world->calm = false;
    bool noticed = to->node == NULL || world->laws.refusals + to->node->counted_refused != seen;
    if (!world->laws.broken && lie->refused && !noticed)
        sim_break(world, "I8", "%s did not refuse: %s", to->unit, lie->what);
}

static void say_frame(const struct lie *lie, const struct dg_frame *frame)
{
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    if (dg_frame_encode(frame, &buf) == DG_OK && buf.err == DG_OK)
        say(lie, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
}

/* ---- what it says -------------------------------------------------------------------------------- */

/* Somebody else's socket where the parent's should be: it welcomes, acknowledges and refuses. */
static void say_as_parent(struct lie *lie)
{
    struct sim_world *world = lie->world;
    uint64_t acked[8];
    struct dg_frame frame = {.acked_count = 8, .acked = acked};
    struct dg_refused refused = {.code = dg_bytes_of("EXPIRED"), .detail = dg_bytes_of("go away")};
    for (uint64_t i = 0; i < 8; i++)
        acked[i] = dg_tag(DG_LANE_CONTROL, 1 + sim_below(&world->choice, 30));
    if (sim_chance(&world->choice, 3000))
        frame = (struct dg_frame){.refused = &refused};
    lie->key = sim_curve_key(SIM_STRANGERS_KEY);
    lie->refused = true;
    lie->what = frame.refused != NULL ? "go away, with a key that is not its parent's"
                                      : "acknowledgements with a key that is not its parent's";
    say_frame(lie, &frame);
}

/* A report of the node that waits for that neighbour's receipt, but not the one in record. */
static bool waiting_report(struct sim_world *world, const struct sim_node *node, const char *unit,
                           const struct dg_record *record, struct dg_id *ret)
{
    const struct sim_memory *memory = &world->laws.memory[node->index];
    struct dg_txn *txn;
    bool found = false;
    if (dg_begin_read(node->store, &txn) != DG_OK)
        return false;
    for (size_t i = 0; i < memory->waiting_count && !found; i++) {
        const struct sim_waiting *row = &memory->waiting[i];
        struct dg_bytes text;
        struct dg_leaf leaf;
        if (row->kind != DG_QUEUED_REPORT || strcmp(row->unit, unit) != 0 ||
            !dg_leaf_get(txn, row->position, &text) || dg_leaf_parse(txn->arena, text, &leaf, NULL) != DG_OK)
            continue;
        found = !dg_id_equal(&leaf.report, &record->report);
        *ret = leaf.report;
    }
    dg_abort(node->store, txn);
    return found;
}

/* The parent's own receipt of one report, given for another. */
static void say_wrong_receipt(struct lie *lie)
{
    struct sim_world *world = lie->world;
    const struct sim_node *parent = &world->node[lie->to->parent];
    struct dg_frame heard;
    if (world->goods[0].bytes == NULL || world->goods[0].from != parent->index)
        return;
    dg_arena_reset(&world->arena);
    if (dg_frame_decode(&world->arena, dg_bytes_at(world->goods[0].bytes, world->goods[0].size), &heard,
                        NULL) != DG_OK)
        return;
    for (size_t i = 0; i < heard.record_count; i++) {
        struct dg_record *record = &heard.record[i];
        if (record->kind != DG_RECORD_RECEIPT || !record->has_checkpoint ||
            !waiting_report(world, lie->to, parent->unit, record, &record->report))
            continue;
        record->tag = 0;
        lie->refused = true;
        lie->what = "its parent's receipt of another report";
        say_frame(lie, &(struct dg_frame){.record_count = 1,
                                          .record = record,
                                          .checkpoint_count = heard.checkpoint_count,
                                          .checkpoint = heard.checkpoint});
        return;
    }
}

/* Nothing the neighbour really waits for has such a number. */
enum { NOBODYS_SEQ = 100000000 };

static bool tags_are_nobodys(const struct dg_frame *frame)
{
    for (size_t i = 0; i < frame->parcel_count; i++)
        if (frame->parcel[i].tag >> 2 < NOBODYS_SEQ / 2)
            return false;
    for (size_t i = 0; i < frame->record_count; i++)
        if (frame->record[i].tag != 0 && frame->record[i].tag >> 2 < NOBODYS_SEQ / 2)
            return false;
    return frame->acked_count == 0 && frame->answer_count == 0 && frame->hello == NULL &&
           frame->welcome == NULL && frame->refused == NULL && frame->ping == NULL && frame->pong == NULL &&
           frame->enrol_hello == NULL && frame->enrol_request == NULL;
}

/* Goods that went by, said again on the same line, with up to four bits turned. */
static void say_flipped(struct sim_world *world, int slot)
{
    struct dg_frame frame, turned;
    struct dg_buf buf;
    if (world->goods[slot].bytes == NULL)
        return;
    dg_arena_reset(&world->arena);
    struct dg_bytes kept = dg_bytes_at(world->goods[slot].bytes, world->goods[slot].size);
    if (dg_frame_decode(&world->arena, kept, &frame, NULL) != DG_OK)
        return;
    for (size_t i = 0; i < frame.parcel_count; i++)
        frame.parcel[i].tag = dg_tag(DG_LANE_NORMAL, NOBODYS_SEQ + i);
    for (size_t i = 0; i < frame.record_count; i++)
        frame.record[i].tag = dg_tag(DG_LANE_CONTROL, NOBODYS_SEQ + i);
    frame.acked_count = frame.answer_count = 0;
    dg_buf_init(&buf, DG_FRAME_MAX);
    bool ok = dg_frame_encode(&frame, &buf) == DG_OK && buf.size > 0;
    for (uint64_t bits = 1 + sim_below(&world->choice, 4); ok && bits > 0; bits--)
        buf.data[sim_below(&world->choice, buf.size)] ^= (uint8_t)(1u << sim_below(&world->choice, 8));
    struct sim_node *from = &world->node[world->goods[slot].from];
    struct sim_node *to = &world->node[world->goods[slot].to];
    struct lie lie = {.world = world,
                      .to = to,
                      .conn = from->parent == to->index ? from->conn : DG_NODE_UP,
                      .key = from->transport,
                      .what = "goods with bits turned"};
    bool decodes = ok && dg_frame_decode(&world->arena, dg_buf_bytes(&buf), &turned, NULL) == DG_OK;
    if (ok && sim_villain_may(to) && (!decodes || tags_are_nobodys(&turned)))
        say(&lie, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
}

void sim_impostor_act(struct sim_world *world)
{
    struct sim_node *child = &world->node[1 + sim_below(&world->choice, world->node_count - 1)];
    const struct sim_node *parent = &world->node[child->parent];
    struct lie lie = {.world = world, .to = child, .conn = DG_NODE_UP, .key = parent->transport};
    uint64_t what = sim_below(&world->choice, 6);
    if (what >= 3)
        say_flipped(world, what == 3 ? 0 : 1);
    else if (sim_villain_may(child) && what == 0)
        say_as_parent(&lie);
    else if (sim_villain_may(child))
        say_wrong_receipt(&lie);
}
