/* export_members.c - the certificates, adoptions and regimes that a report's trail rests on. */
#include "common/crypto.h"
#include "node/cli/export_impl.h"
#include "node/core/mandate.h"

/* --- members -------------------------------------------------------------------------------- */

static unsigned depth_of(const struct dg_dir_unit *unit)
{
    unsigned depth = 0;

    for (; unit != NULL && unit->parent != NULL && depth < DG_TREE_DEPTH_MAX; unit = unit->parent)
        depth++;
    return depth;
}

enum dg_err dg_export_row(struct dg_exporting *x, const struct dg_dir_row *row)
{
    struct dg_part part;
    enum dg_err err = dg_export_prove(x, &row->record, row->origin, row->checkpoint_size, &part);

    part.rank = (struct dg_member_rank){
        .depth = depth_of(dg_directory_unit(&x->dir, row->unit)),
        .unit = row->unit,
        .kind = row->kind == 'u'   ? 0
                : row->kind == 'o' ? 1
                                   : 2,
        .organ = row->organ,
        .serial = row->serial,
    };
    for (size_t i = 0; err == DG_OK && i < x->members.count; i++) {
        if (dg_member_rank_compare(&x->members.item[i].rank, &part.rank) == 0)
            return DG_OK;
    }
    return err == DG_OK ? dg_export_add(x, &x->members, &part) : err;
}

enum dg_err dg_export_unit(struct dg_exporting *x, struct dg_bytes slug)
{
    const struct dg_dir_unit *unit = dg_directory_unit(&x->dir, slug);
    struct dg_dir_row row;

    if (unit == NULL)
        return dg_export_unknown(x, "the certificate", slug);
    for (; unit != NULL; unit = unit->parent) {
        if (!dg_dir_find(x->txn, &unit->certificate, &row))
            return dg_export_unknown(x, "the certificate", unit->slug);
        if (row.origin.size == 0) {
            x->root = row.record.sealed;
            continue;
        }
        enum dg_err err = dg_export_row(x, &row);
        if (err != DG_OK)
            return err;
    }
    return DG_OK;
}

enum dg_err dg_export_organ(struct dg_exporting *x, const struct dg_cert_id *id, struct dg_bytes unit)
{
    struct dg_dir_row row;

    if (!dg_dir_find(x->txn, id, &row))
        return dg_export_unknown(x, "the certificate of an organ", unit);
    enum dg_err err = dg_export_unit(x, row.unit);
    return err == DG_OK ? dg_export_row(x, &row) : err;
}

static enum dg_err add_authors(struct dg_exporting *x)
{
    const struct dg_report *report = &x->held.report;
    enum dg_err err = DG_OK;

    for (size_t i = 0; err == DG_OK && i < report->author_count; i++)
        err = dg_export_organ(x, &report->author[i].certificate, report->author[i].unit);
    return err;
}

/* The organs of other branches are known here only when something of theirs came by. */
static enum dg_err add_recipients(struct dg_exporting *x)
{
    const struct dg_report *report = &x->held.report;
    enum dg_err err = DG_OK;

    for (size_t i = 0; err == DG_OK && i < report->recipient_count; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        struct dg_dir_row row;
        if (recipient->has_certificate && dg_dir_find(x->txn, &recipient->certificate, &row))
            err = dg_export_organ(x, &recipient->certificate, recipient->unit);
    }
    return err != DG_OK ? err : x->txn->err;
}

/* --- what the mandate rests on -------------------------------------------------------------- */

/* Every organ that the unit had on the day of signing. */
static enum dg_err add_organs_of(struct dg_exporting *x, const struct dg_dir_unit *unit, struct dg_day day)
{
    enum dg_err err = DG_OK;

    for (size_t i = 0; err == DG_OK && unit != NULL && i < unit->organ_count; i++) {
        const struct dg_dir_organ *organ = dg_dir_unit_organ(unit, unit->organ[i].slug, day);
        if (organ != NULL)
            err = dg_export_organ(x, &organ->certificate, unit->slug);
    }
    return err;
}

/* A search for one adoption among the rows of its unit. */
struct adoption_search {
    struct dg_hash id;
    bool found;
    struct dg_dir_row row;
};

static bool match_adoption(void *ctx, const struct dg_dir_row *row)
{
    struct adoption_search *search = ctx;
    struct dg_hash id = dg_sha256(row->record.sealed.body);

    if (row->kind != 'r' || !dg_hash_equal(&id, &search->id))
        return true;
    search->found = true;
    search->row = *row;
    return false;
}

enum dg_err dg_export_regime(struct dg_exporting *x, const struct dg_hash *hash, struct dg_bytes unit)
{
    struct dg_bytes compiled;

