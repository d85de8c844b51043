/* verb_calendar.c - calendars: check a file, show their dates, issue one. */
#include <string.h>

#include "node/cli/calendar.h"
#include "node/cli/say.h"

static const struct {
    const char *name;
    size_t word_min, word_max;
    enum dg_err (*run)(struct dg_cli *cli);
} parts[] = {
    {"check", 2, 2, dg_calendar_check},
    {"show", 1, 2, dg_calendar_show},
    {"issue", 2, 2, dg_calendar_issue},
};

enum dg_err dg_verb_CALENDAR(struct dg_cli *cli)
{
    const char *part = cli->args.word[0];

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t words = cli->args.word_count;
        if (strcmp(part, parts[i].name) != 0)
            continue;
        if (words >= parts[i].word_min && words <= parts[i].word_max)
            return parts[i].run(cli);
    }
    return dg_faultf(&cli->fault, DG_ERR_USAGE, "donggui calendar %s",
                     cli->args.verb->usage[dg_is_vietnamese(cli)]);
}
