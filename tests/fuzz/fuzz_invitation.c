/* fuzz_invitation.c - whatever reads as an invitation is written as the same line. */
#include "fuzz_codec.h"

#include "proto/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes bytes = dg_bytes_at(data, size);
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    FUZZ_LOOSE(dg_invitation, dg_invitation_read, dg_invitation_write, &arena, bytes);
    dg_arena_done(&arena);
    return 0;
}
