/* regime.c - how long it takes to work out who must receive a report.
 *
 *   regime [units=1000]
 *
 * A country of that many communes under districts under one province, and a bloc with a cell: under one
 * regime for all, with the districts' own below it, under each of the five regulations, and under one of ten
 * thousand rules.
 */
#include <stdio.h>
#include <string.h>

#include "node/conf/regime_file.h"
#include "node/core/mandate.h"
#include "tests/bench/clock.h"

enum { COMMUNES_PER_DISTRICT = 20, MANY_RULES = 10000 };

enum author { ROOT, DISTRICT, COMMUNE, BLOC, CELL, AUTHOR_COUNT };

struct country {
    struct dg_arena arena;
    struct dg_directory directory;
    struct dg_regime binh_phuoc, huyen, ha_noi, dong_nai, khoi, many;
    struct dg_bytes at[AUTHOR_COUNT]; /* units whose organs report */
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

static void add_organ(struct dg_dir_unit *unit, struct dg_bytes *role)
{
    for (size_t i = 0; i < unit->organ_count; i++) {
        if (dg_bytes_equal(unit->organ[i].slug, *role))
            return;
    }
    unit->organ[unit->organ_count++] = (struct dg_dir_organ){
        .slug = *role, .role = {.count = 1, .item = role}, .serial = 1, .not_after_ms = INT64_MAX};
}

/* The organs that any of the regimes names for the unit's level: one for each role. */
static void give_organs(struct country *c, struct dg_dir_unit *unit)
{
    const struct dg_regime *regimes[] = {&c->binh_phuoc, &c->dong_nai, &c->khoi};
    unit->organ = dg_arena_array(&c->arena, DG_ORGANS_MAX, sizeof *unit->organ);
    for (size_t i = 0; i < sizeof regimes / sizeof *regimes; i++) {
        for (size_t k = 0; k < regimes[i]->organ_count; k++) {
            const struct dg_level_roles *roles = &regimes[i]->organs[k];
            for (size_t r = 0; dg_bytes_equal(roles->level, unit->level) && r < roles->role.count; r++)
                add_organ(unit, &roles->role.item[r]);
        }
    }
    qsort(unit->organ, unit->organ_count, sizeof *unit->organ, organ_order);
}

static void adopt(struct country *c, struct dg_dir_unit *unit, const struct dg_regime *regime, bool main_one)
{
    if (unit->adoption == NULL)
        unit->adoption = dg_arena_array(&c->arena, DG_ADOPTIONS_MAX, sizeof *unit->adoption);
    struct dg_dir_adoption *adoption = &unit->adoption[unit->adoption_count++];
    *adoption = (struct dg_dir_adoption){
        .regime = regime, .main = main_one, .serial = (uint32_t)unit->adoption_count};
    memcpy(adoption->hash.b, &regime, sizeof regime);
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

/* Units are added in the order of their slugs: a, b, b-x, d0000, d0000-x00 … */
static void build(struct country *c, size_t units, const struct dg_regime *root,
                  const struct dg_regime *district_own)
{
    char slug[DG_SLUG_MAX];
    size_t districts = units / COMMUNES_PER_DISTRICT + 1;
    c->directory.unit_count = 0;
    c->directory.unit =
        dg_arena_array(&c->arena, 3 + districts * (COMMUNES_PER_DISTRICT + 1), sizeof *c->directory.unit);
    struct dg_dir_unit *province = add_unit(c, "a", "province", NULL);
    adopt(c, province, root, true);
    adopt(c, province, &c->dong_nai, false);
    struct dg_dir_unit *bloc = add_unit(c, "b", "bloc", province);
    adopt(c, bloc, &c->khoi, true);
    c->at[ROOT] = province->slug;
    c->at[BLOC] = bloc->slug;
    c->at[CELL] = add_unit(c, "b-x", "cell", bloc)->slug;
    for (size_t i = 0; i < districts; i++) {
        snprintf(slug, sizeof slug, "d%04zu", i);
        struct dg_dir_unit *district = add_unit(c, slug, "district", province);
        if (district_own != NULL)
            adopt(c, district, district_own, true);
        for (size_t k = 0; k < COMMUNES_PER_DISTRICT; k++) {
            snprintf(slug, sizeof slug, "d%04zu-x%02zu", i, k);
            c->at[COMMUNE] = add_unit(c, slug, "commune", district)->slug;
        }
        c->at[DISTRICT] = district->slug;
    }
}

/* Rules that nearly bind: all of the same kind and author, and only the last of the right matter. */
static void make_many(struct country *c)
{
    struct dg_rule *rule = dg_arena_array(&c->arena, MANY_RULES, sizeof *rule);
    struct dg_bytes *words = dg_arena_array(&c->arena, 3, sizeof *words);
    struct dg_target *to = dg_arena_alloc(&c->arena, sizeof *to);
    words[0] = dg_bytes_of("mttq");
    words[1] = dg_bytes_of("ton-giao");
    words[2] = dg_bytes_of("dan-toc");
    *to = (struct dg_target){.role = dg_bytes_of("cap-uy"), .where = DG_WHERE_SAME};
    for (size_t i = 0; i < MANY_RULES; i++)
        rule[i] = (struct dg_rule){.id = dg_bytes_of(dg_arena_printf(&c->arena, "R%zu", i)),
                                   .cites = dg_bytes_of("Điều 1"),
                                   .scope = DG_SCOPE_ALL,
                                   .from = {.count = 1, .item = &words[0]},
                                   .kind = dg_bytes_of("notice"),
                                   .matter = {.count = 1, .item = &words[i + 1 < MANY_RULES ? 1 : 2]},
                                   .to_count = 1,
                                   .to = to};
    c->many = (struct dg_regime){.name = dg_bytes_of("many"), .rule_count = MANY_RULES, .rule = rule};
}

/* ---- measuring ------------------------------------------------------------------------------------ */

struct subject {
    const char *regime, *organ, *kind, *period, *date;
    enum author at;
};

static const struct subject subjects[] = {
    {"binh-phuoc", "cap-uy", "periodic", "2026-10", "2026-11-10", COMMUNE},
    {"binh-phuoc", "mttq", "periodic", "2026-Q3", "2026-11-10", COMMUNE},
    {"binh-phuoc", "khoi-dan-van", "directed", "", "2026-11-10", COMMUNE},
    {"binh-phuoc", "cap-uy", "urgent", "", "2026-11-10", COMMUNE},
    {"binh-phuoc", "chinh-quyen", "flash", "", "2026-11-10", COMMUNE},
    {"binh-phuoc", "to-chuc-ct-xh", "reflection", "", "2026-11-10", COMMUNE},
    {"binh-phuoc", "mttq", "appraisal", "", "2026-11-10", ROOT},
    {"binh-phuoc", "mttq", "evaluation", "2026", "2026-11-10", DISTRICT},
    {"huyen", "cap-uy", "flash", "", "2026-11-10", COMMUNE},
    {"huyen", "mttq", "appraisal", "", "2026-11-10", DISTRICT},
    {"ha-noi", "cap-uy", "periodic", "2026-10", "2026-11-10", DISTRICT},
    {"ha-noi", "chinh-quyen", "flash", "", "2026-11-10", COMMUNE},
    {"dong-nai", "bcsd-ubnd", "periodic", "2025-10", "2025-11-10", ROOT},
    {"dong-nai", "bcsd-ubnd", "notice", "", "2025-11-10", ROOT},
    {"tuyen-quang-khoi", "cap-uy", "periodic", "2026-H1", "2026-11-10", CELL},
    {"tuyen-quang-khoi", "cap-uy", "urgent", "", "2026-11-10", CELL},
    {"10000 rules", "mttq", "notice", "", "2026-11-10", COMMUNE},
};

static void evaluate(const struct country *c, const struct subject *subject)
{
    struct dg_bytes also_to[] = {dg_bytes_of("cap-uy@a"), dg_bytes_of("ban-dan-van@a")};
    struct dg_bytes matter = dg_bytes_of("dan-toc");
    struct dg_header header = {
        .unit = c->at[subject->at],
        .organ = dg_bytes_of(subject->organ),
        .kind = dg_bytes_of(subject->kind),
        .period = dg_bytes_of(subject->period),
        .matter_count = 1,
        .matter = &matter,
        .also_to_count = 2,
        .also_to = also_to,
    };
    struct dg_arena arena;
    struct dg_mandate mandate = {.recipient_count = 0};
    struct dg_fault fault = {.err = DG_OK};
    bool ok = dg_day_parse(dg_bytes_of(subject->date), &header.date);
    size_t done = 0;
    dg_arena_init(&arena, 0);
    double start = clock_s(), end = start;
    for (; ok && end < start + 0.3; end = clock_s(), done++) {
        dg_arena_reset(&arena);
        ok = dg_mandate_of(&c->directory, &header, &arena, &mandate, &fault) == DG_OK;
    }
    printf("%-18s %-13s %-11s %10zu %12.2f%s\n", subject->regime, subject->organ, subject->kind,
           mandate.recipient_count, ok ? (end - start) / (double)done * 1e6 : 0,
           ok ? "" : dg_err_name(fault.err));
    dg_arena_done(&arena);
}

static void evaluate_all(const struct country *c, const char *regime)
{
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        if (strcmp(subjects[i].regime, regime) == 0)
            evaluate(c, &subjects[i]);
    }
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
    if (!load_regime(&country, "binh-phuoc", &country.binh_phuoc) ||
        !load_regime(&country, "huyen", &country.huyen) ||
        !load_regime(&country, "ha-noi", &country.ha_noi) ||
        !load_regime(&country, "dong-nai", &country.dong_nai) ||
        !load_regime(&country, "tuyen-quang-khoi", &country.khoi))
        return 1;
    make_many(&country);
    printf("%zu units\n%-18s %-13s %-11s %10s %12s\n", units, "regime", "organ", "kind", "recipients",
           "microseconds");
    build(&country, units, &country.binh_phuoc, NULL);
    evaluate_all(&country, "binh-phuoc");
    evaluate_all(&country, "dong-nai");
    evaluate_all(&country, "tuyen-quang-khoi");
    build(&country, units, &country.binh_phuoc, &country.huyen);
    evaluate_all(&country, "huyen");
    build(&country, units, &country.ha_noi, NULL);
    evaluate_all(&country, "ha-noi");
    build(&country, units, &country.many, NULL);
    evaluate_all(&country, "10000 rules");
    dg_arena_done(&country.arena);
    return 0;
}
