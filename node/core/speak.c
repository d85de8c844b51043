/* speak.c - what steps want said, kept until the commit and said after it.
 *
 * struct dg_out is opaque everywhere else, and the only function that reads it asks for the proof of a
 * commit. Receipts are made here, not in the step: their proof rests on the checkpoint that the commit
 * made durable.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/core/mirror.h"
#include "node/core/node_impl.h"
#include "node/core/restored.h"

enum out_kind { OUT_FRAME, OUT_RECEIPT, OUT_ACK, OUT_ANSWER, OUT_REPLY, OUT_FACT, OUT_UPLINK_RESET };

struct out_item {
    struct out_item *next;
    enum out_kind kind;
    bool said;
    uint64_t to; /* connection or control client */
    uint64_t tag, index;
    struct dg_id id;
    uint32_t retry_after_ms;
    struct dg_bytes bytes; /* an encoded frame or reply; a fact's about */
    struct dg_fault *fault;
};

struct dg_out {
    struct dg_arena arena;
    struct out_item *first, **last;
};

struct dg_out *dg_out_new(void)
{
    struct dg_out *out = calloc(1, sizeof *out);
    if (out == NULL)
        return NULL;
    dg_arena_init(&out->arena, 0);
    out->last = &out->first;
    return out;
}

void dg_out_reset(struct dg_out *out)
{
    dg_arena_reset(&out->arena);
    out->first = NULL;
    out->last = &out->first;
}

void dg_out_free(struct dg_out *out)
{
    if (out == NULL)
        return;
    dg_arena_done(&out->arena);
    free(out);
}

/* ---- what a step may want ------------------------------------------------------------------------ */

/* Memory that runs out here costs an answer, which the peer will ask for again. */
static struct out_item *out_add(struct dg_out *out, enum out_kind kind, uint64_t to)
{
    static _Thread_local struct out_item spare;
    struct out_item *item = dg_arena_alloc(&out->arena, sizeof *item);
    if (item == NULL)
        return &spare;
    item->kind = kind;
    item->to = to;
    *out->last = item;
    out->last = &item->next;
    return item;
}

