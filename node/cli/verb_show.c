/* verb_show.c - one report: its header, its recipients with their states, or its text. */
#include "node/cli/attach.h"
#include "node/cli/correction.h"
#include "node/cli/distribution.h"
#include "node/cli/fetched.h"
#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/cli/grid.h"
#include "node/cli/passage.h"
#include "node/cli/signers.h"
#include "node/cli/view.h"
#include "node/cli/words.h"
#include "proto/pass.h"
#include "proto/state_table.h"

struct showing {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_directory directory;
    struct dg_held held;
    struct dg_correction correction;
    bool is_draft; /* a joint report that not everybody has signed: held is filled in from it */
    struct dg_joint joint;
    bool is_fetched; /* a source from below: likewise */
    struct dg_fetched fetched;
    dg_ms now;
};

/* What was not delivered here has no place in this node's log, so nothing is known here by its place. */
static bool is_here(const struct showing *s)
{
    return !s->is_draft && !s->is_fetched;
}

/* ---- states ------------------------------------------------------------------------------------- */

/* The search for the newest state of one recipient among receipts and states from elsewhere. */
struct state_search {
    const struct dg_recipient *recipient;
    uint32_t state;
    dg_ms at_ms;
};

static bool delivered_by(const struct dg_leaf *leaf, const struct dg_recipient *recipient)
{
    for (size_t i = 0; i < leaf->delivery_count; i++) {
        if (dg_bytes_equal(leaf->delivery[i].organ, recipient->organ) &&
            dg_bytes_equal(leaf->delivery[i].unit, recipient->unit))
            return true;
    }
    return false;
}

static bool look_at(void *ctx, const struct dg_custody *custody)
{
    struct state_search *search = ctx;
    const struct dg_leaf *leaf = &custody->leaf;
    bool is_state = custody->record.kind == DG_RECORD_STATE && !dg_state_is_recall(leaf->state) &&
                    !dg_state_by_author(leaf->state) &&
                    dg_bytes_equal(leaf->organ, search->recipient->organ) &&
                    dg_bytes_equal(leaf->unit, search->recipient->unit);

    if (is_state && (search->state <= DG_STATE_ARRIVED || leaf->time >= search->at_ms)) {
        search->state = leaf->state;
        search->at_ms = leaf->time;
    } else if (search->state == 0 && delivered_by(leaf, search->recipient)) {
        search->state = DG_STATE_ARRIVED;
        search->at_ms = leaf->time;
    }
    return true;
}

/* How it stands with a recipient who must wait for a via organ. False for any other. */
static bool passage_of(struct showing *s, const struct dg_recipient *recipient, struct dg_passage *ret)
{
    if (recipient->through.size == 0 || !is_here(s))
        return false;
    dg_passage_of(s->view.txn, dg_bytes_of(s->view.identity.unit), &s->held, recipient->through, ret);
    return true;
}

/* The newest known state of a recipient; 0 when it is not known to have arrived there, or is not open to it
 * yet. */
static uint32_t state_of(struct showing *s, const struct dg_recipient *recipient)
{
    struct state_search search = {.recipient = recipient};
    struct dg_mail mail;

    if (!is_here(s))
        return 0;
    if (dg_bytes_is(recipient->unit, s->view.identity.unit))
        return dg_mail_get(s->view.txn, recipient->organ, s->held.position, &mail) && mail.open ? mail.state
                                                                                                : 0;
    dg_custody_each(s->view.txn, s->held.position, look_at, &search);
    struct dg_passage passage;
    bool shut = passage_of(s, recipient, &passage) && !passage.open;
    return shut && search.state <= DG_STATE_ARRIVED ? 0 : search.state;
}

/* The recipient's answer to a recall, 13 while there is none; 0 when nothing was asked back. */
static uint32_t recall_of(const struct showing *s, const struct dg_recipient *recipient)
{
    for (size_t i = 0; i < s->correction.answer_count; i++) {
        const struct dg_recall_answer *answer = &s->correction.answer[i];
        if (dg_bytes_equal(answer->organ, recipient->organ) && dg_bytes_equal(answer->unit, recipient->unit))
            return answer->code;
    }
    return 0;
}

/* ---- for machines ------------------------------------------------------------------------------- */

static void json_texts(struct dg_json *json, const char *key, size_t count, const struct dg_bytes text[])
{
    struct dg_json *array = dg_json_array(json, key);

    for (size_t i = 0; i < count; i++)
        dg_json_item_text(array, text[i]);
}

