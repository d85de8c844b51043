/* life.c - a node as a process: it starts, takes turns, dies in the middle of one, and starts again. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/core/mutant.h"
#include "tests/sim/world.h"

/* ---- points where a process can die -------------------------------------------------------------- */

static bool scripted(struct sim_node *node, const char *where, const struct dg_frame *frame)
{
    const struct sim_script *script = &node->world->script;
    return script->here != NULL && !node->world->founding && script->here(node->world, node, where, frame);
}

static bool crash_here(void *ctx, const char *where)
{
    struct sim_node *node = ctx;
    struct sim_world *world = node->world;
    bool dies = scripted(node, where, NULL);
    if (!dies && !world->calm && !world->founding)
        dies = sim_fate_strikes(&world->fate, SIM_FATE_DIE_COMMIT, node->number, world->options.crash_commit);
    if (dies)
        sim_trace_line(&world->trace, world->now, "%s dies %s", node->unit, where);
    return dies;
}

/* Before and after a frame is handed over. */
static bool dies_sending(struct sim_node *node, const char *where, const struct dg_frame *frame)
{
    struct sim_world *world = node->world;
    node->dying = scripted(node, where, frame) || (!world->calm && !world->founding &&
                                                   sim_fate_strikes(&world->fate, SIM_FATE_DIE_SEND,
                                                                    node->number, world->options.crash_send));
    if (node->dying)
        sim_trace_line(&world->trace, world->now, "%s dies %s", node->unit, where);
    return node->dying;
}

/* ---- the voice ----------------------------------------------------------------------------------- */

static enum dg_said node_send(void *ctx, uint64_t conn, struct dg_bytes bytes)
{
    struct sim_node *node = ctx;
    struct sim_world *world = node->world;
    struct dg_frame frame;
    if (node->dying)
        return DG_SAID_GONE;
    dg_arena_reset(&world->frame_arena);
    if (dg_frame_decode(&world->frame_arena, bytes, &frame, NULL) != DG_OK) {
        sim_break(world, "I7", "%s sends a frame that does not decode", node->unit);
        return DG_SAID_GONE;
    }
    if (dies_sending(node, "before send", &frame))
        return DG_SAID_GONE;
    sim_laws_said(node, &frame, bytes.size);
    struct dg_buf altered;
    dg_buf_init(&altered, DG_FRAME_MAX);
    if (sim_bulk_meddle(node, &frame, &altered))
        bytes = dg_buf_bytes(&altered);
    enum dg_said said = sim_wire_send(node, conn, &frame, bytes);
    dg_buf_done(&altered);
    (void)dies_sending(node, "after send", &frame);
    return said;
}

static void node_reply(void *ctx, uint64_t client, struct dg_bytes reply)
{
    struct sim_node *node = ctx;
    if (node->dying)
        return;
    if (node->world->founding) {
        dg_buf_reset(&node->world->replied);
        dg_buf_add_bytes(&node->world->replied, reply);
    } else {
        sim_load_replied(node->world, node, client, reply);
    }
}

static void node_fact(void *ctx, const struct dg_fault *fault, const char *about)
{
    struct sim_node *node = ctx;
    struct sim_world *world = node->world;
    world->laws.refusals++;
    if (!node->dying)
        sim_trace_line(&world->trace, world->now, "%s notes %s: %s %s %s", node->unit, about,
                       dg_err_name(fault->err), fault->unit, fault->what);
}

static void node_uplink_reset(void *ctx)
{
    struct sim_node *node = ctx;
    if (node->dying)
        return;
    sim_trace_line(&node->world->trace, node->world->now, "%s opens its line anew", node->unit);
    sim_wire_break(node);
}

/* ---- forks of the core (node/core/mutant.h) ------------------------------------------------------ */

static struct sim_node *thinking; /* whose turn it is */

bool dg_maybe(const char *point)
{
    if (thinking == NULL || thinking->world->calm || thinking->world->founding)
        return false;
    struct sim_world *world = thinking->world;
    bool rare = sim_fate_strikes(&world->fate, SIM_FATE_MAYBE, thinking->number, world->options.maybe);
    if (rare)
        sim_trace_line(&world->trace, world->now, "%s goes the rarer way: %s", thinking->unit, point);
    return rare;
}

/* The line is there whenever the first one is; only its greeting is its own. */
static void node_bulk_line(void *ctx, bool open)
{
    struct sim_node *node = ctx;
    if (!node->dying)
        sim_trace_line(&node->world->trace, node->world->now, "%s %s its bulk line", node->unit,
                       open ? "opens" : "closes");
}

/* ---- life ---------------------------------------------------------------------------------------- */

