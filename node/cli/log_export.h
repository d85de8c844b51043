/* log_export.h - the whole log as tiles, read in short transactions. */
#ifndef DG_NODE_CLI_LOG_EXPORT_H
#define DG_NODE_CLI_LOG_EXPORT_H

#include "node/cli/output.h"
#include "node/cli/view.h"

/* The size that the node's newest signed checkpoint covers, and that checkpoint (in cli->arena).
 * DG_ERR_NOT_FOUND before the first, DG_ERR_STORE_CORRUPT. */
enum dg_err dg_log_checkpoint(struct dg_cli *cli, struct dg_view *view, uint64_t *ret_size,
                              struct dg_bytes *ret_checkpoint) DG_MUST_CHECK;
/* Fills the folder with the log. The view is renewed on the way. */
enum dg_err dg_log_export(struct dg_cli *cli, struct dg_view *view, struct dg_folder *folder) DG_MUST_CHECK;

#endif
