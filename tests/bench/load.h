/* load.h - reports pushed at a commune, and watched on their way up and as receipts on their way back. */
#ifndef DG_TESTS_BENCH_LOAD_H
#define DG_TESTS_BENCH_LOAD_H

#include "common/id.h"
#include "tests/bench/limits.h"
#include "tests/bench/nodes.h"
#include "tests/bench/papers.h"

enum { CLIENTS_MAX = 64 };

struct load {
    const struct nodes *nodes;
    const struct papers *papers;
    struct probe *probe;
    unsigned clients; /* requests that are always outstanding */
    uint64_t number;  /* of the last paper written */
};

struct flood {
    double pushed_s;                 /* until the commune had answered for all */
    double arrived_s;                /* until the province held all */
    double drained_s;                /* until every receipt was home and no outbox held anything */
    double client_cpu_s, idle_cpu_s; /* until then: of the clients, and of nobody */
    struct usage before[NODE_COUNT], after[NODE_COUNT];
    double report_bytes; /* of a signed report, on average */
};

struct idle {
    double commit_p50_ms;                  /* the probe's, made between the reports */
    double pushed_p50_ms;                  /* the commune has answered */
    double arrived_p50_ms, arrived_p99_ms; /* the province has committed it */
    double proven_p50_ms, proven_p99_ms;   /* the commune holds both receipts */
};

/* Pushes count reports as fast as the nodes take them. False, with the reason on stderr, when one is
 * refused or does not end in the province with two receipts at the commune. */
bool load_flood(struct load *load, size_t count, struct flood *ret);
struct outage {
    double pushed_s;  /* until the commune had answered for all, its district away */
    double first_s;   /* since the district runs again, until the province got the first */
    double drained_s; /* since that first one, until every receipt was home and no outbox held anything */
};

/* The same with the district stopped until the commune has answered for all. */
bool load_outage(struct load *load, struct nodes *nodes, size_t count, struct outage *ret);
/* Pushes count reports, each when the one before is done and all is quiet. */
bool load_idle(struct load *load, size_t count, struct idle *ret);

#endif
