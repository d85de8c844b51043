/* cli.h - one call of the program: what was asked, where answers go, and the verbs that answer.
 *
 * A verb is a function in a file of its own, verb_NAME.c, and a row in verbs.def. It prints to
 * cli->out, returns its error and leaves the details in cli->fault; dg_cli_main turns that into the
 * message on stderr and the exit status.
 * Memory:  cli->arena lives for the whole call; verbs need not free what they take from it.
 * Threads: one call, one thread.
 */
#ifndef DG_NODE_CLI_CLI_H
#define DG_NODE_CLI_CLI_H

#include <stdint.h>
#include <stdio.h>

#include "common/bytes.h"
#include "common/fault.h"
#include "common/when.h"

#ifndef DG_VERSION
#define DG_VERSION "0.1.0"
#endif

enum dg_option {
#define X(id, name, letter, takes, placeholder, en, vi) DG_OPT_##id,
#include "node/cli/options.def"
#undef X
    DG_OPT_COUNT
};

struct dg_cli;

/* A row of verbs.def. Texts come in English and Vietnamese. */
struct dg_verb {
    const char *name;
    enum dg_err (*run)(struct dg_cli *cli);
    size_t word_min, word_max;
    uint64_t options; /* bits by enum dg_option */
    const char *usage[2], *help[2];
};

enum { DG_ARGS_MAX = 512 };

/* The command line, taken apart. Borrows argv. */
struct dg_args {
    const struct dg_verb *verb;
    size_t word_count;
    const char *word[DG_ARGS_MAX]; /* arguments after the verb */
    size_t given_count;
    struct dg_given {
        enum dg_option option;
        const char *value; /* "" for one that takes nothing */
    } given[DG_ARGS_MAX];
};

struct dg_cli {
    const char *language; /* "en" or "vi" */
    FILE *out, *err;
    bool colour;
    struct dg_args args;
    struct dg_arena arena;
    struct dg_fault fault;
    const char *where; /* what an error is about: a file, a unit; NULL: the verb */
    bool told;         /* the error that the call ends with has been told already */
};

/* Runs the program; returns its exit status. */
int dg_cli_main(int argc, char **argv);

/* Prepares an empty call in the given language. */
void dg_cli_init(struct dg_cli *cli, const char *language, FILE *out, FILE *err);
/* Frees the call's arena and all that lived in it; the streams stay open. */
void dg_cli_done(struct dg_cli *cli);

/* The value of an option, the last one given; NULL when it was not. */
const char *dg_cli_value(const struct dg_cli *cli, enum dg_option option);
/* True when the option was given. */
bool dg_cli_has(const struct dg_cli *cli, enum dg_option option);
/* The values of an option that may be repeated, in order; returns their count. In arena; NULL only
 * with a count of 0. */
size_t dg_cli_values(struct dg_cli *cli, enum dg_option option, const char *const **ret);
/* The value of an option that must be given. DG_ERR_USAGE. */
enum dg_err dg_cli_need(struct dg_cli *cli, enum dg_option option, const char **ret) DG_MUST_CHECK;
/* The node's directory, from -n or DONGGUI_NODE. DG_ERR_USAGE. */
enum dg_err dg_cli_dir(struct dg_cli *cli, const char **ret) DG_MUST_CHECK;
/* The day that an option names; ret is left alone when it was not given. DG_ERR_BAD_VALUE. */
enum dg_err dg_cli_day(struct dg_cli *cli, enum dg_option option, struct dg_day *ret) DG_MUST_CHECK;
/* Now, by this machine's clock. */
dg_ms dg_cli_now(void);
/* The folder the program lies in, "." when it cannot be known. In arena. */
const char *dg_cli_program_dir(struct dg_cli *cli);

/* The verbs. Returns their count. */
size_t dg_verbs(const struct dg_verb **ret);
/* The verb of that name, NULL when there is none. */
const struct dg_verb *dg_verb_find(const char *name);

#define X(id, name, least, most, options, usage_en, usage_vi, help_en, help_vi)                              \
    enum dg_err dg_verb_##id(struct dg_cli *cli) DG_MUST_CHECK;
#define O(option) 0
#include "node/cli/verbs.def"
#undef O
#undef X

#endif
