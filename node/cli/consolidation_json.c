/* consolidation_json.c - the draft of a consolidated report for machines. */
#include "node/cli/consolidation.h"
#include "node/cli/correction.h"

static void json_day(struct dg_json *json, const char *key, bool has, struct dg_day day)
{
    char text[DG_DAY_TEXT];

    dg_day_text(day, text);
    if (has)
        dg_json_text(json, key, text);
    else
        dg_json_null(json, key);
}

static void json_source(const struct dg_drafting *d, struct dg_json *list, const struct dg_material *material)
{
    struct dg_json *item = dg_json_item(list);

    dg_json_hex(item, "id", material->id.b, sizeof material->id.b);
    dg_json_text(item, "from", dg_address_text(d->view.txn->arena, material->organ, material->unit));
    dg_json_bytes(item, "rule", material->rule);
    dg_json_maybe(item, "period", material->report->period);
    dg_json_maybe(item, "number", material->report->number);
    dg_json_instant(item, "signed", material->signed_ms);
    dg_json_instant(item, "arrived", material->arrived_ms);
    json_day(item, "due", material->has_due, material->due);
    dg_json_number(item, "days_late", material->days_late);
    dg_json_bool(item, "asked_back", material->asked_back);
}

static void json_left_out(const struct dg_drafting *d, struct dg_json *json)
{
    struct dg_json *list = dg_json_array(json, "left_out");

    for (size_t i = 0; i < d->made.left_out_count; i++) {
        const struct dg_left_out *left = &d->made.left_out[i];
        struct dg_json *item = dg_json_item(list);
        dg_json_hex(item, "id", left->id.b, sizeof left->id.b);
        dg_json_text(item, "from", dg_address_text(d->view.txn->arena, left->organ, left->unit));
        dg_json_maybe(item, "period", left->period);
        dg_json_text(item, "why", dg_left_why_name(left->why));
        dg_json_maybe_id(item, "by", left->why != DG_LEFT_RECALLED, &left->by);
    }
}

/* The periods that each author still owes, or is excused from. Whoever has none of them is not named. */
static void json_gaps(const struct dg_drafting *d, struct dg_json *json, const char *key, bool excused)
{
    struct dg_json *object = dg_json_object(json, key);

    for (size_t i = 0; i < d->made.absent_count; i++) {
        const struct dg_absent *absent = &d->made.absent[i];
        struct dg_json *list = NULL;
        for (size_t k = 0; k < absent->gap_count; k++) {
            if (absent->gap[k].excused != excused)
                continue;
            if (list == NULL)
                list = dg_json_array(
                    object, dg_address_text(d->view.txn->arena, absent->organ->slug, absent->unit->slug));
            dg_json_item_text(list, absent->gap[k].period);
        }
    }
}

static void json_missing(const struct dg_drafting *d, struct dg_json *json)
{
    struct dg_json *missing = dg_json_array(json, "missing");

    for (size_t i = 0; i < d->made.absent_count; i++) {
        const struct dg_absent *absent = &d->made.absent[i];
        if (absent->silent && !absent->excused)
            dg_json_item_text(missing, dg_bytes_of(dg_address_text(d->view.txn->arena, absent->organ->slug,
                                                                   absent->unit->slug)));
    }
    json_gaps(d, json, "missing_periods", false);
    json_gaps(d, json, "excused_periods", true);
}

static void json_indicators(const struct dg_drafting *d, struct dg_json *json)
{
    struct dg_json *indicators = dg_json_object(json, "indicators");

    for (size_t i = 0; i < d->made.indicator_count; i++)
        dg_json_decimal(indicators, dg_arena_string(d->view.txn->arena, d->made.indicator[i].name),
                        d->made.indicator[i].value);
    struct dg_json *not_added = dg_json_array(json, "not_added");
    for (size_t i = 0; i < d->made.not_added_count; i++)
        dg_json_item_text(not_added, d->made.not_added[i]);
}

void dg_consolidation_json(const struct dg_drafting *d)
{
    struct dg_arena *arena = d->view.txn->arena;
    struct dg_json *json = dg_json_new();

    dg_json_text(json, "rule", d->rule);
    dg_json_bytes(json, "cites", d->made.rule->cites);
    dg_json_text(json, "period", d->period);
    dg_json_text(json, "for", dg_address_text(arena, d->organ, dg_bytes_of(d->view.identity.unit)));
    dg_json_bytes(json, "kind", d->kind);
    struct dg_json *recipients = dg_json_array(json, "recipients");
    for (size_t i = 0; i < d->mandate.recipient_count; i++)
        dg_json_item_text(recipients, dg_bytes_of(dg_address_text(arena, d->mandate.recipient[i].organ,
                                                                  d->mandate.recipient[i].unit)));
    struct dg_json *sources = dg_json_array(json, "sources");
    for (size_t i = 0; i < d->made.material_count; i++)
        json_source(d, sources, &d->made.material[i]);
    json_left_out(d, json);
    json_missing(d, json);
    json_indicators(d, json);
    dg_json_print(json, d->cli->out);
}
