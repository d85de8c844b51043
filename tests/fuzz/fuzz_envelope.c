/* fuzz_envelope.c - whatever decodes as an envelope, a report, a state, a void or a comment is encoded to the
 * same bytes. */
#include "fuzz_codec.h"

#include "proto/comment.h"
#include "proto/joint.h"
#include "proto/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes bytes = dg_bytes_at(data, size);
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    FUZZ_CANONICAL(dg_envelope, dg_envelope_decode, dg_envelope_encode, &arena, bytes);
    FUZZ_CANONICAL(dg_report, dg_report_decode, dg_report_encode, &arena, bytes);
    struct dg_report named;
    (void)dg_report_authors(&arena, bytes, &named);
    FUZZ_CANONICAL(dg_state, dg_state_decode, dg_state_encode, &arena, bytes);
    FUZZ_CANONICAL(dg_void, dg_void_decode, dg_void_encode, &arena, bytes);
    FUZZ_CANONICAL(dg_comment, dg_comment_decode, dg_comment_encode, &arena, bytes);
    dg_arena_done(&arena);
    return 0;
}
