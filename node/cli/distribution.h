/* distribution.h - the list "Nơi nhận" that ends such a document: who receives it, and for what purpose.
 *
 * b/c is "để báo cáo", p/h "phối hợp", t/h "thực hiện". What the author wrote stands; for the rest the rules
 * decide.
 */
#ifndef DG_NODE_CLI_DISTRIBUTION_H
#define DG_NODE_CLI_DISTRIBUTION_H

#include "node/cli/json.h"
#include "node/cli/view.h"

/* Why a recipient gets the report: the author's own words where there are any, for others what the rules
 * mean: b/c to the same committee or a superior one, p/h beside it for news, notices and exchanges, t/h
 * below, "theo dõi" to observe. Empty for an addition without words. */
struct dg_bytes dg_purpose_of(const struct dg_directory *directory, const struct dg_report *report,
                              const struct dg_recipient *recipient);
/* Adds "distribution": a line for each recipient, then the one that keeps the original. */
void dg_json_distribution(struct dg_json *json, struct dg_arena *arena, const struct dg_directory *directory,
                          const struct dg_report *report);
/* Prints the list as documents do. */
void dg_print_distribution(struct dg_cli *cli, struct dg_arena *arena, const struct dg_directory *directory,
                           const struct dg_report *report);

#endif
