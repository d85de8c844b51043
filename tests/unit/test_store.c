/* test_store.c - what both stores promise, and what only the one on disk can break. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/crypto.h"
#include "node/store/store_lmdb.h"
#include "node/store/store_mem.h"

struct fixture {
    bool on_disk;
    char dir[64];
    struct dg_store *store;
};

static struct fixture mem = {.on_disk = false};
static struct fixture lmdb = {.on_disk = true};

/* --- builders ------------------------------------------------------------------------------ */

static const char *path_in(const struct fixture *f, const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return path;
}

static void remove_flat(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return;
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(path);
}

static enum dg_err open_as(struct fixture *f, enum dg_store_mode mode)
{
    struct dg_fault fault = {0};
    enum dg_err err = dg_store_lmdb_open(f->dir, mode, &f->store, &fault);
    assert_int_equal(err, fault.err);
    return err;
}

static int set_up(struct fixture *f, void **state)
{
    *state = f;
    f->store = NULL;
    if (!f->on_disk) {
        f->store = dg_store_mem_new();
        return f->store == NULL;
    }
    strcpy(f->dir, "/tmp/dg-test-store-XXXXXX");
    if (mkdtemp(f->dir) == NULL)
        return -1;
    return open_as(f, DG_STORE_CREATE) != DG_OK;
}

static int set_up_mem(void **state)
{
    return set_up(&mem, state);
}

static int set_up_lmdb(void **state)
{
    return set_up(&lmdb, state);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    dg_store_close(f->store);
    if (f->on_disk) {
        char store[256];
        strcpy(store, path_in(f, "store"));
        remove_flat(store);
        remove_flat(path_in(f, "store.tmp"));
        remove_flat(f->dir);
    }
    return 0;
}

static struct dg_bytes text(const char *s)
{
    return dg_bytes_of(s);
}

static struct dg_txn *begin(struct fixture *f, bool writable)
{
    struct dg_txn *txn = NULL;
    assert_int_equal(writable ? dg_begin_write(f->store, &txn) : dg_begin_read(f->store, &txn), DG_OK);
    return txn;
}

static void commit(struct fixture *f, struct dg_txn *txn)
{
    struct dg_committed committed;
    assert_int_equal(dg_commit(f->store, txn, &committed), DG_OK);
    assert_true(committed.number > 0);
}

/* Commits the keys, each its own value, to META. */
static void put_words(struct fixture *f, const char *const words[], size_t count)
{
    struct dg_txn *txn = begin(f, true);
    for (size_t i = 0; i < count; i++)
        dg_put(txn, DG_TABLE_META, text(words[i]), text(words[i]));
    commit(f, txn);
}

static void assert_value(struct dg_txn *txn, const char *key, const char *value)
{
    struct dg_bytes found;
    assert_true(dg_get(txn, DG_TABLE_META, text(key), &found));
    assert_true(dg_bytes_is(found, value));
}

static void assert_absent(struct dg_txn *txn, const char *key)
{
    struct dg_bytes found;
    assert_false(dg_get(txn, DG_TABLE_META, text(key), &found));
    assert_int_equal(txn->err, DG_OK);
}

