/* pass.h - a via organ's signed word on a report that waits in its mailbox, and who waits for whom.
 *
 * Memory, limits and errors as in report.h.
 */
#ifndef DG_PROTO_PASS_H
#define DG_PROTO_PASS_H

#include "proto/report.h"

/* What a via organ may do with a report, once and for good. */
enum dg_decision { DG_DECISION_PASSED = 1, DG_DECISION_RETURNED, DG_DECISION_CONSOLIDATED };

/* "passed", "returned", "consolidated"; NULL for anything else. */
const char *dg_decision_name(uint32_t decision);
/* Reads exactly one of those names; false for anything else. */
bool dg_decision_parse(struct dg_bytes text, enum dg_decision *ret);

struct dg_pass {
    struct dg_bytes federation;
    struct dg_id report;         /* the one that waits */
    struct dg_bytes organ, unit; /* the via organ that decides */
    struct dg_cert_id certificate;
    enum dg_decision decision;
    struct dg_id into; /* consolidated: the report that took it in; else zero */
    bool covers;       /* consolidated: it goes to everybody who waits for the organ; else false */
    struct dg_bytes note;
    dg_ms signed_ms;
};

/* Appends the canonical form, the bytes that are signed. Checks nothing of it; sticky errors of out. */
enum dg_err dg_pass_encode(const struct dg_pass *pass, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a pass in canonical form and checks its fields: a consolidated one names the report that took it
 * in, no other does. Says nothing about the signature. What ret holds lives in arena. */
enum dg_err dg_pass_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_pass *ret,
                           struct dg_fault *fault) DG_MUST_CHECK;

/* An organ that recipients of a report wait for. */
struct dg_via {
    struct dg_bytes organ, unit;
    bool is_recipient; /* named as a recipient too, and has its row and leaf line as that */
    size_t rule_count; /* of those who wait for it, each once, at most DG_RULES_PER_RECIPIENT_MAX */
    struct dg_bytes *rule;
};

/* Lists the via organs of a report in the order in which its recipients name them. The list lives in arena
 * and borrows report. DG_ERR_NO_MEMORY. */
enum dg_err dg_report_vias(struct dg_arena *arena, const struct dg_report *report, size_t *ret_count,
                           struct dg_via **ret) DG_MUST_CHECK;
/* True when a decision opens the report to those who waited: it was passed on, or consolidated into one that
 * some of them do not get. What they are owed must not vanish between the two. */
bool dg_pass_opens(const struct dg_pass *pass);
/* Lists the units that must get a report, each once: those of its recipients, then of its via organs. The
 * list lives in arena and borrows report. DG_ERR_NO_MEMORY. */
enum dg_err dg_report_units(struct dg_arena *arena, const struct dg_report *report, size_t *ret_count,
                            struct dg_bytes **ret) DG_MUST_CHECK;
/* True when recipient waits for organ@unit. */
bool dg_recipient_waits_for(const struct dg_recipient *recipient, struct dg_bytes organ,
                            struct dg_bytes unit);
/* True when any recipient of report waits for organ@unit. */
bool dg_report_goes_through(const struct dg_report *report, struct dg_bytes organ, struct dg_bytes unit);

#endif
