/* scene.h - one life of a small store: created, written to, killed now and then, and what it must hold.
 *
 * A kill ends the process only: what it wrote is still there for the next one, durable or not. The next one
 * acts on what it finds, so from then on that is promised too.
 */
#ifndef DG_TESTS_CRASH_SCENE_H
#define DG_TESTS_CRASH_SCENE_H

#include "tests/crash/work.h"
#include "tests/sim/choice.h"

enum { SCENE_TXNS_MAX = 24 };

struct scene {
    uint64_t seed;
    uint64_t txns;                               /* how many the life has */
    struct work_state after[SCENE_TXNS_MAX + 2]; /* after[n]: all there is after transaction n */
};

/* Works out, in memory, what there must be after each transaction. */
void scene_plan(struct scene *scene, uint64_t seed);
/* Lives it in dir, an empty directory, recorded to the file tape. False when a session failed, which it then
 * has said on standard error. */
bool scene_live(const struct scene *scene, const char *dir, const char *tape);

/* What an image must hold: at least the transactions that were promised, and at most one more. */
struct scene_promise {
    bool created;
    uint64_t number;
};

/* Opens what a power cut left in dir, looks at it, and works on. A process of its own does it; false when it
 * failed, died or hung, which it has said on standard error. */
bool scene_recovers(const struct scene *scene, struct scene_promise promise, const char *dir,
                    struct sim_choice *choice);

#endif
