/* sources.c - somebody asks what a report was made of, and must be told in the end. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/world.h"

static bool lacks_source(struct dg_txn *txn, const struct sim_push *push)
{
    struct dg_held held, source;
    if (!push->accepted || dg_held_get(txn, &push->id, &held) != DG_OK || held.verdict != DG_VERDICT_ACCEPTED)
        return false;
    for (size_t i = 0; i < held.report.source_count; i++)
        if (dg_held_get(txn, &held.report.source[i], &source) != DG_OK)
            return true;
    return false;
}

/* A report at the node of which a source never came there, if there is one. */
static const struct sim_push *find_report(struct sim_world *world, struct sim_node *node)
{
    const struct sim_push *found = NULL;
    struct dg_txn *txn;
    size_t first = (size_t)sim_below(&world->choice, world->push_count);
    if (dg_begin_read(node->store, &txn) != DG_OK)
        return NULL;
    for (size_t i = 0; i < world->push_count && found == NULL; i++) {
        const struct sim_push *push = &world->push[(first + i) % world->push_count];
        if (lacks_source(txn, push))
            found = push;
    }
    dg_abort(node->store, txn);
    return found;
}

void sim_load_fetch(struct sim_world *world, struct sim_node *node)
{
    char hex[DG_HEX_BYTES];
    struct dg_buf message;
    const struct sim_push *push =
        world->push_count > 0 && node->node != NULL ? find_report(world, node) : NULL;
    if (push == NULL)
        return;
    dg_hex(push->id.b, sizeof push->id.b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_FETCH, .report = dg_bytes_of(hex)};
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    bool ok = dg_ctl_request_encode(&request, &message) == DG_OK;
    assert(ok);
    (void)ok;
    sim_trace_line(&world->trace, world->now, "%s asks for the sources of %.8s", node->unit, hex);
    sim_node_hear(node, &(struct dg_event){.kind = DG_EVENT_CTL,
                                           .client = SIM_CLIENT_FETCH,
                                           .bytes = dg_buf_bytes(&message)});
    dg_buf_done(&message);
}

bool sim_source_heard(struct sim_world *world, const struct sim_waiting *row, struct dg_txn *own)
{
    struct sim_node *there = sim_node_by_unit(world, dg_bytes_of(row->unit));
    struct dg_source mine, theirs;
    struct dg_held held;
    struct dg_txn *txn;
    struct dg_id id;
    if (there == NULL || row->key_size != sizeof id.b)
        return false;
    memcpy(id.b, row->key, sizeof id.b);
    if (dg_source_get(own, &id, &mine) && mine.state == DG_SOURCE_REFUSED)
        return true;
    if (dg_begin_read(there->store, &txn) != DG_OK)
        return false;
    bool known = dg_source_get(txn, &id, &theirs);
    bool heard = row->number == DG_SOURCE_ASK ? known || dg_held_get(txn, &id, &held) == DG_OK
                                              : !known || theirs.state != DG_SOURCE_WANTED;
    dg_abort(there->store, txn);
    return heard;
}

static bool lies_below(struct sim_world *world, size_t node, struct dg_bytes unit)
{
    const struct sim_node *at = sim_node_by_unit(world, unit);
    while (at != NULL && at->index != (int)node)
        at = at->parent != SIM_NOBODY ? &world->node[at->parent] : NULL;
    return at != NULL;
}

/* Whether the unit whose report names the source has it to give. */
static bool could_be_had(struct sim_world *world, struct dg_txn *const txn[], struct dg_bytes unit,
                         const struct dg_id *id)
{
    const struct sim_node *author = sim_node_by_unit(world, unit);
    struct dg_held held;
    return author != NULL && dg_held_get(txn[author->index], id, &held) == DG_OK &&
           held.verdict == DG_VERDICT_ACCEPTED;
}

const char *sim_sources_unsettled(struct sim_world *world, struct dg_txn *const txn[])
{
    static char why[160];
    for (size_t i = 0; i < world->push_count; i++)
        for (size_t n = 0; n < world->node_count; n++) {
            struct dg_held held;
            if (!world->push[i].accepted || dg_held_get(txn[n], &world->push[i].id, &held) != DG_OK ||
                held.verdict != DG_VERDICT_ACCEPTED)
                continue;
            for (size_t k = 0; k < held.report.source_count; k++) {
                const struct dg_id *id = &held.report.source[k];
                struct dg_source source;
                if (!dg_source_get(txn[n], id, &source))
                    continue;
                bool wrong = source.state == DG_SOURCE_REFUSED &&
                             lies_below(world, n, held.report.author[0].unit) &&
                             could_be_had(world, txn, held.report.author[0].unit, id);
                (void)snprintf(why, sizeof why, "L6: %s %s a source of a report of %.*s", world->node[n].unit,
                               wrong ? "was refused" : "still waits for",
                               (int)held.report.author[0].unit.size,
                               (const char *)held.report.author[0].unit.data);
                if (wrong || source.state == DG_SOURCE_WANTED)
                    return why;
            }
        }
    return NULL;
}
