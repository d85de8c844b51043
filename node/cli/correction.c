/* correction.c - what became of a report after it was issued. */
#include "node/cli/correction.h"

#include "node/cli/say.h"
#include "proto/state_table.h"

struct reading {
    struct dg_txn *txn;
    const struct dg_held *held;
    struct dg_correction *into;
    size_t change_capacity, built_capacity;
    bool short_of_memory;
};

/* Room for one more in a list that grows in the arena. */
static void *grow(struct reading *r, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t larger = *capacity == 0 ? 8 : 2 * *capacity;
    uint8_t *grown = dg_arena_array(r->txn->arena, larger, size);
    r->short_of_memory = r->short_of_memory || grown == NULL;
    if (grown == NULL)
        return NULL;
    for (size_t i = 0; i < count * size; i++)
        grown[i] = ((uint8_t *)items)[i];
    *capacity = larger;
    return grown;
}

/* ---- reading ------------------------------------------------------------------------------------- */

static void take_request(struct reading *r, const struct dg_custody *custody, const struct dg_state *state)
{
    r->into->asked_back = true;
    r->into->asked_ms = custody->leaf.time;
    r->into->note = state->note;
}

static void take_change(struct reading *r, const struct dg_state *state)
{
    struct dg_correction *into = r->into;
    struct dg_change change;
    if (!dg_change_parse(state->note, &change))
        return;
    struct dg_change *grown = grow(r, into->change, into->change_count, &r->change_capacity, sizeof *grown);
    if (grown == NULL)
        return;
    into->change = grown;
    into->change[into->change_count++] = change;
}

static void take_answer(struct reading *r, const struct dg_state *state)
{
    for (size_t i = 0; i < r->into->answer_count; i++) {
        struct dg_recall_answer *answer = &r->into->answer[i];
        if (dg_bytes_equal(answer->organ, state->organ) && dg_bytes_equal(answer->unit, state->unit))
            answer->code = state->code;
    }
}

static bool take_state(void *ctx, const struct dg_custody *custody)
{
    struct reading *r = ctx;
    struct dg_state state;
    if (custody->record.kind != DG_RECORD_STATE ||
        dg_state_decode(r->txn->arena, custody->record.sealed.body, &state, NULL) != DG_OK)
        return true;
    if (state.code == DG_STATE_RECALL_REQUESTED)
        take_request(r, custody, &state);
    else if (state.code == DG_STATE_SOURCE_CHANGED)
        take_change(r, &state);
    else if (dg_state_is_recall(state.code))
        take_answer(r, &state);
    return !r->short_of_memory;
}

static bool take_built(void *ctx, const struct dg_named *named)
{
    struct reading *r = ctx;
    struct dg_correction *into = r->into;
    struct dg_id *grown = grow(r, into->built, into->built_count, &r->built_capacity, sizeof *grown);
    if (grown == NULL)
        return false;
    into->built = grown;
    into->built[into->built_count++] = named->id;
    return true;
}

static bool list_recipients(struct reading *r)
{
    const struct dg_report *report = &r->held->report;
    r->into->answer = dg_arena_array(r->txn->arena, report->recipient_count + 1, sizeof *r->into->answer);
    if (r->into->answer == NULL)
        return false;
    for (size_t i = 0; i < report->recipient_count; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        r->into->answer[r->into->answer_count++] = (struct dg_recall_answer){
            .organ = recipient->organ,
            .unit = recipient->unit,
            .mandated = recipient->rule_count > 0 && recipient->as <= DG_AS_COPY,
            .code = DG_STATE_RECALL_REQUESTED,
        };
    }
    return true;
}

static bool all_agreed(const struct dg_correction *correction)
{
    size_t mandated = 0;
    for (size_t i = 0; i < correction->answer_count; i++) {
        const struct dg_recall_answer *answer = &correction->answer[i];
        mandated += answer->mandated ? 1 : 0;
        if (answer->mandated && answer->code != DG_STATE_RECALL_AGREED)
            return false;
    }
    return correction->asked_back && mandated > 0;
}

