/* fuzz_carried.c - whatever decodes as a file of a bundle is encoded to the same bytes; what it holds, once
 * opened, decodes as a frame or not at all. */
#include "fuzz_codec.h"

#include "proto/carried.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes bytes = dg_bytes_at(data, size);
    struct dg_carried carried;
    struct dg_frame frame;
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    FUZZ_CANONICAL(dg_carried, dg_carried_decode, dg_carried_encode, &arena, bytes);
    if (dg_carried_decode(&arena, bytes, &carried, NULL) == DG_OK)
        (void)dg_frame_decode(&arena, carried.frame, &frame, NULL);
    dg_arena_done(&arena);
    return 0;
}
