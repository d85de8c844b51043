/* mandate_world.h - a small country for the tests of the mandate, and what comes out of it as text.
 *
 *   binh-phuoc (province, binh-phuoc)
 *     bu-dang (district) > duc-lieu (commune)
 *     dong-phu (district, huyen) > tan-loi (commune), chi-bo-mot (cell)
 *     khoi-co-quan (bloc) > chi-bo-hai (cell)
 */
#ifndef DG_TESTS_MANDATE_WORLD_H
#define DG_TESTS_MANDATE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/conf/regime_file.h"
#include "node/core/mandate.h"

enum { WORLD_UNITS = 32, WORLD_ADOPTIONS = 24 };

struct world {
    struct dg_arena arena;
    struct dg_directory directory;
    struct dg_dir_unit unit[WORLD_UNITS];
    const struct dg_had *had; /* what an author's unit is known to have had; NULL: nothing */
    char text[8192];
};

static inline struct dg_bytes word_of(const char *text)
{
    return dg_bytes_of(text);
}

static inline struct dg_day day_of(const char *text)
{
    struct dg_day day = {0};
    assert_true(dg_day_parse(word_of(text), &day));
    return day;
}

static inline dg_ms instant_of(const char *day)
{
    return dg_day_start(day_of(day));
}

static inline struct dg_dir_unit *unit_of(struct world *w, const char *slug)
{
    for (size_t i = 0; i < w->directory.unit_count; i++) {
        if (dg_bytes_is(w->unit[i].slug, slug))
            return &w->unit[i];
    }
    fail_msg("no unit %s", slug);
    return NULL;
}

/* --- regimes -------------------------------------------------------------------------------- */

static inline struct dg_regime *compiled(struct world *w, const struct dg_regime *regime)
{
    struct dg_regime *ret = dg_arena_alloc(&w->arena, sizeof *ret);
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_REGIME_MAX);
    assert_int_equal(dg_regime_encode(regime, &bytes), DG_OK);
    struct dg_bytes kept = dg_arena_copy(&w->arena, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    assert_int_equal(dg_regime_decode(&w->arena, kept, ret, NULL), DG_OK);
    return ret;
}

/* A regime written in the test itself. */
static inline struct dg_regime *regime_text(struct world *w, const char *yaml)
{
    struct dg_fault_list *faults = dg_arena_alloc(&w->arena, sizeof *faults);
    struct dg_regime regime = {0};

    if (dg_regime_read(&w->arena, word_of(yaml), &regime, faults) != DG_OK)
        fail_msg("line %u: %s", faults->item[0].line, faults->item[0].what);
    return compiled(w, &regime);
}

/* One of those in deploy/regimes. */
static inline struct dg_regime *regime_file(struct world *w, const char *name)
{
    struct dg_regime *ret = dg_arena_alloc(&w->arena, sizeof *ret);
    struct dg_fault fault = {0};
    struct dg_bytes bytes;

    const char *path = dg_arena_printf(&w->arena, DG_SOURCE_DIR "/deploy/regimes/%s.yaml", name);
    if (dg_regime_load(&w->arena, path, "", &bytes, &fault) != DG_OK)
        fail_msg("line %u: %s", fault.line, fault.what);
    assert_int_equal(dg_regime_decode(&w->arena, bytes, ret, &fault), DG_OK);
    return ret;
}

static inline struct dg_dir_adoption *adopt(struct world *w, const char *unit, struct dg_regime *regime,
                                            bool main)
{
    struct dg_dir_unit *at = unit_of(w, unit);
    struct dg_dir_adoption *adoption = &at->adoption[at->adoption_count++];

    assert_true(at->adoption_count <= WORLD_ADOPTIONS);
    *adoption =
        (struct dg_dir_adoption){.regime = regime, .main = main, .serial = (uint32_t)at->adoption_count};
    memcpy(adoption->hash.b, &regime, sizeof regime);
    snprintf((char *)adoption->id.b, sizeof adoption->id.b, "%s %u", unit, adoption->serial);
    return adoption;
}

/* --- units and organs ----------------------------------------------------------------------- */

static inline struct dg_slugs roles_of(struct world *w, char *text)
{
    struct dg_slugs roles = {.item = dg_arena_array(&w->arena, 16, sizeof *roles.item)};
    char *rest = NULL;

    for (char *role = strtok_r(text, "+", &rest); role != NULL; role = strtok_r(NULL, "+", &rest))
        roles.item[roles.count++] = dg_arena_copy(&w->arena, word_of(role));
    return roles;
}

