/* test_trail_codec.c - the bytes of a .trail file. */
#include "codec_checks.h"

CODEC(trail, dg_trail, dg_trail_decode, dg_trail_encode)

/* Field numbers of donggui.proto. */
enum {
    VERSION = 1,
    ENVELOPE = 2,
    ROOT = 3,
    CHECKPOINT = 4,
    MEMBERSHIP = 5,
    EVENT = 6,
    REGIME = 7,
    EXPORTED_MS = 9,
    SEAL = 10
};

static struct dg_buf sample_buf;

static int make_samples(void **state)
{
    struct dg_trail trail = sample_trail(sample_text("an envelope"));

    if (start_crypto(state) != 0)
        return -1;
    dg_buf_init(&sample_buf, DG_TRAIL_MAX);
    return dg_trail_encode(&trail, &sample_buf) == DG_OK ? 0 : -1;
}

static int free_samples(void **state)
{
    (void)state;
    dg_buf_done(&sample_buf);
    return 0;
}

static struct dg_bytes sample(void)
{
    return dg_buf_bytes(&sample_buf);
}

static enum dg_err recode(const struct dg_trail *trail)
{
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_TRAIL_MAX);
    assert_int_equal(dg_trail_encode(trail, &bytes), DG_OK);
    enum dg_err err = decode_only(pass_trail, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return err;
}

static void what_was_encoded_decodes_to_the_same(void **state)
{
    (void)state;
    check_round_trip(pass_trail, sample());
}

static void hostile_bytes_do_no_harm(void **state)
{
    (void)state;
    check_truncation(pass_trail, sample(), true);
    check_bit_flips(pass_trail, sample(), true);
    check_memory_failures(pass_trail, sample());
    check_empty_items(pass_trail, dg_bytes_at("\x08\x01", 2), EVENT, 1048576, 0);
}

static void other_encodings_of_the_same_trail_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_with_repeated(pass_trail, sample(), ENVELOPE, 2), DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_overlong(pass_trail, sample(), EXPORTED_MS), DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_number(pass_trail, sample(), VERSION, 2), DG_ERR_UNSUPPORTED_VERSION);
    assert_int_equal(decode_with_unknown(pass_trail, sample()), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_trail, sample(), ROOT), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_trail, sample(), MEMBERSHIP), DG_ERR_MALFORMED);
}

static void a_trail_without_its_seal_is_what_the_seal_signs(void **state)
{
    (void)state;
    struct dg_trail trail = sample_trail(sample_text("an envelope"));
    struct dg_buf unsealed;

    trail.has_seal = false;
    dg_buf_init(&unsealed, DG_TRAIL_MAX);
    assert_int_equal(dg_trail_encode(&trail, &unsealed), DG_OK);
    assert_int_equal(unsealed.size + 2 + DG_SIG_BYTES, sample().size);
    assert_memory_equal(unsealed.data, sample().data, unsealed.size);
    assert_int_equal(decode_only(pass_trail, dg_buf_bytes(&unsealed)), DG_ERR_MALFORMED);
    dg_buf_done(&unsealed);
    assert_int_equal(decode_with_bytes(pass_trail, sample(), SEAL, "short"), DG_ERR_MALFORMED);
}

static void an_entry_may_only_point_at_checkpoints_of_its_trail(void **state)
{
    (void)state;
    struct dg_trail trail = sample_trail(sample_text("an envelope"));

    trail.event[0].checkpoint = 1;
    assert_int_equal(recode(&trail), DG_ERR_MALFORMED);
}

static void regimes_are_in_order_and_unique(void **state)
{
    (void)state;
    struct dg_trail trail = sample_trail(sample_text("an envelope"));
    struct dg_bytes one = sample_text("one"), two = sample_text("two");
    struct dg_hash first = dg_sha256(one), second = dg_sha256(two);
    bool sorted = memcmp(first.b, second.b, sizeof first.b) < 0;
    struct dg_bytes right[] = {sorted ? one : two, sorted ? two : one}, wrong[] = {right[1], right[0]};
    struct dg_bytes twice[] = {one, one};

    trail.regime_count = 2;
    trail.regime = right;
    assert_int_equal(recode(&trail), DG_OK);
    trail.regime = wrong;
    assert_int_equal(recode(&trail), DG_ERR_NOT_CANONICAL);
    trail.regime = twice;
    assert_int_equal(recode(&trail), DG_ERR_NOT_CANONICAL);
}

static void longer_lists_than_allowed_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_with_repeated(pass_trail, sample(), ROOT, DG_CHAIN_MAX + 1), DG_ERR_TOO_LARGE);
    assert_int_equal(decode_with_repeated(pass_trail, sample(), CHECKPOINT, DG_TRAIL_CHECKPOINTS_MAX + 1),
                     DG_ERR_TOO_LARGE);
    assert_int_equal(decode_with_repeated(pass_trail, sample(), EVENT, DG_TRAIL_ENTRIES_MAX + 1),
                     DG_ERR_TOO_LARGE);
    assert_int_equal(decode_with_repeated(pass_trail, sample(), REGIME, DG_TRAIL_REGIMES_MAX + 1),
                     DG_ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_decodes_to_the_same),
        cmocka_unit_test(hostile_bytes_do_no_harm),
        cmocka_unit_test(other_encodings_of_the_same_trail_are_refused),
        cmocka_unit_test(a_trail_without_its_seal_is_what_the_seal_signs),
        cmocka_unit_test(an_entry_may_only_point_at_checkpoints_of_its_trail),
        cmocka_unit_test(regimes_are_in_order_and_unique),
        cmocka_unit_test(longer_lists_than_allowed_are_refused),
    };

    return cmocka_run_group_tests(tests, make_samples, free_samples);
}
