/* verb_help.c - help on a verb, or the list of them all. */
#include <string.h>

#include "common/text.h"
#include "node/cli/args.h"
#include "node/cli/say.h"

/* Prints text in a column of width; Vietnamese letters take several bytes each. */
static void padded(FILE *to, const char *text, size_t width)
{
    size_t shown = dg_text_width(dg_bytes_of(text));

    fprintf(to, "  %s%*s", text, (int)(shown < width ? width - shown + 2 : 2), "");
}

static void option_line(struct dg_cli *cli, enum dg_option option)
{
    const struct dg_option_row *row = dg_option_row(option);
    char letter[] = "    ";
    const char *joint = row->takes == DG_TAKES_NOTHING ? "" : row->takes == DG_TAKES_VALUE ? " " : "=";

    if (row->letter != '\0')
        memcpy(letter, (const char[]){'-', row->letter, ',', ' '}, 4);
    padded(cli->out, dg_arena_printf(&cli->arena, "%s--%s%s%s", letter, row->name, joint, row->placeholder),
           36);
    fprintf(cli->out, "%s\n", row->help[dg_is_vietnamese(cli)]);
}

static void help_verb(struct dg_cli *cli, const struct dg_verb *verb)
{
    int language = dg_is_vietnamese(cli);

    fprintf(cli->out, "%s: donggui [-n DIR] %s %s\n\n%s\n\n", dg_msg(cli, DG_MSG_USAGE), verb->name,
            verb->usage[language], verb->help[language]);
    for (int i = 0; i < DG_OPT_COUNT; i++) {
        if (dg_verb_takes(verb, (enum dg_option)i))
            option_line(cli, (enum dg_option)i);
    }
    if (strcmp(verb->name, "push") == 0 || strcmp(verb->name, "explain") == 0)
        fprintf(cli->out, "\n%s\n", dg_msg(cli, DG_MSG_REPORT_FORM));
}

static void help_all(struct dg_cli *cli)
{
    const struct dg_verb *verb;
    size_t count = dg_verbs(&verb);

    fprintf(cli->out, "%s: donggui [-n DIR] %s\n\n", dg_msg(cli, DG_MSG_USAGE), dg_msg(cli, DG_MSG_GRAMMAR));
    for (size_t i = 0; i < count; i++) {
        padded(cli->out, verb[i].name, 14);
        fprintf(cli->out, "%s\n", verb[i].help[dg_is_vietnamese(cli)]);
    }
    fprintf(cli->out, "\n%s\n", dg_msg(cli, DG_MSG_HELP_MORE));
}

enum dg_err dg_verb_HELP(struct dg_cli *cli)
{
    const struct dg_args *args = &cli->args;
    const struct dg_verb *verb = args->verb;

    if (verb != NULL && strcmp(verb->name, "help") == 0) {
        if (args->word_count == 0) {
            help_all(cli);
            return DG_OK;
        }
        const char *near[2];
        verb = dg_verb_find(args->word[0]);
        dg_verb_nearest(args->word[0], near);
        if (verb == NULL)
            return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s",
                             dg_phrase(cli, DG_MSG_NO_VERB, DG_WORDS(args->word[0], near[0], near[1])));
    }
    if (verb != NULL)
        help_verb(cli, verb);
    else
        help_all(cli);
    return DG_OK;
}
