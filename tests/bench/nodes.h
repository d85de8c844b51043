/* nodes.h - a commune, its district and its province as real daemons in a temporary folder.
 *
 * Life:    found → (start/stop …) → done, which stops what runs and removes the folder.
 * Errors:  false, with the reason on stderr.
 */
#ifndef DG_TESTS_BENCH_NODES_H
#define DG_TESTS_BENCH_NODES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "node/core/store.h"

enum { COMMUNE, DISTRICT, PROVINCE, NODE_COUNT };
enum { PATH_BYTES = 256 };

struct node {
    const char *unit;
    char dir[PATH_BYTES];
    char endpoint[64];      /* where children call; empty at the commune */
    pid_t pid;              /* 0: does not run */
    double ready_ms;        /* of its last start: from exec to its first answer */
    struct dg_store *store; /* read-only, open while it runs */
};

struct nodes {
    char home[PATH_BYTES];
    const char *program;
    struct node node[NODE_COUNT];
};

/* Founds the three nodes in home, which exists; all run afterwards. */
bool nodes_found(struct nodes *nodes, const char *home, const char *program);
bool node_start(const struct nodes *nodes, struct node *node);
bool node_stop(struct node *node);
void nodes_done(struct nodes *nodes);
/* Removes a folder and everything in it. */
void folder_remove(const char *path);

struct usage {
    double cpu_s; /* user and system, since its start */
    uint64_t rss_bytes, rss_most_bytes, rss_file_bytes;
    uint64_t disk_bytes; /* blocks of data.mdb */
};
bool usage_get(const struct node *node, struct usage *ret);
/* Seconds that all cores together have been idle or waiting for the disk since the machine started. */
double machine_idle_s(void);

#endif
