/* test_decimal.c - sums are exact, whatever their length and sign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/decimal.h"

static struct dg_arena arena;

static const char *sum(size_t count, const char *const text[])
{
    struct dg_bytes value[8], ret;
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++)
        value[i] = dg_bytes_of(text[i]);
    return dg_decimal_sum(&arena, value, count, &ret) ? dg_arena_string(&arena, ret) : NULL;
}

#define SUM(...)                                                                                             \
    sum(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *const[]){__VA_ARGS__})

static void sums_are_exact(void **state)
{
    (void)state;
    assert_string_equal(SUM("1", "2"), "3");
    assert_string_equal(SUM("0.1", "0.2"), "0.3");
    assert_string_equal(SUM("999999999999999999999999", "1"), "1000000000000000000000000");
    assert_string_equal(SUM("1.50", "1"), "2.50");
    assert_string_equal(SUM("007", "1"), "8");
}

static void signs_are_kept(void **state)
{
    (void)state;
    assert_string_equal(SUM("-1", "2"), "1");
    assert_string_equal(SUM("1", "-2"), "-1");
    assert_string_equal(SUM("-0.75", "0.5"), "-0.25");
    assert_string_equal(SUM("100", "-0.01"), "99.99");
    assert_string_equal(SUM("5", "-5"), "0");
    assert_string_equal(SUM("-10", "-90"), "-100");
}

static void nothing_is_zero(void **state)
{
    struct dg_bytes ret;
    (void)state;
    assert_true(dg_decimal_sum(&arena, NULL, 0, &ret));
    assert_true(dg_bytes_is(ret, "0"));
}

static void what_is_no_decimal_has_no_sum(void **state)
{
    (void)state;
    assert_null(SUM("1", ""));
    assert_null(SUM("1", "1."));
    assert_null(SUM("1", ".5"));
    assert_null(SUM("1", "1,5"));
    assert_null(SUM("1", "--1"));
    assert_null(SUM("1", "1.2.3"));
    assert_null(SUM("1", "-"));
}

/* Against whole numbers of the machine, over many values. */
static void a_thousand_values_add_up(void **state)
{
    enum { COUNT = 1000 };
    static char text[COUNT][24];
    static struct dg_bytes value[COUNT];
    struct dg_bytes ret;
    char expected[32];
    int64_t total = 0;
    uint64_t noise = 88172645463325252;
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        int64_t thousandths = (int64_t)(noise % 2000001) - 1000000;
        int64_t absolute = thousandths < 0 ? -thousandths : thousandths;
        total += thousandths;
        (void)snprintf(text[i], sizeof text[i], "%s%lld.%03lld", thousandths < 0 ? "-" : "",
                       (long long)(absolute / 1000), (long long)(absolute % 1000));
        value[i] = dg_bytes_of(text[i]);
    }
    assert_true(dg_decimal_sum(&arena, value, COUNT, &ret));
    int64_t absolute = total < 0 ? -total : total;
    (void)snprintf(expected, sizeof expected, "%s%lld.%03lld", total < 0 ? "-" : "",
                   (long long)(absolute / 1000), (long long)(absolute % 1000));
    assert_string_equal(dg_arena_string(&arena, ret), expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_exact),           cmocka_unit_test(signs_are_kept),
        cmocka_unit_test(nothing_is_zero),          cmocka_unit_test(what_is_no_decimal_has_no_sum),
        cmocka_unit_test(a_thousand_values_add_up),
    };
    dg_arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_arena_done(&arena);
    return failed;
}
