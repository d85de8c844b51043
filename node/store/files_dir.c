/* files_dir.c - parts and wholes as files: written, synced, renamed, and the directory synced. */
#include "node/store/files_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/crypto.h"
#include "node/store/store_files.h"

/* Parts that were written to since the last sync are kept open; more than these are synced at once. */
enum { DIRTY_MAX = 16 };

struct dirty {
    struct dg_hash content;
    int fd;
};

struct files_dir {
    struct dg_files files;
    int dir, tmp;       /* attachments, attachments/tmp */
    bool names_changed; /* in tmp, since the last sync */
    size_t dirty_count;
    struct dirty dirty[DIRTY_MAX];
};

struct name {
    char text[DG_HEX_BYTES];
};

static struct files_dir *dir_of(struct dg_files *files)
{
    return (struct files_dir *)(void *)files;
}

static struct name name_of(const struct dg_hash *hash)
{
    struct name name;
    dg_hex(hash->b, sizeof hash->b, name.text);
    return name;
}

/* What a failed call means: a full disk is ordinary, a missing file is no fault of the disk's, and anything
 * else is no disk to go on with. */
static enum dg_err error_of(int error)
{
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        return DG_ERR_STORE_FULL;
    return error == ENOENT ? DG_ERR_NOT_FOUND : DG_ERR_STORE_IO;
}

/* ---- reading ------------------------------------------------------------------------------------ */

