/* stick.h - bundles as folders on whatever can be carried.
 *
 *   DIR2/<from>.<to>.<time>-<four letters>/part-00001 …    signed and sealed, a MiB at most each
 *                                       contents           the list of them, signed
 *                                       COMPLETE           written last: the bundle was written to its end
 *
 * Every file is written beside its name, fsynced and renamed; then the folder is fsynced.
 */
#ifndef DG_NODE_CLI_STICK_H
#define DG_NODE_CLI_STICK_H

#include "node/cli/cli.h"
#include "proto/carried.h"

struct dg_stick {
    struct dg_cli *cli;
    const char *path; /* of the bundle's folder; in cli->arena */
    const char *pair; /* <from>.<to>. */
};

/* Makes the folder of a new bundle under dir, and dir itself if it is missing. DG_ERR_NOT_PERMITTED,
 * DG_ERR_STORE_FULL, DG_ERR_BAD_FILE. */
enum dg_err dg_stick_open(struct dg_cli *cli, const char *dir, const char *from, const char *to,
                          dg_ms made_ms, const uint8_t bundle[static 16], struct dg_stick *ret) DG_MUST_CHECK;
/* Writes one file of it: number 0 is the contents. Errors as above. */
enum dg_err dg_stick_write(struct dg_stick *stick, uint32_t number, struct dg_bytes content) DG_MUST_CHECK;
/* Writes COMPLETE. Then takes older bundles of the same two units away: all that still waits is in this one.
 */
enum dg_err dg_stick_complete(struct dg_stick *stick, const char *dir) DG_MUST_CHECK;

/* Calls each for the path of every bundle in dir, or for dir itself if it is one, by name, so older ones
 * first, until it returns an error. DG_ERR_BAD_FILE when dir cannot be read. */
enum dg_err dg_stick_each(struct dg_cli *cli, const char *dir,
                          enum dg_err (*each)(void *ctx, const char *path), void *ctx) DG_MUST_CHECK;
/* Reads one file of the bundle at path into cli->arena. DG_ERR_NOT_FOUND, DG_ERR_TOO_LARGE, DG_ERR_BAD_FILE;
 * the fault is left alone. */
enum dg_err dg_stick_read(struct dg_arena *arena, const char *path, uint32_t number,
                          struct dg_bytes *ret) DG_MUST_CHECK;
/* The highest number of a part that lies there; 0 for none. */
uint32_t dg_stick_last(const char *path);
/* True when COMPLETE is there. */
bool dg_stick_is_complete(const char *path);

#endif
