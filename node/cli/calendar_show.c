/* calendar_show.c - the calendars that this node holds, and the dates of one; or those that a file comes to.
 */
#include <stdlib.h>
#include <string.h>

#include "node/cli/calendar.h"
#include "node/cli/grid.h"
#include "node/cli/view.h"
#include "node/core/issued.h"

static const char *day_text(struct dg_arena *arena, struct dg_day day)
{
    char text[DG_DAY_TEXT];

    dg_day_text(day, text);
    return dg_arena_string(arena, dg_bytes_of(text));
}

/* ---- for machines ------------------------------------------------------------------------------- */

static void json_entry(struct dg_arena *arena, struct dg_json *list, const struct dg_calendar_entry *entry)
{
    struct dg_json *item = dg_json_item(list);

    dg_json_bytes(item, "rule", entry->rule);
    dg_json_bytes(item, "period", entry->period);
    struct dg_json *levels = dg_json_array(item, "level");
    for (size_t i = 0; i < entry->level.count; i++)
        dg_json_item_text(levels, entry->level.item[i]);
    dg_json_text(item, "first", day_text(arena, entry->first));
    dg_json_text(item, "cutoff", day_text(arena, entry->cutoff));
    dg_json_text(item, "due", day_text(arena, entry->due));
    dg_json_maybe(item, "replaced_by", entry->replaced_by);
}

static void json_meeting(struct dg_arena *arena, struct dg_json *list, const struct dg_meeting *meeting)
{
    struct dg_json *item = dg_json_item(list);

    dg_json_bytes(item, "name", meeting->name);
    dg_json_text(item, "date", day_text(arena, meeting->date));
    struct dg_json *participants = dg_json_array(item, "participants");
    for (size_t i = 0; i < meeting->participant_count; i++)
        dg_json_item_text(participants, meeting->participant[i]);
}

/* Who issued it, or nothing for one that is still a file. */
static void json_issuer(struct dg_arena *arena, struct dg_json *json, const struct dg_calendar *calendar,
                        const struct dg_hash *hash)
{
    if (hash == NULL)
        return;
    dg_json_text(json, "by", dg_address_text(arena, calendar->issuer.organ, calendar->issuer.unit));
    dg_json_number(json, "serial", calendar->serial);
    dg_json_hex(json, "hash", hash->b, sizeof hash->b);
    dg_json_instant(json, "signed", calendar->issuer.signed_ms);
}

static void print_json(struct dg_cli *cli, const struct dg_calendar *calendar, const struct dg_hash *hash)
{
    struct dg_arena *arena = &cli->arena;
    struct dg_json *json = dg_json_new();

    dg_json_bytes(json, "name", calendar->name);
    dg_json_bytes(json, "title", calendar->title);
    json_issuer(arena, json, calendar, hash);
    dg_json_text(json, "from", day_text(arena, calendar->from));
    dg_json_text(json, "until", day_text(arena, calendar->until));
    struct dg_json *remind = dg_json_object(json, "remind");
    dg_json_number(remind, "after", calendar->remind_after_days);
    dg_json_number(remind, "every", calendar->remind_every_days);
    dg_json_number(remind, "escalate_after", calendar->escalate_after);
    struct dg_json *entries = dg_json_array(json, "entries");
    for (size_t i = 0; i < calendar->entry_count; i++)
        json_entry(arena, entries, &calendar->entry[i]);
    struct dg_json *meetings = dg_json_array(json, "meetings");
    for (size_t i = 0; i < calendar->meeting_count; i++)
        json_meeting(arena, meetings, &calendar->meeting[i]);
    dg_json_print(json, cli->out);
}

/* ---- for people --------------------------------------------------------------------------------- */

static const char *joined(struct dg_arena *arena, const struct dg_bytes *words, size_t count)
{
    const char *text = "";

    for (size_t i = 0; i < count; i++)
        text = dg_arena_printf(arena, "%s%s%s", text, i > 0 ? ", " : "", dg_shown(arena, words[i]));
    return text;
}

/* The signed order is by rule; a person looks for the day. */
static int by_day(const void *left, const void *right)
{
    const struct dg_calendar_entry *const *a = left, *const *b = right;
    int order = ((*a)->due.n > (*b)->due.n) - ((*a)->due.n < (*b)->due.n);

    return order != 0 ? order : (*a > *b) - (*a < *b); /* both point into one array */
}

