/* duty.h - which reports are owed, by whom, until when: a pure function of directory and calendars.
 *
 * A calendar says dates, the regimes say whom a rule binds. An organ owes a report for a period when an entry
 * names rule and period, the unit is the issuer's or lies below it and has one of the entry's levels, and the
 * rule binds the organ there on the cut-off day, with somebody else to address it to: the root owes nothing
 * upward, and nobody reports to himself. Of a joint report the lead organ owes, where the others exist. What
 * goes to @parent is dated by the unit above or one above that: no unit sets itself the day of what it owes
 * upward. Of several calendars that name one rule and period for a unit, that of the issuer nearest to the
 * unit counts, and of one issuer's the newest serial of the name whose days hold the due day; of two names
 * the one signed later. What a longer period replaces is not owed.
 *
 * Nobody is late with what was asked of him too late: the last day is the later of the due day and the day on
 * which the calendar that first set this duty was signed. A newer serial inherits that day from the one right
 * before it, where that had the duty with the same or an earlier due day, or said nothing about it.
 *
 * Memory:  results borrow directory and calendars, and live in the arena.
 */
#ifndef DG_NODE_CORE_DUTY_H
#define DG_NODE_CORE_DUTY_H

#include "node/core/directory.h"
#include "node/core/mandate.h"
#include "proto/calendar.h"

/* A calendar as a node holds it. */
struct dg_held_calendar {
    struct dg_hash hash; /* SHA-256 of its body */
    struct dg_calendar calendar;
};

struct dg_duty {
    const struct dg_dir_unit *unit;
    const struct dg_dir_organ *organ;
    const struct dg_held_calendar *calendar;
    const struct dg_calendar_entry *entry;
    const struct dg_rule *rule;            /* that binds */
    const struct dg_held_calendar *set_by; /* calendar, or the older serial whose day of signing counts */
    struct dg_day last;                    /* on which a report is in time, but for an extension */
};

/* Which duties are asked for. Empty texts leave a part open, and so do days with first > last, or both 0. */
struct dg_duty_filter {
    struct dg_bytes unit; /* exactly this unit */
    struct dg_bytes organ, rule, period;
    struct dg_day first, last;    /* due days */
    const struct dg_dir_unit *at; /* only units whose reports could come to this one: itself and those right
                                   * below it; NULL: all */
};

/* Calls each for the duties of the units of directory, by due day, unit, organ, rule and period, until it
 * returns false. The duty lives for the call, what it points to as long as directory and calendars. What it
 * takes of arena grows with the entries of the calendars, not with the units. DG_ERR_NO_MEMORY. */
enum dg_err dg_duty_each(const struct dg_directory *directory, const struct dg_held_calendar calendar[],
                         size_t calendar_count, const struct dg_duty_filter *filter, struct dg_arena *arena,
                         bool (*each)(void *ctx, const struct dg_duty *duty), void *ctx) DG_MUST_CHECK;

enum dg_duty_state {
    DG_DUTY_OWED = 1, /* not yet due, nothing came */
    DG_DUTY_ON_TIME,  /* came by the end of the due day */
    DG_DUTY_LATE,     /* came after it */
    DG_DUTY_MISSING,  /* due, and nothing came */
    DG_DUTY_EXCUSED,  /* a signed finding says that nothing is owed */
};

/* What came, as far as the judging node knows. */
struct dg_duty_facts {
    bool submitted;
    struct dg_id report; /* the first under rule and period that was not undone */
    uint64_t position;   /* of its leaf in the judging node's log */
    dg_ms signed_ms;     /* by the author's clock, which decides nothing */
    dg_ms came_ms;       /* to the unit that is owed it, by that unit's log; while the author's node has no
                          * receipt of it: by the author's unit's log */
    bool excused;
    bool nothing; /* excused: there was nothing to report */
    bool extended;
    struct dg_day until;     /* extended: the day that counts when it is later than the duty's last */
    struct dg_hash decision; /* excused or extended: SHA-256 of the finding's body */
};

/* The last day on which a report is in time. An extension never shortens. */
struct dg_day dg_duty_last(const struct dg_duty *duty, const struct dg_duty_facts *facts);
/* The state of a duty on a day, and by how many days a late one was late (0 for the others); ret_days_late
 * may be NULL. Late is what came after the end of the last day, whatever day the author signed it with: only
 * so can nobody be in time by setting his own clock. Who was excused is not late, but may be in time. */
enum dg_duty_state dg_duty_judge(const struct dg_duty *duty, const struct dg_duty_facts *facts,
                                 struct dg_day today, uint32_t *ret_days_late);
/* "owed", "on-time", "late", "missing", "excused". */
const char *dg_duty_state_name(enum dg_duty_state state);

#endif
