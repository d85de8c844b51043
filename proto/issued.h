/* issued.h - calendars, reminders and findings as one: what they have in common on their way and in a log.
 *
 * Memory and errors as in report.h.
 */
#ifndef DG_PROTO_ISSUED_H
#define DG_PROTO_ISSUED_H

#include "proto/calendar.h"
#include "proto/frame.h"
#include "proto/leaf.h"

/* One of the three kinds, decoded. */
struct dg_issued {
    enum dg_record_kind kind;
    struct dg_bytes body;
    struct dg_hash hash; /* SHA-256 of body */
    struct dg_issuer issuer;
    const struct dg_duty_name *duty; /* of reminder or absence; NULL: a calendar */
    union {
        struct dg_calendar calendar;
        struct dg_reminder reminder;
        struct dg_absence absence;
    } is;
};

/* True for the kinds of this page. */
bool dg_issued_kind(enum dg_record_kind kind);
/* The context that a kind is signed under. */
const char *dg_issued_context(enum dg_record_kind kind);
/* Decodes a body of that kind into *ret, which must stay where it is: duty points into it. Errors of the
 * three decoders. */
enum dg_err dg_issued_decode(struct dg_arena *arena, enum dg_record_kind kind, struct dg_bytes body,
                             struct dg_issued *ret, struct dg_fault *fault) DG_MUST_CHECK;
/* The leaf that puts it on record, all but time and beacon. In arena; false when that is spent. */
bool dg_issued_leaf(struct dg_arena *arena, const struct dg_issued *issued, struct dg_leaf *ret);
/* True when leaf, which was parsed, says exactly what issued says. False also when the arena is spent. */
bool dg_issued_is_leaf(struct dg_arena *arena, const struct dg_issued *issued, const struct dg_leaf *leaf);

#endif
