/* fate.h - what strikes a simulated world: every misfortune, input and unit is a decision with a name.
 *
 * A decision is called kind/who/nth: the nth of its kind that concerned unit number who. Its value follows
 * from the seed and that name alone, so that one which is left out changes no other. A run may be given the
 * list of those that shall strike, and nothing else does then: so a failing seed is made small (shrink.h),
 * and so what is left of it is repeated from a command line.
 *
 * Memory:  the lists are the fate's; `only` is copied.
 */
#ifndef DG_TESTS_SIM_FATE_H
#define DG_TESTS_SIM_FATE_H

#include "tests/sim/choice.h"

/* name, and what it is. First what a world is made of, then what may go wrong in it. */
#define SIM_FATES(X)                                                                                         \
    X(UNIT, "unit", "the unit exists")                                                                       \
    X(INPUT, "input", "somebody pushes, marks, signs …")                                                     \
    X(LOSS, "loss", "a frame is lost")                                                                       \
    X(DOUBLE, "double", "a frame arrives twice")                                                             \
    X(REORDER, "reorder", "a frame may overtake those before it")                                            \
    X(FLIP, "flip", "bits of a frame are flipped; the transport cuts the line")                              \
    X(CUT, "cut", "a line is cut, in one direction or both")                                                 \
    X(FULL, "full", "the socket takes nothing for a while")                                                  \
    X(CLOG, "clog", "a line takes frames and delivers them all later")                                       \
    X(SWIZZLE, "swizzle", "several lines clog, and are released in any order")                               \
    X(BREAK, "break", "a line breaks and is made anew")                                                      \
    X(DIE_COMMIT, "die-commit", "a process dies before or after a commit")                                   \
    X(DIE_SEND, "die-send", "a process dies before or after a frame")                                        \
    X(DISK_FULL, "disk-full", "a commit finds the disk full")                                                \
    X(PUT_FULL, "put-full", "one write of a transaction finds the disk full")                                \
    X(DISK_IO, "disk-io", "a commit fails, and nothing of it is kept")                                       \
    X(DISK_LATE, "disk-late", "a commit fails, yet all of it is kept")                                       \
    X(MEMORY, "memory", "one write of a transaction finds no memory")                                        \
    X(ROT, "rot", "a byte of a stored row is altered")                                                       \
    X(STEP, "step", "a clock jumps")                                                                         \
    X(STOP, "stop", "a clock stands still for a while")                                                      \
    X(LATE, "late", "a process sleeps past its timer")                                                       \
    X(EARLY, "early", "a process looks before its timer")                                                    \
    X(VILLAIN, "villain", "somebody lies")                                                                   \
    X(MAYBE, "maybe", "the core takes the rarer of two ways that are both right")

enum sim_fate_kind {
#define X(id, name, what) SIM_FATE_##id,
    SIM_FATES(X)
#undef X
        SIM_FATE_KINDS
};

enum { SIM_FATE_WHO_MAX = 512 };

struct sim_fate_name {
    uint16_t kind, who;
    uint32_t nth;
};

struct sim_fates {
    size_t count, capacity;
    struct sim_fate_name *name;
};

struct sim_fate {
    uint64_t seed;
    bool listed; /* only what is in `only`, which is in order */
    struct sim_fates only, struck;
    struct sim_choice detail; /* draws of the decision that struck last */
    uint32_t asked[SIM_FATE_KINDS][SIM_FATE_WHO_MAX];
};

/* only: what shall strike, NULL for what the seed says. */
void sim_fate_start(struct sim_fate *fate, uint64_t seed, const struct sim_fates *only);
void sim_fate_end(struct sim_fate *fate);
/* Takes the next decision of that kind about that unit; it strikes so many times in 10,000. A rate of 0 is no
 * decision. What follows of it is drawn from fate->detail. */
bool sim_fate_strikes(struct sim_fate *fate, enum sim_fate_kind kind, unsigned who, unsigned rate);
/* The same for decisions that are numbered by something else than their order, as seconds are. */
bool sim_fate_strikes_at(struct sim_fate *fate, enum sim_fate_kind kind, unsigned who, uint32_t nth,
                         unsigned rate);
/* A stream of its own for whatever is decided about kind/who/nth. */
struct sim_choice sim_fate_stream(const struct sim_fate *fate, enum sim_fate_kind kind, unsigned who,
                                  uint32_t nth);

/* ---- lists of names ---- */
void sim_fates_add(struct sim_fates *fates, struct sim_fate_name name);
void sim_fates_done(struct sim_fates *fates);
/* Writes them as unit/0/0,loss/2/17 into ret, at most size bytes, terminated. */
void sim_fates_text(const struct sim_fates *fates, char *ret, size_t size);
/* Reads such a text; adds to ret. False when it is none. */
bool sim_fates_read(const char *text, struct sim_fates *ret);
const char *sim_fate_kind_name(enum sim_fate_kind kind);

#endif
