/* directory.c - looking things up among the members. */
#include "node/core/directory.h"

#include <assert.h>
#include <stdlib.h>

#include "common/limits.h"

static int compare_unit(const void *key, const void *item)
{
    const struct dg_bytes *slug = key;
    const struct dg_dir_unit *unit = item;
    return dg_bytes_compare(*slug, unit->slug);
}

const struct dg_dir_unit *dg_directory_unit(const struct dg_directory *directory, struct dg_bytes slug)
{
    if (directory->unit_count == 0)
        return NULL;
    return bsearch(&slug, directory->unit, directory->unit_count, sizeof *directory->unit, compare_unit);
}

/* --- organs on a day ------------------------------------------------------------------------ */

/* A certificate says when an organ enrolled, not when the office was founded: papers older than the
 * enrolment of the whole unit are read as if they were of its first day. */
static struct dg_day day_at(const struct dg_dir_unit *unit, struct dg_day day)
{
    struct dg_day first = day;

    for (size_t i = 0; i < unit->organ_count; i++) {
        struct dg_day enrolled = dg_day_of(unit->organ[i].not_before_ms);
        if (i == 0 || enrolled.n < first.n)
            first = enrolled;
    }
    return day.n < first.n ? first : day;
}

/* A certificate counts for every day on which it was valid at some instant. */
static bool is_valid_on(const struct dg_dir_organ *organ, struct dg_day day)
{
    struct dg_day next = {.n = day.n + 1};
    return organ->not_before_ms < dg_day_start(next) && organ->not_after_ms > dg_day_start(day);
}

/* One past the last serial of the organ at position first. */
static size_t organ_end(const struct dg_dir_unit *unit, size_t first)
{
    size_t end = first + 1;

    while (end < unit->organ_count && dg_bytes_equal(unit->organ[first].slug, unit->organ[end].slug))
        end++;
    return end;
}

/* The newest of the serials from first to end that is valid on the day, or NULL. */
static const struct dg_dir_organ *newest(const struct dg_dir_unit *unit, size_t first, size_t end,
                                         struct dg_day day)
{
    while (end-- > first) {
        if (is_valid_on(&unit->organ[end], day))
            return &unit->organ[end];
    }
    return NULL;
}

const struct dg_dir_organ *dg_dir_unit_organ(const struct dg_dir_unit *unit, struct dg_bytes slug,
                                             struct dg_day day)
{
    size_t first = 0;

    while (first < unit->organ_count && !dg_bytes_equal(unit->organ[first].slug, slug))
        first++;
    if (first == unit->organ_count)
        return NULL;
    return newest(unit, first, organ_end(unit, first), day_at(unit, day));
}

size_t dg_dir_unit_role(const struct dg_dir_unit *unit, struct dg_bytes role, struct dg_day day,
                        const struct dg_dir_organ *ret[static DG_ORGANS_MAX])
{
    struct dg_day on = day_at(unit, day);
    size_t count = 0;

    for (size_t first = 0, end; first < unit->organ_count; first = end) {
        end = organ_end(unit, first);
        const struct dg_dir_organ *organ = newest(unit, first, end, on);
        if (organ == NULL || !dg_dir_organ_fills(organ, role))
            continue;
        assert(count < DG_ORGANS_MAX);
        ret[count++] = organ;
    }
    return count;
}

const struct dg_dir_organ *dg_dir_unit_certificate(const struct dg_dir_unit *unit,
                                                   const struct dg_cert_id *id)
{
    for (size_t i = 0; i < unit->organ_count; i++) {
        if (dg_cert_id_equal(&unit->organ[i].certificate, id))
            return &unit->organ[i];
    }
    return NULL;
}

bool dg_dir_organ_fills(const struct dg_dir_organ *organ, struct dg_bytes role)
{
    for (size_t i = 0; i < organ->role.count; i++) {
        if (dg_bytes_equal(organ->role.item[i], role))
            return true;
    }
    return false;
}

bool dg_dir_unit_within(const struct dg_dir_unit *unit, const struct dg_dir_unit *other)
{
    for (size_t depth = 0; unit != NULL && depth < DG_TREE_DEPTH_MAX; depth++) {
        if (unit == other)
            return true;
        unit = unit->parent;
    }
    return false;
}

/* True when unit is on the way up from low to high, both counted. */
static bool is_under(const struct dg_dir_unit *unit, const struct dg_dir_unit *low,
                     const struct dg_dir_unit *high)
{
    return dg_dir_unit_within(low, unit) && dg_dir_unit_within(unit, high);
}

bool dg_dir_unit_between(const struct dg_dir_unit *unit, const struct dg_dir_unit *from,
                         const struct dg_dir_unit *to)
{
    const struct dg_dir_unit *top = from;

    for (size_t depth = 0; top != NULL && !dg_dir_unit_within(to, top) && depth < DG_TREE_DEPTH_MAX; depth++)
        top = top->parent;
    return top != NULL && (is_under(unit, from, top) || is_under(unit, to, top));
}

size_t dg_dir_depth(const struct dg_directory *directory, struct dg_bytes slug)
{
    size_t depth = 0;

    for (const struct dg_dir_unit *unit = dg_directory_unit(directory, slug); unit != NULL;
         unit = unit->parent)
        depth++;
    return depth;
}
