/* attach.h - attachments on the command line: taken in, shown, read and checked.
 *
 * A file is never held in memory: it goes by in pieces of DG_PIECE_BYTES.
 */
#ifndef DG_NODE_CLI_ATTACH_H
#define DG_NODE_CLI_ATTACH_H

#include "node/cli/json.h"
#include "node/cli/view.h"
#include "node/core/attached.h"

/* Copies the files of --attach into the node and waits until it has checked them; fills in the manifest, in
 * cli->arena. A dry run only reads them. DG_ERR_BAD_FILE, DG_ERR_TOO_LARGE, DG_ERR_NO_ROOM, … */
enum dg_err dg_attach_files(struct dg_cli *cli, bool dry_run, struct dg_report *draft) DG_MUST_CHECK;
/* Reads a file to its end: all of its manifest but the name. DG_ERR_BAD_FILE, DG_ERR_TOO_LARGE. */
enum dg_err dg_attach_survey(struct dg_cli *cli, const char *path, uint32_t chunk_size,
                             struct dg_attachment *ret) DG_MUST_CHECK;

/* Adds "attachments": of each its name, size, SHA-256, how many bytes are here, and its state. */
void dg_json_attachments(struct dg_json *json, struct dg_txn *txn, const struct dg_report *report);
/* Prints a line for each. */
void dg_print_attachments(struct dg_cli *cli, struct dg_txn *txn, const struct dg_report *report);
/* The title with a note of how many there are, and how many of them are still to come. In txn's arena. */
const char *dg_title_attached(struct dg_cli *cli, struct dg_txn *txn, const struct dg_report *report,
                              const char *title);
/* How much of it is here, in words. In arena. */
const char *dg_attached_words(struct dg_cli *cli, struct dg_arena *arena, const struct dg_attached *attached);

#endif
