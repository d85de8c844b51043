/* verb_outbox.c - the reports that this node's organs have sent, and how far they came. */
#include "node/cli/correction.h"
#include "node/cli/json.h"
#include "node/cli/progress.h"
#include "node/cli/say.h"
#include "node/cli/grid.h"
#include "node/cli/view.h"

enum { REPORTS_PER_TRANSACTION = 32 };

struct sent {
    struct dg_bytes organ; /* in cli->arena */
    struct dg_id id;
};

struct outbox {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_grid *grid; /* NULL with --json */
    size_t count, capacity;
    struct sent *sent;
    bool short_of_memory;
};

static bool list_one(void *ctx, struct dg_bytes organ, uint64_t position, const struct dg_id *id)
{
    struct outbox *outbox = ctx;
    struct dg_arena *arena = &outbox->cli->arena;

    (void)position;
    if (outbox->count == outbox->capacity) {
        size_t larger = outbox->capacity == 0 ? 256 : 2 * outbox->capacity;
        struct sent *grown = dg_arena_array(arena, larger, sizeof *grown);
        outbox->short_of_memory = grown == NULL;
        if (grown == NULL)
            return false;
        for (size_t i = 0; i < outbox->count; i++)
            grown[i] = outbox->sent[i];
        outbox->sent = grown;
        outbox->capacity = larger;
    }
    outbox->sent[outbox->count++] = (struct sent){.organ = dg_arena_copy(arena, organ), .id = *id};
    return true;
}

static void print_json(struct outbox *outbox, const struct sent *sent, const struct dg_held *held,
                       const struct dg_progress *progress, const struct dg_correction *correction)
{
    const struct dg_report *report = &held->report;
    struct dg_json *json = dg_json_new();

    dg_json_hex(json, "id", sent->id.b, sizeof sent->id.b);
    dg_json_text(
        json, "from",
        dg_address_text(outbox->view.txn->arena, sent->organ, dg_bytes_of(outbox->view.identity.unit)));
    dg_json_with(json, outbox->view.txn->arena, report);
    dg_json_bytes(json, "kind", report->kind);
    dg_json_maybe(json, "period", report->period);
    dg_json_maybe(json, "number", report->number);
    dg_json_bytes(json, "date", report->date);
    dg_json_bytes(json, "title", report->title);
    dg_json_text(json, "urgency", dg_urgency_name(report->urgency));
    dg_json_instant(json, "signed", report->signed_ms);
    struct dg_marks marks = dg_marks_of(outbox->view.txn, report, held->position);
    dg_json_marks(json, report, &marks);
    dg_json_text(json, "state", dg_progress_name(progress));
    dg_json_number(json, "owed", progress->owed);
    dg_json_number(json, "received", progress->received);
    dg_json_correction(json, outbox->view.txn->arena, correction);
    dg_json_maybe(json, "waits_for", dg_bytes_of(progress->via));
    dg_json_print(json, outbox->cli->out);
}

static const char *state_shown(struct outbox *outbox, const struct dg_progress *progress)
{
    struct dg_cli *cli = outbox->cli;

    if (progress->rejected)
        return dg_paint(cli, DG_PAINT_BAD, dg_msg(cli, DG_MSG_SENT_REFUSED));
    if (progress->returned)
        return dg_paint(cli, DG_PAINT_BAD, dg_msg(cli, DG_MSG_SENT_BACK));
    if (progress->received == progress->owed && progress->via[0] != '\0')
        return dg_phrase(cli, DG_MSG_SENT_WAITING, DG_WORDS(progress->via));
    if (progress->received == progress->owed)
        return dg_paint(cli, DG_PAINT_GOOD, dg_msg(cli, DG_MSG_SENT_RECEIVED));
    return dg_phrase(cli, DG_MSG_SENT_WAITING, DG_WORDS(progress->waiting));
}

