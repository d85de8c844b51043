/* verb_config.c - checks or shows the node's configuration. */
#include <string.h>

#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/cli/grid.h"
#include "node/conf/config.h"

struct showing {
    struct dg_cli *cli;
    struct dg_grid *grid; /* NULL with --json */
};

/* What a key means, in the reader's language. */
static const char *meaning(const struct dg_cli *cli, const char *key)
{
#define X(name, type, value, en, vi)                                                                         \
    if (strcmp(key, #name) == 0)                                                                             \
        return dg_is_vietnamese(cli) ? vi : en;
    DG_CONFIG_KEYS(X)
#undef X
    return "";
}

static void show_one(void *ctx, const char *key, const char *value, bool changed)
{
    struct showing *showing = ctx;
    struct dg_cli *cli = showing->cli;

    if (dg_cli_has(cli, DG_OPT_CHANGED) && !changed)
        return;
    if (showing->grid != NULL) {
        const char *mark = changed ? dg_msg(cli, DG_MSG_CHANGED) : "";
        dg_grid_row(showing->grid, (const char *const[]){key, value, mark, meaning(cli, key)});
        return;
    }
    struct dg_json *json = dg_json_new();
    dg_json_text(json, "key", key);
    dg_json_text(json, "value", value);
    dg_json_bool(json, "changed", changed);
    dg_json_print(json, cli->out);
}

static enum dg_err show(struct dg_cli *cli, const struct dg_config *config)
{
    static const enum dg_msg heading[] = {DG_MSG_H_KEY, DG_MSG_H_VALUE, DG_MSG_H_CHANGED, DG_MSG_H_MEANING};
    struct showing showing = {.cli = cli};

    if (dg_cli_has(cli, DG_OPT_JSON)) {
        dg_config_each(config, show_one, &showing);
        return DG_OK;
    }
    showing.grid = dg_grid_new(cli, heading, 4);
    if (showing.grid == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    dg_config_each(config, show_one, &showing);
    return dg_grid_print(showing.grid);
}

enum dg_err dg_verb_CONFIG(struct dg_cli *cli)
{
    const char *dir, *action = cli->args.word[0];
    struct dg_config config;

    bool check = strcmp(action, "check") == 0;
    if (!check && strcmp(action, "show") != 0)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "config %s", action);
    enum dg_err err = dg_cli_dir(cli, &dir);
    if (err != DG_OK)
        return err;
    cli->where = dg_arena_printf(&cli->arena, "%s/config", dir);
    err = dg_config_load(dir, &config, &cli->fault);
    if (err != DG_OK)
        return err;
    if (!check)
        return show(cli, &config);
    if (dg_cli_has(cli, DG_OPT_JSON)) {
        struct dg_json *json = dg_json_new();
        dg_json_bool(json, "ok", true);
        dg_json_print(json, cli->out);
        return DG_OK;
    }
    dg_say(cli, cli->out, DG_MSG_CONFIG_GOOD, NULL);
    return DG_OK;
}
