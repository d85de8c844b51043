/* verb_explain.c - who would receive a report, as what, through whom and by which article. */
#include "common/limits.h"
#include "node/cli/draft.h"
#include "node/cli/json.h"
#include "node/cli/grid.h"
#include "node/cli/regime.h"
#include "node/cli/view.h"
#include "node/core/mandate.h"
#include "node/core/outline.h"

/* ---- for machines ------------------------------------------------------------------------------- */

static void json_recipient(struct dg_cli *cli, struct dg_json *list,
                           const struct dg_mandate_recipient *recipient)
{
    struct dg_json *item = dg_json_item(list);

    dg_json_text(item, "organ", dg_address_text(&cli->arena, recipient->organ, recipient->unit));
    dg_json_text(item, "as", dg_as_name(recipient->as));
    dg_json_maybe(item, "through", recipient->through);
    struct dg_json *rules = dg_json_array(item, "rules");
    for (size_t i = 0; i < recipient->cited_count; i++)
        dg_json_item_rule(rules, recipient->cited[i].rule->id, recipient->cited[i].rule->cites);
}

static void json_unresolved(struct dg_json *list, const struct dg_mandate_unresolved *unresolved)
{
    struct dg_json *item = dg_json_item(list);

    dg_json_bytes(item, "role", unresolved->role);
    dg_json_maybe(item, "unit", unresolved->unit);
    dg_json_text(item, "as", dg_as_name(unresolved->as));
    dg_json_item_rule(dg_json_array(item, "rules"), unresolved->cited.rule->id,
                      unresolved->cited.rule->cites);
}

static void json_regime(struct dg_json *list, const struct dg_cited *use)
{
    dg_json_adoption(dg_json_item(list), use);
}

static void print_json(struct dg_cli *cli, const struct dg_report *report, const struct dg_mandate *mandate)
{
    struct dg_json *json = dg_json_new();

    dg_json_text(json, "from", dg_author_text(&cli->arena, report));
    dg_json_bytes(json, "date", report->date); /* it decided which regimes are in force */
    dg_json_with(json, &cli->arena, report);
    struct dg_json *recipients = dg_json_array(json, "recipients");
    for (size_t i = 0; i < mandate->recipient_count; i++)
        json_recipient(cli, recipients, &mandate->recipient[i]);
    struct dg_json *unresolved = dg_json_array(json, "unresolved");
    for (size_t i = 0; i < mandate->unresolved_count; i++)
        json_unresolved(unresolved, &mandate->unresolved[i]);
    struct dg_json *regimes = dg_json_array(json, "regimes");
    for (size_t i = 0; i < mandate->use_count; i++)
        json_regime(regimes, &mandate->use[i]);
    struct dg_missing_heading *missing;
    size_t count = dg_outline_missing(mandate, report->body, &cli->arena, &missing);
    struct dg_json *headings = dg_json_array(json, "missing_headings");
    for (size_t i = 0; i < count; i++) {
        struct dg_json *item = dg_json_item(headings);
        dg_json_bytes(item, "rule", missing[i].rule->id);
        dg_json_bytes(item, "heading", missing[i].heading);
    }
    dg_json_print(json, cli->out);
}

/* ---- for people --------------------------------------------------------------------------------- */

static const char *articles(struct dg_cli *cli, const struct dg_mandate_recipient *recipient)
{
    const char *text = recipient->cited_count == 0 ? dg_msg(cli, DG_MSG_OWN_ADDITION) : "";

    for (size_t i = 0; i < recipient->cited_count; i++) {
        const struct dg_rule *rule = recipient->cited[i].rule;
        text = dg_arena_printf(&cli->arena, "%s%s%s (%s)", text, i > 0 ? "; " : "",
                               dg_shown(&cli->arena, rule->cites), dg_shown(&cli->arena, rule->id));
    }
    return text;
}

/* Which regime decided, who adopted it for which days, and that it held on the day of the document. */
static void print_regime(struct dg_cli *cli, const struct dg_report *report, const struct dg_cited *use)
{
    const struct dg_dir_adoption *adoption = use->adoption;
    char hash[DG_HEX_BYTES];

    dg_hex(adoption->hash.b, sizeof adoption->hash.b, hash);
    dg_say(cli, cli->out, DG_MSG_EXPLAIN_REGIME,
           DG_WORDS(dg_shown(&cli->arena, adoption->regime->name),
                    dg_shown(&cli->arena, use->regime_unit->slug),
                    dg_arena_printf(&cli->arena, "%u", (unsigned)adoption->serial),
                    dg_days_text(&cli->arena, adoption->has_from, adoption->from, adoption->has_until,
                                 adoption->until),
                    dg_shown(&cli->arena, report->date), hash));
}

