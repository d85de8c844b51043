/* limits.h - what this machine can do at most of each thing that forwarding a report cannot avoid. */
#ifndef DG_TESTS_BENCH_LIMITS_H
#define DG_TESTS_BENCH_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

struct limits {
    unsigned cores;
    double verify_per_s;     /* Ed25519 over one report, in a second of one core */
    double verify_all_per_s; /* the same with every core at work, all together */
    double sign_per_s;       /* one core */
    double sha256_per_s;     /* of bytes, one core */
    double fdatasync_per_s;  /* 4 KiB written to the end of a file, and synced */
    double commit_per_s;     /* one row of 4 KiB committed to a store */
    double curve_per_s;      /* report-sized messages over TCP and CURVE, one after another */
};

/* A store of its own, to see at any time how long the disk takes for the smallest commit. */
struct probe;
bool probe_open(const char *dir, struct probe **ret);
void probe_close(struct probe *probe);
/* Commits one row of 4 KiB. */
bool probe_commit(struct probe *probe);

/* Measures for about ten seconds. message_size is a report's; dir is a folder on the disk that the nodes
 * will use. Says on stderr what failed. */
bool limits_measure(const char *dir, struct probe *probe, size_t message_size, struct limits *ret);

#endif
