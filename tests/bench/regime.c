/* regime.c - how long it takes to work out who must receive a report.
 *
 *   regime [units=1000]
 *
 * A country of that many communes under districts under one province, once with one regime for all and once
 * with the districts' own below it.
 */
#include <stdio.h>
#include <string.h>

#include "node/conf/regime_file.h"
#include "node/core/mandate.h"
#include "tests/bench/clock.h"

enum { COMMUNES_PER_DISTRICT = 20, KINDS_MAX = 16 };

struct country {
    struct dg_arena arena;
    struct dg_directory directory;
    struct dg_regime province, district;
    struct dg_bytes commune, upper; /* an author, and the district above it */
};

/* ---- the country ---------------------------------------------------------------------------------- */

static bool load_regime(struct country *c, const char *name, struct dg_regime *ret)
{
    struct dg_bytes bytes;
    struct dg_fault fault = {.err = DG_OK};
    const char *path = dg_arena_printf(&c->arena, DG_SOURCE_DIR "/deploy/regimes/%s.yaml", name);
    bool ok = dg_regime_load(&c->arena, path, "", &bytes, &fault) == DG_OK &&
              dg_regime_decode(&c->arena, bytes, ret, &fault) == DG_OK;
    if (!ok)
        fprintf(stderr, "regime: %s: %s\n", path, fault.what);
    return ok;
}

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

static void adopt(struct country *c, struct dg_dir_unit *unit, const struct dg_regime *regime, uint8_t mark)
{
    unit->adoption = dg_arena_alloc(&c->arena, sizeof *unit->adoption);
    unit->adoption_count = 1;
    *unit->adoption = (struct dg_dir_adoption){.regime = regime, .main = true, .serial = 1};
    unit->adoption->hash.b[0] = mark;
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

/* Units are added in the order of their slugs: a, d0000, d0000-x00 … */
static void build(struct country *c, size_t units, bool districts_own)
{
    char slug[DG_SLUG_MAX];
    size_t districts = units / COMMUNES_PER_DISTRICT + 1;
    c->directory.unit_count = 0;
    c->directory.unit =
        dg_arena_array(&c->arena, 1 + districts * (COMMUNES_PER_DISTRICT + 1), sizeof *c->directory.unit);
    struct dg_dir_unit *province = add_unit(c, "a", "province", NULL);
    adopt(c, province, &c->province, 1);
    for (size_t i = 0; i < districts; i++) {
        snprintf(slug, sizeof slug, "d%04zu", i);
        struct dg_dir_unit *district = add_unit(c, slug, "district", province);
        if (districts_own)
            adopt(c, district, &c->district, 2);
        for (size_t k = 0; k < COMMUNES_PER_DISTRICT; k++) {
            snprintf(slug, sizeof slug, "d%04zu-x%02zu", i, k);
            c->commune = add_unit(c, slug, "commune", district)->slug;
        }
        c->upper = district->slug;
    }
}

/* ---- measuring ------------------------------------------------------------------------------------ */

struct subject {
    const char *organ, *kind, *period;
    bool by_district;
};

static const struct subject subjects[] = {
    {"cap-uy", "periodic", "2026-10", false}, {"mttq", "periodic", "2026-Q3", false},
    {"khoi-dan-van", "directed", "", false},  {"cap-uy", "urgent", "", false},
    {"chinh-quyen", "flash", "", false},      {"to-chuc-ct-xh", "reflection", "", false},
    {"ban-dan-van", "directed", "", true},    {"mttq", "evaluation", "2026", true},
};

static void evaluate(const struct country *c, const struct subject *subject, const char *regimes)
{
    struct dg_bytes also_to[] = {dg_bytes_of("cap-uy@a"), dg_bytes_of("ban-dan-van@a")};
    struct dg_header header = {
        .unit = subject->by_district ? c->upper : c->commune,
        .organ = dg_bytes_of(subject->organ),
        .kind = dg_bytes_of(subject->kind),
        .period = dg_bytes_of(subject->period),
        .also_to_count = 2,
        .also_to = also_to,
    };
    struct dg_arena arena;
    struct dg_mandate mandate = {.recipient_count = 0};
    struct dg_fault fault = {.err = DG_OK};
    bool ok = dg_day_parse(dg_bytes_of("2026-11-10"), &header.date);
    size_t done = 0;
    dg_arena_init(&arena, 0);
    double start = clock_s(), end = start;
    for (; ok && end < start + 0.5; end = clock_s(), done++) {
        dg_arena_reset(&arena);
        ok = dg_mandate_of(&c->directory, &header, &arena, &mandate, &fault) == DG_OK;
    }
    printf("%-22s %-13s %-11s %10zu %12.2f%s\n", regimes, subject->organ, subject->kind,
           mandate.recipient_count, ok ? (end - start) / (double)done * 1e6 : 0,
           ok ? "" : dg_err_name(fault.err));
    dg_arena_done(&arena);
}

int main(int count, char *words[])
{
    static struct country country;
    size_t units = 1000;
    if (count > 2 || (count == 2 && (sscanf(words[1], "units=%zu", &units) != 1 || units > DG_UNITS_MAX))) {
        fprintf(stderr, "usage: regime [units=N]\n");
        return 2;
    }
    dg_arena_init(&country.arena, 0);
    if (!load_regime(&country, "binh-phuoc", &country.province) ||
        !load_regime(&country, "huyen", &country.district))
        return 1;
    printf("%zu units\n%-22s %-13s %-11s %10s %12s\n", units, "regimes", "organ", "kind", "recipients",
           "microseconds");
    for (int own = 0; own < 2; own++) {
        build(&country, units, own == 1);
        for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
            evaluate(&country, &subjects[i], own == 1 ? "binh-phuoc and huyen" : "binh-phuoc");
    }
    dg_arena_done(&country.arena);
    return 0;
}
