/* carry.h - the two halves of the verb carry. */
#ifndef DG_NODE_CLI_CARRY_H
#define DG_NODE_CLI_CARRY_H

#include "node/cli/cli.h"

/* Writes what waits for --for, or for every neighbour, into bundles under dir. DG_ERR_UNKNOWN_MEMBER when
 * --for is none; those of stick.h, of the keys and of the store. */
enum dg_err dg_carry_out(struct dg_cli *cli, const char *dir) DG_MUST_CHECK;
/* Hands every bundle under dir that is for this unit to the running node, and prints what became of it. What
 * is good is taken in whatever else is bad. DG_ERR_NO_BUNDLE, DG_ERR_CARRY_NOT_OURS, DG_ERR_CARRY_DAMAGED,
 * DG_ERR_CARRY_INCOMPLETE, DG_ERR_UNKNOWN_MEMBER, DG_ERR_NOT_RUNNING. */
enum dg_err dg_carry_in(struct dg_cli *cli, const char *dir) DG_MUST_CHECK;

#endif
