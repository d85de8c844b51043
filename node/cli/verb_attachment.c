/* verb_attachment.c - saves one attachment of a report, once all of it is here. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "node/cli/attach.h"
#include "node/cli/output.h"
#include "node/cli/say.h"
#include "node/store/files_dir.h"

/* ---- finding ------------------------------------------------------------------------------------ */

static enum dg_err find(struct dg_cli *cli, struct dg_view *view, struct dg_attached *ret)
{
    struct dg_held held;
    struct dg_bytes name;

    enum dg_err err = dg_view_report(cli, view, cli->args.word[0], &held);
    if (err == DG_OK)
        err = dg_text_enter(&cli->arena, dg_bytes_of(cli->args.word[1]), DG_TEXT_LINE, &name, &cli->fault);
    if (err != DG_OK)
        return err;
    for (size_t i = 0; i < held.report.attachment_count; i++) {
        const struct dg_attachment *attachment = &held.report.attachment[i];
        if (!dg_bytes_equal(attachment->name, name))
            continue;
        (void)dg_attached_find(view->txn, attachment, ret);
        cli->where = cli->args.word[1];
        if (ret->state == DG_ATTACHED_WHOLE)
            return DG_OK;
        return dg_faultf(&cli->fault,
                         ret->state == DG_ATTACHED_REFUSED ? DG_ERR_BAD_ATTACHMENT : DG_ERR_ATTACHMENT_COMING,
                         "%s", dg_attached_words(cli, &cli->arena, ret));
    }
    return dg_faultf(&cli->fault, DG_ERR_NOT_FOUND, "%s", cli->args.word[1]);
}

/* ---- saving ------------------------------------------------------------------------------------- */

/* What is handed out was just compared with what the author signed, since disks forget. */
static enum dg_err copy(struct dg_cli *cli, struct dg_files *files, const struct dg_attachment *what,
                        struct dg_output *out)
{
    struct dg_survey survey;
    struct dg_attachment found = {.size = 0};
    uint8_t *piece = malloc(DG_PIECE_BYTES);
    enum dg_err err = piece != NULL ? DG_OK : dg_fault(&cli->fault, DG_ERR_NO_MEMORY);

    dg_survey_start(&survey, what->chunk_size);
    while (err == DG_OK && survey.size < what->size && survey.err == DG_OK) {
        uint64_t left = what->size - survey.size;
        size_t size = left < DG_PIECE_BYTES ? (size_t)left : DG_PIECE_BYTES;
        if (files->ops->read(files, DG_FILE_WHOLE, &what->sha256, survey.size, piece, size) != DG_OK)
            break;
        err = dg_output_add(out, dg_bytes_at(piece, size));
        dg_survey_add(&survey, dg_bytes_at(piece, size));
    }
    if (err == DG_OK &&
        (dg_survey_end(&survey, &found) != DG_OK || !dg_hash_equal(&found.sha256, &what->sha256)))
        err = dg_faultf(&cli->fault, DG_ERR_BAD_ATTACHMENT, "%s", cli->args.word[1]);
    dg_survey_free(&survey);
    free(piece);
    return err;
}

static enum dg_err save(struct dg_cli *cli, const struct dg_attachment *what, const char *path)
{
    struct dg_files *files;
    struct dg_output out;
    const char *dir;

    enum dg_err err = dg_cli_dir(cli, &dir);
    if (err == DG_OK)
        err = dg_files_dir_view(dir, &files, &cli->fault);
    if (err != DG_OK)
        return err;
    err = dg_output_open(cli, path, &out);
    if (err == DG_OK)
        err = dg_output_close(&out, copy(cli, files, what, &out));
    dg_files_close(files);
    return err;
}

enum dg_err dg_verb_ATTACHMENT(struct dg_cli *cli)
{
    struct dg_attached attached;
    struct dg_view view;
    const char *path;

    enum dg_err err = dg_cli_need(cli, DG_OPT_OUTPUT, &path);
    if (err == DG_OK)
        err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    err = dg_view_close(cli, &view, find(cli, &view, &attached));
    return err == DG_OK ? save(cli, &attached.what, path) : err;
}