static uint64_t draw(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

/* Bytes that no compressor shortens. */
static void fill_noise(uint8_t *at, size_t size, uint64_t seed)
{
    uint64_t random = seed * 0x9e3779b97f4a7c15u + 1;
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(draw(&random) >> 32);
}

/* --- both stores --------------------------------------------------------------------------- */

static void committed_rows_are_found_and_others_are_not(void **state)
{
    struct fixture *f = *state;
    put_words(f, (const char *[]){"b", "a"}, 2);
    struct dg_txn *txn = begin(f, false);
    assert_value(txn, "a", "a");
    assert_value(txn, "b", "b");
    assert_absent(txn, "c");
    struct dg_bytes found;
    assert_false(dg_get(txn, DG_TABLE_PEER, text("a"), &found));
    dg_abort(f->store, txn);
}

static void a_transaction_sees_its_own_writes(void **state)
{
    struct fixture *f = *state;
    struct dg_txn *txn = begin(f, true);
    dg_put(txn, DG_TABLE_META, text("k"), text("one"));
    assert_value(txn, "k", "one");
    dg_put(txn, DG_TABLE_META, text("k"), text("two"));
    assert_value(txn, "k", "two");
    dg_del(txn, DG_TABLE_META, text("k"));
    assert_absent(txn, "k");
    dg_del(txn, DG_TABLE_META, text("k"));
    assert_int_equal(txn->err, DG_OK);
    dg_abort(f->store, txn);
}

static void an_aborted_transaction_leaves_no_trace(void **state)
{
    struct fixture *f = *state;
    put_words(f, (const char *[]){"kept", "replaced"}, 2);
    struct dg_txn *txn = begin(f, true);
    dg_put(txn, DG_TABLE_META, text("replaced"), text("1"));
    dg_put(txn, DG_TABLE_META, text("replaced"), text("2"));
    dg_del(txn, DG_TABLE_META, text("replaced"));
    dg_put(txn, DG_TABLE_META, text("replaced"), text("3"));
    dg_del(txn, DG_TABLE_META, text("kept"));
    dg_put(txn, DG_TABLE_META, text("new"), text("new"));
    dg_del(txn, DG_TABLE_META, text("new"));
    dg_put(txn, DG_TABLE_META, text("newer"), text("newer"));
    dg_abort(f->store, txn);
    txn = begin(f, false);
    assert_value(txn, "kept", "kept");
    assert_value(txn, "replaced", "replaced");
    assert_absent(txn, "new");
    assert_absent(txn, "newer");
    dg_abort(f->store, txn);
}

static void what_get_returned_outlives_later_writes(void **state)
{
    struct fixture *f = *state;
    put_words(f, (const char *[]){"a"}, 1);
    struct dg_txn *txn = begin(f, true);
    struct dg_bytes committed, pending;
    assert_true(dg_get(txn, DG_TABLE_META, text("a"), &committed));
    dg_put(txn, DG_TABLE_META, text("a"), text("b"));
    assert_true(dg_get(txn, DG_TABLE_META, text("a"), &pending));
    dg_put(txn, DG_TABLE_META, text("a"), text("c"));
    dg_del(txn, DG_TABLE_META, text("a"));
    assert_true(dg_bytes_is(committed, "a"));
    assert_true(dg_bytes_is(pending, "b"));
    commit(f, txn);
}

static void the_first_error_stays_and_fails_the_commit(void **state)
{
    struct fixture *f = *state;
    struct dg_txn *txn = begin(f, true);
    dg_put(txn, DG_TABLE_META, text("a"), text("a"));
    dg_txn_fail(txn, DG_ERR_NOT_YOURS);
    dg_txn_fail(txn, DG_ERR_FAILED);
    dg_put(txn, DG_TABLE_META, text("b"), text("b"));
    struct dg_committed committed = {.number = 77};
    assert_int_equal(dg_commit(f->store, txn, &committed), DG_ERR_NOT_YOURS);
    assert_int_equal(committed.number, 77);
    txn = begin(f, false);
    assert_absent(txn, "a");
    assert_absent(txn, "b");
    dg_abort(f->store, txn);
}

static void commits_are_numbered_from_one(void **state)
{
    struct fixture *f = *state;
    for (uint64_t n = 1; n <= 3; n++) {
        struct dg_committed committed;
        assert_int_equal(dg_commit(f->store, begin(f, true), &committed), DG_OK);
        assert_int_equal(committed.number, n);
        assert_ptr_equal(committed.store, f->store);
    }
}

static void a_cursor_walks_both_ways_in_byte_order(void **state)
{
    struct fixture *f = *state;
    put_words(f, (const char *[]){"b", "\xff", "a", "ab", "b\x01"}, 5);
    const char *const order[] = {"a", "ab", "b", "b\x01", "\xff"};
    struct dg_txn *txn = begin(f, false);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_META);
    for (size_t i = 0; i < 5; i++) {
        assert_true(dg_cursor_next(&cursor));
        assert_true(dg_bytes_is(cursor.key, order[i]));
        assert_true(dg_bytes_is(cursor.value, order[i]));
    }
    assert_false(dg_cursor_next(&cursor));
    assert_false(dg_cursor_next(&cursor));
    for (size_t i = 5; i-- > 0;) {
        assert_true(dg_cursor_prev(&cursor));
        assert_true(dg_bytes_is(cursor.key, order[i]));
    }
    assert_false(dg_cursor_prev(&cursor));
    assert_false(dg_cursor_prev(&cursor));
    assert_true(dg_cursor_next(&cursor));
    assert_true(dg_bytes_is(cursor.key, "a"));
    dg_cursor_close(&cursor);
    dg_abort(f->store, txn);
}

