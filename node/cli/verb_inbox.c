/* verb_inbox.c - the reports that an organ of this node has received.
 *
 * Rows are listed first and their reports read afterwards, a few per transaction: a long mailbox must
 * neither hold a transaction open nor fill the memory.
 */
#include "node/cli/attach.h"
#include "node/cli/correction.h"
#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/cli/grid.h"
#include "node/cli/passage.h"
#include "node/cli/view.h"
#include "proto/pass.h"
#include "proto/state_table.h"

enum { REPORTS_PER_TRANSACTION = 32 };

/* ---- the list ----------------------------------------------------------------------------------- */

struct listing {
    struct dg_arena *arena;
    size_t count, capacity;
    uint64_t *position;
    bool short_of_memory;
};

static bool list_one(void *ctx, const struct dg_mail *mail)
{
    struct listing *listing = ctx;

    if (listing->count == listing->capacity) {
        size_t larger = listing->capacity == 0 ? 256 : 2 * listing->capacity;
        uint64_t *grown = dg_arena_array(listing->arena, larger, sizeof *grown);
        listing->short_of_memory = grown == NULL;
        if (grown == NULL)
            return false;
        for (size_t i = 0; i < listing->count; i++)
            grown[i] = listing->position[i];
        listing->position = grown;
        listing->capacity = larger;
    }
    listing->position[listing->count++] = mail->position;
    return true;
}

/* ---- one row ------------------------------------------------------------------------------------ */

struct inbox {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_directory directory;
    struct dg_bytes organ;
    struct dg_grid *grid; /* NULL with --json */
};

/* When the organ got it: one who had to wait got it when it was passed on. */
static dg_ms arrived_at(const struct dg_mail *mail)
{
    return mail->open && mail->through.size > 0 ? mail->decided_ms : mail->arrived_ms;
}

/* Those who wait for this organ to pass the report on. */
static void json_passes_to(struct inbox *inbox, struct dg_json *json, const struct dg_report *report)
{
    struct dg_json *list = dg_json_array(json, "passes_to");
    struct dg_bytes unit = dg_bytes_of(inbox->view.identity.unit);

    for (size_t i = 0; i < report->recipient_count; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        if (dg_recipient_waits_for(recipient, inbox->organ, unit))
            dg_json_item_text(list, dg_bytes_of(dg_address_text(inbox->view.txn->arena, recipient->organ,
                                                                recipient->unit)));
    }
}

static void json_passage(struct inbox *inbox, struct dg_json *json, const struct dg_mail *mail,
                         const struct dg_held *held)
{
    struct dg_passage passage;

    dg_json_bool(json, "to_pass", mail->passes);
    json_passes_to(inbox, json, &held->report);
    if (mail->through.size == 0) {
        dg_json_null(json, "passage");
        return;
    }
    dg_passage_of(inbox->view.txn, dg_bytes_of(inbox->view.identity.unit), held, mail->through, &passage);
    dg_json_passage(json, &passage);
}

/* A list asks for no more than the reports that name this one. */
static void json_correction(struct inbox *inbox, struct dg_json *json, const struct dg_mail *mail,
                            const struct dg_held *held)
{
    const struct dg_report *report = &held->report;
    struct dg_id by;

    dg_json_recall_code(json, mail->recall);
    bool superseded = dg_superseded_by(inbox->view.txn, &held->id, &report->author[0], &by);
    dg_json_maybe_id(json, "superseded_by", superseded, &by);
}

static void print_json(struct inbox *inbox, const struct dg_mail *mail, const struct dg_held *held)
{
    const struct dg_report *report = &held->report;
    struct dg_json *json = dg_json_new();

    dg_json_hex(json, "id", mail->id.b, sizeof mail->id.b);
    dg_json_text(json, "from", dg_author_text(inbox->view.txn->arena, report));
    dg_json_with(json, inbox->view.txn->arena, report);
    dg_json_text(json, "as", dg_as_name(mail->as));
    dg_json_maybe(json, "through", mail->through);
    dg_json_bytes(json, "kind", report->kind);
    dg_json_maybe(json, "period", report->period);
    dg_json_maybe(json, "number", report->number);
    dg_json_bytes(json, "date", report->date);
    dg_json_bytes(json, "title", report->title);
    dg_json_text(json, "urgency", dg_urgency_name(report->urgency));
    struct dg_marks marks = dg_marks_of(inbox->view.txn, report, mail->position);
    dg_json_marks(json, report, &marks);
    dg_json_instant(json, "arrived", arrived_at(mail));
    dg_json_text(json, "state", mail->open ? dg_state_name(mail->state) : dg_passage_name(mail->decision));
    json_passage(inbox, json, mail, held);
    json_correction(inbox, json, mail, held);
    dg_json_attachments(json, inbox->view.txn, report);
    struct dg_json *rules = dg_json_array(json, "rules");
    for (size_t i = 0; i < mail->rule_count; i++)
        dg_json_item_rule(rules, mail->rule[i], dg_cites_of(&inbox->directory, report, mail->rule[i]));
    dg_json_print(json, inbox->cli->out);
}

