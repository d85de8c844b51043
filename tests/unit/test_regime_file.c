/* test_regime_file.c - a regime file is read strictly, and all its mistakes are found at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/conf/regime_file.h"
#include "node/conf/report_file.h"
#include "node/conf/yaml_tree.h"

struct fixture {
    struct dg_arena arena;
    struct dg_regime regime;
    struct dg_fault_list faults;
    char shown[16384];
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

#define HEAD "name: thu\ntitle: Quy chế thử\n"
#define RULES "rules:\n- {id: A, cites: Điều 1, kind: periodic, to: cap-uy@same}\n"

static enum dg_err read_bytes(struct fixture *f, struct dg_bytes yaml)
{
    return dg_regime_read(&f->arena, yaml, &f->regime, &f->faults);
}

/* Every mistake of the file as "line:column what". */
static const char *mistakes(struct fixture *f, const char *yaml)
{
    size_t size = 0;

    f->shown[0] = '\0';
    enum dg_err err = read_bytes(f, dg_bytes_of(yaml));
    assert_int_equal(err, f->faults.count == 0 ? DG_OK : DG_ERR_BAD_REGIME);
    for (size_t i = 0; i < f->faults.count && size < sizeof f->shown - 512; i++) {
        const struct dg_fault *fault = &f->faults.item[i];
        assert_int_equal(fault->err, DG_ERR_BAD_REGIME);
        size += (size_t)snprintf(f->shown + size, sizeof f->shown - size, "%u:%u %s\n", fault->line,
                                 fault->column, fault->what);
    }
    return f->shown;
}

/* The mistakes of a file whose one rule is this. */
static const char *rule_mistakes(struct fixture *f, const char *rule)
{
    char yaml[2048];
    snprintf(yaml, sizeof yaml, HEAD "rules:\n- {%s}\n", rule);
    return mistakes(f, yaml);
}

#define GOOD "id: A, cites: Điều 1, kind: periodic, to: cap-uy@same"

/* --- what is read --------------------------------------------------------------------------- */

static void every_construct_reaches_the_compiled_form(void **state)
{
    struct fixture *f = *state;
    const char *yaml = HEAD
        "valid-from: 2021-11-05\nvalid-until: 2025-12-31\n"
        "organs: {cell: [cap-uy, khoi-dan-van]}\n"
        "stand-ins: [{role: ban-dan-van, level: cell, by: [khoi-dan-van], cites: Điều 8 khoản 5}]\n"
        "rules:\n- id: X-1.2a\n  cites: Điều 1\n  scope: below\n  level: [cell, bloc]\n  from: [mttq, hdnd]\n"
        "  except: cap-uy\n  kind: joint\n  with: [ubnd]\n  periods: [Y]\n  matter: [ton-giao]\n"
        "  to: [cap-uy@parent]\n  copy: [ban-dan-van@parent-if-any]\n  observe: [mttq@same]\n"
        "  via: van-phong@parent\n  outline: [I. Tình hình]\n"
        "  aggregate: {default: last, cuoc-hop: sum, ty-le: none}\n"
        "- {id: X-2, cites: Điều 2, kind: periodic, periods: [M, 9M, Y], to: mttq@same, aggregate: none}\n";

    assert_string_equal(mistakes(f, yaml), "");
    const struct dg_rule *rule = &f->regime.rule[0];
    assert_true(dg_bytes_is(f->regime.name, "thu") && dg_bytes_is(f->regime.title, "Quy chế thử"));
    assert_true(f->regime.has_from && f->regime.has_until && f->regime.from.n < f->regime.until.n);
    assert_true(dg_bytes_is(f->regime.organs[0].level, "cell") && f->regime.organs[0].role.count == 2);
    assert_true(dg_bytes_is(f->regime.stand_in[0].by.item[0], "khoi-dan-van"));
    assert_int_equal(f->regime.stand_in[0].level.count, 1);
    assert_true(dg_bytes_is(rule->id, "X-1.2a") && dg_bytes_is(rule->kind, "joint"));
    assert_int_equal(rule->scope, DG_SCOPE_BELOW);
    assert_int_equal(rule->level.count + rule->from.count + rule->except.count + rule->with.count, 6);
    assert_int_equal(rule->periods, DG_CADENCE_Y);
    assert_true(rule->to[0].where == DG_WHERE_PARENT && !rule->to[0].if_superior);
    assert_true(rule->copy[0].where == DG_WHERE_PARENT && rule->copy[0].if_superior);
    assert_true(rule->observe[0].where == DG_WHERE_SAME && dg_bytes_is(rule->observe[0].role, "mttq"));
    assert_true(rule->has_via && dg_bytes_is(rule->via.role, "van-phong"));
    assert_true(dg_bytes_is(rule->outline.item[0], "I. Tình hình") &&
                dg_bytes_is(rule->matter.item[0], "ton-giao"));
    assert_int_equal(rule->aggregate_default, DG_AGGREGATE_LAST);
    assert_int_equal(rule->aggregate_count, 2);
    assert_true(dg_bytes_is(rule->aggregate[1].name, "ty-le") && rule->aggregate[1].how == DG_AGGREGATE_NONE);
    assert_int_equal(rule[1].periods, DG_CADENCE_M | DG_CADENCE_9M | DG_CADENCE_Y);
    assert_int_equal(rule[1].aggregate_default, DG_AGGREGATE_NONE);
}

