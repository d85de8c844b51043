/* duty_rules.h - under which rules a report meets a duty, also across a change of regimes.
 *
 * A report goes by the regimes in force on its document's date (decisions of the mandate, PROTOCOL.md), a duty
 * by those of its cut-off day. Who writes for an old period after the regime has changed cannot name the old
 * rule any more, and would owe it for ever. So a report meets a duty of its author for its period under the
 * duty's own rule, or under one that stands in its place: of the same kind, going to the same unit, from a
 * regime that the report names, where the duty's rule did not bind the report on the document's date.
 *
 * A pure function of directory and report: the same in the node and in the verifier.
 */
#ifndef DG_NODE_CORE_DUTY_RULES_H
#define DG_NODE_CORE_DUTY_RULES_H

#include "node/core/duty.h"

enum { DG_DUTY_RULES_MAX = 64 };

/* The rule of that id in a regime; NULL when it has none. */
const struct dg_rule *dg_regime_rule(const struct dg_regime *regime, struct dg_bytes id);
/* True when the report, which somebody accepted, meets the duty. */
bool dg_duty_met_by(const struct dg_duty *duty, const struct dg_report *report);
/* The ids of other rules that can stand in the place of the duty's rule on some day, none twice. Returns
 * their count, at most max; they live as long as the directory. */
size_t dg_duty_other_rules(const struct dg_duty *duty, struct dg_bytes ret[], size_t max);

#endif
