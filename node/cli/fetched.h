/* fetched.h - a source that lineage --fetch brought here: a report, and the leaf of the unit that gave it.
 *
 * It is no delivery: it has no place in this node's log, no mailbox and no states here. Memory: in the view's
 * transaction.
 */
#ifndef DG_NODE_CLI_FETCHED_H
#define DG_NODE_CLI_FETCHED_H

#include "node/cli/events.h"

struct dg_fetched {
    struct dg_source source;
    struct dg_envelope envelope;
    struct dg_report report;
    struct dg_leaf leaf;  /* of the report, in the log source.origin */
    struct dg_bytes unit; /* whose log that is */
};

/* Finds one by id or prefix and reads it. DG_ERR_SOURCE_NOT_HERE while it is asked for, or when it cannot be
 * had: the fault says which. Other errors as of dg_view_report. */
enum dg_err dg_view_fetched(struct dg_cli *cli, struct dg_view *view, const char *id,
                            struct dg_fetched *ret) DG_MUST_CHECK;
/* What its leaf tells of it, as a trail. DG_ERR_NO_MEMORY. */
enum dg_err dg_fetched_events(struct dg_cli *cli, struct dg_view *view, const struct dg_fetched *fetched,
                              struct dg_trail_events *ret) DG_MUST_CHECK;
/* Says on cli->err where it comes from, and that it was not sent here. */
void dg_fetched_say(struct dg_cli *cli, const struct dg_fetched *fetched);

#endif
