/* outbox_impl.h - what the three files of the outbox share: outbox.c keeps the rows and what of them is in
 * flight, packing.c makes frames of rows, pump.c decides what goes into the next frame and sends it.
 */
#ifndef DG_NODE_CORE_OUTBOX_IMPL_H
#define DG_NODE_CORE_OUTBOX_IMPL_H

#include "node/core/node_impl.h"
#include "proto/frame.h"

/* ---- flights (outbox.c) ---- */
/* The flight of that row, borrowed until a flight begins or ends. NULL when it is not in flight. */
struct dg_flight *dg_flight_find(struct dg_link *link, enum dg_lane lane, uint64_t seq);
/* How long to wait after so many tries: full jitter from half the first wait up to the first wait · 2^tries, capped
 * by the lane. The first wait is 2 s, or twice the time that the neighbour's answers take if that is more: on a
 * slow line a row must not be sent again while its answer is on its way. */
dg_ms dg_outbox_patience(struct dg_node *node, const struct dg_link *link, enum dg_lane lane, uint32_t tries);
/* The neighbour has answered a row so long after it was sent first: the window may grow. */
void dg_outbox_answer_took(struct dg_link *link, dg_ms took);
/* Goes over what the neighbour had put off once more, when it is time. */
void dg_outbox_take_up_again(struct dg_link *link, dg_ms now);

/* ---- a frame under construction (packing.c) ---- */
enum { DG_PACK_MAX = 128, DG_CHAIN_RECORDS_MAX = 2 * DG_TREE_DEPTH_MAX };

struct dg_packing {
    struct dg_node *node;
    struct dg_txn *txn;
    struct dg_link *link;
    struct dg_frame frame;
    struct dg_parcel parcel[DG_PACK_MAX];
    struct dg_record record[DG_PACK_MAX];
    struct dg_bytes checkpoint[DG_PACK_MAX];
    struct dg_log_view log;  /* this node's, for records that rest on it */
    struct dg_prover prover; /* of that log */
    size_t bytes;            /* a generous estimate of the encoded size, were nothing packed */
};

enum dg_packed { DG_PACKED, DG_PACK_NO_ROOM, DG_PACK_BROKEN };

/* Empties the frame. */
void dg_packing_reset(struct dg_packing *p);
/* Adds one row. What makes the frame too long is taken out again and goes into the next; a row that cannot be
 * made up at all is broken, and is tried again on the next connection. */
enum dg_packed dg_packing_add(struct dg_packing *p, const struct dg_queued *queued);
/* Adds this node's own receipt for a report, by the leaf at index. False when there is no room, or no proof. */
bool dg_packing_receipt(struct dg_packing *p, const struct dg_id *id, uint64_t index);

#endif
