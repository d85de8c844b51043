/* calendar_rule.c - the rules of a calendar file: which periods are owed, and their exceptions. */
#include "node/conf/calendar_rule.h"

#include <string.h>

#include "common/limits.h"
#include "node/conf/regime_rule.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { PERIODS_MAX = 256, EXCEPTIONS_MAX = 256 };

static const char *const rule_keys[] = {"rule", "level",   "periods",    "window",
                                        "due",  "replace", "on-day-off", "exceptions"};
static const char *const exception_keys[] = {"period", "owed", "first", "cutoff", "due"};
static const char *const period_words[] = {"M", "Q", "H", "9M", "Y", "Q1", "Q2", "Q3", "Q4", "H1", "H2"};

/* --- one rule while it is read -------------------------------------------------------------- */

struct wanted {
    struct dg_period period;
    bool named; /* by itself, not as one of its cadence: its day must lie in the calendar */
    const struct dg_yaml *at;
};

struct exception {
    struct dg_period period;
    bool owed, has_first, has_cutoff, has_due, used;
    struct dg_day first, cutoff;
    struct dg_dues due;
    const struct dg_yaml *at;
};

struct item {
    struct dg_calendar_draft *draft;
    const struct dg_yaml *at;
    struct dg_bytes rule;
    struct dg_slugs level;
    int32_t window;
    enum dg_day_off day_off;
    bool replace, unknown;
    const struct dg_yaml *told_outside, *told_force; /* the last place where that was told */
    struct dg_dues due;
    size_t wanted_count, exception_count;
    struct wanted *wanted;       /* room for PERIODS_MAX, used again for every rule */
    struct exception *exception; /* room for EXCEPTIONS_MAX, likewise */
};

/* --- rules that are in force ---------------------------------------------------------------- */

/* Whether the rule asks for such a period at all, and is in force on the cut-off day; one complaint each. */
static bool check_in_force(struct item *item, const struct wanted *wanted, struct dg_day cutoff)
{
    struct dg_fields *fields = item->draft->fields;
    char text[DG_PERIOD_TEXT];

    if (item->draft->rules == NULL || item->unknown)
        return true;
    enum dg_rule_standing standing =
        dg_rule_standing(item->draft->rules, item->rule, &wanted->period, cutoff);
    if (standing == DG_RULE_IN_FORCE || item->told_force == wanted->at)
        return standing == DG_RULE_IN_FORCE;
    dg_period_text(&wanted->period, text);
    if (standing == DG_RULE_NOT_IN_FORCE && item->draft->placeless)
        return true;
    if (standing == DG_RULE_NOT_IN_FORCE)
        dg_fields_complain(fields, wanted->at, "rule %s is not in force at the cut-off of %s",
                           (const char *)item->rule.data, text);
    else
        dg_fields_complain(fields, wanted->at, "rule %s is not about periods like %s",
                           (const char *)item->rule.data, text);
    item->told_force = wanted->at;
    return false;
}

/* --- periods -------------------------------------------------------------------------------- */

static void want(struct item *item, struct dg_period period, bool named, const struct dg_yaml *at)
{
    if (item->wanted_count < PERIODS_MAX)
        item->wanted[item->wanted_count++] = (struct wanted){period, named, at};
    else
        dg_fields_complain(item->draft->fields, at, "a rule has at most %d periods", PERIODS_MAX);
}

/* A word for several periods, or for one of each year. `H` is the first half: the second is owed only when it
 * is named. False when the word is none of these. */
static bool parse_cadence(struct dg_bytes word, enum dg_cadence *ret, int32_t *ret_ordinal)
{
    static const enum dg_cadence cadences[] = {DG_CADENCE_M, DG_CADENCE_Q, DG_CADENCE_H, DG_CADENCE_9M,
                                               DG_CADENCE_Y};

    for (size_t i = 0; i < COUNT(period_words); i++) {
        if (!dg_bytes_is(word, period_words[i]))
            continue;
        bool single = i >= COUNT(cadences);
        *ret = !single ? cadences[i] : word.data[0] == 'Q' ? DG_CADENCE_Q : DG_CADENCE_H;
        *ret_ordinal = single ? word.data[1] - '0' : *ret == DG_CADENCE_H ? 1 : 0;
        return true;
    }
    return false;
}

