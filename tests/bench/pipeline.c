/* pipeline.c - three hops of durable, signed forwarding, beside what the machine can do at most.
 *
 *   pipeline [reports=20000] [latency=300] [clients=48] [program=build/donggui] [dir=/var/tmp]
 *
 * A commune's report goes to its district, which holds two mailboxes by rule, and with also-to to the
 * province's committee and Ban Dân vận. A benchmark, never a test: it exits 0 whatever it finds, and 1 only
 * when it could not measure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "tests/bench/clock.h"
#include "tests/bench/limits.h"
#include "tests/bench/load.h"

enum { HOPS = 3, SIGNED_BYTES = 5 * 1024, MIB = 1024 * 1024 };

struct options {
    size_t reports, latency;
    unsigned clients;
    const char *program, *dir;
};

/* Everything that was measured. */
struct result {
    struct limits limits;
    struct idle idle;
    struct flood flood;
    struct usage founded[NODE_COUNT];
    double ready_new_ms, ready_full_ms; /* the slowest of the three: empty, and with all reports */
};

/* ---- the table ------------------------------------------------------------------------------------ */

static void heading(const char *text)
{
    printf("\n%-46s %12s %26s %9s  %s\n", text, "measured", "beside", "ratio", "goal");
}

static void line(const char *what, int decimals, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.*f", decimals, value);
    printf("%-46s %12s\n", what, text);
}

struct goal {
    const char *what;
    int decimals;
    double value;
    const char *beside; /* what it is compared with */
    double ratio, bound;
    bool at_least;
};

static void goal_line(const struct goal *goal)
{
    char text[32];
    bool reached = goal->at_least ? goal->ratio >= goal->bound : goal->ratio <= goal->bound;
    snprintf(text, sizeof text, "%.*f", goal->decimals, goal->value);
    printf("%-46s %12s %26s %9.2f  %s %g: %s\n", goal->what, text, goal->beside, goal->ratio,
           goal->at_least ? "at least" : "at most", goal->bound, reached ? "reached" : "NOT REACHED");
}

static void show_limits(const struct limits *m)
{
    printf("\n%-46s %12s\n", "The machine alone", "limit");
    line("cores", 0, m->cores);
    line("Ed25519 verify/s of CPU time, 5 KiB", 0, m->verify_per_s);
    line("Ed25519 verify/s, 5 KiB, every core at once", 0, m->verify_all_per_s);
    line("Ed25519 sign/s of CPU time, 5 KiB", 0, m->sign_per_s);
    line("SHA-256 MB/s of CPU time", 0, m->sha256_per_s / 1e6);
    line("fdatasync/s, 4 KiB appended", 0, m->fdatasync_per_s);
    line("store commits/s, one row of 4 KiB", 0, m->commit_per_s);
    line("CURVE messages/s, 5 KiB", 0, m->curve_per_s);
}

/* ---- the parts of the result ---------------------------------------------------------------------- */

static void show_throughput(const struct result *r, const struct options *o)
{
    const struct limits *m = &r->limits;
    double rate = (double)o->reports / r->flood.drained_s;
    double verify_s = m->cores / m->verify_all_per_s;
    char text[64];
    heading("Flood");
    line("reports", 0, (double)o->reports);
    line("signed bytes of a report", 0, r->flood.report_bytes);
    line("seconds until the commune had answered", 2, r->flood.pushed_s);
    line("seconds until the province held all", 2, r->flood.arrived_s);
    line("seconds until every receipt was home", 2, r->flood.drained_s);
    snprintf(text, sizeof text, "%.0f verifies/s on %u cores", m->verify_all_per_s, m->cores);
    goal_line(&(struct goal){"reports/s, three hops and receipts back", 0, rate, text,
                             rate * HOPS * verify_s / m->cores, 0.5, true});
    printf("%-46s %12s %26s %9.2f\n", "", "", "one core's verify/s",
           rate * HOPS / m->verify_per_s / m->cores);
    printf("%-46s %12s %26s %9.2f\n", "", "", "one core's sign/s", rate / m->sign_per_s);
    printf("%-46s %12s %26s %9.2f\n", "", "", "fdatasync/s", rate / m->fdatasync_per_s);
    printf("%-46s %12s %26s %9.2f\n", "", "", "CURVE messages/s", 2 * rate / m->curve_per_s);
    printf("%-46s %12s %26s %9.4f\n", "", "", "SHA-256 bytes/s",
           rate * r->flood.report_bytes / m->sha256_per_s);
}

