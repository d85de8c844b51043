/* mandate_merge.h - a mandate under construction: recipients reached by several rules become one.
 *
 * Memory:  lives in the arena; err is sticky (DG_ERR_NO_MEMORY, DG_ERR_TOO_LARGE): check it once at
 *          the end.
 */
#ifndef DG_NODE_CORE_MANDATE_MERGE_H
#define DG_NODE_CORE_MANDATE_MERGE_H

#include "node/core/mandate.h"

struct dg_merge {
    struct dg_arena *arena;
    struct dg_mandate mandate;
    enum dg_err err;
};

/* Notes that the cited regime was applied. */
void dg_merge_use(struct dg_merge *merge, const struct dg_cited *cited);
/* Adds a delivery that the cited rule demands, or makes the one that is there stronger. */
void dg_merge_deliver(struct dg_merge *merge, const struct dg_dir_organ *organ,
                      const struct dg_dir_unit *unit, enum dg_as as, struct dg_bytes through,
                      const struct dg_cited *cited);
/* Adds a copy of the author's own, unless organ@unit is a recipient already. organ may be NULL. */
void dg_merge_also(struct dg_merge *merge, struct dg_bytes slug, struct dg_bytes unit,
                   const struct dg_dir_organ *organ);
/* Notes a role that nobody fills; unit is NULL when there is no superior. */
void dg_merge_unresolved(struct dg_merge *merge, struct dg_bytes role, const struct dg_dir_unit *unit,
                         enum dg_as as, const struct dg_cited *cited);
/* True when somebody is reached as an addressee. */
bool dg_merge_has_to(const struct dg_merge *merge);
/* Puts the recipients in their order. */
void dg_merge_sort(struct dg_merge *merge);

#endif
