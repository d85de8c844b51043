/* shrink.c - ddmin over the names of what struck. */
#include "tests/sim/shrink.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct shrinking {
    struct sim_options options;
    const char *law;
    double until;
    struct sim_shrunk *shrunk;
};

static double now(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* Runs with nothing but these names. When the law breaks again, what struck this time takes their place: what
 * was never reached was not needed either. */
static bool still_breaks(struct shrinking *s, const struct sim_fates *names)
{
    struct sim_result result;
    struct sim_fates struck = {.count = 0};
    s->options.only = names;
    s->shrunk->runs++;
    sim_run_struck(&s->options, false, false, &result, &struck);
    bool breaks = !result.ok && strcmp(result.law, s->law) == 0;
    if (breaks) {
        sim_fates_done(&s->shrunk->left);
        s->shrunk->left = struck;
    } else {
        sim_fates_done(&struck);
    }
    return breaks;
}

/* Without the names from at on, so many of them. */
static bool breaks_without(struct shrinking *s, size_t at, size_t size)
{
    const struct sim_fates *left = &s->shrunk->left;
    struct sim_fates rest = {.count = 0};
    for (size_t i = 0; i < left->count; i++)
        if (i < at || i >= at + size)
            sim_fates_add(&rest, left->name[i]);
    bool breaks = still_breaks(s, &rest);
    sim_fates_done(&rest);
    return breaks;
}

/* Leaves out pieces of that size wherever it can; true when it could anywhere. From the end: what came late
 * depends on more and less depends on it. */
static bool leave_out(struct shrinking *s, size_t size)
{
    bool could = false;
    size_t end = s->shrunk->left.count;
    while (end > 0 && now() < s->until) {
        size_t at = end > size ? end - size : 0;
        if (breaks_without(s, at, end - at))
            could = true;
        end = at < s->shrunk->left.count ? at : s->shrunk->left.count;
    }
    return could;
}

static void count_kinds(struct sim_shrunk *shrunk)
{
    for (size_t i = 0; i < shrunk->left.count; i++) {
        shrunk->units += shrunk->left.name[i].kind == SIM_FATE_UNIT;
        shrunk->inputs += shrunk->left.name[i].kind == SIM_FATE_INPUT;
    }
    shrunk->faults = shrunk->left.count - shrunk->units - shrunk->inputs;
    shrunk->units++; /* the root has no name: it cannot be left out */
}

bool sim_shrink(const struct sim_options *options, const char *law, double seconds, struct sim_shrunk *ret)
{
    struct shrinking s = {.options = *options, .law = law, .until = now() + seconds, .shrunk = ret};
    struct sim_result result;
    *ret = (struct sim_shrunk){.before = 0};
    sim_run_struck(&s.options, false, false, &result, &ret->left);
    ret->before = ret->left.count;
    ret->runs = 1;
    struct sim_fates all = {.count = 0};
    for (size_t i = 0; i < ret->left.count; i++)
        sim_fates_add(&all, ret->left.name[i]);
    bool again = !result.ok && strcmp(result.law, law) == 0 && still_breaks(&s, &all);
    sim_fates_done(&all);
    size_t size = (ret->left.count + 1) / 2;
    while (again && ret->left.count > 0 && now() < s.until) {
        bool could = leave_out(&s, size);
        if (size == 1 && !could) {
            ret->least = now() < s.until;
            break;
        }
        if (size > ret->left.count)
            size = ret->left.count;
        if (!could || size > 1)
            size = size > 1 ? size / 2 : 1;
    }
    count_kinds(ret);
    return again;
}
