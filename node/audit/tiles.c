#include "node/audit/tiles.h"

#include <assert.h>
#include <stdio.h>

#include "common/id.h"
#include "common/limits.h"

enum { LEVELS = 64 / DG_TILE_HEIGHT, PREFIX_BYTES = 2 };

/* What all parts of one export share. */
struct export
{
    const struct dg_tiles_source *source;
    const struct dg_tiles_sink *sink;
    struct dg_buf content; /* of the file being made */
};

/* --- paths ---------------------------------------------------------------------------------- */

/* Writes number in groups of three digits, all but the last marked by an x: so no file's name is
 * ever a folder's, and no folder holds more than a thousand of each. */
static void number_text(uint64_t number, char *ret, size_t size)
{
    uint64_t divisor = 1;
    int length = 0;

    while (number / divisor >= 1000)
        divisor *= 1000;
    for (; divisor > 1; divisor /= 1000)
        length +=
            snprintf(ret + length, size - (size_t)length, "x%03u/", (unsigned)(number / divisor % 1000));
    snprintf(ret + length, size - (size_t)length, "%03u", (unsigned)(number % 1000));
}

void dg_tile_path(int level, uint64_t number, unsigned width, char ret[static DG_TILE_PATH_MAX])
{
    char kind[8], digits[40], part[8] = "";

    assert(level >= DG_TILE_ENTRIES && level < 64 && width > 0 && width <= DG_TILE_WIDTH);
    if (level == DG_TILE_ENTRIES)
        snprintf(kind, sizeof kind, "entries");
    else
        snprintf(kind, sizeof kind, "%d", level);
    number_text(number, digits, sizeof digits);
    if (width < DG_TILE_WIDTH)
        snprintf(part, sizeof part, ".p/%u", width);
    snprintf(ret, DG_TILE_PATH_MAX, "tile/%s/%s%s", kind, digits, part);
}

/* --- files ---------------------------------------------------------------------------------- */

static enum dg_err emit(struct export *export, int level, uint64_t number, unsigned width)
{
    char path[DG_TILE_PATH_MAX];

    if (export->content.err != DG_OK)
        return export->content.err;
    dg_tile_path(level, number, width, path);
    return export->sink->emit(export->sink->ctx, path, dg_buf_bytes(&export->content));
}

/* An entry is its length in two big-endian bytes, then the leaf. An export that contradicts itself
 * would only blame the log it came from, so each leaf is held against the tree. */
static enum dg_err add_entry(struct export *export, uint64_t index)
{
    const struct dg_tiles_source *source = export->source;
    struct dg_hash expected, found;
    struct dg_bytes leaf;
    enum dg_err err = source->leaf(source->ctx, index, &leaf);

    if (err == DG_OK)
        err = source->tree.read(source->tree.ctx, 0, index, &expected);
    if (err != DG_OK)
        return err;
    found = dg_merkle_leaf(leaf);
    if (leaf.size > DG_LEAF_MAX || !dg_hash_equal(&found, &expected))
        return DG_ERR_STORE_CORRUPT;
    dg_buf_add_u8(&export->content, (uint8_t)(leaf.size >> 8));
    dg_buf_add_u8(&export->content, (uint8_t)(leaf.size & 0xff));
    dg_buf_add_bytes(&export->content, leaf);
    return DG_OK;
}

static enum dg_err add_hash(struct export *export, unsigned level, uint64_t number)
{
    const struct dg_tree_reader *tree = &export->source->tree;
    struct dg_hash hash;
    enum dg_err err = tree->read(tree->ctx, level * DG_TILE_HEIGHT, number, &hash);

    if (err == DG_OK)
        dg_buf_add(&export->content, hash.b, sizeof hash.b);
    return err;
}

/* Emits tile `number`, which holds the items from number * 256 on, `width` of them. */
static enum dg_err export_tile(struct export *export, int level, uint64_t number, unsigned width)
{
    dg_buf_reset(&export->content);
    for (unsigned i = 0; i < width; i++) {
        uint64_t item = number * DG_TILE_WIDTH + i;
        enum dg_err err =
            level == DG_TILE_ENTRIES ? add_entry(export, item) : add_hash(export, (unsigned)level, item);

        if (err != DG_OK)
            return err;
    }
    return emit(export, level, number, width);
}

/* Emits the tiles over `count` items of one level; an empty tile is never emitted. */
static enum dg_err export_level(struct export *export, int level, uint64_t count)
{
    for (uint64_t first = 0; first < count; first += DG_TILE_WIDTH) {
        unsigned width = count - first < DG_TILE_WIDTH ? (unsigned)(count - first) : DG_TILE_WIDTH;
        enum dg_err err = export_tile(export, level, first / DG_TILE_WIDTH, width);

        if (err != DG_OK)
            return err;
    }
    return DG_OK;
}

enum dg_err dg_tiles_export(const struct dg_tiles_source *source, uint64_t size,
                            const struct dg_tiles_sink *sink)
{
    struct export export = {.source = source, .sink = sink};
    enum dg_err err;

    assert(size <= INT64_MAX);
    dg_buf_init(&export.content, (size_t)DG_TILE_WIDTH * (PREFIX_BYTES + DG_LEAF_MAX));
    err = export_level(&export, DG_TILE_ENTRIES, size);
    for (int level = 0; err == DG_OK && level < LEVELS; level++)
        err = export_level(&export, level, size >> (level * DG_TILE_HEIGHT));
    if (err == DG_OK && source->checkpoint.size > 0)
        err = sink->emit(sink->ctx, "checkpoint", source->checkpoint);
    dg_buf_done(&export.content);
    return err;
}
