/* absence.c - the body of a finding: that a report is missing, late, excused or due later. */
#include "proto/calendar.h"

#include <assert.h>

#include "common/limits.h"
#include "proto/calendar_form.h"

/* Which fields each finding has besides the note; it has them all, and no others. */
static const struct {
    const char *name;
    bool until, heads, report;
} FINDINGS[DG_FINDING_COUNT] = {
    [DG_FINDING_MISSING] = {.name = "missing", .heads = true},
    [DG_FINDING_EXCUSED] = {.name = "excused"},
    [DG_FINDING_NOTHING] = {.name = "nothing-to-report"},
    [DG_FINDING_EXTENDED] = {.name = "extended", .until = true},
    [DG_FINDING_LATE] = {.name = "late", .heads = true, .report = true},
};

const char *dg_finding_name(enum dg_finding finding)
{
    return (unsigned)finding < DG_FINDING_COUNT ? FINDINGS[finding].name : NULL;
}

/* --- writing -------------------------------------------------------------------------------- */

static Dgpb__TreeHead *write_head(struct dg_pb_out *out, const struct dg_tree_head *head)
{
    Dgpb__TreeHead *wire = dg_pb_message(out, &dgpb__tree_head__descriptor);

    if (wire == NULL)
        return NULL;
    wire->origin = dg_pb_bytes(head->origin);
    wire->size = head->size;
    wire->root = DG_PB_VIEW(head->root);
    return wire;
}

static void write_name(struct dg_pb_out *out, const struct dg_absence *absence, Dgpb__Absence *wire)
{
    struct dg_issuer_wire issuer = dg_pb_write_issuer(&absence->issuer);
    struct dg_duty_wire duty = dg_pb_write_duty(out, &absence->duty);

    wire->version = DG_PB_VERSION;
    wire->federation = issuer.federation;
    wire->organ = issuer.organ;
    wire->unit = issuer.unit;
    wire->certificate = issuer.certificate;
    wire->signed_ms = issuer.signed_ms;
    wire->calendar = duty.calendar;
    wire->owner = duty.owner;
    wire->rule = duty.rule;
    wire->period = duty.period;
    wire->due = duty.due;
    wire->decision = absence->finding;
}

enum dg_err dg_absence_encode(const struct dg_absence *absence, struct dg_buf *out)
{
    Dgpb__Absence wire = DGPB__ABSENCE__INIT;
    struct dg_pb_out pb;

    assert(dg_finding_name(absence->finding) != NULL);
    dg_pb_out_start(&pb);
    write_name(&pb, absence, &wire);
    wire.has_until = FINDINGS[absence->finding].until;
    if (wire.has_until)
        wire.until = dg_pb_day_view(&pb, absence->until);
    if (FINDINGS[absence->finding].heads) {
        wire.before = write_head(&pb, &absence->before);
        wire.after = write_head(&pb, &absence->after);
        wire.n_reminder = dg_pb_fixed_views(&pb, absence->reminder_count, absence->reminder,
                                            sizeof *absence->reminder, &wire.reminder);
    }
    wire.has_report = wire.has_days = FINDINGS[absence->finding].report;
    wire.report = DG_PB_VIEW(absence->report);
    wire.days = absence->days;
    dg_pb_optional(&wire.has_note, &wire.note, absence->note);
    return dg_pb_out_end(&pb, &wire.base, out);
}

/* --- reading -------------------------------------------------------------------------------- */

/* A finding has exactly the fields of its kind. */
static void check_fields(struct dg_pb *pb, const Dgpb__Absence *wire, enum dg_finding finding)
{
    if (pb->err != DG_OK)
        return;
    bool heads = FINDINGS[finding].heads, report = FINDINGS[finding].report;
    if (!wire->has_until != !FINDINGS[finding].until)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "until");
    if ((wire->before != NULL) != heads || (wire->after != NULL) != heads)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "tree head");
    if (wire->n_reminder != 0 && !heads)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "reminder");
    if (!wire->has_report != !report || !wire->has_days != !report)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "report");
}

