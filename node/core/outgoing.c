/* outgoing.c - what a parcel needs of a report: remembered for the turn that wrote it, else read from the
 * store.
 *
 * Most reports are sent on by the very turn that took them in; to read one back is to check its row, which
 * costs a tenth of its signature.
 */
#include "node/core/node_impl.h"

void dg_outgoing_remember(struct dg_node *node, const struct dg_outgoing *report)
{
    if (node->fresh_count == DG_FRESH_MAX)
        return;
    struct dg_outgoing *kept = &node->fresh[node->fresh_count];
    *kept = *report;
    kept->envelope = dg_arena_copy(&node->fresh_arena, report->envelope);
    kept->author_unit = dg_arena_copy(&node->fresh_arena, report->author_unit);
    if (kept->envelope.data != NULL && kept->author_unit.data != NULL)
        node->fresh_count++;
}

void dg_outgoing_forget(struct dg_node *node)
{
    node->fresh_count = 0;
    dg_arena_reset(&node->fresh_arena);
}

bool dg_outgoing_get(struct dg_node *node, struct dg_txn *txn, uint64_t position, struct dg_outgoing *ret)
{
    for (size_t i = 0; i < node->fresh_count; i++) {
        *ret = node->fresh[i];
        if (ret->position == position)
            return true;
    }
    struct dg_row_key key = dg_key_u64(position);
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_REPORT, dg_row_key_bytes(&key), &value))
        return false;
    struct dg_row row = {.rest = value};
    (void)dg_row_u64(&row);
    (void)dg_row_run(&row);
    ret->author_unit = dg_row_run(&row);
    dg_row_fixed(&row, ret->certificate.b, sizeof ret->certificate.b);
    ret->packed = dg_row_u8(&row) != 0;
    ret->envelope = dg_row_run(&row);
    return dg_row_ended(&row);
}
