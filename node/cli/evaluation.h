/* evaluation.h - an evaluation as text, the same bytes wherever it is made from the same log.
 *
 * Lines end in LF, numbers have no separators, percentages two decimals (half of the last rounded up), days
 * are YYYY-MM-DD, instants UTC with milliseconds, hashes and ids lower-case hex, lists in the order of bytes.
 * Nothing depends on language, terminal or clock.
 */
#ifndef DG_NODE_CLI_EVALUATION_H
#define DG_NODE_CLI_EVALUATION_H

#include "node/cli/cli.h"
#include "node/core/evaluation.h"
#include "node/core/identity.h"

/* Writes one table of comma-separated values: its log, day and calendars, the counts, then duty by duty. */
void dg_evaluation_csv(const struct dg_evaluation *evaluation, const struct dg_identity *identity, FILE *to);
/* Writes the same as one JSON document. arena is for passing things. */
void dg_evaluation_json(const struct dg_evaluation *evaluation, const struct dg_identity *identity,
                        struct dg_arena *arena, FILE *to);

/* "organ", "unit", "rule", "period", "all". */
const char *dg_score_of_name(enum dg_score_of of);
/* Writes 66.67 for 2 of 3; nothing for any of 0. part is at most of, and of far below 2^48. */
enum { DG_PERCENT_TEXT = 8 };
void dg_percent_text(uint64_t part, uint64_t of, char ret[static DG_PERCENT_TEXT]);

#endif
