/* files_dir.h - the files of attachments in DIR/attachments (FORMAT.md).
 *
 * wholes:  attachments/<64 hex digits of SHA-256>          mode 0400
 * parts:   attachments/tmp/<64 hex digits of content>      mode 0600
 * new:     attachments/tmp/new-…                           written by the command line, not yet taken in
 */
#ifndef DG_NODE_STORE_FILES_DIR_H
#define DG_NODE_STORE_FILES_DIR_H

#include "common/fault.h"
#include "node/core/files.h"

/* Opens DIR/attachments, which is made durably if there is none. DG_ERR_STORE_FULL, DG_ERR_NOT_PERMITTED, …
 */
enum dg_err dg_files_dir_open(const char *dir, struct dg_files **ret, struct dg_fault *fault) DG_MUST_CHECK;
/* The same for one who only reads; DG_ERR_NOT_FOUND when there is no such directory. */
enum dg_err dg_files_dir_view(const char *dir, struct dg_files **ret, struct dg_fault *fault) DG_MUST_CHECK;
/* Makes a new, empty file for the command line to write to, open in *ret_fd; its name, new-…, is in ret_name.
 * Made with DIR/attachments if that is missing. */
enum dg_err dg_files_dir_new(const char *dir, int *ret_fd, char ret_name[static 32],
                             struct dg_fault *fault) DG_MUST_CHECK;
/* Removes one of those again; nothing happens when it is gone. */
void dg_files_dir_drop(const char *dir, const char *name);

#endif
