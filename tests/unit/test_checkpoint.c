/* Checkpoints and cosignatures, against vectors made by other implementations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/note.h"
#include "tests/unit/note_vectors.h"

static enum dg_err verify_checkpoint(const char *text)
{
    struct dg_verifier log = verifier_of(PETER_KEY);
    struct dg_checkpoint checkpoint;
    return dg_checkpoint_verify(dg_bytes_of(text), &log, &checkpoint);
}

static void a_weak_key_is_refused_wherever_it_is_met(void **state)
{
    (void)state;
    struct dg_key identity = {{1}}, mixed;
    memset(mixed.b, 0x99, sizeof mixed.b);
    mixed.b[0] = 0x95;
    const struct dg_key *const weak[] = {&identity, &mixed};

    for (size_t i = 0; i < 2; i++) {
        struct dg_verifier log = dg_verifier_of("PeterNeumann", DG_NOTE_ED25519, weak[i]), read;
        struct dg_verifier witness = dg_verifier_of("w", DG_NOTE_COSIGNATURE, weak[i]);
        struct dg_checkpoint checkpoint;
        uint8_t blob[DG_NOTE_BLOB_MAX] = {1};
        uint64_t seconds;
        struct dg_buf out;
        dg_buf_init(&out, DG_CHECKPOINT_MAX);
        dg_verifier_text(&log, &out);
        assert_int_equal(dg_verifier_parse(dg_buf_bytes(&out), &read), DG_ERR_WEAK_KEY);

        dg_buf_reset(&out);
        dg_buf_add_text(&out, BODY "\n");
        dg_note_add_signature(&log, dg_bytes_at(blob, DG_SIG_BYTES), &out); /* R = 1, S = 0 */
        blob[0] = 0;
        dg_note_add_signature(&witness, dg_bytes_at(blob, sizeof blob), &out);
        assert_int_equal(dg_checkpoint_verify(dg_buf_bytes(&out), &log, &checkpoint), DG_ERR_WEAK_KEY);
        assert_int_equal(dg_cosignature_verify(dg_buf_bytes(&out), &witness, &seconds), DG_ERR_WEAK_KEY);
        dg_buf_done(&out);
    }
}

/* A signature of some future kind, such as ML-DSA-44's 2432 bytes. */
static void a_large_signature_by_an_unknown_signer_is_ignored(void **state)
{
    (void)state;
    struct dg_verifier log = verifier_of(PETER_KEY);
    struct dg_checkpoint checkpoint;
    struct dg_note note;
    static uint8_t blob[4 + 2428];
    struct dg_buf out;
    dg_buf_init(&out, DG_CHECKPOINT_MAX);
    dg_buf_add_text(&out, CHECKPOINT "\u2014 other ");
    dg_base64(dg_bytes_at(blob, sizeof blob), &out);
    dg_buf_add_text(&out, "\n");
    assert_int_equal(dg_note_parse(dg_buf_bytes(&out), &note), DG_OK);
    assert_int_equal(note.signature[1].blob_size, 0);
    assert_int_equal(dg_checkpoint_verify(dg_buf_bytes(&out), &log, &checkpoint), DG_OK);
    dg_buf_done(&out);
}

static void a_checkpoint_signed_by_another_implementation_verifies(void **state)
{
    (void)state;
    struct dg_verifier log = verifier_of(PETER_KEY);
    struct dg_checkpoint checkpoint;
    assert_int_equal(dg_checkpoint_verify(dg_bytes_of(CHECKPOINT), &log, &checkpoint), DG_OK);
    assert_string_equal(checkpoint.origin, "PeterNeumann");
    assert_int_equal(checkpoint.size, 20852163);
    assert_int_equal(checkpoint.root.b[0], 0x0a);
    assert_int_equal(checkpoint.root.b[31], 0x62);
}

static void we_sign_the_same_bytes_as_another_implementation(void **state)
{
    (void)state;
    struct dg_verifier log = verifier_of(PETER_KEY), witness = verifier_of(WITNESS_KEY);
    struct dg_checkpoint checkpoint;
    struct dg_buf out;
    dg_buf_init(&out, DG_CHECKPOINT_MAX);
    assert_int_equal(dg_checkpoint_body_parse(dg_bytes_of(BODY), &checkpoint), DG_OK);
    assert_int_equal(dg_checkpoint_sign(&checkpoint, &peter, &log.key, &out), DG_OK);
    assert_true(dg_bytes_is(dg_buf_bytes(&out), CHECKPOINT));
    assert_int_equal(dg_cosign(&out, &witness, &peter, 1679315147), DG_OK);
    assert_true(dg_bytes_is(dg_buf_bytes(&out), CHECKPOINT WITNESS_LINE));
    dg_buf_done(&out);
}

