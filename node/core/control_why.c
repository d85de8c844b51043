/* control_why.c - what the running node alone knows of what waits: the lines, and what is on its way. */
#include "node/core/node_impl.h"

/* The one report that is asked about. */
struct wanted {
    bool all;
    enum dg_lane lane;
    uint64_t position;
};

static struct dg_ctl_link link_told(const struct dg_link *link)
{
    struct dg_ctl_link told = {.unit = dg_bytes_of(link->unit),
                               .up = link->up,
                               .connected = link->connected,
                               .since_ms = link->since,
                               .skew_ms = link->skew_ms};
    if (link->connected) {
        told.tries = link->again_tries;
        told.next_ms = link->again_at;
    } else if (link->up) {
        told.tries = link->resets;
        told.next_ms = link->hello_sent != 0 ? link->hello_sent + DG_HELLO_MS : 0;
    }
    return told;
}

static void tell_flights(const struct dg_link *link, const struct wanted *wanted, struct dg_ctl_reply *reply)
{
    for (size_t i = 0; i < link->flight_count && reply->flight_count < DG_CTL_FLIGHTS_MAX; i++) {
        const struct dg_flight *flight = &link->flight[i];
        if (!wanted->all && (flight->lane != wanted->lane || flight->seq != wanted->position))
            continue;
        reply->flight[reply->flight_count++] = (struct dg_ctl_flight){.unit = dg_bytes_of(link->unit),
                                                                      .lane = (uint32_t)flight->lane,
                                                                      .seq = flight->seq,
                                                                      .tries = flight->tries + 1,
                                                                      .next_ms = flight->due};
    }
}

void dg_control_why(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request, dg_ms now,
                    struct dg_ctl_reply *reply)
{
    struct wanted wanted = {.all = request->report.size == 0};
    struct dg_report_ix ix;
    struct dg_id id;
    (void)now;
    if (!wanted.all && dg_report_find(txn, request->report, &id, &reply->fault) != DG_OK)
        return;
    if (!wanted.all && dg_report_ix_get(txn, &id, &ix)) {
        wanted.lane = ix.lane;
        wanted.position = ix.position;
    }
    size_t flights = wanted.all ? DG_CTL_FLIGHTS_MAX : node->link_count;
    reply->link = dg_arena_array(txn->arena, node->link_count + 1, sizeof *reply->link);
    reply->flight = dg_arena_array(txn->arena, flights + 1, sizeof *reply->flight);
    if (reply->link == NULL || reply->flight == NULL)
        return;
    for (size_t i = 0; i < node->link_count; i++) {
        reply->link[reply->link_count++] = link_told(node->link[i]);
        tell_flights(node->link[i], &wanted, reply);
    }
}
