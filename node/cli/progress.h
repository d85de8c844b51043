/* progress.h - how far a report has come: which units that must have it have receipted it. */
#ifndef DG_NODE_CLI_PROGRESS_H
#define DG_NODE_CLI_PROGRESS_H

#include "node/cli/view.h"

struct dg_progress {
    size_t owed, received; /* other units with a mandated recipient */
    const char *waiting;   /* the slugs of those without a receipt, comma between them */
    bool rejected;         /* some node on the way rejected it */
    struct dg_bytes rejected_by, code;
};

/* Reads it for a report this node holds. In the view's transaction. */
void dg_progress_of(struct dg_view *view, const struct dg_held *held, struct dg_progress *ret);
/* "refused", "received" when nobody is owed it any more, "queued". */
const char *dg_progress_name(const struct dg_progress *progress);

#endif
