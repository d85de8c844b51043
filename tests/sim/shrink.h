/* shrink.h - what of a failing seed is needed to make it fail.
 *
 * Every unit, input and misfortune of a run has a name (fate.h). Parts of the list are left out, by delta
 * debugging (Zeller and Hildebrandt, 2002: ddmin), as long as the same law still breaks; what is left cannot
 * lose one name more.
 */
#ifndef DG_TESTS_SIM_SHRINK_H
#define DG_TESTS_SIM_SHRINK_H

#include "tests/sim/run.h"

struct sim_shrunk {
    struct sim_fates left; /* the caller's, freed by sim_fates_done */
    size_t before;         /* names at first */
    size_t units, inputs, faults;
    unsigned runs;
    bool least; /* nothing more can be left out; false when seconds were over before that was known */
};

/* Shrinks a seed that breaks that law, for at most so many seconds. False when it does not break it again. */
bool sim_shrink(const struct sim_options *options, const char *law, double seconds, struct sim_shrunk *ret);

#endif
