/* fuzz_frame.c - whatever decodes as a frame or a record has one encoding, which decodes. */
#include "fuzz_codec.h"

#include "proto/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes bytes = dg_bytes_at(data, size);
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    FUZZ_LOOSE(dg_frame, dg_frame_decode, dg_frame_encode, &arena, bytes);
    FUZZ_LOOSE(dg_record, dg_record_decode, dg_record_encode, &arena, bytes);
    dg_arena_done(&arena);
    return 0;
}
