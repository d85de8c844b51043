/* found.c - a node's first transaction: who it is, its certificates and its regimes. */
#include <stdlib.h>
#include <string.h>

#include "node/core/node_impl.h"

struct found {
    struct dg_txn *txn;
    const struct dg_founding *founding;
    const struct dg_signer *signer;
    struct dg_fault *fault;
    struct dg_identity identity;
    dg_ms not_before_ms, not_after_ms; /* of the unit's certificate */
};

static void set_text(char *ret, size_t size, struct dg_bytes text)
{
    size_t n = text.size < size ? text.size : size - 1;
    if (n > 0)
        memcpy(ret, text.data, n);
    ret[n] = '\0';
}

static void identity_begin(struct found *f)
{
    const struct dg_founding *founding = f->founding;
    struct dg_identity *id = &f->identity;
    memset(id, 0, sizeof *id);
    set_text(id->federation, sizeof id->federation, founding->federation);
    set_text(id->unit, sizeof id->unit, founding->unit);
    set_text(id->parent_endpoint, sizeof id->parent_endpoint, founding->parent_endpoint);
    id->parent_key = founding->parent_key;
    id->federation_key = founding->federation_key;
    id->unit_key = founding->keys.unit;
    id->log_key = founding->keys.log;
    id->transport = founding->keys.transport;
    id->epoch = 1;
    dg_origin_write(founding->federation, founding->unit, id->epoch, id->origin);
}

/* ---- the unit's own certificate ------------------------------------------------------------------ */

/* The root certifies itself with the federation key; no log can hold that, so the row has no origin. */
static enum dg_err root_certificate(struct found *f)
{
    const struct dg_founding *founding = f->founding;
    struct dg_certificate certificate = {
        .subject = DG_SUBJECT_UNIT,
        .federation = founding->federation,
        .unit = founding->unit,
        .name = founding->name,
        .level = founding->level,
        .serial = 1,
        .epoch = 1,
        .keys = founding->keys,
        .not_before_ms = founding->now,
        .not_after_ms = founding->now + (dg_ms)DG_CERTIFICATE_YEARS * 365 * 86400000,
        .endpoint = founding->endpoint,
    };
    memcpy(certificate.issuer.b, founding->federation_key.b, sizeof certificate.issuer.b);
    struct dg_buf body;
    dg_buf_init(&body, DG_CERTIFICATE_MAX);
    enum dg_err err = dg_certificate_encode(&certificate, &body);
    struct dg_dir_row row = {.unit = founding->unit,
                             .kind = 'u',
                             .serial = 1,
                             .record = {.kind = DG_RECORD_CERTIFICATE, .has_signed = true}};
    struct dg_signed *sealed = &row.record.sealed;
    sealed->body = dg_arena_copy(f->txn->arena, dg_buf_bytes(&body));
    dg_buf_done(&body);
    if (err == DG_OK)
        err = f->signer->sign(f->signer->ctx, &founding->federation_key, DG_CONTEXT_CERTIFICATE, sealed->body,
                              &sealed->sig);
    struct dg_key own[4];
    sealed->possession_count = dg_certificate_signing_keys(&certificate, own);
    for (size_t i = 0; err == DG_OK && i < sealed->possession_count; i++)
        err = f->signer->sign(f->signer->ctx, &own[i], DG_CONTEXT_POSSESSION, sealed->body,
                              &sealed->possession[i]);
    if (err != DG_OK)
        return dg_faultf(f->fault, err, "the root's certificate");
    dg_dir_put(f->txn, &row);
    f->identity.certificate = dg_certificate_id(sealed->body);
    f->not_before_ms = certificate.not_before_ms;
    f->not_after_ms = certificate.not_after_ms;
    return f->txn->err;
}

/* Stores a record of the grant with the checkpoint its proof rests on. */
static enum dg_err granted_row(struct found *f, const struct dg_record *granted, struct dg_dir_row *row)
{
    row->record = *granted;
    row->record.tag = 0;
    row->record.regime = dg_bytes_at(NULL, 0);
    if (granted->has_checkpoint) {
        struct dg_bytes note = f->founding->grant->checkpoint[granted->checkpoint];
        row->origin = dg_note_origin(note);
        struct dg_note parsed;
        struct dg_checkpoint checkpoint;
        if (dg_note_parse(note, &parsed) != DG_OK ||
            dg_checkpoint_body_parse(parsed.text, &checkpoint) != DG_OK)
            return dg_fault(f->fault, DG_ERR_BAD_CHECKPOINT);
        row->checkpoint_size = checkpoint.size;
        row->record.checkpoint = 0;
        enum dg_err err = dg_checkpoint_put(f->txn, row->origin, checkpoint.size, note);
        if (err != DG_OK)
            return dg_fault(f->fault, err);
    }
    dg_dir_put(f->txn, row);
    return f->txn->err;
}

static enum dg_err granted_certificate(struct found *f, const struct dg_record *granted,
                                       struct dg_certificate *ret)
{
    enum dg_err err = dg_certificate_decode(f->txn->arena, granted->sealed.body, ret, f->fault);
    if (err != DG_OK)
        return err;
    struct dg_dir_row row = {.unit = ret->unit,
                             .organ = ret->organ,
                             .serial = ret->serial,
                             .kind = ret->subject == DG_SUBJECT_UNIT ? 'u' : 'o'};
    return granted_row(f, granted, &row);
}

