/* known.c - unknown names are refused with the nearest ones. */
#include "node/cli/known.h"

#include <string.h>

#include "common/text.h"
#include "common/when.h"
#include "node/cli/say.h"

enum { NEAREST = 2 };

/* A name that is looked for among others. */
struct search {
    struct dg_cli *cli;
    struct dg_bytes wanted;
    const char *text;
    bool found;
    const char *near[NEAREST]; /* the nearest so far first; NULL: none */
    unsigned distance[NEAREST];
};

static struct search search_for(struct dg_cli *cli, struct dg_bytes wanted)
{
    return (struct search){.cli = cli, .wanted = wanted, .text = dg_arena_string(&cli->arena, wanted)};
}

static void compare(struct search *s, struct dg_bytes name)
{
    const char *text = dg_shown(&s->cli->arena, name);
    unsigned distance = dg_text_distance(s->text, text);
    size_t at = NEAREST;

    s->found = s->found || dg_bytes_equal(s->wanted, name);
    for (size_t i = 0; i < NEAREST; i++) {
        if (s->near[i] != NULL && strcmp(s->near[i], text) == 0)
            return;
        if (at == NEAREST && (s->near[i] == NULL || distance < s->distance[i]))
            at = i;
    }
    for (size_t i = NEAREST; i-- > at + 1;) {
        s->near[i] = s->near[i - 1];
        s->distance[i] = s->distance[i - 1];
    }
    if (at < NEAREST) {
        s->near[at] = text;
        s->distance[at] = distance;
    }
}

static enum dg_err conclude(struct search *s, enum dg_msg unknown)
{
    const char *near = s->near[0] != NULL ? s->near[0] : "-";

    if (s->found)
        return DG_OK;
    if (s->near[1] != NULL)
        near = dg_arena_printf(&s->cli->arena, "%s, %s", s->near[0], s->near[1]);
    return dg_faultf(&s->cli->fault, DG_ERR_NOT_FOUND, "%s",
                     dg_phrase(s->cli, unknown, DG_WORDS(s->text, near)));
}

enum dg_err dg_known_unit(struct dg_cli *cli, const struct dg_directory *directory, struct dg_bytes slug)
{
    struct search s = search_for(cli, slug);

    for (size_t i = 0; i < directory->unit_count; i++)
        compare(&s, directory->unit[i].slug);
    return conclude(&s, DG_MSG_UNKNOWN_UNIT);
}

enum dg_err dg_known_organ(struct dg_cli *cli, const struct dg_directory *directory, struct dg_bytes unit,
                           struct dg_bytes slug)
{
    struct search s = search_for(cli, slug);

    for (size_t i = 0; i < directory->unit_count; i++) {
        const struct dg_dir_unit *at = &directory->unit[i];
        if (unit.size > 0 && !dg_bytes_equal(at->slug, unit))
            continue;
        s.found = s.found || at->partial;
        for (size_t k = 0; k < at->organ_count; k++)
            compare(&s, at->organ[k].slug);
    }
    return conclude(&s, DG_MSG_UNKNOWN_ORGAN);
}

enum dg_err dg_known_rule(struct dg_cli *cli, const struct dg_directory *directory, struct dg_bytes id)
{
    struct search s = search_for(cli, id);

    for (size_t i = 0; i < directory->unit_count; i++) {
        const struct dg_dir_unit *unit = &directory->unit[i];
        for (size_t k = 0; k < unit->adoption_count && !s.found; k++) {
            const struct dg_regime *regime = unit->adoption[k].regime;
            for (size_t r = 0; regime != NULL && r < regime->rule_count; r++)
                compare(&s, regime->rule[r].id);
        }
    }
    return conclude(&s, DG_MSG_UNKNOWN_RULE);
}

enum dg_err dg_known_period(struct dg_cli *cli, struct dg_bytes text)
{
    struct dg_period period;

    if (dg_period_parse(text, &period))
        return DG_OK;
    return dg_faultf(&cli->fault, DG_ERR_BAD_PERIOD, "%s", dg_arena_string(&cli->arena, text));
}
