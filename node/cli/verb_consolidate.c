/* verb_consolidate.c - drafts the report that is made of others: sources, sums, and who is missing or late.
 */
#include "common/limits.h"
#include "node/cli/consolidation.h"
#include "node/cli/output.h"
#include "node/cli/say.h"
#include "proto/regime.h"

/* ---- what is said beside the draft ---------------------------------------------------------------- */

struct tally {
    size_t late, asked_back, silent, partly;
};

static struct tally count(const struct dg_consolidation *made)
{
    struct tally tally = {.late = 0};

    for (size_t i = 0; i < made->material_count; i++) {
        tally.late += made->material[i].days_late > 0;
        tally.asked_back += made->material[i].asked_back;
    }
    for (size_t i = 0; i < made->absent_count; i++) {
        tally.silent += made->absent[i].silent && !made->absent[i].excused;
        tally.partly += !made->absent[i].silent && !made->absent[i].excused;
    }
    return tally;
}

static const char *number(struct dg_cli *cli, size_t n)
{
    return dg_arena_printf(&cli->arena, "%zu", n);
}

static void say_where_it_goes(struct dg_drafting *d)
{
    struct dg_arena *arena = &d->cli->arena;
    const char *to = "";

    for (size_t i = 0; i < d->mandate.recipient_count; i++) {
        const struct dg_mandate_recipient *recipient = &d->mandate.recipient[i];
        const char *rule = recipient->cited_count > 0 ? dg_shown(arena, recipient->cited[0].rule->cites) : "";
        to = dg_arena_printf(arena, "%s%s%s (%s)", to, i > 0 ? ", " : "",
                             dg_address_text(arena, recipient->organ, recipient->unit), rule);
    }
    if (d->mandate.recipient_count > 0)
        dg_say(d->cli, d->cli->err, DG_MSG_CONSOLIDATION_TO, DG_WORDS(dg_shown(arena, d->kind), to));
}

static void say_sums(struct dg_drafting *d)
{
    struct dg_cli *cli = d->cli;
    struct tally tally = count(&d->made);

    dg_say(cli, cli->err, DG_MSG_CONSOLIDATED,
           DG_WORDS(number(cli, d->made.material_count), number(cli, tally.late),
                    number(cli, d->made.left_out_count), number(cli, tally.silent),
                    number(cli, tally.partly)));
    if (tally.asked_back > 0)
        dg_say(cli, cli->err, DG_MSG_CONSOLIDATED_ASKED_BACK, DG_WORDS(number(cli, tally.asked_back)));
    say_where_it_goes(d);
}

/* ---- the draft ------------------------------------------------------------------------------------ */

static enum dg_err write_draft(struct dg_drafting *d)
{
    const char *path = dg_cli_value(d->cli, DG_OPT_OUTPUT);
    struct dg_buf out;

    dg_buf_init(&out, DG_REPORT_MAX);
    dg_consolidation_write(d, &out);
    enum dg_err err = out.err != DG_OK ? dg_fault(&d->cli->fault, out.err) : DG_OK;
    if (err == DG_OK && path != NULL)
        err = dg_file_write(d->cli, path, dg_buf_bytes(&out));
    else if (err == DG_OK)
        fwrite(out.data, 1, out.size, d->cli->out);
    dg_buf_done(&out);
    if (err == DG_OK)
        say_sums(d);
    return err;
}

/* Without a kind of the caller's own, figures that no rule lets the organ send are shown all the same. */
static enum dg_err find_kind(struct dg_drafting *d, const struct dg_directory *directory,
                             const struct dg_dir_unit *self)
{
    const char *asked = dg_cli_value(d->cli, DG_OPT_KIND);
    struct dg_bytes kind = dg_bytes_of(asked != NULL ? asked : "");
    struct dg_fault fault = {.err = DG_OK};

    if (asked != NULL && !dg_kind_known(kind))
        return dg_faultf(&d->cli->fault, DG_ERR_BAD_VALUE, "--kind %s", asked);
    enum dg_err err =
        dg_consolidation_mandate(directory, self, d->organ, d->made.rule, kind, dg_bytes_of(d->period),
                                 d->today, d->view.txn->arena, &d->kind, &d->mandate, &fault);
    if (err == DG_OK)
        return DG_OK;
    d->mandate = (struct dg_mandate){.recipient_count = 0};
    if (asked != NULL || err == DG_ERR_NO_MEMORY) {
        d->cli->fault = fault;
        return err;
    }
    dg_warn(d->cli, &fault);
    dg_say(d->cli, d->cli->err, DG_MSG_CONSOLIDATION_NOWHERE, DG_WORDS(dg_shown(&d->cli->arena, d->organ)));
    return DG_OK;
}

/* ---- the verb ------------------------------------------------------------------------------------- */

static enum dg_err consolidate(struct dg_drafting *d)
{
    struct dg_cli *cli = d->cli;
    struct dg_directory directory;
    const struct dg_dir_unit *self;
    const char *organ;

    enum dg_err err = dg_cli_need(cli, DG_OPT_AS, &organ);
    if (err == DG_OK)
        err = dg_cli_need(cli, DG_OPT_RULE, &d->rule);
    if (err == DG_OK)
        err = dg_cli_need(cli, DG_OPT_PERIOD, &d->period);
    if (err == DG_OK)
        err = dg_view_directory(cli, &d->view, &directory);
    if (err == DG_OK)
        err = dg_view_self(cli, &d->view, &directory, &self);
    if (err == DG_OK)
        err = dg_view_organ(cli, &d->view, self, organ, DG_ERR_NO_ORGAN, &d->organ);
    if (err != DG_OK)
        return err;
    cli->where = d->rule;
    err = dg_consolidate(d->view.txn, &directory, self, d->organ, dg_bytes_of(d->rule),
                         dg_bytes_of(d->period), d->today, &d->made, &cli->fault);
    if (err == DG_OK)
        err = find_kind(d, &directory, self);
    if (err != DG_OK)
        return err;
    if (!dg_cli_has(cli, DG_OPT_JSON))
        return write_draft(d);
    dg_consolidation_json(d);
    return DG_OK;
}

enum dg_err dg_verb_CONSOLIDATE(struct dg_cli *cli)
{
    struct dg_drafting d = {.cli = cli, .today = dg_day_of(dg_cli_now())};

    enum dg_err err = dg_view_open(cli, &d.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &d.view, consolidate(&d));
}
