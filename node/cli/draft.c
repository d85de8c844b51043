/* draft.c - a report as its author wrote it. */
#include "node/cli/draft.h"

#include "common/limits.h"
#include "node/conf/report_file.h"

enum { FILE_MAX = DG_REPORT_MAX + 65536 }; /* front matter spells a little more than R holds */

enum dg_err dg_draft_load(struct dg_cli *cli, const char *file, struct dg_report *ret)
{
    struct dg_bytes text;

    cli->where = file;
    enum dg_err err = dg_file_read(&cli->arena, file, FILE_MAX, &text, &cli->fault);
    return err == DG_OK ? dg_report_read(&cli->arena, text, ret, &cli->fault) : err;
}

enum dg_err dg_draft_date_check(struct dg_cli *cli, const struct dg_report *report)
{
    struct dg_day date;

    if (dg_day_parse(report->date, &date) && date.n <= dg_day_of(report->signed_ms).n)
        return DG_OK;
    return dg_faultf(&cli->fault, DG_ERR_BAD_DATE, "%s", dg_shown(&cli->arena, report->date));
}

static bool listed(const struct dg_bytes list[], size_t count, struct dg_bytes slug)
{
    for (size_t i = 0; i < count; i++) {
        if (dg_bytes_equal(list[i], slug))
            return true;
    }
    return false;
}

enum dg_err dg_draft_signers(struct dg_cli *cli, const struct dg_view *view, const struct dg_dir_unit *self,
                             const struct dg_report *report, size_t *ret_count, struct dg_bytes **ret)
{
    const char *const *with;
    size_t option_count = dg_cli_values(cli, DG_OPT_WITH, &with), count = 0;
    size_t named = report->author_count, most = named + option_count;
    struct dg_bytes *list = dg_arena_array(&cli->arena, most + 1, sizeof *list);

    if (list == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < most; i++) {
        const char *text = i < named
                               ? dg_address_text(&cli->arena, report->author[i].organ, report->author[i].unit)
                               : with[i - named];
        struct dg_bytes slug;
        enum dg_err err = dg_view_organ(cli, view, self, text, DG_ERR_NO_ORGAN, &slug);
        if (err != DG_OK)
            return err;
        if (!listed(list, count, slug))
            list[count++] = slug;
    }
    if (count >= DG_AUTHORS_MAX)
        return dg_faultf(&cli->fault, DG_ERR_TOO_LARGE, "--with: > %d", DG_AUTHORS_MAX - 1);
    *ret_count = count;
    *ret = list;
    return DG_OK;
}

void dg_draft_notice_warn(struct dg_cli *cli, const struct dg_report *report)
{
    struct dg_fault warning;

    if (!dg_report_is_late_notice(report))
        return;
    (void)dg_faultf(&warning, DG_ERR_LATE_NOTICE, "%s", dg_shown(&cli->arena, report->settles_on));
    dg_warn(cli, &warning);
}
