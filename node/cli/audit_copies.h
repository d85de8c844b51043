/* audit_copies.h - what became of the copies that a node had to send on. Private to export_audit.c.
 *
 * Memory:  findings and the snapshot of the queue live in the audit's arena.
 */
#ifndef DG_NODE_CLI_AUDIT_COPIES_H
#define DG_NODE_CLI_AUDIT_COPIES_H

#include "node/cli/export.h"

enum { DG_FINDINGS_MAX = 10000 };

/* Where findings go. */
struct dg_audit_notes {
    struct dg_arena *arena;
    struct dg_audit *audit;
    enum dg_err err; /* sticky: the arena is spent */
};

/* Notes something about a report, or about a leaf, which is always evidence. */
void dg_audit_note_report(struct dg_audit_notes *notes, bool evidence, const char *what,
                          const struct dg_id *id, struct dg_bytes detail);
/* The same about something else. Copies about and detail. */
void dg_audit_note_about(struct dg_audit_notes *notes, bool evidence, const char *what, struct dg_bytes about,
                         struct dg_bytes detail);
/* Notes it about the leaf of that index in the log. */
void dg_audit_note_leaf(struct dg_audit_notes *notes, const char *what, uint64_t index);

/* A report that waited in the outbox of a link when the audit began. */
struct dg_audit_waiting {
    struct dg_bytes unit;
    uint64_t position;
    bool held;
};

struct dg_audit_copies {
    const struct dg_identity *identity;
    struct dg_arena *arena;
    struct dg_directory dir;
    size_t waiting_count, waiting_capacity;
    struct dg_audit_waiting *waiting; /* by unit and position */
    struct dg_hash note;              /* of the last checkpoint that verified */
    struct dg_checkpoint checkpoint;
    enum dg_err err;
};

/* Reads the directory, and what waits in the outboxes. */
enum dg_err dg_audit_copies_begin(struct dg_audit_copies *copies, struct dg_txn *txn, struct dg_arena *arena,
                                  const struct dg_identity *identity) DG_MUST_CHECK;
/* Holds the report's recipients beyond this node against its receipts and the queue. leaf is the
 * node's own. */
void dg_audit_report_copies(struct dg_audit_copies *copies, struct dg_audit_notes *notes, struct dg_txn *txn,
                            const struct dg_held *held, const struct dg_leaf *leaf);

#endif
