/* duty.c - how long it takes to say who owes what.
 *
 *   duty [units=4000]
 *
 * A province of 3 districts (one under its own regime, with a calendar of its own), a bloc and 12 communes,
 * with the organs that the regimes name, over a year and for one due day; then a country of so many units.
 */
#include <stdio.h>
#include <string.h>

#include "node/conf/calendar_file.h"
#include "node/conf/regime_file.h"
#include "node/core/duty.h"
#include "tests/bench/clock.h"

enum { COMMUNES_PER_DISTRICT = 4, DISTRICTS = 3 };

struct country {
    struct dg_arena arena;
    struct dg_directory directory;
    struct dg_regime province, district;
    struct dg_held_calendar held[2];
};

/* ---- regimes and calendars ------------------------------------------------------------------------ */

static bool load_regime(struct country *c, const char *name, struct dg_regime *ret)
{
    struct dg_bytes bytes;
    struct dg_fault fault = {.err = DG_OK};
    const char *path = dg_arena_printf(&c->arena, DG_SOURCE_DIR "/deploy/regimes/%s.yaml", name);
    bool ok = dg_regime_load(&c->arena, path, "", &bytes, &fault) == DG_OK &&
              dg_regime_decode(&c->arena, bytes, ret, &fault) == DG_OK;
    if (!ok)
        fprintf(stderr, "duty: %s: %s\n", path, fault.what);
    return ok;
}

static bool load_calendar(struct country *c, const char *name, const char *issuer,
                          struct dg_held_calendar *ret)
{
    struct dg_fault_list *faults = dg_arena_alloc(&c->arena, sizeof *faults);
    struct dg_fault fault = {.err = DG_OK};
    const char *path = dg_arena_printf(&c->arena, DG_SOURCE_DIR "/deploy/calendars/%s.yaml", name);
    bool ok =
        faults != NULL && dg_calendar_load(&c->arena, path, NULL, &ret->calendar, faults, &fault) == DG_OK;
    if (!ok)
        fprintf(stderr, "duty: %s: %s\n", path, fault.what);
    ret->hash.b[0] = (uint8_t)name[0];
    ret->calendar.serial = 1;
    ret->calendar.issuer =
        (struct dg_issuer){.organ = dg_bytes_of("ban-dan-van"), .unit = dg_bytes_of(issuer)};
    return ok;
}

/* ---- units ---------------------------------------------------------------------------------------- */

static int organ_order(const void *a, const void *b)
{
    const struct dg_dir_organ *left = a, *right = b;
    return dg_bytes_compare(left->slug, right->slug);
}

/* The organs that the province's regime names for a level: one for each role. */
static void give_organs(struct country *c, struct dg_dir_unit *unit)
{
    const struct dg_level_roles *roles = c->province.organs;
    while (!dg_bytes_equal(roles->level, unit->level))
        roles++;
    unit->organ = dg_arena_array(&c->arena, roles->role.count, sizeof *unit->organ);
    for (size_t i = 0; i < roles->role.count; i++)
        unit->organ[unit->organ_count++] = (struct dg_dir_organ){
            .slug = roles->role.item[i],
            .role = {.count = 1, .item = &roles->role.item[i]},
            .serial = 1,
            .not_after_ms = INT64_MAX,
        };
    qsort(unit->organ, unit->organ_count, sizeof *unit->organ, organ_order);
}

static struct dg_dir_unit *add_unit(struct country *c, const char *slug, const char *level,
                                    struct dg_dir_unit *parent)
{
    struct dg_dir_unit *unit = &c->directory.unit[c->directory.unit_count++];
    *unit = (struct dg_dir_unit){.slug = dg_arena_copy(&c->arena, dg_bytes_of(slug)),
                                 .level = dg_arena_copy(&c->arena, dg_bytes_of(level)),
                                 .parent = parent};
    if (parent != NULL)
        unit->parent_slug = parent->slug;
    give_organs(c, unit);
    return unit;
}

