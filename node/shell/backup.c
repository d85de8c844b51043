/* backup.c - makes a backup and says that it is complete. */
#include "node/shell/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/frontier.h"
#include "common/line.h"
#include "common/text.h"
#include "node/core/query.h"
#include "node/shell/copying.h"
#include "node/store/store_backup.h"
#include "node/store/store_files.h"
#include "node/store/store_lmdb.h"

#define FORM "donggui backup v1"

enum { COMPLETE_MAX = 4096 };

/* ---- COMPLETE ------------------------------------------------------------------------------------ */

static void write_complete(const struct dg_backup *backup, struct dg_buf *out)
{
    char root[DG_HEX_BYTES], sum[DG_HEX_BYTES], taken[DG_INSTANT_TEXT];
    dg_hex(backup->log_root.b, sizeof backup->log_root.b, root);
    dg_hex(backup->sum.b, sizeof backup->sum.b, sum);
    dg_instant_text(backup->taken, taken);
    dg_buf_printf(out, FORM "\nfederation %s\nunit %s\norigin %s\nsize %llu\nroot %s\ntaken %s\n",
                  backup->federation, backup->unit, backup->origin, (unsigned long long)backup->log_size,
                  root, taken);
    dg_buf_printf(out, "store %u\nbytes %llu\nsum %s\n", (unsigned)backup->number,
                  (unsigned long long)backup->bytes, sum);
}

/* Takes the line `word value`, and leaves value. */
static bool take(struct dg_bytes *text, const char *word, struct dg_bytes *ret)
{
    struct dg_bytes line;
    return dg_line_next(text, &line) && dg_line_skip(&line, word) && dg_line_skip(&line, " ") &&
           (*ret = line, true);
}

static bool take_text(struct dg_bytes *text, const char *word, char *ret, size_t capacity)
{
    struct dg_bytes value;
    if (!take(text, word, &value) || value.size >= capacity)
        return false;
    memcpy(ret, value.data, value.size);
    ret[value.size] = '\0';
    return true;
}

static bool take_number(struct dg_bytes *text, const char *word, uint64_t *ret)
{
    struct dg_bytes value;
    return take(text, word, &value) && dg_decimal_parse(value, ret);
}

static bool take_hash(struct dg_bytes *text, const char *word, struct dg_hash *ret)
{
    struct dg_bytes value;
    return take(text, word, &value) && dg_unhex(value, ret->b, sizeof ret->b);
}

static bool parse_complete(struct dg_bytes text, struct dg_backup *ret)
{
    struct dg_bytes taken;
    uint64_t number;
    struct dg_backup b = {.number = 0};
    bool ok =
        dg_line_skip(&text, FORM "\n") && take_text(&text, "federation", b.federation, sizeof b.federation) &&
        take_text(&text, "unit", b.unit, sizeof b.unit) &&
        take_text(&text, "origin", b.origin, sizeof b.origin) && take_number(&text, "size", &b.log_size) &&
        take_hash(&text, "root", &b.log_root) && take(&text, "taken", &taken) &&
        dg_instant_parse(taken, &b.taken) && take_number(&text, "store", &number) &&
        take_number(&text, "bytes", &b.bytes) && take_hash(&text, "sum", &b.sum) && text.size == 0;
    if (!ok || number == 0 || number > UINT32_MAX || !dg_slug_ok(dg_bytes_of(b.unit)))
        return false;
    b.number = (uint32_t)number;
    *ret = b;
    return true;
}

enum dg_err dg_backup_read(const char *target, struct dg_backup *ret, struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX];
    struct dg_arena arena;
    struct dg_bytes text;
    enum dg_err err = dg_path_join(target, "COMPLETE", NULL, path, fault);
    if (err != DG_OK)
        return err;
    dg_arena_init(&arena, 0);
    err = dg_read_whole(&arena, path, COMPLETE_MAX, &text, fault);
    if (err == DG_ERR_BAD_NODE) /* there is no such file */
        err = dg_faultf(fault, DG_ERR_BACKUP_INCOMPLETE, "%s", target);
    else if (err == DG_OK && !parse_complete(text, ret))
        err = dg_faultf(fault, DG_ERR_BACKUP_FOREIGN, "%s", path);
    dg_arena_done(&arena);
    return err;
}

