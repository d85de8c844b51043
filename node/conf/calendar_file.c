/* calendar_file.c - a whole calendar file: its head, days off, reminders, rules and meetings. */
#include "node/conf/calendar_file.h"

#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/text.h"
#include "node/conf/calendar_rule.h"
#include "node/conf/regime_rule.h"
#include "node/conf/report_file.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { WEEK = 7, DAYS_MAX = 512, YEAR_FIRST = 2000, YEAR_LAST = 2999 };

static const char *const calendar_keys[] = {"name",    "title",    "from",    "until",      "window",
                                            "weekend", "holidays", "make-up", "on-day-off", "replace",
                                            "remind",  "rules",    "meetings"};
static const char *const remind_keys[] = {"after", "every", "escalate-after"};
static const char *const meeting_keys[] = {"name", "date", "participants"};
static const char *const weekdays[2][WEEK] = {{"mon", "tue", "wed", "thu", "fri", "sat", "sun"},
                                              {"T2", "T3", "T4", "T5", "T6", "T7", "CN"}};

/* --- the head ------------------------------------------------------------------------------- */

/* Far from the edges of time, where neither a window nor the next month leads out of it. */
static bool is_known_year(struct dg_day day)
{
    int32_t year, month;

    dg_day_month(day, 0, &year, &month);
    return year >= YEAR_FIRST && year <= YEAR_LAST;
}

static bool span_is_good(struct dg_fields *fields, const struct dg_yaml *root,
                         struct dg_calendar_draft *draft, bool has_from)
{
    const struct dg_yaml *until = dg_fields_member(fields, root, "until");

    if (!dg_calendar_day(fields, until, &draft->until) || !has_from)
        return false;
    if (draft->from.n > draft->until.n)
        dg_fields_complain(fields, until, "until lies before from");
    else if (!is_known_year(draft->from) || !is_known_year(draft->until))
        dg_fields_complain(fields, until, "a calendar is for the years %d to %d", YEAR_FIRST, YEAR_LAST);
    else if (draft->until.n - draft->from.n >= DG_CALENDAR_DAYS_MAX)
        dg_fields_complain(fields, until, "a calendar is for at most %d days", DG_CALENDAR_DAYS_MAX);
    else
        return true;
    return false;
}

/* Some year, near what was written, so that all else in the file can be looked at. */
static void any_year(struct dg_calendar_draft *draft, bool has_from)
{
    enum { YEAR_DAYS = 365 };

    draft->placeless = true;
    if (!has_from || !is_known_year(draft->from))
        (void)dg_day_parse(dg_bytes_of("2026-01-01"), &draft->from);
    draft->until = (struct dg_day){draft->from.n + YEAR_DAYS - 1};
}

static void read_span(struct dg_fields *fields, const struct dg_yaml *root, struct dg_calendar_draft *draft)
{
    bool has_from = dg_calendar_day(fields, dg_fields_member(fields, root, "from"), &draft->from);

    if (!span_is_good(fields, root, draft, has_from))
        any_year(draft, has_from);
}

static void read_name(struct dg_fields *fields, const struct dg_yaml *root, struct dg_calendar *ret)
{
    const struct dg_yaml *name = dg_fields_member(fields, root, "name");

    if (dg_fields_text(fields, name, DG_SLUG_MAX, &ret->name))
        dg_check_slug(fields, name, NULL);
    dg_fields_text(fields, dg_fields_member(fields, root, "title"), DG_TITLE_MAX, &ret->title);
}

static void read_remind(struct dg_fields *fields, const struct dg_yaml *node, struct dg_calendar *ret)
{
    ret->remind_every_days = 1;
    if (node == NULL)
        return;
    if (node->kind != DG_YAML_MAP) {
        dg_fields_complain(fields, node, "remind must have keys: after, every, escalate-after");
        return;
    }
    dg_fields_keys(fields, node, remind_keys, COUNT(remind_keys), NULL);
    dg_calendar_number(fields, dg_fields_member(fields, node, "after"), 0, DG_REMIND_MAX,
                       &ret->remind_after_days);
    dg_calendar_number(fields, dg_yaml_member(node, "every"), 1, DG_REMIND_MAX, &ret->remind_every_days);
    dg_calendar_number(fields, dg_yaml_member(node, "escalate-after"), 0, DG_REMIND_MAX,
                       &ret->escalate_after);
}

