/* hash_tree.h - an RFC 6962 tree over a list of hashes that is known as a whole, held in memory.
 *
 * A tree over the nodes of one level of a bigger tree is that bigger tree from there upward, so the list may
 * as well hold the hashes of leaves or of complete subtrees. (For trees that grow and live in a store:
 * merkle.h.) Memory:  64 bytes per hash of the list. Limits:  1 to DG_HASH_TREE_MAX hashes. Source:  RFC 6962
 * section 2.1.
 */
#ifndef DG_COMMON_HASH_TREE_H
#define DG_COMMON_HASH_TREE_H

#include "common/merkle.h"

enum { DG_HASH_TREE_MAX = 1 << 17, DG_HASH_TREE_LEVELS = 18 };

struct dg_hash_tree {
    size_t levels;                     /* 0: none was built */
    size_t size[DG_HASH_TREE_LEVELS];  /* nodes of each level; the last has one */
    size_t start[DG_HASH_TREE_LEVELS]; /* where a level begins in node */
    struct dg_hash *node;
};

/* Builds the tree of count hashes; to be freed. DG_ERR_NO_MEMORY, DG_ERR_TOO_LARGE (none, or too many). */
enum dg_err dg_hash_tree_build(struct dg_hash_tree *ret, const struct dg_hash hash[],
                               size_t count) DG_MUST_CHECK;
/* Frees it; one that was not built is fine. */
void dg_hash_tree_free(struct dg_hash_tree *tree);
/* The hash at the top. */
const struct dg_hash *dg_hash_tree_root(const struct dg_hash_tree *tree);
/* Appends to proof the way from node number `index` of a level to the top. */
void dg_hash_tree_prove(const struct dg_hash_tree *tree, size_t level, size_t index, struct dg_proof *proof);

#endif
