/* trespass.c - an organ asks for what lies in another's mailbox: I9, no organ reads or acts for another. */
#include <string.h>

#include "node/core/rows.h"
#include "tests/sim/world.h"

struct looking {
    struct sim_world *world;
    size_t seen;
    struct dg_id id;
    uint64_t position;
};

static bool look(void *ctx, const struct dg_mail *mail)
{
    struct looking *looking = ctx;
    if (sim_below(&looking->world->choice, ++looking->seen) == 0) {
        looking->id = mail->id;
        looking->position = mail->position;
    }
    return true;
}

void sim_trespass(struct sim_world *world, struct sim_node *node)
{
    struct looking looking = {.world = world};
    struct dg_txn *txn;
    struct dg_mail own;
    if (node->node == NULL || node->organ_count < 2 || dg_begin_read(node->store, &txn) != DG_OK)
        return;
    size_t owner = (size_t)sim_below(&world->choice, node->organ_count);
    size_t other = (owner + 1 + (size_t)sim_below(&world->choice, node->organ_count - 1)) % node->organ_count;
    const char *organ = node->organ[other].slug;
    dg_mail_each(txn, dg_bytes_of(node->organ[owner].slug), false, look, &looking);
    bool foreign = looking.seen > 0 && !dg_mail_get(txn, dg_bytes_of(organ), looking.position, &own);
    dg_abort(node->store, txn);
    if (!foreign)
        return;
    char hex[DG_HEX_BYTES];
    dg_hex(looking.id.b, sizeof looking.id.b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_MARK,
                                     .organ = dg_bytes_of(organ),
                                     .report = dg_bytes_of(hex),
                                     .code = 3 /* received */};
    struct dg_buf message;
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    if (dg_ctl_request_encode(&request, &message) == DG_OK) {
        sim_trace_line(&world->trace, world->now, "%s@%s marks %.8s, which is %s's", organ, node->unit, hex,
                       node->organ[owner].slug);
        sim_node_hear(node, &(struct dg_event){.kind = DG_EVENT_CTL,
                                               .client = SIM_CLIENT_TRESPASS,
                                               .bytes = dg_buf_bytes(&message)});
    }
    dg_buf_done(&message);
}

void sim_trespass_replied(struct sim_world *world, const struct sim_node *node,
                          const struct dg_ctl_reply *reply)
{
    if (reply->fault.err == DG_OK)
        sim_break(world, "I9", "%s lets one organ mark what another has received", node->unit);
}
