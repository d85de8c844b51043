/* test_leaf.c - a leaf has one text, and nothing else is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/leaf.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HEX_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define TIME "time 2026-11-21T02:56:42.123Z\n"
#define NONE "beacon none\n"
#define AUTHOR "author cap-uy@dong-phu " HEX_B "\n"
#define BEACON "beacon danvan.vn/binh-phuoc/e1 1207 " HEX_C "\n"
#define DUTY "rule BP-24.2b\nperiod 2026-12\n"
#define REPORT                                                                                               \
    TIME "report " HEX_A "\n" AUTHOR "author mttq@dong-phu " HEX_C "\nregime " HEX_C "\nverdict accepted\n"  \
         "flag stale-date\nflag added\ndeliver ban-dan-van@binh-phuoc to BP-24.2a,BP-24.3\n"                 \
         "deliver uy-ban-kiem-tra@binh-phuoc copy through van-phong@binh-phuoc BP-9\n"                       \
         "deliver mttq@binh-phuoc copy -\nunresolved ban-dan-van@- to BP-24.2a\n"                            \
         "unresolved dang-uy@loc-ninh observe through a@b BP-24.4\n" BEACON

struct fixture {
    struct dg_arena arena;
    struct dg_buf out;
    struct dg_fault fault;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    dg_arena_init(&f->arena, 0);
    dg_buf_init(&f->out, 2 * DG_LEAF_MAX);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    dg_arena_done(&f->arena);
    dg_buf_done(&f->out);
    free(f);
    return 0;
}

static enum dg_err parse(struct fixture *f, const char *text, struct dg_leaf *leaf)
{
    return dg_leaf_parse(&f->arena, dg_bytes_of(text), leaf, &f->fault);
}

static void assert_writes_back(struct fixture *f, const char *text)
{
    struct dg_leaf leaf;

    assert_int_equal(parse(f, text, &leaf), DG_OK);
    dg_buf_reset(&f->out);
    assert_int_equal(dg_leaf_write(&leaf, &f->out), DG_OK);
    assert_true(dg_bytes_is(dg_buf_bytes(&f->out), text));
}

static void assert_refused(struct fixture *f, const char *text)
{
    struct dg_leaf leaf;

    if (parse(f, text, &leaf) != DG_ERR_BAD_LEAF)
        fail_msg("not refused:\n%s", text);
    assert_int_equal(f->fault.err, DG_ERR_BAD_LEAF);
}

/* --- what a leaf says ----------------------------------------------------------------------- */

static void every_part_of_a_report_leaf_is_read(void **state)
{
    struct fixture *f = *state;
    struct dg_leaf leaf;
    char time[DG_INSTANT_TEXT];

    assert_int_equal(parse(f, REPORT, &leaf), DG_OK);
    dg_instant_text(leaf.time, time);
    assert_string_equal(time, "2026-11-21T02:56:42.123Z");
    assert_int_equal(leaf.kind, DG_LEAF_REPORT);
    assert_int_equal(leaf.report.b[31], 0xaa);
    assert_int_equal(leaf.author_count, 2);
    assert_true(dg_bytes_is(leaf.author[1].organ, "mttq"));
    assert_int_equal(leaf.author[0].key.b[0], 0xbb);
    assert_int_equal(leaf.regime_count, 1);
    assert_int_equal(leaf.verdict, DG_VERDICT_ACCEPTED);
    assert_int_equal(leaf.flag_count, 2);
    assert_true(dg_bytes_is(leaf.flag[0], "stale-date"));
    assert_true(leaf.has_beacon);
    assert_true(dg_bytes_is(leaf.beacon_origin, "danvan.vn/binh-phuoc/e1"));
    assert_int_equal(leaf.beacon_size, 1207);
}

