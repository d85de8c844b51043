/* mistakes.c - tells the mistakes of a file, one a line, each with its place. */
#include "node/cli/mistakes.h"

#include <string.h>

void dg_mistakes_tell(struct dg_cli *cli, const char *path, const struct dg_fault_list *faults)
{
    static const char suggests[] = ": did you mean ";

    for (size_t i = 0; i < faults->count; i++) {
        const struct dg_fault *fault = &faults->item[i];
        const char *meant = strstr(fault->what, suggests);
        size_t told = meant == NULL ? strlen(fault->what) : (size_t)(meant - fault->what);
        fprintf(cli->err, "%s:%u:%u: %.*s (%s)%s%s\n", dg_shown(&cli->arena, dg_bytes_of(path)),
                (unsigned)fault->line, (unsigned)fault->column, (int)told, fault->what,
                dg_err_name(fault->err), meant == NULL ? "" : ", ", meant == NULL ? "" : meant + 2);
    }
}

void dg_mistakes_json(struct dg_json *json, const struct dg_fault_list *faults)
{
    struct dg_json *list = dg_json_array(json, "mistakes");

    for (size_t i = 0; i < faults->count; i++) {
        const struct dg_fault *fault = &faults->item[i];
        struct dg_json *item = dg_json_item(list);
        dg_json_number(item, "line", fault->line);
        dg_json_number(item, "column", fault->column);
        dg_json_text(item, "code", dg_err_name(fault->err));
        dg_json_text(item, "what", fault->what);
    }
}

enum dg_err dg_mistakes_count(struct dg_cli *cli, enum dg_err err, const char *path,
                              const struct dg_fault_list *faults)
{
    const char *count = dg_arena_printf(&cli->arena, "%zu", faults->count);

    cli->where = path;
    dg_faultf(&cli->fault, err, "%s", dg_phrase(cli, DG_MSG_FILE_MISTAKES, DG_WORDS(count)));
    cli->fault.line = faults->item[0].line;
    cli->fault.column = faults->item[0].column;
    return err;
}
