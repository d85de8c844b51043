/* calendar_cells.c - the dates of a calendar file, put in order and drawn together into entries. */
#include <stdlib.h>

#include "common/limits.h"
#include "node/conf/calendar_rule.h"

/* --- order ---------------------------------------------------------------------------------- */

static int compare_subjects(const struct dg_cell *a, const struct dg_cell *b)
{
    int order = dg_bytes_compare(a->rule, b->rule);

    return order != 0 ? order : dg_bytes_compare(a->period_text, b->period_text);
}

/* By rule, period and level; of two for the same, the one that stands first in the file. */
static int compare_cells(const void *left, const void *right)
{
    const struct dg_cell *a = left, *b = right;
    int order = compare_subjects(a, b);

    if (order == 0)
        order = (a->level > b->level) - (a->level < b->level);
    if (order == 0)
        order = (a->at->line > b->at->line) - (a->at->line < b->at->line);
    return order != 0 ? order : (a->at->column > b->at->column) - (a->at->column < b->at->column);
}

/* Two rules of the file that meet in one date meet in others as well: that is told once. */
static void complain_twice(struct dg_calendar_draft *draft)
{
    const struct dg_yaml *told = NULL, *about = NULL;

    for (size_t i = 1; i < draft->cell_count; i++) {
        const struct dg_cell *before = &draft->cell[i - 1], *cell = &draft->cell[i];
        if (compare_subjects(before, cell) != 0 || before->level != cell->level ||
            (told == cell->at && about == before->at))
            continue;
        dg_fields_complain(draft->fields, cell->at, "%s %s has a date for %s already, by the rule in line %u",
                           (const char *)cell->rule.data, (const char *)cell->period_text.data,
                           dg_levels_sorted[cell->level], (unsigned)before->at->line);
        told = cell->at;
        about = before->at;
    }
}

/* --- longer periods ------------------------------------------------------------------------- */

/* One past the last cell of the rule of the first. */
static size_t rule_end(const struct dg_calendar_draft *draft, size_t first)
{
    size_t end = first + 1;

    while (end < draft->cell_count && dg_bytes_equal(draft->cell[end].rule, draft->cell[first].rule))
        end++;
    return end;
}

/* True when a report for longer may stand for one for cell: it ends on the same day and begins before. */
static bool contains(const struct dg_cell *longer, const struct dg_cell *cell)
{
    struct dg_day longer_first, longer_last, first, last;

    dg_period_days(&longer->period, &longer_first, &longer_last);
    dg_period_days(&cell->period, &first, &last);
    return longer->level == cell->level && longer_last.n == last.n && longer_first.n < first.n;
}

/* The longest one stands for all: in December the year for the half, the quarter and the month. */
static void replace_within(struct dg_cell *cell, const struct dg_cell *others, size_t count)
{
    const struct dg_cell *longest = NULL;

    for (size_t i = 0; i < count; i++) {
        if (contains(&others[i], cell) && (longest == NULL || contains(&others[i], longest)))
            longest = &others[i];
    }
    if (longest != NULL)
        cell->replaced_by = longest->period_text;
}

static void replace_all(struct dg_calendar_draft *draft)
{
    for (size_t first = 0, end; first < draft->cell_count; first = end) {
        end = rule_end(draft, first);
        for (size_t i = first; i < end; i++) {
            if (draft->cell[i].replace)
                replace_within(&draft->cell[i], draft->cell + first, end - first);
        }
    }
}

/* --- entries -------------------------------------------------------------------------------- */

static bool same_dates(const struct dg_cell *a, const struct dg_cell *b)
{
    return compare_subjects(a, b) == 0 && a->first.n == b->first.n && a->cutoff.n == b->cutoff.n &&
           a->due.n == b->due.n && dg_bytes_equal(a->replaced_by, b->replaced_by);
}

/* The levels of the cells from first to end that have the same dates as the one at i, which is the first of
 * them. None, meaning every level, when they are all. */
static struct dg_slugs levels_of(struct dg_calendar_draft *draft, size_t i, size_t end)
{
    struct dg_slugs level = {.item = dg_fields_array(draft->fields, DG_LEVEL_COUNT, sizeof *level.item)};

    for (size_t k = i; level.item != NULL && k < end; k++) {
        if (same_dates(&draft->cell[i], &draft->cell[k]) && level.count < DG_LEVEL_COUNT)
            level.item[level.count++] = dg_bytes_of(dg_levels_sorted[draft->cell[k].level]);
    }
    if (level.count == DG_LEVEL_COUNT)
        level.count = 0;
    return level;
}

static bool is_first_of_its_dates(const struct dg_calendar_draft *draft, size_t first, size_t i)
{
    for (size_t k = first; k < i; k++) {
        if (same_dates(&draft->cell[k], &draft->cell[i]))
            return false;
    }
    return true;
}

/* Adds the entries of one rule and period, whose cells run from first to end: one for each level at most. */
static void add_entries(struct dg_calendar_draft *draft, size_t first, size_t end, struct dg_calendar *ret)
{
    for (size_t i = first; i < end; i++) {
        const struct dg_cell *cell = &draft->cell[i];
        if (!is_first_of_its_dates(draft, first, i))
            continue;
        ret->entry[ret->entry_count++] = (struct dg_calendar_entry){.rule = cell->rule,
                                                                    .period = cell->period_text,
                                                                    .level = levels_of(draft, i, end),
                                                                    .first = cell->first,
                                                                    .cutoff = cell->cutoff,
                                                                    .due = cell->due,
                                                                    .replaced_by = cell->replaced_by};
    }
}

void dg_cells_draw(struct dg_calendar_draft *draft, struct dg_calendar *ret)
{
    if (draft->cell_count == 0)
        return;
    qsort(draft->cell, draft->cell_count, sizeof *draft->cell, compare_cells);
    complain_twice(draft);
    if (draft->fields->faults->count > 0)
        return;
    replace_all(draft);
    ret->entry = dg_fields_array(draft->fields, draft->cell_count, sizeof *ret->entry);
    if (ret->entry == NULL)
        return;
    for (size_t first = 0, end; first < draft->cell_count; first = end) {
        for (end = first + 1; end < draft->cell_count; end++) {
            if (compare_subjects(&draft->cell[first], &draft->cell[end]) != 0)
                break;
        }
        add_entries(draft, first, end, ret);
    }
}
