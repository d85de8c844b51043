/* turn.h - one turn of the loop: a batch of events becomes one transaction, then is answered.
 *
 * The daemon and the simulator run this very code with their own tables of functions:
 * read transaction → claims → verdicts → write transaction → steps → checkpoint → commit → speak.
 * If the commit fails nothing is said: on DG_ERR_STORE_FULL control clients are told so and the links
 * begin anew; on a store error the caller must stop.
 */
#ifndef DG_NODE_SHELL_TURN_H
#define DG_NODE_SHELL_TURN_H

#include "node/core/node.h"

struct dg_turn {
    struct dg_store *store;
    struct dg_node *node;
    struct dg_out *out;
    struct dg_arena arena;        /* decoded events and claims of one turn */
    const struct dg_voice *voice; /* borrowed */
    /* Checks the claims' signatures and sets ok; may use other threads, returns when all are judged. */
    void (*judge)(void *ctx, struct dg_claim claims[], size_t count);
    void *judge_ctx;
    /* The simulator's crash points; NULL in the daemon. Returning true means: the process died here. */
    bool (*crash)(void *ctx, const char *where);
    void *crash_ctx;
};

/* Prepares a turn, which borrows all it is given until dg_turn_done. DG_ERR_NO_MEMORY. */
enum dg_err dg_turn_init(struct dg_turn *turn, struct dg_store *store, struct dg_node *node,
                         const struct dg_voice *voice,
                         void (*judge)(void *ctx, struct dg_claim claims[], size_t count),
                         void *judge_ctx) DG_MUST_CHECK;
/* Frees what the turn made for itself; store and node stay the caller's. */
void dg_turn_done(struct dg_turn *turn);
/* Runs one batch. DG_OK, DG_ERR_STORE_FULL (go on), DG_ERR_CANCELLED (a crash was injected), anything
 * of group STORE (stop). */
enum dg_err dg_turn_run(struct dg_turn *turn, struct dg_event events[], size_t count,
                        dg_ms now) DG_MUST_CHECK;

#endif
