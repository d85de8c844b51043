/* carried.c - writes and reads the files of a bundle. */
#include "proto/carried.h"

#include "common/crypto.h"
#include "common/limits.h"
#include "proto/pb.h"

/* --- writing -------------------------------------------------------------------------------- */

enum dg_err dg_carried_body(const struct dg_carried *carried, struct dg_buf *out)
{
    Dgpb__Carried wire = DGPB__CARRIED__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    wire.federation = dg_pb_bytes(carried->federation);
    wire.from = dg_pb_bytes(carried->from);
    wire.to = dg_pb_bytes(carried->to);
    wire.bundle = DG_PB_VIEW(carried->bundle);
    wire.made_ms = carried->made_ms;
    wire.number = carried->number;
    dg_pb_optional(&wire.has_sealed, &wire.sealed, carried->frame);
    wire.n_answer =
        dg_pb_messages(&pb, carried->answer_count, &dgpb__carried_answer__descriptor, &wire.answer);
    for (size_t i = 0; i < wire.n_answer; i++) {
        const struct dg_carried_answer *answer = &carried->answer[i];
        wire.answer[i]->tag = answer->tag;
        wire.answer[i]->what = DG_PB_VIEW(answer->what);
        dg_pb_optional(&wire.answer[i]->has_code, &wire.answer[i]->code, answer->code);
    }
    wire.n_part =
        dg_pb_fixed_views(&pb, carried->part_count, carried->part, sizeof *carried->part, &wire.part);
    return dg_pb_out_end(&pb, &wire.base, out);
}

enum dg_err dg_carried_encode(const struct dg_carried *carried, struct dg_buf *out)
{
    struct dg_signed sealed = {.sig = carried->sig};
    struct dg_buf body;

    dg_buf_init(&body, DG_CARRIED_MAX);
    enum dg_err err = dg_carried_body(carried, &body);
    sealed.body = dg_buf_bytes(&body);
    if (err == DG_OK)
        err = dg_signed_encode(&sealed, out);
    dg_buf_done(&body);
    return err;
}

/* --- reading -------------------------------------------------------------------------------- */

static void read_answers(struct dg_pb *pb, const Dgpb__Carried *wire, struct dg_carried *ret)
{
    ret->answer_count =
        dg_pb_array(pb, wire->n_answer, DG_CARRIED_ANSWERS_MAX, sizeof *ret->answer, &ret->answer, "answer");
    for (size_t i = 0; i < ret->answer_count; i++) {
        ret->answer[i].tag = wire->answer[i]->tag;
        DG_PB_FIXED(pb, wire->answer[i]->what, ret->answer[i].what.b, "what");
        if (dg_pb_present(pb, wire->answer[i]->has_code, wire->answer[i]->code))
            ret->answer[i].code = dg_pb_code(pb, wire->answer[i]->code, "code");
    }
}

static void read_body(struct dg_pb *pb, const Dgpb__Carried *wire, struct dg_carried *ret)
{
    ret->federation = dg_pb_federation(pb, wire->federation, "federation");
    ret->from = dg_pb_slug(pb, wire->from, "from");
    ret->to = dg_pb_slug(pb, wire->to, "to");
    DG_PB_FIXED(pb, wire->bundle, ret->bundle, "bundle");
    ret->made_ms = dg_pb_instant(pb, wire->made_ms, "made_ms");
    ret->number = wire->number;
    if (dg_pb_present(pb, wire->has_sealed, wire->sealed))
        ret->frame = dg_pb_raw(pb, wire->sealed, DG_FRAME_MAX + DG_SEAL_BYTES, "sealed");
    read_answers(pb, wire, ret);
    ret->part_count = dg_pb_fixed_list(pb, wire->n_part, wire->part, DG_CARRIED_PARTS_MAX, sizeof *ret->part,
                                       &ret->part, "part");
    /* Contents hold nothing else, and a part no list of parts. */
    bool contents = ret->number == 0;
    if (contents ? ret->frame.size > 0 || ret->answer_count > 0 : ret->part_count > 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "contents");
}

static enum dg_err open_signed(struct dg_arena *arena, struct dg_bytes bytes, struct dg_signed *ret,
                               struct dg_fault *fault)
{
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__Signed *wire =
        dg_pb_unpack(&pb, &dgpb__signed__descriptor, bytes, DG_CARRIED_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    dg_pb_read_signed_within(&pb, wire, DG_CARRIED_MAX, ret);
    if (pb.err == DG_OK && ret->possession_count > 0)
        dg_pb_fail(&pb, DG_ERR_MALFORMED, "possession");
    return pb.err;
}

enum dg_err dg_carried_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_carried *ret,
                              struct dg_fault *fault)
{
    struct dg_carried carried = {.number = 0};
    struct dg_signed sealed;
    struct dg_pb pb;

    enum dg_err err = open_signed(arena, bytes, &sealed, fault);
    if (err != DG_OK)
        return err;
    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(sealed.body.size), fault);
    const Dgpb__Carried *wire =
        dg_pb_unpack(&pb, &dgpb__carried__descriptor, sealed.body, DG_CARRIED_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    carried.body = sealed.body;
    carried.sig = sealed.sig;
    read_body(&pb, wire, &carried);
    if (pb.err == DG_OK)
        *ret = carried;
    return pb.err;
}

/* --- names of records ----------------------------------------------------------------------- */

struct dg_hash dg_carried_hash(const struct dg_record *record)
{
    uint8_t head[1 + 8 + 4 * 8];
    const struct dg_bytes run[] = {record->sealed.body, record->leaf, record->envelope, record->code};
    const struct dg_id none = {.b = {0}};
    const struct dg_id *report = record->has_report ? &record->report : &none;
    const struct dg_id *by = record->has_by ? &record->by : &none;

    head[0] = (uint8_t)record->kind;
    dg_u64be_put(head + 1, record->index);
    for (size_t i = 0; i < 4; i++)
        dg_u64be_put(head + 9 + 8 * i, run[i].size);
    const struct dg_bytes parts[] = {dg_bytes_at(head, sizeof head),
                                     dg_bytes_at(report->b, sizeof report->b),
                                     dg_bytes_at(by->b, sizeof by->b),
                                     run[0],
                                     run[1],
                                     run[2],
                                     run[3]};
    return dg_sha256_parts(parts, sizeof parts / sizeof parts[0]);
}
