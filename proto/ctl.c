/* ctl.c - requests to the daemon. */
#include "proto/ctl.h"

#include <string.h>

#include "common/limits.h"
#include "common/text.h"
#include "proto/pb.h"

enum { DRAFT_MAX = DG_REPORT_MAX, TYPED_MAX = 255, UNIT_THAW = 1 };

/* --- writing -------------------------------------------------------------------------------- */

static void write_push(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlPush *wire)
{
    wire->n_with = dg_pb_views(out, request->with_count, request->with, &wire->with);
    wire->organ = dg_pb_bytes(request->organ);
    wire->draft = dg_pb_bytes(request->draft);
    wire->dry_run = request->dry_run;
}

static void write_mark(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlMark *wire)
{
    (void)out;
    wire->report = dg_pb_bytes(request->report);
    wire->organ = dg_pb_bytes(request->organ);
    wire->code = request->code;
    dg_pb_optional(&wire->has_note, &wire->note, request->note);
    wire->dry_run = request->dry_run;
}

static void write_invite(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlInvite *wire)
{
    wire->unit = dg_pb_bytes(request->unit);
    wire->level = dg_pb_bytes(request->level);
    wire->name = dg_pb_bytes(request->name);
    wire->n_regime = dg_pb_views(out, request->regime_count, request->regime, &wire->regime);
    wire->for_ms = request->for_ms;
    wire->dry_run = request->dry_run;
}

static void write_queue(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlQueue *wire)
{
    (void)out;
    wire->action = request->action;
    wire->report = dg_pb_bytes(request->report);
    wire->dry_run = request->dry_run;
}

static void write_fetch(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlFetch *wire)
{
    (void)out;
    wire->report = dg_pb_bytes(request->report);
    wire->dry_run = request->dry_run;
}

static void write_status(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlStatus *wire)
{
    (void)out;
    (void)request;
    wire->links = true;
}

static void write_pass(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlPass *wire)
{
    (void)out;
    wire->report = dg_pb_bytes(request->report);
    wire->organ = dg_pb_bytes(request->organ);
    wire->back = request->back;
    dg_pb_optional(&wire->has_note, &wire->note, request->note);
    wire->dry_run = request->dry_run;
}

static void write_adopt(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlAdopt *wire)
{
    wire->regime = dg_pb_bytes(request->regime[0]);
    wire->main = !request->additional;
    wire->from = dg_pb_day_view(out, request->from);
    wire->has_until = request->has_until;
    if (request->has_until)
        wire->until = dg_pb_day_view(out, request->until);
    wire->dry_run = request->dry_run;
}

static void write_recall(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlRecall *wire)
{
    (void)out;
    wire->report = dg_pb_bytes(request->report);
    wire->organ = dg_pb_bytes(request->organ);
    dg_pb_optional(&wire->has_note, &wire->note, request->note);
    wire->dry_run = request->dry_run;
}

static void write_calendar(struct dg_pb_out *out, const struct dg_ctl_request *request,
                           Dgpb__CtlCalendar *wire)
{
    (void)out;
    wire->organ = dg_pb_bytes(request->organ);
    wire->draft = dg_pb_bytes(request->draft);
    wire->dry_run = request->dry_run;
}

static Dgpb__CtlDuty *write_duty(struct dg_pb_out *out, const struct dg_ctl_request *request)
{
    Dgpb__CtlDuty *wire = dg_pb_message(out, &dgpb__ctl_duty__descriptor);

    if (wire == NULL)
        return NULL;
    wire->owner = dg_pb_bytes(request->owner);
    wire->rule = dg_pb_bytes(request->rule);
    wire->period = dg_pb_bytes(request->period);
    return wire;
}

static void write_excuse(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlExcuse *wire)
{
    wire->organ = dg_pb_bytes(request->organ);
    wire->duty = write_duty(out, request);
    wire->decision = request->decision;
    wire->has_until = request->has_until;
    if (request->has_until)
        wire->until = dg_pb_day_view(out, request->until);
    dg_pb_optional(&wire->has_note, &wire->note, request->note);
    wire->dry_run = request->dry_run;
}

static void write_joint(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlJoint *wire)
{
    (void)out;
    wire->action = request->joint;
    wire->report = dg_pb_bytes(request->report);
    wire->organ = dg_pb_bytes(request->organ);
    wire->dry_run = request->dry_run;
}

