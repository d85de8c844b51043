/* regime_show.c - which regimes are in force at a unit, who adopted them, and what their rules say. */
#include "node/cli/grid.h"
#include "node/cli/regime.h"
#include "node/cli/view.h"

/* How a regime stands at the unit that is asked about. */
enum standing { STANDS_NOT, STANDS_MAIN, STANDS_INHERITED, STANDS_ADDITIONAL, STANDS_PARENT, STANDS_BELOW };

/* One adoption that is listed. */
struct listed {
    struct dg_cited cited;
    enum standing standing;
    bool own, upward; /* judges what stays within the unit, what goes to its superior */
};

struct showing {
    struct dg_cli *cli;
    const struct dg_dir_unit *unit;
    struct dg_day day;
    struct dg_bytes name; /* empty: all of them */
    size_t count, capacity;
    struct listed *item;
};

/* ---- collecting --------------------------------------------------------------------------------- */

static struct listed *find(struct showing *s, const struct dg_dir_adoption *adoption)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->item[i].cited.adoption == adoption)
            return &s->item[i];
    }
    return NULL;
}

static bool is_asked_for(const struct showing *s, const struct dg_dir_adoption *adoption)
{
    return s->name.size == 0 || (adoption->regime != NULL && dg_bytes_equal(adoption->regime->name, s->name));
}

static struct listed *add(struct showing *s, const struct dg_cited *cited, enum standing standing)
{
    struct listed *there = find(s, cited->adoption);

    if (there != NULL || s->count == s->capacity || !is_asked_for(s, cited->adoption))
        return there;
    there = &s->item[s->count++];
    *there = (struct listed){.cited = *cited, .standing = standing};
    return there;
}

static void collect_own(struct showing *s)
{
    struct dg_cited in_force[DG_REGIMES_PER_REPORT_MAX + 1];
    size_t count = dg_regimes_at(s->unit, s->day, in_force, sizeof in_force / sizeof *in_force);

    for (size_t i = 0; i < count; i++) {
        enum standing standing = !in_force[i].adoption->main          ? STANDS_ADDITIONAL
                                 : in_force[i].regime_unit == s->unit ? STANDS_MAIN
                                                                      : STANDS_INHERITED;
        struct listed *item = add(s, &in_force[i], standing);
        if (item != NULL)
            item->own = true;
    }
}

/* What goes upward is judged by the superior's regimes; at the root by its own. */
static void collect_upward(struct showing *s)
{
    const struct dg_dir_unit *superior = s->unit->parent != NULL ? s->unit->parent : s->unit;
    struct dg_cited in_force[DG_REGIMES_PER_REPORT_MAX + 1];
    size_t count = dg_regimes_at(superior, s->day, in_force, sizeof in_force / sizeof *in_force);

    for (size_t i = 0; i < count; i++) {
        struct listed *item = add(s, &in_force[i], STANDS_PARENT);
        if (item != NULL)
            item->upward = true;
    }
}

/* Whatever else was adopted here and above: what was, what will be, and what has been replaced. */
static void collect_rest(struct showing *s)
{
    const struct dg_dir_unit *unit = s->unit;

    for (size_t depth = 0; unit != NULL && depth < DG_TREE_DEPTH_MAX; depth++, unit = unit->parent) {
        for (size_t i = 0; i < unit->adoption_count; i++) {
            const struct dg_cited cited = {.adoption = &unit->adoption[i], .regime_unit = unit};
            (void)add(s, &cited, STANDS_NOT);
        }
    }
}

/* True when the adoption is one of those in force at the unit that made it. */
static bool is_in_force(const struct showing *s, const struct dg_cited *cited)
{
    struct dg_cited in_force[DG_REGIMES_PER_REPORT_MAX + 1];
    size_t count = dg_regimes_at(cited->regime_unit, s->day, in_force, sizeof in_force / sizeof *in_force);

    for (size_t i = 0; i < count; i++) {
        if (in_force[i].adoption == cited->adoption)
            return true;
    }
    return false;
}

/* A new regime goes up as well as down: what the units below have adopted, in the order of their names. */
static void collect_below(struct showing *s, const struct dg_directory *directory)
{
    for (size_t i = 0; i < directory->unit_count; i++) {
        const struct dg_dir_unit *unit = &directory->unit[i];
        for (size_t k = 0; unit != s->unit && k < unit->adoption_count; k++) {
            const struct dg_cited cited = {.adoption = &unit->adoption[k], .regime_unit = unit};
            if (s->count < s->capacity && is_asked_for(s, cited.adoption) &&
                dg_dir_unit_within(unit, s->unit))
                s->item[s->count++] = (struct listed){
                    .cited = cited, .standing = is_in_force(s, &cited) ? STANDS_BELOW : STANDS_NOT};
        }
    }
}