static void deliveries_say_as_what_through_whom_and_why(void **state)
{
    struct fixture *f = *state;
    struct dg_leaf leaf;

    assert_int_equal(parse(f, REPORT, &leaf), DG_OK);
    assert_int_equal(leaf.delivery_count, 3);
    assert_int_equal(leaf.delivery[0].as, DG_AS_TO);
    assert_int_equal(leaf.delivery[0].rule_count, 2);
    assert_true(dg_bytes_is(leaf.delivery[0].rule[1], "BP-24.3"));
    assert_int_equal(leaf.delivery[0].through.size, 0);
    assert_true(dg_bytes_is(leaf.delivery[1].through, "van-phong@binh-phuoc"));
    assert_int_equal(leaf.delivery[2].rule_count, 0);
    assert_int_equal(leaf.unresolved_count, 2);
    assert_int_equal(leaf.unresolved[0].unit.size, 0);
    assert_true(dg_bytes_is(leaf.unresolved[1].unit, "loc-ninh"));
}

static void state_and_certificate_leaves_are_read(void **state)
{
    struct fixture *f = *state;
    struct dg_leaf leaf;

    assert_int_equal(
        parse(f, TIME "state " HEX_A "\norgan ban-dan-van@binh-phuoc\ncode 13\nobject " HEX_B "\n" NONE,
              &leaf),
        DG_OK);
    assert_int_equal(leaf.state, 13);
    assert_int_equal(leaf.report.b[0], 0xaa);
    assert_int_equal(leaf.object.b[0], 0xbb);
    assert_false(leaf.has_beacon);
    assert_int_equal(
        parse(f, TIME "certificate " HEX_A "\nsubject dong-phu\nmembers " HEX_B "\n" NONE, &leaf), DG_OK);
    assert_int_equal(leaf.organ.size, 0);
    assert_true(dg_bytes_is(leaf.unit, "dong-phu"));
    assert_true(leaf.has_members);
}

static void a_pass_says_who_decided_what(void **state)
{
    struct fixture *f = *state;
    struct dg_leaf leaf;

    assert_int_equal(parse(f,
                           TIME "pass " HEX_A
                                "\norgan ban-tuyen-giao@khoi\ndecision consolidated\ninto " HEX_B
                                "\nobject " HEX_A "\n" NONE,
                           &leaf),
                     DG_OK);
    assert_true(dg_bytes_is(leaf.organ, "ban-tuyen-giao"));
    assert_true(dg_bytes_is(leaf.unit, "khoi"));
    assert_int_equal(leaf.decision, DG_DECISION_CONSOLIDATED);
    assert_int_equal(leaf.report.b[0], 0xaa);
    assert_int_equal(leaf.into.b[0], 0xbb);
    assert_int_equal(leaf.object.b[0], 0xaa);
}

static void voids_and_comments_name_their_organ_and_what_it_signed(void **state)
{
    struct fixture *f = *state;
    struct dg_leaf leaf;

    assert_int_equal(
        parse(f, TIME "void " HEX_A "\norgan bcsd-ubnd@dong-nai\nobject " HEX_B "\n" NONE, &leaf), DG_OK);
    assert_int_equal(leaf.kind, DG_LEAF_VOID);
    assert_int_equal(leaf.report.b[0], 0xaa);
    assert_true(dg_bytes_is(leaf.organ, "bcsd-ubnd"));
    assert_int_equal(leaf.object.b[0], 0xbb);
    assert_int_equal(parse(f, TIME "comment " HEX_A "\norgan mttq@dong-nai\nobject " HEX_B "\n" NONE, &leaf),
                     DG_OK);
    assert_int_equal(leaf.kind, DG_LEAF_COMMENT);
    assert_true(dg_bytes_is(leaf.unit, "dong-nai"));
    assert_int_equal(parse(f, TIME "comment " HEX_A "\norgan mttq@dong-nai\n" NONE, &leaf), DG_ERR_BAD_LEAF);
    assert_int_equal(parse(f, TIME "void " HEX_A "\nobject " HEX_B "\n" NONE, &leaf), DG_ERR_BAD_LEAF);
}

