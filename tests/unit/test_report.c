/* test_report.c - reports, envelopes and states as bytes. */
#include "codec_checks.h"

CODEC(report, dg_report, dg_report_decode, dg_report_encode)
CODEC(envelope, dg_envelope, dg_envelope_decode, dg_envelope_encode)
CODEC(state, dg_state, dg_state_decode, dg_state_encode)

/* Field numbers of donggui.proto. */
enum {
    VERSION = 1,
    AUTHOR = 3,
    KIND = 5,
    PERIOD = 6,
    DATE = 8,
    TITLE = 9,
    URGENCY = 10,
    MATTER = 11,
    SUPERSEDES = 14,
    EXTRA = 16,
    BODY = 17,
    ATTACHMENT = 18,
    RECIPIENT = 20,
    SIGNED_MS = 22,
    SALT = 23
};

static struct dg_buf report_buf, envelope_buf, state_buf;

static struct dg_bytes report_bytes(void)
{
    return dg_buf_bytes(&report_buf);
}

static int make_samples(void **state)
{
    struct dg_report report = sample_report();
    struct dg_state organ_state = sample_state();

    if (start_crypto(state) != 0)
        return -1;
    dg_buf_init(&report_buf, DG_REPORT_MAX);
    dg_buf_init(&envelope_buf, DG_ENVELOPE_MAX);
    dg_buf_init(&state_buf, 4096);
    assert_int_equal(dg_report_encode(&report, &report_buf), DG_OK);
    struct dg_envelope envelope = sample_envelope(report_bytes());
    assert_int_equal(dg_envelope_encode(&envelope, &envelope_buf), DG_OK);
    return dg_state_encode(&organ_state, &state_buf) == DG_OK ? 0 : -1;
}

static int free_samples(void **state)
{
    (void)state;
    dg_buf_done(&report_buf);
    dg_buf_done(&envelope_buf);
    dg_buf_done(&state_buf);
    return 0;
}

static void what_was_encoded_decodes_to_the_same(void **state)
{
    (void)state;
    check_round_trip(pass_report, report_bytes());
    check_round_trip(pass_envelope, dg_buf_bytes(&envelope_buf));
    check_round_trip(pass_state, dg_buf_bytes(&state_buf));
}

static void every_field_of_a_report_survives(void **state)
{
    (void)state;
    struct dg_arena arena;
    struct dg_report report;

    dg_arena_init(&arena, 0);
    assert_int_equal(dg_report_decode(&arena, report_bytes(), &report, NULL), DG_OK);
    assert_int_equal(report.author_count, 1);
    assert_true(dg_bytes_is(report.author[0].organ, "cap-uy"));
    assert_true(dg_bytes_is(report.title, "Báo cáo tình hình Nhân dân tháng 10"));
    assert_int_equal(report.urgency, DG_URGENCY_KHAN);
    assert_int_equal(report.recipient_count, 2);
    assert_true(dg_bytes_is(report.recipient[0].rule[1], "BP-25.1"));
    assert_true(dg_bytes_is(report.recipient[0].through, "van-phong@binh-phuoc"));
    assert_false(report.recipient[1].has_certificate);
    assert_int_equal(report.to_seq[0].seq, 42);
    assert_int_equal(report.signed_ms, SAMPLE_MS);
    assert_int_equal(report.salt[0], 9);
    dg_arena_done(&arena);
}

static void the_id_is_the_hash_of_the_bytes(void **state)
{
    (void)state;
    struct dg_id id = dg_report_id(report_bytes());
    struct dg_hash hash = dg_sha256(report_bytes());

    assert_memory_equal(id.b, hash.b, sizeof id.b);
}

static void a_draft_may_lack_what_the_node_completes(void **state)
{
    (void)state;
    struct dg_report draft = {.kind = sample_text("periodic"), .title = sample_text("Tiêu đề")}, got;
    struct dg_buf bytes;
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    dg_buf_init(&bytes, DG_REPORT_MAX);
    assert_int_equal(dg_draft_encode(&draft, &bytes), DG_OK);
    assert_int_equal(dg_draft_decode(&arena, dg_buf_bytes(&bytes), &got, NULL), DG_OK);
    assert_int_equal(got.urgency, DG_URGENCY_NORMAL);
    assert_int_equal(got.author_count, 0);
    assert_int_not_equal(decode_only(pass_report, dg_buf_bytes(&bytes)), DG_OK);
    dg_buf_done(&bytes);
    dg_arena_done(&arena);
}

