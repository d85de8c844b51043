/* frontier.c - the complete subtrees at the right edge of a tree. */
#include "common/frontier.h"

#include <assert.h>

void dg_frontier_add(struct dg_frontier *frontier, const struct dg_hash *leaf)
{
    struct dg_hash hash = *leaf;
    unsigned level = 0;

    assert(frontier->size < INT64_MAX);
    for (; (frontier->size >> level & 1) != 0; level++)
        hash = dg_merkle_node(&frontier->peak[level], &hash);
    frontier->peak[level] = hash;
    frontier->size++;
}

struct dg_hash dg_frontier_root(const struct dg_frontier *frontier)
{
    struct dg_hash root = dg_merkle_empty();
    bool begun = false;

    for (unsigned level = 0; level < DG_TREE_ROW_MAX; level++) {
        if ((frontier->size >> level & 1) == 0)
            continue;
        root = begun ? dg_merkle_node(&frontier->peak[level], &root) : frontier->peak[level];
        begun = true;
    }
    return root;
}
