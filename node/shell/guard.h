/* guard.h - a page of DIR that outlives the process and says what it was handling when it ended.
 *
 * A message that ends the process comes again after the start, and would end it again, for ever. So the page
 * names what is being handled. Who finds a name there at a start counts it; what has two is not let in any
 * more, and the core puts it into quarantine unread. What was handled to its end is forgotten.
 *
 * The page is mapped and never synced: it needs to outlive the process, not the machine. A kill or a loss of
 * power while something harmless was handled counts too, but must hit the same thing twice in a row.
 *
 * Memory:  owns the mapping. Threads: one.
 * Limits:  GUARD_SUSPECTS names; the oldest with one count gives way.
 */
#ifndef DG_NODE_SHELL_GUARD_H
#define DG_NODE_SHELL_GUARD_H

#include "common/fault.h"
#include "proto/frame.h"

struct dg_guard_file;

/* Opens DIR/guard, counts what the process before was handling, and begins. A file that is no guard, or
 * another program's, is begun anew: what ended that one may be fine here. DG_ERR_SYSTEM, DG_ERR_NO_MEMORY. */
enum dg_err dg_guard_open(const char *dir, struct dg_guard_file **ret, struct dg_fault *fault) DG_MUST_CHECK;
/* A clean end; NULL is fine. */
void dg_guard_close(struct dg_guard_file *file);
/* What dg_node_open takes. Lives as long as file. */
const struct dg_guard *dg_guard_of(const struct dg_guard_file *file);

#endif
