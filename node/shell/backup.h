/* backup.h - a copy of a node in a directory, from which it can be made again.
 *
 *   DIR2/COMPLETE        what the copy is, and which of the stores below is meant; written last
 *   DIR2/store-N/        data.mdb: the store as it was at one commit
 *   DIR2/config          the node's configuration
 *   DIR2/attachments/    what it keeps of attachments; only grows
 *   DIR2/lock            held by whoever writes here
 *
 * Without COMPLETE there is no backup. A further one is made beside it, checked, and takes its place in the
 * moment in which COMPLETE is replaced. The keys are not in it: they have a file of their own.
 */
#ifndef DG_NODE_SHELL_BACKUP_H
#define DG_NODE_SHELL_BACKUP_H

#include "common/fault.h"
#include "common/when.h"
#include "node/core/identity.h"

/* What COMPLETE says. */
struct dg_backup {
    char federation[DG_FEDERATION_MAX + 1], unit[DG_SLUG_MAX + 1], origin[DG_ORIGIN_MAX + 1];
    uint64_t log_size;
    struct dg_hash log_root;
    dg_ms taken;
    uint32_t number; /* of the store's folder */
    uint64_t bytes;  /* of its data.mdb */
    struct dg_hash sum;
};

struct dg_backup_counts {
    uint64_t rows, attachments, new_attachments;
};

/* Backs the node of dir up into target, while its daemon runs or not; what is there already is replaced at
 * the end. Every row of the copy is read, and the log's root computed anew. DG_ERR_BACKUP_FOREIGN when
 * another node's backup is there, DG_ERR_NOT_EMPTY when something else is, DG_ERR_LOCKED,
 * DG_ERR_STORE_CORRUPT … */
enum dg_err dg_backup_make(const char *dir, const char *target, dg_ms now, struct dg_backup *ret,
                           struct dg_backup_counts *ret_counts, struct dg_fault *fault) DG_MUST_CHECK;
/* Reads COMPLETE. DG_ERR_BACKUP_INCOMPLETE when there is none, DG_ERR_BACKUP_FOREIGN when it is not ours. */
enum dg_err dg_backup_read(const char *target, struct dg_backup *ret, struct dg_fault *fault) DG_MUST_CHECK;

/* Writes the node's keys, and what it must know of itself without a store, into one new file of mode 0600.
 * The federation's key is not among them. DG_ERR_NOT_EMPTY, DG_ERR_BAD_KEY_FILE. */
enum dg_err dg_keys_save(const char *dir, const char *file, struct dg_fault *fault) DG_MUST_CHECK;
/* What such a file holds beside the keys: the rows of the node's seed (node/core/seed.h), and its
 * configuration. */
struct dg_keys_row {
    enum dg_table table;
    struct dg_bytes key, value;
};
struct dg_keys_seed {
    size_t count;
    struct dg_keys_row *row;
    struct dg_bytes config; /* empty: none */
};
/* Makes DIR/keys from such a file; ret is the identity it holds, ret_seed, in arena, the rest of it.
 * DG_ERR_BAD_KEY_FILE. */
enum dg_err dg_keys_restore(const char *dir, const char *file, struct dg_arena *arena,
                            struct dg_identity *ret, struct dg_keys_seed *ret_seed,
                            struct dg_fault *fault) DG_MUST_CHECK;

struct dg_restore_options {
    const char *dir;
    const char *backup; /* NULL: there is none, and the neighbours give back everything; keys must be given */
    const char *keys;   /* the keys' file; NULL: they are put into DIR/keys by hand */
    const char *tip;    /* the tip file of the node as it was; NULL: where its configuration says */
    bool dry_run;
};
/* Makes a node's directory from a backup, or from its keys alone, and marks it RESTORED. The directory must
 * be missing or empty, or hold a restore that was cut short. */
enum dg_err dg_restore(const struct dg_restore_options *options, dg_ms now, struct dg_backup *ret,
                       struct dg_fault *fault) DG_MUST_CHECK;

#endif
