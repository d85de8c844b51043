/* membership.c - certificates and adoptions: issued here, or heard from a neighbour. */
#include <string.h>

#include "node/core/node_impl.h"
#include "node/core/restored.h"

/* ---- issuing ------------------------------------------------------------------------------------ */

static bool sign_possession(const struct dg_signer *signer, const struct dg_certificate *certificate,
                            struct dg_signed *sealed)
{
    struct dg_key own[4];
    sealed->possession_count = dg_certificate_signing_keys(certificate, own);
    for (size_t i = 0; i < sealed->possession_count; i++)
        if (signer->sign(signer->ctx, &own[i], DG_CONTEXT_POSSESSION, sealed->body, &sealed->possession[i]) !=
            DG_OK)
            return false;
    return true;
}

/* The leaf comes after the row, so that the list of members it hashes has the new one in it. */
static void log_certificate(struct dg_txn *txn, const struct dg_certificate *certificate,
                            const struct dg_cert_id *issuer, dg_ms now, struct dg_dir_row *row)
{
    struct dg_leaf leaf = {
        .time = now,
        .kind = DG_LEAF_CERTIFICATE,
        .organ = certificate->organ,
        .unit = certificate->unit,
        .object = dg_sha256(row->record.sealed.body),
        .has_members = true,
        .members = dg_members_hash(txn, issuer),
    };
    row->record.index = dg_ledger_append(txn, &leaf);
    (void)dg_leaf_get(txn, row->record.index, &row->record.leaf);
    dg_dir_put(txn, row);
}

bool dg_issue_certificate(struct dg_txn *txn, const struct dg_identity *identity,
                          const struct dg_signer *signer, const struct dg_certificate *certificate,
                          const struct dg_key *issuer_key, bool prove_possession, dg_ms now,
                          struct dg_dir_row *ret)
{
    struct dg_buf body;
    dg_buf_init(&body, DG_CERTIFICATE_MAX);
    enum dg_err err = dg_certificate_encode(certificate, &body);
    struct dg_dir_row row = {
        .unit = certificate->unit,
        .organ = certificate->organ,
        .kind = certificate->subject == DG_SUBJECT_UNIT ? 'u' : 'o',
        .serial = certificate->serial,
        .origin = dg_bytes_of(identity->origin),
        .record = {.kind = DG_RECORD_CERTIFICATE, .has_signed = true},
    };
    struct dg_signed *sealed = &row.record.sealed;
    sealed->body = dg_arena_copy(txn->arena, dg_buf_bytes(&body));
    dg_buf_done(&body);
    if (err == DG_OK)
        err = signer->sign(signer->ctx, issuer_key, DG_CONTEXT_CERTIFICATE, sealed->body, &sealed->sig);
    if (err == DG_OK && prove_possession && !sign_possession(signer, certificate, sealed))
        err = DG_ERR_NOT_PERMITTED;
    if (err != DG_OK) {
        dg_txn_fail(txn, err);
        return false;
    }
    struct dg_cert_id issuer;
    memcpy(issuer.b, certificate->issuer.b, sizeof issuer.b);
    dg_dir_put(txn, &row);
    log_certificate(txn, certificate, &issuer, now, &row);
    *ret = row;
    return txn->err == DG_OK;
}

enum dg_err dg_issue_adoption(struct dg_txn *txn, const struct dg_identity *identity,
                              const struct dg_signer *signer, const struct dg_adoption *adoption,
                              struct dg_bytes compiled, dg_ms now, struct dg_dir_row *ret)
{
    struct dg_buf body;
    dg_buf_init(&body, DG_CERTIFICATE_MAX);
    enum dg_err err = dg_adoption_encode(adoption, &body);
    struct dg_dir_row row = {.unit = adoption->unit,
                             .kind = 'r',
                             .serial = adoption->serial,
                             .origin = dg_bytes_of(identity->origin),
                             .record = {.kind = DG_RECORD_ADOPTION, .has_signed = true}};
    struct dg_signed *sealed = &row.record.sealed;
    sealed->body = dg_arena_copy(txn->arena, dg_buf_bytes(&body));
    dg_buf_done(&body);
    if (err == DG_OK)
        err = signer->sign(signer->ctx, &identity->unit_key, DG_CONTEXT_ADOPTION, sealed->body, &sealed->sig);
    if (err != DG_OK)
        return err;
    struct dg_hash regime = adoption->regime;
    struct dg_leaf leaf = {
        .time = now,
        .kind = DG_LEAF_ADOPTION,
        .unit = adoption->unit,
        .object = dg_sha256(sealed->body),
        .regime_count = 1,
        .regime = &regime,
    };
    row.record.index = dg_ledger_append(txn, &leaf);
    (void)dg_leaf_get(txn, row.record.index, &row.record.leaf);
    dg_put(txn, DG_TABLE_REGIME, dg_bytes_at(regime.b, sizeof regime.b), compiled);
    dg_dir_put(txn, &row);
    *ret = row;
    return DG_OK;
}