/* Room for every adoption that is known. */
static enum dg_err make_room(struct showing *s, const struct dg_directory *directory)
{
    for (size_t i = 0; i < directory->unit_count; i++)
        s->capacity += directory->unit[i].adoption_count;
    s->item = dg_arena_array(&s->cli->arena, s->capacity + 1, sizeof *s->item);
    return s->item != NULL ? DG_OK : dg_fault(&s->cli->fault, DG_ERR_NO_MEMORY);
}

/* ---- printing ----------------------------------------------------------------------------------- */

static void print_json(const struct showing *s, const struct listed *item)
{
    static const char *const standings[] = {"none", "main", "inherited", "additional", "parent", "below"};
    const struct dg_regime *regime = item->cited.adoption->regime;
    struct dg_json *json = dg_json_new();
    char day[DG_DAY_TEXT];

    dg_day_text(s->day, day);
    dg_json_bytes(json, "at", s->unit->slug);
    dg_json_text(json, "asof", day);
    dg_json_bool(json, "in_force", item->standing != STANDS_NOT);
    dg_json_text(json, "standing", standings[item->standing]);
    struct dg_json *judges = dg_json_array(json, "judges");
    if (item->own)
        dg_json_item_text(judges, dg_bytes_of("within"));
    if (item->upward)
        dg_json_item_text(judges, dg_bytes_of("upward"));
    dg_json_adoption(json, &item->cited);
    struct dg_json *rules = dg_json_array(json, "rules");
    for (size_t i = 0; regime != NULL && i < regime->rule_count; i++)
        dg_json_rule(&s->cli->arena, dg_json_item(rules), &regime->rule[i]);
    dg_json_print(json, s->cli->out);
}

static const char *judges_shown(const struct dg_cli *cli, const struct listed *item)
{
    if (item->own && item->upward)
        return dg_msg(cli, DG_MSG_JUDGES_BOTH);
    if (item->own)
        return dg_msg(cli, DG_MSG_JUDGES_OWN);
    return item->upward ? dg_msg(cli, DG_MSG_JUDGES_UPWARD) : "-";
}

static void print_row(const struct showing *s, struct dg_grid *grid, const struct listed *item)
{
    static const enum dg_msg standings[] = {DG_MSG_STANDS_NOT,       DG_MSG_STANDS_MAIN,
                                            DG_MSG_STANDS_INHERITED, DG_MSG_STANDS_ADDITIONAL,
                                            DG_MSG_STANDS_PARENT,    DG_MSG_STANDS_BELOW};
    const struct dg_dir_adoption *adoption = item->cited.adoption;
    const struct dg_regime *regime = adoption->regime;
    struct dg_arena *arena = &s->cli->arena;
    char hash[DG_HEX_BYTES];

    dg_hex(adoption->hash.b, sizeof adoption->hash.b, hash);
    dg_grid_row(grid, (const char *const[]){
                          regime != NULL ? dg_shown(arena, regime->name) : dg_msg(s->cli, DG_MSG_NO_BYTES),
                          dg_msg(s->cli, standings[item->standing]),
                          judges_shown(s->cli, item),
                          dg_shown(arena, item->cited.regime_unit->slug),
                          dg_arena_printf(arena, "%u", (unsigned)adoption->serial),
                          dg_days_text(arena, adoption->has_from, adoption->from, adoption->has_until,
                                       adoption->until),
                          regime == NULL ? "-"
                                         : dg_days_text(arena, regime->has_from, regime->from,
                                                        regime->has_until, regime->until),
                          dg_arena_printf(arena, "%zu", regime != NULL ? regime->rule_count : 0),
                          dg_arena_printf(arena, "%.12s", hash),
                      });
}

static enum dg_err print_text(const struct showing *s)
{
    static const enum dg_msg heading[] = {DG_MSG_H_REGIME,     DG_MSG_H_STANDS, DG_MSG_H_JUDGES,
                                          DG_MSG_H_ADOPTED_BY, DG_MSG_H_SERIAL, DG_MSG_H_DAYS,
                                          DG_MSG_H_VALID,      DG_MSG_H_RULES,  DG_MSG_H_ID};
    struct dg_grid *grid = dg_grid_new(s->cli, heading, sizeof heading / sizeof *heading);
    char day[DG_DAY_TEXT];

    dg_day_text(s->day, day);
    dg_say(s->cli, s->cli->out, DG_MSG_REGIMES_OF, DG_WORDS(dg_shown(&s->cli->arena, s->unit->slug), day));
    for (size_t i = 0; i < s->count; i++)
        print_row(s, grid, &s->item[i]);
    return dg_grid_print(grid);
}

/* ---- rules for people --------------------------------------------------------------------------- */

static const char *joined(struct dg_arena *arena, const struct dg_slugs *words)
{
    const char *text = "";

    for (size_t i = 0; i < words->count; i++)
        text = dg_arena_printf(arena, "%s%s%s", text, i > 0 ? ", " : "", dg_shown(arena, words->item[i]));
    return text;
}

