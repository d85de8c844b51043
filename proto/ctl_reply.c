/* ctl_reply.c - what the daemon answers. */
#include "proto/ctl.h"

#include <string.h>

#include "common/limits.h"
#include "proto/pb.h"

enum { TEXT_MAX = 2 * DG_INVITATION_MAX, LINKS_MAX = DG_CHILDREN_MAX + 1 };

/* The daemon is trusted by its own command line, and a list of silent children is many small
 * messages: the budget is more generous than for foreign bytes. */
#define REPLY_BUDGET(wire) (4 * DG_CANONICAL_BUDGET(wire))

/* --- writing -------------------------------------------------------------------------------- */

static void write_fault(const struct dg_fault *fault, Dgpb__CtlFault *wire)
{
    wire->code = dg_pb_bytes(dg_bytes_of(dg_err_name(fault->err)));
    dg_pb_optional(&wire->has_rule, &wire->rule, dg_bytes_of(fault->rule));
    dg_pb_optional(&wire->has_cites, &wire->cites, dg_bytes_of(fault->cites));
    dg_pb_optional(&wire->has_unit, &wire->unit, dg_bytes_of(fault->unit));
    dg_pb_optional(&wire->has_organ, &wire->organ, dg_bytes_of(fault->organ));
    dg_pb_optional(&wire->has_what, &wire->what, dg_bytes_of(fault->what));
}

static void write_links(struct dg_pb_out *out, const struct dg_ctl_reply *reply, Dgpb__CtlReply *wire)
{
    wire->n_link = dg_pb_messages(out, reply->link_count, &dgpb__ctl_link__descriptor, &wire->link);
    for (size_t i = 0; i < wire->n_link; i++) {
        const struct dg_ctl_link *link = &reply->link[i];
        wire->link[i]->unit = dg_pb_bytes(link->unit);
        wire->link[i]->up = link->up;
        wire->link[i]->connected = link->connected;
        wire->link[i]->has_since_ms = link->since_ms != 0;
        wire->link[i]->since_ms = link->since_ms;
        wire->link[i]->has_skew_ms = link->skew_ms != 0;
        wire->link[i]->skew_ms = link->skew_ms;
        wire->link[i]->has_tries = link->tries != 0;
        wire->link[i]->tries = link->tries;
        wire->link[i]->has_next_ms = link->next_ms != 0;
        wire->link[i]->next_ms = link->next_ms;
    }
}

static void write_flights(struct dg_pb_out *out, const struct dg_ctl_reply *reply, Dgpb__CtlReply *wire)
{
    wire->n_flight = dg_pb_messages(out, reply->flight_count, &dgpb__ctl_flight__descriptor, &wire->flight);
    for (size_t i = 0; i < wire->n_flight; i++) {
        const struct dg_ctl_flight *flight = &reply->flight[i];
        wire->flight[i]->unit = dg_pb_bytes(flight->unit);
        wire->flight[i]->lane = flight->lane;
        wire->flight[i]->seq = flight->seq;
        wire->flight[i]->tries = flight->tries;
        wire->flight[i]->next_ms = flight->next_ms;
    }
}

static void write_met(struct dg_pb_out *out, const struct dg_ctl_reply *reply, Dgpb__CtlReply *wire)
{
    wire->n_met = dg_pb_messages(out, reply->met_count, &dgpb__ctl_met__descriptor, &wire->met);
    for (size_t i = 0; i < wire->n_met; i++) {
        const struct dg_ctl_met *met = &reply->met[i];
        Dgpb__CtlDuty *duty = dg_pb_message(out, &dgpb__ctl_duty__descriptor);
        wire->met[i]->duty = duty;
        wire->met[i]->due = dg_pb_day_view(out, met->due);
        wire->met[i]->late = met->late;
        if (duty == NULL)
            return;
        duty->owner = dg_pb_bytes(met->owner);
        duty->rule = dg_pb_bytes(met->rule);
        duty->period = dg_pb_bytes(met->period);
    }
}

