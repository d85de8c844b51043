/* calendar_due.c - when something is due: the words for it, and the day they come to. */
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "node/conf/calendar_rule.h"

enum { WORKING_MAX = 60, WINDOW_LAST = 28 };

const char *const dg_levels_sorted[DG_LEVEL_COUNT] = {"bloc",    "cell",     "central",
                                                      "commune", "district", "province"};

/* --- words ---------------------------------------------------------------------------------- */

bool dg_calendar_day(struct dg_fields *fields, const struct dg_yaml *node, struct dg_day *ret)
{
    struct dg_bytes text;

    if (!dg_fields_text(fields, node, DG_SLUG_MAX, &text))
        return false;
    if (dg_day_parse(text, ret))
        return true;
    dg_fields_complain(fields, node, "\"%s\" is not a day that exists: write YYYY-MM-DD",
                       (const char *)text.data);
    return false;
}

void dg_calendar_yes(struct dg_fields *fields, const struct dg_yaml *node, bool *ret)
{
    struct dg_bytes text;

    if (!dg_fields_text(fields, node, DG_SLUG_MAX, &text))
        return;
    if (!dg_bytes_is(text, "yes") && !dg_bytes_is(text, "no"))
        dg_fields_complain(fields, node, "\"%s\" must be yes or no", (const char *)text.data);
    else
        *ret = dg_bytes_is(text, "yes");
}

/* Digits and nothing else, at most five. */
static bool parse_number(struct dg_bytes text, uint32_t *ret)
{
    uint32_t value = 0;

    if (text.size == 0 || text.size > 5)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(text.data[i] - '0');
    }
    *ret = value;
    return true;
}

bool dg_calendar_number(struct dg_fields *fields, const struct dg_yaml *node, uint32_t least, uint32_t most,
                        uint32_t *ret)
{
    struct dg_bytes text;
    uint32_t value;

    if (!dg_fields_text(fields, node, DG_SLUG_MAX, &text))
        return false;
    if (!parse_number(text, &value) || value < least || value > most) {
        dg_fields_complain(fields, node, "\"%s\" must be a number from %u to %u", (const char *)text.data,
                           (unsigned)least, (unsigned)most);
        return false;
    }
    *ret = value;
    return true;
}

void dg_calendar_window(struct dg_fields *fields, const struct dg_yaml *node, int32_t *ret)
{
    struct dg_bytes text;
    int start = 0, end = 0, used = 0;

    if (!dg_fields_text(fields, node, DG_SLUG_MAX, &text))
        return;
    if (dg_bytes_is(text, "calendar")) {
        *ret = 0;
        return;
    }
    bool two =
        sscanf((const char *)text.data, "%2d-%2d%n", &start, &end, &used) == 2 && (size_t)used == text.size;
    if (two && end == start - 1 && start >= 2 && start <= WINDOW_LAST) {
        *ret = start;
        return;
    }
    *ret = DG_WINDOW_ANY;
    dg_fields_complain(fields, node, "\"%s\" must be calendar, or two days in a row like 15-14",
                       (const char *)text.data);
}

void dg_calendar_day_off(struct dg_fields *fields, const struct dg_yaml *node, enum dg_day_off *ret)
{
    static const char *const moves[] = {"keep", "before", "after"}; /* by enum dg_day_off */
    struct dg_bytes text;

    if (!dg_fields_text(fields, node, DG_SLUG_MAX, &text))
        return;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        if (!dg_bytes_is(text, moves[i]))
            continue;
        *ret = (enum dg_day_off)i;
        return;
    }
    dg_fields_complain(fields, node, "\"%s\" must be keep, before or after", (const char *)text.data);
}

/* --- due days ------------------------------------------------------------------------------- */

static bool starts_with(struct dg_bytes text, const char *prefix, struct dg_bytes *ret_rest)
{
    size_t size = strlen(prefix);

    if (text.size < size || memcmp(text.data, prefix, size) != 0)
        return false;
    *ret_rest = dg_bytes_at(text.data + size, text.size - size);
    return true;
}

static bool parse_due(struct dg_bytes text, struct dg_due *ret)
{
    struct dg_bytes rest;
    uint32_t n = 0;

    if (dg_day_parse(text, &ret->date)) {
        ret->how = DG_DUE_DATE;
    } else if (dg_bytes_is(text, "end")) {
        ret->how = DG_DUE_END;
    } else if (starts_with(text, "+", &rest)) {
        ret->how = parse_number(rest, &n) && n <= WORKING_MAX ? DG_DUE_WORKING : DG_DUE_NONE;
    } else if (starts_with(text, "next ", &rest)) {
        ret->how = parse_number(rest, &n) && n >= 1 && n <= 31 ? DG_DUE_NEXT : DG_DUE_NONE;
    } else {
        ret->how = parse_number(text, &n) && n >= 1 && n <= 31 ? DG_DUE_DAY : DG_DUE_NONE;
    }
    ret->n = (int32_t)n;
    return ret->how != DG_DUE_NONE;
}

