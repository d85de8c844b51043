/* carry.c - sticks: somebody copies what waits for a neighbour, walks there in his own time, and may lose
 * some of it, bend some of it, or hand it in twice.
 *
 * A link of another kind, with no faults of its own that the laws would forgive: a report is still once in
 * every mailbox, and leaves an outbox by a receipt alone.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/core/carry.h"
#include "node/core/mutant.h"
#include "node/core/rows.h"
#include "tests/sim/world.h"

enum { WALK_MOST_MS = 20000, LOST = 1000, BENT = 500, TWICE = 2500 };

/* ---- the seal: the key in front, for whom alone it opens ------------------------------------------- */

enum dg_err sim_seal(void *ctx, const struct dg_curve_key *key, struct dg_bytes bytes, struct dg_buf *out)
{
    (void)ctx;
    dg_buf_add(out, key->b, sizeof key->b);
    dg_buf_add_bytes(out, bytes);
    return out->err;
}

enum dg_err sim_unseal(void *ctx, struct dg_bytes bytes, struct dg_buf *out)
{
    const struct sim_node *node = ctx;
    size_t lead = sizeof node->transport.b;
    if (bytes.size < lead || memcmp(bytes.data, node->transport.b, lead) != 0)
        return DG_ERR_MALFORMED;
    dg_buf_add(out, bytes.data + lead, bytes.size - lead);
    return out->err;
}

/* ---- leaving ------------------------------------------------------------------------------------ */

static struct sim_node *some_neighbour(struct sim_world *world, struct sim_node *node)
{
    struct sim_node *found = node->parent == SIM_NOBODY ? NULL : &world->node[node->parent];
    size_t first = (size_t)sim_below(&world->choice, world->node_count);
    bool down = found == NULL || sim_chance(&world->choice, 5000);
    for (size_t i = 0; down && i < world->node_count; i++) {
        struct sim_node *other = &world->node[(first + i) % world->node_count];
        if (other->parent == node->index)
            return other;
    }
    return found;
}

static void send_file(struct sim_world *world, struct sim_node *to, struct dg_bytes file)
{
    unsigned times = sim_chance(&world->choice, TWICE) ? 2 : 1;
    if (sim_chance(&world->choice, LOST))
        return;
    for (; times > 0; times--) {
        uint8_t *bytes = malloc(file.size);
        assert(bytes != NULL);
        memcpy(bytes, file.data, file.size);
        if (sim_chance(&world->choice, BENT))
            bytes[sim_below(&world->choice, file.size)] ^= (uint8_t)(1u << sim_below(&world->choice, 8));
        sim_plan(world,
                 &(struct sim_happening){.at = world->now + sim_between(&world->choice, 1, WALK_MOST_MS),
                                         .kind = SIM_CARRIED,
                                         .node = to->index,
                                         .bytes = bytes,
                                         .size = file.size});
    }
}

/* A planted bug: what was copied is taken for delivered. */
static void forget_rows(struct sim_node *from, const struct sim_node *to)
{
    struct dg_row_key prefix = dg_key_outbox(dg_bytes_of(to->unit), DG_LANE_NORMAL, 0);
    struct dg_txn *txn;
    struct dg_cursor cursor;
    struct dg_committed committed;
    if (dg_begin_write(from->store, &txn) != DG_OK)
        return;
    dg_cursor_open(&cursor, txn, DG_TABLE_OUTBOX);
    while (dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix)) &&
           dg_cursor_at_prefix(&cursor, dg_bytes_at(prefix.data, prefix.size - 8)))
        dg_del(txn, DG_TABLE_OUTBOX, cursor.key);
    dg_cursor_close(&cursor);
    if (dg_commit(from->store, txn, &committed) != DG_OK)
        return;
}

static size_t copy_all(struct sim_world *world, struct sim_node *from, struct sim_node *to,
                       struct dg_txn *txn, struct dg_node *reader)
{
    struct dg_carrying carrying;
    struct dg_buf file;
    bool more = true;
    size_t count = 0;
    dg_buf_init(&file, DG_CARRIED_MAX);
    if (dg_carry_begin(reader, txn, dg_bytes_of(to->unit), sim_clock(from), &carrying, NULL) == DG_OK)
        while (dg_carry_next(&carrying, txn, &file, &more) == DG_OK && more) {
            send_file(world, to, dg_buf_bytes(&file));
            dg_buf_reset(&file);
            count++;
        }
    dg_buf_done(&file);
    return count;
}

void sim_load_stick(struct sim_world *world, struct sim_node *node)
{
    struct sim_node *to = some_neighbour(world, node);
    struct dg_node_env env = {.signer = &node->signer,
                              .sealer = &node->sealer,
                              .random = sim_node_random,
                              .random_ctx = node,
                              .curve_of = dg_curve_key_of};
    struct dg_node *reader;
    struct dg_txn *txn;
    size_t count = 0;
    if (to == NULL || dg_begin_read(node->store, &txn) != DG_OK)
        return;
    if (dg_node_peek(node->store, txn, &env, &reader, NULL) == DG_OK) {
        count = copy_all(world, node, to, txn, reader);
        dg_node_close(reader);
    }
    dg_abort(node->store, txn);
    sim_trace_line(&world->trace, world->now, "a stick of %zu files leaves %s for %s", count, node->unit,
                   to->unit);
    if (DG_MUTANT("release-on-export") && count > 0)
        forget_rows(node, to);
}

/* ---- arriving ------------------------------------------------------------------------------------ */

void sim_carried_arrive(struct sim_world *world, const struct sim_happening *happening)
{
    struct sim_node *node = &world->node[happening->node];
    struct dg_ctl_request request = {.verb = DG_CTL_CARRY,
                                     .text = dg_bytes_at(happening->bytes, happening->size)};
    struct dg_buf message;
    if (node->node == NULL)
        return;
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    bool ok = dg_ctl_request_encode(&request, &message) == DG_OK;
    assert(ok);
    (void)ok;
    sim_trace_line(&world->trace, world->now, "%s is handed a file of %zu bytes", node->unit,
                   happening->size);
    sim_node_hear(node, &(struct dg_event){.kind = DG_EVENT_CTL,
                                           .client = SIM_CLIENT_CARRY,
                                           .bytes = dg_buf_bytes(&message)});
    dg_buf_done(&message);
}
