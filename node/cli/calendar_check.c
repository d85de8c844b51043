/* calendar_check.c - reads a calendar file, and tells every mistake in it with its place. */
#include <stdlib.h>

#include "node/cli/calendar.h"
#include "node/cli/mistakes.h"
#include "node/cli/view.h"
#include "node/conf/calendar_file.h"

enum { SEEN_MAX = 1024 };

/* ---- the rules at the node ---------------------------------------------------------------------- */

/* The regimes of this unit, those above it and those below, each for the days on which it is adopted. */
struct gathering {
    struct dg_cli *cli;
    size_t seen_count, capacity;
    const struct dg_dir_adoption *seen[SEEN_MAX];
    struct dg_rules_in_force rules;
    struct dg_rule_in_force *item; /* rules.item while it grows */
};

static struct dg_day later(struct dg_day a, struct dg_day b)
{
    return a.n > b.n ? a : b;
}

static struct dg_day earlier(struct dg_day a, struct dg_day b)
{
    return a.n < b.n ? a : b;
}

/* The days on which both the adoption and the regime hold; an open end is open here too. */
static struct dg_rule_in_force days_of(const struct dg_dir_adoption *adoption)
{
    const struct dg_regime *regime = adoption->regime;
    struct dg_rule_in_force days = {.from = {INT32_MIN}, .until = {INT32_MAX}};

    if (adoption->has_from)
        days.from = adoption->from;
    if (adoption->has_until)
        days.until = adoption->until;
    if (regime->has_from)
        days.from = later(days.from, regime->from);
    if (regime->has_until)
        days.until = earlier(days.until, regime->until);
    return days;
}

/* Many units adopt the same regime for the same days: its rules are wanted once. */
static bool is_new(struct gathering *g, const struct dg_dir_adoption *adoption)
{
    const struct dg_rule_in_force days = days_of(adoption);

    for (size_t i = 0; i < g->seen_count; i++) {
        const struct dg_rule_in_force other = days_of(g->seen[i]);
        if (dg_hash_equal(&g->seen[i]->hash, &adoption->hash) && other.from.n == days.from.n &&
            other.until.n == days.until.n)
            return false;
    }
    if (g->seen_count < SEEN_MAX)
        g->seen[g->seen_count++] = adoption;
    return true;
}

static bool make_room(struct gathering *g, size_t more)
{
    size_t count = g->rules.count, capacity = 2 * (count + more);

    if (count + more <= g->capacity)
        return true;
    struct dg_rule_in_force *grown = dg_arena_array(&g->cli->arena, capacity, sizeof *grown);
    for (size_t i = 0; grown != NULL && i < count; i++)
        grown[i] = g->item[i];
    g->item = grown;
    g->capacity = grown == NULL ? 0 : capacity;
    return grown != NULL;
}

static enum dg_err gather_adoption(struct gathering *g, const struct dg_dir_adoption *adoption)
{
    const struct dg_regime *regime = adoption->regime;

    if (regime == NULL || !is_new(g, adoption))
        return DG_OK;
    if (!make_room(g, regime->rule_count))
        return dg_fault(&g->cli->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < regime->rule_count; i++) {
        struct dg_rule_in_force *item = &g->item[g->rules.count++];
        *item = days_of(adoption);
        item->rule = &regime->rule[i];
    }
    return DG_OK;
}

static enum dg_err gather(struct gathering *g, struct dg_view *view)
{
    struct dg_directory directory;
    const struct dg_dir_unit *self;

    enum dg_err err = dg_view_directory(g->cli, view, &directory);
    if (err == DG_OK)
        err = dg_view_self(g->cli, view, &directory, &self);
    for (size_t i = 0; err == DG_OK && i < directory.unit_count; i++) {
        const struct dg_dir_unit *unit = &directory.unit[i];
        bool concerned = dg_dir_unit_within(unit, self) || dg_dir_unit_within(self, unit);
        for (size_t k = 0; err == DG_OK && concerned && k < unit->adoption_count; k++)
            err = gather_adoption(g, &unit->adoption[k]);
    }
    if (err == DG_OK && g->rules.count > 0)
        qsort(g->item, g->rules.count, sizeof *g->item, dg_rule_in_force_compare);
    g->rules.item = g->item;
    return err;
}

