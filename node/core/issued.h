/* issued.h - calendars, reminders and findings as a node keeps and passes them on.
 *
 * Table ISSUED: key kind (1 byte: c calendar, m reminder, a absence), slug0 issuer's unit, slug0 organ, then
 * for a calendar slug0 name and u32 serial, for the others rule NUL period NUL slug0 owner's unit, slug0
 * owner's organ, u32 number; value: a stored record (FORMAT.md) with its proof in the issuer's log.
 *
 * A calendar goes to every unit below its issuer, also to those that enrol later. A reminder or finding goes
 * to the owner's unit and stays at every unit on the way; an escalated one also goes to the issuer's
 * superior. Memory:  everything handed out lives in txn's arena.
 */
#ifndef DG_NODE_CORE_ISSUED_H
#define DG_NODE_CORE_ISSUED_H

#include "node/core/duty.h"
#include "node/core/query.h"

/* All calendars that this node holds, the newest serial of each issuer and name for each day they hold. */
enum dg_err dg_calendars_load(struct dg_txn *txn, struct dg_arena *arena, size_t *ret_count,
                              struct dg_held_calendar **ret) DG_MUST_CHECK;
/* What this node knows about one duty: reports (FILED) and findings. */
void dg_duty_facts(struct dg_txn *txn, const struct dg_duty *duty, struct dg_duty_facts *ret);
/* Calls each for the reminders about a duty, oldest first, until it returns false. */
void dg_reminders_each(struct dg_txn *txn, const struct dg_duty *duty,
                       bool (*each)(void *ctx, const struct dg_reminder *reminder,
                                    const struct dg_hash *hash),
                       void *ctx);
/* Calls each for the findings about a duty, oldest first, until it returns false. */
void dg_absences_each(struct dg_txn *txn, const struct dg_duty *duty,
                      bool (*each)(void *ctx, const struct dg_absence *absence, const struct dg_hash *hash),
                      void *ctx);

#endif
