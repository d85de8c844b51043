/* fuzz_calendar.c - whatever decodes as a calendar, a reminder or a finding is encoded to the same bytes. */
#include "fuzz_codec.h"

#include "proto/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes bytes = dg_bytes_at(data, size);
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    FUZZ_CANONICAL(dg_calendar, dg_calendar_decode, dg_calendar_encode, &arena, bytes);
    FUZZ_CANONICAL(dg_reminder, dg_reminder_decode, dg_reminder_encode, &arena, bytes);
    FUZZ_CANONICAL(dg_absence, dg_absence_decode, dg_absence_encode, &arena, bytes);
    dg_arena_done(&arena);
    return 0;
}
