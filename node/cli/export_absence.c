/* export_absence.c - the .absence file of a finding, collected from the store; absence.h says what belongs to
 * it. */
#include <string.h>

#include "common/crypto.h"
#include "node/audit/absence.h"
#include "node/cli/export_impl.h"
#include "node/core/issued.h"

struct collecting {
    struct dg_exporting x;
    const struct dg_duty_name *name;
    const struct dg_hash *hash;
    struct dg_absence finding;
    bool has_finding;
    dg_ms extended_ms; /* of the extension chosen so far; 0: none */
    struct dg_issued_row extension;
    bool has_calendar;
    struct dg_calendar calendar; /* that the finding names */
    uint32_t first;              /* the serial that set the duty */
};

/* ---- events ------------------------------------------------------------------------------------- */

static enum dg_err add_issued(struct dg_exporting *x, const struct dg_issued_row *row)
{
    struct dg_part part;

    enum dg_err err = dg_export_prove(x, &row->record, row->origin, row->checkpoint_size, &part);
    return err == DG_OK ? dg_export_add(x, &x->events, &part) : err;
}

static bool has_leaf(const struct dg_parts *parts, struct dg_bytes origin, uint64_t index)
{
    for (size_t i = 0; i < parts->count; i++)
        if (parts->item[i].entry.index == index && dg_bytes_equal(parts->item[i].entry.origin, origin))
            return true;
    return false;
}

/* Adds a leaf of this node's own log that nothing signed stands beside, unless it is there. */
static enum dg_err add_leaf(struct dg_exporting *x, uint64_t index)
{
    struct dg_bytes origin = dg_bytes_of(x->identity.origin);
    struct dg_record record = {.index = index};
    struct dg_part part;

    if (has_leaf(&x->events, origin, index) || has_leaf(&x->members, origin, index))
        return DG_OK;
    enum dg_err err = dg_export_prove(x, &record, origin, 0, &part);
    return err == DG_OK ? dg_export_add(x, &x->events, &part) : err;
}

static bool is_body(const struct dg_issued_row *row, const struct dg_hash *hash)
{
    struct dg_hash here = dg_sha256(row->record.sealed.body);

    return dg_hash_equal(&here, hash);
}

static bool take_finding(void *ctx, const struct dg_issued_row *row)
{
    struct collecting *c = ctx;

    if (!is_body(row, c->hash))
        return true;
    c->x.err = dg_absence_decode(c->x.arena, row->record.sealed.body, &c->finding, c->x.fault);
    if (c->x.err == DG_OK)
        c->x.err = add_issued(&c->x, row);
    c->has_finding = c->x.err == DG_OK;
    return false;
}

static bool take_calendar(void *ctx, const struct dg_issued_row *row)
{
    struct collecting *c = ctx;

    if (!is_body(row, &c->finding.duty.calendar))
        return true;
    c->x.err = dg_calendar_decode(c->x.arena, row->record.sealed.body, &c->calendar, c->x.fault);
    if (c->x.err == DG_OK)
        c->x.err = add_issued(&c->x, row);
    c->has_calendar = c->x.err == DG_OK;
    return false;
}

static bool take_reminder(void *ctx, const struct dg_issued_row *row)
{
    struct collecting *c = ctx;

    for (size_t i = 0; i < c->finding.reminder_count; i++) {
        if (is_body(row, &c->finding.reminder[i])) {
            c->x.err = add_issued(&c->x, row);
            break;
        }
    }
    return c->x.err == DG_OK;
}

/* ---- older serials ------------------------------------------------------------------------------ */

static bool take_duty(void *ctx, const struct dg_duty *duty)
{
    struct collecting *c = ctx;

    if (!dg_hash_equal(&duty->calendar->hash, &c->finding.duty.calendar))
        return true;
    c->first = duty->set_by->calendar.serial;
    return false;
}

/* As the verifier will see it: without what was issued after the calendar that the finding names. */
static size_t keep_serials(struct dg_held_calendar *held, size_t count, const struct dg_calendar *named)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        const struct dg_calendar *calendar = &held[i].calendar;
        if (dg_bytes_equal(calendar->issuer.unit, named->issuer.unit) &&
            dg_bytes_equal(calendar->issuer.organ, named->issuer.organ) &&
            dg_bytes_equal(calendar->name, named->name) && calendar->serial <= named->serial)
            held[kept++] = held[i];
    }
    return kept;
}