static void a_rule_without_scope_holds_everywhere(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(rule_mistakes(f, GOOD), "");
    assert_int_equal(f->regime.rule[0].scope, DG_SCOPE_ALL);
    assert_int_equal(f->regime.rule[0].periods, 0);
    assert_false(f->regime.rule[0].has_via);
}

static void text_in_nfd_becomes_nfc(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(mistakes(f, "name: thu\ntitle: Quy che\xCC\x82\xCC\x81\n" RULES), "");
    assert_true(dg_bytes_is(f->regime.title, "Quy chế"));
}

/* --- mistakes ------------------------------------------------------------------------------- */

static void every_mistake_is_found_in_one_run_in_order(void **state)
{
    const char *yaml = "name: Thử\ntitel: x\nvalid-from: 5\nvalid-until: 2025-02-30\n"
                       "organs: {tinh: [cap-uy]}\nrules:\n"
                       "- {id: A, cites: Điều 1, kind: periodik, to: cap-ui@same}\n"
                       "- {id: A, cites: Điều 2, kind: flash, to: [], copy: mttq@above}\n";
    assert_string_equal(mistakes(*state, yaml),
                        "1:1 \"title\" is missing\n"
                        "1:7 \"Thử\" is not a name of a-z, 0-9 and -\n"
                        "2:1 unknown key \"titel\": did you mean title?\n"
                        "3:13 \"5\" is not a day that exists: write YYYY-MM-DD\n"
                        "4:14 \"2025-02-30\" is not a day that exists: write YYYY-MM-DD\n"
                        "5:10 unknown key \"tinh\"\n"
                        "7:32 unknown kind \"periodik\": did you mean periodic?\n"
                        "7:46 unknown role \"cap-ui\": did you mean cap-uy?\n"
                        "8:8 there is a rule A already, in line 7\n"
                        "8:43 to must name 1 to 64\n"
                        "8:58 unknown place \"above\"\n");
}

static void a_near_word_is_suggested(void **state)
{
    assert_string_equal(rule_mistakes(*state, GOOD ", level: distrikt"),
                        "4:66 unknown level \"distrikt\": did you mean district?\n");
    assert_string_equal(rule_mistakes(*state, GOOD ", scope: owners"),
                        "4:66 unknown scope \"owners\": did you mean owner?\n");
    assert_string_equal(rule_mistakes(*state, GOOD ", form: mttq"),
                        "4:59 unknown key \"form\": did you mean from?\n");
    assert_string_equal(rule_mistakes(*state, GOOD ", copy: mttq@parents"),
                        "4:70 unknown place \"parents\": did you mean parent?\n");
}

static void values_of_the_wrong_form_are_refused(void **state)
{
    assert_string_equal(rule_mistakes(*state, GOOD ", periods: [M, T]"),
                        "4:72 unknown period \"T\": it is one of M, Q, H, 9M, Y\n");
    assert_string_equal(rule_mistakes(*state, GOOD ", copy: mttq"),
                        "4:65 \"mttq\" must be role@same or role@parent\n");
    assert_string_equal(rule_mistakes(*state, GOOD ", from: [mttq, mttq]"), "4:72 mttq is named twice\n");
    assert_string_equal(rule_mistakes(*state, GOOD ", from: {a: b}"), "4:65 from must be a list\n");
    assert_string_equal(
        rule_mistakes(*state, "id: A B, cites: [x], kind: flash, to: mttq@same"),
        "4:8 \"A B\" is not an id of letters, digits, '.' and '-'\n4:20 cites must be text\n");
    assert_string_equal(rule_mistakes(*state, "id: A, cites: '', kind: flash, to: mttq@same"),
                        "4:18 cites is empty: give it a value or leave it out\n");
    assert_string_equal(rule_mistakes(*state, "id: A, kind: flash"),
                        "4:3 \"cites\" is missing\n4:3 \"to\" is missing\n");
}

