/* disk.c - room on the disk, and the ballast. */
#include "node/shell/disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const uint64_t MiB = 1024 * 1024;

enum { NEARLY_FULL_MIB = 2 }; /* with less than this a turn may fail */

enum dg_err dg_disk_init(struct dg_disk *disk, const char *dir, unsigned percent, unsigned floor_mib,
                         unsigned ballast_mib, struct dg_fault *fault)
{
    *disk = (struct dg_disk){
        .percent = percent, .floor_bytes = floor_mib * MiB, .ballast_bytes = ballast_mib * MiB};
    int size = snprintf(disk->dir, sizeof disk->dir, "%s", dir);
    if (size < 0 || (size_t)size >= sizeof disk->dir)
        return dg_faultf(fault, DG_ERR_BAD_NODE, "%s", dir);
    return dg_path_join(dir, "ballast", NULL, disk->ballast, fault);
}

struct room {
    uint64_t free_bytes, total_bytes; /* total: what people without privileges can use */
};

static bool look(const struct dg_disk *disk, struct room *ret)
{
    struct statvfs fs;
    if (statvfs(disk->dir, &fs) != 0 || fs.f_blocks == 0)
        return false;
    uint64_t used = fs.f_blocks - fs.f_bfree;
    *ret = (struct room){.free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize,
                         .total_bytes = (used + fs.f_bavail) * fs.f_frsize};
    return true;
}

static bool is_low(const struct dg_disk *disk, uint64_t free_bytes, uint64_t total_bytes)
{
    return free_bytes < disk->floor_bytes || free_bytes < total_bytes / 100 * disk->percent;
}

static void make_ballast(const struct dg_disk *disk)
{
    int fd = open(disk->ballast, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return; /* it is a comfort, not a need */
    int failed = posix_fallocate(fd, 0, (off_t)disk->ballast_bytes);
    if (ftruncate(fd, (off_t)disk->ballast_bytes) != 0 || failed != 0)
        (void)unlink(disk->ballast);
    close(fd);
}

static bool has_ballast(const struct dg_disk *disk)
{
    struct stat st;
    return lstat(disk->ballast, &st) == 0;
}

bool dg_disk_low(const struct dg_disk *disk)
{
    struct room room;
    if (!look(disk, &room))
        return false;
    bool low = is_low(disk, room.free_bytes, room.total_bytes);
    if (room.free_bytes < NEARLY_FULL_MIB * MiB)
        dg_disk_full(disk);
    else if (disk->ballast_bytes > 0 && !low && room.free_bytes > disk->ballast_bytes && !has_ballast(disk) &&
             !is_low(disk, room.free_bytes - disk->ballast_bytes, room.total_bytes))
        make_ballast(disk);
    return low;
}

void dg_disk_full(const struct dg_disk *disk)
{
    (void)unlink(disk->ballast);
}
