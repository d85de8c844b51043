/* carry_import.c - a file of a bundle: judged as a frame of the line is, and answered by rows of CARRIED.
 *
 * The signature of the neighbour's unit key stands in the place of the line's own key. Everything in the
 * frame is judged by itself: a bad part spoils nothing else.
 */
#include <string.h>

#include "node/core/carry_impl.h"
#include "node/core/had.h"
#include "node/core/issued_impl.h"
#include "node/core/outbox_impl.h"

struct importing {
    struct dg_node *node;
    struct dg_txn *txn;
    struct dg_event event; /* as if it had come on a line that is none */
    const struct dg_claims *claims;
    const struct dg_carried *carried;
    struct dg_link *link;
    dg_ms now;
    struct dg_out *out;
    struct dg_ctl_reply *reply;
};

/* ---- whose it is -------------------------------------------------------------------------------- */

static enum dg_err check_file(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                              const struct dg_claims *claims, struct dg_fault *fault)
{
    const struct dg_carried *carried = event->carried;
    if (carried == NULL)
        return dg_faultf(fault, DG_ERR_CARRY_DAMAGED, "%s", dg_err_name(event->err));
    const struct dg_dir_unit *from = dg_directory_unit(dg_node_directory(node, txn), carried->from);
    bool neighbour = from != NULL && (dg_bytes_is(from->slug, node->identity.parent) ||
                                      dg_bytes_is(from->parent_slug, node->identity.unit));
    if (!dg_bytes_is(carried->federation, node->identity.federation))
        return dg_faultf(fault, DG_ERR_UNKNOWN_MEMBER, "another federation");
    if (!dg_bytes_is(carried->to, node->identity.unit))
        return dg_faultf(fault, DG_ERR_CARRY_NOT_OURS, "%.*s", (int)carried->to.size,
                         (const char *)carried->to.data);
    if (!neighbour)
        return dg_faultf(fault, DG_ERR_UNKNOWN_MEMBER, "%.*s", (int)carried->from.size,
                         (const char *)carried->from.data);
    enum dg_err err =
        dg_claimed(claims, event, DG_CONTEXT_CARRIED, &from->unit_key, carried->body, &carried->sig);
    if (err != DG_OK)
        return dg_faultf(fault, err == DG_ERR_BAD_SIGNATURE ? DG_ERR_CARRY_DAMAGED : err, "%s",
                         dg_err_name(err));
    if (carried->frame.size > 0 && event->frame == NULL)
        return dg_faultf(fault, DG_ERR_CARRY_DAMAGED, "%s", dg_err_name(event->err));
    return DG_OK;
}

/* A bundle that was made later holds all that still waits there, so what was to be said of older ones is
 * said. */
static void begin_bundle(struct importing *in)
{
    char name[32 + DG_SLUG_MAX] = "carried/";
    memcpy(name + strlen(name), in->link->unit, strlen(in->link->unit) + 1);
    if ((uint64_t)in->carried->made_ms <= dg_meta_u64(in->txn, name))
        return;
    dg_meta_put_u64(in->txn, name, (uint64_t)in->carried->made_ms);
    dg_carried_forget(in->txn, in->carried->from);
}

/* ---- what became of one thing --------------------------------------------------------------------- */

/* Keeps for the next bundle what would have been said on a line. what names the row at the other end. */
static void keep_answer(struct importing *in, const struct dg_taken *taken, const struct dg_hash *what)
{
    struct dg_carried_row row = {.tag = taken->tag, .what = *what, .index = taken->index};
    if (taken->kind == DG_TAKEN_ANSWER && dg_err_group(taken->fault->err) == DG_GROUP_TEMPORARY)
        return;
    row.kind = taken->kind == DG_TAKEN_RECEIPT ? DG_CARRIED_RECEIPT
               : taken->kind == DG_TAKEN_ACK   ? DG_CARRIED_TAKEN
                                               : DG_CARRIED_REFUSED;
    if (taken->kind == DG_TAKEN_ANSWER)
        row.code = dg_bytes_of(dg_err_name(taken->fault->err));
    dg_carried_put(in->txn, in->carried->from, &row);
}

/* Counts what the steps about one thing have left, by whether anything was written before its answer. */
static void settle(struct importing *in, const struct dg_hash *what, bool news)
{
    struct dg_ctl_carried *counts = &in->reply->carried;
    struct dg_taken taken;
    bool later = false, refused = false;
    while (dg_out_take(in->out, DG_NODE_CARRIED, &taken)) {
        bool answer = taken.kind == DG_TAKEN_ANSWER;
        bool temporary = answer && dg_err_group(taken.fault->err) == DG_GROUP_TEMPORARY;
        later = later || temporary;
        refused = refused || (answer && !temporary);
        struct dg_fault *warning = answer && !temporary ? dg_reply_warn(in->txn, in->reply) : NULL;
        if (warning != NULL)
            *warning = *taken.fault;
        if (taken.tag != 0)
            keep_answer(in, &taken, what);
    }
    uint64_t *count = later     ? &counts->later
                      : refused ? &counts->refused
                      : news    ? &counts->fresh
                                : &counts->known;
    ++*count;
}

