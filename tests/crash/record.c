/* record.c - the calls that change files, each passed on to the kernel and written down. */
#define _GNU_SOURCE
#include "tests/crash/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(sizeof(long) == 8, "offsets are passed to the kernel in one register");

static struct {
    bool on;
    char dir[PATH_MAX];
    size_t dir_size;
    int tape;
    struct record_kill kill;
    uint64_t calls;
} recorder;

/* --- the tape ------------------------------------------------------------------------------ */

static void broken(const char *why)
{
    recorder.on = false;
    fprintf(stderr, "record: %s: %s\n", why, strerror(errno));
    abort();
}

static void tape_add(const void *data, size_t size)
{
    if (syscall(SYS_write, recorder.tape, data, size) != (long)size)
        broken("tape");
}

/* Counts a call that is about to be made, and may be the last. */
static void about_to(void)
{
    recorder.calls++;
    if (recorder.kill.how == RECORD_KILL_BEFORE && recorder.calls == recorder.kill.number)
        _exit(RECORD_KILLED);
}

static bool killed_in(const struct record *record)
{
    const struct record_kill *kill = &recorder.kill;
    switch (kill->how) {
    case RECORD_KILL_BEFORE:
        return false;
    case RECORD_KILL_AFTER:
        return recorder.calls == kill->number;
    case RECORD_KILL_SYNCED:
        return kill->number > 0 && recorder.calls >= kill->number && record->synced != 0;
    }
    return false;
}

/* Writes down a call that was made. A process killed in it did not see it become durable. */
static void done(struct record record, const void *data)
{
    int kept = errno;
    bool killed = killed_in(&record);
    if (killed)
        record.synced = 0;
    if (!killed || record.kind != RECORD_SYNC) {
        tape_add(&record, sizeof record);
        if (record.kind == RECORD_WRITE)
            tape_add(data, record.size);
    }
    if (killed)
        _exit(RECORD_KILLED);
    errno = kept;
}

void record_start(const char *dir, int tape, struct record_kill kill)
{
    recorder.dir_size = (size_t)snprintf(recorder.dir, sizeof recorder.dir, "%s", dir);
    recorder.tape = tape;
    recorder.kill = kill;
    recorder.calls = 0;
    recorder.on = true;
}

void record_mark(uint64_t number)
{
    struct record record = {.kind = RECORD_MARK, .at = number};
    tape_add(&record, sizeof record);
}

void record_stop(void)
{
    recorder.on = false;
}

/* --- which file ---------------------------------------------------------------------------- */

static bool path_is_ours(const char *path)
{
    char after = strncmp(path, recorder.dir, recorder.dir_size) == 0 ? path[recorder.dir_size] : '?';
    return after == '\0' || after == '/';
}

static bool fd_is_ours(int fd)
{
    if (!recorder.on)
        return false;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0)
        return false;
    path[size] = '\0';
    return path_is_ours(path);
}

static uint64_t inode_of_fd(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        broken("fstat");
    return st.st_ino;
}

static uint64_t inode_at(int dir_fd, const char *path)
{
    struct stat st;
    return fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_ino : 0;
}

static void copy_name(char ret[static RECORD_NAME], const char *name)
{
    if (strlen(name) >= RECORD_NAME)
        broken(name);
    memcpy(ret, name, strlen(name) + 1);
}

/* Finds the directory and the name that a path leads to. False when it is none of ours. */
static bool place_of(int dir_fd, const char *path, struct record *ret)
{
    if (!recorder.on)
        return false;
    if (path[0] != '/') {
        if (dir_fd == AT_FDCWD || !fd_is_ours(dir_fd))
            return false;
        ret->dir = inode_of_fd(dir_fd);
        copy_name(ret->name, path);
        return true;
    }
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    *slash = '\0';
    if (!path_is_ours(parent))
        return false;
    ret->dir = inode_at(AT_FDCWD, parent);
    copy_name(ret->name, slash + 1);
    return true;
}

/* --- names --------------------------------------------------------------------------------- */

static int open_at(int dir_fd, const char *path, int flags, mode_t mode)
{
    struct record record = {.kind = RECORD_CREATE};
    bool fresh = (flags & O_CREAT) != 0 && place_of(dir_fd, path, &record) && inode_at(dir_fd, path) == 0;
    bool emptied = (flags & O_TRUNC) != 0 && !fresh && place_of(dir_fd, path, &record);
    if (fresh || emptied)
        about_to();
    int fd = (int)syscall(SYS_openat, dir_fd, path, flags, mode);
    if (fd < 0 || !(fresh || emptied))
        return fd;
    record.file = inode_of_fd(fd);
    if (emptied)
        record.kind = RECORD_TRUNCATE;
    done(record, NULL);
    return fd;
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_at(AT_FDCWD, path, flags, mode);
}

