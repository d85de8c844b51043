/* verb_comment.c - answers a draft that was sent out for comment. */
#include "common/limits.h"
#include "common/text.h"
#include "node/cli/ask.h"
#include "node/cli/say.h"
#include "node/cli/view.h"
#include "node/conf/report_file.h"

/* Spaces at the end are nobody's opinion. */
static enum dg_err text_read(struct dg_cli *cli, const char *path, struct dg_bytes *ret)
{
    struct dg_bytes file, text;

    cli->where = path;
    enum dg_err err = dg_file_read(&cli->arena, path, 2 * DG_COMMENT_TEXT_MAX, &file, &cli->fault);
    if (err == DG_OK)
        err = dg_text_enter(&cli->arena, file, DG_TEXT_LINES, &text, &cli->fault);
    if (err != DG_OK)
        return err;
    while (text.size > 0 && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == ' '))
        text.size--;
    if (text.size == 0)
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "%s", dg_msg(cli, DG_MSG_COMMENT));
    if (text.size > DG_COMMENT_TEXT_MAX)
        return dg_faultf(&cli->fault, DG_ERR_TOO_LARGE, "%zu > %d", text.size, DG_COMMENT_TEXT_MAX);
    *ret = text;
    return DG_OK;
}

enum dg_err dg_verb_COMMENT(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_COMMENT, .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    struct dg_ctl_reply reply;
    const char *as;

    request.report = dg_bytes_of(cli->args.word[0]);
    enum dg_err err = dg_cli_need(cli, DG_OPT_AS, &as);
    if (err == DG_OK)
        err = text_read(cli, cli->args.word[1], &request.text);
    if (err == DG_OK)
        err = dg_organ_here(cli, as, &request.organ);
    if (err != DG_OK)
        return err;
    cli->where = cli->args.word[0];
    err = dg_ask(cli, &request, &reply);
    if (err == DG_OK && request.dry_run)
        dg_say(cli, cli->err, DG_MSG_WOULD_COMMENT, DG_WORDS(cli->where, as));
    return err;
}
