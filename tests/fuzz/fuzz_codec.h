/* fuzz_codec.h - the part that the fuzz targets of the codecs share. */
#ifndef DG_TESTS_FUZZ_CODEC_H
#define DG_TESTS_FUZZ_CODEC_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/bytes.h"
#include "common/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the fuzzer unless the bytes were written back as they were read. */
static inline void must_equal(enum dg_err err, struct dg_buf *again, struct dg_bytes bytes)
{
    if (err != DG_OK || !dg_bytes_equal(dg_buf_bytes(again), bytes))
        abort();
    dg_buf_done(again);
}

/* Decodes bytes as struct dg_TYPE; what decodes must encode to the same bytes. */
#define FUZZ_CANONICAL(type, decode, encode, arena, bytes)                                                   \
    do {                                                                                                     \
        struct type value_;                                                                                  \
        struct dg_fault fault_;                                                                              \
        struct dg_buf again_;                                                                                \
        dg_buf_init(&again_, (bytes).size + 1);                                                              \
        if (decode((arena), (bytes), &value_, &fault_) == DG_OK)                                             \
            must_equal(encode(&value_, &again_), &again_, (bytes));                                          \
    } while (0)

/* Decodes unsigned bytes as struct dg_TYPE; what decodes must have one encoding, which decodes. */
#define FUZZ_LOOSE(type, decode, encode, arena, bytes)                                                       \
    do {                                                                                                     \
        struct type value_, same_;                                                                           \
        struct dg_fault fault_;                                                                              \
        struct dg_buf once_, again_;                                                                         \
        dg_buf_init(&once_, DG_CTL_MSG_MAX);                                                                 \
        dg_buf_init(&again_, DG_CTL_MSG_MAX);                                                                \
        if (decode((arena), (bytes), &value_, &fault_) == DG_OK) {                                           \
            if (encode(&value_, &once_) != DG_OK ||                                                          \
                decode((arena), dg_buf_bytes(&once_), &same_, &fault_) != DG_OK)                             \
                abort();                                                                                     \
            must_equal(encode(&same_, &again_), &again_, dg_buf_bytes(&once_));                              \
        }                                                                                                    \
        dg_buf_done(&once_);                                                                                 \
    } while (0)

#endif
