/* passage.c - how it stands with a recipient who waits for a via organ: since when, and what became of it. */
#include "common/line.h"
#include "common/text.h"
#include "node/core/query.h"
#include "proto/pass.h"

/* The unit in federation/unit/eN. */
static struct dg_bytes unit_of(struct dg_bytes origin)
{
    struct dg_bytes federation, rest, unit, epoch;
    if (dg_line_cut(origin, '/', &federation, &rest) && dg_line_cut(rest, '/', &unit, &epoch))
        return unit;
    return dg_bytes_at(NULL, 0);
}

struct search {
    struct dg_txn *txn;
    struct dg_bytes organ, unit;
    struct dg_passage *passage;
    bool received;
};

static void take_decision(struct search *search, const struct dg_custody *custody)
{
    struct dg_passage *passage = search->passage;
    struct dg_pass pass;
    if (!dg_bytes_equal(custody->leaf.organ, search->organ) ||
        !dg_bytes_equal(custody->leaf.unit, search->unit) || passage->decision != 0)
        return;
    if (dg_pass_decode(search->txn->arena, custody->record.sealed.body, &pass, NULL) != DG_OK) {
        dg_txn_fail(search->txn, DG_ERR_STORE_CORRUPT);
        return;
    }
    passage->decision = pass.decision;
    passage->at_ms = custody->leaf.time;
    passage->into = pass.into;
    passage->open = dg_pass_opens(&pass);
    passage->note = pass.note;
}

static bool look_at(void *ctx, const struct dg_custody *custody)
{
    struct search *search = ctx;
    if (custody->record.kind == DG_RECORD_PASS)
        take_decision(search, custody);
    if (custody->record.kind == DG_RECORD_RECEIPT && !search->received &&
        dg_bytes_equal(unit_of(custody->origin), search->unit)) {
        search->received = true;
        search->passage->since_ms = custody->leaf.time;
    }
    return true;
}

void dg_passage_of(struct dg_txn *txn, struct dg_bytes self, const struct dg_held *held,
                   struct dg_bytes through, struct dg_passage *ret)
{
    struct dg_passage passage = {.since_ms = held->report.signed_ms};
    struct search search = {.txn = txn, .passage = &passage};
    if (dg_address_split(through, &search.organ, &search.unit)) {
        dg_custody_each(txn, held->position, look_at, &search);
        if (dg_bytes_equal(search.unit, self))
            passage.since_ms = held->arrived_ms;
    }
    *ret = passage;
}
