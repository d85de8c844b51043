/* store_files.c - paths, the node's lock, fsync. */
#include "node/store/store_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum dg_err dg_path_join(const char *dir, const char *name, const char *leaf,
                         char ret[static DG_STORE_PATH_MAX], struct dg_fault *fault)
{
    const char *slash = leaf != NULL ? "/" : "";
    int size = snprintf(ret, DG_STORE_PATH_MAX, "%s/%s%s%s", dir, name, slash, leaf != NULL ? leaf : "");
    if (size < 0 || size >= DG_STORE_PATH_MAX)
        return dg_faultf(fault, DG_ERR_BAD_NODE, "%.100s…", dir);
    return DG_OK;
}

enum dg_err dg_file_fault(struct dg_fault *fault, int error, const char *path)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return dg_faultf(fault, DG_ERR_BAD_NODE, "%s", path);
    case EACCES:
    case EPERM:
        return dg_faultf(fault, DG_ERR_NOT_PERMITTED, "%s", path);
    case ENOSPC:
    case EDQUOT:
        return dg_fault(fault, DG_ERR_STORE_FULL);
    case ENOMEM:
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    case EIO:
        return dg_faultf(fault, DG_ERR_STORE_IO, "%s: %s", path, strerror(error));
    default:
        return dg_faultf(fault, DG_ERR_SYSTEM, "%s: %s", path, strerror(error));
    }
}

enum dg_err dg_file_id(const char *path, struct dg_file_id *ret, struct dg_fault *fault)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return dg_file_fault(fault, errno, path);
    *ret = (struct dg_file_id){.device = st.st_dev, .number = st.st_ino};
    return DG_OK;
}

bool dg_file_is(const char *path, const struct dg_file_id *id)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_dev == id->device && st.st_ino == id->number;
}

bool dg_file_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* Names the process that has the lock, when it said so. */
static enum dg_err locked_by(int fd, const char *path, struct dg_fault *fault)
{
    char text[24];
    ssize_t size = pread(fd, text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    text[strspn(text, "0123456789")] = '\0';
    if (text[0] == '\0')
        return dg_faultf(fault, DG_ERR_LOCKED, "%s", path);
    return dg_faultf(fault, DG_ERR_LOCKED, "%s (pid %s)", path, text);
}

enum dg_err dg_node_lock(const char *dir, int *ret_fd, struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(dir, "node.lock", NULL, path, fault);
    if (err != DG_OK)
        return err;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return dg_file_fault(fault, errno, path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK ? locked_by(fd, path, fault) : dg_file_fault(fault, errno, path);
        close(fd);
        return err;
    }
    /* The text only helps people, so a full disk may keep it from being written. */
    if (ftruncate(fd, 0) == 0)
        (void)!dprintf(fd, "%ld\n", (long)getpid());
    *ret_fd = fd;
    return DG_OK;
}

static bool is_network(const struct statfs *fs)
{
    switch ((unsigned long)fs->f_type & 0xffffffffu) {
    case 0x6969:     /* NFS */
    case 0x517b:     /* SMB */
    case 0xfe534d42: /* SMB 2 */
    case 0xff534d42: /* CIFS */
    case 0x5346414f: /* AFS */
    case 0x00c36400: /* Ceph */
        return true;
    default:
        return false;
    }
}

enum dg_err dg_store_place_check(const char *path, struct dg_fault *fault)
{
    struct stat st;
    struct statfs fs;
    if (stat(path, &st) != 0 || statfs(path, &fs) != 0)
        return dg_file_fault(fault, errno, path);
    if (st.st_uid != geteuid())
        return dg_faultf(fault, DG_ERR_NOT_PERMITTED, "%s", path);
    if (is_network(&fs))
        return dg_faultf(fault, DG_ERR_SYSTEM, "%s: network file system", path);
    return DG_OK;
}

static int remove_entries(DIR *dir)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL)
            return errno;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(dir), entry->d_name, 0) != 0)
            return errno;
    }
}

enum dg_err dg_dir_remove(const char *path, struct dg_fault *fault)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return errno == ENOENT ? DG_OK : dg_file_fault(fault, errno, path);
    int error = remove_entries(dir);
    closedir(dir);
    if (error == 0 && rmdir(path) != 0)
        error = errno;
    return error == 0 ? DG_OK : dg_file_fault(fault, error, path);
}

enum dg_err dg_path_sync(const char *path, struct dg_fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return dg_file_fault(fault, errno, path);
    int error = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return error == 0 ? DG_OK : dg_file_fault(fault, error, path);
}