static void a_cursor_seeks_the_first_key_not_less(void **state)
{
    struct fixture *f = *state;
    put_words(f, (const char *[]){"b1", "b3", "d"}, 3);
    struct dg_txn *txn = begin(f, true);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_META);
    assert_true(dg_cursor_seek(&cursor, text("b2")));
    assert_true(dg_bytes_is(cursor.key, "b3"));
    assert_true(dg_cursor_at_prefix(&cursor, text("b")));
    assert_true(dg_cursor_prev(&cursor));
    assert_true(dg_bytes_is(cursor.key, "b1"));
    assert_true(dg_cursor_seek(&cursor, text("c")));
    assert_false(dg_cursor_at_prefix(&cursor, text("c")));
    assert_false(dg_cursor_seek(&cursor, text("e")));
    assert_true(dg_cursor_prev(&cursor));
    assert_true(dg_bytes_is(cursor.key, "d"));
    assert_true(dg_cursor_seek(&cursor, text("")));
    assert_true(dg_bytes_is(cursor.key, "b1"));
    assert_true(dg_cursor_last(&cursor));
    assert_true(dg_bytes_is(cursor.key, "d"));
    dg_cursor_close(&cursor);
    dg_abort(f->store, txn);
}

static void a_cursor_on_an_empty_table_finds_nothing(void **state)
{
    struct fixture *f = *state;
    struct dg_txn *txn = begin(f, false);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_MAIL);
    assert_false(dg_cursor_next(&cursor));
    assert_false(dg_cursor_prev(&cursor));
    assert_false(dg_cursor_last(&cursor));
    assert_false(dg_cursor_seek(&cursor, text("a")));
    dg_cursor_close(&cursor);
    assert_int_equal(txn->err, DG_OK);
    dg_abort(f->store, txn);
}

static void values_of_every_size_come_back(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[] = {0, 1, 511, 512, 513, 2021, 2022, 4096, 100000, 4 * 1024 * 1024};
    static uint8_t bytes[4 * 1024 * 1024];
    for (unsigned noisy = 0; noisy < 2; noisy++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            memset(bytes, 'x', sizeof bytes);
            if (noisy)
                fill_noise(bytes, sizes[i], i);
            struct dg_txn *txn = begin(f, true);
            dg_put(txn, DG_TABLE_LEAF, text("k"), dg_bytes_at(bytes, sizes[i]));
            commit(f, txn);
            txn = begin(f, noisy == 0);
            struct dg_bytes found;
            assert_true(dg_get(txn, DG_TABLE_LEAF, text("k"), &found));
            assert_true(dg_bytes_equal(found, dg_bytes_at(bytes, sizes[i])));
            dg_abort(f->store, txn);
        }
    }
}

static void the_longest_key_is_500_bytes(void **state)
{
    struct fixture *f = *state;
    static uint8_t key[501];
    memset(key, 'k', sizeof key);
    struct dg_txn *txn = begin(f, true);
    dg_put(txn, DG_TABLE_META, dg_bytes_at(key, 500), text("long"));
    struct dg_bytes found;
    assert_true(dg_get(txn, DG_TABLE_META, dg_bytes_at(key, 500), &found));
    assert_false(dg_get(txn, DG_TABLE_META, dg_bytes_at(key, 501), &found));
    commit(f, txn);
}

