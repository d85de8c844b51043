/* test_fault.c - every code has its texts, and every fault reads as a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/fault.h"
#include "common/text.h"

static const char *const languages[] = {"en", "vi"};
static const char *const fields[] = {"{rule}", "{cites}", "{unit}",  "{organ}",
                                     "{what}", "{line}",  "{column}"};
enum { FIELDS = sizeof fields / sizeof fields[0] };

/* Asserts what the English sentence of fault is. */
#define assert_says(fault, expected)                                                                         \
    do {                                                                                                     \
        char said[1024];                                                                                     \
        dg_fault_text((fault), "en", said, sizeof said);                                                     \
        assert_string_equal(said, (expected));                                                               \
    } while (0)

/* --- the table ------------------------------------------------------------------------------ */

static void every_code_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < DG_ERR_COUNT; i++) {
        const char *name = dg_err_name((enum dg_err)i);
        assert_true(name[0] != '\0');
        /* Another code by the same name would be found here in place of the later one. */
        assert_int_equal(dg_err_by_name(name, strlen(name)), i);
    }
}

static void name_of_a_newer_version_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(dg_err_by_name("FROM_THE_FUTURE", 15), DG_ERR_UNKNOWN);
    assert_int_equal(dg_err_by_name("FORKED", 6), DG_ERR_UNKNOWN);
    assert_int_equal(dg_err_by_name("FORKED", 4), DG_ERR_FORK);
    assert_int_equal(dg_err_by_name("", 0), DG_ERR_UNKNOWN);
}

static void every_code_ends_the_program_with_a_listed_status(void **state)
{
    static const int listed[] = {1, 2, 3, 4, 5, 6, 7, 8, 75, 77, 130};

    (void)state;
    assert_int_equal(dg_err_exit(DG_OK), 0);
    for (int i = DG_OK + 1; i < DG_ERR_COUNT; i++) {
        bool found = false;
        for (size_t j = 0; j < sizeof listed / sizeof listed[0]; j++)
            found = found || listed[j] == dg_err_exit((enum dg_err)i);
        if (!found)
            fail_msg("%s has exit status %d", dg_err_name((enum dg_err)i), dg_err_exit((enum dg_err)i));
    }
}

static void only_codes_that_pass_by_themselves_say_try_again_later(void **state)
{
    (void)state;
    for (int i = DG_OK + 1; i < DG_ERR_COUNT; i++)
        assert_int_equal(dg_err_group((enum dg_err)i) == DG_GROUP_TEMPORARY,
                         dg_err_exit((enum dg_err)i) == 75);
}

static void every_code_has_clean_texts_in_both_languages(void **state)
{
    (void)state;
    for (int i = DG_OK; i < DG_ERR_COUNT; i++) {
        for (size_t j = 0; j < 2; j++) {
            const char *text = dg_err_text((enum dg_err)i, languages[j]);
            const char *remedy = dg_err_remedy((enum dg_err)i, languages[j]);
            assert_true(text[0] != '\0' && remedy[0] != '\0');
            assert_true(strlen(text) < 256 && strlen(remedy) < 256);
            assert_int_equal(dg_text_check(dg_bytes_of(text), DG_TEXT_LINE, NULL), DG_OK);
            assert_int_equal(dg_text_check(dg_bytes_of(remedy), DG_TEXT_LINE, NULL), DG_OK);
        }
    }
}

static void both_languages_use_the_same_fields_once_each(void **state)
{
    (void)state;
    for (int i = DG_OK; i < DG_ERR_COUNT; i++) {
        const char *en = dg_err_text((enum dg_err)i, "en"), *vi = dg_err_text((enum dg_err)i, "vi");
        for (size_t j = 0; j < FIELDS; j++) {
            const char *in_en = strstr(en, fields[j]), *in_vi = strstr(vi, fields[j]);
            if ((in_en == NULL) != (in_vi == NULL))
                fail_msg("%s: %s is in one language only", dg_err_name((enum dg_err)i), fields[j]);
            assert_true(in_en == NULL || strstr(in_en + 1, fields[j]) == NULL);
            assert_true(in_vi == NULL || strstr(in_vi + 1, fields[j]) == NULL);
        }
    }
}

