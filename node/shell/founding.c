/* founding.c - directories, keys, organs and the first transaction of a node. */
#include "node/shell/founding.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/conf/roles.h"
#include "node/store/store_files.h"
#include "node/store/store_lmdb.h"

dg_ms dg_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (dg_ms)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t dg_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the directory ------------------------------------------------------------------------------- */

static enum dg_err check_empty(const char *path, struct dg_fault *fault)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return errno == ENOTDIR ? dg_faultf(fault, DG_ERR_NOT_EMPTY, "%s", path)
                                : dg_file_fault(fault, errno, path);
    bool empty = true;
    const struct dirent *entry;
    while (empty && (entry = readdir(dir)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(dir);
    return empty ? DG_OK : dg_faultf(fault, DG_ERR_NOT_EMPTY, "%s", path);
}

enum dg_err dg_found_dir(const char *dir, bool *ret_made, struct dg_fault *fault)
{
    if (mkdir(dir, 0700) == 0) {
        *ret_made = true;
        return DG_OK;
    }
    if (errno == ENOENT)
        return dg_faultf(fault, DG_ERR_SYSTEM, "%s: %s", dir, strerror(errno));
    if (errno != EEXIST)
        return dg_file_fault(fault, errno, dir);
    enum dg_err err = check_empty(dir, fault);
    if (err == DG_OK && chmod(dir, 0700) != 0)
        err = dg_file_fault(fault, errno, dir);
    if (err == DG_OK)
        *ret_made = false;
    return err;
}

enum dg_err dg_found_keys_dir(const char *dir, struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(dir, "keys", NULL, path, fault);
    if (err == DG_OK && mkdir(path, 0700) != 0 && errno != EEXIST)
        err = dg_file_fault(fault, errno, path);
    return err != DG_OK ? err : dg_path_sync(dir, fault);
}

void dg_found_undo(const char *dir, bool whole)
{
    static const char *const dirs[] = {"keys", "store", "store.tmp"};
    static const char *const files[] = {"config", "config.tmp", "node.lock"};
    char path[DG_STORE_PATH_MAX];
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        if (dg_path_join(dir, dirs[i], NULL, path, NULL) == DG_OK)
            (void)!dg_dir_remove(path, NULL);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (dg_path_join(dir, files[i], NULL, path, NULL) == DG_OK)
            (void)unlink(path);
    }
    if (whole)
        (void)rmdir(dir);
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static enum dg_err ensure_key(struct dg_keyring *keyring, const char *name, struct dg_key *ret,
                              struct dg_fault *fault)
{
    if (!dg_keyring_has(keyring, name))
        return dg_keyring_make(keyring, name, ret, fault);
    struct dg_seed seed;
    enum dg_err err = dg_keyring_seed(keyring, name, &seed, fault);
    if (err == DG_OK)
        *ret = dg_key_of(&seed);
    dg_wipe(&seed, sizeof seed);
    return err;
}

static enum dg_err ensure_curve_key(struct dg_keyring *keyring, const char *name, struct dg_curve_key *ret,
                                    struct dg_fault *fault)
{
    if (!dg_keyring_has(keyring, name))
        return dg_keyring_make_curve(keyring, name, ret, fault);
    struct dg_seed seed;
    enum dg_err err = dg_keyring_seed(keyring, name, &seed, fault);
    if (err == DG_OK)
        *ret = dg_curve_key_of(&seed);
    dg_wipe(&seed, sizeof seed);
    return err;
}

enum dg_err dg_found_unit_keys(struct dg_keyring *keyring, struct dg_keys *ret, struct dg_fault *fault)
{
    struct dg_keys keys = {.has_unit = true, .has_log = true, .has_cosigner = true, .has_transport = true};
    enum dg_err err = ensure_key(keyring, "unit", &keys.unit, fault);
    if (err == DG_OK)
        err = ensure_key(keyring, "log-e1", &keys.log, fault);
    if (err == DG_OK)
        err = ensure_key(keyring, "cosigner", &keys.cosigner, fault);
    if (err == DG_OK)
        err = ensure_curve_key(keyring, "transport", &keys.transport, fault);
    if (err == DG_OK)
        *ret = keys;
    return err;
}

/* ---- organs -------------------------------------------------------------------------------------- */

static enum dg_err no_default_organs(const struct dg_regime *regime, struct dg_bytes level,
                                     struct dg_fault *fault)
{
    char unit[DG_SLUG_MAX + 1] = "";
    if (level.size > 0 && level.size <= DG_SLUG_MAX)
        memcpy(unit, level.data, level.size);
    enum dg_err err = dg_faultf(fault, DG_ERR_NO_REGIME, "%.*s names no organs for it",
                                (int)regime->name.size, (const char *)regime->name.data);
    dg_fault_unit(fault, unit);
    return err;
}

/* Adds an organ for each role that the regime names for the level and no earlier one has named. */
static void add_default_organs(const struct dg_regime *regime, struct dg_bytes level,
                               struct dg_organ_option option[static DG_ORGANS_MAX], size_t *count)
{
    const struct dg_slugs *roles = NULL;
    for (size_t i = 0; i < regime->organ_count && roles == NULL; i++) {
        if (dg_bytes_equal(regime->organs[i].level, level))
            roles = &regime->organs[i].role;
    }
    for (size_t i = 0; roles != NULL && i < roles->count; i++) {
        bool listed = false;
        for (size_t k = 0; k < *count && !listed; k++)
            listed = dg_bytes_equal(option[k].slug, roles->item[i]);
        if (listed || *count == DG_ORGANS_MAX)
            continue;
        const char *name = dg_role_name(roles->item[i], "vi");
        option[(*count)++] = (struct dg_organ_option){
            .role = {.count = 1, .item = &roles->item[i]},
            .slug = roles->item[i],
            .name = name != NULL ? dg_bytes_of(name) : roles->item[i],
        };
    }
}

/* One organ for each role, named as the role is: those of the main regime, then what further ones speak of.
 */
static enum dg_err default_organs(struct dg_arena *arena, size_t regime_count,
                                  const struct dg_bytes compiled[], struct dg_bytes level,
                                  struct dg_organ_option **ret, size_t *ret_count, struct dg_fault *fault)
{
    struct dg_regime *regime = dg_arena_array(arena, regime_count, sizeof *regime);
    struct dg_organ_option *option = dg_arena_array(arena, DG_ORGANS_MAX, sizeof *option);
    size_t count = 0;
    if (regime == NULL || option == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < regime_count; i++) {
        enum dg_err err = dg_regime_decode(arena, compiled[i], &regime[i], fault);
        if (err != DG_OK)
            return err;
        add_default_organs(&regime[i], level, option, &count);
    }
    if (count == 0)
        return no_default_organs(&regime[0], level, fault);
    *ret = option;
    *ret_count = count;
    return DG_OK;
}

static enum dg_err check_organs(const struct dg_organ_option option[], size_t count, struct dg_fault *fault)
{
    if (count > DG_ORGANS_MAX)
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "--organ: %zu > %d", count, DG_ORGANS_MAX);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (dg_bytes_equal(option[i].slug, option[k].slug))
                return dg_faultf(fault, DG_ERR_BAD_VALUE, "--organ …=%.*s, …=%.*s", (int)option[i].slug.size,
                                 (const char *)option[i].slug.data, (int)option[i].slug.size,
                                 (const char *)option[i].slug.data);
        }
    }
    return DG_OK;
}

