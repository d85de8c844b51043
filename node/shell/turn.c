/* turn.c - commit, then speak. */
#include "node/shell/turn.h"

#include <string.h>

#include "node/core/mutant.h"

enum dg_err dg_turn_init(struct dg_turn *turn, struct dg_store *store, struct dg_node *node,
                         const struct dg_voice *voice,
                         void (*judge)(void *ctx, struct dg_claim claims[], size_t count), void *judge_ctx)
{
    *turn = (struct dg_turn){
        .store = store, .node = node, .voice = voice, .judge = judge, .judge_ctx = judge_ctx};
    dg_arena_init(&turn->arena, 0);
    turn->out = dg_out_new();
    return turn->out != NULL ? DG_OK : DG_ERR_NO_MEMORY;
}

void dg_turn_done(struct dg_turn *turn)
{
    dg_out_free(turn->out);
    turn->out = NULL;
    dg_arena_done(&turn->arena);
}

static bool crashed(struct dg_turn *turn, const char *where)
{
    return turn->crash != NULL && turn->crash(turn->crash_ctx, where);
}

static enum dg_err gather_claims(struct dg_turn *turn, struct dg_event events[], size_t count,
                                 struct dg_claims *claims)
{
    struct dg_txn *txn;
    enum dg_err err = dg_begin_read(turn->store, &txn);
    if (err != DG_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        dg_node_claims(turn->node, txn, &events[i], claims);
    err = dg_node_prepare(turn->node, txn, events, count, &turn->arena);
    if (err == DG_OK)
        err = txn->err;
    dg_abort(turn->store, txn);
    if (err == DG_OK && claims->count > 0)
        turn->judge(turn->judge_ctx, claims->item, claims->count);
    return err;
}

static enum dg_err write_batch(struct dg_turn *turn, const struct dg_event events[], size_t count,
                               const struct dg_claims *claims, dg_ms now, struct dg_committed *ret)
{
    struct dg_txn *txn;
    enum dg_err err = dg_begin_write(turn->store, &txn);
    if (err != DG_OK)
        return err;
    for (size_t i = 0; i < count && err == DG_OK; i++)
        err = dg_node_step(turn->node, txn, &events[i], claims, now, turn->out);
    if (err == DG_OK)
        err = dg_node_seal(turn->node, txn, now);
    if (DG_MUTANT("ack-early"))
        dg_node_speak(turn->node, txn, now, turn->out, &(struct dg_committed){1, turn->store}, turn->voice);
    if (crashed(turn, "before commit")) {
        dg_abort(turn->store, txn);
        return DG_ERR_CANCELLED;
    }
    if (err != DG_OK) {
        dg_abort(turn->store, txn);
        return err;
    }
    return dg_commit(turn->store, txn, ret);
}

/* Nothing of the batch happened. Control clients are told, and neighbours too where it may go better later; the
 * others will send again. */
static void batch_failed(struct dg_turn *turn, const struct dg_event events[], size_t count, enum dg_err err)
{
    dg_out_reset(turn->out);
    if (!DG_MUTANT("no-forget"))
        dg_node_forget(turn->node);
    struct dg_ctl_reply reply = {.has_id = false};
    (void)dg_fault(&reply.fault, err);
    struct dg_buf buf;
    dg_buf_init(&buf, 4096);
    if (dg_ctl_reply_encode(&reply, &buf) == DG_OK && buf.err == DG_OK)
        for (size_t i = 0; i < count; i++)
            if (events[i].kind == DG_EVENT_CTL)
                turn->voice->reply(turn->voice->ctx, events[i].client, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    for (size_t i = 0; i < count && dg_err_group(err) == DG_GROUP_TEMPORARY; i++)
        dg_node_excuse(&events[i], &turn->arena, turn->voice);
}

static enum dg_err speak(struct dg_turn *turn, dg_ms now, const struct dg_committed *committed)
{
    struct dg_txn *txn = NULL;
    enum dg_err err = dg_begin_read(turn->store, &txn);
    dg_node_speak(turn->node, err == DG_OK ? txn : NULL, now, turn->out, committed, turn->voice);
    if (err != DG_OK)
        return err;
    err = txn->err;
    dg_abort(turn->store, txn);
    return err;
}

/* What one event may cause and the others need not suffer: anything but a store that is full or sick. */
static bool is_one_events_fault(enum dg_err err)
{
    return err != DG_ERR_STORE_FULL && err != DG_ERR_CANCELLED &&
           (dg_err_group(err) == DG_GROUP_PEER || dg_err_group(err) == DG_GROUP_TEMPORARY);
}

/* Runs the batch again, one event at a time, so that only the one at fault fails. */
static enum dg_err run_singly(struct dg_turn *turn, struct dg_event events[], size_t count, dg_ms now)
{
    enum dg_err err = DG_OK;
    for (size_t i = 0; i < count; i++) {
        err = dg_turn_run(turn, &events[i], 1, now);
        if (err != DG_OK && !is_one_events_fault(err))
            break;
        err = DG_OK;
    }
    return err;
}

enum dg_err dg_turn_run(struct dg_turn *turn, struct dg_event events[], size_t count, dg_ms now)
{
    struct dg_committed committed;
    dg_arena_reset(&turn->arena);
    struct dg_claims claims = {.arena = &turn->arena};
    enum dg_err err = gather_claims(turn, events, count, &claims);
    if (err == DG_OK)
        err = write_batch(turn, events, count, &claims, now, &committed);
    if (err == DG_ERR_CANCELLED)
        return err;
    if (err != DG_OK && count > 1 && is_one_events_fault(err)) {
        dg_out_reset(turn->out);
        dg_node_forget(turn->node);
        return run_singly(turn, events, count, now);
    }
    if (err != DG_OK && DG_MUTANT("speak-anyway"))
        dg_node_speak(turn->node, NULL, now, turn->out, &(struct dg_committed){1, turn->store}, turn->voice);
    if (err != DG_OK) {
        batch_failed(turn, events, count, err);
        return err;
    }
    if (crashed(turn, "after commit"))
        return DG_ERR_CANCELLED;
    return speak(turn, now, &committed);
}