/* --- filling in ----------------------------------------------------------------------------- */

static void fault_may_be_null_everywhere(void **state)
{
    (void)state;
    assert_int_equal(dg_fault(NULL, DG_ERR_FORK), DG_ERR_FORK);
    assert_int_equal(dg_faultf(NULL, DG_ERR_FORK, "%d", 1), DG_ERR_FORK);
    dg_fault_rule(NULL, "BP-1", "Điều 1");
    dg_fault_unit(NULL, "x");
    dg_fault_organ(NULL, "x");
}

static void new_fault_forgets_the_one_before(void **state)
{
    struct dg_fault fault;

    (void)state;
    dg_faultf(&fault, DG_ERR_FORK, "size %d", 7);
    dg_fault_unit(&fault, "xa-tay-ho");
    assert_says(&fault, "xa-tay-ho signed two different logs: size 7");
    dg_fault(&fault, DG_ERR_CANCELLED);
    assert_string_equal(fault.unit, "");
    assert_string_equal(fault.what, "");
}

static void detail_may_quote_the_fault_it_replaces(void **state)
{
    struct dg_fault fault;

    (void)state;
    dg_faultf(&fault, DG_ERR_BAD_FILE, "a.md");
    dg_faultf(&fault, DG_ERR_FAILED, "%s twice", fault.what);
    assert_string_equal(fault.what, "a.md twice");
    dg_fault_unit(&fault, "xa");
    dg_fault_unit(&fault, fault.unit);
    dg_fault_organ(&fault, NULL);
    assert_string_equal(fault.unit, "xa");
}

static void long_detail_is_cut_at_a_character(void **state)
{
    struct dg_fault fault;
    char text[600];

    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "ế", 4);
        dg_faultf(&fault, DG_ERR_FAILED, "%s", text);
        assert_true(strlen(fault.what) >= 253 && strlen(fault.what) <= 255);
        assert_int_equal((strlen(fault.what) - shift) % 3, 0);
        assert_int_equal(dg_text_check(dg_bytes_of(fault.what), DG_TEXT_LINE, NULL), DG_OK);
    }
}

static void value_of_a_stranger_cannot_steer_the_terminal(void **state)
{
    struct dg_fault fault;

    (void)state;
    dg_faultf(&fault, DG_ERR_NOT_FOUND, "\x1b[2J\n\xe2\x80\xae\xff.");
    assert_string_equal(fault.what, "?[2J???.");
    memcpy(fault.what, "\x1b]0;", 5); /* as if it had come over the control socket */
    assert_says(&fault, "not found: ?]0;");
}

/* --- sentences ------------------------------------------------------------------------------ */

static void full_fault_names_rule_article_and_organ(void **state)
{
    struct dg_fault fault;
    char text[512];

    (void)state;
    dg_faultf(&fault, DG_ERR_MANDATE_MISSING, "nơi nhận chính");
    dg_fault_rule(&fault, "BP-24.2a", "Điều 24 khoản 2");
    dg_fault_organ(&fault, "ubnd@tinh-ha-giang");
    dg_fault_text(&fault, "vi", text, sizeof text);
    assert_string_equal(text, "theo BP-24.2a (Điều 24 khoản 2) báo cáo này phải gửi "
                              "ubnd@tinh-ha-giang (nơi nhận chính), nhưng nơi nhận không ghi");
    dg_fault_remedy(&fault, "en", text, sizeof text);
    assert_string_equal(text, "the author must send it again with every mandated recipient");
}

