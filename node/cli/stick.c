/* stick.c - bundles as folders on whatever can be carried. */
#include "node/cli/stick.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/limits.h"

enum { PATH_BYTES = 4000, NAME_BYTES = 2 * DG_SLUG_MAX + 32, BUNDLES_MAX = 4096 };

static enum dg_err failed(struct dg_cli *cli, const char *path)
{
    enum dg_err err = errno == ENOSPC || errno == EDQUOT                    ? DG_ERR_STORE_FULL
                      : errno == EACCES || errno == EPERM || errno == EROFS ? DG_ERR_NOT_PERMITTED
                                                                            : DG_ERR_BAD_FILE;
    return dg_faultf(&cli->fault, err, "%s: %s", path, strerror(errno));
}

static const char *file_path(struct dg_arena *arena, const char *path, uint32_t number)
{
    if (number == 0)
        return dg_arena_printf(arena, "%s/contents", path);
    return dg_arena_printf(arena, "%s/part-%05u", path, number);
}

/* ---- writing ------------------------------------------------------------------------------------ */

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    /* Some filesystems of sticks cannot fsync a folder, and say so. */
    bool done = fsync(fd) == 0 || errno == EINVAL;
    return close(fd) == 0 && done;
}

static bool write_all(int fd, struct dg_bytes content)
{
    for (size_t at = 0; at < content.size;) {
        ssize_t size = write(fd, content.data + at, content.size - at);
        if (size < 0 && errno != EINTR)
            return false;
        at += size > 0 ? (size_t)size : 0;
    }
    return fsync(fd) == 0;
}

