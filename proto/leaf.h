/* leaf.h - the lines of a log leaf; the grammar stands in LOG.md.
 *
 * A leaf is text, at most DG_LEAF_MAX bytes, every line ended by LF, first the time, then what
 * happened. It never contains a report's content.
 * Memory:  a parsed leaf borrows the arena and the text.
 */
#ifndef DG_PROTO_LEAF_H
#define DG_PROTO_LEAF_H

#include "common/bytes.h"
#include "common/fault.h"
#include "common/id.h"
#include "common/limits.h"
#include "common/when.h"
#include "proto/pass.h"
#include "proto/report.h"

/* X(name in text, enum suffix): what a leaf is about, by its second line. */
#define DG_LEAF_KINDS(X)                                                                                     \
    X("report", REPORT)           /* a report was accepted, rejected or quarantined here */                  \
    X("state", STATE)             /* an organ of this node set a report's state */                           \
    X("certificate", CERTIFICATE) /* this unit certified a child or an organ */                              \
    X("adoption", ADOPTION)       /* this unit adopted a regime */                                           \
    X("invitation", INVITATION)   /* this unit invited a child */                                            \
    X("checkpoint", CHECKPOINT)   /* the parent's checkpoint, as this node first stored it */                \
    X("revocation", REVOCATION)                                                                              \
    X("move", MOVE)                                                                                          \
    X("calendar", CALENDAR) /* an organ of this unit set when reports are due */                             \
    X("reminder", REMINDER) /* an organ of this unit reminded somebody of a duty */                          \
    X("pass", PASS)         /* a via organ of this node let a report pass, or did not */                     \
    X("void", VOID)         /* an organ of this node took a joint draft back */                              \
    X("exception", EXCEPTION)                                                                                \
    X("absence", ABSENCE) /* an organ of this unit found how a duty stands */                                \
    X("rewind", REWIND)                                                                                      \
    X("epoch-closed", EPOCH_CLOSED)                                                                          \
    X("witness", WITNESS)                                                                                    \
    X("audit", AUDIT)                                                                                        \
    X("comment", COMMENT) /* an organ of this node commented on a draft */

enum dg_leaf_kind {
#define X(text, name) DG_LEAF_##name,
    DG_LEAF_KINDS(X)
#undef X
        DG_LEAF_KIND_COUNT
};

enum dg_verdict { DG_VERDICT_ACCEPTED = 1, DG_VERDICT_REJECTED, DG_VERDICT_QUARANTINED };

struct dg_leaf_author {
    struct dg_bytes organ, unit;
    struct dg_key key;
};

struct dg_leaf_delivery {
    struct dg_bytes organ, unit;
    enum dg_as as;
    struct dg_bytes through; /* organ@unit or empty */
    size_t rule_count;
    struct dg_bytes *rule; /* none: the author's own addition */
};

struct dg_leaf {
    dg_ms time;
    enum dg_leaf_kind kind;
    /* report */
    struct dg_id report; /* also of a state, pass, void and comment */
    size_t author_count;
    struct dg_leaf_author *author;
    size_t regime_count;
    struct dg_hash *regime; /* also the one of an adoption */
    enum dg_verdict verdict;
    struct dg_bytes code; /* of a rejected or quarantined report */
    size_t flag_count;
    struct dg_bytes *flag; /* e.g. "stale-date", "added" */
    size_t delivery_count;
    struct dg_leaf_delivery *delivery;
    size_t unresolved_count;
    struct dg_leaf_delivery *unresolved;
    /* state, certificate, adoption, invitation, and every kind that holds one signed or hashed thing */
    struct dg_bytes organ, unit; /* whose */
    struct dg_hash object;       /* SHA-256 of the signed body (or invitation id) that it names */
    uint32_t state;              /* state: the code */
    enum dg_decision decision;   /* pass */
    struct dg_id into;           /* pass: the report that consolidates it */
    bool has_members;            /* a certificate always has them */
    struct dg_hash members;      /* certificate: hash of the issuer's live certificates */
    /* calendar, reminder, absence; object is the signed body */
    uint64_t number;              /* calendar: the serial; reminder: the n-th about this duty */
    struct dg_day from, until;    /* calendar: the due days it answers for */
    bool has_until;               /* always, as this version writes it */
    size_t to_count;              /* reminder: whom it goes to, 1 to DG_RECIPIENTS_MAX */
    struct dg_bytes *to;          /* organ@unit, each once */
    struct dg_bytes rule, period; /* reminder, absence: the duty */
    struct dg_bytes finding;      /* absence: a slug, such as "missing" */
    /* checkpoint, and the beacon of every other leaf */
    bool has_beacon; /* false: beacon none */
    struct dg_bytes beacon_origin;
    uint64_t beacon_size;
    struct dg_hash beacon_root;
    /* kinds whose meaning a later version gives: their lines between the second and the beacon */
    struct dg_bytes rest;
};

enum { DG_LEAF_FLAGS_MAX = 16, DG_LEAF_CODE_MAX = 31 };

/* Appends the one canonical text of leaf to out; lists keep their order. A leaf that breaks the
 * grammar (an author, regime, flag or delivery twice, a word that is none) is the caller's mistake
 * and asserts. DG_ERR_TOO_LARGE beyond DG_LEAF_MAX, leaving out as it was, or out's own. */
enum dg_err dg_leaf_write(const struct dg_leaf *leaf, struct dg_buf *out) DG_MUST_CHECK;
/* Parses strictly: what parses, writes back to the same bytes. DG_ERR_BAD_LEAF, or DG_ERR_NO_MEMORY. */
enum dg_err dg_leaf_parse(struct dg_arena *arena, struct dg_bytes text, struct dg_leaf *ret,
                          struct dg_fault *fault) DG_MUST_CHECK;
/* The word that begins the second line of a leaf of this kind. */
const char *dg_leaf_kind_name(enum dg_leaf_kind kind);
/* "accepted", "rejected", "quarantined". */
const char *dg_verdict_name(enum dg_verdict verdict);

#endif
