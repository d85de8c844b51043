/* yaml_field.c - taking the members of a YAML map one by one. */
#include "node/conf/yaml_field.h"

#include <stdarg.h>
#include <string.h>

/* For suggestions: what is a kind is for dg_kind_known to say. */
static const char *const kinds[] = {"periodic",    "directed",   "urgent",     "flash", "consolidation",
                                    "review",      "evaluation", "notice",     "draft", "appraisal",
                                    "information", "exchange",   "reflection", "joint", "thematic"};

void *dg_fields_array(struct dg_fields *fields, size_t count, size_t item_size)
{
    void *items = dg_arena_array(fields->arena, count, item_size);

    if (items == NULL)
        fields->spent = true;
    return items;
}

void dg_fields_complain(struct dg_fields *fields, const struct dg_yaml *at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    dg_fault_list_addv(fields->faults, fields->err, at->line, at->column, format, args);
    va_end(args);
}

void dg_fields_unknown(struct dg_fields *fields, const struct dg_yaml *word, const char *what,
                       const char *const known[], size_t count)
{
    const char *text = (const char *)word->text.data;

    dg_fault_list_unknown(fields->faults, fields->err, word->line, word->column, what, text,
                          dg_near_word(text, known, count));
}

static bool is_known(struct dg_bytes key, const char *const known[], size_t count, const char *prefix)
{
    if (prefix != NULL && key.size >= strlen(prefix) && memcmp(key.data, prefix, strlen(prefix)) == 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (dg_bytes_is(key, known[i]))
            return true;
    }
    return false;
}

void dg_fields_keys(struct dg_fields *fields, const struct dg_yaml *map, const char *const known[],
                    size_t count, const char *prefix)
{
    for (const struct dg_yaml *member = map->first; member != NULL; member = member->next) {
        struct dg_yaml key = {.line = member->key_line, .column = member->key_column, .text = member->key};
        if (!is_known(member->key, known, count, prefix))
            dg_fields_unknown(fields, &key, "key", known, count);
    }
}

const struct dg_yaml *dg_fields_member(struct dg_fields *fields, const struct dg_yaml *map, const char *key)
{
    const struct dg_yaml *member = dg_yaml_member(map, key);

    if (member == NULL && !fields->cut_short)
        dg_fields_complain(fields, map, "\"%s\" is missing", key);
    return member;
}

/* A key may name the member; an item of a list has none. */
static const char *name_of(const struct dg_fields *fields, const struct dg_yaml *node)
{
    return node->key.size > 0 ? (const char *)node->key.data
                              : dg_fault_list_word(fields->faults, "this item");
}

bool dg_fields_text(struct dg_fields *fields, const struct dg_yaml *node, size_t max, struct dg_bytes *ret)
{
    if (node == NULL)
        return false;
    if (node->kind != DG_YAML_TEXT)
        dg_fields_complain(fields, node, "%s must be text", name_of(fields, node));
    else if (node->text.size == 0)
        dg_fields_complain(fields, node, "%s is empty: give it a value or leave it out",
                           name_of(fields, node));
    else if (node->text.size > max)
        dg_fields_complain(fields, node, "%s is longer than %zu bytes", name_of(fields, node), max);
    else
        *ret = node->text;
    return node->kind == DG_YAML_TEXT && node->text.size > 0 && node->text.size <= max;
}

void dg_fields_kind(struct dg_fields *fields, const struct dg_yaml *node, struct dg_bytes *ret)
{
    if (dg_fields_text(fields, node, SIZE_MAX, ret) && !dg_kind_known(*ret))
        dg_fields_unknown(fields, node, "kind", kinds, sizeof kinds / sizeof *kinds);
}

static bool is_new(const struct dg_slugs *list, struct dg_bytes word)
{
    for (size_t i = 0; i < list->count; i++) {
        if (dg_bytes_equal(list->item[i], word))
            return false;
    }
    return true;
}

static void take_word(struct dg_fields *fields, const struct dg_yaml *word, dg_word_check *check,
                      const void *context, struct dg_slugs *ret)
{
    struct dg_bytes text;

    if (!dg_fields_text(fields, word, SIZE_MAX, &text) || !check(fields, word, context))
        return;
    if (is_new(ret, text))
        ret->item[ret->count++] = text;
    else
        dg_fields_complain(fields, word, "%s is named twice", (const char *)text.data);
}

void dg_fields_words(struct dg_fields *fields, const struct dg_yaml *node, size_t max, dg_word_check *check,
                     const void *context, struct dg_slugs *ret)
{
    size_t count = node == NULL ? 0 : node->kind == DG_YAML_TEXT ? 1 : node->count;

    *ret = (struct dg_slugs){0};
    if (node == NULL)
        return;
    if (node->kind == DG_YAML_MAP) {
        dg_fields_complain(fields, node, "%s must be a list", name_of(fields, node));
        return;
    }
    if (count == 0 || count > max) {
        dg_fields_complain(fields, node, "%s must name 1 to %zu", name_of(fields, node), max);
        return;
    }
    ret->item = dg_fields_array(fields, count, sizeof *ret->item);
    if (ret->item == NULL)
        return;
    if (node->kind == DG_YAML_TEXT) {
        take_word(fields, node, check, context, ret);
        return;
    }
    for (const struct dg_yaml *word = node->first; word != NULL; word = word->next)
        take_word(fields, word, check, context, ret);
}
