/* tip.h - the tip file: the newest checkpoint of this node's log, kept apart from its store.
 *
 * Whoever puts an old copy of the store back, or of the whole directory, does not put this file back with it;
 * at the next start the node sees that its log was longer, before it signs anything. It holds the signed note
 * and nothing else. It follows the commits, at most a second behind: a file that is older than the store is
 * ordinary, one that is newer never is.
 */
#ifndef DG_NODE_SHELL_TIP_H
#define DG_NODE_SHELL_TIP_H

#include "common/fault.h"
#include "node/core/store.h"
#include "node/shell/log.h"
#include "node/store/store_files.h"

struct dg_tip {
    const char *path; /* borrowed */
    uint64_t size;    /* of the log in the file; 0: not known */
    int64_t next_at;  /* by the monotonic clock: not written again before that */
    bool failed;      /* the last attempt did; the operator was told */
};

/* Where the file of a node is: what its configuration says, else DIR.tip beside the directory. */
enum dg_err dg_tip_path(const char *dir, const char *configured, char ret[static DG_STORE_PATH_MAX],
                        struct dg_fault *fault) DG_MUST_CHECK;
/* Reads it; a missing or overlong file reads as "". DG_ERR_SYSTEM and the like when it cannot be read: that
 * must not pass for a node that never had one. */
enum dg_err dg_tip_read(const char *path, char ret[static DG_CHECKPOINT_MAX + 1],
                        struct dg_fault *fault) DG_MUST_CHECK;
/* Starts following; path is borrowed. */
void dg_tip_init(struct dg_tip *tip, const char *path);
/* Writes the file if the log has grown and the last writing is a second ago. A failure is told in the log,
 * once, and stops nothing. */
void dg_tip_follow(struct dg_tip *tip, struct dg_store *store, struct dg_log *log, int64_t now);
/* The same at once: the node is about to stop. */
void dg_tip_write_now(struct dg_tip *tip, struct dg_store *store, struct dg_log *log);

#endif