static void rules_that_could_never_be_meant_are_refused(void **state)
{
    assert_non_null(
        strstr(rule_mistakes(*state, "id: A, cites: x, kind: flash, to: [mttq@same, mttq@parent]"),
               "write two rules"));
    assert_non_null(
        strstr(rule_mistakes(*state, "id: A, cites: x, kind: flash, scope: owner, to: mttq@parent"),
               "never applies"));
    assert_non_null(strstr(rule_mistakes(*state, GOOD ", with: ubnd"), "only a joint report"));
    assert_non_null(strstr(rule_mistakes(*state, "id: A, cites: x, kind: flash, to: mttq@parent-if-any"),
                           "cannot be @parent-if-any"));
    assert_non_null(
        strstr(rule_mistakes(*state, "id: A, cites: x, kind: joint, to: mttq@same"), "name them"));
    assert_non_null(
        strstr(rule_mistakes(*state, "id: A, cites: x, kind: evaluation, periods: [M, Y], to: mttq@same"),
               "covers a year"));
    assert_non_null(strstr(rule_mistakes(*state, GOOD ", from: [mttq, hdnd], except: [hdnd, mttq]"),
                           "mttq is in from and in except"));
    assert_non_null(strstr(rule_mistakes(*state, GOOD ", via: cap-uy@same"), "nobody would wait"));
    assert_non_null(strstr(rule_mistakes(*state, GOOD ", copy: [mttq@same, cap-uy@same]"),
                           "cap-uy is an addressee already"));
    assert_non_null(strstr(rule_mistakes(*state, GOOD ", aggregate: {a: plus}"), "unknown aggregation"));
}

static void an_exception_from_some_of_the_authors_is_meant(void **state)
{
    assert_string_equal(rule_mistakes(*state, GOOD ", from: [mttq, hdnd], except: [hdnd]"), "");
}

/* --- how they are told ------------------------------------------------------------------------ */

static void a_mistake_is_told_in_the_language_of_the_list(void **state)
{
    struct fixture *f = *state;

    f->faults.language = "vi";
    assert_string_equal(rule_mistakes(f, "id: A, kind: flash, to: cap-ui@same, scope: 5"),
                        "4:3 thiếu \"cites\"\n4:28 vai \"cap-ui\" không có: có phải cap-uy?\n"
                        "4:48 phạm vi \"5\" không có\n");
}

static void a_mistake_has_a_word_of_its_own_and_a_suggestion_apart(void **state)
{
    struct fixture *f = *state;

    rule_mistakes(f, "id: A, kind: flash, to: cap-ui@same");
    assert_string_equal(f->faults.hint[0].code, "MISSING");
    assert_string_equal(f->faults.hint[1].code, "UNKNOWN_ROLE");
    assert_string_equal(f->faults.item[1].what + f->faults.hint[1].told, ": did you mean cap-uy?");
    assert_string_equal(f->faults.item[0].what + f->faults.hint[0].told, "");
}

/* What stands between % and the letter of a conversion, and the letter, of all conversions in a text. */
static const char *conversions(const char *text)
{
    static char found[64];
    size_t size = 0;

    for (const char *at = strchr(text, '%'); at != NULL; at = strchr(at + 1, '%')) {
        size_t length = strcspn(at, "sdu") + 1;
        memcpy(found + size, at, length);
        size += length;
    }
    found[size] = '\0';
    return found;
}

static void both_languages_take_the_same_values_in_the_same_order(void **state)
{
    static const char *const pairs[][2] = {
#define X(en, code, vi) {en, vi},
#include "node/conf/mistakes.def"
#undef X
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char english[64];
        snprintf(english, sizeof english, "%s", conversions(pairs[i][0]));
        assert_string_equal(conversions(pairs[i][1]), english);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(pairs[k][0], pairs[i][0]);
    }
}

/* --- files that cannot be read to their end ------------------------------------------------------ */