bool dg_out_frame(struct dg_out *out, uint64_t conn, const struct dg_frame *frame)
{
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    bool fits = dg_frame_encode(frame, &buf) == DG_OK && buf.err == DG_OK;
    if (fits)
        out_add(out, OUT_FRAME, conn)->bytes = dg_arena_copy(&out->arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return fits;
}

void dg_out_receipt(struct dg_out *out, uint64_t conn, uint64_t tag, const struct dg_id *id, uint64_t index)
{
    struct out_item *item = out_add(out, OUT_RECEIPT, conn);
    item->tag = tag;
    item->id = *id;
    item->index = index;
}

void dg_out_ack(struct dg_out *out, uint64_t conn, uint64_t tag)
{
    if (DG_MUTANT("ack-next") && tag != 0)
        tag += 4; /* the next number of that lane */
    if (tag != 0)
        out_add(out, OUT_ACK, conn)->tag = tag;
}

static struct dg_fault *keep_fault(struct dg_out *out, const struct dg_fault *fault)
{
    struct dg_fault *kept = dg_arena_alloc(&out->arena, sizeof *kept);
    if (kept != NULL)
        *kept = *fault;
    return kept;
}

void dg_out_answer(struct dg_out *out, uint64_t conn, uint64_t tag, const struct dg_fault *fault,
                   uint32_t retry_after_ms)
{
    struct dg_fault *kept = keep_fault(out, fault);
    if (kept == NULL || tag == 0)
        return;
    struct out_item *item = out_add(out, OUT_ANSWER, conn);
    item->tag = tag;
    item->fault = kept;
    item->retry_after_ms = retry_after_ms;
}

void dg_out_reply(struct dg_out *out, uint64_t client, const struct dg_ctl_reply *reply)
{
    struct dg_buf buf;
    dg_buf_init(&buf, DG_CTL_MSG_MAX);
    if (dg_ctl_reply_encode(reply, &buf) == DG_OK && buf.err == DG_OK)
        out_add(out, OUT_REPLY, client)->bytes = dg_arena_copy(&out->arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
}

void dg_out_fact(struct dg_out *out, const struct dg_fault *fault, const char *about)
{
    struct dg_fault *kept = keep_fault(out, fault);
    if (kept == NULL)
        return;
    struct out_item *item = out_add(out, OUT_FACT, 0);
    item->fault = kept;
    item->bytes = dg_arena_copy(&out->arena, dg_bytes_of(about));
}

void dg_out_uplink_reset(struct dg_out *out)
{
    (void)out_add(out, OUT_UPLINK_RESET, DG_NODE_UP);
}

bool dg_out_take(struct dg_out *out, uint64_t conn, struct dg_taken *ret)
{
    for (struct out_item *item = out->first; item != NULL; item = item->next) {
        bool ours = item->kind == OUT_RECEIPT || item->kind == OUT_ACK || item->kind == OUT_ANSWER;
        if (item->said || item->to != conn || !ours)
            continue;
        item->said = true;
        *ret = (struct dg_taken){.kind = item->kind == OUT_RECEIPT ? DG_TAKEN_RECEIPT
                                         : item->kind == OUT_ACK   ? DG_TAKEN_ACK
                                                                   : DG_TAKEN_ANSWER,
                                 .tag = item->tag,
                                 .id = item->id,
                                 .index = item->index,
                                 .fault = item->fault};
        return true;
    }
    return false;
}

/* ---- saying it ----------------------------------------------------------------------------------- */

/* Everything small for one connection goes into as few frames as it takes. */
enum { GATHER_MAX = 256, GATHER_BYTES_MAX = 512 * 1024 };

struct gather {
    const struct dg_voice *voice;
    struct dg_log_view log;
    struct dg_prover prover;
    struct dg_frame frame;
    struct dg_credit credit;
    size_t bytes; /* a generous estimate of the encoded size */
    struct dg_record record[GATHER_MAX];
    struct dg_answer answer[GATHER_MAX];
    uint64_t acked[GATHER_MAX];
};

static void gather_reset(struct gather *g)
{
    g->frame =
        (struct dg_frame){.record = g->record, .answer = g->answer, .acked = g->acked, .credit = &g->credit};
    g->bytes = 0;
    if (g->log.checkpoint.size > 0) {
        g->frame.checkpoint = &g->log.checkpoint;
        g->frame.checkpoint_count = 1;
    }
}

static bool gather_full(const struct gather *g)
{
    return g->bytes > GATHER_BYTES_MAX || g->frame.record_count == GATHER_MAX ||
           g->frame.answer_count == GATHER_MAX || g->frame.acked_count == GATHER_MAX;
}

/* Lost answers are asked for again, so a full or broken line needs no memory here. */
static void gather_send(struct gather *g, uint64_t conn)
{
    if (g->frame.record_count + g->frame.answer_count + g->frame.acked_count == 0)
        return;
    if (g->frame.record_count == 0)
        g->frame.checkpoint_count = 0;
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    if (dg_frame_encode(&g->frame, &buf) == DG_OK && buf.err == DG_OK)
        (void)g->voice->send(g->voice->ctx, conn, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    gather_reset(g);
}

static void gather_receipt(struct gather *g, const struct out_item *item)
{
    struct dg_ledger_proof proof;
    if (!dg_prover_prove(&g->prover, item->index, &proof))
        return;
    g->bytes += proof.leaf.size + proof.proof.count * sizeof proof.proof.hash[0] + 256;
    g->record[g->frame.record_count++] = (struct dg_record){
        .kind = DG_RECORD_RECEIPT,
        .leaf = proof.leaf,
        .index = item->index,
        .proof = proof.proof,
        .has_checkpoint = true,
        .checkpoint = 0,
        .has_report = true,
        .report = item->id,
    };
}

static void gather_answer(struct gather *g, const struct out_item *item)
{
    g->answer[g->frame.answer_count++] = (struct dg_answer){
        .tag = item->tag,
        .code = dg_bytes_of(dg_err_name(item->fault->err)),
        .detail = dg_bytes_of(item->fault->what),
        .retry_after_ms = item->retry_after_ms,
    };
}

static void gather_item(struct gather *g, struct out_item *item)
{
    if (item->kind == OUT_RECEIPT)
        gather_receipt(g, item);
    else if (item->kind == OUT_ACK)
        g->acked[g->frame.acked_count++] = item->tag;
    else if (item->kind == OUT_ANSWER)
        gather_answer(g, item);
    else
        return;
    item->said = true;
}

static void say_gathered(struct gather *g, struct dg_out *out)
{
    for (struct out_item *first = out->first; first != NULL; first = first->next) {
        if (first->said)
            continue;
        gather_reset(g);
        for (struct out_item *item = first; item != NULL; item = item->next) {
            if (item->said || item->to != first->to)
                continue;
            gather_item(g, item);
            if (gather_full(g))
                gather_send(g, first->to);
        }
        gather_send(g, first->to);
    }
}

static void say_frame(struct dg_node *node, const struct out_item *item, dg_ms now,
                      const struct dg_voice *voice)
{
    enum dg_said said = voice->send(voice->ctx, item->to, item->bytes);
    struct dg_link *link = dg_bulk_by_conn(node, item->to);
    if (link != NULL) {
        if (said != DG_SAID && !link->bulk.up)
            link->bulk.hello_sent = 0;
        return;
    }
    link = dg_link_by_conn(node, item->to);
    if (link != NULL && said == DG_SAID_GONE)
        dg_link_down(link, now);
    /* Until the transport's handshake is over the socket takes nothing: greet again very soon. */
    if (link != NULL && said == DG_SAID_FULL && link->up && !link->connected)
        link->hello_sent = 0;
}

static void say_single(struct dg_node *node, struct out_item *item, dg_ms now, const struct dg_voice *voice)
{
    switch (item->kind) {
    case OUT_FRAME:
        say_frame(node, item, now, voice);
        break;
    case OUT_REPLY:
        voice->reply(voice->ctx, item->to, item->bytes);
        break;
    case OUT_FACT:
        voice->fact(voice->ctx, item->fault, (const char *)item->bytes.data);
        break;
    case OUT_UPLINK_RESET:
        voice->uplink_reset(voice->ctx);
        break;
    case OUT_RECEIPT:
    case OUT_ACK:
    case OUT_ANSWER:
        return;
    }
    item->said = true;
}

void dg_node_speak(struct dg_node *node, struct dg_txn *txn, dg_ms now, struct dg_out *out,
                   const struct dg_committed *committed, const struct dg_voice *voice)
{
    assert(committed->store == node->store && committed->number > 0);
    bool left = false; /* most turns have nothing to gather, and a gather is big */
    for (struct out_item *item = out->first; item != NULL; item = item->next) {
        say_single(node, item, now, voice);
        left = left || !item->said;
    }
    struct gather *g = left && txn != NULL ? malloc(sizeof *g) : NULL;
    if (g != NULL) {
        g->voice = voice;
        g->credit = dg_outbox_credit_given(node);
        dg_log_get(txn, &g->log);
        dg_prover_init(&g->prover, txn, g->log.size);
        say_gathered(g, out);
        free(g);
    }
    bool silent = txn != NULL && dg_is_restored(txn);
    for (size_t i = 0; i < node->link_count && txn != NULL && !silent; i++) {
        dg_outbox_pump(node, txn, node->link[i], now, voice);
        dg_mirror_pump(node, txn, node->link[i], now, voice);
    }
    for (size_t i = 0; i < node->link_count && txn != NULL && !silent; i++)
        dg_bulk_pump(node, txn, node->link[i], now, voice);
    dg_outgoing_forget(node);
    dg_out_reset(out);
}
