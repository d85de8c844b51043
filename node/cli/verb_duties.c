/* verb_duties.c - which reports are owed, and how each duty stands; and only what is overdue. */
#include <stdlib.h>

#include "common/text.h"
#include "node/cli/director.h"
#include "node/cli/duty_list.h"
#include "node/cli/grid.h"
#include "node/cli/json.h"
#include "node/cli/known.h"
#include "node/cli/say.h"

enum { DUTIES_PER_TRANSACTION = 64 };

struct duties {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_duty_list list;
    struct dg_grid *grid; /* NULL with --json */
    FILE *words;          /* what is printed under it */
    struct dg_day today;
    bool overdue; /* nothing but what is missing */
};

/* ---- for machines ------------------------------------------------------------------------------- */

static void json_day(struct dg_json *json, const char *key, struct dg_day day)
{
    char text[DG_DAY_TEXT];

    dg_day_text(day, text);
    dg_json_text(json, key, text);
}

static void json_report(struct dg_json *json, const struct dg_duty_row *row)
{
    if (!row->has_report) {
        dg_json_null(json, "report");
        return;
    }
    dg_json_hex(json, "report", row->report.b, sizeof row->report.b);
    dg_json_instant(json, "signed", row->facts.signed_ms);
    dg_json_instant(json, "arrived", row->facts.came_ms);
}

static void json_calendar(struct dg_arena *arena, struct dg_json *json, const struct dg_held_calendar *held)
{
    const struct dg_calendar *calendar = &held->calendar;
    struct dg_json *part = dg_json_object(json, "calendar");

    dg_json_text(part, "by", dg_address_text(arena, calendar->issuer.organ, calendar->issuer.unit));
    dg_json_bytes(part, "name", calendar->name);
    dg_json_number(part, "serial", calendar->serial);
    dg_json_hex(part, "hash", held->hash.b, sizeof held->hash.b);
}

/* The decision that counts: the duty is excused, there was nothing to report, or its day has moved. */
static void json_decision(struct dg_json *json, const struct dg_duty_row *row)
{
    enum dg_finding finding = row->facts.extended  ? DG_FINDING_EXTENDED
                              : row->facts.nothing ? DG_FINDING_NOTHING
                                                   : DG_FINDING_EXCUSED;

    if (row->facts.extended || row->facts.excused)
        dg_json_text(json, "decision", dg_finding_name(finding));
    else
        dg_json_null(json, "decision");
}

/* Every reminder and finding, with what its issuer wrote beside it. */
static void json_words(struct dg_arena *arena, struct dg_json *json, const struct dg_duty_row *row)
{
    struct dg_json *words = dg_json_array(json, "record");

    for (size_t i = 0; i < row->word_count; i++) {
        const struct dg_duty_word *word = &row->word[i];
        struct dg_json *item = dg_json_item(words);
        dg_json_text(item, "kind", dg_duty_word_name(word));
        dg_json_text(item, "by", dg_address_text(arena, word->issuer.organ, word->issuer.unit));
        dg_json_instant(item, "time", word->issuer.signed_ms);
        if (word->is_reminder) {
            dg_json_number(item, "number", word->count);
            dg_json_bool(item, "escalated", word->escalated);
        }
        if (!word->is_reminder && word->finding == DG_FINDING_EXTENDED)
            json_day(item, "until", word->until);
        if (!word->is_reminder && word->finding == DG_FINDING_LATE)
            dg_json_number(item, "days_late", word->days);
        dg_json_bytes(item, "note", word->note);
    }
}

static void print_json(struct duties *d, const struct dg_duty_row *row)
{
    const struct dg_duty *duty = &row->duty;
    struct dg_arena *arena = d->view.txn->arena;
    struct dg_json *json = dg_json_new();

    dg_json_bytes(json, "unit", duty->unit->slug);
    dg_json_text(json, "organ", dg_address_text(arena, duty->organ->slug, duty->unit->slug));
    struct dg_json *rule = dg_json_object(json, "rule");
    dg_json_bytes(rule, "id", duty->rule->id);
    dg_json_bytes(rule, "cites", duty->rule->cites);
    dg_json_bytes(json, "period", duty->entry->period);
    json_day(json, "first", duty->entry->first);
    json_day(json, "cutoff", duty->entry->cutoff);
    json_day(json, "due", duty->entry->due);
    json_day(json, "last", row->last);
    if (row->facts.extended)
        json_day(json, "until", row->facts.until);
    dg_json_text(json, "state", row->unseen ? "unseen" : dg_duty_state_name(row->state));
    dg_json_number(json, "days_late", row->days_late);
    json_report(json, row);
    dg_json_number(json, "reminders", row->reminders);
    dg_json_bool(json, "escalated", row->escalated);
    if (row->last_reminder_ms != 0)
        dg_json_instant(json, "reminded", row->last_reminder_ms);
    dg_json_number(json, "findings", row->findings);
    json_decision(json, row);
    json_words(arena, json, row);
    dg_json_bytes(json, "kept_by", dg_duty_keeper(duty)->slug);
    json_calendar(arena, json, duty->calendar);
    dg_json_print(json, d->cli->out);
}