static bool read_due(struct dg_fields *fields, const struct dg_yaml *node, struct dg_due *ret)
{
    struct dg_due due = {.at = node};
    struct dg_bytes text;

    if (!dg_fields_text(fields, node, DG_SLUG_MAX, &text))
        return false;
    due.told = dg_fields_array(fields, 1, sizeof *due.told);
    if (due.told == NULL)
        return false;
    if (!parse_due(text, &due)) {
        dg_fields_complain(fields, node,
                           "\"%s\" is no due day: write 17, next 5, end, +2 (working days) or YYYY-MM-DD",
                           (const char *)text.data);
        return false;
    }
    *ret = due;
    return true;
}

/* The position of a level that is known; DG_LEVEL_COUNT for any other word. */
static size_t level_at(struct dg_bytes word)
{
    size_t at = 0;

    while (at < DG_LEVEL_COUNT && !dg_bytes_is(word, dg_levels_sorted[at]))
        at++;
    return at;
}

/* `other` is every level that the map does not name. */
static void read_by_level(struct dg_fields *fields, const struct dg_yaml *map, const struct dg_slugs *levels,
                          struct dg_dues *ret)
{
    const char *keys[DG_LEVEL_COUNT + 1] = {[DG_LEVEL_COUNT] = "other"};
    struct dg_due other = {.how = DG_DUE_NONE};

    memcpy(keys, dg_levels_sorted, sizeof dg_levels_sorted);
    dg_fields_keys(fields, map, keys, DG_LEVEL_COUNT + 1, NULL);
    if (levels->count > 0)
        dg_fields_complain(fields, map, "level and a due day for each level: name the levels once");
    read_due(fields, dg_yaml_member(map, "other"), &other);
    for (size_t i = 0; i < DG_LEVEL_COUNT; i++) {
        const struct dg_yaml *member = dg_yaml_member(map, dg_levels_sorted[i]);
        ret->level[i] = other;
        if (member != NULL && !read_due(fields, member, &ret->level[i]))
            ret->level[i] = (struct dg_due){.how = DG_DUE_NONE};
    }
}

void dg_dues_read(struct dg_fields *fields, const struct dg_yaml *node, const struct dg_slugs *levels,
                  struct dg_dues *ret)
{
    struct dg_due due;

    if (node != NULL && node->kind == DG_YAML_MAP) {
        read_by_level(fields, node, levels, ret);
        return;
    }
    if (!read_due(fields, node, &due))
        return;
    for (size_t i = 0; i < levels->count; i++)
        ret->level[level_at(levels->item[i])] = due;
    for (size_t i = 0; levels->count == 0 && i < DG_LEVEL_COUNT; i++)
        ret->level[i] = due;
}

/* One mistake in a due day would be one for every period and level: it is told for the first. */
static bool is_untold(const struct dg_due *due)
{
    bool untold = !*due->told;

    *due->told = true;
    return untold;
}

/* The day before it is moved off a day off. False when the month has none such; then its last one. */
static bool count_due(const struct dg_calendar_draft *draft, const struct dg_due *due,
                      const struct dg_period *period, struct dg_day cutoff, struct dg_day *ret)
{
    struct dg_day first, last;
    int32_t year, month;

    dg_period_days(period, &first, &last);
    *ret = last;
    if (due->how == DG_DUE_DATE) {
        *ret = due->date;
    } else if (due->how == DG_DUE_WORKING) {
        *ret = dg_days_after(&draft->days, cutoff, (uint32_t)due->n);
    } else if (due->how != DG_DUE_END) {
        dg_day_month(last, due->how == DG_DUE_NEXT ? 1 : 0, &year, &month);
        return dg_month_day(year, month, due->n, ret);
    }
    return true;
}

enum dg_due_found dg_due_day(const struct dg_calendar_draft *draft, const struct dg_due *due,
                             enum dg_day_off how, const struct dg_period *period, struct dg_day cutoff,
                             struct dg_day *ret)
{
    char text[DG_PERIOD_TEXT];
    struct dg_day day;

    bool exists = count_due(draft, due, period, cutoff, &day);
    if (due->how != DG_DUE_DATE) /* who writes a date means that day */
        day = dg_days_move(&draft->days, day, how);
    if (day.n < draft->from.n || day.n > draft->until.n)
        return DG_DUE_OUTSIDE;
    if (exists && day.n >= cutoff.n) {
        *ret = day;
        return DG_DUE_GOOD;
    }
    dg_period_text(period, text);
    if (!is_untold(due))
        return DG_DUE_WRONG;
    if (exists)
        dg_fields_complain(draft->fields, due->at, "the due day for %s lies before its cut-off", text);
    else
        dg_fields_complain(draft->fields, due->at, "the month has no such day for %s: end is its last day",
                           text);
    return DG_DUE_WRONG;
}
