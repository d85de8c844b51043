/* consolidation.h - the draft of a report that is made of others, as a paper and as JSON.
 *
 * Memory: in the view's transaction.
 */
#ifndef DG_NODE_CLI_CONSOLIDATION_H
#define DG_NODE_CLI_CONSOLIDATION_H

#include "node/cli/view.h"
#include "node/core/consolidation.h"

struct dg_drafting {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_bytes organ;
    const char *rule, *period;
    struct dg_day today;
    struct dg_consolidation made;
    struct dg_bytes kind;      /* under which it may be sent */
    struct dg_mandate mandate; /* who gets it then; nobody when no rule lets the organ send it */
};

/* Appends the file that push takes: the header, who has reported and who has not, and the headings that the
 * rules for it ask for. Documents are Vietnamese, whoever asks for them. Sticky errors of out. */
void dg_consolidation_write(const struct dg_drafting *d, struct dg_buf *out);
/* Prints it all for machines. */
void dg_consolidation_json(const struct dg_drafting *d);

#endif
