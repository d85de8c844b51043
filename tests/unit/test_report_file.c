/* test_report_file.c - a report as a clerk writes it becomes a draft, or the first mistake is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/conf/report_file.h"

#define ID_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ID_B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define NEED "kind: periodic\ndate: 2026-10-25\ntitle: Báo cáo\n"

struct fixture {
    struct dg_arena arena;
    struct dg_report report;
    struct dg_fault fault;
};

static int open_fixture(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    assert_non_null(*state);
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    dg_arena_done(&f->arena);
    free(f);
    return 0;
}

static enum dg_err read_text(struct fixture *f, const char *text)
{
    f->fault = (struct dg_fault){0};
    enum dg_err err = dg_report_read(&f->arena, dg_bytes_of(text), &f->report, &f->fault);
    assert_int_equal(f->fault.err, err);
    return err;
}

/* Expects a header to be refused; lines count from the opening ---. */
static void refused(struct fixture *f, const char *header, enum dg_err err, unsigned line, const char *what)
{
    char text[4096];

    snprintf(text, sizeof text, "---\n%s---\nThân bài\n", header);
    assert_int_equal(read_text(f, text), err);
    assert_int_equal(f->fault.line, line);
    assert_string_equal(f->fault.what, what);
}

static void a_whole_report_is_read(void **state)
{
    struct fixture *f = *state;
    const char *text = "---\n"
                       "kind: periodic            # the comment of a clerk\n"
                       "period: 2026-10\n"
                       "number: 15-BC/HU\n"
                       "date: 2026-10-25\n"
                       "title: Báo cáo tình hình Nhân dân\n"
                       "urgency: hoa-toc\n"
                       "matter: [ton-giao, dan-toc]\n"
                       "also-to: [van-phong@binh-phuoc]\n"
                       "sources: [" ID_A ", " ID_B "]\n"
                       "supersedes: " ID_B "\n"
                       "indicators: {buoi-tiep-cong-dan: 12, ty-le: -3.5}\n"
                       "x-so-trang: 4\n"
                       "---\n"
                       "# I. Tình hình Nhân dân\n\n---\nhết\n";

    assert_int_equal(read_text(f, text), DG_OK);
    const struct dg_report *r = &f->report;
    assert_true(dg_bytes_is(r->kind, "periodic") && dg_bytes_is(r->period, "2026-10"));
    assert_true(dg_bytes_is(r->number, "15-BC/HU") && dg_bytes_is(r->date, "2026-10-25"));
    assert_true(dg_bytes_is(r->title, "Báo cáo tình hình Nhân dân"));
    assert_int_equal(r->urgency, DG_URGENCY_HOA_TOC);
    assert_int_equal(r->matter_count, 2);
    assert_true(r->also_to_count == 1 && dg_bytes_is(r->also_to[0], "van-phong@binh-phuoc"));
    assert_true(r->source_count == 2 && r->source[0].b[1] == 0x11 && r->source[1].b[0] == 0xff);
    assert_true(r->has_supersedes && dg_id_equal(&r->supersedes, &r->source[1]));
    assert_int_equal(r->indicator_count, 2);
    assert_true(dg_bytes_is(r->indicator[1].name, "ty-le") && dg_bytes_is(r->indicator[1].value, "-3.5"));
    assert_true(r->extra_count == 1 && dg_bytes_is(r->extra[0].name, "x-so-trang"));
    assert_true(dg_bytes_is(r->body, "# I. Tình hình Nhân dân\n\n---\nhết\n"));
}

static void a_draft_of_it_survives_its_encoding(void **state)
{
    struct fixture *f = *state;
    struct dg_report again;
    struct dg_buf bytes;

    assert_int_equal(read_text(f, "---\n" NEED "indicators: {a: 1}\nx-b: c\nmatter: d\n---\nbody"), DG_OK);
    dg_buf_init(&bytes, DG_REPORT_MAX);
    assert_int_equal(dg_draft_encode(&f->report, &bytes), DG_OK);
    assert_int_equal(dg_draft_decode(&f->arena, dg_buf_bytes(&bytes), &again, NULL), DG_OK);
    assert_true(dg_bytes_is(again.body, "body") && dg_bytes_is(again.indicator[0].name, "a"));
    dg_buf_done(&bytes);
}

