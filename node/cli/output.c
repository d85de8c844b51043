/* output.c - files and folders that a verb makes. */
#include "node/cli/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/cli/say.h"

enum { PATH_MAX_BYTES = 4000 };

static enum dg_err failed(struct dg_cli *cli, const char *path)
{
    enum dg_err err = errno == ENOSPC || errno == EDQUOT  ? DG_ERR_STORE_FULL
                      : errno == EACCES || errno == EPERM ? DG_ERR_NOT_PERMITTED
                                                          : DG_ERR_BAD_FILE;
    return dg_faultf(&cli->fault, err, "%s: %s", path, strerror(errno));
}

bool dg_path_is_free(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    bool empty = true;

    if (dir == NULL)
        return errno == ENOENT;
    while (empty && (entry = readdir(dir)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(dir);
    return empty;
}

/* ---- one file ----------------------------------------------------------------------------------- */

static bool write_all(int fd, struct dg_bytes content)
{
    size_t at = 0;

    while (at < content.size) {
        ssize_t size = write(fd, content.data + at, content.size - at);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return false;
        at += (size_t)size;
    }
    return true;
}

/* A rename would take the place of a device or a pipe, and what was meant for it be lost. */
static enum dg_err may_write(struct dg_cli *cli, const char *path)
{
    struct stat there;

    cli->where = path;
    if (strlen(path) > PATH_MAX_BYTES)
        return dg_faultf(&cli->fault, DG_ERR_BAD_FILE, "%s", strerror(ENAMETOOLONG));
    bool exists = lstat(path, &there) == 0;
    if (exists && !S_ISREG(there.st_mode))
        return dg_faultf(&cli->fault, DG_ERR_BAD_FILE, "%s",
                         dg_phrase(cli, DG_MSG_NOT_A_FILE, DG_WORDS(path)));
    if (exists && !dg_confirm(cli, DG_MSG_ASK_REPLACE, DG_WORDS(path)))
        return dg_faultf(&cli->fault, DG_ERR_BAD_FILE, "%s", dg_phrase(cli, DG_MSG_EXISTS, DG_WORDS(path)));
    return DG_OK;
}

static enum dg_err output_begin(struct dg_cli *cli, const char *path, struct dg_output *ret)
{
    *ret = (struct dg_output){.cli = cli, .path = path};
    ret->temporary = dg_arena_printf(&cli->arena, "%s.%ld.tmp", path, (long)getpid());
    ret->fd = open(ret->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    return ret->fd >= 0 ? DG_OK : failed(cli, path);
}

enum dg_err dg_output_open(struct dg_cli *cli, const char *path, struct dg_output *ret)
{
    enum dg_err err = may_write(cli, path);
    return err == DG_OK ? output_begin(cli, path, ret) : err;
}

enum dg_err dg_output_add(struct dg_output *output, struct dg_bytes bytes)
{
    return write_all(output->fd, bytes) ? DG_OK : failed(output->cli, output->path);
}

enum dg_err dg_output_close(struct dg_output *output, enum dg_err err)
{
    if (err == DG_OK && fsync(output->fd) != 0)
        err = failed(output->cli, output->path);
    if (close(output->fd) != 0 && err == DG_OK)
        err = failed(output->cli, output->path);
    if (err == DG_OK && rename(output->temporary, output->path) != 0)
        err = failed(output->cli, output->path);
    if (err != DG_OK)
        unlink(output->temporary);
    return err;
}

static enum dg_err replace(struct dg_cli *cli, const char *path, struct dg_bytes content)
{
    struct dg_output output;

    enum dg_err err = output_begin(cli, path, &output);
    return err == DG_OK ? dg_output_close(&output, dg_output_add(&output, content)) : err;
}

enum dg_err dg_file_write(struct dg_cli *cli, const char *path, struct dg_bytes content)
{
    enum dg_err err = may_write(cli, path);
    return err == DG_OK ? replace(cli, path, content) : err;
}

/* ---- a folder ----------------------------------------------------------------------------------- */

enum dg_err dg_folder_open(struct dg_cli *cli, const char *path, struct dg_folder *ret)
{
    cli->where = path;
    if (strlen(path) > PATH_MAX_BYTES)
        return dg_faultf(&cli->fault, DG_ERR_BAD_FILE, "%s", strerror(ENAMETOOLONG));
    if (!dg_path_is_free(path) && !dg_confirm(cli, DG_MSG_ASK_FILL, DG_WORDS(path)))
        return dg_faultf(&cli->fault, DG_ERR_NOT_EMPTY, "%s", path);
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return failed(cli, path);
    *ret = (struct dg_folder){.cli = cli, .path = path};
    return DG_OK;
}

/* Relative, without empty parts and without any that begins with a dot. */
static bool name_is_tame(const char *name)
{
    bool at_start = true;

    if (name[0] == '\0' || strlen(name) > 255)
        return false;
    for (; *name != '\0'; name++) {
        if (at_start && (*name == '.' || *name == '/'))
            return false;
        at_start = *name == '/';
    }
    return !at_start;
}

/* Makes the folders on the way to path, which begins with the folder's own. */
static bool make_way(char *path, size_t own_size)
{
    for (char *at = strchr(path + own_size + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        bool made = mkdir(path, 0755) == 0 || errno == EEXIST;
        *at = '/';
        if (!made)
            return false;
    }
    return true;
}

enum dg_err dg_folder_emit(void *ctx, const char *name, struct dg_bytes content)
{
    struct dg_folder *folder = ctx;
    char path[PATH_MAX_BYTES + 256 + 2];

    if (!name_is_tame(name))
        return dg_faultf(&folder->cli->fault, DG_ERR_BAD_FILE, "%s", name);
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    if (!make_way(path, strlen(folder->path)))
        return failed(folder->cli, path);
    enum dg_err err = replace(folder->cli, path, content);
    if (err != DG_OK)
        return err;
    folder->file_count++;
    folder->byte_count += content.size;
    return DG_OK;
}
