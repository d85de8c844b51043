/* outage.c - how fast a queue drains when a parent comes back, beside how fast reports flow while it is
 * there.
 *
 *   outage [reports=10000] [clients=48] [program=build/donggui] [dir=/var/tmp]
 *
 * A commune, its district and its province as real daemons. First the reports flow while all three run; then
 * the district is stopped, as many are pushed at the commune, and it is started again. Draining has no
 * pushing to share the machine with, so it may be the faster. A benchmark, never a test: it exits 0 whatever
 * it finds, and 1 only when it could not measure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "tests/bench/clock.h"
#include "tests/bench/load.h"

struct options {
    size_t reports;
    unsigned clients;
    const char *program, *dir;
};

static void show(const struct options *o, const struct flood *flood, const struct outage *outage)
{
    double count = (double)o->reports, line = count / flood->drained_s, drain = count / outage->drained_s;
    printf("%zu reports, three hops, receipts back\n", o->reports);
    printf("  while connected          %8.1f s  %8.0f reports/s\n", flood->drained_s, line);
    printf("  pushed in the outage     %8.1f s  %8.0f reports/s\n", outage->pushed_s,
           count / outage->pushed_s);
    printf("  back, until the first    %8.1f s\n", outage->first_s);
    printf("  drained                  %8.1f s  %8.0f reports/s\n", outage->drained_s, drain);
    printf("  draining / line speed    %8.2f\n", drain / line);
}

static bool bench(const struct options *o, const char *home)
{
    static struct papers papers;
    struct nodes nodes = {.program = NULL};
    struct load load = {.nodes = &nodes, .papers = &papers, .clients = o->clients};
    struct flood flood;
    struct outage outage;
    struct dg_fault fault;
    bool ok = papers_load(&papers, DG_SOURCE_DIR "/deploy/demo.d/reports", &fault) == DG_OK;
    if (!ok)
        fprintf(stderr, "outage: %s\n", fault.what);
    ok = ok && nodes_found(&nodes, home, o->program) && load_flood(&load, o->reports, &flood) &&
         load_outage(&load, &nodes, o->reports, &outage);
    if (ok)
        show(o, &flood, &outage);
    nodes_done(&nodes);
    papers_done(&papers);
    return ok;
}

static bool option(struct options *o, const char *word)
{
    unsigned long number = 0;
    char rest;
    const char *value = strchr(word, '=');
    struct dg_bytes name = dg_bytes_at(word, value != NULL ? (size_t)(value - word) : 0);
    bool is_number = value != NULL && sscanf(++value, "%lu%c", &number, &rest) == 1 && number > 0;
    if (dg_bytes_is(name, "program"))
        o->program = value;
    else if (dg_bytes_is(name, "dir"))
        o->dir = value;
    else if (dg_bytes_is(name, "reports") && is_number)
        o->reports = number;
    else if (dg_bytes_is(name, "clients") && is_number && number <= CLIENTS_MAX)
        o->clients = (unsigned)number;
    else
        return false;
    return true;
}

int main(int count, char *words[])
{
    struct options o = {.reports = 10000, .clients = 48, .program = DG_PROGRAM, .dir = "/var/tmp"};
    char home[PATH_BYTES];
    struct dg_fault fault;
    for (int i = 1; i < count; i++) {
        if (!option(&o, words[i])) {
            fprintf(stderr, "usage: outage [reports=N] [clients=N] [program=FILE] [dir=FOLDER]\n");
            return 2;
        }
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    setenv("DONGGUI_REGIMES", DG_SOURCE_DIR "/deploy/regimes", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    int size = snprintf(home, sizeof home, "%s/donggui-outage.XXXXXX", o.dir);
    if (size < 0 || (size_t)size >= sizeof home || mkdtemp(home) == NULL) {
        fprintf(stderr, "outage: no folder can be made in %s\n", o.dir);
        return 1;
    }
    bool ok = dg_crypto_start(&fault) == DG_OK && bench(&o, home);
    folder_remove(home);
    return ok ? 0 : 1;
}
