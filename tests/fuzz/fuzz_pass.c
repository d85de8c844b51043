/* fuzz_pass.c - whatever decodes as a pass is encoded to the same bytes. */
#include "fuzz_codec.h"

#include "proto/pass.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes bytes = dg_bytes_at(data, size);
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    FUZZ_CANONICAL(dg_pass, dg_pass_decode, dg_pass_encode, &arena, bytes);
    dg_arena_done(&arena);
    return 0;
}
