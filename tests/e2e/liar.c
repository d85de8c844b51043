/* liar.c - a daemon that tells lies about its sources: it answers with other bytes than it was asked for.
 *
 * It is the program with one function wrapped. DONGGUI_LIE says how: "bytes" turns a bit of the report,
 * "signature" one of its last author's signature; without it every answer is true.
 */
#include <stdlib.h>
#include <string.h>

#include "node/core/node_impl.h"

bool __real_dg_source_queued(struct dg_node *node, struct dg_txn *txn, const struct dg_queued *queued,
                             struct dg_record *ret, struct dg_bytes *ret_origin,
                             uint64_t *ret_checkpoint_size);
bool __wrap_dg_source_queued(struct dg_node *node, struct dg_txn *txn, const struct dg_queued *queued,
                             struct dg_record *ret, struct dg_bytes *ret_origin,
                             uint64_t *ret_checkpoint_size);

/* The report stands in the first half of its envelope, the last signature at the end. */
bool __wrap_dg_source_queued(struct dg_node *node, struct dg_txn *txn, const struct dg_queued *queued,
                             struct dg_record *ret, struct dg_bytes *ret_origin,
                             uint64_t *ret_checkpoint_size)
{
    const char *lie = getenv("DONGGUI_LIE");
    bool known = __real_dg_source_queued(node, txn, queued, ret, ret_origin, ret_checkpoint_size);
    if (!known || lie == NULL || ret->envelope.size == 0)
        return known;
    uint8_t *copy = dg_arena_alloc(txn->arena, ret->envelope.size);
    if (copy == NULL)
        return false;
    memcpy(copy, ret->envelope.data, ret->envelope.size);
    copy[strcmp(lie, "signature") == 0 ? ret->envelope.size - 1 : ret->envelope.size / 2] ^= 1;
    ret->envelope = dg_bytes_at(copy, ret->envelope.size);
    return true;
}
