/* passage.h - how it stands with a recipient who waits for a via organ, for people and for machines. */
#ifndef DG_NODE_CLI_PASSAGE_H
#define DG_NODE_CLI_PASSAGE_H

#include "node/cli/json.h"
#include "node/cli/view.h"

/* "waits", "passed", "returned" or "consolidated". A literal. */
const char *dg_passage_name(uint32_t decision);
/* The same in the language of the call. */
const char *dg_passage_shown(const struct dg_cli *cli, uint32_t decision);
/* Whole seconds from since to the decision, or to now while there is none; never negative. */
uint64_t dg_passage_seconds(const struct dg_passage *passage);
/* A length of time fit for the screen: "3d 04:05:06". In arena. */
const char *dg_duration_text(struct dg_arena *arena, uint64_t seconds);
/* One line: who is waited for and since when, or what was decided and after how long. In arena. */
const char *dg_passage_text(struct dg_cli *cli, struct dg_arena *arena, const struct dg_passage *passage,
                            struct dg_bytes through);
/* Adds "passage": its state, since when, when it was decided, how long it waited or has waited, and the
 * report that took it in; null without one. */
void dg_json_passage(struct dg_json *json, const struct dg_passage *passage);

#endif