static inline int by_slug(const void *a, const void *b)
{
    const struct dg_dir_organ *left = a, *right = b;
    return dg_bytes_compare(left->slug, right->slug);
}

/* Gives a unit these organs and no others: "cap-uy ubnd=ubnd+chinh-quyen". */
static inline void set_organs(struct world *w, const char *unit, const char *spec)
{
    struct dg_dir_unit *at = unit_of(w, unit);
    char text[1024], *rest = NULL;

    snprintf(text, sizeof text, "%s", spec);
    at->organ_count = 0;
    at->organ = dg_arena_array(&w->arena, DG_ORGANS_MAX, sizeof *at->organ);
    for (char *item = strtok_r(text, " ", &rest); item != NULL; item = strtok_r(NULL, " ", &rest)) {
        struct dg_dir_organ *organ = &at->organ[at->organ_count++];
        char *roles = strchr(item, '=');
        organ->slug = dg_arena_copy(&w->arena,
                                    dg_bytes_at(item, roles == NULL ? strlen(item) : (size_t)(roles - item)));
        organ->role = roles_of(w, roles == NULL ? item : roles + 1);
        organ->serial = 1;
        organ->not_before_ms = instant_of("2020-01-01");
        organ->not_after_ms = instant_of("2040-01-01");
    }
    qsort(at->organ, at->organ_count, sizeof *at->organ, by_slug);
}

static inline struct dg_dir_organ *organ_of(struct world *w, const char *unit, const char *slug)
{
    struct dg_dir_unit *at = unit_of(w, unit);

    for (size_t i = 0; i < at->organ_count; i++) {
        if (dg_bytes_is(at->organ[i].slug, slug))
            return &at->organ[i];
    }
    fail_msg("no organ %s@%s", slug, unit);
    return NULL;
}

/* Adds a unit; they must be added in the order of their slugs. parent may come later: link_up. */
static inline void add_unit(struct world *w, const char *slug, const char *level, const char *parent)
{
    struct dg_dir_unit *unit = &w->unit[w->directory.unit_count++];

    assert_true(w->directory.unit_count <= WORLD_UNITS);
    *unit =
        (struct dg_dir_unit){.slug = word_of(slug), .level = word_of(level), .parent_slug = word_of(parent)};
    unit->adoption = dg_arena_array(&w->arena, WORLD_ADOPTIONS, sizeof *unit->adoption);
    w->directory.unit = w->unit;
}

static inline void link_up(struct world *w)
{
    for (size_t i = 0; i < w->directory.unit_count; i++) {
        struct dg_dir_unit *unit = &w->unit[i];
        if (unit->parent_slug.size > 0)
            unit->parent = unit_of(w, (const char *)unit->parent_slug.data);
    }
}

#define BIG_UNIT                                                                                             \
    "cap-uy thuong-truc ban-thuong-vu ban-dan-van van-phong ubnd=ubnd+chinh-quyen mttq "                     \
    "hoi-nong-dan=to-chuc-ct-xh lien-doan-lao-dong=to-chuc-ct-xh cong-an=luc-luong-vu-trang"
#define COMMUNE                                                                                              \
    "cap-uy thuong-truc ban-thuong-vu khoi-dan-van ubnd=ubnd+chinh-quyen mttq hoi-nong-dan=to-chuc-ct-xh "   \
    "cong-an=luc-luong-vu-trang"

/* The country above, with the regimes of deploy/regimes. */
static inline int open_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    dg_arena_init(&w->arena, 0);
    add_unit(w, "binh-phuoc", "province", "");
    add_unit(w, "bu-dang", "district", "binh-phuoc");
    add_unit(w, "chi-bo-hai", "cell", "khoi-co-quan");
    add_unit(w, "chi-bo-mot", "cell", "dong-phu");
    add_unit(w, "dong-phu", "district", "binh-phuoc");
    add_unit(w, "duc-lieu", "commune", "bu-dang");
    add_unit(w, "khoi-co-quan", "bloc", "binh-phuoc");
    add_unit(w, "tan-loi", "commune", "dong-phu");
    link_up(w);
    set_organs(w, "binh-phuoc", BIG_UNIT);
    set_organs(w, "bu-dang", BIG_UNIT);
    set_organs(w, "dong-phu", BIG_UNIT);
    set_organs(w, "khoi-co-quan",
               "cap-uy thuong-truc ban-thuong-vu ban-dan-van ban-tuyen-giao "
               "doan-thanh-nien=to-chuc-ct-xh");
    set_organs(w, "duc-lieu", COMMUNE);
    set_organs(w, "tan-loi", COMMUNE);
    set_organs(w, "chi-bo-mot", "cap-uy khoi-dan-van");
    set_organs(w, "chi-bo-hai", "cap-uy khoi-dan-van");
    adopt(w, "binh-phuoc", regime_file(w, "binh-phuoc"), true);
    adopt(w, "dong-phu", regime_file(w, "huyen"), true);
    *state = w;
    return 0;
}

