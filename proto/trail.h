/* trail.h - the .trail file: everything needed to verify one report offline.
 *
 * One canonical form: a message of donggui.proto, canonical, every part used exactly once, parts in
 * a fixed order. Memory, errors as in report.h.
 */
#ifndef DG_PROTO_TRAIL_H
#define DG_PROTO_TRAIL_H

#include "common/merkle.h"
#include "proto/certificate.h"

enum {
    DG_TRAIL_ENTRIES_MAX = 8192, /* members, or events: 16 states of each of 512 recipients */
    DG_TRAIL_CHECKPOINTS_MAX = 4096,
    DG_TRAIL_REGIMES_MAX = DG_REGIMES_PER_REPORT_MAX,
};

/* A leaf proven to be in a log, and the signed thing it names. */
struct dg_entry {
    struct dg_bytes origin;
    uint64_t index;
    struct dg_bytes leaf;
    struct dg_proof proof;
    uint32_t checkpoint; /* index into the trail's checkpoints, checked */
    bool has_signed;
    struct dg_signed sealed;
};

struct dg_trail {
    struct dg_bytes envelope;
    size_t root_count;
    struct dg_signed *root; /* the root unit's certificates */
    size_t checkpoint_count;
    struct dg_bytes *checkpoint;
    size_t membership_count, event_count;
    struct dg_entry *membership; /* certificates and adoptions, issuers before what they issued */
    struct dg_entry *event;      /* receipts and states */
    size_t regime_count;
    struct dg_bytes *regime; /* compiled, ordered by hash */
    struct dg_cert_id exporter;
    dg_ms exported_ms;
    bool has_seal;
    struct dg_sig seal;
};

/* With seal left out when has_seal is false: those bytes are what the seal signs. */
enum dg_err dg_trail_encode(const struct dg_trail *trail, struct dg_buf *out) DG_MUST_CHECK;
/* Form only: canonical, bounded, checkpoint indexes in range, a seal present. */
enum dg_err dg_trail_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_trail *ret,
                            struct dg_fault *fault) DG_MUST_CHECK;

#endif