/* --- days off ------------------------------------------------------------------------------- */

/* Marks that weekday all through the calendar. */
static bool mark_weekday(struct dg_days *days, struct dg_bytes word)
{
    unsigned weekday = 0;

    while (weekday < WEEK && !dg_bytes_is(word, weekdays[0][weekday]) &&
           !dg_bytes_is(word, weekdays[1][weekday]))
        weekday++;
    for (size_t i = 0; i < days->count; i++) {
        if (dg_day_weekday((struct dg_day){days->first.n + (int32_t)i}) == weekday)
            days->kind[i] = DG_DAY_WEEKEND;
    }
    return weekday < WEEK;
}

/* context is the draft, whose days are marked as the words are read. */
static bool check_weekday(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    const struct dg_calendar_draft *draft = context;
    struct dg_days days = draft->days;

    if (mark_weekday(&days, word->text))
        return true;
    dg_fields_complain(fields, word, "\"%s\" is no day of the week: write mon to sun, or T2 to T7 and CN",
                       (const char *)word->text.data);
    return false;
}

/* Reads 2026-02-16 or 2026-02-16..2026-02-20. */
static bool read_range(struct dg_fields *fields, const struct dg_yaml *word, struct dg_day *ret_first,
                       struct dg_day *ret_last)
{
    struct dg_bytes text;

    if (!dg_fields_text(fields, word, DG_SLUG_MAX, &text))
        return false;
    const char *dots = strstr((const char *)text.data, "..");
    size_t size = dots == NULL ? text.size : (size_t)(dots - (const char *)text.data);
    struct dg_bytes last = dots == NULL ? text : dg_bytes_of(dots + 2);
    if (dg_day_parse(dg_bytes_at(text.data, size), ret_first) && dg_day_parse(last, ret_last) &&
        ret_first->n <= ret_last->n)
        return true;
    dg_fields_complain(fields, word,
                       "\"%s\" is no day or days that exist: write YYYY-MM-DD, or two with .. between",
                       (const char *)text.data);
    return false;
}

/* What a day may become, and from what: a holiday from a working day or a weekend, a day that makes up for
 * one from a day off. */
static bool may_become(enum dg_day_kind was, enum dg_day_kind kind)
{
    return kind == DG_DAY_HOLIDAY ? was == DG_DAY_WORKING || was == DG_DAY_WEEKEND
                                  : was == DG_DAY_WEEKEND || was == DG_DAY_HOLIDAY;
}

/* Marks the days of one line. Its first mistake is told. */
static void mark_range(struct dg_calendar_draft *draft, const struct dg_yaml *word, struct dg_day day,
                       struct dg_day last, enum dg_day_kind kind)
{
    struct dg_days *days = &draft->days;
    char text[DG_DAY_TEXT];

    for (; day.n <= last.n; day.n++) {
        dg_day_text(day, text);
        if (day.n < days->first.n || (size_t)(day.n - days->first.n) >= days->count) {
            if (!draft->placeless)
                dg_fields_complain(draft->fields, word, "%s lies far outside the calendar", text);
            return;
        }
        uint8_t *at = &days->kind[day.n - days->first.n];
        if (!may_become((enum dg_day_kind) * at, kind)) {
            if (kind == DG_DAY_HOLIDAY)
                dg_fields_complain(draft->fields, word, "%s is named twice", text);
            else
                dg_fields_complain(draft->fields, word, "%s is a working day anyway", text);
            return;
        }
        *at = (uint8_t)kind;
    }
}

static void read_ranges(struct dg_calendar_draft *draft, const struct dg_yaml *node, enum dg_day_kind kind)
{
    struct dg_fields *fields = draft->fields;
    struct dg_day first, last;

    if (node == NULL)
        return;
    if (node->kind == DG_YAML_MAP || node->count > DAYS_MAX) {
        dg_fields_complain(fields, node, "%s must be a list of at most %d days", (const char *)node->key.data,
                           DAYS_MAX);
        return;
    }
    const struct dg_yaml *word = node->kind == DG_YAML_TEXT ? node : node->first;
    for (; word != NULL; word = node->kind == DG_YAML_TEXT ? NULL : word->next) {
        if (read_range(fields, word, &first, &last))
            mark_range(draft, word, first, last, kind);
    }
}

