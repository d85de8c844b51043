/* cli.c - one call of the program, from argv to exit status. */
#include "node/cli/cli.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/crypto.h"
#include "node/cli/args.h"
#include "node/cli/say.h"
#include "node/shell/log.h"

#define O(option) (UINT64_C(1) << DG_OPT_##option)
static const struct dg_verb verbs[] = {
#define X(id, name, least, most, options, usage_en, usage_vi, help_en, help_vi)                              \
    {name, dg_verb_##id, least, most, options, {usage_en, usage_vi}, {help_en, help_vi}},
#include "node/cli/verbs.def"
#undef X
};
#undef O

size_t dg_verbs(const struct dg_verb **ret)
{
    *ret = verbs;
    return sizeof verbs / sizeof verbs[0];
}

const struct dg_verb *dg_verb_find(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

/* ---- what was asked ----------------------------------------------------------------------------- */

const char *dg_cli_value(const struct dg_cli *cli, enum dg_option option)
{
    for (size_t i = cli->args.given_count; i > 0; i--) {
        if (cli->args.given[i - 1].option == option)
            return cli->args.given[i - 1].value;
    }
    return NULL;
}

bool dg_cli_has(const struct dg_cli *cli, enum dg_option option)
{
    return dg_cli_value(cli, option) != NULL;
}

size_t dg_cli_values(struct dg_cli *cli, enum dg_option option, const char *const **ret)
{
    const char **values = dg_arena_array(&cli->arena, cli->args.given_count + 1, sizeof *values);
    size_t count = 0;

    for (size_t i = 0; values != NULL && i < cli->args.given_count; i++) {
        if (cli->args.given[i].option == option)
            values[count++] = cli->args.given[i].value;
    }
    *ret = values;
    return count;
}

enum dg_err dg_cli_need(struct dg_cli *cli, enum dg_option option, const char **ret)
{
    const char *value = dg_cli_value(cli, option);

    if (value == NULL || value[0] == '\0')
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s",
                         dg_phrase(cli, DG_MSG_OPTION_MISSING, DG_WORDS(dg_option_row(option)->name)));
    *ret = value;
    return DG_OK;
}

enum dg_err dg_cli_dir(struct dg_cli *cli, const char **ret)
{
    const char *dir = dg_cli_value(cli, DG_OPT_NODE);

    if (dir == NULL)
        dir = getenv("DONGGUI_NODE");
    if (dir == NULL || dir[0] == '\0')
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", dg_msg(cli, DG_MSG_NO_NODE));
    *ret = dir;
    return DG_OK;
}

enum dg_err dg_cli_day(struct dg_cli *cli, enum dg_option option, struct dg_day *ret)
{
    const char *text = dg_cli_value(cli, option);

    if (text != NULL && !dg_day_parse(dg_bytes_of(text), ret))
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "--%s %s", dg_option_row(option)->name, text);
    return DG_OK;
}

dg_ms dg_cli_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (dg_ms)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *dg_cli_program_dir(struct dg_cli *cli)
{
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);

    if (size <= 0)
        return ".";
    path[size] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    *slash = '\0';
    return dg_arena_string(&cli->arena, dg_bytes_of(path));
}

/* ---- the call ----------------------------------------------------------------------------------- */

void dg_cli_init(struct dg_cli *cli, const char *language, FILE *out, FILE *err)
{
    *cli = (struct dg_cli){.language = language, .out = out, .err = err};
    dg_arena_init(&cli->arena, 0);
}

void dg_cli_done(struct dg_cli *cli)
{
    dg_arena_done(&cli->arena);
}

/* A function without a fault to fill has left one of an earlier call, or none. */
static enum dg_err settled(struct dg_cli *cli, enum dg_err err)
{
    if (err != DG_OK && cli->fault.err != err)
        (void)dg_fault(&cli->fault, err);
    return err;
}

/* What was printed must have arrived: a full disk under `> file` is a failure like any other. */
static enum dg_err flush(struct dg_cli *cli)
{
    if (fflush(cli->out) == 0 && ferror(cli->out) == 0)
        return DG_OK;
    cli->where = dg_msg(cli, DG_MSG_STDOUT);
    return dg_faultf(&cli->fault, DG_ERR_SYSTEM, "%s", dg_msg(cli, DG_MSG_NOT_WRITTEN));
}

static enum dg_err run(struct dg_cli *cli, int argc, char **argv)
{
    enum dg_err err = dg_args_parse(cli, argc, argv);
    if (err == DG_OK)
        err = dg_colour_choose(cli);
    if (err != DG_OK)
        return err;
    if (dg_cli_has(cli, DG_OPT_VERSION)) {
        fprintf(cli->out, "donggui %s\n", DG_VERSION);
        return DG_OK;
    }
    if (dg_cli_has(cli, DG_OPT_HELP))
        return dg_verb_HELP(cli);
    if (cli->args.verb == NULL)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", dg_msg(cli, DG_MSG_VERB_MISSING));
    err = dg_crypto_start(&cli->fault);
    return err == DG_OK ? cli->args.verb->run(cli) : err;
}

int dg_cli_main(int argc, char **argv)
{
    struct dg_cli *cli = malloc(sizeof *cli); /* the argument lists are large for a small stack */
    if (cli == NULL)
        return dg_err_exit(DG_ERR_NO_MEMORY);

    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* else libsmartcols prints \x.. for every Vietnamese letter */
    dg_cli_init(cli, dg_language(), stdout, stderr);
    enum dg_err err = settled(cli, run(cli, argc, argv));
    if (err == DG_OK)
        err = flush(cli);
    else
        (void)fflush(cli->out);
    if (err != DG_OK && !cli->told)
        dg_complain(cli, &cli->fault);
    dg_cli_done(cli);
    free(cli);
    return dg_err_exit(err);
}
