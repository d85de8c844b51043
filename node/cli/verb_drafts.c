/* verb_drafts.c - the joint reports that wait for a signature, and whose. */
#include "node/cli/grid.h"
#include "node/cli/say.h"
#include "node/cli/signers.h"

struct listing {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_bytes organ; /* empty: every signer */
    struct dg_grid *grid;  /* NULL with --json */
    dg_ms now;
};

static bool concerns(const struct dg_report *report, struct dg_bytes organ)
{
    for (size_t i = 0; i < report->author_count; i++) {
        if (organ.size == 0 || dg_bytes_equal(report->author[i].organ, organ))
            return true;
    }
    return false;
}

static void print_json(struct listing *listing, const struct dg_joint *joint)
{
    const struct dg_report *report = &joint->report;
    struct dg_arena *arena = listing->view.txn->arena;
    struct dg_json *json = dg_json_new();

    dg_json_hex(json, "id", joint->id.b, sizeof joint->id.b);
    dg_json_text(json, "from", dg_author_text(arena, report));
    dg_json_with(json, arena, report);
    dg_json_bytes(json, "kind", report->kind);
    dg_json_maybe(json, "period", report->period);
    dg_json_maybe(json, "number", report->number);
    dg_json_bytes(json, "date", report->date);
    dg_json_bytes(json, "title", report->title);
    dg_json_instant(json, "signed", report->signed_ms);
    dg_json_joint(json, &listing->view, joint, listing->now);
    dg_json_print(json, listing->cli->out);
}

static void print_row(struct listing *listing, const struct dg_joint *joint)
{
    struct dg_arena *arena = listing->view.txn->arena;
    const struct dg_marks none = {.stale_date = false};
    char id[DG_HEX_BYTES], signed_at[DG_LOCAL_TEXT];

    dg_hex(joint->id.b, sizeof joint->id.b, id);
    id[12] = '\0';
    dg_local_text(joint->report.signed_ms, signed_at);
    dg_grid_row(listing->grid, (const char *const[]){
                                   id,
                                   signed_at,
                                   dg_authors_text(arena, &joint->report),
                                   dg_joint_state_shown(listing->cli, joint, listing->now),
                                   dg_shown(arena, joint->report.number),
                                   dg_title_shown(listing->cli, arena, &joint->report, &none),
                               });
}

static bool list_one(void *ctx, const struct dg_joint *joint)
{
    struct listing *listing = ctx;
    bool asked = joint->state == DG_JOINT_WAITING || dg_cli_has(listing->cli, DG_OPT_ALL);

    if (!asked || !concerns(&joint->report, listing->organ))
        return true;
    if (listing->grid != NULL)
        print_row(listing, joint);
    else
        print_json(listing, joint);
    return true;
}

/* The organ asked for; empty for all of them. */
static enum dg_err organ_asked(struct listing *listing)
{
    struct dg_cli *cli = listing->cli;
    struct dg_directory directory;
    const struct dg_dir_unit *self;

    if (cli->args.word_count == 0)
        return DG_OK;
    enum dg_err err = dg_view_directory(cli, &listing->view, &directory);
    if (err == DG_OK)
        err = dg_view_self(cli, &listing->view, &directory, &self);
    if (err == DG_OK)
        err = dg_view_organ(cli, &listing->view, self, cli->args.word[0], DG_ERR_NOT_FOUND, &listing->organ);
    return err;
}

static enum dg_err drafts(struct listing *listing)
{
    static const enum dg_msg heading[] = {DG_MSG_H_ID,    DG_MSG_H_SIGNED, DG_MSG_H_SIGNERS,
                                          DG_MSG_H_STATE, DG_MSG_H_NUMBER, DG_MSG_H_TITLE};

    enum dg_err err = organ_asked(listing);
    if (err != DG_OK)
        return err;
    if (!dg_cli_has(listing->cli, DG_OPT_JSON)) {
        listing->grid = dg_grid_new(listing->cli, heading, sizeof heading / sizeof heading[0]);
        if (listing->grid == NULL)
            return dg_fault(&listing->cli->fault, DG_ERR_NO_MEMORY);
    }
    dg_joint_each(listing->view.txn, list_one, listing);
    return listing->grid != NULL ? dg_grid_print(listing->grid) : DG_OK;
}

enum dg_err dg_verb_DRAFTS(struct dg_cli *cli)
{
    struct listing listing = {.cli = cli, .now = dg_cli_now()};

    enum dg_err err = dg_view_open(cli, &listing.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &listing.view, drafts(&listing));
}
