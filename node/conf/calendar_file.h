/* calendar_file.h - reads a calendar from its YAML file; every mistake is reported with its place.
 *
 * Source of the format: deploy/calendars/README.md. What comes out has explicit dates and nothing to be
 * computed any more.
 * Memory:  results live in the arena and borrow the text.
 * Limits:  DG_CALENDAR_FILE_MAX, DG_CALENDAR_DAYS_MAX, DG_CALENDAR_ENTRIES_MAX, DG_MEETINGS_MAX.
 */
#ifndef DG_NODE_CONF_CALENDAR_FILE_H
#define DG_NODE_CONF_CALENDAR_FILE_H

#include "node/conf/fault_list.h"
#include "proto/calendar.h"

/* A rule that a calendar may name, and the days on which it is in force. */
struct dg_rule_in_force {
    const struct dg_rule *rule;
    struct dg_day from, until;
};

/* The rules of the regimes that are in force at the node, by id. */
struct dg_rules_in_force {
    size_t count;
    const struct dg_rule_in_force *item;
};

/* Parses text into ret, whose issuer and serial are left empty. rules may be NULL: then any id is taken for a
 * rule's. DG_OK when there is no mistake, else DG_ERR_BAD_CALENDAR with all of them in faults;
 * DG_ERR_NO_MEMORY. */
enum dg_err dg_calendar_read(struct dg_arena *arena, struct dg_bytes text,
                             const struct dg_rules_in_force *rules, struct dg_calendar *ret,
                             struct dg_fault_list *faults) DG_MUST_CHECK;
/* The same for a file. DG_ERR_BAD_FILE, with the reason in fault, when it cannot be read. */
enum dg_err dg_calendar_load(struct dg_arena *arena, const char *path, const struct dg_rules_in_force *rules,
                             struct dg_calendar *ret, struct dg_fault_list *faults,
                             struct dg_fault *fault) DG_MUST_CHECK;
/* Orders rules by id, as struct dg_rules_in_force wants them; for qsort. */
int dg_rule_in_force_compare(const void *left, const void *right);

#endif
