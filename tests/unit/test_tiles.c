/* test_tiles.c - the exported files alone give back the leaves and the root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/audit/tiles.h"

/* A log whose leaf i is "leaf i\n", its tree kept by level. */
struct toy_log {
    uint64_t size;
    uint64_t altered; /* the leaf that reads differently from what was logged; SIZE_MAX for none */
    struct dg_hash *level[64];
    struct dg_buf leaf;
};

struct file {
    char path[DG_TILE_PATH_MAX];
    uint8_t *data;
    size_t size;
};

struct folder {
    struct file *file;
    size_t count, capacity;
    size_t full_at; /* the file that no longer fits; 0 for none */
};

/* --- a log ---------------------------------------------------------------------------------- */

static enum dg_err toy_leaf(void *ctx, uint64_t index, struct dg_bytes *ret)
{
    struct toy_log *log = ctx;

    assert_true(index < log->size);
    dg_buf_reset(&log->leaf);
    dg_buf_printf(&log->leaf, "leaf %llu%s\n", (unsigned long long)index, index == log->altered ? "!" : "");
    *ret = dg_buf_bytes(&log->leaf);
    return DG_OK;
}

static enum dg_err toy_hash(void *ctx, unsigned level, uint64_t number, struct dg_hash *ret)
{
    struct toy_log *log = ctx;

    assert_true(level < 64 && number < log->size >> level);
    *ret = log->level[level][number];
    return DG_OK;
}

static void toy_init(struct toy_log *log, uint64_t size)
{
    memset(log, 0, sizeof *log);
    log->size = size;
    log->altered = UINT64_MAX;
    dg_buf_init(&log->leaf, 64);
    for (unsigned level = 0; size >> level > 0; level++) {
        log->level[level] = calloc(size >> level, sizeof *log->level[level]);
        assert_non_null(log->level[level]);
        for (uint64_t i = 0; i < size >> level; i++) {
            struct dg_bytes leaf;

            if (level > 0) {
                const struct dg_hash *below = log->level[level - 1];
                log->level[level][i] = dg_merkle_node(&below[2 * i], &below[2 * i + 1]);
                continue;
            }
            assert_int_equal(toy_leaf(log, i, &leaf), DG_OK);
            log->level[0][i] = dg_merkle_leaf(leaf);
        }
    }
}

static void toy_done(struct toy_log *log)
{
    for (unsigned level = 0; level < 64; level++)
        free(log->level[level]);
    dg_buf_done(&log->leaf);
}

/* --- a folder ------------------------------------------------------------------------------- */

static enum dg_err keep_file(void *ctx, const char *path, struct dg_bytes content)
{
    struct folder *folder = ctx;

    if (folder->full_at > 0 && folder->count + 1 == folder->full_at)
        return DG_ERR_STORE_FULL;
    if (folder->count == folder->capacity) {
        folder->capacity = folder->capacity * 2 + 16;
        folder->file = realloc(folder->file, folder->capacity * sizeof *folder->file);
        assert_non_null(folder->file);
    }
    struct file *file = &folder->file[folder->count++];
    snprintf(file->path, sizeof file->path, "%s", path);
    file->size = content.size;
    file->data = malloc(content.size);
    assert_non_null(file->data);
    memcpy(file->data, content.data, content.size);
    return DG_OK;
}

static void folder_done(struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        free(folder->file[i].data);
    free(folder->file);
}

static const struct file *find(const struct folder *folder, const char *path)
{
    const struct file *found = NULL;

    for (size_t i = 0; i < folder->count; i++) {
        if (strcmp(folder->file[i].path, path) != 0)
            continue;
        assert_null(found);
        found = &folder->file[i];
    }
    return found;
}

static enum dg_err export_log(struct toy_log *log, struct folder *folder)
{
    struct dg_tiles_source source = {
        .tree = {log, toy_hash}, .checkpoint = dg_bytes_of("the note\n"), .ctx = log, .leaf = toy_leaf};
    struct dg_tiles_sink sink = {folder, keep_file};

