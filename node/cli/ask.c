/* ask.c - asks the daemon to change something. */
#include "node/cli/ask.h"

#include "common/limits.h"
#include "common/text.h"
#include "node/cli/say.h"
#include "node/ctl/ctl.h"

enum { STATUS_MS = 5000, CHANGE_MS = 60000 }; /* a busy daemon may have a long batch before us */

static enum dg_err call(struct dg_cli *cli, const char *dir, const struct dg_ctl_request *request,
                        struct dg_buf *wire, struct dg_bytes *ret)
{
    int timeout_ms = request->verb == DG_CTL_STATUS || request->verb == DG_CTL_WHY ? STATUS_MS : CHANGE_MS;

    enum dg_err err = dg_ctl_request_encode(request, wire);
    if (err != DG_OK)
        return dg_faultf(&cli->fault, err, "%s", dg_msg(cli, DG_MSG_REQUEST));
    return dg_ctl_call(dir, dg_buf_bytes(wire), timeout_ms, &cli->arena, ret, &cli->fault);
}

enum dg_err dg_ask(struct dg_cli *cli, const struct dg_ctl_request *request, struct dg_ctl_reply *ret)
{
    const char *dir;
    struct dg_buf wire;
    struct dg_bytes bytes;

    enum dg_err err = dg_cli_dir(cli, &dir);
    if (err != DG_OK)
        return err;
    dg_buf_init(&wire, DG_CTL_MSG_MAX);
    err = call(cli, dir, request, &wire, &bytes);
    dg_buf_done(&wire);
    if (err == DG_OK)
        err = dg_ctl_reply_decode(&cli->arena, bytes, ret, &cli->fault);
    if (err != DG_OK)
        return err;
    for (size_t i = 0; i < ret->warning_count; i++)
        dg_warn(cli, &ret->warning[i]);
    if (ret->fault.err != DG_OK)
        cli->fault = ret->fault;
    return ret->fault.err;
}

enum dg_err dg_note_read(struct dg_cli *cli, struct dg_bytes *ret)
{
    const char *text = dg_cli_value(cli, DG_OPT_NOTE);

    if (text == NULL)
        return DG_OK;
    enum dg_err err = dg_text_enter(&cli->arena, dg_bytes_of(text), DG_TEXT_LINE, ret, &cli->fault);
    if (err == DG_OK && ret->size > DG_NOTE_TEXT_MAX)
        err = dg_faultf(&cli->fault, DG_ERR_TOO_LARGE, "--note");
    return err;
}
