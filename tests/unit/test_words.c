/* test_words.c - no word of the data is left in English for a reader of Vietnamese. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/cli/words.h"
#include "proto/regime.h"
#include "proto/report.h"

static int open_call(void **state)
{
    static struct dg_cli cli;
    dg_cli_init(&cli, "vi", stdout, stderr);
    *state = &cli;
    return 0;
}

static int close_call(void **state)
{
    dg_cli_done(*state);
    return 0;
}

static void assert_said(struct dg_cli *cli, const char *word)
{
    if (strcmp(dg_word_shown(cli, &cli->arena, word), word) == 0)
        fail_msg("%s has no Vietnamese word", word);
}

static void every_kind_level_and_urgency_has_its_word(void **state)
{
    static const char *const words[] = {"periodic",    "directed",   "urgent",     "flash", "consolidation",
                                        "review",      "evaluation", "notice",     "draft", "appraisal",
                                        "information", "exchange",   "reflection", "joint", "thematic"};
    static const char *const levels[] = {"central", "province", "district", "commune", "bloc", "cell"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_true(dg_kind_known(dg_bytes_of(words[i])));
        assert_said(*state, words[i]);
    }
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        assert_true(dg_level_known(dg_bytes_of(levels[i])));
        assert_said(*state, levels[i]);
    }
    for (unsigned i = DG_URGENCY_NORMAL; i <= DG_URGENCY_HOA_TOC; i++)
        assert_said(*state, dg_urgency_name((enum dg_urgency)i));
}

static void every_code_is_told_with_its_name(void **state)
{
    struct dg_cli *cli = *state;
    for (int i = DG_OK + 1; i < DG_ERR_COUNT; i++) {
        const char *name = dg_err_name((enum dg_err)i);
        const char *shown = dg_code_shown(cli, &cli->arena, dg_bytes_of(name));
        if (i != DG_ERR_UNKNOWN && (strlen(shown) <= strlen(name) + 3 || strstr(shown, name) == NULL))
            fail_msg("%s is shown as %s", name, shown);
    }
    assert_string_equal(dg_code_shown(cli, &cli->arena, dg_bytes_of("FROM_THE_FUTURE")), "FROM_THE_FUTURE");
    assert_string_equal(dg_code_shown(cli, &cli->arena, dg_bytes_of("COPY_LOST")),
                        "bản gửi bị mất (COPY_LOST)");
}

static void english_is_shown_as_it_stands_in_the_data(void **state)
{
    struct dg_cli *cli = *state;
    cli->language = "en";
    assert_string_equal(dg_word_shown(cli, &cli->arena, "joint"), "joint");
    assert_string_equal(dg_code_shown(cli, &cli->arena, dg_bytes_of("RETRY_LATER")), "RETRY_LATER");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_call, close_call)
        TEST(every_kind_level_and_urgency_has_its_word),
        TEST(every_code_is_told_with_its_name),
        TEST(english_is_shown_as_it_stands_in_the_data),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