/* Every period of the cadence that could be due within the calendar's days. */
static void want_cadence(struct item *item, enum dg_cadence cadence, int32_t ordinal,
                         const struct dg_yaml *at)
{
    const struct dg_calendar_draft *draft = item->draft;
    struct dg_period period = {.cadence = cadence, .ordinal = 1};
    int32_t last, month;

    dg_day_month(draft->from, -12, &period.year, &month);
    dg_day_month(draft->until, 12, &last, &month);
    for (; period.year <= last; period = dg_period_step(&period, 1)) {
        if (ordinal == 0 || period.ordinal == ordinal)
            want(item, period, false, at);
    }
}

static void read_period_word(struct item *item, const struct dg_yaml *word)
{
    struct dg_fields *fields = item->draft->fields;
    struct dg_period period;
    enum dg_cadence cadence;
    struct dg_bytes text;
    int32_t ordinal;

    if (!dg_fields_text(fields, word, DG_SLUG_MAX, &text))
        return;
    if (dg_period_parse(text, &period))
        want(item, period, true, word);
    else if (parse_cadence(text, &cadence, &ordinal))
        want_cadence(item, cadence, ordinal, word);
    else
        dg_fields_complain(fields, word, "unknown period \"%s\": write M, Q, H, 9M, Y, Q1, H2 or 2026-Q1",
                           (const char *)text.data);
}

static void read_periods(struct item *item)
{
    const struct dg_yaml *node = dg_fields_member(item->draft->fields, item->at, "periods");

    if (node == NULL)
        return;
    if (node->kind == DG_YAML_MAP ||
        (node->kind == DG_YAML_LIST && node->count == 0 && !item->draft->fields->cut_short))
        dg_fields_complain(item->draft->fields, node,
                           "periods must be a list: M, Q, H, 9M, Y or single ones");
    else if (node->kind == DG_YAML_TEXT)
        read_period_word(item, node);
    else
        for (const struct dg_yaml *word = node->first; word != NULL; word = word->next)
            read_period_word(item, word);
}

/* --- exceptions ----------------------------------------------------------------------------- */

static void read_exception(struct item *item, const struct dg_yaml *node)
{
    struct exception *exception = &item->exception[item->exception_count];
    struct dg_fields *fields = item->draft->fields;
    struct dg_bytes text;

    if (node->kind != DG_YAML_MAP) {
        dg_fields_complain(fields, node,
                           "an exception must have keys: period, and owed, first, cutoff or due");
        return;
    }
    *exception = (struct exception){.owed = true, .at = node};
    dg_fields_keys(fields, node, exception_keys, COUNT(exception_keys), NULL);
    const struct dg_yaml *period = dg_fields_member(fields, node, "period");
    if (!dg_fields_text(fields, period, DG_SLUG_MAX, &text))
        return;
    if (!dg_period_parse(text, &exception->period)) {
        dg_fields_complain(fields, period,
                           "\"%s\" is no period: write 2026-03, 2026-Q1, 2026-H1, 2026-9M or 2026",
                           (const char *)text.data);
        return;
    }
    dg_calendar_yes(fields, dg_yaml_member(node, "owed"), &exception->owed);
    exception->has_first = dg_calendar_day(fields, dg_yaml_member(node, "first"), &exception->first);
    exception->has_cutoff = dg_calendar_day(fields, dg_yaml_member(node, "cutoff"), &exception->cutoff);
    exception->has_due = dg_yaml_member(node, "due") != NULL;
    dg_dues_read(fields, dg_yaml_member(node, "due"), &item->level, &exception->due);
    if (!exception->owed && node->count > 2)
        dg_fields_complain(fields, node, "what is not owed has no days");
    item->exception_count++;
}

static void read_exceptions(struct item *item)
{
    const struct dg_yaml *list = dg_yaml_member(item->at, "exceptions");

    if (list == NULL)
        return;
    if (list->kind != DG_YAML_LIST || list->count > EXCEPTIONS_MAX) {
        dg_fields_complain(item->draft->fields, list, "exceptions must be a list of at most %d",
                           EXCEPTIONS_MAX);
        return;
    }
    for (const struct dg_yaml *node = list->first; node != NULL; node = node->next)
        read_exception(item, node);
}

static struct exception *exception_for(struct item *item, const struct dg_period *period)
{
    for (size_t i = 0; i < item->exception_count; i++) {
        struct exception *exception = &item->exception[i];
        if (dg_period_compare(&exception->period, period) == 0)
            return exception;
    }
    return NULL;
}

