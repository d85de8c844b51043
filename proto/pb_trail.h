/* pb_trail.h - the parts that trails and absence files share (trail.c). Private to this room. */
#ifndef DG_PROTO_PB_TRAIL_H
#define DG_PROTO_PB_TRAIL_H

#include "proto/pb_frame.h"
#include "proto/trail.h"

/* Makes the messages of entries, as views of them. Returns count, 0 when memory is spent. */
size_t dg_pb_write_entries(struct dg_pb_out *out, size_t count, const struct dg_entry *entries,
                           Dgpb__Entry ***ret);
/* Reads entries whose signed bodies have at most body_max bytes. Returns the count. */
size_t dg_pb_read_entries(struct dg_pb *pb, size_t count, Dgpb__Entry *const *wire, size_t checkpoint_count,
                          size_t body_max, struct dg_entry **ret, const char *what);
/* Reads compiled regimes, ordered by hash, none twice. */
void dg_pb_read_regimes(struct dg_pb *pb, size_t count, const ProtobufCBinaryData *wire,
                        struct dg_trail *ret);

#endif
