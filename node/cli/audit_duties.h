/* audit_duties.h - what was issued here against the log, and how the duties stand. Private to the audit. */
#ifndef DG_NODE_CLI_AUDIT_DUTIES_H
#define DG_NODE_CLI_AUDIT_DUTIES_H

#include "node/cli/audit_copies.h"

/* The bodies issued by this node, by hash, as they were when the audit began. */
struct dg_audit_duties {
    size_t count, capacity;
    struct dg_hash *issued; /* sorted */
};

/* Reads what this node issued. In notes->arena. */
enum dg_err dg_audit_duties_begin(struct dg_audit_duties *duties, struct dg_audit_notes *notes,
                                  struct dg_txn *txn, const struct dg_identity *identity) DG_MUST_CHECK;
/* A calendar's, reminder's or finding's leaf: what it names must be there. */
void dg_audit_issued_leaf(const struct dg_audit_duties *duties, struct dg_audit_notes *notes,
                          const struct dg_leaf *leaf, uint64_t index);
/* Counts the duties that this node can judge, due from a day on, as they stand on a day; and notes what is
 * missing, and what was certified as missing though it is there. */
enum dg_err dg_audit_duties_judge(struct dg_audit_notes *notes, struct dg_txn *txn,
                                  const struct dg_identity *identity, struct dg_day since,
                                  struct dg_day today) DG_MUST_CHECK;

#endif
