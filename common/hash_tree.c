/* hash_tree.c - RFC 6962 level by level: a node without a neighbour goes up as it is. */
#include "common/hash_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Lays the levels out one after the other. Returns how many nodes there are. */
static size_t lay_out(struct dg_hash_tree *tree, size_t count)
{
    size_t total = 0;

    for (size_t size = count; tree->levels == 0 || tree->size[tree->levels - 1] > 1; size = (size + 1) / 2) {
        tree->size[tree->levels] = size;
        tree->start[tree->levels++] = total;
        total += size;
    }
    return total;
}

enum dg_err dg_hash_tree_build(struct dg_hash_tree *ret, const struct dg_hash hash[], size_t count)
{
    struct dg_hash_tree tree = {.levels = 0};

    if (count == 0 || count > DG_HASH_TREE_MAX)
        return DG_ERR_TOO_LARGE;
    tree.node = calloc(lay_out(&tree, count), sizeof *tree.node);
    if (tree.node == NULL)
        return DG_ERR_NO_MEMORY;
    memcpy(tree.node, hash, count * sizeof *hash);
    for (size_t level = 1; level < tree.levels; level++) {
        const struct dg_hash *below = tree.node + tree.start[level - 1];
        struct dg_hash *here = tree.node + tree.start[level];
        for (size_t i = 0; i < tree.size[level]; i++)
            here[i] = 2 * i + 1 < tree.size[level - 1] ? dg_merkle_node(&below[2 * i], &below[2 * i + 1])
                                                       : below[2 * i];
    }
    *ret = tree;
    return DG_OK;
}

void dg_hash_tree_free(struct dg_hash_tree *tree)
{
    free(tree->node);
    *tree = (struct dg_hash_tree){.levels = 0};
}

const struct dg_hash *dg_hash_tree_root(const struct dg_hash_tree *tree)
{
    return &tree->node[tree->start[tree->levels - 1]];
}

void dg_hash_tree_prove(const struct dg_hash_tree *tree, size_t level, size_t index, struct dg_proof *proof)
{
    assert(level < tree->levels && index < tree->size[level]);
    for (; level + 1 < tree->levels; level++, index /= 2) {
        size_t beside = index ^ 1;
        if (beside < tree->size[level])
            proof->hash[proof->count++] = tree->node[tree->start[level] + beside];
    }
}
