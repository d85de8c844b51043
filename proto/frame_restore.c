/* frame_restore.c - what a node that lost a part of its log, and its neighbours, say in a frame. */
#include "proto/frame.h"

#include "common/limits.h"
#include "proto/pb_frame.h"

static struct dg_restore_ask *read_ask(struct dg_pb *pb, const Dgpb__RestoreAsk *wire)
{
    struct dg_restore_ask *ask = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *ask);

    if (ask != NULL)
        ask->size = wire->size;
    return ask;
}

static struct dg_restore_told *read_told(struct dg_pb *pb, const Dgpb__RestoreTold *wire)
{
    struct dg_restore_told *told = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *told);

    if (told != NULL)
        told->replayed = wire->replayed != 0;
    return told;
}

void dg_pb_read_restore(struct dg_pb *pb, const Dgpb__Frame *wire, struct dg_frame *ret)
{
    ret->ask = read_ask(pb, wire->ask);
    ret->told = read_told(pb, wire->told);
}

static void write_ask(struct dg_pb_out *out, const struct dg_restore_ask *ask, Dgpb__RestoreAsk **ret)
{
    *ret = dg_pb_message(out, &dgpb__restore_ask__descriptor);
    if (*ret != NULL)
        (*ret)->size = ask->size;
}

static void write_told(struct dg_pb_out *out, const struct dg_restore_told *told, Dgpb__RestoreTold **ret)
{
    *ret = dg_pb_message(out, &dgpb__restore_told__descriptor);
    if (*ret != NULL)
        (*ret)->replayed = told->replayed;
}

void dg_pb_write_restore(struct dg_pb_out *out, const struct dg_frame *frame, Dgpb__Frame *wire)
{
    if (frame->ask != NULL)
        write_ask(out, frame->ask, &wire->ask);
    if (frame->told != NULL)
        write_told(out, frame->told, &wire->told);
}
