/* verb_pass.c - a via organ passes a report on to those who wait for it, or sends it back. */
#include "common/limits.h"
#include "common/text.h"
#include "node/cli/ask.h"
#include "node/cli/say.h"
#include "node/cli/view.h"

static enum dg_err note_read(struct dg_cli *cli, struct dg_bytes *ret)
{
    const char *text = dg_cli_value(cli, DG_OPT_NOTE);

    if (text == NULL)
        return DG_OK;
    enum dg_err err = dg_text_enter(&cli->arena, dg_bytes_of(text), DG_TEXT_LINE, ret, &cli->fault);
    if (err == DG_OK && ret->size > DG_NOTE_TEXT_MAX)
        err = dg_faultf(&cli->fault, DG_ERR_TOO_LARGE, "--note");
    return err;
}

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
        err = note_read(cli, &request.note);
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
