/* directory_load.c - the DIRECTORY table read into a struct dg_directory.
 *
 * Two walks: the units first, since rows of one unit sort its organs before its own certificate, then
 * organs and adoptions hung under them. A new row of a unit that is known can also be added to what was read.
 */
#include <stdlib.h>
#include <string.h>

#include "node/core/identity.h"
#include "node/core/query.h"
#include "node/core/rows.h"

/* One regime serves every unit that adopted it. */
struct loaded_regime {
    struct dg_hash hash;
    const struct dg_regime *regime;
};

struct loading {
    struct dg_txn *txn;
    struct dg_arena *arena;
    struct dg_directory *dir;
    size_t capacity;
    enum dg_err err;
    size_t regime_count, regime_capacity;
    struct loaded_regime *regime;
    struct loaded_regime shared; /* the only one, while a row is added */
    /* the unit whose rows are being counted or read */
    struct dg_dir_unit *unit;
};

static bool loading_fail(struct loading *l, enum dg_err err)
{
    if (l->err == DG_OK)
        l->err = err;
    return false;
}

static bool grow(struct loading *l, void **list, size_t count, size_t *capacity, size_t item)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity == 0 ? 16 : 2 * *capacity;
    void *grown = dg_arena_array(l->arena, larger, item);
    if (grown == NULL)
        return loading_fail(l, DG_ERR_NO_MEMORY);
    if (count > 0)
        memcpy(grown, *list, count * item);
    *list = grown;
    *capacity = larger;
    return true;
}

/* ---- units --------------------------------------------------------------------------------------- */

static bool decode(struct loading *l, const struct dg_dir_row *row, struct dg_certificate *ret)
{
    struct dg_bytes body = dg_arena_copy(l->arena, row->record.sealed.body);
    if (body.size != row->record.sealed.body.size)
        return loading_fail(l, DG_ERR_NO_MEMORY);
    if (dg_certificate_decode(l->arena, body, ret, NULL) != DG_OK)
        return loading_fail(l, DG_ERR_STORE_CORRUPT);
    return true;
}

static void unit_fill(struct dg_dir_unit *unit, const struct dg_certificate *certificate,
                      struct dg_bytes body)
{
    unit->slug = certificate->unit;
    unit->level = certificate->level;
    unit->name = certificate->name;
    unit->parent_slug = certificate->parent;
    unit->certificate = dg_certificate_id(body);
    unit->unit_key = certificate->keys.unit;
    unit->log_key = certificate->keys.log;
    unit->transport = certificate->keys.transport;
    unit->epoch = certificate->epoch;
    unit->not_before_ms = certificate->not_before_ms;
    unit->not_after_ms = certificate->not_after_ms;
}

/* Rows come in order of unit and serial, so a later one of the same unit is the newer. */
static bool load_unit(void *ctx, const struct dg_dir_row *row)
{
    struct loading *l = ctx;
    struct dg_directory *dir = l->dir;
    struct dg_certificate certificate;
    if (row->kind != 'u')
        return true;
    void *list = dir->unit;
    if (dir->unit_count >= DG_UNITS_MAX)
        return loading_fail(l, DG_ERR_TOO_LARGE);
    if (!decode(l, row, &certificate) || !grow(l, &list, dir->unit_count, &l->capacity, sizeof *dir->unit))
        return false;
    dir->unit = list;
    bool newer = dir->unit_count > 0 && dg_bytes_equal(dir->unit[dir->unit_count - 1].slug, certificate.unit);
    size_t at = newer ? dir->unit_count - 1 : dir->unit_count++;
    unit_fill(&dir->unit[at], &certificate, row->record.sealed.body);
    return true;
}

static int unit_order(const void *a, const void *b)
{
    return dg_bytes_compare(((const struct dg_dir_unit *)a)->slug, ((const struct dg_dir_unit *)b)->slug);
}

static struct dg_dir_unit *unit_of(struct dg_directory *dir, struct dg_bytes slug)
{
    struct dg_dir_unit key = {.slug = slug};
    if (dir->unit_count == 0)
        return NULL;
    return bsearch(&key, dir->unit, dir->unit_count, sizeof key, unit_order);
}

/* ---- organs and adoptions ------------------------------------------------------------------------ */

static bool load_organ(struct loading *l, const struct dg_dir_row *row)
{
    struct dg_certificate certificate;
    if (!decode(l, row, &certificate))
        return false;
    struct dg_dir_unit *unit = l->unit;
    if (unit->organ_count >= DG_ORGANS_MAX)
        return loading_fail(l, DG_ERR_TOO_LARGE);
    unit->organ[unit->organ_count++] = (struct dg_dir_organ){
        .slug = certificate.organ,
        .name = certificate.name,
        .role = {.count = certificate.role_count, .item = certificate.role},
        .certificate = dg_certificate_id(row->record.sealed.body),
        .signing = certificate.keys.signing,
        .not_before_ms = certificate.not_before_ms,
        .not_after_ms = certificate.not_after_ms,
        .serial = certificate.serial,
    };
    return true;
}

