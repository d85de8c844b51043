/* absence.h - does this file prove that a report was missing, or late? No store, no network, no clock.
 *
 * What belongs to an .absence file, and nothing else:
 *  - the finding, its calendar and the reminders it names, each signed and proven in its issuer's log, and
 * the extension of the last day if there was one;
 *  - where the calendar was signed after the due day: its older serials without a gap, back to the one whose
 * day of signing it inherits (duty.h), and none where it inherits nothing;
 *  - the leaf of the finder's log before, and the first one after, the end of the last day: so `before` is
 *    where that day ended in this log (one that is there already is not there twice). And the proofs that the
 * log of `before` grew into that of `after`, and that into the one under the finder's checkpoint;
 *  - of the owner's unit and every unit above it: all certificates and adoptions, with their regimes. From
 *    them follows that the rule binds the owner, that its report goes to the finder, and that each organ may
 *    issue what it issued;
 *  - late: the report's envelope, and its leaf in the finder's log.
 * Order, checkpoints and seal are a trail's (trail_form.h, verify.h); the seal's context is
 * DG_CONTEXT_ABSENCE_FILE, and the finder's unit key makes it.
 *
 * What a verified file says: the finder's organ signed that nothing came, and tied that to its log. Whoever
 * has the leaves of that log up to `after` can look; a report that is there, or a receipt for it, proves the
 * finder wrong, unless it was returned by its via organ or given back by its addressee.
 */
#ifndef DG_NODE_AUDIT_ABSENCE_H
#define DG_NODE_AUDIT_ABSENCE_H

#include "node/audit/verify.h"
#include "proto/absence_file.h"

struct dg_absence_verification {
    struct dg_verification checks; /* verified, the checks, and a late report; nobody is owed anything */
    bool has_finding;
    struct dg_absence finding; /* when its signature is good */
    struct dg_day last;        /* the last day that counted */
};

/* Verifies an .absence file against the federation's key. Everything in ret lives in arena. Returns DG_OK
 * when it verifies, DG_ERR_VERIFY_FAILED (fault names the first failing check) otherwise; ret holds the
 * checks in both cases. They are, beside those of a trail: finding, calendar, reminder, extension, duty, log
 * (that it grew), boundary (where the last day ended), arrival (of a late report). */
enum dg_err dg_absence_verify(struct dg_arena *arena, struct dg_bytes file, const struct dg_verifier *root,
                              struct dg_absence_verification *ret, struct dg_fault *fault) DG_MUST_CHECK;

#endif