static void a_kind_of_a_later_version_keeps_its_lines(void **state)
{
    struct fixture *f = *state;
    struct dg_leaf leaf;

    assert_int_equal(
        parse(f, TIME "audit " HEX_A "\norgan van-phong@binh-phuoc\nword đã chuyển\n" NONE, &leaf), DG_OK);
    assert_int_equal(leaf.kind, DG_LEAF_AUDIT);
    assert_int_equal(leaf.object.b[0], 0xaa);
    assert_true(dg_bytes_is(leaf.rest, "organ van-phong@binh-phuoc\nword đã chuyển\n"));
}

/* --- one text ------------------------------------------------------------------------------- */

static void what_parses_writes_back_to_the_same_bytes(void **state)
{
    static const char *const leaves[] = {
        REPORT,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict rejected BAD_PERIOD\nflag stale-date\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict quarantined LATER_CODE_9\n" BEACON,
        TIME "state " HEX_A "\norgan ban-dan-van@binh-phuoc\ncode 03\nobject " HEX_B "\n" BEACON,
        TIME "pass " HEX_A "\norgan mttq@khoi\ndecision passed\nobject " HEX_B "\n" BEACON,
        TIME "pass " HEX_A "\norgan mttq@khoi\ndecision returned\nobject " HEX_B "\n" NONE,
        TIME "pass " HEX_A "\norgan mttq@khoi\ndecision consolidated\ninto " HEX_B "\nobject " HEX_B
             "\n" NONE,
        TIME "certificate " HEX_A "\nsubject cap-uy@dong-phu\nmembers " HEX_B "\n" BEACON,
        TIME "adoption " HEX_A "\nunit dong-phu\nregime " HEX_B "\n" NONE,
        TIME "invitation " HEX_A "\nunit dong-phu\n" NONE,
        TIME "void " HEX_A "\norgan bcsd-ubnd@dong-nai\nobject " HEX_B "\n" NONE,
        TIME "comment " HEX_A "\norgan mttq@dong-nai\nobject " HEX_B "\n" BEACON,
        TIME "calendar " HEX_A "\norgan ban-dan-van@tinh\nserial 2\nfrom 2026-12-01\nuntil 2026-12-31\n" NONE,
        TIME "calendar " HEX_A "\norgan ban-dan-van@tinh\nserial 1\nfrom 2026-12-01\n" NONE,
        TIME "reminder " HEX_A "\norgan ban-dan-van@tinh\nto a@b\nto c@b\n" DUTY "count 3\n" BEACON,
        TIME "absence " HEX_A "\norgan ban-dan-van@tinh\n" DUTY "decision nothing-to-report\n" NONE,
        TIME "checkpoint danvan.vn/binh-phuoc/e2 0 " HEX_A "\n",
        TIME "checkpoint danvan.vn/binh-phuoc/e2 9223372036854775807 " HEX_A "\n",
    };

    for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++)
        assert_writes_back(*state, leaves[i]);
}

static void every_kind_of_the_table_has_a_text(void **state)
{
    struct fixture *f = *state;

    static const unsigned written = 1u << DG_LEAF_CALENDAR | 1u << DG_LEAF_REMINDER | 1u << DG_LEAF_ABSENCE |
                                    1u << DG_LEAF_PASS | 1u << DG_LEAF_VOID | 1u << DG_LEAF_COMMENT;

    for (enum dg_leaf_kind kind = DG_LEAF_REVOCATION; kind < DG_LEAF_KIND_COUNT; kind++) {
        if ((written >> kind & 1) != 0)
            continue;
        assert_writes_back(f, dg_arena_printf(&f->arena, TIME "%s " HEX_A "\nunit dong-phu\n" BEACON,
                                              dg_leaf_kind_name(kind)));
        assert_writes_back(f,
                           dg_arena_printf(&f->arena, TIME "%s " HEX_A "\n" NONE, dg_leaf_kind_name(kind)));
    }
}

static void a_leaf_is_appended_to_what_out_holds(void **state)
{
    struct fixture *f = *state;
    struct dg_leaf leaf;

    assert_int_equal(parse(f, REPORT, &leaf), DG_OK);
    dg_buf_add_text(&f->out, "before");
    assert_int_equal(dg_leaf_write(&leaf, &f->out), DG_OK);
    assert_true(dg_bytes_is(dg_buf_bytes(&f->out), "before" REPORT));
}

