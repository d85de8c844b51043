/* verb_pass.c - a via organ passes a report on to those who wait for it, or sends it back. */
#include "node/cli/ask.h"
#include "node/cli/say.h"
#include "node/cli/view.h"

enum dg_err dg_verb_PASS(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_PASS,
                                     .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN),
                                     .report = dg_bytes_of(cli->args.word[0]),
                                     .back = dg_cli_has(cli, DG_OPT_RETURN)};
    struct dg_ctl_reply reply;
    const char *as;

    enum dg_err err = dg_cli_need(cli, DG_OPT_AS, &as);
    if (err == DG_OK)
        err = dg_note_read(cli, &request.note);
    if (err == DG_OK)
        err = dg_organ_here(cli, as, &request.organ);
    if (err != DG_OK)
        return err;
    cli->where = cli->args.word[0];
    err = dg_ask(cli, &request, &reply);
    if (err == DG_OK && request.dry_run)
        dg_say(cli, cli->err, request.back ? DG_MSG_WOULD_RETURN : DG_MSG_WOULD_PASS, DG_WORDS(cli->where));
    return err;
}