    if (!dg_get(x->txn, DG_TABLE_REGIME, dg_bytes_at(hash->b, sizeof hash->b), &compiled))
        return dg_export_unknown(x, "a regime", unit);
    for (size_t i = 0; i < x->regime_count; i++) {
        if (dg_bytes_equal(x->regime[i], compiled))
            return DG_OK;
    }
    if (x->regime_count == DG_TRAIL_REGIMES_MAX)
        return dg_faultf(x->fault, DG_ERR_TOO_LARGE, "regimes");
    x->regime[x->regime_count++] = compiled;
    return DG_OK;
}

static enum dg_err add_adoption(struct dg_exporting *x, struct dg_bytes unit, const struct dg_hash *id,
                                struct dg_adoption *ret)
{
    struct adoption_search search = {.id = *id};

    dg_dir_each(x->txn, unit, match_adoption, &search);
    if (!search.found || dg_adoption_decode(x->arena, search.row.record.sealed.body, ret, NULL) != DG_OK)
        return dg_export_unknown(x, "an adoption", unit);
    enum dg_err err = dg_export_unit(x, unit);
    if (err == DG_OK)
        err = dg_export_row(x, &search.row);
    return err == DG_OK ? dg_export_regime(x, &ret->regime, unit) : err;
}

struct adopted_then {
    struct dg_arena *arena;
    dg_ms signed_ms;
    struct dg_dir_unit *unit; /* a copy, whose list is filled anew */
    const struct dg_dir_unit *from;
};

static bool keep_adopted_then(void *ctx, const struct dg_dir_row *row)
{
    struct adopted_then *then = ctx;
    struct dg_adoption adoption;

    if (row->kind != 'r' ||
        dg_adoption_decode(then->arena, row->record.sealed.body, &adoption, NULL) != DG_OK ||
        adoption.signed_ms > then->signed_ms)
        return true;
    for (size_t i = 0; i < then->from->adoption_count; i++) {
        if (then->from->adoption[i].serial == adoption.serial)
            then->unit->adoption[then->unit->adoption_count++] = then->from->adoption[i];
    }
    return true;
}

/* The main regime that stood at the author's unit when it signed, even if it bound nobody: without it
 * the superior's would seem to bind there too. */
static enum dg_err add_standing_main(struct dg_exporting *x, const struct dg_dir_unit *unit,
                                     struct dg_day date)
{
    struct dg_dir_unit copy = *unit;
    struct adopted_then then = {
        .arena = x->arena, .signed_ms = x->held.report.signed_ms, .unit = &copy, .from = unit};
    struct dg_cited first;
    struct dg_adoption adoption;

    copy.adoption = dg_arena_array(x->arena, unit->adoption_count, sizeof *copy.adoption);
    copy.adoption_count = 0;
    if (copy.adoption == NULL)
        return dg_fault(x->fault, DG_ERR_NO_MEMORY);
    dg_dir_each(x->txn, unit->slug, keep_adopted_then, &then);
    if (dg_regimes_at(&copy, date, &first, 1) != 1 || first.regime_unit != &copy || !first.adoption->main)
        return DG_OK;
    return add_adoption(x, unit->slug, &first.adoption->id, &adoption);
}

static enum dg_err add_regimes(struct dg_exporting *x, const struct dg_dir_unit *unit, struct dg_day date)
{
    const struct dg_report *report = &x->held.report;
    bool main_above = false, main_here = false;
    struct dg_adoption adoption;
    enum dg_err err = DG_OK;

    for (size_t i = 0; err == DG_OK && i < report->regime_count; i++) {
        err = add_adoption(x, report->regime[i].unit, &report->regime[i].adoption, &adoption);
        if (err != DG_OK || !adoption.main)
            continue;
        if (dg_bytes_equal(adoption.unit, unit->slug))
            main_here = true;
        else
            main_above = true;
    }
    return err == DG_OK && main_above && !main_here ? add_standing_main(x, unit, date) : err;
}

/* Only the author's unit and those above it know all this; others export what the author signed. */
static enum dg_err add_mandate(struct dg_exporting *x)
{
    const struct dg_dir_unit *unit = dg_directory_unit(&x->dir, x->held.report.author[0].unit);
    const struct dg_dir_unit *self = dg_directory_unit(&x->dir, dg_bytes_of(x->identity.unit));
    struct dg_header header;

    if (unit == NULL || self == NULL || !dg_dir_unit_within(unit, self))
        return DG_OK;
    enum dg_err err = dg_header_of(&x->held.report, x->arena, &header);
    if (err == DG_OK)
        err = add_organs_of(x, unit, dg_header_organs_on(&header));
    if (err == DG_OK)
        err = add_organs_of(x, unit->parent, dg_header_organs_on(&header));
    return err == DG_OK ? add_regimes(x, unit, header.date) : err;
}

enum dg_err dg_export_members(struct dg_exporting *x)
{
    enum dg_err err = add_authors(x);

    if (err == DG_OK)
        err = add_recipients(x);
    return err == DG_OK ? add_mandate(x) : err;
}
