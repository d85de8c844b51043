/* The tree against a naive RFC 6962, for every size to 70, and against its published roots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/crypto.h"
#include "common/merkle.h"

enum { SIZE_MAX_TESTED = 70, EVERY_BIT_TO = 24 };

/* A tree as the rows dg_tree_append made, which is how a store keeps it. */
struct rows {
    uint64_t size;
    struct dg_hash leaf[SIZE_MAX_TESTED];
    struct dg_hash row[SIZE_MAX_TESTED][DG_TREE_ROW_MAX];
    size_t count[SIZE_MAX_TESTED];
};

static enum dg_err read_row(void *ctx, unsigned level, uint64_t number, struct dg_hash *ret)
{
    const struct rows *rows = ctx;
    uint64_t last = ((number + 1) << level) - 1; /* the leaf that completed it */
    assert_true(last < rows->size && level < rows->count[last]);
    *ret = rows->row[last][level];
    return DG_OK;
}

/* Every proof is verified twice: on its own, and after all those before it. */
static enum dg_err verify(const struct dg_hash *leaf, uint64_t index, uint64_t size,
                          const struct dg_proof *proof, const struct dg_hash *root)
{
    static struct dg_climbed last;
    enum dg_err err = dg_inclusion_verify(leaf, index, size, proof, root);
    assert_int_equal(dg_inclusion_verify_next(&last, leaf, index, size, proof, root), err);
    return err;
}

static void grow(struct rows *rows, struct dg_bytes leaf)
{
    struct dg_tree_reader tree = {rows, read_row};
    uint64_t index = rows->size;
    rows->leaf[index] = dg_merkle_leaf(leaf);
    assert_int_equal(dg_tree_append(&tree, index, &rows->leaf[index], rows->row[index], &rows->count[index]),
                     DG_OK);
    rows->size++;
}

static int make_rows(void **state)
{
    static struct rows rows;
    for (uint64_t i = 0; i < SIZE_MAX_TESTED; i++) {
        uint8_t leaf[8];
        dg_u64be_put(leaf, i);
        grow(&rows, dg_bytes_at(leaf, sizeof leaf));
    }
    *state = &rows;
    return 0;
}

/* RFC 6962, section 2.1, word for word. */
static size_t split(size_t n)
{
    size_t k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}

static struct dg_hash naive_root(const struct dg_hash *leaf, size_t n)
{
    if (n == 1)
        return leaf[0];
    size_t k = split(n);
    struct dg_hash left = naive_root(leaf, k), right = naive_root(leaf + k, n - k);
    return dg_merkle_node(&left, &right);
}

static void naive_path(size_t m, const struct dg_hash *leaf, size_t n, struct dg_proof *proof)
{
    if (n == 1)
        return;
    size_t k = split(n);
    naive_path(m < k ? m : m - k, m < k ? leaf : leaf + k, m < k ? k : n - k, proof);
    proof->hash[proof->count++] = m < k ? naive_root(leaf + k, n - k) : naive_root(leaf, k);
}

static void naive_subproof(size_t m, const struct dg_hash *leaf, size_t n, bool whole, struct dg_proof *proof)
{
    if (m == n) {
        if (!whole)
            proof->hash[proof->count++] = naive_root(leaf, n);
        return;
    }
    size_t k = split(n);
    if (m <= k) {
        naive_subproof(m, leaf, k, whole, proof);
        proof->hash[proof->count++] = naive_root(leaf + k, n - k);
    } else {
        naive_subproof(m - k, leaf + k, n - k, false, proof);
        proof->hash[proof->count++] = naive_root(leaf, k);
    }
}

static void assert_proofs_equal(const struct dg_proof *a, const struct dg_proof *b)
{
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->hash, b->hash, a->count * sizeof a->hash[0]);
}

/* Every bit of a hash in small trees, one bit of each byte in the others. */
static size_t bit_step(uint64_t size)
{
    return size <= EVERY_BIT_TO ? 1 : 9;
}

