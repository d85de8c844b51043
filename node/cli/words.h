/* words.h - words of the data and codes, for people: kinds, levels, urgencies, conditions, findings.
 *
 * In English they are shown as they stand in files and --json; in Vietnamese by words.def, and codes of
 * errors by their sentence.
 */
#ifndef DG_NODE_CLI_WORDS_H
#define DG_NODE_CLI_WORDS_H

#include "node/cli/cli.h"

/* The word in the language of the call; one that words.def does not have as it is. In arena, or a literal. */
const char *dg_word_shown(const struct dg_cli *cli, struct dg_arena *arena, const char *word);
/* A code: in Vietnamese with what it means before it, and the code in brackets. In arena. */
const char *dg_code_shown(const struct dg_cli *cli, struct dg_arena *arena, struct dg_bytes code);

#endif