/* The same period twice is never reached, and neither is one that the rule does not name. */
static void check_exceptions(struct item *item)
{
    for (size_t i = 0; i < item->exception_count; i++) {
        const struct exception *exception = &item->exception[i];
        char text[DG_PERIOD_TEXT];
        dg_period_text(&exception->period, text);
        if (!exception->used)
            dg_fields_complain(item->draft->fields, exception->at,
                               "%s is not among the periods of this rule, or has an exception already", text);
    }
}

/* --- cells ---------------------------------------------------------------------------------- */

static void add_cell(struct dg_calendar_draft *draft, const struct dg_cell *cell)
{
    if (draft->cell_count == draft->cell_room) {
        size_t room = draft->cell_room == 0 ? 256 : draft->cell_room * 2;
        struct dg_cell *grown = dg_fields_array(draft->fields, room, sizeof *grown);
        if (grown == NULL)
            return;
        if (draft->cell_count > 0)
            memcpy(grown, draft->cell, draft->cell_count * sizeof *grown);
        draft->cell = grown;
        draft->cell_room = room;
    }
    draft->cell[draft->cell_count++] = *cell;
}

/* One date; false when it does not lie within the calendar. */
static bool add_level(struct item *item, const struct wanted *wanted, const struct dg_due *due,
                      const struct dg_cell *model, size_t level)
{
    const struct dg_calendar_draft *draft = item->draft;
    struct dg_cell cell = *model;

    cell.level = level;
    enum dg_due_found found = dg_due_day(draft, due, item->day_off, &wanted->period, cell.cutoff, &cell.due);
    if (found != DG_DUE_GOOD)
        return found != DG_DUE_OUTSIDE;
    if (check_in_force(item, wanted, cell.cutoff) && item->rule.size > 0)
        add_cell(item->draft, &cell);
    return true;
}

static void complain_outside(struct item *item, const struct dg_yaml *at, const struct dg_period *period)
{
    char text[DG_PERIOD_TEXT];

    dg_period_text(period, text);
    if (item->told_outside != at && !item->draft->placeless)
        dg_fields_complain(item->draft->fields, at, "%s is due outside the calendar's from and until", text);
    item->told_outside = at;
}

/* The window of a period, its exception regarded. */
static struct dg_cell model_of(const struct item *item, const struct wanted *wanted,
                               const struct exception *exception)
{
    struct dg_cell cell = {
        .rule = item->rule, .period = wanted->period, .replace = item->replace, .at = item->at};
    char text[DG_PERIOD_TEXT];

    dg_period_text(&wanted->period, text);
    cell.period_text = dg_arena_copy(item->draft->fields->arena, dg_bytes_of(text));
    item->draft->fields->spent = item->draft->fields->spent || cell.period_text.data == NULL;
    dg_window_of(&wanted->period, item->window, &cell.first, &cell.cutoff);
    if (exception != NULL && exception->has_first)
        cell.first = exception->first;
    if (exception != NULL && exception->has_cutoff)
        cell.cutoff = exception->cutoff;
    return cell;
}

/* All levels of one period. Returns how many dates it has within the calendar. */
static size_t add_period(struct item *item, const struct wanted *wanted)
{
    struct exception *exception = exception_for(item, &wanted->period);
    size_t inside = 0;

    if (exception != NULL)
        exception->used = true;
    if (exception != NULL && !exception->owed)
        return 1;
    struct dg_cell model = model_of(item, wanted, exception);
    if (model.first.n > model.cutoff.n) {
        dg_fields_complain(item->draft->fields, exception != NULL ? exception->at : wanted->at,
                           "the window of %s ends before it begins", (const char *)model.period_text.data);
        return 1;
    }
    for (size_t level = 0; level < DG_LEVEL_COUNT; level++) {
        bool changed = exception != NULL && exception->due.level[level].how != DG_DUE_NONE;
        const struct dg_due *due = changed ? &exception->due.level[level] : &item->due.level[level];
        if (due->how == DG_DUE_NONE)
            continue;
        if (add_level(item, wanted, due, &model, level))
            inside++;
        else if (wanted->named || exception != NULL)
            complain_outside(item, exception != NULL ? exception->at : wanted->at, &wanted->period);
    }
    return inside;
}

/* A date stands for one period only. */
static void check_dates(struct item *item)
{
    for (size_t i = 0; i < DG_LEVEL_COUNT; i++) {
        const struct dg_due *due = &item->due.level[i];
        if (due->how != DG_DUE_DATE || (item->wanted_count == 1 && item->wanted[0].named))
            continue;
        dg_fields_complain(item->draft->fields, due->at, "a date is for one period: name that period alone");
        return;
    }
}

