/* test_bytes.c - views, arenas and builders keep their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/bytes.h"

static void views_compare_like_memcmp_with_the_shorter_prefix_first(void **state)
{
    (void)state;
    assert_true(dg_bytes_compare(dg_bytes_of("ab"), dg_bytes_of("abc")) < 0);
    assert_true(dg_bytes_compare(dg_bytes_of("b"), dg_bytes_of("abc")) > 0);
    assert_int_equal(dg_bytes_compare(dg_bytes_of("abc"), dg_bytes_of("abc")), 0);
    assert_true(dg_bytes_compare(dg_bytes_of("\x7f"), dg_bytes_of("\x80")) < 0);
}

static void empty_views_may_hold_null(void **state)
{
    struct dg_bytes nothing = {0};

    (void)state;
    assert_true(dg_bytes_equal(nothing, dg_bytes_of("")));
    assert_true(dg_bytes_is(nothing, ""));
    assert_int_equal(dg_bytes_compare(nothing, dg_bytes_of("")), 0);
    assert_true(dg_bytes_compare(nothing, dg_bytes_of("a")) < 0);
}

static void view_is_a_text_only_in_full(void **state)
{
    (void)state;
    assert_true(dg_bytes_is(dg_bytes_of("push"), "push"));
    assert_false(dg_bytes_is(dg_bytes_of("pus"), "push"));
    assert_false(dg_bytes_is(dg_bytes_at("push\0x", 6), "push"));
}

static void arena_hands_out_zeroed_aligned_memory_across_blocks(void **state)
{
    struct dg_arena arena;

    (void)state;
    dg_arena_init(&arena, 0);
    for (size_t size = 0; size < 3000; size += 7) {
        uint8_t *at = dg_arena_alloc(&arena, size);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(at[i], 0);
        if (size > 0)
            memset(at, 0xa5, size);
    }
    dg_arena_done(&arena);
}

static void arena_serves_a_piece_larger_than_any_block(void **state)
{
    struct dg_arena arena;
    size_t size = 5 * 1024 * 1024;

    (void)state;
    dg_arena_init(&arena, 0);
    assert_non_null(dg_arena_alloc(&arena, 10));
    uint8_t *at = dg_arena_alloc(&arena, size);
    assert_non_null(at);
    at[size - 1] = 1;
    assert_non_null(dg_arena_alloc(&arena, 10));
    dg_arena_done(&arena);
}

static void arena_stops_exactly_at_its_budget(void **state)
{
    struct dg_arena arena;

    (void)state;
    dg_arena_init(&arena, 64);
    assert_non_null(dg_arena_alloc(&arena, 48));
    assert_null(dg_arena_alloc(&arena, 17));
    assert_non_null(dg_arena_alloc(&arena, 16));
    assert_null(dg_arena_alloc(&arena, 0));
    assert_null(dg_arena_copy(&arena, dg_bytes_of("x")).data);
    assert_string_equal(dg_arena_string(&arena, dg_bytes_of("x")), "");
    assert_string_equal(dg_arena_printf(&arena, "%d", 1), "");
    assert_int_equal(arena.used, 64);
    dg_arena_done(&arena);
}

static void arena_is_clean_and_full_sized_again_after_a_reset(void **state)
{
    struct dg_arena arena;

    (void)state;
    dg_arena_init(&arena, 100000);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 6; i++) {
            uint8_t *at = dg_arena_alloc(&arena, 16000);
            assert_non_null(at);
            assert_int_equal(at[0] | at[15999], 0);
            memset(at, 0xff, 16000);
        }
        assert_null(dg_arena_alloc(&arena, 16000));
        dg_arena_reset(&arena);
        assert_int_equal(arena.used, 0);
    }
    dg_arena_done(&arena);
    dg_arena_reset(&arena);
    dg_arena_done(&arena);
}

static void arena_refuses_overflowing_sizes(void **state)
{
    struct dg_arena arena;

    (void)state;
    dg_arena_init(&arena, 0);
    assert_null(dg_arena_alloc(&arena, SIZE_MAX));
    assert_null(dg_arena_alloc(&arena, SIZE_MAX - 8));
    assert_null(dg_arena_array(&arena, SIZE_MAX / 2, 3));
    assert_non_null(dg_arena_array(&arena, 0, 8));
    assert_non_null(dg_arena_array(&arena, 8, 0));
    dg_arena_done(&arena);
}

static void arena_copies_end_in_an_uncounted_nul(void **state)
{
    struct dg_arena arena;

    (void)state;
    dg_arena_init(&arena, 0);
    struct dg_bytes copy = dg_arena_copy(&arena, dg_bytes_at("xã!", 3));
    assert_int_equal(copy.size, 3);
    assert_string_equal((const char *)copy.data, "xã");
    assert_string_equal(dg_arena_string(&arena, (struct dg_bytes){0}), "");
    assert_string_equal(dg_arena_printf(&arena, "%s-%03d", "xa", 7), "xa-007");
    dg_arena_done(&arena);
}

static void builder_grows_to_its_maximum_and_no_further(void **state)
{
    struct dg_buf buf;

    (void)state;
    dg_buf_init(&buf, 1000);
    for (int i = 0; i < 1000; i++)
        dg_buf_add_u8(&buf, (uint8_t)i);
    assert_int_equal(buf.err, DG_OK);
    assert_int_equal(dg_buf_bytes(&buf).size, 1000);
    assert_int_equal(buf.data[999], 999 % 256);
    dg_buf_add_u8(&buf, 0);
    assert_int_equal(buf.err, DG_ERR_TOO_LARGE);
    assert_int_equal(buf.size, 1000);
    dg_buf_done(&buf);
}

static void builder_with_reserved_room_stays_where_it_is(void **state)
{
    struct dg_buf buf;

    (void)state;
    dg_buf_init(&buf, 1000);
    dg_buf_add_u8(&buf, 7);
    dg_buf_reserve(&buf, 999);
    const uint8_t *data = buf.data;
    assert_int_equal(buf.size, 1);
    for (int i = 0; i < 999; i++)
        dg_buf_add_u8(&buf, 1);
    assert_ptr_equal(buf.data, data);
    assert_int_equal(buf.err, DG_OK);
    dg_buf_reserve(&buf, 1);
    assert_int_equal(buf.err, DG_ERR_TOO_LARGE);
    dg_buf_done(&buf);
}

static void builder_keeps_its_first_error_until_a_reset(void **state)
{
    struct dg_buf buf;

    (void)state;
    dg_buf_init(&buf, 4);
    dg_buf_add_text(&buf, "12345");
    dg_buf_add_text(&buf, "1");
    assert_int_equal(buf.err, DG_ERR_TOO_LARGE);
    assert_int_equal(buf.size, 0);
    dg_buf_reset(&buf);
    dg_buf_printf(&buf, "%04d", 7);
    assert_int_equal(buf.err, DG_OK);
    assert_true(dg_bytes_is(dg_buf_bytes(&buf), "0007"));
    dg_buf_printf(&buf, "%d", 7);
    assert_int_equal(buf.err, DG_ERR_TOO_LARGE);
    dg_buf_done(&buf);
}

static void builder_without_anything_is_empty(void **state)
{
    struct dg_buf buf;

    (void)state;
    dg_buf_init(&buf, SIZE_MAX);
    dg_buf_add(&buf, NULL, 0);
    dg_buf_add_bytes(&buf, (struct dg_bytes){0});
    assert_int_equal(buf.err, DG_OK);
    assert_int_equal(dg_buf_bytes(&buf).size, 0);
    dg_buf_done(&buf);
    dg_buf_done(&buf);
}

static void numbers_travel_big_endian(void **state)
{
    static const uint8_t expected[] = {0x01, 0xfe, 2, 3, 4, 0xff, 1, 2, 3, 4, 5, 6, 7};
    struct dg_buf buf;

    (void)state;
    dg_buf_init(&buf, 64);
    dg_buf_add_u8(&buf, 1);
    dg_buf_add_u32be(&buf, UINT32_C(0xfe020304));
    dg_buf_add_u64be(&buf, UINT64_C(0xff01020304050607));
    assert_true(dg_bytes_equal(dg_buf_bytes(&buf), dg_bytes_at(expected, sizeof expected)));
    assert_true(dg_u32be(buf.data + 1) == UINT32_C(0xfe020304));
    assert_true(dg_u64be(buf.data + 5) == UINT64_C(0xff01020304050607));
    dg_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_compare_like_memcmp_with_the_shorter_prefix_first),
        cmocka_unit_test(empty_views_may_hold_null),
        cmocka_unit_test(view_is_a_text_only_in_full),
        cmocka_unit_test(arena_hands_out_zeroed_aligned_memory_across_blocks),
        cmocka_unit_test(arena_serves_a_piece_larger_than_any_block),
        cmocka_unit_test(arena_stops_exactly_at_its_budget),
        cmocka_unit_test(arena_is_clean_and_full_sized_again_after_a_reset),
        cmocka_unit_test(arena_refuses_overflowing_sizes),
        cmocka_unit_test(arena_copies_end_in_an_uncounted_nul),
        cmocka_unit_test(builder_grows_to_its_maximum_and_no_further),
        cmocka_unit_test(builder_with_reserved_room_stays_where_it_is),
        cmocka_unit_test(builder_keeps_its_first_error_until_a_reset),
        cmocka_unit_test(builder_without_anything_is_empty),
        cmocka_unit_test(numbers_travel_big_endian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
