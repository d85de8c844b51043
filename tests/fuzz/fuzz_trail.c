/* fuzz_trail.c - whatever decodes as a trail is encoded to the same bytes. */
#include "fuzz_codec.h"

#include "proto/trail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes bytes = dg_bytes_at(data, size);
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    FUZZ_CANONICAL(dg_trail, dg_trail_decode, dg_trail_encode, &arena, bytes);
    dg_arena_done(&arena);
    return 0;
}
