/* guarded.c - the guard over what strangers sent, as the core sees it.
 *
 * What ends the process is handled by somebody who outlives it (node/shell/guard.h): the core only says when
 * it begins and ends with something.
 */
#include "node/core/node_impl.h"

bool dg_guarded_enter(const struct dg_node *node, const struct dg_hash *what)
{
    const struct dg_guard *guard = node->env.guard;
    return guard == NULL || guard->enter(guard->ctx, what);
}

/* Proofs and tags change from one sending to the next; what is said does not. */
bool dg_guarded_record(const struct dg_node *node, const struct dg_record *record)
{
    if (node->env.guard == NULL)
        return true;
    struct dg_bytes said = record->has_signed ? record->sealed.body : record->leaf;
    if (said.size == 0)
        said = record->envelope;
    struct dg_hash what = dg_sha256(said);
    return dg_guarded_enter(node, &what);
}

void dg_guarded_leave(const struct dg_node *node, bool done)
{
    if (node->env.guard != NULL)
        node->env.guard->leave(node->env.guard->ctx, done);
}
