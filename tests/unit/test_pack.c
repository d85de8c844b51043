/* Packing: what comes back is what went in, and nothing else unpacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/pack.h"

enum { TEXT_BYTES = 600 * 1024 };

static uint8_t words[TEXT_BYTES], packed[TEXT_BYTES];

/* Text that is not the same everywhere, as reports are not. */
static int make_text(void **state)
{
    static const char *const word[] = {"bao ", "cao ", "thang ", "dan ", "van ", "tinh ", "hinh ", "\n"};
    uint32_t dice = 1;
    (void)state;
    for (size_t at = 0; at + 8 < sizeof words;) {
        dice = dice * 1664525 + 1013904223;
        const char *next = word[dice >> 29];
        memcpy(words + at, next, strlen(next));
        at += strlen(next);
    }
    return 0;
}

static struct dg_bytes pack(size_t size)
{
    size_t got = dg_pack(dg_bytes_at(words, size), packed);
    assert_true(got > 0);
    assert_true(got < size);
    return dg_bytes_at(packed, got);
}

static enum dg_err unpack(struct dg_bytes bytes, size_t max)
{
    struct dg_arena arena;
    struct dg_bytes got;
    dg_arena_init(&arena, 0);
    enum dg_err err = dg_unpack(&arena, bytes, max, &got);
    dg_arena_done(&arena);
    return err;
}

static void what_was_packed_comes_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {300, 4737, 8191, 8192, 100000, TEXT_BYTES};
    struct dg_arena arena;
    dg_arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct dg_bytes got, bytes = pack(sizes[i]);
        size_t size;
        assert_true(dg_packed_size(bytes, &size));
        assert_int_equal(size, sizes[i]);
        assert_int_equal(dg_unpack(&arena, bytes, sizes[i], &got), DG_OK);
        assert_true(dg_bytes_equal(got, dg_bytes_at(words, sizes[i])));
    }
    dg_arena_done(&arena);
}

static void what_saves_no_more_than_an_eighth_is_not_packed(void **state)
{
    (void)state;
    uint8_t noise[4096], room[sizeof noise];
    uint32_t dice = 7;
    for (size_t i = 0; i < sizeof noise; i++) {
        dice = dice * 1664525 + 1013904223;
        noise[i] = (uint8_t)(dice >> 24);
    }
    assert_int_equal(dg_pack(dg_bytes_at(noise, sizeof noise), room), 0);
    assert_int_equal(dg_pack(dg_bytes_at(noise, 1), room), 0);
    assert_int_equal(dg_pack(dg_bytes_at(NULL, 0), room), 0);
}

static void more_than_the_maximum_is_not_unpacked(void **state)
{
    (void)state;
    struct dg_bytes bytes = pack(TEXT_BYTES);
    assert_int_equal(unpack(bytes, TEXT_BYTES - 1), DG_ERR_TOO_LARGE);
    assert_int_equal(unpack(bytes, TEXT_BYTES), DG_OK);
}

static void anything_but_one_whole_frame_is_malformed(void **state)
{
    (void)state;
    struct dg_bytes bytes = pack(4737);
    memcpy(packed + bytes.size, packed, bytes.size);
    assert_int_equal(unpack(dg_bytes_at(packed, 2 * bytes.size), TEXT_BYTES), DG_ERR_MALFORMED);
    packed[bytes.size] = 0;
    assert_int_equal(unpack(dg_bytes_at(packed, bytes.size + 1), TEXT_BYTES), DG_ERR_MALFORMED);
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_equal(unpack(dg_bytes_at(packed, size), TEXT_BYTES), DG_ERR_MALFORMED);
    assert_int_equal(unpack(dg_bytes_at(words, 4737), TEXT_BYTES), DG_ERR_MALFORMED);
}

/* A stored block: magic, a header that states the size in one byte, a last raw block. */
static void what_holds_no_more_than_it_takes_is_malformed(void **state)
{
    (void)state;
    static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 2, 0x11, 0, 0, 'h', 'i'};
    assert_int_equal(unpack(dg_bytes_at(frame, sizeof frame), TEXT_BYTES), DG_ERR_MALFORMED);
}

/* A header without the size, and a block that repeats one byte a thousand times. */
static void what_does_not_say_its_size_is_malformed(void **state)
{
    (void)state;
    static const uint8_t stated[] = {0x28, 0xb5, 0x2f, 0xfd, 0x60, 0xe8, 0x02, 0x43, 0x1f, 0, 'x'};
    static const uint8_t silent[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x43, 0x1f, 0, 'x'};
    assert_int_equal(unpack(dg_bytes_at(stated, sizeof stated), TEXT_BYTES), DG_OK);
    assert_int_equal(unpack(dg_bytes_at(silent, sizeof silent), TEXT_BYTES), DG_ERR_MALFORMED);
}

static void a_flipped_bit_does_no_harm(void **state)
{
    (void)state;
    struct dg_bytes bytes = pack(4737);
    for (size_t bit = 0; bit < 8 * bytes.size; bit += 3) {
        packed[bit / 8] ^= (uint8_t)(1U << bit % 8);
        enum dg_err err = unpack(bytes, 8192);
        assert_true(err == DG_OK || err == DG_ERR_MALFORMED || err == DG_ERR_TOO_LARGE);
        packed[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_comes_back),
        cmocka_unit_test(what_saves_no_more_than_an_eighth_is_not_packed),
        cmocka_unit_test(more_than_the_maximum_is_not_unpacked),
        cmocka_unit_test(anything_but_one_whole_frame_is_malformed),
        cmocka_unit_test(what_holds_no_more_than_it_takes_is_malformed),
        cmocka_unit_test(what_does_not_say_its_size_is_malformed),
        cmocka_unit_test(a_flipped_bit_does_no_harm),
    };
    return cmocka_run_group_tests(tests, make_text, NULL);
}
