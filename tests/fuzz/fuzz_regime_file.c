/* fuzz_regime_file.c - a regime file of any bytes is read or refused; what is read compiles and decodes. */
#include <assert.h>
#include <stdlib.h>

#include "node/conf/regime_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compile(struct dg_arena *arena, const struct dg_regime *regime)
{
    struct dg_regime again;
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_REGIME_MAX);
    enum dg_err err = dg_regime_encode(regime, &bytes);
    assert(err == DG_OK || err == DG_ERR_TOO_LARGE);
    if (err == DG_OK)
        err = dg_regime_decode(arena, dg_buf_bytes(&bytes), &again, NULL);
    assert(err == DG_OK || err == DG_ERR_TOO_LARGE);
    dg_buf_done(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dg_fault_list faults;
    struct dg_regime regime;
    struct dg_arena arena;

    dg_arena_init(&arena, 64u * 1024 * 1024);
    enum dg_err err = dg_regime_read(&arena, dg_bytes_at(data, size), &regime, &faults);
    assert((err == DG_ERR_BAD_REGIME) == (faults.count > 0));
    if (err == DG_OK)
        compile(&arena, &regime);
    dg_arena_done(&arena);
    return 0;
}