void sim_node_init(struct sim_world *world, int index, unsigned number, int parent)
{
    static const char *const prefix[] = {"tinh", "huyen", "xa", "chi-bo"};
    struct sim_node *node = &world->node[index];
    node->world = world;
    node->number = number;
    node->index = index;
    node->parent = parent;
    node->level = parent == SIM_NOBODY ? 0 : world->node[parent].level + 1;
    assert(node->level < sizeof prefix / sizeof prefix[0]);
    (void)snprintf(node->unit, sizeof node->unit, "%s-%u", prefix[node->level], number);
    node->signer = (struct dg_signer){.ctx = &node->ring, .sign = sim_sign};
    node->sealer = (struct dg_sealer){.ctx = node, .seal = sim_seal, .open = sim_unseal};
    node->voice = (struct dg_voice){.ctx = node,
                                    .send = node_send,
                                    .reply = node_reply,
                                    .fact = node_fact,
                                    .uplink_reset = node_uplink_reset,
                                    .bulk_line = node_bulk_line};
    node->choice = sim_fate_stream(&world->fate, SIM_FATE_UNIT, number, 1);
    if (world->options.skew_max > 0)
        node->skew = sim_between(&node->choice, -world->options.skew_max, world->options.skew_max);
    node->store = dg_store_mem_new();
    node->files = dg_files_mem_new();
    assert(node->store != NULL && node->files != NULL);
}

void sim_node_random(void *ctx, void *ret, size_t size)
{
    struct sim_node *node = ctx;
    sim_fill(&node->world->choice, ret, size);
}

bool sim_node_start(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct dg_node_env env = {.signer = &node->signer,
                              .random = sim_node_random,
                              .random_ctx = node,
                              .curve_of = dg_curve_key_of,
                              .sealer = &node->sealer,
                              .files = node->files,
                              .tip = node->tip,
                              .now = sim_clock(node)};
    struct dg_fault fault;
    (void)dg_fault(&fault, DG_OK);
    dg_store_mem_fail_commit(node->store, 0, DG_OK);
    dg_store_mem_fail_put(node->store, 0, DG_OK);
    dg_store_mem_fail_late(node->store, DG_OK);
    if (dg_node_open(node->store, &env, &node->node, &fault) != DG_OK ||
        dg_turn_init(&node->turn, node->store, node->node, &node->voice, sim_judge, NULL) != DG_OK)
        return false;
    node->turn.crash = crash_here;
    node->turn.crash_ctx = node;
    node->dying = false;
    node->boots++;
    node->turn_at = 0;
    node->ticked_at = 0;
    /* Its sockets are new, so every line of it is. */
    node->conn = world->next_conn++;
    for (size_t i = 0; i < world->node_count; i++)
        if (world->node[i].parent == node->index)
            world->node[i].conn = world->next_conn++;
    sim_trace_line(&world->trace, world->now, "%s starts, boot %u", node->unit, node->boots);
    sim_node_wake(node, world->now);
    return true;
}

static void empty_inbox(struct sim_node *node)
{
    for (size_t i = 0; i < node->inbox_count; i++)
        free((void *)(uintptr_t)node->inbox[i].bytes.data);
    node->inbox_count = 0;
}

void sim_node_stop(struct sim_node *node)
{
    empty_inbox(node);
    if (node->node == NULL)
        return;
    dg_turn_done(&node->turn);
    dg_node_close(node->node);
    node->node = NULL;
}

void sim_node_die(struct sim_node *node, const char *why)
{
    struct sim_world *world = node->world;
    sim_trace_line(&world->trace, world->now, "%s is dead: %s", node->unit, why);
    world->crashes++;
    sim_node_stop(node);
    dg_store_mem_crash(node->store);
    dg_files_mem_crash(node->files);
    sim_wire_orphan(node);
    if (world->calm)
        sim_break(world, "L3", "%s died without a fault: %s", node->unit, why);
    dg_ms pause = sim_between(&world->choice, 50, 8000);
    sim_plan(world,
             &(struct sim_happening){.at = world->now + pause, .kind = SIM_START, .node = node->index});
}

/* ---- turns --------------------------------------------------------------------------------------- */

void sim_node_wake(struct sim_node *node, dg_ms at)
{
    if (node->turn_at != 0 && node->turn_at <= at)
        return;
    node->turn_at = at;
    sim_plan(node->world, &(struct sim_happening){.at = at, .kind = SIM_TURN, .node = node->index});
}

void sim_node_hear(struct sim_node *node, const struct dg_event *event)
{
    struct sim_world *world = node->world;
    if (node->node == NULL)
        return;
    if (node->inbox_count == SIM_INBOX_MAX - 1) {
        sim_trace_line(&world->trace, world->now, "%s has a full inbox", node->unit);
        return;
    }
    struct dg_event *kept = &node->inbox[node->inbox_count++];
    *kept = *event;
    if (event->bytes.size > 0) {
        uint8_t *copy = malloc(event->bytes.size);
        assert(copy != NULL);
        memcpy(copy, event->bytes.data, event->bytes.size);
        kept->bytes = dg_bytes_at(copy, event->bytes.size);
    } else {
        kept->bytes = dg_bytes_at(NULL, 0);
    }
    sim_node_wake(node, world->now + sim_between(&world->choice, 0, 5));
}

