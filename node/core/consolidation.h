/* consolidation.h - what an organ has received under one rule for one period, made into one report's
 * material.
 *
 * Source:  Điều 5 (binh-phuoc, ha-noi, huyen, tuyen-quang): the Ban Dân vận draws up the general report from
 * what units and organs have reported; every consolidated report names its sources. Pure reading. Memory:
 * everything handed out lives in txn's arena.
 */
#ifndef DG_NODE_CORE_CONSOLIDATION_H
#define DG_NODE_CORE_CONSOLIDATION_H

#include "node/core/mandate.h"
#include "node/core/query.h"

/* One report that goes in. */
struct dg_material {
    struct dg_id id;
    struct dg_bytes unit, organ;
    dg_ms signed_ms, arrived_ms;
    const struct dg_report *report;
};

/* Somebody whom the rule obliges to report to the organ, and of whom nothing is here. */
struct dg_absent {
    const struct dg_dir_unit *unit;
    const struct dg_dir_organ *organ;
};

struct dg_consolidation {
    const struct dg_rule *rule; /* as the newest of the reports cites it, or as in force today */
    size_t material_count;      /* by unit, organ, period */
    struct dg_material *material;
    size_t left_out_count; /* superseded, or overtaken by a further report of the same author and period */
    struct dg_id *left_out;
    size_t absent_count; /* by unit, organ */
    struct dg_absent *absent;
    size_t indicator_count; /* by name */
    struct dg_indicator *indicator;
};

/* Gathers for organ of this node's unit. Of each author its report for the period itself goes in, else those
 * for shorter periods that lie within it, the longest first, without counting a day twice. A correction takes
 * the place of what it supersedes, the newest of several further reports that of the older. An indicator is
 * made of the sources as the rule says: 'last' is the newest value of each author, 'none' is left out; both
 * kept kinds are then added up over the authors. day says which organs and regimes count for who is absent.
 * DG_ERR_BAD_PERIOD, DG_ERR_NO_RULE (no regime in force or report here knows it), DG_ERR_TOO_LARGE beyond
 * DG_SOURCES_MAX, DG_ERR_NO_MEMORY. */
enum dg_err dg_consolidate(struct dg_txn *txn, const struct dg_directory *directory,
                           const struct dg_dir_unit *self, struct dg_bytes organ, struct dg_bytes rule,
                           struct dg_bytes period, struct dg_day day, struct dg_consolidation *ret,
                           struct dg_fault *fault) DG_MUST_CHECK;

#endif
