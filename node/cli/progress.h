/* progress.h - how far a report has come: which units that must have it have receipted it. */
#ifndef DG_NODE_CLI_PROGRESS_H
#define DG_NODE_CLI_PROGRESS_H

#include "node/cli/view.h"

struct dg_progress {
    size_t owed, received; /* other units with a mandated recipient or via organ */
    const char *waiting;   /* the slugs of those without a receipt, comma between them */
    const char *via;       /* the via organs that somebody still waits for, comma between them */
    bool returned;         /* a via organ sent it back */
    bool rejected;         /* some node on the way rejected it */
    struct dg_bytes rejected_by, code;
};

/* Reads it for a report this node holds. In the view's transaction. */
void dg_progress_of(struct dg_view *view, const struct dg_held *held, struct dg_progress *ret);
/* "refused", "returned", "queued", "waits" when it is everywhere but not passed on, "received" when nobody is
 * owed it any more. */
const char *dg_progress_name(const struct dg_progress *progress);

#endif
