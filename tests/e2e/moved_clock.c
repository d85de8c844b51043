/* moved_clock.c - for tests that live through days: preloaded into the program, it moves the clock of the day
 * by as many seconds as the file in $MOVED_CLOCK holds (int64, this machine's byte order). Whoever writes
 * there moves the clocks of running daemons too; what is measured with the monotonic clock goes on as before.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Mapped once and for all; two threads that do it at the same time see the same file. */
static const volatile int64_t *moved_by(void)
{
    static const volatile int64_t *mapped;
    const char *path = getenv("MOVED_CLOCK");

    if (mapped != NULL || path == NULL)
        return mapped;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return NULL;
    void *at = mmap(NULL, sizeof *mapped, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (at != MAP_FAILED)
        mapped = at;
    return mapped;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
    long failed = syscall(SYS_clock_gettime, id, ret);
    const volatile int64_t *seconds = id == CLOCK_REALTIME ? moved_by() : NULL;

    if (failed == 0 && seconds != NULL)
        ret->tv_sec += *seconds;
    return (int)failed;
}
