/* trace.h - what happened, as text: the last events for a failure, and one hash for a whole run. */
#ifndef DG_TESTS_SIM_TRACE_H
#define DG_TESTS_SIM_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/when.h"

enum { SIM_TRACE_LINES = 200, SIM_TRACE_WIDTH = 240 };

struct sim_trace {
    bool print; /* every line at once */
    uint64_t count;
    uint64_t hash; /* FNV-1a over every line: the same seed gives the same */
    char line[SIM_TRACE_LINES][SIM_TRACE_WIDTH];
};

void sim_trace_start(struct sim_trace *trace, bool print);
void sim_trace_line(struct sim_trace *trace, dg_ms now, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Prints the last lines. */
void sim_trace_tail(const struct sim_trace *trace);

#endif