static void show_cpu(const struct result *r, const struct nodes *nodes, const struct options *o)
{
    const struct flood *f = &r->flood;
    double verify_us = 1e6 * r->limits.cores / r->limits.verify_all_per_s;
    double all = f->drained_s * r->limits.cores, ours = f->client_cpu_s;
    heading("CPU, microseconds per report");
    for (size_t i = 0; i < NODE_COUNT; i++) {
        double seconds = f->after[i].cpu_s - f->before[i].cpu_s, us = seconds / (double)o->reports * 1e6;
        ours += seconds;
        printf("%-46s %12.0f %26s %9.2f\n", nodes->node[i].unit, us, "one verification", us / verify_us);
    }
    line("the clients that push", 0, f->client_cpu_s / (double)o->reports * 1e6);
    line("three verifications, part of all these", 2, HOPS * verify_us * (double)o->reports / 1e6 / ours);
    line("idle, part of all cores", 2, f->idle_cpu_s / all);
    line("other programs, part of all cores", 2, 1 - (ours + f->idle_cpu_s) / all);
}

static void show_latency(const struct result *r)
{
    const struct limits *m = &r->limits;
    double least_ms = HOPS * (r->idle.commit_p50_ms + 1e3 / m->verify_per_s);
    double raw_ms = 1e3 * HOPS * (1 / m->fdatasync_per_s + 1 / m->verify_per_s);
    char text[64];
    heading("Idle, milliseconds");
    snprintf(text, sizeof text, "3 commits + 3 verifies %.2f", least_ms);
    goal_line(&(struct goal){"push until the province has it, p50", 2, r->idle.arrived_p50_ms, text,
                             r->idle.arrived_p50_ms / least_ms, 3, false});
    printf("%-46s %12s %21s %.2f %9.2f\n", "", "", "3 fdatasync + 3 verifies", raw_ms,
           r->idle.arrived_p50_ms / raw_ms);
    line("push until the province has it, p99", 2, r->idle.arrived_p99_ms);
    line("the smallest commit, between them, p50", 2, r->idle.commit_p50_ms);
    line("push until the commune has answered, p50", 2, r->idle.pushed_p50_ms);
    line("push until both receipts are home, p50", 2, r->idle.proven_p50_ms);
    line("push until both receipts are home, p99", 2, r->idle.proven_p99_ms);
}

static double most_of(const struct usage usage[], bool ever)
{
    uint64_t most = 0;
    for (size_t i = 0; i < NODE_COUNT; i++) {
        uint64_t bytes = ever ? usage[i].rss_most_bytes : usage[i].rss_bytes;
        most = bytes > most ? bytes : most;
    }
    return (double)most / MIB;
}

static void show_memory(const struct result *r)
{
    double idle = most_of(r->founded, false), load = most_of(r->flood.after, true);
    heading("Memory and start, the largest of the three");
    goal_line(&(struct goal){"RSS idle, MiB", 1, idle, "16 MiB", idle / 16, 1, false});
    goal_line(&(struct goal){"RSS under load, MiB", 1, load, "64 MiB", load / 64, 1, false});
    goal_line(&(struct goal){"exec to first answer, new, ms", 1, r->ready_new_ms, "100 ms",
                             r->ready_new_ms / 100, 1, false});
    goal_line(&(struct goal){"exec to first answer, full, ms", 1, r->ready_full_ms, "100 ms",
                             r->ready_full_ms / 100, 1, false});
}

static void show_disk(const struct result *r, const struct nodes *nodes, const struct options *o)
{
    char text[64];
    heading("Disk, bytes per report");
    snprintf(text, sizeof text, "signed bytes %.0f", r->flood.report_bytes);
    for (size_t i = 0; i < NODE_COUNT; i++) {
        double bytes = (double)(r->flood.after[i].disk_bytes - r->founded[i].disk_bytes) /
                       (double)(o->reports + o->latency);
        goal_line(
            &(struct goal){nodes->node[i].unit, 0, bytes, text, bytes / r->flood.report_bytes, 2.5, false});
    }
}

