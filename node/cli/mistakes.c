/* mistakes.c - tells the mistakes of a file, one a line, each with its place. */
#include "node/cli/mistakes.h"

#include <string.h>

/* FILE:LINE:COLUMN: what (CODE), did you mean … */
static void tell_one(struct dg_cli *cli, const char *path, const struct dg_fault *fault,
                     const struct dg_fault_hint *hint)
{
    const char *meant = fault->what + hint->told;

    fprintf(cli->err, "%s:%u:%u: %.*s (%s)%s%s\n", dg_shown(&cli->arena, dg_bytes_of(path)),
            (unsigned)fault->line, (unsigned)fault->column, (int)hint->told, fault->what, hint->code,
            meant[0] != '\0' ? ", " : "", meant[0] != '\0' ? meant + strspn(meant, ": ") : "");
}

void dg_mistakes_tell(struct dg_cli *cli, const char *path, const struct dg_fault_list *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        tell_one(cli, path, &faults->item[i], &faults->hint[i]);
    if (faults->beyond > 0)
        dg_say(cli, cli->err, DG_MSG_MISTAKES_BEYOND,
               DG_WORDS(dg_shown(&cli->arena, dg_bytes_of(path)),
                        dg_arena_printf(&cli->arena, "%zu", faults->beyond)));
}

void dg_mistakes_json(struct dg_json *json, const struct dg_fault_list *faults)
{
    struct dg_json *list = dg_json_array(json, "mistakes");

    for (size_t i = 0; i < faults->count; i++) {
        const struct dg_fault *fault = &faults->item[i];
        struct dg_json *item = dg_json_item(list);
        dg_json_number(item, "line", fault->line);
        dg_json_number(item, "column", fault->column);
        dg_json_text(item, "code", faults->hint[i].code);
        dg_json_text(item, "what", fault->what);
    }
    dg_json_number(json, "beyond", faults->beyond);
}

enum dg_err dg_mistakes_count(struct dg_cli *cli, enum dg_err err, const char *path,
                              const struct dg_fault_list *faults)
{
    const char *count = dg_arena_printf(&cli->arena, "%zu", faults->count + faults->beyond);

    cli->where = path;
    dg_faultf(&cli->fault, err, "%s", dg_phrase(cli, DG_MSG_MISTAKES, DG_WORDS(count)));
    cli->fault.line = faults->item[0].line;
    cli->fault.column = faults->item[0].column;
    return err;
}