static void print_row(struct outbox *outbox, const struct sent *sent, const struct dg_held *held,
                      const struct dg_progress *progress, const struct dg_correction *correction)
{
    struct dg_arena *arena = outbox->view.txn->arena;
    char id[DG_HEX_BYTES], signed_at[DG_LOCAL_TEXT];
    struct dg_marks marks = dg_marks_of(outbox->view.txn, &held->report, held->position);
    const char *title = dg_title_shown(outbox->cli, arena, &held->report, &marks);

    dg_hex(sent->id.b, sizeof sent->id.b, id);
    id[12] = '\0';
    dg_local_text(held->report.signed_ms, signed_at);
    dg_grid_row(outbox->grid, (const char *const[]){
                                  id,
                                  signed_at,
                                  dg_shown(arena, sent->organ),
                                  state_shown(outbox, progress),
                                  dg_shown(arena, held->report.number),
                                  dg_title_corrected(outbox->cli, arena, title, correction),
                              });
}

static enum dg_err show_one(struct outbox *outbox, const struct sent *sent)
{
    struct dg_held held;
    struct dg_progress progress;

    enum dg_err err = dg_held_get(outbox->view.txn, &sent->id, &held);
    if (err != DG_OK)
        return dg_fault(&outbox->cli->fault, err);
    struct dg_correction correction;
    err = dg_correction_of(outbox->cli, &outbox->view, &held, &correction);
    if (err != DG_OK)
        return err;
    dg_progress_of(&outbox->view, &held, &progress);
    if (outbox->grid != NULL)
        print_row(outbox, sent, &held, &progress, &correction);
    else
        print_json(outbox, sent, &held, &progress, &correction);
    return DG_OK;
}

static enum dg_err show_all(struct outbox *outbox, struct dg_bytes organ)
{
    enum dg_err err = DG_OK;

    dg_sent_each(outbox->view.txn, organ, list_one, outbox);
    if (outbox->short_of_memory)
        return dg_fault(&outbox->cli->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < outbox->count && err == DG_OK; i++) {
        if (i % REPORTS_PER_TRANSACTION == REPORTS_PER_TRANSACTION - 1)
            err = dg_view_renew(outbox->cli, &outbox->view);
        if (err == DG_OK)
            err = show_one(outbox, &outbox->sent[i]);
    }
    return err;
}

/* The organ asked for; empty for all of them. */
static enum dg_err organ_asked(struct outbox *outbox, struct dg_bytes *ret)
{
    struct dg_cli *cli = outbox->cli;
    struct dg_directory directory;
    const struct dg_dir_unit *self;

    if (cli->args.word_count == 0)
        return DG_OK;
    enum dg_err err = dg_view_directory(cli, &outbox->view, &directory);
    if (err == DG_OK)
        err = dg_view_self(cli, &outbox->view, &directory, &self);
    if (err == DG_OK)
        err = dg_view_organ(cli, &outbox->view, self, cli->args.word[0], DG_ERR_NOT_FOUND, ret);
    return err;
}

static enum dg_err outbox_show(struct outbox *outbox)
{
    static const enum dg_msg heading[] = {DG_MSG_H_ID,    DG_MSG_H_SIGNED, DG_MSG_H_ORGAN,
                                          DG_MSG_H_STATE, DG_MSG_H_NUMBER, DG_MSG_H_TITLE};
    struct dg_bytes organ = dg_bytes_at(NULL, 0);

    enum dg_err err = organ_asked(outbox, &organ);
    if (err != DG_OK || dg_cli_has(outbox->cli, DG_OPT_JSON))
        return err != DG_OK ? err : show_all(outbox, organ);
    outbox->grid = dg_grid_new(outbox->cli, heading, sizeof heading / sizeof heading[0]);
    if (outbox->grid == NULL)
        return dg_fault(&outbox->cli->fault, DG_ERR_NO_MEMORY);
    err = show_all(outbox, organ);
    enum dg_err printed = dg_grid_print(outbox->grid);
    return err != DG_OK ? err : printed;
}

enum dg_err dg_verb_OUTBOX(struct dg_cli *cli)
{
    struct outbox outbox = {.cli = cli};

    enum dg_err err = dg_view_open(cli, &outbox.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &outbox.view, outbox_show(&outbox));
}
