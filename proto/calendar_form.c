/* calendar_form.c - the parts that calendars, reminders and findings share. */
#include "proto/calendar_form.h"

#include "common/limits.h"
#include "common/text.h"

struct dg_issuer dg_pb_read_issuer(struct dg_pb *pb, struct dg_issuer_wire wire)
{
    struct dg_issuer issuer = {
        .federation = dg_pb_federation(pb, wire.federation, "federation"),
        .organ = dg_pb_slug(pb, wire.organ, "organ"),
        .unit = dg_pb_slug(pb, wire.unit, "unit"),
        .signed_ms = dg_pb_instant(pb, wire.signed_ms, "signed_ms"),
    };

    DG_PB_FIXED(pb, wire.certificate, issuer.certificate.b, "certificate");
    return issuer;
}

struct dg_issuer_wire dg_pb_write_issuer(const struct dg_issuer *issuer)
{
    return (struct dg_issuer_wire){
        .federation = dg_pb_bytes(issuer->federation),
        .organ = dg_pb_bytes(issuer->organ),
        .unit = dg_pb_bytes(issuer->unit),
        .certificate = DG_PB_VIEW(issuer->certificate),
        .signed_ms = issuer->signed_ms,
    };
}

struct dg_duty_name dg_pb_read_duty(struct dg_pb *pb, struct dg_duty_wire wire)
{
    struct dg_duty_name duty = {
        .rule = dg_pb_rule_id(pb, wire.rule, "rule"),
        .period = dg_pb_period(pb, wire.period, "period"),
        .due = dg_pb_day(pb, wire.due, "due"),
    };

    DG_PB_FIXED(pb, wire.calendar, duty.calendar.b, "calendar");
    if (!dg_address_split(dg_bytes_at(wire.owner.data, wire.owner.len), &duty.organ, &duty.unit))
        dg_pb_fail(pb, DG_ERR_MALFORMED, "owner");
    return duty;
}

struct dg_duty_wire dg_pb_write_duty(struct dg_pb_out *out, const struct dg_duty_name *duty)
{
    const char *owner =
        dg_arena_printf(&out->arena, "%.*s@%.*s", (int)duty->organ.size, (const char *)duty->organ.data,
                        (int)duty->unit.size, (const char *)duty->unit.data);

    if (owner[0] == '\0')
        out->err = DG_ERR_NO_MEMORY;
    return (struct dg_duty_wire){
        .owner = dg_pb_bytes(dg_bytes_of(owner)),
        .rule = dg_pb_bytes(duty->rule),
        .period = dg_pb_bytes(duty->period),
        .due = dg_pb_day_view(out, duty->due),
        .calendar = DG_PB_VIEW(duty->calendar),
    };
}
