/* test_disk.c - the disk's room, and the ballast that is thrown off when there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "node/shell/disk.h"

static char dir[64], ballast[80];

static int make_dir(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof dir, "/tmp/test_disk.XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(ballast, sizeof ballast, "%s/ballast", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    (void)unlink(ballast);
    return rmdir(dir);
}

static struct dg_disk disk_of(unsigned percent, unsigned floor_mib, unsigned ballast_mib)
{
    struct dg_disk disk;
    assert_int_equal(dg_disk_init(&disk, dir, percent, floor_mib, ballast_mib, NULL), DG_OK);
    return disk;
}

static bool has_ballast(uint64_t bytes)
{
    struct stat st;
    if (stat(ballast, &st) != 0)
        return false;
    assert_int_equal(st.st_size, bytes);
    assert_true((uint64_t)st.st_blocks * 512 >= bytes); /* or it would hold nothing free */
    assert_int_equal(st.st_mode & 0777, 0600);
    return true;
}

static unsigned free_mib(void)
{
    struct statvfs fs;
    assert_int_equal(statvfs(dir, &fs), 0);
    uint64_t mib = (uint64_t)fs.f_bavail * fs.f_frsize / (1024 * 1024);
    return mib < 90000 ? (unsigned)mib : 90000;
}

static void a_disk_with_room_is_not_low_and_gets_its_ballast_once(void **state)
{
    struct dg_disk disk = disk_of(0, 1, 3);
    (void)state;
    assert_false(dg_disk_low(&disk));
    assert_true(has_ballast(3 * 1024 * 1024));
    assert_false(dg_disk_low(&disk));
    assert_true(has_ballast(3 * 1024 * 1024));
}

static void less_room_than_the_floor_is_low(void **state)
{
    struct dg_disk disk = disk_of(0, 99999, 0);
    (void)state;
    if (free_mib() < 90000)
        assert_true(dg_disk_low(&disk));
    disk.floor_bytes = UINT64_MAX;
    assert_true(dg_disk_low(&disk));
}

static void a_ballast_is_not_made_where_it_would_make_the_disk_low(void **state)
{
    unsigned room = free_mib();
    struct dg_disk disk = disk_of(0, room / 2, room / 2 + 1000);
    (void)state;
    if (room >= 90000)
        disk.ballast_bytes = UINT64_MAX / 2;
    assert_false(dg_disk_low(&disk));
    assert_false(has_ballast(0));
}

static void the_ballast_is_thrown_off_and_made_again(void **state)
{
    struct dg_disk disk = disk_of(0, 1, 1);
    (void)state;
    assert_false(dg_disk_low(&disk));
    assert_true(has_ballast(1024 * 1024));
    dg_disk_full(&disk);
    assert_int_equal(access(ballast, F_OK), -1);
    assert_false(dg_disk_low(&disk));
    assert_true(has_ballast(1024 * 1024));
}

static void no_ballast_is_made_when_none_is_wanted(void **state)
{
    struct dg_disk disk = disk_of(0, 1, 0);
    (void)state;
    assert_false(dg_disk_low(&disk));
    assert_int_equal(access(ballast, F_OK), -1);
}

static void a_disk_that_cannot_be_asked_is_not_low(void **state)
{
    struct dg_disk disk;
    (void)state;
    assert_int_equal(dg_disk_init(&disk, "/nowhere/at/all", 5, 64, 16, NULL), DG_OK);
    assert_false(dg_disk_low(&disk));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        TEST(a_disk_with_room_is_not_low_and_gets_its_ballast_once),
        TEST(less_room_than_the_floor_is_low),
        TEST(a_ballast_is_not_made_where_it_would_make_the_disk_low),
        TEST(the_ballast_is_thrown_off_and_made_again),
        TEST(no_ballast_is_made_when_none_is_wanted),
        TEST(a_disk_that_cannot_be_asked_is_not_low),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
