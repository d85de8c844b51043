/* why_live.h - what the daemon says is on its way, and what a row of the outbox waits for in words. */
#ifndef DG_NODE_CLI_WHY_LIVE_H
#define DG_NODE_CLI_WHY_LIVE_H

#include "node/cli/view.h"
#include "node/core/why.h"

/* Asks the daemon; id may be NULL for all that waits. A node that does not run is an answer too. What ret
 * holds lives in cli->arena. No view may be open. DG_ERR_NOT_PERMITTED and other failures of the socket. */
enum dg_err dg_why_ask(struct dg_cli *cli, const char *id, struct dg_why_live *ret) DG_MUST_CHECK;
/* What is waited for, in the language of the call; and what to do about it. hex names the report. In
 * cli->arena. */
const char *dg_why_said(struct dg_cli *cli, const struct dg_why_wait *wait);
const char *dg_why_remedy(struct dg_cli *cli, const struct dg_why_wait *wait, const char *hex);
/* Adds cause, at, toward, since, code, attempts, next, ahead, what, do: an object of its own, or into a row.
 */
void dg_json_wait(struct dg_cli *cli, struct dg_json *json, const struct dg_why_wait *wait, const char *hex);

#endif