static void write_comment(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlComment *wire)
{
    (void)out;
    wire->report = dg_pb_bytes(request->report);
    wire->organ = dg_pb_bytes(request->organ);
    wire->text = dg_pb_bytes(request->text);
    wire->dry_run = request->dry_run;
}

static void write_remind(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlRemind *wire)
{
    wire->organ = dg_pb_bytes(request->organ);
    wire->duty = write_duty(out, request);
    dg_pb_optional(&wire->has_note, &wire->note, request->note);
    wire->dry_run = request->dry_run;
}

static void write_certify(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlCertify *wire)
{
    wire->organ = dg_pb_bytes(request->organ);
    wire->duty = write_duty(out, request);
    dg_pb_optional(&wire->has_note, &wire->note, request->note);
    wire->dry_run = request->dry_run;
}

static void write_attention(struct dg_pb_out *out, const struct dg_ctl_request *request,
                            Dgpb__CtlAttention *wire)
{
    (void)out;
    wire->n_number = request->number_count;
    wire->number = request->number;
    wire->all = request->all;
    wire->organ = dg_pb_bytes(request->organ);
    wire->dry_run = request->dry_run;
}

static void write_carry(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlCarry *wire)
{
    (void)out;
    wire->file = dg_pb_bytes(request->text);
    wire->dry_run = request->dry_run;
}

static void write_why(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlWhy *wire)
{
    (void)out;
    dg_pb_optional(&wire->has_report, &wire->report, request->report);
}

static void write_unit(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlUnit *wire)
{
    (void)out;
    wire->action = UNIT_THAW;
    wire->unit = dg_pb_bytes(request->unit);
    wire->organ = dg_pb_bytes(request->organ);
    wire->dry_run = request->dry_run;
}

static void write_attach(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlAttach *wire)
{
    (void)out;
    wire->size = request->attachment.size;
    wire->sha256 = DG_PB_VIEW(request->attachment.sha256);
    wire->chunk_size = request->attachment.chunk_size;
    wire->chunk_root = DG_PB_VIEW(request->attachment.chunk_root);
    wire->file = dg_pb_bytes(request->file);
}

static void write_resume(struct dg_pb_out *out, const struct dg_ctl_request *request, Dgpb__CtlResume *wire)
{
    (void)out;
    wire->without = dg_pb_bytes(request->unit);
    dg_pb_optional(&wire->has_note, &wire->note, request->note);
    wire->dry_run = request->dry_run;
}

enum dg_err dg_ctl_request_encode(const struct dg_ctl_request *request, struct dg_buf *out)
{
    Dgpb__CtlRequest wire = DGPB__CTL_REQUEST__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
#define X(name, field)                                                                                       \
    if (request->verb == DG_CTL_##name) {                                                                    \
        wire.field = dg_pb_message(&pb, &dgpb__ctl_##field##__descriptor);                                   \
        if (wire.field != NULL)                                                                              \
            write_##field(&pb, request, wire.field);                                                         \
    }
    DG_CTL_VERBS(X)
#undef X
    return dg_pb_out_end(&pb, &wire.base, out);
}

/* --- reading -------------------------------------------------------------------------------- */

/* A slug as somebody typed it: a wrong one is a mistake of theirs, not of a program. */
static struct dg_bytes typed_slug(struct dg_pb *pb, ProtobufCBinaryData value, const char *what)
{
    struct dg_bytes slug = dg_pb_line(pb, value, TYPED_MAX, what);

