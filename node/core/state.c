/* state.c - what an organ of this unit says of a report: signed, logged, kept and sent on its way. */
#include "node/core/node_impl.h"
#include "node/core/restored.h"

static enum dg_err sign(struct dg_node *node, struct dg_txn *txn, const struct dg_state *state,
                        const struct dg_key *key, struct dg_signed *ret)
{
    struct dg_buf body;
    dg_buf_init(&body, DG_CERTIFICATE_MAX);
    enum dg_err err = dg_state_encode(state, &body);
    *ret = (struct dg_signed){.body = dg_arena_copy(txn->arena, dg_buf_bytes(&body))};
    dg_buf_done(&body);
    struct dg_state checked;
    if (err == DG_OK)
        err = dg_state_decode(txn->arena, ret->body, &checked, NULL);
    if (err != DG_OK)
        return err;
    return node->env.signer->sign(node->env.signer->ctx, key, DG_CONTEXT_STATE, ret->body, &ret->sig);
}

/* Our own log holds the leaf; its proof is made whenever the record is sent. */
static void keep(struct dg_node *node, struct dg_txn *txn, const struct dg_state *state,
                 struct dg_record *record, const struct dg_report_ix *ix, dg_ms now)
{
    struct dg_leaf leaf = {
        .time = now,
        .kind = DG_LEAF_STATE,
        .report = state->report,
        .organ = state->organ,
        .unit = state->unit,
        .object = dg_sha256(record->sealed.body),
        .state = state->code,
    };
    record->index = dg_ledger_append(txn, &leaf);
    (void)dg_leaf_get(txn, record->index, &record->leaf);
    struct dg_bytes origin = dg_bytes_of(node->identity.origin);
    uint32_t number = dg_custody_look(txn, ix->position, DG_RECORD_STATE, origin, record->index).next;
    dg_custody_put(txn, ix->position, number, origin, 0, record);
    dg_custody_send(node, txn, record, ix, dg_bytes_at(NULL, 0), state->code, number, now);
}

enum dg_err dg_state_say(struct dg_node *node, struct dg_txn *txn, const struct dg_id *id,
                         struct dg_bytes organ, uint32_t code, struct dg_bytes note, dg_ms now)
{
    const struct dg_dir_organ *by = dg_dir_unit_organ(dg_node_self(node, txn), organ, dg_day_of(now));
    struct dg_report_ix ix;
    if (dg_is_restored(txn))
        return DG_OK; /* whatever is heard now was heard before, and said */
    if (by == NULL)
        return DG_ERR_NO_ORGAN;
    if (!dg_report_ix_get(txn, id, &ix))
        return DG_ERR_NOT_FOUND;
    struct dg_state state = {
        .federation = dg_bytes_of(node->identity.federation),
        .report = *id,
        .organ = by->slug,
        .unit = dg_bytes_of(node->identity.unit),
        .certificate = by->certificate,
        .code = code,
        .note = note,
        .signed_ms = now,
    };
    struct dg_record record = {
        .kind = DG_RECORD_STATE, .has_signed = true, .has_report = true, .report = *id};
    enum dg_err err = sign(node, txn, &state, &by->signing, &record.sealed);
    if (err == DG_OK)
        keep(node, txn, &state, &record, &ix, now);
    return err;
}
