/* verb_key.c - `key root`: the federation's verification key, in signed-note verifier form. */
#include <string.h>

#include "node/cli/json.h"
#include "node/cli/view.h"

static void print(struct dg_cli *cli, const struct dg_identity *identity, struct dg_bytes line)
{
    if (!dg_cli_has(cli, DG_OPT_JSON)) {
        fprintf(cli->out, "%.*s\n", (int)line.size, (const char *)line.data);
        return;
    }
    struct dg_json *json = dg_json_new();
    dg_json_text(json, "federation", identity->federation);
    dg_json_bytes(json, "key", line);
    dg_json_print(json, cli->out);
}

enum dg_err dg_verb_KEY(struct dg_cli *cli)
{
    struct dg_view view;
    struct dg_buf line;

    if (strcmp(cli->args.word[0], "root") != 0)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "key %s", cli->args.word[0]);
    enum dg_err err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    struct dg_verifier verifier =
        dg_verifier_of(view.identity.federation, DG_NOTE_ED25519, &view.identity.federation_key);
    dg_buf_init(&line, DG_VERIFIER_TEXT_MAX);
    dg_verifier_text(&verifier, &line);
    err = line.err;
    if (err == DG_OK)
        print(cli, &view.identity, dg_buf_bytes(&line));
    dg_buf_done(&line);
    return dg_view_close(cli, &view, err);
}