static void write_carried(struct dg_pb_out *out, const struct dg_ctl_reply *reply, Dgpb__CtlReply *wire)
{
    if (reply->has_carried)
        wire->carried = dg_pb_message(out, &dgpb__ctl_carried__descriptor);
    if (wire->carried == NULL)
        return;
    wire->carried->fresh = reply->carried.fresh;
    wire->carried->known = reply->carried.known;
    wire->carried->later = reply->carried.later;
    wire->carried->refused = reply->carried.refused;
}

enum dg_err dg_ctl_reply_encode(const struct dg_ctl_reply *reply, struct dg_buf *out)
{
    Dgpb__CtlReply wire = DGPB__CTL_REPLY__INIT;
    Dgpb__CtlFault fault = DGPB__CTL_FAULT__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    if (reply->fault.err != DG_OK) {
        write_fault(&reply->fault, &fault);
        wire.fault = &fault;
    }
    dg_pb_optional(&wire.has_id, &wire.id, dg_bytes_at(reply->id.b, reply->has_id ? sizeof reply->id.b : 0));
    dg_pb_optional(&wire.has_text, &wire.text, reply->text);
    write_links(&pb, reply, &wire);
    dg_pb_optional(&wire.has_state, &wire.state, reply->state);
    wire.n_reason = dg_pb_views(&pb, reply->reason_count, reply->reason, &wire.reason);
    wire.n_warning = dg_pb_messages(&pb, reply->warning_count, &dgpb__ctl_fault__descriptor, &wire.warning);
    for (size_t i = 0; i < wire.n_warning; i++)
        write_fault(&reply->warning[i], wire.warning[i]);
    write_met(&pb, reply, &wire);
    write_flights(&pb, reply, &wire);
    write_carried(&pb, reply, &wire);
    return dg_pb_out_end(&pb, &wire.base, out);
}

/* --- reading -------------------------------------------------------------------------------- */

/* Copies one optional text into a field of a fault, which has room for size - 1 bytes. */
static void copy_text(struct dg_pb *pb, ProtobufCBinaryData value, char *ret, size_t size, const char *what)
{
    struct dg_bytes text = dg_pb_raw(pb, value, size - 1, what);

    if (text.size == 0)
        return;
    if (memchr(text.data, 0, text.size) != NULL) {
        dg_pb_fail(pb, DG_ERR_BAD_TEXT, what);
        return;
    }
    memcpy(ret, text.data, text.size);
    ret[text.size] = '\0';
}

static void read_fault(struct dg_pb *pb, const Dgpb__CtlFault *wire, struct dg_fault *ret)
{
    struct dg_bytes code = dg_pb_code(pb, wire->code, "code");

    ret->err = dg_err_by_name((const char *)code.data, code.size);
    if (ret->err == DG_OK)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "code");
    copy_text(pb, wire->rule, ret->rule, sizeof ret->rule, "rule");
    copy_text(pb, wire->cites, ret->cites, sizeof ret->cites, "cites");
    copy_text(pb, wire->unit, ret->unit, sizeof ret->unit, "unit");
    copy_text(pb, wire->organ, ret->organ, sizeof ret->organ, "organ");
    /* A code that this version does not know is told by its name. */
    bool unknown = ret->err == DG_ERR_UNKNOWN && !dg_bytes_is(code, dg_err_name(DG_ERR_UNKNOWN));
    copy_text(pb, unknown ? wire->code : wire->what, ret->what, sizeof ret->what, "what");
}

static void read_links(struct dg_pb *pb, const Dgpb__CtlReply *wire, struct dg_ctl_reply *ret)
{
    ret->link_count = dg_pb_array(pb, wire->n_link, LINKS_MAX, sizeof *ret->link, &ret->link, "link");
    for (size_t i = 0; i < ret->link_count; i++) {
        struct dg_ctl_link *link = &ret->link[i];
        link->unit = dg_pb_slug(pb, wire->link[i]->unit, "unit");
        link->up = wire->link[i]->up;
        link->connected = wire->link[i]->connected;
        link->since_ms = dg_pb_instant(pb, wire->link[i]->since_ms, "since_ms");
        link->skew_ms = wire->link[i]->skew_ms;
        link->tries = wire->link[i]->tries;
        link->next_ms = dg_pb_instant(pb, wire->link[i]->next_ms, "next_ms");
    }
}

