/* audit_files.h - the attachments that a node calls whole, read once more. */
#ifndef DG_NODE_CLI_AUDIT_FILES_H
#define DG_NODE_CLI_AUDIT_FILES_H

#include "node/cli/audit_copies.h"
#include "node/cli/cli.h"

/* Reads every attachment in DIR/attachments that became whole at or after since, and compares it with what
 * its author signed. Adds ATTACHMENT_MISSING and ATTACHMENT_ALTERED, both evidence, about its SHA-256. Takes
 * as long as reading the files; no transaction is open meanwhile. */
enum dg_err dg_audit_files(struct dg_cli *cli, const char *dir, struct dg_store *store, dg_ms since,
                           struct dg_audit *audit) DG_MUST_CHECK;

#endif
