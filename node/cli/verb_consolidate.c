/* verb_consolidate.c - drafts the report that is made of others: sources, sums, and who is missing. */
#include "common/limits.h"
#include "node/cli/json.h"
#include "node/cli/output.h"
#include "node/cli/say.h"
#include "node/cli/view.h"
#include "node/core/consolidation.h"

struct drafting {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_bytes organ;
    const char *rule, *period;
    char today[DG_DAY_TEXT];
    struct dg_consolidation made;
};

/* ---- for machines --------------------------------------------------------------------------------- */

static void json_material(const struct drafting *d, struct dg_json *list, const struct dg_material *material)
{
    struct dg_json *item = dg_json_item(list);

    dg_json_hex(item, "id", material->id.b, sizeof material->id.b);
    dg_json_text(item, "from", dg_address_text(d->view.txn->arena, material->organ, material->unit));
    dg_json_maybe(item, "period", material->report->period);
    dg_json_maybe(item, "number", material->report->number);
    dg_json_instant(item, "signed", material->signed_ms);
    dg_json_instant(item, "arrived", material->arrived_ms);
}

static void print_json(const struct drafting *d)
{
    const struct dg_consolidation *made = &d->made;
    struct dg_arena *arena = d->view.txn->arena;
    struct dg_json *json = dg_json_new();

    dg_json_text(json, "rule", d->rule);
    dg_json_bytes(json, "cites", made->rule->cites);
    dg_json_text(json, "period", d->period);
    dg_json_text(json, "for", dg_address_text(arena, d->organ, dg_bytes_of(d->view.identity.unit)));
    struct dg_json *sources = dg_json_array(json, "sources");
    for (size_t i = 0; i < made->material_count; i++)
        json_material(d, sources, &made->material[i]);
    struct dg_json *left_out = dg_json_array(json, "left_out");
    for (size_t i = 0; i < made->left_out_count; i++) {
        char hex[DG_HEX_BYTES];
        dg_hex(made->left_out[i].b, sizeof made->left_out[i].b, hex);
        dg_json_item_text(left_out, dg_bytes_of(hex));
    }
    struct dg_json *missing = dg_json_array(json, "missing");
    for (size_t i = 0; i < made->absent_count; i++)
        dg_json_item_text(missing, dg_bytes_of(dg_address_text(arena, made->absent[i].organ->slug,
                                                               made->absent[i].unit->slug)));
    struct dg_json *indicators = dg_json_object(json, "indicators");
    for (size_t i = 0; i < made->indicator_count; i++)
        dg_json_decimal(indicators, dg_arena_string(arena, made->indicator[i].name),
                        made->indicator[i].value);
    dg_json_print(json, d->cli->out);
}

/* ---- the draft ------------------------------------------------------------------------------------ */

/* Documents are Vietnamese, whoever asks for them. */
static void add_header(const struct drafting *d, struct dg_buf *out)
{
    const struct dg_consolidation *made = &d->made;
    struct dg_arena *arena = d->view.txn->arena;

    dg_buf_add_text(out, dg_arena_printf(arena,
                                         "---\nkind: %s\nperiod: %s\ndate: %s\n"
                                         "title: \"Báo cáo tổng hợp kỳ %s (dự thảo)\"\nsources:\n",
                                         dg_arena_string(arena, made->rule->kind), d->period, d->today,
                                         d->period));
    for (size_t i = 0; i < made->material_count; i++) {
        char hex[DG_HEX_BYTES];
        dg_hex(made->material[i].id.b, sizeof made->material[i].id.b, hex);
        dg_buf_add_text(out, dg_arena_printf(arena, "  - \"%s\"\n", hex));
    }
    if (made->indicator_count > 0)
        dg_buf_add_text(out, "indicators:\n");
    for (size_t i = 0; i < made->indicator_count; i++)
        dg_buf_add_text(out,
                        dg_arena_printf(arena, "  %s: %s\n", dg_arena_string(arena, made->indicator[i].name),
                                        dg_arena_string(arena, made->indicator[i].value)));
    dg_buf_add_text(out, "---\n");
}

