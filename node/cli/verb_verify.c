/* verb_verify.c - verifies a trail, or an absence, with nothing but the file and the root key. */
#include <string.h>

#include "common/limits.h"
#include "node/audit/absence.h"
#include "node/audit/verify.h"
#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/cli/grid.h"
#include "node/cli/passage.h"
#include "node/cli/verify_files.h"
#include "node/cli/view.h"
#include "node/conf/report_file.h"
#include "proto/state_table.h"

/* ---- the key ------------------------------------------------------------------------------------ */

static struct dg_bytes trimmed(struct dg_bytes text)
{
    while (text.size > 0 && strchr(" \t\r\n", text.data[text.size - 1]) != NULL)
        text.size--;
    return text;
}

static bool key_parse(struct dg_bytes text, struct dg_verifier *ret)
{
    return dg_verifier_parse(text, ret) == DG_OK && ret->type == DG_NOTE_ED25519;
}

/* The key itself, or a file that holds it. */
static enum dg_err root_read(struct dg_cli *cli, const char *value, struct dg_verifier *ret)
{
    struct dg_bytes text;

    if (key_parse(dg_bytes_of(value), ret))
        return DG_OK;
    cli->where = "--root";
    enum dg_err err = dg_file_read(&cli->arena, value, DG_CHECKPOINT_MAX, &text, &cli->fault);
    if (err == DG_ERR_BAD_FILE)
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "%s",
                         dg_phrase(cli, DG_MSG_NEITHER_KEY_NOR_FILE, DG_WORDS(value)));
    if (err != DG_OK)
        return err;
    if (!key_parse(trimmed(text), ret))
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "%s", dg_phrase(cli, DG_MSG_NO_KEY, DG_WORDS(value)));
    return DG_OK;
}

/* ---- for machines ------------------------------------------------------------------------------- */

static struct dg_passage passage_of(const struct dg_owed *owed)
{
    return (struct dg_passage){.since_ms = owed->since_ms,
                               .decision = owed->decision,
                               .at_ms = owed->decided_ms,
                               .into = owed->into};
}

static void json_delivery(struct dg_cli *cli, struct dg_json *list, const struct dg_owed *owed)
{
    struct dg_json *item = dg_json_item(list);
    const char *state = dg_state_name(owed->state);

    dg_json_text(item, "organ", dg_address_text(&cli->arena, owed->organ, owed->unit));
    dg_json_text(item, "as", dg_as_name(owed->as));
    dg_json_maybe(item, "recall", dg_bytes_of(owed->recall != 0 ? dg_state_name(owed->recall) : ""));
    struct dg_json *rules = dg_json_array(item, "rules");
    for (size_t i = 0; i < owed->rule_count; i++)
        dg_json_item_rule(rules, owed->rule[i], dg_bytes_at(NULL, 0));
    dg_json_maybe(item, "through", owed->through);
    struct dg_passage passage = passage_of(owed);
    if (owed->through.size > 0)
        dg_json_passage(item, &passage);
    else
        dg_json_null(item, "passage");
    dg_json_bool(item, "delivered", owed->delivered);
    dg_json_maybe(item, "state", dg_bytes_of(state != NULL ? state : ""));
    if (!owed->delivered)
        return;
    dg_json_instant(item, "time", owed->delivered_ms);
    struct dg_json *log = dg_json_object(item, "log");
    dg_json_bytes(log, "origin", owed->origin);
    dg_json_number(log, "index", owed->index);
}

static void json_recall(struct dg_cli *cli, struct dg_json *json, const struct dg_verification *verification)
{
    if (!verification->recall_asked) {
        dg_json_null(json, "recall");
        return;
    }
    struct dg_json *recall = dg_json_object(json, "recall");
    dg_json_instant(recall, "asked", verification->recall_ms);
    struct dg_json *agreed = dg_json_array(recall, "agreed"), *refused = dg_json_array(recall, "refused");
    for (size_t i = 0; i < verification->owed_count; i++) {
        const struct dg_owed *owed = &verification->owed[i];
        if (owed->recall != 0)
            dg_json_item_text(owed->recall == DG_STATE_RECALL_AGREED ? agreed : refused,
                              dg_bytes_of(dg_address_text(&cli->arena, owed->organ, owed->unit)));
    }
}

static void json_day(struct dg_json *json, const char *key, struct dg_day day)
{
    char text[DG_DAY_TEXT];

    dg_day_text(day, text);
    dg_json_text(json, key, text);
}

