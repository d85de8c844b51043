/* verb_evaluate.c - how the units stood with a year's reports, for people and as canonical text.
 *
 * All of it is read in one transaction: it must be about one state of the log.
 */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "node/cli/duty_list.h"
#include "node/cli/evaluation.h"
#include "node/cli/grid.h"
#include "node/cli/known.h"
#include "node/cli/output.h"
#include "node/cli/say.h"
#include "node/cli/view.h"

struct evaluating {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_directory directory;
    const struct dg_dir_unit *self;
    struct dg_evaluation evaluation;
};

/* ---- for people ---------------------------------------------------------------------------------- */

static const char *number(struct dg_cli *cli, uint64_t value)
{
    return dg_arena_printf(&cli->arena, "%llu", (unsigned long long)value);
}

static void say_source(struct evaluating *e)
{
    const struct dg_evaluation *evaluation = &e->evaluation;
    struct dg_cli *cli = e->cli;
    char root[DG_HEX_BYTES], asof[DG_DAY_TEXT];

    dg_hex(evaluation->log_root.b, sizeof evaluation->log_root.b, root);
    dg_day_text(evaluation->asof, asof);
    dg_say(cli, cli->out, DG_MSG_EVALUATED,
           DG_WORDS(number(cli, (uint64_t)evaluation->year), e->view.identity.origin,
                    number(cli, evaluation->log_size), root, asof, number(cli, evaluation->calendar_count)));
}

/* What a score counts: whose address, which rule or period, or all. */
static const char *counted(struct dg_cli *cli, enum dg_score_of of, const struct dg_score *score)
{
    switch (of) {
    case DG_SCORE_ORGAN:
        return dg_address_text(&cli->arena, score->organ, score->unit);
    case DG_SCORE_UNIT:
        return dg_shown(&cli->arena, score->unit);
    case DG_SCORE_RULE:
        return dg_shown(&cli->arena, score->rule);
    case DG_SCORE_PERIOD:
        return dg_shown(&cli->arena, score->period);
    case DG_SCORE_ALL:
    case DG_SCORE_OFS:
        break;
    }
    return dg_msg(cli, DG_MSG_ALL_TOGETHER);
}

static void score_row(struct dg_cli *cli, struct dg_grid *grid, enum dg_score_of of,
                      const struct dg_score *score)
{
    char punctual[DG_PERCENT_TEXT], complete[DG_PERCENT_TEXT];
    uint64_t owed = dg_score_owed(score);

    dg_percent_text(score->count[DG_DUTY_ON_TIME], owed, punctual);
    dg_percent_text(dg_score_reported(score), owed, complete);
    dg_grid_row(grid, (const char *const[]){
                          counted(cli, of, score),
                          number(cli, owed),
                          number(cli, score->count[DG_DUTY_ON_TIME]),
                          number(cli, score->count[DG_DUTY_LATE]),
                          number(cli, score->days_late),
                          number(cli, score->count[DG_DUTY_MISSING]),
                          number(cli, score->count[DG_DUTY_EXCUSED]),
                          number(cli, score->count[DG_DUTY_OWED]),
                          punctual[0] != '\0' ? punctual : "-",
                          complete[0] != '\0' ? complete : "-",
                      });
}

static enum dg_err print_scores(struct evaluating *e)
{
    static const enum dg_msg heading[] = {
        DG_MSG_H_COUNTED, DG_MSG_H_OWED,    DG_MSG_H_ON_TIME, DG_MSG_H_LATE,     DG_MSG_H_DAYS_LATE,
        DG_MSG_H_MISSING, DG_MSG_H_EXCUSED, DG_MSG_H_NOT_DUE, DG_MSG_H_PUNCTUAL, DG_MSG_H_COMPLETE};
    struct dg_grid *grid = dg_grid_new(e->cli, heading, sizeof heading / sizeof heading[0]);

    for (int of = 0; of < DG_SCORE_OFS; of++)
        for (size_t i = 0; i < e->evaluation.score[of].count; i++)
            score_row(e->cli, grid, (enum dg_score_of)of, &e->evaluation.score[of].item[i]);
    return dg_grid_print(grid);
}

static void duty_row(struct dg_cli *cli, struct dg_grid *grid, const struct dg_evaluated *item)
{
    char last[DG_DAY_TEXT], id[DG_HEX_BYTES] = "-";

    dg_day_text(dg_duty_last(&item->duty, &item->facts), last);
    if (item->facts.submitted) {
        dg_hex(item->facts.report.b, sizeof item->facts.report.b, id);
        id[12] = '\0';
    }
    dg_grid_row(grid, (const char *const[]){
                          dg_address_text(&cli->arena, item->duty.organ->slug, item->duty.unit->slug),
                          dg_shown(&cli->arena, item->duty.entry->rule),
                          dg_shown(&cli->arena, item->duty.entry->period),
                          last,
                          dg_duty_shown(cli, item->state, item->days_late),
                          id,
                      });
}

