/* guard.h - a reading verb survives a store whose file was cut off.
 *
 * LMDB maps the file. Where a page that it names lies beyond the file's end the kernel sends SIGBUS. The
 * length cannot be checked beforehand: the last pages of a sound store may never have been written, when they
 * were taken and freed in one transaction. The daemon fills the file up with zeros; a reader must not write.
 */
#ifndef DG_NODE_CLI_GUARD_H
#define DG_NODE_CLI_GUARD_H

#include "node/cli/cli.h"

/* From now on SIGBUS ends the program with the message and status of DG_ERR_STORE_CORRUPT about the store in
 * dir. Call it before the store is opened to be read. */
void dg_guard_reading(struct dg_cli *cli, const char *dir);

#endif
