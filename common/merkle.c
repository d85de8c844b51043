#include "common/merkle.h"

#include "common/crypto.h"

#include <assert.h>

struct dg_hash dg_merkle_leaf(struct dg_bytes leaf)
{
    static const uint8_t prefix = 0x00;
    struct dg_bytes parts[] = {dg_bytes_at(&prefix, 1), leaf};
    return dg_sha256_parts(parts, 2);
}

struct dg_hash dg_merkle_node(const struct dg_hash *left, const struct dg_hash *right)
{
    uint8_t bytes[1 + 2 * DG_HASH_BYTES] = {0x01};
    for (size_t i = 0; i < DG_HASH_BYTES; i++) {
        bytes[1 + i] = left->b[i];
        bytes[1 + DG_HASH_BYTES + i] = right->b[i];
    }
    return dg_sha256(dg_bytes_at(bytes, sizeof bytes));
}

struct dg_hash dg_merkle_empty(void)
{
    return dg_sha256(dg_bytes_at(NULL, 0));
}

enum dg_err dg_tree_append(const struct dg_tree_reader *tree, uint64_t index, const struct dg_hash *leaf,
                           struct dg_hash ret_row[static DG_TREE_ROW_MAX], size_t *ret_count)
{
    assert(index < INT64_MAX);
    struct dg_hash hash = *leaf;
    size_t count = 0;

    ret_row[count++] = hash;
    /* Each trailing one bit of index is a left sibling that waited for this leaf. */
    for (unsigned level = 0; (index >> level & 1) != 0; level++) {
        struct dg_hash left;
        enum dg_err err = tree->read(tree->ctx, level, (index >> level) - 1, &left);
        if (err != DG_OK)
            return err;
        hash = dg_merkle_node(&left, &hash);
        ret_row[count++] = hash;
    }
    *ret_count = count;
    return DG_OK;
}

/* The hash of leaves begin to end - 1, where begin is where a subtree of that many leaves can
 * begin. Its complete subtrees stand for the one bits of its width, the largest first; they are
 * folded from the right. */
static enum dg_err range_hash(const struct dg_tree_reader *tree, uint64_t begin, uint64_t end,
                              struct dg_hash *ret)
{
    uint64_t width = end - begin;
    struct dg_hash hash;
    bool first = true;

    for (unsigned level = 0; width >> level != 0; level++) {
        if ((width >> level & 1) == 0)
            continue;
        struct dg_hash peak;
        uint64_t number = (begin >> level) + (width >> level) - 1;
        enum dg_err err = tree->read(tree->ctx, level, number, &peak);
        if (err != DG_OK)
            return err;
        hash = first ? peak : dg_merkle_node(&peak, &hash);
        first = false;
    }
    *ret = hash;
    return DG_OK;
}

enum dg_err dg_tree_root(const struct dg_tree_reader *tree, uint64_t size, struct dg_hash *ret)
{
    assert(size <= INT64_MAX);
    if (size == 0) {
        *ret = dg_merkle_empty();
        return DG_OK;
    }
    return range_hash(tree, 0, size, ret);
}

/* The largest power of two below width: how many leaves the left half of a tree has. */
static uint64_t left_width(uint64_t width)
{
    assert(width > 1);
    uint64_t left = 1;
    while (left < width - left)
        left *= 2;
    return left;
}

/* A proof is found from the root down and written from the leaf up. */
static enum dg_err push_range(const struct dg_tree_reader *tree, uint64_t begin, uint64_t end,
                              struct dg_proof *proof)
{
    assert(proof->count < DG_PROOF_MAX);
    return range_hash(tree, begin, end, &proof->hash[proof->count++]);
}

static void reverse(const struct dg_proof *proof, struct dg_proof *ret)
{
    ret->count = proof->count;
    for (size_t i = 0; i < proof->count; i++)
        ret->hash[i] = proof->hash[proof->count - 1 - i];
}

enum dg_err dg_tree_inclusion(const struct dg_tree_reader *tree, uint64_t index, uint64_t size,
                              struct dg_proof *ret)
{
    assert(index < size && size <= INT64_MAX);
    struct dg_proof down = {.count = 0};
    uint64_t begin = 0, end = size;

    while (end - begin > 1) {
        uint64_t middle = begin + left_width(end - begin);
        bool is_left = index < middle;
        enum dg_err err =
            is_left ? push_range(tree, middle, end, &down) : push_range(tree, begin, middle, &down);
        if (err != DG_OK)
            return err;
        *(is_left ? &end : &begin) = middle;
    }
    reverse(&down, ret);
    return DG_OK;
}

enum dg_err dg_tree_consistency(const struct dg_tree_reader *tree, uint64_t old_size, uint64_t size,
                                struct dg_proof *ret)
{
    assert(old_size > 0 && old_size <= size && size <= INT64_MAX);
    struct dg_proof down = {.count = 0};
    uint64_t begin = 0, end = size;

