/* node.h - the node as a value: something happened, here is the time, what must be said?
 *
 * A batch of events is one turn of the loop (node/shell/turn.h), in production and in the simulator:
 *
 *   dg_node_claims   which signatures does this message rest on? (read transaction; workers verify)
 *   dg_node_step     judge one event, write, and leave in `out` what must be said
 *   dg_node_seal     sign one checkpoint for everything the batch logged, in the same transaction
 *   commit           durable; makes the struct dg_committed without which nothing can be said
 *   dg_node_speak    say it, and send what waits in the outboxes
 *
 * The core opens nothing, reads no clock, keeps no globals and makes no randomness of its own. All
 * state that matters is in the store; struct dg_node holds what may be forgotten at any time: the
 * links, what is in flight on them, and a reading of the directory.
 *
 * Memory:  node owns its arenas. Events and claims borrow the caller's arena for the turn.
 * Threads: one node, one thread.
 * Errors:  a step answers its peer by itself; what it returns is only the transaction's sticky error.
 */
#ifndef DG_NODE_CORE_NODE_H
#define DG_NODE_CORE_NODE_H

#include "common/bytes.h"
#include "common/crypto.h"
#include "common/fault.h"
#include "common/note.h"
#include "common/when.h"
#include "node/core/directory.h"
#include "node/core/files.h"
#include "node/core/store.h"
#include "proto/ctl.h"
#include "proto/frame.h"

struct dg_node;
struct dg_carried; /* proto/carried.h */

/* What the node is given from outside, for its life. */
struct dg_node_env {
    const struct dg_signer *signer; /* borrowed */
    void (*random)(void *ctx, void *ret, size_t size);
    void *random_ctx;
    struct dg_curve_key (*curve_of)(const struct dg_seed *seed); /* public half of a CURVE secret */
    const char *tip; /* text of the tip file as it was found; NULL: none. Borrowed until the node is open */
    dg_ms now;       /* when it is opened */
    const char *endpoint; /* where children call now; NULL: as certified. Borrowed */
    dg_ms unread_ms; /* a flash report that nobody marks for so long is told; 0: DG_UNREAD_MS */
    const struct dg_sealer *sealer; /* NULL: nothing is carried by hand. Borrowed */
    const struct dg_guard *guard; /* watches over what strangers send; may be NULL. Borrowed */
    struct dg_files *files; /* of attachments, borrowed; NULL: this node takes none */
    /* The most that attachments may take on the disk: all, and those that come from one neighbour. 0: no
     * limit. */
    uint64_t attachments_max, attachments_from_max;
};

/* Opens the node that lives in store: reads its identity, counts the boot up (one commit).
 * DG_ERR_BAD_NODE when the store has no identity. */
enum dg_err dg_node_open(struct dg_store *store, const struct dg_node_env *env, struct dg_node **ret,
                         struct dg_fault *fault) DG_MUST_CHECK;
/* Frees the node but not its store, which stays open; NULL is fine. */
void dg_node_close(struct dg_node *node);
/* Forgets all that is not in the store: after a failed commit the links begin anew. */
void dg_node_forget(struct dg_node *node);

/* Where a message came from or goes to: 0 is the parent (as DG_CONN_UP of net.h). */
enum { DG_NODE_UP = 0, DG_NODE_BULK = 1 /* the second line to the parent, for attachments */ };
/* The connection that is none: what came in a bundle. Nothing is ever sent there. */
#define DG_NODE_CARRIED UINT64_MAX

enum dg_event_kind {
    DG_EVENT_MESSAGE, /* a frame from a connection */
    DG_EVENT_GONE,    /* a connection is no more */
    DG_EVENT_TICK,    /* time has passed; at least once a second */
    DG_EVENT_CTL,     /* a request on the control socket */
};

struct dg_event {
    enum dg_event_kind kind;
    uint64_t conn;           /* MESSAGE, GONE */
    struct dg_curve_key key; /* MESSAGE: who the transport says it is */
    struct dg_bytes bytes;   /* MESSAGE, CTL: as received */
    uint64_t client;         /* CTL */
    bool disk_low;           /* TICK: there is too little room for new reports, until the next tick */
    /* Filled in by dg_node_claims. */
    enum dg_err err; /* of decoding */
    struct dg_frame *frame;
    struct dg_ctl_request *request;
    struct dg_carried *carried; /* a file of a bundle that the request hands in; its frame is in frame */
    size_t first_claim, claim_count;
};

