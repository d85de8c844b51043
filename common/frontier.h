/* frontier.h - a growing RFC 6962 tree of which only the edge is kept: what appending and the root need.
 *
 * A frontier of zeros is the empty tree.
 */
#ifndef DG_COMMON_FRONTIER_H
#define DG_COMMON_FRONTIER_H

#include "common/merkle.h"

struct dg_frontier {
    uint64_t size;
    struct dg_hash peak[DG_TREE_ROW_MAX]; /* of level l, where size has bit l; the others mean nothing */
};

/* Appends a leaf by its hash (dg_merkle_leaf). */
void dg_frontier_add(struct dg_frontier *frontier, const struct dg_hash *leaf);
/* The root of the tree so far. */
struct dg_hash dg_frontier_root(const struct dg_frontier *frontier);

#endif
