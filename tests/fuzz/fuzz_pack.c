/* fuzz_pack.c - whatever unpacks has the size it stated, within the limit. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/limits.h"
#include "common/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes packed = dg_bytes_at(data, size), got;
    struct dg_arena arena;
    size_t stated = 0;

    dg_arena_init(&arena, DG_ENVELOPE_MAX + 64);
    if (dg_unpack(&arena, packed, DG_ENVELOPE_MAX, &got) == DG_OK &&
        (!dg_packed_size(packed, &stated) || got.size != stated || stated > DG_ENVELOPE_MAX ||
         stated <= size))
        abort();
    dg_arena_done(&arena);
    return 0;
}
