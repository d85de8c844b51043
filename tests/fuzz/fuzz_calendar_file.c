/* fuzz_calendar_file.c - a calendar file of any bytes is read or refused; what is read passes the strict
 * decoder of those who receive it. */
#include <assert.h>
#include <stdlib.h>

#include "common/limits.h"
#include "node/conf/calendar_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_decodes(struct dg_arena *arena, struct dg_calendar *calendar)
{
    struct dg_calendar again;
    struct dg_buf bytes;

    calendar->issuer = (struct dg_issuer){.federation = dg_bytes_of("danvan.example"),
                                          .organ = dg_bytes_of("ban-dan-van"),
                                          .unit = dg_bytes_of("binh-phuoc")};
    calendar->serial = 1;
    dg_buf_init(&bytes, DG_CALENDAR_MAX);
    enum dg_err err = dg_calendar_encode(calendar, &bytes);
    assert(err == DG_OK);
    err = dg_calendar_decode(arena, dg_buf_bytes(&bytes), &again, NULL);
    if (err != DG_OK)
        abort();
    dg_buf_done(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dg_fault_list faults;
    struct dg_calendar calendar;
    struct dg_arena arena;

    dg_arena_init(&arena, 64u * 1024 * 1024);
    enum dg_err err = dg_calendar_read(&arena, dg_bytes_at(data, size), NULL, &calendar, &faults);
    assert((err == DG_ERR_BAD_CALENDAR) == (faults.count > 0));
    if (err == DG_OK)
        check_decodes(&arena, &calendar);
    dg_arena_done(&arena);
    return 0;
}
