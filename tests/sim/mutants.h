/* mutants.h - bugs planted in the core on purpose. A simulator that does not catch them is at fault. */
#ifndef DG_TESTS_SIM_MUTANTS_H
#define DG_TESTS_SIM_MUTANTS_H

#include <stdbool.h>
#include <stddef.h>

struct sim_mutant {
    const char *name;
    const char *what;
};

extern const struct sim_mutant sim_mutants[];
extern const size_t sim_mutant_count;
/* Those that only the story of the parent who was away shows. */
extern const struct sim_mutant sim_away_mutants[];
extern const size_t sim_away_mutant_count;
/* Those that only a planned year (year.h) shows. */
extern const struct sim_mutant sim_year_mutants[];
extern const size_t sim_year_mutant_count;

/* Those that only the story of a restore shows. */
extern const struct sim_mutant sim_restore_mutants[];
extern const size_t sim_restore_mutant_count;

/* Plants one for the runs that follow; NULL: none. False when there is no such mutant. */
bool sim_mutant_plant(const char *name);

#endif
