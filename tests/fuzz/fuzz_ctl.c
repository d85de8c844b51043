/* fuzz_ctl.c - whatever decodes as a request or a reply has one encoding, which decodes. */
#include "fuzz_codec.h"

#include "proto/ctl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes bytes = dg_bytes_at(data, size);
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    FUZZ_LOOSE(dg_ctl_request, dg_ctl_request_decode, dg_ctl_request_encode, &arena, bytes);
    FUZZ_LOOSE(dg_ctl_reply, dg_ctl_reply_decode, dg_ctl_reply_encode, &arena, bytes);
    dg_arena_done(&arena);
    return 0;
}
