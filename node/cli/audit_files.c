/* audit_files.c - disks forget, and somebody may have helped: every whole attachment is hashed again. */
#include "node/cli/audit_files.h"

#include <stdlib.h>

#include "node/core/attached.h"
#include "node/store/files_dir.h"

struct listing {
    struct dg_arena *arena;
    dg_ms since;
    size_t count, capacity;
    struct dg_attachment *what;
    bool short_of_memory;
};

static bool list_one(void *ctx, const struct dg_attached *attached)
{
    struct listing *list = ctx;

    if (attached->state != DG_ATTACHED_WHOLE || attached->since_ms < list->since)
        return true;
    if (list->count == list->capacity) {
        size_t larger = list->capacity == 0 ? 64 : 2 * list->capacity;
        struct dg_attachment *grown = dg_arena_array(list->arena, larger, sizeof *grown);
        list->short_of_memory = grown == NULL;
        if (grown == NULL)
            return false;
        for (size_t i = 0; i < list->count; i++)
            grown[i] = list->what[i];
        list->what = grown;
        list->capacity = larger;
    }
    list->what[list->count++] = attached->what;
    return true;
}

/* What is wrong with a file; NULL: nothing. */
static const char *read_through(struct dg_files *files, const struct dg_attachment *what, uint8_t *piece)
{
    struct dg_survey survey;
    struct dg_attachment found = {.size = 0};
    const char *wrong = NULL;

    dg_survey_start(&survey, what->chunk_size);
    while (wrong == NULL && survey.err == DG_OK && survey.size < what->size) {
        uint64_t left = what->size - survey.size;
        size_t size = left < DG_PIECE_BYTES ? (size_t)left : DG_PIECE_BYTES;
        if (files->ops->read(files, DG_FILE_WHOLE, &what->sha256, survey.size, piece, size) != DG_OK)
            wrong = "ATTACHMENT_MISSING";
        else
            dg_survey_add(&survey, dg_bytes_at(piece, size));
    }
    if (wrong == NULL &&
        (dg_survey_end(&survey, &found) != DG_OK || !dg_hash_equal(&found.sha256, &what->sha256)))
        wrong = "ATTACHMENT_ALTERED";
    dg_survey_free(&survey);
    return wrong;
}

static enum dg_err read_all(struct dg_cli *cli, const char *dir, const struct listing *list,
                            struct dg_audit *audit)
{
    struct dg_audit_notes notes = {.arena = &cli->arena, .audit = audit};
    struct dg_files *files = NULL;
    uint8_t *piece = malloc(DG_PIECE_BYTES);

    if (piece == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    bool there = dg_files_dir_view(dir, &files, NULL) == DG_OK;
    for (size_t i = 0; i < list->count; i++) {
        char hex[DG_HEX_BYTES];
        const char *wrong = there ? read_through(files, &list->what[i], piece) : "ATTACHMENT_MISSING";
        dg_hex(list->what[i].sha256.b, sizeof list->what[i].sha256.b, hex);
        if (wrong != NULL)
            dg_audit_note_about(&notes, true, wrong, dg_bytes_of(hex), dg_bytes_of(""));
    }
    dg_files_close(files);
    free(piece);
    return notes.err == DG_OK ? DG_OK : dg_fault(&cli->fault, notes.err);
}

enum dg_err dg_audit_files(struct dg_cli *cli, const char *dir, struct dg_store *store, dg_ms since,
                           struct dg_audit *audit)
{
    struct listing list = {.arena = &cli->arena, .since = since};
    struct dg_txn *txn;

    enum dg_err err = dg_begin_read(store, &txn);
    if (err != DG_OK)
        return dg_fault(&cli->fault, err);
    dg_attached_each(txn, list_one, &list);
    err = list.short_of_memory ? DG_ERR_NO_MEMORY : txn->err;
    dg_abort(store, txn);
    if (err != DG_OK)
        return dg_fault(&cli->fault, err);
    return list.count > 0 ? read_all(cli, dir, &list, audit) : DG_OK;
}