/* ---- the place ----------------------------------------------------------------------------------- */

static bool is_empty(const char *path)
{
    DIR *dir = opendir(path);
    bool empty = dir != NULL;
    const struct dirent *entry;
    while (empty && (entry = readdir(dir)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (dir != NULL)
        closedir(dir);
    return empty;
}

/* A directory is taken when it is new or empty, or when a backup was begun in it before. */
static enum dg_err take_place(const char *target, int *ret_lock, struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(target, "lock", NULL, path, fault);
    if (err != DG_OK)
        return err;
    if (mkdir(target, 0700) != 0 && errno != EEXIST)
        return errno == ENOENT ? dg_faultf(fault, DG_ERR_SYSTEM, "%s: %s", target, strerror(errno))
                               : dg_file_fault(fault, errno, target);
    if (!dg_file_exists(path) && !is_empty(target))
        return dg_faultf(fault, DG_ERR_NOT_EMPTY, "%s", target);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return dg_file_fault(fault, errno, path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return dg_faultf(fault, DG_ERR_LOCKED, "%s", path);
    }
    *ret_lock = fd;
    return DG_OK;
}

static enum dg_err store_folder(const char *target, uint32_t number, const char *suffix,
                                char ret[static DG_STORE_PATH_MAX], struct dg_fault *fault)
{
    char name[32];
    (void)snprintf(name, sizeof name, "store-%u%s", (unsigned)number, suffix);
    return dg_path_join(target, name, NULL, ret, fault);
}

/* ---- the copy ------------------------------------------------------------------------------------ */

static enum dg_err add_leaf(struct dg_txn *txn, struct dg_frontier *frontier)
{
    struct dg_bytes leaf;
    if (!dg_leaf_get(txn, frontier->size, &leaf))
        return txn->err != DG_OK ? txn->err : DG_ERR_STORE_CORRUPT;
    struct dg_hash hash = dg_merkle_leaf(leaf);
    dg_frontier_add(frontier, &hash);
    return DG_OK;
}

/* The root of the leaves that are there, computed from their bytes alone, a part in each transaction. */
static enum dg_err compute_root(struct dg_store *store, uint64_t size, struct dg_hash *ret)
{
    enum { LEAVES_PER_TRANSACTION = 4096 };
    struct dg_frontier frontier = {.size = 0};
    while (frontier.size < size) {
        struct dg_txn *txn;
        enum dg_err err = dg_begin_read(store, &txn);
        if (err != DG_OK)
            return err;
        for (unsigned i = 0; frontier.size < size && i < LEAVES_PER_TRANSACTION && err == DG_OK; i++)
            err = add_leaf(txn, &frontier);
        dg_abort(store, txn);
        if (err != DG_OK)
            return err;
    }
    *ret = dg_frontier_root(&frontier);
    return DG_OK;
}

/* Reads who the copy is of, and its newest checkpoint, which must be good. */
static enum dg_err read_head(struct dg_store *store, struct dg_backup *ret)
{
    struct dg_txn *txn;
    struct dg_identity identity;
    struct dg_log_view log;
    struct dg_checkpoint checkpoint;
    enum dg_err err = dg_begin_read(store, &txn);
    if (err != DG_OK)
        return err;
    bool known = dg_identity_load(txn, &identity);
    dg_log_get(txn, &log);
    if (known) {
        struct dg_verifier key = dg_verifier_of(identity.origin, DG_NOTE_ED25519, &identity.log_key);
        err = dg_checkpoint_verify(log.checkpoint, &key, &checkpoint);
    }
    bool good = known && err == DG_OK && checkpoint.size == log.size;
    err = txn->err;
    dg_abort(store, txn);
    if (err != DG_OK || !good)
        return err != DG_OK ? err : DG_ERR_STORE_CORRUPT;
    strcpy(ret->federation, identity.federation);
    strcpy(ret->unit, identity.unit);
    strcpy(ret->origin, identity.origin);
    ret->log_size = checkpoint.size;
    ret->log_root = checkpoint.root;
    return DG_OK;
}

static enum dg_err check_store(struct dg_store *store, struct dg_backup *ret, uint64_t *ret_rows)
{
    struct dg_hash root;
    enum dg_err err = dg_store_check(store, ret_rows);
    if (err == DG_OK)
        err = read_head(store, ret);
    if (err == DG_OK)
        err = compute_root(store, ret->log_size, &root);
    if (err == DG_OK && !dg_hash_equal(&root, &ret->log_root))
        err = DG_ERR_STORE_CORRUPT;
    return err;
}

/* The copy lies in a folder of its own as a node's store does, and is opened like one. LMDB's lock file,
 * which that makes, is no part of it. */
static enum dg_err check_copy(const char *folder, struct dg_backup *ret, uint64_t *ret_rows,
                              struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX];
    struct dg_store *store;
    enum dg_err err = dg_store_lmdb_open(folder, DG_STORE_READ, &store, fault);
    if (err != DG_OK)
        return err;
    err = check_store(store, ret, ret_rows);
    dg_store_close(store);
    if (err == DG_OK && dg_path_join(folder, "store", "lock.mdb", path, NULL) == DG_OK)
        (void)unlink(path);
    return err == DG_OK ? DG_OK : dg_faultf(fault, err, "%s", folder);
}

static enum dg_err copy_store(const char *dir, const char *path, struct dg_fault *fault)
{
    struct dg_store *store;
    enum dg_err err = dg_store_lmdb_open(dir, DG_STORE_READ, &store, fault);
    if (err != DG_OK)
        return err;
    err = dg_store_copy(store, path, fault);
    dg_store_close(store);
    return err;
}

static enum dg_err remove_folder(const char *folder, struct dg_fault *fault)
{
    char inner[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(folder, "store", NULL, inner, fault);
    if (err == DG_OK)
        err = dg_dir_remove(inner, fault);
    return err == DG_OK ? dg_dir_remove(folder, fault) : err;
}

static enum dg_err make_folder(const char *folder, char ret_data[static DG_STORE_PATH_MAX],
                               struct dg_fault *fault)
{
    char inner[DG_STORE_PATH_MAX];
    enum dg_err err = remove_folder(folder, fault);
    if (err == DG_OK)
        err = dg_path_join(folder, "store", NULL, inner, fault);
    if (err == DG_OK)
        err = dg_path_join(folder, "store", "data.mdb", ret_data, fault);
    if (err == DG_OK && (mkdir(folder, 0700) != 0 || mkdir(inner, 0700) != 0))
        err = dg_file_fault(fault, errno, folder);
    return err;
}

/* ---- all of it ----------------------------------------------------------------------------------- */

struct making {
    const char *dir, *target;
    struct dg_backup backup;
    struct dg_backup_counts counts;
    uint32_t replaces; /* the number of the backup that is there; 0: none */
    struct dg_fault *fault;
};

static enum dg_err look_at_old(struct making *m)
{
    struct dg_backup old;
    enum dg_err err = dg_backup_read(m->target, &old, m->fault);
    if (err == DG_ERR_BACKUP_INCOMPLETE)
        return DG_OK;
    if (err == DG_OK)
        m->replaces = old.number;
    return err;
}

/* Only the same node's: who backs up two nodes into one place would lose one. */
static enum dg_err same_node(const struct making *m)
{
    struct dg_backup old;
    if (m->replaces == 0)
        return DG_OK;
    enum dg_err err = dg_backup_read(m->target, &old, m->fault);
    bool same = err == DG_OK && strcmp(old.federation, m->backup.federation) == 0 &&
                strcmp(old.unit, m->backup.unit) == 0;
    return err != DG_OK || same ? err
                                : dg_faultf(m->fault, DG_ERR_BACKUP_FOREIGN, "%s (%s)", m->target, old.unit);
}

static enum dg_err make_store(struct making *m)
{
    char fresh[DG_STORE_PATH_MAX], folder[DG_STORE_PATH_MAX], data[DG_STORE_PATH_MAX];
    m->backup.number = m->replaces + 1;
    enum dg_err err = store_folder(m->target, m->backup.number, ".new", fresh, m->fault);
    if (err == DG_OK)
        err = store_folder(m->target, m->backup.number, "", folder, m->fault);
    if (err == DG_OK)
        err = make_folder(fresh, data, m->fault);
    if (err == DG_OK)
        err = copy_store(m->dir, data, m->fault);
    if (err == DG_OK)
        err = check_copy(fresh, &m->backup, &m->counts.rows, m->fault);
    if (err == DG_OK)
        err = same_node(m);
    if (err == DG_OK)
        err = dg_file_sum(data, &m->backup.sum, &m->backup.bytes, m->fault);
    if (err == DG_OK)
        err = remove_folder(folder, m->fault); /* of one that was never complete */
    if (err == DG_OK && rename(fresh, folder) != 0)
        err = dg_file_fault(m->fault, errno, folder);
    if (err != DG_OK)
        (void)!remove_folder(fresh, NULL);
    return err;
}

static enum dg_err replace_file(const char *target, const char *name, const void *data, size_t size,
                                struct dg_fault *fault)
{
    char fresh[DG_STORE_PATH_MAX], path[DG_STORE_PATH_MAX], fresh_name[32];
    (void)snprintf(fresh_name, sizeof fresh_name, "%s.new", name);
    enum dg_err err = dg_path_join(target, fresh_name, NULL, fresh, fault);
    if (err == DG_OK)
        err = dg_path_join(target, name, NULL, path, fault);
    if (err != DG_OK)
        return err;
    (void)unlink(fresh);
    err = dg_write_new(fresh, data, size, fault);
    if (err == DG_OK && rename(fresh, path) != 0)
        err = dg_file_fault(fault, errno, path);
    return err == DG_OK ? dg_path_sync(target, fault) : err;
}

static enum dg_err make_config(struct making *m)
{
    char path[DG_STORE_PATH_MAX];
    struct dg_arena arena;
    struct dg_bytes text;
    enum { CONFIG_MAX = 64 * 1024 };
    enum dg_err err = dg_path_join(m->dir, "config", NULL, path, m->fault);
    if (err != DG_OK || !dg_file_exists(path))
        return err;
    dg_arena_init(&arena, 0);
    err = dg_read_whole(&arena, path, CONFIG_MAX, &text, m->fault);
    if (err == DG_OK)
        err = replace_file(m->target, "config", text.data, text.size, m->fault);
    dg_arena_done(&arena);
    return err;
}

/* After the store: what a report in it names was there before it. */
static enum dg_err make_attachments(struct making *m)
{
    char from[DG_STORE_PATH_MAX], to[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(m->dir, "attachments", NULL, from, m->fault);
    if (err == DG_OK)
        err = dg_path_join(m->target, "attachments", NULL, to, m->fault);
    return err == DG_OK
               ? dg_copy_named_by_hash(from, to, &m->counts.attachments, &m->counts.new_attachments, m->fault)
               : err;
}

/* From the rename on this is the backup, and the one before is only in the way. */
static enum dg_err say_complete(struct making *m)
{
    char old[DG_STORE_PATH_MAX];
    struct dg_buf text;
    dg_buf_init(&text, COMPLETE_MAX);
    write_complete(&m->backup, &text);
    enum dg_err err = text.err != DG_OK ? dg_fault(m->fault, text.err)
                                        : replace_file(m->target, "COMPLETE", text.data, text.size, m->fault);
    dg_buf_done(&text);
    if (err == DG_OK && m->replaces != 0 && store_folder(m->target, m->replaces, "", old, NULL) == DG_OK)
        (void)!remove_folder(old, NULL);
    return err;
}

static enum dg_err make(struct making *m)
{
    enum dg_err err = look_at_old(m);
    if (err == DG_OK)
        err = make_store(m);
    if (err == DG_OK)
        err = make_config(m);
    if (err == DG_OK)
        err = make_attachments(m);
    if (err == DG_OK)
        err = dg_path_sync(m->target, m->fault);
    return err == DG_OK ? say_complete(m) : err;
}

enum dg_err dg_backup_make(const char *dir, const char *target, dg_ms now, struct dg_backup *ret,
                           struct dg_backup_counts *ret_counts, struct dg_fault *fault)
{
    struct making m = {.dir = dir, .target = target, .backup = {.taken = now}, .fault = fault};
    int lock = -1;
    enum dg_err err = take_place(target, &lock, fault);
    if (err != DG_OK)
        return err;
    err = make(&m);
    close(lock);
    if (err == DG_OK) {
        *ret = m.backup;
        *ret_counts = m.counts;
    }
    return err;
}
