/* draft.h - a report as its author wrote it, before the node completes and signs it. */
#ifndef DG_NODE_CLI_DRAFT_H
#define DG_NODE_CLI_DRAFT_H

#include "node/cli/cli.h"
#include "node/cli/say.h"
#include "proto/report.h"

/* Reads the report file ("-": standard input) into cli->arena; errors are about the file. */
enum dg_err dg_draft_load(struct dg_cli *cli, const char *file, struct dg_report *ret) DG_MUST_CHECK;
/* DG_ERR_BAD_DATE when the document's date lies after its day of signing. */
enum dg_err dg_draft_date_check(struct dg_cli *cli, const struct dg_report *report) DG_MUST_CHECK;

#endif
