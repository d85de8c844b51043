/* export_trail.c - a report's trail, collected from the store; verify.h says what belongs to it.
 *
 * First every part is gathered as rows, then arranged by the functions that the verifier uses too.
 */
#include <string.h>

#include "common/crypto.h"
#include "node/cli/export_impl.h"
#include "proto/comment.h"
#include "proto/pass.h"

/* --- parts ---------------------------------------------------------------------------------- */

enum dg_err dg_export_add(struct dg_exporting *x, struct dg_parts *parts, const struct dg_part *part)
{
    if (parts->count == DG_TRAIL_ENTRIES_MAX)
        return dg_faultf(x->fault, DG_ERR_TOO_LARGE, "trail");
    if (parts->count == parts->capacity) {
        size_t capacity = parts->capacity == 0 ? 32 : 2 * parts->capacity;
        struct dg_part *grown = dg_arena_array(x->arena, capacity, sizeof *grown);
        if (grown == NULL)
            return dg_fault(x->fault, DG_ERR_NO_MEMORY);
        if (parts->count > 0)
            memcpy(grown, parts->item, parts->count * sizeof *grown);
        parts->item = grown;
        parts->capacity = capacity;
    }
    parts->item[parts->count++] = *part;
    return DG_OK;
}

enum dg_err dg_export_prove(struct dg_exporting *x, const struct dg_record *record, struct dg_bytes origin,
                            uint64_t checkpoint_size, struct dg_part *ret)
{
    struct dg_entry *entry = &ret->entry;

    *entry = (struct dg_entry){.origin = origin,
                               .index = record->index,
                               .leaf = record->leaf,
                               .proof = record->proof,
                               .has_signed = record->has_signed,
                               .sealed = record->sealed};
    ret->checkpoint_size = checkpoint_size;
    if (!dg_bytes_is(origin, x->identity.origin))
        return DG_OK;
    struct dg_tree_reader tree = dg_log_tree(x->txn);
    ret->checkpoint_size = 0;
    if (record->index < x->log.size && dg_leaf_get(x->txn, record->index, &entry->leaf) &&
        dg_tree_inclusion(&tree, record->index, x->log.size, &entry->proof) == DG_OK)
        return DG_OK;
    return dg_faultf(x->fault, x->txn->err != DG_OK ? x->txn->err : DG_ERR_STORE_CORRUPT, "leaf %llu",
                     (unsigned long long)record->index);
}

enum dg_err dg_export_unknown(struct dg_exporting *x, const char *what, struct dg_bytes unit)
{
    if (x->txn->err != DG_OK)
        return dg_fault(x->fault, x->txn->err);
    return dg_faultf(x->fault, DG_ERR_NOT_FOUND, "%s of %.*s", what, DG_SHOW(unit));
}

/* --- events --------------------------------------------------------------------------------- */

/* The certificate of the organ that signed a state or comment. */
static enum dg_err add_signer(struct dg_exporting *x, const struct dg_record *record)
{
    struct dg_state state;
    struct dg_pass pass;
    struct dg_comment comment;

    if (record->kind == DG_RECORD_PASS) {
        enum dg_err err = dg_pass_decode(x->arena, record->sealed.body, &pass, x->fault);
        return err == DG_OK ? dg_export_organ(x, &pass.certificate, pass.unit) : err;
    }
    if (record->kind == DG_RECORD_COMMENT) {
        enum dg_err err = dg_comment_decode(x->arena, record->sealed.body, &comment, x->fault);
        return err == DG_OK ? dg_export_organ(x, &comment.certificate, comment.unit) : err;
    }
    enum dg_err err = dg_state_decode(x->arena, record->sealed.body, &state, x->fault);
    return err == DG_OK ? dg_export_organ(x, &state.certificate, state.unit) : err;
}

static bool add_custody(void *ctx, const struct dg_custody *custody)
{
    struct dg_exporting *x = ctx;
    const struct dg_record *record = &custody->record;
    struct dg_bytes unit;
    struct dg_part part;

    x->err = dg_export_prove(x, record, custody->origin, custody->checkpoint_size, &part);
    if (x->err == DG_OK)
        x->err = dg_export_add(x, &x->events, &part);
    if (x->err == DG_OK && dg_origin_unit_slug(custody->origin, &unit))
        x->err = dg_export_unit(x, unit);
    if (x->err == DG_OK && record->kind != DG_RECORD_RECEIPT)
        x->err = add_signer(x, record);
    return x->err == DG_OK;
}

static enum dg_err add_events(struct dg_exporting *x)
{
    struct dg_record own = {.index = x->held.position};
    struct dg_part part;
    enum dg_err err = dg_export_prove(x, &own, dg_bytes_of(x->identity.origin), 0, &part);

    if (err == DG_OK)
        err = dg_export_add(x, &x->events, &part);
    if (err != DG_OK)
        return err;
    dg_custody_each(x->txn, x->held.position, add_custody, x);
    if (x->err == DG_OK && x->txn->err != DG_OK)
        x->err = dg_fault(x->fault, x->txn->err);
    return x->err;
}

/* --- all together --------------------------------------------------------------------------- */

static enum dg_err seal(struct dg_exporting *x, const struct dg_signer *signer, struct dg_trail *trail,
                        struct dg_buf *out)
{
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_TRAIL_MAX);
    enum dg_err err = dg_trail_encode(trail, &bytes);
    if (err == DG_OK)
        err = signer->sign(signer->ctx, &x->identity.unit_key, DG_CONTEXT_TRAIL, dg_buf_bytes(&bytes),
                           &trail->seal);
    dg_buf_done(&bytes);
    trail->has_seal = true;
    if (err == DG_OK)
        err = dg_trail_encode(trail, out);
    return err == DG_OK ? DG_OK : dg_faultf(x->fault, err, "trail");
}

static enum dg_err begin(struct dg_exporting *x, const struct dg_id *id)
{
    char hex[DG_HEX_BYTES];
    enum dg_err err = dg_held_get(x->txn, id, &x->held);

    dg_hex(id->b, sizeof id->b, hex);
    if (err == DG_OK && x->held.verdict != DG_VERDICT_ACCEPTED)
        return dg_faultf(x->fault, DG_ERR_NOT_FOUND, "%s (%s)", hex, dg_verdict_name(x->held.verdict));
    if (err != DG_OK)
        return dg_faultf(x->fault, err, "%s", hex);
    if (!dg_identity_load(x->txn, &x->identity))
        return dg_faultf(x->fault, x->txn->err != DG_OK ? x->txn->err : DG_ERR_BAD_NODE, "identity");
    dg_log_get(x->txn, &x->log);
    err = dg_directory_load(x->txn, x->arena, &x->dir);
    return err == DG_OK ? DG_OK : dg_fault(x->fault, err);
}

enum dg_err dg_trail_build(struct dg_txn *txn, const struct dg_id *id, const struct dg_signer *signer,
                           dg_ms now, struct dg_buf *out, struct dg_fault *fault)
{
    struct dg_exporting x = {.txn = txn, .arena = txn->arena, .fault = fault};
    struct dg_trail trail;
    enum dg_err err = begin(&x, id);

    if (err == DG_OK)
        err = dg_export_unit(&x, dg_bytes_of(x.identity.unit));
    if (err == DG_OK)
        err = dg_export_members(&x);
    if (err == DG_OK)
        err = add_events(&x);
    if (err == DG_OK)
        err = dg_export_arrange(&x, now, &trail);
    return err == DG_OK ? seal(&x, signer, &trail, out) : err;
}
