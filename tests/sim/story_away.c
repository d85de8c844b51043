/* story_away.c - the province is away for thirty days; the district goes on reporting, and then it comes
 * back.
 *
 * Ten thousand reports wait, one in ten of them hỏa tốc. All must arrive, each once, the urgent ones before
 * any other, whenever they were written; and the line must not wait longer than a greeting for the first.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/core/rows.h"
#include "tests/sim/stories.h"
#include "tests/sim/world.h"

enum { PROVINCE, DISTRICT };
enum { BURST = 50, URGENT_EVERY = 10 };

static const dg_ms away_ms = INT64_C(30) * 86400000;
static const dg_ms drain_most_ms = 15 * 60000; /* at up to 20 ms per frame and direction */

static void push(struct sim_world *world, unsigned number)
{
    struct sim_node *district = &world->node[DISTRICT];
    char date[DG_DAY_TEXT], body[48];
    struct dg_buf draft, message;
    dg_day_text(dg_day_of(sim_clock(district)), date);
    (void)snprintf(body, sizeof body, "Báo cáo số %u.\n", number);
    struct dg_report report = {.kind = dg_bytes_of("periodic"),
                               .period = dg_bytes_of("2026-10"),
                               .date = dg_bytes_of(date),
                               .title = dg_bytes_of("Báo cáo"),
                               .urgency = number % URGENT_EVERY == 0 ? DG_URGENCY_HOA_TOC : DG_URGENCY_NORMAL,
                               .body = dg_bytes_of(body)};
    dg_buf_init(&draft, DG_REPORT_MAX);
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    bool ok = dg_draft_encode(&report, &draft) == DG_OK;
    struct dg_ctl_request request = {
        .verb = DG_CTL_PUSH, .organ = dg_bytes_of("cap-uy"), .draft = dg_buf_bytes(&draft)};
    ok = ok && dg_ctl_request_encode(&request, &message) == DG_OK;
    assert(ok);
    (void)ok;
    sim_node_hear(
        district,
        &(struct dg_event){.kind = DG_EVENT_CTL, .client = SIM_CLIENT_AWAY, .bytes = dg_buf_bytes(&message)});
    dg_buf_done(&draft);
    dg_buf_done(&message);
}

/* Reports come in bursts, over all of the thirty days. */
static void go_on_reporting(struct sim_world *world, unsigned reports)
{
    dg_ms began = world->now;
    for (unsigned done = 0; done < reports && !world->laws.broken; done += BURST) {
        sim_world_run(world, began + away_ms * done / reports);
        for (unsigned i = 0; i < BURST && done + i < reports; i++)
            push(world, done + i);
    }
    sim_world_run(world, began + away_ms);
}

static bool has_drained(struct sim_world *world)
{
    return dg_store_mem_rows(world->node[DISTRICT].store, DG_TABLE_OUTBOX) == 0;
}

/* In the province's log no urgent report stands behind another, and all are there. */
static void check_log(struct sim_world *world, unsigned reports)
{
    struct dg_log_view log;
    struct dg_txn *txn;
    unsigned arrived = 0, others = 0;
    if (dg_begin_read(world->node[PROVINCE].store, &txn) != DG_OK)
        return;
    dg_log_get(txn, &log);
    for (uint64_t i = 0; i < log.size; i++) {
        struct dg_bytes text;
        struct dg_leaf leaf;
        struct dg_report_ix ix;
        if (!dg_leaf_get(txn, i, &text) || dg_leaf_parse(txn->arena, text, &leaf, NULL) != DG_OK ||
            leaf.kind != DG_LEAF_REPORT || !dg_report_ix_get(txn, &leaf.report, &ix))
            continue;
        arrived += leaf.verdict == DG_VERDICT_ACCEPTED;
        if (ix.lane == DG_LANE_URGENT && others > 0)
            sim_break(world, "L7", "an urgent report is number %u, behind %u others", arrived, others);
        others += ix.lane != DG_LANE_URGENT;
    }
    dg_abort(world->node[PROVINCE].store, txn);
    if (arrived != reports)
        sim_break(world, "L1", "%u of %u reports arrived", arrived, reports);
}

static struct sim_world *two_levels(void)
{
    struct sim_options options = {
        .seed = 7, .nodes = 2, .levels = 2, .delay_max = 20, .nap_ms = 30000, .settle_ms = 10 * 60000};
    return sim_world_new(&options);
}

bool sim_story_away(unsigned reports, bool trace)
{
    struct sim_world *world = two_levels();
    if (world == NULL)
        return false;
    world->trace.print = trace;
    sim_world_run(world, world->now + 60000);
    sim_node_stop(&world->node[PROVINCE]);
    go_on_reporting(world, reports);
    if (dg_store_mem_rows(world->node[DISTRICT].store, DG_TABLE_SENT) != reports)
        sim_break(world, "L1", "the district did not take them all");
    world->options.nap_ms = 0;
    dg_ms back = world->now;
    uint64_t frames = world->packets;
    sim_world_calm(world);
    while (!world->laws.broken && !has_drained(world) && world->now < back + drain_most_ms)
        sim_world_run(world, world->now + 1000);
    if (!has_drained(world))
        sim_break(world, "L1", "after %.0f min rows still wait", (double)drain_most_ms / 60000.0);
    check_log(world, reports);
    bool ok = !world->laws.broken;
    printf("%-14s %-45s %s%s%s\n", "away", "the parent away for thirty days", ok ? "holds" : world->laws.law,
           ok ? "" : ": ", ok ? "" : world->laws.what);
    if (ok)
        printf("%14s %u reports drained in %.1f s and %" PRIu64 " frames\n", "", reports,
               (double)(world->now - back) / 1000.0, world->packets - frames);
    else if (!trace)
        sim_trace_tail(&world->trace);
    sim_world_free(world);
    return ok;
}
