/* mistakes.h - tells the mistakes of a file, one a line, each with its place. */
#ifndef DG_NODE_CLI_MISTAKES_H
#define DG_NODE_CLI_MISTAKES_H

#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/conf/fault_list.h"

/* Prints them on cli->err as FILE:LINE:COLUMN: what (CODE), did you mean … */
void dg_mistakes_tell(struct dg_cli *cli, const char *path, const struct dg_fault_list *faults);
/* Adds "mistakes": [{line, column, code, what}], and how many there are beyond those. */
void dg_mistakes_json(struct dg_json *json, const struct dg_fault_list *faults);
/* The call's own error once they are told: err, with their number; cli->where is the file. */
enum dg_err dg_mistakes_count(struct dg_cli *cli, enum dg_err err, const char *path,
                              const struct dg_fault_list *faults) DG_MUST_CHECK;

#endif
