/* wire.c - links between nodes: late, lost, doubled, out of order, cut in one direction or both. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

/* The child whose line the parent knows by this name. */
static struct sim_node *child_by_conn(struct sim_world *world, const struct sim_node *parent, uint64_t conn)
{
    for (size_t i = 0; i < world->node_count; i++)
        if (world->node[i].parent == parent->index && world->node[i].conn == conn)
            return &world->node[i];
    return NULL;
}

/* ---- in words ------------------------------------------------------------------------------------ */

static void describe(const struct dg_frame *frame, char *ret, size_t size)
{
    size_t receipts = 0, states = 0;
    for (size_t i = 0; i < frame->record_count; i++) {
        receipts += frame->record[i].kind == DG_RECORD_RECEIPT;
        states += frame->record[i].kind == DG_RECORD_STATE;
    }
    const char *greeting = frame->hello != NULL     ? " hello"
                           : frame->welcome != NULL ? " welcome"
                           : frame->refused != NULL ? " refused"
                           : frame->ping != NULL    ? " ping"
                           : frame->pong != NULL    ? " pong"
                                                    : "";
    int used = snprintf(ret, size, "%s", greeting);
    const struct {
        const char *word;
        size_t count;
    } part[] = {{"report", frame->parcel_count},
                {"receipt", receipts},
                {"state", states},
                {"member record", frame->record_count - receipts - states},
                {"answer", frame->answer_count},
                {"ack", frame->acked_count},
                {"offer", frame->offer_count},
                {"standing", frame->standing_count},
                {"piece", frame->piece_count}};
    for (size_t i = 0; i < sizeof part / sizeof part[0] && used >= 0 && (size_t)used < size; i++)
        if (part[i].count > 0)
            used += snprintf(ret + used, size - (size_t)used, " %zu %s%s", part[i].count, part[i].word,
                             part[i].count == 1 ? "" : "s");
    struct dg_bytes code = frame->answer_count > 0  ? frame->answer[0].code
                           : frame->refused != NULL ? frame->refused->code
                                                    : dg_bytes_at(NULL, 0);
    if (code.size > 0 && used >= 0 && (size_t)used < size)
        (void)snprintf(ret + used, size - (size_t)used, " (%.*s)", (int)code.size, (const char *)code.data);
}

/* ---- sending ------------------------------------------------------------------------------------- */

static dg_ms arrival(struct sim_world *world, const struct sim_node *from, dg_ms held, dg_ms *last)
{
    dg_ms at = world->now + sim_between(&world->choice, 1, world->options.delay_max);
    if (at < held)
        at = held;
    if (world->calm ||
        !sim_fate_strikes(&world->fate, SIM_FATE_REORDER, from->number, world->options.reorder)) {
        if (at < *last)
            at = *last;
        *last = at;
    }
    return at;
}

static void put_on_wire(struct sim_world *world, struct sim_node *from, struct sim_node *to,
                        struct sim_node *child, bool bulk, struct dg_bytes bytes)
{
    bool up = child == from;
    struct sim_happening packet = {
        .kind = SIM_PACKET,
        .at = arrival(world, from, up ? child->clog_up_until : child->clog_down_until,
                      up ? &child->last_up : &child->last_down),
        .node = to->index,
        .from = from->index,
        .conn = up     ? child->conn | (bulk ? SIM_BULK : 0)
                : bulk ? DG_NODE_BULK
                       : DG_NODE_UP,
        .line = child->conn,
        .key = from->transport,
        .bytes = malloc(bytes.size),
        .size = bytes.size,
    };
    assert(packet.bytes != NULL);
    memcpy(packet.bytes, bytes.data, bytes.size);
    world->packets++;
    sim_plan(world, &packet);
}

static const char *mishap(struct sim_world *world, struct sim_node *from, struct sim_node *to,
                          struct sim_node *child)
{
    bool up = child == from;
    if (to->node == NULL)
        return "nobody is there";
    if ((up ? child->cut_up_until : child->cut_down_until) > world->now)
        return "the line is cut";
    if (world->calm)
        return NULL;
    if (sim_fate_strikes(&world->fate, SIM_FATE_LOSS, from->number, world->options.loss))
        return "lost";
    if (sim_fate_strikes(&world->fate, SIM_FATE_FLIP, from->number, world->options.flip)) {
        /* CURVE authenticates every frame: what was altered on the way ends the session. */
        sim_wire_break(child);
        return "altered on the way, and the line breaks";
    }
    return NULL;
}

enum dg_said sim_wire_send(struct sim_node *from, uint64_t conn, const struct dg_frame *frame,
                           struct dg_bytes bytes)
{
    struct sim_world *world = from->world;
    if (world->founding) {
        dg_buf_reset(&world->said);
        dg_buf_add_bytes(&world->said, bytes);
        return DG_SAID;
    }
    bool up = conn == DG_NODE_UP || conn == DG_NODE_BULK, bulk = conn == DG_NODE_BULK || conn >= SIM_BULK;
    struct sim_node *child = up ? from : child_by_conn(world, from, conn & ~SIM_BULK);
    if (child == NULL || (up && from->parent == SIM_NOBODY))
        return DG_SAID_GONE;
    struct sim_node *to = up ? &world->node[from->parent] : child;
    if (child->full_until > world->now)
        return DG_SAID_FULL;
    char words[160];
    describe(frame, words, sizeof words);
    sim_villain_overhear(world, frame);
    sim_impostor_overhear(world, from, to, frame, bytes);
    const char *what = mishap(world, from, to, child);
    bool beats = frame->ping != NULL || frame->pong != NULL;
    if (!beats || !world->calm) /* half an hour of them would leave no room for anything else */
        sim_trace_line(&world->trace, world->now, "%s -> %s:%s%s%s", from->unit, to->unit, words,
                       what != NULL ? " ... " : "", what != NULL ? what : "");
    if (what != NULL)
        return DG_SAID;
    put_on_wire(world, from, to, child, bulk, bytes);
    if (!world->calm &&
        sim_fate_strikes(&world->fate, SIM_FATE_DOUBLE, from->number, world->options.duplicate))
        put_on_wire(world, from, to, child, bulk, bytes);
    return DG_SAID;
}