static const char *targets(struct dg_arena *arena, const struct dg_target *target, size_t count)
{
    const char *text = count == 0 ? "-" : "";

    for (size_t i = 0; i < count; i++)
        text = dg_arena_printf(arena, "%s%s%s", text, i > 0 ? ", " : "", dg_target_text(arena, &target[i]));
    return text;
}

static const char *authors(struct dg_cli *cli, const struct dg_rule *rule)
{
    const char *with = rule->with.count == 0 ? "" : joined(&cli->arena, &rule->with);
    const char *who = rule->from.count > 0 ? joined(&cli->arena, &rule->from)
                      : rule->except.count > 0
                          ? dg_phrase(cli, DG_MSG_ANY_ORGAN_BUT, DG_WORDS(joined(&cli->arena, &rule->except)))
                          : dg_msg(cli, DG_MSG_ANY_ORGAN);

    return with[0] == '\0' ? who : dg_arena_printf(&cli->arena, "%s + %s", who, with);
}

static enum dg_err print_rules(const struct showing *s, const struct dg_regime *regime)
{
    static const enum dg_msg heading[] = {DG_MSG_H_RULE, DG_MSG_H_KIND,    DG_MSG_H_FROM, DG_MSG_H_RECEIVES,
                                          DG_MSG_H_COPY, DG_MSG_H_THROUGH, DG_MSG_H_BY};
    struct dg_arena *arena = &s->cli->arena;
    struct dg_grid *grid = dg_grid_new(s->cli, heading, sizeof heading / sizeof *heading);

    for (size_t i = 0; i < regime->rule_count; i++) {
        const struct dg_rule *rule = &regime->rule[i];
        const char *copies = targets(arena, rule->copy, rule->copy_count);
        if (rule->observe_count > 0)
            copies = dg_arena_printf(arena, "(%s)", targets(arena, rule->observe, rule->observe_count));
        dg_grid_row(grid,
                    (const char *const[]){dg_shown(arena, rule->id), dg_shown(arena, rule->kind),
                                          authors(s->cli, rule), targets(arena, rule->to, rule->to_count),
                                          copies, rule->has_via ? dg_target_text(arena, &rule->via) : "-",
                                          dg_shown(arena, rule->cites)});
    }
    return dg_grid_print(grid);
}

/* ---- the verb ----------------------------------------------------------------------------------- */

static enum dg_err print(const struct showing *s)
{
    if (dg_cli_has(s->cli, DG_OPT_JSON)) {
        for (size_t i = 0; i < s->count; i++)
            print_json(s, &s->item[i]);
        return DG_OK;
    }
    enum dg_err err = print_text(s);
    for (size_t i = 0; err == DG_OK && s->name.size > 0 && i < s->count; i++) {
        const struct dg_regime *regime = s->item[i].cited.adoption->regime;
        if (i == 0 || !dg_hash_equal(&s->item[i].cited.adoption->hash, &s->item[i - 1].cited.adoption->hash))
            err = print_rules(s, regime);
    }
    return err;
}

static enum dg_err unit_find(struct showing *s, struct dg_view *view, const struct dg_directory *directory)
{
    const char *slug = dg_cli_value(s->cli, DG_OPT_UNIT);

    if (slug == NULL)
        return dg_view_self(s->cli, view, directory, &s->unit);
    s->unit = dg_directory_unit(directory, dg_bytes_of(slug));
    return s->unit != NULL ? DG_OK : dg_faultf(&s->cli->fault, DG_ERR_NOT_FOUND, "--unit %s", slug);
}

static enum dg_err show(struct showing *s, struct dg_view *view)
{
    struct dg_directory directory;
    char day[DG_DAY_TEXT];

    enum dg_err err = dg_view_directory(s->cli, view, &directory);
    if (err == DG_OK)
        err = unit_find(s, view, &directory);
    if (err == DG_OK)
        err = make_room(s, &directory);
    if (err != DG_OK)
        return err;
    collect_own(s);
    collect_upward(s);
    if (dg_cli_has(s->cli, DG_OPT_ALL)) {
        collect_rest(s);
        collect_below(s, &directory);
    }
    if (s->count > 0 || s->name.size == 0)
        return print(s);
    dg_day_text(s->day, day);
    return dg_faultf(
        &s->cli->fault, DG_ERR_NOT_FOUND, "%s",
        dg_phrase(s->cli, DG_MSG_NO_SUCH_REGIME,
                  DG_WORDS(dg_shown(&s->cli->arena, s->name), dg_shown(&s->cli->arena, s->unit->slug), day)));
}

enum dg_err dg_regime_show(struct dg_cli *cli)
{
    struct showing s = {.cli = cli, .day = dg_day_of(dg_cli_now())};
    struct dg_view view;

    enum dg_err err = dg_cli_day(cli, DG_OPT_ASOF, &s.day);
    if (err != DG_OK)
        return err;
    if (cli->args.word_count > 1)
        s.name = dg_bytes_of(cli->args.word[1]);
    err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &view, show(&s, &view));
}