/* ---- for people --------------------------------------------------------------------------------- */

static const char *state_shown(struct dg_cli *cli, const struct dg_duty_row *row)
{
    if (row->unseen)
        return dg_msg(cli, DG_MSG_DUTY_UNSEEN);
    if (row->state == DG_DUTY_EXCUSED && row->facts.nothing)
        return dg_msg(cli, DG_MSG_DUTY_NOTHING);
    return dg_duty_shown(cli, row->state, row->days_late);
}

/* Decisions, and what was written beside a reminder or finding: lines of their own, under the table. */
static void keep_words(struct duties *d, const struct dg_duty_row *row)
{
    struct dg_cli *cli = d->cli;
    const struct dg_duty *duty = &row->duty;

    for (size_t i = 0; i < row->word_count; i++) {
        const struct dg_duty_word *word = &row->word[i];
        char day[DG_DAY_TEXT];
        bool decision =
            !word->is_reminder && word->finding != DG_FINDING_MISSING && word->finding != DG_FINDING_LATE;
        if (!decision && word->note.size == 0)
            continue;
        dg_day_text(dg_day_of(word->issuer.signed_ms), day);
        const char *line =
            dg_phrase(cli, DG_MSG_DUTY_WORD,
                      DG_WORDS(dg_address_text(&cli->arena, duty->organ->slug, duty->unit->slug),
                               dg_shown(&cli->arena, duty->entry->rule),
                               dg_shown(&cli->arena, duty->entry->period), dg_duty_word_shown(cli, word),
                               dg_address_text(&cli->arena, word->issuer.organ, word->issuer.unit), day));
        fprintf(d->words, "%s%s%s\n", line, word->note.size > 0 ? ": " : "",
                dg_shown(&cli->arena, word->note));
    }
}

static void print_row(struct duties *d, const struct dg_duty_row *row)
{
    struct dg_arena *arena = d->view.txn->arena;
    char due[DG_DAY_TEXT], id[DG_HEX_BYTES] = "-";

    dg_day_text(row->last, due);
    if (row->has_report) {
        dg_hex(row->report.b, sizeof row->report.b, id);
        id[12] = '\0';
    }
    const char *reminders = row->reminders == 0 ? "-" : dg_arena_printf(arena, "%u", row->reminders);
    if (row->escalated)
        reminders = dg_phrase(d->cli, DG_MSG_ESCALATED, DG_WORDS(reminders));
    dg_grid_row(d->grid, (const char *const[]){
                             due,
                             dg_address_text(arena, row->duty.organ->slug, row->duty.unit->slug),
                             dg_shown(arena, row->duty.entry->rule),
                             dg_shown(arena, row->duty.entry->period),
                             state_shown(d->cli, row),
                             reminders,
                             id,
                         });
    keep_words(d, row);
}

/* ---- both --------------------------------------------------------------------------------------- */

/* Without --all only what somebody still has to do. */
static bool is_shown(const struct duties *d, const struct dg_duty_row *row)
{
    if (d->overdue)
        return !row->unseen && row->state == DG_DUTY_MISSING;
    if (dg_cli_has(d->cli, DG_OPT_ALL))
        return true;
    return !row->unseen && (row->state == DG_DUTY_OWED || row->state == DG_DUTY_MISSING);
}

static enum dg_err show_all(struct duties *d)
{
    enum dg_err err = DG_OK;

    for (size_t i = 0; i < d->list.count && err == DG_OK; i++) {
        struct dg_duty_row row;
        if (i % DUTIES_PER_TRANSACTION == DUTIES_PER_TRANSACTION - 1)
            err = dg_view_renew(d->cli, &d->view);
        if (err != DG_OK)
            break;
        dg_duty_row_read(&d->view, &d->list, &d->list.duty[i], d->today, &row);
        if (!is_shown(d, &row))
            continue;
        if (d->grid != NULL)
            print_row(d, &row);
        else
            print_json(d, &row);
    }
    return err;
}

