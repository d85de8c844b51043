/* story_sign.c - somebody signs a joint report, or takes it back, and the node dies or its disk is full then.
 *
 * The committee of a commune has pushed; the Front answers. Whatever happens, the draft waits, is issued or
 * is void, and the Front that looks and tries again gets what it wanted.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/stories.h"
#include "tests/sim/world.h"

enum { COMMUNE = 2, PUTS_MAX = 64 };

struct death {
    const char *where; /* NULL: nobody dies */
    bool done;
};

static bool dies_once(struct sim_world *world, struct sim_node *node, const char *where,
                      const struct dg_frame *frame)
{
    struct death *death = world->script.ctx;
    (void)frame;
    if (death->done || death->where == NULL || node->index != COMMUNE || strcmp(where, death->where) != 0 ||
        !node->speaking_of_push)
        return false;
    death->done = true;
    return true;
}

static struct sim_world *with_draft(bool trace)
{
    struct sim_options options = {
        .seed = 7, .nodes = 3, .levels = 3, .delay_max = 20, .settle_ms = 10 * 60000};
    struct sim_world *world = sim_world_new(&options);
    if (world == NULL)
        return NULL;
    world->trace.print = trace;
    sim_world_run(world, world->now + 10000);
    sim_load_push_as(world, &world->node[COMMUNE], "cap-uy", "joint", "2025", "van-phong@tinh-0");
    sim_world_run(world, world->now + 5000);
    if (!world->push[0].accepted)
        sim_break(world, "story", "the draft was not kept");
    return world;
}

/* The Front looks whether it has been done, and tries again if not. */
static void try_again(struct sim_world *world, bool withdraw)
{
    const struct sim_push *push = &world->push[0];
    if (withdraw ? !push->voided : !push->issued)
        sim_accord_sign(world, 0, withdraw);
    sim_world_run(world, world->now + 30000);
    if (withdraw ? !push->voided : !push->issued)
        sim_break(world, "story", "the second attempt failed");
    size_t sent = dg_store_mem_rows(world->node[COMMUNE].store, DG_TABLE_SENT);
    size_t drafts = dg_store_mem_rows(world->node[COMMUNE].store, DG_TABLE_DRAFT);
    if (sent != (withdraw ? 0u : 2u) || drafts != (withdraw ? 1u : 0u))
        sim_break(world, "story", "%zu sent, %zu drafts", sent, drafts);
}

/* Ends the story; true when all laws held. */
static bool end(struct sim_world *world, const char *what, const char *where, unsigned put)
{
    if (!world->laws.broken)
        sim_world_calm(world);
    sim_world_settle(world);
    bool ok = !world->laws.broken;
    if (!ok)
        printf("%s, %s %u: %s: %s\n", what, where, put, world->laws.law, world->laws.what);
    sim_world_free(world);
    return ok;
}

static bool tell_death(bool withdraw, const char *where, bool trace)
{
    struct death death = {.where = where};
    struct sim_world *world = with_draft(trace);
    if (world == NULL)
        return false;
    world->script = (struct sim_script){.here = dies_once, .ctx = &death};
    sim_accord_sign(world, 0, withdraw);
    sim_world_run(world, world->now + 30000);
    /* A withdrawal sends nothing, so there is no frame to die at. */
    if (!death.done && !(withdraw && strstr(where, "send") != NULL))
        sim_break(world, "story", "the point never came");
    try_again(world, withdraw);
    return end(world, withdraw ? "withdraw" : "sign", where, 0);
}

/* Whichever write the disk refuses, all of the turn is refused. */
static bool tell_puts(bool withdraw, bool trace)
{
    unsigned put = 1;
    for (bool refused = true; refused && put < PUTS_MAX; put++) {
        struct sim_world *world = with_draft(trace);
        if (world == NULL)
            return false;
        const struct sim_push *push = &world->push[0];
        struct sim_node *commune = &world->node[COMMUNE];
        sim_accord_sign(world, 0, withdraw);
        dg_store_mem_fail_put(commune->store, put, DG_ERR_STORE_FULL);
        sim_world_run(world, world->now + 1000);
        refused = withdraw ? !push->voided : !push->issued;
        if (refused && dg_store_mem_rows(commune->store, DG_TABLE_SENT) != 0)
            sim_break(world, "story", "refused, and yet issued");
        dg_store_mem_fail_put(commune->store, 0, DG_OK);
        try_again(world, withdraw);
        if (!end(world, withdraw ? "withdraw" : "sign", "put", put))
            return false;
    }
    return put > 3 && put < PUTS_MAX;
}

bool sim_story_signing(bool trace)
{
    static const char *const where[] = {"heard", "before commit", "after commit", "before send",
                                        "after send"};
    bool ok = true;
    for (int withdraw = 0; withdraw < 2; withdraw++) {
        for (size_t i = 0; i < sizeof where / sizeof where[0]; i++)
            ok = tell_death(withdraw == 1, where[i], trace) && ok;
        ok = tell_puts(withdraw == 1, trace) && ok;
    }
    printf("%-14s %-45s %s\n", "signing", "a joint report, dying at every point", ok ? "holds" : "FAILED");
    return ok;
}
