/* trace.c - a ring of lines and a running hash. */
#include "tests/sim/trace.h"

#include <stdarg.h>
#include <stdio.h>

void sim_trace_start(struct sim_trace *trace, bool print)
{
    trace->print = print;
    trace->count = 0;
    trace->hash = UINT64_C(0xcbf29ce484222325);
}

void sim_trace_line(struct sim_trace *trace, dg_ms now, const char *format, ...)
{
    char *line = trace->line[trace->count++ % SIM_TRACE_LINES];
    int size = snprintf(line, SIM_TRACE_WIDTH, "%8.3f  ", (double)now / 1000.0);
    va_list args;
    va_start(args, format);
    if (size > 0)
        (void)vsnprintf(line + size, SIM_TRACE_WIDTH - (size_t)size, format, args);
    va_end(args);
    for (const char *at = line; *at != '\0'; at++)
        trace->hash = (trace->hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    if (trace->print)
        puts(line);
}

void sim_trace_tail(const struct sim_trace *trace)
{
    uint64_t first = trace->count > SIM_TRACE_LINES ? trace->count - SIM_TRACE_LINES : 0;
    for (uint64_t i = first; i < trace->count; i++)
        puts(trace->line[i % SIM_TRACE_LINES]);
}
