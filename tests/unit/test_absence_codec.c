/* test_absence_codec.c - absence files as bytes: one form, bounded, never taken for a trail. */
#include <stdio.h>

#include "codec_checks.h"

#include "calendar_samples.h"

CODEC(file, dg_absence_file, dg_absence_file_decode, dg_absence_file_encode)

enum { VERSION = 1, GROWN = 26 }; /* field numbers of donggui.proto */

static struct dg_buf report_buf, envelope_buf, file_buf;

static int make_samples(void **state)
{
    struct dg_report report = sample_report();

    if (start_crypto(state) != 0)
        return -1;
    dg_buf_init(&report_buf, DG_REPORT_MAX);
    dg_buf_init(&envelope_buf, DG_ENVELOPE_MAX);
    dg_buf_init(&file_buf, DG_TRAIL_MAX);
    if (dg_report_encode(&report, &report_buf) != DG_OK)
        return -1;
    struct dg_envelope envelope = sample_envelope(dg_buf_bytes(&report_buf));
    if (dg_envelope_encode(&envelope, &envelope_buf) != DG_OK)
        return -1;
    struct dg_absence_file file = sample_absence_file(dg_buf_bytes(&envelope_buf));
    return dg_absence_file_encode(&file, &file_buf) == DG_OK ? 0 : -1;
}

static int free_samples(void **state)
{
    (void)state;
    dg_buf_done(&report_buf);
    dg_buf_done(&envelope_buf);
    dg_buf_done(&file_buf);
    return 0;
}

static struct dg_bytes file_bytes(void)
{
    return dg_buf_bytes(&file_buf);
}

static void a_file_survives_with_and_without_a_report(void **state)
{
    struct dg_absence_file missing = sample_absence_file(dg_bytes_at(NULL, 0));
    struct dg_buf bytes;

    (void)state;
    check_round_trip(pass_file, file_bytes());
    dg_buf_init(&bytes, DG_TRAIL_MAX);
    assert_int_equal(dg_absence_file_encode(&missing, &bytes), DG_OK);
    check_round_trip(pass_file, dg_buf_bytes(&bytes));
    assert_true(dg_absence_file_is(dg_buf_bytes(&bytes)));
    dg_buf_done(&bytes);
}

static void a_file_is_known_by_its_first_bytes(void **state)
{
    struct dg_trail trail = sample_trail(dg_buf_bytes(&envelope_buf));
    struct dg_buf bytes;

    (void)state;
    assert_true(dg_absence_file_is(file_bytes()));
    assert_false(dg_absence_file_is(dg_bytes_at(file_buf.data, 3)));
    dg_buf_init(&bytes, DG_TRAIL_MAX);
    assert_int_equal(dg_trail_encode(&trail, &bytes), DG_OK);
    assert_false(dg_absence_file_is(dg_buf_bytes(&bytes)));
    assert_int_equal(decode_only(pass_file, dg_buf_bytes(&bytes)), DG_ERR_MALFORMED);
    dg_buf_done(&bytes);
}

static void a_file_without_seal_or_of_another_version_is_refused(void **state)
{
    struct dg_absence_file file = sample_absence_file(dg_buf_bytes(&envelope_buf));
    struct dg_buf bytes;

    (void)state;
    file.parts.has_seal = false;
    dg_buf_init(&bytes, DG_TRAIL_MAX);
    assert_int_equal(dg_absence_file_encode(&file, &bytes), DG_OK);
    assert_int_equal(decode_only(pass_file, dg_buf_bytes(&bytes)), DG_ERR_MALFORMED);
    dg_buf_done(&bytes);
    assert_int_equal(decode_with_number(pass_file, file_bytes(), VERSION, 2), DG_ERR_UNSUPPORTED_VERSION);
    assert_int_equal(decode_with_repeated(pass_file, file_bytes(), GROWN, DG_PROOF_MAX), DG_ERR_TOO_LARGE);
}

static void hostile_bytes_do_no_harm(void **state)
{
    (void)state;
    check_truncation(pass_file, file_bytes(), true);
    check_bit_flips(pass_file, file_bytes(), true);
    check_memory_failures(pass_file, file_bytes());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_survives_with_and_without_a_report),
        cmocka_unit_test(a_file_is_known_by_its_first_bytes),
        cmocka_unit_test(a_file_without_seal_or_of_another_version_is_refused),
        cmocka_unit_test(hostile_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, make_samples, free_samples);
}
