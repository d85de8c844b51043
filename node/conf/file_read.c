/* file_read.c - a whole file, or standard input, as bytes in an arena. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "node/conf/report_file.h"

/* Reads to the end, or until there is more than buf may hold: one byte too many is enough to know. */
static int read_all(int fd, struct dg_buf *buf)
{
    uint8_t part[16 * 1024];

    for (;;) {
        ssize_t size = read(fd, part, sizeof part);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return errno;
        dg_buf_add(buf, part, (size_t)size);
        if (size == 0 || buf->err != DG_OK)
            return 0;
    }
}

static enum dg_err keep(struct dg_arena *arena, const struct dg_buf *buf, const char *path,
                        struct dg_bytes *ret, struct dg_fault *fault)
{
    if (buf->err == DG_ERR_TOO_LARGE)
        return dg_faultf(fault, DG_ERR_TOO_LARGE, "%s > %zu", path, buf->max);
    struct dg_bytes copy = buf->err == DG_OK ? dg_arena_copy(arena, dg_buf_bytes(buf)) : (struct dg_bytes){0};
    if (buf->err != DG_OK || copy.data == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    *ret = copy;
    return DG_OK;
}

enum dg_err dg_file_read(struct dg_arena *arena, const char *path, size_t max, struct dg_bytes *ret,
                         struct dg_fault *fault)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct dg_buf buf;

    if (fd < 0)
        return dg_faultf(fault, DG_ERR_BAD_FILE, "%s: %s", path, strerror(errno));
    dg_buf_init(&buf, max);
    int problem = read_all(fd, &buf);
    enum dg_err err = problem == 0 ? keep(arena, &buf, path, ret, fault)
                                   : dg_faultf(fault, DG_ERR_BAD_FILE, "%s: %s", path, strerror(problem));
    dg_buf_done(&buf);
    if (!is_stdin)
        close(fd);
    return err;
}