static void json_recipient(struct showing *s, struct dg_json *list, const struct dg_recipient *recipient)
{
    struct dg_json *item = dg_json_item(list);
    const char *state = dg_state_name(state_of(s, recipient));
    struct dg_passage passage;
    bool through = passage_of(s, recipient, &passage);

    dg_json_text(item, "organ", dg_address_text(s->view.txn->arena, recipient->organ, recipient->unit));
    dg_json_text(item, "as", dg_as_name(recipient->as));
    dg_json_maybe(item, "purpose", dg_purpose_of(&s->directory, &s->held.report, recipient));
    dg_json_maybe(item, "through", recipient->through);
    struct dg_json *rules = dg_json_array(item, "rules");
    for (size_t i = 0; i < recipient->rule_count; i++)
        dg_json_item_rule(rules, recipient->rule[i],
                          dg_cites_of(&s->directory, &s->held.report, recipient->rule[i]));
    if (state == NULL)
        state = through && !passage.open ? dg_passage_name(passage.decision) : "";
    dg_json_maybe(item, "state", dg_bytes_of(state));
    dg_json_recall_code(item, recall_of(s, recipient));
    if (through)
        dg_json_passage(item, &passage);
    else
        dg_json_null(item, "passage");
}

static void json_header(struct dg_json *json, struct dg_arena *arena, const struct dg_report *report,
                        const struct dg_marks *marks)
{
    dg_json_bytes(json, "kind", report->kind);
    dg_json_maybe(json, "period", report->period);
    dg_json_maybe(json, "number", report->number);
    dg_json_bytes(json, "date", report->date);
    dg_json_bytes(json, "title", report->title);
    dg_json_text(json, "urgency", dg_urgency_name(report->urgency));
    dg_json_instant(json, "signed", report->signed_ms);
    dg_json_marks(json, report, marks);
    json_texts(json, "matter", report->matter_count, report->matter);
    dg_json_maybe(json, "reply_by", report->reply_by);
    dg_json_maybe(json, "settles_on", report->settles_on);
    struct dg_json *indicators = dg_json_object(json, "indicators");
    for (size_t i = 0; i < report->indicator_count; i++) {
        const char *name = dg_arena_string(arena, report->indicator[i].name);
        dg_json_decimal(indicators, name, report->indicator[i].value);
    }
    struct dg_json *sources = dg_json_array(json, "sources");
    for (size_t i = 0; i < report->source_count; i++) {
        char hex[DG_HEX_BYTES];
        dg_hex(report->source[i].b, sizeof report->source[i].b, hex);
        dg_json_item_text(sources, dg_bytes_of(hex));
    }
}

/* Where it stands when it is not a delivery, else when it arrived. */
static void json_where(struct showing *s, struct dg_json *json)
{
    if (s->is_draft)
        dg_json_joint(dg_json_object(json, "draft"), &s->view, &s->joint, s->now);
    if (s->is_fetched) {
        struct dg_json *fetched = dg_json_object(json, "fetched");
        dg_json_bytes(fetched, "origin", s->fetched.source.origin);
        dg_json_number(fetched, "index", s->fetched.source.record.index);
        dg_json_instant(fetched, "time", s->fetched.leaf.time);
    }
    if (is_here(s))
        dg_json_instant(json, "arrived", s->held.arrived_ms);
}

static void print_json(struct showing *s)
{
    const struct dg_held *held = &s->held;
    struct dg_json *json = dg_json_new();

    dg_json_hex(json, "id", held->id.b, sizeof held->id.b);
    if (s->is_draft)
        dg_json_null(json, "verdict");
    else
        dg_json_text(json, "verdict", dg_verdict_name(held->verdict));
    if (held->verdict != DG_VERDICT_ACCEPTED) {
        dg_json_bytes(json, "code", held->code);
        dg_json_print(json, s->cli->out);
        return;
    }
    dg_json_text(json, "from", dg_author_text(s->view.txn->arena, &held->report));
    struct dg_marks marks = {.stale_date = false};
    if (is_here(s))
        marks = dg_marks_of(s->view.txn, &held->report, held->position);
    dg_json_with(json, s->view.txn->arena, &held->report);
    json_header(json, s->view.txn->arena, &held->report, &marks);
    dg_json_correction(json, s->view.txn->arena, &s->correction);
    json_where(s, json);
    struct dg_json *recipients = dg_json_array(json, "recipients");
    for (size_t i = 0; i < held->report.recipient_count; i++)
        json_recipient(s, recipients, &held->report.recipient[i]);
    dg_json_attachments(json, s->view.txn, &held->report);
    dg_json_distribution(json, s->view.txn->arena, &s->directory, &held->report);
    if (dg_cli_has(s->cli, DG_OPT_BODY))
        dg_json_bytes(json, "body", held->report.body);
    dg_json_print(json, s->cli->out);
}

