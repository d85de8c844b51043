/* regime.h - regimes on the command line: reading their files, showing which are in force, adopting one.
 *
 * Used by verb_regime.c, and by what takes a regime's file or names the regimes that were applied.
 */
#ifndef DG_NODE_CLI_REGIME_H
#define DG_NODE_CLI_REGIME_H

#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/core/mandate.h"

/* The parts of the verb: its words from the second on, its options. */
enum dg_err dg_regime_check(struct dg_cli *cli) DG_MUST_CHECK;
enum dg_err dg_regime_show(struct dg_cli *cli) DG_MUST_CHECK;
enum dg_err dg_regime_adopt(struct dg_cli *cli) DG_MUST_CHECK;

/* Finds, reads and compiles a regime by name or path, into cli->arena. Every mistake of its file is told on
 * cli->err as FILE:LINE:COLUMN: what (CODE). DG_ERR_BAD_REGIME, DG_ERR_BAD_FILE, DG_ERR_NOT_FOUND, … */
enum dg_err dg_regime_take(struct dg_cli *cli, const char *value, struct dg_bytes *ret) DG_MUST_CHECK;

/* A run of days for people: "2021-11-05 – 2025-12-31", with "…" for an end that is open. In arena. */
const char *dg_days_text(struct dg_arena *arena, bool has_from, struct dg_day from, bool has_until,
                         struct dg_day until);
/* Adds which regime it is, who adopted it when, and for which days: name, title, hash, unit, main, adoption,
 * serial, from, until, valid_from, valid_until. The regime's own members are null when its bytes are not
 * here. */
void dg_json_adoption(struct dg_json *json, const struct dg_cited *cited);
/* Adds every member of a rule under its name in a regime file. */
void dg_json_rule(struct dg_arena *arena, struct dg_json *json, const struct dg_rule *rule);
/* A target as a regime file spells it: role@same. In arena. */
const char *dg_target_text(struct dg_arena *arena, const struct dg_target *target);

#endif