static void the_mistakes_before_a_syntax_error_are_told_with_it(void **state)
{
    const char *shown = mistakes(*state, HEAD "organs: {tinh: [cap-uy]}\nrules:\n"
                                              "- {id: A, cites: x, kind: flsh, to: mttq@same}\n- {id: [}\n");

    assert_non_null(strstr(shown, "3:10 unknown key \"tinh\"\n5:27 unknown kind \"flsh\""));
    assert_non_null(strstr(shown, "this is not YAML"));
    assert_null(strstr(shown, "missing"));
}

static void every_line_that_is_no_text_is_told_and_the_rest_is_read(void **state)
{
    assert_string_equal(mistakes(*state, "name: thu\r\ntitle: \xff\r\nrules: []\nx: a\xc2\n"),
                        "2:8 not clean UTF-8 text: 0xFF\n3:8 rules must be a list of 1 to 4096\n"
                        "4:1 unknown key \"x\"\n4:5 not clean UTF-8 text: 0xC2\n");
    assert_string_equal(
        mistakes(*state, HEAD "rules:\n- id: A\n  cites: Đi\xe1u\n  kind: flsh\n  to: cap-ui@same\n"),
        "5:12 not clean UTF-8 text: 0xE1\n6:9 unknown kind \"flsh\": did you mean flash?\n"
        "7:7 unknown role \"cap-ui\": did you mean cap-uy?\n");
}

static void text_that_is_not_clean_may_hold_anything(void **state)
{
    static const char nul[] = "name: thu\ntitle: a\0b\nrules: [x]\n";
    struct fixture *f = *state;

    assert_int_equal(read_bytes(f, dg_bytes_at(nul, sizeof nul - 1)), DG_ERR_BAD_REGIME);
    assert_int_equal(f->faults.count, 2);
    assert_string_equal(f->faults.item[0].what, "not clean UTF-8 text: U+0000");
    char marks[256] = "name: thu\ntitle: a";
    for (size_t i = 0; i < 40; i++)
        strcat(marks, "\xcc\x81");
    assert_non_null(strstr(mistakes(f, marks), "2:39 not clean UTF-8 text: "));
}

static void ten_thousand_rules_are_read_and_all_their_mistakes_told(void **state)
{
    struct fixture *f = *state;
    size_t size = 0, room = 1024 * 1024;
    char *yaml = malloc(room);

    assert_non_null(yaml);
    size += (size_t)snprintf(yaml, room, HEAD "rules:\n");
    for (int i = 0; i < 10000; i++)
        size += (size_t)snprintf(yaml + size, room - size,
                                 "- {id: R%d, cites: Điều 1, kind: %s, to: mttq@same}\n", i == 7000 ? 5 : i,
                                 i == 9999 ? "urgnt" : "flash");
    assert_string_equal(mistakes(f, yaml), "4:1 rules must be a list of 1 to 4096\n"
                                           "7004:8 there is a rule R5 already, in line 9\n"
                                           "10003:36 unknown kind \"urgnt\": did you mean urgent?\n");
    free(yaml);
}

static void a_regime_cannot_end_before_it_begins(void **state)
{
    assert_string_equal(mistakes(*state, HEAD "valid-from: 2026-01-02\nvalid-until: 2026-01-01\n" RULES),
                        "4:14 valid-until lies before valid-from\n");
    assert_string_equal(mistakes(*state, HEAD "valid-from: 2026-01-01\nvalid-until: 2026-01-01\n" RULES), "");
}

static void stand_ins_may_not_lead_back(void **state)
{
    assert_string_equal(mistakes(*state, HEAD "stand-ins:\n"
                                              "- {role: a, by: b, cites: x}\n"
                                              "- {role: b, level: cell, by: [c, d], cites: x}\n"
                                              "- {role: d, level: [cell, bloc], by: a, cites: x}\n" RULES),
                        "4:3 the stand-ins of a lead back to it\n5:3 the stand-ins of b lead back to it\n"
                        "6:3 the stand-ins of d lead back to it\n");
}

static void stand_ins_of_different_levels_do_not_meet(void **state)
{
    assert_string_equal(mistakes(*state, HEAD "stand-ins:\n"
                                              "- {role: a, level: cell, by: b, cites: x}\n"
                                              "- {role: b, level: bloc, by: a, cites: x}\n" RULES),
                        "");
}

