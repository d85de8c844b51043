/* audit_numbers.h - every number that this unit has given is accounted for. Private to export_audit.c.
 *
 * A number belongs to exactly one report, joint draft that waits, or draft that was withdrawn; the last
 * has its void in the log. Only counts and sums are kept, so that memory grows with the units alone.
 */
#ifndef DG_NODE_CLI_AUDIT_NUMBERS_H
#define DG_NODE_CLI_AUDIT_NUMBERS_H

#include "node/cli/audit_copies.h"

/* The numbers for one unit: what the counter says, and what was found. */
struct dg_audit_number {
    bool joint; /* of reports that several sign */
    struct dg_bytes unit;
    uint64_t last, found, sum;
};

struct dg_audit_numbers {
    struct dg_arena *arena;
    size_t count, capacity;
    struct dg_audit_number *item;
    enum dg_err err;
};

/* Reads the counters, and takes in the numbers of the drafts as they are now. */
enum dg_err dg_audit_numbers_begin(struct dg_audit_numbers *numbers, struct dg_txn *txn,
                                   struct dg_arena *arena) DG_MUST_CHECK;
/* Takes in those of a report that was made here. */
void dg_audit_numbers_add(struct dg_audit_numbers *numbers, const struct dg_report *report);
/* Holds a leaf of kind void against its row, and a report's leaf against there being no such row. */
void dg_audit_draft_leaf(struct dg_audit_notes *notes, struct dg_txn *txn, const struct dg_leaf *leaf,
                         uint64_t index);
/* Notes each unit whose numbers do not come out. */
void dg_audit_numbers_end(struct dg_audit_numbers *numbers, struct dg_audit_notes *notes);

#endif
