/* output.h - files and folders that a verb makes: whole or not at all, never over another by accident. */
#ifndef DG_NODE_CLI_OUTPUT_H
#define DG_NODE_CLI_OUTPUT_H

#include "node/cli/cli.h"

/* True when path is missing, or an empty folder. */
bool dg_path_is_free(const char *path);
/* Writes a file through a temporary one beside it, fsynced, then renamed. An existing file is replaced
 * only with -y or a yes at the terminal: DG_ERR_BAD_FILE otherwise. */
enum dg_err dg_file_write(struct dg_cli *cli, const char *path, struct dg_bytes content) DG_MUST_CHECK;

/* A file that is written bit by bit: whole or not at all, like the above. */
struct dg_output {
    struct dg_cli *cli;
    const char *path, *temporary;
    int fd;
};
/* Begins one. An existing file is replaced only with -y or a yes at the terminal. */
enum dg_err dg_output_open(struct dg_cli *cli, const char *path, struct dg_output *ret) DG_MUST_CHECK;
/* Writes the next bytes. */
enum dg_err dg_output_add(struct dg_output *output, struct dg_bytes bytes) DG_MUST_CHECK;
/* Ends it: with DG_OK it becomes the file, fsynced; with an error, which is returned, nothing is left of it.
 */
enum dg_err dg_output_close(struct dg_output *output, enum dg_err err) DG_MUST_CHECK;

/* A folder being filled. */
struct dg_folder {
    struct dg_cli *cli;
    const char *path;
    size_t file_count;
    uint64_t byte_count;
};

/* Makes the folder if it is missing. One that is not empty is filled only with -y: DG_ERR_NOT_EMPTY. */
enum dg_err dg_folder_open(struct dg_cli *cli, const char *path, struct dg_folder *ret) DG_MUST_CHECK;
/* Writes a file under the folder, making the folders of its relative name. A name that would lead out
 * of it is DG_ERR_BAD_FILE. ctx is the dg_folder: fits the emit functions of node/audit. */
enum dg_err dg_folder_emit(void *ctx, const char *name, struct dg_bytes content) DG_MUST_CHECK;

#endif
