/* calendar_issue.c - asks the node to sign, log and spread a calendar. */
#include "node/cli/calendar.h"

#include "common/limits.h"
#include "node/cli/ask.h"
#include "node/cli/duty_ask.h"
#include "node/cli/say.h"
#include "node/cli/view.h"

/* The node fills in who issues; what stands there until then only has to be well formed. */
static enum dg_err encode(struct dg_cli *cli, struct dg_calendar *calendar, const char *file,
                          struct dg_bytes *ret)
{
    struct dg_buf draft;

    dg_buf_init(&draft, DG_CALENDAR_MAX);
    enum dg_err err = dg_calendar_encode(calendar, &draft);
    if (err == DG_OK)
        *ret = dg_arena_copy(&cli->arena, dg_buf_bytes(&draft));
    dg_buf_done(&draft);
    return err == DG_OK ? DG_OK : dg_faultf(&cli->fault, err, "%s", file);
}

static enum dg_err issuer_fill(struct dg_cli *cli, const char *as, struct dg_calendar *calendar)
{
    struct dg_view view;
    struct dg_directory directory;
    const struct dg_dir_unit *self;

    enum dg_err err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    err = dg_view_directory(cli, &view, &directory);
    if (err == DG_OK)
        err = dg_view_self(cli, &view, &directory, &self);
    if (err == DG_OK)
        err = dg_view_organ(cli, &view, self, as, DG_ERR_NO_ORGAN, &calendar->issuer.organ);
    calendar->issuer.organ = dg_arena_copy(&cli->arena, calendar->issuer.organ);
    calendar->issuer.unit = dg_arena_copy(&cli->arena, dg_bytes_of(view.identity.unit));
    calendar->issuer.federation = dg_arena_copy(&cli->arena, dg_bytes_of(view.identity.federation));
    calendar->issuer.signed_ms = dg_cli_now();
    calendar->serial = 1;
    return dg_view_close(cli, &view, err);
}

enum dg_err dg_calendar_issue(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_CALENDAR, .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    struct dg_ctl_reply reply;
    struct dg_calendar calendar;
    const char *as, *file = cli->args.word[1];

    enum dg_err err = dg_cli_need(cli, DG_OPT_AS, &as);
    if (err == DG_OK)
        err = dg_calendar_take(cli, file, &calendar);
    if (err == DG_OK)
        err = issuer_fill(cli, as, &calendar);
    if (err == DG_OK)
        err = encode(cli, &calendar, file, &request.draft);
    if (err != DG_OK)
        return err;
    request.organ = calendar.issuer.organ;
    cli->where = file;
    err = dg_ask(cli, &request, &reply);
    if (err != DG_OK)
        return err;
    if (request.dry_run)
        dg_say(cli, cli->err, DG_MSG_WOULD_ISSUE, DG_WORDS(file));
    else
        dg_hash_say(cli, &reply.id);
    return DG_OK;
}
