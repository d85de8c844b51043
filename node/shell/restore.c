/* restore.c - a node's directory from a backup.
 *
 * Everything is made in DIR; the store comes last, and is marked RESTORED before it gets its name. So a
 * directory that was cut short is no node, and one that is a node knows what it is.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/conf/config.h"
#include "node/core/restored.h"
#include "node/shell/backup.h"
#include "node/shell/copying.h"
#include "node/shell/founding.h"
#include "node/shell/tip.h"
#include "node/store/store_files.h"
#include "node/store/store_lmdb.h"

/* The folder in which the store waits to be complete. */
#define STAGE "restoring"

struct restoring {
    const struct dg_restore_options *options;
    struct dg_backup backup;
    dg_ms now;
    bool made_dir;
    struct dg_arena arena;
    struct dg_keys_seed seed;
    char stage[DG_STORE_PATH_MAX]; /* DIR/restoring, a directory like a node's: its store is
                                      DIR/restoring/store */
    struct dg_fault *fault;
};

/* ---- the place ----------------------------------------------------------------------------------- */

static void remove_stage(const char *stage)
{
    static const char *const files[] = {"node.lock"};
    char path[DG_STORE_PATH_MAX];
    if (dg_path_join(stage, "store", NULL, path, NULL) == DG_OK)
        (void)!dg_dir_remove(path, NULL);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (dg_path_join(stage, files[i], NULL, path, NULL) == DG_OK)
            (void)unlink(path);
    (void)rmdir(stage);
}

/* A restore that was cut short has left its stage and no store. It is begun anew; attachments that were
 * copied are what they are called, and stay. */
