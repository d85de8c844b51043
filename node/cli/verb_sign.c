/* verb_sign.c - signs a joint report for a further organ, or takes it back. */
#include "node/cli/ask.h"
#include "node/cli/say.h"
#include "node/cli/view.h"

static enum dg_err act(struct dg_cli *cli, enum dg_joint_action action, struct dg_ctl_reply *ret)
{
    struct dg_ctl_request request = {
        .verb = DG_CTL_JOINT, .joint = action, .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    const char *as;

    request.report = dg_bytes_of(cli->args.word[0]);
    enum dg_err err = dg_cli_need(cli, DG_OPT_AS, &as);
    if (err == DG_OK)
        err = dg_organ_here(cli, as, &request.organ);
    if (err != DG_OK)
        return err;
    cli->where = cli->args.word[0];
    return dg_ask(cli, &request, ret);
}

enum dg_err dg_verb_SIGN(struct dg_cli *cli)
{
    struct dg_ctl_reply reply;

    enum dg_err err = act(cli, DG_JOINT_SIGN, &reply);
    if (err != DG_OK)
        return err;
    if (dg_cli_has(cli, DG_OPT_DRY_RUN))
        dg_say(cli, cli->err, DG_MSG_WOULD_SIGN, DG_WORDS(cli->where));
    else if (reply.text.size > 0)
        dg_say(cli, cli->err, DG_MSG_SIGN_WAITS, DG_WORDS(dg_shown(&cli->arena, reply.text)));
    else
        dg_say(cli, cli->err, DG_MSG_SIGN_ISSUED, NULL);
    return DG_OK;
}

enum dg_err dg_verb_WITHDRAW(struct dg_cli *cli)
{
    struct dg_ctl_reply reply;

    enum dg_err err = act(cli, DG_JOINT_WITHDRAW, &reply);
    if (err != DG_OK)
        return err;
    if (dg_cli_has(cli, DG_OPT_DRY_RUN))
        dg_say(cli, cli->err, DG_MSG_WOULD_WITHDRAW, DG_WORDS(cli->where));
    else
        dg_say(cli, cli->err, DG_MSG_DRAFT_TAKEN_BACK, NULL);
    return DG_OK;
}
