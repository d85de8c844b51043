/* world.c - virtual time: a heap of happenings, taken one after the other. */
#include "tests/sim/world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* 2026-11-21 03:00 UTC; the day is decided by this, never by the machine's clock. */
static const dg_ms beginning = INT64_C(1795230000000);

dg_ms sim_clock(const struct sim_node *node)
{
    const struct sim_world *world = node->world;
    if (world->now < node->stopped_until)
        return node->stopped_at;
    return beginning + world->now + world->leap + node->skew;
}

struct sim_node *sim_node_by_unit(struct sim_world *world, struct dg_bytes unit)
{
    for (size_t i = 0; i < world->node_count; i++)
        if (dg_bytes_is(unit, world->node[i].unit))
            return &world->node[i];
    return NULL;
}

struct sim_node *sim_node_by_number(struct sim_world *world, unsigned number)
{
    for (size_t i = 0; i < world->node_count; i++)
        if (world->node[i].number == number)
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
    uint32_t second = (uint32_t)(world->now / 1000);
    sim_wire_weather(world);
    sim_machine_weather(world);
    if (sim_fate_strikes_at(&world->fate, SIM_FATE_VILLAIN, 0, second, world->options.villain)) {
        world->choice = world->fate.detail;
        if (world->node_count > 1 && sim_chance(&world->choice, 3000))
            sim_impostor_act(world);
        else
            sim_villain_act(world);
    }
    sim_plan(world, &(struct sim_happening){.at = world->now + 1000, .kind = SIM_WEATHER});
}

/* What people do at some time is theirs to decide, whatever has happened before. */
static bool is_input(const struct sim_happening *happening)
{
    switch (happening->kind) {
    case SIM_PUSH:
    case SIM_MARK:
    case SIM_PASS:
    case SIM_ADOPT:
    case SIM_DUTY:
    case SIM_FETCH:
    case SIM_ACCORD:
    case SIM_STICK:
    case SIM_ATTACH:
        return true;
    case SIM_PACKET:
    case SIM_TURN:
    case SIM_START:
    case SIM_GONE:
    case SIM_WEATHER:
    case SIM_CARRIED:
        break;
    }
    return false;
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
        if (node->node == NULL && dg_store_mem_heal(node->store))
            sim_trace_line(&world->trace, world->now, "the disk of %s is made good", node->unit);
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
    case SIM_STICK:
        sim_load_stick(world, node);
        break;
    case SIM_CARRIED:
        sim_carried_arrive(world, happening);
        break;
    case SIM_ATTACH:
        sim_bulk_attach(world, node, !happening->again);
        break;
    }
    free(happening->bytes);
}

/* Each node, each input and the weather draw from streams of their own, so that one which is left out changes
 * as little as can be of what the others do. */
static void happen_alone(struct sim_world *world, struct sim_happening *happening)
{
    struct sim_choice kept = world->choice;
    struct sim_choice *own = &world->node[happening->node].choice;
    if (is_input(happening)) {
        world->choice = sim_fate_stream(&world->fate, SIM_FATE_INPUT, 1, happening->input);
        happen(world, happening);
    } else if (happening->kind == SIM_WEATHER) {
        happen(world, happening);
    } else {
        world->choice = *own;
        happen(world, happening);
        *own = world->choice;
    }
    world->choice = kept;
}

void sim_world_run(struct sim_world *world, dg_ms until)
{
    while (!world->laws.broken && world->queue_count > 0 && world->queue[0].at <= until) {
        struct sim_happening first = take_first(world);
        world->now = first.at;
        happen_alone(world, &first);
    }
    if (!world->laws.broken && world->now < until)
        world->now = until;
}

void sim_world_calm(struct sim_world *world)
{
    world->calm = true;
    sim_trace_line(&world->trace, world->now, "-- calm: no more faults");
    sim_machine_heal(world);
    for (size_t i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->node[i];
        node->cut_up_until = node->cut_down_until = 0;
        node->clog_up_until = node->clog_down_until = 0;
        node->full_until = 0;
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
    sim_node_init(world, 0, 0, SIM_NOBODY);
    for (int i = 1; i < UNITS; i++)
        sim_node_init(world, i, (unsigned)i, i <= BLOC ? 0 : 1 + (i - BLOC - 1) % DISTRICTS);
    world->node[BLOC].bloc = true;
    world->node_count = world->drawn_count = UNITS;
}

/* Adds a unit below another, unless it or that one is left out of this run. */
static void add_unit(struct sim_world *world, unsigned number, const struct sim_node *parent)
{
    bool exists = number == 0 || (parent != NULL && world->node_count < SIM_NODES_MAX &&
                                  sim_fate_strikes_at(&world->fate, SIM_FATE_UNIT, number, 0, 10000));
    if (exists)
        sim_node_init(world, (int)world->node_count++, number, parent != NULL ? parent->index : SIM_NOBODY);
}

static void make_tree(struct sim_world *world)
{
    const struct sim_options *options = &world->options;
    unsigned level[SIM_NODES_MAX] = {0}, count = 1;
    add_unit(world, 0, NULL);
    while (count < options->nodes && count < SIM_NODES_MAX && options->levels > 1) {
        /* The first ones make the tree as deep as it shall be. */
        unsigned parent = count - 1;
        if (count >= options->levels)
            parent = (unsigned)sim_below(&world->choice, count);
        if (level[parent] + 1 >= options->levels)
            continue;
        add_unit(world, count, sim_node_by_number(world, parent));
        level[count++] = level[parent] + 1;
    }
    world->drawn_count = count;
}

struct sim_world *sim_world_new(const struct sim_options *options)
{
    struct sim_world *world = calloc(1, sizeof *world);
    if (world == NULL)
        return NULL;
    world->options = *options;
    world->next_conn = 2; /* 0 and 1 are the lines to the parent */
    sim_choice_start(&world->choice, options->seed);
    sim_fate_start(&world->fate, options->seed, options->only);
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
        dg_files_close(world->node[i].files);
    }
    for (size_t i = 0; i < world->queue_count; i++)
        free(world->queue[i].bytes);
    free(world->queue);
    for (size_t i = 0; i < world->caught_count; i++)
        free(world->caught[i].bytes);
    for (size_t i = 0; i < sizeof world->goods / sizeof world->goods[0]; i++)
        free(world->goods[i].bytes);
    sim_laws_free(world);
    sim_bulk_free(world);
    sim_fate_end(&world->fate);
    dg_buf_done(&world->said);
    dg_buf_done(&world->replied);
    dg_arena_done(&world->arena);
    dg_arena_done(&world->frame_arena);
    free(world);
}
