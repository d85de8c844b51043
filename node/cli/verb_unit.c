/* verb_unit.c - an officer's decisions about a unit below: to let it in again after two machines ran it. */
#include <string.h>

#include "common/text.h"
#include "node/cli/ask.h"
#include "node/cli/say.h"
#include "node/cli/view.h"

enum dg_err dg_verb_UNIT(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_UNIT, .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    struct dg_ctl_reply reply;
    const char *as;

    if (strcmp(cli->args.word[0], "thaw") != 0)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "unit thaw UNIT --as ORGAN");
    request.unit = dg_bytes_of(cli->args.word[1]);
    cli->where = cli->args.word[1];
    if (!dg_slug_ok(request.unit))
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "%s", cli->where);
    enum dg_err err = dg_cli_need(cli, DG_OPT_AS, &as);
    if (err == DG_OK)
        err = dg_organ_here(cli, as, &request.organ);
    if (err == DG_OK)
        err = dg_ask(cli, &request, &reply);
    if (err == DG_OK)
        dg_say(cli, cli->err, request.dry_run ? DG_MSG_WOULD_THAW : DG_MSG_THAWED, DG_WORDS(cli->where));
    return err;
}
