/* trail_form.h - the one form a trail has: the order of its parts, and what a checkpoint may carry.
 *
 * The exporter arranges by these functions and the verifier compares with them, so that there is one
 * definition of the canonical order:
 *  - certificates and adoptions by depth of their unit (the root is 0), unit, kind (the unit's
 *    certificate, its organs', its adoptions), organ, serial: so an issuer comes before what it issued;
 *  - events by origin and index; checkpoints by origin and size;
 *  - a checkpoint has its log's signature line, then cosignatures by units of this trail, by name.
 */
#ifndef DG_NODE_AUDIT_TRAIL_FORM_H
#define DG_NODE_AUDIT_TRAIL_FORM_H

#include "common/note.h"
#include "proto/certificate.h"
#include "proto/trail.h"

/* For printf's %.*s. */
#define DG_SHOW(bytes) (int)(bytes).size, (const char *)(bytes).data

/* Where a certificate or adoption stands among its like. */
struct dg_member_rank {
    unsigned depth;
    struct dg_bytes unit;
    unsigned kind; /* 0 the unit's certificate, 1 an organ's, 2 an adoption */
    struct dg_bytes organ;
    uint32_t serial;
};

/* Orders by depth, unit, kind, organ and serial, so that an issuer comes before what it issued. */
int dg_member_rank_compare(const struct dg_member_rank *a, const struct dg_member_rank *b);
/* Orders leaves, and checkpoints, of logs: by origin, then by index or size. */
int dg_log_place_compare(struct dg_bytes origin_a, uint64_t a, struct dg_bytes origin_b, uint64_t b);

/* The slug of the unit whose log this is. False for what is no origin line. */
bool dg_origin_unit_slug(struct dg_bytes origin, struct dg_bytes *ret);
/* The first line of a note, which is the origin of a checkpoint. Empty when there is none. */
struct dg_bytes dg_note_first_line(struct dg_bytes note);

/* The key of a certified unit's log, by its origin. */
struct dg_verifier dg_log_verifier(const struct dg_certificate *unit);
/* The key by which a certified unit cosigns the logs of others. */
struct dg_verifier dg_cosigner_verifier(const struct dg_certificate *unit);

/* Writes the note with the lines that the trail can attribute and no others: the log's, then good
 * ones of the cosigners, which are ordered by name. DG_ERR_BAD_CHECKPOINT, DG_ERR_BAD_SIGNATURE when a
 * line of a known key does not verify, or out's. */
enum dg_err dg_checkpoint_trim(struct dg_bytes note, const struct dg_verifier *log, size_t cosigner_count,
                               const struct dg_verifier cosigner[], struct dg_buf *out) DG_MUST_CHECK;

/* True when no leaf of a log is proven twice in the trail. False also when the arena is spent. */
bool dg_trail_leaves_unique(const struct dg_trail *trail, struct dg_arena *arena);

#endif
