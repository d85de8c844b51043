/* verb_regime.c - regimes: check their files, show which are in force, adopt one. */
#include <string.h>

#include "node/cli/regime.h"

static const struct {
    const char *name;
    size_t word_min, word_max;
    enum dg_err (*run)(struct dg_cli *cli);
} parts[] = {
    {"check", 2, 65, dg_regime_check},
    {"show", 1, 2, dg_regime_show},
    {"adopt", 2, 2, dg_regime_adopt},
};

enum dg_err dg_verb_REGIME(struct dg_cli *cli)
{
    const char *part = cli->args.word[0];

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t words = cli->args.word_count;
        if (strcmp(part, parts[i].name) != 0)
            continue;
        if (words >= parts[i].word_min && words <= parts[i].word_max)
            return parts[i].run(cli);
    }
    return dg_faultf(&cli->fault, DG_ERR_USAGE, "donggui regime %s",
                     cli->args.verb->usage[dg_is_vietnamese(cli)]);
}