static void show(const struct result *r, const struct nodes *nodes, const struct options *o)
{
    show_limits(&r->limits);
    show_throughput(r, o);
    show_cpu(r, nodes, o);
    show_latency(r);
    show_memory(r);
    show_disk(r, nodes, o);
}

/* ---- measuring ------------------------------------------------------------------------------------ */

/* Starts every node again; the slowest start. The links are up again once a report has gone through. */
static bool restart(struct load *load, struct nodes *nodes, double *ret_ms)
{
    struct idle first;
    *ret_ms = 0;
    for (size_t i = NODE_COUNT; i-- > 0;) {
        struct node *node = &nodes->node[i];
        if (!node_stop(node) || !node_start(nodes, node))
            return false;
        if (node->ready_ms > *ret_ms)
            *ret_ms = node->ready_ms;
    }
    return load_idle(load, 1, &first);
}

static bool measure(struct load *load, struct nodes *nodes, const struct options *o, struct result *r)
{
    if (!restart(load, nodes, &r->ready_new_ms))
        return false;
    clock_sleep(2);
    for (size_t i = 0; i < NODE_COUNT; i++)
        if (!usage_get(&nodes->node[i], &r->founded[i]))
            return false;
    return load_idle(load, o->latency, &r->idle) && load_flood(load, o->reports, &r->flood) &&
           restart(load, nodes, &r->ready_full_ms);
}

static bool bench(const struct options *o, const char *home)
{
    static struct papers papers;
    struct nodes nodes = {.program = NULL};
    struct load load = {.nodes = &nodes, .papers = &papers, .clients = o->clients};
    struct result result;
    struct dg_fault fault;
    memset(&result, 0, sizeof result);
    bool ok = probe_open(home, &load.probe) && limits_measure(home, load.probe, SIGNED_BYTES, &result.limits);
    if (papers_load(&papers, DG_SOURCE_DIR "/deploy/demo.d/reports", &fault) != DG_OK) {
        fprintf(stderr, "pipeline: %s\n", fault.what);
        ok = false;
    }
    ok = ok && nodes_found(&nodes, home, o->program) && measure(&load, &nodes, o, &result);
    if (ok)
        show(&result, &nodes, o);
    nodes_done(&nodes);
    probe_close(load.probe);
    papers_done(&papers);
    return ok;
}

/* ---- options -------------------------------------------------------------------------------------- */

static bool option(struct options *o, const char *word)
{
    unsigned long number = 0;
    char rest;
    const char *value = strchr(word, '=');
    size_t size = value != NULL ? (size_t)(value - word) : 0;
    struct dg_bytes name = dg_bytes_at(word, size);
    bool is_number = value != NULL && sscanf(++value, "%lu%c", &number, &rest) == 1 && number > 0;
    if (dg_bytes_is(name, "program"))
        o->program = value;
    else if (dg_bytes_is(name, "dir"))
        o->dir = value;
    else if (dg_bytes_is(name, "reports") && is_number)
        o->reports = number;
    else if (dg_bytes_is(name, "latency") && is_number)
        o->latency = number;
    else if (dg_bytes_is(name, "clients") && is_number && number <= CLIENTS_MAX)
        o->clients = (unsigned)number;
    else
        return false;
    return true;
}

int main(int count, char *words[])
{
    struct options o = {
        .reports = 20000, .latency = 300, .clients = 48, .program = DG_PROGRAM, .dir = "/var/tmp"};
    char home[PATH_BYTES];
    struct dg_fault fault;
    for (int i = 1; i < count; i++) {
        if (!option(&o, words[i])) {
            fprintf(stderr,
                    "usage: pipeline [reports=N] [latency=N] [clients=N] [program=FILE] [dir=FOLDER]\n");
            return 2;
        }
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    setenv("DONGGUI_REGIMES", DG_SOURCE_DIR "/deploy/regimes", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    int size = snprintf(home, sizeof home, "%s/donggui-bench.XXXXXX", o.dir);
    if (size < 0 || (size_t)size >= sizeof home || mkdtemp(home) == NULL) {
        fprintf(stderr, "pipeline: no folder can be made in %s\n", o.dir);
        return 1;
    }
    bool ok = dg_crypto_start(&fault) == DG_OK && bench(&o, home);
    folder_remove(home);
    return ok ? 0 : 1;
}
