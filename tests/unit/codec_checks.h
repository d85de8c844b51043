/* codec_checks.h - what every codec must withstand, and the tools to make hostile bytes.
 *
 * A test file says how its message is decoded and encoded again; the checks do the rest.
 */
#ifndef DG_TESTS_CODEC_CHECKS_H
#define DG_TESTS_CODEC_CHECKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec_samples.h"

/* Decodes bytes; when that goes well and out is not NULL, encodes the value again into out. */
typedef enum dg_err codec_pass(struct dg_arena *arena, struct dg_bytes bytes, struct dg_buf *out);

/* Defines pass_NAME for a decoder and encoder of struct dg_TYPE. */
#define CODEC(name, type, decode, encode)                                                                    \
    static enum dg_err pass_##name(struct dg_arena *arena, struct dg_bytes bytes, struct dg_buf *out)        \
    {                                                                                                        \
        struct type value;                                                                                   \
        struct dg_fault fault;                                                                               \
        enum dg_err err = decode(arena, bytes, &value, &fault);                                              \
        assert_true(err == DG_OK || fault.err == err);                                                       \
        return err != DG_OK || out == NULL ? err : encode(&value, out);                                      \
    }

static inline enum dg_err decode_only(codec_pass *pass, struct dg_bytes bytes)
{
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    enum dg_err err = pass(&arena, bytes, NULL);
    dg_arena_done(&arena);
    return err;
}

/* Decodes, encodes, and expects the same bytes. */
static inline void check_round_trip(codec_pass *pass, struct dg_bytes bytes)
{
    struct dg_arena arena;
    struct dg_buf again;

    dg_arena_init(&arena, 0);
    dg_buf_init(&again, DG_TRAIL_MAX);
    assert_int_equal(pass(&arena, bytes, &again), DG_OK);
    assert_int_equal(again.size, bytes.size);
    assert_memory_equal(again.data, bytes.data, bytes.size);
    dg_buf_done(&again);
    dg_arena_done(&arena);
}

/* A copy of exactly this size on the heap, so that a read past the end is seen. */
static inline enum dg_err decode_exact(codec_pass *pass, struct dg_bytes bytes)
{
    uint8_t *copy = malloc(bytes.size == 0 ? 1 : bytes.size);

    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.size);
    enum dg_err err = decode_only(pass, dg_bytes_at(copy, bytes.size));
    free(copy);
    return err;
}

/* Cuts the bytes at every place. Whole says that a cut between two fields leaves no good message. */
static inline void check_truncation(codec_pass *pass, struct dg_bytes bytes, bool whole)
{
    for (size_t size = 0; size < bytes.size; size++) {
        enum dg_err err = decode_exact(pass, dg_bytes_at(bytes.data, size));
        if (whole || size == 0)
            assert_int_not_equal(err, DG_OK);
    }
}

/* Gives the decoder less memory than it needs, in every amount: each of its allocations fails once. */
static inline void check_memory_failures(codec_pass *pass, struct dg_bytes bytes)
{
    enum dg_err err = DG_ERR_NO_MEMORY;

    for (size_t budget = 1; err != DG_OK; budget += 16) {
        struct dg_arena arena;
        dg_arena_init(&arena, budget);
        err = pass(&arena, bytes, NULL);
        assert_true(err == DG_OK || err == DG_ERR_NO_MEMORY);
        assert_true(budget < 4u * 1024 * 1024);
        dg_arena_done(&arena);
    }
}

/* Flips every bit in turn: nothing crashes, and what is accepted as canonical writes back the same. */
static inline void check_bit_flips(codec_pass *pass, struct dg_bytes bytes, bool canonical)
{
    uint8_t *copy = malloc(bytes.size);

    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.size);
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        struct dg_bytes flipped = dg_bytes_at(copy, bytes.size);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (decode_only(pass, flipped) == DG_OK && canonical)
            check_round_trip(pass, flipped);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(copy);
}

