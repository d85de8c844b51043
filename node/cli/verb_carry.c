/* verb_carry.c - what waits for a neighbour goes there by hand, and its receipts come back so.
 *
 * Export reads the store, whether or not the node runs. Import hands one file after the other to the node.
 */
#include "node/cli/carry.h"

#include <string.h>

#include "node/cli/say.h"

enum dg_err dg_verb_CARRY(struct dg_cli *cli)
{
    const char *action = cli->args.word[0];

    if (strcmp(action, "export") == 0)
        return dg_carry_out(cli, cli->args.word[1]);
    if (strcmp(action, "import") == 0 && !dg_cli_has(cli, DG_OPT_FOR_UNIT))
        return dg_carry_in(cli, cli->args.word[1]);
    return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", cli->args.verb->usage[dg_is_vietnamese(cli)]);
}
