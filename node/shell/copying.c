/* copying.c - copies, sums, and folders of files that are named by their hash. */
#include "node/shell/copying.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto.h"
#include "node/store/store_files.h"

enum { PIECE = 1024 * 1024 };

/* ---- one file ------------------------------------------------------------------------------------ */

/* Reads until the piece is full or the file at its end; -1 with errno on failure. */
static ssize_t read_piece(int fd, uint8_t *piece, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t more = read(fd, piece + got, size - got);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return -1;
        if (more == 0)
            break;
        got += (size_t)more;
    }
    return (ssize_t)got;
}

static int write_piece(int fd, const uint8_t *piece, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, piece, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        piece += put;
        size -= (size_t)put;
    }
    return 0;
}

static int create(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* Ends a new file: durable, or gone. */
static enum dg_err finish(int fd, int error, const char *path, struct dg_fault *fault)
{
    if (error == 0 && fsync(fd) != 0)
        error = errno;
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0)
        return DG_OK;
    (void)unlink(path);
    return dg_file_fault(fault, error, path);
}

static enum dg_err new_file_fault(struct dg_fault *fault, int error, const char *path)
{
    return error == EEXIST ? dg_faultf(fault, DG_ERR_NOT_EMPTY, "%s", path)
                           : dg_file_fault(fault, error, path);
}

static enum dg_err copy_open(int in, const char *from, const char *to, uint8_t *piece, uint64_t *ret_bytes,
                             struct dg_fault *fault)
{
    int out = create(to), error = 0;
    uint64_t bytes = 0;
    if (out < 0)
        return new_file_fault(fault, errno, to);
    for (;;) {
        ssize_t got = read_piece(in, piece, PIECE);
        if (got < 0) {
            int cause = errno;
            (void)finish(out, cause, to, NULL);
            return dg_file_fault(fault, cause, from);
        }
        if (got == 0 || (error = write_piece(out, piece, (size_t)got)) != 0)
            break;
        bytes += (uint64_t)got;
    }
    enum dg_err err = finish(out, error, to, fault);
    if (err == DG_OK && ret_bytes != NULL)
        *ret_bytes = bytes;
    return err;
}

