/* run.c - the swarm: every seed has its own kinds of faults. */
#include "tests/sim/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Half of the kinds of faults are off in a run, so that each is also seen alone and at a high rate. */
static unsigned maybe(struct sim_choice *choice, unsigned most)
{
    return sim_chance(choice, 5000) ? (unsigned)sim_between(choice, most / 20 + 1, most) : 0;
}

void sim_options_draw(uint64_t seed, struct sim_options *ret)
{
    struct sim_choice choice;
    sim_choice_start(&choice, ~seed);
    bool big = sim_chance(&choice, 800);
    *ret = (struct sim_options){
        .seed = seed,
        .levels = (unsigned)sim_between(&choice, 1, 4),
        .nodes = (unsigned)sim_between(&choice, big ? 11 : 2, big ? 30 : 8),
        .pushes = (unsigned)sim_between(&choice, 3, 40),
        .marks = (unsigned)sim_between(&choice, 0, 25),
        .passes = (unsigned)sim_between(&choice, 0, 25),
        .accords = (unsigned)sim_between(&choice, 0, 40),
        .load_ms = sim_between(&choice, 2000, 60000),
        .loss = maybe(&choice, 3000),
        .duplicate = maybe(&choice, 3000),
        .reorder = maybe(&choice, 5000),
        .delay_max = sim_between(&choice, 2, sim_chance(&choice, 2000) ? 5000 : 200),
        .cut = maybe(&choice, 600),
        .clog = maybe(&choice, 400),
        .break_line = maybe(&choice, 600),
        .crash_commit = maybe(&choice, 300),
        .crash_send = maybe(&choice, 300),
        .disk_full = maybe(&choice, 600),
        .disk_fails = maybe(&choice, 150),
        .villain = maybe(&choice, 10000),
        .skew_max = sim_chance(&choice, 5000) ? sim_between(&choice, 1, 3600000) : 0,
        .second_regime = sim_chance(&choice, 3000),
        .settle_ms = 30 * 60000,
    };
    ret->adopts = sim_chance(&choice, 4000) ? (unsigned)sim_between(&choice, 1, 6) : 0;
    ret->duties = sim_chance(&choice, 5000) ? (unsigned)sim_between(&choice, 5, 30) : 0;
    ret->fetches = sim_chance(&choice, 5000) ? (unsigned)sim_between(&choice, 5, 30) : 0;
    if (ret->levels == 1)
        ret->nodes = 1;
    if (ret->levels > ret->nodes)
        ret->levels = ret->nodes;
}

void sim_result_fill(const struct sim_world *world, struct sim_result *ret)
{
    *ret = (struct sim_result){
        .ok = !world->laws.broken,
        .hash = world->trace.hash,
        .nodes = (unsigned)world->node_count,
        .lasted = world->now,
        .turns = world->turns,
        .packets = world->packets,
        .pushes = world->push_count,
        .crashes = world->crashes,
        .villainies = world->villainies,
    };
    memcpy(ret->law, world->laws.law, sizeof ret->law);
    memcpy(ret->what, world->laws.what, sizeof ret->what);
}

void sim_run(const struct sim_options *options, bool trace, bool tail, struct sim_result *ret)
{
    struct sim_world *world = sim_world_new(options);
    if (world == NULL) {
        *ret = (struct sim_result){.law = "memory"};
        return;
    }
    world->trace.print = trace;
    sim_load_plan(world);
    sim_world_run(world, world->now + options->load_ms + 5000);
    if (!world->laws.broken)
        sim_world_calm(world);
    sim_world_settle(world);
    sim_result_fill(world, ret);
    if (world->laws.broken && tail && !trace)
        sim_trace_tail(&world->trace);
    sim_world_free(world);
}