static enum dg_err unknown_role(struct dg_bytes role, const char *nearest, struct dg_fault *fault)
{
    bool near = nearest[0] != '\0';
    return dg_faultf(fault, DG_ERR_BAD_ROLE, "\"%.*s\"%s%s%s", (int)role.size, (const char *)role.data,
                     near ? " (→ " : "", nearest, near ? "?)" : "");
}

static bool known_in(struct dg_arena *arena, struct dg_bytes compiled, struct dg_bytes role,
                     const char **ret_nearest)
{
    struct dg_regime regime;
    bool have = compiled.size > 0 && dg_regime_decode(arena, compiled, &regime, NULL) == DG_OK;
    return dg_role_known(arena, have ? &regime : NULL, role, ret_nearest);
}

/* In the regime that governs, the unit's others, or one that came with the grant: the rules for reports
 * upward are the superior's. */
static bool known_anywhere(struct dg_arena *arena, struct dg_bytes governing, struct dg_bytes role,
                           const struct dg_founding *founding, const char **ret_nearest)
{
    const struct dg_enrol_grant *grant = founding->grant;
    const char *other;
    bool known = known_in(arena, governing, role, ret_nearest);
    for (size_t i = 0; i < founding->regime_count && !known; i++)
        known = known_in(arena, founding->regime[i], role, &other);
    for (size_t i = 0; grant != NULL && i < grant->directory_count && !known; i++)
        known =
            grant->directory[i].regime.size > 0 && known_in(arena, grant->directory[i].regime, role, &other);
    return known;
}