static bool has_due(const struct dg_dues *dues)
{
    for (size_t i = 0; i < DG_LEVEL_COUNT; i++) {
        if (dues->level[i].how != DG_DUE_NONE)
            return true;
    }
    return false; /* it was told why not */
}

static void add_periods(struct item *item)
{
    size_t inside = 0, most = (size_t)DG_CALENDAR_ENTRIES_MAX * DG_LEVEL_COUNT;

    check_dates(item);
    if (item->draft->cell_count > most)
        return; /* more dates than fit already, which is told in the end */
    for (size_t i = 0; i < item->wanted_count && item->draft->cell_count <= most; i++)
        inside += add_period(item, &item->wanted[i]);
    check_exceptions(item);
    if (inside == 0 && !item->draft->placeless && item->wanted_count > 0 && has_due(&item->due) &&
        item->told_outside == NULL)
        dg_fields_complain(item->draft->fields, item->at, "none of these periods is due within the calendar");
}

/* --- the list ------------------------------------------------------------------------------- */

/* The form of an id, for when no regime is there to compare with. */
static bool is_rule_id(struct dg_bytes id)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";

    return strspn((const char *)id.data, letters) == id.size && strchr("-._", id.data[0]) == NULL;
}

static void read_rule_id(struct item *item)
{
    struct dg_fields *fields = item->draft->fields;
    const struct dg_yaml *node = dg_fields_member(fields, item->at, "rule");

    item->unknown = true; /* until it is known, there is nothing to say about its periods */
    if (!dg_fields_text(fields, node, DG_RULE_ID_MAX, &item->rule))
        item->rule = dg_bytes_of("");
    else if (!is_rule_id(item->rule))
        dg_fields_complain(fields, node, "\"%s\" is not an id of letters, digits, '.' and '-'",
                           (const char *)item->rule.data);
    else if (item->draft->rules != NULL && !dg_rule_known(item->draft->rules, item->rule))
        dg_rule_unknown(fields, item->draft->rules, node);
    else
        item->unknown = false;
}

static void read_item(struct item *item)
{
    struct dg_fields *fields = item->draft->fields;

    if (item->at->kind != DG_YAML_MAP) {
        dg_fields_complain(fields, item->at, "a rule of a calendar must have keys: rule, periods, due, …");
        return;
    }
    dg_fields_keys(fields, item->at, rule_keys, COUNT(rule_keys), NULL);
    read_rule_id(item);
    dg_fields_words(fields, dg_yaml_member(item->at, "level"), DG_LEVEL_COUNT, dg_check_level, NULL,
                    &item->level);
    dg_calendar_window(fields, dg_yaml_member(item->at, "window"), &item->window);
    dg_calendar_yes(fields, dg_yaml_member(item->at, "replace"), &item->replace);
    dg_calendar_day_off(fields, dg_yaml_member(item->at, "on-day-off"), &item->day_off);
    dg_dues_read(fields, dg_fields_member(fields, item->at, "due"), &item->level, &item->due);
    read_periods(item);
    read_exceptions(item);
    add_periods(item);
}

/* Reads the rules one after the other into the same item. */
static void read_items(struct dg_calendar_draft *draft, const struct dg_yaml *list)
{
    struct item item = {.draft = draft, .window = draft->window, .day_off = draft->day_off};

    item.replace = draft->replace;
    item.wanted = dg_fields_array(draft->fields, PERIODS_MAX, sizeof *item.wanted);
    item.exception = dg_fields_array(draft->fields, EXCEPTIONS_MAX, sizeof *item.exception);
    if (item.wanted == NULL || item.exception == NULL)
        return;
    for (const struct dg_yaml *node = list->first; node != NULL; node = node->next) {
        struct item one = item;
        one.at = node;
        read_item(&one);
    }
}

/* Too many rules are a mistake, and those in them are told all the same. */
void dg_calendar_rules(struct dg_calendar_draft *draft, const struct dg_yaml *list)
{
    if (list == NULL)
        return;
    if (list->kind != DG_YAML_LIST || list->count > DG_CALENDAR_ENTRIES_MAX ||
        (list->count == 0 && !draft->fields->cut_short))
        dg_fields_complain(draft->fields, list, "rules must be a list of 1 to %d", DG_CALENDAR_ENTRIES_MAX);
    if (list->kind == DG_YAML_LIST)
        read_items(draft, list);
}
