/* calendar.h - what a superior's Ban Dân vận issues to the units below: calendars, reminders, findings.
 *
 * Source:  Điều 24.3 and 27 (binh-phuoc, ha-noi), 23.3 and 26 (huyen), 11.3 (tuyen-quang): it directs when
 * the dân vận system reports, follows the rest and chases what is late. Memory, limits and errors as in
 * report.h. All three are signed by the issuing organ's key over the canonical body, under the context named
 * beside each.
 */
#ifndef DG_PROTO_CALENDAR_H
#define DG_PROTO_CALENDAR_H

#include "common/bytes.h"
#include "common/fault.h"
#include "common/id.h"
#include "common/limits.h"
#include "common/when.h"
#include "proto/regime.h"

#define DG_CONTEXT_CALENDAR "donggui calendar v1"
#define DG_CONTEXT_REMINDER "donggui reminder v1"
#define DG_CONTEXT_ABSENCE "donggui absence v1"

/* Who signed, and when: the head of all three. */
struct dg_issuer {
    struct dg_bytes federation, organ, unit;
    struct dg_cert_id certificate;
    dg_ms signed_ms;
};

/* When every organ that a rule binds, at units of these levels, owes its report for a period. */
struct dg_calendar_entry {
    struct dg_bytes rule, period;
    struct dg_slugs level;       /* ascending; none: every level */
    struct dg_day first, cutoff; /* the window that the report covers */
    struct dg_day due;           /* the last day on which it is in time */
    struct dg_bytes replaced_by; /* the longer period whose report stands for this one; empty: it is owed */
};

struct dg_meeting {
    struct dg_bytes name;
    struct dg_day date;
    size_t participant_count;
    struct dg_bytes *participant; /* organ@unit, in the order in which they are invited; none twice */
};

struct dg_calendar {
    struct dg_issuer issuer;
    uint32_t serial; /* from 1 per organ and name; a higher one takes the place of a lower */
    struct dg_bytes name, title;
    struct dg_day from, until;  /* the due days it answers for */
    uint32_t remind_after_days; /* after the due day, until the first reminder; 0: none by itself */
    uint32_t remind_every_days; /* at least 1; all three at most DG_REMIND_MAX */
    uint32_t escalate_after;    /* reminders until the level above is told; 0: never */
    size_t entry_count, meeting_count;
    struct dg_calendar_entry *entry; /* by rule, period, levels; one per level at most */
    struct dg_meeting *meeting;      /* by date, name; no two alike */
};

/* Appends the canonical body. Sticky errors of out. */
enum dg_err dg_calendar_encode(const struct dg_calendar *calendar, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a body of at most DG_CALENDAR_MAX bytes in canonical form and checks its fields: first <= cutoff <=
 * due within from and until, known periods and levels, the order of the lists, a replaced_by that contains
 * its period. What ret holds lives in arena. */
enum dg_err dg_calendar_decode(struct dg_arena *arena, struct dg_bytes body, struct dg_calendar *ret,
                               struct dg_fault *fault) DG_MUST_CHECK;

/* Whose duty for which rule and period: what reminders and findings are about. */
struct dg_duty_name {
    struct dg_bytes organ, unit; /* the owner */
    struct dg_bytes rule, period;
    struct dg_day due;
    struct dg_hash calendar; /* SHA-256 of the calendar's body */
};

struct dg_reminder {
    struct dg_issuer issuer;
    struct dg_duty_name duty;
    uint32_t count; /* the n-th about this duty, from 1 */
    bool escalated; /* the level above the issuer is told as well */
    struct dg_bytes note;
};

/* Appends the canonical body. Sticky errors of out. */
enum dg_err dg_reminder_encode(const struct dg_reminder *reminder, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes and checks it; what ret holds lives in arena. */
enum dg_err dg_reminder_decode(struct dg_arena *arena, struct dg_bytes body, struct dg_reminder *ret,
                               struct dg_fault *fault) DG_MUST_CHECK;

enum dg_finding {
    DG_FINDING_MISSING = 1, /* nothing was received up to the log sizes named */
    DG_FINDING_EXCUSED,     /* nobody owes it any more */
    DG_FINDING_NOTHING,     /* there was nothing to report */
    DG_FINDING_EXTENDED,    /* it is due on a later day */
    DG_FINDING_LATE,        /* it came after all */
    DG_FINDING_COUNT
};

struct dg_tree_head {
    struct dg_bytes origin;
    uint64_t size;
    struct dg_hash root;
};

struct dg_absence {
    struct dg_issuer issuer;
    struct dg_duty_name duty;
    enum dg_finding finding;
    struct dg_day until; /* extended: the new last day */
    struct dg_tree_head before,
        after; /* missing, late: the finder's log at the end of the due day, and now */
    size_t reminder_count;
    struct dg_hash *reminder; /* missing, late: SHA-256 of each reminder's body that was sent */
    struct dg_id report;      /* late: what came */
    uint32_t days;            /* late: by so many */
    struct dg_bytes note;
};

/* Appends the canonical body. Sticky errors of out. */
enum dg_err dg_absence_encode(const struct dg_absence *absence, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes and checks it: each finding has exactly its fields. What ret holds lives in arena. */
enum dg_err dg_absence_decode(struct dg_arena *arena, struct dg_bytes body, struct dg_absence *ret,
                              struct dg_fault *fault) DG_MUST_CHECK;
/* "missing", "excused", "nothing-to-report", "extended", "late": the decision line of its leaf. NULL for an
 * unknown one. */
const char *dg_finding_name(enum dg_finding finding);

#endif
