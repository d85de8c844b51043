/* load.c - clients at the commune's control socket, and eyes on all three stores. */
#include "tests/bench/load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>

#include "node/core/query.h"
#include "node/ctl/ctl.h"
#include "proto/ctl.h"
#include "tests/bench/clock.h"

enum { CALL_MS = 60000, STALL_S = 60, RECEIPTS = 2 };

static bool failed(const char *what, const struct dg_fault *fault)
{
    char text[512] = "";
    if (fault != NULL)
        dg_fault_text(fault, "en", text, sizeof text);
    fprintf(stderr, "pipeline: %s %s\n", what, text);
    return false;
}

/* ---- pushing -------------------------------------------------------------------------------------- */

static bool write_paper(const struct load *load, uint64_t number, struct dg_buf *ret)
{
    dg_buf_init(ret, DG_CTL_MSG_MAX);
    if (paper_request(load->papers, number, load->nodes->node[PROVINCE].unit, ret) == DG_OK)
        return true;
    return failed("a paper cannot be written", NULL);
}

static bool push(const struct load *load, struct dg_arena *arena, struct dg_bytes request, struct dg_id *ret)
{
    struct dg_bytes bytes;
    struct dg_ctl_reply reply;
    struct dg_fault fault = {.err = DG_OK};
    dg_arena_reset(arena);
    enum dg_err err = dg_ctl_call(load->nodes->node[COMMUNE].dir, request, CALL_MS, arena, &bytes, &fault);
    if (err == DG_OK)
        err = dg_ctl_reply_decode(arena, bytes, &reply, &fault);
    if (err != DG_OK)
        return failed("push:", &fault);
    if (reply.fault.err != DG_OK || !reply.has_id)
        return failed("push:", &reply.fault);
    *ret = reply.id;
    return true;
}

/* Everything to be pushed, written before the clock runs. */
struct crowd {
    const struct load *load;
    size_t count;
    atomic_size_t next;
    atomic_bool failed;
    struct dg_buf *paper;
    struct dg_id *id;
};

static void crowd_done(struct crowd *crowd)
{
    for (size_t i = 0; crowd->paper != NULL && i < crowd->count; i++)
        dg_buf_done(&crowd->paper[i]);
    free(crowd->paper);
    free(crowd->id);
}

static bool crowd_init(struct crowd *crowd, struct load *load, size_t count)
{
    *crowd = (struct crowd){.load = load, .count = count};
    crowd->paper = calloc(count, sizeof *crowd->paper);
    crowd->id = calloc(count, sizeof *crowd->id);
    bool ok = crowd->paper != NULL && crowd->id != NULL;
    for (size_t i = 0; i < count && ok; i++)
        ok = write_paper(load, ++load->number, &crowd->paper[i]);
    return ok;
}

static void *client_thread(void *ctx)
{
    struct crowd *crowd = ctx;
    struct dg_arena arena;
    size_t i;
    dg_arena_init(&arena, 0);
    while (!crowd->failed && (i = atomic_fetch_add(&crowd->next, 1)) < crowd->count)
        if (!push(crowd->load, &arena, dg_buf_bytes(&crowd->paper[i]), &crowd->id[i]))
            crowd->failed = true;
    dg_arena_done(&arena);
    return NULL;
}