/* What an absence file says, as far as its signature holds. */
static void json_finding(struct dg_cli *cli, struct dg_json *json, const struct dg_absence_verification *it)
{
    const struct dg_absence *finding = &it->finding;

    if (!it->has_finding)
        return;
    struct dg_json *part = dg_json_object(json, "finding");
    dg_json_text(part, "decision", dg_finding_name(finding->finding));
    dg_json_text(part, "by", dg_address_text(&cli->arena, finding->issuer.organ, finding->issuer.unit));
    dg_json_instant(part, "signed", finding->issuer.signed_ms);
    dg_json_text(part, "organ", dg_address_text(&cli->arena, finding->duty.organ, finding->duty.unit));
    dg_json_bytes(part, "rule", finding->duty.rule);
    dg_json_bytes(part, "period", finding->duty.period);
    json_day(part, "due", finding->duty.due);
    json_day(part, "last", it->last);
    dg_json_number(part, "days_late", finding->days);
    dg_json_number(part, "before", finding->before.size);
    dg_json_number(part, "after", finding->after.size);
    dg_json_bytes(part, "log", finding->after.origin);
    dg_json_number(part, "reminders", finding->reminder_count);
}

static void print_json(struct dg_cli *cli, const struct dg_absence_verification *it)
{
    const struct dg_verification *verification = &it->checks;
    struct dg_json *json = dg_json_new();

    dg_json_bool(json, "verified", verification->verified);
    json_finding(cli, json, it);
    if (verification->has_report) {
        dg_json_hex(json, "report", verification->id.b, sizeof verification->id.b);
        dg_json_text(json, "from", dg_author_text(&cli->arena, &verification->report));
        dg_json_with(json, &cli->arena, &verification->report);
    } else {
        dg_json_null(json, "report");
        dg_json_null(json, "from");
    }
    struct dg_json *checks = dg_json_array(json, "checks");
    for (size_t i = 0; i < verification->check_count; i++) {
        struct dg_json *item = dg_json_item(checks);
        dg_json_text(item, "check", verification->check[i].name);
        dg_json_bool(item, "ok", verification->check[i].ok);
        dg_json_bytes(item, "detail", verification->check[i].detail);
    }
    struct dg_json *deliveries = dg_json_array(json, "deliveries");
    for (size_t i = 0; i < verification->owed_count; i++)
        json_delivery(cli, deliveries, &verification->owed[i]);
    json_recall(cli, json, verification);
    dg_json_print(json, cli->out);
}

/* ---- for people --------------------------------------------------------------------------------- */

static void print_checks(struct dg_cli *cli, const struct dg_verification *verification)
{
    for (size_t i = 0; i < verification->check_count; i++) {
        const struct dg_check *check = &verification->check[i];
        const char *mark = check->ok ? dg_paint(cli, DG_PAINT_GOOD, dg_msg(cli, DG_MSG_HOLDS))
                                     : dg_paint(cli, DG_PAINT_BAD, dg_msg(cli, DG_MSG_FAILS));
        fprintf(cli->out, "%s  %s  %s\n", mark, check->name, dg_shown(&cli->arena, check->detail));
    }
}

/* The newest state, and whom it waited for and how long; or whom it still waits for. */
static const char *delivery_text(struct dg_cli *cli, const struct dg_owed *owed)
{
    struct dg_arena *arena = &cli->arena;
    const char *state = owed->delivered ? dg_state_shown(cli, owed->state > 0 ? owed->state : 1)
                                        : dg_msg(cli, DG_MSG_NOT_PROVEN);
    struct dg_passage passage = passage_of(owed);

    if (owed->through.size == 0)
        return state;
    const char *passed = dg_passage_text(cli, arena, &passage, owed->through);
    return owed->delivered ? dg_arena_printf(arena, "%s, %s", state, passed) : passed;
}

static enum dg_err print_deliveries(struct dg_cli *cli, const struct dg_verification *verification)
{
    static const enum dg_msg heading[] = {DG_MSG_H_RECIPIENT, DG_MSG_H_AS, DG_MSG_H_STATE, DG_MSG_H_TIME,
                                          DG_MSG_H_LOG};
    struct dg_arena *arena = &cli->arena;
    struct dg_grid *grid = dg_grid_new(cli, heading, 5);

    for (size_t i = 0; i < verification->owed_count; i++) {
        const struct dg_owed *owed = &verification->owed[i];
        char time[DG_LOCAL_TEXT];
        dg_local_text(owed->delivered ? owed->delivered_ms : 0, time);
        const char *log = owed->delivered ? dg_arena_printf(arena, "%s #%llu", dg_shown(arena, owed->origin),
                                                            (unsigned long long)owed->index)
                                          : "-";
        dg_grid_row(grid, (const char *const[]){
                              dg_address_text(arena, owed->organ, owed->unit),
                              dg_as_shown(cli, owed->as),
                              delivery_text(cli, owed),
                              time,
                              log,
                          });
    }
    return dg_grid_print(grid);
}

