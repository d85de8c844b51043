/* verb_extract.c - the standard parts of a trail, for tools that this project did not write. */
#include "common/limits.h"
#include "node/audit/verify.h"
#include "node/cli/output.h"
#include "node/cli/say.h"
#include "node/conf/report_file.h"
#include "proto/absence_file.h"

static enum dg_err name_only(void *ctx, const char *name, struct dg_bytes content)
{
    struct dg_cli *cli = ctx;

    fprintf(cli->out, "%s %zu\n", dg_shown(&cli->arena, dg_bytes_of(name)), content.size);
    return DG_OK;
}

enum dg_err dg_verb_EXTRACT(struct dg_cli *cli)
{
    const char *path, *file = cli->args.word[0];
    struct dg_bytes trail;
    struct dg_folder folder;

    enum dg_err err = dg_cli_need(cli, DG_OPT_OUTPUT, &path);
    if (err != DG_OK)
        return err;
    cli->where = file;
    err = dg_file_read(&cli->arena, file, DG_TRAIL_MAX, &trail, &cli->fault);
    if (err == DG_OK && dg_absence_file_is(trail))
        return dg_faultf(&cli->fault, DG_ERR_BAD_FILE,
                         "a proof that a report is absent holds no trail; check it with donggui verify: %s",
                         file);
    if (err == DG_OK && dg_cli_has(cli, DG_OPT_DRY_RUN))
        return dg_trail_extract(&cli->arena, trail, name_only, cli, &cli->fault);
    if (err == DG_OK)
        err = dg_folder_open(cli, path, &folder);
    if (err != DG_OK)
        return err;
    cli->where = file;
    err = dg_trail_extract(&cli->arena, trail, dg_folder_emit, &folder, &cli->fault);
    if (err == DG_OK)
        dg_say(cli, cli->err, DG_MSG_EXTRACTED,
               DG_WORDS(dg_arena_printf(&cli->arena, "%zu", folder.file_count), path));
    return err;
}