static void a_role_is_known_once_an_organ_or_a_stand_in_names_it(void **state)
{
    const char *rule = "rules: [{id: A, cites: x, kind: flash, to: [ban-xay-dung@same, to-dan-van@same]}]\n";
    char yaml[1024];

    snprintf(yaml, sizeof yaml, HEAD "%s", rule);
    assert_non_null(strstr(mistakes(*state, yaml), "unknown role \"ban-xay-dung\""));
    snprintf(yaml, sizeof yaml,
             HEAD "%sorgans: {cell: ban-xay-dung}\nstand-ins: [{role: mttq, by: to-dan-van, cites: x}]\n",
             rule);
    assert_string_equal(mistakes(*state, yaml), "");
}

/* --- YAML ----------------------------------------------------------------------------------- */

static void anchors_aliases_and_tags_are_refused(void **state)
{
    assert_string_equal(mistakes(*state, "name: &a thu\ntitle: *a\nvalid-from: !!str 2026-01-01\n" RULES),
                        "1:7 anchors (&) are not allowed: write the value out\n"
                        "2:8 aliases (*) are not allowed: write the value out\n"
                        "2:8 title is empty: give it a value or leave it out\n"
                        "3:13 tags (!) are not allowed: every value is text\n");
}

static void duplicate_keys_are_refused(void **state)
{
    assert_string_equal(mistakes(*state, HEAD "name: khac\n" RULES),
                        "3:1 name is given twice, first in line 1\n");
}

static void a_file_that_is_not_yaml_is_refused_at_its_place(void **state)
{
    assert_non_null(strstr(mistakes(*state, "name: [thu\ntitle: x\n"), "2:"));
    assert_string_equal(mistakes(*state, ""), "1:1 there is nothing here\n");
    assert_string_equal(mistakes(*state, "thu\n"), "1:1 a regime must have keys: name, title, rules, …\n");
    assert_string_equal(mistakes(*state, HEAD RULES "---\nname: hai\n"),
                        "6:1 a second document is not allowed\n");
    assert_string_equal(mistakes(*state, "? [a]\n: b\n"), "1:3 a key must be a word\n");
    assert_non_null(strstr(mistakes(*state, "name: \xff\n"), "1:7 not clean UTF-8 text: 0xFF\n"));
}

static void nesting_is_bounded(void **state)
{
    char yaml[4096] = "name: ";

    memset(yaml + 6, '[', 2000);
    assert_string_equal(mistakes(*state, yaml), "1:7 name must be text\n1:14 nested too deeply\n");
}

static void escapes_smuggle_nothing_in(void **state)
{
    assert_string_equal(mistakes(*state, "name: thu\ntitle: \"a\\u202Eb\"\n" RULES),
                        "2:8 not one line of clean text: U+202E\n"
                        "2:8 title is empty: give it a value or leave it out\n");
    assert_non_null(strstr(mistakes(*state, "name: thu\ntitle: |\n  a\n  b\n" RULES), "U+000A"));
}

/* Rules that are none, each line a mistake, and one indented with a tab at the end. */
static size_t read_words(struct fixture *f, size_t count)
{
    struct dg_buf yaml;

    dg_buf_init(&yaml, DG_REGIME_FILE_MAX);
    dg_buf_add_text(&yaml, HEAD "rules:\n");
    for (size_t i = 0; i < count; i++)
        dg_buf_add_text(&yaml, i + 1 < count ? "- x\n" : "\t- x\n");
    assert_int_equal(yaml.err, DG_OK);
    assert_int_equal(read_bytes(f, dg_buf_bytes(&yaml)), DG_ERR_BAD_REGIME);
    dg_buf_done(&yaml);
    return f->faults.count + f->faults.beyond;
}

static void twenty_thousand_mistakes_are_told_in_their_order(void **state)
{
    struct fixture *f = *state;

    assert_true(read_words(f, 20000) >= 20000);
    assert_int_equal(f->faults.beyond, 0);
    assert_int_equal(f->faults.item[0].line, 4); /* too many rules */
    for (size_t i = 1; i < f->faults.count; i++)
        assert_true(f->faults.item[i - 1].line <= f->faults.item[i].line);
    assert_int_equal(f->faults.item[f->faults.count - 1].line, 20003);
}

static void only_so_many_mistakes_are_kept(void **state)
{
    struct fixture *f = *state;

    assert_true(read_words(f, DG_FAULTS_MAX + 100) >= DG_FAULTS_MAX + 100);
    assert_int_equal(f->faults.count, DG_FAULTS_MAX);
    assert_true(f->faults.beyond >= 100);
}

