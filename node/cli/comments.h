/* comments.h - the comments on a draft as one set: who was asked, who answered, when, and who did not.
 *
 * Memory: everything lives in the view's transaction.
 */
#ifndef DG_NODE_CLI_COMMENTS_H
#define DG_NODE_CLI_COMMENTS_H

#include "node/cli/view.h"
#include "proto/comment.h"

/* One comment, by the leaf that its own unit wrote. */
struct dg_said {
    struct dg_bytes origin;
    uint64_t index;
    dg_ms at_ms; /* when it was logged, by the clock of its unit */
    struct dg_comment comment;
};

enum dg_answered {
    DG_ANSWER_WAITING,
    DG_ANSWER_MISSING,
    DG_ANSWER_RECEIVED,
    DG_ANSWER_LATE,
    DG_ANSWER_UNKNOWN, /* nothing is here, and comments need not come here: see `collected` */
};

/* One organ that was asked: a recipient of the draft. */
struct dg_asked {
    struct dg_bytes organ, unit;
    enum dg_as as;
    enum dg_answered state;
    dg_ms late_ms;     /* LATE */
    size_t said_count; /* all of its comments, the newest first: it replaces the others */
    struct dg_said *said;
};

struct dg_comments {
    bool has_due;
    dg_ms due_ms;                                                  /* the end of the last day, in Vietnam */
    size_t asked_count, received_count, late_count, missing_count; /* received counts the late ones too */
    struct dg_asked *asked; /* in the order of the draft's recipients */
    bool collected;         /* every comment comes to this unit: the author's, or an addressee's */
};

/* Collects what this node holds. DG_ERR_NOT_ASKED when the report is no draft; DG_ERR_NO_MEMORY. */
enum dg_err dg_comments_of(struct dg_cli *cli, struct dg_view *view, const struct dg_held *held, dg_ms now,
                           struct dg_comments *ret) DG_MUST_CHECK;
/* True when every comment on that draft comes to the unit. */
bool dg_comments_collect(const struct dg_report *report, struct dg_bytes unit);
/* "waiting", "missing", "received", "late", "unknown". */
const char *dg_answered_name(enum dg_answered state);

#endif
