/* restored.h - a node that came back with less than it had: how it notices, and what it waits for.
 *
 * Such a node is RESTORED. It shows what it holds, and signs, logs and acknowledges nothing: a second
 * signature over a position of its log that it has signed before would make two logs of one. The row META
 * `restored` says so, and survives every start; PROTOCOL.md, *Restored*, says what ends it.
 */
#ifndef DG_NODE_CORE_RESTORED_H
#define DG_NODE_CORE_RESTORED_H

#include "common/fault.h"
#include "common/note.h"
#include "common/when.h"
#include "node/core/directory.h"
#include "node/core/identity.h"
#include "node/core/store.h"

/* How it was noticed. */
enum dg_restored_cause {
    DG_RESTORED_BACKUP = 1, /* donggui restore made it from a backup */
    DG_RESTORED_TIP,        /* the tip file knows a larger log, or another one */
    DG_RESTORED_NEIGHBOUR,  /* a neighbour does */
    DG_RESTORED_BOOT,       /* the parent has met a later start of it */
    DG_RESTORED_KEYS,       /* donggui restore made it from its keys alone */
};

enum { DG_RESTORED_NAMES_MAX = 4096 + 2 }; /* children, the parent, the tip */

/* The name under which the tip file answers; no unit's slug. */
#define DG_RESTORED_TIP_NAME "tip/file"

struct dg_restored {
    enum dg_restored_cause cause;
    dg_ms since;
    uint64_t from_size; /* leaves in the log when it was noticed */
    bool other_log;     /* somebody holds a checkpoint of this log that is not one of its roots */
    /* The largest checkpoint of this log that anybody has shown; size 0: none. */
    uint64_t known_size;
    struct dg_hash known_root;
    struct dg_bytes known_by;
    bool replaying; /* the log is complete: what its leaves are about comes back */
    /* Who has answered, whom an officer has decided not to wait for, and who has given back all it had. */
    size_t answered_count, without_count, replayed_count;
    struct dg_bytes *answered, *without, *replayed;
};

/* Reads the row; what ret holds lives in txn's arena. False when the node is not RESTORED. */
bool dg_restored_get(struct dg_txn *txn, struct dg_restored *ret);
/* True when it is, without reading the row. */
bool dg_is_restored(struct dg_txn *txn);
/* Marks the node in txn, once: a later cause changes nothing. Errors stay in txn. */
void dg_restored_mark(struct dg_txn *txn, enum dg_restored_cause cause, dg_ms now);
/* Whom the node still waits for: the tip file, its parent and its children, but for those that have answered
 * and those that are not waited for. In arena; returns their count, 0 also when memory is spent. */
size_t dg_restored_waits(struct dg_arena *arena, const struct dg_restored *restored,
                         const struct dg_identity *identity, const struct dg_directory *directory,
                         struct dg_bytes **ret);
/* The text of the tip file for what is committed now; empty before the first checkpoint, and while the node
 * is RESTORED. Lives as long as txn. */
struct dg_bytes dg_tip_text(struct dg_txn *txn);

#endif
