/* verify_files.h - files held against the manifest that a verified trail contains. */
#ifndef DG_NODE_CLI_VERIFY_FILES_H
#define DG_NODE_CLI_VERIFY_FILES_H

#include "node/audit/verify.h"
#include "node/cli/cli.h"

/* Reads each file of --attachment and adds a check "attachment" to a verification that holds so far: its
 * detail is the name that the report gives a file of these bytes, or the path of one that it has not. The
 * first that fails ends the verification: DG_ERR_VERIFY_FAILED. DG_ERR_BAD_FILE, DG_ERR_TOO_LARGE. */
enum dg_err dg_verify_files(struct dg_cli *cli, struct dg_verification *verification) DG_MUST_CHECK;

#endif
