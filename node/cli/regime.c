/* regime.c - adoptions and rules for people and machines. */
#include "node/cli/regime.h"

const char *dg_days_text(struct dg_arena *arena, bool has_from, struct dg_day from, bool has_until,
                         struct dg_day until)
{
    char first[DG_DAY_TEXT] = "…", last[DG_DAY_TEXT] = "…";

    if (has_from)
        dg_day_text(from, first);
    if (has_until)
        dg_day_text(until, last);
    return dg_arena_printf(arena, "%s – %s", first, last);
}

const char *dg_target_text(struct dg_arena *arena, const struct dg_target *target)
{
    const char *place = target->where == DG_WHERE_SAME ? "same"
                        : target->if_superior          ? "parent-if-any"
                                                       : "parent";

    return dg_arena_printf(arena, "%.*s@%s", (int)target->role.size, (const char *)target->role.data, place);
}

/* --- adoptions ------------------------------------------------------------------------------ */

static void json_day(struct dg_json *json, const char *key, bool has, struct dg_day day)
{
    char text[DG_DAY_TEXT];

    if (!has) {
        dg_json_null(json, key);
        return;
    }
    dg_day_text(day, text);
    dg_json_text(json, key, text);
}

void dg_json_adoption(struct dg_json *json, const struct dg_cited *cited)
{
    const struct dg_dir_adoption *adoption = cited->adoption;
    const struct dg_regime *regime = adoption->regime;

    dg_json_maybe(json, "name", regime != NULL ? regime->name : dg_bytes_at(NULL, 0));
    dg_json_maybe(json, "title", regime != NULL ? regime->title : dg_bytes_at(NULL, 0));
    dg_json_hex(json, "hash", adoption->hash.b, sizeof adoption->hash.b);
    dg_json_bytes(json, "unit", cited->regime_unit->slug);
    dg_json_bool(json, "main", adoption->main);
    dg_json_hex(json, "adoption", adoption->id.b, sizeof adoption->id.b);
    dg_json_number(json, "serial", adoption->serial);
    json_day(json, "from", adoption->has_from, adoption->from);
    json_day(json, "until", adoption->has_until, adoption->until);
    json_day(json, "valid_from", regime != NULL && regime->has_from,
             regime != NULL ? regime->from : (struct dg_day){0});
    json_day(json, "valid_until", regime != NULL && regime->has_until,
             regime != NULL ? regime->until : (struct dg_day){0});
}

/* --- rules ---------------------------------------------------------------------------------- */

static void json_words(struct dg_json *json, const char *key, const struct dg_slugs *words)
{
    struct dg_json *list = dg_json_array(json, key);

    for (size_t i = 0; i < words->count; i++)
        dg_json_item_text(list, words->item[i]);
}

static void json_targets(struct dg_arena *arena, struct dg_json *json, const char *key,
                         const struct dg_target *target, size_t count)
{
    struct dg_json *list = dg_json_array(json, key);

    for (size_t i = 0; i < count; i++)
        dg_json_item_text(list, dg_bytes_of(dg_target_text(arena, &target[i])));
}

static void json_periods(struct dg_json *json, uint32_t periods)
{
    static const char *const names[] = {"M", "Q", "H", "9M", "Y"}; /* by the bits of enum dg_cadence */
    struct dg_json *list = dg_json_array(json, "periods");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((periods >> i & 1) != 0)
            dg_json_item_text(list, dg_bytes_of(names[i]));
    }
}

static void json_aggregate(struct dg_arena *arena, struct dg_json *json, const struct dg_rule *rule)
{
    struct dg_json *map = dg_json_object(json, "aggregate");

    if (rule->aggregate_default != 0)
        dg_json_text(map, "default", dg_aggregation_name(rule->aggregate_default));
    for (size_t i = 0; i < rule->aggregate_count; i++)
        dg_json_text(map, dg_arena_string(arena, rule->aggregate[i].name),
                     dg_aggregation_name(rule->aggregate[i].how));
}

void dg_json_rule(struct dg_arena *arena, struct dg_json *json, const struct dg_rule *rule)
{
    static const char *const scopes[] = {"", "all", "owner", "below"}; /* by enum dg_scope */

    dg_json_bytes(json, "id", rule->id);
    dg_json_bytes(json, "cites", rule->cites);
    dg_json_text(json, "scope", scopes[rule->scope]);
    json_words(json, "level", &rule->level);
    json_words(json, "from", &rule->from);
    json_words(json, "except", &rule->except);
    json_words(json, "with", &rule->with);
    dg_json_bytes(json, "kind", rule->kind);
    json_periods(json, rule->periods);
    json_words(json, "matter", &rule->matter);
    json_targets(arena, json, "to", rule->to, rule->to_count);
    json_targets(arena, json, "copy", rule->copy, rule->copy_count);
    json_targets(arena, json, "observe", rule->observe, rule->observe_count);
    if (rule->has_via)
        dg_json_text(json, "via", dg_target_text(arena, &rule->via));
    else
        dg_json_null(json, "via");
    json_words(json, "outline", &rule->outline);
    json_aggregate(arena, json, rule);
}
