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
