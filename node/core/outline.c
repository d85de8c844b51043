/* outline.c - the headings that a report's rules ask for and its text does not have. */
#include "node/core/outline.h"

#include <string.h>

#include "common/line.h"
#include "common/text.h"

enum { MISSING_MAX = 64, HEADINGS_MAX = 512 };

/* The folded headings of a text. */
struct headings {
    size_t count;
    const char *item[HEADINGS_MAX];
};

static void collect(struct dg_arena *arena, struct dg_bytes body, struct headings *ret)
{
    struct dg_bytes line;

    ret->count = 0;
    for (bool more = true; more && ret->count < HEADINGS_MAX;) {
        more = dg_line_next(&body, &line);
        if (!more)
            line = body;
        if (line.size > 0 && line.data[0] == '#')
            ret->item[ret->count++] = dg_text_fold(arena, line);
    }
}

static bool has_heading(const struct headings *headings, const char *folded)
{
    for (size_t i = 0; i < headings->count; i++) {
        if (strstr(headings->item[i], folded) != NULL)
            return true;
    }
    return false;
}

static bool is_listed(const struct dg_missing_heading *list, size_t count, struct dg_bytes heading)
{
    for (size_t i = 0; i < count; i++) {
        if (dg_bytes_equal(list[i].heading, heading))
            return true;
    }
    return false;
}

/* Adds what the rule asks for and the text lacks. Returns the new count. */
static size_t add_missing(struct dg_arena *arena, const struct dg_rule *rule, const struct headings *headings,
                          struct dg_missing_heading *list, size_t count)
{
    for (size_t i = 0; i < rule->outline.count && count < MISSING_MAX; i++) {
        struct dg_bytes heading = rule->outline.item[i];
        if (!is_listed(list, count, heading) && !has_heading(headings, dg_text_fold(arena, heading)))
            list[count++] = (struct dg_missing_heading){.rule = rule, .heading = heading};
    }
    return count;
}

size_t dg_outline_missing(const struct dg_mandate *mandate, struct dg_bytes body, struct dg_arena *arena,
                          struct dg_missing_heading **ret)
{
    struct headings *headings = dg_arena_alloc(arena, sizeof *headings);
    struct dg_missing_heading *list = dg_arena_array(arena, MISSING_MAX, sizeof *list);
    size_t count = 0;

    if (headings == NULL || list == NULL)
        return 0;
    collect(arena, body, headings);
    for (size_t i = 0; i < mandate->recipient_count; i++) {
        const struct dg_mandate_recipient *recipient = &mandate->recipient[i];
        for (size_t k = 0; k < recipient->cited_count; k++)
            count = add_missing(arena, recipient->cited[k].rule, headings, list, count);
    }
    *ret = list;
    return count;
}

void dg_outline_fault(const struct dg_missing_heading *missing, struct dg_arena *arena, struct dg_fault *ret)
{
    dg_faultf(ret, DG_ERR_NO_HEADING, "%.*s", (int)missing->heading.size,
              (const char *)missing->heading.data);
    dg_fault_rule(ret, dg_arena_string(arena, missing->rule->id),
                  dg_arena_string(arena, missing->rule->cites));
}