static bool push_all(struct crowd *crowd, unsigned clients)
{
    pthread_t thread[CLIENTS_MAX];
    unsigned started = 0;
    while (started < clients && started < CLIENTS_MAX &&
           pthread_create(&thread[started], NULL, client_thread, crowd) == 0)
        started++;
    for (unsigned i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    return started > 0 && !crowd->failed;
}

/* ---- watching ------------------------------------------------------------------------------------- */

static uint64_t log_size(const struct node *node)
{
    struct dg_txn *txn;
    struct dg_log_view log = {.size = 0};
    if (dg_begin_read(node->store, &txn) != DG_OK)
        return 0;
    dg_log_get(txn, &log);
    dg_abort(node->store, txn);
    return log.size;
}

static bool see_row(void *ctx, const struct dg_queued *queued)
{
    (void)queued;
    *(bool *)ctx = true;
    return false;
}

static bool owes_something(const struct node *node)
{
    struct dg_txn *txn;
    bool seen = false;
    if (dg_begin_read(node->store, &txn) != DG_OK)
        return true;
    dg_queue_each(txn, dg_bytes_at(NULL, 0), see_row, &seen);
    dg_abort(node->store, txn);
    return seen;
}

static bool quiet(const struct nodes *nodes)
{
    for (size_t i = 0; i < NODE_COUNT; i++)
        if (owes_something(&nodes->node[i]))
            return false;
    return true;
}

static bool count_receipt(void *ctx, const struct dg_custody *custody)
{
    bool counts = custody->record.kind == DG_RECORD_RECEIPT && custody->leaf.verdict == DG_VERDICT_ACCEPTED;
    *(unsigned *)ctx += counts;
    return true;
}

/* How many units have receipted a report, as node knows; its size too. */
static unsigned receipts(const struct node *node, const struct dg_id *id, size_t *ret_size)
{
    struct dg_txn *txn;
    struct dg_held held;
    unsigned count = 0;
    if (dg_begin_read(node->store, &txn) != DG_OK)
        return 0;
    if (dg_held_get(txn, id, &held) == DG_OK) {
        *ret_size = held.envelope.report.size;
        dg_custody_each(txn, held.position, count_receipt, &count);
    }
    dg_abort(node->store, txn);
    return count;
}

static bool holds(const struct node *node, const struct dg_id *id)
{
    struct dg_txn *txn;
    struct dg_held held;
    if (dg_begin_read(node->store, &txn) != DG_OK)
        return false;
    bool found = dg_held_get(txn, id, &held) == DG_OK && held.verdict == DG_VERDICT_ACCEPTED;
    dg_abort(node->store, txn);
    return found;
}

/* Waits until the province's log has grown to size. False when it stands still for a minute. */
static bool wait_arrived(const struct nodes *nodes, uint64_t size, double pause_s)
{
    const struct node *province = &nodes->node[PROVINCE];
    double moved = clock_s();
    for (uint64_t last = 0, now; (now = log_size(province)) < size; last = now) {
        if (now > last)
            moved = clock_s();
        if (clock_s() > moved + STALL_S)
            return failed("the province receives nothing any more", NULL);
        clock_sleep(pause_s);
    }
    return true;
}

static bool wait_quiet(const struct nodes *nodes, double pause_s)
{
    double start = clock_s();
    while (!quiet(nodes)) {
        if (clock_s() > start + STALL_S)
            return failed("an outbox never becomes empty", NULL);
        clock_sleep(pause_s);
    }
    return true;
}

/* ---- a flood -------------------------------------------------------------------------------------- */

/* The count at the end is no proof; this is: every single one is above, and both receipts are home. */
static bool check_all(const struct load *load, const struct dg_id ids[], size_t count, double *ret_bytes)
{
    const struct node *node = load->nodes->node;
    double bytes = 0;
    for (size_t i = 0; i < count; i++) {
        size_t size = 0;
        if (!holds(&node[PROVINCE], &ids[i]))
            return failed("the province lacks a report", NULL);
        if (receipts(&node[COMMUNE], &ids[i], &size) != RECEIPTS)
            return failed("the commune lacks a receipt", NULL);
        bytes += (double)size;
    }
    *ret_bytes = bytes / (double)count;
    return true;
}

static double own_cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool usage_all(const struct nodes *nodes, struct usage ret[static NODE_COUNT])
{
    for (size_t i = 0; i < NODE_COUNT; i++)
        if (!usage_get(&nodes->node[i], &ret[i]))
            return false;
    return true;
}

static bool run_flood(struct crowd *crowd, struct flood *ret)
{
    const struct load *load = crowd->load;
    uint64_t before = log_size(&load->nodes->node[PROVINCE]);
    double own = own_cpu_s(), idle = machine_idle_s(), start = clock_s();
    if (!push_all(crowd, load->clients))
        return false;
    ret->pushed_s = clock_s() - start;
    if (!wait_arrived(load->nodes, before + crowd->count, 0.002))
        return false;
    ret->arrived_s = clock_s() - start;
    if (!wait_quiet(load->nodes, 0.002))
        return false;
    ret->drained_s = clock_s() - start;
    ret->client_cpu_s = own_cpu_s() - own;
    ret->idle_cpu_s = machine_idle_s() - idle;
    return true;
}

bool load_flood(struct load *load, size_t count, struct flood *ret)
{
    struct crowd crowd;
    bool ok = crowd_init(&crowd, load, count) && usage_all(load->nodes, ret->before) &&
              run_flood(&crowd, ret) && usage_all(load->nodes, ret->after) &&
              check_all(load, crowd.id, count, &ret->report_bytes);
    crowd_done(&crowd);
    return ok;
}

/* ---- an outage ------------------------------------------------------------------------------------ */

static bool run_outage(struct crowd *crowd, struct nodes *nodes, struct outage *ret)
{
    const struct load *load = crowd->load;
    uint64_t before = log_size(&nodes->node[PROVINCE]);
    if (!node_stop(&nodes->node[DISTRICT]))
        return false;
    double start = clock_s();
    if (!push_all(crowd, load->clients))
        return false;
    ret->pushed_s = clock_s() - start;
    if (!node_start(nodes, &nodes->node[DISTRICT]))
        return false;
    start = clock_s();
    if (!wait_arrived(nodes, before + 1, 0.002))
        return false;
    double first = clock_s();
    ret->first_s = first - start;
    if (!wait_arrived(nodes, before + crowd->count, 0.002) || !wait_quiet(nodes, 0.002))
        return false;
    ret->drained_s = clock_s() - first;
    return true;
}

bool load_outage(struct load *load, struct nodes *nodes, size_t count, struct outage *ret)
{
    struct crowd crowd;
    double bytes;
    bool ok = crowd_init(&crowd, load, count) && run_outage(&crowd, nodes, ret) &&
              check_all(load, crowd.id, count, &bytes);
    crowd_done(&crowd);
    return ok;
}

/* ---- one at a time -------------------------------------------------------------------------------- */

static const double look_s = 50e-6; /* between two looks at a store */

enum { COMMITTED, PUSHED, ARRIVED, PROVEN, TIME_COUNT };

/* One report's way, in milliseconds since the clerk pressed the button. */
static bool travel(struct load *load, struct dg_bytes request, struct dg_arena *arena,
                   double ret_ms[static TIME_COUNT])
{
    const struct node *node = load->nodes->node;
    struct dg_id id;
    size_t size;
    uint64_t before = log_size(&node[PROVINCE]);
    double start = clock_s();
    if (!push(load, arena, request, &id))
        return false;
    ret_ms[PUSHED] = (clock_s() - start) * 1e3;
    if (!wait_arrived(load->nodes, before + 1, look_s))
        return false;
    ret_ms[ARRIVED] = (clock_s() - start) * 1e3;
    while (receipts(&node[COMMUNE], &id, &size) < RECEIPTS) {
        if (clock_s() > start + STALL_S)
            return failed("a receipt does not come home", NULL);
        clock_sleep(look_s);
    }
    ret_ms[PROVEN] = (clock_s() - start) * 1e3;
    return wait_quiet(load->nodes, 0.001);
}

/* The probe's commit beside every report, so that both see the same disk. */
static bool travel_and_probe(struct load *load, double ret_ms[static TIME_COUNT])
{
    struct dg_arena arena;
    struct dg_buf request;
    dg_arena_init(&arena, 0);
    bool ok =
        write_paper(load, ++load->number, &request) && travel(load, dg_buf_bytes(&request), &arena, ret_ms);
    dg_buf_done(&request);
    dg_arena_done(&arena);
    clock_sleep(0.005);
    double start = clock_s();
    ok = ok && probe_commit(load->probe);
    ret_ms[COMMITTED] = (clock_s() - start) * 1e3;
    clock_sleep(0.005);
    return ok;
}

static void summarise(double *times[], size_t count, struct idle *ret)
{
    ret->commit_p50_ms = clock_quantile(times[COMMITTED], count, 0.5);
    ret->pushed_p50_ms = clock_quantile(times[PUSHED], count, 0.5);
    ret->arrived_p50_ms = clock_quantile(times[ARRIVED], count, 0.5);
    ret->arrived_p99_ms = clock_quantile(times[ARRIVED], count, 0.99);
    ret->proven_p50_ms = clock_quantile(times[PROVEN], count, 0.5);
    ret->proven_p99_ms = clock_quantile(times[PROVEN], count, 0.99);
}

bool load_idle(struct load *load, size_t count, struct idle *ret)
{
    double *all = calloc(TIME_COUNT * count, sizeof *all), *times[TIME_COUNT], one[TIME_COUNT];
    bool ok = all != NULL;
    for (size_t k = 0; k < TIME_COUNT && ok; k++)
        times[k] = all + k * count;
    for (size_t i = 0; i < count && ok; i++) {
        ok = travel_and_probe(load, one);
        for (size_t k = 0; k < TIME_COUNT && ok; k++)
            times[k][i] = one[k];
    }
    if (ok)
        summarise(times, count, ret);
    free(all);
    return ok;
}
