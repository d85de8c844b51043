/* verb_backup.c - copies the node, and its keys, to two places. */
#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/shell/backup.h"

static const char *number(struct dg_cli *cli, uint64_t n)
{
    return dg_arena_printf(&cli->arena, "%llu", (unsigned long long)n);
}

static void print_json(struct dg_cli *cli, const struct dg_backup *backup,
                       const struct dg_backup_counts *counts)
{
    struct dg_json *json = dg_json_new();

    dg_json_text(json, "unit", backup->unit);
    dg_json_instant(json, "taken", backup->taken);
    struct dg_json *log = dg_json_object(json, "log");
    dg_json_text(log, "origin", backup->origin);
    dg_json_number(log, "size", backup->log_size);
    dg_json_hex(log, "root", backup->log_root.b, sizeof backup->log_root.b);
    dg_json_number(json, "bytes", backup->bytes);
    dg_json_number(json, "rows", counts->rows);
    dg_json_number(json, "attachments", counts->attachments);
    dg_json_number(json, "new_attachments", counts->new_attachments);
    dg_json_print(json, cli->out);
}

static enum dg_err back_up(struct dg_cli *cli, const char *dir, const char *target)
{
    struct dg_backup backup;
    struct dg_backup_counts counts;

    cli->where = target;
    enum dg_err err = dg_backup_make(dir, target, dg_cli_now(), &backup, &counts, &cli->fault);
    if (err != DG_OK)
        return err;
    if (dg_cli_has(cli, DG_OPT_JSON))
        print_json(cli, &backup, &counts);
    else
        dg_say(cli, cli->out, DG_MSG_BACKED_UP,
               DG_WORDS(target, number(cli, backup.log_size), backup.origin, number(cli, counts.rows),
                        number(cli, backup.bytes), number(cli, counts.attachments),
                        number(cli, counts.new_attachments)));
    return DG_OK;
}

static enum dg_err save_keys(struct dg_cli *cli, const char *dir, const char *file)
{
    cli->where = file;
    enum dg_err err = dg_keys_save(dir, file, &cli->fault);
    if (err == DG_OK)
        dg_say(cli, cli->err, DG_MSG_KEYS_SAVED, DG_WORDS(file));
    return err;
}

enum dg_err dg_verb_BACKUP(struct dg_cli *cli)
{
    const char *dir, *keys = dg_cli_value(cli, DG_OPT_KEYS);
    const char *target = cli->args.word_count > 0 ? cli->args.word[0] : NULL;

    if (target == NULL && keys == NULL)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", cli->args.verb->usage[dg_is_vietnamese(cli)]);
    enum dg_err err = dg_cli_dir(cli, &dir);
    if (err != DG_OK)
        return err;
    if (dg_cli_has(cli, DG_OPT_DRY_RUN)) {
        dg_say(cli, cli->err, DG_MSG_WOULD_BACK_UP, DG_WORDS(dir, target != NULL ? target : keys));
        return DG_OK;
    }
    if (keys != NULL)
        err = save_keys(cli, dir, keys);
    return err == DG_OK && target != NULL ? back_up(cli, dir, target) : err;
}
