/* test_cli.c - the command line: its words, sentences, documents and files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/cli/args.h"
#include "node/cli/events.h"
#include "node/cli/json.h"
#include "node/cli/output.h"
#include "node/cli/say.h"
#include "node/cli/view.h"

/* ---- a call without a process ------------------------------------------------------------------- */

struct call {
    struct dg_cli cli;
    char *out, *err;
    size_t out_size, err_size;
};

static void call_init(struct call *call, const char *language)
{
    FILE *out = open_memstream(&call->out, &call->out_size);
    FILE *err = open_memstream(&call->err, &call->err_size);

    assert_non_null(out);
    assert_non_null(err);
    dg_cli_init(&call->cli, language, out, err);
}

static void call_done(struct call *call)
{
    fclose(call->cli.out);
    fclose(call->cli.err);
    free(call->out);
    free(call->err);
    dg_cli_done(&call->cli);
}

/* Takes a line apart at its spaces. */
static enum dg_err parse(struct call *call, const char *line)
{
    char *copy = strdup(line), *save = NULL;
    char *argv[64] = {NULL};
    int argc = 0;

    assert_non_null(copy);
    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
        argv[argc++] = (char *)(uintptr_t)dg_arena_string(&call->cli.arena, dg_bytes_of(word));
    free(copy);
    return dg_args_parse(&call->cli, argc, argv);
}

static void assert_parses(const char *line, const char *verb, size_t words)
{
    struct call call;

    call_init(&call, "en");
    if (parse(&call, line) != DG_OK)
        fail_msg("%s: %s", line, call.cli.fault.what);
    assert_string_equal(call.cli.args.verb->name, verb);
    assert_int_equal(call.cli.args.word_count, words);
    call_done(&call);
}

static void assert_refused(const char *line, const char *because)
{
    struct call call;

    call_init(&call, "en");
    assert_int_equal(parse(&call, line), DG_ERR_USAGE);
    if (strstr(call.cli.fault.what, because) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", line, call.cli.fault.what, because);
    call_done(&call);
}

/* ---- words -------------------------------------------------------------------------------------- */

static void options_stand_before_or_after_the_verb(void **state)
{
    (void)state;
    assert_parses("donggui -n dir push file --from cap-uy", "push", 1);
    assert_parses("donggui push file --from cap-uy -n dir", "push", 1);
    assert_parses("donggui push --from=cap-uy -ndir file", "push", 1);
    assert_parses("donggui --from cap-uy push file", "push", 1);
}

static void an_option_means_what_its_verb_says(void **state)
{
    (void)state;
    assert_parses("donggui verify file --root key", "verify", 1);
    assert_parses("donggui --root name+1+key verify file", "verify", 1);
    assert_parses("donggui init dir --root --unit u", "init", 1);
    assert_parses("donggui --root init dir", "init", 1);
}

static void a_dash_is_a_file_and_two_end_the_options(void **state)
{
    (void)state;
    assert_parses("donggui join dir -", "join", 2);
    assert_parses("donggui -- show --body", "show", 1);
    assert_parses("donggui show -- -x", "show", 1);
}

static void only_some_options_may_be_repeated(void **state)
{
    struct call call;
    const char *const *values;

    (void)state;
    call_init(&call, "en");
    assert_int_equal(parse(&call, "donggui init d --root --regime a --regime b --unit x"), DG_OK);
    assert_string_equal(dg_cli_value(&call.cli, DG_OPT_UNIT), "x");
    assert_int_equal(dg_cli_values(&call.cli, DG_OPT_REGIME, &values), 2);
    assert_string_equal(values[0], "a");
    assert_string_equal(values[1], "b");
    assert_null(dg_cli_value(&call.cli, DG_OPT_NAME));
    call_done(&call);
    call_init(&call, "en");
    assert_int_equal(parse(&call, "donggui init d --root --regime a --unit x --unit y"), DG_ERR_USAGE);
    call_done(&call);
}

static void an_unknown_verb_gets_the_nearest_two(void **state)
{
    const char *near[2];

    (void)state;
    dg_verb_nearest("psuh", near);
    assert_true(strcmp(near[0], "push") == 0 || strcmp(near[1], "push") == 0);
    dg_verb_nearest("inbx", near);
    assert_string_equal(near[0], "inbox");
    assert_refused("donggui inbx", "inbox");
}

static void what_does_not_fit_the_verb_is_a_wrong_call(void **state)
{
    (void)state;
    assert_refused("donggui status --from x", "--from");
    assert_refused("donggui push file --form x", "--from");
    assert_refused("donggui push", "push FILE");
    assert_refused("donggui push a b", "push FILE");
    assert_refused("donggui push file --from", "value");
    assert_refused("donggui inbox o --all=yes", "no value");
}

static void help_needs_no_arguments(void **state)
{
    (void)state;
    assert_parses("donggui push --help", "push", 0);
}

static void no_verb_is_left_to_the_caller(void **state)
{
    struct call call;

    (void)state;
    call_init(&call, "en");
    assert_int_equal(parse(&call, "donggui --version"), DG_OK);
    assert_null(call.cli.args.verb);
    assert_true(dg_cli_has(&call.cli, DG_OPT_VERSION));
    call_done(&call);
}

static void durations_are_read_strictly(void **state)
{
    static const char *const wrong[] = {"",    "7",  "d",    "07d",          "7w", "-1d",
                                        "7 d", "0d", "367d", "99999999999d", "7dd"};
    int64_t ms = 0;

    (void)state;
    assert_true(dg_duration_parse("7d", &ms));
    assert_int_equal(ms, 7 * 86400000LL);
    assert_true(dg_duration_parse("90m", &ms));
    assert_int_equal(ms, 5400000);
    assert_true(dg_duration_parse("12h", &ms));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (dg_duration_parse(wrong[i], &ms))
            fail_msg("\"%s\" was taken for a duration", wrong[i]);
    }
}