/* ---- for people --------------------------------------------------------------------------------- */

static void line(struct showing *s, enum dg_msg label, const char *text)
{
    if (text[0] != '\0')
        fprintf(s->cli->out, "%s: %s\n", dg_msg(s->cli, label), text);
}

static const char *rules_shown(struct showing *s, const struct dg_recipient *recipient)
{
    struct dg_arena *arena = s->view.txn->arena;
    const char *text = recipient->rule_count == 0 ? dg_msg(s->cli, DG_MSG_OWN_ADDITION) : "";

    for (size_t i = 0; i < recipient->rule_count; i++) {
        struct dg_bytes cites = dg_cites_of(&s->directory, &s->held.report, recipient->rule[i]);
        text = dg_arena_printf(arena, "%s%s%s (%s)", text, i > 0 ? "; " : "", dg_shown(arena, cites),
                               dg_shown(arena, recipient->rule[i]));
    }
    return text;
}

static const char *work_text(struct showing *s, const struct dg_recipient *recipient)
{
    uint32_t state = state_of(s, recipient);
    struct dg_passage passage;

    if (state != 0)
        return dg_state_shown(s->cli, state);
    if (passage_of(s, recipient, &passage) && !passage.open)
        return dg_passage_text(s->cli, s->view.txn->arena, &passage, recipient->through);
    return dg_msg(s->cli, s->is_fetched ? DG_MSG_NOT_KNOWN_HERE : DG_MSG_NOT_YET);
}

/* Where the work stands, and beside it the recall. */
static const char *state_text(struct showing *s, const struct dg_recipient *recipient)
{
    const char *work = work_text(s, recipient);
    uint32_t recall = recall_of(s, recipient);

    return recall == 0 ? work
                       : dg_arena_printf(s->view.txn->arena, "%s; %s", work, dg_state_shown(s->cli, recall));
}

/* The list that ends such a document, with where each copy is now. */
static enum dg_err print_recipients(struct showing *s)
{
    static const enum dg_msg heading[] = {DG_MSG_H_RECIPIENT, DG_MSG_H_AS, DG_MSG_H_STATE, DG_MSG_H_BY};
    struct dg_grid *grid = dg_grid_new(s->cli, heading, 4);
    struct dg_arena *arena = s->view.txn->arena;

    for (size_t i = 0; i < s->held.report.recipient_count; i++) {
        const struct dg_recipient *recipient = &s->held.report.recipient[i];
        dg_grid_row(grid, (const char *const[]){
                              dg_address_text(arena, recipient->organ, recipient->unit),
                              dg_as_shown(s->cli, recipient->as),
                              state_text(s, recipient),
                              rules_shown(s, recipient),
                          });
    }
    return dg_grid_print(grid);
}

static enum dg_err print_text(struct showing *s)
{
    struct dg_arena *arena = s->view.txn->arena;
    const struct dg_report *report = &s->held.report;
    char id[DG_HEX_BYTES], signed_at[DG_LOCAL_TEXT];

