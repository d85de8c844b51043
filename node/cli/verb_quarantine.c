/* verb_quarantine.c - what members sent that could not be taken: the list, and one of it as it came. */
#include <string.h>

#include "common/pack.h"
#include "node/cli/grid.h"
#include "node/cli/json.h"
#include "node/cli/output.h"
#include "node/cli/say.h"
#include "node/cli/view.h"

enum { PREFIX_MIN = 8 }; /* digits of an id, as of a report's */

struct listing {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_grid *grid; /* NULL with --json */
};

/* ---- one line ----------------------------------------------------------------------------------- */

static void print_json(struct listing *listing, const struct dg_quarantined *item)
{
    struct dg_json *json = dg_json_new();

    dg_json_hex(json, "id", item->id.b, sizeof item->id.b);
    dg_json_bytes(json, "from", item->from);
    dg_json_instant(json, "time", item->at_ms);
    dg_json_bytes(json, "code", item->code);
    dg_json_bool(json, "read", item->read);
    dg_json_number(json, "bytes", item->envelope.size);
    dg_json_print(json, listing->cli->out);
}

static bool list_one(void *ctx, const struct dg_quarantined *item)
{
    struct listing *listing = ctx;
    struct dg_arena *arena = listing->view.txn->arena;
    char at[DG_LOCAL_TEXT], id[DG_HEX_BYTES];

    if (listing->grid == NULL) {
        print_json(listing, item);
        return true;
    }
    dg_hex(item->id.b, sizeof item->id.b, id);
    id[12] = '\0';
    dg_local_text(item->at_ms, at);
    dg_grid_row(listing->grid, (const char *const[]){
                                   id,
                                   at,
                                   dg_shown(arena, item->from),
                                   dg_shown(arena, item->code),
                                   dg_msg(listing->cli, item->read ? DG_MSG_READ : DG_MSG_UNREAD),
                               });
    return true;
}

static enum dg_err list(struct listing *listing, const struct dg_quarantined *one)
{
    static const enum dg_msg heading[] = {DG_MSG_H_ID, DG_MSG_H_TIME, DG_MSG_H_FROM, DG_MSG_H_VERDICT,
                                          DG_MSG_H_DETAIL};
    struct dg_cli *cli = listing->cli;

    if (!dg_cli_has(cli, DG_OPT_JSON)) {
        listing->grid = dg_grid_new(cli, heading, sizeof heading / sizeof heading[0]);
        if (listing->grid == NULL)
            return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    }
    if (one != NULL)
        (void)list_one(listing, one);
    else
        dg_quarantine_each(listing->view.txn, dg_bytes_at(NULL, 0), list_one, listing);
    return listing->grid != NULL ? dg_grid_print(listing->grid) : DG_OK;
}

/* ---- one of them -------------------------------------------------------------------------------- */

struct search {
    const char *prefix;
    size_t count;
    struct dg_quarantined found;
};

static bool match(void *ctx, const struct dg_quarantined *item)
{
    struct search *search = ctx;
    char id[DG_HEX_BYTES];

    dg_hex(item->id.b, sizeof item->id.b, id);
    if (strncmp(id, search->prefix, strlen(search->prefix)) != 0)
        return true;
    search->count++;
    search->found = *item;
    return true;
}

/* Unpacked when that can be done, else as it came: a stranger's bytes, for a tool and not for a screen. */
static enum dg_err write_out(struct dg_cli *cli, const struct dg_quarantined *item, const char *path)
{
    struct dg_bytes bytes = item->envelope, unpacked;

    if (item->packed && item->read && dg_unpack(&cli->arena, bytes, DG_ENVELOPE_MAX, &unpacked) == DG_OK)
        bytes = unpacked;
    cli->where = path;
    return dg_file_write(cli, path, bytes);
}

static enum dg_err show(struct listing *listing, const char *prefix)
{
    struct dg_cli *cli = listing->cli;
    const char *path = dg_cli_value(cli, DG_OPT_OUTPUT);
    struct search search = {.prefix = prefix};

    cli->where = prefix;
    if (strlen(prefix) >= PREFIX_MIN)
        dg_quarantine_each(listing->view.txn, dg_bytes_at(NULL, 0), match, &search);
    if (search.count != 1)
        return dg_faultf(&cli->fault, search.count == 0 ? DG_ERR_NOT_FOUND : DG_ERR_AMBIGUOUS, "%s", prefix);
    return path != NULL ? write_out(cli, &search.found, path) : list(listing, &search.found);
}

enum dg_err dg_verb_QUARANTINE(struct dg_cli *cli)
{
    struct listing listing = {.cli = cli};
    bool one = cli->args.word_count == 2 && strcmp(cli->args.word[0], "show") == 0;

    if (!one && cli->args.word_count > 0)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "quarantine [show ID [-o FILE]]");
    enum dg_err err = dg_view_open(cli, &listing.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &listing.view, one ? show(&listing, cli->args.word[1]) : list(&listing, NULL));
}
