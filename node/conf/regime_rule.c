/* regime_rule.c - one rule of a regime file: who sends what, to whom, and by which article. */
#include "node/conf/regime_rule.h"

#include <string.h>

#include "common/limits.h"
#include "common/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const rule_keys[] = {"id",      "cites", "scope",   "level",    "from", "except",
                                        "with",    "kind",  "periods", "matter",   "to",   "copy",
                                        "observe", "via",   "outline", "aggregate"};
const char *const dg_level_words[DG_LEVEL_COUNT] = {"central", "province", "district",
                                                    "commune", "bloc",     "cell"};
static const char *const scopes[] = {"all", "owner", "below"};    /* by enum dg_scope */
static const char *const cadences[] = {"M", "Q", "H", "9M", "Y"}; /* by the bits of enum dg_cadence */
static const char *const ways[] = {"sum", "last", "none"};        /* by enum dg_aggregation */
static const char *const places[] = {"same", "parent", "parent-if-any"};

/* The position of text among count words, count when it is none of them. */
static size_t position(struct dg_bytes text, const char *const words[], size_t count)
{
    size_t at = 0;

    while (at < count && !dg_bytes_is(text, words[at]))
        at++;
    return at;
}

/* --- words ---------------------------------------------------------------------------------- */

bool dg_check_level(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    (void)context;
    if (dg_level_known(word->text))
        return true;
    dg_fields_unknown(fields, word, "level", dg_level_words, DG_LEVEL_COUNT);
    return false;
}

bool dg_check_slug(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    (void)context;
    if (dg_slug_ok(word->text))
        return true;
    dg_fields_complain(fields, word, "\"%s\" is not a name of a-z, 0-9 and -", (const char *)word->text.data);
    return false;
}

/* context is the known roles. */
static bool check_role(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    const struct dg_known_roles *known = context;

    if (position(word->text, known->item, known->count) < known->count)
        return true;
    dg_fields_unknown(fields, word, "role", known->item, known->count);
    return false;
}

static bool check_cadence(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    (void)context;
    if (position(word->text, cadences, COUNT(cadences)) < COUNT(cadences))
        return true;
    dg_fields_complain(fields, word, "unknown period \"%s\": it is one of M, Q, H, 9M, Y",
                       (const char *)word->text.data);
    return false;
}

static bool check_heading(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    (void)context;
    if (word->text.size <= DG_TITLE_MAX)
        return true;
    dg_fields_complain(fields, word, "a heading is longer than %d bytes", DG_TITLE_MAX);
    return false;
}

/* --- targets -------------------------------------------------------------------------------- */

/* Splits role@place. The role is returned as a node of its own, for a complaint at its place. */
static bool split_target(const struct dg_yaml *word, struct dg_yaml *ret_role, struct dg_yaml *ret_place)
{
    const uint8_t *at = word->text.size == 0 ? NULL : memchr(word->text.data, '@', word->text.size);

    if (at == NULL)
        return false;
    size_t size = (size_t)(at - word->text.data);
    *ret_role = *ret_place = *word;
    ret_role->text = dg_bytes_at(word->text.data, size);
    ret_place->text = dg_bytes_at(at + 1, word->text.size - size - 1);
    ret_place->column += (uint32_t)size + 1;
    return true;
}

static bool read_target(struct dg_fields *fields, const struct dg_yaml *word,
                        const struct dg_known_roles *known, struct dg_target *ret)
{
    struct dg_yaml role, place;

    if (!split_target(word, &role, &place)) {
        dg_fields_complain(fields, word, "\"%s\" must be role@same or role@parent",
                           (const char *)word->text.data);
        return false;
    }
    role.text = dg_arena_copy(fields->arena, role.text); /* for its NUL */
    if (role.text.data == NULL) {
        fields->spent = true;
        return false;
    }
    size_t where = position(place.text, places, COUNT(places));
    if (where == COUNT(places))
        dg_fields_unknown(fields, &place, "place", places, COUNT(places));
    if (!check_role(fields, &role, known) || where == COUNT(places))
        return false;
    *ret = (struct dg_target){
        .role = role.text, .where = where == 0 ? DG_WHERE_SAME : DG_WHERE_PARENT, .if_superior = where == 2};
    return true;
}

