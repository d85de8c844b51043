/* carry_out.c - export: a transaction per file, so that a long one keeps no pages of the running node. */
#include "common/limits.h"
#include "node/cli/carry.h"
#include "node/cli/say.h"
#include "node/cli/stick.h"
#include "node/cli/view.h"
#include "node/core/carry.h"
#include "node/shell/keyring.h"

struct leaving {
    struct dg_cli *cli;
    const char *dir;
    struct dg_view view;
    struct dg_node *node;
    struct dg_hash *part; /* DG_CARRIED_PARTS_MAX */
    uint64_t bytes;       /* of the bundle in hand */
    size_t unit_count;
    struct dg_bytes *unit; /* whom something waits for; in cli->arena */
};

static void random_bytes(void *ctx, void *ret, size_t size)
{
    (void)ctx;
    dg_random(ret, size);
}

/* ---- one bundle --------------------------------------------------------------------------------- */

static enum dg_err write_parts(struct leaving *l, struct dg_carrying *carrying, struct dg_stick *stick,
                               struct dg_buf *file)
{
    struct dg_cli *cli = l->cli;
    bool more = true;
    for (;;) {
        dg_buf_reset(file);
        enum dg_err err = dg_carry_next(carrying, l->view.txn, file, &more);
        if (err != DG_OK)
            return dg_fault(&cli->fault, err);
        if (!more)
            return DG_OK;
        l->part[carrying->number - 1] = dg_sha256(dg_buf_bytes(file));
        l->bytes += file->size;
        if (stick != NULL)
            err = dg_stick_write(stick, carrying->number, dg_buf_bytes(file));
        if (err == DG_OK)
            err = dg_view_renew(cli, &l->view);
        if (err != DG_OK)
            return err;
    }
}

static enum dg_err write_end(struct leaving *l, struct dg_carrying *carrying, struct dg_stick *stick,
                             struct dg_buf *file)
{
    dg_buf_reset(file);
    enum dg_err err = dg_carry_contents(carrying, l->part, carrying->number, file);
    if (err != DG_OK)
        return dg_fault(&l->cli->fault, err);
    l->bytes += file->size;
    err = dg_stick_write(stick, 0, dg_buf_bytes(file));
    return err == DG_OK ? dg_stick_complete(stick, l->dir) : err;
}

static void tell(struct leaving *l, const struct dg_carrying *carrying, const char *path)
{
    struct dg_cli *cli = l->cli;
    if (dg_cli_has(cli, DG_OPT_JSON)) {
        struct dg_json *json = dg_json_new();
        dg_json_text(json, "to", carrying->unit);
        dg_json_maybe(json, "bundle", dg_bytes_of(path));
        dg_json_number(json, "rows", carrying->rows);
        dg_json_number(json, "files", carrying->number);
        dg_json_number(json, "bytes", l->bytes);
        dg_json_print(json, cli->out);
        return;
    }
    dg_say(cli, cli->out, path[0] != '\0' ? DG_MSG_CARRY_WRITTEN : DG_MSG_CARRY_WOULD,
           DG_WORDS(carrying->unit, path,
                    dg_arena_printf(&cli->arena, "%llu", (unsigned long long)carrying->rows),
                    dg_arena_printf(&cli->arena, "%u", carrying->number),
                    dg_arena_printf(&cli->arena, "%llu", (unsigned long long)l->bytes)));
}

/* A neighbour's bundle. The folder is made once there is something to put into it. */
static enum dg_err write_bundle(struct leaving *l, struct dg_bytes unit, struct dg_buf *file)
{
    struct dg_cli *cli = l->cli;
    struct dg_carrying carrying;
    struct dg_stick stick = {.path = ""};
    bool dry = dg_cli_has(cli, DG_OPT_DRY_RUN);
    l->bytes = 0;
    enum dg_err err = dg_carry_begin(l->node, l->view.txn, unit, dg_cli_now(), &carrying, &cli->fault);
    if (err == DG_OK && !dry)
        err = dg_stick_open(cli, l->dir, l->view.identity.unit, carrying.unit, carrying.made_ms,
                            carrying.bundle, &stick);
    if (err == DG_OK)
        err = write_parts(l, &carrying, dry ? NULL : &stick, file);
    if (err == DG_OK && !dry)
        err = write_end(l, &carrying, &stick, file);
    if (err == DG_OK)
        tell(l, &carrying, stick.path);
    return err;
}

/* ---- all of them -------------------------------------------------------------------------------- */

static bool list_unit(void *ctx, struct dg_bytes unit)
{
    struct leaving *l = ctx;
    const char *only = dg_cli_value(l->cli, DG_OPT_FOR_UNIT);
    if (only == NULL || dg_bytes_is(unit, only))
        l->unit[l->unit_count++] = dg_arena_copy(&l->cli->arena, unit);
    return l->unit_count <= DG_CHILDREN_MAX;
}

static enum dg_err write_all(struct leaving *l)
{
    struct dg_cli *cli = l->cli;
    const char *only = dg_cli_value(cli, DG_OPT_FOR_UNIT);
    struct dg_carrying carrying;
    struct dg_buf file;
    enum dg_err err = DG_OK;
    if (only != NULL)
        err = dg_carry_begin(l->node, l->view.txn, dg_bytes_of(only), dg_cli_now(), &carrying, &cli->fault);
    if (err != DG_OK)
        return err;
    dg_carry_each(l->node, l->view.txn, list_unit, l);
    dg_buf_init(&file, DG_CARRIED_MAX);
    for (size_t i = 0; i < l->unit_count && err == DG_OK; i++)
        err = write_bundle(l, l->unit[i], &file);
    dg_buf_done(&file);
    if (err == DG_OK && l->unit_count == 0)
        dg_say(cli, cli->err, only != NULL ? DG_MSG_CARRY_NOTHING : DG_MSG_CARRY_NOBODY, DG_WORDS(only));
    return err;
}

static enum dg_err with_keys(struct leaving *l)
{
    struct dg_cli *cli = l->cli;
    struct dg_keyring *keyring;
    const char *dir;
    enum dg_err err = dg_cli_dir(cli, &dir);
    if (err == DG_OK)
        err = dg_keyring_open(dir, &keyring, &cli->fault);
    if (err != DG_OK)
        return err;
    struct dg_node_env env = {.signer = dg_keyring_signer(keyring),
                              .sealer = dg_keyring_sealer(keyring),
                              .random = random_bytes,
                              .curve_of = dg_curve_key_of};
    err = dg_node_peek(l->view.store, l->view.txn, &env, &l->node, &cli->fault);
    if (err == DG_OK) {
        err = write_all(l);
        dg_node_close(l->node);
    }
    dg_keyring_close(keyring);
    return err;
}

enum dg_err dg_carry_out(struct dg_cli *cli, const char *dir)
{
    struct leaving l = {.cli = cli, .dir = dir};
    l.part = dg_arena_array(&cli->arena, DG_CARRIED_PARTS_MAX, sizeof *l.part);
    l.unit = dg_arena_array(&cli->arena, DG_CHILDREN_MAX + 2, sizeof *l.unit);
    if (l.part == NULL || l.unit == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    enum dg_err err = dg_view_open(cli, &l.view);
    return err == DG_OK ? dg_view_close(cli, &l.view, with_keys(&l)) : err;
}