static void add_reporters(const struct drafting *d, struct dg_buf *out)
{
    const struct dg_consolidation *made = &d->made;
    struct dg_arena *arena = d->view.txn->arena;

    dg_buf_add_text(out, "# Đã báo cáo\n\n");
    for (size_t i = 0; i < made->material_count; i++) {
        const struct dg_material *material = &made->material[i];
        char at[DG_LOCAL_TEXT];
        dg_local_text(material->signed_ms, at);
        dg_buf_add_text(out, dg_arena_printf(arena, "- %s: %s, kỳ %s, ký %s: %s\n",
                                             dg_address_text(arena, material->organ, material->unit),
                                             material->report->number.size > 0
                                                 ? dg_shown(arena, material->report->number)
                                                 : "không số",
                                             dg_shown(arena, material->report->period), at,
                                             dg_shown(arena, material->report->title)));
    }
    dg_buf_add_text(out, made->absent_count > 0 ? "\n# Chưa báo cáo\n\n" : "");
    for (size_t i = 0; i < made->absent_count; i++)
        dg_buf_add_text(out, dg_arena_printf(arena, "- %s (%s)\n",
                                             dg_address_text(arena, made->absent[i].organ->slug,
                                                             made->absent[i].unit->slug),
                                             dg_shown(arena, made->absent[i].unit->name)));
    for (size_t i = 0; i < made->rule->outline.count; i++)
        dg_buf_add_text(out,
                        dg_arena_printf(arena, "\n# %s\n", dg_shown(arena, made->rule->outline.item[i])));
}

static enum dg_err write_draft(struct drafting *d)
{
    const char *path = dg_cli_value(d->cli, DG_OPT_OUTPUT);
    struct dg_buf out;

    dg_buf_init(&out, DG_REPORT_MAX);
    add_header(d, &out);
    add_reporters(d, &out);
    enum dg_err err = out.err != DG_OK ? dg_fault(&d->cli->fault, out.err) : DG_OK;
    if (err == DG_OK && path != NULL)
        err = dg_file_write(d->cli, path, dg_buf_bytes(&out));
    else if (err == DG_OK)
        fwrite(out.data, 1, out.size, d->cli->out);
    dg_buf_done(&out);
    if (err == DG_OK)
        dg_say(d->cli, d->cli->err, DG_MSG_CONSOLIDATED,
               DG_WORDS(dg_arena_printf(&d->cli->arena, "%zu", d->made.material_count),
                        dg_arena_printf(&d->cli->arena, "%zu", d->made.left_out_count),
                        dg_arena_printf(&d->cli->arena, "%zu", d->made.absent_count)));
    return err;
}

/* ---- the verb ------------------------------------------------------------------------------------- */

static enum dg_err consolidate(struct drafting *d)
{
    struct dg_cli *cli = d->cli;
    struct dg_directory directory;
    const struct dg_dir_unit *self;
    const char *organ;
    struct dg_day today = dg_day_of(dg_cli_now());

    enum dg_err err = dg_cli_need(cli, DG_OPT_AS, &organ);
    if (err == DG_OK)
        err = dg_cli_need(cli, DG_OPT_RULE, &d->rule);
    if (err == DG_OK)
        err = dg_cli_need(cli, DG_OPT_PERIOD, &d->period);
    if (err == DG_OK)
        err = dg_view_directory(cli, &d->view, &directory);
    if (err == DG_OK)
        err = dg_view_self(cli, &d->view, &directory, &self);
    if (err == DG_OK)
        err = dg_view_organ(cli, &d->view, self, organ, DG_ERR_NO_ORGAN, &d->organ);
    if (err != DG_OK)
        return err;
    dg_day_text(today, d->today);
    cli->where = d->rule;
    err = dg_consolidate(d->view.txn, &directory, self, d->organ, dg_bytes_of(d->rule),
                         dg_bytes_of(d->period), today, &d->made, &cli->fault);
    if (err != DG_OK)
        return err;
    if (!dg_cli_has(cli, DG_OPT_JSON))
        return write_draft(d);
    print_json(d);
    return DG_OK;
}

enum dg_err dg_verb_CONSOLIDATE(struct dg_cli *cli)
{
    struct drafting d = {.cli = cli};

    enum dg_err err = dg_view_open(cli, &d.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &d.view, consolidate(&d));
}