static void empty_fields_leave_no_trace(void **state)
{
    struct dg_fault fault;

    (void)state;
    dg_fault(&fault, DG_ERR_BAD_SIGNATURE);
    assert_says(&fault, "a signature does not verify");
    dg_fault(&fault, DG_ERR_BAD_RECIPIENT);
    dg_fault_organ(&fault, "hdnd@x");
    assert_says(&fault, "not a recipient this federation knows: hdnd@x");
    dg_faultf(&fault, DG_ERR_BAD_RECIPIENT, "hdnd@x");
    assert_says(&fault, "not a recipient this federation knows: hdnd@x");
    dg_faultf(&fault, DG_ERR_MANDATE_MISSING, "copy");
    dg_fault_rule(&fault, "BP-3", "");
    dg_fault_organ(&fault, "ub");
    assert_says(&fault, "by BP-3 this report is owed to ub (copy), which is not among its recipients");
    dg_fault(&fault, DG_ERR_SYSTEM);
    assert_says(&fault, "SYSTEM");
}

static void missing_line_takes_its_label_along(void **state)
{
    struct dg_fault fault;

    (void)state;
    dg_faultf(&fault, DG_ERR_BAD_REGIME, "no such role");
    assert_says(&fault, "no such role");
    fault.line = 12;
    assert_says(&fault, "line 12: no such role");
    fault.column = 4;
    assert_says(&fault, "line 12, column 4: no such role");
    fault.line = 0;
    assert_says(&fault, "column 4: no such role");
    dg_faultf(&fault, DG_ERR_BAD_HEADER, "kind");
    assert_says(&fault, "the header is wrong: kind");
}

static void values_are_never_tidied(void **state)
{
    struct dg_fault fault;

    (void)state;
    dg_faultf(&fault, DG_ERR_NOT_FOUND, " a  b ( ) {unit} :");
    assert_says(&fault, "not found:  a  b ( ) {unit} :");
}

/* True for a sentence without the scars of an empty field. */
static bool reads_well(const char *text)
{
    static const char *const scars[] = {"  ", "{", "}", "()", " ,", " :", " )", "( ", ",,", ":,", ",:", "::"};
    size_t size = strlen(text);

    for (size_t i = 0; i < sizeof scars / sizeof scars[0]; i++) {
        if (strstr(text, scars[i]) != NULL)
            return false;
    }
    return size > 0 && strchr(" ,:;", text[0]) == NULL && strchr(" ,:;", text[size - 1]) == NULL;
}

static void every_sentence_reads_well_whichever_fields_are_empty(void **state)
{
    char text[1024];

    (void)state;
    for (int i = DG_OK; i < DG_ERR_COUNT; i++) {
        for (unsigned filled = 0; filled < 1u << FIELDS; filled++) {
            struct dg_fault fault;
            dg_faultf(&fault, (enum dg_err)i, "%s", filled & 1 ? "chi tiết" : "");
            dg_fault_rule(&fault, filled & 2 ? "BP-1" : "", filled & 4 ? "Điều 1" : "");
            dg_fault_unit(&fault, filled & 8 ? "xa" : "");
            dg_fault_organ(&fault, filled & 16 ? "ub" : "");
            fault.line = filled & 32 ? 3 : 0;
            fault.column = filled & 64 ? 5 : 0;
            for (size_t j = 0; j < 2; j++) {
                dg_fault_text(&fault, languages[j], text, sizeof text);
                if (!reads_well(text))
                    fail_msg("%s reads badly: \"%s\"", dg_err_name((enum dg_err)i), text);
                dg_fault_remedy(&fault, languages[j], text, sizeof text);
                assert_true(reads_well(text));
            }
        }
    }
}

static void sentence_is_cut_at_a_character_to_fit(void **state)
{
    struct dg_fault fault;
    char text[256], whole[256];

    (void)state;
    dg_fault(&fault, DG_ERR_STORE_FULL);
    dg_fault_text(&fault, "vi", whole, sizeof whole);
    dg_fault_text(&fault, "vi", text, 0);
    for (size_t size = 1; size <= strlen(whole) + 1; size++) {
        memset(text, '#', sizeof text);
        dg_fault_text(&fault, "vi", text, size);
        assert_true(strlen(text) < size && text[size] == '#');
        assert_memory_equal(text, whole, strlen(text));
        assert_int_equal(dg_text_check(dg_bytes_of(text), DG_TEXT_LINE, NULL), DG_OK);
    }
    assert_string_equal(text, whole);
}

