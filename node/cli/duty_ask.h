/* duty_ask.h - what remind, excuse and certify-missing have in common: whose duty, and who acts. */
#ifndef DG_NODE_CLI_DUTY_ASK_H
#define DG_NODE_CLI_DUTY_ASK_H

#include "node/cli/cli.h"
#include "proto/ctl.h"

/* Fills the request from --as, --unit, --organ, --rule, --period and --note. Without --organ it is the one
 * organ of the unit that owes that report. Lives in cli->arena. DG_ERR_USAGE, DG_ERR_BAD_PERIOD, DG_ERR_NOT_FOUND. */
enum dg_err dg_duty_ask(struct dg_cli *cli, struct dg_ctl_request *request) DG_MUST_CHECK;
/* Prints the hash of what was issued as hex on standard output. */
void dg_hash_say(struct dg_cli *cli, const struct dg_id *hash);

#endif
