/* record.h - writes down everything this process does to the files below one directory.
 *
 * record.c defines write, open, fsync and their kin for the whole program, LMDB included, and passes each
 * call on to the kernel. Between start and stop it adds what was done below the directory to a tape.
 *
 * Limits:  Linux with 64 bits; one thread; names shorter than RECORD_NAME; a rename stays in its directory.
 *          What is written through a map is not seen: only LMDB's lock file is, and it need not last.
 */
#ifndef DG_TESTS_CRASH_RECORD_H
#define DG_TESTS_CRASH_RECORD_H

#include <stdbool.h>
#include <stdint.h>

enum { RECORD_NAME = 24, RECORD_KILLED = 99 };

enum record_kind {
    RECORD_CREATE,   /* name in dir became file, new and empty */
    RECORD_MKDIR,    /* name in dir became file, a new directory */
    RECORD_RENAME,   /* name in dir is now called to */
    RECORD_REMOVE,   /* name is gone from dir */
    RECORD_WRITE,    /* size bytes, which follow on the tape, are now in file at offset at */
    RECORD_TRUNCATE, /* file has size bytes now */
    RECORD_SYNC,     /* file, or directory, has been made durable */
    RECORD_MARK,     /* the workload promises that transaction number at will be there */
};

/* Files and directories go by their inode numbers. */
struct record {
    uint32_t kind;
    uint32_t synced; /* of a write: durable when it returned, since the descriptor is O_DSYNC */
    uint64_t dir, file;
    uint64_t at, size;
    char name[RECORD_NAME], to[RECORD_NAME];
};

/* When the process is to be killed: as the number-th call to be recorded (from 1) is made. */
enum record_kill_how {
    RECORD_KILL_BEFORE, /* the call did nothing */
    RECORD_KILL_AFTER,  /* it is done, but not yet durable */
    RECORD_KILL_SYNCED, /* the same, in the first write through O_DSYNC from number on */
};

struct record_kill {
    uint64_t number; /* 0: never */
    enum record_kill_how how;
};

/* Starts recording what happens below dir, an absolute path without symbolic links, to tape. The kill ends
 * the process at once with status RECORD_KILLED. */
void record_start(const char *dir, int tape, struct record_kill kill);
/* Records a promise of the workload. */
void record_mark(uint64_t number);
void record_stop(void);

#endif
