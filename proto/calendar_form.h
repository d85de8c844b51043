/* calendar_form.h - the parts that calendars, reminders and findings share. Private to this room. */
#ifndef DG_PROTO_CALENDAR_FORM_H
#define DG_PROTO_CALENDAR_FORM_H

#include "proto/calendar.h"
#include "proto/pb.h"

/* The fields of dg_issuer as each of the three messages has them on the wire. */
struct dg_issuer_wire {
    ProtobufCBinaryData federation, organ, unit, certificate;
    int64_t signed_ms;
};

/* The fields of dg_duty_name: whose is organ@unit in one piece. */
struct dg_duty_wire {
    ProtobufCBinaryData owner, rule, period, due, calendar;
};

/* Copies the five fields out of a message of the schema. */
#define DG_ISSUER_WIRE(wire)                                                                                 \
    (struct dg_issuer_wire)                                                                                  \
    {                                                                                                        \
        (wire)->federation, (wire)->organ, (wire)->unit, (wire)->certificate, (wire)->signed_ms              \
    }

/* Reads who signed, and when. */
struct dg_issuer dg_pb_read_issuer(struct dg_pb *pb, struct dg_issuer_wire wire);
/* Views of issuer. */
struct dg_issuer_wire dg_pb_write_issuer(const struct dg_issuer *issuer);
/* Reads whose duty it is. DG_ERR_MALFORMED, DG_ERR_BAD_PERIOD, DG_ERR_BAD_DATE. */
struct dg_duty_name dg_pb_read_duty(struct dg_pb *pb, struct dg_duty_wire wire);
/* Views of duty; the owner's address and the day are spelt in memory of out. */
struct dg_duty_wire dg_pb_write_duty(struct dg_pb_out *out, const struct dg_duty_name *duty);

#endif
