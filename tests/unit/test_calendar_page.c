/* test_calendar_page.c - the page of the format, and the example calendars, hold what they say. */
#include "node/conf/report_file.h"
#include "tests/unit/calendar_yaml.h"

/* --- the page of the format ------------------------------------------------------------------- */

#define DEFAULT_NAME "name: thu\ntitle: T\n"
#define DEFAULT_DAYS "from: 2026-01-01\nuntil: 2026-12-31\n"

/* The text between the next fence of that kind and its end; page moves behind it. NULL when there is none. */
static char *next_block(struct fixture *f, const char **page, const char *fence)
{
    const char *start = strstr(*page, fence);

    if (start == NULL)
        return NULL;
    start += strlen(fence);
    const char *end = strstr(start, "```");
    assert_non_null(end);
    *page = end + 3;
    size_t size = (size_t)(end - start);
    char *block = dg_arena_alloc(&f->arena, size + 1);
    assert_non_null(block);
    memcpy(block, start, size);
    return block;
}

/* What a block of the page leaves out is as the page says. */
static const char *whole_file(struct fixture *f, const char *block)
{
    bool named = strstr(block, "name: binh-phuoc-2026") != NULL;
    bool windowed = named || strncmp(block, "window:", 7) == 0;

    return dg_arena_printf(&f->arena, "%s%s%s", named ? "" : DEFAULT_NAME DEFAULT_DAYS,
                           windowed ? "" : WINDOW, block);
}

/* The lines under an example that are not dates. */
static void show_extras(struct fixture *f)
{
    const struct dg_calendar *calendar = &f->calendar;

    if (calendar->remind_after_days > 0)
        show(f, "remind after %u every %u escalate after %u\n", (unsigned)calendar->remind_after_days,
             (unsigned)calendar->remind_every_days, (unsigned)calendar->escalate_after);
    for (size_t i = 0; i < calendar->meeting_count; i++) {
        const struct dg_meeting *meeting = &calendar->meeting[i];
        show(f, "meeting %s %s", (const char *)meeting->name.data, day_text(f, meeting->date));
        for (size_t k = 0; k < meeting->participant_count; k++)
            show(f, " %s", (const char *)meeting->participant[k].data);
        show(f, "\n");
    }
}

static void every_example_of_the_page_comes_to_what_stands_under_it(void **state)
{
    struct fixture *f = *state;
    struct dg_fault fault = {.what = ""};
    struct dg_bytes text;
    size_t count = 0;

    assert_int_equal(
        dg_file_read(&f->arena, DG_SOURCE_DIR "/deploy/calendars/README.md", 1 << 20, &text, &fault), DG_OK);
    const char *page = dg_arena_string(&f->arena, text);
    for (char *example; (example = next_block(f, &page, "```yaml\n")) != NULL; count++) {
        const char *expected = next_block(f, &page, "```text\n");
        assert_non_null(expected);
        compiled(f, whole_file(f, example));
        assert_int_equal(f->faults.count, 0);
        show_extras(f);
        assert_string_equal(f->shown, expected);
    }
    assert_int_equal(count, 11);
}

/* --- the files of deploy/calendars ---------------------------------------------------------- */

static void load(struct fixture *f, const char *path)
{
    struct dg_fault fault = {.what = ""};

    if (dg_calendar_load(&f->arena, path, NULL, &f->calendar, &f->faults, &fault) != DG_OK)
        fail_msg("%s: line %u: %s", path, f->faults.item[0].line,
                 f->faults.count > 0 ? f->faults.item[0].what : fault.what);
    check_decodes(f);
}

static const struct dg_calendar_entry *entry_of(const struct fixture *f, const char *rule, const char *period,
                                                const char *level)
{
    for (size_t i = 0; i < f->calendar.entry_count; i++) {
        const struct dg_calendar_entry *entry = &f->calendar.entry[i];
        bool holds = entry->level.count == 0;
        for (size_t k = 0; k < entry->level.count; k++)
            holds = holds || dg_bytes_is(entry->level.item[k], level);
        if (holds && dg_bytes_is(entry->rule, rule) && dg_bytes_is(entry->period, period))
            return entry;
    }
    fail_msg("no entry %s %s %s", rule, period, level);
    return NULL;
}

static void the_calendar_of_the_province_cascades_in_december(void **state)
{
    struct fixture *f = *state;

    load(f, DG_SOURCE_DIR "/deploy/calendars/binh-phuoc-2026.yaml");
    assert_string_equal(day_text(f, entry_of(f, "BP-24.2b", "2026", "commune")->due), "2026-12-17");
    assert_string_equal(day_text(f, entry_of(f, "BP-24.2b", "2026", "district")->due), "2026-12-19");
    assert_string_equal(day_text(f, entry_of(f, "BP-24.2b", "2026", "province")->due), "2026-12-22");
    assert_string_equal(day_text(f, entry_of(f, "BP-24.2b", "2026-05", "commune")->due), "2026-05-18");
    assert_true(dg_bytes_is(entry_of(f, "BP-24.2b", "2026-12", "district")->replaced_by, "2026"));
    assert_string_equal(day_text(f, entry_of(f, "BP-24.2a", "2026-02", "bloc")->cutoff), "2026-02-10");
    assert_int_equal(f->calendar.meeting_count, 2);
}

static void the_calendar_of_the_district_counts_whole_months(void **state)
{
    struct fixture *f = *state;

    load(f, DG_SOURCE_DIR "/deploy/calendars/huyen-2026.yaml");
    assert_string_equal(day_text(f, entry_of(f, "H-23.2b", "2026-01", "commune")->due), "2026-02-05");
    assert_string_equal(day_text(f, entry_of(f, "H-23.2b", "2026-12", "cell")->due), "2027-01-05");
    assert_string_equal(day_text(f, entry_of(f, "H-23.2b", "2026-9M", "cell")->cutoff), "2026-09-30");
    assert_int_equal(entry_of(f, "H-23.2a", "2026-12", "district")->replaced_by.size, 0);
}

static void a_file_that_is_not_there_is_said_to_be(void **state)
{
    struct fixture *f = *state;
    struct dg_fault fault = {.what = ""};

    assert_int_equal(dg_calendar_load(&f->arena, DG_SOURCE_DIR "/deploy/calendars/none.yaml", NULL,
                                      &f->calendar, &f->faults, &fault),
                     DG_ERR_BAD_FILE);
    assert_int_equal(f->faults.count, 0);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        STORY(every_example_of_the_page_comes_to_what_stands_under_it),
        STORY(the_calendar_of_the_province_cascades_in_december),
        STORY(the_calendar_of_the_district_counts_whole_months),
        STORY(a_file_that_is_not_there_is_said_to_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