    /* Towards the last subtree of the old tree, until it ends where the old tree ended. */
    while (end != old_size) {
        uint64_t middle = begin + left_width(end - begin);
        bool is_left = old_size <= middle;
        enum dg_err err =
            is_left ? push_range(tree, middle, end, &down) : push_range(tree, begin, middle, &down);
        if (err != DG_OK)
            return err;
        *(is_left ? &end : &begin) = middle;
    }
    /* When that subtree is the whole old tree, the verifier knows its hash: the old root. */
    if (begin > 0) {
        enum dg_err err = push_range(tree, begin, end, &down);
        if (err != DG_OK)
            return err;
    }
    reverse(&down, ret);
    return DG_OK;
}

/* The way from a leaf to the root in the algorithms of RFC 9162: `at` is the number of the node at
 * the current level, `last` that of the level's last node. */
struct climb {
    uint64_t at, last;
};

/* True when the next hash of the proof is a left sibling. */
static bool sibling_is_left(const struct climb *climb)
{
    return (climb->at & 1) != 0 || climb->at == climb->last;
}

static void climb_level(struct climb *climb)
{
    climb->at >>= 1;
    climb->last >>= 1;
}

/* Above a left sibling: a last node without a right sibling is handed up unchanged, level by
 * level, until it is somebody's right child. */
static void climb_over_left(struct climb *climb)
{
    while ((climb->at & 1) == 0 && climb->at != 0)
        climb_level(climb);
    climb_level(climb);
}

/* dg_merkle_node, unless the last climb had the same two hashes at this step. */
static struct dg_hash climb_node(struct dg_climbed *last, size_t step, const struct dg_hash *left,
                                 const struct dg_hash *right)
{
    struct dg_climbed_step *at = &last->step[step];
    if (step >= last->count || !dg_hash_equal(left, &at->left) || !dg_hash_equal(right, &at->right)) {
        *at = (struct dg_climbed_step){*left, *right, dg_merkle_node(left, right)};
        last->count += step == last->count; /* steps come from 0 without a gap */
    }
    return at->node;
}

enum dg_err dg_inclusion_verify(const struct dg_hash *leaf, uint64_t index, uint64_t size,
                                const struct dg_proof *proof, const struct dg_hash *root)
{
    struct dg_climbed first;
    first.count = 0;
    return dg_inclusion_verify_next(&first, leaf, index, size, proof, root);
}

enum dg_err dg_inclusion_verify_next(struct dg_climbed *last, const struct dg_hash *leaf, uint64_t index,
                                     uint64_t size, const struct dg_proof *proof, const struct dg_hash *root)
{
    if (index >= size || proof->count > DG_PROOF_MAX)
        return DG_ERR_BAD_PROOF;

    struct climb climb = {.at = index, .last = size - 1};
    struct dg_hash hash = *leaf;
    for (size_t i = 0; i < proof->count; i++) {
        if (climb.last == 0)
            return DG_ERR_BAD_PROOF;
        if (sibling_is_left(&climb)) {
            hash = climb_node(last, i, &proof->hash[i], &hash);
            climb_over_left(&climb);
        } else {
            hash = climb_node(last, i, &hash, &proof->hash[i]);
            climb_level(&climb);
        }
    }
    return climb.last == 0 && dg_hash_equal(&hash, root) ? DG_OK : DG_ERR_BAD_PROOF;
}

/* The same climb for two trees at once, from their last common subtree `start`: left siblings
 * belong to both, right siblings to the new one only. */
static bool both_roots(struct climb climb, const struct dg_hash *start, const struct dg_hash *rest,
                       size_t count, struct dg_hash *ret_old, struct dg_hash *ret_new)
{
    struct dg_hash old = *start, new = *start;
    for (size_t i = 0; i < count; i++) {
        if (climb.last == 0)
            return false;
        if (sibling_is_left(&climb)) {
            old = dg_merkle_node(&rest[i], &old);
            new = dg_merkle_node(&rest[i], &new);
            climb_over_left(&climb);
        } else {
            new = dg_merkle_node(&new, &rest[i]);
            climb_level(&climb);
        }
    }
    *ret_old = old;
    *ret_new = new;
    return climb.last == 0;
}

enum dg_err dg_consistency_verify(uint64_t old_size, const struct dg_hash *old_root, uint64_t size,
                                  const struct dg_hash *root, const struct dg_proof *proof)
{
    if (old_size == 0 || old_size > size || proof->count > DG_PROOF_MAX)
        return DG_ERR_BAD_PROOF;
    if (old_size == size)
        return proof->count == 0 && dg_hash_equal(old_root, root) ? DG_OK : DG_ERR_BAD_PROOF;
    if (proof->count == 0)
        return DG_ERR_BAD_PROOF;

    struct climb climb = {.at = old_size - 1, .last = size - 1};
    while ((climb.at & 1) != 0)
        climb_level(&climb);
    /* An old tree of 2^n leaves is itself the common subtree, and the proof leaves it out. */
    bool whole = climb.at == 0;
    const struct dg_hash *start = whole ? old_root : &proof->hash[0];
    size_t used = whole ? 0 : 1;
    struct dg_hash got_old, got_new;
    bool ok = both_roots(climb, start, proof->hash + used, proof->count - used, &got_old, &got_new) &&
              dg_hash_equal(&got_old, old_root) && dg_hash_equal(&got_new, root);
    return ok ? DG_OK : DG_ERR_BAD_PROOF;
}
