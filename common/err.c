/* err.c - the table of errors.def, and how to look things up in it. */
#include "common/err.h"

#include <assert.h>
#include <string.h>

struct entry {
    const char *name;
    enum dg_err_group group;
    int exit_code;
    const char *en, *en_do;
    const char *vi, *vi_do;
};

static const struct entry entries[DG_ERR_COUNT] = {
    [DG_OK] = {"OK", DG_GROUP_LOCAL, 0, "done", "nothing to do", "xong", "không cần làm gì"},
#define X(name, group, exit_code, en, en_do, vi, vi_do)                                                      \
    [DG_ERR_##name] = {#name, DG_GROUP_##group, exit_code, en, en_do, vi, vi_do},
#include "common/errors.def"
#undef X
};

/* A number outside the table can only be our own mistake: codes cross every border as names. */
static const struct entry *entry_of(enum dg_err err)
{
    assert((int)err >= 0 && err < DG_ERR_COUNT);
    return &entries[err];
}

/* Vietnamese is the language of the house: it answers for anything that is not English. */
static bool is_english(const char *language)
{
    return language != NULL && strcmp(language, "en") == 0;
}

const char *dg_err_name(enum dg_err err)
{
    return entry_of(err)->name;
}

enum dg_err dg_err_by_name(const char *name, size_t size)
{
    for (int i = 0; i < DG_ERR_COUNT; i++) {
        if (strlen(entries[i].name) == size && memcmp(entries[i].name, name, size) == 0)
            return (enum dg_err)i;
    }
    return DG_ERR_UNKNOWN;
}

enum dg_err_group dg_err_group(enum dg_err err)
{
    return entry_of(err)->group;
}

int dg_err_exit(enum dg_err err)
{
    return entry_of(err)->exit_code;
}

const char *dg_err_text(enum dg_err err, const char *language)
{
    return is_english(language) ? entry_of(err)->en : entry_of(err)->vi;
}

const char *dg_err_remedy(enum dg_err err, const char *language)
{
    return is_english(language) ? entry_of(err)->en_do : entry_of(err)->vi_do;
}
