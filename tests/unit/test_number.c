/* test_number.c - document numbers are read as the rules write them, and nothing else is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/number.h"

static void numbers_of_party_and_state_are_read(void **state)
{
    static const struct {
        const char *text;
        enum dg_number_form form;
        uint32_t n, year;
        const char *type, *organ;
    } good[] = {
        {"15-BC/HU", DG_NUMBER_PARTY, 15, 0, "BC", "HU"},
        {"03-QC/BDVTU-BCSDUBND", DG_NUMBER_PARTY, 3, 0, "QC", "BDVTU-BCSDUBND"},
        {"127-QĐ/TW", DG_NUMBER_PARTY, 127, 0, "QĐ", "TW"},
        {"118-BC/ĐU", DG_NUMBER_PARTY, 118, 0, "BC", "ĐU"},
        {"7-CTr/TU", DG_NUMBER_PARTY, 7, 0, "CTr", "TU"},
        {"30/2020/NĐ-CP", DG_NUMBER_STATE, 30, 2020, "NĐ", "CP"},
        {"15/BC-UBND", DG_NUMBER_STATE, 15, 0, "BC", "UBND"},
        {"7816/VPCP-TTĐT", DG_NUMBER_STATE, 7816, 0, "VPCP", "TTĐT"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct dg_number number;
        assert_true(dg_number_parse(dg_bytes_of(good[i].text), &number));
        assert_int_equal(number.form, good[i].form);
        assert_int_equal(number.n, good[i].n);
        assert_int_equal(number.year, good[i].year);
        assert_true(dg_bytes_is(number.type, good[i].type));
        assert_true(dg_bytes_is(number.organ, good[i].organ));
    }
}

static void anything_else_is_no_number(void **state)
{
    static const char *const wrong[] = {
        "",           "15",        "15-BC",       "15-BC/",     "-BC/HU",   "0-BC/HU",     "15-bc/hu",
        "15 -BC/HU",  "15-BC/HU ", "15-BC/HU-",   "15-BC//HU",  "15BC/HU",  "Số 15-BC/HU", "1234567-BC/HU",
        "30/2020/NĐ", "30/2020",   "30/20/NĐ-CP", "30/0/NĐ-CP", "15-B2/HU", "/BC-UBND",    "15-BC/HU/X",
        "15/2020/-CP"};
    struct dg_number number = {.n = 77};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (dg_number_parse(dg_bytes_of(wrong[i]), &number))
            fail_msg("\"%s\" was read as a number", wrong[i]);
    assert_int_equal(number.n, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_party_and_state_are_read),
        cmocka_unit_test(anything_else_is_no_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
