/* outline.h - the headings that a report's rules ask for and its text does not have.
 *
 * Advice to the author, never a refusal. A heading counts in any case, with any marks and any numbering: what
 * the rule asks for must stand somewhere in a line of the text that begins with '#'. Memory: the result
 * borrows the mandate and lives in the arena.
 */
#ifndef DG_NODE_CORE_OUTLINE_H
#define DG_NODE_CORE_OUTLINE_H

#include "node/core/mandate.h"

struct dg_missing_heading {
    const struct dg_rule *rule; /* the first that asks for it */
    struct dg_bytes heading;
};

/* Lists what is missing of the outlines of all rules that the mandate cites; each heading once. Returns the
 * count, 0 also when the arena is spent: advice may be lost. */
size_t dg_outline_missing(const struct dg_mandate *mandate, struct dg_bytes body, struct dg_arena *arena,
                          struct dg_missing_heading **ret);
/* The fault that tells it as a warning: DG_ERR_NO_HEADING with rule, article and heading. */
void dg_outline_fault(const struct dg_missing_heading *missing, struct dg_arena *arena, struct dg_fault *ret);

#endif