static void truncation_at_every_byte_is_refused(void **state)
{
    (void)state;
    check_truncation(pass_report, report_bytes(), true);
    check_truncation(pass_envelope, dg_buf_bytes(&envelope_buf), true);
    check_truncation(pass_state, dg_buf_bytes(&state_buf), true);
}

static void every_flipped_bit_is_refused_or_canonical(void **state)
{
    (void)state;
    check_bit_flips(pass_report, report_bytes(), true);
    check_bit_flips(pass_state, dg_buf_bytes(&state_buf), true);
}

static void want_of_memory_is_a_clean_error(void **state)
{
    (void)state;
    check_memory_failures(pass_report, report_bytes());
    check_memory_failures(pass_envelope, dg_buf_bytes(&envelope_buf));
    check_memory_failures(pass_state, dg_buf_bytes(&state_buf));
}

static void other_encodings_of_the_same_report_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_with_repeated(pass_report, report_bytes(), TITLE, 2), DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_overlong(pass_report, report_bytes(), URGENCY), DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_overlong(pass_report, report_bytes(), SIGNED_MS), DG_ERR_NOT_CANONICAL);
    /* Present and empty says what absent says. */
    assert_int_equal(decode_with_bytes(pass_report, report_bytes(), PERIOD, ""), DG_ERR_NOT_CANONICAL);
    /* 2^32 + 2 is cut to 2 by a careless reader. */
    assert_int_equal(decode_with_number(pass_report, report_bytes(), URGENCY, 0x100000002),
                     DG_ERR_NOT_CANONICAL);
}

static void unknown_fields_are_refused_at_any_depth(void **state)
{
    (void)state;
    assert_int_equal(decode_with_unknown(pass_report, report_bytes()), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_report, report_bytes(), AUTHOR), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_report, report_bytes(), RECIPIENT), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown(pass_envelope, dg_buf_bytes(&envelope_buf)), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_envelope, dg_buf_bytes(&envelope_buf), 2), DG_ERR_MALFORMED);
}

static void a_newer_version_is_named(void **state)
{
    (void)state;
    assert_int_equal(decode_with_number(pass_report, report_bytes(), VERSION, 2), DG_ERR_UNSUPPORTED_VERSION);
    assert_int_equal(decode_with_number(pass_state, dg_buf_bytes(&state_buf), VERSION, 2),
                     DG_ERR_UNSUPPORTED_VERSION);
}

static void text_that_is_not_clean_is_refused(void **state)
{
    (void)state;
    static const char nul[] = "a\0b";
    const char *const bad[] = {
        "Ha\xCC\x80" /* NFD */, "a\xE2\x80\xAE b" /* bidi */, "\xFF", "\xED\xA0\x80", "\xC0\xAF", "a\x01"};

    for (size_t i = 0; i < SAMPLE_COUNT(bad); i++) {
        assert_int_equal(decode_with_bytes(pass_report, report_bytes(), TITLE, bad[i]), DG_ERR_BAD_TEXT);
        assert_int_equal(decode_with_bytes(pass_report, report_bytes(), BODY, bad[i]), DG_ERR_BAD_TEXT);
    }
    struct change change = {.field = BODY, .what = CHANGE_BYTES, .bytes = dg_bytes_at(nul, 3)};
    assert_int_equal(decode_changed(pass_report, report_bytes(), change), DG_ERR_BAD_TEXT);
    assert_int_equal(decode_with_bytes(pass_report, report_bytes(), TITLE, "hai\ndòng"), DG_ERR_BAD_TEXT);
}

static void impossible_values_have_their_own_errors(void **state)
{
    (void)state;
    assert_int_equal(decode_with_bytes(pass_report, report_bytes(), DATE, "2026-02-30"), DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_bytes(pass_report, report_bytes(), DATE, "9999-01-01"), DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_bytes(pass_report, report_bytes(), DATE, ""), DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_bytes(pass_report, report_bytes(), PERIOD, "2026-13"), DG_ERR_BAD_PERIOD);
    assert_int_equal(decode_with_bytes(pass_report, report_bytes(), KIND, "gossip"), DG_ERR_UNSUPPORTED);
    assert_int_equal(decode_with_number(pass_report, report_bytes(), URGENCY, 5), DG_ERR_UNSUPPORTED);
    assert_int_equal(decode_with_number(pass_report, report_bytes(), URGENCY, 0), DG_ERR_UNSUPPORTED);
    /* INT64_MIN and the year 9999. */
    assert_int_equal(decode_with_number(pass_report, report_bytes(), SIGNED_MS, 1ull << 63), DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_number(pass_report, report_bytes(), SIGNED_MS, 253370764800000),
                     DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_bytes(pass_report, report_bytes(), SALT, "short"), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_report, report_bytes(), SUPERSEDES, "short"), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_number(pass_state, dg_buf_bytes(&state_buf), 7, 17), DG_ERR_UNSUPPORTED);
}

