/* had.c - which adoptions the unit of an author had when the author signed.
 *
 * A report is judged by the regimes that it names, because its author may not have heard of newer ones. That
 * excuses nobody from what his own unit had: its own adoptions, and those that a unit directly above has told
 * it and that it has acknowledged. Nobody else can know what it had, and so nobody else refuses for it.
 */
#include <stdio.h>

#include "node/core/had.h"
#include "node/core/node_impl.h"

/* ---- what a child has acknowledged ----------------------------------------------------------------- */

struct heard_name {
    char text[2 * DG_SLUG_MAX + 32];
};

static struct heard_name heard_name(struct dg_bytes child, struct dg_bytes unit, uint32_t serial)
{
    struct heard_name name;
    snprintf(name.text, sizeof name.text, "heard/%.*s/%.*s/%u", (int)child.size, (const char *)child.data,
             (int)unit.size, (const char *)unit.data, (unsigned)serial);
    return name;
}

/* Once is enough: what a child has, it has for ever. */
static void note(struct dg_txn *txn, struct dg_bytes child, struct dg_bytes unit, uint32_t serial, dg_ms now)
{
    struct heard_name name = heard_name(child, unit, serial);
    if (dg_meta_u64(txn, name.text) == 0)
        dg_meta_put_u64(txn, name.text, (uint64_t)now);
}

void dg_had_acked(struct dg_txn *txn, struct dg_bytes child, uint64_t seq, dg_ms now)
{
    struct dg_queued queued;
    struct dg_dir_row row;
    if (dg_queued_get(txn, child, DG_LANE_CONTROL, seq, &queued) && queued.kind == DG_QUEUED_DIRECTORY &&
        dg_dir_get(txn, queued.directory_key, &row) && row.kind == 'r')
        note(txn, child, row.unit, row.serial, now);
}

struct waiting {
    struct dg_bytes key;
    bool found;
};

static bool is_waiting(void *ctx, const struct dg_queued *queued)
{
    struct waiting *waiting = ctx;
    waiting->found =
        queued->kind == DG_QUEUED_DIRECTORY && dg_bytes_equal(queued->directory_key, waiting->key);
    return !waiting->found;
}

void dg_had_admitted(struct dg_node *node, struct dg_txn *txn, struct dg_bytes child, dg_ms now)
{
    for (const struct dg_dir_unit *unit = dg_node_self(node, txn); unit != NULL; unit = unit->parent) {
        for (size_t i = 0; i < unit->adoption_count; i++) {
            uint32_t serial = unit->adoption[i].serial;
            struct dg_row_key key = dg_key_directory(unit->slug, 'r', dg_bytes_at(NULL, 0), serial);
            struct waiting waiting = {.key = dg_row_key_bytes(&key)};
            dg_queue_each(txn, child, is_waiting, &waiting);
            if (!waiting.found)
                note(txn, child, unit->slug, serial, now);
        }
    }
}

/* ---- judging ---------------------------------------------------------------------------------------- */

bool dg_had_adoption(void *ctx, const struct dg_dir_unit *unit, const struct dg_dir_adoption *adoption)
{
    const struct dg_having *having = ctx;
    const struct dg_dir_unit *author = having->author;
    if (unit == author) /* both were signed by one node, which never lets the adoption's time go back */
        return adoption->signed_ms <= having->signed_ms;
    if (author->parent == NULL || !dg_bytes_is(author->parent->slug, having->self))
        return false;
    struct heard_name name = heard_name(author->slug, unit->slug, adoption->serial);
    uint64_t heard = dg_meta_u64(having->txn, name.text);
    return heard > 0 && (dg_ms)heard + DG_CLOCK_SKEW_MS < having->signed_ms;
}
