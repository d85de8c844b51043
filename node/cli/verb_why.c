/* verb_why.c - where a report is, what it waits for, since when, and what to do about it. */
#include "node/cli/duty_list.h"
#include "node/cli/passage.h"
#include "node/cli/say.h"
#include "node/cli/why_live.h"

/* ---- until when ---------------------------------------------------------------------------------- */

/* The duties that the report meets, which its author owes until some day. */
struct deadlines {
    size_t count;
    struct deadline {
        struct dg_bytes rule, period;
        struct dg_day last;
        dg_ms left_ms; /* negative: over */
    } item[DG_CTL_MET_MAX];
};

static bool cites(const struct dg_report *report, struct dg_bytes rule)
{
    for (size_t i = 0; i < report->recipient_count; i++)
        for (size_t k = 0; k < report->recipient[i].rule_count; k++)
            if (dg_bytes_equal(report->recipient[i].rule[k], rule))
                return true;
    return false;
}

static enum dg_err find_deadlines(struct dg_cli *cli, struct dg_view *view, const struct dg_report *report,
                                  struct deadlines *ret)
{
    struct dg_duty_filter filter = {
        .unit = report->author[0].unit, .organ = report->author[0].organ, .period = report->period};
    struct dg_duty_list list;
    dg_ms now = dg_cli_now();

    ret->count = 0;
    if (report->period.size == 0)
        return DG_OK;
    enum dg_err err = dg_duty_list(cli, view, &filter, false, &list);
    for (size_t i = 0; err == DG_OK && i < list.count && ret->count < DG_CTL_MET_MAX; i++) {
        struct dg_duty_row row;
        if (!cites(report, list.duty[i].rule->id))
            continue;
        dg_duty_row_read(view, &list, &list.duty[i], dg_day_of(now), &row);
        dg_ms end = dg_day_start((struct dg_day){row.last.n + 1});
        ret->item[ret->count++] = (struct deadline){.rule = list.duty[i].rule->id,
                                                    .period = list.duty[i].entry->period,
                                                    .last = row.last,
                                                    .left_ms = end - now};
    }
    return err;
}

/* ---- for machines ------------------------------------------------------------------------------- */

static const char *const state_name[] = {"waits", "done", "stopped", "withdrawn"};

static void print_json(struct dg_cli *cli, const struct dg_view *view, const struct dg_why *why,
                       const char *hex, const struct deadlines *deadlines)
{
    struct dg_json *json = dg_json_new();

    dg_json_text(json, "id", hex);
    dg_json_text(json, "unit", view->identity.unit);
    dg_json_text(json, "state", state_name[why->state]);
    dg_json_maybe(json, "code", why->code);
    dg_json_maybe(json, "refused_by", why->code_unit);
    struct dg_json *waits = dg_json_array(json, "waits");
    for (size_t i = 0; i < why->count; i++)
        dg_json_wait(cli, dg_json_item(waits), &why->wait[i], hex);
    dg_json_number(json, "more", why->more);
    struct dg_json *due = dg_json_array(json, "deadlines");
    for (size_t i = 0; i < deadlines->count; i++) {
        const struct deadline *one = &deadlines->item[i];
        struct dg_json *item = dg_json_item(due);
        char day[DG_DAY_TEXT];
        dg_day_text(one->last, day);
        dg_json_bytes(item, "rule", one->rule);
        dg_json_bytes(item, "period", one->period);
        dg_json_text(item, "last", day);
        dg_json_bool(item, "over", one->left_ms <= 0);
        dg_json_number(item, "seconds", (uint64_t)(one->left_ms > 0 ? one->left_ms : -one->left_ms) / 1000);
    }
    dg_json_print(json, cli->out);
}

/* ---- for people --------------------------------------------------------------------------------- */

static const char *time_text(struct dg_cli *cli, dg_ms at)
{
    char text[DG_LOCAL_TEXT];

    dg_local_text(at, text);
    return dg_arena_string(&cli->arena, dg_bytes_of(text));
}

static void print_wait(struct dg_cli *cli, const struct dg_why_wait *wait, const char *hex)
{
    dg_ms now = dg_cli_now();
    uint64_t seconds = now > wait->since_ms ? (uint64_t)(now - wait->since_ms) / 1000 : 0;

    fprintf(cli->out, "- %s\n", dg_paint(cli, DG_PAINT_WARN, dg_why_said(cli, wait)));
    dg_say(cli, cli->out, DG_MSG_WHY_SINCE,
           DG_WORDS(dg_shown(&cli->arena, wait->at), time_text(cli, wait->since_ms),
                    dg_duration_text(&cli->arena, seconds)));
    if (wait->tries > 0)
        dg_say(cli, cli->out, wait->next_ms != 0 ? DG_MSG_WHY_TRIED_NEXT : DG_MSG_WHY_TRIED,
               DG_WORDS(dg_arena_printf(&cli->arena, "%u", wait->tries), time_text(cli, wait->next_ms)));
    dg_say(cli, cli->out, DG_MSG_WHY_DO, DG_WORDS(dg_why_remedy(cli, wait, hex)));
}

