/* test_state_table.c - names, codes and moves of a report's states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/state_table.h"

enum { CODES = 20 };

static void assert_reads(const char *text, uint32_t code)
{
    uint32_t found = 0;

    if (!dg_state_parse(dg_bytes_of(text), &found) || found != code)
        fail_msg("\"%s\" gave %u, not %u", text, (unsigned)found, (unsigned)code);
}

static void a_code_is_read_with_or_without_its_zero(void **state)
{
    (void)state;
    assert_reads("3", DG_STATE_ACCEPTED);
    assert_reads("03", DG_STATE_ACCEPTED);
    assert_reads("13", DG_STATE_RECALL_REQUESTED);
    assert_reads("16", DG_STATE_RECALL_REFUSED);
}

static void a_name_is_read_in_either_language(void **state)
{
    (void)state;
    assert_reads("processing", DG_STATE_PROCESSING);
    assert_reads("Recall-Agreed", DG_STATE_RECALL_AGREED);
    assert_reads("đang xử lý", DG_STATE_PROCESSING);
    assert_reads("ĐÃ TIẾP NHẬN", DG_STATE_ACCEPTED);
}

static void vietnamese_names_may_lack_their_marks(void **state)
{
    (void)state;
    assert_reads("da den", DG_STATE_ARRIVED);
    assert_reads("Tu choi tiep nhan", DG_STATE_REFUSED);
    assert_reads("phan cong", DG_STATE_ASSIGNED);
    assert_reads("hoan thanh", DG_STATE_DONE);
    assert_reads("đong y lấy lai", DG_STATE_RECALL_AGREED);
}

static void every_name_reads_back_to_its_code(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < CODES; code++) {
        if (dg_state_name(code) == NULL)
            continue;
        assert_reads(dg_state_name(code), code);
        assert_reads(dg_state_name_vi(code), code);
    }
}

static void anything_else_is_no_state(void **state)
{
    static const char *const wrong[] = {"",   " ",  "0",    "00",      "7",          "003",
                                        "14", "99", "-3",   "accepte", "accepted ",  "3 ",
                                        "+3", "đã", "\xff", "a\nb",    "accepted\t", "ac\xcc\x80"};
    uint32_t code = 77;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (dg_state_parse(dg_bytes_of(wrong[i]), &code))
            fail_msg("\"%s\" was read as %u", wrong[i], (unsigned)code);
    assert_int_equal(code, 77);
}

static void unknown_codes_have_no_name(void **state)
{
    (void)state;
    assert_null(dg_state_name(0));
    assert_null(dg_state_name(7));
    assert_null(dg_state_name_vi(14));
    assert_null(dg_state_name_vi(UINT32_MAX));
}

static void the_moves_are_these_and_no_others(void **state)
{
    static const uint32_t allowed[][2] = {
        {DG_STATE_ARRIVED, DG_STATE_REFUSED},
        {DG_STATE_ARRIVED, DG_STATE_ACCEPTED},
        {DG_STATE_ACCEPTED, DG_STATE_ASSIGNED},
        {DG_STATE_ACCEPTED, DG_STATE_PROCESSING},
        {DG_STATE_ACCEPTED, DG_STATE_DONE},
        {DG_STATE_ASSIGNED, DG_STATE_ASSIGNED},
        {DG_STATE_ASSIGNED, DG_STATE_PROCESSING},
        {DG_STATE_ASSIGNED, DG_STATE_DONE},
        {DG_STATE_PROCESSING, DG_STATE_DONE},
        {DG_STATE_RECALL_REQUESTED, DG_STATE_RECALL_AGREED},
        {DG_STATE_RECALL_REQUESTED, DG_STATE_RECALL_REFUSED},
    };
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        assert_true(dg_state_may(allowed[i][0], allowed[i][1]));
    for (uint32_t from = 0; from < CODES; from++)
        for (uint32_t to = 0; to < CODES; to++)
            count += dg_state_may(from, to);
    assert_int_equal(count, sizeof allowed / sizeof allowed[0]);
    assert_false(dg_state_may(UINT32_MAX, DG_STATE_DONE) || dg_state_may(DG_STATE_ARRIVED, UINT32_MAX));
}

static void whatever_arrived_may_be_asked_back_once(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < CODES; code++)
        assert_int_equal(dg_state_may_recall(code), code >= DG_STATE_ARRIVED && code <= DG_STATE_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_read_with_or_without_its_zero),
        cmocka_unit_test(a_name_is_read_in_either_language),
        cmocka_unit_test(vietnamese_names_may_lack_their_marks),
        cmocka_unit_test(every_name_reads_back_to_its_code),
        cmocka_unit_test(anything_else_is_no_state),
        cmocka_unit_test(unknown_codes_have_no_name),
        cmocka_unit_test(the_moves_are_these_and_no_others),
        cmocka_unit_test(whatever_arrived_may_be_asked_back_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