    return dg_tiles_export(&source, log->size, &sink);
}

/* --- an inspector with the files only ------------------------------------------------------- */

/* Reads the n-th hash of a level out of the tiles, as a client of the specification would. */
static enum dg_err tile_hash(void *ctx, unsigned level, uint64_t number, struct dg_hash *ret)
{
    const struct folder *folder = ctx;
    unsigned tile_level = level / DG_TILE_HEIGHT, above = level % DG_TILE_HEIGHT;
    uint64_t first = number << above;
    char path[DG_TILE_PATH_MAX];
    struct dg_hash row[DG_TILE_WIDTH];
    const struct file *file = NULL;

    for (unsigned width = DG_TILE_WIDTH; width > 0 && file == NULL; width--) {
        dg_tile_path((int)tile_level, first / DG_TILE_WIDTH, width, path);
        file = find(folder, path);
        if (file != NULL)
            assert_int_equal(file->size, width * DG_HASH_BYTES);
    }
    assert_non_null(file);
    for (size_t i = 0; i < (size_t)1 << above; i++) {
        size_t at = (first % DG_TILE_WIDTH + i) * DG_HASH_BYTES;

        assert_true(at + DG_HASH_BYTES <= file->size);
        memcpy(row[i].b, file->data + at, DG_HASH_BYTES);
    }
    for (; above > 0; above--)
        for (size_t i = 0; i < (size_t)1 << (above - 1); i++)
            row[i] = dg_merkle_node(&row[2 * i], &row[2 * i + 1]);
    *ret = row[0];
    return DG_OK;
}

/* Takes the entries out of every bundle in order and counts those that hash to their tile's hash. */
static uint64_t count_good_entries(struct folder *folder)
{
    uint64_t index = 0, good = 0;

    for (size_t i = 0; i < folder->count; i++) {
        const struct file *file = &folder->file[i];

        if (strncmp(file->path, "tile/entries/", 13) != 0)
            continue;
        for (size_t at = 0; at < file->size; index++) {
            size_t size = (size_t)file->data[at] << 8 | file->data[at + 1];
            struct dg_hash expected, found;

            assert_true(at + 2 + size <= file->size);
            found = dg_merkle_leaf(dg_bytes_at(file->data + at + 2, size));
            assert_int_equal(tile_hash(folder, 0, index, &expected), DG_OK);
            good += dg_hash_equal(&found, &expected);
            at += 2 + size;
        }
    }
    return good;
}

/* --- tests ---------------------------------------------------------------------------------- */

static void paths_are_those_of_the_specification(void **state)
{
    static const struct {
        int level;
        uint64_t number;
        unsigned width;
        const char *path;
    } cases[] = {
        {0, 1234067, 256, "tile/0/x001/x234/067"},
        {0, 0, 256, "tile/0/000"},
        {0, 999, 255, "tile/0/999.p/255"},
        {1, 1000, 1, "tile/1/x001/000.p/1"},
        {DG_TILE_ENTRIES, 273, 112, "tile/entries/273.p/112"},
        {DG_TILE_ENTRIES, 1000000, 256, "tile/entries/x001/x000/000"},
        {63, UINT64_MAX, 255, "tile/63/x018/x446/x744/x073/x709/x551/615.p/255"},
        {DG_TILE_ENTRIES, UINT64_MAX, 255, "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[DG_TILE_PATH_MAX];

        dg_tile_path(cases[i].level, cases[i].number, cases[i].width, path);
        assert_string_equal(path, cases[i].path);
    }
}

static void the_files_alone_give_back_root_and_leaves(void **state)
{
    static const uint64_t sizes[] = {1, 2, 3, 7, 255, 256, 257, 511, 512, 513, 1000, 65535, 65536, 65793};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct toy_log log;
        struct folder folder = {0};
        struct dg_hash root, rebuilt;
        struct dg_tree_reader real = {&log, toy_hash}, tiles = {&folder, tile_hash};

        toy_init(&log, sizes[i]);
        assert_int_equal(export_log(&log, &folder), DG_OK);
        assert_int_equal(dg_tree_root(&real, sizes[i], &root), DG_OK);
        assert_int_equal(dg_tree_root(&tiles, sizes[i], &rebuilt), DG_OK);
        assert_true(dg_hash_equal(&root, &rebuilt));
        assert_int_equal(count_good_entries(&folder), sizes[i]);
        folder_done(&folder);
        toy_done(&log);
    }
}

