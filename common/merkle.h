/* merkle.h - RFC 6962 trees: hashes, inclusion and consistency proofs.
 *
 * A tree is kept as one row per leaf: row i holds the hashes that leaf i completes, level 0 first
 * (so row 3 holds the leaf's hash, the hash of leaves 2-3 and of leaves 0-3). A reader function
 * hands those out, so that the tree itself can live anywhere.
 * Source: RFC 6962 section 2.1; RFC 9162 section 2.1 for the proof verification algorithms.
 */
#ifndef DG_COMMON_MERKLE_H
#define DG_COMMON_MERKLE_H

#include "common/bytes.h"
#include "common/id.h"
#include "common/limits.h"

struct dg_hash dg_merkle_leaf(struct dg_bytes leaf); /* SHA-256(0x00 ‖ leaf) */
/* SHA-256(0x01 ‖ left ‖ right). */
struct dg_hash dg_merkle_node(const struct dg_hash *left, const struct dg_hash *right);
struct dg_hash dg_merkle_empty(void); /* SHA-256("") */

/* Reads the hash of the complete subtree `number` at `level` (leaves number·2^level …). */
struct dg_tree_reader {
    void *ctx;
    enum dg_err (*read)(void *ctx, unsigned level, uint64_t number, struct dg_hash *ret);
};

struct dg_proof {
    size_t count;
    struct dg_hash hash[DG_PROOF_MAX];
};

enum { DG_TREE_ROW_MAX = 64 }; /* hashes one appended leaf can complete */

/* The hashes that appending `leaf` as leaf number `index` completes, level 0 first: the row to
 * store. Reads the siblings it needs. */
enum dg_err dg_tree_append(const struct dg_tree_reader *tree, uint64_t index, const struct dg_hash *leaf,
                           struct dg_hash ret_row[static DG_TREE_ROW_MAX], size_t *ret_count) DG_MUST_CHECK;
/* The root of the first size leaves, size <= INT64_MAX; no leaves have dg_merkle_empty. The reader's
 * errors. */
enum dg_err dg_tree_root(const struct dg_tree_reader *tree, uint64_t size, struct dg_hash *ret) DG_MUST_CHECK;
/* Proof that leaf `index` is in the tree of `size` leaves; index < size. */
enum dg_err dg_tree_inclusion(const struct dg_tree_reader *tree, uint64_t index, uint64_t size,
                              struct dg_proof *ret) DG_MUST_CHECK;
/* Proof that the tree of `old_size` is a prefix of that of `size`; 0 < old_size <= size. */
enum dg_err dg_tree_consistency(const struct dg_tree_reader *tree, uint64_t old_size, uint64_t size,
                                struct dg_proof *ret) DG_MUST_CHECK;

/* DG_ERR_BAD_PROOF when it does not hold, for whatever reason. */
enum dg_err dg_inclusion_verify(const struct dg_hash *leaf, uint64_t index, uint64_t size,
                                const struct dg_proof *proof, const struct dg_hash *root) DG_MUST_CHECK;
/* The nodes of a climb from a leaf to the root: neighbouring leaves share nearly all of theirs. They are what
 * they are, whatever came of the proof, so nothing ever has to be forgotten. */
struct dg_climbed {
    size_t count; /* 0: none yet */
    struct dg_climbed_step {
        struct dg_hash left, right, node;
    } step[DG_PROOF_MAX];
};
/* The same for one proof after another: what the climb before has computed is not computed again. */
enum dg_err dg_inclusion_verify_next(struct dg_climbed *last, const struct dg_hash *leaf, uint64_t index,
                                     uint64_t size, const struct dg_proof *proof,
                                     const struct dg_hash *root) DG_MUST_CHECK;
/* Checks that the tree of old_size is a prefix of that of size. DG_ERR_BAD_PROOF, also when old_size is 0
 * or greater than size. */
enum dg_err dg_consistency_verify(uint64_t old_size, const struct dg_hash *old_root, uint64_t size,
                                  const struct dg_hash *root, const struct dg_proof *proof) DG_MUST_CHECK;

#endif