static bool take_serial(void *ctx, const struct dg_issued_row *row)
{
    struct collecting *c = ctx;
    struct dg_calendar calendar;
    const struct dg_calendar *named = &c->calendar;

    c->x.err = dg_calendar_decode(c->x.arena, row->record.sealed.body, &calendar, c->x.fault);
    struct dg_held_calendar held = {.calendar = calendar};
    if (c->x.err == DG_OK && keep_serials(&held, 1, named) == 1 && calendar.serial >= c->first &&
        calendar.serial < named->serial)
        c->x.err = add_issued(&c->x, row);
    return c->x.err == DG_OK;
}

/* Those from which the calendar inherits its day of signing. */
static enum dg_err add_serials(struct collecting *c)
{
    struct dg_exporting *x = &c->x;
    struct dg_duty_filter filter = {
        .unit = c->name->unit, .organ = c->name->organ, .rule = c->name->rule, .period = c->name->period};
    struct dg_held_calendar *held;
    size_t count;

    c->first = c->calendar.serial;
    enum dg_err err = dg_calendars_load(x->txn, x->arena, &count, &held);
    if (err == DG_OK)
        err = dg_duty_each(&x->dir, held, keep_serials(held, count, &c->calendar), &filter, x->arena,
                           take_duty, c);
    if (err != DG_OK)
        return dg_fault(x->fault, err);
    if (c->first < c->calendar.serial)
        dg_issued_calendars_each(x->txn, take_serial, c);
    return x->err;
}

/* ---- decisions ---------------------------------------------------------------------------------- */

/* The newest decision before the finding; only an extension leaves something to find. */
static bool see_decision(void *ctx, const struct dg_issued_row *row)
{
    struct collecting *c = ctx;
    struct dg_absence absence;

    c->x.err = dg_absence_decode(c->x.arena, row->record.sealed.body, &absence, c->x.fault);
    if (c->x.err == DG_OK && absence.finding == DG_FINDING_EXTENDED &&
        absence.issuer.signed_ms <= c->finding.issuer.signed_ms &&
        absence.issuer.signed_ms >= c->extended_ms &&
        dg_bytes_equal(absence.issuer.unit, c->calendar.issuer.unit)) {
        c->extended_ms = absence.issuer.signed_ms;
        c->extension = *row;
    }
    return c->x.err == DG_OK;
}

static enum dg_err add_events(struct collecting *c)
{
    struct dg_exporting *x = &c->x;

    dg_issued_about(x->txn, DG_RECORD_ABSENCE, c->name, take_finding, c);
    if (x->err == DG_OK && !c->has_finding)
        return dg_export_unknown(x, "the finding", c->name->unit);
    if (x->err == DG_OK)
        dg_issued_calendars_each(x->txn, take_calendar, c);
    if (x->err == DG_OK && !c->has_calendar)
        return dg_export_unknown(x, "the calendar", c->name->unit);
    if (x->err == DG_OK)
        x->err = add_serials(c);
    if (x->err == DG_OK)
        dg_issued_about(x->txn, DG_RECORD_REMINDER, c->name, take_reminder, c);
    if (x->err == DG_OK)
        dg_issued_about(x->txn, DG_RECORD_ABSENCE, c->name, see_decision, c);
    if (x->err == DG_OK && c->extended_ms != 0)
        x->err = add_issued(x, &c->extension);
    return x->err != DG_OK ? x->err : x->txn->err;
}

/* The leaves on both sides of the end of the last day, and that of a late report. */
static enum dg_err add_leaves(struct collecting *c)
{
    struct dg_exporting *x = &c->x;
    uint64_t before = c->finding.before.size;

    enum dg_err err = add_leaf(x, before);
    if (err == DG_OK && before > 0)
        err = add_leaf(x, before - 1);
    if (err != DG_OK || c->finding.finding != DG_FINDING_LATE)
        return err;
    err = dg_held_get(x->txn, &c->finding.report, &x->held);
    return err == DG_OK ? add_leaf(x, x->held.position) : dg_fault(x->fault, err);
}