static enum dg_err with_purposes(struct dg_purpose *purpose, size_t count)
{
    struct dg_report report = sample_report();
    struct dg_buf bytes;
    report.purpose = purpose;
    report.purpose_count = count;
    dg_buf_init(&bytes, DG_REPORT_MAX);
    assert_int_equal(dg_report_encode(&report, &bytes), DG_OK);
    enum dg_err err = decode_only(pass_report, dg_buf_bytes(&bytes));
    if (err == DG_OK)
        check_round_trip(pass_report, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return err;
}

static void only_what_the_author_added_has_a_purpose_of_the_authors(void **state)
{
    (void)state;
    struct dg_purpose good = {sample_text("van-phong@binh-phuoc"), sample_text("p/h")};
    struct dg_purpose twice[] = {good, good};
    struct dg_purpose nobody = {sample_text("mttq@binh-phuoc"), sample_text("p/h")};
    struct dg_purpose empty = {sample_text("van-phong@binh-phuoc"), sample_text("")};
    assert_int_equal(with_purposes(&good, 1), DG_OK);
    assert_int_equal(with_purposes(twice, 2), DG_ERR_MALFORMED);
    assert_int_equal(with_purposes(&nobody, 1), DG_ERR_MALFORMED);
    assert_int_not_equal(with_purposes(&empty, 1), DG_OK);
}

static void longer_lists_than_allowed_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_with_repeated(pass_report, report_bytes(), AUTHOR, DG_AUTHORS_MAX + 1),
                     DG_ERR_TOO_LARGE);
    assert_int_equal(decode_with_repeated(pass_report, report_bytes(), MATTER, DG_MATTERS_MAX + 1),
                     DG_ERR_TOO_LARGE);
    assert_int_equal(decode_with_repeated(pass_report, report_bytes(), ATTACHMENT, DG_ATTACHMENTS_MAX + 1),
                     DG_ERR_TOO_LARGE);
    assert_int_equal(decode_with_repeated(pass_report, report_bytes(), EXTRA, DG_EXTRAS_MAX + 1),
                     DG_ERR_TOO_LARGE);
    assert_int_equal(decode_with_repeated(pass_report, report_bytes(), RECIPIENT, DG_RECIPIENTS_MAX),
                     DG_ERR_TOO_LARGE); /* the sample has two */
}

static void nobody_is_named_twice(void **state)
{
    (void)state;
    assert_int_equal(decode_with_repeated(pass_report, report_bytes(), AUTHOR, 2), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_repeated(pass_report, report_bytes(), RECIPIENT, 2), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_repeated(pass_envelope, dg_buf_bytes(&envelope_buf), 2, 2),
                     DG_ERR_MALFORMED);
}

static void an_attachment_is_never_named_as_a_path(void **state)
{
    (void)state;
    const char *const names[] = {"..", ".", "a/b", "/etc/passwd"};

    for (size_t i = 0; i < SAMPLE_COUNT(names); i++) {
        struct dg_report report = sample_report();
        struct dg_buf bytes;
        report.attachment[0].name = sample_text(names[i]);
        dg_buf_init(&bytes, DG_REPORT_MAX);
        assert_int_equal(dg_report_encode(&report, &bytes), DG_OK);
        assert_int_equal(decode_only(pass_report, dg_buf_bytes(&bytes)), DG_ERR_BAD_TEXT);
        dg_buf_done(&bytes);
    }
}

static void an_indicator_is_a_decimal(void **state)
{
    (void)state;
    const char *const values[] = {"", "-", "1.", ".5", "1e5", "+1", "1,5", "1.2.3"};

    for (size_t i = 0; i < SAMPLE_COUNT(values); i++) {
        struct dg_report report = sample_report();
        struct dg_buf bytes;
        report.indicator[0].value = sample_text(values[i]);
        dg_buf_init(&bytes, DG_REPORT_MAX);
        assert_int_equal(dg_report_encode(&report, &bytes), DG_OK);
        assert_int_equal(decode_only(pass_report, dg_buf_bytes(&bytes)), DG_ERR_MALFORMED);
        dg_buf_done(&bytes);
    }
}