static const struct dg_regime *load_regime(struct loading *l, const struct dg_hash *hash)
{
    for (size_t i = 0; i < l->regime_count; i++)
        if (dg_hash_equal(&l->regime[i].hash, hash))
            return l->regime[i].regime;
    struct dg_bytes compiled;
    void *list = l->regime;
    struct dg_regime *regime = dg_arena_alloc(l->arena, sizeof *regime);
    if (!dg_get(l->txn, DG_TABLE_REGIME, dg_bytes_at(hash->b, sizeof hash->b), &compiled) || regime == NULL ||
        !grow(l, &list, l->regime_count, &l->regime_capacity, sizeof *l->regime))
        return NULL;
    l->regime = list;
    if (dg_regime_decode(l->arena, dg_arena_copy(l->arena, compiled), regime, NULL) != DG_OK) {
        (void)loading_fail(l, DG_ERR_STORE_CORRUPT);
        return NULL;
    }
    l->regime[l->regime_count++] = (struct loaded_regime){.hash = *hash, .regime = regime};
    return regime;
}

static bool load_adoption(struct loading *l, const struct dg_dir_row *row)
{
    struct dg_adoption adoption;
    struct dg_bytes body = dg_arena_copy(l->arena, row->record.sealed.body);
    if (dg_adoption_decode(l->arena, body, &adoption, NULL) != DG_OK)
        return loading_fail(l, DG_ERR_STORE_CORRUPT);
    struct dg_dir_unit *unit = l->unit;
    unit->adoption[unit->adoption_count++] = (struct dg_dir_adoption){
        .id = dg_sha256(body),
        .hash = adoption.regime,
        .regime = load_regime(l, &adoption.regime),
        .main = adoption.main,
        .has_from = adoption.has_from,
        .has_until = adoption.has_until,
        .from = adoption.from,
        .until = adoption.until,
        .serial = adoption.serial,
        .signed_ms = adoption.signed_ms,
    };
    return l->err == DG_OK;
}

/* First walk over the rest: how many organs and adoptions each unit has. */
static bool count_row(void *ctx, const struct dg_dir_row *row)
{
    struct loading *l = ctx;
    struct dg_dir_unit *unit = row->kind == 'u' ? NULL : unit_of(l->dir, row->unit);
    if (unit != NULL && row->kind == 'o')
        unit->organ_count++;
    if (unit != NULL && row->kind == 'r')
        unit->adoption_count++;
    return true;
}

static bool load_row(void *ctx, const struct dg_dir_row *row)
{
    struct loading *l = ctx;
    l->unit = row->kind == 'u' ? NULL : unit_of(l->dir, row->unit);
    if (l->unit == NULL)
        return true;
    return row->kind == 'o' ? load_organ(l, row) : load_adoption(l, row);
}

/* Lists have some room to grow in, so that what is added one by one is not copied each time. */
static size_t list_room(size_t count)
{
    enum { STEP = 8 };
    return (count / STEP + 1) * STEP;
}

static bool make_lists(struct loading *l)
{
    for (size_t i = 0; i < l->dir->unit_count; i++) {
        struct dg_dir_unit *unit = &l->dir->unit[i];
        unit->organ = dg_arena_array(l->arena, list_room(unit->organ_count), sizeof *unit->organ);
        unit->adoption = dg_arena_array(l->arena, list_room(unit->adoption_count), sizeof *unit->adoption);
        if (unit->organ == NULL || unit->adoption == NULL)
            return loading_fail(l, DG_ERR_NO_MEMORY);
        unit->organ_count = 0;
        unit->adoption_count = 0;
        unit->parent = unit->parent_slug.size > 0 ? unit_of(l->dir, unit->parent_slug) : NULL;
    }
    return true;
}

/* A node hears everything about its own subtree and its path to the root; of others, what came along. */
static void mark_unit(struct dg_dir_unit *unit, const struct dg_dir_unit *self)
{
    bool kin = dg_dir_unit_within(unit, self) || dg_dir_unit_within(self, unit);
    unit->partial = !kin || unit->organ_count == 0; /* admitted, but its organs have not come yet */
}

static void mark_partial(struct dg_directory *dir, const char *self_slug)
{
    const struct dg_dir_unit *self = unit_of(dir, dg_bytes_of(self_slug));
    for (size_t i = 0; self != NULL && i < dir->unit_count; i++)
        mark_unit(&dir->unit[i], self);
}