static enum dg_err print_duties(struct evaluating *e)
{
    static const enum dg_msg heading[] = {DG_MSG_H_ORGAN, DG_MSG_H_RULE,  DG_MSG_H_PERIOD,
                                          DG_MSG_H_DUE,   DG_MSG_H_STATE, DG_MSG_H_REPORT};
    struct dg_grid *grid = dg_grid_new(e->cli, heading, sizeof heading / sizeof heading[0]);

    for (size_t i = 0; i < e->evaluation.count; i++)
        duty_row(e->cli, grid, &e->evaluation.item[i]);
    return dg_grid_print(grid);
}

/* ---- all forms ----------------------------------------------------------------------------------- */

static enum dg_err print(struct evaluating *e)
{
    struct dg_cli *cli = e->cli;

    if (dg_cli_has(cli, DG_OPT_CSV)) {
        dg_evaluation_csv(&e->evaluation, &e->view.identity, cli->out);
        return DG_OK;
    }
    if (dg_cli_has(cli, DG_OPT_JSON)) {
        dg_evaluation_json(&e->evaluation, &e->view.identity, &cli->arena, cli->out);
        return DG_OK;
    }
    say_source(e);
    enum dg_err err = print_scores(e);
    if (err == DG_OK && dg_cli_has(cli, DG_OPT_ALL))
        err = print_duties(e);
    return err == DG_OK ? DG_OK : dg_fault(&cli->fault, err);
}

/* What would be printed goes into a file instead. */
static enum dg_err print_into(struct evaluating *e, const char *path)
{
    struct dg_cli *cli = e->cli;
    FILE *out = cli->out;
    char *text = NULL;
    size_t size = 0;

    cli->out = open_memstream(&text, &size);
    if (cli->out == NULL) {
        cli->out = out;
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    }
    cli->colour = false;
    enum dg_err err = print(e);
    bool whole = fclose(cli->out) == 0;
    cli->out = out;
    if (err == DG_OK && !whole)
        err = dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    if (err == DG_OK)
        err = dg_file_write(cli, path, dg_bytes_at(text, size));
    free(text);
    return err;
}

/* ---- the verb ------------------------------------------------------------------------------------ */

static enum dg_err ask_read(struct dg_cli *cli, struct dg_evaluation_ask *ask)
{
    struct dg_period period = {.year = 0};
    const char *year;

    enum dg_err err = dg_cli_need(cli, DG_OPT_YEAR, &year);
    if (err != DG_OK)
        return err;
    if (!dg_period_parse(dg_bytes_of(year), &period) || period.cadence != DG_CADENCE_Y || period.year > 9997)
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "--year %s", year);
    if (dg_cli_has(cli, DG_OPT_CSV) && dg_cli_has(cli, DG_OPT_JSON))
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "--csv, --json");
    ask->year = period.year;
    ask->has_asof = dg_cli_has(cli, DG_OPT_ASOF);
    if (dg_cli_has(cli, DG_OPT_UNIT))
        ask->unit = dg_bytes_of(dg_cli_value(cli, DG_OPT_UNIT));
    return dg_cli_day(cli, DG_OPT_ASOF, &ask->asof);
}

/* Of the units two levels down nothing comes here that could be judged. */
static enum dg_err check_unit(struct evaluating *e, struct dg_bytes slug)
{
    struct dg_cli *cli = e->cli;
    const struct dg_dir_unit *unit = slug.size > 0 ? dg_directory_unit(&e->directory, slug) : e->self;

    if (unit == NULL)
        return dg_known_unit(cli, &e->directory, slug);
    if (unit == e->self || unit->parent == e->self)
        return DG_OK;
    (void)dg_faultf(&cli->fault, DG_ERR_NOT_SEEN, "--unit");
    dg_fault_organ(&cli->fault, dg_arena_string(&cli->arena, slug));
    dg_fault_unit(&cli->fault, unit->parent != NULL ? dg_arena_string(&cli->arena, unit->parent->slug) : "-");
    return DG_ERR_NOT_SEEN;
}

static enum dg_err evaluate(struct evaluating *e, const struct dg_evaluation_ask *ask)
{
    const char *path = dg_cli_value(e->cli, DG_OPT_OUTPUT);

    enum dg_err err = dg_view_directory(e->cli, &e->view, &e->directory);
    if (err == DG_OK)
        err = dg_view_self(e->cli, &e->view, &e->directory, &e->self);
    if (err == DG_OK)
        err = check_unit(e, ask->unit);
    if (err != DG_OK)
        return err;
    err = dg_evaluate(e->view.txn, &e->directory, e->self, ask, &e->cli->arena, &e->evaluation);
    if (err != DG_OK)
        return dg_fault(&e->cli->fault, err);
    return path != NULL ? print_into(e, path) : print(e);
}

enum dg_err dg_verb_EVALUATE(struct dg_cli *cli)
{
    struct dg_evaluation_ask ask = {.year = 0};
    struct evaluating e = {.cli = cli};

    enum dg_err err = ask_read(cli, &ask);
    if (err == DG_OK)
        err = dg_view_open(cli, &e.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &e.view, evaluate(&e, &ask));
}
