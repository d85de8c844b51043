/* story_restore.c - a node loses what it has done since a snapshot, and is what it was in the end.
 *
 * The commune reports, the district and the province mark; one of the three is stopped and starts again from
 * an older copy of its store, with its tip file. All laws must hold in the end as if nothing had been, and
 * while it is RESTORED it must say nothing that it had not said before. The planted bugs must each break a
 * law.
 */
#include <stdio.h>
#include <string.h>

#include "node/core/restored.h"
#include "node/core/rows.h"
#include "tests/sim/mutants.h"
#include "tests/sim/stories.h"
#include "tests/sim/world.h"

enum { PROVINCE, DISTRICT, COMMUNE, PLACES };

/* ---- I5 ------------------------------------------------------------------------------------------ */

void sim_laws_restored(struct sim_node *node, struct dg_txn *txn)
{
    struct sim_memory *memory = &node->world->laws.memory[node->index];
    uint64_t size = dg_meta_u64(txn, "log-size");
    if (size > memory->leaf_count)
        sim_break(node->world, "I5", "%s logs while it is RESTORED", node->unit);
    for (uint64_t i = size > 8 ? size - 8 : 0; i < size && !node->world->laws.broken; i++) {
        struct dg_bytes text;
        struct dg_hash hash;
        if (dg_leaf_get(txn, i, &text))
            hash = sim_rfc6962_leaf(text);
        if (txn->err != DG_OK || !dg_hash_equal(&hash, &memory->leaf[i]))
            sim_break(node->world, "I5", "%s has another leaf %llu than before", node->unit,
                      (unsigned long long)i);
    }
    for (size_t i = 0; i < memory->promise_count && !node->world->laws.broken; i++) {
        const struct sim_promise *made = &memory->promise[i];
        const struct dg_hash *was = made->checkpoint ? memory->root : memory->leaf;
        if (made->index > memory->leaf_count || !dg_hash_equal(&was[made->index], &made->hash))
            sim_break(node->world, "I5", "%s says in RESTORED what it had not said before", node->unit);
    }
    memory->promise_count = 0;
    memory->waiting_count = 0;
    memory->mail_rows = dg_store_mem_rows(node->store, DG_TABLE_MAIL);
}

/* ---- the copy ------------------------------------------------------------------------------------ */

static struct dg_store *copy_of(struct dg_store *store)
{
    struct dg_store *copy = dg_store_mem_new();
    struct dg_txn *from, *to;
    struct dg_committed committed;
    if (copy == NULL || dg_begin_read(store, &from) != DG_OK)
        return copy;
    if (dg_begin_write(copy, &to) == DG_OK) {
        for (int table = 0; table < DG_TABLE_COUNT; table++) {
            struct dg_cursor cursor;
            dg_cursor_open(&cursor, from, (enum dg_table)table);
            for (bool more = dg_cursor_seek(&cursor, dg_bytes_at("", 0)); more;
                 more = dg_cursor_next(&cursor))
                dg_put(to, (enum dg_table)table, cursor.key, cursor.value);
            dg_cursor_close(&cursor);
        }
        (void)!dg_commit(copy, to, &committed);
    }
    dg_abort(store, from);
    return copy;
}

static void read_tip(struct sim_node *node, char ret[DG_CHECKPOINT_MAX + 1])
{
    struct dg_txn *txn;
    ret[0] = '\0';
    if (dg_begin_read(node->store, &txn) != DG_OK)
        return;
    struct dg_bytes tip = dg_tip_text(txn);
    memcpy(ret, tip.data, tip.size);
    ret[tip.size] = '\0';
    dg_abort(node->store, txn);
}

/* It starts from the copy; what it had on the wire is lost. Takes the copy. */
static void put_back(struct sim_node *node, struct dg_store *copy, const char *tip)
{
    sim_node_stop(node);
    sim_wire_orphan(node);
    dg_store_close(node->store);
    node->store = copy;
    node->tip = tip;
    if (!sim_node_start(node))
        sim_break(node->world, "L3", "%s does not start from a copy", node->unit);
    node->tip = NULL;
}

/* ---- the telling --------------------------------------------------------------------------------- */

