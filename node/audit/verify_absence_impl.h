/* verify_absence_impl.h - what the files that verify a finding share.
 *
 * verify_absence.c goes through the file and the claims of the finding; verify_issued.c proves what was
 * issued about its duty: calendars, reminders, findings. Everything lives in the arena of the verification.
 * Each step notes what held or failed (dg_check_held, dg_check_failed) and returns false when it failed.
 */
#ifndef DG_NODE_AUDIT_VERIFY_ABSENCE_IMPL_H
#define DG_NODE_AUDIT_VERIFY_ABSENCE_IMPL_H

#include "node/audit/absence.h"
#include "node/audit/verify_impl.h"
#include "node/core/duty.h"
#include "proto/issued.h"

/* An event of the file, once its leaf is proven. */
struct dg_absence_event {
    const struct dg_entry *entry;
    struct dg_member *unit; /* whose log it is in */
    struct dg_leaf leaf;
    struct dg_issued issued; /* when it is signed */
    bool used;
};

struct dg_absence_verifying {
    struct dg_verifying v;
    struct dg_absence_verification *out;
    struct dg_absence_file file;
    size_t event_count;
    struct dg_absence_event *event;
    struct dg_absence_event *finding, *calendar, *extension; /* extension may be NULL */
    size_t held_count; /* calendars: that of the finding, and older serials of it */
    struct dg_held_calendar *held;
    struct dg_member *owner; /* the unit */
    struct dg_directory dir;
    struct dg_duty duty;
};

/* Proves the leaf of every event, and that each signed one is what its leaf names. */
bool dg_absence_prove(struct dg_absence_verifying *a);
/* Finds the finding, its calendar and extension among the events, and the owner of the duty. */
bool dg_absence_sort(struct dg_absence_verifying *a);
/* The issuer of an event may issue there on the day of its signature; name is the check's. */
bool dg_absence_may(struct dg_absence_verifying *a, const struct dg_absence_event *event, const char *name);
/* The reminders are those that the finding names, all of them and no others. */
bool dg_absence_reminders(struct dg_absence_verifying *a);
/* Each calendar is by its issuer, and every serial between the first and the last is there exactly once. */
bool dg_absence_calendars(struct dg_absence_verifying *a);
/* Moves the last day, which the duty has set, when there is an extension. */
bool dg_absence_extension(struct dg_absence_verifying *a);

#endif
