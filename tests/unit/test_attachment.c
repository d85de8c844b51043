/* test_attachment.c - the geometry of attachments: every piece of every file has one proof, and no other
 * fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/crypto.h"
#include "common/limits.h"
#include "proto/attachment.h"

/* A file, its manifest and the tree of its pieces. */
struct file {
    uint8_t *bytes;
    struct dg_attachment what;
    struct dg_hash_tree tree;
};

static struct file make_file(size_t size, uint32_t chunk_size)
{
    struct file file = {.bytes = malloc(size)};
    struct dg_survey survey;
    assert_non_null(file.bytes);
    for (size_t i = 0; i < size; i++)
        file.bytes[i] = (uint8_t)(i * 31 + i / 1000);
    dg_survey_start(&survey, chunk_size);
    for (size_t at = 0; at < size; at += DG_PIECE_BYTES)
        dg_survey_add(&survey,
                      dg_bytes_at(file.bytes + at, size - at < DG_PIECE_BYTES ? size - at : DG_PIECE_BYTES));
    assert_int_equal(dg_survey_end(&survey, &file.what), DG_OK);
    assert_int_equal(dg_hash_tree_build(&file.tree, survey.piece, survey.piece_count), DG_OK);
    dg_survey_free(&survey);
    return file;
}

static void free_file(struct file *file)
{
    dg_hash_tree_free(&file->tree);
    free(file->bytes);
}

static struct dg_bytes bytes_of(const struct file *file, struct dg_run run)
{
    return dg_bytes_at(file->bytes + dg_run_offset(&file->what, run), dg_run_bytes(&file->what, run));
}

static void prove(const struct file *file, struct dg_run run, struct dg_proof *ret)
{
    uint32_t per = dg_attachment_piece_chunks(&file->what);
    struct dg_run around = {.first = run.first / per * per, .count = per};
    assert_int_equal(dg_piece_prove(&file->what, &file->tree, bytes_of(file, around), run, ret), DG_OK);
}

/* Proves every node of the tree that may travel, and sees that nothing else passes for it. */
static void check_runs(const struct file *file)
{
    uint32_t chunks = dg_attachment_chunks(&file->what), per = dg_attachment_piece_chunks(&file->what);
    size_t nodes = 0;
    for (uint32_t first = 0; first < chunks; first++) {
        for (uint32_t count = 1; count <= per && count <= chunks - first; count++) {
            struct dg_run run = {first, count}, beside = {first ^ 1, count};
            struct dg_proof proof;
            unsigned level;
            if (!dg_run_is_node(&file->what, run, &level))
                continue;
            nodes++;
            prove(file, run, &proof);
            struct dg_bytes data = bytes_of(file, run);
            assert_int_equal(dg_piece_check(&file->what, run, data, &proof), DG_OK);
            file->bytes[dg_run_offset(&file->what, run) + data.size - 1] ^= 1;
            assert_int_equal(dg_piece_check(&file->what, run, data, &proof), DG_ERR_BAD_PROOF);
            file->bytes[dg_run_offset(&file->what, run) + data.size - 1] ^= 1;
            if (beside.first < chunks && count == 1)
                assert_int_equal(dg_piece_check(&file->what, beside, data, &proof), DG_ERR_BAD_PROOF);
            assert_int_equal(dg_piece_check(&file->what, run, dg_bytes_at(data.data, data.size - 1), &proof),
                             DG_ERR_BAD_PROOF);
        }
    }
    assert_true(nodes >= chunks);
}

static void every_piece_of_a_file_is_proven_and_no_other(void **state)
{
    static const size_t size[] = {1, 16383, 16384, 16385, 5 * 16384 + 7, 262144, 262145, 37 * 16384 + 1};
    (void)state;
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
        struct file file = make_file(size[i], DG_CHUNK_BYTES);
        check_runs(&file);
        free_file(&file);
    }
    struct file coarse = make_file(700000, 65536);
    check_runs(&coarse);
    free_file(&coarse);
}

static void the_root_is_that_of_rfc_6962_over_the_chunks(void **state)
{
    (void)state;
    struct file file = make_file(21 * 16384 + 5, DG_CHUNK_BYTES);
    struct dg_hash leaf[22];
    struct dg_hash_tree tree;
    for (uint32_t i = 0; i < 22; i++)
        leaf[i] = dg_merkle_leaf(bytes_of(&file, (struct dg_run){i, 1}));
    assert_int_equal(dg_hash_tree_build(&tree, leaf, 22), DG_OK);
    assert_memory_equal(dg_hash_tree_root(&tree)->b, file.what.chunk_root.b, 32);
    dg_hash_tree_free(&tree);
    struct dg_hash whole = dg_sha256(dg_bytes_at(file.bytes, (size_t)file.what.size));
    assert_memory_equal(whole.b, file.what.sha256.b, 32);
    free_file(&file);
}

static void a_run_that_is_no_node_is_none(void **state)
{
    (void)state;
    struct dg_attachment what = {.size = 40 * 16384 + 1, .chunk_size = 16384}; /* 41 chunks */
    const struct dg_run none[] = {{0, 0},  {1, 2},  {0, 3},  {41, 1},
                                  {40, 2}, {0, 32}, {36, 8}, {UINT32_MAX, 1}};
    const struct dg_run some[] = {{0, 1}, {0, 16}, {40, 1}, {32, 9}, {38, 2}};
    unsigned level;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(dg_run_is_node(&what, none[i], &level));
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        assert_true(dg_run_is_node(&what, some[i], &level));
    assert_int_equal(level, 1);
}

static void what_no_file_can_be_is_no_attachment(void **state)
{
    (void)state;
    const struct dg_attachment impossible[] = {
        {.size = 0, .chunk_size = 16384},          {.size = DG_ATTACHMENT_MAX + 1, .chunk_size = 16384},
        {.size = UINT64_MAX, .chunk_size = 16384}, {.size = 1, .chunk_size = 8192},
        {.size = 1, .chunk_size = 16385},          {.size = 1, .chunk_size = 524288}};
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++)
        assert_false(dg_attachment_possible(&impossible[i]));
    assert_true(dg_attachment_possible(
        &(struct dg_attachment){.size = DG_ATTACHMENT_MAX, .chunk_size = DG_PIECE_BYTES}));
}

static void each_part_of_a_manifest_makes_another_content_but_its_name(void **state)
{
    (void)state;
    const struct dg_attachment plain = {.size = 5, .chunk_size = 16384, .name = dg_bytes_of("a")};
    struct dg_hash content = dg_attachment_content(&plain);
    struct dg_attachment other[] = {plain, plain, plain, plain, plain};
    other[0].size++;
    other[1].chunk_size *= 2;
    other[2].sha256.b[31] = 1;
    other[3].chunk_root.b[0] = 1;
    other[4].name = dg_bytes_of("b");
    for (size_t i = 0; i < 5; i++) {
        struct dg_hash got = dg_attachment_content(&other[i]);
        assert_int_equal(dg_hash_equal(&got, &content), i == 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_of_a_file_is_proven_and_no_other),
        cmocka_unit_test(the_root_is_that_of_rfc_6962_over_the_chunks),
        cmocka_unit_test(a_run_that_is_no_node_is_none),
        cmocka_unit_test(what_no_file_can_be_is_no_attachment),
        cmocka_unit_test(each_part_of_a_manifest_makes_another_content_but_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
