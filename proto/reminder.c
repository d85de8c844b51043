/* reminder.c - the body of a reminder (đôn đốc). */
#include "proto/calendar.h"

#include "common/limits.h"
#include "proto/calendar_form.h"

enum dg_err dg_reminder_encode(const struct dg_reminder *reminder, struct dg_buf *out)
{
    Dgpb__Reminder wire = DGPB__REMINDER__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    struct dg_issuer_wire issuer = dg_pb_write_issuer(&reminder->issuer);
    struct dg_duty_wire duty = dg_pb_write_duty(&pb, &reminder->duty);
    wire.version = DG_PB_VERSION;
    wire.federation = issuer.federation;
    wire.organ = issuer.organ;
    wire.unit = issuer.unit;
    wire.certificate = issuer.certificate;
    wire.signed_ms = issuer.signed_ms;
    wire.calendar = duty.calendar;
    wire.to = duty.owner;
    wire.rule = duty.rule;
    wire.period = duty.period;
    wire.due = duty.due;
    wire.count = reminder->count;
    wire.escalated = reminder->escalated;
    dg_pb_optional(&wire.has_note, &wire.note, reminder->note);
    return dg_pb_out_end(&pb, &wire.base, out);
}

enum dg_err dg_reminder_decode(struct dg_arena *arena, struct dg_bytes body, struct dg_reminder *ret,
                               struct dg_fault *fault)
{
    struct dg_reminder reminder = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(body.size), fault);
    const Dgpb__Reminder *wire =
        dg_pb_unpack(&pb, &dgpb__reminder__descriptor, body, DG_REMINDER_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    reminder.issuer = dg_pb_read_issuer(&pb, DG_ISSUER_WIRE(wire));
    reminder.duty = dg_pb_read_duty(
        &pb, (struct dg_duty_wire){wire->to, wire->rule, wire->period, wire->due, wire->calendar});
    reminder.count = dg_pb_ordinal(&pb, wire->count, "count");
    reminder.escalated = wire->escalated;
    if (dg_pb_present(&pb, wire->has_note, wire->note))
        reminder.note = dg_pb_lines(&pb, wire->note, DG_NOTE_TEXT_MAX, "note");
    if (pb.err == DG_OK)
        *ret = reminder;
    return pb.err;
}
