/* clock.h - time, sleep, and the middle and the edge of many measurements. */
#ifndef DG_TESTS_BENCH_CLOCK_H
#define DG_TESTS_BENCH_CLOCK_H

#include <stdlib.h>
#include <time.h>

static inline double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What this thread has really computed: the same beside busy neighbours. */
static inline double clock_thread_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void clock_sleep(double seconds)
{
    struct timespec pause = {.tv_sec = (time_t)seconds};
    pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
    nanosleep(&pause, NULL);
}

static inline int clock_order(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* The value that `part` of all are not above: 0.5 is the median. Sorts them. */
static inline double clock_quantile(double values[], size_t count, double part)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof values[0], clock_order);
    size_t at = (size_t)(part * (double)count);
    return values[at < count ? at : count - 1];
}

#endif
