/* weather.c - what befalls a machine: clocks that jump or stand still, disks that are full, sick or rotten,
 * and memory that runs out.
 */
#include "tests/sim/world.h"

/* ---- clocks -------------------------------------------------------------------------------------- */

/* A clock is never further from the others than the house allows two members' clocks to be. */
static void step_clock(struct sim_node *node)
{
    struct sim_world *world = node->world;
    dg_ms most = world->options.step_max;
    dg_ms skew = node->skew + sim_between(&world->fate.detail, -most, most);
    node->skew = skew > most ? most : skew < -most ? -most : skew;
    sim_trace_line(&world->trace, world->now, "the clock of %s is set to %+.0f s", node->unit,
                   (double)node->skew / 1000.0);
}

static void stop_clock(struct sim_node *node)
{
    struct sim_world *world = node->world;
    node->stopped_at = sim_clock(node);
    node->stopped_until = world->now + sim_between(&world->fate.detail, 1000, 60000);
    sim_trace_line(&world->trace, world->now, "the clock of %s stands still for %.0f s", node->unit,
                   (double)(node->stopped_until - world->now) / 1000.0);
}

/* ---- disks --------------------------------------------------------------------------------------- */

static void rot(struct sim_node *node)
{
    struct sim_world *world = node->world;
    const char *table = dg_store_mem_rot(node->store, sim_draw(&world->fate.detail));
    if (table != NULL)
        sim_trace_line(&world->trace, world->now, "a byte of %s's %s is altered on the disk", node->unit,
                       table);
}

static void fail_some_put(struct sim_node *node, enum dg_err err)
{
    unsigned n = (unsigned)sim_between(&node->world->fate.detail, 1, 60);
    dg_store_mem_fail_put(node->store, n, err);
    node->puts_fail = true;
}

void sim_machine_sicken(struct sim_node *node)
{
    struct sim_world *world = node->world;
    const struct sim_options *options = &world->options;
    struct sim_fate *fate = &world->fate;
    if (node->puts_fail) /* that was for the turn before; a story's own failure stays */
        dg_store_mem_fail_put(node->store, 0, DG_OK);
    node->puts_fail = false;
    if (world->founding || world->calm)
        return;
    if (sim_fate_strikes(fate, SIM_FATE_DISK_FULL, node->number, options->disk_full))
        dg_store_mem_fail_commit(node->store, 1, DG_ERR_STORE_FULL);
    else if (sim_fate_strikes(fate, SIM_FATE_DISK_IO, node->number, options->disk_fails))
        dg_store_mem_fail_commit(node->store, 1, DG_ERR_STORE_IO);
    else if (sim_fate_strikes(fate, SIM_FATE_DISK_LATE, node->number, options->disk_late))
        dg_store_mem_fail_late(node->store, DG_ERR_STORE_IO);
    if (sim_fate_strikes(fate, SIM_FATE_PUT_FULL, node->number, options->put_full))
        fail_some_put(node, DG_ERR_STORE_FULL);
    else if (sim_fate_strikes(fate, SIM_FATE_MEMORY, node->number, options->memory))
        fail_some_put(node, DG_ERR_NO_MEMORY);
}

/* ---- together ------------------------------------------------------------------------------------ */

void sim_machine_weather(struct sim_world *world)
{
    const struct sim_options *options = &world->options;
    struct sim_fate *fate = &world->fate;
    uint32_t second = (uint32_t)(world->now / 1000);
    for (size_t i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->node[i];
        if (sim_fate_strikes_at(fate, SIM_FATE_STEP, node->number, second, options->step))
            step_clock(node);
        if (sim_fate_strikes_at(fate, SIM_FATE_STOP, node->number, second, options->stop))
            stop_clock(node);
        if (sim_fate_strikes_at(fate, SIM_FATE_ROT, node->number, second, options->rot))
            rot(node);
    }
}

void sim_machine_heal(struct sim_world *world)
{
    for (size_t i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->node[i];
        node->stopped_until = 0;
        dg_store_mem_fail_commit(node->store, 0, DG_OK);
        dg_store_mem_fail_put(node->store, 0, DG_OK);
        if (dg_store_mem_heal(node->store))
            sim_trace_line(&world->trace, world->now, "the disk of %s is made good", node->unit);
    }
}
