/* issued_impl.h - how calendars, reminders and findings are made, taken and passed on.
 *
 * Private to node/core. Memory: everything lives in txn's arena unless said otherwise.
 */
#ifndef DG_NODE_CORE_ISSUED_IMPL_H
#define DG_NODE_CORE_ISSUED_IMPL_H

#include "node/core/issued.h"
#include "node/core/node_impl.h"
#include "proto/issued.h"

/* ---- rows ---- */
/* A calendar's key: issuer, name, serial. */
struct dg_row_key dg_key_calendar(const struct dg_issuer *issuer, struct dg_bytes name, uint32_t serial);
/* The prefix of everything of that kind about a duty. */
struct dg_row_key dg_key_about(enum dg_record_kind kind, const struct dg_duty_name *duty);
/* A reminder's or finding's key: duty, issuer, number. */
struct dg_row_key dg_key_issued(enum dg_record_kind kind, const struct dg_duty_name *duty,
                                const struct dg_issuer *issuer, uint32_t number);
/* Stores a row under its key. */
void dg_issued_put(struct dg_txn *txn, const struct dg_issued_row *row);
/* Reads the row where a cursor over ISSUED stands. */
bool dg_issued_read(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value,
                    struct dg_issued_row *ret);
/* The highest serial of an issuer's calendars of that name; 0 when there is none. */
uint32_t dg_calendar_serial(struct dg_txn *txn, const struct dg_issuer *issuer, struct dg_bytes name);
/* How many calendars are held, of whatever issuer and serial. */
size_t dg_calendar_rows(struct dg_txn *txn);
/* How many rows of that kind there are about a duty by that issuer, and whether one has exactly that body. */
uint32_t dg_issued_count(struct dg_txn *txn, const struct dg_issued *issued, bool *ret_known);

/* ---- issuing (issuing.c) ---- */
/* Completes, signs, logs, stores and sends what an organ of this unit issues; issued holds all but issuer and
 * body. A dry run stops before the signature. The encoders' errors, and the signer's. */
enum dg_err dg_issue(struct dg_node *node, struct dg_txn *txn, struct dg_issued *issued,
                     const struct dg_dir_organ *organ, bool dry_run, dg_ms now,
                     struct dg_fault *fault) DG_MUST_CHECK;
/* Queues a row for the neighbours that it must go to from here, all but `except`. */
void dg_issued_spread(struct dg_node *node, struct dg_txn *txn, const struct dg_issued *issued,
                      struct dg_bytes key, struct dg_bytes except, dg_ms now);
/* Queues the calendars in force for a child that has just enrolled. */
void dg_issued_welcome(struct dg_node *node, struct dg_txn *txn, struct dg_bytes child, dg_ms now);

/* ---- hearing (issued_hear.c) ---- */
/* Takes a calendar, reminder or finding from a neighbour, passes it on and acknowledges it, or answers why
 * not. */
void dg_issued_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                      const struct dg_claims *claims, struct dg_link *link, const struct dg_record *record,
                      dg_ms now, struct dg_out *out);

/* ---- duties in the running node (duties.c) ---- */
/* The calendars, kept until one comes in. NULL with *ret_count 0 when there are none. */
const struct dg_held_calendar *dg_node_calendars(struct dg_node *node, struct dg_txn *txn, size_t *ret_count);
/* To be called after a write to ISSUED: what rests on calendars and findings is read anew. */
void dg_node_issued_changed(struct dg_node *node, enum dg_record_kind kind);
/* Raises the reminders that are due, a bounded number at a time. */
void dg_duties_tick(struct dg_node *node, struct dg_txn *txn, dg_ms now);
/* True when an organ of this unit owes a report whose last day is over. */
bool dg_duties_overdue(struct dg_node *node, struct dg_txn *txn, dg_ms now);
/* Finds the one duty of that owner for rule and period among the calendars held. DG_ERR_NOT_FOUND. */
enum dg_err dg_duty_find(struct dg_node *node, struct dg_txn *txn, struct dg_bytes owner,
                         struct dg_bytes rule, struct dg_bytes period, struct dg_duty *ret,
                         struct dg_fault *fault) DG_MUST_CHECK;
/* The duties of this unit's organs that a report meets. Returns their count, at most max. */
size_t dg_duties_met(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                     struct dg_duty ret[], size_t max);
/* Makes and frees what duties.c keeps in memory. */
struct dg_duties *dg_duties_new(void);
void dg_duties_free(struct dg_duties *duties);

/* ---- control (control_duty.c) ---- */
/* Issues a calendar, and writes its hash to reply, or the fault. */
void dg_control_calendar(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                         dg_ms now, struct dg_ctl_reply *reply);
/* Excuses a duty, or sets it another last day. */
void dg_control_excuse(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply);
/* Sends a reminder at once. */
void dg_control_remind(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply);
/* Finds that a report is missing, or that it came late. */
void dg_control_certify(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                        dg_ms now, struct dg_ctl_reply *reply);
/* Says in reply which duties a report meets. */
void dg_control_meets(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report, dg_ms now,
                      struct dg_ctl_reply *reply);

#endif
