/* export.h - from a node's store: a report's trail, the log as tiles, and the audit of this node.
 *
 * The only place where the store (through query.h) and node/audit meet.
 */
#ifndef DG_NODE_CLI_EXPORT_H
#define DG_NODE_CLI_EXPORT_H

#include "common/fault.h"
#include "node/audit/verify.h"
#include "node/core/identity.h"
#include "node/core/duty.h"
#include "node/core/query.h"
#include "proto/calendar.h"

/* Builds the .trail of one report as this node knows it, sealed with the unit's key through signer.
 * It holds only what it uses. now is the export's time. DG_ERR_NOT_FOUND. */
enum dg_err dg_trail_build(struct dg_txn *txn, const struct dg_id *id, const struct dg_signer *signer,
                           dg_ms now, struct dg_buf *out, struct dg_fault *fault) DG_MUST_CHECK;

/* Builds the .absence file of a finding, missing or late, that an organ of this node has made about a duty,
 * known by the SHA-256 of its body. absence.h says what belongs to it. DG_ERR_NOT_FOUND. */
enum dg_err dg_absence_build(struct dg_txn *txn, const struct dg_duty_name *duty, const struct dg_hash *hash,
                             const struct dg_signer *signer, dg_ms now, struct dg_buf *out,
                             struct dg_fault *fault) DG_MUST_CHECK;

/* What an audit found. evidence makes exit 8. Evidence: LEAF_MISSING, LEAF_ALTERED, BAD_LEAF, TREE_MISMATCH,
 * ROOT_MISMATCH, BAD_CHECKPOINT, REPORT_MISSING, REPORT_ALTERED, MAIL_MISSING, BAD_RECEIPT, COPY_LOST,
 * COPY_WITHHELD (a receipt that says nothing of a copy its unit owed), NUMBER_MISSING (about a unit: a number
 * that no report, draft or void has), VOID_MISSING, ISSUED_AND_DRAFT, ATTACHMENT_MISSING, ATTACHMENT_ALTERED (about
 * a SHA-256). No evidence: COPY_WAITING,
 * COPY_HELD, COPY_REFUSED (it stays owed), COPY_UNRESOLVED, COPY_AT_VIA (delivered, but waits for a via organ),
 * COPY_RETURNED; nor any COPY_ about a recipient that no rule demands. A row that is open to one who still
 * waits (MAIL_EARLY), a pass leaf whose signed pass is missing (PASS_MISSING), a leaf that names a
 * calendar, reminder or finding that is not there (ISSUED_MISSING), and a certificate of absence with the
 * report in the log it names (ABSENCE_FALSE) are evidence; DUTY_MISSING is none. */
struct dg_audit_finding {
    bool evidence;
    const char *what;      /* stable, one of the above */
    struct dg_bytes about; /* report id, leaf index or unit, in text */
    struct dg_bytes detail;
    struct dg_bytes by, code; /* COPY_REFUSED: the unit that refused the report, and why */
};
/* What became of copies for units beyond this one. A copy that was refused, or that nobody could address,
 * is owed and neither receipted nor waiting. */
struct dg_audit_copy_count {
    uint64_t owed, receipted, waiting, refused;
};
struct dg_audit {
    uint64_t leaves, reports;
    struct dg_audit_copy_count mandated;  /* to and copy, by a rule */
    struct dg_audit_copy_count observers; /* observe, by a rule */
    struct dg_audit_copy_count additions; /* what authors added of their own */
    uint64_t at_via; /* mandated, and receipted or here, but not yet passed on to their recipient */
    uint64_t duties[DG_DUTY_EXCUSED + 1]; /* those that this node can judge, by enum dg_duty_state */
    size_t finding_count;
    struct dg_audit_finding *finding; /* at most 10,000 are kept */
};
/* Audits the store: every leaf against the tree and the signed checkpoint, every accepted report against
 * its leaf and hash, every mandated copy of what was authored or passed here against receipts or queues.
 * since: only reports that arrived, and duties that were due, at or after it; now decides what is overdue.
 * Result in arena. */
enum dg_err dg_node_audit(struct dg_store *store, dg_ms since, dg_ms now, struct dg_arena *arena,
                          struct dg_audit *ret, struct dg_fault *fault) DG_MUST_CHECK;

#endif