static void a_table_by_id_keeps_values_under_their_hash(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[3000];
    struct dg_hash id = dg_sha256(dg_bytes_at(bytes, sizeof bytes));
    struct dg_txn *txn = begin(f, true);
    dg_put(txn, DG_TABLE_REGIME, dg_bytes_at(id.b, 32), dg_bytes_at(bytes, sizeof bytes));
    commit(f, txn);
    txn = begin(f, false);
    struct dg_bytes found;
    assert_true(dg_get(txn, DG_TABLE_REGIME, dg_bytes_at(id.b, 32), &found));
    assert_true(dg_bytes_equal(found, dg_bytes_at(bytes, sizeof bytes)));
    dg_abort(f->store, txn);
}

/* One random call, the same for the same random, on a small space of keys with growing tails. */
static void act(struct dg_txn *txn, uint64_t *random)
{
    uint8_t key[4] = {(uint8_t)(draw(random) % 3), 0, 0, (uint8_t)(draw(random) % 200)};
    static uint8_t value[3000];
    size_t size = (size_t)(draw(random) % sizeof value);
    enum dg_table table = draw(random) % 2 != 0 ? DG_TABLE_MAIL : DG_TABLE_OUTBOX;
    memset(value, (int)(draw(random) & 0xff), sizeof value);
    fill_noise(value, size / 2, *random);
    if (draw(random) % 3 == 0)
        dg_del(txn, table, dg_bytes_at(key, sizeof key));
    else
        dg_put(txn, table, dg_bytes_at(key, sizeof key), dg_bytes_at(value, size));
}

static void assert_same_rows(struct dg_txn *a, struct dg_txn *b, enum dg_table table)
{
    struct dg_cursor x, y;
    dg_cursor_open(&x, a, table);
    dg_cursor_open(&y, b, table);
    bool more = true;
    while (more) {
        more = dg_cursor_next(&x);
        assert_int_equal(more, dg_cursor_next(&y));
        assert_true(!more || dg_bytes_equal(x.key, y.key));
        assert_true(!more || dg_bytes_equal(x.value, y.value));
    }
    while ((more = dg_cursor_prev(&x))) {
        assert_true(dg_cursor_prev(&y));
        assert_true(dg_bytes_equal(x.key, y.key));
    }
    assert_false(dg_cursor_prev(&y));
    dg_cursor_close(&x);
    dg_cursor_close(&y);
}

/* The other store of the pair is always one in memory. */
static void random_work_leaves_the_same_rows_in_two_stores(void **state)
{
    struct fixture *f = *state;
    struct dg_store *twin = dg_store_mem_new();
    assert_non_null(twin);
    uint64_t random = 42;
    for (unsigned round = 0; round < 60; round++) {
        struct dg_txn *a = begin(f, true), *b;
        assert_int_equal(dg_begin_write(twin, &b), DG_OK);
        uint64_t same = random;
        for (unsigned i = 0; i < 60; i++)
            act(a, &random);
        for (unsigned i = 0; i < 60; i++)
            act(b, &same);
        assert_int_equal(random, same);
        assert_same_rows(a, b, DG_TABLE_MAIL);
        if (draw(&random) % 3 == 0) {
            dg_abort(f->store, a);
            dg_abort(twin, b);
            continue;
        }
        struct dg_committed committed;
        commit(f, a);
        assert_int_equal(dg_commit(twin, b, &committed), DG_OK);
    }
    struct dg_txn *a = begin(f, false), *b;
    assert_int_equal(dg_begin_read(twin, &b), DG_OK);
    assert_same_rows(a, b, DG_TABLE_MAIL);
    assert_same_rows(a, b, DG_TABLE_OUTBOX);
    dg_abort(f->store, a);
    dg_abort(twin, b);
    dg_store_close(twin);
}

/* --- the store in memory ------------------------------------------------------------------- */

