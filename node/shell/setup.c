/* setup.c - the root's node, and how organs are named on the command line. */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "node/conf/roles.h"
#include "node/shell/founding.h"

/* ---- --organ ------------------------------------------------------------------------------------- */

static int compare_slugs(const void *a, const void *b)
{
    return dg_bytes_compare(*(const struct dg_bytes *)a, *(const struct dg_bytes *)b);
}

static enum dg_err parse_roles(struct dg_arena *arena, const char *text, size_t size, struct dg_slugs *ret,
                               struct dg_bytes *ret_first, struct dg_fault *fault)
{
    struct dg_bytes item[DG_ROLES_MAX];
    size_t count = 0;
    const char *end = text + size, *at = text;
    do {
        const char *plus = memchr(at, '+', (size_t)(end - at));
        size_t role_size = (size_t)((plus != NULL ? plus : end) - at);
        struct dg_bytes role = dg_bytes_at(at, role_size);
        if (count == DG_ROLES_MAX || !dg_slug_ok(role))
            return dg_faultf(fault, DG_ERR_BAD_VALUE, "--organ %s", text);
        item[count++] = dg_arena_copy(arena, role);
        at += role_size + 1;
    } while (at <= end);
    *ret_first = item[0];
    qsort(item, count, sizeof item[0], compare_slugs);
    for (size_t i = 1; i < count; i++) {
        if (dg_bytes_equal(item[i - 1], item[i]))
            return dg_faultf(fault, DG_ERR_BAD_VALUE, "--organ %s", text);
    }
    ret->item = dg_arena_array(arena, count, sizeof *ret->item);
    if (ret->item == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    memcpy(ret->item, item, count * sizeof *ret->item);
    ret->count = count;
    return DG_OK;
}

static enum dg_err parse_name(struct dg_arena *arena, const char *text, struct dg_bytes *ret,
                              struct dg_fault *fault)
{
    enum dg_err err = dg_text_enter(arena, dg_bytes_of(text), DG_TEXT_LINE, ret, fault);
    if (err == DG_OK && (ret->size == 0 || ret->size > DG_NAME_MAX))
        err = dg_faultf(fault, DG_ERR_BAD_VALUE, "%s", text);
    return err;
}

enum dg_err dg_organ_option_parse(struct dg_arena *arena, const char *text, struct dg_organ_option *ret,
                                  struct dg_fault *fault)
{
    struct dg_organ_option option = {.slug = {NULL, 0}};
    size_t roles_size = strcspn(text, "=");
    enum dg_err err = parse_roles(arena, text, roles_size, &option.role, &option.slug, fault);
    if (err != DG_OK)
        return err;
    const char *colon = NULL;
    if (text[roles_size] == '=') {
        const char *slug = text + roles_size + 1;
        colon = strchr(slug, ':');
        option.slug = dg_arena_copy(arena, colon != NULL ? dg_bytes_at(slug, (size_t)(colon - slug))
                                                         : dg_bytes_of(slug));
        if (!dg_slug_ok(option.slug))
            return dg_faultf(fault, DG_ERR_BAD_VALUE, "--organ %s", text);
    }
    const char *standard = dg_role_name(option.slug, "vi");
    if (colon != NULL)
        err = parse_name(arena, colon + 1, &option.name, fault);
    else
        option.name = standard != NULL ? dg_bytes_of(standard) : option.slug;
    if (err == DG_OK)
        *ret = option;
    return err;
}

/* ---- init --root --------------------------------------------------------------------------------- */

/* Everything about the founding that needs no directory yet. */
static enum dg_err describe(const struct dg_init_options *options, struct dg_arena *arena,
                            struct dg_founding *ret, struct dg_fault *fault)
{
    *ret = (struct dg_founding){
        .federation = dg_bytes_of(options->federation),
        .unit = dg_bytes_of(options->unit),
        .level = dg_bytes_of(options->level),
        .endpoint = dg_bytes_of(options->listen != NULL ? options->listen : ""),
        .regime_count = options->regime_count,
        .regime = options->regime,
        .now = dg_clock_ms(),
    };
    if (!dg_federation_ok(ret->federation))
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "--federation %s", options->federation);
    if (!dg_slug_ok(ret->unit))
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "--unit %s", options->unit);
    if (!dg_level_known(ret->level))
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "--level %s", options->level);
    if (options->regime_count > DG_REGIMES_PER_REPORT_MAX)
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "--regime × %zu", options->regime_count);
    return parse_name(arena, options->name, &ret->name, fault);
}

static enum dg_err make_keys(const struct dg_init_options *options, struct dg_keyring *keyring,
                             struct dg_arena *arena, struct dg_founding *founding, struct dg_fault *fault)
{
    enum dg_err err = dg_keyring_make(keyring, "federation", &founding->federation_key, fault);
    if (err == DG_OK)
        err = dg_found_unit_keys(keyring, &founding->keys, fault);
    if (err == DG_OK)
        err = dg_found_organs(keyring, arena, options->organ_count, options->organ, options->regime_count,
                              options->regime, founding->level, founding, fault);
    return err;
}

/* In a directory that is there and empty. */
static enum dg_err fill_dir(const struct dg_init_options *options, const struct dg_config *config,
                            struct dg_arena *arena, struct dg_founding *founding, struct dg_fault *fault)
{
    struct dg_keyring *keyring = NULL;
    enum dg_err err = dg_found_keys_dir(options->dir, fault);
    if (err == DG_OK)
        err = dg_keyring_open(options->dir, &keyring, fault);
    if (err == DG_OK)
        err = make_keys(options, keyring, arena, founding, fault);
    if (err == DG_OK)
        err = dg_config_save(options->dir, config, fault);
    if (err == DG_OK)
        err = dg_found_store(options->dir, founding, dg_keyring_signer(keyring), fault);
    dg_keyring_close(keyring);
    return err;
}

enum dg_err dg_init_root(const struct dg_init_options *options, struct dg_fault *fault)
{
    struct dg_arena arena;
    struct dg_founding founding;
    struct dg_config config;
    bool made;
    dg_arena_init(&arena, 0);
    enum dg_err err = describe(options, &arena, &founding, fault);
    if (err == DG_OK)
        err = dg_found_config(options->listen, &config, fault);
    if (err == DG_OK)
        err = dg_found_dir(options->dir, &made, fault);
    if (err != DG_OK)
        goto free_arena;
    err = fill_dir(options, &config, &arena, &founding, fault);
    if (err != DG_OK)
        dg_found_undo(options->dir, made);
free_arena:
    dg_arena_done(&arena);
    return err;
}
