/* test_log_page.c - proto/LOG.md says the truth: its examples are read by the code it describes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/note.h"
#include "proto/leaf.h"

enum { PAGE_MAX = 256 * 1024 };

static char page[PAGE_MAX];

static int read_page(void **state)
{
    FILE *file = fopen(DG_SOURCE_DIR "/proto/LOG.md", "rb");

    (void)state;
    if (file == NULL || dg_crypto_start(NULL) != DG_OK)
        return -1;
    size_t size = fread(page, 1, sizeof page - 1, file);
    page[size] = '\0';
    return fclose(file) != 0 || size == sizeof page - 1 ? -1 : 0;
}

/* Finds the next fenced block that begins with this fence at or after *at, and moves *at behind it. */
static bool next_block(const char *fence, const char **at, struct dg_bytes *ret)
{
    const char *start = strstr(*at, fence);
    const char *text = start != NULL ? strchr(start + 1, '\n') : NULL;
    const char *end = text != NULL ? strstr(text, "\n```\n") : NULL;

    if (end == NULL)
        return false;
    *ret = dg_bytes_at(text + 1, (size_t)(end - text)); /* with its last LF */
    *at = end + 4;
    return true;
}

static struct dg_bytes block(const char *fence)
{
    const char *at = page;
    struct dg_bytes found;

    assert_true(next_block(fence, &at, &found));
    return found;
}

static void every_leaf_of_the_page_is_one(void **state)
{
    const char *at = page;
    struct dg_bytes text;
    struct dg_arena arena;
    struct dg_buf out;
    unsigned kinds = 0;

    (void)state;
    dg_arena_init(&arena, 0);
    dg_buf_init(&out, DG_LEAF_MAX);
    while (next_block("\n```leaf", &at, &text)) {
        struct dg_leaf leaf;

        assert_int_equal(dg_leaf_parse(&arena, text, &leaf, NULL), DG_OK);
        dg_buf_reset(&out);
        assert_int_equal(dg_leaf_write(&leaf, &out), DG_OK);
        assert_true(dg_bytes_equal(dg_buf_bytes(&out), text));
        kinds |= 1u << leaf.kind;
    }
    unsigned written = (1u << DG_LEAF_REVOCATION) - 1;
    written |= 1u << DG_LEAF_CALENDAR | 1u << DG_LEAF_REMINDER | 1u << DG_LEAF_ABSENCE;
    written |= 1u << DG_LEAF_PASS | 1u << DG_LEAF_VOID | 1u << DG_LEAF_COMMENT;
    assert_int_equal(kinds, written);
    dg_buf_done(&out);
    dg_arena_done(&arena);
}

static void every_kind_has_its_rule_in_the_grammar(void **state)
{
    (void)state;
    for (enum dg_leaf_kind kind = DG_LEAF_REPORT; kind < DG_LEAF_KIND_COUNT; kind++) {
        char rule[64];

        snprintf(rule, sizeof rule, "= %%s\"%s \" ", dg_leaf_kind_name(kind));
        assert_non_null(strstr(page, rule));
    }
}

static void the_proof_of_the_page_verifies(void **state)
{
    const char *at = page;
    struct dg_bytes log_line, cosigner_line;
    struct dg_verifier log, cosigner;
    struct dg_tlog_proof proof;
    struct dg_checkpoint checkpoint;
    uint64_t seconds;

    (void)state;
    assert_true(next_block("\n```verifier", &at, &log_line));
    assert_true(next_block("\n```verifier", &at, &cosigner_line));
    log_line.size--; /* a verifier's line is held without its LF */
    cosigner_line.size--;
    assert_int_equal(dg_verifier_parse(log_line, &log), DG_OK);
    assert_int_equal(dg_verifier_parse(cosigner_line, &cosigner), DG_OK);
    assert_int_equal(dg_tlog_proof_parse(block("\n```proof"), &proof), DG_OK);
    assert_int_equal(dg_checkpoint_verify(proof.checkpoint, &log, &checkpoint), DG_OK);
    assert_int_equal(dg_cosignature_verify(proof.checkpoint, &cosigner, &seconds), DG_OK);
    struct dg_hash leaf = dg_merkle_leaf(block("\n```leaf 1"));
    assert_int_equal(dg_inclusion_verify(&leaf, proof.index, checkpoint.size, &proof.proof, &checkpoint.root),
                     DG_OK);
}

static void the_hashes_of_the_page_are_those_of_its_leaves(void **state)
{
    struct dg_hash hash[5];

    (void)state;
    hash[0] = dg_merkle_leaf(block("\n```leaf 0"));
    hash[1] = dg_merkle_leaf(block("\n```leaf 1"));
    hash[2] = dg_merkle_leaf(block("\n```leaf 2"));
    hash[3] = dg_merkle_node(&hash[0], &hash[1]);
    hash[4] = dg_merkle_node(&hash[3], &hash[2]);
    for (size_t i = 0; i < 5; i++) {
        char hex[DG_HEX_BYTES];

        dg_hex(hash[i].b, sizeof hash[i].b, hex);
        assert_non_null(strstr(page, hex));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_of_the_page_is_one),
        cmocka_unit_test(every_kind_has_its_rule_in_the_grammar),
        cmocka_unit_test(the_proof_of_the_page_verifies),
        cmocka_unit_test(the_hashes_of_the_page_are_those_of_its_leaves),
    };

    return cmocka_run_group_tests(tests, read_page, NULL);
}
