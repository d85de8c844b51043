/* fault_list.c - the mistakes of one file. */
#include "node/conf/fault_list.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

enum { NEAR_MAX = 3, WHAT_SIZE = sizeof((struct dg_fault *)0)->what };

struct phrase {
    const char *en, *code, *vi;
};

static const struct phrase phrases[] = {
#define X(en, code, vi) {en, code, vi},
#include "node/conf/mistakes.def"
#undef X
};

/* --- texts ---------------------------------------------------------------------------------- */

static const struct phrase *find_phrase(const char *en)
{
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (strcmp(phrases[i].en, en) == 0)
            return &phrases[i];
    }
    return NULL;
}

static bool is_vietnamese(const struct dg_fault_list *list)
{
    return list->language != NULL && strcmp(list->language, "vi") == 0;
}

const char *dg_fault_list_word(const struct dg_fault_list *list, const char *en)
{
    const struct phrase *phrase = is_vietnamese(list) ? find_phrase(en) : NULL;
    return phrase != NULL ? phrase->vi : en;
}

/* Fills the text in; what does not fit is cut at a character. The format is the caller's literal or its
 * translation, which takes the same values: a test compares the two. */
static void fill(char ret[static WHAT_SIZE], const char *format, va_list args)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int length = vsnprintf(ret, WHAT_SIZE, format, args);
#pragma GCC diagnostic pop

    if (length < 0)
        ret[0] = '\0';
    if (length >= (int)WHAT_SIZE)
        ret[dg_text_cut(dg_bytes_of(ret), WHAT_SIZE - 2)] = '\0';
}

/* --- the list ------------------------------------------------------------------------------- */

void dg_fault_list_reset(struct dg_fault_list *list, struct dg_arena *arena)
{
    list->arena = arena;
    list->count = list->beyond = list->room = 0;
}

/* Doubles the room. False when there may be no more. */
static bool grow(struct dg_fault_list *list)
{
    if (list->room == 0) {
        list->item = list->first;
        list->hint = list->first_hint;
        list->room = DG_FAULTS_FIRST;
        return true;
    }
    size_t larger = 2 * list->room < DG_FAULTS_MAX ? 2 * list->room : DG_FAULTS_MAX;
    if (list->arena == NULL || list->room == DG_FAULTS_MAX)
        return false;
    struct dg_fault *item = dg_arena_array(list->arena, larger, sizeof *item);
    struct dg_fault_hint *hint = dg_arena_array(list->arena, larger, sizeof *hint);
    if (item == NULL || hint == NULL)
        return false;
    memcpy(item, list->item, list->count * sizeof *item);
    memcpy(hint, list->hint, list->count * sizeof *hint);
    list->item = item;
    list->hint = hint;
    list->room = larger;
    return true;
}

static void append(struct dg_fault_list *list, const struct dg_fault *fault, struct dg_fault_hint hint)
{
    if (list->count == list->room && !grow(list)) {
        list->beyond++;
        return;
    }
    list->item[list->count] = *fault;
    list->hint[list->count++] = hint;
}

/* Where a mistake is, and which one it was. */
struct place {
    uint32_t line, column;
    size_t at;
};

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

void dg_fault_list_sort(struct dg_fault_list *list)
{
    if (list->arena == NULL || list->count < 2)
        return;
    struct place *place = dg_arena_array(list->arena, list->count, sizeof *place);
    struct dg_fault *item = dg_arena_array(list->arena, list->count, sizeof *item);
    struct dg_fault_hint *hint = dg_arena_array(list->arena, list->count, sizeof *hint);
    if (place == NULL || item == NULL || hint == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        place[i] = (struct place){.line = list->item[i].line, .column = list->item[i].column, .at = i};
    qsort(place, list->count, sizeof *place, compare_places);
    for (size_t i = 0; i < list->count; i++) {
        item[i] = list->item[place[i].at];
        hint[i] = list->hint[place[i].at];
    }
    list->item = item;
    list->hint = hint;
    list->room = list->count;
}

/* Puts the finished text of a mistake into the list. */
static void put(struct dg_fault_list *list, enum dg_err err, uint32_t line, uint32_t column, const char *what,
                const struct phrase *phrase)
{
    bool has_code = phrase != NULL && phrase->code != NULL;
    struct dg_fault fault;

    dg_faultf(&fault, err, "%s", what);
    fault.line = line;
    fault.column = column;
    append(list, &fault,
           (struct dg_fault_hint){.code = has_code ? phrase->code : dg_err_name(err),
                                  .told = strlen(fault.what)});
}

void dg_fault_list_say(struct dg_fault_list *list, enum dg_err err, uint32_t line, uint32_t column,
                       const char *what)
{
    put(list, err, line, column, dg_fault_list_word(list, what), find_phrase(what));
}

void dg_fault_list_addv(struct dg_fault_list *list, enum dg_err err, uint32_t line, uint32_t column,
                        const char *format, va_list args)
{
    const struct phrase *phrase = find_phrase(format);
    char what[WHAT_SIZE];

    fill(what, phrase != NULL && is_vietnamese(list) ? phrase->vi : format, args);
    put(list, err, line, column, what, phrase);
}

void dg_fault_list_add(struct dg_fault_list *list, enum dg_err err, uint32_t line, uint32_t column,
                       const char *format, ...)
{
    va_list args;

    va_start(args, format);
    dg_fault_list_addv(list, err, line, column, format, args);
    va_end(args);
}

/* Writes a text of mistakes.def with one or two values. */
static void phrase_text(const struct dg_fault_list *list, char ret[static WHAT_SIZE], const char *en, ...)
{
    va_list args;

    va_start(args, en);
    fill(ret, dg_fault_list_word(list, en), args);
    va_end(args);
}

void dg_fault_list_unknown(struct dg_fault_list *list, enum dg_err err, uint32_t line, uint32_t column,
                           const char *what, const char *word, const char *near)
{
    const struct phrase *phrase = find_phrase(what);
    char told[WHAT_SIZE], meant[WHAT_SIZE] = "";
    struct dg_fault fault;

    assert(phrase != NULL && phrase->code != NULL);
    phrase_text(list, told, "unknown %s \"%s\"", dg_fault_list_word(list, what), word);
    if (near != NULL)
        phrase_text(list, meant, ": did you mean %s?", near);
    dg_faultf(&fault, err, "%s%s", told, meant);
    fault.line = line;
    fault.column = column;
    size_t size = strlen(fault.what), cut = strlen(meant);
    append(list, &fault,
           (struct dg_fault_hint){.code = phrase->code, .told = size > cut ? size - cut : size});
}

const char *dg_near_word(const char *word, const char *const known[], size_t count)
{
    unsigned least = NEAR_MAX + 1;
    const char *nearest = NULL;

    for (size_t i = 0; i < count; i++) {
        unsigned distance = dg_text_distance(word, known[i]);
        if (distance < least && distance < strlen(word)) {
            least = distance;
            nearest = known[i];
        }
    }
    return nearest;
}