static const struct dg_calendar_entry **sorted_by_day(struct dg_arena *arena,
                                                      const struct dg_calendar *calendar)
{
    const struct dg_calendar_entry **sorted = dg_arena_array(arena, calendar->entry_count, sizeof *sorted);

    for (size_t i = 0; sorted != NULL && i < calendar->entry_count; i++)
        sorted[i] = &calendar->entry[i];
    if (sorted != NULL)
        qsort(sorted, calendar->entry_count, sizeof(const struct dg_calendar_entry *), by_day);
    return sorted;
}

static enum dg_err print_dates(struct dg_cli *cli, const struct dg_calendar *calendar)
{
    static const enum dg_msg heading[] = {DG_MSG_H_DUE,   DG_MSG_H_RULE,   DG_MSG_H_PERIOD,
                                          DG_MSG_H_LEVEL, DG_MSG_H_WINDOW, DG_MSG_H_REPLACED_BY};
    struct dg_grid *grid = dg_grid_new(cli, heading, sizeof heading / sizeof heading[0]);
    struct dg_arena *arena = &cli->arena;
    const struct dg_calendar_entry **sorted = sorted_by_day(arena, calendar);

    for (size_t i = 0; sorted != NULL && i < calendar->entry_count; i++) {
        const struct dg_calendar_entry *entry = sorted[i];
        const char *first = day_text(arena, entry->first), *cutoff = day_text(arena, entry->cutoff);
        dg_grid_row(grid, (const char *const[]){
                              day_text(arena, entry->due),
                              dg_shown(arena, entry->rule),
                              dg_shown(arena, entry->period),
                              entry->level.count == 0 ? dg_msg(cli, DG_MSG_EVERY_LEVEL)
                                                      : joined(arena, entry->level.item, entry->level.count),
                              dg_arena_printf(arena, "%s … %s", first, cutoff),
                              entry->replaced_by.size == 0 ? "-" : dg_shown(arena, entry->replaced_by),
                          });
    }
    enum dg_err err = dg_grid_print(grid);
    return sorted == NULL ? dg_fault(&cli->fault, DG_ERR_NO_MEMORY) : err;
}

static enum dg_err print_text(struct dg_cli *cli, const struct dg_calendar *calendar,
                              const struct dg_hash *hash)
{
    struct dg_arena *arena = &cli->arena;
    const char *from = day_text(arena, calendar->from), *until = day_text(arena, calendar->until);
    const char *title = dg_shown(arena, calendar->title), *name = dg_shown(arena, calendar->name);

    if (hash == NULL)
        dg_say(cli, cli->out, DG_MSG_CALENDAR_OF_FILE, DG_WORDS(title, name, from, until));
    else
        dg_say(cli, cli->out, DG_MSG_CALENDAR_HEAD,
               DG_WORDS(title, name, dg_arena_printf(arena, "%u", (unsigned)calendar->serial),
                        dg_address_text(arena, calendar->issuer.organ, calendar->issuer.unit), from, until));
    if (calendar->remind_after_days > 0)
        dg_say(cli, cli->out, DG_MSG_CALENDAR_REMINDS,
               DG_WORDS(dg_arena_printf(arena, "%u", (unsigned)calendar->remind_after_days),
                        dg_arena_printf(arena, "%u", (unsigned)calendar->remind_every_days),
                        dg_arena_printf(arena, "%u", (unsigned)calendar->escalate_after)));
    enum dg_err err = print_dates(cli, calendar);
    for (size_t i = 0; i < calendar->meeting_count; i++) {
        const struct dg_meeting *meeting = &calendar->meeting[i];
        dg_say(cli, cli->out, DG_MSG_MEETING,
               DG_WORDS(day_text(arena, meeting->date), dg_shown(arena, meeting->name),
                        joined(arena, meeting->participant, meeting->participant_count)));
    }
    return err;
}

static enum dg_err print(struct dg_cli *cli, const struct dg_calendar *calendar, const struct dg_hash *hash)
{
    if (!dg_cli_has(cli, DG_OPT_JSON))
        return print_text(cli, calendar, hash);
    print_json(cli, calendar, hash);
    return DG_OK;
}

/* ---- those that the node holds ------------------------------------------------------------------ */

struct held {
    size_t count;
    struct dg_held_calendar *item;
    bool has_day;
    struct dg_day day; /* as of */
};

static bool same_name(const struct dg_calendar *a, const struct dg_calendar *b)
{
    return dg_bytes_equal(a->issuer.unit, b->issuer.unit) &&
           dg_bytes_equal(a->issuer.organ, b->issuer.organ) && dg_bytes_equal(a->name, b->name);
}

