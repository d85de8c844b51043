/* files.h - the bytes of attachments: a table of functions, as store.h is for rows.
 *
 * A *part* is a file that is being gathered, named by its content (proto/attachment.h); a *whole* has been
 * checked, is named by its SHA-256, and is never written again. files_dir keeps them in a directory,
 * files_mem in memory for tests and the simulator; the core never knows which.
 *
 * Life:    write … → sync → (commit what became durable) → finish.
 * Errors:  DG_ERR_STORE_FULL: no room, go on. DG_ERR_STORE_IO: the disk is sick, stop. DG_ERR_NOT_FOUND.
 * Threads: one at a time.
 */
#ifndef DG_NODE_CORE_FILES_H
#define DG_NODE_CORE_FILES_H

#include "common/bytes.h"
#include "common/err.h"
#include "common/id.h"

enum dg_file_kind { DG_FILE_PART, DG_FILE_WHOLE };

struct dg_files {
    const struct dg_files_ops *ops;
};

struct dg_files_ops {
    /* Reads exactly size bytes at offset. DG_ERR_NOT_FOUND also when the file is shorter. */
    enum dg_err (*read)(struct dg_files *files, enum dg_file_kind kind, const struct dg_hash *name,
                        uint64_t offset, void *ret, size_t size);
    /* Writes into a part, which is made if there is none. Not durable before sync. */
    enum dg_err (*write)(struct dg_files *files, const struct dg_hash *content, uint64_t offset,
                         struct dg_bytes bytes);
    /* Makes durable what was written and taken in since the last sync. After an error none of it counts. */
    enum dg_err (*sync)(struct dg_files *files);
    /* Makes a whole of a part that was checked, durably. Nothing happens when that whole is there already,
     * but that the part is gone. */
    enum dg_err (*finish)(struct dg_files *files, const struct dg_hash *content,
                          const struct dg_hash *sha256);
    /* Makes a part of a file that the command line has written (its name begins with "new-"), in the place of
     * any other. */
    enum dg_err (*take_in)(struct dg_files *files, struct dg_bytes name, const struct dg_hash *content);
    /* Removes a part, or one of the command line's files. */
    void (*discard)(struct dg_files *files, const struct dg_hash *content);
    void (*discard_new)(struct dg_files *files, struct dg_bytes name);
    /* True when there is such a file, of exactly that size. */
    bool (*has)(struct dg_files *files, enum dg_file_kind kind, const struct dg_hash *name, uint64_t size);
    /* How many bytes of the disk are free, and how many it has. */
    void (*room)(struct dg_files *files, uint64_t *ret_free, uint64_t *ret_total);
    /* Removes every part that keep does not ask for, and all that the command line left behind. */
    void (*sweep)(struct dg_files *files, bool (*keep)(void *ctx, const struct dg_hash *content), void *ctx);
    void (*close)(struct dg_files *files);
};

/* Closes and frees; NULL is fine. */
void dg_files_close(struct dg_files *files);

#endif
