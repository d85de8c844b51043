/* pb_frame.h - the parts of a frame that have a file of their own. Private to this room. */
#ifndef DG_PROTO_PB_FRAME_H
#define DG_PROTO_PB_FRAME_H

#include "proto/frame.h"
#include "proto/pb.h"

/* record.c. A record's checkpoint must be less than checkpoint_count. */
void dg_pb_read_record(struct dg_pb *pb, const Dgpb__Record *wire, size_t checkpoint_count,
                       struct dg_record *ret);
/* Sets a record, as views of it; its checkpoint index as given. */
void dg_pb_write_record(struct dg_pb_out *out, const struct dg_record *record, Dgpb__Record *wire);
/* At most DG_PROOF_MAX hashes. */
void dg_pb_read_proof(struct dg_pb *pb, size_t count, const ProtobufCBinaryData *wire, struct dg_proof *ret);

/* enrol.c. Reads a request without checking its possession signatures. */
void dg_pb_read_enrol_request(struct dg_pb *pb, Dgpb__EnrolRequest *wire, struct dg_enrol_request *ret);
/* Sets a request with its possession signatures, as views of it. */
void dg_pb_write_enrol_request(struct dg_pb_out *out, const struct dg_enrol_request *request,
                               Dgpb__EnrolRequest *wire);
/* Reads a grant, whose records may name only its own checkpoints. Nothing is verified. */
void dg_pb_read_enrol_grant(struct dg_pb *pb, const Dgpb__EnrolGrant *wire, struct dg_enrol_grant *ret);
/* Sets a grant, as views of it; its records are made in out. */
void dg_pb_write_enrol_grant(struct dg_pb_out *out, const struct dg_enrol_grant *grant,
                             Dgpb__EnrolGrant *wire);

/* bulk.c. Reads what a frame says about attachments. */
void dg_pb_read_bulk(struct dg_pb *pb, const Dgpb__Frame *wire, struct dg_frame *ret);
/* Sets it, as views of frame. */
void dg_pb_write_bulk(struct dg_pb_out *out, const struct dg_frame *frame, Dgpb__Frame *wire);
/* The parts of a frame that a RESTORED node and its neighbours say (frame_restore.c). */
void dg_pb_read_restore(struct dg_pb *pb, const Dgpb__Frame *wire, struct dg_frame *ret);
void dg_pb_write_restore(struct dg_pb_out *out, const struct dg_frame *frame, Dgpb__Frame *wire);

#endif