/* ---- one file ----------------------------------------------------------------------------------- */

struct checked {
    const char *path, *unit; /* unit: whose regimes were asked, NULL: nobody's */
    struct dg_calendar calendar;
    struct dg_fault_list *faults;
};

static bool has_node(struct dg_cli *cli)
{
    const char *variable = getenv("DONGGUI_NODE");

    return dg_cli_has(cli, DG_OPT_NODE) || (variable != NULL && variable[0] != '\0');
}

/* Reads one. DG_OK too when there are mistakes: they are in ret->faults. */
static enum dg_err read_file(struct dg_cli *cli, const char *path, struct checked *ret)
{
    struct gathering *g = dg_arena_alloc(&cli->arena, sizeof *g);
    struct dg_view view;

    *ret = (struct checked){.path = path, .faults = dg_arena_alloc(&cli->arena, sizeof *ret->faults)};
    if (g == NULL || ret->faults == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    ret->faults->language = cli->language;
    g->cli = cli;
    if (has_node(cli)) {
        enum dg_err err = dg_view_open(cli, &view);
        if (err == DG_OK)
            ret->unit = dg_arena_string(&cli->arena, dg_bytes_of(view.identity.unit));
        if (err == DG_OK)
            err = dg_view_close(cli, &view, gather(g, &view));
        if (err != DG_OK)
            return err;
    }
    cli->where = path;
    enum dg_err err = dg_calendar_load(&cli->arena, path, ret->unit == NULL ? NULL : &g->rules,
                                       &ret->calendar, ret->faults, &cli->fault);
    return err == DG_ERR_BAD_CALENDAR ? DG_OK : err;
}

enum dg_err dg_calendar_take(struct dg_cli *cli, const char *path, struct dg_calendar *ret)
{
    struct checked file;

    enum dg_err err = read_file(cli, path, &file);
    if (err != DG_OK)
        return err;
    if (file.faults->count > 0) {
        dg_mistakes_tell(cli, path, file.faults);
        return dg_mistakes_count(cli, DG_ERR_BAD_CALENDAR, path, file.faults);
    }
    *ret = file.calendar;
    return DG_OK;
}

/* ---- the answer --------------------------------------------------------------------------------- */

static void print_json(struct dg_cli *cli, const struct checked *file)
{
    struct dg_json *json = dg_json_new();

    dg_json_text(json, "file", file->path);
    dg_json_bool(json, "ok", file->faults->count == 0);
    dg_json_maybe(json, "regimes_of", dg_bytes_of(file->unit == NULL ? "" : file->unit));
    if (file->faults->count == 0) {
        dg_json_bytes(json, "name", file->calendar.name);
        dg_json_number(json, "entries", file->calendar.entry_count);
        dg_json_number(json, "meetings", file->calendar.meeting_count);
    }
    dg_mistakes_json(json, file->faults);
    dg_json_print(json, cli->out);
}

static void print_summary(struct dg_cli *cli, const struct checked *file)
{
    const struct dg_calendar *calendar = &file->calendar;
    char from[DG_DAY_TEXT], until[DG_DAY_TEXT];

    dg_day_text(calendar->from, from);
    dg_day_text(calendar->until, until);
    dg_say(cli, cli->out, DG_MSG_CALENDAR_GOOD,
           DG_WORDS(file->path, dg_shown(&cli->arena, calendar->name),
                    dg_arena_printf(&cli->arena, "%zu", calendar->entry_count),
                    dg_arena_printf(&cli->arena, "%zu", calendar->meeting_count), from, until));
    if (file->unit == NULL)
        dg_say(cli, cli->err, DG_MSG_RULES_NOT_CHECKED, NULL);
}

enum dg_err dg_calendar_check(struct dg_cli *cli)
{
    struct checked file;

    enum dg_err err = read_file(cli, cli->args.word[1], &file);
    if (err != DG_OK)
        return err;
    if (dg_cli_has(cli, DG_OPT_JSON))
        print_json(cli, &file);
    else if (file.faults->count == 0)
        print_summary(cli, &file);
    else
        dg_mistakes_tell(cli, file.path, file.faults);
    if (file.faults->count > 0)
        return dg_mistakes_count(cli, DG_ERR_BAD_CALENDAR, file.path, file.faults);
    return DG_OK;
}
