/* words.c - words of the data and codes, for people. */
#include "node/cli/words.h"

#include <string.h>

#include "node/cli/say.h"

static const char *find(const char *word)
{
    static const char *const words[][2] = {
#define X(word, vi) {word, vi},
#include "node/cli/words.def"
#undef X
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i][0]) == 0)
            return words[i][1];
    }
    return NULL;
}

const char *dg_word_shown(const struct dg_cli *cli, struct dg_arena *arena, const char *word)
{
    const char *found = dg_is_vietnamese(cli) ? find(word) : NULL;

    return found != NULL ? found : dg_shown(arena, dg_bytes_of(word));
}

const char *dg_code_shown(const struct dg_cli *cli, struct dg_arena *arena, struct dg_bytes code)
{
    const char *name = dg_shown(arena, code), *word = dg_is_vietnamese(cli) ? find(name) : NULL;
    enum dg_err err = dg_err_by_name((const char *)code.data, code.size);
    char text[1024];
    struct dg_fault fault;

    if (!dg_is_vietnamese(cli) || (word == NULL && err == DG_ERR_UNKNOWN))
        return name;
    if (word == NULL) {
        (void)dg_fault(&fault, err);
        dg_fault_text(&fault, cli->language, text, sizeof text);
        word = text;
    }
    return dg_arena_printf(arena, "%s (%s)", word, name);
}
