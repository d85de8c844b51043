/* say.c - sentences in two languages, colours, complaints, questions. */
#include "node/cli/say.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "proto/report.h"
#include "proto/state_table.h"

static const char *const messages[DG_MSG_COUNT][2] = {
#define X(id, en, vi) [DG_MSG_##id] = {en, vi},
#include "node/cli/messages.def"
#undef X
};

enum { SENTENCE_MAX = 4096 };

/* ---- language ----------------------------------------------------------------------------------- */

int dg_is_vietnamese(const struct dg_cli *cli)
{
    return strcmp(cli->language, "vi") == 0;
}

/* ---- sentences ---------------------------------------------------------------------------------- */

const char *dg_msg(const struct dg_cli *cli, enum dg_msg id)
{
    return messages[id][dg_is_vietnamese(cli)];
}

/* The word that a placeholder {digit} at `at` stands for; NULL when there is no placeholder there. */
static const char *word_at(const char *at, const char *const words[])
{
    if (at[0] != '{' || at[1] < '1' || at[1] > '9' || at[2] != '}')
        return NULL;
    for (char n = '1'; words != NULL && words[n - '1'] != NULL; n++) {
        if (n == at[1])
            return words[n - '1'];
    }
    return "";
}

const char *dg_phrase(struct dg_cli *cli, enum dg_msg id, const char *const words[])
{
    struct dg_buf buf;
    const char *at = dg_msg(cli, id);

    dg_buf_init(&buf, SENTENCE_MAX);
    while (*at != '\0') {
        const char *word = word_at(at, words);
        if (word != NULL)
            dg_buf_add_text(&buf, word);
        else
            dg_buf_add(&buf, at, 1);
        at += word != NULL ? 3 : 1;
    }
    const char *text = dg_arena_string(&cli->arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return text;
}

void dg_say(struct dg_cli *cli, FILE *to, enum dg_msg id, const char *const words[])
{
    fprintf(to, "%s\n", dg_phrase(cli, id, words));
}

const char *dg_as_shown(const struct dg_cli *cli, unsigned as)
{
    switch ((enum dg_as)as) {
    case DG_AS_TO:
        return dg_msg(cli, DG_MSG_AS_TO);
    case DG_AS_COPY:
        return dg_msg(cli, DG_MSG_AS_COPY);
    case DG_AS_OBSERVE:
        return dg_msg(cli, DG_MSG_AS_OBSERVE);
    case DG_AS_VIA:
        return dg_msg(cli, DG_MSG_AS_VIA);
    }
    return "?";
}

const char *dg_state_shown(const struct dg_cli *cli, uint32_t code)
{
    const char *name = dg_is_vietnamese(cli) ? dg_state_name_vi(code) : dg_state_name(code);
    return name != NULL ? name : "?";
}

void dg_local_text(dg_ms at, char ret[static DG_LOCAL_TEXT])
{
    const dg_ms vietnam = 7 * 3600000;
    char instant[DG_INSTANT_TEXT];

    if (at == 0) {
        memcpy(ret, "-", 2);
        return;
    }
    dg_instant_text(at + vietnam, instant);
    instant[10] = ' ';
    memcpy(ret, instant, DG_LOCAL_TEXT - 1);
    ret[DG_LOCAL_TEXT - 1] = '\0';
}

const char *dg_shown(struct dg_arena *arena, struct dg_bytes text)
{
    char *copy = dg_arena_alloc(arena, text.size + 1);

    if (copy == NULL)
        return "";
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    dg_text_tame(copy);
    return copy;
}

/* ---- colour ------------------------------------------------------------------------------------- */

enum dg_err dg_colour_choose(struct dg_cli *cli)
{
    const char *choice = dg_cli_value(cli, DG_OPT_COLOR);
    const char *none = getenv("NO_COLOR");

    if (choice != NULL && (choice[0] == '\0' || strcmp(choice, "always") == 0))
        cli->colour = true;
    else if (choice != NULL && strcmp(choice, "never") == 0)
        cli->colour = false;
    else if (choice != NULL && strcmp(choice, "auto") != 0)
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "--color=%s", choice);
    else
        cli->colour = (none == NULL || none[0] == '\0') && isatty(fileno(cli->out)) == 1;
    return DG_OK;
}

const char *dg_paint(struct dg_cli *cli, enum dg_paint paint, const char *text)
{
    static const char *const codes[] = {
        [DG_PAINT_GOOD] = "32", [DG_PAINT_WARN] = "33", [DG_PAINT_BAD] = "31"};

    return cli->colour ? dg_arena_printf(&cli->arena, "\033[%sm%s\033[0m", codes[paint], text) : text;
}

/* ---- complaints and questions ------------------------------------------------------------------- */

/* A detail of the system's begins with the path it is about, and so may we: once is enough. */
static const char *after_where(const char *text, const char *where)
{
    size_t size = strlen(where);

    return strncmp(text, where, size) == 0 && strncmp(text + size, ": ", 2) == 0 ? text + size + 2 : text;
}

static void complain(struct dg_cli *cli, const struct dg_fault *fault, const char *label)
{
    char text[SENTENCE_MAX], remedy[SENTENCE_MAX];
    const char *where = cli->where;

    if (where == NULL)
        where = cli->args.verb != NULL ? cli->args.verb->name : "call";
    dg_fault_text(fault, cli->language, text, sizeof text);
    dg_fault_remedy(fault, cli->language, remedy, sizeof remedy);
    const char *what = after_where(text, where);
    fprintf(cli->err, "donggui: %s: %s%s (%s)\n", dg_shown(&cli->arena, dg_bytes_of(where)), label, what,
            dg_err_name(fault->err));
    fprintf(cli->err, "    %s\n", remedy);
}

void dg_complain(struct dg_cli *cli, const struct dg_fault *fault)
{
    complain(cli, fault, "");
}

void dg_warn(struct dg_cli *cli, const struct dg_fault *fault)
{
    complain(cli, fault, dg_msg(cli, DG_MSG_WARNING));
}

bool dg_confirm(struct dg_cli *cli, enum dg_msg id, const char *const words[])
{
    char answer[16];

    if (dg_cli_has(cli, DG_OPT_YES))
        return true;
    if (isatty(STDIN_FILENO) != 1 || isatty(fileno(cli->err)) != 1)
        return false;
    fprintf(cli->err, "%s ", dg_phrase(cli, id, words));
    fflush(cli->err);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return false;
    return strchr("yYcC", answer[0]) != NULL && answer[0] != '\0'; /* yes, or có */
}
