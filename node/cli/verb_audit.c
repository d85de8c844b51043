/* verb_audit.c - checks this node: its log against the reports, mandated copies against receipts. */
#include "node/cli/export.h"
#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/store/store_lmdb.h"

static const struct dg_finding *first_evidence(const struct dg_audit *audit)
{
    for (size_t i = 0; i < audit->finding_count; i++) {
        if (audit->finding[i].evidence)
            return &audit->finding[i];
    }
    return NULL;
}

static void print_json(struct dg_cli *cli, const struct dg_audit *audit)
{
    struct dg_json *json = dg_json_new();

    dg_json_bool(json, "ok", first_evidence(audit) == NULL);
    dg_json_number(json, "leaves", audit->leaves);
    dg_json_number(json, "reports", audit->reports);
    struct dg_json *deliveries = dg_json_object(json, "deliveries");
    dg_json_number(deliveries, "owed", audit->deliveries_owed);
    dg_json_number(deliveries, "receipted", audit->deliveries_receipted);
    dg_json_number(deliveries, "waiting", audit->deliveries_waiting);
    struct dg_json *findings = dg_json_array(json, "findings");
    for (size_t i = 0; i < audit->finding_count; i++) {
        const struct dg_finding *finding = &audit->finding[i];
        struct dg_json *item = dg_json_item(findings);
        dg_json_bool(item, "evidence", finding->evidence);
        dg_json_text(item, "what", finding->what);
        dg_json_bytes(item, "about", finding->about);
        dg_json_bytes(item, "detail", finding->detail);
    }
    dg_json_print(json, cli->out);
}

static const char *number(struct dg_cli *cli, uint64_t n)
{
    return dg_arena_printf(&cli->arena, "%llu", (unsigned long long)n);
}

static void print_text(struct dg_cli *cli, const struct dg_audit *audit)
{
    for (size_t i = 0; i < audit->finding_count; i++) {
        const struct dg_finding *finding = &audit->finding[i];
        const char *what = dg_paint(cli, finding->evidence ? DG_PAINT_BAD : DG_PAINT_WARN, finding->what);
        fprintf(cli->out, "%s  %s  %s\n", what, dg_shown(&cli->arena, finding->about),
                dg_shown(&cli->arena, finding->detail));
    }
    dg_say(cli, cli->out, DG_MSG_AUDITED,
           DG_WORDS(number(cli, audit->leaves), number(cli, audit->reports),
                    number(cli, audit->deliveries_receipted), number(cli, audit->deliveries_owed),
                    number(cli, audit->deliveries_waiting)));
}

static enum dg_err audit_store(struct dg_cli *cli, struct dg_store *store, dg_ms since)
{
    struct dg_audit audit;

    enum dg_err err = dg_node_audit(store, since, &cli->arena, &audit, &cli->fault);
    if (err != DG_OK)
        return err;
    if (dg_cli_has(cli, DG_OPT_JSON))
        print_json(cli, &audit);
    else
        print_text(cli, &audit);
    const struct dg_finding *evidence = first_evidence(&audit);
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
    err = dg_store_lmdb_open(dir, DG_STORE_READ, &store, &cli->fault);
    if (err != DG_OK)
        return err;
    err = audit_store(cli, store, dg_cli_has(cli, DG_OPT_SINCE) ? dg_day_start(since) : 0);
    dg_store_close(store);
    return err;
}
