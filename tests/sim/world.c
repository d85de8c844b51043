/* world.c - virtual time: a heap of happenings, taken one after the other. */
#include "tests/sim/world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* 2026-11-21 03:00 UTC; the day is decided by this, never by the machine's clock. */
static const dg_ms beginning = INT64_C(1795230000000);

dg_ms sim_clock(const struct sim_node *node)
{
    return beginning + node->world->now + node->world->leap + node->skew;
}

struct sim_node *sim_node_by_unit(struct sim_world *world, struct dg_bytes unit)
{
    for (size_t i = 0; i < world->node_count; i++)
        if (dg_bytes_is(unit, world->node[i].unit))
            return &world->node[i];
    return NULL;
}

/* ---- the heap ------------------------------------------------------------------------------------ */

static bool before(const struct sim_happening *a, const struct sim_happening *b)
{
    return a->at != b->at ? a->at < b->at : a->serial < b->serial;
}

static void swap(struct sim_happening *a, struct sim_happening *b)
{
    struct sim_happening kept = *a;
    *a = *b;
    *b = kept;
}

void sim_plan(struct sim_world *world, const struct sim_happening *happening)
{
    if (world->queue_count == world->queue_capacity) {
        size_t capacity = world->queue_capacity == 0 ? 256 : 2 * world->queue_capacity;
        struct sim_happening *grown = realloc(world->queue, capacity * sizeof *grown);
        assert(grown != NULL);
        world->queue = grown;
        world->queue_capacity = capacity;
    }
    size_t i = world->queue_count++;
    world->queue[i] = *happening;
    world->queue[i].serial = world->next_serial++;
    for (; i > 0 && before(&world->queue[i], &world->queue[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&world->queue[i], &world->queue[(i - 1) / 2]);
}

static struct sim_happening take_first(struct sim_world *world)
{
    struct sim_happening first = world->queue[0];
    world->queue[0] = world->queue[--world->queue_count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < world->queue_count; child++)
            if (before(&world->queue[child], &world->queue[least]))
                least = child;
        if (least == i)
            return first;
        swap(&world->queue[i], &world->queue[least]);
        i = least;
    }
}

/* ---- happenings ---------------------------------------------------------------------------------- */

static void weather(struct sim_world *world)
{
    if (world->calm)
        return;
    sim_wire_weather(world);
    if (sim_chance(&world->choice, world->options.villain))
        sim_villain_act(world);
    sim_plan(world, &(struct sim_happening){.at = world->now + 1000, .kind = SIM_WEATHER});
}

static void happen(struct sim_world *world, struct sim_happening *happening)
{
    struct sim_node *node = &world->node[happening->node];
    switch (happening->kind) {
    case SIM_PACKET:
        sim_wire_arrive(world, happening);
        break;
    case SIM_TURN:
        if (node->node != NULL && node->turn_at == happening->at)
            sim_node_turn(node);
        break;
    case SIM_START:
        if (node->node == NULL && !sim_node_start(node))
            sim_break(world, "L3", "%s does not start", node->unit);
        break;
    case SIM_GONE:
        sim_node_hear(node, &(struct dg_event){.kind = DG_EVENT_GONE, .conn = happening->conn});
        break;
    case SIM_PUSH:
        sim_load_push(world, node);
        break;
    case SIM_MARK:
        sim_load_mark(world, node);
        break;
    case SIM_PASS:
        sim_load_pass(world, node);
        break;
    case SIM_ADOPT:
        sim_load_adopt(world, node);
        break;
    case SIM_DUTY:
        sim_load_duty(world, node);
        break;
    case SIM_WEATHER:
        weather(world);
        break;
    case SIM_FETCH:
        sim_load_fetch(world, node);
        break;
    case SIM_ACCORD:
        sim_accord_act(world);
        break;
    }
    free(happening->bytes);
}

void sim_world_run(struct sim_world *world, dg_ms until)
{
    while (!world->laws.broken && world->queue_count > 0 && world->queue[0].at <= until) {
        struct sim_happening first = take_first(world);
        world->now = first.at;
        happen(world, &first);
    }
    if (!world->laws.broken && world->now < until)
        world->now = until;
}

void sim_world_calm(struct sim_world *world)
{
    world->calm = true;
    sim_trace_line(&world->trace, world->now, "-- calm: no more faults");
    for (size_t i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->node[i];
        node->cut_up = false;
        node->cut_down = false;
        node->clog_until = 0;
        dg_store_mem_fail_commit(node->store, 0, DG_OK);
        if (node->node == NULL && !sim_node_start(node))
            sim_break(world, "L3", "%s does not start", node->unit);
    }
}

void sim_world_settle(struct sim_world *world)
{
    dg_ms deadline = world->now + world->options.settle_ms;
    const char *why = NULL;
    while (!world->laws.broken && world->now < deadline) {
        sim_world_run(world, world->now + 2000);
        why = sim_laws_unsettled(world);
        if (why == NULL)
            break;
    }
    if (!world->laws.broken && why != NULL)
        sim_break(world, why[0] == 'L' ? (char[]){'L', why[1], '\0'} : "L", "%.0f s after the last fault: %s",
                  (double)world->options.settle_ms / 1000.0, why);
}

/* ---- life ---------------------------------------------------------------------------------------- */

/* One province, three districts, a bloc, and twelve communes in the districts. */
static void make_province(struct sim_world *world)
{
    enum { DISTRICTS = 3, BLOC = 4, UNITS = 17 };
    sim_node_init(world, 0, SIM_NOBODY);
    for (int i = 1; i < UNITS; i++)
        sim_node_init(world, i, i <= BLOC ? 0 : 1 + (i - BLOC - 1) % DISTRICTS);
    world->node[BLOC].bloc = true;
    world->node_count = UNITS;
}

static void make_tree(struct sim_world *world)
{
    const struct sim_options *options = &world->options;
    sim_node_init(world, 0, SIM_NOBODY);
    world->node_count = 1;
    while (world->node_count < options->nodes) {
        /* The first ones make the tree as deep as it shall be. */
        int parent = (int)world->node_count - 1;
        if (world->node_count >= options->levels)
            parent = (int)sim_below(&world->choice, world->node_count);
        if (world->node[parent].level + 1 < options->levels)
            sim_node_init(world, (int)world->node_count++, parent);
        else if (options->levels == 1)
            break;
    }
}

struct sim_world *sim_world_new(const struct sim_options *options)
{
    struct sim_world *world = calloc(1, sizeof *world);
    if (world == NULL)
        return NULL;
    world->options = *options;
    world->next_conn = 1;
    sim_choice_start(&world->choice, options->seed);
    sim_trace_start(&world->trace, false);
    dg_arena_init(&world->arena, 0);
    dg_arena_init(&world->frame_arena, 0);
    dg_buf_init(&world->said, DG_FRAME_MAX);
    dg_buf_init(&world->replied, DG_CTL_MSG_MAX);
    if (options->province)
        make_province(world);
    else
        make_tree(world);
    if (!sim_found_all(world) && !world->laws.broken)
        sim_break(world, "L3", "the federation could not be founded");
    for (size_t i = 0; i < world->node_count && !world->laws.broken; i++)
        sim_laws_turn(&world->node[i]);
    sim_plan(world, &(struct sim_happening){.at = world->now + 1000, .kind = SIM_WEATHER});
    return world;
}

void sim_world_free(struct sim_world *world)
{
    for (size_t i = 0; i < world->node_count; i++) {
        sim_node_stop(&world->node[i]);
        if (world->node[i].store != NULL)
            dg_store_close(world->node[i].store);
    }
    for (size_t i = 0; i < world->queue_count; i++)
        free(world->queue[i].bytes);
    free(world->queue);
    for (size_t i = 0; i < world->caught_count; i++)
        free(world->caught[i].bytes);
    sim_laws_free(world);
    dg_buf_done(&world->said);
    dg_buf_done(&world->replied);
    dg_arena_done(&world->arena);
    dg_arena_done(&world->frame_arena);
    free(world);
}
