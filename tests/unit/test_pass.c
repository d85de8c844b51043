/* test_pass.c - passes as bytes, and who waits for whom in a report. */
#include "codec_checks.h"

#include "proto/pass.h"

CODEC(pass, dg_pass, dg_pass_decode, dg_pass_encode)
CODEC(request, dg_ctl_request, dg_ctl_request_decode, dg_ctl_request_encode)

static struct dg_buf passed_buf, consolidated_buf;

static int make_samples(void **state)
{
    struct dg_pass passed = sample_pass(DG_DECISION_PASSED);
    struct dg_pass consolidated = sample_pass(DG_DECISION_CONSOLIDATED);

    if (start_crypto(state) != 0)
        return -1;
    dg_buf_init(&passed_buf, 4096);
    dg_buf_init(&consolidated_buf, 4096);
    assert_int_equal(dg_pass_encode(&passed, &passed_buf), DG_OK);
    assert_int_equal(dg_pass_encode(&consolidated, &consolidated_buf), DG_OK);
    return 0;
}

static int free_samples(void **state)
{
    (void)state;
    dg_buf_done(&passed_buf);
    dg_buf_done(&consolidated_buf);
    return 0;
}

/* --- bytes ---------------------------------------------------------------------------------- */

static void what_was_encoded_decodes_to_the_same(void **state)
{
    (void)state;
    struct dg_arena arena;
    struct dg_pass pass;

    check_round_trip(pass_pass, dg_buf_bytes(&passed_buf));
    check_round_trip(pass_pass, dg_buf_bytes(&consolidated_buf));
    dg_arena_init(&arena, 0);
    assert_int_equal(dg_pass_decode(&arena, dg_buf_bytes(&consolidated_buf), &pass, NULL), DG_OK);
    assert_int_equal(pass.decision, DG_DECISION_CONSOLIDATED);
    assert_true(dg_bytes_is(pass.organ, "ban-tuyen-giao"));
    assert_int_equal(pass.into.b[0], 0x77);
    assert_true(pass.covers);
    dg_arena_done(&arena);
}

static void truncation_at_every_byte_is_refused(void **state)
{
    (void)state;
    check_truncation(pass_pass, dg_buf_bytes(&passed_buf), true);
    check_truncation(pass_pass, dg_buf_bytes(&consolidated_buf), true);
}

static void every_flipped_bit_is_refused_or_canonical(void **state)
{
    (void)state;
    check_bit_flips(pass_pass, dg_buf_bytes(&passed_buf), true);
    check_bit_flips(pass_pass, dg_buf_bytes(&consolidated_buf), true);
}

static enum dg_err recode(const struct dg_pass *pass)
{
    struct dg_buf bytes;