/* A target's form is checked by reading it; here it only has to be distinct. */
static bool check_target(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    struct dg_target target;
    return read_target(fields, word, context, &target);
}

static size_t read_targets(struct dg_fields *fields, const struct dg_yaml *rule, const char *key,
                           const struct dg_known_roles *known, struct dg_target **ret)
{
    struct dg_slugs words;

    dg_fields_words(fields, dg_yaml_member(rule, key), DG_RULE_LIST_MAX, check_target, known, &words);
    *ret = dg_fields_array(fields, words.count, sizeof **ret);
    if (*ret == NULL)
        return 0;
    for (size_t i = 0; i < words.count; i++) {
        const struct dg_yaml word = {.text = words.item[i]};
        if (!read_target(fields, &word, known, &(*ret)[i]))
            return i;
    }
    return words.count;
}

static void read_via(struct dg_fields *fields, const struct dg_yaml *rule, const struct dg_known_roles *known,
                     struct dg_rule *ret)
{
    const struct dg_yaml *via = dg_yaml_member(rule, "via");
    struct dg_bytes text;

    if (dg_fields_text(fields, via, DG_ADDRESS_MAX, &text))
        ret->has_via = read_target(fields, via, known, &ret->via);
}

/* --- single values -------------------------------------------------------------------------- */

static bool is_rule_id(struct dg_bytes id)
{
    for (size_t i = 0; i < id.size; i++) {
        uint8_t c = id.data[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && (i == 0 || (c != '.' && c != '-' && c != '_')))
            return false;
    }
    return id.size > 0;
}

static void read_id(struct dg_fields *fields, const struct dg_yaml *rule, struct dg_rule *ret)
{
    const struct dg_yaml *id = dg_fields_member(fields, rule, "id");

    if (dg_fields_text(fields, id, DG_RULE_ID_MAX, &ret->id) && !is_rule_id(ret->id))
        dg_fields_complain(fields, id, "\"%s\" is not an id of letters, digits, '.' and '-'",
                           (const char *)ret->id.data);
}

static void read_kind(struct dg_fields *fields, const struct dg_yaml *rule, struct dg_rule *ret)
{
    dg_fields_kind(fields, dg_fields_member(fields, rule, "kind"), &ret->kind);
}

static void read_scope(struct dg_fields *fields, const struct dg_yaml *rule, struct dg_rule *ret)
{
    const struct dg_yaml *scope = dg_yaml_member(rule, "scope");
    struct dg_bytes text;

    ret->scope = DG_SCOPE_ALL;
    if (!dg_fields_text(fields, scope, DG_SLUG_MAX, &text))
        return;
    size_t at = position(text, scopes, COUNT(scopes));
    if (at < COUNT(scopes))
        ret->scope = (enum dg_scope)(at + 1);
    else
        dg_fields_unknown(fields, scope, "scope", scopes, COUNT(scopes));
}

static void read_periods(struct dg_fields *fields, const struct dg_yaml *rule, struct dg_rule *ret)
{
    struct dg_slugs words;

    dg_fields_words(fields, dg_yaml_member(rule, "periods"), COUNT(cadences), check_cadence, NULL, &words);
    for (size_t i = 0; i < words.count; i++)
        ret->periods |= 1u << position(words.item[i], cadences, COUNT(cadences));
}

/* --- aggregation ---------------------------------------------------------------------------- */

static enum dg_aggregation read_way(struct dg_fields *fields, const struct dg_yaml *node)
{
    struct dg_bytes text;