static void a_crash_drops_what_was_not_committed(void **state)
{
    struct fixture *f = *state;
    put_words(f, (const char *[]){"a"}, 1);
    struct dg_txn *txn = begin(f, true);
    dg_put(txn, DG_TABLE_META, text("b"), text("b"));
    dg_del(txn, DG_TABLE_META, text("a"));
    dg_store_mem_crash(f->store);
    txn = begin(f, false);
    assert_value(txn, "a", "a");
    assert_absent(txn, "b");
    dg_abort(f->store, txn);
    assert_int_equal(dg_store_mem_rows(f->store, DG_TABLE_META), 1);
}

static void the_chosen_commit_fails_and_is_undone(void **state)
{
    struct fixture *f = *state;
    dg_store_mem_fail_commit(f->store, 2, DG_ERR_STORE_IO);
    put_words(f, (const char *[]){"a"}, 1);
    struct dg_txn *txn = begin(f, true);
    dg_put(txn, DG_TABLE_META, text("b"), text("b"));
    struct dg_committed committed;
    assert_int_equal(dg_commit(f->store, txn, &committed), DG_ERR_STORE_IO);
    put_words(f, (const char *[]){"c"}, 1);
    assert_int_equal(dg_store_mem_rows(f->store, DG_TABLE_META), 2);
}

static void the_chosen_put_fails_its_transaction(void **state)
{
    struct fixture *f = *state;
    dg_store_mem_fail_put(f->store, 2, DG_ERR_STORE_FULL);
    struct dg_txn *txn = begin(f, true);
    dg_put(txn, DG_TABLE_META, text("a"), text("a"));
    dg_put(txn, DG_TABLE_META, text("b"), text("b"));
    struct dg_committed committed;
    assert_int_equal(dg_commit(f->store, txn, &committed), DG_ERR_STORE_FULL);
    assert_int_equal(dg_store_mem_rows(f->store, DG_TABLE_META), 0);
}

/* --- the store on disk --------------------------------------------------------------------- */

static void rows_are_there_after_closing_and_opening(void **state)
{
    struct fixture *f = *state;
    put_words(f, (const char *[]){"a"}, 1);
    dg_store_close(f->store);
    assert_int_equal(open_as(f, DG_STORE_WRITE), DG_OK);
    struct dg_txn *txn = begin(f, false);
    assert_value(txn, "a", "a");
    dg_abort(f->store, txn);
}

static void a_second_writer_is_locked_out(void **state)
{
    struct fixture *f = *state;
    struct dg_store *second = NULL;
    struct dg_fault fault = {0};
    assert_int_equal(dg_store_lmdb_open(f->dir, DG_STORE_WRITE, &second, &fault), DG_ERR_LOCKED);
    char pid[32];
    snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
    assert_non_null(strstr(fault.what, pid));
    put_words(f, (const char *[]){"still works"}, 1);
}

static void one_process_cannot_open_a_store_twice(void **state)
{
    struct fixture *f = *state;
    struct dg_store *second = NULL;
    assert_int_equal(dg_store_lmdb_open(f->dir, DG_STORE_READ, &second, NULL), DG_ERR_LOCKED);
}

