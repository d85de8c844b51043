/* mandate_rules.h - which rules bind a report, and which organs a role means. Used by mandate.c.
 *
 * Memory: a case borrows the directory and the header.
 */
#ifndef DG_NODE_CORE_MANDATE_RULES_H
#define DG_NODE_CORE_MANDATE_RULES_H

#include "common/limits.h"
#include "node/core/mandate.h"

/* A report before the rules: its header with the names looked up. */
struct dg_case {
    struct dg_arena *arena;
    const struct dg_header *header;
    const struct dg_dir_unit *unit; /* the lead author's */
    size_t author_count;            /* the lead author first, then the further signers */
    const struct dg_dir_organ *author[DG_AUTHORS_MAX];
    const struct dg_dir_unit *author_unit[DG_AUTHORS_MAX];
    uint32_t cadence; /* of its period; 0 without one */
};

/* The organs that a role means at one unit. */
struct dg_organs {
    size_t count;
    const struct dg_dir_organ *item[DG_ORGANS_MAX];
};

/* Looks the authors and the period up. DG_ERR_NO_ORGAN, DG_ERR_BAD_PERIOD, DG_ERR_TOO_LARGE. */
enum dg_err dg_case_open(const struct dg_directory *directory, const struct dg_header *header,
                         struct dg_arena *arena, struct dg_case *ret, struct dg_fault *fault) DG_MUST_CHECK;
/* True when organ at unit is one of the authors. */
bool dg_case_author(const struct dg_case *c, const struct dg_dir_organ *organ,
                    const struct dg_dir_unit *unit);

/* dg_regimes_at, as far as the header sees adoptions, on its date. */
size_t dg_regimes_seen(const struct dg_dir_unit *unit, const struct dg_header *header, struct dg_cited ret[],
                       size_t max);

/* The organs that fill role at unit on a day, or else those of its first stand-in that exists. */
void dg_role_organs(const struct dg_regime *regime, const struct dg_dir_unit *unit, struct dg_bytes role,
                    struct dg_day day, struct dg_organs *ret);

/* True when the addressee is at the superior unit, whose regime then judges the rule. */
bool dg_rule_is_upward(const struct dg_rule *rule);
/* True when the cited rule covers the case. */
bool dg_rule_binds(const struct dg_cited *cited, const struct dg_case *c);
/* True when it would, had the right organs signed besides the lead. */
bool dg_rule_lacks_signer(const struct dg_cited *cited, const struct dg_case *c);

#endif