/* ---- telling the neighbours ---------------------------------------------------------------------- */

void dg_membership_spread(struct dg_node *node, struct dg_txn *txn, const struct dg_dir_row *row,
                          struct dg_bytes except, bool down, dg_ms now)
{
    struct dg_row_key key = dg_key_directory(row->unit, row->kind, row->organ, row->serial);
    struct dg_bytes parent = dg_bytes_of(node->identity.parent);
    if (parent.size > 0 && !dg_bytes_equal(parent, except))
        dg_outbox_push_record(node, txn, parent, DG_QUEUED_DIRECTORY, 0, 0, dg_row_key_bytes(&key), now);
    const struct dg_directory *dir = dg_node_directory(node, txn);
    for (size_t i = 0; down && i < dir->unit_count; i++) {
        const struct dg_dir_unit *unit = &dir->unit[i];
        if (dg_bytes_is(unit->parent_slug, node->identity.unit) && !dg_bytes_equal(unit->slug, except) &&
            !dg_bytes_equal(unit->slug, row->unit))
            dg_outbox_push_record(node, txn, unit->slug, DG_QUEUED_DIRECTORY, 0, 0, dg_row_key_bytes(&key),
                                  now);
    }
}

/* ---- hearing ------------------------------------------------------------------------------------ */

struct heard {
    struct dg_node *node;
    struct dg_txn *txn;
    const struct dg_event *event;
    const struct dg_claims *claims;
    const struct dg_link *link;
    const struct dg_record *record;
    struct dg_dir_row row;
    struct dg_fault *fault;
};

/* A child tells about its own subtree; the parent about everything else. To a node that lost a part of its
 * store either gives back what it has. */
static enum dg_err check_side(const struct heard *h, struct dg_bytes unit_slug, struct dg_bytes parent_slug)
{
    if (dg_is_restored(h->txn))
        return DG_OK;
    const struct dg_directory *dir = dg_node_directory(h->node, h->txn);
    const struct dg_dir_unit *unit = dg_directory_unit(dir, unit_slug);
    if (unit == NULL)
        unit = dg_directory_unit(dir, parent_slug);
    const struct dg_dir_unit *below =
        h->link->up ? dg_node_self(h->node, h->txn) : dg_directory_unit(dir, dg_bytes_of(h->link->unit));
    bool within = unit != NULL && below != NULL && dg_dir_unit_within(unit, below);
    return within != h->link->up ? DG_OK : DG_ERR_NOT_YOURS;
}

/* The leaf that proves the certificate is in the log of its issuer and names exactly this body. */
static enum dg_err check_leaf(struct heard *h, enum dg_leaf_kind kind, struct dg_bytes issuer_unit,
                              struct dg_bytes subject_unit, struct dg_bytes organ)
{
    struct dg_proven *proven;
    struct dg_leaf leaf;
    enum dg_err err = dg_record_proven(h->node, h->txn, h->event, h->claims, h->record, &proven, &leaf);
    if (err != DG_OK)
        return err;
    struct dg_hash object = dg_sha256(h->record->sealed.body);
    if (leaf.kind != kind || !dg_hash_equal(&leaf.object, &object) ||
        !dg_bytes_equal(proven->unit->slug, issuer_unit) || !dg_bytes_equal(leaf.unit, subject_unit) ||
        !dg_bytes_equal(leaf.organ, organ))
        return DG_ERR_BAD_LEAF;
    h->row.origin = dg_arena_copy(h->txn->arena, dg_bytes_of(proven->checkpoint.origin));
    h->row.checkpoint_size = proven->checkpoint.size;
    return dg_proven_keep(h->txn, proven);
}

