/* absence_file.h - the .absence file: everything needed to verify offline that a report is missing or was
 * late.
 *
 * One canonical form, as for a trail; its parts are those of a trail and two consistency proofs. Memory,
 * errors as in report.h.
 */
#ifndef DG_PROTO_ABSENCE_FILE_H
#define DG_PROTO_ABSENCE_FILE_H

#include "proto/calendar.h"
#include "proto/trail.h"

#define DG_CONTEXT_ABSENCE_FILE "donggui absence file v1"

struct dg_absence_file {
    struct dg_trail parts; /* its envelope is empty unless the finding is that a report was late */
    struct dg_proof grown; /* that the log of the finding's `before` is a prefix of that of its `after` */
    struct dg_proof now;   /* and that one of the finder's checkpoint */
};

/* With seal left out when has_seal is false: those bytes are what the seal signs. */
enum dg_err dg_absence_file_encode(const struct dg_absence_file *file, struct dg_buf *out) DG_MUST_CHECK;
/* Form only: canonical, bounded, checkpoint indexes in range, a seal present. */
enum dg_err dg_absence_file_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_absence_file *ret,
                                   struct dg_fault *fault) DG_MUST_CHECK;
/* True when bytes begin as an absence file does, whatever follows. */
bool dg_absence_file_is(struct dg_bytes bytes);

#endif
