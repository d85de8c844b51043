/* The keyring: what it makes it finds again, and what is not safe or whole it refuses by name. */
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
#include <unistd.h>

#include <cmocka.h>

#include "node/shell/keyring.h"

struct fixture {
    char dir[64], keys[80];
};

static struct fixture here;

static int set_up(void **state)
{
    strcpy(here.dir, "/tmp/dg-test-keyring-XXXXXX");
    if (mkdtemp(here.dir) == NULL)
        return -1;
    snprintf(here.keys, sizeof here.keys, "%s/keys", here.dir);
    *state = &here;
    return mkdir(here.keys, 0700);
}

static int tear_down(void **state)
{
    (void)state;
    DIR *dir = opendir(here.keys);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    rmdir(here.keys);
    return rmdir(here.dir);
}

static struct dg_keyring *open_keyring(void)
{
    struct dg_keyring *keyring = NULL;
    assert_int_equal(dg_keyring_open(here.dir, &keyring, NULL), DG_OK);
    return keyring;
}

static const char *path_of(const char *file)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", here.keys, file);
    return path;
}

static void write_file(const char *file, const char *text, mode_t mode)
{
    int fd = open(path_of(file), O_WRONLY | O_CREAT | O_TRUNC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_refused(const char *about)
{
    struct dg_keyring *keyring = NULL;
    struct dg_fault fault;
    assert_int_equal(dg_keyring_open(here.dir, &keyring, &fault), DG_ERR_BAD_KEY_FILE);
    assert_null(keyring);
    assert_non_null(strstr(fault.what, about));
}

static bool signs(const struct dg_keyring *keyring, const struct dg_key *key)
{
    const struct dg_signer *signer = dg_keyring_signer(keyring);
    struct dg_sig sig;
    return signer->sign(signer->ctx, key, DG_CONTEXT_REPORT, dg_bytes_of("text"), &sig) == DG_OK &&
           dg_verify(key, DG_CONTEXT_REPORT, dg_bytes_of("text"), &sig);
}

/* ---- tests --------------------------------------------------------------------------------------- */

static void a_made_key_signs_and_is_found_again(void **state)
{
    (void)state;
    struct dg_key unit, organ;
    struct dg_keyring *keyring = open_keyring();
    assert_int_equal(dg_keyring_make(keyring, "unit", &unit, NULL), DG_OK);
    assert_int_equal(dg_keyring_make(keyring, "organ-cap-uy", &organ, NULL), DG_OK);
    assert_true(signs(keyring, &unit));
    dg_keyring_close(keyring);

    keyring = open_keyring();
    assert_true(dg_keyring_has(keyring, "unit"));
    assert_true(signs(keyring, &unit));
    assert_true(signs(keyring, &organ));
    dg_keyring_close(keyring);
}

static void a_curve_key_gives_its_seed_and_never_signs(void **state)
{
    (void)state;
    struct dg_curve_key transport;
    struct dg_key as_signing;
    struct dg_seed seed;
    struct dg_keyring *keyring = open_keyring();
    assert_int_equal(dg_keyring_make_curve(keyring, "transport", &transport, NULL), DG_OK);
    assert_int_equal(dg_keyring_seed(keyring, "transport", &seed, NULL), DG_OK);
    struct dg_curve_key again = dg_curve_key_of(&seed);
    assert_true(dg_curve_key_equal(&transport, &again));
    as_signing = dg_key_of(&seed);
    assert_false(signs(keyring, &as_signing));
    dg_keyring_close(keyring);
}

static void the_federation_key_is_not_opened_again(void **state)
{
    (void)state;
    struct dg_key federation;
    struct dg_keyring *keyring = open_keyring();
    assert_int_equal(dg_keyring_make(keyring, "federation", &federation, NULL), DG_OK);
    assert_true(signs(keyring, &federation));
    dg_keyring_close(keyring);

    keyring = open_keyring();
    assert_false(dg_keyring_has(keyring, "federation"));
    assert_false(signs(keyring, &federation));
    dg_keyring_close(keyring);
}

static void an_existing_key_is_never_overwritten(void **state)
{
    (void)state;
    struct dg_key unit, other;
    struct dg_keyring *first = open_keyring(), *second = open_keyring();
    assert_int_equal(dg_keyring_make(first, "unit", &unit, NULL), DG_OK);
    assert_int_equal(dg_keyring_make(second, "unit", &other, NULL), DG_ERR_BAD_KEY_FILE);
    assert_false(dg_keyring_has(second, "unit"));
    dg_keyring_close(second);
    dg_keyring_close(first);

    first = open_keyring();
    assert_true(signs(first, &unit));
    dg_keyring_close(first);
}

static void key_files_are_for_their_owner_alone(void **state)
{
    (void)state;
    struct dg_key unit;
    struct stat st;
    struct dg_keyring *keyring = open_keyring();
    assert_int_equal(dg_keyring_make(keyring, "unit", &unit, NULL), DG_OK);
    dg_keyring_close(keyring);
    assert_int_equal(stat(path_of("unit.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_not_equal(access(path_of("unit.key.tmp"), F_OK), 0);
}

static void a_readable_key_file_is_refused(void **state)
{
    (void)state;
    struct dg_key unit;
    struct dg_keyring *keyring = open_keyring();
    assert_int_equal(dg_keyring_make(keyring, "unit", &unit, NULL), DG_OK);
    dg_keyring_close(keyring);
    assert_int_equal(chmod(path_of("unit.key"), 0640), 0);
    assert_refused("unit.key: wrong mode");
}

static void a_readable_directory_is_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(here.keys, 0755), 0);
    assert_refused("wrong mode");
}

static void a_truncated_key_file_is_refused(void **state)
{
    (void)state;
    write_file("cosigner.key", "donggui key v1 cosigner\n0123", 0600);
    assert_refused("cosigner.key: truncated");
    write_file("cosigner.key", "", 0600);
    assert_refused("cosigner.key: truncated");
}

static void a_key_under_another_name_is_refused(void **state)
{
    (void)state;
    struct dg_key unit;
    struct dg_keyring *keyring = open_keyring();
    assert_int_equal(dg_keyring_make(keyring, "unit", &unit, NULL), DG_OK);
    dg_keyring_close(keyring);
    char from[256];
    snprintf(from, sizeof from, "%s", path_of("unit.key"));
    assert_int_equal(rename(from, path_of("log-e1.key")), 0);
    assert_refused("log-e1.key");
}

static void malformed_hex_and_trailing_bytes_are_refused(void **state)
{
    (void)state;
    char text[256];
    snprintf(text, sizeof text, "donggui key v1 unit\n%064d\nmore", 0);
    write_file("unit.key", text, 0600);
    assert_refused("malformed");
    snprintf(text, sizeof text, "donggui key v1 unit\n%063dX\n", 0);
    write_file("unit.key", text, 0600);
    assert_refused("malformed");
}

static void a_missing_key_is_named(void **state)
{
    (void)state;
    struct dg_seed seed;
    struct dg_fault fault;
    struct dg_keyring *keyring = open_keyring();
    assert_int_equal(dg_keyring_seed(keyring, "transport", &seed, &fault), DG_ERR_BAD_KEY_FILE);
    assert_non_null(strstr(fault.what, "transport.key: missing"));
    dg_keyring_close(keyring);
}

static void files_that_are_no_keys_are_left_alone(void **state)
{
    (void)state;
    write_file("unit.key.tmp", "half", 0644);
    write_file("README", "read me", 0644);
    write_file(".key", "", 0644);
    write_file("something.key", "", 0644);
    dg_keyring_close(open_keyring());
}

static void a_missing_directory_is_refused(void **state)
{
    (void)state;
    assert_int_equal(rmdir(here.keys), 0);
    assert_refused(here.keys);
    assert_int_equal(mkdir(here.keys, 0700), 0);
}

int main(void)
{
    struct dg_fault fault;
    if (dg_crypto_start(&fault) != DG_OK)
        return 1;
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_made_key_signs_and_is_found_again),
        TEST(a_curve_key_gives_its_seed_and_never_signs),
        TEST(the_federation_key_is_not_opened_again),
        TEST(an_existing_key_is_never_overwritten),
        TEST(key_files_are_for_their_owner_alone),
        TEST(a_readable_key_file_is_refused),
        TEST(a_readable_directory_is_refused),
        TEST(a_truncated_key_file_is_refused),
        TEST(a_key_under_another_name_is_refused),
        TEST(malformed_hex_and_trailing_bytes_are_refused),
        TEST(a_missing_key_is_named),
        TEST(files_that_are_no_keys_are_left_alone),
        TEST(a_missing_directory_is_refused),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