static void three_keys_are_enough(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, "---\n" NEED "---"), DG_OK);
    assert_int_equal(f->report.urgency, DG_URGENCY_NORMAL);
    assert_int_equal(f->report.body.size, 0);
}

static void windows_line_ends_and_nfd_are_mended(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, "\xEF\xBB\xBF---\r\nkind: flash\r\ndate: 2026-10-25\r\n"
                                  "title: ca\xCC\x81o\r\n---\r\na\xCC\x81\r\n"),
                     DG_OK);
    assert_true(dg_bytes_is(f->report.title, "cáo") && dg_bytes_is(f->report.body, "á\n"));
}

static void what_is_required_must_be_there(void **state)
{
    refused(*state, "date: 2026-10-25\ntitle: x\n", DG_ERR_BAD_HEADER, 2, "\"kind\" is missing");
    refused(*state, "date: 2026-10-25\nkind: flash\n", DG_ERR_BAD_HEADER, 2, "\"title\" is missing");
    refused(*state, "title: x\nkind: flash\n", DG_ERR_BAD_DATE, 2, "\"date\" is missing");
}

static void the_front_matter_must_begin_and_end(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, ""), DG_ERR_BAD_HEADER);
    assert_int_equal(read_text(f, "# Báo cáo\n"), DG_ERR_BAD_HEADER);
    assert_int_equal(read_text(f, "---\n" NEED), DG_ERR_BAD_HEADER);
    assert_int_equal(read_text(f, "---"), DG_ERR_BAD_HEADER);
    assert_int_equal(read_text(f, "---\n---\n"), DG_ERR_BAD_HEADER);
    assert_int_equal(read_text(f, "---\nchỉ có chữ\n---\n"), DG_ERR_BAD_HEADER);
}

static void an_unknown_key_or_kind_is_refused_with_the_nearest(void **state)
{
    refused(*state, NEED "perod: 2026-10\n", DG_ERR_BAD_HEADER, 5,
            "unknown key \"perod\": did you mean period?");
    refused(*state, "date: 2026-10-25\ntitle: x\nkind: periodical\n", DG_ERR_BAD_HEADER, 4,
            "unknown kind \"periodical\": did you mean periodic?");
    refused(*state, NEED "urgency: hoatoc\n", DG_ERR_BAD_HEADER, 5,
            "unknown urgency \"hoatoc\": did you mean hoa-toc?");
}

static void the_first_mistake_in_the_file_is_named(void **state)
{
    refused(*state, "kind: periodic\ndate: 2026-02-30\ntitle: x\nurgency: gap\n", DG_ERR_BAD_DATE, 3,
            "2026-02-30");
}

static void values_have_one_form_and_no_other(void **state)
{
    refused(*state, NEED "period: 2026-Q5\n", DG_ERR_BAD_PERIOD, 5, "2026-Q5");
    refused(*state, NEED "period:\n", DG_ERR_BAD_HEADER, 5,
            "period is empty: give it a value or leave it out");
    refused(*state, "kind: flash\ntitle: x\ndate: 25/10/2026\n", DG_ERR_BAD_DATE, 4, "25/10/2026");
    refused(*state, NEED "also-to: [van-phong]\n", DG_ERR_BAD_HEADER, 5,
            "\"van-phong\" is not an address organ@unit");
    refused(*state, NEED "sources: [0011]\n", DG_ERR_BAD_HEADER, 5,
            "\"0011\" is not a report's id of 64 hex digits");
    refused(*state, NEED "sources: [" ID_A ", " ID_A "]\n", DG_ERR_BAD_HEADER, 5, ID_A " is named twice");
    refused(*state, NEED "supersedes: x\n", DG_ERR_BAD_HEADER, 5,
            "\"x\" is not a report's id of 64 hex digits");
    refused(*state, NEED "matter: Tôn giáo\n", DG_ERR_BAD_HEADER, 5,
            "\"Tôn giáo\" is not a matter: write a-z, 0-9 and -");
    refused(*state, NEED "title: y\n", DG_ERR_BAD_HEADER, 5, "title is given twice, first in line 4");
}

