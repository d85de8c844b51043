/* ask.h - asks the daemon to change something. */
#ifndef DG_NODE_CLI_ASK_H
#define DG_NODE_CLI_ASK_H

#include "node/cli/cli.h"
#include "proto/ctl.h"

/* Sends the request to the node of -n and reads the reply (in cli->arena). Warnings are printed. The
 * daemon's own refusal comes back as the error, in cli->fault. No view may be open at the same time as
 * the daemon is waited for. DG_ERR_NOT_RUNNING, DG_ERR_NOT_PERMITTED, … */
enum dg_err dg_ask(struct dg_cli *cli, const struct dg_ctl_request *request,
                   struct dg_ctl_reply *ret) DG_MUST_CHECK;
/* Reads --note, a line that goes with what is asked; ret is left alone without one. DG_ERR_BAD_TEXT,
 * DG_ERR_TOO_LARGE. */
enum dg_err dg_note_read(struct dg_cli *cli, struct dg_bytes *ret) DG_MUST_CHECK;

/* The text of --note, entered and clean; ret is left alone without one. DG_ERR_BAD_TEXT, DG_ERR_TOO_LARGE. */
enum dg_err dg_note_read(struct dg_cli *cli, struct dg_bytes *ret) DG_MUST_CHECK;

#endif
