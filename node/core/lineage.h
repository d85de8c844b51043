/* lineage.h - what a report was made of: its sources, theirs, down to the originals.
 *
 * What became of a source since is known from its own states where it is held, and from those of the report
 * that was made of it (state 20) where it was fetched or never came.
 *
 * Pure reading. Memory: everything handed out lives in txn's arena.
 */
#ifndef DG_NODE_CORE_LINEAGE_H
#define DG_NODE_CORE_LINEAGE_H

#include "node/core/duty.h"
#include "node/core/query.h"
#include "proto/change.h"

enum dg_lineage_state {
    DG_LINEAGE_HELD = 1, /* delivered here, or made here */
    DG_LINEAGE_FETCHED,  /* asked for below, and here now */
    DG_LINEAGE_WANTED,   /* asked for below, not here yet */
    DG_LINEAGE_UNKNOWN,  /* never here, and nobody has asked for it */
    DG_LINEAGE_REFUSED,  /* asked for below: it cannot be had */
    DG_LINEAGE_REJECTED, /* it came here and was rejected or quarantined */
    DG_LINEAGE_ALTERED,  /* what came for it is not what was named, or not what its author signed */
};

struct dg_lineage {
    uint32_t depth; /* 0: the report that was asked about */
    struct dg_id id;
    enum dg_lineage_state state;
    struct dg_bytes code;           /* refused, rejected, altered: why */
    const struct dg_report *report; /* held, fetched; else NULL, and so the next */
    const struct dg_envelope *envelope;
    struct dg_bytes holder; /* fetched: the origin of the log that proves it */
    dg_ms arrived_ms;       /* held: at this node; fetched: at the unit whose log proves it */
    bool seen;              /* it stands further up as well, with its sources */
    bool is_superseded;
    struct dg_id superseded_by; /* the newest report known here that corrects it */
    bool asked_back;            /* by its author */
    bool sources_changed;       /* what it was made of was asked back, superseded or changed since */
    size_t change_count;        /* held: what its author's unit says of its sources (state 20) */
    struct dg_change *change;
};

/* Calls each for the report and all its sources, a report before its sources, in the order it names them,
 * until it returns false. DG_ERR_NOT_FOUND when the report is not here, DG_ERR_TOO_LARGE beyond
 * DG_LINEAGE_MAX of them, DG_ERR_NO_MEMORY, DG_ERR_STORE_CORRUPT. */
enum dg_err dg_lineage_each(struct dg_txn *txn, const struct dg_id *id,
                            bool (*each)(void *ctx, const struct dg_lineage *found), void *ctx) DG_MUST_CHECK;

/* By how many days a report was late: by this node's own log where it watches the duty, for a fetched one by
 * the leaf of the unit that is owed it. 0 when it was in time, when no calendar that is known here dates it,
 * or when this node cannot tell. */
uint32_t dg_lineage_days_late(struct dg_txn *txn, const struct dg_directory *directory,
                              const struct dg_dir_unit *self, const struct dg_held_calendar calendar[],
                              size_t calendar_count, const struct dg_lineage *found, struct dg_day today);

#endif
