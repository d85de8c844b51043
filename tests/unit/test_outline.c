/* test_outline.c - a report's headings against those that its rules ask for. */
#include "tests/unit/mandate_world.h"

#include "node/core/outline.h"

#define RULES                                                                                                          \
    "name: thu\ntitle: Quy chế thử\nrules:\n"                                                                      \
    "- {id: A, cites: Điều 1, kind: thematic, to: cap-uy@same, outline: [Tình hình Nhân dân, Kiến nghị]}\n" \
    "- {id: B, cites: Điều 2, kind: thematic, to: mttq@same, outline: [Kiến nghị, Số liệu]}\n"

/* The missing headings with their rules, as text. */
static const char *missing(struct world *w, const char *body)
{
    struct dg_header header = header_of("ubnd@bu-dang", "thematic", "");
    struct dg_mandate mandate;
    struct dg_missing_heading *list;

    only_regime(w, regime_text(w, RULES));
    assert_int_equal(dg_mandate_of(&w->directory, &header, &w->arena, &mandate, NULL), DG_OK);
    w->text[0] = '\0';
    size_t count = dg_outline_missing(&mandate, word_of(body), &w->arena, &list);
    for (size_t i = 0; i < count; i++)
        show(w, "%.*s %.*s\n", SHOWN(list[i].rule->id), SHOWN(list[i].heading));
    return w->text;
}

static void a_heading_counts_in_any_case_and_numbering(void **state)
{
    assert_string_equal(
        missing(*state, "# I. TÌNH HÌNH NHÂN DÂN\nỔn định.\n## II.1 Kiến nghị, đề xuất\n\n# số liệu"), "");
}

static void what_stands_in_the_text_alone_is_no_heading(void **state)
{
    assert_string_equal(missing(*state, "Tình hình Nhân dân ổn định.\n# Số liệu\n"),
                        "A Tình hình Nhân dân\nA Kiến nghị\n");
}

static void a_heading_that_two_rules_ask_for_is_told_once(void **state)
{
    assert_string_equal(missing(*state, ""), "A Tình hình Nhân dân\nA Kiến nghị\nB Số liệu\n");
}

static void it_is_told_with_rule_and_article(void **state)
{
    struct world *w = *state;
    struct dg_rule rule = {.id = word_of("A"), .cites = word_of("Điều 1")};
    struct dg_missing_heading item = {.rule = &rule, .heading = word_of("Kiến nghị")};
    struct dg_fault fault;
    char text[512];

    dg_outline_fault(&item, &w->arena, &fault);
    dg_fault_text(&fault, "vi", text, sizeof text);
    assert_string_equal(text, "A (Điều 1) yêu cầu đề mục mà báo cáo chưa có: Kiến nghị");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
        TEST(a_heading_counts_in_any_case_and_numbering),
        TEST(what_stands_in_the_text_alone_is_no_heading),
        TEST(a_heading_that_two_rules_ask_for_is_told_once),
        TEST(it_is_told_with_rule_and_article),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
