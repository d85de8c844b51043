/* process.h - what the daemon asks of the operating system for itself: signals, limits, little memory.
 *
 * Threads: both are called before any other thread is started, so that all inherit the signal mask.
 */
#ifndef DG_NODE_SHELL_PROCESS_H
#define DG_NODE_SHELL_PROCESS_H

#include <stdbool.h>

#include "common/fault.h"

/* No core dumps, no ptrace by others, no file that others may read, standard descriptors that are
 * open, as many descriptors as we may have, and a heap that gives memory back. */
void dg_process_prepare(void);
/* Blocks SIGTERM, SIGINT and SIGHUP, ignores SIGPIPE, and makes a descriptor that becomes readable when
 * one of the three has come. DG_ERR_SYSTEM. */
enum dg_err dg_signals_open(int *ret_fd, struct dg_fault *fault) DG_MUST_CHECK;

struct dg_signals {
    bool stop, reread;
};
/* What has come since the last call; never waits. */
struct dg_signals dg_signals_read(int fd);
/* Gives memory that is not needed any more back to the system. */
void dg_process_trim(void);

#endif
