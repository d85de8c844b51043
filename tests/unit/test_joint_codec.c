/* test_joint_codec.c - voids and comments as bytes, and the two days that only some reports name. */
#include "codec_checks.h"

CODEC(void, dg_void, dg_void_decode, dg_void_encode)
CODEC(comment, dg_comment, dg_comment_decode, dg_comment_encode)
CODEC(report, dg_report, dg_report_decode, dg_report_encode)

/* A field number of donggui.proto. */
enum { REPLY_BY = 24 };

static struct dg_buf void_buf, comment_buf;

static int make_samples(void **state)
{
    struct dg_void voided = sample_void();
    struct dg_comment comment = sample_comment();

    if (start_crypto(state) != 0)
        return -1;
    dg_buf_init(&void_buf, DG_VOID_MAX);
    dg_buf_init(&comment_buf, DG_COMMENT_MAX);
    assert_int_equal(dg_void_encode(&voided, &void_buf), DG_OK);
    return dg_comment_encode(&comment, &comment_buf) == DG_OK ? 0 : -1;
}

static int free_samples(void **state)
{
    (void)state;
    dg_buf_done(&void_buf);
    dg_buf_done(&comment_buf);
    return 0;
}

static void what_was_encoded_decodes_to_the_same(void **state)
{
    (void)state;
    check_round_trip(pass_void, dg_buf_bytes(&void_buf));
    check_round_trip(pass_comment, dg_buf_bytes(&comment_buf));
}

static void every_field_of_a_void_and_a_comment_survives(void **state)
{
    (void)state;
    struct dg_arena arena;
    struct dg_void voided;
    struct dg_comment comment;

    dg_arena_init(&arena, 0);
    assert_int_equal(dg_void_decode(&arena, dg_buf_bytes(&void_buf), &voided, NULL), DG_OK);
    assert_true(dg_bytes_is(voided.organ, "bcsd-ubnd"));
    assert_int_equal(voided.to_seq_count, 2);
    assert_true(dg_bytes_is(voided.to_seq[0].unit, "trung-uong"));
    assert_int_equal(voided.to_seq[0].seq, 7);
    assert_int_equal(dg_comment_decode(&arena, dg_buf_bytes(&comment_buf), &comment, NULL), DG_OK);
    assert_true(dg_bytes_is(comment.unit, "dong-nai"));
    assert_true(dg_bytes_is(comment.text, "Đề nghị bổ sung khoản 3.\nCòn lại nhất trí.\n"));
    assert_int_equal(comment.signed_ms, SAMPLE_MS);
    dg_arena_done(&arena);
}

static void hostile_bytes_do_no_harm(void **state)
{
    (void)state;
    check_truncation(pass_void, dg_buf_bytes(&void_buf), false);
    check_bit_flips(pass_void, dg_buf_bytes(&void_buf), true);
    check_memory_failures(pass_void, dg_buf_bytes(&void_buf));
    check_truncation(pass_comment, dg_buf_bytes(&comment_buf), false);
    check_bit_flips(pass_comment, dg_buf_bytes(&comment_buf), true);
    check_memory_failures(pass_comment, dg_buf_bytes(&comment_buf));
}

static enum dg_err comment_of(size_t size)
{
    struct dg_comment comment = sample_comment();
    struct dg_buf text, bytes;

    dg_buf_init(&text, DG_COMMENT_MAX);
    dg_buf_init(&bytes, 2 * DG_COMMENT_MAX);
    for (size_t i = 0; i < size; i++)
        dg_buf_add_text(&text, "a");
    comment.text = dg_buf_bytes(&text);
    assert_int_equal(dg_comment_encode(&comment, &bytes), DG_OK);
    enum dg_err err = decode_only(pass_comment, dg_buf_bytes(&bytes));
    dg_buf_done(&text);
    dg_buf_done(&bytes);
    return err;
}