int mkdir(const char *path, mode_t mode)
{
    struct record record = {.kind = RECORD_MKDIR};
    bool ours = place_of(AT_FDCWD, path, &record);
    if (ours)
        about_to();
    int rc = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (ours && rc == 0) {
        record.file = inode_at(AT_FDCWD, path);
        done(record, NULL);
    }
    return rc;
}

int rename(const char *from, const char *to)
{
    struct record record = {.kind = RECORD_RENAME}, target = {.kind = RECORD_RENAME};
    bool ours = place_of(AT_FDCWD, from, &record);
    if (ours != place_of(AT_FDCWD, to, &target) || record.dir != target.dir)
        broken("rename between directories");
    if (ours)
        about_to();
    int rc = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (ours && rc == 0) {
        memcpy(record.to, target.name, sizeof record.to);
        done(record, NULL);
    }
    return rc;
}

int unlinkat(int dir_fd, const char *path, int flags)
{
    struct record record = {.kind = RECORD_REMOVE};
    bool ours = place_of(dir_fd, path, &record);
    if (ours)
        about_to();
    int rc = (int)syscall(SYS_unlinkat, dir_fd, path, flags);
    if (ours && rc == 0)
        done(record, NULL);
    return rc;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

/* --- bytes --------------------------------------------------------------------------------- */

/* Writes one run of bytes; at is negative to write at the descriptor's own offset and move it. */
static ssize_t write_at(int fd, const void *data, size_t size, off_t at)
{
    bool ours = fd_is_ours(fd);
    off_t start = ours && at < 0 ? lseek(fd, 0, SEEK_CUR) : at;
    if (ours)
        about_to();
    ssize_t wrote = at < 0 ? syscall(SYS_write, fd, data, size) : syscall(SYS_pwrite64, fd, data, size, at);
    if (!ours || wrote <= 0)
        return wrote;
    struct record record = {
        .kind = RECORD_WRITE,
        .synced = (fcntl(fd, F_GETFL) & O_DSYNC) != 0,
        .file = inode_of_fd(fd),
        .at = (uint64_t)start,
        .size = (uint64_t)wrote,
    };
    done(record, data);
    return wrote;
}

/* Several runs are written one by one, since a power cut may also come between them. */
static ssize_t writev_at(int fd, const struct iovec *runs, int count, off_t at)
{
    if (!fd_is_ours(fd))
        return at < 0 ? syscall(SYS_writev, fd, runs, count) : syscall(SYS_pwritev, fd, runs, count, at, 0);
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t wrote = write_at(fd, runs[i].iov_base, runs[i].iov_len, at < 0 ? at : at + total);
        if (wrote < 0)
            return total > 0 ? total : wrote;
        total += wrote;
        if ((size_t)wrote < runs[i].iov_len)
            break;
    }
    return total;
}

ssize_t write(int fd, const void *data, size_t size)
{
    return write_at(fd, data, size, -1);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    return write_at(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    return write_at(fd, data, size, at);
}

ssize_t writev(int fd, const struct iovec *runs, int count)
{
    return writev_at(fd, runs, count, -1);
}

ssize_t pwritev(int fd, const struct iovec *runs, int count, off_t at)
{
    return writev_at(fd, runs, count, at);
}

ssize_t pwritev64(int fd, const struct iovec *runs, int count, off64_t at)
{
    return writev_at(fd, runs, count, at);
}

int ftruncate(int fd, off_t size)
{
    bool ours = fd_is_ours(fd);
    if (ours)
        about_to();
    int rc = (int)syscall(SYS_ftruncate, fd, size);
    if (ours && rc == 0)
        done((struct record){.kind = RECORD_TRUNCATE, .file = inode_of_fd(fd), .size = (uint64_t)size}, NULL);
    return rc;
}

int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

static int sync_by(long call, int fd)
{
    bool ours = fd_is_ours(fd);
    if (ours)
        about_to();
    int rc = (int)syscall(call, fd);
    if (ours && rc == 0)
        done((struct record){.kind = RECORD_SYNC, .file = inode_of_fd(fd)}, NULL);
    return rc;
}

int fsync(int fd)
{
    return sync_by(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return sync_by(SYS_fdatasync, fd);
}
