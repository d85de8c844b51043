/* Notes and verifier keys: the published examples, and everything that is nearly one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/note.h"
#include "tests/unit/note_vectors.h"

static void assert_note_refused(const char *text)
{
    struct dg_note note;
    assert_int_equal(dg_note_parse(dg_bytes_of(text), &note), DG_ERR_BAD_CHECKPOINT);
}

static void assert_note_verifies(const char *text, const char *key)
{
    struct dg_verifier verifier = verifier_of(key);
    const struct dg_note_signature *signature;
    struct dg_note note;
    struct dg_sig sig;
    assert_int_equal(dg_note_parse(dg_bytes_of(text), &note), DG_OK);
    assert_int_equal(dg_note_find(&note, &verifier, &signature), DG_OK);
    assert_int_equal(signature->blob_size, sizeof sig.b);
    memcpy(sig.b, signature->blob, sizeof sig.b);
    assert_true(dg_verify(&verifier.key, "", note.text, &sig));
}

static void the_published_notes_verify(void **state)
{
    (void)state;
    assert_note_verifies(PETER_TEXT "\n" PETER_SIG, PETER_KEY);
    /* c2sp.org/signed-note@v1.0.0 */
    assert_note_verifies(
        "This is an example message.\n\n"
        "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH"
        "3mFXmRKuwHjG1Yu72IneyaQM=\n",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
}

static void a_verifier_writes_the_text_it_was_read_from(void **state)
{
    (void)state;
    static const char *const texts[] = {PETER_KEY, WITNESS_KEY};
    for (size_t i = 0; i < 2; i++) {
        struct dg_verifier read = verifier_of(texts[i]);
        struct dg_verifier made = dg_verifier_of(read.name, read.type, &read.key);
        struct dg_buf out;
        assert_int_equal(made.key_hash, read.key_hash);
        dg_buf_init(&out, DG_VERIFIER_TEXT_MAX);
        dg_verifier_text(&made, &out);
        assert_true(dg_bytes_is(dg_buf_bytes(&out), texts[i]));
        dg_buf_done(&out);
    }
}

static void a_verifier_that_is_not_strictly_one_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        PETER_KEY "\n",
        " " PETER_KEY,
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+0c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    };
    struct dg_verifier verifier;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(dg_verifier_parse(dg_bytes_of(bad[i]), &verifier), DG_ERR_MALFORMED);
}