static struct sim_world *three_levels(bool trace)
{
    struct sim_options options = {
        .seed = 11, .nodes = 3, .levels = 3, .delay_max = 20, .settle_ms = 20 * 60000};
    struct sim_world *world = sim_world_new(&options);
    if (world != NULL) {
        world->calm = false;
        world->trace.print = trace;
        sim_world_run(world, world->now + 10000);
    }
    return world;
}

static void some_traffic(struct sim_world *world)
{
    sim_load_push_as(world, &world->node[COMMUNE], "cap-uy", "periodic", "2026-10", "van-phong@tinh-0");
    sim_world_run(world, world->now + 8000);
    sim_load_push_as(world, &world->node[DISTRICT], "cap-uy", "periodic", "2026-10", "van-phong@tinh-0");
    sim_world_run(world, world->now + 8000);
    for (int i = 0; i < 6; i++) {
        sim_load_mark(world, &world->node[i % PLACES]);
        sim_world_run(world, world->now + 2000);
    }
}

static size_t mail_rows(struct sim_world *world)
{
    size_t rows = 0;
    for (size_t i = 0; i < world->node_count; i++)
        rows += dg_store_mem_rows(world->node[i].store, DG_TABLE_MAIL);
    return rows;
}

static bool is_restored(struct sim_node *node)
{
    struct dg_txn *txn;
    if (dg_begin_read(node->store, &txn) != DG_OK)
        return true;
    bool is = dg_is_restored(txn);
    dg_abort(node->store, txn);
    return is;
}

/* cut: the child that could know more is away at first, and nothing may go on before it is back. */
static bool tell(int who, bool cut, bool trace, bool loud)
{
    char tip[DG_CHECKPOINT_MAX + 1];
    struct sim_world *world = three_levels(trace);
    if (world == NULL)
        return false;
    struct sim_node *node = &world->node[who];
    some_traffic(world);
    struct dg_store *copy = copy_of(node->store);
    some_traffic(world);
    sim_world_run(world, world->now + 20000);
    size_t rows = mail_rows(world);
    read_tip(node, tip);
    if (cut)
        world->node[COMMUNE].cut_up_until = world->node[COMMUNE].cut_down_until = world->now + 70000;
    put_back(node, copy, tip);
    if (cut) { /* a clerk tries all the same */
        sim_world_run(world, world->now + 3000);
        sim_load_push_as(world, node, "cap-uy", "periodic", "2026-10", "van-phong@tinh-0");
    }
    sim_world_run(world, world->now + 60000);
    if (cut && !is_restored(node))
        sim_break(world, "story", "it went on before its child had answered");
    if (!world->laws.broken)
        sim_world_calm(world);
    sim_world_settle(world);
    if (is_restored(node))
        sim_break(world, "story", "it is still RESTORED");
    if (mail_rows(world) != rows)
        sim_break(world, "story", "there were %zu rows of mail, and now %zu", rows, mail_rows(world));
    if (!world->laws.broken)
        some_traffic(world);
    sim_world_settle(world);
    bool ok = !world->laws.broken;
    if (!ok && loud) {
        printf("restore of %s: %s: %s\n", node->unit, world->laws.law, world->laws.what);
        sim_trace_tail(&world->trace);
    }
    sim_world_free(world);
    return ok;
}

static bool tell_all(bool trace, bool loud)
{
    bool ok = true;
    for (int who = 0; who < PLACES && ok; who++)
        ok = tell(who, false, trace, loud);
    return ok && tell(DISTRICT, true, trace, loud);
}

bool sim_story_restore(bool trace)
{
    bool ok = tell_all(trace, true);
    printf("%-14s %-45s %s\n", "restore", "an older copy of a store, in each place", ok ? "holds" : "FAILED");
    for (size_t i = 0; i < sim_restore_mutant_count; i++) {
        (void)sim_mutant_plant(sim_restore_mutants[i].name);
        bool caught = !tell_all(false, false);
        (void)sim_mutant_plant(NULL);
        printf("%-14s %-45s %s\n", sim_restore_mutants[i].name, sim_restore_mutants[i].what,
               caught ? "caught" : "MISSED");
        ok = ok && caught;
    }
    return ok;
}