static void adopt(struct country *c, struct dg_dir_unit *unit, const struct dg_regime *regime)
{
    unit->adoption = dg_arena_alloc(&c->arena, sizeof *unit->adoption);
    unit->adoption_count = 1;
    *unit->adoption = (struct dg_dir_adoption){.regime = regime, .main = true, .serial = 1};
    unit->adoption->hash.b[0] = (uint8_t)regime->name.data[0];
}

/* Units are added in the order of their slugs: a, b, d0000, d0000-x00 … */
static void build(struct country *c, size_t districts)
{
    char slug[DG_SLUG_MAX];
    c->directory.unit_count = 0;
    c->directory.unit =
        dg_arena_array(&c->arena, 2 + districts * (COMMUNES_PER_DISTRICT + 1), sizeof *c->directory.unit);
    struct dg_dir_unit *province = add_unit(c, "a", "province", NULL);
    adopt(c, province, &c->province);
    add_unit(c, "b", "bloc", province);
    for (size_t i = 0; i < districts; i++) {
        snprintf(slug, sizeof slug, "d%04zu", i);
        struct dg_dir_unit *district = add_unit(c, slug, "district", province);
        if (i == 0)
            adopt(c, district, &c->district);
        for (size_t k = 0; k < COMMUNES_PER_DISTRICT; k++) {
            snprintf(slug, sizeof slug, "d%04zu-x%02zu", i, k);
            add_unit(c, slug, "commune", district);
        }
    }
}

/* ---- measuring ------------------------------------------------------------------------------------ */

static bool count_duty(void *ctx, const struct dg_duty *duty)
{
    (void)duty;
    ++*(size_t *)ctx;
    return true;
}

static void measure(const struct country *c, const char *what, struct dg_duty_filter filter)
{
    struct dg_arena arena;
    size_t duties = 0, done = 0, taken = 0;
    bool ok = true;
    dg_arena_init(&arena, 0);
    double start = clock_thread_s(), end = start;
    for (; ok && (done == 0 || end < start + 0.5); end = clock_thread_s(), done++) {
        dg_arena_reset(&arena);
        duties = 0;
        ok = dg_duty_each(&c->directory, c->held, 2, &filter, &arena, count_duty, &duties) == DG_OK;
        taken = arena.used;
    }
    double each = (end - start) / (double)done * 1e6;
    printf("%-34s %8zu %10zu %14.1f %12.3f %10zu%s\n", what, c->directory.unit_count, duties, each,
           duties == 0 ? 0 : each / (double)duties, taken, ok ? "" : "  FAILED");
    dg_arena_done(&arena);
}

static void measure_all(const struct country *c)
{
    struct dg_duty_filter year = {.unit = {NULL, 0}}, day = year, unit = year;
    bool ok = dg_day_parse(dg_bytes_of("2026-12-17"), &day.first);
    day.last = day.first;
    unit.unit = dg_bytes_of("d0001-x00");
    measure(c, "a year", year);
    if (ok)
        measure(c, "one due day (17 December)", day);
    measure(c, "a year of one commune", unit);
}

int main(int count, char *words[])
{
    static struct country country;
    size_t units = 4000;
    if (count > 2 || (count == 2 && (sscanf(words[1], "units=%zu", &units) != 1 || units > DG_UNITS_MAX))) {
        fprintf(stderr, "usage: duty [units=N]\n");
        return 2;
    }
    dg_arena_init(&country.arena, 0);
    if (!load_regime(&country, "binh-phuoc", &country.province) ||
        !load_regime(&country, "huyen", &country.district) ||
        !load_calendar(&country, "binh-phuoc-2026", "a", &country.held[0]) ||
        !load_calendar(&country, "huyen-2026", "d0000", &country.held[1]))
        return 1;
    printf("%-34s %8s %10s %14s %12s %10s\n", "duties of", "units", "duties", "microseconds", "per duty",
           "bytes");
    build(&country, DISTRICTS);
    measure_all(&country);
    build(&country, units / (COMMUNES_PER_DISTRICT + 1));
    measure_all(&country);
    dg_arena_done(&country.arena);
    return 0;
}
