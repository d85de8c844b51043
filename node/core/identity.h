/* identity.h - what a node's store says it is, and how such a store comes to be.
 *
 * Used by init and join (before there is a daemon), by dg_node_open and by the reading verbs.
 */
#ifndef DG_NODE_CORE_IDENTITY_H
#define DG_NODE_CORE_IDENTITY_H

#include "common/crypto.h"
#include "common/fault.h"
#include "common/when.h"
#include "node/core/store.h"
#include "proto/certificate.h"
#include "proto/frame.h"
#include "proto/regime.h"

struct dg_identity {
    char federation[DG_FEDERATION_MAX + 1];
    char unit[DG_SLUG_MAX + 1];
    char parent[DG_SLUG_MAX + 1]; /* "" at the root */
    char parent_endpoint[DG_ENDPOINT_MAX + 1];
    struct dg_curve_key parent_key; /* the parent's transport key */
    struct dg_key federation_key;
    struct dg_cert_id certificate; /* the unit's own */
    struct dg_key unit_key, log_key;
    struct dg_curve_key transport;
    uint32_t epoch;
    char origin[DG_ORIGIN_MAX + 1]; /* of this node's log */
};

/* Reads it from META. False when the store has none. */
bool dg_identity_load(struct dg_txn *txn, struct dg_identity *ret);
/* The bytes of that row, which live as long as txn; empty when there is none. */
struct dg_bytes dg_identity_row(struct dg_txn *txn);
/* Reads such bytes. False when they are none. */
bool dg_identity_parse(struct dg_bytes row, struct dg_identity *ret) DG_MUST_CHECK;
/* Writes it to META in the place of any older one. Errors stay in txn. */
void dg_identity_store(struct dg_txn *txn, const struct dg_identity *identity);
/* Writes <federation>/<unit>/e<epoch>. */
void dg_origin_write(struct dg_bytes federation, struct dg_bytes unit, uint32_t epoch,
                     char ret[static DG_ORIGIN_MAX + 1]);

/* An organ to be certified at founding. */
struct dg_founding_organ {
    struct dg_bytes slug, name;
    struct dg_slugs role;
    struct dg_key signing;
    struct dg_curve_key sealing;
};

struct dg_founding {
    struct dg_bytes federation, unit, level, name, endpoint;
    struct dg_key federation_key;
    struct dg_keys keys; /* unit, log, cosigner, transport */
    size_t organ_count;
    const struct dg_founding_organ *organ;
    size_t regime_count;
    const struct dg_bytes *regime; /* compiled, main first */
    dg_ms now;
    /* join only: the grant, and where the parent is */
    const struct dg_enrol_grant *grant;
    struct dg_bytes parent_endpoint;
    struct dg_curve_key parent_key;
};

/* Founds the node in an empty store, in txn: identity, unit certificate (self-made and signed by the
 * federation key at the root; from the grant otherwise), organ certificates, adoptions, their leaves and a
 * checkpoint, and what the parent must be told in its outbox. Everything is signed through signer. The caller
 * has verified the grant's signatures (dg_grant_verify). */
enum dg_err dg_found(struct dg_txn *txn, const struct dg_founding *founding, const struct dg_signer *signer,
                     struct dg_fault *fault) DG_MUST_CHECK;

/* Verifies a grant against the invitation it answers, here and now: chain to the federation key, units
 * valid at the instant now, proofs in the issuers' logs, own certificate as asked for, regimes by hash. */
enum dg_err dg_grant_verify(const struct dg_enrol_grant *grant, const struct dg_invitation *invitation,
                            const struct dg_keys *keys, dg_ms now, struct dg_arena *arena,
                            struct dg_fault *fault) DG_MUST_CHECK;

#endif
