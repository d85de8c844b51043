/* export_impl.h - a trail while it is collected. Private to export_trail.c and its neighbours.
 *
 * Memory: rows and parts live in the transaction's arena.
 */
#ifndef DG_NODE_CLI_EXPORT_IMPL_H
#define DG_NODE_CLI_EXPORT_IMPL_H

#include "node/audit/trail_form.h"
#include "node/cli/export.h"

/* A part on its way into the trail. */
struct dg_part {
    struct dg_member_rank rank; /* members */
    struct dg_entry entry;
    uint64_t checkpoint_size; /* 0: under the newest of this node's own log */
};

struct dg_parts {
    size_t count, capacity;
    struct dg_part *item;
};

struct dg_exporting {
    struct dg_txn *txn;
    struct dg_arena *arena;
    struct dg_fault *fault;
    struct dg_identity identity;
    struct dg_directory dir;
    struct dg_log_view log;
    struct dg_held held;
    struct dg_parts members, events;
    struct dg_signed root;
    size_t regime_count;
    struct dg_bytes regime[DG_TRAIL_REGIMES_MAX];
    enum dg_err err; /* of a callback; sticky */
};

/* ---- export_trail.c ---- */
/* Takes a record's leaf with its proof: our own log's is made now, another's was kept with it. */
enum dg_err dg_export_prove(struct dg_exporting *x, const struct dg_record *record, struct dg_bytes origin,
                            uint64_t checkpoint_size, struct dg_part *ret) DG_MUST_CHECK;
/* Adds a part to one of the lists. */
enum dg_err dg_export_add(struct dg_exporting *x, struct dg_parts *parts,
                          const struct dg_part *part) DG_MUST_CHECK;
/* Fills the fault in for something that ought to be in the store. */
enum dg_err dg_export_unknown(struct dg_exporting *x, const char *what, struct dg_bytes unit) DG_MUST_CHECK;

/* ---- export_members.c ---- */
/* Adds a certificate or adoption as it stands in the directory, unless it is there. */
enum dg_err dg_export_row(struct dg_exporting *x, const struct dg_dir_row *row) DG_MUST_CHECK;
/* Adds the regime of that hash, which unit adopted, unless it is there. */
enum dg_err dg_export_regime(struct dg_exporting *x, const struct dg_hash *hash,
                             struct dg_bytes unit) DG_MUST_CHECK;
/* Adds the certificate of a unit and of every unit above it. The root's is in no log. */
enum dg_err dg_export_unit(struct dg_exporting *x, struct dg_bytes slug) DG_MUST_CHECK;
/* Adds an organ's certificate with its unit's. */
enum dg_err dg_export_organ(struct dg_exporting *x, const struct dg_cert_id *id,
                            struct dg_bytes unit) DG_MUST_CHECK;
/* Adds who signed and who receives, and what the mandate rests on. */
enum dg_err dg_export_members(struct dg_exporting *x) DG_MUST_CHECK;

/* ---- export_arrange.c ---- */
/* Puts everything into the canonical order, and the checkpoints beside it. The seal is still missing. */
enum dg_err dg_export_arrange(struct dg_exporting *x, dg_ms now, struct dg_trail *ret) DG_MUST_CHECK;

#endif
