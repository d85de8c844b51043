/* process.c - signals, limits and the heap. Linux and glibc. */
#include "node/shell/process.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_WANTED = 16384 };

/* A library that wrote to a closed descriptor 1 or 2 would write into one of its own sockets. */
static void open_standard_files(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= 2);
    if (fd > 2)
        close(fd);
}

static void set_limits(void)
{
    struct rlimit none = {0, 0}, files;
    (void)setrlimit(RLIMIT_CORE, &none);
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= FILES_WANTED)
        return;
    files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

/* Hundreds of nodes may share one machine: two arenas instead of one per thread, and the largest blocks
 * always mapped, so that they are gone when freed. The blocks of a turn and the frames of a link stay below
 * that and below what the heap keeps at its top: a busy node that mapped them anew in every turn would spend
 * a tenth of its time on page faults. A quiet one is trimmed. */
static void keep_heap_small(void)
{
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MMAP_THRESHOLD, 2 * 1024 * 1024);
    (void)mallopt(M_TRIM_THRESHOLD, 4 * 1024 * 1024);
}

void dg_process_prepare(void)
{
    open_standard_files();
    umask(077);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    set_limits();
    keep_heap_small();
}

void dg_process_trim(void)
{
    (void)malloc_trim(0);
}

enum dg_err dg_signals_open(int *ret_fd, struct dg_fault *fault)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return dg_faultf(fault, DG_ERR_SYSTEM, "signal mask");
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return dg_faultf(fault, DG_ERR_SYSTEM, "signalfd: %s", strerror(errno));
    *ret_fd = fd;
    return DG_OK;
}

struct dg_signals dg_signals_read(int fd)
{
    struct dg_signals signals = {false, false};
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            signals.reread = true;
        else
            signals.stop = true;
    }
    return signals;
}