static void names_are_utf8_without_spaces_controls_or_plus(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "gov.vn/ha-noi/e1", "Hà-Nội", "\U0001f33e"};
    static const char *const bad[] = {"",
                                      " ",
                                      "a b",
                                      "a+b",
                                      "a\tb",
                                      "a\nb",
                                      "a\u00a0b",
                                      "\u1680",
                                      "a\u2003",
                                      "\u3000",
                                      "\u2028",
                                      "a\xff",
                                      "\xc0\xaf",
                                      "\xe0\x80\xaf",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xe2\x80",
                                      "\x85"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(dg_note_name_ok(dg_bytes_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(dg_note_name_ok(dg_bytes_of(bad[i])));
    assert_false(dg_note_name_ok(dg_bytes_at("a\0b", 3)));
}

static void what_is_not_strictly_a_note_is_refused(void **state)
{
    (void)state;
    assert_note_refused("");
    assert_note_refused("\n");
    assert_note_refused("\n\n");
    assert_note_refused("text\n");
    assert_note_refused("text\n\n");
    assert_note_refused("text\n" PETER_SIG);             /* no empty line */
    assert_note_refused("text" PETER_SIG);               /* no newline */
    assert_note_refused("\n" PETER_SIG);                 /* no text */
    assert_note_refused(PETER_TEXT "\n" PETER_SIG "\n"); /* an empty line after it */
    assert_note_refused(PETER_TEXT "\n\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/"); /* no last newline */
    assert_note_refused(PETER_TEXT "\n" PETER_SIG "x\n");                           /* not a signature line */
    assert_note_refused("te\rxt\n\n" PETER_SIG);
    assert_note_refused("te\txt\n\n" PETER_SIG);
    assert_note_refused("te\xff"
                        "xt\n\n" PETER_SIG);
    assert_note_refused("text\n\n- PeterNeumann x08go/ZJkuBS\n");       /* a hyphen */
    assert_note_refused("text\n\n\u2014PeterNeumann x08go/ZJkuBS\n");   /* no space */
    assert_note_refused("text\n\n\u2014  PeterNeumann x08go/ZJkuBS\n"); /* an empty name */
    assert_note_refused("text\n\n\u2014 PeterNeumann  x08go/ZJkuBS\n"); /* two spaces */
    assert_note_refused("text\n\n\u2014 PeterNeumann x08go/ZJkuBS \n"); /* a space behind */
    assert_note_refused("text\n\n\u2014 Peter+Neumann x08go/ZJkuBS\n");
    assert_note_refused("text\n\n\u2014 Peter\u00a0Neumann x08go/ZJkuBS\n");
    assert_note_refused("text\n\n\u2014 PeterNeumann\n");
    assert_note_refused("text\n\n\u2014 PeterNeumann \n");
    assert_note_refused("text\n\n\u2014 PeterNeumann x08gow==\n"); /* a key hash alone */
    assert_note_refused("text\n\n\u2014 PeterNeumann x08go/Z=\n"); /* trailing bits */
    assert_note_refused("text\n\n\u2014 PeterNeumann x08go/Y\n");  /* no padding */
    assert_note_refused("text\r\n\r\n\u2014 PeterNeumann x08go/ZJkuBS\r\n");
}

static void the_last_empty_line_ends_the_text(void **state)
{
    (void)state;
    struct dg_note note;
    assert_int_equal(dg_note_parse(dg_bytes_of("a\n\n\u2014 b\n\n\nc\n\n\n" PETER_SIG), &note), DG_OK);
    assert_true(dg_bytes_is(note.text, "a\n\n\u2014 b\n\n\nc\n\n"));
    assert_int_equal(note.signature_count, 1);
}

static void a_note_holds_sixteen_signatures_and_no_more(void **state)
{
    (void)state;
    struct dg_note note;
    struct dg_buf out;
    dg_buf_init(&out, DG_CHECKPOINT_MAX);
    dg_buf_add_text(&out, "text\n\n");
    for (int i = 0; i < 16; i++)
        dg_buf_add_text(&out, PETER_SIG);
    assert_int_equal(dg_note_parse(dg_buf_bytes(&out), &note), DG_OK);
    assert_int_equal(note.signature_count, 16);
    dg_buf_add_text(&out, PETER_SIG);
    assert_int_equal(dg_note_parse(dg_buf_bytes(&out), &note), DG_ERR_BAD_CHECKPOINT);
    dg_buf_done(&out);
}

static void a_note_beyond_its_maximum_is_refused(void **state)
{
    (void)state;
    struct dg_note note;
    static const char tail[] = "\n\n" PETER_SIG;
    size_t tail_size = sizeof tail - 1;
    static char text[DG_CHECKPOINT_MAX + 1];
    memset(text, 'a', sizeof text);
    memcpy(text + sizeof text - 1 - tail_size, tail, tail_size);
    assert_int_equal(dg_note_parse(dg_bytes_at(text, sizeof text - 1), &note), DG_OK);
    memcpy(text + sizeof text - tail_size, tail, tail_size);
    assert_int_equal(dg_note_parse(dg_bytes_at(text, sizeof text), &note), DG_ERR_BAD_CHECKPOINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_notes_verify),
        cmocka_unit_test(a_verifier_writes_the_text_it_was_read_from),
        cmocka_unit_test(a_verifier_that_is_not_strictly_one_is_refused),
        cmocka_unit_test(names_are_utf8_without_spaces_controls_or_plus),
        cmocka_unit_test(what_is_not_strictly_a_note_is_refused),
        cmocka_unit_test(the_last_empty_line_ends_the_text),
        cmocka_unit_test(a_note_holds_sixteen_signatures_and_no_more),
        cmocka_unit_test(a_note_beyond_its_maximum_is_refused),
    };
    if (dg_crypto_start(NULL) != DG_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
