/* signers.h - how a joint draft is shown: who has signed, who has not, and what became of it. */
#ifndef DG_NODE_CLI_SIGNERS_H
#define DG_NODE_CLI_SIGNERS_H

#include "node/cli/view.h"

/* "waiting", "withdrawn" or, when it waits and is too old to be signed, "expired". */
const char *dg_joint_state_name(const struct dg_joint *joint, dg_ms now);
/* The same for people, with the names of those it waits for, or of who withdrew it. In cli->arena. */
const char *dg_joint_state_shown(struct dg_cli *cli, const struct dg_joint *joint, dg_ms now);
/* The slugs of those who have not signed, joined by commas. In arena. */
const char *dg_joint_missing(struct dg_arena *arena, const struct dg_joint *joint);
/* Adds "state", "signers" with "signed" for each, "expires", "to_seq", and "void": who withdrew it, when, and
 * the leaf that says so, or null. */
void dg_json_joint(struct dg_json *json, const struct dg_view *view, const struct dg_joint *joint, dg_ms now);

#endif