static void indicators_are_names_and_decimal_numbers(void **state)
{
    const char *wrong[] = {"1,5", "1.", ".5", "+1", "1e3", "0x1", "--1", "một"};
    char header[256], what[256];

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(header, sizeof header, NEED "indicators:\n  a: \"%s\"\n", wrong[i]);
        snprintf(what, sizeof what, "\"%s\" is not a number: write digits, with a point for a fraction",
                 wrong[i]);
        refused(*state, header, DG_ERR_BAD_HEADER, 6, what);
    }
    refused(*state, NEED "indicators: {A: 1}\n", DG_ERR_BAD_HEADER, 5,
            "\"A\" is not an indicator's name of a-z, 0-9 and -");
    refused(*state, NEED "indicators: {a: 1, a: 2}\n", DG_ERR_BAD_HEADER, 5,
            "a is given twice, first in line 5");
    refused(*state, NEED "indicators: [1]\n", DG_ERR_BAD_HEADER, 5,
            "indicators must be name: number, at most 512");
}

static void an_addition_may_say_for_what_purpose(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f,
                               "---\n" NEED
                               "also-to: [van-phong@tinh (p/h), mttq@tinh, hdnd@tinh (để biết)]\n---\nA\n"),
                     DG_OK);
    assert_int_equal(f->report.also_to_count, 3);
    assert_true(dg_bytes_is(f->report.also_to[0], "van-phong@tinh"));
    assert_int_equal(f->report.purpose_count, 2);
    assert_true(dg_bytes_is(f->report.purpose[0].purpose, "p/h"));
    assert_true(dg_bytes_is(f->report.purpose[1].address, "hdnd@tinh"));
    assert_true(dg_bytes_is(f->report.purpose[1].purpose, "để biết"));
    static const char *const wrong[] = {"van-phong@tinh(p/h)", "van-phong@tinh ()", "van-phong@tinh (p/h",
                                        "(p/h)", "van-phong (p/h)"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "---\n" NEED "also-to: [\"%s\"]\n---\nA\n", wrong[i]);
        assert_int_equal(read_text(f, text), DG_ERR_BAD_HEADER);
    }
}

static void keys_of_ones_own_begin_with_x(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, "---\n" NEED "x-a: một\nx-b: '2'\n---\n"), DG_OK);
    assert_int_equal(f->report.extra_count, 2);
    refused(f, NEED "x-: a\n", DG_ERR_BAD_HEADER, 5, "\"x-\" is not a key: write x- and a-z, 0-9 and -");
    refused(f, NEED "x-a: [1]\n", DG_ERR_BAD_HEADER, 5, "x-a must be text");
}

static void further_signers_are_slugs_or_addresses(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_text(f, "---\n" NEED "with: [bcsd-ubnd, mttq@dong-nai]\n---\nThân\n"), DG_OK);
    assert_int_equal(f->report.author_count, 2);
    assert_true(dg_bytes_is(f->report.author[0].organ, "bcsd-ubnd"));
    assert_int_equal(f->report.author[0].unit.size, 0);
    assert_true(dg_bytes_is(f->report.author[1].organ, "mttq"));
    assert_true(dg_bytes_is(f->report.author[1].unit, "dong-nai"));
    refused(f, NEED "with: [Ban Dân vận]\n", DG_ERR_BAD_HEADER, 5,
            "\"Ban Dân vận\" is not an address organ@unit");
}

static void the_day_for_comments_belongs_to_a_draft(void **state)
{
    struct fixture *f = *state;
    const char *draft = "kind: draft\ndate: 2026-10-25\ntitle: Dự thảo\n";
    char header[256];

    snprintf(header, sizeof header, "---\n%sreply-by: 2026-10-25\n---\nThân\n", draft);
    assert_int_equal(read_text(f, header), DG_OK);
    assert_true(dg_bytes_is(f->report.reply_by, "2026-10-25"));
    snprintf(header, sizeof header, "%sreply-by: 2026-10-24\n", draft);
    refused(f, header, DG_ERR_BAD_HEADER, 5, "the last day for comments lies before \"date\"");
    snprintf(header, sizeof header, "%sreply-by: soon\n", draft);
    refused(f, header, DG_ERR_BAD_HEADER, 5, "\"soon\" is not a day that exists: write YYYY-MM-DD");
    refused(f, NEED "reply-by: 2026-11-01\n", DG_ERR_BAD_HEADER, 5,
            "\"reply-by\" is for reports of kind draft");
}

