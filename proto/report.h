/* report.h - a report (R), its envelope and a state: the things organs sign.
 *
 * Memory:  decoded values borrow the arena; byte views point into it. Encoding writes to a buf.
 * Limits:  R <= DG_REPORT_MAX, envelope <= DG_ENVELOPE_MAX, lists as in limits.h; decoding takes at
 *          most DG_CANONICAL_BUDGET(wire) bytes of the arena.
 * Errors:  DG_ERR_MALFORMED, DG_ERR_TOO_LARGE, DG_ERR_TOO_COMPLEX, DG_ERR_NOT_CANONICAL,
 *          DG_ERR_BAD_TEXT, DG_ERR_UNSUPPORTED_VERSION, DG_ERR_BAD_DATE, DG_ERR_BAD_PERIOD.
 */
#ifndef DG_PROTO_REPORT_H
#define DG_PROTO_REPORT_H

#include "common/bytes.h"
#include "common/fault.h"
#include "common/id.h"
#include "common/when.h"

enum dg_urgency { DG_URGENCY_NORMAL = 1, DG_URGENCY_KHAN, DG_URGENCY_THUONG_KHAN, DG_URGENCY_HOA_TOC };

/* How a recipient gets a report; the order is the strength, strongest first. */
enum dg_as { DG_AS_TO = 1, DG_AS_COPY, DG_AS_OBSERVE, DG_AS_VIA };

/* "normal", "khan", "thuong-khan", "hoa-toc"; and back. */
const char *dg_urgency_name(enum dg_urgency urgency);
/* Reads exactly one of those names; false for anything else. */
bool dg_urgency_parse(struct dg_bytes text, enum dg_urgency *ret);
/* "to", "copy", "observe", "via"; and back. */
const char *dg_as_name(enum dg_as as);
/* Reads exactly one of those names; false for anything else. */
bool dg_as_parse(struct dg_bytes text, enum dg_as *ret);

struct dg_author {
    struct dg_bytes organ, unit; /* slugs */
    struct dg_cert_id certificate;
};

struct dg_indicator {
    struct dg_bytes name, value;
};
struct dg_extra {
    struct dg_bytes name, value;
};

struct dg_attachment {
    struct dg_bytes name;
    uint64_t size;
    struct dg_hash sha256;
    uint32_t chunk_size;
    struct dg_hash chunk_root;
};

struct dg_to_seq {
    struct dg_bytes unit;
    uint64_t seq;
};

struct dg_regime_use {
    struct dg_bytes unit;
    struct dg_hash regime;
    struct dg_hash adoption;
};

struct dg_recipient {
    struct dg_bytes organ, unit;
    enum dg_as as;
    struct dg_bytes through; /* organ@unit or empty */
    size_t rule_count;
    struct dg_bytes *rule;
    bool has_certificate;
    struct dg_cert_id certificate;
};

/* Why the author adds a recipient: the words in brackets on the list "Nơi nhận". */
struct dg_purpose {
    struct dg_bytes address; /* organ@unit, one of also_to */
    struct dg_bytes purpose;
};

struct dg_report {
    uint32_t version;
    struct dg_bytes federation;
    size_t author_count;
    struct dg_author *author;
    uint32_t epoch;
    struct dg_bytes kind, period, number, date, title;
    enum dg_urgency urgency;
    size_t matter_count;
    struct dg_bytes *matter;
    size_t also_to_count;
    struct dg_bytes *also_to;
    size_t source_count;
    struct dg_id *source;
    bool has_supersedes;
    struct dg_id supersedes;
    size_t indicator_count;
    struct dg_indicator *indicator;
    size_t extra_count;
    struct dg_extra *extra;
    struct dg_bytes body;
    size_t attachment_count;
    struct dg_attachment *attachment;
    size_t regime_count;
    struct dg_regime_use *regime;
    size_t recipient_count;
    struct dg_recipient *recipient;
    size_t to_seq_count;
    struct dg_to_seq *to_seq;
    dg_ms signed_ms;
    uint8_t salt[16];
    size_t purpose_count;
    struct dg_purpose *purpose;
    struct dg_bytes reply_by;   /* drafts: YYYY-MM-DD or empty */
    struct dg_bytes settles_on; /* notices: YYYY-MM-DD or empty */
};

struct dg_author_signature {
    uint32_t author;
    struct dg_sig sig;
};

struct dg_envelope {
    struct dg_bytes report; /* R, the exact bytes */
    size_t signature_count;
    struct dg_author_signature *signature;
};

/* Encodes R in its canonical form. Sticky errors of out. */
enum dg_err dg_report_encode(const struct dg_report *report, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes R: structure, canonical form, text, limits, a date and period that exist, author count
 * 1 to DG_AUTHORS_MAX, unique recipients. It says nothing about signatures or mandates. */
enum dg_err dg_report_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_report *ret,
                             struct dg_fault *fault) DG_MUST_CHECK;
/* Reads nothing but the authors of an R that does not decode, as it names them: who has signed these bytes can
 * then still be found out. ret has them alone. False when they cannot be read, or one stands there twice. */
bool dg_report_authors(struct dg_arena *arena, struct dg_bytes bytes, struct dg_report *ret);
/* SHA-256(R). */
struct dg_id dg_report_id(struct dg_bytes report);

/* Appends R and its signatures in canonical form. Checks nothing of them; sticky errors of out. */
enum dg_err dg_envelope_encode(const struct dg_envelope *envelope, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes an envelope: canonical, each signature's author unique and ascending, 64 bytes. Does not
 * look into R. */
enum dg_err dg_envelope_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_envelope *ret,
                               struct dg_fault *fault) DG_MUST_CHECK;

/* A draft: the author's part of a Report before the node completes it. Missing required fields are
 * encoded with neutral values; used on the control socket only. */
enum dg_err dg_draft_encode(const struct dg_report *draft, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a draft, which is held to less than R: any word is a kind, and the date may be empty. What ret
 * holds lives in arena. */
enum dg_err dg_draft_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_report *ret,
                            struct dg_fault *fault) DG_MUST_CHECK;

struct dg_state {
    struct dg_bytes federation;
    struct dg_id report;
    struct dg_bytes organ, unit;
    struct dg_cert_id certificate;
    uint32_t code; /* of proto/state_table.h */
    struct dg_bytes note;
    dg_ms signed_ms;
};

/* Appends the canonical form, the bytes that are signed. Checks nothing of it; sticky errors of out. */
enum dg_err dg_state_encode(const struct dg_state *state, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a state in canonical form and checks its fields; says nothing about the signature. What ret holds
 * lives in arena. */
enum dg_err dg_state_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_state *ret,
                            struct dg_fault *fault) DG_MUST_CHECK;

#endif