/* ---- arriving ------------------------------------------------------------------------------------ */

/* What was sent on a line that has been made anew since is lost, but for last words. */
static bool line_stands(struct sim_world *world, const struct sim_happening *packet)
{
    if (packet->from == SIM_NOBODY || packet->last_words)
        return true;
    bool up = packet->conn != DG_NODE_UP && packet->conn != DG_NODE_BULK;
    return world->node[up ? packet->from : packet->node].conn == packet->line;
}

void sim_wire_arrive(struct sim_world *world, const struct sim_happening *packet)
{
    struct sim_node *to = &world->node[packet->node];
    if (to->node == NULL || !line_stands(world, packet))
        return;
    sim_node_hear(to, &(struct dg_event){.kind = DG_EVENT_MESSAGE,
                                         .conn = packet->conn,
                                         .key = packet->key,
                                         .bytes = dg_bytes_at(packet->bytes, packet->size)});
}

/* ---- breaking ------------------------------------------------------------------------------------ */

static void tell_parent(struct sim_node *child, uint64_t conn)
{
    struct sim_world *world = child->world;
    if (child->parent == SIM_NOBODY || sim_chance(&world->choice, 5000))
        return;
    sim_plan(world, &(struct sim_happening){.at = world->now + sim_between(&world->choice, 1, 500),
                                            .kind = SIM_GONE,
                                            .node = child->parent,
                                            .conn = conn});
}

void sim_wire_break(struct sim_node *child)
{
    tell_parent(child, child->conn);
    child->conn = child->world->next_conn++;
}

void sim_wire_orphan(struct sim_node *node)
{
    struct sim_world *world = node->world;
    for (size_t i = 0; i < world->queue_count; i++) {
        struct sim_happening *packet = &world->queue[i];
        if (packet->kind != SIM_PACKET || (packet->from != node->index && packet->node != node->index))
            continue;
        packet->last_words =
            packet->from == node->index &&
            (world->script.here != NULL ? world->script.last_words : sim_chance(&world->choice, 5000));
        packet->line = UINT64_MAX; /* stands on no line any more */
    }
    tell_parent(node, node->conn);
}

/* ---- weather ------------------------------------------------------------------------------------- */

static void cut_line(struct sim_world *world, struct sim_node *child)
{
    uint64_t way = sim_below(&world->fate.detail, 3);
    dg_ms until = world->now + sim_between(&world->fate.detail, 500, 20000);
    child->cut_up_until = way != 1 ? until : 0;
    child->cut_down_until = way != 0 ? until : 0;
    sim_trace_line(&world->trace, world->now, "the line of %s is cut%s for %.1f s", child->unit,
                   way == 0   ? " upward"
                   : way == 1 ? " downward"
                              : "",
                   (double)(until - world->now) / 1000.0);
}

/* What is sent now arrives, but late and all at once. */
static void clog_line(struct sim_world *world, struct sim_node *child, struct sim_choice *choice)
{
    uint64_t way = sim_below(choice, 3);
    dg_ms until = world->now + sim_between(choice, 500, 40000);
    child->clog_up_until = way != 1 ? until : child->clog_up_until;
    child->clog_down_until = way != 0 ? until : child->clog_down_until;
    sim_trace_line(&world->trace, world->now, "the line of %s clogs for %.1f s", child->unit,
                   (double)(until - world->now) / 1000.0);
}

static void weather_of(struct sim_world *world, struct sim_node *child, uint32_t second)
{
    const struct sim_options *options = &world->options;
    struct sim_fate *fate = &world->fate;
    if (sim_fate_strikes_at(fate, SIM_FATE_CUT, child->number, second, options->cut))
        cut_line(world, child);
    if (sim_fate_strikes_at(fate, SIM_FATE_CLOG, child->number, second, options->clog))
        clog_line(world, child, &fate->detail);
    if (sim_fate_strikes_at(fate, SIM_FATE_FULL, child->number, second, options->full))
        child->full_until = world->now + sim_between(&fate->detail, 500, 20000);
    if (sim_fate_strikes_at(fate, SIM_FATE_BREAK, child->number, second, options->break_line)) {
        sim_trace_line(&world->trace, world->now, "the line of %s breaks", child->unit);
        sim_wire_break(child);
    }
}

void sim_wire_weather(struct sim_world *world)
{
    uint32_t second = (uint32_t)(world->now / 1000);
    for (size_t i = 1; i < world->node_count; i++)
        weather_of(world, &world->node[i], second);
    if (!sim_fate_strikes_at(&world->fate, SIM_FATE_SWIZZLE, 0, second, world->options.swizzle))
        return;
    for (size_t i = 1; i < world->node_count; i++)
        if (sim_chance(&world->fate.detail, 5000))
            clog_line(world, &world->node[i], &world->fate.detail);
}
