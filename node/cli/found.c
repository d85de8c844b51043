/* found.c - names, regimes and organs from options. */
#include "node/cli/found.h"

#include "common/text.h"
#include "node/cli/regime.h"
#include "node/cli/say.h"
#include "proto/regime.h"

static enum dg_err bad_value(struct dg_cli *cli, const char *option, const char *value)
{
    return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "--%s %s", option, value);
}

/* A name is typed by a person: it is brought into NFC here, where it enters. */
static enum dg_err name_read(struct dg_cli *cli, const char **ret)
{
    const char *typed;
    struct dg_bytes name;

    enum dg_err err = dg_cli_need(cli, DG_OPT_NAME, &typed);
    if (err != DG_OK)
        return err;
    err = dg_text_enter(&cli->arena, dg_bytes_of(typed), DG_TEXT_LINE, &name, &cli->fault);
    if (err != DG_OK)
        return err;
    if (name.size > DG_NAME_MAX)
        return dg_faultf(&cli->fault, DG_ERR_TOO_LARGE, "--name");
    *ret = dg_arena_string(&cli->arena, name);
    return DG_OK;
}

enum dg_err dg_unit_options_read(struct dg_cli *cli, struct dg_unit_options *ret)
{
    struct dg_unit_options options;

    enum dg_err err = dg_cli_need(cli, DG_OPT_UNIT, &options.unit);
    if (err == DG_OK)
        err = dg_cli_need(cli, DG_OPT_LEVEL, &options.level);
    if (err == DG_OK)
        err = name_read(cli, &options.name);
    if (err != DG_OK)
        return err;
    if (!dg_slug_ok(dg_bytes_of(options.unit)))
        return bad_value(cli, "unit", options.unit);
    if (!dg_level_known(dg_bytes_of(options.level)))
        return bad_value(cli, "level", dg_phrase(cli, DG_MSG_LEVELS, DG_WORDS(options.level)));
    *ret = options;
    return DG_OK;
}

enum dg_err dg_regime_options_read(struct dg_cli *cli, size_t *ret_count, struct dg_bytes **ret)
{
    const char *const *value;
    size_t count = dg_cli_values(cli, DG_OPT_REGIME, &value);
    struct dg_bytes *regime = dg_arena_array(&cli->arena, count + 1, sizeof *regime);

    if (value == NULL || regime == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    if (count > DG_REGIMES_PER_REPORT_MAX)
        return dg_faultf(&cli->fault, DG_ERR_TOO_LARGE, "--regime x %zu", count);
    for (size_t i = 0; i < count; i++) {
        enum dg_err err = dg_regime_take(cli, value[i], &regime[i]);
        if (err != DG_OK)
            return err;
    }
    *ret_count = count;
    *ret = regime;
    return DG_OK;
}

enum dg_err dg_organ_options_read(struct dg_cli *cli, size_t *ret_count, struct dg_organ_option **ret)
{
    const char *const *value;
    size_t count = dg_cli_values(cli, DG_OPT_ORGAN, &value);
    struct dg_organ_option *organ = dg_arena_array(&cli->arena, count + 1, sizeof *organ);

    if (value == NULL || organ == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    if (count > DG_ORGANS_MAX)
        return dg_faultf(&cli->fault, DG_ERR_TOO_LARGE, "--organ x %zu", count);
    for (size_t i = 0; i < count; i++) {
        enum dg_err err = dg_organ_option_parse(&cli->arena, value[i], &organ[i], &cli->fault);
        if (err != DG_OK)
            return err;
        for (size_t k = 0; k < i; k++) {
            if (dg_bytes_equal(organ[k].slug, organ[i].slug))
                return bad_value(cli, "organ", value[i]);
        }
    }
    *ret_count = count;
    *ret = organ;
    return DG_OK;
}