static struct dg_tree_head read_head(struct dg_pb *pb, const Dgpb__TreeHead *wire)
{
    struct dg_tree_head head = {
        .origin = dg_pb_line(pb, wire->origin, DG_ORIGIN_MAX, "origin"),
        .size = wire->size,
    };

    DG_PB_FIXED(pb, wire->root, head.root.b, "root");
    return head;
}

/* A log only grows, and has one root for each size. */
static void check_heads(struct dg_pb *pb, const struct dg_tree_head *before, const struct dg_tree_head *after)
{
    if (!dg_bytes_equal(before->origin, after->origin))
        return;
    if (before->size > after->size ||
        (before->size == after->size && !dg_hash_equal(&before->root, &after->root)))
        dg_pb_fail(pb, DG_ERR_MALFORMED, "tree head");
}

static void read_reminders(struct dg_pb *pb, const Dgpb__Absence *wire, struct dg_absence *ret)
{
    struct dg_pb_pair *pairs = NULL;

    ret->reminder_count = dg_pb_fixed_list(pb, wire->n_reminder, wire->reminder, DG_REMINDERS_MAX,
                                           sizeof *ret->reminder, &ret->reminder, "reminder");
    size_t count = dg_pb_array(pb, ret->reminder_count, DG_REMINDERS_MAX, sizeof *pairs, &pairs, "reminder");
    for (size_t i = 0; i < count; i++)
        pairs[i].first = dg_bytes_at(ret->reminder[i].b, sizeof ret->reminder[i].b);
    if (pb->err == DG_OK)
        dg_pb_unique(pb, pairs, count, "reminder twice");
}

static void read_proof(struct dg_pb *pb, const Dgpb__Absence *wire, struct dg_absence *ret)
{
    if (pb->err != DG_OK || !FINDINGS[ret->finding].heads)
        return;
    ret->before = read_head(pb, wire->before);
    ret->after = read_head(pb, wire->after);
    check_heads(pb, &ret->before, &ret->after);
    read_reminders(pb, wire, ret);
    if (FINDINGS[ret->finding].report) {
        DG_PB_FIXED(pb, wire->report, ret->report.b, "report");
        ret->days = dg_pb_ordinal(pb, wire->days, "days");
    }
}

static void read_absence(struct dg_pb *pb, const Dgpb__Absence *wire, struct dg_absence *ret)
{
    ret->issuer = dg_pb_read_issuer(pb, DG_ISSUER_WIRE(wire));
    ret->duty = dg_pb_read_duty(
        pb, (struct dg_duty_wire){wire->owner, wire->rule, wire->period, wire->due, wire->calendar});
    ret->finding = (enum dg_finding)dg_pb_choice(pb, wire->decision, DG_FINDING_COUNT - 1, "decision");
    check_fields(pb, wire, ret->finding);
    read_proof(pb, wire, ret);
    if (pb->err == DG_OK && wire->has_until) {
        ret->until = dg_pb_day(pb, wire->until, "until");
        if (ret->until.n <= ret->duty.due.n)
            dg_pb_fail(pb, DG_ERR_BAD_DATE, "until");
    }
    if (dg_pb_present(pb, wire->has_note, wire->note))
        ret->note = dg_pb_lines(pb, wire->note, DG_NOTE_TEXT_MAX, "note");
}

enum dg_err dg_absence_decode(struct dg_arena *arena, struct dg_bytes body, struct dg_absence *ret,
                              struct dg_fault *fault)
{
    struct dg_absence absence = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(body.size), fault);
    const Dgpb__Absence *wire =
        dg_pb_unpack(&pb, &dgpb__absence__descriptor, body, DG_ABSENCE_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    read_absence(&pb, wire, &absence);
    if (pb.err == DG_OK)
        *ret = absence;
    return pb.err;
}
