/* verb_join.c - makes a child's node from its invitation. */
#include "node/cli/found.h"
#include "node/cli/say.h"
#include "node/conf/report_file.h"

enum dg_err dg_verb_JOIN(struct dg_cli *cli)
{
    const char *dir = cli->args.word[0], *file = cli->args.word[1];
    struct dg_join_options options = {
        .dir = dir, .listen = dg_cli_value(cli, DG_OPT_LISTEN), .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    struct dg_organ_option *organ;

    enum dg_err err = dg_organ_options_read(cli, &options.organ_count, &organ);
    if (err != DG_OK)
        return err;
    options.organ = organ;
    cli->where = file;
    err = dg_file_read(&cli->arena, file, DG_INVITATION_MAX, &options.invitation, &cli->fault);
    if (err != DG_OK)
        return err;
    cli->where = dir;
    err = dg_join(&options, &cli->fault);
    if (err != DG_OK)
        return err;
    dg_say(cli, cli->out, options.dry_run ? DG_MSG_WOULD_JOIN : DG_MSG_JOINED, DG_WORDS(dir));
    return DG_OK;
}