static void read_days(struct dg_calendar_draft *draft, const struct dg_yaml *root)
{
    struct dg_days *days = &draft->days;
    struct dg_slugs weekend;

    days->first.n = draft->from.n - DG_DAYS_AROUND;
    days->count = (size_t)(draft->until.n - draft->from.n + 1 + 2 * DG_DAYS_AROUND);
    days->kind = dg_fields_array(draft->fields, days->count, sizeof *days->kind);
    if (days->kind == NULL) {
        days->count = 0;
        return;
    }
    dg_fields_words(draft->fields, dg_yaml_member(root, "weekend"), WEEK - 1, check_weekday, draft, &weekend);
    read_ranges(draft, dg_yaml_member(root, "holidays"), DG_DAY_HOLIDAY);
    read_ranges(draft, dg_yaml_member(root, "make-up"), DG_DAY_MADE_UP);
}

/* --- meetings ------------------------------------------------------------------------------- */

static bool check_address(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    struct dg_bytes organ, unit;

    (void)context;
    if (dg_address_split(word->text, &organ, &unit))
        return true;
    dg_fields_complain(fields, word, "\"%s\" must be organ@unit", (const char *)word->text.data);
    return false;
}

static void read_meeting(struct dg_calendar_draft *draft, const struct dg_yaml *node, struct dg_meeting *ret)
{
    struct dg_fields *fields = draft->fields;
    struct dg_slugs participants;

    if (node->kind != DG_YAML_MAP) {
        dg_fields_complain(fields, node, "a meeting must have keys: name, date, participants");
        return;
    }
    dg_fields_keys(fields, node, meeting_keys, COUNT(meeting_keys), NULL);
    const struct dg_yaml *name = dg_fields_member(fields, node, "name");
    if (dg_fields_text(fields, name, DG_SLUG_MAX, &ret->name))
        dg_check_slug(fields, name, NULL);
    const struct dg_yaml *date = dg_fields_member(fields, node, "date");
    if (dg_calendar_day(fields, date, &ret->date) && !draft->placeless &&
        (ret->date.n < draft->from.n || ret->date.n > draft->until.n))
        dg_fields_complain(fields, date, "the meeting lies outside the calendar's from and until");
    dg_fields_words(fields, dg_yaml_member(node, "participants"), DG_PARTICIPANTS_MAX, check_address, NULL,
                    &participants);
    ret->participant_count = participants.count;
    ret->participant = participants.item;
}

static int compare_meetings(const void *left, const void *right)
{
    const struct dg_meeting *a = left, *b = right;
    int order = (a->date.n > b->date.n) - (a->date.n < b->date.n);

    return order != 0 ? order : dg_bytes_compare(a->name, b->name);
}

/* A digest is asked for by the name of the meeting before, so one name is one meeting. */
static void check_name_is_new(struct dg_calendar_draft *draft, const struct dg_calendar *calendar,
                              const struct dg_yaml *node)
{
    const struct dg_meeting *last = &calendar->meeting[calendar->meeting_count - 1];

    for (const struct dg_meeting *meeting = calendar->meeting; meeting < last; meeting++) {
        if (last->name.size == 0 || !dg_bytes_equal(meeting->name, last->name))
            continue;
        dg_fields_complain(draft->fields, dg_yaml_member(node, "name"), "there is a meeting %s already",
                           (const char *)last->name.data);
        return;
    }
}

static void read_meetings(struct dg_calendar_draft *draft, const struct dg_yaml *list,
                          struct dg_calendar *ret)
{
    if (list == NULL)
        return;
    if (list->kind != DG_YAML_LIST || list->count > DG_MEETINGS_MAX) {
        dg_fields_complain(draft->fields, list, "meetings must be a list of at most %d", DG_MEETINGS_MAX);
        return;
    }
    ret->meeting = dg_fields_array(draft->fields, list->count, sizeof *ret->meeting);
    if (ret->meeting == NULL)
        return;
    for (const struct dg_yaml *node = list->first; node != NULL; node = node->next) {
        read_meeting(draft, node, &ret->meeting[ret->meeting_count++]);
        check_name_is_new(draft, ret, node);
    }
    qsort(ret->meeting, ret->meeting_count, sizeof *ret->meeting, compare_meetings);
}

/* --- the file ------------------------------------------------------------------------------- */

