/* test_text.c - what is clean text, what becomes of input, and which names are names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/text.h"

static struct dg_arena arena;

static int open_arena(void **state)
{
    (void)state;
    dg_arena_init(&arena, 0);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    dg_arena_done(&arena);
    return 0;
}

/* Encodes c as UTF-8, even where that is not allowed. */
static struct dg_bytes utf8_of(uint32_t c, uint8_t bytes[static 4])
{
    if (c < 0x80) {
        bytes[0] = (uint8_t)c;
        return dg_bytes_at(bytes, 1);
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = size - 1; i > 0; i--) {
        bytes[i] = (uint8_t)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    bytes[0] = (uint8_t)(lead[size] | c);
    return dg_bytes_at(bytes, size);
}

static bool is_refused(uint32_t c, enum dg_text_kind kind)
{
    uint8_t bytes[4];
    return dg_text_check(utf8_of(c, bytes), kind, NULL) == DG_ERR_BAD_TEXT;
}

static bool range_is_refused(uint32_t first, uint32_t last)
{
    for (uint32_t c = first; c <= last; c++) {
        if (!is_refused(c, DG_TEXT_LINE) || !is_refused(c, DG_TEXT_LINES))
            return false;
    }
    return true;
}

static enum dg_err check_lines(const char *text, struct dg_fault *fault)
{
    return dg_text_check(dg_bytes_of(text), DG_TEXT_LINES, fault);
}

/* What input becomes at the point of entry, NULL when it is refused. */
static const char *entered(const char *input, enum dg_text_kind kind)
{
    struct dg_bytes text;

    if (dg_text_enter(&arena, dg_bytes_of(input), kind, &text, NULL) != DG_OK)
        return NULL;
    assert_int_equal(dg_text_check(text, kind, NULL), DG_OK);
    return dg_arena_string(&arena, text);
}

/* --- clean ---------------------------------------------------------------------------------- */

static void vietnamese_text_is_clean(void **state)
{
    (void)state;
    assert_int_equal(
        dg_text_check(dg_bytes_of("Ủy ban nhân dân xã Đường Thượng – “báo cáo”"), DG_TEXT_LINE, NULL), DG_OK);
    assert_int_equal(check_lines("# Kết quả\n\n- một\t1\n", NULL), DG_OK);
    assert_int_equal(check_lines("😀 漢字 ไทย", NULL), DG_OK);
    assert_int_equal(dg_text_check((struct dg_bytes){0}, DG_TEXT_LINE, NULL), DG_OK);
}

static void controls_are_refused_but_line_feed_and_tab_in_lines(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0xa0; c++) {
        bool control = c < 0x20 || c >= 0x7f;
        assert_int_equal(is_refused(c, DG_TEXT_LINE), control);
        assert_int_equal(is_refused(c, DG_TEXT_LINES), control && c != '\n' && c != '\t');
    }
}

static void invisible_and_bidirectional_characters_are_refused(void **state)
{
    (void)state;
    assert_true(range_is_refused(0x00ad, 0x00ad));
    assert_true(range_is_refused(0x061c, 0x061c));
    assert_true(range_is_refused(0x180e, 0x180e));
    assert_true(range_is_refused(0x200b, 0x200f));
    assert_true(range_is_refused(0x2028, 0x202e));
    assert_true(range_is_refused(0x2060, 0x2064));
    assert_true(range_is_refused(0x2066, 0x206f));
    assert_true(range_is_refused(0xfeff, 0xfeff));
    assert_true(range_is_refused(0xe0020, 0xe007f));
}

static void noncharacters_are_refused_and_unassigned_ones_are_not(void **state)
{
    (void)state;
    assert_true(range_is_refused(0xfdd0, 0xfdef));
    for (uint32_t plane = 0; plane <= 0x10; plane++)
        assert_true(range_is_refused(plane << 16 | 0xfffe, plane << 16 | 0xffff));
    assert_false(is_refused(0x0378, DG_TEXT_LINE));
    assert_false(is_refused(0xfdcf, DG_TEXT_LINE));
    assert_false(is_refused(0xfdf0, DG_TEXT_LINE));
    assert_false(is_refused(0x3fffd, DG_TEXT_LINE));
}

