/* verb_export.c - everything needed to verify a report offline, in one file; or the whole log. */
#include "common/limits.h"
#include "node/cli/correction.h"
#include "node/cli/export.h"
#include "node/cli/fetched.h"
#include "node/cli/log_export.h"
#include "node/cli/say.h"
#include "node/shell/keyring.h"

/* ---- a report's trail --------------------------------------------------------------------------- */

/* A trail begins with this node's own leaf, which a fetched source does not have. */
static enum dg_err not_delivered(struct dg_cli *cli, struct dg_view *view, const char *id)
{
    struct dg_fetched fetched;

    enum dg_err err = dg_view_fetched(cli, view, id, &fetched);
    if (err != DG_OK)
        return err;
    err = dg_faultf(&cli->fault, DG_ERR_NOT_DELIVERED, "%s", dg_id_short(&cli->arena, &fetched.source.id));
    dg_fault_unit(&cli->fault, dg_shown(&cli->arena, fetched.unit));
    return err;
}

/* Builds the file in `file`, sealed by the unit's key. */
static enum dg_err build(struct dg_cli *cli, struct dg_view *view, struct dg_buf *file)
{
    struct dg_id id;
    struct dg_keyring *keyring;
    const char *dir, *word = cli->args.word[0];

    cli->where = word;
    enum dg_err err = dg_report_find(view->txn, dg_bytes_of(word), &id, &cli->fault);
    if (err == DG_ERR_NOT_FOUND)
        err = not_delivered(cli, view, word);
    if (err == DG_OK)
        err = dg_cli_dir(cli, &dir);
    if (err == DG_OK)
        err = dg_keyring_open(dir, &keyring, &cli->fault);
    if (err != DG_OK)
        return err;
    err = dg_trail_build(view->txn, &id, dg_keyring_signer(keyring), dg_cli_now(), file, &cli->fault);
    dg_keyring_close(keyring);
    return err;
}

static enum dg_err export_trail(struct dg_cli *cli, struct dg_view *view, const char *path,
                                struct dg_buf *file)
{
    enum dg_err err = dg_view_close(cli, view, build(cli, view, file));
    if (err != DG_OK)
        return err;
    const char *size = dg_arena_printf(&cli->arena, "%zu", file->size);
    if (dg_cli_has(cli, DG_OPT_DRY_RUN)) {
        dg_say(cli, cli->err, DG_MSG_WOULD_WRITE, DG_WORDS(path, size));
        return DG_OK;
    }
    err = dg_file_write(cli, path, dg_buf_bytes(file));
    if (err == DG_OK)
        dg_say(cli, cli->err, DG_MSG_WRITTEN, DG_WORDS(path, size));
    return err;
}

/* ---- the log ------------------------------------------------------------------------------------ */

static enum dg_err export_log(struct dg_cli *cli, struct dg_view *view, const char *path)
{
    struct dg_folder folder;
    struct dg_bytes checkpoint;
    uint64_t size;

    cli->where = path;
    if (dg_cli_has(cli, DG_OPT_DRY_RUN)) {
        enum dg_err err = dg_log_checkpoint(cli, view, &size, &checkpoint);
        if (err == DG_OK)
            dg_say(cli, cli->err, DG_MSG_WOULD_EXPORT_LOG,
                   DG_WORDS(dg_arena_printf(&cli->arena, "%llu", (unsigned long long)size), path));
        return err;
    }
    enum dg_err err = dg_folder_open(cli, path, &folder);
    return err == DG_OK ? dg_log_export(cli, view, &folder) : err;
}

/* ---- the verb ----------------------------------------------------------------------------------- */

enum dg_err dg_verb_EXPORT(struct dg_cli *cli)
{
    struct dg_view view;
    struct dg_buf file;
    const char *path;
    bool log = dg_cli_has(cli, DG_OPT_LOG);

    if (log != (cli->args.word_count == 0))
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", cli->args.verb->usage[dg_is_vietnamese(cli)]);
    enum dg_err err = dg_cli_need(cli, DG_OPT_OUTPUT, &path);
    if (err == DG_OK)
        err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    if (log)
        return dg_view_close(cli, &view, export_log(cli, &view, path));
    dg_buf_init(&file, DG_TRAIL_MAX);
    err = export_trail(cli, &view, path, &file);
    dg_buf_done(&file);
    return err;
}
