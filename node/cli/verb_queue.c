/* verb_queue.c - what waits to be sent; retry, hold or release a report. */
#include <string.h>

#include "node/cli/ask.h"
#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/cli/grid.h"
#include "node/cli/view.h"
#include "node/cli/words.h"
#include "node/cli/why_live.h"

/* ---- the list ----------------------------------------------------------------------------------- */

struct listing {
    struct dg_cli *cli;
    struct dg_view *view;
    struct dg_grid *grid; /* NULL with --json */
    struct dg_why_live live;
};

static const char *const lane_names[DG_LANE_COUNT] = {"control", "urgent", "normal", "bulk"};

static const char *kind_name(enum dg_queued_kind kind)
{
    switch (kind) {
    case DG_QUEUED_REPORT:
        return "report";
    case DG_QUEUED_CUSTODY:
        return "custody";
    case DG_QUEUED_ISSUED:
        return "issued";
    case DG_QUEUED_DIRECTORY:
        return "directory";
    case DG_QUEUED_SOURCE:
        return "source";
    case DG_QUEUED_BULK:
        return "attachment";
    }
    return "?";
}

/* The report that a row is about, by its leaf; "" for a row of the directory. */
static const char *report_hex(const struct listing *listing, const struct dg_queued *queued)
{
    struct dg_arena *arena = listing->view->txn->arena;
    struct dg_bytes text;
    struct dg_leaf leaf;
    char hex[DG_HEX_BYTES];

    if (queued->kind == DG_QUEUED_SOURCE && queued->directory_key.size == DG_HASH_BYTES) {
        dg_hex(queued->directory_key.data, DG_HASH_BYTES, hex);
        return dg_arena_string(arena, dg_bytes_of(hex));
    }
    if (queued->kind == DG_QUEUED_DIRECTORY || queued->kind == DG_QUEUED_SOURCE ||
        queued->kind == DG_QUEUED_ISSUED || !dg_leaf_get(listing->view->txn, queued->position, &text) ||
        dg_leaf_parse(arena, text, &leaf, NULL) != DG_OK)
        return "";
    dg_hex(leaf.report.b, sizeof leaf.report.b, hex);
    return dg_arena_string(arena, dg_bytes_of(hex));
}

static void print_json(struct listing *listing, const struct dg_queued *queued)
{
    struct dg_json *json = dg_json_new();
    struct dg_why_wait wait;

    dg_json_bytes(json, "unit", queued->unit);
    dg_json_text(json, "lane", queued->lane < DG_LANE_COUNT ? lane_names[queued->lane] : "?");
    dg_json_text(json, "kind", kind_name(queued->kind));
    dg_json_maybe(json, "id", dg_bytes_of(report_hex(listing, queued)));
    dg_json_instant(json, "since", queued->since_ms);
    dg_json_bool(json, "held", queued->held);
    dg_json_maybe(json, "code", queued->code);
    dg_why_row(listing->view->txn, &listing->view->identity, queued, &listing->live, &wait);
    dg_json_text(json, "reason", dg_why_name(wait.cause));
    dg_json_text(json, "what", dg_why_said(listing->cli, &wait));
    dg_json_number(json, "attempts", wait.tries);
    if (wait.next_ms != 0)
        dg_json_instant(json, "next", wait.next_ms);
    else
        dg_json_null(json, "next");
    dg_json_print(json, listing->cli->out);
}

static bool list_one(void *ctx, const struct dg_queued *queued)
{
    struct listing *listing = ctx;
    struct dg_cli *cli = listing->cli;
    struct dg_arena *arena = listing->view->txn->arena;
    char since[DG_LOCAL_TEXT], next[DG_LOCAL_TEXT];
    struct dg_why_wait wait;

    if (listing->grid == NULL) {
        print_json(listing, queued);
        return true;
    }
    dg_local_text(queued->since_ms, since);
    dg_why_row(listing->view->txn, &listing->view->identity, queued, &listing->live, &wait);
    wait.record = false; /* the kind says it */
    dg_local_text(wait.next_ms, next);
    dg_grid_row(listing->grid, (const char *const[]){
                                   dg_shown(arena, queued->unit),
                                   since,
                                   dg_word_shown(cli, arena, kind_name(queued->kind)),
                                   dg_arena_printf(arena, "%.12s", report_hex(listing, queued)),
                                   dg_arena_printf(arena, "%u", wait.tries),
                                   next,
                                   dg_why_said(cli, &wait),
                               });
    return true;
}

static enum dg_err list(struct dg_cli *cli, struct dg_view *view, const struct dg_why_live *live)
{
    static const enum dg_msg heading[] = {DG_MSG_H_TO_UNIT, DG_MSG_H_SINCE, DG_MSG_H_KIND,  DG_MSG_H_ID,
                                          DG_MSG_H_TRIED,   DG_MSG_H_NEXT,  DG_MSG_H_REASON};
    struct listing listing = {.cli = cli, .view = view, .live = *live};

    if (dg_cli_has(cli, DG_OPT_JSON)) {
        dg_queue_each(view->txn, dg_bytes_at(NULL, 0), list_one, &listing);
        return DG_OK;
    }
    listing.grid = dg_grid_new(cli, heading, sizeof heading / sizeof heading[0]);
    if (listing.grid == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    dg_queue_each(view->txn, dg_bytes_at(NULL, 0), list_one, &listing);
    return dg_grid_print(listing.grid);
}

/* ---- the verb ----------------------------------------------------------------------------------- */

static bool action_parse(const char *word, enum dg_queue_action *ret)
{
    static const struct {
        const char *name;
        enum dg_queue_action action;
    } actions[] = {{"retry", DG_QUEUE_RETRY}, {"hold", DG_QUEUE_HOLD}, {"release", DG_QUEUE_RELEASE}};

    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(word, actions[i].name) != 0)
            continue;
        *ret = actions[i].action;
        return true;
    }
    return false;
}

static enum dg_err act(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_QUEUE, .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    struct dg_ctl_reply reply;

    if (cli->args.word_count != 2 || !action_parse(cli->args.word[0], &request.action))
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "queue %s", cli->args.word[0]);
    cli->where = cli->args.word[1];
    request.report = dg_bytes_of(cli->args.word[1]);
    enum dg_err err = dg_ask(cli, &request, &reply);
    if (err == DG_OK && request.dry_run)
        dg_say(cli, cli->err, DG_MSG_WOULD_QUEUE, DG_WORDS(cli->args.word[0], cli->args.word[1]));
    return err;
}

enum dg_err dg_verb_QUEUE(struct dg_cli *cli)
{
    struct dg_why_live live;
    struct dg_view view;

    if (cli->args.word_count > 0)
        return act(cli);
    enum dg_err err = dg_why_ask(cli, NULL, &live);
    if (err == DG_OK)
        err = dg_view_open(cli, &view);
    return err == DG_OK ? dg_view_close(cli, &view, list(cli, &view, &live)) : err;
}
