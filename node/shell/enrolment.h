/* enrolment.h - asking the parent for membership: the joining side of PROTOCOL.md's enrolment.
 *
 * The invitation's one-time secret opens the door; what admits is the request, signed by every new
 * key over the parent's nonce. Nothing is stored here, so an enrolment can be asked for again.
 */
#ifndef DG_NODE_SHELL_ENROLMENT_H
#define DG_NODE_SHELL_ENROLMENT_H

#include "common/crypto.h"
#include "common/fault.h"
#include "proto/frame.h"

struct dg_enrolment {
    const struct dg_invitation *invitation;
    const struct dg_keys *keys;     /* unit, log, cosigner, transport */
    struct dg_bytes endpoint;       /* where the new unit will listen; empty: nowhere */
    const struct dg_signer *signer; /* holds the keys */
};

/* Asks the parent until it grants or refuses, at most seconds long. The grant lives in arena and is
 * not verified yet. What a parent refuses for good is returned with its code; DG_ERR_RETRY_LATER when it
 * did not answer in time or said so, DG_ERR_NETWORK. */
enum dg_err dg_enrol(const struct dg_enrolment *enrolment, int seconds, struct dg_arena *arena,
                     struct dg_enrol_grant *ret, struct dg_fault *fault) DG_MUST_CHECK;

#endif
