/* regime_file.c - where a regime's file lies, and from the file to its compiled bytes. */
#include "node/conf/regime_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/limits.h"
#include "common/text.h"
#include "node/conf/report_file.h"

static const char suffix[] = ".yaml";

/* --- finding -------------------------------------------------------------------------------- */

static bool is_path(const char *value)
{
    size_t size = strlen(value), end = strlen(suffix);
    return strchr(value, '/') != NULL || (size >= end && strcmp(value + size - end, suffix) == 0);
}

/* Writes the path when there is such a file. */
static bool try_path(char *ret, size_t size, const char *folder, const char *name)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);

    if (length < 0 || (size_t)length >= sizeof path || (size_t)length >= size || access(path, R_OK) != 0)
        return false;
    memcpy(ret, path, (size_t)length + 1);
    return true;
}

static bool try_beside(char *ret, size_t size, const char *program_dir, const char *folder, const char *name)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", program_dir, folder);
    return length > 0 && (size_t)length < sizeof path && try_path(ret, size, path, name);
}

static enum dg_err take_path(const char *value, char *ret, size_t size, struct dg_fault *fault)
{
    if (access(value, R_OK) != 0)
        return dg_faultf(fault, DG_ERR_BAD_FILE, "%s: %s", value, strerror(errno));
    if (strlen(value) >= size)
        return dg_faultf(fault, DG_ERR_BAD_FILE, "%s: %s", value, strerror(ENAMETOOLONG));
    memcpy(ret, value, strlen(value) + 1);
    return DG_OK;
}

/* True for a file beside whoever calls, which is meant where no regime has that name. */
static bool is_file(const char *value)
{
    struct stat status;
    return stat(value, &status) == 0 && S_ISREG(status.st_mode);
}

enum dg_err dg_regime_find(const char *value, const char *program_dir, char *ret, size_t size,
                           struct dg_fault *fault)
{
    const char *folder = getenv("DONGGUI_REGIMES");

    if (is_path(value))
        return take_path(value, ret, size, fault);
    if (!dg_slug_ok(dg_bytes_of(value)))
        return is_file(value) ? take_path(value, ret, size, fault)
                              : dg_faultf(fault, DG_ERR_BAD_VALUE, "--regime %s", value);
    if (folder != NULL && folder[0] != '\0' && try_path(ret, size, folder, value))
        return DG_OK;
    if (try_beside(ret, size, program_dir, "../share/donggui/regimes", value) ||
        try_beside(ret, size, program_dir, "regimes", value))
        return DG_OK;
    if (is_file(value))
        return take_path(value, ret, size, fault);
    return dg_faultf(fault, DG_ERR_NOT_FOUND, "%s%s", value, suffix);
}

/* --- loading -------------------------------------------------------------------------------- */

/* The first mistake stands for all of them, and says how many more there are. */
static enum dg_err first_of(const struct dg_fault_list *faults, const char *path, struct dg_fault *fault)
{
    const struct dg_fault *first = &faults->item[0];

    if (faults->count == 1)
        dg_faultf(fault, first->err, "%s: %s", path, first->what);
    else
        dg_faultf(fault, first->err, "%s: %s (+%zu)", path, first->what, faults->count - 1);
    if (fault != NULL) {
        fault->line = first->line;
        fault->column = first->column;
    }
    return first->err;
}

static enum dg_err compile(struct dg_arena *arena, const struct dg_regime *regime, struct dg_bytes *ret,
                           struct dg_fault *fault)
{
    struct dg_buf out;

    dg_buf_init(&out, DG_REGIME_MAX);
    enum dg_err err = dg_regime_encode(regime, &out);
    struct dg_bytes copy = err == DG_OK ? dg_arena_copy(arena, dg_buf_bytes(&out)) : (struct dg_bytes){0};
    dg_buf_done(&out);
    if (err == DG_OK && copy.data == NULL)
        err = DG_ERR_NO_MEMORY;
    if (err != DG_OK)
        return dg_faultf(fault, err, "%s", dg_arena_string(arena, regime->name));
    *ret = copy;
    return DG_OK;
}

enum dg_err dg_regime_load(struct dg_arena *arena, const char *value, const char *program_dir,
                           struct dg_bytes *ret_compiled, struct dg_fault *fault)
{
    struct dg_fault_list *faults = dg_arena_alloc(arena, sizeof *faults);
    struct dg_regime regime;
    struct dg_bytes text;
    char path[4096];

    if (faults == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    enum dg_err err = dg_regime_find(value, program_dir, path, sizeof path, fault);
    if (err == DG_OK)
        err = dg_file_read(arena, path, DG_REGIME_FILE_MAX, &text, fault);
    if (err != DG_OK)
        return err;
    err = dg_regime_read(arena, text, &regime, faults);
    if (err == DG_ERR_BAD_REGIME)
        return first_of(faults, path, fault);
    if (err != DG_OK)
        return dg_fault(fault, err);
    return compile(arena, &regime, ret_compiled, fault);
}
