/* tiles.h - a log as the files of c2sp.org/tlog-tiles v0.1.0, for an inspector's own tools.
 *
 * checkpoint, tile/<L>/<N>[.p/<W>], tile/entries/<N>[.p/<W>]: 256 hashes or entries to a file, the
 * last of each level partial. Nothing here opens a file: content goes out through a function.
 *
 * Memory:  holds one bundle at a time (256 leaves). A path and content handed to emit live for that call.
 * Errors:  those of the readers and of emit, as they are; DG_ERR_STORE_CORRUPT for a leaf that does not
 *          hash to what the tree holds; DG_ERR_NO_MEMORY.
 */
#ifndef DG_NODE_AUDIT_TILES_H
#define DG_NODE_AUDIT_TILES_H

#include "common/bytes.h"
#include "common/merkle.h"

enum { DG_TILE_WIDTH = 256, DG_TILE_HEIGHT = 8, DG_TILE_PATH_MAX = 64 };

/* The level of the entry bundles, beside the levels 0 to 7 of the hashes. */
enum { DG_TILE_ENTRIES = -1 };

/* The log to be exported. Only the leaves and hashes below the exported size are asked for, each leaf
 * once and in order. */
struct dg_tiles_source {
    struct dg_tree_reader tree;
    struct dg_bytes checkpoint; /* the signed note over the exported size; empty: not emitted */
    void *ctx;
    /* Reads leaf `index`, lent until the next call. */
    enum dg_err (*leaf)(void *ctx, uint64_t index, struct dg_bytes *ret);
};

/* Where the files go: a path relative to the export's folder, with '/', and the content. */
struct dg_tiles_sink {
    void *ctx;
    enum dg_err (*emit)(void *ctx, const char *path, struct dg_bytes content);
};

/* Writes the path of tile `number` at `level` (0 to 63, or DG_TILE_ENTRIES), which holds `width`
 * hashes or entries: tile/0/x001/x234/067.p/112. */
void dg_tile_path(int level, uint64_t number, unsigned width, char ret[static DG_TILE_PATH_MAX]);

/* Emits every file of the tree of `size` leaves: bundles, then tiles level by level, then the
 * checkpoint, so that a folder which has a checkpoint is whole. Stops at the first error. */
enum dg_err dg_tiles_export(const struct dg_tiles_source *source, uint64_t size,
                            const struct dg_tiles_sink *sink) DG_MUST_CHECK;

#endif
