/* links.h - the lines to the neighbours: what the daemon says of them, and what waits for each. */
#ifndef DG_NODE_CLI_LINKS_H
#define DG_NODE_CLI_LINKS_H

#include "node/cli/view.h"
#include "proto/ctl.h"

struct dg_link_line {
    struct dg_bytes unit;
    bool up; /* toward the parent */
    bool connected;
    uint64_t queued; /* rows of its outbox */
    dg_ms oldest_ms; /* the longest waiting; 0: nothing waits */
};

struct dg_link_lines {
    size_t count;
    struct dg_link_line *item;
};

/* Joins the daemon's reply (NULL when it did not answer) with the store's queues. In cli->arena. */
enum dg_err dg_link_lines(struct dg_cli *cli, struct dg_view *view, const struct dg_ctl_reply *reply,
                          struct dg_link_lines *ret) DG_MUST_CHECK;
/* The line to that unit, NULL when there is none. */
const struct dg_link_line *dg_link_line(const struct dg_link_lines *lines, struct dg_bytes unit);

#endif
