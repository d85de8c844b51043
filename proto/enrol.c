/* enrol.c - how a new unit asks for its certificate, and what it is given. */
#include "proto/frame.h"

#include "common/limits.h"
#include "proto/pb_frame.h"

/* --- the request ---------------------------------------------------------------------------- */

/* Fills in everything but the possession signatures. */
static void write_message(struct dg_pb_out *out, const struct dg_enrol_request *request,
                          Dgpb__EnrolRequest *wire)
{
    wire->invitation = DG_PB_VIEW(request->invitation);
    wire->nonce = DG_PB_VIEW(request->nonce);
    wire->unit = dg_pb_bytes(request->unit);
    wire->keys = dg_pb_message(out, &dgpb__keys__descriptor);
    if (wire->keys != NULL)
        dg_pb_write_keys(&request->keys, wire->keys);
    dg_pb_optional(&wire->has_endpoint, &wire->endpoint, request->endpoint);
}

void dg_pb_write_enrol_request(struct dg_pb_out *out, const struct dg_enrol_request *request,
                               Dgpb__EnrolRequest *wire)
{
    write_message(out, request, wire);
    wire->n_possession = dg_pb_fixed_views(out, request->possession_count, request->possession,
                                           sizeof request->possession[0], &wire->possession);
}

enum dg_err dg_enrol_message(const struct dg_enrol_request *request, struct dg_buf *out)
{
    Dgpb__EnrolRequest wire = DGPB__ENROL_REQUEST__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    write_message(&pb, request, &wire);
    return dg_pb_out_end(&pb, &wire.base, out);
}

/* A frame may be encoded in many ways, so what was signed is the canonical form of what it says. */
static struct dg_bytes canonical_message(struct dg_pb *pb, Dgpb__EnrolRequest *wire)
{
    size_t n_possession = wire->n_possession;

    wire->n_possession = 0;
    size_t size = protobuf_c_message_get_packed_size(&wire->base);
    uint8_t *bytes = dg_pb_alloc(pb, size);
    if (bytes != NULL)
        protobuf_c_message_pack(&wire->base, bytes);
    wire->n_possession = n_possession;
    return dg_bytes_at(bytes, bytes == NULL ? 0 : size);
}

void dg_pb_read_enrol_request(struct dg_pb *pb, Dgpb__EnrolRequest *wire, struct dg_enrol_request *ret)
{
    DG_PB_FIXED(pb, wire->invitation, ret->invitation, "invitation");
    DG_PB_FIXED(pb, wire->nonce, ret->nonce.b, "nonce");
    ret->unit = dg_pb_slug(pb, wire->unit, "unit");
    dg_pb_read_keys(pb, wire->keys, DG_SUBJECT_UNIT, &ret->keys);
    if (dg_pb_present(pb, wire->has_endpoint, wire->endpoint))
        ret->endpoint = dg_pb_line(pb, wire->endpoint, DG_ENDPOINT_MAX, "endpoint");
    if (wire->n_possession > DG_POSSESSIONS_MAX) {
        dg_pb_fail(pb, DG_ERR_TOO_LARGE, "possession");
        return;
    }
    ret->possession_count = wire->n_possession;
    for (size_t i = 0; i < wire->n_possession; i++)
        DG_PB_FIXED(pb, wire->possession[i], ret->possession[i].b, "possession");
    ret->message = canonical_message(pb, wire);
}

/* --- the grant ------------------------------------------------------------------------------ */

void dg_pb_write_enrol_grant(struct dg_pb_out *out, const struct dg_enrol_grant *grant,
                             Dgpb__EnrolGrant *wire)
{
    wire->certificate = dg_pb_message(out, &dgpb__record__descriptor);
    if (wire->certificate != NULL)
        dg_pb_write_record(out, &grant->certificate, wire->certificate);
    wire->n_directory =
        dg_pb_messages(out, grant->directory_count, &dgpb__record__descriptor, &wire->directory);
    for (size_t i = 0; i < wire->n_directory; i++)
        dg_pb_write_record(out, &grant->directory[i], wire->directory[i]);
    wire->n_regime = dg_pb_views(out, grant->regime_count, grant->regime, &wire->regime);
    wire->n_checkpoint = dg_pb_views(out, grant->checkpoint_count, grant->checkpoint, &wire->checkpoint);
}

void dg_pb_read_enrol_grant(struct dg_pb *pb, const Dgpb__EnrolGrant *wire, struct dg_enrol_grant *ret)
{
    ret->checkpoint_count = dg_pb_raw_list(pb, wire->n_checkpoint, wire->checkpoint, DG_FRAME_ITEMS_MAX,
                                           DG_CHECKPOINT_MAX, &ret->checkpoint, "checkpoint");
    dg_pb_read_record(pb, wire->certificate, ret->checkpoint_count, &ret->certificate);
    ret->directory_count = dg_pb_array(pb, wire->n_directory, DG_FRAME_ITEMS_MAX, sizeof *ret->directory,
                                       &ret->directory, "directory");
    for (size_t i = 0; i < ret->directory_count; i++)
        dg_pb_read_record(pb, wire->directory[i], ret->checkpoint_count, &ret->directory[i]);
    ret->regime_count = dg_pb_raw_list(pb, wire->n_regime, wire->regime, DG_FRAME_ITEMS_MAX, DG_REGIME_MAX,
                                       &ret->regime, "regime");
}