/* A notice may come after the day: it is late then, and that is said, but it is still sent. */
static void the_day_of_settlement_belongs_to_a_notice(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        read_text(f, "---\nkind: notice\ndate: 2026-10-25\ntitle: T\nsettles-on: 2026-10-20\n---\nThân\n"),
        DG_OK);
    assert_true(dg_bytes_is(f->report.settles_on, "2026-10-20"));
    refused(f, NEED "settles-on: 2026-11-01\n", DG_ERR_BAD_HEADER, 5,
            "\"settles-on\" is for reports of kind notice");
}

static void unclean_text_is_refused_with_its_line(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, "---\n" NEED "---\nmột\nhai\x07\n"), DG_ERR_BAD_TEXT);
    assert_int_equal(f->fault.line, 7);
    assert_int_equal(read_text(f, "---\n" NEED "---\n\xC3\x28\n"), DG_ERR_BAD_TEXT);
}

static void a_body_has_a_largest_size(void **state)
{
    struct fixture *f = *state;
    const char head[] = "---\n" NEED "---\n";
    size_t size = sizeof head - 1 + DG_BODY_MAX;
    char *text = malloc(size + 2);

    assert_non_null(text);
    memcpy(text, head, sizeof head - 1);
    memset(text + sizeof head - 1, 'a', DG_BODY_MAX + 1);
    assert_int_equal(dg_report_read(&f->arena, dg_bytes_at(text, size), &f->report, &f->fault), DG_OK);
    assert_int_equal(dg_report_read(&f->arena, dg_bytes_at(text, size + 1), &f->report, &f->fault),
                     DG_ERR_TOO_LARGE);
    free(text);
}

static void a_file_is_read_up_to_its_largest_size(void **state)
{
    struct fixture *f = *state;
    struct dg_bytes bytes;

    assert_int_equal(dg_file_read(&f->arena, DG_SOURCE_DIR "/CMakeLists.txt", 1 << 20, &bytes, &f->fault),
                     DG_OK);
    assert_true(bytes.size > 100);
    assert_int_equal(dg_file_read(&f->arena, DG_SOURCE_DIR "/CMakeLists.txt", 100, &bytes, &f->fault),
                     DG_ERR_TOO_LARGE);
    assert_int_equal(dg_file_read(&f->arena, "/khong/co", 100, &bytes, &f->fault), DG_ERR_BAD_FILE);
    assert_int_equal(dg_file_read(&f->arena, "/", 100, &bytes, &f->fault), DG_ERR_BAD_FILE);
    assert_int_equal(dg_file_read(&f->arena, "/dev/null", 100, &bytes, &f->fault), DG_OK);
    assert_int_equal(bytes.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
        TEST(a_whole_report_is_read),
        TEST(a_draft_of_it_survives_its_encoding),
        TEST(three_keys_are_enough),
        TEST(windows_line_ends_and_nfd_are_mended),
        TEST(what_is_required_must_be_there),
        TEST(the_front_matter_must_begin_and_end),
        TEST(an_unknown_key_or_kind_is_refused_with_the_nearest),
        TEST(the_first_mistake_in_the_file_is_named),
        TEST(values_have_one_form_and_no_other),
        TEST(indicators_are_names_and_decimal_numbers),
        TEST(an_addition_may_say_for_what_purpose),
        TEST(keys_of_ones_own_begin_with_x),
        TEST(further_signers_are_slugs_or_addresses),
        TEST(the_day_for_comments_belongs_to_a_draft),
        TEST(the_day_of_settlement_belongs_to_a_notice),
        TEST(unclean_text_is_refused_with_its_line),
        TEST(a_body_has_a_largest_size),
        TEST(a_file_is_read_up_to_its_largest_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
