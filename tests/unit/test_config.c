/* The configuration: one table of keys, read strictly, written so that it can be read again. */
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

#include "node/conf/config.h"

static struct dg_config parsed(const char *text)
{
    struct dg_config config;
    dg_config_init(&config);
    assert_int_equal(dg_config_parse(&config, text, NULL), DG_OK);
    return config;
}

static void assert_refused(const char *text, unsigned line, const char *about)
{
    struct dg_config config;
    struct dg_fault fault;
    dg_config_init(&config);
    assert_int_equal(dg_config_parse(&config, text, &fault), DG_ERR_BAD_CONFIG);
    assert_int_equal(fault.line, line);
    assert_non_null(strstr(fault.what, about));
    assert_string_equal(config.listen, "");
    assert_int_equal(config.workers, 2);
}

static void an_empty_file_means_the_defaults(void **state)
{
    (void)state;
    struct dg_config config = parsed("");
    assert_string_equal(config.listen, "");
    assert_string_equal(config.log_level, "notice");
    assert_int_equal(config.workers, 2);
}

static void values_comments_and_white_space_are_read(void **state)
{
    (void)state;
    struct dg_config config = parsed("# chú thích\n\n\tlisten =  tcp://127.0.0.1:7701 \r\nlog_level=debug\n"
                                     "workers = 16");
    assert_string_equal(config.listen, "tcp://127.0.0.1:7701");
    assert_string_equal(config.log_level, "debug");
    assert_int_equal(config.workers, 16);
}

static void the_disks_limits_may_be_zero(void **state)
{
    (void)state;
    struct dg_config config = parsed("");
    assert_int_equal(config.disk_percent, 5);
    assert_int_equal(config.disk_floor, 64);
    assert_int_equal(config.ballast, 16);
    config = parsed("disk_percent = 0\ndisk_floor = 0\nballast = 0\n");
    assert_int_equal(config.disk_percent + config.disk_floor + config.ballast, 0);
}

static void an_unknown_key_is_refused_with_the_nearest(void **state)
{
    (void)state;
    assert_refused("\nlisten = tcp://a:1\nworker = 3\n", 3, "workers");
}

static void a_key_given_twice_is_refused(void **state)
{
    (void)state;
    assert_refused("workers = 1\nworkers = 1\n", 2, "workers");
}

static void impossible_values_are_refused(void **state)
{
    (void)state;
    assert_refused("workers = 0", 1, "workers = 0");
    assert_refused("workers = 17", 1, "17");
    assert_refused("workers = 2s", 1, "2s");
    assert_refused("workers = -1", 1, "-1");
    assert_refused("workers =", 1, "workers");
    assert_refused("disk_percent = 51", 1, "51");
    assert_refused("disk_floor = 100000", 1, "100000");
    assert_refused("ballast = 16M", 1, "16M");
    assert_refused("log_level = loud", 1, "loud");
    assert_refused("listen = 127.0.0.1:7701", 1, "127.0.0.1:7701");
    assert_refused("listen = tcp://127.0.0.1", 1, "listen");
    assert_refused("listen = tcp://:1", 1, "listen");
    assert_refused("listen = tcp://a:65536", 1, "listen");
    assert_refused("listen = udp://a:1", 1, "listen");
    assert_refused("workers 3", 1, "workers 3");
}

static void a_line_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char text[1024];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text, "listen = ", 9);
    assert_refused(text, 1, "listen = xxx");
}

static void a_free_port_may_be_asked_for(void **state)
{
    (void)state;
    assert_string_equal(parsed("listen = tcp://127.0.0.1:0").listen, "tcp://127.0.0.1:0");
    assert_string_equal(parsed("listen = tcp://*:*").listen, "tcp://*:*");
    assert_string_equal(parsed("listen = tcp://[::1]:7701").listen, "tcp://[::1]:7701");
}

static void what_is_saved_is_loaded_again(void **state)
{
    (void)state;
    char dir[] = "/tmp/dg-test-config-XXXXXX", path[64];
    struct dg_config saved, loaded;
    struct stat st;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/config", dir);
    dg_config_init(&saved);
    assert_int_equal(dg_config_set(&saved, "listen", "tcp://127.0.0.1:7701", NULL), DG_OK);
    assert_int_equal(dg_config_save(dir, &saved, NULL), DG_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(dg_config_load(dir, &loaded, NULL), DG_OK);
    assert_string_equal(loaded.listen, "tcp://127.0.0.1:7701");
    assert_int_equal(loaded.workers, 2);

    unlink(path);
    assert_int_equal(dg_config_load(dir, &loaded, NULL), DG_OK);
    assert_string_equal(loaded.listen, "");
    rmdir(dir);
}

static void a_file_with_a_nul_is_refused(void **state)
{
    (void)state;
    char dir[] = "/tmp/dg-test-config-XXXXXX", path[64];
    struct dg_config config;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/config", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite("workers = 1\0x", 1, 13, file), 13);
    fclose(file);
    assert_int_equal(dg_config_load(dir, &config, NULL), DG_ERR_BAD_FILE);
    unlink(path);
    rmdir(dir);
}

static void set_refuses_unknown_keys_and_bad_values(void **state)
{
    (void)state;
    struct dg_config config;
    dg_config_init(&config);
    assert_int_equal(dg_config_set(&config, "lisen", "tcp://a:1", NULL), DG_ERR_BAD_VALUE);
    assert_int_equal(dg_config_set(&config, "listen", "tcp://a", NULL), DG_ERR_BAD_VALUE);
    assert_int_equal(dg_config_set(&config, "workers", "4", NULL), DG_OK);
    assert_int_equal(config.workers, 4);
}

static void note_changed(void *ctx, const char *key, const char *value, bool changed)
{
    char *text = ctx;
    assert_non_null(value);
    if (changed)
        strcat(strcat(text, key), " ");
}

static void each_key_tells_whether_it_differs(void **state)
{
    (void)state;
    char text[64] = "";
    struct dg_config config = parsed("workers = 4\nlog_level = notice\n");
    dg_config_each(&config, note_changed, text);
    assert_string_equal(text, "workers ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_means_the_defaults),
        cmocka_unit_test(values_comments_and_white_space_are_read),
        cmocka_unit_test(the_disks_limits_may_be_zero),
        cmocka_unit_test(an_unknown_key_is_refused_with_the_nearest),
        cmocka_unit_test(a_key_given_twice_is_refused),
        cmocka_unit_test(impossible_values_are_refused),
        cmocka_unit_test(a_line_that_is_too_long_is_refused),
        cmocka_unit_test(a_free_port_may_be_asked_for),
        cmocka_unit_test(what_is_saved_is_loaded_again),
        cmocka_unit_test(a_file_with_a_nul_is_refused),
        cmocka_unit_test(set_refuses_unknown_keys_and_bad_values),
        cmocka_unit_test(each_key_tells_whether_it_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
