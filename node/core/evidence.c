/* evidence.c - what shows that a log has two histories, out of what the store keeps of it. */
#include <string.h>

#include "node/core/node_impl.h"

struct walk {
    struct dg_txn *txn;
    bool (*each)(void *ctx, const struct dg_fork *fork);
    void *ctx;
};

/* The three lines of a note, before its signatures. */
static bool size_of(struct dg_bytes note, uint64_t *ret)
{
    struct dg_note parsed;
    struct dg_checkpoint checkpoint;
    if (dg_note_parse(note, &parsed) != DG_OK || dg_checkpoint_body_parse(parsed.text, &checkpoint) != DG_OK)
        return false;
    *ret = checkpoint.size;
    return true;
}

static bool fork_of(void *ctx, const struct dg_attention *item)
{
    const struct walk *walk = ctx;
    struct dg_fork fork = {.origin = item->about, .second = item->detail};
    if (!dg_bytes_is(item->code, dg_err_name(DG_ERR_FORK)) || !size_of(item->detail, &fork.size) ||
        !dg_checkpoint_get(walk->txn, fork.origin, fork.size, &fork.first))
        return true;
    return walk->each(walk->ctx, &fork);
}

void dg_fork_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_fork *fork), void *ctx)
{
    struct walk walk = {.txn = txn, .each = each, .ctx = ctx};
    dg_attention_each(txn, fork_of, &walk);
}
