/* test_backup_files.c - the copy of a store, sums, the tip file, and the edge of a growing tree. */
#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/frontier.h"
#include "node/shell/copying.h"
#include "node/shell/tip.h"
#include "node/store/store_backup.h"
#include "node/store/store_lmdb.h"

static char home[64];

static int make_home(void **state)
{
    (void)state;
    strcpy(home, "/tmp/donggui-backup.XXXXXX");
    return dg_crypto_start(NULL) == DG_OK && mkdtemp(home) != NULL ? 0 : -1;
}

static int remove_home(void **state)
{
    char command[96];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", home);
    return system(command);
}

static const char *at(const char *name)
{
    static char path[4][256];
    static unsigned next;
    char *ret = path[next++ % 4];
    snprintf(ret, sizeof path[0], "%s/%s", home, name);
    return ret;
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

/* A node's directory of that name whose store has so many attention rows. */
static void make_store(const char *name, unsigned rows)
{
    struct dg_store *store;
    struct dg_txn *txn;
    struct dg_committed committed;
    mkdir(at(name), 0700);
    assert_int_equal(dg_store_lmdb_open(at(name), DG_STORE_CREATE, &store, NULL), DG_OK);
    assert_int_equal(dg_begin_write(store, &txn), DG_OK);
    for (unsigned i = 0; i < rows; i++) {
        uint8_t key[8];
        dg_u64be_put(key, i);
        dg_put(txn, DG_TABLE_ATTENTION, dg_bytes_at(key, sizeof key), dg_bytes_of("something"));
    }
    assert_int_equal(dg_commit(store, txn, &committed), DG_OK);
    dg_store_close(store);
}

/* Makes the copy the store of a directory of its own. */
static enum dg_err copy_to(const char *from, const char *name)
{
    struct dg_store *store;
    char inner[128];
    mkdir(at(name), 0700);
    snprintf(inner, sizeof inner, "%s/store", name);
    mkdir(at(inner), 0700);
    snprintf(inner, sizeof inner, "%s/store/data.mdb", name);
    assert_int_equal(dg_store_lmdb_open(at(from), DG_STORE_READ, &store, NULL), DG_OK);
    enum dg_err err = dg_store_copy(store, at(inner), NULL);
    dg_store_close(store);
    return err;
}

static void copy_has_every_row_and_each_is_read(void **state)
{
    (void)state;
    struct dg_store *store;
    uint64_t rows = 0;
    make_store("a", 3000);
    assert_int_equal(copy_to("a", "b"), DG_OK);
    assert_int_equal(dg_store_lmdb_open(at("b"), DG_STORE_READ, &store, NULL), DG_OK);
    assert_int_equal(dg_store_check(store, &rows), DG_OK);
    assert_int_equal(rows, 3000);
    dg_store_close(store);
    assert_int_equal(copy_to("a", "b"), DG_ERR_NOT_EMPTY);
}

static void row_that_decayed_in_the_copy_is_found(void **state)
{
    (void)state;
    struct dg_store *store;
    uint64_t rows;
    char text[4096];
    make_store("c", 200);
    int fd = open(at("c/store/data.mdb"), O_RDWR);
    off_t place = 0;
    bool hit = false;
    for (ssize_t got; !hit && (got = pread(fd, text, sizeof text, place)) > 0; place += got) {
        char *word = memmem(text, (size_t)got, "something", 9);
        hit = word != NULL;
        if (hit)
            assert_int_equal(pwrite(fd, "S", 1, place + (word - text)), 1);
    }
    close(fd);
    assert_true(hit);
    assert_int_equal(copy_to("c", "d"), DG_OK);
    assert_int_equal(dg_store_lmdb_open(at("d"), DG_STORE_READ, &store, NULL), DG_OK);
    assert_int_equal(dg_store_check(store, &rows), DG_ERR_STORE_CORRUPT);
    dg_store_close(store);
}

static void sum_depends_on_every_byte_and_the_length(void **state)
{
    (void)state;
    struct dg_hash first, second;
    uint64_t bytes;
    write_text(at("f"), "nội dung");
    write_text(at("g"), "nội dunh");
    assert_int_equal(dg_file_sum(at("f"), &first, &bytes, NULL), DG_OK);
    assert_int_equal(bytes, strlen("nội dung"));
    assert_int_equal(dg_file_sum(at("g"), &second, &bytes, NULL), DG_OK);
    assert_false(dg_hash_equal(&first, &second));
    write_text(at("g"), "");
    assert_int_equal(dg_file_sum(at("g"), &second, &bytes, NULL), DG_OK);
    assert_int_equal(bytes, 0);
    assert_int_equal(dg_file_sum(at("nothing"), &second, &bytes, NULL), DG_ERR_BAD_NODE);
}

static void attachments_are_copied_once_and_nothing_else_is(void **state)
{
    (void)state;
    static const char name[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    char path[128];
    uint64_t all, fresh;
    mkdir(at("from"), 0700);
    mkdir(at("from/01"), 0700);
    snprintf(path, sizeof path, "from/01/%s", name);
    write_text(at(path), "a chunk");
    write_text(at("from/half.part"), "not yet");
    assert_int_equal(dg_copy_named_by_hash(at("from"), at("to"), &all, &fresh, NULL), DG_OK);
    assert_int_equal(all, 1);
    assert_int_equal(fresh, 1);
    assert_int_equal(dg_copy_named_by_hash(at("from"), at("to"), &all, &fresh, NULL), DG_OK);
    assert_int_equal(fresh, 0);
    assert_int_not_equal(access(at("to/half.part"), F_OK), 0);
    assert_int_equal(dg_copy_named_by_hash(at("missing"), at("to"), &all, &fresh, NULL), DG_OK);
    assert_int_equal(all, 0);
}

static void tip_lies_beside_the_directory_unless_it_is_told_otherwise(void **state)
{
    (void)state;
    char path[DG_STORE_PATH_MAX], text[DG_CHECKPOINT_MAX + 1];
    assert_int_equal(dg_tip_path("/srv/node/", "", path, NULL), DG_OK);
    assert_string_equal(path, "/srv/node.tip");
    assert_int_equal(dg_tip_path("/srv/node", "/mnt/usb/tip", path, NULL), DG_OK);
    assert_string_equal(path, "/mnt/usb/tip");
    assert_int_equal(dg_tip_read(at("no.tip"), text, NULL), DG_OK);
    assert_string_equal(text, "");
    write_text(at("x.tip"), "three lines");
    assert_int_equal(dg_tip_read(at("x.tip"), text, NULL), DG_OK);
    assert_string_equal(text, "three lines");
}

/* ---- the edge of a tree -------------------------------------------------------------------------- */

struct rows {
    size_t count;
    struct dg_hash row[64][DG_TREE_ROW_MAX];
};

static enum dg_err read_row(void *ctx, unsigned level, uint64_t number, struct dg_hash *ret)
{
    struct rows *rows = ctx;
    *ret = rows->row[((number + 1) << level) - 1][level];
    return DG_OK;
}

static void frontier_has_the_roots_of_the_whole_tree(void **state)
{
    (void)state;
    static struct rows rows;
    struct dg_frontier frontier = {.size = 0};
    struct dg_tree_reader tree = {.ctx = &rows, .read = read_row};
    struct dg_hash root, empty = dg_merkle_empty(), edge = dg_frontier_root(&frontier);
    assert_true(dg_hash_equal(&edge, &empty));
    for (uint64_t i = 0; i < 64; i++) {
        struct dg_hash leaf = dg_merkle_leaf(dg_bytes_at(&i, sizeof i));
        size_t count;
        assert_int_equal(dg_tree_append(&tree, i, &leaf, rows.row[i], &count), DG_OK);
        dg_frontier_add(&frontier, &leaf);
        assert_int_equal(dg_tree_root(&tree, i + 1, &root), DG_OK);
        edge = dg_frontier_root(&frontier);
        assert_true(dg_hash_equal(&edge, &root));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_has_every_row_and_each_is_read),
        cmocka_unit_test(row_that_decayed_in_the_copy_is_found),
        cmocka_unit_test(sum_depends_on_every_byte_and_the_length),
        cmocka_unit_test(attachments_are_copied_once_and_nothing_else_is),
        cmocka_unit_test(tip_lies_beside_the_directory_unless_it_is_told_otherwise),
        cmocka_unit_test(frontier_has_the_roots_of_the_whole_tree),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
