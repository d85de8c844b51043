/* test_carried_codec.c - the files of a bundle as bytes. */
#include "codec_checks.h"

CODEC(carried, dg_carried, dg_carried_decode, dg_carried_encode)

static struct dg_buf part_buf, contents_buf;

static int make_samples(void **state)
{
    struct dg_carried part = sample_carried(1), contents = sample_carried(0);

    if (start_crypto(state) != 0)
        return -1;
    dg_buf_init(&part_buf, DG_CARRIED_MAX);
    dg_buf_init(&contents_buf, DG_CARRIED_MAX);
    assert_int_equal(dg_carried_encode(&part, &part_buf), DG_OK);
    return dg_carried_encode(&contents, &contents_buf) == DG_OK ? 0 : -1;
}

static int free_samples(void **state)
{
    (void)state;
    dg_buf_done(&part_buf);
    dg_buf_done(&contents_buf);
    return 0;
}

static void a_file_of_a_bundle_survives(void **state)
{
    (void)state;
    check_round_trip(pass_carried, dg_buf_bytes(&part_buf));
    check_round_trip(pass_carried, dg_buf_bytes(&contents_buf));
    check_truncation(pass_carried, dg_buf_bytes(&part_buf), false);
    check_truncation(pass_carried, dg_buf_bytes(&contents_buf), false);
}

static void contents_hold_no_frame_and_a_part_no_list(void **state)
{
    (void)state;
    struct dg_carried carried = sample_carried(1), got;
    struct dg_arena arena;
    struct dg_buf bytes;

    dg_arena_init(&arena, 0);
    dg_buf_init(&bytes, DG_CARRIED_MAX);
    carried.number = 0;
    assert_int_equal(dg_carried_encode(&carried, &bytes), DG_OK);
    assert_int_equal(dg_carried_decode(&arena, dg_buf_bytes(&bytes), &got, NULL), DG_ERR_MALFORMED);
    dg_buf_reset(&bytes);
    carried = sample_carried(0);
    carried.number = 7;
    assert_int_equal(dg_carried_encode(&carried, &bytes), DG_OK);
    assert_int_equal(dg_carried_decode(&arena, dg_buf_bytes(&bytes), &got, NULL), DG_ERR_MALFORMED);
    dg_buf_done(&bytes);
    dg_arena_done(&arena);
}

/* What changes from one sending to the next must not change the name; what the record says must. */
static void name_of_a_record_is_what_it_says(void **state)
{
    (void)state;
    struct dg_record record = {.kind = DG_RECORD_STATE,
                               .sealed = {.body = sample_text("a state")},
                               .leaf = sample_text("a leaf"),
                               .index = 7,
                               .has_report = true};
    struct dg_hash name = dg_carried_hash(&record);
    struct dg_record other = record;
    other.tag = 9;
    other.has_checkpoint = true;
    other.checkpoint = 3;
    other.proof.count = 2;
    struct dg_hash same = dg_carried_hash(&other);
    assert_true(dg_hash_equal(&name, &same));
    other = record;
    other.index = 8;
    same = dg_carried_hash(&other);
    assert_false(dg_hash_equal(&name, &same));
    other = record;
    other.sealed.body = sample_text("a statea");
    other.leaf = sample_text(" leaf");
    same = dg_carried_hash(&other);
    assert_false(dg_hash_equal(&name, &same));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_a_bundle_survives),
        cmocka_unit_test(contents_hold_no_frame_and_a_part_no_list),
        cmocka_unit_test(name_of_a_record_is_what_it_says),
    };
    return cmocka_run_group_tests(tests, make_samples, free_samples);
}