static void read_flights(struct dg_pb *pb, const Dgpb__CtlReply *wire, struct dg_ctl_reply *ret)
{
    ret->flight_count =
        dg_pb_array(pb, wire->n_flight, DG_CTL_FLIGHTS_MAX, sizeof *ret->flight, &ret->flight, "flight");
    for (size_t i = 0; i < ret->flight_count; i++) {
        struct dg_ctl_flight *flight = &ret->flight[i];
        flight->unit = dg_pb_slug(pb, wire->flight[i]->unit, "unit");
        flight->lane = wire->flight[i]->lane;
        flight->seq = wire->flight[i]->seq;
        flight->tries = wire->flight[i]->tries;
        flight->next_ms = dg_pb_instant(pb, wire->flight[i]->next_ms, "next_ms");
    }
}

static struct dg_bytes read_reason(struct dg_pb *pb, ProtobufCBinaryData value, const char *what)
{
    return dg_pb_line(pb, value, DG_NAME_MAX, what);
}

static void read_status(struct dg_pb *pb, const Dgpb__CtlReply *wire, struct dg_ctl_reply *ret)
{
    read_links(pb, wire, ret);
    if (dg_pb_present(pb, wire->has_state, wire->state))
        ret->state = dg_pb_code(pb, wire->state, "state");
    ret->reason_count =
        dg_pb_list(pb, wire->n_reason, wire->reason, DG_CTL_REASONS_MAX, read_reason, &ret->reason, "reason");
}

static void read_met(struct dg_pb *pb, const Dgpb__CtlReply *wire, struct dg_ctl_reply *ret)
{
    ret->met_count = dg_pb_array(pb, wire->n_met, DG_CTL_MET_MAX, sizeof *ret->met, &ret->met, "met");
    for (size_t i = 0; i < ret->met_count; i++) {
        struct dg_ctl_met *met = &ret->met[i];
        met->owner = dg_pb_address(pb, wire->met[i]->duty->owner, "owner");
        met->rule = dg_pb_rule_id(pb, wire->met[i]->duty->rule, "rule");
        met->period = dg_pb_line(pb, wire->met[i]->duty->period, DG_PERIOD_TEXT, "period");
        met->due = dg_pb_day(pb, wire->met[i]->due, "due");
        met->late = wire->met[i]->late;
    }
}

static void read_reply(struct dg_pb *pb, const Dgpb__CtlReply *wire, struct dg_ctl_reply *ret)
{
    if (wire->fault != NULL)
        read_fault(pb, wire->fault, &ret->fault);
    ret->has_id = wire->has_id;
    if (wire->has_id)
        DG_PB_FIXED(pb, wire->id, ret->id.b, "id");
    if (dg_pb_present(pb, wire->has_text, wire->text))
        ret->text = dg_pb_lines(pb, wire->text, TEXT_MAX, "text");
    read_status(pb, wire, ret);
    ret->warning_count =
        dg_pb_array(pb, wire->n_warning, DG_CTL_WARNINGS_MAX, sizeof *ret->warning, &ret->warning, "warning");
    for (size_t i = 0; i < ret->warning_count; i++)
        read_fault(pb, wire->warning[i], &ret->warning[i]);
    read_met(pb, wire, ret);
    read_flights(pb, wire, ret);
    ret->has_carried = wire->carried != NULL;
    if (wire->carried != NULL)
        ret->carried = (struct dg_ctl_carried){.fresh = wire->carried->fresh,
                                               .known = wire->carried->known,
                                               .later = wire->carried->later,
                                               .refused = wire->carried->refused};
}

enum dg_err dg_ctl_reply_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_ctl_reply *ret,
                                struct dg_fault *fault)
{
    struct dg_ctl_reply reply = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, REPLY_BUDGET(bytes.size), fault);
    const Dgpb__CtlReply *wire =
        dg_pb_unpack(&pb, &dgpb__ctl_reply__descriptor, bytes, DG_CTL_MSG_MAX, DG_PB_LOOSE);
    if (wire == NULL)
        return pb.err;
    read_reply(&pb, wire, &reply);
    if (pb.err == DG_OK)
        *ret = reply;
    return pb.err;
}
