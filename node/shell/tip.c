/* tip.c - reading the tip file, and writing it anew behind the commits. */
#include "node/shell/tip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/core/query.h"
#include "node/core/restored.h"

enum { EVERY_MS = 1000 };

enum dg_err dg_tip_path(const char *dir, const char *configured, char ret[static DG_STORE_PATH_MAX],
                        struct dg_fault *fault)
{
    size_t length = strlen(dir);
    while (length > 1 && dir[length - 1] == '/')
        length--;
    int size = configured[0] != '\0' ? snprintf(ret, DG_STORE_PATH_MAX, "%s", configured)
                                     : snprintf(ret, DG_STORE_PATH_MAX, "%.*s.tip", (int)length, dir);
    if (size < 0 || size >= DG_STORE_PATH_MAX - 8)
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "tip = %.100s…", configured);
    return DG_OK;
}

enum dg_err dg_tip_read(const char *path, char ret[static DG_CHECKPOINT_MAX + 1], struct dg_fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ret[0] = '\0';
    if (fd < 0)
        return errno == ENOENT ? DG_OK : dg_file_fault(fault, errno, path);
    ssize_t got = 0;
    size_t size = 0;
    while (size <= DG_CHECKPOINT_MAX && (got = read(fd, ret + size, DG_CHECKPOINT_MAX + 1 - size)) > 0)
        size += (size_t)got;
    int error = got < 0 ? errno : 0;
    close(fd);
    ret[size <= DG_CHECKPOINT_MAX ? size : 0] = '\0';
    return error == 0 ? DG_OK : dg_file_fault(fault, error, path);
}

void dg_tip_init(struct dg_tip *tip, const char *path)
{
    *tip = (struct dg_tip){.path = path};
}

/* ---- writing ------------------------------------------------------------------------------------- */

static int write_file(const char *path, struct dg_bytes text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    ssize_t put = write(fd, text.data, text.size);
    int error = put == (ssize_t)text.size ? 0 : put < 0 ? errno : ENOSPC;
    if (error == 0 && fdatasync(fd) != 0)
        error = errno;
    close(fd);
    return error;
}

/* Under its name there is always a whole one: the old or the new. */
static int replace_file(const char *path, struct dg_bytes text)
{
    char fresh[DG_STORE_PATH_MAX];
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    int error = write_file(fresh, text);
    if (error == 0 && rename(fresh, path) != 0)
        error = errno;
    if (error != 0)
        (void)unlink(fresh);
    return error;
}

static void tell(struct dg_tip *tip, struct dg_log *log, int error)
{
    struct dg_fault fault;
    if (error != 0 && !tip->failed) {
        (void)dg_file_fault(&fault, error, tip->path);
        dg_log_fault(log, "tip", &fault);
    }
    tip->failed = error != 0;
}

void dg_tip_write_now(struct dg_tip *tip, struct dg_store *store, struct dg_log *log)
{
    struct dg_txn *txn;
    struct dg_log_view view;
    if (dg_begin_read(store, &txn) != DG_OK)
        return;
    dg_log_get(txn, &view);
    struct dg_bytes text = view.size != tip->size ? dg_tip_text(txn) : dg_bytes_at(NULL, 0);
    int error = text.size > 0 ? replace_file(tip->path, text) : 0;
    if (error == 0 && text.size > 0)
        tip->size = view.size;
    dg_abort(store, txn);
    tell(tip, log, error);
}

void dg_tip_follow(struct dg_tip *tip, struct dg_store *store, struct dg_log *log, int64_t now)
{
    if (now < tip->next_at)
        return;
    tip->next_at = now + EVERY_MS;
    dg_tip_write_now(tip, store, log);
}