static int file_open(struct files_dir *d, enum dg_file_kind kind, const struct dg_hash *name, int flags)
{
    struct name text = name_of(name);
    return openat(kind == DG_FILE_PART ? d->tmp : d->dir, text.text, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static enum dg_err files_read(struct dg_files *files, enum dg_file_kind kind, const struct dg_hash *name,
                              uint64_t offset, void *ret, size_t size)
{
    int fd = file_open(dir_of(files), kind, name, O_RDONLY);
    if (fd < 0)
        return error_of(errno);
    enum dg_err err = DG_OK;
    for (size_t at = 0; at < size && err == DG_OK;) {
        ssize_t got = pread(fd, (uint8_t *)ret + at, size - at, (off_t)(offset + at));
        if (got > 0)
            at += (size_t)got;
        else if (got == 0)
            err = DG_ERR_NOT_FOUND;
        else if (errno != EINTR)
            err = error_of(errno);
    }
    close(fd);
    return err;
}

static bool files_has(struct dg_files *files, enum dg_file_kind kind, const struct dg_hash *name,
                      uint64_t size)
{
    struct files_dir *d = dir_of(files);
    struct name text = name_of(name);
    struct stat st;
    return fstatat(kind == DG_FILE_PART ? d->tmp : d->dir, text.text, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;
}

static void files_room(struct dg_files *files, uint64_t *ret_free, uint64_t *ret_total)
{
    struct statvfs fs;
    *ret_free = *ret_total = 0;
    if (fstatvfs(dir_of(files)->dir, &fs) != 0)
        return;
    *ret_free = (uint64_t)fs.f_bavail * fs.f_frsize;
    *ret_total = (uint64_t)fs.f_blocks * fs.f_frsize;
}

/* ---- writing ------------------------------------------------------------------------------------ */

static enum dg_err dirty_sync(struct files_dir *d)
{
    enum dg_err err = DG_OK;
    for (size_t i = 0; i < d->dirty_count; i++) {
        if (fdatasync(d->dirty[i].fd) != 0 && err == DG_OK)
            err = error_of(errno);
        if (close(d->dirty[i].fd) != 0 && err == DG_OK)
            err = error_of(errno);
    }
    d->dirty_count = 0;
    return err;
}

static enum dg_err files_sync(struct dg_files *files)
{
    struct files_dir *d = dir_of(files);
    enum dg_err err = dirty_sync(d);
    if (d->names_changed && fsync(d->tmp) != 0 && err == DG_OK)
        err = error_of(errno);
    d->names_changed = false;
    return err;
}

/* The descriptor of a part that is being written to. -1 with errno. */
static int dirty_open(struct files_dir *d, const struct dg_hash *content)
{
    for (size_t i = 0; i < d->dirty_count; i++)
        if (dg_hash_equal(&d->dirty[i].content, content))
            return d->dirty[i].fd;
    if (d->dirty_count == DIRTY_MAX && dirty_sync(d) != DG_OK) {
        errno = EIO;
        return -1;
    }
    int fd = file_open(d, DG_FILE_PART, content, O_WRONLY);
    if (fd < 0 && errno == ENOENT) {
        fd = file_open(d, DG_FILE_PART, content, O_WRONLY | O_CREAT | O_EXCL);
        d->names_changed = true;
    }
    if (fd >= 0)
        d->dirty[d->dirty_count++] = (struct dirty){.content = *content, .fd = fd};
    return fd;
}

static enum dg_err files_write(struct dg_files *files, const struct dg_hash *content, uint64_t offset,
                               struct dg_bytes bytes)
{
    int fd = dirty_open(dir_of(files), content);
    if (fd < 0)
        return error_of(errno);
    for (size_t at = 0; at < bytes.size;) {
        ssize_t put = pwrite(fd, bytes.data + at, bytes.size - at, (off_t)(offset + at));
        if (put < 0 && errno != EINTR)
            return error_of(errno);
        at += put > 0 ? (size_t)put : 0;
    }
    return DG_OK;
}

/* ---- names -------------------------------------------------------------------------------------- */

static enum dg_err files_finish(struct dg_files *files, const struct dg_hash *content,
                                const struct dg_hash *sha256)
{
    struct files_dir *d = dir_of(files);
    struct name part = name_of(content), whole = name_of(sha256);
    struct stat st;
    if (fstatat(d->dir, whole.text, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        (void)unlinkat(d->tmp, part.text, 0);
        return DG_OK;
    }
    if (fchmodat(d->tmp, part.text, 0400, 0) != 0 || renameat(d->tmp, part.text, d->dir, whole.text) != 0 ||
        fsync(d->dir) != 0)
        return error_of(errno);
    return DG_OK;
}

/* A name of the command line's: this function is the last to see it before the kernel does. */
static bool new_name(struct dg_bytes name, char ret[static 64])
{
    if (name.size < 5 || name.size > 63 || memcmp(name.data, "new-", 4) != 0 ||
        memchr(name.data, '/', name.size) != NULL || memchr(name.data, '\0', name.size) != NULL)
        return false;
    memcpy(ret, name.data, name.size);
    ret[name.size] = '\0';
    return true;
}

static enum dg_err files_take_in(struct dg_files *files, struct dg_bytes name, const struct dg_hash *content)
{
    struct files_dir *d = dir_of(files);
    struct name part = name_of(content);
    char from[64];
    if (!new_name(name, from))
        return DG_ERR_NOT_FOUND;
    if (renameat(d->tmp, from, d->tmp, part.text) != 0)
        return error_of(errno);
    d->names_changed = true;
    return DG_OK;
}

static void files_discard(struct dg_files *files, const struct dg_hash *content)
{
    struct name part = name_of(content);
    (void)unlinkat(dir_of(files)->tmp, part.text, 0);
}

static void files_discard_new(struct dg_files *files, struct dg_bytes name)
{
    char text[64];
    if (new_name(name, text))
        (void)unlinkat(dir_of(files)->tmp, text, 0);
}

static void files_sweep(struct dg_files *files, bool (*keep)(void *ctx, const struct dg_hash *content),
                        void *ctx)
{
    struct files_dir *d = dir_of(files);
    int fd = openat(d->tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (list == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (const struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
        struct dg_hash content;
        bool part = dg_unhex(dg_bytes_of(entry->d_name), content.b, sizeof content.b);
        if (entry->d_name[0] != '.' && (!part || !keep(ctx, &content)))
            (void)unlinkat(d->tmp, entry->d_name, 0);
    }
    closedir(list);
}

/* ---- life --------------------------------------------------------------------------------------- */

static void files_close(struct dg_files *files)
{
    struct files_dir *d = dir_of(files);
    for (size_t i = 0; i < d->dirty_count; i++)
        close(d->dirty[i].fd);
    if (d->tmp >= 0)
        close(d->tmp);
    if (d->dir >= 0)
        close(d->dir);
    free(d);
}

static const struct dg_files_ops dir_ops = {
    .read = files_read,
    .write = files_write,
    .sync = files_sync,
    .finish = files_finish,
    .take_in = files_take_in,
    .discard = files_discard,
    .discard_new = files_discard_new,
    .has = files_has,
    .room = files_room,
    .sweep = files_sweep,
    .close = files_close,
};

static enum dg_err open_dirs(struct files_dir *d, const char *path, struct dg_fault *fault)
{
    d->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (d->dir >= 0)
        d->tmp = openat(d->dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (d->dir >= 0 && d->tmp >= 0)
        return DG_OK;
    return errno == ENOENT ? dg_faultf(fault, DG_ERR_NOT_FOUND, "%s", path)
                           : dg_file_fault(fault, errno, path);
}

enum dg_err dg_files_dir_view(const char *dir, struct dg_files **ret, struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(dir, "attachments", NULL, path, fault);
    if (err != DG_OK)
        return err;
    struct files_dir *d = calloc(1, sizeof *d);
    if (d == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    *d = (struct files_dir){.files.ops = &dir_ops, .dir = -1, .tmp = -1};
    err = open_dirs(d, path, fault);
    if (err != DG_OK) {
        files_close(&d->files);
        return err;
    }
    *ret = &d->files;
    return DG_OK;
}

static enum dg_err make_dir(const char *path, struct dg_fault *fault)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return DG_OK;
    return dg_file_fault(fault, errno, path);
}

/* Both directories, durably. */
static enum dg_err make_dirs(const char *dir, struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX], tmp[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(dir, "attachments", NULL, path, fault);
    if (err == DG_OK)
        err = dg_path_join(dir, "attachments", "tmp", tmp, fault);
    if (err != DG_OK || dg_file_exists(tmp))
        return err;
    err = make_dir(path, fault);
    if (err == DG_OK)
        err = make_dir(tmp, fault);
    if (err == DG_OK)
        err = dg_path_sync(path, fault);
    return err == DG_OK ? dg_path_sync(dir, fault) : err;
}

enum dg_err dg_files_dir_open(const char *dir, struct dg_files **ret, struct dg_fault *fault)
{
    enum dg_err err = make_dirs(dir, fault);
    return err == DG_OK ? dg_files_dir_view(dir, ret, fault) : err;
}

/* ---- the command line's files ------------------------------------------------------------------- */

enum dg_err dg_files_dir_new(const char *dir, int *ret_fd, char ret_name[static 32], struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX], place[80];
    uint8_t random[8];
    char hex[2 * sizeof random + 1];
    enum dg_err err = make_dirs(dir, fault);
    if (err != DG_OK)
        return err;
    dg_random(random, sizeof random);
    dg_hex(random, sizeof random, hex);
    (void)snprintf(ret_name, 32, "new-%s", hex);
    (void)snprintf(place, sizeof place, "tmp/%s", ret_name);
    err = dg_path_join(dir, "attachments", place, path, fault);
    if (err != DG_OK)
        return err;
    *ret_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *ret_fd >= 0 ? DG_OK : dg_file_fault(fault, errno, path);
}

void dg_files_dir_drop(const char *dir, const char *name)
{
    struct dg_files *files;
    if (dg_files_dir_view(dir, &files, NULL) != DG_OK)
        return;
    files_discard_new(files, dg_bytes_of(name));
    dg_files_close(files);
}