static void malformed_utf8_is_refused(void **state)
{
    static const char *const wrong[] = {
        "\x80",         "\xc3",         "\xc0\xaf",         "\xe1\xba",     "\xe0\x80\xaf",
        "\xed\xa0\x80", "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf8\x88\x80", "\xff",
        "a\xe1\xba z",  "\xc3(",        "\xf0\x80\x80\xaf",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(check_lines(wrong[i], NULL), DG_ERR_BAD_TEXT);
    assert_true(range_is_refused(0xd800, 0xdfff));
    assert_int_equal(dg_text_check(dg_bytes_at("a\0b", 3), DG_TEXT_LINES, NULL), DG_ERR_BAD_TEXT);
}

static void text_that_is_not_nfc_is_refused_on_every_hop(void **state)
{
    (void)state;
    assert_int_equal(check_lines("xã", NULL), DG_OK);
    assert_int_equal(check_lines("xa\u0303", NULL), DG_ERR_BAD_TEXT);
    assert_int_equal(check_lines("e\u0302\u0323", NULL), DG_ERR_BAD_TEXT);
    assert_int_equal(check_lines("\u212b", NULL), DG_ERR_BAD_TEXT);
    assert_int_equal(check_lines("q\u0323\u0303", NULL), DG_OK);
    assert_int_equal(check_lines("q\u0303\u0323", NULL), DG_ERR_BAD_TEXT);
}

static void fault_tells_line_column_and_character(void **state)
{
    struct dg_fault fault;

    (void)state;
    assert_int_equal(check_lines("một\nhai \u202etxt", &fault), DG_ERR_BAD_TEXT);
    assert_string_equal(fault.what, "U+202E (2:5)");
    assert_int_equal(fault.line, 2);
    assert_int_equal(fault.column, 5);
    assert_int_equal(check_lines("đ\xff", &fault), DG_ERR_BAD_TEXT);
    assert_string_equal(fault.what, "0xFF (1:2)");
    assert_int_equal(check_lines("\n\nxã xa\u0303", &fault), DG_ERR_BAD_TEXT);
    assert_string_equal(fault.what, "not NFC (3:5)");
    assert_int_equal(dg_text_check(dg_bytes_of("a\tb"), DG_TEXT_LINE, &fault), DG_ERR_BAD_TEXT);
    assert_string_equal(fault.what, "U+0009");
    assert_int_equal(fault.line, 0);
}

static void run_of_marks_is_bounded(void **state)
{
    char text[200] = "a";
    struct dg_fault fault;

    (void)state;
    for (size_t i = 0; i < 30; i++)
        strcat(text, "\u0316");
    assert_int_equal(check_lines(text, NULL), DG_OK);
    strcat(text, "\u0316");
    assert_int_equal(check_lines(text, &fault), DG_ERR_BAD_TEXT);
    assert_string_equal(fault.what, "U+0316 > 30 (1:32)");
    assert_null(entered(text, DG_TEXT_LINES));
}

/* --- the point of entry --------------------------------------------------------------------- */

static void entry_composes_and_unifies_line_ends(void **state)
{
    (void)state;
    assert_string_equal(entered("xa\u0303\r\nĐu\u031bo\u031b\u0300ng\r\n\ta \n", DG_TEXT_LINES),
                        "xã\nĐường\n\ta \n");
    assert_string_equal(entered("  two  spaces ", DG_TEXT_LINE), "  two  spaces ");
    assert_string_equal(entered("", DG_TEXT_LINES), "");
    assert_string_equal(entered("", DG_TEXT_LINE), "");
    assert_string_equal(entered("\r\n\r\n", DG_TEXT_LINES), "\n\n");
}

static void entry_refuses_a_lone_carriage_return_and_any_line_end_in_a_line(void **state)
{
    (void)state;
    assert_null(entered("a\rb", DG_TEXT_LINES));
    assert_null(entered("a\r", DG_TEXT_LINES));
    assert_null(entered("a\r\r\n", DG_TEXT_LINES));
    assert_null(entered("a\r\n", DG_TEXT_LINE));
    assert_null(entered("a\n", DG_TEXT_LINE));
}

static void entry_drops_one_byte_order_mark_before_lines(void **state)
{
    (void)state;
    assert_string_equal(entered("\uFEFF---\r\n", DG_TEXT_LINES), "---\n");
    assert_string_equal(entered("\uFEFF", DG_TEXT_LINES), "");
    assert_null(entered("\uFEFF\uFEFFa", DG_TEXT_LINES));
    assert_null(entered("a\uFEFF", DG_TEXT_LINES));
    assert_null(entered("\uFEFFa", DG_TEXT_LINE));
}

static void entry_refuses_marks_that_normalise_to_too_many(void **state)
{
    char text[200] = "a";

    (void)state;
    for (size_t i = 0; i < 20; i++)
        strcat(text, "\u0344");
    assert_null(entered(text, DG_TEXT_LINE));
}

static void entry_reports_a_spent_arena(void **state)
{
    struct dg_arena small;
    struct dg_bytes text = dg_bytes_of("untouched");

    (void)state;
    dg_arena_init(&small, 16);
    assert_int_equal(dg_text_enter(&small, dg_bytes_of("a text of 20 bytes.."), DG_TEXT_LINES, &text, NULL),
                     DG_ERR_NO_MEMORY);
    assert_int_equal(dg_text_enter(&small, dg_bytes_of("xã"), DG_TEXT_LINES, &text, NULL), DG_ERR_NO_MEMORY);
    assert_true(dg_bytes_is(text, "untouched"));
    dg_arena_done(&small);
}

static void whatever_entry_accepts_every_hop_accepts(void **state)
{
    uint32_t seed = 2026;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        /* Drawn from where composition is busy: letters, marks, Vietnamese, Hangul, singletons. */
        static const uint32_t base[] = {'a', 0x300, 0x1ea0, 0x1100, 0x1160, 0xac00, 0x212a, 0x0340, 0xfb20};
        uint8_t bytes[8 * 4];
        size_t size = 0;
        for (int i = 0; i < 8; i++) {
            uint8_t one[4];
            seed = seed * 1664525 + 1013904223;
            struct dg_bytes c = utf8_of(base[(seed >> 24) % 9] + ((seed >> 16) & 0x1f), one);
            memcpy(bytes + size, c.data, c.size);
            size += c.size;
        }
        struct dg_bytes text, again;
        if (dg_text_enter(&arena, dg_bytes_at(bytes, size), DG_TEXT_LINE, &text, NULL) != DG_OK)
            continue;
        assert_int_equal(dg_text_check(text, DG_TEXT_LINE, NULL), DG_OK);
        assert_int_equal(dg_text_enter(&arena, text, DG_TEXT_LINE, &again, NULL), DG_OK);
        assert_true(dg_bytes_equal(text, again));
        dg_arena_reset(&arena);
    }
}

