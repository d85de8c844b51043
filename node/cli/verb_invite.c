/* verb_invite.c - invites a child unit. */
#include "node/cli/args.h"
#include "node/cli/ask.h"
#include "node/cli/found.h"
#include "node/cli/say.h"

enum dg_err dg_verb_INVITE(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_INVITE, .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    struct dg_ctl_reply reply;
    struct dg_unit_options unit;
    const char *duration = dg_cli_value(cli, DG_OPT_FOR);

    if (!dg_duration_parse(duration != NULL ? duration : "7d", &request.for_ms))
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "--for %s", duration);
    enum dg_err err = dg_unit_options_read(cli, &unit);
    if (err == DG_OK)
        err = dg_regime_options_read(cli, &request.regime_count, &request.regime);
    if (err != DG_OK)
        return err;
    request.unit = dg_bytes_of(unit.unit);
    request.level = dg_bytes_of(unit.level);
    request.name = dg_bytes_of(unit.name);
    err = dg_ask(cli, &request, &reply);
    if (err != DG_OK)
        return err;
    if (request.dry_run) {
        dg_say(cli, cli->err, DG_MSG_WOULD_INVITE, DG_WORDS(unit.unit));
        return DG_OK;
    }
    /* The line is a secret, and the only thing on stdout: it can go straight into a file. */
    fwrite(reply.text.data, 1, reply.text.size, cli->out);
    fputc('\n', cli->out);
    return DG_OK;
}
