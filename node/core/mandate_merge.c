/* mandate_merge.c - recipients reached by several rules become one. */
#include "node/core/mandate_merge.h"

#include <stdlib.h>
#include <string.h>

#include "common/limits.h"

/* Makes room for one more item in a list that doubles: it is full whenever its count is 0 or a power
 * of two. NULL when the list has reached its maximum or the arena is spent. */
static void *room(struct dg_merge *merge, void *items, size_t count, size_t max, size_t item_size)
{
    if (merge->err != DG_OK)
        return NULL;
    if (count >= max) {
        merge->err = DG_ERR_TOO_LARGE;
        return NULL;
    }
    if ((count & (count - 1)) != 0)
        return items;
    void *more = dg_arena_array(merge->arena, count == 0 ? 1 : 2 * count, item_size);
    if (more == NULL)
        merge->err = DG_ERR_NO_MEMORY;
    else if (count > 0)
        memcpy(more, items, count * item_size);
    return more;
}

void dg_merge_use(struct dg_merge *merge, const struct dg_cited *cited)
{
    struct dg_mandate *mandate = &merge->mandate;

    for (size_t i = 0; i < mandate->use_count; i++) {
        if (mandate->use[i].adoption == cited->adoption)
            return;
    }
    struct dg_cited *use =
        room(merge, mandate->use, mandate->use_count, DG_REGIMES_PER_REPORT_MAX, sizeof *use);
    if (use == NULL)
        return;
    mandate->use = use;
    use[mandate->use_count] = *cited;
    use[mandate->use_count++].rule = NULL;
}

/* --- recipients ----------------------------------------------------------------------------- */

static struct dg_mandate_recipient *find(struct dg_merge *merge, struct dg_bytes organ, struct dg_bytes unit)
{
    struct dg_mandate *mandate = &merge->mandate;

    for (size_t i = 0; i < mandate->recipient_count; i++) {
        struct dg_mandate_recipient *recipient = &mandate->recipient[i];
        if (dg_bytes_equal(recipient->organ, organ) && dg_bytes_equal(recipient->unit, unit))
            return recipient;
    }
    return NULL;
}

static struct dg_mandate_recipient *add(struct dg_merge *merge, struct dg_bytes organ, struct dg_bytes unit,
                                        enum dg_as as)
{
    struct dg_mandate *mandate = &merge->mandate;
    struct dg_mandate_recipient *recipient =
        room(merge, mandate->recipient, mandate->recipient_count, DG_RECIPIENTS_MAX, sizeof *recipient);

    if (recipient == NULL)
        return NULL;
    mandate->recipient = recipient;
    recipient += mandate->recipient_count++;
    *recipient = (struct dg_mandate_recipient){.organ = organ, .unit = unit, .as = as};
    return recipient;
}

/* A rule is cited by its id, so the same id is cited once, whichever regime it stands in. */
static void cite(struct dg_merge *merge, struct dg_mandate_recipient *recipient, const struct dg_cited *cited)
{
    for (size_t i = 0; i < recipient->cited_count; i++) {
        if (dg_bytes_equal(recipient->cited[i].rule->id, cited->rule->id))
            return;
    }
    struct dg_cited *list =
        room(merge, recipient->cited, recipient->cited_count, DG_RULES_PER_RECIPIENT_MAX, sizeof *list);
    if (list == NULL)
        return;
    recipient->cited = list;
    list[recipient->cited_count++] = *cited;
}

void dg_merge_deliver(struct dg_merge *merge, const struct dg_dir_organ *organ,
                      const struct dg_dir_unit *unit, enum dg_as as, struct dg_bytes through,
                      const struct dg_cited *cited)
{
    struct dg_mandate_recipient *recipient = find(merge, organ->slug, unit->slug);

    if (recipient == NULL) {
        recipient = add(merge, organ->slug, unit->slug, as);
        if (recipient == NULL)
            return;
        recipient->through = through;
        recipient->resolved = organ;
    }
    if (as < recipient->as)
        recipient->as = as;
    if (through.size == 0)
        recipient->through = through;
    cite(merge, recipient, cited);
}

void dg_merge_also(struct dg_merge *merge, struct dg_bytes slug, struct dg_bytes unit,
                   const struct dg_dir_organ *organ)
{
    if (find(merge, slug, unit) != NULL)
        return;
    struct dg_mandate_recipient *recipient = add(merge, slug, unit, DG_AS_COPY);
    if (recipient != NULL)
        recipient->resolved = organ;
}

void dg_merge_unresolved(struct dg_merge *merge, struct dg_bytes role, const struct dg_dir_unit *unit,
                         enum dg_as as, const struct dg_cited *cited)
{
    struct dg_mandate *mandate = &merge->mandate;
    struct dg_mandate_unresolved *list =
        room(merge, mandate->unresolved, mandate->unresolved_count, DG_RECIPIENTS_MAX, sizeof *list);

    if (list == NULL)
        return;
    mandate->unresolved = list;
    list[mandate->unresolved_count++] =
        (struct dg_mandate_unresolved){.role = role, .as = as, .cited = *cited};
    if (unit != NULL)
        list[mandate->unresolved_count - 1].unit = unit->slug;
}

bool dg_merge_has_to(const struct dg_merge *merge)
{
    for (size_t i = 0; i < merge->mandate.recipient_count; i++) {
        if (merge->mandate.recipient[i].as == DG_AS_TO)
            return true;
    }
    return false;
}

static int compare(const void *left, const void *right)
{
    const struct dg_mandate_recipient *a = left, *b = right;

    if (a->as != b->as)
        return a->as < b->as ? -1 : 1;
    int order = dg_bytes_compare(a->unit, b->unit);
    return order != 0 ? order : dg_bytes_compare(a->organ, b->organ);
}

void dg_merge_sort(struct dg_merge *merge)
{
    if (merge->mandate.recipient_count > 1)
        qsort(merge->mandate.recipient, merge->mandate.recipient_count, sizeof *merge->mandate.recipient,
              compare);
}
