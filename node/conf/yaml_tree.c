/* yaml_tree.c - libyaml's events, made into a tree with bounds.
 *
 * The recursion is as deep as the file's nesting, which is bounded before the next step down.
 */
#include "node/conf/yaml_tree.h"

#include <string.h>

#include <yaml.h>

#include "common/text.h"

struct reader {
    yaml_parser_t parser;
    struct dg_arena *arena;
    struct dg_fault_list *faults;
    enum dg_err err; /* of every fault */
    uint32_t first_line;
    size_t nodes, depth;
    bool stopped; /* nothing after this point can be read */
};

static uint32_t line_of(const struct reader *reader, const yaml_mark_t *mark)
{
    return (uint32_t)mark->line + reader->first_line;
}

static uint32_t column_of(const yaml_mark_t *mark)
{
    return (uint32_t)mark->column + 1;
}

static void complain(struct reader *reader, const yaml_mark_t *mark, const char *what)
{
    dg_fault_list_say(reader->faults, reader->err, line_of(reader, mark), column_of(mark), what);
}

static void stop(struct reader *reader, const yaml_mark_t *mark, const char *what)
{
    complain(reader, mark, what);
    reader->stopped = true;
}

/* Takes the next event. False at a mistake of syntax, after which there is no next one. */
static bool next_event(struct reader *reader, yaml_event_t *ret)
{
    const char *problem;

    if (reader->stopped)
        return false;
    if (yaml_parser_parse(&reader->parser, ret) == 1)
        return true;
    problem = reader->parser.problem;
    const yaml_mark_t *mark = &reader->parser.problem_mark;
    dg_fault_list_add(reader->faults, reader->err, line_of(reader, mark), column_of(mark),
                      "this is not YAML: %s", problem != NULL ? problem : "?");
    reader->stopped = true;
    return false;
}

/* --- nodes ---------------------------------------------------------------------------------- */

static struct dg_yaml *new_node(struct reader *reader, const yaml_mark_t *mark, enum dg_yaml_kind kind)
{
    struct dg_yaml *node;

    if (reader->nodes++ >= DG_YAML_NODES_MAX) {
        stop(reader, mark, "too many values");
        return NULL;
    }
    node = dg_arena_alloc(reader->arena, sizeof *node);
    if (node == NULL) {
        reader->stopped = true;
        return NULL;
    }
    node->kind = kind;
    node->line = line_of(reader, mark);
    node->column = column_of(mark);
    return node;
}

static void refuse_marks(struct reader *reader, const yaml_event_t *event, const yaml_char_t *anchor,
                         const yaml_char_t *tag)
{
    if (anchor != NULL)
        complain(reader, &event->start_mark, "anchors (&) are not allowed: write the value out");
    if (tag != NULL)
        complain(reader, &event->start_mark, "tags (!) are not allowed: every value is text");
}

/* An escape in a quoted scalar can smuggle in what the check of the whole file did not see. */
static struct dg_yaml *read_text(struct reader *reader, const yaml_event_t *event)
{
    struct dg_bytes text = dg_bytes_at(event->data.scalar.value, event->data.scalar.length);
    struct dg_fault flaw = {0};
    struct dg_yaml *node = new_node(reader, &event->start_mark, DG_YAML_TEXT);

    refuse_marks(reader, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (node == NULL)
        return NULL;
    enum dg_err err = dg_text_check(text, DG_TEXT_LINE, &flaw);
    if (err == DG_ERR_NO_MEMORY) {
        reader->stopped = true;
        return NULL;
    }
    if (err != DG_OK) {
        dg_fault_list_add(reader->faults, reader->err, node->line, node->column,
                          "not one line of clean text: %s", flaw.what);
        text = dg_bytes_of("");
    }
    node->text = dg_arena_copy(reader->arena, text);
    if (node->text.data == NULL)
        reader->stopped = true;
    return node;
}

static struct dg_yaml *read_node(struct reader *reader, yaml_event_t *event);

/* Reads children up to the event that ends the list. */
static void read_list(struct reader *reader, struct dg_yaml *list)
{
    struct dg_yaml **tail = &list->first;
    yaml_event_t event;

    while (next_event(reader, &event)) {
        bool is_end = event.type == YAML_SEQUENCE_END_EVENT;
        struct dg_yaml *item = is_end ? NULL : read_node(reader, &event);
        yaml_event_delete(&event);
        if (item == NULL)
            return;
        *tail = item;
        tail = &item->next;
        list->count++;
    }
}

static bool key_is_new(struct reader *reader, const struct dg_yaml *map, const struct dg_yaml *key)
{
    for (const struct dg_yaml *member = map->first; member != NULL; member = member->next) {
        if (!dg_bytes_equal(member->key, key->text))
            continue;
        dg_fault_list_add(reader->faults, reader->err, key->line, key->column,
                          "%s is given twice, first in line %u", (const char *)key->text.data,
                          (unsigned)member->key_line);
        return false;
    }
    return true;
}

/* Reads the value of key. NULL when reading stopped. */
static struct dg_yaml *read_value(struct reader *reader, const struct dg_yaml *key)
{
    yaml_event_t event;

