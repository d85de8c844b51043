/* log_export.c - the whole log as tiles, read in short transactions.
 *
 * The log only grows, so what one transaction saw of it the next one sees too: the transaction can be
 * changed at any point of a long export, and the daemon's store gets its old pages back.
 */
#include "node/cli/log_export.h"

#include <unistd.h>

#include "common/limits.h"
#include "node/audit/tiles.h"
#include "node/cli/say.h"

enum { READS_PER_TRANSACTION = 2048 };

struct source {
    struct dg_cli *cli;
    struct dg_view *view;
    unsigned reads;
    struct dg_buf leaf; /* the leaf that is lent out */
    struct dg_folder *folder;
    bool shows_progress;
};

static enum dg_err breathe(struct source *source)
{
    if (++source->reads < READS_PER_TRANSACTION)
        return DG_OK;
    source->reads = 0;
    return dg_view_renew(source->cli, source->view);
}

static enum dg_err read_hash(void *ctx, unsigned level, uint64_t number, struct dg_hash *ret)
{
    struct source *source = ctx;

    enum dg_err err = breathe(source);
    if (err != DG_OK)
        return err;
    struct dg_tree_reader tree = dg_log_tree(source->view->txn);
    return tree.read(tree.ctx, level, number, ret);
}

static enum dg_err read_leaf(void *ctx, uint64_t index, struct dg_bytes *ret)
{
    struct source *source = ctx;
    struct dg_bytes leaf;

    enum dg_err err = breathe(source);
    if (err != DG_OK)
        return err;
    struct dg_txn *txn = source->view->txn;
    if (!dg_leaf_get(txn, index, &leaf))
        return txn->err != DG_OK ? txn->err : DG_ERR_STORE_CORRUPT;
    dg_buf_reset(&source->leaf);
    dg_buf_add_bytes(&source->leaf, leaf);
    *ret = dg_buf_bytes(&source->leaf);
    return source->leaf.err;
}

static enum dg_err emit(void *ctx, const char *path, struct dg_bytes content)
{
    struct source *source = ctx;

    if (source->shows_progress)
        fprintf(source->cli->err, "\r%zu ", source->folder->file_count);
    return dg_folder_emit(source->folder, path, content);
}

enum dg_err dg_log_checkpoint(struct dg_cli *cli, struct dg_view *view, uint64_t *ret_size,
                              struct dg_bytes *ret_checkpoint)
{
    struct dg_log_view log;
    struct dg_note note;
    struct dg_checkpoint checkpoint;

    dg_log_get(view->txn, &log);
    if (log.checkpoint.size == 0)
        return dg_faultf(&cli->fault, DG_ERR_NOT_FOUND, "checkpoint");
    if (dg_note_parse(log.checkpoint, &note) != DG_OK ||
        dg_checkpoint_body_parse(note.text, &checkpoint) != DG_OK)
        return dg_faultf(&cli->fault, DG_ERR_STORE_CORRUPT, "checkpoint");
    *ret_size = checkpoint.size;
    *ret_checkpoint = dg_arena_copy(&cli->arena, log.checkpoint);
    return DG_OK;
}

enum dg_err dg_log_export(struct dg_cli *cli, struct dg_view *view, struct dg_folder *folder)
{
    struct source source = {.cli = cli, .view = view, .folder = folder};
    uint64_t size;
    struct dg_tiles_source tiles = {
        .tree = {.ctx = &source, .read = read_hash}, .ctx = &source, .leaf = read_leaf};
    const struct dg_tiles_sink sink = {.ctx = &source, .emit = emit};

    enum dg_err err = dg_log_checkpoint(cli, view, &size, &tiles.checkpoint);
    if (err != DG_OK)
        return err;
    source.shows_progress = isatty(fileno(cli->err)) == 1;
    dg_buf_init(&source.leaf, DG_LEAF_MAX);
    err = dg_tiles_export(&tiles, size, &sink);
    dg_buf_done(&source.leaf);
    if (err != DG_OK)
        return cli->fault.err == err ? err : dg_fault(&cli->fault, err);
    if (source.shows_progress)
        fputc('\r', cli->err);
    dg_say(cli, cli->err, DG_MSG_EXPORTED_LOG,
           DG_WORDS(dg_arena_printf(&cli->arena, "%llu", (unsigned long long)size),
                    dg_arena_printf(&cli->arena, "%zu", folder->file_count), folder->path));
    return DG_OK;
}