enum dg_err dg_correction_of(struct dg_cli *cli, struct dg_view *view, const struct dg_held *held,
                             struct dg_correction *ret)
{
    struct reading r = {.txn = view->txn, .held = held, .into = ret};
    *ret = (struct dg_correction){.superseded = false};
    if (!list_recipients(&r))
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    ret->superseded = dg_superseded_by(view->txn, &held->id, &held->report.author[0], &ret->superseded_by);
    dg_custody_each(view->txn, held->position, take_state, &r);
    dg_named_each(view->txn, &held->id, DG_NAMES_SOURCE, take_built, &r);
    if (r.short_of_memory)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    ret->withdrawn = all_agreed(ret);
    if (!ret->asked_back)
        ret->answer_count = 0;
    return view->txn->err == DG_OK ? DG_OK : dg_fault(&cli->fault, view->txn->err);
}

/* ---- for machines -------------------------------------------------------------------------------- */

void dg_json_maybe_id(struct dg_json *json, const char *key, bool has, const struct dg_id *id)
{
    if (has)
        dg_json_hex(json, key, id->b, sizeof id->b);
    else
        dg_json_null(json, key);
}

void dg_json_recall_code(struct dg_json *json, uint32_t code)
{
    dg_json_maybe(json, "recall", dg_bytes_of(code != 0 ? dg_state_name(code) : ""));
}

static void json_answers(struct dg_json *json, struct dg_arena *arena, const char *key, uint32_t code,
                         const struct dg_correction *correction)
{
    struct dg_json *list = dg_json_array(json, key);
    for (size_t i = 0; i < correction->answer_count; i++) {
        const struct dg_recall_answer *answer = &correction->answer[i];
        if (answer->code == code)
            dg_json_item_text(list, dg_bytes_of(dg_address_text(arena, answer->organ, answer->unit)));
    }
}

static void json_recall(struct dg_json *json, struct dg_arena *arena, const struct dg_correction *correction)
{
    if (!correction->asked_back) {
        dg_json_null(json, "recall");
        return;
    }
    struct dg_json *recall = dg_json_object(json, "recall");
    dg_json_instant(recall, "asked", correction->asked_ms);
    dg_json_maybe(recall, "note", correction->note);
    json_answers(recall, arena, "agreed", DG_STATE_RECALL_AGREED, correction);
    json_answers(recall, arena, "refused", DG_STATE_RECALL_REFUSED, correction);
    json_answers(recall, arena, "unanswered", DG_STATE_RECALL_REQUESTED, correction);
    dg_json_bool(recall, "withdrawn", correction->withdrawn);
}

void dg_json_changes(struct dg_json *json, size_t count, const struct dg_change change[])
{
    struct dg_json *changes = dg_json_array(json, "source_changes");
    for (size_t i = 0; i < count; i++) {
        struct dg_json *item = dg_json_item(changes);
        dg_json_hex(item, "source", change[i].source.b, sizeof change[i].source.b);
        dg_json_text(item, "how", dg_change_name(change[i].how));
        dg_json_maybe_id(item, "by", change[i].how == DG_CHANGE_SUPERSEDED, &change[i].by);
    }
}

void dg_json_correction(struct dg_json *json, struct dg_arena *arena, const struct dg_correction *correction)
{
    char hex[DG_HEX_BYTES];
    dg_json_maybe_id(json, "superseded_by", correction->superseded, &correction->superseded_by);
    json_recall(json, arena, correction);
    dg_json_changes(json, correction->change_count, correction->change);
    struct dg_json *built = dg_json_array(json, "consolidated_in");
    for (size_t i = 0; i < correction->built_count; i++) {
        dg_hex(correction->built[i].b, sizeof correction->built[i].b, hex);
        dg_json_item_text(built, dg_bytes_of(hex));
    }
}

/* ---- for people ---------------------------------------------------------------------------------- */

const char *dg_id_short(struct dg_arena *arena, const struct dg_id *id)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    return dg_arena_printf(arena, "%.12s", hex);
}