/* ---- sentences ---------------------------------------------------------------------------------- */

static void every_message_exists_in_both_languages(void **state)
{
    struct call en, vi;

    (void)state;
    call_init(&en, "en");
    call_init(&vi, "vi");
    for (int i = 0; i < DG_MSG_COUNT; i++) {
        const char *english = dg_msg(&en.cli, (enum dg_msg)i), *vietnamese = dg_msg(&vi.cli, (enum dg_msg)i);
        for (char n = '1'; n <= '9'; n++) {
            const char place[] = {'{', n, '}', '\0'};
            if ((strstr(english, place) == NULL) != (strstr(vietnamese, place) == NULL))
                fail_msg("%s: %s is in one language only", english, place);
        }
    }
    call_done(&en);
    call_done(&vi);
}

static void words_fill_their_places(void **state)
{
    struct call call;

    (void)state;
    call_init(&call, "en");
    assert_string_equal(dg_phrase(&call.cli, DG_MSG_PROOFS, DG_WORDS("2", "3")),
                        "2 of 3 events are proven by a receipt.");
    assert_string_equal(dg_phrase(&call.cli, DG_MSG_PROOFS, DG_WORDS("{2}", "3")),
                        "{2} of 3 events are proven by a receipt.");
    call_done(&call);
}

static void an_error_says_where_what_and_what_to_do(void **state)
{
    struct call call;
    struct dg_fault fault;

    (void)state;
    call_init(&call, "en");
    call.cli.where = "r\033[31m.md";
    (void)dg_faultf(&fault, DG_ERR_BAD_PERIOD, "2026-13");
    dg_complain(&call.cli, &fault);
    fflush(call.cli.err);
    assert_string_equal(call.err,
                        "donggui: r?[31m.md: not a possible period for this kind of report: 2026-13 "
                        "(BAD_PERIOD)\n    write 2026-10, 2026-Q3, 2026-H1, 2026-9M or 2026; an evaluation "
                        "or joint report has a year: 2026\n");
    call_done(&call);
}

static void an_error_names_its_file_once(void **state)
{
    struct call call;
    struct dg_fault fault;

    (void)state;
    call_init(&call, "en");
    call.cli.where = "r.md";
    (void)dg_faultf(&fault, DG_ERR_BAD_FILE, "r.md: No such file or directory");
    dg_complain(&call.cli, &fault);
    fflush(call.cli.err);
    assert_string_equal(call.err, "donggui: r.md: No such file or directory (BAD_FILE)\n"
                                  "    check the file's name and content\n");
    call_done(&call);
}

