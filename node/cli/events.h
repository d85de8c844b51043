/* events.h - a report's trail as a list of events, each with what proves it.
 *
 * Order: the author's signature first; then by time, and within one leaf in the order of its lines.
 * Memory: everything lives in the view's transaction.
 */
#ifndef DG_NODE_CLI_EVENTS_H
#define DG_NODE_CLI_EVENTS_H

#include "node/cli/view.h"

enum dg_event_id {
#define X(id, name, en, vi) DG_TRAIL_##id,
#include "node/cli/events.def"
#undef X
    DG_TRAIL_EVENT_COUNT
};

/* How well an event is proven: not at all, or by a leaf that is in a log whose checkpoint is signed. */
enum dg_event_proof { DG_PROOF_NONE, DG_PROOF_RECEIPT };

struct dg_trail_event {
    enum dg_event_id id;
    struct dg_bytes unit;  /* where it happened */
    struct dg_bytes organ; /* whose, at that unit; empty: the node's */
    dg_ms time;
    bool has_log;
    struct dg_bytes origin;
    uint64_t index;
    enum dg_event_proof proof;
    enum dg_as as; /* delivered, unresolved */
    size_t rule_count;
    struct dg_bytes *rule;
    struct dg_bytes to; /* queued, forwarded: the neighbour */
    uint32_t state;     /* state */
    struct dg_id other; /* superseded: by which report; signed: which one it supersedes, if supersedes */
    bool supersedes;
    struct dg_bytes code; /* refused, and queued after a temporary refusal */
    bool further;         /* logged or received here: not the first for its rule and period */
    struct dg_id first;
    struct dg_bytes through;   /* waits: the via organ */
    struct dg_passage passage; /* passed: what it decided, and after how long */
    unsigned rank;             /* of the sort; then time, then sequence */
    size_t sequence;
};

struct dg_trail_events {
    size_t count, capacity;
    struct dg_trail_event *item;
};

/* Collects everything this node knows of a report. DG_ERR_NO_MEMORY, and the store's. */
enum dg_err dg_trail_events(struct dg_cli *cli, struct dg_view *view, const struct dg_held *held,
                            struct dg_trail_events *ret) DG_MUST_CHECK;
/* The same of a joint report that is not issued: its signatures, and who withdrew it. DG_ERR_NO_MEMORY. */
enum dg_err dg_joint_events(struct dg_cli *cli, struct dg_view *view, const struct dg_joint *joint,
                            struct dg_trail_events *ret) DG_MUST_CHECK;
/* How many leaves of this node's log its newest checkpoint covers. */
uint64_t dg_log_covered(struct dg_txn *txn);
/* Puts events in their order. */
void dg_trail_sort(struct dg_trail_events *events);
/* The event's name in --json, "none" or "receipt". */
const char *dg_trail_event_name(enum dg_event_id id);
/* The event's name for people, in the language of the call. A literal. */
const char *dg_trail_event_shown(const struct dg_cli *cli, enum dg_event_id id);
/* How the event is proven, as --json has it: "receipt" or "none". */
const char *dg_event_proof_name(enum dg_event_proof proof);

#endif
