/* fault_list.c - the mistakes of one file, in order of their place. */
#include "node/conf/fault_list.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

enum { NEAR_MAX = 3 };

static bool is_before(const struct dg_fault *a, const struct dg_fault *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void dg_fault_list_add(struct dg_fault_list *list, enum dg_err err, uint32_t line, uint32_t column,
                       const char *format, ...)
{
    char what[sizeof list->item[0].what];
    struct dg_fault fault;
    va_list args;

    if (list->count == DG_REGIME_FAULTS_MAX)
        return;
    va_start(args, format);
    int length = vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (length >= (int)sizeof what)
        what[dg_text_cut(dg_bytes_of(what), sizeof what - 2)] = '\0';
    dg_faultf(&fault, err, "%s", length < 0 ? "" : what);
    fault.line = line;
    fault.column = column;
    size_t at = list->count++;
    for (; at > 0 && is_before(&fault, &list->item[at - 1]); at--)
        list->item[at] = list->item[at - 1];
    list->item[at] = fault;
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
