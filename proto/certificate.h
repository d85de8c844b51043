/* certificate.h - certificates, adoptions and invitations: who is a member, and by which rules.
 *
 * Memory, limits and errors as in report.h.
 */
#ifndef DG_PROTO_CERTIFICATE_H
#define DG_PROTO_CERTIFICATE_H

#include "common/bytes.h"
#include "common/fault.h"
#include "common/id.h"
#include "common/limits.h"
#include "common/when.h"

enum {
    DG_CHAIN_MAX = DG_TREE_DEPTH_MAX * 2 + 2, /* certificates in one chain: every level, each renewed once */
    DG_POSSESSIONS_MAX = 4,                   /* Ed25519 keys of one certificate */
};

enum dg_subject { DG_SUBJECT_UNIT = 1, DG_SUBJECT_ORGAN = 2 };

/* The public keys a certificate binds. Which are present depends on the subject:
 * a unit has unit, log, cosigner and transport; an organ has signing and sealing. */
struct dg_keys {
    bool has_unit, has_log, has_cosigner, has_transport, has_signing, has_sealing;
    struct dg_key unit, log, cosigner, signing;
    struct dg_curve_key transport, sealing;
};

struct dg_certificate {
    enum dg_subject subject;
    struct dg_bytes federation, unit, organ, name, level, parent;
    size_t role_count;
    struct dg_bytes *role; /* organs; sorted, unique */
    uint32_t serial, epoch;
    struct dg_hash issuer; /* a certificate id, or the federation key for the root unit */
    struct dg_keys keys;
    dg_ms not_before_ms, not_after_ms;
    struct dg_bytes endpoint;
    struct dg_bytes invitation; /* 16 bytes or empty */
};

/* A signed body, as stored, forwarded and exported. possession: certificates only. */
struct dg_signed {
    struct dg_bytes body;
    struct dg_sig sig;
    size_t possession_count;
    struct dg_sig possession[DG_POSSESSIONS_MAX];
};

/* Appends the canonical body, the bytes that are signed. Checks nothing of it; sticky errors of out. */
enum dg_err dg_certificate_encode(const struct dg_certificate *certificate, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes and checks form: canonical, names, the keys that the subject needs and no others, each of
 * them strong (DG_ERR_WEAK_KEY), distinct Ed25519 keys, not_before < not_after. */
enum dg_err dg_certificate_decode(struct dg_arena *arena, struct dg_bytes body, struct dg_certificate *ret,
                                  struct dg_fault *fault) DG_MUST_CHECK;
/* SHA-256 of the signed body. */
struct dg_cert_id dg_certificate_id(struct dg_bytes body);

/* Checks one link of a chain without its signatures: that issuer (NULL for a root unit) may have
 * issued certificate: same federation, issuer id, unit under parent, organ under its own unit, the
 * issuer a unit, validity within the issuer's at issue. issuer_id belongs to issuer.
 * DG_ERR_BAD_CHAIN. For a root unit, federation_key must be the issuer field. */
enum dg_err dg_certificate_link(const struct dg_certificate *certificate, const struct dg_certificate *issuer,
                                const struct dg_cert_id *issuer_id, const struct dg_key *federation_key,
                                struct dg_fault *fault) DG_MUST_CHECK;
/* How many possession signatures a certificate carries: one per Ed25519 key. A unit that was admitted by a
 * parent carries none: it showed possession in its enrolment request, over the parent's nonce. */
size_t dg_certificate_possessions(const struct dg_certificate *certificate);
/* Checks every signature of a certificate at once, here and now: the issuer's over the body, and
 * the possession signatures it must carry, in the order unit, log, cosigner, signing.
 * DG_ERR_BAD_SIGNATURE, DG_ERR_NO_POSSESSION. */
enum dg_err dg_certificate_verify(const struct dg_signed *sealed, const struct dg_certificate *certificate,
                                  const struct dg_key *issuer_key, struct dg_fault *fault) DG_MUST_CHECK;
/* The certificate's Ed25519 keys in that order; returns the count (at most 4). */
size_t dg_certificate_signing_keys(const struct dg_certificate *certificate, struct dg_key ret[static 4]);

struct dg_adoption {
    struct dg_bytes federation, unit, name;
    uint32_t serial;
    struct dg_hash regime;
    bool main;
    bool has_from, has_until;
    struct dg_day from, until;
    dg_ms signed_ms;
};

/* Appends the canonical body, the bytes that are signed. Checks nothing of it; sticky errors of out. */
enum dg_err dg_adoption_encode(const struct dg_adoption *adoption, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a body in canonical form and checks its fields; says nothing about the signature. What ret holds
 * lives in arena. */
enum dg_err dg_adoption_decode(struct dg_arena *arena, struct dg_bytes body, struct dg_adoption *ret,
                               struct dg_fault *fault) DG_MUST_CHECK;

/* Appends body and signatures in canonical form. Sticky errors of out. */
enum dg_err dg_signed_encode(const struct dg_signed *sealed, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes that form without looking into the body or checking a signature. What ret holds lives in arena. */
enum dg_err dg_signed_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_signed *ret,
                             struct dg_fault *fault) DG_MUST_CHECK;

struct dg_invitation {
    struct dg_bytes federation;
    struct dg_key federation_key;
    size_t chain_count;
    struct dg_signed *chain; /* the parent's unit certificates, root first */
    struct dg_bytes endpoint;
    struct dg_curve_key server_key;
    struct dg_seed secret; /* one-time CURVE secret: wipe after use */
    uint8_t id[16];
    struct dg_bytes unit, level, name;
    size_t regime_count;
    struct dg_hash *regime;
    dg_ms expires_ms;
};

/* One line, "donggui-invitation-1:" and base64url, without newline. */
enum dg_err dg_invitation_write(const struct dg_invitation *invitation, struct dg_buf *out) DG_MUST_CHECK;
/* Reads such a line; surrounding white space is ignored. DG_ERR_BAD_INVITATION. */
enum dg_err dg_invitation_read(struct dg_arena *arena, struct dg_bytes line, struct dg_invitation *ret,
                               struct dg_fault *fault) DG_MUST_CHECK;

#endif