/* Who has answered so. */
static const char *answered(struct dg_cli *cli, const struct dg_verification *verification, uint32_t code)
{
    const char *text = "";
    for (size_t i = 0; i < verification->owed_count; i++) {
        const struct dg_owed *owed = &verification->owed[i];
        if (owed->recall == code)
            text = dg_arena_printf(&cli->arena, "%s%s%s", text, text[0] != '\0' ? ", " : "",
                                   dg_address_text(&cli->arena, owed->organ, owed->unit));
    }
    return text[0] != '\0' ? text : dg_msg(cli, DG_MSG_NOBODY);
}

static void print_finding(struct dg_cli *cli, const struct dg_absence_verification *it)
{
    const struct dg_absence *finding = &it->finding;
    const struct dg_duty_name *duty = &finding->duty;
    struct dg_arena *arena = &cli->arena;
    char last[DG_DAY_TEXT];

    dg_day_text(it->last, last);
    dg_say(cli, cli->out,
           finding->finding == DG_FINDING_LATE ? DG_MSG_VERIFIED_LATE : DG_MSG_VERIFIED_MISSING,
           DG_WORDS(dg_address_text(arena, finding->issuer.organ, finding->issuer.unit),
                    dg_address_text(arena, duty->organ, duty->unit), dg_shown(arena, duty->rule),
                    dg_shown(arena, duty->period), last, dg_arena_printf(arena, "%u", finding->days)));
}

static enum dg_err print_text(struct dg_cli *cli, const struct dg_absence_verification *it)
{
    const struct dg_verification *verification = &it->checks;
    char id[DG_HEX_BYTES];

    print_checks(cli, verification);
    if (verification->verified && it->has_finding) {
        print_finding(cli, it);
        return DG_OK;
    }
    if (!verification->has_report)
        return DG_OK;
    enum dg_err err = print_deliveries(cli, verification);
    if (!verification->verified)
        return err;
    if (verification->recall_asked)
        dg_say(cli, cli->out, DG_MSG_RECALL_SUM,
               DG_WORDS(answered(cli, verification, DG_STATE_RECALL_AGREED),
                        answered(cli, verification, DG_STATE_RECALL_REFUSED)));
    dg_hex(verification->id.b, sizeof verification->id.b, id);
    dg_say(cli, cli->out, DG_MSG_VERIFIED, DG_WORDS(id, dg_authors_text(&cli->arena, &verification->report)));
    return err;
}

/* ---- the verb ----------------------------------------------------------------------------------- */

/* What is too large to be a trail is a trail that fails, like any other that was tampered with. */
static enum dg_err too_large(struct dg_cli *cli, struct dg_verification *ret)
{
    static struct dg_check check = {.name = "form"};
    const char *detail = dg_arena_printf(&cli->arena, "TOO_LARGE > %d", DG_TRAIL_MAX);

    check.detail = dg_bytes_of(detail);
    *ret = (struct dg_verification){.check_count = 1, .check = &check};
    return dg_faultf(&cli->fault, DG_ERR_VERIFY_FAILED, "%s: %s", check.name, detail);
}

enum dg_err dg_verb_VERIFY(struct dg_cli *cli)
{
    const char *key, *path = cli->args.word[0];
    struct dg_verifier root;
    struct dg_bytes file;
    struct dg_absence_verification verification = {.has_finding = false}; /* a trail has no finding */

    enum dg_err err = dg_cli_need(cli, DG_OPT_ROOT_KEY, &key);
    if (err == DG_OK)
        err = root_read(cli, key, &root);
    if (err != DG_OK)
        return err;
    cli->where = path;
    err = dg_file_read(&cli->arena, path, DG_TRAIL_MAX, &file, &cli->fault);
    if (err != DG_OK && err != DG_ERR_TOO_LARGE)
        return err;
    enum dg_err verdict;
    if (err != DG_OK)
        verdict = too_large(cli, &verification.checks);
    else if (dg_absence_file_is(file))
        verdict = dg_absence_verify(&cli->arena, file, &root, &verification, &cli->fault);
    else
        verdict = dg_trail_verify(&cli->arena, file, &root, &verification.checks, &cli->fault);
    if (verdict == DG_OK)
        verdict = dg_verify_files(cli, &verification.checks);
    err = DG_OK;
    if (verdict != DG_OK && verdict != DG_ERR_VERIFY_FAILED)
        return verdict;
    if (dg_cli_has(cli, DG_OPT_JSON))
        print_json(cli, &verification);
    else
        err = print_text(cli, &verification);
    return verdict != DG_OK ? verdict : err;
}
