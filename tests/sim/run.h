/* run.h - one seed: its options drawn, its world run, its faults ended, its laws judged. */
#ifndef DG_TESTS_SIM_RUN_H
#define DG_TESTS_SIM_RUN_H

#include "tests/sim/world.h"

struct sim_result {
    bool ok;
    char law[8];
    char what[512];
    uint64_t hash; /* of the whole trace */
    unsigned nodes;
    dg_ms lasted;
    uint64_t turns, packets, pushes, crashes, villainies;
};

/* What has become of a world. */
void sim_result_fill(const struct sim_world *world, struct sim_result *ret);
/* Draws what the world of a seed is like: which faults there are at all, how often, the tree, the load. */
void sim_options_draw(uint64_t seed, struct sim_options *ret);
/* Prints in one line what of it is not 0. */
void sim_options_print(const struct sim_options *options);
/* Runs it. trace prints every line; a failure prints the last ones when tail is set. */
void sim_run(const struct sim_options *options, bool trace, bool tail, struct sim_result *ret);
/* The same, and gives the names of all decisions that struck; the caller's, in place of what was in the list.
 * NULL: nobody asks. */
void sim_run_struck(const struct sim_options *options, bool trace, bool tail, struct sim_result *ret,
                    struct sim_fates *struck);

#endif
