/* verb_trail.c - what happened to a report, everywhere, with its proofs counted. */
#include "node/cli/correction.h"
#include "node/cli/events.h"
#include "node/cli/fetched.h"
#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/cli/grid.h"
#include "node/cli/passage.h"
#include "node/cli/view.h"
#include "node/cli/words.h"
#include "proto/pass.h"
#include "proto/state_table.h"

static void json_pass(struct dg_json *json, const struct dg_passage *passage)
{
    dg_json_text(json, "decision", dg_passage_name(passage->decision));
    dg_json_number(json, "waited_seconds", dg_passage_seconds(passage));
    if (passage->decision == DG_DECISION_CONSOLIDATED)
        dg_json_hex(json, "into", passage->into.b, sizeof passage->into.b);
    dg_json_maybe(json, "note", passage->note);
}

static void print_json(struct dg_cli *cli, struct dg_arena *arena, const struct dg_trail_event *event)
{
    struct dg_json *json = dg_json_new();

    dg_json_text(json, "event", dg_trail_event_name(event->id));
    dg_json_bytes(json, "unit", event->unit);
    if (event->organ.size > 0)
        dg_json_text(json, "organ", dg_address_text(arena, event->organ, event->unit));
    else
        dg_json_null(json, "organ");
    if (event->time != 0)
        dg_json_instant(json, "time", event->time);
    else
        dg_json_null(json, "time"); /* a signature that nothing but the draft has */
    if (event->has_log) {
        struct dg_json *log = dg_json_object(json, "log");
        dg_json_bytes(log, "origin", event->origin);
        dg_json_number(log, "index", event->index);
    } else {
        dg_json_null(json, "log");
    }
    dg_json_text(json, "proof", dg_event_proof_name(event->proof));
    if (event->as != 0) {
        dg_json_text(json, "as", dg_as_name(event->as));
        struct dg_json *rules = dg_json_array(json, "rules");
        for (size_t i = 0; i < event->rule_count; i++)
            dg_json_item_rule(rules, event->rule[i], dg_bytes_at(NULL, 0));
    }
    if (event->to.size > 0)
        dg_json_bytes(json, "to", event->to);
    if (event->id == DG_TRAIL_STATE)
        dg_json_text(json, "state", dg_state_name(event->state) != NULL ? dg_state_name(event->state) : "?");
    if (event->through.size > 0)
        dg_json_bytes(json, "through", event->through);
    if (event->id == DG_TRAIL_PASSED)
        json_pass(json, &event->passage);
    if (event->code.size > 0)
        dg_json_bytes(json, "code", event->code);
    if (event->further)
        dg_json_hex(json, "further_to", event->first.b, sizeof event->first.b);
    if (event->id == DG_TRAIL_SUPERSEDED)
        dg_json_hex(json, "by", event->other.b, sizeof event->other.b);
    if (event->supersedes)
        dg_json_hex(json, "supersedes", event->other.b, sizeof event->other.b);
    dg_json_print(json, cli->out);
}

/* The part of a row that differs from event to event. */
static const char *detail(struct dg_cli *cli, struct dg_arena *arena, const struct dg_trail_event *event)
{
    char first[DG_HEX_BYTES];

    if (event->id == DG_TRAIL_STATE)
        return dg_state_shown(cli, event->state);
    if (event->further) {
        dg_hex(event->first.b, sizeof event->first.b, first);
        first[12] = '\0';
        return dg_phrase(cli, DG_MSG_FURTHER, DG_WORDS(first));
    }
    if (event->id == DG_TRAIL_SUPERSEDED || event->supersedes)
        return dg_phrase(cli, event->supersedes ? DG_MSG_SUPERSEDES : DG_MSG_IS_SUPERSEDED,
                         DG_WORDS(dg_id_short(arena, &event->other)));
    if (event->id == DG_TRAIL_WAITS)
        return dg_arena_printf(arena, "%s → %s", dg_shown(arena, event->through),
                               dg_as_shown(cli, event->as));
    if (event->id == DG_TRAIL_PASSED)
        return dg_passage_text(cli, arena, &event->passage, event->through);
    if (event->as != 0)
        return dg_as_shown(cli, event->as);
    if (event->to.size > 0)
        return dg_arena_printf(arena, "→ %s %s", dg_shown(arena, event->to),
                               dg_code_shown(cli, arena, event->code));
    return dg_code_shown(cli, arena, event->code);
}