static void flip(struct dg_hash *hash, size_t bit)
{
    hash->b[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* The leaf inputs and roots of the reference implementation of certificate transparency. */
static void roots_agree_with_certificate_transparency(void **state)
{
    (void)state;
    static const char *const leaves[] = {
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
    static const char *const roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    static struct rows rows;
    struct dg_tree_reader tree = {&rows, read_row};
    for (size_t i = 0; i < 8; i++) {
        uint8_t leaf[16];
        size_t size = strlen(leaves[i]) / 2;
        struct dg_hash root;
        char hex[DG_HEX_BYTES];
        assert_true(dg_unhex(dg_bytes_of(leaves[i]), leaf, size));
        grow(&rows, dg_bytes_at(leaf, size));
        assert_int_equal(dg_tree_root(&tree, i + 1, &root), DG_OK);
        dg_hex(root.b, sizeof root.b, hex);
        assert_string_equal(hex, roots[i]);
    }
}

static void the_empty_tree_has_the_hash_of_nothing(void **state)
{
    struct dg_tree_reader tree = {*state, read_row};
    struct dg_hash root, nothing = dg_sha256(dg_bytes_at(NULL, 0)), empty = dg_merkle_empty();
    assert_int_equal(dg_tree_root(&tree, 0, &root), DG_OK);
    assert_true(dg_hash_equal(&root, &nothing));
    assert_true(dg_hash_equal(&root, &empty));
}

static void a_row_holds_the_subtrees_its_leaf_completes(void **state)
{
    const struct rows *rows = *state;
    for (size_t i = 0; i < SIZE_MAX_TESTED; i++) {
        size_t level = 0;
        for (size_t width = 1; (i + 1) % width == 0; width *= 2, level++) {
            struct dg_hash want = naive_root(rows->leaf + i + 1 - width, width);
            assert_true(level < rows->count[i]);
            assert_true(dg_hash_equal(&rows->row[i][level], &want));
        }
        assert_int_equal(rows->count[i], level);
    }
}

static void every_root_is_the_naive_one(void **state)
{
    struct rows *rows = *state;
    struct dg_tree_reader tree = {rows, read_row};
    for (size_t size = 1; size <= SIZE_MAX_TESTED; size++) {
        struct dg_hash want = naive_root(rows->leaf, size), got;
        assert_int_equal(dg_tree_root(&tree, size, &got), DG_OK);
        assert_true(dg_hash_equal(&got, &want));
    }
}

static void assert_changed_inclusion_is_refused(const struct dg_hash *leaf, size_t index, size_t size,
                                                const struct dg_proof *proof, const struct dg_hash *root)
{
    struct dg_proof bad = *proof;
    for (size_t bit = 0; bit < 256; bit += bit_step(size)) {
        struct dg_hash bad_leaf = *leaf, bad_root = *root;
        flip(&bad_leaf, bit);
        flip(&bad_root, bit);
        assert_int_equal(verify(&bad_leaf, index, size, proof, root), DG_ERR_BAD_PROOF);
        assert_int_equal(verify(leaf, index, size, proof, &bad_root), DG_ERR_BAD_PROOF);
        for (size_t i = 0; i < proof->count; i++) {
            flip(&bad.hash[i], bit);
            assert_int_equal(verify(leaf, index, size, &bad, root), DG_ERR_BAD_PROOF);
            flip(&bad.hash[i], bit);
        }
    }
    for (size_t other = 0; other <= size; other++) {
        if (other != index)
            assert_int_equal(verify(leaf, other, size, proof, root), DG_ERR_BAD_PROOF);
    }
    bad.hash[bad.count++] = *root;
    assert_int_equal(verify(leaf, index, size, &bad, root), DG_ERR_BAD_PROOF);
    if (proof->count > 0) {
        bad.count = proof->count - 1;
        assert_int_equal(verify(leaf, index, size, &bad, root), DG_ERR_BAD_PROOF);
    }
}

static void every_inclusion_proof_is_the_naive_one_and_no_changed_one_holds(void **state)
{
    struct rows *rows = *state;
    struct dg_tree_reader tree = {rows, read_row};
    for (size_t size = 1; size <= SIZE_MAX_TESTED; size++) {
        struct dg_hash root = naive_root(rows->leaf, size);
        for (size_t index = 0; index < size; index++) {
            struct dg_proof got, want = {.count = 0};
            naive_path(index, rows->leaf, size, &want);
            assert_int_equal(dg_tree_inclusion(&tree, index, size, &got), DG_OK);
            assert_proofs_equal(&got, &want);
            assert_int_equal(verify(&rows->leaf[index], index, size, &got, &root), DG_OK);
            assert_changed_inclusion_is_refused(&rows->leaf[index], index, size, &got, &root);
        }
    }
}

static void assert_changed_consistency_is_refused(size_t old_size, const struct dg_hash *old_root,
                                                  size_t size, const struct dg_hash *root,
                                                  const struct dg_proof *proof)
{
    struct dg_proof bad = *proof;
    for (size_t bit = 0; bit < 256; bit += bit_step(size)) {
        struct dg_hash bad_old = *old_root, bad_root = *root;
        flip(&bad_old, bit);
        flip(&bad_root, bit);
        assert_int_equal(dg_consistency_verify(old_size, &bad_old, size, root, proof), DG_ERR_BAD_PROOF);
        assert_int_equal(dg_consistency_verify(old_size, old_root, size, &bad_root, proof), DG_ERR_BAD_PROOF);
        for (size_t i = 0; i < proof->count; i++) {
            flip(&bad.hash[i], bit);
            assert_int_equal(dg_consistency_verify(old_size, old_root, size, root, &bad), DG_ERR_BAD_PROOF);
            flip(&bad.hash[i], bit);
        }
    }
    bad.hash[bad.count++] = *root;
    assert_int_equal(dg_consistency_verify(old_size, old_root, size, root, &bad), DG_ERR_BAD_PROOF);
    if (proof->count > 0) {
        bad.count = proof->count - 1;
        assert_int_equal(dg_consistency_verify(old_size, old_root, size, root, &bad), DG_ERR_BAD_PROOF);
    }
}

static void every_consistency_proof_is_the_naive_one_and_no_changed_one_holds(void **state)
{
    struct rows *rows = *state;
    struct dg_tree_reader tree = {rows, read_row};
    for (size_t size = 1; size <= SIZE_MAX_TESTED; size++) {
        struct dg_hash root = naive_root(rows->leaf, size);
        for (size_t old_size = 1; old_size <= size; old_size++) {
            struct dg_hash old_root = naive_root(rows->leaf, old_size);
            struct dg_proof got, want = {.count = 0};
            naive_subproof(old_size, rows->leaf, size, true, &want);
            assert_int_equal(dg_tree_consistency(&tree, old_size, size, &got), DG_OK);
            assert_proofs_equal(&got, &want);
            assert_int_equal(dg_consistency_verify(old_size, &old_root, size, &root, &got), DG_OK);
            assert_changed_consistency_is_refused(old_size, &old_root, size, &root, &got);
        }
    }
}

static void impossible_sizes_and_overlong_proofs_are_refused(void **state)
{
    const struct rows *rows = *state;
    struct dg_proof none = {.count = 0}, overlong = {.count = DG_PROOF_MAX + 1};
    const struct dg_hash *leaf = &rows->leaf[0];
    struct dg_hash empty = dg_merkle_empty();

    assert_int_equal(verify(leaf, 0, 0, &none, leaf), DG_ERR_BAD_PROOF);
    assert_int_equal(verify(leaf, 1, 1, &none, leaf), DG_ERR_BAD_PROOF);
    assert_int_equal(verify(leaf, 0, UINT64_MAX, &overlong, leaf), DG_ERR_BAD_PROOF);
    assert_int_equal(dg_consistency_verify(0, &empty, 1, leaf, &none), DG_ERR_BAD_PROOF);
    assert_int_equal(dg_consistency_verify(2, leaf, 1, leaf, &none), DG_ERR_BAD_PROOF);
    assert_int_equal(dg_consistency_verify(1, leaf, UINT64_MAX, leaf, &overlong), DG_ERR_BAD_PROOF);
    assert_int_equal(dg_consistency_verify(1, leaf, 2, leaf, &none), DG_ERR_BAD_PROOF);
}

/* A tree of equal leaves has one hash per level, so it can be as large as we like. */
static enum dg_err read_level(void *ctx, unsigned level, uint64_t number, struct dg_hash *ret)
{
    (void)number;
    *ret = ((const struct dg_hash *)ctx)[level];
    return DG_OK;
}

static void the_largest_trees_are_proven_within_the_limits(void **state)
{
    (void)state;
    struct dg_hash levels[DG_TREE_ROW_MAX] = {dg_merkle_leaf(dg_bytes_of("x"))};
    struct dg_tree_reader tree = {levels, read_level};
    static const uint64_t sizes[] = {(1ull << 40) + 12345, 1ull << 62, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 1; i < DG_TREE_ROW_MAX; i++)
        levels[i] = dg_merkle_node(&levels[i - 1], &levels[i - 1]);

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t size = sizes[i];
        const uint64_t places[] = {0, 1, size / 3, size / 2, size - 2, size - 1};
        struct dg_hash root, old_root;
        struct dg_proof proof;
        assert_int_equal(dg_tree_root(&tree, size, &root), DG_OK);
        for (size_t j = 0; j < sizeof places / sizeof places[0]; j++) {
            assert_int_equal(dg_tree_inclusion(&tree, places[j], size, &proof), DG_OK);
            assert_int_equal(verify(&levels[0], places[j], size, &proof, &root), DG_OK);
            assert_int_equal(dg_tree_root(&tree, places[j] + 1, &old_root), DG_OK);
            assert_int_equal(dg_tree_consistency(&tree, places[j] + 1, size, &proof), DG_OK);
            assert_int_equal(dg_consistency_verify(places[j] + 1, &old_root, size, &root, &proof), DG_OK);
        }
    }
    struct dg_hash row[DG_TREE_ROW_MAX];
    size_t count;
    assert_int_equal(dg_tree_append(&tree, INT64_MAX - 1, &levels[0], row, &count), DG_OK);
    assert_int_equal(count, 1);
    assert_int_equal(dg_tree_append(&tree, INT64_MAX >> 1, &levels[0], row, &count), DG_OK);
    assert_int_equal(count, 63);
    assert_true(dg_hash_equal(&row[62], &levels[62]));
}

static enum dg_err read_nothing(void *ctx, unsigned level, uint64_t number, struct dg_hash *ret)
{
    (void)ctx, (void)level, (void)number, (void)ret;
    return DG_ERR_NOT_FOUND;
}

static void a_reader_that_fails_is_believed(void **state)
{
    struct rows *rows = *state;
    struct dg_tree_reader tree = {NULL, read_nothing};
    struct dg_hash row[DG_TREE_ROW_MAX], root;
    struct dg_proof proof;
    size_t count;
    assert_int_equal(dg_tree_append(&tree, 1, &rows->leaf[1], row, &count), DG_ERR_NOT_FOUND);
    assert_int_equal(dg_tree_root(&tree, 3, &root), DG_ERR_NOT_FOUND);
    assert_int_equal(dg_tree_inclusion(&tree, 0, 3, &proof), DG_ERR_NOT_FOUND);
    assert_int_equal(dg_tree_consistency(&tree, 2, 3, &proof), DG_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_agree_with_certificate_transparency),
        cmocka_unit_test(the_empty_tree_has_the_hash_of_nothing),
        cmocka_unit_test(a_row_holds_the_subtrees_its_leaf_completes),
        cmocka_unit_test(every_root_is_the_naive_one),
        cmocka_unit_test(every_inclusion_proof_is_the_naive_one_and_no_changed_one_holds),
        cmocka_unit_test(every_consistency_proof_is_the_naive_one_and_no_changed_one_holds),
        cmocka_unit_test(impossible_sizes_and_overlong_proofs_are_refused),
        cmocka_unit_test(the_largest_trees_are_proven_within_the_limits),
        cmocka_unit_test(a_reader_that_fails_is_believed),
    };
    if (dg_crypto_start(NULL) != DG_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_rows, NULL);
}
