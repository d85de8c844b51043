/* test_guard.c - C23: what ended the process twice is not touched a third time, and nothing else is stopped.
 *
 * Every life of the daemon is a child of this test, which opens the guard, handles something and ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/crypto.h"
#include "node/shell/guard.h"

static char dir[64], path[80];

static int make_dir(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof dir, "/tmp/test_guard.XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/guard", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(dir);
}

static struct dg_hash name(int n)
{
    return dg_sha256(dg_bytes_at(&n, sizeof n));
}

enum how { KILLED, ABORTED, FINISHED, ONLY_DECODED };

/* One life: handles what is called n, if it may, and ends as told. False when it may not. */
static bool live(int n, enum how how)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) {
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return !(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    }
    struct dg_guard_file *file;
    struct dg_hash what = name(n);
    if (dg_guard_open(dir, &file, NULL) != DG_OK)
        _exit(9);
    const struct dg_guard *guard = dg_guard_of(file);
    if (!guard->enter(guard->ctx, &what))
        _exit(7);
    if (how == ABORTED)
        _exit(139); /* as a sanitizer, or a signal's handler, would end it */
    if (how == KILLED)
        (void)raise(SIGKILL);
    guard->leave(guard->ctx, how == FINISHED);
    (void)raise(SIGKILL);
    _exit(0);
}

static void C23_what_ended_the_process_twice_is_not_let_in_a_third_time(void **state)
{
    (void)state;
    assert_true(live(1, ABORTED));
    assert_true(live(1, KILLED));
    assert_false(live(1, FINISHED));
    assert_false(live(1, FINISHED)); /* for good */
    assert_true(live(2, FINISHED));  /* and nothing else is stopped */
}

static void other_messages_between_two_crashes_change_nothing(void **state)
{
    (void)state;
    assert_true(live(1, KILLED));
    for (int n = 2; n < 30; n++)
        assert_true(live(n, FINISHED));
    assert_true(live(1, KILLED));
    assert_false(live(1, FINISHED));
}

static void what_was_handled_to_its_end_is_forgotten(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_true(live(1, KILLED));
        assert_true(live(1, FINISHED));
    }
}

static void what_was_only_decoded_is_not_forgotten(void **state)
{
    (void)state;
    assert_true(live(1, KILLED));
    assert_true(live(1, ONLY_DECODED));
    assert_true(live(1, KILLED));
    assert_false(live(1, FINISHED));
}

static void a_crash_between_two_messages_blames_neither(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_true(live(1, ONLY_DECODED));
    assert_true(live(1, FINISHED));
}

static void a_page_full_of_suspects_still_remembers_the_guilty(void **state)
{
    (void)state;
    assert_true(live(1, KILLED));
    assert_true(live(1, KILLED));
    for (int n = 2; n < 150; n++)
        assert_true(live(n, KILLED));
    assert_false(live(1, FINISHED));
}

static void a_file_that_is_no_guard_is_begun_anew(void **state)
{
    (void)state;
    for (int size = 0; size <= 8192; size += 4096) {
        assert_true(live(1, KILLED));
        assert_true(live(1, KILLED));
        assert_false(live(1, FINISHED));
        int fd = open(path, O_WRONLY);
        assert_true(fd >= 0);
        assert_int_equal(ftruncate(fd, size), 0);
        assert_int_equal(pwrite(fd, "rubbish", 7, 0), 7);
        assert_int_equal(close(fd), 0);
        assert_true(live(1, FINISHED));
    }
}

static void the_file_is_its_owners_alone_and_no_link_is_followed(void **state)
{
    struct stat st;
    struct dg_guard_file *file;
    (void)state;
    assert_int_equal(dg_guard_open(dir, &file, NULL), DG_OK);
    dg_guard_close(file);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_not_equal(dg_guard_open(dir, &file, NULL), DG_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        TEST(C23_what_ended_the_process_twice_is_not_let_in_a_third_time),
        TEST(other_messages_between_two_crashes_change_nothing),
        TEST(what_was_handled_to_its_end_is_forgotten),
        TEST(what_was_only_decoded_is_not_forgotten),
        TEST(a_crash_between_two_messages_blames_neither),
        TEST(a_page_full_of_suspects_still_remembers_the_guilty),
        TEST(a_file_that_is_no_guard_is_begun_anew),
        TEST(the_file_is_its_owners_alone_and_no_link_is_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
