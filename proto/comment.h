/* comment.h - what a recipient says about a draft that was sent out for comment.
 *
 * Memory, limits and errors as in report.h.
 */
#ifndef DG_PROTO_COMMENT_H
#define DG_PROTO_COMMENT_H

#include "proto/report.h"

struct dg_comment {
    struct dg_bytes federation;
    struct dg_id report;
    struct dg_bytes organ, unit;
    struct dg_cert_id certificate;
    struct dg_bytes text; /* lines, 1 to DG_COMMENT_TEXT_MAX bytes */
    dg_ms signed_ms;
};

/* Appends the canonical form, the bytes that are signed. Checks nothing of it; sticky errors of out. */
enum dg_err dg_comment_encode(const struct dg_comment *comment, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a comment of at most DG_COMMENT_MAX bytes in canonical form and checks its fields; says nothing
 * about the signature. What ret holds lives in arena. */
enum dg_err dg_comment_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_comment *ret,
                              struct dg_fault *fault) DG_MUST_CHECK;

#endif
