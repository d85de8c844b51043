/* verb_serve.c - runs the node. */
#include "node/cli/cli.h"
#include "node/shell/serve.h"

enum dg_err dg_verb_SERVE(struct dg_cli *cli)
{
    const char *dir;

    enum dg_err err = dg_cli_dir(cli, &dir);
    if (err != DG_OK)
        return err;
    cli->where = dir;
    return dg_serve(dir, &cli->fault);
}
