/* Proof files in the form of c2sp.org/tlog-proof@v1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/note.h"
#include "tests/unit/note_vectors.h"

static void a_proof_file_reads_back_as_it_was_written(void **state)
{
    (void)state;
    for (size_t count = 0; count <= DG_PROOF_MAX; count++) {
        struct dg_tlog_proof written = {.index = count * 1000, .checkpoint = dg_bytes_of(CHECKPOINT)}, read;
        struct dg_buf out;
        written.proof.count = count;
        dg_random(written.proof.hash, sizeof written.proof.hash);
        dg_buf_init(&out, 2 * DG_CHECKPOINT_MAX);
        dg_tlog_proof_write(&written, &out);
        assert_int_equal(dg_tlog_proof_parse(dg_buf_bytes(&out), &read), DG_OK);
        assert_int_equal(read.index, written.index);
        assert_int_equal(read.proof.count, count);
        assert_memory_equal(read.proof.hash, written.proof.hash, count * sizeof read.proof.hash[0]);
        assert_true(dg_bytes_equal(read.checkpoint, written.checkpoint));
        dg_buf_done(&out);
    }
}

static void a_proof_file_has_the_published_form(void **state)
{
    (void)state;
    struct dg_tlog_proof proof = {.index = 73894, .checkpoint = dg_bytes_of(CHECKPOINT)};
    struct dg_buf out;
    proof.proof.count = 1;
    assert_true(dg_unbase64_exact(dg_bytes_of("gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ="),
                                  proof.proof.hash[0].b, DG_HASH_BYTES));
    dg_buf_init(&out, DG_CHECKPOINT_MAX);
    dg_tlog_proof_write(&proof, &out);
    assert_true(dg_bytes_is(dg_buf_bytes(&out),
                            "c2sp.org/tlog-proof@v1\nindex 73894\n"
                            "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n\n" CHECKPOINT));
    dg_buf_done(&out);
}

static void proof_files_that_are_not_strictly_one_are_refused(void **state)
{
    (void)state;
#define FIRST "c2sp.org/tlog-proof@v1\n"
#define HASH "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
    static const char *const bad[] = {
        "",
        FIRST,
        "c2sp.org/tlog-proof@v2\nindex 1\n\n" CHECKPOINT,
        "c2sp.org/tlog-proof@v1\r\nindex 1\n\n" CHECKPOINT,
        FIRST "extra AAAA\nindex 1\n\n" CHECKPOINT,
        FIRST "\nindex 1\n\n" CHECKPOINT,
        FIRST "index 01\n\n" CHECKPOINT,
        FIRST "index +1\n\n" CHECKPOINT,
        FIRST "index -1\n\n" CHECKPOINT,
        FIRST "index \n\n" CHECKPOINT,
        FIRST "index  1\n\n" CHECKPOINT,
        FIRST "index 1 \n\n" CHECKPOINT,
        FIRST "Index 1\n\n" CHECKPOINT,
        FIRST "index 9223372036854775808\n\n" CHECKPOINT,
        FIRST "index 1\n",
        FIRST "index 1\n\n",
        FIRST "index 1\n" HASH,
        FIRST "index 1\n" HASH "\n",
        FIRST "index 1\n" HASH CHECKPOINT,
        FIRST "index 1\n " HASH "\n" CHECKPOINT,
        FIRST "index 1\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlR=\n\n" CHECKPOINT,
        FIRST "index 1\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ\n\n" CHECKPOINT,
        FIRST "index 1\nAAAA\n\n" CHECKPOINT,
    };
#undef FIRST
#undef HASH
    struct dg_tlog_proof proof;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(dg_tlog_proof_parse(dg_bytes_of(bad[i]), &proof), DG_ERR_MALFORMED);
}

static void a_proof_file_with_too_many_hashes_is_refused(void **state)
{
    (void)state;
    struct dg_tlog_proof proof;
    struct dg_buf out;
    dg_buf_init(&out, 2 * DG_CHECKPOINT_MAX);
    dg_buf_add_text(&out, "c2sp.org/tlog-proof@v1\nindex 1\n");
    for (size_t i = 0; i <= DG_PROOF_MAX; i++)
        dg_buf_add_text(&out, "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n");
    dg_buf_add_text(&out, "\n" CHECKPOINT);
    assert_int_equal(out.err, DG_OK);
    assert_int_equal(dg_tlog_proof_parse(dg_buf_bytes(&out), &proof), DG_ERR_MALFORMED);
    dg_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proof_file_reads_back_as_it_was_written),
        cmocka_unit_test(a_proof_file_has_the_published_form),
        cmocka_unit_test(proof_files_that_are_not_strictly_one_are_refused),
        cmocka_unit_test(a_proof_file_with_too_many_hashes_is_refused),
    };
    if (dg_crypto_start(NULL) != DG_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
