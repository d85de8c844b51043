/* verb_attention.c - what a person must look at: refusals of this unit's reports among it, each with its
 * code and what to do; and that somebody has looked.
 */
#include <string.h>

#include "common/line.h"
#include "common/text.h"
#include "node/cli/ask.h"
#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/cli/view.h"

struct listing {
    struct dg_cli *cli;
    struct dg_view view;
    bool all;
};

/* ---- one line ----------------------------------------------------------------------------------- */

/* The first line of a detail: a fork's is a whole checkpoint. */
static const char *detail_line(struct dg_arena *arena, const struct dg_attention *item)
{
    const uint8_t *end = item->detail.size > 0 ? memchr(item->detail.data, '\n', item->detail.size) : NULL;
    size_t size = end != NULL ? (size_t)(end - item->detail.data) : item->detail.size;

    return dg_shown(arena, dg_bytes_at(item->detail.data, size));
}

/* The report that it is about, when this node holds it. */
static bool report_of(struct listing *listing, const struct dg_attention *item, struct dg_held *ret)
{
    struct dg_id id;

    return dg_unhex(item->about, id.b, sizeof id.b) && dg_held_get(listing->view.txn, &id, ret) == DG_OK;
}

/* What it says, as an error would be told. */
static void fault_of(struct listing *listing, const struct dg_attention *item, struct dg_fault *ret)
{
    struct dg_arena *arena = listing->view.txn->arena;
    enum dg_err code = dg_err_by_name((const char *)item->code.data, item->code.size);
    struct dg_bytes unit = dg_origin_unit_of(item->about);
    struct dg_held held;

    if (code == DG_ERR_UNKNOWN)
        (void)dg_faultf(ret, code, "%s", dg_shown(arena, item->code));
    else
        (void)dg_faultf(ret, code, "%s", detail_line(arena, item));
    if (unit.size == 0 && dg_slug_ok(item->about))
        unit = item->about;
    dg_fault_unit(ret, dg_shown(arena, unit));
    struct dg_bytes organ, of_unit;
    if (dg_address_split(item->about, &organ, &of_unit))
        dg_fault_organ(ret, dg_shown(arena, item->about));
    if (report_of(listing, item, &held) && held.verdict == DG_VERDICT_ACCEPTED)
        dg_fault_organ(ret, dg_author_text(arena, &held.report));
}

static void print_json(struct listing *listing, const struct dg_attention *item, const char *says,
                       const char *remedy)
{
    struct dg_json *json = dg_json_new();

    dg_json_number(json, "number", item->number);
    dg_json_instant(json, "time", item->at_ms);
    dg_json_bytes(json, "code", item->code);
    dg_json_bytes(json, "about", item->about);
    dg_json_bytes(json, "detail", item->detail);
    dg_json_text(json, "says", says);
    dg_json_text(json, "remedy", remedy);
    if (item->acked_ms == 0) {
        dg_json_null(json, "acknowledged");
    } else {
        struct dg_json *acked = dg_json_object(json, "acknowledged");
        dg_json_instant(acked, "time", item->acked_ms);
        dg_json_bytes(acked, "organ", item->acker);
    }
    dg_json_print(json, listing->cli->out);
}

/* The number and title of the report that it is about; what it is about as noted, where that is none. */
static const char *about_text(struct listing *listing, const struct dg_attention *item)
{
    struct dg_arena *arena = listing->view.txn->arena;
    struct dg_held held;

    if (!report_of(listing, item, &held) || held.verdict != DG_VERDICT_ACCEPTED)
        return dg_shown(arena, item->about);
    return dg_arena_printf(arena, "%.12s  %s  %s", dg_shown(arena, item->about),
                           dg_shown(arena, held.report.number), dg_shown(arena, held.report.title));
}

static void print_text(struct listing *listing, const struct dg_attention *item, const char *says,
                       const char *remedy)
{
    struct dg_cli *cli = listing->cli;
    struct dg_arena *arena = listing->view.txn->arena;
    char at[DG_LOCAL_TEXT];

    dg_local_text(item->at_ms, at);
    fprintf(cli->out, "%llu  %s  %s  %s\n", (unsigned long long)item->number, at,
            dg_paint(cli, item->acked_ms == 0 ? DG_PAINT_WARN : DG_PAINT_GOOD, dg_shown(arena, item->code)),
            about_text(listing, item));
    fprintf(cli->out, "    %s\n    -> %s\n", says, remedy);
    if (item->acked_ms == 0)
        return;
    dg_local_text(item->acked_ms, at);
    fputs("    ", cli->out);
    dg_say(cli, cli->out, DG_MSG_ACKNOWLEDGED, DG_WORDS(at, dg_shown(arena, item->acker)));
}

static bool list_one(void *ctx, const struct dg_attention *item)
{
    struct listing *listing = ctx;
    struct dg_cli *cli = listing->cli;
    struct dg_fault fault;
    char says[1024], remedy[1024];

    if (item->acked_ms != 0 && !listing->all)
        return true;
    fault_of(listing, item, &fault);
    dg_fault_text(&fault, cli->language, says, sizeof says);
    dg_fault_remedy(&fault, cli->language, remedy, sizeof remedy);
    if (dg_cli_has(cli, DG_OPT_JSON))
        print_json(listing, item, says, remedy);
    else
        print_text(listing, item, says, remedy);
    return true;
}

static enum dg_err list(struct dg_cli *cli)
{
    struct listing listing = {.cli = cli, .all = dg_cli_has(cli, DG_OPT_ALL)};

    enum dg_err err = dg_view_open(cli, &listing.view);
    if (err != DG_OK)
        return err;
    dg_attention_each(listing.view.txn, list_one, &listing);
    return dg_view_close(cli, &listing.view, DG_OK);
}

/* ---- acknowledging ------------------------------------------------------------------------------ */

static enum dg_err read_numbers(struct dg_cli *cli, struct dg_ctl_request *request)
{
    size_t count = cli->args.word_count - 1;

    request->all = dg_cli_has(cli, DG_OPT_ALL);
    if (request->all == (count > 0) || count > DG_ATTENTION_ACK_MAX)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "attention ack NUMBER...|--all --as ORGAN");
    request->number = dg_arena_array(&cli->arena, count + 1, sizeof *request->number);
    if (request->number == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        const char *word = cli->args.word[i + 1];
        if (!dg_decimal_parse(dg_bytes_of(word), &request->number[i]))
            return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "%s", word);
    }
    request->number_count = count;
    return DG_OK;
}

static enum dg_err acknowledge(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_ATTENTION, .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    struct dg_ctl_reply reply;
    const char *as;

    enum dg_err err = dg_cli_need(cli, DG_OPT_AS, &as);
    if (err == DG_OK)
        err = read_numbers(cli, &request);
    if (err == DG_OK)
        err = dg_organ_here(cli, as, &request.organ);
    if (err == DG_OK)
        err = dg_ask(cli, &request, &reply);
    if (err == DG_OK)
        dg_say(cli, cli->err, request.dry_run ? DG_MSG_WOULD_ACKNOWLEDGE : DG_MSG_HAVE_ACKNOWLEDGED,
               DG_WORDS(dg_shown(&cli->arena, reply.text)));
    return err;
}

enum dg_err dg_verb_ATTENTION(struct dg_cli *cli)
{
    if (cli->args.word_count > 0 && strcmp(cli->args.word[0], "ack") == 0)
        return acknowledge(cli);
    if (cli->args.word_count > 0 || dg_cli_has(cli, DG_OPT_AS))
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "attention [--all] | attention ack NUMBER... --as ORGAN");
    return list(cli);
}