static enum dg_err granted_adoption(struct found *f, const struct dg_record *granted)
{
    struct dg_adoption adoption;
    enum dg_err err = dg_adoption_decode(f->txn->arena, granted->sealed.body, &adoption, f->fault);
    if (err != DG_OK)
        return err;
    dg_put(f->txn, DG_TABLE_REGIME, dg_bytes_at(adoption.regime.b, sizeof adoption.regime.b),
           granted->regime);
    struct dg_dir_row row = {.unit = adoption.unit, .kind = 'r', .serial = adoption.serial};
    return granted_row(f, granted, &row);
}

static enum dg_err take_grant(struct found *f)
{
    const struct dg_enrol_grant *grant = f->founding->grant;
    struct dg_certificate certificate;
    enum dg_err err = DG_OK;
    for (size_t i = 0; err == DG_OK && i < grant->directory_count; i++)
        err = grant->directory[i].kind == DG_RECORD_ADOPTION
                  ? granted_adoption(f, &grant->directory[i])
                  : granted_certificate(f, &grant->directory[i], &certificate);
    if (err == DG_OK)
        err = granted_certificate(f, &grant->certificate, &certificate);
    if (err != DG_OK)
        return err;
    f->identity.certificate = dg_certificate_id(grant->certificate.sealed.body);
    set_text(f->identity.parent, sizeof f->identity.parent, certificate.parent);
    f->not_before_ms = certificate.not_before_ms;
    f->not_after_ms = certificate.not_after_ms;
    return DG_OK;
}

/* ---- organs and regimes -------------------------------------------------------------------------- */

/* Before there is a daemon there are no links: rows for the parent go straight into its outbox. */
static void tell_parent(struct found *f, const struct dg_dir_row *row)
{
    if (f->identity.parent[0] == '\0')
        return;
    struct dg_row_key key = dg_key_directory(row->unit, row->kind, row->organ, row->serial);
    struct dg_queued queued = {
        .unit = dg_bytes_of(f->identity.parent),
        .lane = DG_LANE_CONTROL,
        .seq = dg_meta_count(f->txn, "outbox-seq"),
        .kind = DG_QUEUED_DIRECTORY,
        .directory_key = dg_row_key_bytes(&key),
        .since_ms = f->founding->now,
    };
    dg_queued_put(f->txn, &queued);
}

static enum dg_err found_organ(struct found *f, const struct dg_founding_organ *organ)
{
    struct dg_certificate certificate = {
        .subject = DG_SUBJECT_ORGAN,
        .federation = f->founding->federation,
        .unit = f->founding->unit,
        .organ = organ->slug,
        .name = organ->name,
        .role_count = organ->role.count,
        .role = organ->role.item,
        .serial = 1,
        .keys = {.has_signing = true,
                 .signing = organ->signing,
                 .has_sealing = true,
                 .sealing = organ->sealing},
        .not_before_ms = f->not_before_ms, /* the issuer's clock dated that one; ours may be wrong */
        .not_after_ms = f->not_after_ms,
    };
    memcpy(certificate.issuer.b, f->identity.certificate.b, sizeof certificate.issuer.b);
    struct dg_dir_row row;
    if (!dg_issue_certificate(f->txn, &f->identity, f->signer, &certificate, &f->identity.unit_key, true,
                              f->founding->now, &row))
        return dg_faultf(f->fault, f->txn->err, "%.*s", (int)organ->slug.size,
                         (const char *)organ->slug.data);
    tell_parent(f, &row);
    return DG_OK;
}

static enum dg_err found_regime(struct found *f, struct dg_bytes compiled, uint32_t serial)
{
    struct dg_regime regime;
    enum dg_err err = dg_regime_decode(f->txn->arena, compiled, &regime, f->fault);
    if (err != DG_OK)
        return err;
    struct dg_adoption adoption = {
        .federation = f->founding->federation,
        .unit = f->founding->unit,
        .name = regime.name,
        .serial = serial,
        .regime = dg_sha256(compiled),
        .main = serial == 1,
        .signed_ms = f->founding->now,
    };
    struct dg_dir_row row;
    err = dg_issue_adoption(f->txn, &f->identity, f->signer, &adoption, compiled, f->founding->now, &row);
    if (err != DG_OK)
        return dg_faultf(f->fault, err, "adoption");
    tell_parent(f, &row);
    return f->txn->err;
}

enum dg_err dg_found(struct dg_txn *txn, const struct dg_founding *founding, const struct dg_signer *signer,
                     struct dg_fault *fault)
{
    struct found f = {.txn = txn, .founding = founding, .signer = signer, .fault = fault};
    if (founding->organ_count > DG_ORGANS_MAX || founding->regime_count > DG_ADOPTIONS_MAX)
        return dg_faultf(fault, DG_ERR_TOO_LARGE, "%zu organs, %zu regimes", founding->organ_count,
                         founding->regime_count);
    identity_begin(&f);
    enum dg_err err = founding->grant != NULL ? take_grant(&f) : root_certificate(&f);
    for (size_t i = 0; err == DG_OK && i < founding->organ_count; i++)
        err = found_organ(&f, &founding->organ[i]);
    for (size_t i = 0; err == DG_OK && i < founding->regime_count; i++)
        err = found_regime(&f, founding->regime[i], (uint32_t)i + 1);
    if (err == DG_OK) {
        dg_identity_store(txn, &f.identity);
        err = dg_ledger_seal(txn, &f.identity, signer);
    }
    if (err != DG_OK && fault != NULL && fault->err == DG_OK)
        (void)dg_fault(fault, err);
    return err;
}
