/* fuzz_leaf.c - whatever parses as a leaf is written back to the same bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "proto/leaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes text = dg_bytes_at(data, size);
    struct dg_fault fault;
    struct dg_arena arena;
    struct dg_leaf leaf;

    dg_arena_init(&arena, DG_CANONICAL_BUDGET(DG_LEAF_MAX));
    if (dg_leaf_parse(&arena, text, &leaf, &fault) == DG_OK) {
        struct dg_buf out;

        dg_buf_init(&out, DG_LEAF_MAX);
        if (dg_leaf_write(&leaf, &out) != DG_OK || !dg_bytes_equal(dg_buf_bytes(&out), text))
            abort();
        dg_buf_done(&out);
    }
    dg_arena_done(&arena);
    return 0;
}