static void take_record(struct importing *in, const struct dg_record *record)
{
    struct dg_hash what = dg_carried_hash(record);
    uint64_t before = in->txn->writes;
    dg_goods_record(in->node, in->txn, &in->event, in->claims, in->link, record, in->now, in->out);
    settle(in, &what, in->txn->writes != before);
}

static void take_parcel(struct importing *in, const struct dg_parcel *parcel)
{
    struct dg_report_ix ix;
    struct dg_hash what = {.b = {0}};
    if (parcel->err == DG_OK)
        memcpy(what.b, parcel->id.b, sizeof what.b);
    bool known = parcel->err == DG_OK && dg_report_ix_get(in->txn, &parcel->id, &ix);
    dg_delivery_parcel(in->node, in->txn, &in->event, in->claims, in->link, parcel, in->now, in->out);
    settle(in, &what, !known);
}

static void take_frame(struct importing *in)
{
    const struct dg_frame *frame = in->event.frame;
    for (size_t i = 0; frame != NULL && i < frame->record_count; i++)
        take_record(in, &frame->record[i]);
    for (size_t i = 0; frame != NULL && i < frame->parcel_count; i++)
        take_parcel(in, &frame->parcel[i]);
}

static void take_answers(struct importing *in)
{
    struct dg_ctl_carried *counts = &in->reply->carried;
    for (size_t i = 0; i < in->carried->answer_count; i++) {
        bool news = dg_carry_answered(in->node, in->txn, in->link, &in->carried->answer[i], in->now);
        ++*(news ? &counts->fresh : &counts->known);
    }
}

/* ---- answers to what was exported here ------------------------------------------------------------- */

/* The name of what a row sends; false when it cannot be made up. */
static bool row_name(struct dg_node *node, struct dg_txn *txn, struct dg_link *link,
                     const struct dg_queued *queued, struct dg_hash *ret)
{
    struct dg_packing *p = node->packing;
    struct dg_bytes text;
    struct dg_leaf leaf;
    if (queued->kind == DG_QUEUED_REPORT) {
        if (!dg_leaf_get(txn, queued->position, &text) ||
            dg_leaf_parse(txn->arena, text, &leaf, NULL) != DG_OK)
            return false;
        memcpy(ret->b, leaf.report.b, sizeof ret->b);
        return true;
    }
    p->node = node;
    p->txn = txn;
    p->link = link;
    dg_log_get(txn, &p->log);
    dg_prover_init(&p->prover, txn, p->log.size);
    dg_packing_reset(p);
    if (dg_packing_add(p, queued) != DG_PACKED || p->frame.record_count == 0)
        return false;
    *ret = dg_carried_hash(&p->record[p->frame.record_count - 1]);
    return true;
}

bool dg_carry_answered(struct dg_node *node, struct dg_txn *txn, struct dg_link *link,
                       const struct dg_carried_answer *answer, dg_ms now)
{
    enum dg_lane lane = (enum dg_lane)(answer->tag & 3);
    struct dg_bytes unit = dg_bytes_of(link->unit);
    struct dg_queued queued;
    struct dg_hash name;
    if (!dg_queued_get(txn, unit, lane, answer->tag >> 2, &queued))
        return false;
    bool same = row_name(node, txn, link, &queued, &name) && dg_hash_equal(&name, &answer->what);
    if (!same)
        return false;
    if (answer->code.size > 0) {
        struct dg_answer refusal = {.tag = answer->tag, .code = answer->code};
        bool held = queued.held;
        dg_outbox_answered(node, txn, link, &refusal, now);
        return !held;
    }
    if (lane != DG_LANE_CONTROL) /* a report leaves its outbox by a receipt alone */
        return false;
    if (!link->up)
        dg_had_acked(txn, unit, queued.seq, now);
    return dg_outbox_release(node, txn, unit, lane, queued.seq);
}

/* ---- the door ----------------------------------------------------------------------------------- */

void dg_carry_import(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     const struct dg_claims *claims, dg_ms now, struct dg_out *out)
{
    struct dg_ctl_reply reply = {.has_carried = true};
    struct importing in = {.node = node,
                           .txn = txn,
                           .event = *event,
                           .claims = claims,
                           .carried = event->carried,
                           .now = now,
                           .out = out,
                           .reply = &reply};
    (void)dg_fault(&reply.fault, DG_OK);
    in.event.conn = DG_NODE_CARRIED;
    if (check_file(node, txn, event, claims, &reply.fault) == DG_OK && !event->request->dry_run) {
        in.link = dg_link_get(node, in.carried->from, dg_bytes_is(in.carried->from, node->identity.parent));
        if (in.link == NULL)
            (void)dg_fault(&reply.fault, DG_ERR_NO_MEMORY);
    }
    if (in.link != NULL) {
        if (!in.link->connected)
            in.link->hello_sent = 0; /* whoever can send a stick may be called again at once */
        begin_bundle(&in);
        take_frame(&in);
        take_answers(&in);
    }
    dg_out_reply(out, event->client, &reply);
}