    if (pb->err == DG_OK && !dg_slug_ok(slug))
        pb->err = dg_faultf(pb->fault, DG_ERR_BAD_VALUE, "%.*s", (int)slug.size, (const char *)slug.data);
    return slug;
}

static void read_push(struct dg_pb *pb, const Dgpb__CtlPush *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->organ = typed_slug(pb, wire->organ, "organ");
    ret->draft = dg_pb_raw(pb, wire->draft, DRAFT_MAX, "draft");
    ret->with_count =
        dg_pb_list(pb, wire->n_with, wire->with, DG_AUTHORS_MAX - 1, typed_slug, &ret->with, "with");
}

static void read_mark(struct dg_pb *pb, const Dgpb__CtlMark *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->report = dg_pb_line(pb, wire->report, TYPED_MAX, "report");
    ret->organ = typed_slug(pb, wire->organ, "organ");
    ret->code = wire->code;
    if (dg_pb_present(pb, wire->has_note, wire->note))
        ret->note = dg_pb_lines(pb, wire->note, DG_NOTE_TEXT_MAX, "note");
}

static void read_invite(struct dg_pb *pb, const Dgpb__CtlInvite *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->unit = typed_slug(pb, wire->unit, "unit");
    ret->level = typed_slug(pb, wire->level, "level");
    ret->name = dg_pb_line(pb, wire->name, DG_NAME_MAX, "name");
    ret->regime_count = dg_pb_raw_list(pb, wire->n_regime, wire->regime, DG_REGIMES_PER_REPORT_MAX,
                                       DG_REGIME_MAX, &ret->regime, "regime");
    ret->for_ms = dg_pb_instant(pb, wire->for_ms, "validity");
}

static void read_queue(struct dg_pb *pb, const Dgpb__CtlQueue *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->action = (enum dg_queue_action)dg_pb_choice(pb, wire->action, DG_QUEUE_RELEASE, "queue action");
    ret->report = dg_pb_line(pb, wire->report, TYPED_MAX, "report");
}

static void read_fetch(struct dg_pb *pb, const Dgpb__CtlFetch *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->report = dg_pb_line(pb, wire->report, TYPED_MAX, "report");
}

static void read_status(struct dg_pb *pb, const Dgpb__CtlStatus *wire, struct dg_ctl_request *ret)
{
    (void)pb;
    (void)wire;
    (void)ret;
}

static void read_pass(struct dg_pb *pb, const Dgpb__CtlPass *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->report = dg_pb_line(pb, wire->report, TYPED_MAX, "report");
    ret->organ = typed_slug(pb, wire->organ, "organ");
    ret->back = wire->back;
    if (dg_pb_present(pb, wire->has_note, wire->note))
        ret->note = dg_pb_lines(pb, wire->note, DG_NOTE_TEXT_MAX, "note");
}

static void read_adopt(struct dg_pb *pb, const Dgpb__CtlAdopt *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->regime_count = dg_pb_raw_list(pb, 1, &wire->regime, 1, DG_REGIME_MAX, &ret->regime, "regime");
    ret->additional = !wire->main;
    ret->from = dg_pb_day(pb, wire->from, "from");
    ret->has_until = wire->has_until;
    if (wire->has_until)
        ret->until = dg_pb_day(pb, wire->until, "until");
}

static void read_recall(struct dg_pb *pb, const Dgpb__CtlRecall *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->report = dg_pb_line(pb, wire->report, TYPED_MAX, "report");
    ret->organ = typed_slug(pb, wire->organ, "organ");
    if (dg_pb_present(pb, wire->has_note, wire->note))
        ret->note = dg_pb_lines(pb, wire->note, DG_NOTE_TEXT_MAX, "note");
}

static void read_joint(struct dg_pb *pb, const Dgpb__CtlJoint *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->joint = (enum dg_joint_action)dg_pb_choice(pb, wire->action, DG_JOINT_WITHDRAW, "joint action");
    ret->report = dg_pb_line(pb, wire->report, TYPED_MAX, "report");
    ret->organ = typed_slug(pb, wire->organ, "organ");
}

static void read_comment(struct dg_pb *pb, const Dgpb__CtlComment *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->report = dg_pb_line(pb, wire->report, TYPED_MAX, "report");
    ret->organ = typed_slug(pb, wire->organ, "organ");
    ret->text = dg_pb_lines(pb, wire->text, DG_COMMENT_TEXT_MAX, "comment");
}

static void read_calendar(struct dg_pb *pb, const Dgpb__CtlCalendar *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->organ = typed_slug(pb, wire->organ, "organ");
    ret->draft = dg_pb_raw(pb, wire->draft, DG_CALENDAR_MAX, "calendar");
}

static void read_duty(struct dg_pb *pb, const Dgpb__CtlDuty *wire, struct dg_ctl_request *ret)
{
    ret->owner = dg_pb_line(pb, wire->owner, TYPED_MAX, "owner");
    ret->rule = dg_pb_line(pb, wire->rule, TYPED_MAX, "rule");
    ret->period = dg_pb_line(pb, wire->period, TYPED_MAX, "period");
}

static void read_note(struct dg_pb *pb, protobuf_c_boolean has, ProtobufCBinaryData note,
                      struct dg_ctl_request *ret)
{
    if (dg_pb_present(pb, has, note))
        ret->note = dg_pb_lines(pb, note, DG_NOTE_TEXT_MAX, "note");
}

static void read_excuse(struct dg_pb *pb, const Dgpb__CtlExcuse *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->organ = typed_slug(pb, wire->organ, "organ");
    read_duty(pb, wire->duty, ret);
    ret->decision = wire->decision;
    ret->has_until = wire->has_until;
    if (wire->has_until)
        ret->until = dg_pb_day(pb, wire->until, "until");
    read_note(pb, wire->has_note, wire->note, ret);
}

static void read_remind(struct dg_pb *pb, const Dgpb__CtlRemind *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->organ = typed_slug(pb, wire->organ, "organ");
    read_duty(pb, wire->duty, ret);
    read_note(pb, wire->has_note, wire->note, ret);
}

static void read_certify(struct dg_pb *pb, const Dgpb__CtlCertify *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->organ = typed_slug(pb, wire->organ, "organ");
    read_duty(pb, wire->duty, ret);
    read_note(pb, wire->has_note, wire->note, ret);
}

static void read_attention(struct dg_pb *pb, const Dgpb__CtlAttention *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->organ = typed_slug(pb, wire->organ, "organ");
    ret->all = wire->all;
    if (wire->all == (wire->n_number > 0))
        dg_pb_fail(pb, DG_ERR_MALFORMED, "numbers or all");
    ret->number_count =
        dg_pb_array(pb, wire->n_number, DG_ATTENTION_ACK_MAX, sizeof *ret->number, &ret->number, "numbers");
    if (ret->number_count != 0)
        memcpy(ret->number, wire->number, ret->number_count * sizeof *ret->number);
}

static void read_carry(struct dg_pb *pb, const Dgpb__CtlCarry *wire, struct dg_ctl_request *ret)
{
    ret->text = dg_pb_raw(pb, wire->file, DG_CARRIED_MAX, "file");
    ret->dry_run = wire->dry_run;
}

static void read_why(struct dg_pb *pb, const Dgpb__CtlWhy *wire, struct dg_ctl_request *ret)
{
    if (dg_pb_present(pb, wire->has_report, wire->report))
        ret->report = dg_pb_line(pb, wire->report, TYPED_MAX, "report");
}

static void read_unit(struct dg_pb *pb, const Dgpb__CtlUnit *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    (void)dg_pb_choice(pb, wire->action, UNIT_THAW, "unit action");
    ret->unit = typed_slug(pb, wire->unit, "unit");
    ret->organ = typed_slug(pb, wire->organ, "organ");
}

/* A file that the command line has just written: a plain name, so that it never leads out of its directory.
 */
static struct dg_bytes read_new_file(struct dg_pb *pb, ProtobufCBinaryData value)
{
    struct dg_bytes name = dg_pb_line(pb, value, DG_SLUG_MAX, "file");

