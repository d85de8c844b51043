/* test_id.c - hex is strict, and equality looks at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/id.h"

static void hex_comes_back_as_the_same_bytes(void **state)
{
    uint8_t bytes[DG_HASH_BYTES], back[DG_HASH_BYTES];
    char hex[DG_HEX_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    dg_hex(bytes, sizeof bytes, hex);
    assert_int_equal(strlen(hex), 64);
    assert_true(dg_unhex(dg_bytes_of(hex), back, sizeof back));
    assert_memory_equal(bytes, back, sizeof bytes);
}

static void hex_is_lower_case(void **state)
{
    char hex[7];

    (void)state;
    dg_hex((const uint8_t *)"\x00\xab\xff", 3, hex);
    assert_string_equal(hex, "00abff");
    dg_hex(NULL, 0, hex);
    assert_string_equal(hex, "");
}

static void anything_but_exact_lower_case_hex_is_refused_untouched(void **state)
{
    static const char *const wrong[] = {"",       "00a",    "00abf",  "00abff0", "00abff00", "00ABff",
                                        "00abfg", "0x00ab", " 0abff", "00ab/:",  "00ab`g",   "00ab\xc3\xa1"};
    uint8_t bytes[3] = {1, 2, 3};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(dg_unhex(dg_bytes_of(wrong[i]), bytes, sizeof bytes));
    assert_memory_equal(bytes, "\x01\x02\x03", 3);
    assert_true(dg_unhex((struct dg_bytes){0}, bytes, 0));
}

static void values_that_differ_in_one_byte_are_not_equal(void **state)
{
    (void)state;
    for (size_t i = 0; i < DG_HASH_BYTES; i++) {
        struct dg_hash hash = {{0}}, other_hash = {{0}};
        struct dg_id id = {{0}}, other_id = {{0}};
        struct dg_cert_id cert = {{0}}, other_cert = {{0}};
        struct dg_key key = {{0}}, other_key = {{0}};
        struct dg_curve_key curve = {{0}}, other_curve = {{0}};

        assert_true(dg_hash_equal(&hash, &other_hash) && dg_id_equal(&id, &other_id));
        assert_true(dg_cert_id_equal(&cert, &other_cert) && dg_key_equal(&key, &other_key));
        assert_true(dg_curve_key_equal(&curve, &other_curve) && dg_key_is_zero(&key));
        hash.b[i] = id.b[i] = cert.b[i] = key.b[i] = curve.b[i] = 1;
        assert_false(dg_hash_equal(&hash, &other_hash) || dg_id_equal(&id, &other_id));
        assert_false(dg_cert_id_equal(&cert, &other_cert) || dg_key_equal(&key, &other_key));
        assert_false(dg_curve_key_equal(&curve, &other_curve) || dg_key_is_zero(&key));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_comes_back_as_the_same_bytes),
        cmocka_unit_test(hex_is_lower_case),
        cmocka_unit_test(anything_but_exact_lower_case_hex_is_refused_untouched),
        cmocka_unit_test(values_that_differ_in_one_byte_are_not_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
