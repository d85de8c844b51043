/* issued.h - calendars, reminders and findings as a node keeps and passes them on.
 *
 * Table ISSUED (FORMAT.md): a calendar by issuer, name and serial; a reminder or finding by duty, issuer and
 * number, so that whoever asks about a duty finds what every organ has said of it.
 *
 * A calendar goes to every unit below its issuer, also to those that enrol later. A reminder or finding goes
 * to the owner's unit and stays at every unit on the way; an escalated one also goes to the issuer's
 * superior.
 *
 * Who watches a duty: its report goes to the owner's own unit or to the one above it, and no further. So the
 * one that receives it (the keeper) reminds and certifies, even where the calendar came from higher up; only
 * the unit that issued the calendar excuses.
 * Memory:  everything handed out lives in txn's arena.
 */
#ifndef DG_NODE_CORE_ISSUED_H
#define DG_NODE_CORE_ISSUED_H

#include "node/core/duty_watch.h"
#include "node/core/query.h"

/* All calendars that this node holds, older serials too: they answer for the days that no newer one has. In
 * arena. DG_ERR_STORE_CORRUPT, DG_ERR_NO_MEMORY. */
enum dg_err dg_calendars_load(struct dg_txn *txn, struct dg_arena *arena, size_t *ret_count,
                              struct dg_held_calendar **ret) DG_MUST_CHECK;
/* True when a report still meets the duties under its rule that are owed to the unit keeper: that unit's node
 * has not rejected it, and an addressee under the rule has it or will have it. One that its via organ
 * returned, or that agreed to give it back, has it no more. ret_came_ms: when it came, as in struct
 * dg_duty_facts. */
bool dg_filed_counts(struct dg_txn *txn, const struct dg_filed *filed, struct dg_bytes keeper,
                     dg_ms *ret_came_ms);
/* What this node knows about one duty: reports (FILED, CUSTODY) and findings. */
void dg_duty_facts(struct dg_txn *txn, const struct dg_duty *duty, struct dg_duty_facts *ret);
/* What it knew before an instant: of reports that had arrived here, and of findings signed by then. */
void dg_duty_facts_before(struct dg_txn *txn, const struct dg_duty *duty, dg_ms before,
                          struct dg_duty_facts *ret);
/* Calls each for the reminders about a duty, by issuer, oldest first, until it returns false. */
void dg_reminders_each(struct dg_txn *txn, const struct dg_duty *duty,
                       bool (*each)(void *ctx, const struct dg_reminder *reminder,
                                    const struct dg_hash *hash),
                       void *ctx);
/* Calls each for the findings about a duty, by issuer, oldest first, until it returns false. */
void dg_absences_each(struct dg_txn *txn, const struct dg_duty *duty,
                      bool (*each)(void *ctx, const struct dg_absence *absence, const struct dg_hash *hash),
                      void *ctx);

/* One row: a signed body with where its leaf is proven. */
struct dg_issued_row {
    struct dg_bytes key;
    struct dg_bytes origin;
    uint64_t checkpoint_size; /* 0: this node's own log */
    struct dg_record record;
};
/* Reads the row of a key. False when there is none. */
bool dg_issued_get(struct dg_txn *txn, struct dg_bytes key, struct dg_issued_row *ret);
/* Calls each for every row, in key order, until it returns false. */
void dg_issued_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_issued_row *row), void *ctx);
/* Calls each for every calendar's row, by issuer, name and serial, until it returns false. */
void dg_issued_calendars_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_issued_row *row),
                              void *ctx);
/* Calls each for every reminder's (kind DG_RECORD_REMINDER) or finding's (DG_RECORD_ABSENCE) row about a
 * duty, by issuer and number, until it returns false. */
void dg_issued_about(struct dg_txn *txn, enum dg_record_kind kind, const struct dg_duty_name *duty,
                     bool (*each)(void *ctx, const struct dg_issued_row *row), void *ctx);
/* The name of a duty: what reminders and findings call it. Borrows duty. */
struct dg_duty_name dg_duty_name_of(const struct dg_duty *duty);

#endif
