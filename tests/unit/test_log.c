/* The operator's log: its language, its levels, and that nobody can flood it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/shell/log.h"

static void clear_language(void)
{
    unsetenv("LANGUAGE");
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    unsetenv("LANG");
}

/* What write does to stderr, as text. */
static const char *said(void (*write_lines)(void))
{
    static char text[65536];
    char path[] = "/tmp/dg-test-log-XXXXXX";
    int file = mkstemp(path), before = dup(2);
    assert_true(file >= 0 && before >= 0);
    fflush(stderr);
    dup2(file, 2);
    write_lines();
    fflush(stderr);
    dup2(before, 2);
    close(before);
    ssize_t size = pread(file, text, sizeof text - 1, 0);
    assert_true(size >= 0);
    text[size] = '\0';
    close(file);
    unlink(path);
    return text;
}

static void the_language_is_the_first_that_is_named(void **state)
{
    (void)state;
    clear_language();
    assert_string_equal(dg_language(), "en");
    setenv("LANG", "vi_VN.UTF-8", 1);
    assert_string_equal(dg_language(), "vi");
    setenv("LC_ALL", "C.UTF-8", 1);
    assert_string_equal(dg_language(), "en");
    setenv("LANGUAGE", "vi:en", 1);
    assert_string_equal(dg_language(), "vi");
    clear_language();
}

static void write_one_of_each(void)
{
    struct dg_log log;
    struct dg_fault fault;
    dg_log_init(&log);
    (void)dg_faultf(&fault, DG_ERR_MALFORMED, "a\nb");
    dg_log_fault(&log, "hello", &fault);
    dg_log_debug(&log, "turn", "%d", 1);
    dg_log_set_level(&log, "error");
    dg_log_fault(&log, "quiet", &fault);
    (void)dg_faultf(&fault, DG_ERR_STORE_IO, "disk");
    dg_log_fault(&log, "store", &fault);
    dg_log_note(&log, "quiet", "vi", "en");
    dg_log_set_level(&log, "debug");
    dg_log_debug(&log, "turn", "%d", 2);
}

static void a_level_leaves_out_what_is_below_it(void **state)
{
    (void)state;
    assert_string_equal(said(write_one_of_each), "donggui: hello: malformed: a?b (MALFORMED)\n"
                                                 "donggui: store: the disk failed: disk (STORE_IO)\n"
                                                 "donggui: turn: 2\n");
}

static void write_many(void)
{
    struct dg_log log;
    dg_log_init(&log);
    for (int i = 0; i < 100 * DG_LOG_LINES_PER_SECOND; i++)
        dg_log_note(&log, "peer", "rác", "rubbish");
}

static void a_flood_is_counted_and_not_written(void **state)
{
    (void)state;
    size_t lines = 0;
    for (const char *at = said(write_many); *at != '\0'; at++)
        lines += *at == '\n';
    /* The clock may turn over to the next second once on the way. */
    assert_in_range(lines, DG_LOG_LINES_PER_SECOND, 2 * DG_LOG_LINES_PER_SECOND + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_language_is_the_first_that_is_named),
        cmocka_unit_test(a_level_leaves_out_what_is_below_it),
        cmocka_unit_test(a_flood_is_counted_and_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
