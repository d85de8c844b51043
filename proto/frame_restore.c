/* frame_restore.c - what a node that lost a part of its log, and its neighbours, say in a frame. */
#include "proto/frame.h"

#include "common/limits.h"
#include "proto/pb_frame.h"

static struct dg_restore_ask *read_ask(struct dg_pb *pb, const Dgpb__RestoreAsk *wire)
{
    struct dg_restore_ask *ask = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *ask);

    if (ask == NULL)
        return NULL;
    ask->size = wire->size;
    ask->has_replay = wire->has_replay;
    ask->replay = wire->replay;
    ask->since_ms = wire->has_since_ms ? dg_pb_instant(pb, wire->since_ms, "since_ms") : 0;
    return ask;
}

static struct dg_restore_told *read_told(struct dg_pb *pb, const Dgpb__RestoreTold *wire)
{
    struct dg_restore_told *told = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *told);

    if (told != NULL)
        told->replayed = wire->replayed != 0;
    return told;
}

static struct dg_mirror *read_mirror(struct dg_pb *pb, const Dgpb__Mirror *wire)
{
    struct dg_mirror *mirror = wire == NULL ? NULL : dg_pb_alloc(pb, sizeof *mirror);

    if (mirror == NULL)
        return NULL;
    mirror->first = wire->first;
    mirror->leaf_count = dg_pb_raw_list(pb, wire->n_leaf, wire->leaf, DG_FRAME_ITEMS_MAX, DG_LEAF_MAX,
                                        &mirror->leaf, "leaf");
    return mirror;
}

static const uint64_t *read_mirrored(struct dg_pb *pb, const Dgpb__Frame *wire)
{
    uint64_t *mirrored = wire->has_mirrored ? dg_pb_alloc(pb, sizeof *mirrored) : NULL;

    if (mirrored != NULL)
        *mirrored = wire->mirrored;
    return mirrored;
}

void dg_pb_read_restore(struct dg_pb *pb, const Dgpb__Frame *wire, struct dg_frame *ret)
{
    ret->ask = read_ask(pb, wire->ask);
    ret->told = read_told(pb, wire->told);
    ret->mirror = read_mirror(pb, wire->mirror);
    ret->mirrored = read_mirrored(pb, wire);
}

static void write_ask(struct dg_pb_out *out, const struct dg_restore_ask *ask, Dgpb__RestoreAsk **ret)
{
    *ret = dg_pb_message(out, &dgpb__restore_ask__descriptor);
    if (*ret == NULL)
        return;
    (*ret)->size = ask->size;
    (*ret)->has_replay = (*ret)->has_since_ms = ask->has_replay;
    (*ret)->replay = ask->replay;
    (*ret)->since_ms = ask->since_ms;
}

static void write_told(struct dg_pb_out *out, const struct dg_restore_told *told, Dgpb__RestoreTold **ret)
{
    *ret = dg_pb_message(out, &dgpb__restore_told__descriptor);
    if (*ret != NULL)
        (*ret)->replayed = told->replayed;
}

static void write_mirror(struct dg_pb_out *out, const struct dg_mirror *mirror, Dgpb__Mirror **ret)
{
    *ret = dg_pb_message(out, &dgpb__mirror__descriptor);
    if (*ret == NULL)
        return;
    (*ret)->first = mirror->first;
    (*ret)->n_leaf = dg_pb_views(out, mirror->leaf_count, mirror->leaf, &(*ret)->leaf);
}

void dg_pb_write_restore(struct dg_pb_out *out, const struct dg_frame *frame, Dgpb__Frame *wire)
{
    if (frame->ask != NULL)
        write_ask(out, frame->ask, &wire->ask);
    if (frame->told != NULL)
        write_told(out, frame->told, &wire->told);
    if (frame->mirror != NULL)
        write_mirror(out, frame->mirror, &wire->mirror);
    wire->has_mirrored = frame->mirrored != NULL;
    if (frame->mirrored != NULL)
        wire->mirrored = *frame->mirrored;
}