    if (!dg_fields_text(fields, node, DG_SLUG_MAX, &text))
        return DG_AGGREGATE_SUM;
    size_t at = position(text, ways, COUNT(ways));
    if (at < COUNT(ways))
        return (enum dg_aggregation)(at + 1);
    dg_fields_unknown(fields, node, "aggregation", ways, COUNT(ways));
    return DG_AGGREGATE_SUM;
}

/* One way for every indicator, or a map of them in which `default` is for those not named. */
static void read_aggregate(struct dg_fields *fields, const struct dg_yaml *rule, struct dg_rule *ret)
{
    const struct dg_yaml *node = dg_yaml_member(rule, "aggregate");

    if (node == NULL)
        return;
    if (node->kind == DG_YAML_TEXT) {
        ret->aggregate_default = read_way(fields, node);
        return;
    }
    if (node->kind != DG_YAML_MAP || node->count > DG_RULE_LIST_MAX) {
        dg_fields_complain(fields, node, "aggregate must be one way, or indicator: way, at most %d",
                           DG_RULE_LIST_MAX);
        return;
    }
    ret->aggregate = dg_fields_array(fields, node->count, sizeof *ret->aggregate);
    if (ret->aggregate == NULL)
        return;
    for (const struct dg_yaml *member = node->first; member != NULL; member = member->next) {
        enum dg_aggregation how = read_way(fields, member);
        const struct dg_yaml name = {
            .line = member->key_line, .column = member->key_column, .text = member->key};
        if (dg_bytes_is(member->key, "default"))
            ret->aggregate_default = how;
        else if (dg_check_slug(fields, &name, NULL))
            ret->aggregate[ret->aggregate_count++] = (struct dg_aggregate){member->key, how};
    }
}

/* --- the whole rule ------------------------------------------------------------------------- */

void dg_rule_read(struct dg_fields *fields, const struct dg_yaml *node, const struct dg_known_roles *known,
                  struct dg_rule *ret)
{
    struct dg_rule rule = {0};

    *ret = rule;
    if (node->kind != DG_YAML_MAP) {
        dg_fields_complain(fields, node, "a rule must have keys: id, cites, kind, to, …");
        return;
    }
    dg_fields_keys(fields, node, rule_keys, COUNT(rule_keys), NULL);
    read_id(fields, node, &rule);
    dg_fields_text(fields, dg_fields_member(fields, node, "cites"), DG_CITES_MAX, &rule.cites);
    read_scope(fields, node, &rule);
    read_kind(fields, node, &rule);
    read_periods(fields, node, &rule);
    dg_fields_words(fields, dg_yaml_member(node, "level"), DG_LEVEL_COUNT, dg_check_level, NULL, &rule.level);
    dg_fields_words(fields, dg_yaml_member(node, "from"), DG_RULE_LIST_MAX, check_role, known, &rule.from);
    dg_fields_words(fields, dg_yaml_member(node, "except"), DG_RULE_LIST_MAX, check_role, known,
                    &rule.except);
    dg_fields_words(fields, dg_yaml_member(node, "with"), DG_AUTHORS_MAX - 1, check_role, known, &rule.with);
    dg_fields_words(fields, dg_yaml_member(node, "matter"), DG_MATTERS_MAX, dg_check_slug, NULL,
                    &rule.matter);
    dg_fields_words(fields, dg_yaml_member(node, "outline"), DG_RULE_LIST_MAX, check_heading, NULL,
                    &rule.outline);
    dg_fields_member(fields, node, "to");
    rule.to_count = read_targets(fields, node, "to", known, &rule.to);
    rule.copy_count = read_targets(fields, node, "copy", known, &rule.copy);
    rule.observe_count = read_targets(fields, node, "observe", known, &rule.observe);
    read_via(fields, node, known, &rule);
    read_aggregate(fields, node, &rule);
    dg_rule_check(fields, node, &rule);
    *ret = rule;
}