static void a_half_made_store_is_swept_away_by_the_next(void **state)
{
    struct fixture *f = *state;
    dg_store_close(f->store);
    f->store = NULL;
    char store[256], tmp[256];
    strcpy(store, path_in(f, "store"));
    strcpy(tmp, path_in(f, "store.tmp"));
    assert_int_equal(rename(store, tmp), 0);
    assert_int_equal(open_as(f, DG_STORE_WRITE), DG_ERR_BAD_NODE);
    assert_int_equal(open_as(f, DG_STORE_CREATE), DG_OK);
    assert_int_not_equal(access(tmp, F_OK), 0);
    struct stat st;
    assert_int_equal(stat(store, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void a_store_is_never_created_over_another(void **state)
{
    struct fixture *f = *state;
    dg_store_close(f->store);
    f->store = NULL;
    assert_int_equal(open_as(f, DG_STORE_CREATE), DG_ERR_NOT_EMPTY);
}

static void a_directory_without_a_store_is_refused_and_left_alone(void **state)
{
    struct fixture *f = *state;
    struct fixture other = {.on_disk = true, .dir = "/tmp/dg-test-store-XXXXXX"};
    (void)f;
    assert_non_null(mkdtemp(other.dir));
    assert_int_equal(open_as(&other, DG_STORE_WRITE), DG_ERR_BAD_NODE);
    assert_int_equal(open_as(&other, DG_STORE_READ), DG_ERR_BAD_NODE);
    assert_int_equal(rmdir(other.dir), 0); /* not even a lock is left */
}

/* Finds bytes in the data file and adds one to the last of them; the store must be closed. */
static void spoil(struct fixture *f, const void *bytes, size_t size)
{
    int fd = open(path_in(f, "store/data.mdb"), O_RDWR);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    uint8_t *all = malloc((size_t)st.st_size);
    assert_int_equal(pread(fd, all, (size_t)st.st_size, 0), st.st_size);
    size_t found = 0;
    for (size_t at = 0; at + size <= (size_t)st.st_size; at++) {
        if (memcmp(all + at, bytes, size) != 0)
            continue;
        uint8_t spoiled = (uint8_t)(all[at + size - 1] + 1);
        assert_int_equal(pwrite(fd, &spoiled, 1, (off_t)(at + size - 1)), 1);
        found++;
    }
    assert_true(found > 0);
    free(all);
    close(fd);
}

static void a_flipped_byte_is_corruption_and_not_another_value(void **state)
{
    struct fixture *f = *state;
    uint8_t noise[1000];
    fill_noise(noise, sizeof noise, 9);
    struct dg_txn *txn = begin(f, true);
    dg_put(txn, DG_TABLE_REPORT, text("spoiled"), dg_bytes_at(noise, sizeof noise));
    dg_put(txn, DG_TABLE_REPORT, text("whole"), text("whole"));
    commit(f, txn);
    dg_store_close(f->store);
    spoil(f, noise + 500, 16);
    assert_int_equal(open_as(f, DG_STORE_WRITE), DG_OK);
    struct dg_bytes found;
    txn = begin(f, false);
    assert_true(dg_get(txn, DG_TABLE_REPORT, text("whole"), &found));
    assert_false(dg_get(txn, DG_TABLE_REPORT, text("spoiled"), &found));
    assert_int_equal(txn->err, DG_ERR_STORE_CORRUPT);
    dg_abort(f->store, txn);
    txn = begin(f, true);
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_REPORT);
    assert_false(dg_cursor_next(&cursor));
    dg_cursor_close(&cursor);
    struct dg_committed committed;
    assert_int_equal(dg_commit(f->store, txn, &committed), DG_ERR_STORE_CORRUPT);
}

static void a_flipped_byte_of_a_compressed_regime_is_corruption(void **state)
{
    struct fixture *f = *state;
    uint8_t half[2000] = {0};
    fill_noise(half, 1000, 10);
    struct dg_hash id = dg_sha256(dg_bytes_at(half, sizeof half));
    struct dg_txn *txn = begin(f, true);
    dg_put(txn, DG_TABLE_REGIME, dg_bytes_at(id.b, 32), dg_bytes_at(half, sizeof half));
    commit(f, txn);
    dg_store_close(f->store);
    spoil(f, half + 500, 16);
    assert_int_equal(open_as(f, DG_STORE_WRITE), DG_OK);
    txn = begin(f, false);
    struct dg_bytes found;
    assert_false(dg_get(txn, DG_TABLE_REGIME, dg_bytes_at(id.b, 32), &found));
    assert_int_equal(txn->err, DG_ERR_STORE_CORRUPT);
    dg_abort(f->store, txn);
}

static void a_newer_format_is_foreign(void **state)
{
    struct fixture *f = *state;
    dg_store_close(f->store);
    f->store = NULL;
    spoil(f, "donggui store v2", 16);
    assert_int_equal(open_as(f, DG_STORE_WRITE), DG_ERR_STORE_FOREIGN);
}

static void a_truncated_store_is_corrupt_and_does_not_kill(void **state)
{
    struct fixture *f = *state;
    static uint8_t noise[1024 * 1024];
    fill_noise(noise, sizeof noise, 11);
    struct dg_txn *txn = begin(f, true);
    dg_put(txn, DG_TABLE_META, text("k"), dg_bytes_at(noise, sizeof noise));
    commit(f, txn);
    dg_store_close(f->store);
    f->store = NULL;
    assert_int_equal(truncate(path_in(f, "store/data.mdb"), 16 * 4096), 0);
    enum dg_err err = open_as(f, DG_STORE_WRITE);
    if (err == DG_OK) {
        struct dg_bytes found;
        txn = begin(f, false);
        assert_false(dg_get(txn, DG_TABLE_META, text("k"), &found));
        err = txn->err;
        dg_abort(f->store, txn);
    }
    assert_int_equal(err, DG_ERR_STORE_CORRUPT);
}

static void removed_files_stop_the_writer(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(unlink(path_in(f, "store/data.mdb")), 0);
    struct dg_txn *txn;
    assert_int_equal(dg_begin_write(f->store, &txn), DG_ERR_STORE_IO);
    assert_int_equal(dg_begin_write(f->store, &txn), DG_ERR_STORE_IO);
}

/* Grows META by rows of 1 MiB in one transaction. */
static enum dg_err put_megabytes(struct fixture *f, unsigned first, unsigned count)
{
    static uint8_t noise[1024 * 1024];
    fill_noise(noise, sizeof noise, first);
    struct dg_txn *txn = begin(f, true);
    for (unsigned i = first; i < first + count; i++) {
        char key[16];
        snprintf(key, sizeof key, "m%05u", i);
        dg_put(txn, DG_TABLE_META, text(key), dg_bytes_at(noise, sizeof noise));
    }
    struct dg_committed committed;
    return dg_commit(f->store, txn, &committed);
}

static struct dg_store_usage usage(struct fixture *f)
{
    struct dg_store_usage ret;
    assert_int_equal(dg_store_lmdb_usage(f->store, &ret), DG_OK);
    return ret;
}

static void the_map_grows_between_transactions(void **state)
{
    struct fixture *f = *state;
    uint64_t before = usage(f).map_bytes;
    assert_int_equal(put_megabytes(f, 0, 40), DG_OK);
    assert_int_equal(put_megabytes(f, 40, 40), DG_OK);
    put_words(f, (const char *[]){"a"}, 1);
    struct dg_store_usage now = usage(f);
    assert_true(now.map_bytes > before);
    assert_true(now.used_bytes > 80u * 1024 * 1024 && now.used_bytes <= now.file_bytes);
    assert_true(now.disk_free_bytes <= now.disk_total_bytes);
    dg_store_lmdb_check_readers(f->store);
    struct dg_txn *txn = begin(f, false);
    assert_value(txn, "a", "a");
    dg_abort(f->store, txn);
}

static void a_batch_that_did_not_fit_fits_the_next_time(void **state)
{
    struct fixture *f = *state;
    put_words(f, (const char *[]){"a"}, 1);
    unsigned too_many = (unsigned)(usage(f).map_bytes / (1024 * 1024)) + 5;
    assert_int_equal(put_megabytes(f, 0, too_many), DG_ERR_STORE_FULL);
    struct dg_txn *txn = begin(f, false);
    assert_value(txn, "a", "a");
    assert_absent(txn, "m00000");
    dg_abort(f->store, txn);
    assert_int_equal(put_megabytes(f, 0, too_many), DG_OK);
}

/* --- another process reads ----------------------------------------------------------------- */

static void tell(int fd)
{
    assert_int_equal(write(fd, "x", 1), 1);
}

static bool told(int fd)
{
    char c;
    return read(fd, &c, 1) == 1;
}

/* Has key or not, in a transaction of its own. */
static bool reader_sees(struct dg_store *store, const char *key)
{
    struct dg_txn *txn;
    struct dg_bytes found;
    if (dg_begin_read(store, &txn) != DG_OK)
        return false;
    bool seen = dg_get(txn, DG_TABLE_META, text(key), &found) && dg_bytes_is(found, key);
    dg_abort(store, txn);
    return seen;
}

/* Sees "a"; then, once the map has been grown under it, "b". */
static int read_twice(const char *dir, int from, int to)
{
    struct dg_store *store;
    if (!told(from) || dg_store_lmdb_open(dir, DG_STORE_READ, &store, NULL) != DG_OK)
        return 1;
    if (!reader_sees(store, "a"))
        return 2;
    if (write(to, "x", 1) != 1 || !told(from))
        return 3;
    if (!reader_sees(store, "b"))
        return 4;
    dg_store_close(store);
    return 0;
}

static void another_process_reads_while_the_writer_grows_the_map(void **state)
{
    struct fixture *f = *state;
    dg_store_close(f->store); /* forked without it: an environment must not cross a fork */
    int down[2], up[2], status;
    assert_int_equal(pipe(down), 0);
    assert_int_equal(pipe(up), 0);
    pid_t child = fork();
    if (child == 0) {
        close(down[1]);
        _exit(read_twice(f->dir, down[0], up[1]));
    }
    assert_int_equal(open_as(f, DG_STORE_WRITE), DG_OK);
    put_words(f, (const char *[]){"a"}, 1);
    tell(down[1]);
    close(up[1]);
    assert_true(told(up[0]));
    assert_int_equal(put_megabytes(f, 0, 100), DG_OK);
    assert_int_equal(put_megabytes(f, 100, 50), DG_OK);
    put_words(f, (const char *[]){"b"}, 1);
    tell(down[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(down[0]);
    close(down[1]);
    close(up[0]);
}

#define ON(which, test) cmocka_unit_test_setup_teardown(test, set_up_##which, tear_down)
#define BOTH(which)                                                                                          \
    ON(which, committed_rows_are_found_and_others_are_not), ON(which, a_transaction_sees_its_own_writes),    \
        ON(which, an_aborted_transaction_leaves_no_trace),                                                   \
        ON(which, what_get_returned_outlives_later_writes),                                                  \
        ON(which, the_first_error_stays_and_fails_the_commit), ON(which, commits_are_numbered_from_one),     \
        ON(which, a_cursor_walks_both_ways_in_byte_order), ON(which, a_cursor_seeks_the_first_key_not_less), \
        ON(which, a_cursor_on_an_empty_table_finds_nothing), ON(which, values_of_every_size_come_back),      \
        ON(which, the_longest_key_is_500_bytes), ON(which, a_table_by_id_keeps_values_under_their_hash),     \
        ON(which, random_work_leaves_the_same_rows_in_two_stores)

int main(void)
{
    const struct CMUnitTest in_memory[] = {
        BOTH(mem),
        ON(mem, a_crash_drops_what_was_not_committed),
        ON(mem, the_chosen_commit_fails_and_is_undone),
        ON(mem, the_chosen_put_fails_its_transaction),
    };
    const struct CMUnitTest on_disk[] = {
        BOTH(lmdb),
        ON(lmdb, rows_are_there_after_closing_and_opening),
        ON(lmdb, a_second_writer_is_locked_out),
        ON(lmdb, one_process_cannot_open_a_store_twice),
        ON(lmdb, a_half_made_store_is_swept_away_by_the_next),
        ON(lmdb, a_store_is_never_created_over_another),
        ON(lmdb, a_directory_without_a_store_is_refused_and_left_alone),
        ON(lmdb, a_flipped_byte_is_corruption_and_not_another_value),
        ON(lmdb, a_flipped_byte_of_a_compressed_regime_is_corruption),
        ON(lmdb, a_newer_format_is_foreign),
        ON(lmdb, a_truncated_store_is_corrupt_and_does_not_kill),
        ON(lmdb, removed_files_stop_the_writer),
        ON(lmdb, the_map_grows_between_transactions),
        ON(lmdb, a_batch_that_did_not_fit_fits_the_next_time),
        ON(lmdb, another_process_reads_while_the_writer_grows_the_map),
    };
    int failed = cmocka_run_group_tests_name("store_mem", in_memory, NULL, NULL);
    return failed + cmocka_run_group_tests_name("store_lmdb", on_disk, NULL, NULL);
}