static void warn_outline(struct dg_cli *cli, const struct dg_report *report, const struct dg_mandate *mandate)
{
    struct dg_missing_heading *missing;
    size_t count = dg_outline_missing(mandate, report->body, &cli->arena, &missing);

    for (size_t i = 0; i < count; i++) {
        struct dg_fault warning;
        dg_outline_fault(&missing[i], &cli->arena, &warning);
        dg_warn(cli, &warning);
    }
}

static enum dg_err print_text(struct dg_cli *cli, const struct dg_report *report,
                              const struct dg_mandate *mandate)
{
    static const enum dg_msg heading[] = {DG_MSG_H_RECIPIENT, DG_MSG_H_AS, DG_MSG_H_THROUGH, DG_MSG_H_BY};
    struct dg_grid *grid = dg_grid_new(cli, heading, 4);

    dg_say(cli, cli->out, DG_MSG_EXPLAIN_FROM, DG_WORDS(dg_authors_text(&cli->arena, report)));
    for (size_t i = 0; i < mandate->recipient_count; i++) {
        const struct dg_mandate_recipient *recipient = &mandate->recipient[i];
        dg_grid_row(grid, (const char *const[]){
                              dg_address_text(&cli->arena, recipient->organ, recipient->unit),
                              dg_as_shown(cli, recipient->as),
                              recipient->through.size > 0 ? dg_shown(&cli->arena, recipient->through) : "-",
                              articles(cli, recipient),
                          });
    }
    enum dg_err err = dg_grid_print(grid);
    for (size_t i = 0; i < mandate->unresolved_count; i++) {
        const struct dg_mandate_unresolved *unresolved = &mandate->unresolved[i];
        dg_say(cli, cli->out, DG_MSG_EXPLAIN_NOBODY,
               DG_WORDS(dg_address_text(&cli->arena, unresolved->role, unresolved->unit),
                        dg_as_shown(cli, unresolved->as),
                        dg_shown(&cli->arena, unresolved->cited.rule->cites)));
    }
    for (size_t i = 0; i < mandate->use_count; i++)
        print_regime(cli, report, &mandate->use[i]);
    warn_outline(cli, report, mandate);
    return err;
}

/* ---- the verb ----------------------------------------------------------------------------------- */

/* Completes the draft with its authors as the node would at this moment. */
static enum dg_err authors_set(struct dg_cli *cli, const struct dg_view *view,
                               const struct dg_directory *directory, const char *from,
                               struct dg_report *report)
{
    const struct dg_dir_unit *self;
    struct dg_bytes lead, *with;
    size_t with_count = 0;

    enum dg_err err = dg_view_self(cli, view, directory, &self);
    if (err == DG_OK)
        err = dg_view_organ(cli, view, self, from, DG_ERR_NO_ORGAN, &lead);
    if (err == DG_OK)
        err = dg_draft_signers(cli, view, self, report, &with_count, &with);
    if (err != DG_OK)
        return err;
    struct dg_author *author = dg_arena_array(&cli->arena, with_count + 1, sizeof *author);
    if (author == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i <= with_count; i++)
        author[i] = (struct dg_author){.organ = i == 0 ? lead : with[i - 1], .unit = self->slug};
    report->federation = dg_bytes_of(view->identity.federation);
    report->author = author;
    report->author_count = with_count + 1;
    report->signed_ms = dg_cli_now();
    return dg_draft_date_check(cli, report);
}

static enum dg_err explain(struct dg_cli *cli, struct dg_view *view, const char *from,
                           struct dg_report *report)
{
    struct dg_directory directory;
    struct dg_header header;
    struct dg_mandate mandate;

    enum dg_err err = dg_view_directory(cli, view, &directory);
    if (err == DG_OK)
        err = authors_set(cli, view, &directory, from, report);
    if (err != DG_OK)
        return err;
    dg_draft_notice_warn(cli, report);
    err = dg_header_of(report, &cli->arena, &header);
    if (err != DG_OK)
        return dg_fault(&cli->fault, err);
    err = dg_mandate_of(&directory, &header, &cli->arena, &mandate, &cli->fault);
    if (err != DG_OK)
        return err;
    if (!dg_cli_has(cli, DG_OPT_JSON))
        return print_text(cli, report, &mandate);
    print_json(cli, report, &mandate);
    return DG_OK;
}

enum dg_err dg_verb_EXPLAIN(struct dg_cli *cli)
{
    const char *from, *file = cli->args.word[0];
    struct dg_report report;
    struct dg_view view;

    enum dg_err err = dg_cli_need(cli, DG_OPT_FROM, &from);
    if (err == DG_OK)
        err = dg_draft_load(cli, file, &report);
    if (err != DG_OK)
        return err;
    cli->where = NULL;
    err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    cli->where = file;
    return dg_view_close(cli, &view, explain(cli, &view, from, &report));
}
