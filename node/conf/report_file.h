/* report_file.h - reads a report as a clerk writes it: YAML front matter, then Markdown.
 *
 * The text is normalised to NFC here, at the point of entry; everything after only checks.
 */
#ifndef DG_NODE_CONF_REPORT_FILE_H
#define DG_NODE_CONF_REPORT_FILE_H

#include "common/bytes.h"
#include "common/fault.h"
#include "proto/report.h"

/* Parses text into a draft: header, indicators, sources, body. The authors are the further signers that
 * `with` names, perhaps without a unit; the lead and the recipients are left out. Unknown keys are refused
 * (x-… is kept), duplicate keys too. In arena. DG_ERR_BAD_HEADER, DG_ERR_BAD_TEXT, DG_ERR_BAD_DATE,
 * DG_ERR_BAD_PERIOD, DG_ERR_TOO_LARGE; fault has the line. */
enum dg_err dg_report_read(struct dg_arena *arena, struct dg_bytes text, struct dg_report *ret,
                           struct dg_fault *fault) DG_MUST_CHECK;
/* Reads a whole file of at most max bytes into arena ("-": standard input). DG_ERR_BAD_FILE,
 * DG_ERR_TOO_LARGE, DG_ERR_NO_MEMORY. */
enum dg_err dg_file_read(struct dg_arena *arena, const char *path, size_t max, struct dg_bytes *ret,
                         struct dg_fault *fault) DG_MUST_CHECK;

#endif