static enum dg_err check_possession(const struct heard *h, const struct dg_certificate *certificate)
{
    const struct dg_signed *sealed = &h->record->sealed;
    struct dg_key own[4];
    (void)dg_certificate_signing_keys(certificate, own);
    if (sealed->possession_count != dg_certificate_possessions(certificate))
        return DG_ERR_NO_POSSESSION;
    enum dg_err err = DG_OK;
    for (size_t i = 0; err == DG_OK && i < sealed->possession_count; i++)
        err = dg_claimed(h->claims, h->event, DG_CONTEXT_POSSESSION, &own[i], sealed->body,
                         &sealed->possession[i]);
    return err == DG_ERR_BAD_SIGNATURE ? DG_ERR_NO_POSSESSION : err;
}

/* A second certificate for a name needs the first one's consent, which this version cannot give yet. */
static enum dg_err check_free(const struct heard *h, const struct dg_certificate *certificate)
{
    const struct dg_directory *dir = dg_node_directory(h->node, h->txn);
    if (certificate->subject == DG_SUBJECT_UNIT) {
        if (dg_directory_unit(dir, certificate->unit) != NULL)
            return DG_ERR_UNIT_TAKEN;
        if (dir->unit_count >= DG_UNITS_MAX || dg_dir_depth(dir, certificate->parent) >= DG_TREE_DEPTH_MAX)
            return DG_ERR_TOO_LARGE;
        for (size_t i = 0; i < dir->unit_count; i++)
            if (dg_key_equal(&dir->unit[i].unit_key, &certificate->keys.unit) ||
                dg_curve_key_equal(&dir->unit[i].transport, &certificate->keys.transport))
                return DG_ERR_KEY_TAKEN;
        return DG_OK;
    }
    const struct dg_dir_unit *unit = dg_directory_unit(dir, certificate->unit);
    for (size_t i = 0; unit != NULL && i < unit->organ_count; i++)
        if (dg_bytes_equal(unit->organ[i].slug, certificate->organ) &&
            unit->organ[i].serial == certificate->serial)
            return DG_ERR_UNIT_TAKEN;
    return unit != NULL && unit->organ_count >= DG_ORGANS_MAX ? DG_ERR_TOO_LARGE : DG_OK;
}

static enum dg_err hear_certificate(struct heard *h)
{
    struct dg_certificate certificate, issuer;
    struct dg_dir_row issuer_row, known;
    enum dg_err err = dg_certificate_decode(h->txn->arena, h->record->sealed.body, &certificate, h->fault);
    if (err != DG_OK)
        return err;
    struct dg_cert_id id = dg_certificate_id(h->record->sealed.body), issuer_id;
    if (dg_dir_find(h->txn, &id, &known))
        return DG_ERR_NOT_FOUND; /* nothing new to spread */
    memcpy(issuer_id.b, certificate.issuer.b, sizeof issuer_id.b);
    if (!dg_dir_find(h->txn, &issuer_id, &issuer_row))
        return DG_ERR_STALE_DIRECTORY;
    err = dg_certificate_decode(h->txn->arena, issuer_row.record.sealed.body, &issuer, h->fault);
    if (err == DG_OK)
        err = dg_certificate_link(&certificate, &issuer, &issuer_id, &h->node->identity.federation_key,
                                  h->fault);
    if (err == DG_OK)
        err = dg_claimed(h->claims, h->event, DG_CONTEXT_CERTIFICATE, &issuer.keys.unit,
                         h->record->sealed.body, &h->record->sealed.sig);
    if (err == DG_OK)
        err = check_possession(h, &certificate);
    if (err == DG_OK)
        err = check_free(h, &certificate);
    if (err == DG_OK)
        err = check_side(h, certificate.unit, certificate.parent);
    if (err == DG_OK)
        err = check_leaf(h, DG_LEAF_CERTIFICATE, issuer.unit, certificate.unit, certificate.organ);
    h->row.kind = certificate.subject == DG_SUBJECT_UNIT ? 'u' : 'o';
    h->row.unit = certificate.unit;
    h->row.organ = certificate.organ;
    h->row.serial = certificate.serial;
    return err;
}

