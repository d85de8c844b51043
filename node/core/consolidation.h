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
    struct dg_bytes rule; /* under which it came: the one asked for, or one that stands in its place */
    dg_ms signed_ms, arrived_ms;
    const struct dg_report *report;
    bool asked_back;    /* its author wants it back, and the organ has not answered yet */
    bool has_due;       /* a calendar dates it */
    struct dg_day due;  /* the last day on which it was in time */
    uint32_t days_late; /* of the first report that met the duty: a correction is not late itself */
};

/* Why a report that came under the rule does not go in. */
enum dg_left_why {
    DG_LEFT_SUPERSEDED = 1, /* by its author */
    DG_LEFT_FURTHER,        /* its author sent a further report for the same period */
    DG_LEFT_COVERED,        /* its author's report for a longer period goes in */
    DG_LEFT_CONTAINED,      /* a report that goes in was made from it */
    DG_LEFT_RECALLED,       /* the organ has agreed to give it back */
};

struct dg_left_out {
    struct dg_id id;
    struct dg_bytes unit, organ, period;
    enum dg_left_why why;
    struct dg_id by; /* what stands in its place; not for a recalled one */
};

/* A period that an author owes and that nothing here covers. */
struct dg_gap {
    struct dg_bytes period;
    bool has_due; /* a calendar dates it */
    struct dg_day due;
    bool excused; /* by a signed decision */
};

/* Somebody whom the rule obliges to report to the organ, and of whom something is not here. */
struct dg_absent {
    const struct dg_dir_unit *unit;
    const struct dg_dir_organ *organ;
    bool silent;      /* nothing of it is here at all */
    bool excused;     /* from every gap */
    size_t gap_count; /* the shortest periods first, then in the order of time */
    struct dg_gap *gap;
};

struct dg_consolidation {
    const struct dg_rule *rule; /* as the newest of the reports cites it, or as in force today */
    size_t material_count;      /* by unit, organ, period */
    struct dg_material *material;
    size_t left_out_count; /* in the same order */
    struct dg_left_out *left_out;
    size_t absent_count; /* by unit, organ */
    struct dg_absent *absent;
    size_t indicator_count; /* by name */
    struct dg_indicator *indicator;
    size_t not_added_count; /* by name: what the rule says is not to be added up */
    struct dg_bytes *not_added;
};

/* Gathers for organ of this node's unit. Of each author its report for the period itself goes in, else those
 * for shorter periods that lie within it, without counting a month twice: the longest first, and the nine
 * months only where they do not cover less than what they would displace. A correction takes the place of
 * what it supersedes, the newest of several further reports that of the older; what another report that goes
 * in was made from is in there already. Of a report that several have signed the lead author is the author.
 * After a change of regimes a report under the rule that stands in the place of the one asked for
 * (duty_rules.h) counts as one under that, and is said to be of the other.
 * An indicator is made of the sources as the rule says: 'last' is the newest value of each author, 'none' is
 * left out; both kept kinds are then added up over the authors. day says which organs and regimes count for
 * who is absent, and whether a report is late; under a rule that no longer binds anybody then, nobody is.
 * DG_ERR_BAD_PERIOD (impossible, or the rule knows no such cadence), DG_ERR_NO_RULE (no regime in force or
 * report here knows it), DG_ERR_NOT_RECEIVED (nothing came to that organ under the rule, and nobody owes it
 * anything under it), DG_ERR_TOO_LARGE beyond DG_SOURCES_MAX, DG_ERR_NO_MEMORY. */
enum dg_err dg_consolidate(struct dg_txn *txn, const struct dg_directory *directory,
                           const struct dg_dir_unit *self, struct dg_bytes organ, struct dg_bytes rule,
                           struct dg_bytes period, struct dg_day day, struct dg_consolidation *ret,
                           struct dg_fault *fault) DG_MUST_CHECK;
/* "superseded", "further", "covered", "contained", "recalled". */
const char *dg_left_why_name(enum dg_left_why why);

/* The kind under which the organ may send what it has made of reports under rule, and who gets it then: kind
 * when that is not empty, else the first that some rule in force lets it send, of 'consolidation' (which the
 * regimes keep for the Ban Dân vận), the rule's own kind (a committee reports upward as it was reported to),
 * and 'directed' (within the dân vận system). The error of the mandate, that of the rule's own kind when none
 * will do; ret_kind is that kind then. */
enum dg_err dg_consolidation_mandate(const struct dg_directory *directory, const struct dg_dir_unit *self,
                                     struct dg_bytes organ, const struct dg_rule *rule, struct dg_bytes kind,
                                     struct dg_bytes period, struct dg_day day, struct dg_arena *arena,
                                     struct dg_bytes *ret_kind, struct dg_mandate *ret,
                                     struct dg_fault *fault) DG_MUST_CHECK;

#endif