/* tmp, fsync, rename, fsync of the folder. */
static enum dg_err write_file(struct dg_stick *stick, const char *path, struct dg_bytes content)
{
    const char *temporary = dg_arena_printf(&stick->cli->arena, "%s.tmp", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(stick->cli, path);
    bool written = write_all(fd, content);
    int why = errno;
    written = close(fd) == 0 && written;
    if (written && rename(temporary, path) == 0 && sync_folder(stick->path))
        return DG_OK;
    errno = written ? errno : why;
    enum dg_err err = failed(stick->cli, path);
    unlink(temporary);
    return err;
}

enum dg_err dg_stick_open(struct dg_cli *cli, const char *dir, const char *from, const char *to,
                          dg_ms made_ms, const uint8_t bundle[static 16], struct dg_stick *ret)
{
    char at[DG_INSTANT_TEXT];
    dg_instant_text(made_ms, at);
    /* 20261121T093000123: names order as the times do, and suit every filesystem. */
    const char *stamp = dg_arena_printf(&cli->arena, "%.4s%.2s%.2sT%.2s%.2s%.2s%.3s-%02x%02x", at, at + 5,
                                        at + 8, at + 11, at + 14, at + 17, at + 20, bundle[0], bundle[1]);
    if (strlen(dir) > PATH_BYTES)
        return dg_faultf(&cli->fault, DG_ERR_BAD_FILE, "%s", strerror(ENAMETOOLONG));
    *ret = (struct dg_stick){.cli = cli, .pair = dg_arena_printf(&cli->arena, "%s.%s.", from, to)};
    ret->path = dg_arena_printf(&cli->arena, "%s/%s%s", dir, ret->pair, stamp);
    if ((mkdir(dir, 0700) != 0 && errno != EEXIST) || mkdir(ret->path, 0700) != 0)
        return failed(cli, ret->path);
    return sync_folder(dir) ? DG_OK : failed(cli, dir);
}

enum dg_err dg_stick_write(struct dg_stick *stick, uint32_t number, struct dg_bytes content)
{
    return write_file(stick, file_path(&stick->cli->arena, stick->path, number), content);
}

/* Only files that a bundle can have are taken away, and so a folder only if it holds no others. */
static void remove_bundle(struct dg_arena *arena, const char *path)
{
    for (uint32_t number = dg_stick_last(path); number > 0; number--)
        unlink(file_path(arena, path, number));
    unlink(file_path(arena, path, 0));
    unlink(dg_arena_printf(arena, "%s/COMPLETE", path));
    rmdir(path);
}

struct older {
    struct dg_stick *stick;
};

static enum dg_err remove_older(void *ctx, const char *path)
{
    struct dg_stick *stick = ((struct older *)ctx)->stick;
    const char *name = strrchr(path, '/');
    name = name != NULL ? name + 1 : path;
    const char *mine = strrchr(stick->path, '/') + 1;
    if (strncmp(name, stick->pair, strlen(stick->pair)) == 0 && strcmp(name, mine) < 0)
        remove_bundle(&stick->cli->arena, path);
    return DG_OK;
}

enum dg_err dg_stick_complete(struct dg_stick *stick, const char *dir)
{
    struct older older = {.stick = stick};
    const char *path = dg_arena_printf(&stick->cli->arena, "%s/COMPLETE", stick->path);
    enum dg_err err = write_file(stick, path, dg_bytes_of("donggui carried v1\n"));
    return err == DG_OK ? dg_stick_each(stick->cli, dir, remove_older, &older) : err;
}

/* ---- reading ------------------------------------------------------------------------------------ */

/* Two dots, as the name of a bundle has. */
static bool is_bundle(const char *name)
{
    const char *first = strchr(name, '.');
    return name[0] != '.' && first != NULL && strchr(first + 1, '.') != NULL && strlen(name) <= NAME_BYTES;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t list_bundles(struct dg_cli *cli, const char *dir, DIR *open_dir, const char **ret)
{
    size_t count = 0;
    const struct dirent *entry;
    while (count < BUNDLES_MAX && (entry = readdir(open_dir)) != NULL) {
        struct stat st;
        const char *path = dg_arena_printf(&cli->arena, "%s/%s", dir, entry->d_name);
        if (is_bundle(entry->d_name) && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
            ret[count++] = path;
    }
    qsort(ret, count, sizeof *ret, by_name);
    return count;
}

enum dg_err dg_stick_each(struct dg_cli *cli, const char *dir,
                          enum dg_err (*each)(void *ctx, const char *path), void *ctx)
{
    const char **path = dg_arena_array(&cli->arena, BUNDLES_MAX, sizeof *path);
    DIR *open_dir = strlen(dir) <= PATH_BYTES ? opendir(dir) : NULL;
    if (path == NULL || open_dir == NULL)
        return path == NULL ? dg_fault(&cli->fault, DG_ERR_NO_MEMORY) : failed(cli, dir);
    size_t count = list_bundles(cli, dir, open_dir, path);
    closedir(open_dir);
    if (count == 0 && dg_stick_last(dir) > 0)
        path[count++] = dir;
    enum dg_err err = DG_OK;
    for (size_t i = 0; i < count && err == DG_OK; i++)
        err = each(ctx, path[i]);
    return err;
}

static enum dg_err read_all(struct dg_arena *arena, int fd, struct dg_bytes *ret)
{
    uint8_t *data = dg_arena_alloc(arena, DG_CARRIED_MAX + 1);
    size_t size = 0;
    ssize_t got = 1;
    if (data == NULL)
        return DG_ERR_NO_MEMORY;
    while (got != 0 && size <= DG_CARRIED_MAX) {
        got = read(fd, data + size, DG_CARRIED_MAX + 1 - size);
        if (got < 0 && errno != EINTR)
            return DG_ERR_BAD_FILE;
        size += got > 0 ? (size_t)got : 0;
    }
    if (size > DG_CARRIED_MAX)
        return DG_ERR_TOO_LARGE;
    *ret = dg_bytes_at(data, size);
    return DG_OK;
}

enum dg_err dg_stick_read(struct dg_arena *arena, const char *path, uint32_t number, struct dg_bytes *ret)
{
    struct stat st;
    int fd = open(file_path(arena, path, number), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? DG_ERR_NOT_FOUND : DG_ERR_BAD_FILE;
    enum dg_err err = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read_all(arena, fd, ret) : DG_ERR_BAD_FILE;
    (void)close(fd);
    return err;
}

uint32_t dg_stick_last(const char *path)
{
    const struct dirent *entry;
    uint32_t last = 0;
    DIR *dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        unsigned number;
        int size = 0;
        if (sscanf(entry->d_name, "part-%5u%n", &number, &size) == 1 && entry->d_name[size] == '\0' &&
            number <= DG_CARRIED_PARTS_MAX && number > last)
            last = number;
    }
    if (dir != NULL)
        closedir(dir);
    return last;
}

bool dg_stick_is_complete(const char *path)
{
    char name[PATH_BYTES + NAME_BYTES + 16];
    struct stat st;
    int size = snprintf(name, sizeof name, "%s/COMPLETE", path);
    return size > 0 && (size_t)size < sizeof name && lstat(name, &st) == 0 && S_ISREG(st.st_mode);
}