/* --- finding and loading -------------------------------------------------------------------- */

static void the_regimes_we_ship_are_sound(void **state)
{
    struct fixture *f = *state;
    const char *names[] = {"binh-phuoc", "huyen", "ha-noi", "dong-nai", "tuyen-quang-khoi"};
    struct dg_fault fault = {0};
    struct dg_bytes bytes;
    struct dg_regime regime;

    setenv("DONGGUI_REGIMES", DG_SOURCE_DIR "/deploy/regimes", 1);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(dg_regime_load(&f->arena, names[i], "/nowhere", &bytes, &fault), DG_OK);
        assert_int_equal(dg_regime_decode(&f->arena, bytes, &regime, &fault), DG_OK);
        assert_true(dg_bytes_is(regime.name, names[i]));
    }
    unsetenv("DONGGUI_REGIMES");
}

static void a_name_is_sought_beside_the_program(void **state)
{
    struct dg_fault fault = {0};
    char path[4096];

    (void)state;
    unsetenv("DONGGUI_REGIMES");
    assert_int_equal(dg_regime_find("huyen", DG_SOURCE_DIR "/deploy", path, sizeof path, &fault), DG_OK);
    assert_string_equal(path, DG_SOURCE_DIR "/deploy/regimes/huyen.yaml");
    assert_int_equal(dg_regime_find("xa", DG_SOURCE_DIR "/deploy", path, sizeof path, &fault),
                     DG_ERR_NOT_FOUND);
    assert_int_equal(dg_regime_find("Huyện", DG_SOURCE_DIR, path, sizeof path, &fault), DG_ERR_BAD_VALUE);
    assert_int_equal(dg_regime_find("./khong-co.yaml", "", path, sizeof path, &fault), DG_ERR_BAD_FILE);
    assert_int_equal(dg_regime_find("huyen", DG_SOURCE_DIR "/deploy", path, 10, &fault), DG_ERR_NOT_FOUND);
}

static void the_first_mistake_speaks_for_a_file_that_cannot_be_loaded(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/dg-regime-XXXXXX";
    struct dg_fault fault = {0};
    struct dg_bytes bytes;
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    assert_non_null(file);
    fputs("name: thu\ntitel: x\n" RULES, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(dg_regime_load(&f->arena, path, "", &bytes, &fault), DG_ERR_BAD_REGIME);
    assert_int_equal(fault.line, 1);
    assert_non_null(strstr(fault.what, "\"title\" is missing (+1)"));
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
        TEST(every_construct_reaches_the_compiled_form),
        TEST(a_rule_without_scope_holds_everywhere),
        TEST(text_in_nfd_becomes_nfc),
        TEST(every_mistake_is_found_in_one_run_in_order),
        TEST(a_near_word_is_suggested),
        TEST(values_of_the_wrong_form_are_refused),
        TEST(rules_that_could_never_be_meant_are_refused),
        TEST(an_exception_from_some_of_the_authors_is_meant),
        TEST(a_mistake_is_told_in_the_language_of_the_list),
        TEST(a_mistake_has_a_word_of_its_own_and_a_suggestion_apart),
        TEST(both_languages_take_the_same_values_in_the_same_order),
        TEST(the_mistakes_before_a_syntax_error_are_told_with_it),
        TEST(every_line_that_is_no_text_is_told_and_the_rest_is_read),
        TEST(text_that_is_not_clean_may_hold_anything),
        TEST(ten_thousand_rules_are_read_and_all_their_mistakes_told),
        TEST(a_regime_cannot_end_before_it_begins),
        TEST(stand_ins_may_not_lead_back),
        TEST(stand_ins_of_different_levels_do_not_meet),
        TEST(a_role_is_known_once_an_organ_or_a_stand_in_names_it),
        TEST(anchors_aliases_and_tags_are_refused),
        TEST(duplicate_keys_are_refused),
        TEST(a_file_that_is_not_yaml_is_refused_at_its_place),
        TEST(nesting_is_bounded),
        TEST(escapes_smuggle_nothing_in),
        TEST(twenty_thousand_mistakes_are_told_in_their_order),
        TEST(only_so_many_mistakes_are_kept),
        TEST(the_regimes_we_ship_are_sound),
        TEST(a_name_is_sought_beside_the_program),
        TEST(the_first_mistake_speaks_for_a_file_that_cannot_be_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