static void a_signer_without_the_key_leaves_nothing_behind(void **state)
{
    (void)state;
    struct dg_key other = {{5}};
    struct dg_verifier witness = dg_verifier_of("w", DG_NOTE_COSIGNATURE, &other);
    struct dg_checkpoint checkpoint = {.origin = "o"};
    struct dg_buf out;
    dg_buf_init(&out, DG_CHECKPOINT_MAX);
    assert_int_equal(dg_checkpoint_sign(&checkpoint, &peter, &other, &out), DG_ERR_NOT_PERMITTED);
    assert_int_equal(out.size, 0);
    dg_buf_add_text(&out, CHECKPOINT);
    assert_int_equal(dg_cosign(&out, &witness, &peter, 1), DG_ERR_NOT_PERMITTED);
    assert_true(dg_bytes_is(dg_buf_bytes(&out), CHECKPOINT));
    dg_buf_done(&out);
}

static void every_flipped_bit_of_a_checkpoint_is_refused(void **state)
{
    (void)state;
    struct dg_verifier log = verifier_of(PETER_KEY);
    struct dg_checkpoint checkpoint;
    uint8_t note[] = CHECKPOINT;
    size_t size = sizeof note - 1;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        note[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(dg_checkpoint_verify(dg_bytes_at(note, size), &log, &checkpoint), DG_OK);
        note[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void every_cut_checkpoint_is_refused(void **state)
{
    (void)state;
    struct dg_verifier log = verifier_of(PETER_KEY);
    struct dg_checkpoint checkpoint;
    struct dg_bytes note = dg_bytes_of(CHECKPOINT);
    for (size_t size = 0; size < note.size; size++)
        assert_int_not_equal(dg_checkpoint_verify(dg_bytes_at(note.data, size), &log, &checkpoint), DG_OK);
}

static void bodies_that_are_not_three_strict_lines_are_refused(void **state)
{
    (void)state;
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    static const char *const bad[] = {
        "",
        "o\n5\n",
        "o\n5\n" ROOT,
        "\n5\n" ROOT "\n",
        "o\n\n" ROOT "\n",
        "o\n05\n" ROOT "\n",
        "o\n+5\n" ROOT "\n",
        "o\n-5\n" ROOT "\n",
        "o\n 5\n" ROOT "\n",
        "o\n5 \n" ROOT "\n",
        "o\n0x5\n" ROOT "\n",
        "o\n00\n" ROOT "\n",
        "o\n9223372036854775808\n" ROOT "\n",
        "o\n18446744073709551621\n" ROOT "\n",
        "o\n99999999999999999999999\n" ROOT "\n",
        "o\n5\r\n" ROOT "\n",
        "o p\n5\n" ROOT "\n",
        "o+p\n5\n" ROOT "\n",
        "o\n5\n" ROOT "\n\n",
        "o\n5\n" ROOT "\nextension\n",
        "o\n5\n" ROOT " \n",
        "o\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", /* trailing bits */
        "o\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",  /* no padding */
        "o\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n", /* 31 bytes */
        "o\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2JC\n", /* 33 bytes */
    };
#undef ROOT
    struct dg_checkpoint checkpoint;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(dg_checkpoint_body_parse(dg_bytes_of(bad[i]), &checkpoint), DG_ERR_BAD_CHECKPOINT);
}

static void a_body_reads_back_as_it_was_written(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, 9, 10, INT64_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct dg_checkpoint written = {.origin = "gov.vn/ha-noi/e1", .size = sizes[i]}, read;
        struct dg_buf out;
        dg_random(written.root.b, sizeof written.root.b);
        dg_buf_init(&out, DG_CHECKPOINT_MAX);
        dg_checkpoint_body(&written, &out);
        assert_int_equal(dg_checkpoint_body_parse(dg_buf_bytes(&out), &read), DG_OK);
        assert_memory_equal(&read, &written, sizeof read);
        dg_buf_done(&out);
    }
}

static void an_origin_longer_than_its_maximum_is_refused(void **state)
{
    (void)state;
    struct dg_checkpoint checkpoint;
    for (size_t size = DG_ORIGIN_MAX; size <= DG_ORIGIN_MAX + 1; size++) {
        struct dg_buf out;
        dg_buf_init(&out, DG_CHECKPOINT_MAX);
        for (size_t i = 0; i < size; i++)
            dg_buf_add_u8(&out, 'o');
        dg_buf_add_text(&out, "\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n");
        assert_int_equal(dg_checkpoint_body_parse(dg_buf_bytes(&out), &checkpoint),
                         size <= DG_ORIGIN_MAX ? DG_OK : DG_ERR_BAD_CHECKPOINT);
        dg_buf_done(&out);
    }
}

static void unknown_signers_are_ignored_and_known_ones_are_not(void **state)
{
    (void)state;
    assert_int_equal(verify_checkpoint(BODY "\n" UNKNOWN_LINE LOG_LINE WITNESS_LINE), DG_OK);
    assert_int_equal(verify_checkpoint(BODY "\n" UNKNOWN_LINE), DG_ERR_BAD_SIGNATURE);
    /* The log's own line of another text, alone and beside the right one. */
    assert_int_equal(verify_checkpoint(BODY "\n" PETER_SIG), DG_ERR_BAD_SIGNATURE);
    assert_int_equal(verify_checkpoint(BODY "\n" LOG_LINE PETER_SIG), DG_ERR_BAD_CHECKPOINT);
    assert_int_equal(verify_checkpoint(BODY "\n" LOG_LINE LOG_LINE), DG_ERR_BAD_CHECKPOINT);
    /* The name with another key hash, and the key hash with another name, are strangers. */
    assert_int_equal(verify_checkpoint(BODY "\n\u2014 PeterNeumann y08go/ZJkuBS\n" LOG_LINE), DG_OK);
    assert_int_equal(verify_checkpoint(BODY "\n\u2014 Enoch x08go/ZJkuBS\n" LOG_LINE), DG_OK);
    assert_int_equal(verify_checkpoint(BODY "\n\u2014 PeterNeumann x08go/ZJkuBS\n"), DG_ERR_BAD_SIGNATURE);
}

static void a_checkpoint_of_another_origin_is_refused(void **state)
{
    (void)state;
    struct dg_verifier log = verifier_of(PETER_KEY);
    struct dg_verifier renamed = dg_verifier_of("Enoch", DG_NOTE_ED25519, &log.key);
    struct dg_checkpoint checkpoint;
    assert_int_equal(dg_checkpoint_verify(dg_bytes_of(CHECKPOINT), &renamed, &checkpoint),
                     DG_ERR_BAD_CHECKPOINT);
    struct dg_verifier retyped = dg_verifier_of(log.name, DG_NOTE_COSIGNATURE, &log.key);
    assert_int_equal(dg_checkpoint_verify(dg_bytes_of(CHECKPOINT), &retyped, &checkpoint),
                     DG_ERR_BAD_SIGNATURE);
}

static void a_note_that_holds_no_checkpoint_is_not_one(void **state)
{
    (void)state;
    assert_int_equal(verify_checkpoint(PETER_TEXT "\n" PETER_SIG), DG_ERR_BAD_CHECKPOINT);
}

static void an_opened_checkpoint_leaves_only_the_signature_to_check(void **state)
{
    (void)state;
    struct dg_verifier log = verifier_of(PETER_KEY);
    struct dg_checkpoint checkpoint;
    struct dg_bytes text;
    struct dg_sig sig;
    assert_int_equal(dg_checkpoint_open(dg_bytes_of(CHECKPOINT), &log, &checkpoint, &text, &sig), DG_OK);
    assert_true(dg_bytes_is(text, BODY));
    assert_true(dg_verify(&log.key, "", text, &sig));
}

static void a_cosignature_by_another_implementation_verifies(void **state)
{
    (void)state;
    struct dg_verifier witness = verifier_of(WITNESS_KEY);
    uint64_t seconds = 0;
    assert_int_equal(dg_cosignature_verify(dg_bytes_of(CHECKPOINT WITNESS_LINE), &witness, &seconds), DG_OK);
    assert_int_equal(seconds, 1679315147);
    assert_int_equal(dg_cosignature_verify(dg_bytes_of(CHECKPOINT), &witness, &seconds), DG_ERR_NOT_FOUND);
}

static void every_flipped_bit_of_a_cosigned_body_or_line_is_refused(void **state)
{
    (void)state;
    struct dg_verifier witness = verifier_of(WITNESS_KEY);
    uint8_t note[] = BODY "\n" WITNESS_LINE;
    size_t size = sizeof note - 1;
    uint64_t seconds;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        note[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(dg_cosignature_verify(dg_bytes_at(note, size), &witness, &seconds), DG_OK);
        note[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void the_cosigned_message_begins_with_its_own_two_lines(void **state)
{
    (void)state;
    struct dg_buf out;
    dg_buf_init(&out, 512);
    dg_cosignature_message(0, dg_bytes_of("body\n"), &out);
    assert_true(dg_bytes_is(dg_buf_bytes(&out), "cosignature/v1\ntime 0\nbody\n"));
    dg_buf_done(&out);
}

static void a_witness_cosigns_once_and_only_checkpoints(void **state)
{
    (void)state;
    struct dg_verifier witness = verifier_of(WITNESS_KEY);
    static const char *const bad[] = {CHECKPOINT WITNESS_LINE, PETER_TEXT "\n" PETER_SIG, BODY, ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct dg_buf note;
        dg_buf_init(&note, DG_CHECKPOINT_MAX);
        dg_buf_add_text(&note, bad[i]);
        assert_int_equal(dg_cosign(&note, &witness, &peter, 1), DG_ERR_BAD_CHECKPOINT);
        assert_true(dg_bytes_is(dg_buf_bytes(&note), bad[i]));
        dg_buf_done(&note);
    }
}

static void a_full_note_is_not_cosigned(void **state)
{
    (void)state;
    struct dg_verifier witness = verifier_of(WITNESS_KEY);
    struct dg_buf note;
    dg_buf_init(&note, 2 * DG_CHECKPOINT_MAX);
    dg_buf_add_text(&note, CHECKPOINT);
    for (int i = 0; i < 15; i++)
        dg_buf_add_text(&note, UNKNOWN_LINE);
    size_t size = note.size;
    assert_int_equal(dg_cosign(&note, &witness, &peter, 1), DG_ERR_TOO_LARGE);
    assert_int_equal(note.size, size);

    dg_buf_reset(&note);
    dg_buf_add_text(&note, CHECKPOINT "\u2014 ");
    while (note.size < DG_CHECKPOINT_MAX - 100)
        dg_buf_add_u8(&note, 'x');
    dg_buf_add_text(&note, " x08go/ZJkuBS\n");
    size = note.size;
    assert_int_equal(dg_cosign(&note, &witness, &peter, 1), DG_ERR_TOO_LARGE);
    assert_int_equal(note.size, size);
    dg_buf_done(&note);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_weak_key_is_refused_wherever_it_is_met),
        cmocka_unit_test(a_large_signature_by_an_unknown_signer_is_ignored),
        cmocka_unit_test(a_checkpoint_signed_by_another_implementation_verifies),
        cmocka_unit_test(we_sign_the_same_bytes_as_another_implementation),
        cmocka_unit_test(a_signer_without_the_key_leaves_nothing_behind),
        cmocka_unit_test(every_flipped_bit_of_a_checkpoint_is_refused),
        cmocka_unit_test(every_cut_checkpoint_is_refused),
        cmocka_unit_test(bodies_that_are_not_three_strict_lines_are_refused),
        cmocka_unit_test(a_body_reads_back_as_it_was_written),
        cmocka_unit_test(an_origin_longer_than_its_maximum_is_refused),
        cmocka_unit_test(unknown_signers_are_ignored_and_known_ones_are_not),
        cmocka_unit_test(a_checkpoint_of_another_origin_is_refused),
        cmocka_unit_test(a_note_that_holds_no_checkpoint_is_not_one),
        cmocka_unit_test(an_opened_checkpoint_leaves_only_the_signature_to_check),
        cmocka_unit_test(a_cosignature_by_another_implementation_verifies),
        cmocka_unit_test(every_flipped_bit_of_a_cosigned_body_or_line_is_refused),
        cmocka_unit_test(the_cosigned_message_begins_with_its_own_two_lines),
        cmocka_unit_test(a_witness_cosigns_once_and_only_checkpoints),
        cmocka_unit_test(a_full_note_is_not_cosigned),
    };
    if (dg_crypto_start(NULL) != DG_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
