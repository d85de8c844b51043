/* args.c - one verb, its options before or after it, its words.
 *
 * getopt_long would do but for one thing: which options there are depends on the verb (`init --root`
 * takes nothing, `verify --root KEY` does), and the verb may come last.
 */
#include "node/cli/args.h"

#include <string.h>

#include "common/line.h"
#include "common/text.h"
#include "node/cli/say.h"

static const struct dg_option_row option_rows[DG_OPT_COUNT] = {
#define X(id, name, letter, takes, placeholder, en, vi)                                                      \
    [DG_OPT_##id] = {name, letter, DG_TAKES_##takes, placeholder, {en, vi}},
#include "node/cli/options.def"
#undef X
};

#define O(option) (UINT64_C(1) << DG_OPT_##option)

_Static_assert(DG_OPT_COUNT <= 64, "a verb's options are bits of one word");

/* What every verb takes. */
static const uint64_t common_options = O(NODE) | O(HELP) | O(VERSION) | O(COLOR) | O(YES);

const struct dg_option_row *dg_option_row(enum dg_option option)
{
    return &option_rows[option];
}

bool dg_verb_takes(const struct dg_verb *verb, enum dg_option option)
{
    uint64_t options = common_options | (verb != NULL ? verb->options : 0);
    return (options >> option & 1) != 0;
}

/* ---- one word ----------------------------------------------------------------------------------- */

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* The value that stands in the same word; NULL when there is none. False when word is another option. */
static bool word_matches(const char *word, const struct dg_option_row *row, const char **ret_value)
{
    if (word[1] != '-') {
        if (row->letter == '\0' || word[1] != row->letter)
            return false;
        *ret_value = word[2] != '\0' ? word + 2 : NULL;
        return true;
    }
    size_t size = strcspn(word + 2, "=");
    if (strlen(row->name) != size || memcmp(word + 2, row->name, size) != 0)
        return false;
    *ret_value = word[2 + size] == '=' ? word + 2 + size + 1 : NULL;
    return true;
}

/* Finds the option that word spells among those the verb takes. */
static bool option_find(const struct dg_verb *verb, const char *word, enum dg_option *ret,
                        const char **ret_value)
{
    for (int i = 0; i < DG_OPT_COUNT; i++) {
        if (!dg_verb_takes(verb, (enum dg_option)i) || !word_matches(word, &option_rows[i], ret_value))
            continue;
        *ret = (enum dg_option)i;
        return true;
    }
    return false;
}

/* ---- the verb ----------------------------------------------------------------------------------- */

/* True when the word after this option is surely or probably its value: some verb's option of this
 * name takes one, and if another's takes none, the next word is no verb. */
static bool swallows_next(const char *word, const char *next)
{
    bool valued = false, bare = false;
    for (int i = 0; i < DG_OPT_COUNT; i++) {
        const char *value;
        if (!word_matches(word, &option_rows[i], &value))
            continue;
        bool waits = option_rows[i].takes == DG_TAKES_VALUE && value == NULL;
        valued = valued || waits;
        bare = bare || !waits;
    }
    return valued && !(bare && next != NULL && dg_verb_find(next) != NULL);
}

/* The index of the verb; argc when there is none. */
static int verb_index(int argc, char *const argv[])
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            return i + 1;
        if (!is_option(argv[i]))
            return i;
        if (swallows_next(argv[i], i + 1 < argc ? argv[i + 1] : NULL))
            i++;
    }
    return argc;
}

void dg_verb_nearest(const char *word, const char *ret[static 2])
{
    const struct dg_verb *verb;
    size_t count = dg_verbs(&verb);
    unsigned best[2] = {256, 256};

    ret[0] = ret[1] = "";
    for (size_t i = 0; i < count; i++) {
        unsigned distance = dg_text_distance(word, verb[i].name);
        if (distance < best[0]) {
            best[1] = best[0];
            ret[1] = ret[0];
            best[0] = distance;
            ret[0] = verb[i].name;
        } else if (distance < best[1]) {
            best[1] = distance;
            ret[1] = verb[i].name;
        }
    }
}

static enum dg_err unknown_verb(struct dg_cli *cli, const char *word)
{
    const char *near[2];
    dg_verb_nearest(word, near);
    return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s",
                     dg_phrase(cli, DG_MSG_NO_VERB, DG_WORDS(word, near[0], near[1])));
}

/* ---- the whole line ----------------------------------------------------------------------------- */

