/* events_joint.c - the trail of a joint report that was not issued: who signed, who has not, who withdrew it.
 */
#include "common/limits.h"
#include "node/cli/events.h"
#include "proto/joint.h"

/* The lead's signature has a time, since R says it; the others have none before the leaf of the report. */
static struct dg_trail_event signature(const struct dg_joint *joint, size_t author)
{
    const struct dg_report *report = &joint->report;
    bool has_signed = dg_joint_has_signed(joint, author);

    return (struct dg_trail_event){
        .id = has_signed ? DG_TRAIL_SIGNED : DG_TRAIL_UNSIGNED,
        .unit = report->author[author].unit,
        .organ = report->author[author].organ,
        .time = has_signed && author == 0 ? report->signed_ms : 0,
    };
}

static struct dg_trail_event withdrawal(struct dg_view *view, const struct dg_joint *joint)
{
    struct dg_void voided;
    struct dg_trail_event event = {
        .id = DG_TRAIL_VOIDED,
        .unit = dg_bytes_of(view->identity.unit),
        .time = dg_leaf_time(view->txn, joint->void_index),
        .has_log = true,
        .origin = dg_bytes_of(view->identity.origin),
        .index = joint->void_index,
        .proof = joint->void_index < dg_log_covered(view->txn) ? DG_PROOF_RECEIPT : DG_PROOF_NONE,
    };

    if (dg_void_decode(view->txn->arena, joint->voided.body, &voided, NULL) == DG_OK)
        event.organ = voided.organ;
    return event;
}

enum dg_err dg_joint_events(struct dg_cli *cli, struct dg_view *view, const struct dg_joint *joint,
                            struct dg_trail_events *ret)
{
    bool is_withdrawn = joint->state == DG_JOINT_WITHDRAWN;
    struct dg_trail_events events = {.capacity = joint->report.author_count + 1};

    events.item = dg_arena_array(view->txn->arena, events.capacity, sizeof *events.item);
    if (events.item == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < joint->report.author_count; i++) {
        struct dg_trail_event event = signature(joint, i);
        if (event.id == DG_TRAIL_SIGNED || !is_withdrawn) /* what is withdrawn waits for nobody */
            events.item[events.count++] = event;
    }
    if (is_withdrawn)
        events.item[events.count++] = withdrawal(view, joint);
    *ret = events;
    return DG_OK;
}