static void local_time_is_vietnamese(void **state)
{
    char text[DG_LOCAL_TEXT];
    dg_ms at;

    (void)state;
    assert_true(dg_instant_parse(dg_bytes_of("2026-11-20T18:00:00.000Z"), &at));
    dg_local_text(at, text);
    assert_string_equal(text, "2026-11-21 01:00:00");
}

/* ---- documents ---------------------------------------------------------------------------------- */

static void a_document_is_one_line_with_its_version(void **state)
{
    struct call call;
    const uint8_t bytes[] = {0xab, 0x01};

    (void)state;
    call_init(&call, "en");
    struct dg_json *json = dg_json_new();
    dg_json_text(json, "title", "Huyện \"Đồng Phú\"\n");
    dg_json_maybe(json, "period", dg_bytes_of(""));
    dg_json_hex(json, "id", bytes, sizeof bytes);
    dg_json_instant(json, "at", 0);
    dg_json_decimal(json, "whole", dg_bytes_of("12"));
    dg_json_decimal(json, "part", dg_bytes_of("98.1"));
    dg_json_decimal(json, "word", dg_bytes_of("1e999"));
    dg_json_decimal(json, "minus", dg_bytes_of("-5"));
    dg_json_decimal(json, "zeros", dg_bytes_of("007"));
    dg_json_decimal(json, "tail", dg_bytes_of("1.50"));
    dg_json_decimal(json, "far", dg_bytes_of("9223372036854775807"));
    dg_json_decimal(json, "farther", dg_bytes_of("9223372036854775808"));
    dg_json_decimal(json, "fine", dg_bytes_of("0.1234567890123456789"));
    dg_json_decimal(json, "tiny", dg_bytes_of("0.0000001"));
    dg_json_item_rule(dg_json_array(json, "rules"), dg_bytes_of("R-1"), dg_bytes_at(NULL, 0));
    dg_json_print(json, call.cli.out);
    fflush(call.cli.out);
    assert_string_equal(
        call.out,
        "{\"v\":1,\"title\":\"Huyện \\\"Đồng Phú\\\"\\n\",\"period\":null,\"id\":\"ab01\","
        "\"at\":\"1970-01-01T00:00:00.000Z\",\"whole\":12,\"part\":98.1,"
        "\"word\":\"1e999\",\"minus\":-5,\"zeros\":\"007\",\"tail\":\"1.50\","
        "\"far\":9223372036854775807,\"farther\":\"9223372036854775808\","
        "\"fine\":\"0.1234567890123456789\",\"tiny\":\"0.0000001\",\"rules\":[{\"id\":\"R-1\"}]}\n");
    call_done(&call);
}

static void bytes_that_are_no_text_do_not_break_a_document(void **state)
{
    struct call call;

    (void)state;
    call_init(&call, "en");
    struct dg_json *json = dg_json_new();
    dg_json_bytes(json, "text", dg_bytes_at("\xff\xfe", 2));
    dg_json_print(json, call.cli.out);
    fflush(call.cli.out);
    assert_string_equal(call.out, "{\"v\":1,\"text\":\"\"}\n");
    call_done(&call);
}

/* ---- a trail ------------------------------------------------------------------------------------ */

static void events_stand_in_order_of_rank_time_and_leaf(void **state)
{
    struct dg_trail_event item[] = {
        {.id = DG_TRAIL_STATE, .rank = 2, .time = 50, .sequence = 0},
        {.id = DG_TRAIL_DELIVERED, .rank = 2, .time = 20, .sequence = 2},
        {.id = DG_TRAIL_RECEIVED, .rank = 2, .time = 20, .sequence = 1},
        {.id = DG_TRAIL_LOGGED, .rank = 1, .time = 90, .sequence = 4}, /* its clock was ahead */
        {.id = DG_TRAIL_SIGNED, .rank = 0, .time = 90, .sequence = 3},
    };
    struct dg_trail_events events = {.count = 5, .capacity = 5, .item = item};

    (void)state;
    dg_trail_sort(&events);
    assert_int_equal(item[0].id, DG_TRAIL_SIGNED);
    assert_int_equal(item[1].id, DG_TRAIL_LOGGED);
    assert_int_equal(item[2].id, DG_TRAIL_RECEIVED);
    assert_int_equal(item[3].id, DG_TRAIL_DELIVERED);
    assert_int_equal(item[4].id, DG_TRAIL_STATE);
}