static enum dg_err unknown_option(struct dg_cli *cli, const char *word)
{
    const struct dg_verb *verb = cli->args.verb;
    const char *near = NULL;
    unsigned best = 4;

    for (int i = 0; i < DG_OPT_COUNT && word[1] == '-'; i++) {
        unsigned distance = dg_text_distance(word + 2, option_rows[i].name);
        if (distance < best && dg_verb_takes(verb, (enum dg_option)i)) {
            best = distance;
            near = option_rows[i].name;
        }
    }
    const char *name = verb != NULL ? verb->name : "donggui";
    const char *text = near != NULL ? dg_phrase(cli, DG_MSG_NEAR_OPTION, DG_WORDS(name, word, near))
                                    : dg_phrase(cli, DG_MSG_NO_OPTION, DG_WORDS(name, word));
    return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", text);
}

/* Two values where one counts are a mistake. A second -n or --color is not: a script's alias has one. */
static bool clashes(const struct dg_cli *cli, enum dg_option option)
{
    const uint64_t many =
        O(NODE) | O(COLOR) | O(REGIME) | O(ORGAN) | O(ATTACH) | O(ATTACHMENT) | O(TERM) | O(WITH);

    return option_rows[option].takes == DG_TAKES_VALUE && (many >> option & 1) == 0 &&
           dg_cli_has(cli, option);
}

static enum dg_err option_take(struct dg_cli *cli, int argc, char *const argv[], int *at)
{
    const char *word = argv[*at], *value;
    enum dg_option option;

    if (!option_find(cli->args.verb, word, &option, &value))
        return unknown_option(cli, word);
    enum dg_takes takes = option_rows[option].takes;
    if (takes == DG_TAKES_VALUE && value == NULL) {
        if (*at + 1 >= argc)
            return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s",
                             dg_phrase(cli, DG_MSG_NEEDS_VALUE, DG_WORDS(word)));
        value = argv[++*at];
    }
    if (takes == DG_TAKES_NOTHING && value != NULL)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", dg_phrase(cli, DG_MSG_TAKES_NONE, DG_WORDS(word)));
    if (clashes(cli, option))
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", dg_phrase(cli, DG_MSG_GIVEN_TWICE, DG_WORDS(word)));
    cli->args.given[cli->args.given_count++] =
        (struct dg_given){.option = option, .value = value != NULL ? value : ""};
    return DG_OK;
}

static enum dg_err words_check(struct dg_cli *cli)
{
    const struct dg_args *args = &cli->args;

    if (args->verb == NULL || dg_cli_has(cli, DG_OPT_HELP))
        return DG_OK;
    if (args->word_count >= args->verb->word_min && args->word_count <= args->verb->word_max)
        return DG_OK;
    const char *usage = args->verb->usage[dg_is_vietnamese(cli)];
    return dg_faultf(&cli->fault, DG_ERR_USAGE, "donggui %s %s", args->verb->name, usage);
}

enum dg_err dg_args_parse(struct dg_cli *cli, int argc, char *const argv[])
{
    if (argc > DG_ARGS_MAX)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", dg_phrase(cli, DG_MSG_TOO_MANY_WORDS, NULL));
    int verb_at = verb_index(argc, argv);
    if (verb_at < argc) {
        cli->args.verb = dg_verb_find(argv[verb_at]);
        if (cli->args.verb == NULL)
            return unknown_verb(cli, argv[verb_at]);
    }
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        if (i == verb_at)
            continue;
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
            continue;
        }
        if (only_words || !is_option(argv[i])) {
            cli->args.word[cli->args.word_count++] = argv[i];
            continue;
        }
        enum dg_err err = option_take(cli, argc, argv, &i);
        if (err != DG_OK)
            return err;
    }
    return words_check(cli);
}

/* ---- values ------------------------------------------------------------------------------------- */

bool dg_duration_parse(const char *text, int64_t *ret_ms)
{
    static const struct {
        char letter;
        int64_t ms;
    } units[] = {{'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    const int64_t max_ms = 366 * INT64_C(86400000);
    size_t size = strlen(text);
    uint64_t number;

    if (size < 2 || !dg_decimal_parse(dg_bytes_at(text, size - 1), &number) || number == 0 || number > 527040)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (text[size - 1] != units[i].letter || (int64_t)number > max_ms / units[i].ms)
            continue;
        *ret_ms = (int64_t)number * units[i].ms;
        return true;
    }
    return false;
}
