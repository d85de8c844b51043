/* verb_restore.c - makes a node from a backup, and lets an officer end its waiting. */
#include "node/cli/ask.h"
#include "node/cli/say.h"
#include "node/shell/backup.h"

enum dg_err dg_verb_RESTORE(struct dg_cli *cli)
{
    struct dg_restore_options options = {
        .dir = cli->args.word[0],
        .backup = cli->args.word_count > 1 ? cli->args.word[1] : NULL,
        .keys = dg_cli_value(cli, DG_OPT_KEYS),
        .tip = dg_cli_value(cli, DG_OPT_TIP),
        .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN),
    };
    struct dg_backup backup;
    char taken[DG_LOCAL_TEXT];

    bool bare = dg_cli_has(cli, DG_OPT_FROM_NEIGHBOURS);
    if (bare != (options.backup == NULL) || (bare && options.keys == NULL))
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", cli->args.verb->usage[dg_is_vietnamese(cli)]);
    cli->where = options.dir;
    enum dg_err err = dg_restore(&options, dg_cli_now(), &backup, &cli->fault);
    if (err != DG_OK)
        return err;
    if (bare) {
        dg_say(cli, cli->out, DG_MSG_RESTORED_BARE, DG_WORDS(options.dir, backup.unit));
        return DG_OK;
    }
    dg_local_text(backup.taken, taken);
    dg_say(cli, cli->out, options.dry_run ? DG_MSG_WOULD_RESTORE : DG_MSG_RESTORED_FROM,
           DG_WORDS(options.dir, backup.unit, taken,
                    dg_arena_printf(&cli->arena, "%llu", (unsigned long long)backup.log_size)));
    if (options.keys == NULL)
        dg_say(cli, cli->err, DG_MSG_KEYS_BY_HAND, DG_WORDS(options.dir));
    return DG_OK;
}

enum dg_err dg_verb_RESUME(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_RESUME, .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    struct dg_ctl_reply reply;
    const char *without;

    enum dg_err err = dg_cli_need(cli, DG_OPT_WITHOUT, &without);
    if (err == DG_OK)
        err = dg_note_read(cli, &request.note);
    if (err != DG_OK)
        return err;
    request.unit = dg_bytes_of(without);
    cli->where = without;
    err = dg_ask(cli, &request, &reply);
    if (err == DG_OK && !request.dry_run)
        dg_say(cli, cli->out, DG_MSG_WAITS_NO_LONGER, DG_WORDS(without));
    return err;
}