static void print_end(struct dg_cli *cli, const struct dg_why *why)
{
    struct dg_why_wait refusal = {.cause = DG_WHY_REFUSED, .toward = why->code_unit, .code = why->code};

    if (why->state == DG_WHY_DONE)
        dg_say(cli, cli->out, DG_MSG_WHY_DONE, NULL);
    else if (why->state == DG_WHY_WITHDRAWN)
        dg_say(cli, cli->out, DG_MSG_WHY_WITHDRAWN, NULL);
    else if (why->state == DG_WHY_STOPPED && why->code.size == 0)
        dg_say(cli, cli->out, DG_MSG_WHY_RETURNED, NULL);
    else if (why->state == DG_WHY_STOPPED) {
        fprintf(cli->out, "%s\n", dg_paint(cli, DG_PAINT_BAD, dg_why_said(cli, &refusal)));
        dg_say(cli, cli->out, DG_MSG_WHY_DO, DG_WORDS(dg_why_remedy(cli, &refusal, "")));
    }
}

static void print_text(struct dg_cli *cli, const struct dg_why *why, const char *hex,
                       const struct deadlines *deadlines)
{
    print_end(cli, why);
    for (size_t i = 0; i < why->count; i++)
        print_wait(cli, &why->wait[i], hex);
    for (size_t i = 0; i < deadlines->count && why->state != DG_WHY_DONE; i++) {
        const struct deadline *one = &deadlines->item[i];
        uint64_t seconds = (uint64_t)(one->left_ms > 0 ? one->left_ms : -one->left_ms) / 1000;
        char day[DG_DAY_TEXT];
        dg_day_text(one->last, day);
        dg_say(cli, cli->out, one->left_ms > 0 ? DG_MSG_WHY_LEFT : DG_MSG_WHY_OVER,
               DG_WORDS(dg_shown(&cli->arena, one->rule), dg_shown(&cli->arena, one->period), day,
                        dg_duration_text(&cli->arena, seconds)));
    }
}

/* ---- the verb ----------------------------------------------------------------------------------- */

/* A report's id, or a joint draft's. */
static enum dg_err find(struct dg_cli *cli, struct dg_view *view, const char *word, struct dg_id *ret)
{
    struct dg_fault fault;

    cli->where = word;
    (void)dg_fault(&fault, DG_OK);
    enum dg_err err = dg_report_find(view->txn, dg_bytes_of(word), ret, &cli->fault);
    if (err == DG_ERR_NOT_FOUND && dg_joint_find(view->txn, dg_bytes_of(word), ret, &fault) == DG_OK) {
        (void)dg_fault(&cli->fault, DG_OK);
        return DG_OK;
    }
    if (err == DG_ERR_BAD_VALUE)
        return dg_faultf(&cli->fault, err, "%s", dg_phrase(cli, DG_MSG_BAD_ID, DG_WORDS(word)));
    return err;
}

static enum dg_err look(struct dg_cli *cli, struct dg_view *view, const struct dg_why_live *live)
{
    struct dg_why *why = dg_arena_alloc(&cli->arena, sizeof *why);
    struct deadlines *deadlines = dg_arena_alloc(&cli->arena, sizeof *deadlines);
    struct dg_directory directory;
    struct dg_id id;
    char hex[DG_HEX_BYTES];

    if (why == NULL || deadlines == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    enum dg_err err = find(cli, view, cli->args.word[0], &id);
    if (err == DG_OK)
        err = dg_view_directory(cli, view, &directory);
    if (err != DG_OK)
        return err;
    err = dg_why(view->txn, &directory, &view->identity, &id, live, why);
    if (err != DG_OK)
        return dg_fault(&cli->fault, err);
    if (why->issued && why->held.verdict == DG_VERDICT_ACCEPTED)
        err = find_deadlines(cli, view, &why->held.report, deadlines);
    dg_hex(id.b, sizeof id.b, hex);
    if (err == DG_OK && dg_cli_has(cli, DG_OPT_JSON))
        print_json(cli, view, why, hex, deadlines);
    else if (err == DG_OK)
        print_text(cli, why, hex, deadlines);
    return err;
}

enum dg_err dg_verb_WHY(struct dg_cli *cli)
{
    struct dg_why_live live;
    struct dg_view view;

    enum dg_err err = dg_why_ask(cli, cli->args.word[0], &live);
    if (err == DG_OK)
        err = dg_view_open(cli, &view);
    return err == DG_OK ? dg_view_close(cli, &view, look(cli, &view, &live)) : err;
}
