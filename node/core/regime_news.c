/* regime_news.c - a regime that another unit has adopted is put before the people whom it concerns.
 *
 * The regulations are issued by one unit and bind others: the superior must know by what rules a unit below
 * works, and the units below, that the rules above them have changed. What a unit brought along from its
 * invitation is no news to who invited it.
 */
#include "node/core/node_impl.h"

/* Directly below this unit, or anywhere above it. */
static bool concerns_us(struct dg_node *node, struct dg_txn *txn, struct dg_bytes slug)
{
    const struct dg_dir_unit *unit = dg_directory_unit(dg_node_directory(node, txn), slug);
    const struct dg_dir_unit *self = dg_node_self(node, txn);
    if (unit == NULL || self == NULL || unit == self)
        return false;
    return unit->parent == self || dg_dir_unit_within(self, unit);
}

void dg_regime_news(struct dg_node *node, struct dg_txn *txn, const struct dg_dir_row *row, dg_ms now)
{
    struct dg_adoption adoption;
    char from[DG_DAY_TEXT], until[DG_DAY_TEXT] = "";
    if (row->kind != 'r' || !concerns_us(node, txn, row->unit) ||
        dg_adoption_decode(txn->arena, row->record.sealed.body, &adoption, NULL) != DG_OK ||
        !adoption.has_from) /* only `regime adopt` gives a first day */
        return;
    dg_day_text(adoption.from, from);
    if (adoption.has_until)
        dg_day_text(adoption.until, until);
    const char *detail =
        dg_arena_printf(txn->arena, "%s, %s%s%s%s", dg_arena_string(txn->arena, adoption.name), from,
                        adoption.has_until ? ".." : "", until, adoption.main ? "" : ", +");
    dg_attention_put(txn, now, DG_ERR_REGIME_ADOPTED, row->unit, dg_bytes_of(detail));
}
