/* test_evidence.c - two roots of one log and size are written down for people, once and again when lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/core/node_impl.h"
#include "node/shell/evidence.h"
#include "tests/unit/support/fixture.h"

#define ORIGIN FED_NAME "/huyen/e1"

static char dir[64], folder[80], path[160];

static int make_all(void **state)
{
    (void)snprintf(dir, sizeof dir, "/tmp/test_evidence.XXXXXX");
    if (mkdtemp(dir) == NULL)
        return 1;
    (void)snprintf(folder, sizeof folder, "%s/evidence", dir);
    (void)snprintf(path, sizeof path, "%s/fork-huyen-e1-7.txt", folder);
    return make_federation(state);
}

static int remove_all(void **state)
{
    (void)unlink(path);
    (void)rmdir(folder);
    return rmdir(dir) | free_federation(state);
}

/* A checkpoint of the district's log, signed by it: the root is all of one byte. */
static struct dg_bytes note_of(uint8_t root)
{
    struct fed_node *huyen = &fed->node[FED_HUYEN];
    struct dg_checkpoint checkpoint = {.origin = ORIGIN, .size = 7};
    struct dg_buf buf;
    memset(checkpoint.root.b, root, sizeof checkpoint.root.b);
    dg_buf_init(&buf, DG_CHECKPOINT_MAX);
    assert_int_equal(dg_checkpoint_sign(&checkpoint, &huyen->signer, &huyen->keys.log, &buf), DG_OK);
    struct dg_bytes kept = dg_arena_copy(&arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return kept;
}

/* The province meets both, as from two of its neighbours. */
static void meet(uint8_t first, uint8_t second)
{
    struct dg_store *store = fed->node[FED_TINH].store;
    struct dg_txn *txn;
    struct dg_committed committed;
    assert_int_equal(dg_begin_write(store, &txn), DG_OK);
    assert_int_equal(dg_checkpoint_put(txn, dg_bytes_of(ORIGIN), 7, note_of(first)), DG_OK);
    enum dg_err err = dg_checkpoint_put(txn, dg_bytes_of(ORIGIN), 7, note_of(second));
    assert_int_equal(err, first == second ? DG_OK : DG_ERR_FORK);
    if (err == DG_ERR_FORK)
        dg_attention_put(txn, fed->now, err, dg_bytes_of(ORIGIN), note_of(second));
    assert_int_equal(dg_commit(store, txn, &committed), DG_OK);
}

static enum dg_err write_all(void)
{
    return dg_evidence_write(fed->node[FED_TINH].store, dir, NULL);
}

static void two_roots_of_one_size_are_written_to_a_file_of_its_owners(void **state)
{
    char content[4096] = "";
    struct stat st;
    (void)state;
    meet(1, 2);
    assert_int_equal(write_all(), DG_OK);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(content, 1, sizeof content - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    assert_non_null(strstr(content, dg_arena_string(&arena, note_of(1))));
    assert_non_null(strstr(content, dg_arena_string(&arena, note_of(2))));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_file_that_was_removed_is_written_again_and_one_that_is_there_is_left(void **state)
{
    (void)state;
    meet(1, 2);
    assert_int_equal(write_all(), DG_OK);
    assert_int_equal(truncate(path, 5), 0);
    assert_int_equal(write_all(), DG_OK);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 5);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(write_all(), DG_OK);
    assert_int_equal(access(path, F_OK), 0);
}

static void an_honest_log_leaves_no_folder(void **state)
{
    (void)state;
    meet(1, 1);
    assert_int_equal(write_all(), DG_OK);
    assert_int_equal(access(folder, F_OK), -1);
}

static void a_folder_that_cannot_be_made_is_an_error_and_nothing_else(void **state)
{
    (void)state;
    meet(1, 2);
    assert_int_not_equal(dg_evidence_write(fed->node[FED_TINH].store, "/proc/nowhere", NULL), DG_OK);
    assert_int_equal(write_all(), DG_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_all, remove_all)
    const struct CMUnitTest tests[] = {
        TEST(two_roots_of_one_size_are_written_to_a_file_of_its_owners),
        TEST(a_file_that_was_removed_is_written_again_and_one_that_is_there_is_left),
        TEST(an_honest_log_leaves_no_folder),
        TEST(a_folder_that_cannot_be_made_is_an_error_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