    if (!dg_slug_ok(name) || name.size < 5 || memcmp(name.data, "new-", 4) != 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "file");
    return name;
}

static void read_attach(struct dg_pb *pb, const Dgpb__CtlAttach *wire, struct dg_ctl_request *ret)
{
    ret->attachment.size = wire->size;
    DG_PB_FIXED(pb, wire->sha256, ret->attachment.sha256.b, "attachment");
    ret->attachment.chunk_size = dg_pb_ordinal(pb, wire->chunk_size, "chunk size");
    DG_PB_FIXED(pb, wire->chunk_root, ret->attachment.chunk_root.b, "attachment");
    ret->file = read_new_file(pb, wire->file);
}

static void read_resume(struct dg_pb *pb, const Dgpb__CtlResume *wire, struct dg_ctl_request *ret)
{
    ret->dry_run = wire->dry_run;
    ret->unit = typed_slug(pb, wire->without, "without");
    read_note(pb, wire->has_note, wire->note, ret);
}

static void read_request(struct dg_pb *pb, const Dgpb__CtlRequest *wire, struct dg_ctl_request *ret)
{
    size_t verbs = 0;

#define X(name, field)                                                                                       \
    if (wire->field != NULL) {                                                                               \
        verbs++;                                                                                             \
        ret->verb = DG_CTL_##name;                                                                           \
        read_##field(pb, wire->field, ret);                                                                  \
    }
    DG_CTL_VERBS(X)
#undef X
    if (verbs != 1)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "not one verb");
}

enum dg_err dg_ctl_request_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_ctl_request *ret,
                                  struct dg_fault *fault)
{
    struct dg_ctl_request request = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__CtlRequest *wire =
        dg_pb_unpack(&pb, &dgpb__ctl_request__descriptor, bytes, DG_CTL_MSG_MAX, DG_PB_LOOSE);
    if (wire == NULL)
        return pb.err;
    read_request(&pb, wire, &request);
    if (pb.err == DG_OK)
        *ret = request;
    return pb.err;
}
