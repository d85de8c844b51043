/* year.c - the planned year, lived: a morning of ticks and reminders, then what the plan has for the day. */
#include "tests/sim/year.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENT_OTHER = SIM_CLIENT_YEAR, CLIENT_CERTIFY, CLIENT_REPORTS = CLIENT_CERTIFY + SIM_OWED_MAX };
enum { MORNING_MS = 3000, HOUR_MS = 3600000, QUIET_WITHIN_S = 300 };

/* ---- asking the nodes ---------------------------------------------------------------------------- */

static void say(struct sim_node *node, uint64_t client, const struct dg_ctl_request *request)
{
    struct dg_buf message;
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    enum dg_err err = dg_ctl_request_encode(request, &message);
    assert(err == DG_OK);
    (void)err;
    sim_node_hear(
        node, &(struct dg_event){.kind = DG_EVENT_CTL, .client = client, .bytes = dg_buf_bytes(&message)});
    dg_buf_done(&message);
}

void sim_year_replied(struct sim_world *world, uint64_t client, const struct dg_ctl_reply *reply)
{
    struct sim_year *year = world->year;
    if (client >= CLIENT_REPORTS) {
        struct sim_owed *owed = &year->owed[client - CLIENT_REPORTS];
        owed->accepted = reply->fault.err == DG_OK && reply->has_id;
        owed->id = reply->id;
    } else if (client >= CLIENT_CERTIFY) {
        year->owed[client - CLIENT_CERTIFY].certified = reply->fault.err;
        return; /* some are rightly refused; year_check.c judges which */
    }
    if (reply->fault.err != DG_OK)
        sim_break(world, "Y0", "a request of the plan is refused: %s %s", dg_err_name(reply->fault.err),
                  reply->fault.what);
}

/* ---- time ---------------------------------------------------------------------------------------- */

static bool count_row(void *ctx, const struct dg_queued *queued)
{
    (void)queued;
    *(bool *)ctx = true;
    return false;
}

static bool is_quiet(const struct sim_node *node)
{
    struct dg_txn *txn;
    bool waits = node->inbox_count > 0;
    if (node->node == NULL || dg_begin_read(node->store, &txn) != DG_OK)
        return false;
    dg_queue_each(txn, dg_bytes_at(NULL, 0), count_row, &waits);
    dg_abort(node->store, txn);
    return !waits;
}

/* Lets time pass until nobody has anything more to say. */
static void rest(struct sim_world *world)
{
    bool quiet = false;
    for (int s = 0; s < QUIET_WITHIN_S && !quiet && !world->laws.broken; s++) {
        sim_world_run(world, world->now + 1000);
        quiet = true;
        for (size_t i = 0; i < world->node_count && quiet; i++)
            quiet = is_quiet(&world->node[i]);
    }
    if (!quiet && !world->laws.broken)
        sim_break(world, "L1", "after %d s something is still on its way", QUIET_WITHIN_S);
}

static void dawn(struct sim_world *world, struct dg_day day)
{
    char text[DG_DAY_TEXT];
    dg_day_text(day, text);
    sim_trace_line(&world->trace, world->now, "-- %s", text);
    world->leap += dg_day_start(day) + HOUR_MS - sim_clock(&world->node[0]);
    sim_world_run(world, world->now + MORNING_MS);
    rest(world);
}

/* ---- a day --------------------------------------------------------------------------------------- */

static void issue_calendar(struct sim_year *year, int serial)
{
    struct dg_buf draft;
    dg_buf_init(&draft, DG_CALENDAR_MAX);
    sim_year_calendar(year->world, serial, &draft);
    say(&year->world->node[0], CLIENT_OTHER,
        &(struct dg_ctl_request){
            .verb = DG_CTL_CALENDAR, .organ = dg_bytes_of("ban-dan-van"), .draft = dg_buf_bytes(&draft)});
    dg_buf_done(&draft);
}

static void change_regime(struct sim_year *year, struct dg_day from)
{
    struct dg_bytes compiled;
    if (sim_regime_load(year->world, "huyen", &compiled))
        say(&year->world->node[SIM_CHANGING], CLIENT_OTHER,
            &(struct dg_ctl_request){
                .verb = DG_CTL_ADOPT, .regime_count = 1, .regime = &compiled, .from = from});
}

/* A district's report is made of those of its communes that came on earlier days. */
static void gather(const struct sim_year *year, struct sim_owed *owed)
{
    for (size_t i = 0; i < year->count; i++) {
        const struct sim_owed *below = &year->owed[i];
        bool goes_in = year->world->node[below->node].parent == owed->node && below->keeper == owed->node &&
                       strcmp(below->period, owed->period) == 0 && below->accepted;
        if (goes_in && owed->source_count < SIM_MADE_OF_MAX)
            owed->source[owed->source_count++] = below->id;
    }
}

