/* director.h - the organ that directs reporting at this unit, and what is said where there is none.
 *
 * Source:  Điều 24.3 and 27 (binh-phuoc, ha-noi), 23.3 and 26 (huyen), 11.3 (tuyen-quang): the Ban Dân vận,
 * or its stand-in, follows and chases what is owed. Without either a node reminds nobody and certifies
 * nothing.
 */
#ifndef DG_NODE_CLI_DIRECTOR_H
#define DG_NODE_CLI_DIRECTOR_H

#include "node/cli/cli.h"
#include "node/core/duty_watch.h"

/* The line that says that nobody at the unit may remind or certify, by which article somebody should; NULL
 * where somebody may. In cli->arena. */
const char *dg_director_missing(struct dg_cli *cli, const struct dg_dir_unit *unit, struct dg_day today);

#endif