static void a_report_to_as_many_as_allowed_decodes(void **state)
{
    (void)state;
    static struct dg_recipient recipient[DG_RECIPIENTS_MAX];
    static char unit[DG_RECIPIENTS_MAX][8];
    struct dg_report report = sample_report();
    struct dg_buf bytes;

    for (size_t i = 0; i < DG_RECIPIENTS_MAX; i++) {
        memcpy(unit[i], "u000", 5);
        for (size_t digit = 3, n = i; n != 0; n /= 10)
            unit[i][digit--] = (char)('0' + n % 10);
        recipient[i] = report.recipient[0];
        recipient[i].unit = sample_text(unit[i]);
    }
    report.recipient_count = DG_RECIPIENTS_MAX;
    report.recipient = recipient;
    dg_buf_init(&bytes, DG_REPORT_MAX);
    assert_int_equal(dg_report_encode(&report, &bytes), DG_OK);
    check_round_trip(pass_report, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
}

static void empty_submessages_are_too_complex(void **state)
{
    (void)state;
    check_empty_items(pass_report, report_bytes(), RECIPIENT, DG_REPORT_MAX - 16, 0);
    check_empty_items(pass_envelope, dg_buf_bytes(&envelope_buf), 2, DG_ENVELOPE_MAX - 16, 0);
}

static void too_many_bytes_are_refused_unread(void **state)
{
    (void)state;
    static const uint8_t zeros[DG_ENVELOPE_MAX + 1];

    assert_int_equal(decode_only(pass_report, dg_bytes_at(zeros, DG_REPORT_MAX + 1)), DG_ERR_TOO_LARGE);
    assert_int_equal(decode_only(pass_envelope, dg_bytes_at(zeros, sizeof zeros)), DG_ERR_TOO_LARGE);
}

static void urgency_and_as_have_names_both_ways(void **state)
{
    (void)state;
    enum dg_urgency urgency;
    enum dg_as as;

    for (unsigned i = DG_URGENCY_NORMAL; i <= DG_URGENCY_HOA_TOC; i++) {
        assert_true(dg_urgency_parse(dg_bytes_of(dg_urgency_name((enum dg_urgency)i)), &urgency));
        assert_int_equal(urgency, i);
    }
    for (unsigned i = DG_AS_TO; i <= DG_AS_VIA; i++) {
        assert_true(dg_as_parse(dg_bytes_of(dg_as_name((enum dg_as)i)), &as));
        assert_int_equal(as, i);
    }
    assert_false(dg_urgency_parse(dg_bytes_of("soon"), &urgency));
    assert_false(dg_as_parse(dg_bytes_of("TO"), &as));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_decodes_to_the_same),
        cmocka_unit_test(every_field_of_a_report_survives),
        cmocka_unit_test(the_id_is_the_hash_of_the_bytes),
        cmocka_unit_test(a_draft_may_lack_what_the_node_completes),
        cmocka_unit_test(truncation_at_every_byte_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused_or_canonical),
        cmocka_unit_test(want_of_memory_is_a_clean_error),
        cmocka_unit_test(other_encodings_of_the_same_report_are_refused),
        cmocka_unit_test(unknown_fields_are_refused_at_any_depth),
        cmocka_unit_test(a_newer_version_is_named),
        cmocka_unit_test(text_that_is_not_clean_is_refused),
        cmocka_unit_test(impossible_values_have_their_own_errors),
        cmocka_unit_test(only_what_the_author_added_has_a_purpose_of_the_authors),
        cmocka_unit_test(longer_lists_than_allowed_are_refused),
        cmocka_unit_test(nobody_is_named_twice),
        cmocka_unit_test(an_attachment_is_never_named_as_a_path),
        cmocka_unit_test(an_indicator_is_a_decimal),
        cmocka_unit_test(a_report_to_as_many_as_allowed_decodes),
        cmocka_unit_test(empty_submessages_are_too_complex),
        cmocka_unit_test(too_many_bytes_are_refused_unread),
        cmocka_unit_test(urgency_and_as_have_names_both_ways),
    };

    return cmocka_run_group_tests(tests, make_samples, free_samples);
}