/* --- refusals ------------------------------------------------------------------------------- */

static void any_cut_of_a_leaf_is_refused(void **state)
{
    struct fixture *f = *state;
    struct dg_bytes whole = dg_bytes_of(REPORT);
    struct dg_leaf leaf;

    for (size_t size = 0; size < whole.size; size++) {
        struct dg_bytes cut = {whole.data, size};

        assert_int_equal(dg_leaf_parse(&f->arena, cut, &leaf, &f->fault), DG_ERR_BAD_LEAF);
        dg_arena_reset(&f->arena);
    }
}

static void any_changed_byte_is_refused_or_seen(void **state)
{
    struct fixture *f = *state;
    char text[sizeof REPORT];
    struct dg_leaf leaf;

    for (size_t at = 0; at < sizeof REPORT - 1; at++) {
        for (unsigned change = 1; change < 256; change <<= 1) {
            struct dg_bytes altered = {(const uint8_t *)text, sizeof REPORT - 1};

            memcpy(text, REPORT, sizeof text);
            text[at] = (char)((unsigned char)text[at] ^ change);
            dg_buf_reset(&f->out);
            if (dg_leaf_parse(&f->arena, altered, &leaf, &f->fault) == DG_OK) {
                assert_int_equal(dg_leaf_write(&leaf, &f->out), DG_OK);
                assert_true(dg_bytes_equal(dg_buf_bytes(&f->out), altered));
            }
            dg_arena_reset(&f->arena);
        }
    }
}

static void lines_out_of_place_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "\n",
        TIME,
        TIME NONE,
        "report " HEX_A "\n" TIME AUTHOR "verdict accepted\n" NONE,
        TIME "report " HEX_A "\nverdict accepted\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\nverdict accepted\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\n" NONE NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\n\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\n",
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\nregime " HEX_B "\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@b to -\nflag late\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict rejected BAD_DATE\ndeliver a@b to -\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict quarantined BAD_DATE\nunresolved a@b to -\n" NONE,
        TIME "unheard " HEX_A "\n" NONE,
        TIME "checkpoint danvan.vn/binh-phuoc/e1 1 " HEX_A "\n" NONE,
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_refused(*state, wrong[i]);
}

