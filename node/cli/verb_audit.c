/* verb_audit.c - checks this node: its log against the reports, mandated copies against receipts. */
#include "node/cli/audit_files.h"
#include "node/cli/export.h"
#include "node/cli/guard.h"
#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/cli/words.h"
#include "node/store/store_lmdb.h"

static const struct dg_audit_finding *first_evidence(const struct dg_audit *audit)
{
    for (size_t i = 0; i < audit->finding_count; i++) {
        if (audit->finding[i].evidence)
            return &audit->finding[i];
    }
    return NULL;
}

/* The object is the caller's to add to. */
static struct dg_json *json_count(struct dg_json *json, const char *key,
                                  const struct dg_audit_copy_count *count)
{
    struct dg_json *object = dg_json_object(json, key);

    dg_json_number(object, "owed", count->owed);
    dg_json_number(object, "receipted", count->receipted);
    dg_json_number(object, "waiting", count->waiting);
    dg_json_number(object, "refused", count->refused);
    return object;
}

static void print_json(struct dg_cli *cli, const struct dg_audit *audit)
{
    struct dg_json *json = dg_json_new();

    dg_json_bool(json, "ok", first_evidence(audit) == NULL);
    dg_json_number(json, "leaves", audit->leaves);
    dg_json_number(json, "reports", audit->reports);
    dg_json_number(json_count(json, "deliveries", &audit->mandated), "at_via", audit->at_via);
    (void)json_count(json, "observers", &audit->observers);
    (void)json_count(json, "additions", &audit->additions);
    struct dg_json *duties = dg_json_object(json, "duties");
    for (enum dg_duty_state state = DG_DUTY_OWED; state <= DG_DUTY_EXCUSED; state++)
        dg_json_number(duties, dg_duty_state_name(state), audit->duties[state]);
    struct dg_json *findings = dg_json_array(json, "findings");
    for (size_t i = 0; i < audit->finding_count; i++) {
        const struct dg_audit_finding *finding = &audit->finding[i];
        struct dg_json *item = dg_json_item(findings);
        dg_json_bool(item, "evidence", finding->evidence);
        dg_json_text(item, "what", finding->what);
        dg_json_bytes(item, "about", finding->about);
        dg_json_bytes(item, "detail", finding->detail);
        dg_json_maybe(item, "by", finding->by);
        dg_json_maybe(item, "code", finding->code);
    }
    dg_json_print(json, cli->out);
}

static const char *number(struct dg_cli *cli, uint64_t n)
{
    return dg_arena_printf(&cli->arena, "%llu", (unsigned long long)n);
}

/* Where no calendar is held, nothing is said of duties. */
static bool has_duties(const struct dg_audit *audit)
{
    size_t count = 0;

    for (enum dg_duty_state state = DG_DUTY_OWED; state <= DG_DUTY_EXCUSED; state++)
        count += audit->duties[state];
    return count > 0;
}

static void say_count(struct dg_cli *cli, enum dg_msg sentence, const struct dg_audit_copy_count *count)
{
    dg_say(cli, cli->out, sentence,
           DG_WORDS(number(cli, count->receipted), number(cli, count->owed), number(cli, count->waiting),
                    number(cli, count->refused)));
}

static void print_text(struct dg_cli *cli, const struct dg_audit *audit)
{
    for (size_t i = 0; i < audit->finding_count; i++) {
        const struct dg_audit_finding *finding = &audit->finding[i];
        const char *what = dg_paint(cli, finding->evidence ? DG_PAINT_BAD : DG_PAINT_WARN,
                                    dg_code_shown(cli, &cli->arena, dg_bytes_of(finding->what)));
        fprintf(cli->out, "%s  %s  %s", what, dg_shown(&cli->arena, finding->about),
                dg_shown(&cli->arena, finding->detail));
        if (finding->by.size > 0)
            fprintf(cli->out, "  %s",
                    dg_phrase(cli, DG_MSG_COPY_REFUSED,
                              DG_WORDS(dg_shown(&cli->arena, finding->by),
                                       dg_code_shown(cli, &cli->arena, finding->code))));
        fputc('\n', cli->out);
    }
    dg_say(cli, cli->out, DG_MSG_AUDITED, DG_WORDS(number(cli, audit->leaves), number(cli, audit->reports)));
    say_count(cli, DG_MSG_AUDITED_MANDATED, &audit->mandated);
    if (audit->observers.owed > 0)
        say_count(cli, DG_MSG_AUDITED_OBSERVERS, &audit->observers);
    if (audit->additions.owed > 0)
        say_count(cli, DG_MSG_AUDITED_ADDITIONS, &audit->additions);
    if (audit->at_via > 0)
        dg_say(cli, cli->out, DG_MSG_AUDITED_AT_VIA, DG_WORDS(number(cli, audit->at_via)));
    if (has_duties(audit))
        dg_say(cli, cli->out, DG_MSG_AUDITED_DUTIES,
               DG_WORDS(number(cli, audit->duties[DG_DUTY_ON_TIME]), number(cli, audit->duties[DG_DUTY_LATE]),
                        number(cli, audit->duties[DG_DUTY_MISSING]), number(cli, audit->duties[DG_DUTY_OWED]),
                        number(cli, audit->duties[DG_DUTY_EXCUSED])));
}

static enum dg_err audit_store(struct dg_cli *cli, const char *dir, struct dg_store *store, dg_ms since)
{
    struct dg_audit audit;

    enum dg_err err = dg_node_audit(store, since, dg_cli_now(), &cli->arena, &audit, &cli->fault);
    if (err == DG_OK)
        err = dg_audit_files(cli, dir, store, since, &audit);
    if (err != DG_OK)
        return err;
    if (dg_cli_has(cli, DG_OPT_JSON))
        print_json(cli, &audit);
    else
        print_text(cli, &audit);
    const struct dg_audit_finding *evidence = first_evidence(&audit);
    if (evidence == NULL)
        return DG_OK;
    return dg_faultf(&cli->fault, DG_ERR_VERIFY_FAILED, "%s %s", evidence->what,
                     dg_shown(&cli->arena, evidence->about));
}

enum dg_err dg_verb_AUDIT(struct dg_cli *cli)
{
    const char *dir;
    struct dg_store *store;
    struct dg_day since = {0};

    enum dg_err err = dg_cli_day(cli, DG_OPT_SINCE, &since);
    if (err == DG_OK)
        err = dg_cli_dir(cli, &dir);
    if (err != DG_OK)
        return err;
    cli->where = dir;
    dg_guard_reading(cli, dir);
    err = dg_store_lmdb_open(dir, DG_STORE_READ, &store, &cli->fault);
    if (err != DG_OK)
        return err;
    err = audit_store(cli, dir, store, dg_cli_has(cli, DG_OPT_SINCE) ? dg_day_start(since) : 0);
    dg_store_close(store);
    return err;
}