static inline int close_world(void **state)
{
    struct world *w = *state;

    dg_arena_done(&w->arena);
    free(w);
    return 0;
}

/* Leaves one regime in the country: at its root, as the only one. */
static inline void only_regime(struct world *w, struct dg_regime *regime)
{
    unit_of(w, "dong-phu")->adoption_count = 0;
    unit_of(w, "binh-phuoc")->adoption_count = 0;
    adopt(w, "binh-phuoc", regime, true);
}

/* --- mandates as text ----------------------------------------------------------------------- */

/* A header of the 10th of November 2026; author is organ@unit. */
static inline struct dg_header header_of(const char *author, const char *kind, const char *period)
{
    struct dg_header header = {
        .kind = word_of(kind), .period = word_of(period), .date = day_of("2026-11-10")};
    const char *at = strchr(author, '@');

    assert_non_null(at);
    header.organ = dg_bytes_at(author, (size_t)(at - author));
    header.unit = word_of(at + 1);
    return header;
}

static inline void show(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void show(struct world *w, const char *format, ...)
{
    size_t size = strlen(w->text);
    va_list args;

    va_start(args, format);
    vsnprintf(w->text + size, sizeof w->text - size, format, args);
    va_end(args);
}

#define SHOWN(bytes) (int)(bytes).size, (const char *)(bytes).data

static inline void show_recipient(struct world *w, const struct dg_mandate_recipient *recipient)
{
    show(w, "%s %.*s@%.*s", dg_as_name(recipient->as), SHOWN(recipient->organ), SHOWN(recipient->unit));
    if (recipient->through.size > 0)
        show(w, " through %.*s", SHOWN(recipient->through));
    show(w, "%s", recipient->cited_count == 0 ? " -" : "");
    for (size_t i = 0; i < recipient->cited_count; i++)
        show(w, "%c%.*s", i == 0 ? ' ' : ',', SHOWN(recipient->cited[i].rule->id));
    show(w, "\n");
}

static inline void show_mandate(struct world *w, const struct dg_mandate *mandate)
{
    for (size_t i = 0; i < mandate->recipient_count; i++)
        show_recipient(w, &mandate->recipient[i]);
    for (size_t i = 0; i < mandate->unresolved_count; i++) {
        const struct dg_mandate_unresolved *item = &mandate->unresolved[i];
        show(w, "unresolved %s %.*s@%.*s %.*s\n", dg_as_name(item->as), SHOWN(item->role), SHOWN(item->unit),
             SHOWN(item->cited.rule->id));
    }
}

/* What the mandate is: a line for each recipient, or the refusal. */
static inline const char *mandate_of(struct world *w, const struct dg_header *header)
{
    struct dg_mandate mandate;
    struct dg_fault fault = {0};

    w->text[0] = '\0';
    enum dg_err err = dg_mandate_of(&w->directory, header, &w->arena, &mandate, &fault);
    if (err == DG_OK) {
        show_mandate(w, &mandate);
        return w->text;
    }
    assert_int_equal(fault.err, err);
    show(w, "%s", dg_err_name(err));
    const char *part[] = {fault.rule, fault.cites, fault.organ, fault.unit};
    for (size_t i = 0; i < 4; i++)
        show(w, "%s%s", part[i][0] == '\0' ? "" : " | ", part[i]);
    return w->text;
}

static inline void expect(struct world *w, const char *author, const char *kind, const char *period,
                          const char *expected)
{
    struct dg_header header = header_of(author, kind, period);
    assert_string_equal(mandate_of(w, &header), expected);
}

#endif
