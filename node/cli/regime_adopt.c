/* regime_adopt.c - has the daemon adopt a regime from a day on. */
#include "node/cli/ask.h"
#include "node/cli/regime.h"

static enum dg_err days_read(struct dg_cli *cli, struct dg_ctl_request *request)
{
    const char *from;

    enum dg_err err = dg_cli_need(cli, DG_OPT_FROM_DAY, &from);
    if (err == DG_OK)
        err = dg_cli_day(cli, DG_OPT_FROM_DAY, &request->from);
    if (err != DG_OK)
        return err;
    request->has_until = dg_cli_has(cli, DG_OPT_UNTIL);
    return dg_cli_day(cli, DG_OPT_UNTIL, &request->until);
}

enum dg_err dg_regime_adopt(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_ADOPT,
                                     .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN),
                                     .additional = dg_cli_has(cli, DG_OPT_ADDITIONAL),
                                     .regime_count = 1};
    const char *file = cli->args.word[1];
    struct dg_ctl_reply reply;
    struct dg_bytes compiled;
    char hex[DG_HEX_BYTES];

    enum dg_err err = days_read(cli, &request);
    if (err == DG_OK)
        err = dg_regime_take(cli, file, &compiled);
    if (err != DG_OK)
        return err;
    request.regime = &compiled;
    err = dg_ask(cli, &request, &reply);
    if (err != DG_OK)
        return err;
    const char *days = dg_days_text(&cli->arena, true, request.from, request.has_until, request.until);
    if (request.from.n < dg_day_of(dg_cli_now()).n)
        dg_say(cli, cli->err, DG_MSG_ADOPTED_PAST, NULL);
    if (request.dry_run) {
        dg_say(cli, cli->err, DG_MSG_WOULD_ADOPT, DG_WORDS(file, days));
        return DG_OK;
    }
    dg_hex(reply.id.b, sizeof reply.id.b, hex);
    fprintf(cli->out, "%s\n", hex);
    dg_say(cli, cli->err, DG_MSG_ADOPTED, DG_WORDS(file, days));
    return DG_OK;
}