/* --- hostile bytes -------------------------------------------------------------------------- */

static inline void put_varint(struct dg_buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        dg_buf_add_u8(out, (uint8_t)(value | 0x80));
    dg_buf_add_u8(out, (uint8_t)value);
}

static inline void put_number(struct dg_buf *out, unsigned field, uint64_t value)
{
    put_varint(out, field << 3);
    put_varint(out, value);
}

static inline void put_bytes(struct dg_buf *out, unsigned field, struct dg_bytes value)
{
    put_varint(out, field << 3 | 2);
    put_varint(out, value.size);
    dg_buf_add_bytes(out, value);
}

/* Takes a varint off rest. */
static inline uint64_t take_varint(struct dg_bytes *rest)
{
    uint64_t value = 0;

    for (unsigned shift = 0;; shift += 7) {
        assert_true(rest->size > 0 && shift < 64);
        uint8_t byte = rest->data[0];
        *rest = dg_bytes_at(rest->data + 1, rest->size - 1);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
}

/* Called for each field of a message: tag, the number, or the bytes of the field; ctx is the caller's. */
typedef void field_writer(struct dg_buf *out, unsigned field, bool number, uint64_t value,
                          struct dg_bytes bytes, void *ctx);

/* Copies bytes field by field through writer. */
static inline void rewrite(struct dg_bytes bytes, struct dg_buf *out, field_writer *writer, void *ctx)
{
    while (bytes.size != 0) {
        uint64_t tag = take_varint(&bytes);
        uint64_t value = take_varint(&bytes);
        struct dg_bytes content = {NULL, 0};
        if ((tag & 7) == 2) {
            assert_true(value <= bytes.size);
            content = dg_bytes_at(bytes.data, (size_t)value);
            bytes = dg_bytes_at(bytes.data + value, bytes.size - (size_t)value);
        }
        writer(out, (unsigned)(tag >> 3), (tag & 7) == 0, value, content, ctx);
    }
}

/* What to do to one field. */
struct change {
    unsigned field;
    enum { CHANGE_BYTES, CHANGE_NUMBER, CHANGE_TWICE, CHANGE_OVERLONG, CHANGE_GROW } what;
    struct dg_bytes bytes; /* the new content, or what it grows by */
    uint64_t number;
    unsigned repeat; /* CHANGE_TWICE: how many in all, 0 means 2 */
};

static inline void put_overlong(struct dg_buf *out, unsigned field, uint64_t value)
{
    put_varint(out, field << 3);
    for (; value >= 0x80; value >>= 7)
        dg_buf_add_u8(out, (uint8_t)(value | 0x80));
    dg_buf_add_u8(out, (uint8_t)(value | 0x80));
    dg_buf_add_u8(out, 0);
}

static inline void put_grown(struct dg_buf *out, unsigned field, struct dg_bytes bytes, struct dg_bytes more)
{
    put_varint(out, field << 3 | 2);
    put_varint(out, bytes.size + more.size);
    dg_buf_add_bytes(out, bytes);
    dg_buf_add_bytes(out, more);
}

static inline void put_field(struct dg_buf *out, unsigned field, bool number, uint64_t value,
                             struct dg_bytes bytes)
{
    if (number)
        put_number(out, field, value);
    else
        put_bytes(out, field, bytes);
}

static inline void write_changed(struct dg_buf *out, unsigned field, bool number, uint64_t value,
                                 struct dg_bytes bytes, void *ctx)
{
    const struct change *change = ctx;

    if (field != change->field) {
        put_field(out, field, number, value, bytes);
        return;
    }
    if (change->what == CHANGE_BYTES)
        put_bytes(out, field, change->bytes);
    else if (change->what == CHANGE_NUMBER)
        put_number(out, field, change->number);
    else if (change->what == CHANGE_OVERLONG)
        put_overlong(out, field, value);
    else if (change->what == CHANGE_GROW)
        put_grown(out, field, bytes, change->bytes);
    else
        for (unsigned i = 0; i < (change->repeat == 0 ? 2 : change->repeat); i++)
            put_field(out, field, number, value, bytes);
}

/* Decodes bytes with one field changed. */
static inline enum dg_err decode_changed(codec_pass *pass, struct dg_bytes bytes, struct change change)
{
    struct dg_buf changed;

    dg_buf_init(&changed, DG_TRAIL_MAX);
    rewrite(bytes, &changed, write_changed, &change);
    assert_int_equal(changed.err, DG_OK);
    enum dg_err err = decode_exact(pass, dg_buf_bytes(&changed));
    dg_buf_done(&changed);
    return err;
}

static inline enum dg_err decode_with_bytes(codec_pass *pass, struct dg_bytes bytes, unsigned field,
                                            const char *text)
{
    return decode_changed(pass, bytes,
                          (struct change){.field = field, .what = CHANGE_BYTES, .bytes = dg_bytes_of(text)});
}

static inline enum dg_err decode_with_number(codec_pass *pass, struct dg_bytes bytes, unsigned field,
                                             uint64_t number)
{
    return decode_changed(pass, bytes,
                          (struct change){.field = field, .what = CHANGE_NUMBER, .number = number});
}

/* The field repeated count times. */
static inline enum dg_err decode_with_repeated(codec_pass *pass, struct dg_bytes bytes, unsigned field,
                                               unsigned count)
{
    return decode_changed(pass, bytes,
                          (struct change){.field = field, .what = CHANGE_TWICE, .repeat = count});
}

static inline enum dg_err decode_with_overlong(codec_pass *pass, struct dg_bytes bytes, unsigned field)
{
    return decode_changed(pass, bytes, (struct change){.field = field, .what = CHANGE_OVERLONG});
}

static const uint8_t UNKNOWN_FIELD[] = {0xf8, 0x3f, 0x01}; /* field 1023, number 1 */

/* An unknown field within the message that is the field. */
static inline enum dg_err decode_with_unknown_in(codec_pass *pass, struct dg_bytes bytes, unsigned field)
{
    struct change change = {.field = field, .what = CHANGE_GROW};

    change.bytes = dg_bytes_at(UNKNOWN_FIELD, sizeof UNKNOWN_FIELD);
    return decode_changed(pass, bytes, change);
}

/* An unknown field at the end. */
static inline enum dg_err decode_with_unknown(codec_pass *pass, struct dg_bytes bytes)
{
    struct dg_buf grown;

    dg_buf_init(&grown, DG_TRAIL_MAX);
    dg_buf_add_bytes(&grown, bytes);
    dg_buf_add(&grown, UNKNOWN_FIELD, sizeof UNKNOWN_FIELD);
    enum dg_err err = decode_exact(pass, dg_buf_bytes(&grown));
    dg_buf_done(&grown);
    return err;
}

/* size bytes of empty items of one field: refused, having taken at most the budget that is promised and
 * extra. */
static inline void check_empty_items(codec_pass *pass, struct dg_bytes head, unsigned field, size_t size,
                                     size_t extra)
{
    struct dg_buf bytes;
    struct dg_arena arena;

    dg_buf_init(&bytes, size + 16);
    dg_buf_add_bytes(&bytes, head);
    while (bytes.size < size - 2)
        put_bytes(&bytes, field, dg_bytes_at(NULL, 0));
    dg_arena_init(&arena, DG_CANONICAL_BUDGET(bytes.size) + extra);
    assert_int_equal(pass(&arena, dg_buf_bytes(&bytes), NULL), DG_ERR_TOO_COMPLEX);
    dg_arena_done(&arena);
    dg_buf_done(&bytes);
}

static inline int start_crypto(void **state)
{
    (void)state;
    return dg_crypto_start(NULL) == DG_OK ? 0 : -1;
}

#endif