static bool entry_keeps(struct dg_bytes text, enum dg_text_kind kind)
{
    struct dg_bytes kept;

    dg_arena_reset(&arena);
    return dg_text_enter(&arena, text, kind, &kept, NULL) == DG_OK && dg_bytes_equal(text, kept);
}

/* A hop knows most characters without asking the tables; entry always asks. */
static void every_hop_accepts_just_what_entry_would_keep(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x3000; c++) {
        uint8_t one[4], bytes[16];
        struct dg_bytes character = utf8_of(c, one);
        memcpy(bytes, "ă", 2);
        memcpy(bytes + 2, character.data, character.size);
        memcpy(bytes + 2 + character.size, "ệ", strlen("ệ"));
        struct dg_bytes text = dg_bytes_at(bytes, 2 + character.size + strlen("ệ"));
        for (enum dg_text_kind kind = DG_TEXT_LINE; kind <= DG_TEXT_LINES; kind++)
            assert_int_equal(dg_text_check(text, kind, NULL) == DG_OK, entry_keeps(text, kind));
    }
}

/* --- showing and searching ------------------------------------------------------------------ */

static void tame_text_shows_what_it_cannot_say(void **state)
{
    char text[] = "xã\x1b[m\u202e\n\xe1\xba\xff.\xc3";

    (void)state;
    dg_text_tame(text);
    assert_string_equal(text, "xã?[m?????.?");
    dg_text_tame(text);
    assert_string_equal(text, "xã?[m?????.?");
}

static void width_counts_terminal_columns(void **state)
{
    (void)state;
    assert_int_equal(dg_text_width(dg_bytes_of("Đường")), 5);
    assert_int_equal(dg_text_width(dg_bytes_of("q\u0303")), 1);
    assert_int_equal(dg_text_width(dg_bytes_of("漢字")), 4);
    assert_int_equal(dg_text_width(dg_bytes_of("a\xff")), 0);
    assert_int_equal(dg_text_width((struct dg_bytes){0}), 0);
}

static void cut_keeps_characters_whole(void **state)
{
    static const size_t expected[] = {0, 1, 1, 1, 4, 5, 5, 5, 5, 9, 9};
    struct dg_bytes text = dg_bytes_of("aếb😀");

    (void)state;
    for (size_t max = 0; max < sizeof expected / sizeof expected[0]; max++)
        assert_int_equal(dg_text_cut(text, max), expected[max]);
    assert_int_equal(dg_text_cut(dg_bytes_of("\x80\x80\x80\x80\x80\x80"), 5), 5);
    assert_int_equal(dg_text_cut((struct dg_bytes){0}, 9), 0);
}