/* What its organ has to do with it, or whom it waits for. */
static const char *state_text(struct inbox *inbox, const struct dg_mail *mail)
{
    struct dg_cli *cli = inbox->cli;
    char since[DG_LOCAL_TEXT];

    if (mail->as == DG_AS_VIA)
        return dg_passage_shown(cli, mail->decision);
    if (mail->open && mail->passes)
        return dg_arena_printf(inbox->view.txn->arena, "%s; %s", dg_state_shown(cli, mail->state),
                               dg_passage_shown(cli, 0));
    if (mail->open)
        return dg_state_shown(cli, mail->state);
    dg_local_text(mail->arrived_ms, since);
    if (mail->decision != 0)
        return dg_passage_shown(cli, mail->decision);
    return dg_phrase(cli, DG_MSG_WAITS_AT, DG_WORDS(dg_shown(inbox->view.txn->arena, mail->through), since));
}

/* Where the work stands, and beside it the recall. */
static const char *states_text(struct inbox *inbox, const struct dg_mail *mail)
{
    const char *work = state_text(inbox, mail);

    return mail->recall == 0 ? work
                             : dg_arena_printf(inbox->view.txn->arena, "%s; %s", work,
                                               dg_state_shown(inbox->cli, mail->recall));
}

static enum dg_err print_row(struct inbox *inbox, const struct dg_mail *mail, const struct dg_held *held)
{
    const struct dg_report *report = &held->report;
    struct dg_correction correction;
    enum dg_err err = dg_correction_of(inbox->cli, &inbox->view, held, &correction);
    if (err != DG_OK)
        return err;
    struct dg_arena *arena = inbox->view.txn->arena;
    char id[DG_HEX_BYTES], arrived[DG_LOCAL_TEXT];
    struct dg_marks marks = dg_marks_of(inbox->view.txn, report, mail->position);
    const char *title = dg_title_attached(inbox->cli, inbox->view.txn, report,
                                          dg_title_shown(inbox->cli, arena, report, &marks));

    dg_hex(mail->id.b, sizeof mail->id.b, id);
    id[12] = '\0';
    dg_local_text(arrived_at(mail), arrived);
    dg_grid_row(inbox->grid, (const char *const[]){
                                 id,
                                 arrived,
                                 dg_authors_text(arena, report),
                                 dg_as_shown(inbox->cli, mail->as),
                                 states_text(inbox, mail),
                                 dg_shown(arena, report->number),
                                 dg_title_corrected(inbox->cli, arena, title, &correction),
                             });
    return DG_OK;
}

static enum dg_err show_one(struct inbox *inbox, uint64_t position)
{
    struct dg_mail mail;
    struct dg_held held;

    if (!dg_mail_get(inbox->view.txn, inbox->organ, position, &mail))
        return inbox->view.txn->err;
    enum dg_err err = dg_held_get(inbox->view.txn, &mail.id, &held);
    if (err != DG_OK)
        return dg_fault(&inbox->cli->fault, err);
    if (inbox->grid != NULL)
        return print_row(inbox, &mail, &held);
    print_json(inbox, &mail, &held);
    return DG_OK;
}

/* ---- the verb ----------------------------------------------------------------------------------- */

static enum dg_err show_all(struct inbox *inbox)
{
    struct listing listing = {.arena = &inbox->cli->arena};
    enum dg_err err = DG_OK;

    dg_mail_each(inbox->view.txn, inbox->organ, dg_cli_has(inbox->cli, DG_OPT_ALL), list_one, &listing);
    if (listing.short_of_memory)
        return dg_fault(&inbox->cli->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < listing.count && err == DG_OK; i++) {
        if (i % REPORTS_PER_TRANSACTION == REPORTS_PER_TRANSACTION - 1)
            err = dg_view_renew(inbox->cli, &inbox->view);
        if (err == DG_OK)
            err = show_one(inbox, listing.position[i]);
    }
    return err;
}

static enum dg_err open_mailbox(struct inbox *inbox)
{
    const struct dg_dir_unit *self;
    struct dg_cli *cli = inbox->cli;

    enum dg_err err = dg_view_directory(cli, &inbox->view, &inbox->directory);
    if (err == DG_OK)
        err = dg_view_self(cli, &inbox->view, &inbox->directory, &self);
    if (err == DG_OK)
        err = dg_view_organ(cli, &inbox->view, self, cli->args.word[0], DG_ERR_NOT_FOUND, &inbox->organ);
    return err;
}

static enum dg_err inbox_show(struct inbox *inbox)
{
    static const enum dg_msg heading[] = {DG_MSG_H_ID,    DG_MSG_H_ARRIVED, DG_MSG_H_FROM, DG_MSG_H_AS,
                                          DG_MSG_H_STATE, DG_MSG_H_NUMBER,  DG_MSG_H_TITLE};

    enum dg_err err = open_mailbox(inbox);
    if (err != DG_OK || dg_cli_has(inbox->cli, DG_OPT_JSON))
        return err != DG_OK ? err : show_all(inbox);
    inbox->grid = dg_grid_new(inbox->cli, heading, sizeof heading / sizeof heading[0]);
    if (inbox->grid == NULL)
        return dg_fault(&inbox->cli->fault, DG_ERR_NO_MEMORY);
    err = show_all(inbox);
    enum dg_err printed = dg_grid_print(inbox->grid);
    return err != DG_OK ? err : printed;
}

enum dg_err dg_verb_INBOX(struct dg_cli *cli)
{
    struct inbox inbox = {.cli = cli};

    enum dg_err err = dg_view_open(cli, &inbox.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &inbox.view, inbox_show(&inbox));
}