static bool answers_for(const struct held *held, const struct dg_calendar *calendar)
{
    return !held->has_day || (calendar->from.n <= held->day.n && held->day.n <= calendar->until.n);
}

/* True when it answers for the day, and no newer one of its name does. */
static bool counts(const struct held *held, const struct dg_calendar *calendar)
{
    if (!answers_for(held, calendar))
        return false;
    for (size_t i = 0; i < held->count; i++) {
        const struct dg_calendar *other = &held->item[i].calendar;
        if (same_name(calendar, other) && other->serial > calendar->serial && answers_for(held, other))
            return false;
    }
    return true;
}

static enum dg_err list(struct dg_cli *cli, const struct held *held)
{
    static const enum dg_msg heading[] = {DG_MSG_H_CALENDAR,    DG_MSG_H_ISSUER, DG_MSG_H_ISSUE,
                                          DG_MSG_H_ANSWERS_FOR, DG_MSG_H_DATES,  DG_MSG_H_TITLE,
                                          DG_MSG_H_ID};
    bool json = dg_cli_has(cli, DG_OPT_JSON);
    struct dg_grid *grid = json ? NULL : dg_grid_new(cli, heading, sizeof heading / sizeof heading[0]);
    struct dg_arena *arena = &cli->arena;
    char hash[DG_HEX_BYTES];

    for (size_t i = 0; i < held->count; i++) {
        const struct dg_calendar *calendar = &held->item[i].calendar;
        if (!counts(held, calendar))
            continue;
        if (json) {
            print_json(cli, calendar, &held->item[i].hash);
            continue;
        }
        dg_hex(held->item[i].hash.b, sizeof held->item[i].hash.b, hash);
        dg_grid_row(grid, (const char *const[]){
                              dg_shown(arena, calendar->name),
                              dg_address_text(arena, calendar->issuer.organ, calendar->issuer.unit),
                              dg_arena_printf(arena, "%u", (unsigned)calendar->serial),
                              dg_arena_printf(arena, "%s … %s", day_text(arena, calendar->from),
                                              day_text(arena, calendar->until)),
                              dg_arena_printf(arena, "%zu", calendar->entry_count),
                              dg_shown(arena, calendar->title),
                              dg_arena_printf(arena, "%.12s", hash),
                          });
    }
    return json ? DG_OK : dg_grid_print(grid);
}

static enum dg_err show_named(struct dg_cli *cli, const struct held *held, const char *name)
{
    enum dg_err err = DG_OK;
    size_t shown = 0;

    for (size_t i = 0; i < held->count && err == DG_OK; i++) {
        const struct dg_calendar *calendar = &held->item[i].calendar;
        if (!dg_bytes_is(calendar->name, name) || !counts(held, calendar))
            continue;
        err = print(cli, calendar, &held->item[i].hash);
        shown++;
    }
    if (err == DG_OK && shown == 0)
        return dg_faultf(&cli->fault, DG_ERR_NOT_FOUND, "%s",
                         dg_phrase(cli, DG_MSG_NO_SUCH_CALENDAR, DG_WORDS(name)));
    return err;
}

static enum dg_err show_held(struct dg_cli *cli, const char *name)
{
    struct held held = {.has_day = dg_cli_has(cli, DG_OPT_ASOF)};
    struct dg_view view;

    enum dg_err err = dg_cli_day(cli, DG_OPT_ASOF, &held.day);
    if (err == DG_OK)
        err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    err = dg_calendars_load(view.txn, &cli->arena, &held.count, &held.item);
    if (err != DG_OK)
        (void)dg_fault(&cli->fault, err);
    else
        err = name == NULL ? list(cli, &held) : show_named(cli, &held, name);
    return dg_view_close(cli, &view, err);
}

/* ---- the verb ----------------------------------------------------------------------------------- */

static bool is_file(const char *word)
{
    static const char suffix[] = ".yaml";
    size_t size = strlen(word), end = sizeof suffix - 1;

    return strchr(word, '/') != NULL || (size >= end && strcmp(word + size - end, suffix) == 0);
}

enum dg_err dg_calendar_show(struct dg_cli *cli)
{
    const char *word = cli->args.word_count > 1 ? cli->args.word[1] : NULL;
    struct dg_calendar calendar;

    if (word == NULL || !is_file(word))
        return show_held(cli, word);
    if (dg_cli_has(cli, DG_OPT_ASOF))
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", dg_msg(cli, DG_MSG_ASOF_HELD));
    enum dg_err err = dg_calendar_take(cli, word, &calendar);
    return err == DG_OK ? print(cli, &calendar, NULL) : err;
}
