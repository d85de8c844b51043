/* ctl.h - requests to the daemon over its control socket, and their replies.
 *
 * Memory as in report.h. The socket carries a 4-byte big-endian length, then one message.
 */
#ifndef DG_PROTO_CTL_H
#define DG_PROTO_CTL_H

#include "proto/report.h"

/* What can be asked for: X(name, field of CtlRequest). proto/ctl.c has write_field and read_field for each,
 * node/core/control.c a row that says who does it. */
#define DG_CTL_VERBS(X)                                                                                      \
    X(PUSH, push)           /* from this unit a new report goes out, or a joint draft begins */              \
    X(MARK, mark)           /* an organ says what state a report is in */                                    \
    X(INVITE, invite)       /* a unit below may join */                                                      \
    X(QUEUE, queue)         /* what waits of a report is sent again, held or released */                     \
    X(STATUS, status)       /* how the node and its links are */                                             \
    X(PASS, pass)           /* a via organ passes a report on, or returns it */                              \
    X(JOINT, joint)         /* a further signer signs a draft, or withdraws it */                            \
    X(COMMENT, comment)     /* a recipient comments on a draft */                                            \
    X(ADOPT, adopt)         /* the unit adopts a regime */                                                   \
    X(CALENDAR, calendar)   /* a calendar is issued */                                                       \
    X(EXCUSE, excuse)       /* a duty is excused, or its last day moved */                                   \
    X(REMIND, remind)       /* a reminder by hand */                                                         \
    X(CERTIFY, certify)     /* that nothing was received */                                                  \
    X(RECALL, recall)       /* an author asks for a report back */                                           \
    X(FETCH, fetch)         /* missing sources are asked for below */                                        \
    X(ATTENTION, attention) /* an organ has looked at what waits for a person */                             \
    X(CARRY, carry)         /* a file of a bundle is handed in */                                            \
    X(UNIT, unit)           /* an officer decides about a unit below */                                      \
    X(WHY, why)             /* what is on its way, and what is tried again when */                           \
    X(ATTACH, attach)       /* a file is taken in, to be attached */                                         \
    X(RESUME, resume)       /* a restored node waits no longer for somebody */

enum dg_ctl_verb {
    DG_CTL_NONE,
#define X(name, field) DG_CTL_##name,
    DG_CTL_VERBS(X)
#undef X
        DG_CTL_VERB_COUNT
};
enum dg_joint_action { DG_JOINT_SIGN = 1, DG_JOINT_WITHDRAW };
enum dg_queue_action { DG_QUEUE_RETRY = 1, DG_QUEUE_HOLD, DG_QUEUE_RELEASE };

struct dg_ctl_request {
    enum dg_ctl_verb verb;
    bool dry_run;
    struct dg_bytes organ;  /* who acts: slug */
    struct dg_bytes draft;  /* push: dg_draft_encode; calendar: dg_calendar_encode */
    struct dg_bytes report; /* mark, queue, pass, fetch, recall, why: id or prefix in hex, as typed */
    uint32_t code;          /* mark */
    struct dg_bytes note;   /* mark, pass, recall, excuse, remind, certify, resume */
    struct dg_bytes unit, level, name; /* invite; resume: unit, who is not waited for any longer */
    size_t regime_count;
    struct dg_bytes *regime;     /* invite, adopt (one): compiled */
    bool additional;             /* adopt: beside the main regime */
    bool has_until;              /* adopt, excuse */
    struct dg_day from, until;   /* adopt: first and last day; excuse: the new last day */
    int64_t for_ms;              /* invite: validity */
    enum dg_queue_action action; /* queue */
    bool back;                   /* pass: return the report to its author */
    size_t with_count;           /* push: slugs of further signers; joint and comment use organ and report */
    struct dg_bytes *with;
    enum dg_joint_action joint; /* joint */
    struct dg_bytes text;       /* comment; carry: the file */
    /* excuse, remind, certify: whose duty; excuse: what is decided, an enum dg_finding, and until when */
    struct dg_bytes owner, rule, period;
    uint32_t decision;
    size_t number_count; /* attention: which ones */
    uint64_t *number;
    bool all;                        /* attention: whatever waits */
    struct dg_attachment attachment; /* attach: all but the name */
    struct dg_bytes file;            /* attach: where it lies, a name in DIR/attachments/tmp */
};

struct dg_ctl_link {
    struct dg_bytes unit;
    bool up, connected;
    dg_ms since_ms;  /* of the present condition; 0 unknown */
    int64_t skew_ms; /* their clock minus ours */
    uint32_t tries;  /* why: since the line fell, or since something was put off on it */
    dg_ms next_ms;   /* why: and when it is tried again; 0: that is not known */
};

/* A row of the outbox that was sent and is not yet answered. */
struct dg_ctl_flight {
    struct dg_bytes unit; /* to this neighbour */
    uint32_t lane;        /* an enum dg_lane */
    uint64_t seq;
    uint32_t tries; /* so often on this connection */
    dg_ms next_ms;  /* it is sent again then */
};

/* A duty that a pushed report meets. */
struct dg_ctl_met {
    struct dg_bytes owner, rule, period;
    struct dg_day due;
    bool late;
};

/* What became of a file of a bundle, by the things in it. */
struct dg_ctl_carried {
    uint64_t fresh, known; /* news here; not */
    uint64_t later;        /* cannot be judged yet: hand the file in once more */
    uint64_t refused;
};

enum { DG_CTL_WARNINGS_MAX = 32, DG_CTL_REASONS_MAX = 32, DG_CTL_MET_MAX = 32 };
enum { DG_CTL_FLIGHTS_MAX = 8192 }; /* of all links; what is beyond is not told */

struct dg_ctl_reply {
    struct dg_fault fault; /* err DG_OK: done */
    bool has_id;
    struct dg_id id;
    struct dg_bytes text;
    size_t link_count;
    struct dg_ctl_link *link;
    struct dg_bytes state; /* status: OK, DEGRADED, DOWN */
    size_t reason_count;
    struct dg_bytes *reason; /* status: stable words such as UPLINK_DOWN */
    size_t warning_count;
    struct dg_fault *warning;
    size_t met_count; /* push */
    struct dg_ctl_met *met;
    bool has_carried; /* carry */
    struct dg_ctl_carried carried;
    size_t flight_count; /* why */
    struct dg_ctl_flight *flight;
};

/* Appends the request as the control socket carries it. Sticky errors of out. */
enum dg_err dg_ctl_request_encode(const struct dg_ctl_request *request, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a request of at most DG_CTL_MSG_MAX bytes. What ret holds lives in arena. */
enum dg_err dg_ctl_request_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_ctl_request *ret,
                                  struct dg_fault *fault) DG_MUST_CHECK;
/* Appends the reply as the control socket carries it. Sticky errors of out. */
enum dg_err dg_ctl_reply_encode(const struct dg_ctl_reply *reply, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a reply of at most DG_CTL_MSG_MAX bytes. What ret holds lives in arena. */
enum dg_err dg_ctl_reply_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_ctl_reply *ret,
                                struct dg_fault *fault) DG_MUST_CHECK;

#endif
