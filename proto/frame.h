/* frame.h - one message on a link, decoded. PROTOCOL.md says who sends what when.
 *
 * Memory:  a decoded frame borrows the arena: DG_CANONICAL_BUDGET(wire) and 256 KiB at most for itself,
 *          three such budgets for what its parcels hold, and what one parcel may take beyond them; wire
 *          counts what is packed at its full size, which is DG_FRAME_MAX at most for all parcels.
 *          Encoding writes to a buf bounded by DG_FRAME_MAX.
 * Errors:  DG_ERR_MALFORMED, DG_ERR_TOO_LARGE, DG_ERR_TOO_COMPLEX, DG_ERR_UNSUPPORTED_VERSION. A frame
 *          is unsigned and need not be canonical, but has no unknown fields. One bad parcel does not
 *          spoil the frame: its own err says what is wrong with it.
 */
#ifndef DG_PROTO_FRAME_H
#define DG_PROTO_FRAME_H

#include "common/merkle.h"
#include "proto/certificate.h"
#include "proto/report.h"

enum dg_lane { DG_LANE_CONTROL = 0, DG_LANE_URGENT = 1, DG_LANE_NORMAL = 2, DG_LANE_BULK = 3, DG_LANE_COUNT };

enum dg_record_kind {
    DG_RECORD_RECEIPT = 1,
    DG_RECORD_STATE = 2,
    DG_RECORD_CERTIFICATE = 3,
    DG_RECORD_ADOPTION = 4,
    DG_RECORD_PASS = 5,
    DG_RECORD_COMMENT = 6,
    DG_RECORD_WANT = 11,   /* the parent asks for the source of a report that it was given */
    DG_RECORD_SOURCE = 12, /* such a source, or why it cannot be had */
    DG_RECORD_CALENDAR = 7,
    DG_RECORD_REMINDER = 8,
    DG_RECORD_ABSENCE = 10,
    DG_RECORD_VOID = 16, /* a joint draft was taken back: its numbers will never come */
};

struct dg_hello {
    struct dg_bytes federation, unit;
    struct dg_cert_id certificate;
    uint32_t lane;
    uint64_t boot;
    uint8_t nonce[16];
    uint64_t log_size;
    uint32_t frame_max;
    dg_ms clock_ms;
    bool restored; /* the caller knows that its log was longer once */
};

struct dg_welcome {
    struct dg_bytes unit;
    struct dg_cert_id certificate;
    uint64_t log_size;
    uint32_t frame_max;
    dg_ms clock_ms;
};

struct dg_refused {
    struct dg_bytes code, detail;
    uint64_t boot; /* OLD_BOOT: the highest boot counter that was seen; else 0 */
};
struct dg_beat {
    uint64_t number;
    dg_ms clock_ms;
};

struct dg_credit {
    uint32_t items;
    uint64_t bytes; /* 0: no limit of that kind */
};

struct dg_enrol_request {
    uint8_t invitation[16];
    struct dg_hash nonce;
    struct dg_bytes unit;
    struct dg_keys keys;
    struct dg_bytes endpoint;
    size_t possession_count;
    struct dg_sig possession[4];
    struct dg_bytes message; /* out of decode: the bytes possession signs */
};

struct dg_record {
    uint64_t tag;
    enum dg_record_kind kind;
    bool has_signed;
    struct dg_signed sealed;
    struct dg_bytes leaf; /* empty when there is none */
    uint64_t index;
    struct dg_proof proof;
    bool has_checkpoint;
    uint32_t checkpoint; /* index into the frame's checkpoints, checked */
    bool has_report;
    struct dg_id report;
    struct dg_bytes regime;
    bool has_by;
    struct dg_id by;          /* want: the report that names the wanted one as its source */
    struct dg_bytes envelope; /* source */
    struct dg_bytes code;     /* source: why there is none */
};

/* Watches over the handling of what strangers sent, so that what ends the process twice is not touched a
 * third time (node/shell/guard.h). enter says whether it may be handled; leave that this part of it is over,
 * done that all of it is. */
struct dg_guard {
    void *ctx;
    bool (*enter)(void *ctx, const struct dg_hash *what);
    void (*leave)(void *ctx, bool done);
};