    dg_buf_init(&bytes, 8192);
    assert_int_equal(dg_pass_encode(pass, &bytes), DG_OK);
    enum dg_err err = decode_only(pass_pass, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return err;
}

static void impossible_values_have_their_own_errors(void **state)
{
    (void)state;
    struct dg_pass pass = sample_pass(DG_DECISION_PASSED);

    pass.decision = (enum dg_decision)0;
    assert_int_equal(recode(&pass), DG_ERR_UNSUPPORTED);
    pass.decision = (enum dg_decision)4;
    assert_int_equal(recode(&pass), DG_ERR_UNSUPPORTED);
    pass = sample_pass(DG_DECISION_RETURNED);
    pass.organ = dg_bytes_of("Ban Tuyen giao");
    assert_int_not_equal(recode(&pass), DG_OK);
    pass = sample_pass(DG_DECISION_RETURNED);
    pass.note = dg_bytes_of("chu\xcc\xa3");
    assert_int_equal(recode(&pass), DG_ERR_BAD_TEXT);
}

static void only_a_consolidation_names_another_report(void **state)
{
    (void)state;
    struct dg_bytes passed = dg_buf_bytes(&passed_buf), consolidated = dg_buf_bytes(&consolidated_buf);
    uint8_t changed[4096];

    /* The decision is the one-byte field 7, tag 0x38. */
    for (size_t i = 0; i + 1 < consolidated.size; i++) {
        memcpy(changed, consolidated.data, consolidated.size);
        if (changed[i] != 0x38 || changed[i + 1] != DG_DECISION_CONSOLIDATED || changed[i + 2] != 0x42)
            continue;
        changed[i + 1] = DG_DECISION_PASSED;
        assert_int_equal(decode_only(pass_pass, dg_bytes_at(changed, consolidated.size)), DG_ERR_MALFORMED);
    }
    for (size_t i = 0; i + 1 < passed.size; i++) {
        memcpy(changed, passed.data, passed.size);
        if (changed[i] != 0x38 || changed[i + 1] != DG_DECISION_PASSED || changed[i + 2] != 0x4a)
            continue;
        changed[i + 1] = DG_DECISION_CONSOLIDATED;
        assert_int_equal(decode_only(pass_pass, dg_bytes_at(changed, passed.size)), DG_ERR_MALFORMED);
    }
}

static void a_decision_has_a_name_both_ways(void **state)
{
    (void)state;
    enum dg_decision decision;

    for (uint32_t i = DG_DECISION_PASSED; i <= DG_DECISION_CONSOLIDATED; i++) {
        assert_true(dg_decision_parse(dg_bytes_of(dg_decision_name(i)), &decision));
        assert_int_equal(decision, i);
    }
    assert_null(dg_decision_name(0));
    assert_null(dg_decision_name(4));
    assert_false(dg_decision_parse(dg_bytes_of("PASSED"), &decision));
}

static void a_request_to_pass_survives(void **state)
{
    (void)state;
    struct dg_ctl_request request = {.verb = DG_CTL_PASS,
                                     .organ = dg_bytes_of("ban-tuyen-giao"),
                                     .report = dg_bytes_of("0f4c8a1d"),
                                     .note = dg_bytes_of("đã xem"),
                                     .back = true};
    struct dg_buf bytes;

    dg_buf_init(&bytes, 4096);
    assert_int_equal(dg_ctl_request_encode(&request, &bytes), DG_OK);
    check_round_trip(pass_request, dg_buf_bytes(&bytes));
    check_truncation(pass_request, dg_buf_bytes(&bytes), true);
    dg_buf_reset(&bytes);
    request.organ = dg_bytes_of("Ban Tuyen giao");
    assert_int_equal(dg_ctl_request_encode(&request, &bytes), DG_OK);
    assert_int_equal(decode_only(pass_request, dg_buf_bytes(&bytes)), DG_ERR_BAD_VALUE);
    dg_buf_done(&bytes);
}

/* --- who waits for whom --------------------------------------------------------------------- */

static void the_organs_of_through_are_listed_once_with_the_rules(void **state)
{
    (void)state;
    struct dg_bytes one[] = {dg_bytes_of("R-1"), dg_bytes_of("R-2")}, two[] = {dg_bytes_of("R-2")};
    struct dg_recipient recipient[] = {
        {.organ = dg_bytes_of("cap-uy"),
         .unit = dg_bytes_of("khoi"),
         .as = DG_AS_TO,
         .through = dg_bytes_of("ban-tuyen-giao@khoi"),
         .rule_count = 2,
         .rule = one},
        {.organ = dg_bytes_of("thuong-truc"),
         .unit = dg_bytes_of("khoi"),
         .as = DG_AS_TO,
         .through = dg_bytes_of("ban-tuyen-giao@khoi"),
         .rule_count = 1,
         .rule = two},
        {.organ = dg_bytes_of("mttq"),
         .unit = dg_bytes_of("khoi"),
         .as = DG_AS_TO,
         .through = dg_bytes_of("cap-uy@khoi"),
         .rule_count = 1,
         .rule = two},
        {.organ = dg_bytes_of("van-phong"), .unit = dg_bytes_of("khoi"), .as = DG_AS_COPY},
    };
    struct dg_report report = {.recipient_count = 4, .recipient = recipient};
    struct dg_arena arena;
    struct dg_via *via;
    size_t count;

    dg_arena_init(&arena, 0);
    assert_int_equal(dg_report_vias(&arena, &report, &count, &via), DG_OK);
    assert_int_equal(count, 2);
    assert_true(dg_bytes_is(via[0].organ, "ban-tuyen-giao"));
    assert_int_equal(via[0].rule_count, 2);
    assert_false(via[0].is_recipient);
    assert_true(dg_bytes_is(via[1].organ, "cap-uy"));
    assert_true(via[1].is_recipient);
    assert_true(dg_report_goes_through(&report, dg_bytes_of("cap-uy"), dg_bytes_of("khoi")));
    assert_false(dg_report_goes_through(&report, dg_bytes_of("cap-uy"), dg_bytes_of("tinh")));
    assert_false(dg_report_goes_through(&report, dg_bytes_of("van-phong"), dg_bytes_of("khoi")));
    dg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_decodes_to_the_same),
        cmocka_unit_test(truncation_at_every_byte_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused_or_canonical),
        cmocka_unit_test(impossible_values_have_their_own_errors),
        cmocka_unit_test(only_a_consolidation_names_another_report),
        cmocka_unit_test(a_decision_has_a_name_both_ways),
        cmocka_unit_test(a_request_to_pass_survives),
        cmocka_unit_test(the_organs_of_through_are_listed_once_with_the_rules),
    };

    return cmocka_run_group_tests(tests, make_samples, free_samples);
}
