/* patience.c - how long to wait for a neighbour, and how much to have on the way to it.
 *
 * Waits grow while nothing is answered, and never end. Whatever the neighbour takes shows that it lives: then
 * waiting begins anew. The window starts small and follows what the neighbour answers, up to its credit.
 */
#include "node/core/outbox_impl.h"

/* Every row that flies asks for some, and the kernel takes as long for four bytes as for many. */
static uint32_t noise(struct dg_node *node)
{
    if (node->noise_left == 0) {
        node->env.random(node->env.random_ctx, node->noise, sizeof node->noise);
        node->noise_left = sizeof node->noise / sizeof node->noise[0];
    }
    return node->noise[--node->noise_left];
}

dg_ms dg_outbox_patience(struct dg_node *node, const struct dg_link *link, enum dg_lane lane, uint32_t tries)
{
    if (DG_MAYBE("the earliest retry"))
        return 1;
    dg_ms cap = lane <= DG_LANE_URGENT ? DG_RETRY_URGENT_MAX_MS : DG_RETRY_MAX_MS;
    dg_ms first = 2 * link->answer_ms > DG_RETRY_MIN_MS ? 2 * link->answer_ms : DG_RETRY_MIN_MS;
    if (first > cap)
        first = cap;
    dg_ms wait = first;
    for (uint32_t i = 0; i < tries && wait < cap; i++)
        wait *= 2;
    if (wait > cap)
        wait = cap;
    return first / 2 + (dg_ms)(noise(node) % (uint32_t)(wait - first / 2 + 1));
}

/* A moving average over about eight answers; a clock that was set back tells nothing. */
void dg_outbox_answer_took(struct dg_link *link, dg_ms took)
{
    if (took >= 0 && took <= DG_RETRY_MAX_MS)
        link->answer_ms += (took - link->answer_ms) / 8;
    /* A neighbour that keeps up may have more on the way. */
    uint32_t most = link->credit.items > 0 ? link->credit.items : DG_WINDOW_MAX;
    if (DG_MUTANT("window-shrinks") && link->window > 0)
        link->window--;
    else if (link->window < most && link->window < DG_WINDOW_MAX)
        link->window++;
}

void dg_outbox_contact(struct dg_node *node, struct dg_link *link, dg_ms now)
{
    bool slept = now - link->moved > DG_ASLEEP_MS;
    dg_ms soon = now + dg_outbox_patience(node, link, DG_LANE_NORMAL, 0);
    link->moved = now;
    link->again_tries = 0;
    if (link->again_at > soon)
        link->again_at = soon;
    for (size_t i = 0; slept && i < link->flight_count; i++) {
        struct dg_flight *flight = &link->flight[i];
        if (flight->due > soon) {
            flight->due = soon;
            flight->tries = 0;
        }
    }
}

void dg_outbox_credit(struct dg_link *link, const struct dg_credit *credit)
{
    /* Without any nothing could be sent, and so no credit be heard of again. */
    link->credit = *credit;
    if (link->credit.items == 0)
        link->credit.items = 1;
    if (link->window > link->credit.items)
        link->window = link->credit.items;
}

struct dg_credit dg_outbox_credit_given(const struct dg_node *node)
{
    struct dg_credit credit = {.items = DG_WINDOW_MAX};
    uint64_t links = 0;
    for (size_t i = 0; i < node->link_count; i++)
        links += node->link[i]->connected;
    credit.bytes = DG_CREDIT_BYTES / (links > 0 ? links : 1);
    if (credit.bytes < DG_CREDIT_BYTES_LEAST)
        credit.bytes = DG_CREDIT_BYTES_LEAST;
    return credit;
}
