/* disk.h - how much room the disk under DIR has, and a ballast to throw off when it has none.
 *
 * New reports are refused while there is still room, so that receipts and states, which make room elsewhere,
 * can be taken to the last. The ballast is a file of DIR that is worth nothing: when others have filled the
 * disk it is removed, and what then fits is enough to take what is on its way and to stop cleanly. It is made
 * again when there is room.
 *
 * Threads: one. Linux.
 */
#ifndef DG_NODE_SHELL_DISK_H
#define DG_NODE_SHELL_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "node/store/store_files.h"

struct dg_disk {
    char dir[DG_STORE_PATH_MAX], ballast[DG_STORE_PATH_MAX];
    unsigned percent;       /* of the disk that must stay free for new reports */
    uint64_t floor_bytes;   /* and so many bytes at least */
    uint64_t ballast_bytes; /* 0: none */
};

/* Remembers the limits; floor and ballast are in MiB. DG_ERR_BAD_NODE when dir is too long a name. */
enum dg_err dg_disk_init(struct dg_disk *disk, const char *dir, unsigned percent, unsigned floor_mib,
                         unsigned ballast_mib, struct dg_fault *fault) DG_MUST_CHECK;
/* Looks, and makes or throws off the ballast. True when no new reports should be taken. False when the disk
 * does not say how full it is. */
bool dg_disk_low(const struct dg_disk *disk);
/* Throws off the ballast: something could not be written. */
void dg_disk_full(const struct dg_disk *disk);

#endif