static enum dg_err take_dir(struct restoring *r)
{
    const char *dir = r->options->dir;
    char store[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(dir, "store", NULL, store, r->fault);
    if (err == DG_OK && dg_file_exists(r->stage) && !dg_file_exists(store)) {
        remove_stage(r->stage);
        dg_found_undo(dir, false);
    } else if (err == DG_OK) {
        err = dg_found_dir(dir, &r->made_dir, r->fault);
    }
    if (err == DG_OK && mkdir(r->stage, 0700) != 0)
        err = dg_file_fault(r->fault, errno, r->stage);
    return err;
}

/* Leaves the directory as it was; attachments, which may be many, wait in a cut-short restore for the next.
 */
static void undo(const struct restoring *r)
{
    char attachments[DG_STORE_PATH_MAX];
    bool keep = dg_path_join(r->options->dir, "attachments", NULL, attachments, NULL) == DG_OK &&
                dg_file_exists(attachments);
    remove_stage(r->stage);
    dg_found_undo(r->options->dir, r->made_dir && !keep);
    if (keep)
        (void)mkdir(r->stage, 0700);
}

/* ---- the parts ----------------------------------------------------------------------------------- */

static enum dg_err backup_path(const struct restoring *r, const char *name,
                               char ret[static DG_STORE_PATH_MAX])
{
    return dg_path_join(r->options->backup, name, NULL, ret, r->fault);
}

static enum dg_err check_sum(const struct restoring *r, const char *path)
{
    struct dg_hash sum;
    uint64_t bytes;
    enum dg_err err = dg_file_sum(path, &sum, &bytes, r->fault);
    if (err == DG_ERR_BAD_NODE)
        return dg_faultf(r->fault, DG_ERR_BACKUP_INCOMPLETE, "%s", r->options->backup);
    if (err == DG_OK && (bytes != r->backup.bytes || !dg_hash_equal(&sum, &r->backup.sum)))
        err = dg_faultf(r->fault, DG_ERR_BACKUP_ALTERED, "%s", path);
    return err;
}

/* The copy is checked, not the file it was made of: that one may change under us. */
static enum dg_err copy_store(const struct restoring *r)
{
    char from[DG_STORE_PATH_MAX], folder[DG_STORE_PATH_MAX], to[DG_STORE_PATH_MAX], name[48];
    (void)snprintf(name, sizeof name, "store-%u/store/data.mdb", (unsigned)r->backup.number);
    enum dg_err err = backup_path(r, name, from);
    if (err == DG_OK)
        err = dg_path_join(r->stage, "store", NULL, folder, r->fault);
    if (err == DG_OK)
        err = dg_path_join(r->stage, "store", "data.mdb", to, r->fault);
    if (err == DG_OK && mkdir(folder, 0700) != 0)
        err = dg_file_fault(r->fault, errno, folder);
    if (err == DG_OK)
        err = dg_copy_file(from, to, NULL, r->fault);
    if (err == DG_ERR_BAD_NODE)
        err = dg_faultf(r->fault, DG_ERR_BACKUP_INCOMPLETE, "%s", r->options->backup);
    return err == DG_OK ? check_sum(r, to) : err;
}

static enum dg_err copy_config(const struct restoring *r, struct dg_config *ret)
{
    char from[DG_STORE_PATH_MAX], to[DG_STORE_PATH_MAX];
    enum dg_err err = backup_path(r, "config", from);
    if (err == DG_OK)
        err = dg_path_join(r->options->dir, "config", NULL, to, r->fault);
    if (err == DG_OK && dg_file_exists(from))
        err = dg_copy_file(from, to, NULL, r->fault);
    return err == DG_OK ? dg_config_load(r->options->dir, ret, r->fault) : err;
}

static enum dg_err copy_attachments(const struct restoring *r)
{
    char from[DG_STORE_PATH_MAX], to[DG_STORE_PATH_MAX];
    uint64_t all, fresh;
    enum dg_err err = backup_path(r, "attachments", from);
    if (err == DG_OK)
        err = dg_path_join(r->options->dir, "attachments", NULL, to, r->fault);
    return err == DG_OK ? dg_copy_named_by_hash(from, to, &all, &fresh, r->fault) : err;
}

static enum dg_err copy_keys(struct restoring *r)
{
    struct dg_identity identity;
    if (r->options->keys == NULL)
        return DG_OK;
    enum dg_err err =
        dg_keys_restore(r->options->dir, r->options->keys, &r->arena, &identity, &r->seed, r->fault);
    if (err == DG_OK && r->options->backup == NULL) {
        strcpy(r->backup.unit, identity.unit);
        strcpy(r->backup.federation, identity.federation);
    }
    if (err == DG_OK && (strcmp(identity.unit, r->backup.unit) != 0 ||
                         strcmp(identity.federation, r->backup.federation) != 0))
        err = dg_faultf(r->fault, DG_ERR_BACKUP_FOREIGN, "%s (%s)", r->options->keys, identity.unit);
    return err;
}

/* The tip that the operator names goes to where the node will look for it. */
static enum dg_err copy_tip(const struct restoring *r, const struct dg_config *config)
{
    char path[DG_STORE_PATH_MAX], text[DG_CHECKPOINT_MAX + 1];
    if (r->options->tip == NULL)
        return DG_OK;
    enum dg_err err = dg_tip_path(r->options->dir, config->tip, path, r->fault);
    if (err == DG_OK)
        err = dg_tip_read(r->options->tip, text, r->fault);
    if (err == DG_OK && text[0] == '\0')
        err = dg_faultf(r->fault, DG_ERR_BAD_FILE, "%s", r->options->tip);
    if (err != DG_OK || strcmp(path, r->options->tip) == 0)
        return err;
    (void)unlink(path);
    return dg_write_new(path, text, strlen(text), r->fault);
}

/* ---- the mark ------------------------------------------------------------------------------------ */

static enum dg_err mark(const struct restoring *r, struct dg_store *store)
{
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_identity identity;
    enum dg_err err = dg_begin_write(store, &txn);
    if (err != DG_OK)
        return err;
    if (!dg_identity_load(txn, &identity) || strcmp(identity.unit, r->backup.unit) != 0)
        dg_txn_fail(txn, DG_ERR_BACKUP_FOREIGN);
    dg_restored_mark(txn, DG_RESTORED_BACKUP, r->now);
    return dg_commit(store, txn, &committed);
}

static enum dg_err mark_and_name(const struct restoring *r)
{
    char from[DG_STORE_PATH_MAX], to[DG_STORE_PATH_MAX];
    struct dg_store *store;
    enum dg_err err = dg_store_lmdb_open(r->stage, DG_STORE_WRITE, &store, r->fault);
    if (err != DG_OK)
        return err;
    err = mark(r, store);
    dg_store_close(store);
    if (err != DG_OK)
        return dg_faultf(r->fault, err, "%s", r->options->backup);
    err = dg_path_join(r->stage, "store", NULL, from, r->fault);
    if (err == DG_OK)
        err = dg_path_join(r->options->dir, "store", NULL, to, r->fault);
    if (err == DG_OK && rename(from, to) != 0)
        err = dg_file_fault(r->fault, errno, to);
    if (err == DG_OK)
        err = dg_path_sync(r->options->dir, r->fault);
    remove_stage(r->stage);
    return err;
}

/* ---- without a backup ---------------------------------------------------------------------------- */

static enum dg_err plant(const struct restoring *r, struct dg_store *store)
{
    struct dg_txn *txn;
    struct dg_committed committed;
    enum dg_err err = dg_begin_write(store, &txn);
    if (err != DG_OK)
        return err;
    for (size_t i = 0; i < r->seed.count; i++)
        dg_put(txn, r->seed.row[i].table, r->seed.row[i].key, r->seed.row[i].value);
    dg_restored_mark(txn, DG_RESTORED_KEYS, r->now);
    return dg_commit(store, txn, &committed);
}

/* A store that knows who it is and whom to ask, and nothing else. */
static enum dg_err make_bare(const struct restoring *r)
{
    struct dg_store *store;
    enum dg_err err = dg_store_lmdb_open(r->stage, DG_STORE_CREATE, &store, r->fault);
    if (err != DG_OK)
        return err;
    err = plant(r, store);
    dg_store_close(store);
    return err == DG_OK ? DG_OK : dg_faultf(r->fault, err, "%s", r->options->dir);
}

static enum dg_err write_config(const struct restoring *r, struct dg_config *ret)
{
    char path[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(r->options->dir, "config", NULL, path, r->fault);
    if (err == DG_OK && r->seed.config.size > 0)
        err = dg_write_new(path, r->seed.config.data, r->seed.config.size, r->fault);
    return err == DG_OK ? dg_config_load(r->options->dir, ret, r->fault) : err;
}

static enum dg_err fill_bare(struct restoring *r)
{
    struct dg_config config;
    enum dg_err err = copy_keys(r);
    if (err == DG_OK && r->seed.count == 0)
        err = dg_faultf(r->fault, DG_ERR_BAD_KEY_FILE, "%s", r->options->keys);
    if (err == DG_OK)
        err = write_config(r, &config);
    if (err == DG_OK)
        err = copy_tip(r, &config);
    if (err == DG_OK)
        err = make_bare(r);
    return err == DG_OK ? mark_and_name(r) : err;
}

/* ---- all of it ----------------------------------------------------------------------------------- */

static enum dg_err fill(struct restoring *r)
{
    struct dg_config config;
    enum dg_err err = copy_keys(r);
    if (err == DG_OK)
        err = copy_config(r, &config);
    if (err == DG_OK)
        err = copy_tip(r, &config);
    if (err == DG_OK)
        err = copy_store(r);
    if (err == DG_OK)
        err = copy_attachments(r);
    return err == DG_OK ? mark_and_name(r) : err;
}

static enum dg_err restore(struct restoring *r)
{
    enum dg_err err = take_dir(r);
    if (err != DG_OK)
        return err;
    err = r->options->backup != NULL ? fill(r) : fill_bare(r);
    if (err != DG_OK)
        undo(r);
    return err;
}

enum dg_err dg_restore(const struct dg_restore_options *options, dg_ms now, struct dg_backup *ret,
                       struct dg_fault *fault)
{
    struct restoring r = {.options = options, .now = now, .backup = {.taken = now}, .fault = fault};
    enum dg_err err = options->backup != NULL ? dg_backup_read(options->backup, &r.backup, fault) : DG_OK;
    if (err == DG_OK)
        err = dg_path_join(options->dir, STAGE, NULL, r.stage, fault);
    if (err != DG_OK)
        return err;
    dg_arena_init(&r.arena, 0);
    if (!options->dry_run)
        err = restore(&r);
    if (err == DG_OK)
        *ret = r.backup;
    dg_arena_done(&r.arena);
    return err;
}
