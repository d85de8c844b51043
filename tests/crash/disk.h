/* disk.h - what a disk may hold after a power cut, worked out from a tape (record.h).
 *
 * A disk walks along its tape. What was made durable has gone into its settled state; the rest is pending,
 * and a cut keeps an arbitrary part of it:
 *   - of writes and changed lengths any, down to single sectors of 512 bytes, in any combination;
 *   - of the names in one directory the first few changes, as journals keep their order, but each
 *     directory for itself.
 * A name is durable when its directory has been synced, bytes and length when the file has been.
 *
 * Limits:  DISK_NODES_MAX files and directories in a tape's life; names as in record.h.
 */
#ifndef DG_TESTS_CRASH_DISK_H
#define DG_TESTS_CRASH_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/crash/record.h"
#include "tests/sim/choice.h"

enum { DISK_NODES_MAX = 64, DISK_SECTOR = 512 };

/* A sync that this disk pretends to have done: the rig must notice. */
enum disk_lie {
    DISK_HONEST,
    DISK_FORGETS_DATA, /* fsync and fdatasync of files */
    DISK_FORGETS_META, /* writes through O_DSYNC */
    DISK_FORGETS_NAMES /* fsync of directories */
};

/* Which part of what is pending a cut keeps. */
enum disk_cut { DISK_KEEP_ALL, DISK_KEEP_NONE, DISK_TEAR_LAST, DISK_KEEP_SOME, DISK_TEAR_SOME, DISK_CUTS };

/* Everything that was done, in order. */
struct disk_event {
    struct record record;
    const uint8_t *bytes;
    unsigned dir, file; /* nodes */
    bool durable;
};

struct disk_tape {
    uint8_t *bytes;
    struct disk_event *events;
    size_t count;
};

struct disk_node {
    bool is_dir;
    uint8_t *bytes;
    size_t size, capacity;
};

struct disk_name {
    unsigned dir, file;
    char name[RECORD_NAME];
};

/* Files, directories and names; node 0 is the directory that was recorded. */
struct disk_state {
    struct disk_node nodes[DISK_NODES_MAX];
    struct disk_name names[DISK_NODES_MAX];
    size_t name_count;
};

struct disk {
    struct disk_tape tape;
    struct disk_state settled; /* by the events before first */
    size_t first, next;        /* pending: from first to before next, but for those marked durable */
    enum disk_lie lie;
};

/* Reads a tape; root is the recorded directory's inode number. Ends the program when it makes no sense. */
void disk_open(struct disk *disk, const char *tape_path, uint64_t root, enum disk_lie lie);
void disk_close(struct disk *disk);
/* Takes the tape's next event; NULL at its end. */
const struct disk_event *disk_step(struct disk *disk);
/* True when something is pending, so that cuts differ. */
bool disk_is_pending(const struct disk *disk);
/* Makes ret what a power cut now would leave. Its memory is kept from call to call. */
void disk_cut(const struct disk *disk, enum disk_cut cut, struct sim_choice *choice, struct disk_state *ret);
void disk_state_done(struct disk_state *state);

/* Writes the state below dir, an empty directory. A lock file gets what choice likes: LMDB writes it through
 * a map, so that anything may be in it. */
void disk_state_save(const struct disk_state *state, const char *dir, struct sim_choice *choice);
/* True when the state is what is below dir, lock files' contents aside. Prints the first difference. */
bool disk_state_is(const struct disk_state *state, const char *dir);

#endif
