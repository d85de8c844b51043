/* excuse.c - what is said while the disk is full, and when a turn has failed.
 *
 * Nothing here promises anything, so it needs no commit: "not now" is true whatever becomes of the turn. A
 * neighbour that is told so comes again in its own time, instead of waiting for an answer.
 */
#include "node/core/node_impl.h"

enum { LATER_MS = 60000 };

bool dg_disk_refuses(const struct dg_node *node, const struct dg_ctl_request *request)
{
    return node->disk_low && !request->dry_run &&
           (request->verb == DG_CTL_PUSH || request->verb == DG_CTL_JOINT ||
            request->verb == DG_CTL_COMMENT || request->verb == DG_CTL_CALENDAR ||
            request->verb == DG_CTL_FETCH);
}

bool dg_disk_puts_off(const struct dg_node *node, const struct dg_event *event, uint64_t tag,
                      struct dg_out *out)
{
    if (!node->disk_low)
        return false;
    struct dg_fault fault;
    (void)dg_faultf(&fault, DG_ERR_RETRY_LATER, "disk full");
    dg_out_answer(out, event->conn, tag, &fault, LATER_MS);
    return true;
}

/* The answers to everything in the frame that waits for one. Returns their count. */
static size_t excuses_for(const struct dg_frame *frame, struct dg_answer answer[])
{
    const struct dg_answer later = {.code = dg_bytes_of(dg_err_name(DG_ERR_RETRY_LATER)),
                                    .detail = dg_bytes_of("not now"),
                                    .retry_after_ms = LATER_MS};
    size_t count = 0;
    for (size_t i = 0; i < frame->parcel_count && count < DG_FRAME_ITEMS_MAX; i++) {
        answer[count] = later;
        answer[count++].tag = frame->parcel[i].tag;
    }
    for (size_t i = 0; i < frame->record_count && count < DG_FRAME_ITEMS_MAX; i++) {
        if (frame->record[i].tag == 0)
            continue;
        answer[count] = later;
        answer[count++].tag = frame->record[i].tag;
    }
    return count;
}

void dg_node_excuse(const struct dg_event *event, struct dg_arena *arena, const struct dg_voice *voice)
{
    const struct dg_frame *frame = event->frame;
    struct dg_buf buf;
    if (event->kind != DG_EVENT_MESSAGE || frame == NULL || frame->parcel_count + frame->record_count == 0)
        return;
    struct dg_answer *answer =
        dg_arena_array(arena, frame->parcel_count + frame->record_count, sizeof *answer);
    if (answer == NULL)
        return;
    struct dg_frame said = {.answer_count = excuses_for(frame, answer), .answer = answer};
    dg_buf_init(&buf, DG_FRAME_MAX);
    if (said.answer_count > 0 && dg_frame_encode(&said, &buf) == DG_OK && buf.err == DG_OK)
        (void)voice->send(voice->ctx, event->conn, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
}