    dg_hex(s->held.id.b, sizeof s->held.id.b, id);
    line(s, DG_MSG_H_ID, id);
    if (s->held.verdict != DG_VERDICT_ACCEPTED) {
        line(s, DG_MSG_H_VERDICT,
             dg_arena_printf(arena, "%s (%s)", dg_word_shown(s->cli, arena, dg_verdict_name(s->held.verdict)),
                             dg_code_shown(s->cli, arena, s->held.code)));
        return DG_OK;
    }
    dg_local_text(report->signed_ms, signed_at);
    struct dg_marks marks = {.stale_date = false};
    if (is_here(s))
        marks = dg_marks_of(s->view.txn, report, s->held.position);
    line(s, DG_MSG_H_TITLE, dg_title_shown(s->cli, arena, report, &marks));
    line(s, DG_MSG_H_NUMBER, dg_shown(arena, report->number));
    line(s, DG_MSG_H_DATE, dg_shown(arena, report->date));
    line(s, DG_MSG_H_KIND, dg_word_shown(s->cli, arena, dg_shown(arena, report->kind)));
    line(s, DG_MSG_H_PERIOD, dg_shown(arena, report->period));
    line(s, DG_MSG_H_URGENCY, dg_word_shown(s->cli, arena, dg_urgency_name(report->urgency)));
    line(s, DG_MSG_REPLY_BY, dg_shown(arena, report->reply_by));
    line(s, DG_MSG_SETTLES_ON, dg_shown(arena, report->settles_on));
    line(s, DG_MSG_H_FROM, dg_authors_text(arena, report));
    line(s, DG_MSG_H_SIGNED, signed_at);
    if (s->is_draft)
        line(s, DG_MSG_H_STATE, dg_joint_state_shown(s->cli, &s->joint, s->now));
    dg_print_correction(s->cli, arena, &s->correction);
    dg_print_attachments(s->cli, s->view.txn, report);
    enum dg_err err = print_recipients(s);
    dg_print_distribution(s->cli, arena, &s->directory, report);
    return err;
}

/* ---- the verb ----------------------------------------------------------------------------------- */

static enum dg_err find_fetched(struct showing *s)
{
    enum dg_err err = dg_view_fetched(s->cli, &s->view, s->cli->args.word[0], &s->fetched);
    if (err != DG_OK)
        return err;
    s->is_fetched = true;
    s->held = (struct dg_held){.id = s->fetched.source.id,
                               .verdict = DG_VERDICT_ACCEPTED,
                               .envelope_bytes = s->fetched.source.record.envelope,
                               .envelope = s->fetched.envelope,
                               .report = s->fetched.report};
    return DG_OK;
}

/* What is no report may be a draft of one, or a source of one. */
static enum dg_err find(struct showing *s)
{
    const char *id = s->cli->args.word[0];

    enum dg_err err = dg_view_report(s->cli, &s->view, id, &s->held);
    if (err != DG_ERR_NOT_FOUND)
        return err;
    err = dg_view_joint(s->cli, &s->view, id, &s->joint);
    if (err == DG_ERR_NOT_FOUND)
        return find_fetched(s);
    if (err != DG_OK)
        return err;
    s->is_draft = true;
    s->now = dg_cli_now();
    s->held = (struct dg_held){.id = s->joint.id,
                               .verdict = DG_VERDICT_ACCEPTED,
                               .envelope_bytes = s->joint.envelope_bytes,
                               .envelope = s->joint.envelope,
                               .report = s->joint.report};
    return DG_OK;
}

static enum dg_err show(struct showing *s)
{
    enum dg_err err = find(s);
    if (err == DG_OK)
        err = dg_view_directory(s->cli, &s->view, &s->directory);
    if (err == DG_OK && is_here(s) && s->held.verdict == DG_VERDICT_ACCEPTED)
        err = dg_correction_of(s->cli, &s->view, &s->held, &s->correction);
    if (err != DG_OK)
        return err;
    if (s->is_fetched)
        s->correction.superseded = dg_superseded_by(s->view.txn, &s->held.id, &s->held.report.author[0],
                                                    &s->correction.superseded_by);
    if (s->is_fetched && !dg_cli_has(s->cli, DG_OPT_JSON))
        dg_fetched_say(s->cli, &s->fetched);
    if (dg_cli_has(s->cli, DG_OPT_BODY) && s->held.verdict != DG_VERDICT_ACCEPTED)
        return dg_faultf(&s->cli->fault, DG_ERR_NOT_FOUND, "%s", dg_msg(s->cli, DG_MSG_NO_BODY));
    if (dg_cli_has(s->cli, DG_OPT_JSON)) {
        print_json(s);
        return DG_OK;
    }
    if (!dg_cli_has(s->cli, DG_OPT_BODY))
        return print_text(s);
    struct dg_bytes body = s->held.report.body;
    fwrite(body.data, 1, body.size, s->cli->out);
    return DG_OK;
}

enum dg_err dg_verb_SHOW(struct dg_cli *cli)
{
    struct showing s = {.cli = cli};

    enum dg_err err = dg_view_open(cli, &s.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &s.view, show(&s));
}
