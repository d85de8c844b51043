/* evidence.c - the files of DIR/evidence. */
#include "node/shell/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/core/query.h"
#include "node/store/store_files.h"

struct writing {
    const char *dir; /* DIR/evidence */
    struct dg_fault *fault;
    enum dg_err err;
};

/* fork-<unit>-e<epoch>-<size>.txt: of the origin everything behind the federation. */
static bool name_of(const struct dg_fork *fork, char ret[static 128])
{
    const uint8_t *slash = memchr(fork->origin.data, '/', fork->origin.size);
    if (fork->origin.size == 0 || slash == NULL)
        return false;
    struct dg_bytes rest =
        dg_bytes_at(slash + 1, fork->origin.size - (size_t)(slash + 1 - fork->origin.data));
    int size = snprintf(ret, 128, "fork-%.*s-%llu.txt", (int)rest.size, (const char *)rest.data,
                        (unsigned long long)fork->size);
    for (char *at = ret; *at != '\0'; at++)
        if (*at == '/')
            *at = '-';
    return size > 0 && size < 128;
}

static bool put_file(int fd, const struct dg_fork *fork)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 3 * DG_CHECKPOINT_MAX);
    dg_buf_add_text(&buf, "donggui evidence 1: one log, two roots of one size\n\n");
    dg_buf_add_bytes(&buf, fork->first);
    dg_buf_add_text(&buf, "\n");
    dg_buf_add_bytes(&buf, fork->second);
    struct dg_bytes content = dg_buf_bytes(&buf);
    bool good =
        buf.err == DG_OK && write(fd, content.data, content.size) == (ssize_t)content.size && fsync(fd) == 0;
    dg_buf_done(&buf);
    return good;
}

static bool write_one(void *ctx, const struct dg_fork *fork)
{
    struct writing *w = ctx;
    char name[128], path[DG_STORE_PATH_MAX], temporary[DG_STORE_PATH_MAX];
    if (!name_of(fork, name))
        return true;
    w->err = dg_path_join(w->dir, name, NULL, path, w->fault);
    if (w->err == DG_OK)
        w->err = dg_path_join(w->dir, "new.tmp", NULL, temporary, w->fault);
    if (w->err != DG_OK || access(path, F_OK) == 0)
        return w->err == DG_OK;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && put_file(fd, fork) && rename(temporary, path) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    w->err = good ? dg_path_sync(w->dir, w->fault) : dg_file_fault(w->fault, error, path);
    return w->err == DG_OK;
}

static bool any_fork(void *ctx, const struct dg_fork *fork)
{
    (void)fork;
    *(bool *)ctx = true;
    return false;
}

enum dg_err dg_evidence_write(struct dg_store *store, const char *dir, struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX];
    struct writing w = {.dir = path, .fault = fault};
    struct dg_txn *txn;
    bool any = false;
    enum dg_err err = dg_path_join(dir, "evidence", NULL, path, fault);
    if (err == DG_OK)
        err = dg_begin_read(store, &txn);
    if (err != DG_OK)
        return err;
    dg_fork_each(txn, any_fork, &any);
    if (any && mkdir(path, 0700) != 0 && errno != EEXIST)
        w.err = dg_file_fault(fault, errno, path);
    else if (any)
        dg_fork_each(txn, write_one, &w);
    err = w.err == DG_OK && txn->err != DG_OK ? dg_fault(fault, txn->err) : w.err;
    dg_abort(store, txn);
    return err;
}