enum dg_err dg_directory_load(struct dg_txn *txn, struct dg_arena *arena, struct dg_directory *ret)
{
    struct dg_directory dir = {.unit_count = 0};
    struct loading l = {.txn = txn, .arena = arena, .dir = &dir};
    struct dg_identity identity;
    bool known = dg_identity_load(txn, &identity);
    if (known) {
        dir.federation = dg_arena_copy(arena, dg_bytes_of(identity.federation));
        dir.federation_key = identity.federation_key;
    }
    dg_dir_walk(txn, load_unit, &l);
    if (dir.unit_count > 0)
        qsort(dir.unit, dir.unit_count, sizeof *dir.unit, unit_order);
    dg_dir_walk(txn, count_row, &l);
    if (l.err == DG_OK && make_lists(&l))
        dg_dir_walk(txn, load_row, &l);
    if (l.err == DG_OK && known)
        mark_partial(&dir, identity.unit);
    if (l.err == DG_OK)
        l.err = txn->err;
    if (l.err == DG_OK)
        *ret = dir;
    return l.err;
}

/* ---- one more ------------------------------------------------------------------------------------ */

/* A longer copy of a list that would be full with one more. */
static bool make_room(struct loading *l, void **list, size_t count, size_t item)
{
    if (list_room(count + 1) == list_room(count))
        return true;
    void *longer = dg_arena_array(l->arena, list_room(count + 1), item);
    if (longer == NULL)
        return loading_fail(l, DG_ERR_NO_MEMORY);
    memcpy(longer, *list, count * item);
    *list = longer;
    return true;
}

static bool organ_before(const struct dg_dir_organ *a, const struct dg_dir_organ *b)
{
    int order = dg_bytes_compare(a->slug, b->slug);
    return order != 0 ? order < 0 : a->serial < b->serial;
}

/* The last organ of the list goes to its place. */
static void settle_organ(struct dg_dir_unit *unit)
{
    for (size_t i = unit->organ_count - 1; i > 0 && organ_before(&unit->organ[i], &unit->organ[i - 1]); i--) {
        struct dg_dir_organ moved = unit->organ[i];
        unit->organ[i] = unit->organ[i - 1];
        unit->organ[i - 1] = moved;
    }
}

static bool add_organ(struct loading *l, const struct dg_dir_row *row)
{
    void *list = l->unit->organ;
    if (!make_room(l, &list, l->unit->organ_count, sizeof *l->unit->organ))
        return false;
    l->unit->organ = list;
    if (!load_organ(l, row))
        return false;
    settle_organ(l->unit);
    return true;
}

/* A regime that some unit has already is shared, as when all is read. */
static void know_regimes(struct loading *l, const struct dg_hash *hash)
{
    for (size_t i = 0; i < l->dir->unit_count && l->regime_count == 0; i++) {
        const struct dg_dir_unit *unit = &l->dir->unit[i];
        for (size_t k = 0; k < unit->adoption_count && l->regime_count == 0; k++) {
            const struct dg_dir_adoption *adoption = &unit->adoption[k];
            if (adoption->regime == NULL || !dg_hash_equal(&adoption->hash, hash))
                continue;
            l->shared = (struct loaded_regime){.hash = *hash, .regime = adoption->regime};
            l->regime = &l->shared;
            l->regime_count = l->regime_capacity = 1;
        }
    }
}

/* The last adoption of the list goes to its place. */
static void settle_adoption(struct dg_dir_unit *unit)
{
    struct dg_dir_adoption *list = unit->adoption;
    for (size_t i = unit->adoption_count - 1; i > 0 && list[i].serial < list[i - 1].serial; i--) {
        struct dg_dir_adoption moved = list[i];
        list[i] = list[i - 1];
        list[i - 1] = moved;
    }
}

static bool add_adoption(struct loading *l, const struct dg_dir_row *row)
{
    struct dg_adoption adoption;
    void *list = l->unit->adoption;
    if (dg_adoption_decode(l->txn->arena, row->record.sealed.body, &adoption, NULL) != DG_OK)
        return false;
    know_regimes(l, &adoption.regime);
    /* One that nobody had may fill a gap elsewhere: then all is read. */
    if (l->regime_count == 0 || !make_room(l, &list, l->unit->adoption_count, sizeof *l->unit->adoption))
        return false;
    l->unit->adoption = list;
    if (!load_adoption(l, row))
        return false;
    settle_adoption(l->unit);
    return true;
}

bool dg_directory_add(struct dg_txn *txn, struct dg_arena *arena, const char *self_slug,
                      const struct dg_dir_row *row, struct dg_directory *directory)
{
    struct loading l = {.txn = txn, .arena = arena, .dir = directory};
    const struct dg_dir_unit *self = unit_of(directory, dg_bytes_of(self_slug));
    l.unit = row->kind == 'u' ? NULL : unit_of(directory, row->unit);
    if (l.unit == NULL || self == NULL || !(row->kind == 'o' ? add_organ(&l, row) : add_adoption(&l, row)))
        return false;
    mark_unit(l.unit, self);
    return true;
}
