/* store_files.h - the files around a store: its directory, its lock, and making both durable.
 *
 * Nothing here may open a file of a store that this process has open: closing any descriptor of it
 * would drop LMDB's locks. Looking at it with stat is safe.
 */
#ifndef DG_NODE_STORE_STORE_FILES_H
#define DG_NODE_STORE_STORE_FILES_H

#include <sys/types.h>

#include "common/fault.h"

enum { DG_STORE_PATH_MAX = 4096 };

/* Which file a path leads to. */
struct dg_file_id {
    dev_t device;
    ino_t number;
};

/* Writes dir/name/leaf, or dir/name when leaf is NULL. DG_ERR_BAD_NODE when it is too long. */
enum dg_err dg_path_join(const char *dir, const char *name, const char *leaf,
                         char ret[static DG_STORE_PATH_MAX], struct dg_fault *fault) DG_MUST_CHECK;
/* What the system's errno means to whoever named path. */
enum dg_err dg_file_fault(struct dg_fault *fault, int error, const char *path);
/* DG_ERR_BAD_NODE when there is no such file. */
enum dg_err dg_file_id(const char *path, struct dg_file_id *ret, struct dg_fault *fault) DG_MUST_CHECK;
/* True when path still leads to the file of id. */
bool dg_file_is(const char *path, const struct dg_file_id *id);
/* True when anything is at path, a dangling symbolic link too. */
bool dg_file_exists(const char *path);

/* Takes dir/node.lock without waiting and writes the process id into it. DG_ERR_LOCKED. The lock is
 * given back when ret_fd is closed. */
enum dg_err dg_node_lock(const char *dir, int *ret_fd, struct dg_fault *fault) DG_MUST_CHECK;
/* Refuses a network file system, where neither the lock nor the map can be relied on, and a
 * directory of another user. */
enum dg_err dg_store_place_check(const char *path, struct dg_fault *fault) DG_MUST_CHECK;
/* Removes a flat directory and its files; nothing happens when there is none. */
enum dg_err dg_dir_remove(const char *path, struct dg_fault *fault) DG_MUST_CHECK;
/* Makes a file or directory durable. */
enum dg_err dg_path_sync(const char *path, struct dg_fault *fault) DG_MUST_CHECK;

#endif