struct dg_parcel {
    uint64_t tag;
    struct dg_bytes packed;         /* how it travels and is kept (common/pack.h); empty: as it is */
    struct dg_bytes envelope_bytes; /* as it is; to encode, only when packed is empty */
    /* Out of decode; when err is set those below it are not to be used. */
    struct dg_hash handle; /* SHA-256 of the envelope as it travels; only when there was a guard */
    enum dg_err err;
    struct dg_fault fault;
    struct dg_envelope envelope;
    struct dg_report report;
    struct dg_id id;
    /* With err set: R itself is bad, but envelope, id and the authors in report can be used. */
    bool has_authors;
};

struct dg_answer {
    uint64_t tag;
    struct dg_bytes code, detail;
    uint32_t retry_after_ms;
};

/* A run of chunks of an attachment. */
struct dg_run {
    uint32_t first, count;
};

struct dg_offer {
    struct dg_hash content; /* dg_attachment_content */
};

struct dg_standing {
    struct dg_hash content;
    bool whole;
    size_t missing_count, taken_count;
    struct dg_run *missing, *taken;
    struct dg_bytes code, detail; /* empty: it is wanted, or whole */
};

struct dg_piece {
    struct dg_hash content;
    struct dg_run run;
    struct dg_bytes data; /* as it travels */
    bool packed;
    struct dg_proof proof;
    bool stored; /* the receiver's own note: it is durable in its file */
};

/* A node that lost a part of its log asks its neighbours. */
struct dg_restore_ask {
    uint64_t size;   /* leaves it has */
    bool has_replay; /* its log is complete, and it asks for what the leaves from `replay` on are about */
    uint64_t replay;
    dg_ms since_ms; /* when it noticed: tells one restore from the next */
};

/* The answer; the newest checkpoint that is held of the asker's log is the frame's. */
struct dg_restore_told {
    bool replayed; /* all that is held here of what it lost has been given back */
};

/* Leaves of a log, in order; the last of the frame's checkpoints confirms them. */
struct dg_mirror {
    uint64_t first;
    size_t leaf_count;
    struct dg_bytes *leaf;
};

struct dg_enrol_grant {
    struct dg_record certificate;
    size_t directory_count;
    struct dg_record *directory;
    size_t regime_count;
    struct dg_bytes *regime;
    size_t checkpoint_count;
    struct dg_bytes *checkpoint;
};

struct dg_frame {
    struct dg_hello *hello; /* NULL when absent, so the next ones */
    struct dg_welcome *welcome;
    struct dg_refused *refused;
    struct dg_beat *ping, *pong;
    const struct dg_credit *credit;
    const uint8_t *enrol_hello; /* 16 bytes: the invitation id */
    const struct dg_hash *enrol_challenge;
    struct dg_enrol_request *enrol_request;
    struct dg_enrol_grant *enrol_grant;
    struct dg_restore_ask *ask;
    struct dg_restore_told *told;
    struct dg_mirror *mirror;
    const uint64_t *mirrored; /* so many leaves of the receiver's log are mirrored at the sender */
    size_t checkpoint_count, parcel_count, record_count, answer_count, acked_count;
    struct dg_bytes *checkpoint;
    struct dg_parcel *parcel;
    struct dg_record *record;
    struct dg_answer *answer;
    uint64_t *acked;
    size_t offer_count, standing_count, piece_count;
    struct dg_offer *offer;
    struct dg_standing *standing;
    struct dg_piece *piece;
};

/* Appends the frame as it is sent. Checks nothing of it; sticky errors of out. */
enum dg_err dg_frame_encode(const struct dg_frame *frame, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a frame of at most DG_FRAME_MAX bytes and opens its parcels, each of which carries its own error.
 * What ret holds lives in arena. guard watches over each parcel and may be NULL; one that it refuses is not
 * looked into (DG_ERR_CRASHED). */
enum dg_err dg_frame_open(struct dg_arena *arena, struct dg_bytes bytes, const struct dg_guard *guard,
                          struct dg_frame *ret, struct dg_fault *fault) DG_MUST_CHECK;
/* The same without a guard. */
enum dg_err dg_frame_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_frame *ret,
                            struct dg_fault *fault) DG_MUST_CHECK;
/* The message of an enrolment request that its possession signatures cover. */
enum dg_err dg_enrol_message(const struct dg_enrol_request *request, struct dg_buf *out) DG_MUST_CHECK;
/* A record by itself, as stored in DIRECTORY and CUSTODY: checkpoint index kept as given. */
enum dg_err dg_record_encode(const struct dg_record *record, struct dg_buf *out) DG_MUST_CHECK;
/* Reads it back; what ret holds lives in arena. */
enum dg_err dg_record_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_record *ret,
                             struct dg_fault *fault) DG_MUST_CHECK;

#endif