enum dg_err dg_copy_file(const char *from, const char *to, uint64_t *ret_bytes, struct dg_fault *fault)
{
    uint8_t *piece = malloc(PIECE);
    if (piece == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    enum dg_err err =
        in < 0 ? dg_file_fault(fault, errno, from) : copy_open(in, from, to, piece, ret_bytes, fault);
    if (in >= 0)
        close(in);
    free(piece);
    return err;
}

static enum dg_err sum_open(int fd, const char *path, uint8_t *piece, struct dg_hash *ret,
                            uint64_t *ret_bytes, struct dg_fault *fault)
{
    struct dg_hash sum = {{0}};
    uint64_t bytes = 0;
    ssize_t got;
    while ((got = read_piece(fd, piece, PIECE)) > 0) {
        struct dg_bytes part[] = {dg_bytes_at(sum.b, sizeof sum.b), dg_bytes_at(piece, (size_t)got)};
        sum = dg_sha256_parts(part, 2);
        bytes += (uint64_t)got;
    }
    if (got < 0)
        return dg_file_fault(fault, errno, path);
    *ret = sum;
    *ret_bytes = bytes;
    return DG_OK;
}

enum dg_err dg_file_sum(const char *path, struct dg_hash *ret, uint64_t *ret_bytes, struct dg_fault *fault)
{
    uint8_t *piece = malloc(PIECE);
    if (piece == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    enum dg_err err =
        fd < 0 ? dg_file_fault(fault, errno, path) : sum_open(fd, path, piece, ret, ret_bytes, fault);
    if (fd >= 0)
        close(fd);
    free(piece);
    return err;
}

enum dg_err dg_write_new(const char *path, const void *data, size_t size, struct dg_fault *fault)
{
    int fd = create(path);
    if (fd < 0)
        return new_file_fault(fault, errno, path);
    return finish(fd, write_piece(fd, data, size), path, fault);
}

enum dg_err dg_read_whole(struct dg_arena *arena, const char *path, size_t max, struct dg_bytes *ret,
                          struct dg_fault *fault)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return dg_file_fault(fault, errno, path);
    enum dg_err err = DG_OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        err = dg_faultf(fault, DG_ERR_BAD_FILE, "%s", path);
    else if ((uint64_t)st.st_size > max)
        err = dg_faultf(fault, DG_ERR_TOO_LARGE, "%s", path);
    uint8_t *text = err == DG_OK ? dg_arena_alloc(arena, (size_t)st.st_size + 1) : NULL;
    if (err == DG_OK && text == NULL)
        err = dg_fault(fault, DG_ERR_NO_MEMORY);
    ssize_t got = err == DG_OK ? read_piece(fd, text, (size_t)st.st_size) : 0;
    if (got < 0)
        err = dg_file_fault(fault, errno, path);
    close(fd);
    if (err == DG_OK)
        *ret = dg_bytes_at(text, (size_t)got);
    return err;
}

/* ---- folders ------------------------------------------------------------------------------------- */

enum { HASH_NAME = 64, DEPTH_MAX = 2 };

struct copying {
    uint64_t all, fresh;
    struct dg_fault *fault;
};

static bool is_hash_name(const char *name)
{
    return strlen(name) == HASH_NAME && strspn(name, "0123456789abcdef") == HASH_NAME;
}

/* Under its name the copy is whole: it is made beside it. */
static enum dg_err copy_one(struct copying *copying, const char *from, const char *to)
{
    char part[DG_STORE_PATH_MAX];
    copying->all++;
    if (dg_file_exists(to))
        return DG_OK;
    if (snprintf(part, sizeof part, "%s.part", to) >= (int)sizeof part)
        return dg_faultf(copying->fault, DG_ERR_BAD_FILE, "%.200s", to);
    (void)unlink(part);
    enum dg_err err = dg_copy_file(from, part, NULL, copying->fault);
    if (err == DG_OK && rename(part, to) != 0)
        err = dg_file_fault(copying->fault, errno, to);
    copying->fresh += err == DG_OK;
    return err;
}

static enum dg_err copy_folder(struct copying *copying, const char *from, const char *to, unsigned depth);

static enum dg_err copy_entry(struct copying *copying, const char *from, const char *to, const char *name,
                              unsigned depth)
{
    char in[DG_STORE_PATH_MAX], out[DG_STORE_PATH_MAX];
    struct stat st;
    enum dg_err err = dg_path_join(from, name, NULL, in, copying->fault);
    if (err == DG_OK)
        err = dg_path_join(to, name, NULL, out, copying->fault);
    if (err != DG_OK || name[0] == '.' || lstat(in, &st) != 0)
        return err; /* what has gone meanwhile was no longer wanted */
    if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
        return copy_folder(copying, in, out, depth + 1);
    return S_ISREG(st.st_mode) && is_hash_name(name) ? copy_one(copying, in, out) : DG_OK;
}

static enum dg_err copy_folder(struct copying *copying, const char *from, const char *to, unsigned depth)
{
    DIR *dir = opendir(from);
    if (dir == NULL)
        return errno == ENOENT ? DG_OK : dg_file_fault(copying->fault, errno, from);
    enum dg_err err = DG_OK;
    if (mkdir(to, 0700) != 0 && errno != EEXIST)
        err = dg_file_fault(copying->fault, errno, to);
    const struct dirent *entry;
    while (err == DG_OK && (entry = readdir(dir)) != NULL)
        err = copy_entry(copying, from, to, entry->d_name, depth);
    closedir(dir);
    return err == DG_OK ? dg_path_sync(to, copying->fault) : err;
}

enum dg_err dg_copy_named_by_hash(const char *from, const char *to, uint64_t *ret_all, uint64_t *ret_new,
                                  struct dg_fault *fault)
{
    struct copying copying = {.fault = fault};
    enum dg_err err = copy_folder(&copying, from, to, 0);
    if (err == DG_OK) {
        *ret_all = copying.all;
        *ret_new = copying.fresh;
    }
    return err;
}
