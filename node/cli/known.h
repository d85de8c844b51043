/* known.h - names given on the command line that must be known here: refused with the nearest ones.
 *
 * An unknown name is a typing error far more often than a question with an empty answer.
 * Memory: what is said lives in cli->arena.
 */
#ifndef DG_NODE_CLI_KNOWN_H
#define DG_NODE_CLI_KNOWN_H

#include "node/cli/cli.h"
#include "node/core/directory.h"

/* DG_ERR_NOT_FOUND, naming the nearest units, unless there is one of that slug. */
enum dg_err dg_known_unit(struct dg_cli *cli, const struct dg_directory *directory,
                          struct dg_bytes slug) DG_MUST_CHECK;
/* The same of an organ, of one unit or (empty) of any. A unit whose organs are not all known here may have
 * it. */
enum dg_err dg_known_organ(struct dg_cli *cli, const struct dg_directory *directory, struct dg_bytes unit,
                           struct dg_bytes slug) DG_MUST_CHECK;
/* The same of a rule's id, in any regime that a unit known here has or had. */
enum dg_err dg_known_rule(struct dg_cli *cli, const struct dg_directory *directory,
                          struct dg_bytes id) DG_MUST_CHECK;
/* DG_ERR_BAD_PERIOD unless it is one. */
enum dg_err dg_known_period(struct dg_cli *cli, struct dg_bytes period) DG_MUST_CHECK;

#endif
