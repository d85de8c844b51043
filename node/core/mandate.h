/* mandate.h - who must receive a report, as what, through whom, by which article.
 *
 * A pure function of (directory with its regimes, header): the same in the node, in every ancestor
 * that recomputes it and in the offline verifier. The reading of the articles:
 *  - a rule whose addressee is @parent is judged by the regimes in force at the parent (at the root:
 *    its own); every other rule by those at the author's unit. In force at a unit are its own main
 *    regime, else the nearest ancestor's, and the additional regimes it adopted itself;
 *  - scope owner: only at the unit that adopted the regime; below: everywhere under it but there;
 *  - the document's date decides which adoption and which regime is in force;
 *  - a role the unit lacks is filled by the first stand-in it has, of the regime whose rule is applied;
 *    stand-ins also stand in as authors, but not for owner rules;
 *  - the author as recipient is dropped; a missing observe never stops a report; a recipient reached
 *    twice gets one delivery citing both, the strongest `as`, and directly if any rule says directly:
 *    nobody waits under one rule for what another owes him at once.
 *
 * Memory:  the result borrows the directory and the header, and lives in the arena.
 */
#ifndef DG_NODE_CORE_MANDATE_H
#define DG_NODE_CORE_MANDATE_H

#include "common/fault.h"
#include "node/core/directory.h"
#include "proto/report.h"

/* Which adoptions are seen. A report names those it was judged by, and its author may not have heard yet of
 * what was adopted above: by the named ones it is judged again. */
enum dg_sight {
    DG_SIGHT_ALL,
    DG_SIGHT_OLDER, /* a named main adoption hides the later ones of its unit; additional ones must be named
                     */
    DG_SIGHT_NAMED, /* nothing but what is named */
};

/* Whether the author must have known an adoption of that unit, which therefore counts though the report does
 * not name it. */
struct dg_had {
    bool (*knew)(void *ctx, const struct dg_dir_unit *unit, const struct dg_dir_adoption *adoption);
    void *ctx;
};

/* What the engine looks at. */
struct dg_header {
    struct dg_bytes unit, organ; /* the lead author */
    size_t with_count;
    const struct dg_bytes *with;  /* joint: further signers, organ@unit */
    struct dg_bytes kind, period; /* period may be empty */
    struct dg_day date;           /* of the document: decides which regimes are in force */
    struct dg_day organs_on;      /* of signing: decides which organs exist; day 0: the date itself */
    size_t matter_count;
    const struct dg_bytes *matter;
    size_t also_to_count;
    const struct dg_bytes *also_to; /* organ@unit */
    enum dg_sight sight;
    size_t named_count;
    const struct dg_regime_use *named; /* with another sight than all */
    const struct dg_had *had;          /* with another sight than all; NULL: nothing is known of that */
};

struct dg_cited {
    const struct dg_rule *rule;
    const struct dg_dir_adoption *adoption;
    const struct dg_dir_unit *regime_unit; /* the unit that adopted it: its own, or an ancestor's main */
};

struct dg_mandate_recipient {
    struct dg_bytes organ; /* slug */
    struct dg_bytes unit;
    enum dg_as as;
    struct dg_bytes through; /* organ@unit or empty */
    size_t cited_count;      /* none: the author's own addition */
    struct dg_cited *cited;
    const struct dg_dir_organ *resolved; /* NULL beyond what the directory knows */
};

/* A recipient that could not be resolved and did not stop the report. */
struct dg_mandate_unresolved {
    struct dg_bytes role, unit; /* unit: the one that lacks it; empty when there is no superior */
    enum dg_as as;
    struct dg_cited cited;
};

struct dg_mandate {
    size_t recipient_count;
    struct dg_mandate_recipient *recipient; /* by as, then unit, then organ */
    size_t unresolved_count;
    struct dg_mandate_unresolved *unresolved;
    size_t use_count;
    struct dg_cited *use; /* one per regime that was applied; rule is NULL */
};

/* Computes the mandate. In this order: DG_ERR_NO_ORGAN (unknown author or further signer),
 * DG_ERR_BAD_PERIOD, DG_ERR_NO_REGIME (the bytes of one are missing, or the parent is not known),
 * DG_ERR_NO_RULE (also where no regime is in force on that day), DG_ERR_NO_RECIPIENT, DG_ERR_BAD_RECIPIENT
 * (also-to that is no address, or at a known unit that has no such organ); DG_ERR_TOO_LARGE beyond the limits
 * of a report, and DG_ERR_NO_MEMORY. fault names rule, article and unit. */
enum dg_err dg_mandate_of(const struct dg_directory *directory, const struct dg_header *header,
                          struct dg_arena *arena, struct dg_mandate *ret,
                          struct dg_fault *fault) DG_MUST_CHECK;
/* The mandate by which a signed report is judged: today's when it was judged by the regimes that the report
 * names, else that of the regimes it does name. ret_added is then what today's demands beyond the report's
 * recipients; without recipients otherwise. Where neither way leads to the named regimes, today's mandate or
 * its error. DG_ERR_MANDATE_MISSING when it names a regime that its author knew to be replaced: had, which may
 * be NULL. */
enum dg_err dg_mandate_of_signed(const struct dg_directory *directory, const struct dg_report *report,
                                 const struct dg_had *had, struct dg_arena *arena, struct dg_mandate *ret,
                                 struct dg_mandate *ret_added, struct dg_fault *fault) DG_MUST_CHECK;
/* The header of a signed report. Borrows report. */
enum dg_err dg_header_of(const struct dg_report *report, struct dg_arena *arena,
                         struct dg_header *ret) DG_MUST_CHECK;
/* The day on which the organs of a header are looked up. */
struct dg_day dg_header_organs_on(const struct dg_header *header);
/* True when period fits kind: periodic needs one, evaluation and joint need a year, any other may have
 * one. An unknown form never fits. */
bool dg_period_fits(struct dg_bytes kind, struct dg_bytes period);

/* The regimes in force at unit on a day, main first; at most max. Of several mains, and of several
 * additional ones with one name, the newest serial wins. One whose bytes are missing is among them,
 * because its own validity cannot be seen: its adoption's regime is NULL. rule is NULL in all. */
size_t dg_regimes_at(const struct dg_dir_unit *unit, struct dg_day day, struct dg_cited ret[], size_t max);

/* Checks that a report names at least what the mandate demands, each at least as strongly and waiting for
 * exactly the via organ that the mandate has, for none where it has none: DG_ERR_MANDATE_MISSING names the
 * first missing; and that it cites no rule, and makes nobody wait, where the mandate does not:
 * DG_ERR_NO_RULE. */
enum dg_err dg_mandate_covered(const struct dg_mandate *mandate, const struct dg_report *report,
                               struct dg_fault *fault) DG_MUST_CHECK;

#endif