/* A misspelt role would make an organ that no rule ever names, and nobody would notice. */
static enum dg_err check_roles(struct dg_arena *arena, struct dg_bytes governing,
                               const struct dg_organ_option option[], size_t count,
                               const struct dg_founding *founding, struct dg_fault *fault)
{
    const char *nearest;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < option[i].role.count; k++) {
            if (!known_anywhere(arena, governing, option[i].role.item[k], founding, &nearest))
                return unknown_role(option[i].role.item[k], nearest, fault);
        }
    }
    return DG_OK;
}

static enum dg_err found_organ(struct dg_keyring *keyring, const struct dg_organ_option *option,
                               struct dg_founding_organ *ret, struct dg_fault *fault)
{
    char name[DG_SLUG_MAX + 16];
    *ret = (struct dg_founding_organ){.slug = option->slug, .name = option->name, .role = option->role};
    snprintf(name, sizeof name, "organ-%.*s", (int)option->slug.size, (const char *)option->slug.data);
    enum dg_err err = ensure_key(keyring, name, &ret->signing, fault);
    if (err != DG_OK)
        return err;
    snprintf(name, sizeof name, "organ-%.*s.seal", (int)option->slug.size, (const char *)option->slug.data);
    return ensure_curve_key(keyring, name, &ret->sealing, fault);
}

enum dg_err dg_found_organs(struct dg_keyring *keyring, struct dg_arena *arena, size_t option_count,
                            const struct dg_organ_option option[], size_t regime_count,
                            const struct dg_bytes regime[], struct dg_bytes level,
                            struct dg_founding *founding, struct dg_fault *fault)
{
    size_t count = option_count;
    struct dg_organ_option *standard;
    enum dg_err err = DG_OK;
    if (count == 0 && (regime_count == 0 || regime[0].size == 0))
        return dg_faultf(fault, DG_ERR_NO_REGIME, "--organ");
    if (count == 0) {
        err = default_organs(arena, regime_count, regime, level, &standard, &count, fault);
        if (err != DG_OK)
            return err;
        option = standard;
    }
    err = check_organs(option, count, fault);
    if (err == DG_OK)
        err = check_roles(arena, regime_count > 0 ? regime[0] : dg_bytes_at(NULL, 0), option, count, founding,
                          fault);
    if (err != DG_OK)
        return err;
    struct dg_founding_organ *organ = dg_arena_array(arena, count, sizeof *organ);
    if (organ == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; err == DG_OK && i < count; i++)
        err = found_organ(keyring, &option[i], &organ[i], fault);
    founding->organ = organ;
    founding->organ_count = count;
    return err;
}

/* ---- configuration and store --------------------------------------------------------------------- */

enum dg_err dg_found_config(const char *listen, struct dg_config *ret, struct dg_fault *fault)
{
    const char *port = listen != NULL ? strrchr(listen, ':') : NULL;
    dg_config_init(ret);
    /* A port that the system chooses is another one after each start, and children would not find it. */
    if (port != NULL && (strcmp(port, ":*") == 0 || strspn(port, ":0") == strlen(port)))
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "--listen %s", listen);
    return listen == NULL ? DG_OK : dg_config_set(ret, "listen", listen, fault);
}

static enum dg_err found_in(struct dg_store *store, const struct dg_founding *founding,
                            const struct dg_signer *signer, struct dg_fault *fault)
{
    struct dg_txn *txn;
    struct dg_committed committed;
    enum dg_err err = dg_begin_write(store, &txn);
    if (err != DG_OK)
        return dg_fault(fault, err);
    err = dg_found(txn, founding, signer, fault);
    if (err != DG_OK) {
        dg_abort(store, txn);
        return err;
    }
    err = dg_commit(store, txn, &committed);
    return err == DG_OK ? DG_OK : dg_faultf(fault, err, "store");
}

enum dg_err dg_found_store(const char *dir, const struct dg_founding *founding,
                           const struct dg_signer *signer, struct dg_fault *fault)
{
    struct dg_store *store;
    enum dg_err err = dg_store_lmdb_open(dir, DG_STORE_CREATE, &store, fault);
    if (err == DG_ERR_NOT_EMPTY)
        err = dg_store_lmdb_open(dir, DG_STORE_WRITE, &store, fault);
    if (err != DG_OK)
        return err;
    (void)dg_fault(fault, DG_OK);
    err = found_in(store, founding, signer, fault);
    dg_store_close(store);
    return err;
}