static void say_answers(struct dg_cli *cli, struct dg_arena *arena, enum dg_msg sentence, uint32_t code,
                        const struct dg_correction *correction)
{
    const char *text = "";
    for (size_t i = 0; i < correction->answer_count; i++) {
        const struct dg_recall_answer *answer = &correction->answer[i];
        if (answer->code == code)
            text = dg_arena_printf(arena, "%s%s%s", text, text[0] != '\0' ? ", " : "",
                                   dg_address_text(arena, answer->organ, answer->unit));
    }
    if (text[0] != '\0')
        dg_say(cli, cli->out, sentence, DG_WORDS(text));
}

static void say_recall(struct dg_cli *cli, struct dg_arena *arena, const struct dg_correction *correction)
{
    char asked[DG_LOCAL_TEXT];
    dg_local_text(correction->asked_ms, asked);
    if (correction->withdrawn)
        fprintf(cli->out, "%s\n", dg_paint(cli, DG_PAINT_WARN, dg_msg(cli, DG_MSG_WITHDRAWN)));
    dg_say(cli, cli->out, DG_MSG_ASKED_BACK, DG_WORDS(asked, dg_shown(arena, correction->note)));
    say_answers(cli, arena, DG_MSG_RECALL_AGREED, DG_STATE_RECALL_AGREED, correction);
    say_answers(cli, arena, DG_MSG_RECALL_REFUSED, DG_STATE_RECALL_REFUSED, correction);
    say_answers(cli, arena, DG_MSG_RECALL_WAITS, DG_STATE_RECALL_REQUESTED, correction);
}

static void say_changes(struct dg_cli *cli, struct dg_arena *arena, const struct dg_correction *correction)
{
    static const enum dg_msg sentence[] = {[DG_CHANGE_RECALLED] = DG_MSG_SOURCE_RECALLED,
                                           [DG_CHANGE_SUPERSEDED] = DG_MSG_SOURCE_SUPERSEDED,
                                           [DG_CHANGE_SOURCES] = DG_MSG_SOURCE_CHANGED};
    for (size_t i = 0; i < correction->change_count; i++) {
        const struct dg_change *change = &correction->change[i];
        dg_say(cli, cli->out, sentence[change->how],
               DG_WORDS(dg_id_short(arena, &change->source), dg_id_short(arena, &change->by)));
    }
}

void dg_print_correction(struct dg_cli *cli, struct dg_arena *arena, const struct dg_correction *correction)
{
    if (correction->superseded)
        dg_say(cli, cli->out, DG_MSG_IS_SUPERSEDED, DG_WORDS(dg_id_short(arena, &correction->superseded_by)));
    if (correction->asked_back)
        say_recall(cli, arena, correction);
    say_changes(cli, arena, correction);
    for (size_t i = 0; i < correction->built_count; i++)
        dg_say(cli, cli->out, DG_MSG_BUILT_INTO, DG_WORDS(dg_id_short(arena, &correction->built[i])));
}

static const char *join(struct dg_arena *arena, const char *text, const char *more)
{
    return text[0] == '\0' ? more : dg_arena_printf(arena, "%s; %s", text, more);
}

static const char *correction_text(struct dg_cli *cli, struct dg_arena *arena,
                                   const struct dg_correction *correction)
{
    const char *text = "";
    if (correction->superseded)
        text = join(
            arena, text,
            dg_phrase(cli, DG_MSG_IS_SUPERSEDED, DG_WORDS(dg_id_short(arena, &correction->superseded_by))));
    if (correction->asked_back)
        text = join(arena, text,
                    dg_msg(cli, correction->withdrawn ? DG_MSG_WITHDRAWN : DG_MSG_ASKED_BACK_SHORT));
    if (correction->change_count > 0)
        text = join(arena, text, dg_msg(cli, DG_MSG_SOURCES_CHANGED_SHORT));
    return text;
}

const char *dg_title_corrected(struct dg_cli *cli, struct dg_arena *arena, const char *title,
                               const struct dg_correction *correction)
{
    const char *more = correction_text(cli, arena, correction);
    return more[0] == '\0' ? title : dg_arena_printf(arena, "%s (%s)", title, more);
}
