/* choice.h - the one stream of decisions that a simulated world is made of.
 *
 * Every delay, loss, crash, salt and workload comes from here, numbered, so that a seed repeats a run
 * exactly and a trace can say which decision it was.
 */
#ifndef DG_TESTS_SIM_CHOICE_H
#define DG_TESTS_SIM_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_choice {
    uint64_t state;
    uint64_t number; /* decisions taken so far */
};

void sim_choice_start(struct sim_choice *choice, uint64_t seed);
/* The next 64 bits (splitmix64). */
uint64_t sim_draw(struct sim_choice *choice);
/* Evenly from 0 to n - 1; n is at least 1. */
uint64_t sim_below(struct sim_choice *choice, uint64_t n);
/* Evenly from low to high, both included. */
int64_t sim_between(struct sim_choice *choice, int64_t low, int64_t high);
/* True so many times in 10,000. Nothing is drawn when the rate is 0. */
bool sim_chance(struct sim_choice *choice, unsigned in_ten_thousand);
void sim_fill(struct sim_choice *choice, void *ret, size_t size);

#endif