static void fold_forgets_case_marks_and_strokes(void **state)
{
    (void)state;
    assert_string_equal(dg_text_fold(&arena, dg_bytes_of("ỦY BAN Đường thượng")), "uy ban duong thuong");
    assert_string_equal(dg_text_fold(&arena, dg_bytes_of("Đđ đ e\u0302\u0323")), "dd d e");
    assert_string_equal(dg_text_fold(&arena, dg_bytes_of("a\xff")), "");
    assert_string_equal(dg_text_fold(&arena, (struct dg_bytes){0}), "");
}

static void distance_counts_edits(void **state)
{
    char longer[80];

    (void)state;
    assert_int_equal(dg_text_distance("push", "push"), 0);
    assert_int_equal(dg_text_distance("pusj", "push"), 1);
    assert_int_equal(dg_text_distance("", "push"), 4);
    assert_int_equal(dg_text_distance("push", ""), 4);
    assert_int_equal(dg_text_distance("kitten", "sitting"), 3);
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(dg_text_distance(longer, "a"), 255);
    assert_int_equal(dg_text_distance("a", longer), 255);
    assert_int_equal(dg_text_distance(longer + 16, ""), 63);
}

/* --- names ---------------------------------------------------------------------------------- */

static void slug_is_a_lower_case_dns_label(void **state)
{
    static const char *const right[] = {"a", "9", "a-b", "xa-tay-ho", "a--b"};
    static const char *const wrong[] = {"", "-", "-a", "a-", "A", "a_b", "a.b", "a b", "xã", "a\n"};
    char longest[] = "012345678901234567890123456789012345678901234567890123456789abcd";

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        assert_true(dg_slug_ok(dg_bytes_of(right[i])));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(dg_slug_ok(dg_bytes_of(wrong[i])));
    assert_true(dg_slug_ok(dg_bytes_at(longest, 63)));
    assert_false(dg_slug_ok(dg_bytes_at(longest, 64)));
}

static void federation_is_labels_joined_by_dots(void **state)
{
    static const char *const right[] = {"vn", "bao-cao.gov.vn", "a.b.c"};
    static const char *const wrong[] = {"", ".", ".vn", "vn.", "a..b", "a.-b", "Gov.vn", "a/b"};
    char longest[129];

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        assert_true(dg_federation_ok(dg_bytes_of(right[i])));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(dg_federation_ok(dg_bytes_of(wrong[i])));
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = i % 2 == 0 ? 'a' : '.';
    assert_true(dg_federation_ok(dg_bytes_at(longest, 127)));
    assert_false(dg_federation_ok(dg_bytes_at(longest, 129)));
}

static void address_splits_into_organ_and_unit(void **state)
{
    static const char *const wrong[] = {"", "@", "a@", "@b", "ab", "a@b@c", "A@b", "a@b ", "a.b@c"};
    struct dg_bytes organ = {0}, unit = {0};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(dg_address_split(dg_bytes_of(wrong[i]), &organ, &unit));
    assert_true(organ.data == NULL && unit.data == NULL);
    assert_true(dg_address_split(dg_bytes_of("ubnd@xa-tay-ho"), &organ, &unit));
    assert_true(dg_bytes_is(organ, "ubnd"));
    assert_true(dg_bytes_is(unit, "xa-tay-ho"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vietnamese_text_is_clean),
        cmocka_unit_test(controls_are_refused_but_line_feed_and_tab_in_lines),
        cmocka_unit_test(invisible_and_bidirectional_characters_are_refused),
        cmocka_unit_test(noncharacters_are_refused_and_unassigned_ones_are_not),
        cmocka_unit_test(malformed_utf8_is_refused),
        cmocka_unit_test(text_that_is_not_nfc_is_refused_on_every_hop),
        cmocka_unit_test(fault_tells_line_column_and_character),
        cmocka_unit_test(run_of_marks_is_bounded),
        cmocka_unit_test(entry_composes_and_unifies_line_ends),
        cmocka_unit_test(entry_refuses_a_lone_carriage_return_and_any_line_end_in_a_line),
        cmocka_unit_test(entry_drops_one_byte_order_mark_before_lines),
        cmocka_unit_test(entry_refuses_marks_that_normalise_to_too_many),
        cmocka_unit_test(entry_reports_a_spent_arena),
        cmocka_unit_test(whatever_entry_accepts_every_hop_accepts),
        cmocka_unit_test(every_hop_accepts_just_what_entry_would_keep),
        cmocka_unit_test(tame_text_shows_what_it_cannot_say),
        cmocka_unit_test(width_counts_terminal_columns),
        cmocka_unit_test(cut_keeps_characters_whole),
        cmocka_unit_test(fold_forgets_case_marks_and_strokes),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(slug_is_a_lower_case_dns_label),
        cmocka_unit_test(federation_is_labels_joined_by_dots),
        cmocka_unit_test(address_splits_into_organ_and_unit),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
