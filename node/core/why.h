/* why.h - where a report is and what it waits for: a pure reading of the store, and of what the running node
 * says is on its way.
 *
 * Memory: what is handed out lives as long as the transaction.
 * Limits: DG_WHY_MAX things that one report waits for; more are counted and not told.
 */
#ifndef DG_NODE_CORE_WHY_H
#define DG_NODE_CORE_WHY_H

#include "node/core/identity.h"
#include "node/core/query.h"
#include "proto/ctl.h"

/* What a report may wait for: X(id, name for machines). node/cli/verb_why.c says it in words. */
#define DG_WHY_CAUSES(X)                                                                                     \
    X(SIGNATURE, "signature")         /* a joint draft: this organ has not signed */                         \
    X(HELD, "held")                   /* an officer of this node holds it */                                 \
    X(REFUSED, "refused")             /* the neighbour, or a unit beyond it, refused it for good */          \
    X(NODE_STOPPED, "node-stopped")   /* this node does not run */                                           \
    X(LINE_DOWN, "line-down")         /* the neighbour does not answer */                                    \
    X(LINE_REFUSED, "line-refused")   /* the neighbour does not let this node in */                          \
    X(RECEIVER_FULL, "receiver-full") /* the neighbour has no room for it now */                             \
    X(CERTIFICATE, "certificate")     /* the neighbour lacks a certificate or regime that it rests on */     \
    X(LATER, "later")                 /* the neighbour could not take it at the moment */                    \
    X(ON_THE_WAY, "on-the-way")       /* sent; the receipt has not come */                                   \
    X(TURN, "turn")                   /* others go before it */                                              \
    X(BEYOND, "beyond")               /* a unit further on has it; the last receipt has not come back */     \
    X(VIA, "via")                     /* a via organ has not passed it on */

enum dg_why_cause {
#define X(id, name) DG_WHY_##id,
    DG_WHY_CAUSES(X)
#undef X
        DG_WHY_CAUSE_COUNT
};

/* How it stands with the journey of a report. */
enum dg_why_state {
    DG_WHY_WAITS,     /* for what is listed */
    DG_WHY_DONE,      /* everybody who must get it, as far as this node hears of it, has it */
    DG_WHY_STOPPED,   /* refused or returned: it goes no further by itself */
    DG_WHY_WITHDRAWN, /* a joint draft that was taken back */
};

struct dg_why_wait {
    enum dg_why_cause cause;
    struct dg_bytes at;     /* the unit where it is */
    struct dg_bytes toward; /* the unit it waits for; signature, via: the organ, organ@unit */
    dg_ms since_ms;         /* by the clock of the unit where it is */
    struct dg_bytes code;   /* what was answered, or why there is no line; empty: nothing */
    bool record;            /* not the report waits here, but what was said about it */
    uint64_t ahead;         /* turn: so many rows go before it */
    uint32_t tries;         /* sent, or called, so often; 0: not yet, or not known */
    dg_ms next_ms;          /* 0: not known */
};

enum { DG_WHY_MAX = 64 };

struct dg_why {
    struct dg_id id;
    enum dg_why_state state;
    bool issued;                     /* false: a joint draft */
    struct dg_held held;             /* issued */
    struct dg_bytes code, code_unit; /* stopped: why, and who said so; code empty: a via organ returned it */
    size_t count, more;
    struct dg_why_wait wait[DG_WHY_MAX];
};

/* What only the running node knows. */
struct dg_why_live {
    bool running;
    const struct dg_ctl_reply *reply; /* to DG_CTL_WHY; not looked at when it does not run */
};

/* Tells what one outbox row waits for. */
void dg_why_row(struct dg_txn *txn, const struct dg_identity *identity, const struct dg_queued *queued,
                const struct dg_why_live *live, struct dg_why_wait *ret);
/* Looks at a report, or a joint draft, of that id. DG_ERR_NOT_FOUND, and the store's. */
enum dg_err dg_why(struct dg_txn *txn, const struct dg_directory *dir, const struct dg_identity *identity,
                   const struct dg_id *id, const struct dg_why_live *live, struct dg_why *ret) DG_MUST_CHECK;
/* The cause's name for machines. A literal. */
const char *dg_why_name(enum dg_why_cause cause);

#endif
