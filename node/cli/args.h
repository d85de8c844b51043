/* args.h - takes the command line apart: one verb, its options before or after it, its words. */
#ifndef DG_NODE_CLI_ARGS_H
#define DG_NODE_CLI_ARGS_H

#include "node/cli/cli.h"

/* Fills cli->args from argv. Without a verb, args.verb is NULL (--help and --version stand alone).
 * DG_ERR_USAGE, with the nearest words in cli->fault. */
enum dg_err dg_args_parse(struct dg_cli *cli, int argc, char *const argv[]) DG_MUST_CHECK;

/* A row of options.def. */
struct dg_option_row {
    const char *name;
    char letter;
    enum dg_takes { DG_TAKES_NOTHING, DG_TAKES_VALUE, DG_TAKES_CHOICE } takes;
    const char *placeholder;
    const char *help[2];
};
/* The row of options.def for an option. Never NULL. */
const struct dg_option_row *dg_option_row(enum dg_option option);
/* True when the verb takes the option. */
bool dg_verb_takes(const struct dg_verb *verb, enum dg_option option);

/* The two names of verbs nearest to word. */
void dg_verb_nearest(const char *word, const char *ret[static 2]);

/* Reads a duration: a number and m, h or d; from one minute to 366 days. */
bool dg_duration_parse(const char *text, int64_t *ret_ms);

#endif