static enum dg_err hear_adoption(struct heard *h)
{
    struct dg_adoption adoption;
    enum dg_err err = dg_adoption_decode(h->txn->arena, h->record->sealed.body, &adoption, h->fault);
    if (err != DG_OK)
        return err;
    const struct dg_dir_unit *unit = dg_directory_unit(dg_node_directory(h->node, h->txn), adoption.unit);
    if (unit == NULL)
        return DG_ERR_STALE_DIRECTORY;
    struct dg_dir_row known;
    struct dg_row_key key = dg_key_directory(adoption.unit, 'r', dg_bytes_at(NULL, 0), adoption.serial);
    if (dg_dir_get(h->txn, dg_row_key_bytes(&key), &known))
        return dg_bytes_equal(known.record.sealed.body, h->record->sealed.body) ? DG_ERR_NOT_FOUND
                                                                                : DG_ERR_UNIT_TAKEN;
    err = dg_claimed(h->claims, h->event, DG_CONTEXT_ADOPTION, &unit->unit_key, h->record->sealed.body,
                     &h->record->sealed.sig);
    if (err == DG_OK && unit->adoption_count >= DG_ADOPTIONS_MAX)
        err = DG_ERR_TOO_LARGE;
    if (err == DG_OK)
        err = check_side(h, adoption.unit, unit->parent_slug);
    if (err == DG_OK)
        err = check_leaf(h, DG_LEAF_ADOPTION, adoption.unit, adoption.unit, dg_bytes_at(NULL, 0));
    struct dg_hash regime_hash = dg_sha256(h->record->regime);
    struct dg_regime regime;
    if (err == DG_OK && !dg_hash_equal(&regime_hash, &adoption.regime))
        err = DG_ERR_MALFORMED;
    if (err == DG_OK)
        err = dg_regime_decode(h->txn->arena, h->record->regime, &regime, h->fault);
    if (err != DG_OK)
        return err;
    dg_put(h->txn, DG_TABLE_REGIME, dg_bytes_at(regime_hash.b, sizeof regime_hash.b), h->record->regime);
    h->row.kind = 'r';
    h->row.unit = adoption.unit;
    h->row.serial = adoption.serial;
    return DG_OK;
}

void dg_membership_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                          const struct dg_claims *claims, struct dg_link *link,
                          const struct dg_record *record, dg_ms now, struct dg_out *out)
{
    struct dg_fault fault;
    (void)dg_fault(&fault, DG_OK);
    struct heard h = {.node = node,
                      .txn = txn,
                      .event = event,
                      .claims = claims,
                      .link = link,
                      .record = record,
                      .row = {.record = *record},
                      .fault = &fault};
    enum dg_err err = DG_ERR_MALFORMED;
    if (txn->arena->used > DG_STEP_ARENA_SOFT || DG_MAYBE("a full arena"))
        err = DG_ERR_RETRY_LATER; /* each change reads the directory anew: the rest goes into later batches */
    else if (record->has_signed)
        err = record->kind == DG_RECORD_CERTIFICATE ? hear_certificate(&h) : hear_adoption(&h);
    if (err == DG_OK && !DG_MUTANT("ack-lost")) {
        h.row.record.tag = 0;
        h.row.record.regime = dg_bytes_at(NULL, 0);
        dg_dir_put(txn, &h.row);
        dg_node_member_added(node, txn, &h.row);
        if (record->tag != 0)
            dg_regime_news(node, txn, &h.row, now);
        /* Upward to the root; downward only what comes from above. A record without a tag is a
         * chain that travels with something else. */
        if (record->tag != 0)
            dg_membership_spread(node, txn, &h.row, dg_bytes_of(link->unit), link->up, now);
    }
    if (err == DG_OK || err == DG_ERR_NOT_FOUND) {
        dg_out_ack(out, event->conn, record->tag);
        return;
    }
    fault.err = err;
    dg_fault_unit(&fault, link->unit);
    dg_out_answer(out, event->conn, record->tag, &fault, DG_RETRY_MIN_MS);
    if (dg_err_group(err) != DG_GROUP_TEMPORARY)
        dg_out_fact(out, &fault, "membership");
}
