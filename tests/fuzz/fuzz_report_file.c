/* fuzz_report_file.c - a report file of any bytes is read or refused; what is read makes a draft. */
#include <assert.h>
#include <stdlib.h>

#include "node/conf/report_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void draft(struct dg_arena *arena, const struct dg_report *report)
{
    struct dg_report again;
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_REPORT_MAX);
    enum dg_err err = dg_draft_encode(report, &bytes);
    assert(err == DG_OK || err == DG_ERR_TOO_LARGE);
    if (err == DG_OK)
        err = dg_draft_decode(arena, dg_buf_bytes(&bytes), &again, NULL);
    assert(err == DG_OK || err == DG_ERR_TOO_LARGE);
    dg_buf_done(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_fault fault = {0};
    struct dg_report report;
    struct dg_arena arena;

    dg_arena_init(&arena, 64u * 1024 * 1024);
    enum dg_err err = dg_report_read(&arena, dg_bytes_at(data, size), &report, &fault);
    assert(fault.err == err);
    if (err == DG_OK)
        draft(&arena, &report);
    dg_arena_done(&arena);
    return 0;
}