static void an_origin_names_its_unit(void **state)
{
    (void)state;
    assert_true(dg_bytes_is(dg_origin_unit_of(dg_bytes_of("danvan.example/dong-phu/e1")), "dong-phu"));
    assert_int_equal(dg_origin_unit_of(dg_bytes_of("danvan.example")).size, 0);
    assert_int_equal(dg_origin_unit_of(dg_bytes_of("danvan.example/dong-phu")).size, 0);
}

/* ---- files -------------------------------------------------------------------------------------- */

static void a_file_is_not_replaced_unasked(void **state)
{
    struct call call;
    char dir[] = "/tmp/donggui-cli-XXXXXX", path[64];

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/file", dir);
    call_init(&call, "en");
    assert_int_equal(dg_file_write(&call.cli, path, dg_bytes_of("one")), DG_OK);
    assert_int_equal(dg_file_write(&call.cli, path, dg_bytes_of("two")), DG_ERR_BAD_FILE);
    call.cli.args.given[call.cli.args.given_count++] = (struct dg_given){.option = DG_OPT_YES, .value = ""};
    assert_int_equal(dg_file_write(&call.cli, path, dg_bytes_of("two")), DG_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0); /* no temporary file is left */
    call_done(&call);
}

static void no_name_leads_out_of_a_folder(void **state)
{
    static const char *const wrong[] = {"", "/etc/x", "../x", "a/../x", "a//b", "a/", ".hidden", "a/.b"};
    struct call call;
    struct dg_folder folder;
    char dir[] = "/tmp/donggui-cli-XXXXXX", path[96];

    (void)state;
    assert_non_null(mkdtemp(dir));
    call_init(&call, "en");
    assert_int_equal(dg_folder_open(&call.cli, dir, &folder), DG_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (dg_folder_emit(&folder, wrong[i], dg_bytes_of("x")) != DG_ERR_BAD_FILE)
            fail_msg("\"%s\" was written", wrong[i]);
    }
    assert_int_equal(dg_folder_emit(&folder, "a/b/c.txt", dg_bytes_of("x")), DG_OK);
    assert_int_equal(folder.file_count, 1);
    assert_int_equal(dg_folder_open(&call.cli, dir, &folder), DG_ERR_NOT_EMPTY);
    snprintf(path, sizeof path, "rm -r %s", dir);
    assert_int_equal(system(path), 0);
    call_done(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_before_or_after_the_verb),
        cmocka_unit_test(an_option_means_what_its_verb_says),
        cmocka_unit_test(a_dash_is_a_file_and_two_end_the_options),
        cmocka_unit_test(only_some_options_may_be_repeated),
        cmocka_unit_test(an_unknown_verb_gets_the_nearest_two),
        cmocka_unit_test(what_does_not_fit_the_verb_is_a_wrong_call),
        cmocka_unit_test(help_needs_no_arguments),
        cmocka_unit_test(no_verb_is_left_to_the_caller),
        cmocka_unit_test(durations_are_read_strictly),
        cmocka_unit_test(every_message_exists_in_both_languages),
        cmocka_unit_test(words_fill_their_places),
        cmocka_unit_test(an_error_says_where_what_and_what_to_do),
        cmocka_unit_test(an_error_names_its_file_once),
        cmocka_unit_test(local_time_is_vietnamese),
        cmocka_unit_test(a_document_is_one_line_with_its_version),
        cmocka_unit_test(bytes_that_are_no_text_do_not_break_a_document),
        cmocka_unit_test(events_stand_in_order_of_rank_time_and_leaf),
        cmocka_unit_test(an_origin_names_its_unit),
        cmocka_unit_test(a_file_is_not_replaced_unasked),
        cmocka_unit_test(no_name_leads_out_of_a_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
