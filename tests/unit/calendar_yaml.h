/* calendar_yaml.h - a calendar file written in a test, and the dates or mistakes it comes to as text. */
#ifndef DG_TESTS_CALENDAR_YAML_H
#define DG_TESTS_CALENDAR_YAML_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/limits.h"
#include "node/conf/calendar_file.h"

enum { SHOWN_MAX = 256 * 1024 };

struct fixture {
    struct dg_arena arena;
    struct dg_calendar calendar;
    struct dg_fault_list faults;
    const struct dg_rules_in_force *rules;
    char shown[SHOWN_MAX];
};

static inline int open_fixture(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    assert_non_null(*state);
    return 0;
}

static inline int close_fixture(void **state)
{
    struct fixture *f = *state;
    dg_arena_done(&f->arena);
    free(f);
    return 0;
}

#define HEAD "name: thu\ntitle: Lịch thử\nfrom: 2026-01-01\nuntil: 2026-12-31\n"
#define WINDOW "window: 15-14\n"

static inline void show(struct fixture *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void show(struct fixture *f, const char *format, ...)
{
    size_t size = strlen(f->shown);
    va_list args;

    va_start(args, format);
    vsnprintf(f->shown + size, sizeof f->shown - size, format, args);
    va_end(args);
}

static inline const char *day_text(struct fixture *f, struct dg_day day)
{
    char text[DG_DAY_TEXT];

    dg_day_text(day, text);
    return dg_arena_string(&f->arena, dg_bytes_of(text));
}

/* One entry as deploy/calendars/README.md writes it. */
static inline void show_entry(struct fixture *f, const struct dg_calendar_entry *entry)
{
    const char *words = (const char *)entry->rule.data;

    show(f, "%s %s ", words, (const char *)entry->period.data);
    for (size_t i = 0; i < entry->level.count; i++)
        show(f, "%s%s", i == 0 ? "" : "+", (const char *)entry->level.item[i].data);
    show(f, "%s %s..%s due %s", entry->level.count == 0 ? "all" : "", day_text(f, entry->first),
         day_text(f, entry->cutoff), day_text(f, entry->due));
    if (entry->replaced_by.size > 0)
        show(f, " replaced by %s", (const char *)entry->replaced_by.data);
    show(f, "\n");
}

/* Who receives the calendar decodes it strictly, so what is read from a file must pass there. */
static inline void check_decodes(struct fixture *f)
{
    struct dg_calendar signed_one = f->calendar, same;
    struct dg_fault fault = {.what = ""};
    struct dg_buf bytes;

    signed_one.issuer = (struct dg_issuer){.federation = dg_bytes_of("danvan.example"),
                                           .organ = dg_bytes_of("ban-dan-van"),
                                           .unit = dg_bytes_of("binh-phuoc")};
    signed_one.serial = 1;
    dg_buf_init(&bytes, DG_CALENDAR_MAX);
    assert_int_equal(dg_calendar_encode(&signed_one, &bytes), DG_OK);
    if (dg_calendar_decode(&f->arena, dg_buf_bytes(&bytes), &same, &fault) != DG_OK)
        fail_msg("%s %s", dg_err_name(fault.err), fault.what);
    dg_buf_done(&bytes);
}

/* The dates that the text comes to, or its mistakes as "line:column what". */
static inline const char *compiled(struct fixture *f, const char *yaml)
{
    f->shown[0] = '\0';
    enum dg_err err = dg_calendar_read(&f->arena, dg_bytes_of(yaml), f->rules, &f->calendar, &f->faults);
    assert_int_equal(err, f->faults.count == 0 ? DG_OK : DG_ERR_BAD_CALENDAR);
    for (size_t i = 0; i < f->faults.count; i++) {
        const struct dg_fault *fault = &f->faults.item[i];
        assert_int_equal(fault->err, DG_ERR_BAD_CALENDAR);
        assert_string_not_equal(f->faults.hint[i].code, "BAD_CALENDAR"); /* it has a word of its own */
        show(f, "%u:%u %s\n", fault->line, fault->column, fault->what);
    }
    if (err != DG_OK)
        return f->shown;
    for (size_t i = 0; i < f->calendar.entry_count; i++)
        show_entry(f, &f->calendar.entry[i]);
    check_decodes(f);
    return f->shown;
}

/* The same for a calendar of the year 2026 with this after its head. */
static inline const char *compiled_after(struct fixture *f, const char *rest)
{
    char *yaml = malloc(strlen(rest) + sizeof HEAD);

    assert_non_null(yaml);
    memcpy(yaml, HEAD, sizeof HEAD);
    memcpy(yaml + sizeof HEAD - 1, rest, strlen(rest) + 1);
    compiled(f, yaml);
    free(yaml);
    return f->shown;
}

#endif
