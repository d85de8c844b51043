/* guard.c - the page that outlives the process. Linux and glibc. */
#include "node/shell/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/store/store_files.h"

enum { GUARD_SUSPECTS = 100, GUARD_CRASHES = 2 };

/* As it lies in the file. Bytes alone, so that nothing of it depends on the machine. */
struct suspect {
    uint8_t what[DG_HASH_BYTES];
    uint8_t crashes; /* 0: free */
};
struct page {
    char magic[64];        /* of the file and the program */
    volatile uint8_t busy; /* 1: handling what stands in current */
    uint8_t current[DG_HASH_BYTES];
    struct suspect suspect[GUARD_SUSPECTS];
};

struct dg_guard_file {
    struct page *page;
    struct dg_guard guard;
    bool suspects; /* there are any: most nodes never have one */
};

/* ---- suspects ------------------------------------------------------------------------------------ */

static struct suspect *find(struct page *page, const uint8_t what[static DG_HASH_BYTES])
{
    for (size_t i = 0; i < GUARD_SUSPECTS; i++)
        if (page->suspect[i].crashes > 0 && memcmp(page->suspect[i].what, what, DG_HASH_BYTES) == 0)
            return &page->suspect[i];
    return NULL;
}

/* A free place, or that of the first that is merely suspected, else the first: the page is bounded. */
static struct suspect *place(struct page *page)
{
    struct suspect *merely = &page->suspect[0];
    for (size_t i = GUARD_SUSPECTS; i > 0; i--) {
        if (page->suspect[i - 1].crashes == 0)
            return &page->suspect[i - 1];
        if (page->suspect[i - 1].crashes < GUARD_CRASHES)
            merely = &page->suspect[i - 1];
    }
    return merely;
}

static void count_crash(struct page *page)
{
    struct suspect *suspect = find(page, page->current);
    if (suspect == NULL) {
        suspect = place(page);
        suspect->crashes = 0;
        memcpy(suspect->what, page->current, sizeof suspect->what);
    }
    if (suspect->crashes < GUARD_CRASHES)
        suspect->crashes++;
    page->busy = 0;
}

static bool any_suspect(const struct page *page)
{
    for (size_t i = 0; i < GUARD_SUSPECTS; i++)
        if (page->suspect[i].crashes > 0)
            return true;
    return false;
}

/* ---- the guard ----------------------------------------------------------------------------------- */

/* Only the build with sanitizers, which nobody runs for use, can be told to end here: the tests need a
 * program that what they send makes crash. */
static void crash_if_asked(const struct dg_hash *what)
{
#ifdef __SANITIZE_ADDRESS__
    const char *asked = getenv("DONGGUI_TEST_CRASH");
    char hex[DG_HEX_BYTES];
    dg_hex(what->b, sizeof what->b, hex);
    if (asked != NULL && (strcmp(asked, "any") == 0 || strcmp(asked, hex) == 0))
        _exit(139);
#else
    (void)what;
#endif
}

static bool guard_enter(void *ctx, const struct dg_hash *what)
{
    struct dg_guard_file *file = ctx;
    if (file->suspects) {
        const struct suspect *suspect = find(file->page, what->b);
        if (suspect != NULL && suspect->crashes >= GUARD_CRASHES)
            return false;
    }
    memcpy(file->page->current, what->b, sizeof file->page->current);
    atomic_signal_fence(memory_order_seq_cst);
    file->page->busy = 1;
    crash_if_asked(what);
    return true;
}

static void guard_leave(void *ctx, bool done)
{
    struct dg_guard_file *file = ctx;
    file->page->busy = 0;
    atomic_signal_fence(memory_order_seq_cst);
    if (!done || !file->suspects)
        return;
    struct suspect *suspect = find(file->page, file->page->current);
    if (suspect != NULL)
        suspect->crashes = 0;
    file->suspects = any_suspect(file->page);
}

const struct dg_guard *dg_guard_of(const struct dg_guard_file *file)
{
    return &file->guard;
}

/* ---- the file ------------------------------------------------------------------------------------ */

static enum dg_err map_page(const char *path, struct page **ret, struct dg_fault *fault)
{
    enum dg_err err = DG_OK;
    void *memory = MAP_FAILED;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return dg_file_fault(fault, errno, path);
    /* Allocated, not only sized: a full disk would otherwise be a SIGBUS at the first write to the map. */
    int failed = posix_fallocate(fd, 0, (off_t)sizeof **ret);
    if (failed == 0)
        memory = mmap(NULL, sizeof **ret, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        err = dg_file_fault(fault, failed != 0 ? failed : errno, path);
    else
        *ret = memory;
    close(fd);
    return err;
}

/* Names the program by when it was built: one that was mended may handle what ended another. */
static void write_magic(char ret[static 64])
{
    struct stat st;
    memset(ret, 0, 64);
    if (stat("/proc/self/exe", &st) != 0)
        memset(&st, 0, sizeof st);
    (void)snprintf(ret, 64, "donggui guard 1 %lld %lld.%09ld", (long long)st.st_size,
                   (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void begin(struct dg_guard_file *file)
{
    struct page *page = file->page;
    char magic[sizeof page->magic];
    write_magic(magic);
    if (memcmp(page->magic, magic, sizeof magic) != 0) {
        memset(page, 0, sizeof *page);
        memcpy(page->magic, magic, sizeof magic);
    }
    if (page->busy != 0)
        count_crash(page);
    file->suspects = any_suspect(page);
    file->guard = (struct dg_guard){.ctx = file, .enter = guard_enter, .leave = guard_leave};
}

enum dg_err dg_guard_open(const char *dir, struct dg_guard_file **ret, struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX];
    struct dg_guard_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    enum dg_err err = dg_path_join(dir, "guard", NULL, path, fault);
    if (err == DG_OK)
        err = map_page(path, &file->page, fault);
    if (err != DG_OK) {
        free(file);
        return err;
    }
    begin(file);
    *ret = file;
    return DG_OK;
}

void dg_guard_close(struct dg_guard_file *file)
{
    if (file == NULL)
        return;
    file->page->busy = 0;
    (void)munmap(file->page, sizeof *file->page);
    free(file);
}
