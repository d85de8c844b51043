/* found.h - what init, invite and join have in common: names, regimes and organs from options. */
#ifndef DG_NODE_CLI_FOUND_H
#define DG_NODE_CLI_FOUND_H

#include "node/cli/cli.h"
#include "node/shell/serve.h"

/* The unit that --unit, --level and --name describe, each of them checked. */
struct dg_unit_options {
    const char *unit, *level, *name;
};
/* Reads and checks the three, which live as long as cli. DG_ERR_USAGE when one is missing, DG_ERR_BAD_VALUE,
 * or what is wrong with the name's text. */
enum dg_err dg_unit_options_read(struct dg_cli *cli, struct dg_unit_options *ret) DG_MUST_CHECK;
/* The regimes of --regime, compiled. In cli->arena. DG_ERR_BAD_REGIME, DG_ERR_BAD_FILE, … */
enum dg_err dg_regime_options_read(struct dg_cli *cli, size_t *ret_count,
                                   struct dg_bytes **ret) DG_MUST_CHECK;
/* The organs of --organ. In cli->arena. */
enum dg_err dg_organ_options_read(struct dg_cli *cli, size_t *ret_count,
                                  struct dg_organ_option **ret) DG_MUST_CHECK;

#endif
