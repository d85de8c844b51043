/* fault_list.h - the mistakes of one file, so that a person can mend all of them in one go.
 *
 * A mistake is told in the list's language, has a place, and a word of its own (UNKNOWN_ROLE, DUPLICATE_ID,
 * …) by which scripts know it. The texts stand in mistakes.def.
 */
#ifndef DG_NODE_CONF_FAULT_LIST_H
#define DG_NODE_CONF_FAULT_LIST_H

#include <stdarg.h>

#include "common/bytes.h"
#include "common/fault.h"

enum {
    DG_FAULTS_FIRST = 64, /* kept without an arena */
    DG_FAULTS_MAX =
        32768, /* with one: a file of ten thousand rules may be wrong in each of them, and often */
};

/* What stands beside a mistake. */
struct dg_fault_hint {
    const char *code; /* the mistake's own word, from mistakes.def; that of its err when it has none */
    size_t told;      /* bytes of its `what` before the suggestion that ends it */
};

/* The mistakes of one file. Zeroed, it is an empty list without an arena. */
struct dg_fault_list {
    const char *language;   /* "vi"; anything else, and NULL: English */
    struct dg_arena *arena; /* where more than the first of them are kept; NULL: nowhere */
    size_t count;           /* at most DG_FAULTS_MAX are kept */
    size_t beyond;          /* how many more there were */
    size_t room;
    struct dg_fault *item;
    struct dg_fault_hint *hint;
    struct dg_fault first[DG_FAULTS_FIRST];
    struct dg_fault_hint first_hint[DG_FAULTS_FIRST];
};

/* Empties the list, which grows in arena from now on; the language stays. */
void dg_fault_list_reset(struct dg_fault_list *list, struct dg_arena *arena);
/* Puts the mistakes in the order of their places, those at one place as they were added. Without memory for
 * that they stay as they are. */
void dg_fault_list_sort(struct dg_fault_list *list);
/* Adds a mistake at its place: what in printf form, in English as mistakes.def has it. Beyond the maximum it
 * is only counted. */
void dg_fault_list_add(struct dg_fault_list *list, enum dg_err err, uint32_t line, uint32_t column,
                       const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same with the values as a list. */
void dg_fault_list_addv(struct dg_fault_list *list, enum dg_err err, uint32_t line, uint32_t column,
                        const char *format, va_list args) __attribute__((format(printf, 5, 0)));
/* Adds a text without values, which may come from elsewhere: it is not a format. */
void dg_fault_list_say(struct dg_fault_list *list, enum dg_err err, uint32_t line, uint32_t column,
                       const char *what);
/* Adds that word is no known role, level or whatever `what` says, and the one that was probably meant; near
 * may be NULL. */
void dg_fault_list_unknown(struct dg_fault_list *list, enum dg_err err, uint32_t line, uint32_t column,
                           const char *what, const char *word, const char *near);
/* A text of mistakes.def without values, in the list's language. */
const char *dg_fault_list_word(const struct dg_fault_list *list, const char *en);
/* The word among count known ones that word was probably meant to be, NULL when none is near. */
const char *dg_near_word(const char *word, const char *const known[], size_t count);

#endif