static struct dg_bytes option(const struct dg_cli *cli, enum dg_option id)
{
    const char *value = dg_cli_value(cli, id);

    return dg_bytes_of(value != NULL ? value : "");
}

/* What is asked for: an organ as slug or address, a unit, a rule, a period. */
static enum dg_err filter_read(struct duties *d, struct dg_duty_filter *filter, bool *ret_below)
{
    struct dg_cli *cli = d->cli;
    bool has_unit = dg_cli_has(cli, DG_OPT_UNIT);

    *ret_below = dg_cli_has(cli, DG_OPT_BELOW);
    filter->unit = has_unit ? option(cli, DG_OPT_UNIT) : dg_bytes_of(d->view.identity.unit);
    filter->rule = option(cli, DG_OPT_RULE);
    filter->period = option(cli, DG_OPT_PERIOD);
    if (d->overdue) {
        filter->first = (struct dg_day){.n = -1000000};
        filter->last = (struct dg_day){.n = d->today.n - 1};
    }
    if (cli->args.word_count > 0) {
        struct dg_bytes word = dg_bytes_of(cli->args.word[0]);
        bool address = dg_address_split(word, &filter->organ, &filter->unit);
        if (!address)
            filter->organ = word;
        if ((address && (has_unit || *ret_below)) || (!address && !dg_slug_ok(word)))
            return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", cli->args.word[0]);
    }
    if (*ret_below && has_unit)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "--unit, --below");
    if (*ret_below)
        filter->unit = dg_bytes_at(NULL, 0);
    return DG_OK;
}

static enum dg_err check_names(struct dg_cli *cli, const struct dg_directory *directory,
                               const struct dg_duty_filter *filter)
{
    enum dg_err err = DG_OK;

    if (filter->period.size > 0)
        err = dg_known_period(cli, filter->period);
    if (err == DG_OK && filter->unit.size > 0)
        err = dg_known_unit(cli, directory, filter->unit);
    if (err == DG_OK && filter->organ.size > 0)
        err = dg_known_organ(cli, directory, filter->unit, filter->organ);
    if (err == DG_OK && filter->rule.size > 0)
        err = dg_known_rule(cli, directory, filter->rule);
    return err;
}

/* The table, then the words under it, and whether anybody here watches over what is owed. */
static enum dg_err show_text(struct duties *d)
{
    struct dg_cli *cli = d->cli;
    char *text = NULL;
    size_t size = 0;

    d->words = open_memstream(&text, &size);
    if (d->words == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    enum dg_err err = show_all(d);
    enum dg_err printed = dg_grid_print(d->grid);
    if (fclose(d->words) == 0)
        fwrite(text, 1, size, cli->out);
    free(text);
    const char *missing =
        d->list.calendar_count > 0 ? dg_director_missing(cli, d->list.self, d->today) : NULL;
    if (missing != NULL)
        fprintf(cli->err, "%s\n", missing);
    return err != DG_OK ? err : printed;
}

static enum dg_err show(struct duties *d)
{
    static const enum dg_msg heading[] = {DG_MSG_H_DUE,   DG_MSG_H_ORGAN,    DG_MSG_H_RULE,  DG_MSG_H_PERIOD,
                                          DG_MSG_H_STATE, DG_MSG_H_REMINDED, DG_MSG_H_REPORT};
    struct dg_duty_filter filter = {.first = {.n = 0}};
    bool below;

    enum dg_err err = filter_read(d, &filter, &below);
    if (err == DG_OK)
        err = dg_duty_list(d->cli, &d->view, &filter, below, &d->list);
    if (err == DG_OK)
        err = check_names(d->cli, &d->list.directory, &filter);
    if (err != DG_OK || dg_cli_has(d->cli, DG_OPT_JSON))
        return err != DG_OK ? err : show_all(d);
    d->grid = dg_grid_new(d->cli, heading, sizeof heading / sizeof heading[0]);
    if (d->grid == NULL)
        return dg_fault(&d->cli->fault, DG_ERR_NO_MEMORY);
    return show_text(d);
}

static enum dg_err run(struct dg_cli *cli, bool overdue)
{
    struct duties d = {.cli = cli, .overdue = overdue, .today = dg_day_of(dg_cli_now())};

    enum dg_err err = dg_view_open(cli, &d.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &d.view, show(&d));
}

enum dg_err dg_verb_DUTIES(struct dg_cli *cli)
{
    return run(cli, false);
}

enum dg_err dg_verb_OVERDUE(struct dg_cli *cli)
{
    return run(cli, true);
}
