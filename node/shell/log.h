/* log.h - the operator's log: one line on stderr for each fact, in the operator's language.
 *
 * A line is `donggui: WHERE: what (CODE)`; journald adds the time. A peer that sends rubbish must
 * not fill the disk with our complaints: beyond DG_LOG_LINES_PER_SECOND lines are counted, not written.
 * Threads: one log, one thread.
 */
#ifndef DG_NODE_SHELL_LOG_H
#define DG_NODE_SHELL_LOG_H

#include <stdint.h>

#include "common/fault.h"

enum { DG_LOG_LINES_PER_SECOND = 50 };

enum dg_log_level { DG_LOG_ERROR, DG_LOG_NOTICE, DG_LOG_DEBUG };

struct dg_log {
    enum dg_log_level level;
    const char *language; /* "vi" or "en" */
    int64_t second;       /* the current one, monotonic */
    unsigned lines, left_out;
};

/* "vi" when the first of LANGUAGE, LC_ALL, LC_MESSAGES and LANG that is set begins with it, else "en".
 * A bare machine has no Vietnamese locale to ask. */
const char *dg_language(void);

/* Starts at level notice, in the language of dg_language. */
void dg_log_init(struct dg_log *log);
/* Sets the level by the name the configuration has. */
void dg_log_set_level(struct dg_log *log, const char *name);
/* Writes a fault; a peer's mistake only from notice on. */
void dg_log_fault(struct dg_log *log, const char *where, const struct dg_fault *fault);
/* Writes a remark in the operator's language: vi and en say the same. */
void dg_log_note(struct dg_log *log, const char *where, const char *vi, const char *en);
/* Writes a line for whoever debugs; printf in English. */
void dg_log_debug(struct dg_log *log, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