static enum dg_err print_text(struct dg_cli *cli, struct dg_arena *arena,
                              const struct dg_trail_events *events)
{
    static const enum dg_msg heading[] = {DG_MSG_H_TIME,   DG_MSG_H_EVENT, DG_MSG_H_WHO,
                                          DG_MSG_H_DETAIL, DG_MSG_H_LOG,   DG_MSG_H_PROOF};
    struct dg_grid *grid = dg_grid_new(cli, heading, sizeof heading / sizeof heading[0]);
    size_t proven = 0;

    for (size_t i = 0; i < events->count; i++) {
        const struct dg_trail_event *event = &events->item[i];
        char time[DG_LOCAL_TEXT];
        dg_local_text(event->time, time);
        const char *who = event->organ.size > 0 ? dg_address_text(arena, event->organ, event->unit)
                                                : dg_shown(arena, event->unit);
        const char *log = event->has_log ? dg_arena_printf(arena, "%s #%llu", dg_shown(arena, event->origin),
                                                           (unsigned long long)event->index)
                                         : "-";
        bool is_proven = event->proof != DG_PROOF_NONE;
        proven += is_proven ? 1 : 0;
        dg_grid_row(grid, (const char *const[]){time, dg_trail_event_shown(cli, event->id), who,
                                                detail(cli, arena, event), log,
                                                dg_msg(cli, is_proven ? DG_MSG_PROVEN : DG_MSG_UNPROVEN)});
    }
    enum dg_err err = dg_grid_print(grid);
    dg_say(cli, cli->out, DG_MSG_PROOFS,
           DG_WORDS(dg_arena_printf(arena, "%zu", proven), dg_arena_printf(arena, "%zu", events->count)));
    return err;
}

static enum dg_err gather_fetched(struct dg_cli *cli, struct dg_view *view, struct dg_trail_events *ret)
{
    struct dg_fetched fetched;

    enum dg_err err = dg_view_fetched(cli, view, cli->args.word[0], &fetched);
    if (err != DG_OK)
        return err;
    dg_fetched_say(cli, &fetched);
    return dg_fetched_events(cli, view, &fetched, ret);
}

/* What is no report may be a draft of one, or a source of one. */
static enum dg_err gather(struct dg_cli *cli, struct dg_view *view, struct dg_trail_events *ret)
{
    struct dg_held held;
    struct dg_joint joint;

    enum dg_err err = dg_view_report(cli, view, cli->args.word[0], &held);
    if (err == DG_OK)
        return dg_trail_events(cli, view, &held, ret);
    if (err != DG_ERR_NOT_FOUND)
        return err;
    err = dg_view_joint(cli, view, cli->args.word[0], &joint);
    if (err == DG_ERR_NOT_FOUND)
        return gather_fetched(cli, view, ret);
    return err == DG_OK ? dg_joint_events(cli, view, &joint, ret) : err;
}

static enum dg_err trail(struct dg_cli *cli, struct dg_view *view)
{
    struct dg_trail_events events;

    enum dg_err err = gather(cli, view, &events);
    if (err != DG_OK)
        return err;
    if (!dg_cli_has(cli, DG_OPT_JSON))
        return print_text(cli, view->txn->arena, &events);
    for (size_t i = 0; i < events.count; i++)
        print_json(cli, view->txn->arena, &events.item[i]);
    return DG_OK;
}

enum dg_err dg_verb_TRAIL(struct dg_cli *cli)
{
    struct dg_view view;

    enum dg_err err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &view, trail(cli, &view));
}
