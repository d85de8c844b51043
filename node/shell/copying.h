/* copying.h - files copied durably, and the check sum of a long one. */
#ifndef DG_NODE_SHELL_COPYING_H
#define DG_NODE_SHELL_COPYING_H

#include "common/fault.h"
#include "common/id.h"

/* Copies a file to a new one, mode 0600, fsynced. DG_ERR_NOT_EMPTY when to is there; what was written of a
 * copy that fails is removed. ret_bytes, its size, may be NULL. */
enum dg_err dg_copy_file(const char *from, const char *to, uint64_t *ret_bytes,
                         struct dg_fault *fault) DG_MUST_CHECK;
/* A sum over a file of any size, in little memory: beginning with 32 zero bytes, the SHA-256 of the sum so
 * far and the next MiB of the file. */
enum dg_err dg_file_sum(const char *path, struct dg_hash *ret, uint64_t *ret_bytes,
                        struct dg_fault *fault) DG_MUST_CHECK;
/* Writes a new file of mode 0600, durably. DG_ERR_NOT_EMPTY when it is there. */
enum dg_err dg_write_new(const char *path, const void *data, size_t size,
                         struct dg_fault *fault) DG_MUST_CHECK;
/* Reads a file of at most max bytes into the arena, with a NUL after it. DG_ERR_TOO_LARGE. */
enum dg_err dg_read_whole(struct dg_arena *arena, const char *path, size_t max, struct dg_bytes *ret,
                          struct dg_fault *fault) DG_MUST_CHECK;

/* Copies what is kept under the name of its SHA-256 from one folder to another, what is not there yet: such a
 * file never changes. Folders within are followed one level down; other files are left alone. A missing
 * folder holds nothing. ret_all counts what is there now, ret_new what was copied. */
enum dg_err dg_copy_named_by_hash(const char *from, const char *to, uint64_t *ret_all, uint64_t *ret_new,
                                  struct dg_fault *fault) DG_MUST_CHECK;

#endif
