/* joint.h - what an organ signs to take a joint draft back before everybody has signed it.
 *
 * Memory, limits and errors as in report.h.
 */
#ifndef DG_PROTO_JOINT_H
#define DG_PROTO_JOINT_H

#include "proto/report.h"

struct dg_void {
    struct dg_bytes federation;
    struct dg_id report; /* the draft's id */
    struct dg_bytes organ, unit;
    struct dg_cert_id certificate;
    size_t to_seq_count; /* the numbers that the draft had taken: a gap that this record explains */
    struct dg_to_seq *to_seq;
    dg_ms signed_ms;
    uint32_t epoch; /* of the log in which the draft was numbered; 0: that of the log with the leaf */
};

/* Appends the canonical form, the bytes that are signed. Checks nothing of it; sticky errors of out. */
enum dg_err dg_void_encode(const struct dg_void *voided, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a void of at most DG_VOID_MAX bytes in canonical form and checks its fields; says nothing about the
 * signature. What ret holds lives in arena. */
enum dg_err dg_void_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_void *ret,
                           struct dg_fault *fault) DG_MUST_CHECK;

#endif
