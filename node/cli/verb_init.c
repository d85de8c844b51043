/* verb_init.c - founds a federation: the node of its root unit. */
#include "common/text.h"
#include "node/cli/found.h"
#include "node/cli/output.h"
#include "node/cli/say.h"

static enum dg_err options_read(struct dg_cli *cli, struct dg_init_options *ret)
{
    struct dg_unit_options unit;
    struct dg_organ_option *organ;
    struct dg_bytes *regime;

    if (!dg_cli_has(cli, DG_OPT_ROOT))
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s", dg_msg(cli, DG_MSG_INIT_ROOT));
    enum dg_err err = dg_cli_need(cli, DG_OPT_FEDERATION, &ret->federation);
    if (err == DG_OK)
        err = dg_unit_options_read(cli, &unit);
    if (err != DG_OK)
        return err;
    if (!dg_federation_ok(dg_bytes_of(ret->federation)))
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "--federation %s", ret->federation);
    ret->unit = unit.unit;
    ret->level = unit.level;
    ret->name = unit.name;
    ret->listen = dg_cli_value(cli, DG_OPT_LISTEN);
    err = dg_regime_options_read(cli, &ret->regime_count, &regime);
    if (err == DG_OK)
        err = dg_organ_options_read(cli, &ret->organ_count, &organ);
    if (err != DG_OK)
        return err;
    if (ret->regime_count == 0)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "%s",
                         dg_phrase(cli, DG_MSG_OPTION_MISSING, DG_WORDS("regime")));
    ret->regime = regime;
    ret->organ = organ;
    return DG_OK;
}

enum dg_err dg_verb_INIT(struct dg_cli *cli)
{
    struct dg_init_options options = {.dir = cli->args.word[0]};

    enum dg_err err = options_read(cli, &options);
    if (err != DG_OK)
        return err;
    cli->where = options.dir;
    if (dg_cli_has(cli, DG_OPT_DRY_RUN)) {
        if (!dg_path_is_free(options.dir))
            return dg_faultf(&cli->fault, DG_ERR_NOT_EMPTY, "%s", options.dir);
        dg_say(cli, cli->out, DG_MSG_WOULD_FOUND, DG_WORDS(options.unit, options.dir));
        return DG_OK;
    }
    err = dg_init_root(&options, &cli->fault);
    if (err != DG_OK)
        return err;
    dg_say(cli, cli->out, DG_MSG_FOUNDED, DG_WORDS(options.unit, options.dir));
    return DG_OK;
}