static void the_example_of_the_specification_has_its_tiles(void **state)
{
    struct toy_log log;
    struct folder folder = {0};

    (void)state;
    toy_init(&log, 70000);
    assert_int_equal(export_log(&log, &folder), DG_OK);
    /* 273 full and one partial bundle and level 0 tile; 1 + 1 at level 1; 1 at level 2. */
    assert_int_equal(folder.count, 274 + 274 + 2 + 1 + 1);
    assert_non_null(find(&folder, "tile/0/272"));
    assert_non_null(find(&folder, "tile/0/273.p/112"));
    assert_non_null(find(&folder, "tile/entries/273.p/112"));
    assert_non_null(find(&folder, "tile/1/000"));
    assert_non_null(find(&folder, "tile/1/001.p/17"));
    assert_non_null(find(&folder, "tile/2/000.p/1"));
    folder_done(&folder);
    toy_done(&log);
}

static void the_checkpoint_comes_last(void **state)
{
    struct toy_log log;
    struct folder folder = {0};

    (void)state;
    toy_init(&log, 300);
    assert_int_equal(export_log(&log, &folder), DG_OK);
    const struct file *last = &folder.file[folder.count - 1];
    assert_string_equal(last->path, "checkpoint");
    assert_true(dg_bytes_is(dg_bytes_at(last->data, last->size), "the note\n"));
    folder_done(&folder);
    toy_done(&log);
}

static void an_empty_log_has_no_tiles(void **state)
{
    struct toy_log log;
    struct folder folder = {0};

    (void)state;
    toy_init(&log, 0);
    assert_int_equal(export_log(&log, &folder), DG_OK);
    assert_int_equal(folder.count, 1);
    folder_done(&folder);
    toy_done(&log);
}

static void an_altered_leaf_stops_the_export(void **state)
{
    struct toy_log log;
    struct folder folder = {0};

    (void)state;
    toy_init(&log, 300);
    log.altered = 280;
    assert_int_equal(export_log(&log, &folder), DG_ERR_STORE_CORRUPT);
    assert_null(find(&folder, "checkpoint"));
    folder_done(&folder);
    toy_done(&log);
}

static void a_full_disk_stops_the_export_wherever_it_fills(void **state)
{
    struct toy_log log;

    (void)state;
    toy_init(&log, 600);
    for (size_t nth = 1;; nth++) {
        struct folder folder = {.full_at = nth};
        enum dg_err err = export_log(&log, &folder);

        assert_true(err == DG_OK || err == DG_ERR_STORE_FULL);
        assert_int_equal(err == DG_OK, find(&folder, "checkpoint") != NULL);
        folder_done(&folder);
        if (err == DG_OK)
            break;
    }
    toy_done(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_those_of_the_specification),
        cmocka_unit_test(the_files_alone_give_back_root_and_leaves),
        cmocka_unit_test(the_example_of_the_specification_has_its_tiles),
        cmocka_unit_test(the_checkpoint_comes_last),
        cmocka_unit_test(an_empty_log_has_no_tiles),
        cmocka_unit_test(an_altered_leaf_stops_the_export),
        cmocka_unit_test(a_full_disk_stops_the_export_wherever_it_fills),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
