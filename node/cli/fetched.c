/* fetched.c - a source that lineage --fetch brought here. */
#include "node/cli/fetched.h"

#include "node/cli/say.h"

/* ---- reading -------------------------------------------------------------------------------------- */

/* Why there is nothing to show of a source that somebody has asked for. */
static enum dg_err not_here(struct dg_cli *cli, const struct dg_source *source)
{
    bool wanted = source->state == DG_SOURCE_WANTED;
    const char *why = dg_msg(cli, wanted ? DG_MSG_LINEAGE_WANTED : DG_MSG_LINEAGE_REFUSED);

    if (wanted)
        return dg_faultf(&cli->fault, DG_ERR_SOURCE_NOT_HERE, "%s", why);
    return dg_faultf(&cli->fault, DG_ERR_SOURCE_NOT_HERE, "%s (%s)", why,
                     dg_shown(&cli->arena, source->code));
}

enum dg_err dg_view_fetched(struct dg_cli *cli, struct dg_view *view, const char *id, struct dg_fetched *ret)
{
    struct dg_txn *txn = view->txn;
    struct dg_fetched fetched;
    struct dg_id found;

    enum dg_err err = dg_source_find(txn, dg_bytes_of(id), &found, &cli->fault);
    if (err != DG_OK)
        return err;
    if (!dg_source_get(txn, &found, &fetched.source))
        return dg_fault(&cli->fault, txn->err != DG_OK ? txn->err : DG_ERR_NOT_FOUND);
    if (fetched.source.state != DG_SOURCE_FETCHED)
        return not_here(cli, &fetched.source);
    const struct dg_record *record = &fetched.source.record;
    if (dg_envelope_decode(txn->arena, record->envelope, &fetched.envelope, NULL) != DG_OK ||
        dg_report_decode(txn->arena, fetched.envelope.report, &fetched.report, NULL) != DG_OK ||
        dg_leaf_parse(txn->arena, record->leaf, &fetched.leaf, NULL) != DG_OK)
        return dg_faultf(&cli->fault, DG_ERR_STORE_CORRUPT, "%s", id);
    fetched.unit = dg_origin_unit_of(fetched.source.origin);
    *ret = fetched;
    return DG_OK;
}

/* ---- its trail ------------------------------------------------------------------------------------ */

static void add_delivery(struct dg_trail_events *events, const struct dg_trail_event *base,
                         const struct dg_leaf_delivery *delivery)
{
    struct dg_trail_event *event = &events->item[events->count++];

    *event = *base;
    event->id = delivery->through.size > 0 ? DG_TRAIL_WAITS : DG_TRAIL_DELIVERED;
    event->organ = delivery->organ;
    event->unit = delivery->unit;
    event->as = delivery->as;
    event->through = delivery->through;
    event->rule_count = delivery->rule_count;
    event->rule = delivery->rule;
}

enum dg_err dg_fetched_events(struct dg_cli *cli, struct dg_view *view, const struct dg_fetched *fetched,
                              struct dg_trail_events *ret)
{
    const struct dg_leaf *leaf = &fetched->leaf;
    const struct dg_report *report = &fetched->report;
    struct dg_trail_events events = {.capacity = report->author_count + leaf->delivery_count + 1};
    struct dg_trail_event base = {.unit = fetched->unit,
                                  .time = leaf->time,
                                  .has_log = true,
                                  .origin = fetched->source.origin,
                                  .index = fetched->source.record.index,
                                  .proof = DG_PROOF_RECEIPT,
                                  .rank = 1};

    events.item = dg_arena_array(view->txn->arena, events.capacity, sizeof *events.item);
    if (events.item == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < report->author_count; i++) {
        struct dg_trail_event *event = &events.item[events.count++];
        *event = base;
        event->id = DG_TRAIL_SIGNED;
        event->organ = report->author[i].organ;
        event->unit = report->author[i].unit;
        event->time = report->signed_ms;
        event->rank = 0;
    }
    bool own = dg_bytes_equal(report->author[0].unit, fetched->unit);
    base.id = own ? DG_TRAIL_LOGGED : DG_TRAIL_RECEIVED;
    events.item[events.count++] = base;
    base.rank = 2;
    for (size_t i = 0; i < leaf->delivery_count; i++)
        add_delivery(&events, &base, &leaf->delivery[i]);
    *ret = events;
    return DG_OK;
}

void dg_fetched_say(struct dg_cli *cli, const struct dg_fetched *fetched)
{
    struct dg_arena *arena = &cli->arena;

    dg_say(cli, cli->err, DG_MSG_FETCHED_FROM,
           DG_WORDS(dg_shown(arena, fetched->unit), dg_shown(arena, fetched->source.origin),
                    dg_arena_printf(arena, "%llu", (unsigned long long)fetched->source.record.index)));
}
