/* draft.h - a report as its author wrote it, before the node completes and signs it. */
#ifndef DG_NODE_CLI_DRAFT_H
#define DG_NODE_CLI_DRAFT_H

#include "node/cli/cli.h"
#include "node/cli/say.h"
#include "node/cli/view.h"
#include "proto/report.h"

/* Reads the report file ("-": standard input) into cli->arena; errors are about the file. */
enum dg_err dg_draft_load(struct dg_cli *cli, const char *file, struct dg_report *ret) DG_MUST_CHECK;
/* DG_ERR_BAD_DATE when the document's date lies after its day of signing. */
enum dg_err dg_draft_date_check(struct dg_cli *cli, const struct dg_report *report) DG_MUST_CHECK;
/* The organs of this node that sign besides the lead: those that the file names, then those of --with. In
 * cli->arena. DG_ERR_NO_ORGAN. */
enum dg_err dg_draft_signers(struct dg_cli *cli, const struct dg_view *view, const struct dg_dir_unit *self,
                             const struct dg_report *report, size_t *ret_count,
                             struct dg_bytes **ret) DG_MUST_CHECK;
/* Warns of a notice that comes after the day on which its matter is settled. */
void dg_draft_notice_warn(struct dg_cli *cli, const struct dg_report *report);

#endif