    if (!next_event(reader, &event))
        return NULL;
    struct dg_yaml *value = read_node(reader, &event);
    yaml_event_delete(&event);
    if (value == NULL)
        return NULL;
    value->key = key->text;
    value->key_line = key->line;
    value->key_column = key->column;
    return value;
}

/* Takes the key that event begins, which must be text. */
static struct dg_yaml *read_key(struct reader *reader, const struct dg_yaml *map, const yaml_event_t *event)
{
    if (event->type != YAML_SCALAR_EVENT) {
        stop(reader, &event->start_mark, "a key must be a word");
        return NULL;
    }
    if (map->count == DG_YAML_MEMBERS_MAX) {
        stop(reader, &event->start_mark, "too many keys");
        return NULL;
    }
    return read_text(reader, event);
}

static void read_map(struct reader *reader, struct dg_yaml *map)
{
    struct dg_yaml **tail = &map->first;
    yaml_event_t event;

    while (next_event(reader, &event)) {
        bool is_end = event.type == YAML_MAPPING_END_EVENT;
        struct dg_yaml *key = is_end ? NULL : read_key(reader, map, &event);
        yaml_event_delete(&event);
        struct dg_yaml *value = key == NULL ? NULL : read_value(reader, key);
        if (value == NULL)
            return;
        if (!key_is_new(reader, map, key))
            continue;
        *tail = value;
        tail = &value->next;
        map->count++;
    }
}

static struct dg_yaml *read_children(struct reader *reader, const yaml_event_t *event, enum dg_yaml_kind kind)
{
    struct dg_yaml *node = new_node(reader, &event->start_mark, kind);

    if (node == NULL)
        return NULL;
    if (reader->depth == DG_YAML_DEPTH_MAX) {
        stop(reader, &event->start_mark, "nested too deeply");
        return NULL;
    }
    reader->depth++;
    if (kind == DG_YAML_LIST)
        read_list(reader, node);
    else
        read_map(reader, node);
    reader->depth--;
    return node;
}

/* Reads the node that event begins. An alias is a mistake but reads as empty text, so that the rest
 * of the file is still looked at. */
static struct dg_yaml *read_node(struct reader *reader, yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT)
        return read_text(reader, event);
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        refuse_marks(reader, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        return read_children(reader, event, DG_YAML_LIST);
    }
    if (event->type == YAML_MAPPING_START_EVENT) {
        refuse_marks(reader, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        return read_children(reader, event, DG_YAML_MAP);
    }
    if (event->type != YAML_ALIAS_EVENT) {
        stop(reader, &event->start_mark, "a value is missing");
        return NULL;
    }
    complain(reader, &event->start_mark, "aliases (*) are not allowed: write the value out");
    struct dg_yaml *node = new_node(reader, &event->start_mark, DG_YAML_TEXT);
    if (node != NULL)
        node->text = dg_bytes_of("");
    return node;
}

/* --- documents ------------------------------------------------------------------------------ */

/* Reads from the stream's start to its end; there is one document between them. */
static struct dg_yaml *read_stream(struct reader *reader)
{
    struct dg_yaml *root = NULL;
    yaml_event_t event;
    bool is_end = false;

    while (!is_end && next_event(reader, &event)) {
        is_end = event.type == YAML_STREAM_END_EVENT;
        bool is_frame = is_end || event.type == YAML_STREAM_START_EVENT ||
                        event.type == YAML_DOCUMENT_START_EVENT || event.type == YAML_DOCUMENT_END_EVENT;
        if (is_end && root == NULL)
            stop(reader, &event.start_mark, "there is nothing here");
        else if (!is_frame && root == NULL)
            root = read_node(reader, &event);
        else if (!is_frame)
            stop(reader, &event.start_mark, "a second document is not allowed");
        yaml_event_delete(&event);
    }
    return root;
}

struct dg_yaml *dg_yaml_read_part(struct dg_arena *arena, struct dg_bytes text, uint32_t first_line,
                                  enum dg_err err, struct dg_fault_list *faults, bool *ret_whole)
{
    struct reader reader = {.arena = arena, .faults = faults, .err = err, .first_line = first_line};

    *ret_whole = false;
    if (yaml_parser_initialize(&reader.parser) != 1)
        return NULL;
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, text.size == 0 ? (const uint8_t *)"" : text.data, text.size);
    struct dg_yaml *root = read_stream(&reader);
    yaml_parser_delete(&reader.parser);
    *ret_whole = !reader.stopped;
    return root;
}

struct dg_yaml *dg_yaml_read(struct dg_arena *arena, struct dg_bytes text, uint32_t first_line,
                             enum dg_err err, struct dg_fault_list *faults)
{
    bool whole;
    struct dg_yaml *root = dg_yaml_read_part(arena, text, first_line, err, faults, &whole);

    return whole ? root : NULL;
}

const struct dg_yaml *dg_yaml_member(const struct dg_yaml *map, const char *key)
{
    if (map->kind != DG_YAML_MAP)
        return NULL;
    for (const struct dg_yaml *member = map->first; member != NULL; member = member->next) {
        if (dg_bytes_is(member->key, key))
            return member;
    }
    return NULL;
}
