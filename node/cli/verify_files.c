/* verify_files.c - a trail holds no attachments, only what its author signed of them. */
#include "node/cli/verify_files.h"

#include <string.h>

#include "common/limits.h"
#include "node/cli/attach.h"

/* The attachment of the report that has these bytes, whatever the file is called here. */
static const struct dg_attachment *find(const struct dg_report *report, const struct dg_attachment *found)
{
    for (size_t i = 0; i < report->attachment_count; i++) {
        const struct dg_attachment *attachment = &report->attachment[i];
        if (attachment->size == found->size && dg_hash_equal(&attachment->sha256, &found->sha256))
            return attachment;
    }
    return NULL;
}

/* The chunks are proven too where they are cut as the manifest says. */
static enum dg_err check_one(struct dg_cli *cli, const struct dg_report *report, const char *path,
                             struct dg_check *ret)
{
    struct dg_attachment found = {.size = 0};

    enum dg_err err = dg_attach_survey(cli, path, DG_CHUNK_BYTES, &found);
    if (err != DG_OK)
        return err;
    const struct dg_attachment *attachment = find(report, &found);
    bool ok = attachment != NULL;
    if (ok && attachment->chunk_size == found.chunk_size)
        ok = dg_hash_equal(&attachment->chunk_root, &found.chunk_root);
    *ret = (struct dg_check){.name = "attachment", .ok = ok};
    ret->detail = ok ? attachment->name : dg_bytes_of(path);
    return DG_OK;
}

enum dg_err dg_verify_files(struct dg_cli *cli, struct dg_verification *verification)
{
    const char *const *path;
    size_t count = dg_cli_values(cli, DG_OPT_ATTACHMENT, &path), had = verification->check_count;

    if (count == 0 || !verification->has_report || !verification->verified)
        return DG_OK;
    struct dg_check *check = dg_arena_array(&cli->arena, had + count, sizeof *check);
    if (check == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    memcpy(check, verification->check, had * sizeof *check);
    verification->check = check;
    for (size_t i = 0; i < count && verification->verified; i++) {
        enum dg_err err = check_one(cli, &verification->report, path[i], &check[had + i]);
        if (err != DG_OK)
            return err;
        verification->check_count++;
        verification->verified = check[had + i].ok;
    }
    if (verification->verified)
        return DG_OK;
    return dg_faultf(&cli->fault, DG_ERR_VERIFY_FAILED, "attachment: %s",
                     dg_arena_string(&cli->arena, check[verification->check_count - 1].detail));
}
