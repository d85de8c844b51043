/* run.c - the swarm: every seed has its own kinds of faults. */
#include "tests/sim/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two members' clocks may differ by a day on what is valid (DG_CLOCK_SKEW_MS); each may be off by half. */
enum { STEP_MOST_MS = 11 * 3600000 };

/* Half of the kinds of faults are off in a run, so that each is also seen alone and at a high rate. */
static unsigned maybe(struct sim_choice *choice, unsigned most)
{
    return sim_chance(choice, 5000) ? (unsigned)sim_between(choice, most / 20 + 1, most) : 0;
}

/* Trees of a few units are quick; now and then there is a large one, which has less to do. */
static void draw_tree(struct sim_choice *choice, struct sim_options *ret)
{
    bool huge = sim_chance(choice, 40), big = sim_chance(choice, 800);
    ret->levels = (unsigned)sim_between(choice, huge ? 3 : 1, 4);
    ret->nodes = (unsigned)sim_between(choice, huge ? 60 : big ? 11 : 2, huge ? 220 : big ? 30 : 8);
    if (ret->levels == 1)
        ret->nodes = 1;
    if (ret->levels > ret->nodes)
        ret->levels = ret->nodes;
}

static void draw_load(struct sim_choice *choice, struct sim_options *ret)
{
    ret->pushes = (unsigned)sim_between(choice, 3, 40);
    ret->marks = (unsigned)sim_between(choice, 0, 25);
    ret->passes = (unsigned)sim_between(choice, 0, 25);
    ret->accords = (unsigned)sim_between(choice, 0, 40);
    ret->load_ms = sim_between(choice, 2000, 60000);
    ret->adopts = sim_chance(choice, 4000) ? (unsigned)sim_between(choice, 1, 6) : 0;
    ret->duties = sim_chance(choice, 5000) ? (unsigned)sim_between(choice, 5, 30) : 0;
    ret->fetches = sim_chance(choice, 7000) ? (unsigned)sim_between(choice, 20, 50) : 0;
    ret->second_regime = sim_chance(choice, 3000);
}

static void draw_links(struct sim_choice *choice, struct sim_options *ret)
{
    ret->loss = maybe(choice, 3000);
    ret->duplicate = maybe(choice, 3000);
    ret->reorder = maybe(choice, 5000);
    ret->flip = maybe(choice, 500);
    ret->delay_max = sim_between(choice, 2, sim_chance(choice, 2000) ? 5000 : 200);
    ret->cut = maybe(choice, 600);
    ret->full = maybe(choice, 400);
    ret->clog = maybe(choice, 400);
    ret->break_line = maybe(choice, 600);
    ret->swizzle = maybe(choice, 500);
    ret->villain = maybe(choice, 10000);
}

static void draw_machines(struct sim_choice *choice, struct sim_options *ret)
{
    ret->crash_commit = maybe(choice, 300);
    ret->crash_send = maybe(choice, 300);
    ret->disk_full = maybe(choice, 600);
    ret->put_full = maybe(choice, 600);
    ret->disk_fails = maybe(choice, 150);
    ret->disk_late = maybe(choice, 150);
    ret->memory = maybe(choice, 600);
    ret->rot = maybe(choice, 150);
    ret->late = maybe(choice, 300);
    ret->early = maybe(choice, 3000);
    ret->maybe = maybe(choice, 1500);
    ret->skew_max = sim_chance(choice, 5000) ? sim_between(choice, 1, 3600000) : 0;
    /* Calendars and reminders count days, so that a whole day of difference would be one of opinion too. */
    bool steps = ret->duties == 0;
    ret->step = steps ? maybe(choice, 300) : 0;
    ret->stop = steps ? maybe(choice, 300) : 0;
    ret->step_max = ret->step > 0 ? sim_between(choice, 1000, STEP_MOST_MS) : 0;
}

void sim_options_draw(uint64_t seed, struct sim_options *ret)
{
    struct sim_choice choice;
    sim_choice_start(&choice, ~seed);
    *ret = (struct sim_options){.seed = seed, .settle_ms = 30 * 60000};
    draw_tree(&choice, ret);
    draw_load(&choice, ret);
    draw_links(&choice, ret);
    draw_machines(&choice, ret);
    ret->sticks = sim_chance(&choice, 3000) ? (unsigned)sim_between(&choice, 3, 30) : 0;
    ret->attaches = sim_chance(&choice, 4000) ? (unsigned)sim_between(&choice, 1, 8) : 0;
    if (ret->nodes > 30) {
        ret->passes = ret->adopts = ret->duties = ret->fetches = ret->attaches = 0;
        ret->load_ms = 20000;
    }
}

void sim_options_print(const struct sim_options *options)
{
    const struct {
        const char *name;
        int64_t value;
    } item[] = {
#define SHOW(field) {#field, (int64_t)options->field}
        SHOW(nodes),    SHOW(levels),        SHOW(pushes),       SHOW(marks),      SHOW(passes),
        SHOW(adopts),   SHOW(duties),        SHOW(fetches),      SHOW(accords),    SHOW(load_ms),
        SHOW(loss),     SHOW(duplicate),     SHOW(reorder),      SHOW(flip),       SHOW(delay_max),
        SHOW(cut),      SHOW(full),          SHOW(clog),         SHOW(break_line), SHOW(swizzle),
        SHOW(villain),  SHOW(skew_max),      SHOW(crash_commit), SHOW(crash_send), SHOW(disk_full),
        SHOW(put_full), SHOW(disk_fails),    SHOW(disk_late),    SHOW(memory),     SHOW(rot),
        SHOW(step),     SHOW(step_max),      SHOW(stop),         SHOW(late),       SHOW(early),
        SHOW(maybe),    SHOW(second_regime), SHOW(sticks),   SHOW(attaches),
#undef SHOW
    };
    printf("options of seed %llu:", (unsigned long long)options->seed);
    for (size_t i = 0; i < sizeof item / sizeof item[0]; i++)
        if (item[i].value != 0)
            printf(" %s=%lld", item[i].name, (long long)item[i].value);
    printf("\n");
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

/* What has struck, as the caller's own list. */
static void hand_over(struct sim_world *world, struct sim_fates *ret)
{
    if (ret == NULL)
        return;
    sim_fates_done(ret);
    *ret = world->fate.struck;
    world->fate.struck = (struct sim_fates){.count = 0};
}

void sim_run(const struct sim_options *options, bool trace, bool tail, struct sim_result *ret)
{
    sim_run_struck(options, trace, tail, ret, NULL);
}

void sim_run_struck(const struct sim_options *options, bool trace, bool tail, struct sim_result *ret,
                    struct sim_fates *struck)
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
    hand_over(world, struck);
    sim_world_free(world);
}
