/* verb_certify.c - a signed finding that a report is missing or was late, and the file that proves it. */
#include <string.h>

#include "common/limits.h"
#include "common/text.h"
#include "node/cli/ask.h"
#include "node/cli/duty_ask.h"
#include "node/cli/export.h"
#include "node/cli/output.h"
#include "node/cli/say.h"
#include "node/cli/view.h"
#include "node/shell/keyring.h"

static enum dg_err build(struct dg_cli *cli, struct dg_view *view, const struct dg_ctl_request *request,
                         const struct dg_id *finding, struct dg_buf *file)
{
    struct dg_duty_name duty = {.rule = request->rule, .period = request->period};
    struct dg_keyring *keyring;
    struct dg_hash hash;
    const char *dir;

    memcpy(hash.b, finding->b, sizeof hash.b);
    (void)dg_address_split(request->owner, &duty.organ, &duty.unit);
    enum dg_err err = dg_cli_dir(cli, &dir);
    if (err == DG_OK)
        err = dg_keyring_open(dir, &keyring, &cli->fault);
    if (err != DG_OK)
        return err;
    err = dg_absence_build(view->txn, &duty, &hash, dg_keyring_signer(keyring), dg_cli_now(), file,
                           &cli->fault);
    dg_keyring_close(keyring);
    return err;
}

static enum dg_err write(struct dg_cli *cli, const struct dg_ctl_request *request,
                         const struct dg_id *finding, const char *path, struct dg_buf *file)
{
    struct dg_view view;

    enum dg_err err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    err = dg_view_close(cli, &view, build(cli, &view, request, finding, file));
    if (err == DG_OK)
        err = dg_file_write(cli, path, dg_buf_bytes(file));
    if (err == DG_OK)
        dg_say(cli, cli->err, DG_MSG_WRITTEN,
               DG_WORDS(path, dg_arena_printf(&cli->arena, "%zu", file->size)));
    return err;
}

enum dg_err dg_verb_CERTIFY(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_CERTIFY};
    struct dg_ctl_reply reply;
    struct dg_buf file;
    const char *path;

    enum dg_err err = dg_cli_need(cli, DG_OPT_OUTPUT, &path);
    if (err == DG_OK)
        err = dg_duty_ask(cli, &request);
    if (err != DG_OK)
        return err;
    cli->where = dg_arena_string(&cli->arena, request.owner);
    err = dg_ask(cli, &request, &reply);
    if (err != DG_OK)
        return err;
    if (request.dry_run) {
        dg_say(cli, cli->err, DG_MSG_WOULD_CERTIFY, DG_WORDS(cli->where));
        return DG_OK;
    }
    dg_hash_say(cli, &reply.id);
    dg_buf_init(&file, DG_TRAIL_MAX);
    err = write(cli, &request, &reply.id, path, &file);
    dg_buf_done(&file);
    return err;
}