static void fullest_fault_fits_without_loss(void **state)
{
    struct dg_fault fault;
    char filler[400], text[2048];

    (void)state;
    memset(filler, 'x', sizeof filler - 1);
    filler[sizeof filler - 1] = '\0';
    dg_faultf(&fault, DG_ERR_NO_RECIPIENT, "%s", filler);
    dg_fault_rule(&fault, filler, filler);
    dg_fault_unit(&fault, filler);
    dg_fault_organ(&fault, filler);
    dg_fault_text(&fault, "en", text, sizeof text);
    assert_int_equal(strlen(text),
                     DG_RULE_ID_MAX + DG_CITES_MAX + DG_ADDRESS_MAX + DG_SLUG_MAX + 255 +
                         strlen("by  () this report is owed to , but  has nobody to receive it: "));
}

static void fixed_detail_is_shown_in_the_readers_language(void **state)
{
    struct dg_fault fault;
    char text[512];

    (void)state;
    dg_faultf(&fault, DG_ERR_NO_RECIPIENT, "copy");
    dg_fault_rule(&fault, "BP-24.2a", "Điều 24 khoản 2");
    dg_fault_organ(&fault, "ban-dan-van");
    dg_fault_unit(&fault, "dong-phu");
    dg_fault_text(&fault, "vi", text, sizeof text);
    assert_string_equal(text,
                        "theo BP-24.2a (Điều 24 khoản 2) báo cáo này phải gửi ban-dan-van, nhưng dong-phu "
                        "không có cơ quan nhận: đồng gửi");
    dg_fault_text(&fault, "en", text, sizeof text);
    assert_string_equal(text,
                        "by BP-24.2a (Điều 24 khoản 2) this report is owed to ban-dan-van, but dong-phu "
                        "has nobody to receive it: copy");
}

static void a_phrase_before_a_value_is_in_the_readers_language(void **state)
{
    struct dg_fault fault;
    char said[1024];

    (void)state;
    (void)dg_faultf(&fault, DG_ERR_NO_RULE, "a further signer is missing, --with: mttq");
    dg_fault_organ(&fault, "ban-dan-van");
    dg_fault_text(&fault, "vi", said, sizeof said);
    assert_non_null(strstr(said, "thiếu bên cùng ký, --with: mttq"));
    dg_fault_text(&fault, "en", said, sizeof said);
    assert_non_null(strstr(said, "a further signer is missing, --with: mttq"));
    (void)dg_faultf(&fault, DG_ERR_FAILED, "arrived: soon"); /* a phrase that takes no value */
    dg_fault_text(&fault, "vi", said, sizeof said);
    assert_non_null(strstr(said, "arrived: soon"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_of_its_own),
        cmocka_unit_test(name_of_a_newer_version_is_unknown),
        cmocka_unit_test(every_code_ends_the_program_with_a_listed_status),
        cmocka_unit_test(only_codes_that_pass_by_themselves_say_try_again_later),
        cmocka_unit_test(every_code_has_clean_texts_in_both_languages),
        cmocka_unit_test(both_languages_use_the_same_fields_once_each),
        cmocka_unit_test(fault_may_be_null_everywhere),
        cmocka_unit_test(new_fault_forgets_the_one_before),
        cmocka_unit_test(detail_may_quote_the_fault_it_replaces),
        cmocka_unit_test(long_detail_is_cut_at_a_character),
        cmocka_unit_test(value_of_a_stranger_cannot_steer_the_terminal),
        cmocka_unit_test(full_fault_names_rule_article_and_organ),
        cmocka_unit_test(empty_fields_leave_no_trace),
        cmocka_unit_test(missing_line_takes_its_label_along),
        cmocka_unit_test(values_are_never_tidied),
        cmocka_unit_test(every_sentence_reads_well_whichever_fields_are_empty),
        cmocka_unit_test(sentence_is_cut_at_a_character_to_fit),
        cmocka_unit_test(fullest_fault_fits_without_loss),
        cmocka_unit_test(fixed_detail_is_shown_in_the_readers_language),
        cmocka_unit_test(a_phrase_before_a_value_is_in_the_readers_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