static void read_root(struct dg_calendar_draft *draft, const struct dg_yaml *root, struct dg_calendar *ret)
{
    struct dg_fields *fields = draft->fields;

    dg_fields_keys(fields, root, calendar_keys, COUNT(calendar_keys), NULL);
    read_name(fields, root, ret);
    read_remind(fields, dg_yaml_member(root, "remind"), ret);
    draft->window = DG_WINDOW_ANY;
    const struct dg_yaml *window = dg_fields_member(fields, root, "window");
    dg_calendar_window(fields, window, &draft->window);
    dg_calendar_day_off(fields, dg_yaml_member(root, "on-day-off"), &draft->day_off);
    dg_calendar_yes(fields, dg_yaml_member(root, "replace"), &draft->replace);
    const struct dg_yaml *rules = dg_fields_member(fields, root, "rules");
    read_span(fields, root, draft);
    ret->from = draft->from;
    ret->until = draft->until;
    read_days(draft, root);
    dg_calendar_rules(draft, rules);
    read_meetings(draft, dg_yaml_member(root, "meetings"), ret);
    dg_cells_draw(draft, ret);
}

/* What fits in the file may still be too much for the signed form. */
static void check_size(struct dg_fields *fields, const struct dg_yaml *root,
                       const struct dg_calendar *calendar)
{
    struct dg_buf bytes;

    if (calendar->entry_count > DG_CALENDAR_ENTRIES_MAX) {
        dg_fields_complain(fields, root, "more than %d dates", DG_CALENDAR_ENTRIES_MAX);
        return;
    }
    dg_buf_init(&bytes, DG_CALENDAR_MAX - 1024); /* room for who issues it */
    if (dg_calendar_encode(calendar, &bytes) == DG_ERR_TOO_LARGE)
        dg_fields_complain(fields, root, "compiled, the calendar is larger than %d bytes", DG_CALENDAR_MAX);
    dg_buf_done(&bytes);
}

enum dg_err dg_calendar_read(struct dg_arena *arena, struct dg_bytes text,
                             const struct dg_rules_in_force *rules, struct dg_calendar *ret,
                             struct dg_fault_list *faults)
{
    struct dg_fields fields = {.arena = arena, .faults = faults, .err = DG_ERR_BAD_CALENDAR};
    struct dg_calendar_draft draft = {.fields = &fields, .rules = rules};
    struct dg_calendar calendar = {0};
    const struct dg_yaml *root = NULL;
    struct dg_bytes clean = {0};
    bool whole = false;

    dg_fault_list_reset(faults, arena);
    if (text.size > DG_CALENDAR_FILE_MAX)
        dg_fault_list_add(faults, DG_ERR_BAD_CALENDAR, 1, 1, "the file is larger than %d bytes",
                          DG_CALENDAR_FILE_MAX);
    else
        clean = dg_yaml_clean(arena, text, DG_ERR_BAD_CALENDAR, faults);
    if (clean.data != NULL)
        root = dg_yaml_read_part(arena, dg_yaml_untab(arena, clean, DG_ERR_BAD_CALENDAR, faults), 1,
                                 DG_ERR_BAD_CALENDAR, faults, &whole);
    fields.cut_short = !whole;
    if (root != NULL && root->kind == DG_YAML_MAP)
        read_root(&draft, root, &calendar);
    else if (root != NULL)
        dg_fields_complain(&fields, root,
                           "a calendar must have keys: name, title, from, until, window, rules, …");
    if (root != NULL && faults->count == 0 && !fields.spent)
        check_size(&fields, root, &calendar);
    dg_fault_list_sort(faults);
    if (faults->count > 0)
        return DG_ERR_BAD_CALENDAR;
    if (root == NULL || fields.spent)
        return DG_ERR_NO_MEMORY;
    *ret = calendar;
    return DG_OK;
}

enum dg_err dg_calendar_load(struct dg_arena *arena, const char *path, const struct dg_rules_in_force *rules,
                             struct dg_calendar *ret, struct dg_fault_list *faults, struct dg_fault *fault)
{
    struct dg_bytes text;

    dg_fault_list_reset(faults, arena);
    enum dg_err err = dg_file_read(arena, path, DG_CALENDAR_FILE_MAX, &text, fault);
    if (err != DG_OK)
        return err;
    err = dg_calendar_read(arena, text, rules, ret, faults);
    if (err == DG_ERR_NO_MEMORY)
        return dg_fault(fault, err);
    return err;
}