/* Stories ask what a batch holds when a process is about to die. */
static void look_into(struct sim_node *node, const struct dg_event events[], size_t count)
{
    node->speaking_of_push = node->speaking_of_parcel = node->speaking_of_receipt = false;
    node->speaking_of_pass = node->speaking_of_state = false;
    for (size_t i = 0; i < count; i++) {
        struct dg_frame frame;
        node->speaking_of_push = node->speaking_of_push || events[i].kind == DG_EVENT_CTL;
        dg_arena_reset(&node->world->frame_arena);
        if (events[i].kind != DG_EVENT_MESSAGE ||
            dg_frame_decode(&node->world->frame_arena, events[i].bytes, &frame, NULL) != DG_OK)
            continue;
        node->speaking_of_parcel = node->speaking_of_parcel || frame.parcel_count > 0;
        for (size_t k = 0; k < frame.record_count; k++) {
            node->speaking_of_receipt =
                node->speaking_of_receipt || frame.record[k].kind == DG_RECORD_RECEIPT;
            node->speaking_of_pass = node->speaking_of_pass || frame.record[k].kind == DG_RECORD_PASS;
            node->speaking_of_state = node->speaking_of_state || frame.record[k].kind == DG_RECORD_STATE;
        }
    }
}

static size_t take_batch(struct sim_node *node, struct dg_event batch[SIM_BATCH_MAX + 1])
{
    size_t count = node->inbox_count;
    if (count > SIM_BATCH_MAX)
        count = SIM_BATCH_MAX;
    if (count > 1)
        count = 1 + (size_t)sim_below(&node->world->choice, count);
    memcpy(batch, node->inbox, count * sizeof batch[0]);
    node->inbox_count -= count;
    memmove(node->inbox, node->inbox + count, node->inbox_count * sizeof node->inbox[0]);
    return count;
}

static void turn_ended(struct sim_node *node, enum dg_err err, bool changed)
{
    struct sim_world *world = node->world;
    if (node->dying) /* whatever else came of the rest of the batch */
        sim_node_die(node, "while it spoke");
    else if (err == DG_ERR_CANCELLED)
        sim_node_die(node, "power cut");
    else if (dg_err_group(err) == DG_GROUP_STORE && err != DG_OK)
        sim_node_die(node, dg_err_name(err));
    else if (err == DG_ERR_STORE_FULL)
        sim_trace_line(&world->trace, world->now, "%s has a full disk", node->unit);
    else if (err == DG_ERR_NO_MEMORY && !world->calm)
        sim_trace_line(&world->trace, world->now, "%s has no memory", node->unit);
    else if (err != DG_OK)
        sim_break(world, "L3", "a turn of %s ends with %s", node->unit, dg_err_name(err));
    if (changed && !world->laws.broken)
        sim_laws_turn(node);
}

/* How long the process really sleeps when it means to sleep for so long. */
static dg_ms slept(struct sim_node *node, dg_ms due)
{
    struct sim_world *world = node->world;
    if (due < world->options.nap_ms)
        return world->options.nap_ms;
    if (world->calm)
        return due;
    if (sim_fate_strikes(&world->fate, SIM_FATE_LATE, node->number, world->options.late))
        return due + sim_between(&world->fate.detail, 1, 90000);
    if (sim_fate_strikes(&world->fate, SIM_FATE_EARLY, node->number, world->options.early))
        return 1;
    return due;
}

void sim_node_turn(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct dg_event batch[SIM_BATCH_MAX + 1];
    size_t count = take_batch(node, batch), heard = count;
    node->turn_at = 0;
    if (heard == 0 || world->now - node->ticked_at >= 250) {
        batch[count++] = (struct dg_event){.kind = DG_EVENT_TICK};
        node->ticked_at = world->now;
    }
    sim_machine_sicken(node);
    sim_bulk_sicken(node);
    if (world->script.here != NULL)
        look_into(node, batch, heard);
    if (scripted(node, "heard", NULL)) {
        for (size_t i = 0; i < heard; i++)
            free((void *)(uintptr_t)batch[i].bytes.data);
        sim_node_die(node, "before it could think");
        return;
    }
    world->turns++;
    thinking = node;
    enum dg_err err = dg_turn_run(&node->turn, batch, count, sim_clock(node));
    thinking = NULL;
    for (size_t i = 0; i < heard; i++)
        free((void *)(uintptr_t)batch[i].bytes.data);
    turn_ended(node, err, heard > 0 || world->options.duties > 0); /* a tick may remind somebody */
    if (node->node == NULL || world->founding)
        return;
    long due = node->inbox_count > 0 ? 1 : dg_node_due_in_ms(node->node, sim_clock(node));
    sim_node_wake(node, world->now + slept(node, due > 0 ? due : 1));
}