static void a_comment_has_between_one_byte_and_32_KiB(void **state)
{
    (void)state;
    assert_int_equal(comment_of(0), DG_ERR_MALFORMED);
    assert_int_equal(comment_of(1), DG_OK);
    assert_int_equal(comment_of(DG_COMMENT_TEXT_MAX), DG_OK);
    assert_int_equal(comment_of(DG_COMMENT_TEXT_MAX + 1), DG_ERR_TOO_LARGE);
}

static void a_void_names_no_unit_twice_and_no_number_nought(void **state)
{
    (void)state;
    struct dg_to_seq twice[2] = {{sample_text("bien-hoa"), 1}, {sample_text("bien-hoa"), 2}};
    struct dg_void voided = sample_void();
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_VOID_MAX);
    voided.to_seq = twice;
    assert_int_equal(dg_void_encode(&voided, &bytes), DG_OK);
    assert_int_equal(decode_only(pass_void, dg_buf_bytes(&bytes)), DG_ERR_MALFORMED);
    dg_buf_reset(&bytes);
    twice[1] = (struct dg_to_seq){sample_text("long-khanh"), 0};
    assert_int_equal(dg_void_encode(&voided, &bytes), DG_OK);
    assert_int_equal(decode_only(pass_void, dg_buf_bytes(&bytes)), DG_ERR_MALFORMED);
    dg_buf_done(&bytes);
}

static enum dg_err report_with(const char *reply_by, const char *settles_on)
{
    struct dg_report report = sample_report();
    struct dg_buf bytes;

    report.reply_by = dg_bytes_of(reply_by);
    report.settles_on = dg_bytes_of(settles_on);
    dg_buf_init(&bytes, DG_REPORT_MAX);
    assert_int_equal(dg_report_encode(&report, &bytes), DG_OK);
    enum dg_err err = decode_only(pass_report, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return err;
}

static void the_days_of_a_report_exist_or_are_absent(void **state)
{
    (void)state;
    assert_int_equal(report_with("", ""), DG_OK);
    assert_int_equal(report_with("2026-11-10", ""), DG_OK);
    assert_int_equal(report_with("", "2026-02-28"), DG_OK);
    assert_int_equal(report_with("2026-02-30", ""), DG_ERR_BAD_DATE);
    assert_int_equal(report_with("", "soon"), DG_ERR_BAD_DATE);
}

/* Reports of earlier versions have neither day: their bytes, and so their ids, must stay what they were. */
static void a_report_without_the_days_has_the_bytes_it_always_had(void **state)
{
    (void)state;
    struct dg_report report = sample_report();
    struct dg_buf bytes, with_empty;

    dg_buf_init(&bytes, DG_REPORT_MAX);
    dg_buf_init(&with_empty, DG_REPORT_MAX);
    assert_int_equal(dg_report_encode(&report, &bytes), DG_OK);
    assert_memory_equal(bytes.data + bytes.size - 16, report.salt, 16);
    dg_buf_add_bytes(&with_empty, dg_buf_bytes(&bytes));
    put_bytes(&with_empty, REPLY_BY, dg_bytes_at(NULL, 0));
    assert_int_equal(decode_only(pass_report, dg_buf_bytes(&with_empty)), DG_ERR_NOT_CANONICAL);
    dg_buf_done(&bytes);
    dg_buf_done(&with_empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_decodes_to_the_same),
        cmocka_unit_test(every_field_of_a_void_and_a_comment_survives),
        cmocka_unit_test(hostile_bytes_do_no_harm),
        cmocka_unit_test(a_comment_has_between_one_byte_and_32_KiB),
        cmocka_unit_test(a_void_names_no_unit_twice_and_no_number_nought),
        cmocka_unit_test(the_days_of_a_report_exist_or_are_absent),
        cmocka_unit_test(a_report_without_the_days_has_the_bytes_it_always_had),
    };

    return cmocka_run_group_tests(tests, make_samples, free_samples);
}