/* ---- members ------------------------------------------------------------------------------------ */

static bool take_member(void *ctx, const struct dg_dir_row *row)
{
    struct dg_exporting *x = ctx;
    struct dg_adoption adoption;

    if (row->kind == 'u')
        return true;
    x->err = dg_export_row(x, row);
    if (x->err == DG_OK && row->kind == 'r') {
        x->err = dg_adoption_decode(x->arena, row->record.sealed.body, &adoption, x->fault);
        if (x->err == DG_OK)
            x->err = dg_export_regime(x, &adoption.regime, row->unit);
    }
    return x->err == DG_OK;
}

/* All that is known of the owner's unit and of those above it. */
static enum dg_err add_members(struct collecting *c)
{
    struct dg_exporting *x = &c->x;
    const struct dg_dir_unit *unit = dg_directory_unit(&x->dir, c->name->unit);

    x->err = dg_export_unit(x, c->name->unit);
    for (; x->err == DG_OK && unit != NULL; unit = unit->parent)
        dg_dir_each(x->txn, unit->slug, take_member, x);
    return x->err != DG_OK ? x->err : x->txn->err;
}

/* ---- the file ----------------------------------------------------------------------------------- */

static enum dg_err prove_growth(struct collecting *c, struct dg_absence_file *file)
{
    struct dg_tree_reader tree = dg_log_tree(c->x.txn);
    uint64_t before = c->finding.before.size, after = c->finding.after.size;
    enum dg_err err = DG_OK;

    if (before > 0)
        err = dg_tree_consistency(&tree, before, after, &file->grown);
    if (err == DG_OK)
        err = dg_tree_consistency(&tree, after, c->x.log.size, &file->now);
    return err == DG_OK ? DG_OK : dg_fault(c->x.fault, err);
}

static enum dg_err seal(struct dg_exporting *x, const struct dg_signer *signer, struct dg_absence_file *file,
                        struct dg_buf *out)
{
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_TRAIL_MAX);
    enum dg_err err = dg_absence_file_encode(file, &bytes);
    if (err == DG_OK)
        err = signer->sign(signer->ctx, &x->identity.unit_key, DG_CONTEXT_ABSENCE_FILE, dg_buf_bytes(&bytes),
                           &file->parts.seal);
    dg_buf_done(&bytes);
    file->parts.has_seal = true;
    if (err == DG_OK)
        err = dg_absence_file_encode(file, out);
    return err == DG_OK ? DG_OK : dg_faultf(x->fault, err, "absence");
}

static enum dg_err begin(struct dg_exporting *x)
{
    if (!dg_identity_load(x->txn, &x->identity))
        return dg_faultf(x->fault, x->txn->err != DG_OK ? x->txn->err : DG_ERR_BAD_NODE, "identity");
    dg_log_get(x->txn, &x->log);
    enum dg_err err = dg_directory_load(x->txn, x->arena, &x->dir);
    return err == DG_OK ? DG_OK : dg_fault(x->fault, err);
}

enum dg_err dg_absence_build(struct dg_txn *txn, const struct dg_duty_name *duty, const struct dg_hash *hash,
                             const struct dg_signer *signer, dg_ms now, struct dg_buf *out,
                             struct dg_fault *fault)
{
    struct dg_absence_file *file = dg_arena_alloc(txn->arena, sizeof *file);
    struct collecting *c = dg_arena_alloc(txn->arena, sizeof *c);

    if (file == NULL || c == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    c->x = (struct dg_exporting){.txn = txn, .arena = txn->arena, .fault = fault};
    c->name = duty;
    c->hash = hash;
    enum dg_err err = begin(&c->x);
    if (err == DG_OK)
        err = add_events(c);
    if (err == DG_OK)
        err = add_members(c);
    if (err == DG_OK)
        err = add_leaves(c);
    if (err == DG_OK)
        err = dg_export_arrange(&c->x, now, &file->parts);
    if (err == DG_OK)
        err = prove_growth(c, file);
    return err == DG_OK ? seal(&c->x, signer, file, out) : err;
}