static void report(struct sim_year *year, size_t which)
{
    struct sim_owed *owed = &year->owed[which];
    struct sim_world *world = year->world;
    struct sim_node *node = &world->node[owed->node];
    char date[DG_DAY_TEXT];
    struct dg_buf encoded;
    if (strcmp(owed->organ, "cap-uy") == 0 && node->level == 1)
        gather(year, owed);
    dg_day_text(dg_day_of(sim_clock(node)), date);
    struct dg_report draft = {.kind = dg_bytes_of("periodic"),
                              .period = dg_bytes_of(owed->period),
                              .date = dg_bytes_of(date),
                              .title = dg_bytes_of("Báo cáo"),
                              .urgency = DG_URGENCY_NORMAL,
                              .body = dg_bytes_of("Tình hình ổn định.\n"),
                              .source_count = owed->source_count,
                              .source = owed->source};
    dg_buf_init(&encoded, DG_REPORT_MAX);
    enum dg_err err = dg_draft_encode(&draft, &encoded);
    assert(err == DG_OK);
    (void)err;
    sim_trace_line(&world->trace, world->now, "%s@%s reports %s", owed->organ, node->unit, owed->period);
    say(node, CLIENT_REPORTS + which,
        &(struct dg_ctl_request){
            .verb = DG_CTL_PUSH, .organ = dg_bytes_of(owed->organ), .draft = dg_buf_bytes(&encoded)});
    dg_buf_done(&encoded);
}

static void live_day(struct sim_year *year, struct dg_day day)
{
    struct sim_world *world = year->world;
    dawn(world, day);
    if (sim_year_issued_on(day) >= 0)
        issue_calendar(year, sim_year_issued_on(day));
    if (day.n == sim_year_day(7, 1).n)
        change_regime(year, day);
    for (size_t i = 0; i < year->count; i++)
        if (year->owed[i].comes && year->owed[i].comes_on.n == day.n)
            report(year, i);
    rest(world);
}

/* ---- the end of the year ------------------------------------------------------------------------- */

static void certify(struct sim_year *year)
{
    for (size_t i = 0; i < year->count; i++) {
        struct sim_owed *owed = &year->owed[i];
        struct sim_node *keeper = &year->world->node[owed->keeper];
        char owner[DG_ADDRESS_MAX + 1];
        (void)snprintf(owner, sizeof owner, "%s@%s", owed->organ, year->world->node[owed->node].unit);
        if (owed->certify)
            say(keeper, CLIENT_CERTIFY + i,
                &(struct dg_ctl_request){.verb = DG_CTL_CERTIFY,
                                         .organ =
                                             dg_bytes_of(keeper->level == 2 ? "khoi-dan-van" : "ban-dan-van"),
                                         .owner = dg_bytes_of(owner),
                                         .rule = dg_bytes_of(owed->rule),
                                         .period = dg_bytes_of(owed->period)});
    }
    rest(year->world);
}

/* The province asks for what the districts' reports are made of: it was given none of that itself. */
static void fetch(struct sim_year *year)
{
    for (size_t i = 0; i < year->count; i++) {
        const struct sim_owed *owed = &year->owed[i];
        char hex[DG_HEX_BYTES];
        dg_hex(owed->id.b, sizeof owed->id.b, hex);
        if (owed->source_count > 0 && owed->accepted)
            say(&year->world->node[0], CLIENT_OTHER,
                &(struct dg_ctl_request){.verb = DG_CTL_FETCH, .report = dg_bytes_of(hex)});
    }
    rest(year->world);
}

static void live(struct sim_year *year)
{
    struct dg_day last = sim_year_day(12, 31);
    sim_year_plan(year);
    for (struct dg_day day = sim_year_day(1, 1); day.n <= last.n && !year->world->laws.broken; day.n++)
        live_day(year, day);
    if (!year->world->laws.broken)
        certify(year);
    if (!year->world->laws.broken)
        fetch(year);
    if (!year->world->laws.broken)
        sim_year_check(year, last);
}

void sim_year_run(uint64_t seed, bool trace, bool tail, struct sim_result *ret)
{
    struct sim_options options = {
        .seed = seed, .levels = 3, .province = true, .delay_max = 20, .settle_ms = 60000};
    struct sim_year *year = calloc(1, sizeof *year);
    struct sim_world *world = year != NULL ? sim_world_new(&options) : NULL;
    *ret = (struct sim_result){.law = "memory"};
    if (world != NULL) {
        world->year = year;
        year->world = world;
        world->trace.print = trace;
        sim_world_calm(world);
        live(year);
        sim_result_fill(world, ret);
        ret->pushes = 0;
        for (size_t i = 0; i < year->count; i++)
            ret->pushes += year->owed[i].accepted;
        if (world->laws.broken && tail && !trace)
            sim_trace_tail(&world->trace);
        sim_world_free(world);
    }
    free(year);
}
