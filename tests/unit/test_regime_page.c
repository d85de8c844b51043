/* test_regime_page.c - every example of deploy/regimes/README.md is a regime that compiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/line.h"
#include "common/text.h"
#include "node/conf/regime_file.h"
#include "node/conf/report_file.h"

struct page {
    struct dg_arena arena;
    struct dg_bytes rest;
    struct dg_fault_list faults;
    size_t examples;
};

static int open_page(void **state)
{
    struct page *page = calloc(1, sizeof *page);

    assert_non_null(page);
    dg_arena_init(&page->arena, 0);
    assert_int_equal(
        dg_file_read(&page->arena, DG_SOURCE_DIR "/deploy/regimes/README.md", 1 << 20, &page->rest, NULL),
        DG_OK);
    *state = page;
    return 0;
}

static int close_page(void **state)
{
    struct page *page = *state;

    dg_arena_done(&page->arena);
    free(page);
    return 0;
}

/* Skips to the next example and takes its text. False when there is none left. */
static bool next_example(struct page *page, struct dg_bytes *ret)
{
    struct dg_bytes line;

    do {
        if (!dg_line_next(&page->rest, &line))
            return false;
    } while (!dg_bytes_is(line, "```yaml"));
    const uint8_t *start = page->rest.data;
    do {
        assert_true(dg_line_next(&page->rest, &line));
    } while (!dg_bytes_is(line, "```"));
    *ret = dg_bytes_at(start, (size_t)(line.data - start));
    return true;
}

static bool has_key(struct dg_bytes text, const char *key)
{
    struct dg_bytes line;

    while (dg_line_next(&text, &line)) {
        if (dg_line_skip(&line, key))
            return true;
    }
    return false;
}

/* The example with the parts of a regime that it leaves out. */
static struct dg_bytes completed(struct page *page, struct dg_bytes example)
{
    const char *head = has_key(example, "name:") ? "" : "name: vi-du\ntitle: Ví dụ\n";
    const char *rules =
        has_key(example, "rules:") ? "" : "rules: [{id: X, cites: Điều 1, kind: flash, to: mttq@same}]\n";

    return dg_bytes_of(dg_arena_printf(&page->arena, "%s%.*s%s", head, (int)example.size,
                                       (const char *)example.data, rules));
}

static void every_example_compiles(void **state)
{
    struct page *page = *state;
    struct dg_regime regime, again;
    struct dg_bytes example;

    while (next_example(page, &example)) {
        struct dg_buf bytes;
        page->examples++;
        if (dg_regime_read(&page->arena, completed(page, example), &regime, &page->faults) != DG_OK)
            fail_msg("%u:%u %s in\n%.*s", page->faults.item[0].line, page->faults.item[0].column,
                     page->faults.item[0].what, (int)example.size, (const char *)example.data);
        dg_buf_init(&bytes, DG_REGIME_MAX);
        assert_int_equal(dg_regime_encode(&regime, &bytes), DG_OK);
        assert_int_equal(dg_regime_decode(&page->arena, dg_buf_bytes(&bytes), &again, NULL), DG_OK);
        assert_int_equal(again.rule_count, regime.rule_count);
        dg_buf_done(&bytes);
    }
    assert_true(page->examples >= 14);
}

/* A construct that the page does not show might as well not exist. */
static void every_key_of_the_format_is_shown(void **state)
{
    struct page *page = *state;
    const char *keys[] = {
        "name:",    "title:",     "valid-from:", "valid-until:", "organs:", "stand-ins:", "rules:",
        "id:",      "cites:",     "scope:",      "level:",       "from:",   "except:",    "with:",
        "kind:",    "periods:",   "matter:",     "to:",          "copy:",   "observe:",   "via:",
        "outline:", "aggregate:", "role:",       "by:"};
    const char *text = dg_arena_string(&page->arena, page->rest);

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strstr(text, keys[i]) == NULL)
            fail_msg("%s is not shown", keys[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_example_compiles, open_page, close_page),
        cmocka_unit_test_setup_teardown(every_key_of_the_format_is_shown, open_page, close_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