/* A signature somebody must check before the step. ok is the verdict. */
struct dg_claim {
    const char *context;
    struct dg_key key;
    struct dg_bytes message; /* borrowed from the event or the arena */
    struct dg_sig sig;
    bool ok;
};

struct dg_claims {
    struct dg_arena *arena;
    size_t count, capacity;
    struct dg_claim *item;
};

/* Decodes the event and appends the claims it rests on. Never fails: a message that cannot be decoded
 * carries its error to the step. */
void dg_node_claims(struct dg_node *node, struct dg_txn *txn, struct dg_event *event,
                    struct dg_claims *claims);

/* Puts the pieces of attachments that came with the events into their files, durably, and reads on in one
 * that is being checked. To be called after dg_node_claims for all of them, in the same transaction, before
 * the first step. DG_OK, or an error of the disk that ends the process. */
enum dg_err dg_node_prepare(struct dg_node *node, struct dg_txn *txn, struct dg_event events[], size_t count,
                            struct dg_arena *arena) DG_MUST_CHECK;

struct dg_out; /* what steps want said; opaque until committed */
/* Makes an empty out, the caller's to free. NULL when memory is spent. */
struct dg_out *dg_out_new(void);
/* Frees it with whatever was not said; NULL is fine. */
void dg_out_free(struct dg_out *out);
/* Forgets what was not said, as after an aborted batch; keeps memory for reuse. */
void dg_out_reset(struct dg_out *out);

/* Judges one event by its checked claims, writes through txn and leaves in out what must be said. Returns
 * txn's sticky error, no other. */
enum dg_err dg_node_step(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                         const struct dg_claims *claims, dg_ms now, struct dg_out *out) DG_MUST_CHECK;
/* Signs the checkpoint of the log if it grew in this transaction. */
enum dg_err dg_node_seal(struct dg_node *node, struct dg_txn *txn, dg_ms now) DG_MUST_CHECK;

enum dg_said { DG_SAID, DG_SAID_FULL, DG_SAID_GONE };

/* How the node says things; every function may be called only from dg_node_speak. */
struct dg_voice {
    void *ctx;
    enum dg_said (*send)(void *ctx, uint64_t conn, struct dg_bytes frame);
    void (*reply)(void *ctx, uint64_t client, struct dg_bytes reply);
    void (*fact)(void *ctx, const struct dg_fault *fault, const char *about); /* for the operator's log */
    void (*uplink_reset)(void *ctx);
    /* Opens or closes the bulk line to the parent; opening an open one makes it anew. */
    void (*bulk_line)(void *ctx, bool open);
};

/* Says what out holds and sends from the outboxes what the links can take. txn is a read transaction
 * begun after the commit, or NULL when none could be had: then what needs a proof is left unsaid, since peers
 * ask again, but people at the control socket do not. committed proves that commit. */
void dg_node_speak(struct dg_node *node, struct dg_txn *txn, dg_ms now, struct dg_out *out,
                   const struct dg_committed *committed, const struct dg_voice *voice);
/* Tells the sender of a message whose turn has failed, for a reason that passes, to come again later: the only
 * thing that is said without a commit, since it promises nothing. arena is scratch. */
void dg_node_excuse(const struct dg_event *event, struct dg_arena *arena, const struct dg_voice *voice);
/* Milliseconds until something is due (retry, ping), at most 1000. */
long dg_node_due_in_ms(const struct dg_node *node, dg_ms now);

/* The transport keys that may connect now: children and open invitations. Borrowed until the next
 * step. ret_version changes whenever the set may have changed. */
size_t dg_node_allowed(struct dg_node *node, struct dg_txn *txn, const struct dg_curve_key **ret,
                       uint64_t *ret_version);
/* The version that dg_node_allowed would return, without making the set. */
uint64_t dg_node_allowed_version(const struct dg_node *node);

#endif
