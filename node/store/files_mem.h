/* files_mem.h - the files of attachments in memory, for tests and the simulator: with a crash that forgets
 * what was not synced, a disk that can be full or sick, and a count of every step at which a power cut could
 * come.
 */
#ifndef DG_NODE_STORE_FILES_MEM_H
#define DG_NODE_STORE_FILES_MEM_H

#include "node/core/files.h"

/* Makes an empty one; NULL when memory is spent. */
struct dg_files *dg_files_mem_new(void);
/* The power is cut: what was not synced is gone. A part loses the bytes, a name changes back. */
void dg_files_mem_crash(struct dg_files *files);
/* The `after`-th step from now that changes something fails with err; 0: none does. */
void dg_files_mem_fail(struct dg_files *files, unsigned after, enum dg_err err);
/* How large the disk is; without a call it is large enough for everything. */
void dg_files_mem_disk(struct dg_files *files, uint64_t total);
/* How many files there are of that kind. */
size_t dg_files_mem_count(struct dg_files *files, enum dg_file_kind kind);
/* Makes a file such as the command line writes. */
void dg_files_mem_new_file(struct dg_files *files, const char *name, struct dg_bytes bytes);
/* Flips a bit of a file. False when there is no such file. */
bool dg_files_mem_decay(struct dg_files *files, enum dg_file_kind kind, const struct dg_hash *name,
                        uint64_t offset);

#endif