static void words_in_another_spelling_are_refused(void **state)
{
    static const char *const wrong[] = {
        "time 2026-11-21T02:56:42Z\nreport " HEX_A "\n" AUTHOR "verdict accepted\n" NONE,
        TIME "report " HEX_A " \n" AUTHOR "verdict accepted\n" NONE,
        TIME "report AAAAAAAA\n" AUTHOR "verdict accepted\n" NONE,
        TIME "report  " HEX_A "\n" AUTHOR "verdict accepted\n" NONE,
        TIME "report " HEX_A "\r\n" AUTHOR "verdict accepted\n" NONE,
        TIME "report " HEX_A "\nauthor Cap-uy@dong-phu " HEX_B "\nverdict accepted\n" NONE,
        TIME "report " HEX_A "\nauthor cap-uy " HEX_B "\nverdict accepted\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict rejected\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict rejected bad\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted BAD_DATE\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\nflag Stale\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@b to\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@b to \n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@b to X,\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@b to X,-\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@b to X Y\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@b to -X\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@b to X:1\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@b sideways X\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@b to through X\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@- to X\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\nunresolved a@ to X\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\nbeacon nothing\n",
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\nbeacon danvan.vn/b/e1 01 " HEX_A "\n",
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\nbeacon danvan.vn/b/1 1 " HEX_A "\n",
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\nbeacon danvan.vn/e1 1 " HEX_A "\n",
        TIME "pass " HEX_A "\norgan a@b\ndecision Passed\nobject " HEX_B "\n" NONE,
        TIME "pass " HEX_A "\norgan a@b\ndecision passed\ninto " HEX_B "\nobject " HEX_B "\n" NONE,
        TIME "pass " HEX_A "\norgan a@b\ndecision consolidated\nobject " HEX_B "\n" NONE,
        TIME "state " HEX_A "\norgan a@b\ncode 3\nobject " HEX_B "\n" NONE,
        TIME "state " HEX_A "\norgan a@b\ncode 07\nobject " HEX_B "\n" NONE,
        TIME "state " HEX_A "\norgan a@b\ncode 0x\nobject " HEX_B "\n" NONE,
        TIME "checkpoint danvan.vn/b/e1 9223372036854775808 " HEX_A "\n",
        TIME "move " HEX_A "\norgan\n" NONE,
        TIME "move " HEX_A "\n\n" NONE,
        TIME "move " HEX_A "\nnote a\tb\n" NONE,
        TIME "move " HEX_A "\nnote \xff\n" NONE,
        TIME "move " HEX_A "\nnote e\u0301\n" NONE,
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_refused(*state, wrong[i]);
}

static void duty_leaves_are_read_in_every_part(void **state)
{
    struct fixture *f = *state;
    struct dg_leaf leaf;

    assert_int_equal(
        parse(f, TIME "calendar " HEX_A "\norgan a@b\nserial 7\nfrom 2026-12-01\nuntil 2026-12-31\n" NONE,
              &leaf),
        DG_OK);
    assert_true(leaf.number == 7 && leaf.has_until && leaf.until.n - leaf.from.n == 30);
    assert_int_equal(parse(f, TIME "reminder " HEX_A "\norgan a@b\nto c@d\n" DUTY "count 2\n" NONE, &leaf),
                     DG_OK);
    assert_true(leaf.number == 2 && leaf.to_count == 1 && dg_bytes_is(leaf.to[0], "c@d"));
    assert_true(dg_bytes_is(leaf.rule, "BP-24.2b") && dg_bytes_is(leaf.period, "2026-12"));
    assert_int_equal(parse(f, TIME "absence " HEX_A "\norgan a@b\n" DUTY "decision late\n" NONE, &leaf),
                     DG_OK);
    assert_true(leaf.object.b[0] == 0xaa && dg_bytes_is(leaf.organ, "a") &&
                dg_bytes_is(leaf.finding, "late"));
}

static void duty_leaves_that_lack_a_line_are_refused(void **state)
{
    static const char *const wrong[] = {
        TIME "calendar " HEX_A "\norgan a@b\nserial 7\n" NONE,
        TIME "calendar " HEX_A "\norgan a@b\nserial 7\nfrom 2026-02-30\n" NONE,
        TIME "calendar " HEX_A "\norgan a@b\nserial 07\nfrom 2026-12-01\n" NONE,
        TIME "reminder " HEX_A "\norgan a@b\n" DUTY "count 1\n" NONE,
        TIME "reminder " HEX_A "\norgan a@b\nto c@d\nrule -\nperiod 2026-12\ncount 1\n" NONE,
        TIME "reminder " HEX_A "\norgan a@b\nto c\n" DUTY "count 1\n" NONE,
        TIME "absence " HEX_A "\norgan a@b\n" DUTY NONE,
        TIME "absence " HEX_A "\norgan a@b\nrule X\nperiod 2026-13\ndecision late\n" NONE,
        TIME "absence " HEX_A "\norgan a@b\n" DUTY "decision LATE\n" NONE,
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_refused(*state, wrong[i]);
}

static void what_is_said_twice_is_refused(void **state)
{
    static const char *const wrong[] = {
        TIME "report " HEX_A "\n" AUTHOR AUTHOR "verdict accepted\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "regime " HEX_A "\nregime " HEX_A "\nverdict accepted\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\nflag late\nflag late\n" NONE,
        TIME "report " HEX_A "\n" AUTHOR "verdict accepted\ndeliver a@b to X\ndeliver a@b copy Y\n" NONE,
        TIME "reminder " HEX_A "\norgan a@b\nto a@b\nto a@b\n" DUTY "count 1\n" NONE,
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_refused(*state, wrong[i]);
}

static void lists_beyond_their_limits_are_refused(void **state)
{
    struct fixture *f = *state;
    struct dg_leaf leaf;

    dg_buf_add_text(&f->out, TIME "report " HEX_A "\n");
    for (int i = 0; i <= DG_AUTHORS_MAX; i++)
        dg_buf_printf(&f->out, "author a%d@b " HEX_A "\n", i);
    dg_buf_add_text(&f->out, "verdict accepted\n" NONE);
    assert_int_equal(dg_leaf_parse(&f->arena, dg_buf_bytes(&f->out), &leaf, NULL), DG_ERR_BAD_LEAF);

    dg_buf_reset(&f->out);
    dg_buf_add_text(&f->out, TIME "report " HEX_A "\n" AUTHOR "verdict accepted\n");
    for (int i = 0; i <= DG_RECIPIENTS_MAX; i++)
        dg_buf_printf(&f->out, "deliver a%d@b to -\n", i);
    dg_buf_add_text(&f->out, NONE);
    assert_int_equal(dg_leaf_parse(&f->arena, dg_buf_bytes(&f->out), &leaf, NULL), DG_ERR_BAD_LEAF);
}

static void a_leaf_that_would_not_fit_a_bundle_is_not_written(void **state)
{
    struct fixture *f = *state;
    struct dg_leaf leaf;
    char *rest = malloc(DG_LEAF_MAX);

    assert_non_null(rest);
    memset(rest, 'x', DG_LEAF_MAX);
    memcpy(rest, "note ", 5);
    rest[DG_LEAF_MAX - 1] = '\n';
    assert_int_equal(parse(f, TIME "audit " HEX_A "\n" NONE, &leaf), DG_OK);
    leaf.rest = dg_bytes_at(rest, DG_LEAF_MAX);
    assert_int_equal(dg_leaf_write(&leaf, &f->out), DG_ERR_TOO_LARGE);
    assert_int_equal(f->out.size, 0);
    free(rest);
}

static void a_spent_arena_is_no_fault_of_the_leaf(void **state)
{
    struct fixture *f = *state;
    struct dg_arena small;
    struct dg_leaf leaf;

    dg_arena_init(&small, 64);
    assert_int_equal(dg_leaf_parse(&small, dg_bytes_of(REPORT), &leaf, &f->fault), DG_ERR_NO_MEMORY);
    dg_arena_done(&small);
}

static void the_fault_names_the_line(void **state)
{
    struct fixture *f = *state;

    assert_refused(f, TIME "report " HEX_A "\n" AUTHOR "verdict maybe\n" NONE);
    assert_non_null(strstr(f->fault.what, "line 4"));
}

int main(void)
{
#define LEAF_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        LEAF_TEST(every_part_of_a_report_leaf_is_read),
        LEAF_TEST(deliveries_say_as_what_through_whom_and_why),
        LEAF_TEST(state_and_certificate_leaves_are_read),
        LEAF_TEST(a_pass_says_who_decided_what),
        LEAF_TEST(voids_and_comments_name_their_organ_and_what_it_signed),
        LEAF_TEST(a_kind_of_a_later_version_keeps_its_lines),
        LEAF_TEST(what_parses_writes_back_to_the_same_bytes),
        LEAF_TEST(every_kind_of_the_table_has_a_text),
        LEAF_TEST(a_leaf_is_appended_to_what_out_holds),
        LEAF_TEST(any_cut_of_a_leaf_is_refused),
        LEAF_TEST(any_changed_byte_is_refused_or_seen),
        LEAF_TEST(lines_out_of_place_are_refused),
        LEAF_TEST(words_in_another_spelling_are_refused),
        LEAF_TEST(duty_leaves_are_read_in_every_part),
        LEAF_TEST(duty_leaves_that_lack_a_line_are_refused),
        LEAF_TEST(what_is_said_twice_is_refused),
        LEAF_TEST(lists_beyond_their_limits_are_refused),
        LEAF_TEST(a_leaf_that_would_not_fit_a_bundle_is_not_written),
        LEAF_TEST(a_spent_arena_is_no_fault_of_the_leaf),
        LEAF_TEST(the_fault_names_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
