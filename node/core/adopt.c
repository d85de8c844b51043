/* adopt.c - this unit adopts a regime: from a day on, beside or in the place of what it had.
 *
 * What was adopted before stays as it is and counts for its own days: the newest adoption that is in force on
 * a document's date judges it. The adoption is signed, logged, and told upward to the root and to every unit
 * below.
 */
#include <string.h>

#include "node/core/mandate.h"
#include "node/core/node_impl.h"

struct adopting {
    struct dg_node *node;
    struct dg_txn *txn;
    const struct dg_ctl_request *request;
    const struct dg_dir_unit *unit;
    struct dg_regime regime;
    struct dg_hash hash;
    struct dg_fault *fault;
};

/* Whether two runs of days have one in common; an end that is not said is open. */
static bool days_meet(bool has_until_a, struct dg_day until_a, bool has_from_b, struct dg_day from_b,
                      struct dg_day from_a, bool has_until_b, struct dg_day until_b)
{
    return (!has_until_a || !has_from_b || from_b.n <= until_a.n) && (!has_until_b || from_a.n <= until_b.n);
}

/* An adoption that could never be in force was not meant. */
static enum dg_err check_days(struct adopting *a)
{
    const struct dg_ctl_request *request = a->request;
    const struct dg_regime *regime = &a->regime;
    char from[DG_DAY_TEXT], until[DG_DAY_TEXT] = "";

    dg_day_text(request->from, from);
    if (request->has_until)
        dg_day_text(request->until, until);
    if (request->has_until && request->until.n < request->from.n)
        return dg_faultf(a->fault, DG_ERR_BAD_VALUE, "--until %s < --from %s", until, from);
    if (days_meet(request->has_until, request->until, regime->has_from, regime->from, request->from,
                  regime->has_until, regime->until))
        return DG_OK;
    char first[DG_DAY_TEXT] = "", last[DG_DAY_TEXT] = "";
    if (regime->has_from)
        dg_day_text(regime->from, first);
    if (regime->has_until)
        dg_day_text(regime->until, last);
    return dg_faultf(a->fault, DG_ERR_BAD_VALUE, "%.*s %s..%s; --from %s%s%s", (int)regime->name.size,
                     (const char *)regime->name.data, first, last, from,
                     request->has_until ? " --until " : "", until);
}

/* An additional regime is left aside where the unit's own main one has its name. */
static enum dg_err check_name(struct adopting *a)
{
    struct dg_cited first;

    if (!a->request->additional || dg_regimes_at(a->unit, a->request->from, &first, 1) == 0 ||
        !first.adoption->main || first.regime_unit != a->unit || first.adoption->regime == NULL ||
        !dg_bytes_equal(first.adoption->regime->name, a->regime.name))
        return DG_OK;
    return dg_faultf(a->fault, DG_ERR_BAD_VALUE, "--additional: %.*s is the main regime",
                     (int)a->regime.name.size, (const char *)a->regime.name.data);
}

/* A report names every regime that was applied, so one unit can have only so many beside one another. */
static enum dg_err check_count(struct adopting *a)
{
    struct dg_cited beside[DG_REGIMES_PER_REPORT_MAX];
    size_t most = sizeof beside / sizeof *beside;
    size_t count = dg_regimes_at(a->unit, a->request->from, beside, most);

    if (a->unit->adoption_count >= DG_ADOPTIONS_MAX)
        return dg_faultf(a->fault, DG_ERR_TOO_LARGE, "adoptions > %d", DG_ADOPTIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct dg_regime *there = beside[i].adoption->regime;
        if (!a->request->additional || (there != NULL && dg_bytes_equal(there->name, a->regime.name)))
            return DG_OK;
    }
    return count < most ? DG_OK : dg_faultf(a->fault, DG_ERR_TOO_LARGE, "regimes > %zu", most);
}

static enum dg_err check(struct adopting *a)
{
    struct dg_bytes compiled = a->request->regime[0];
    enum dg_err err = dg_regime_decode(a->txn->arena, compiled, &a->regime, a->fault);

    if (err != DG_OK)
        return err;
    a->hash = dg_sha256(compiled);
    err = check_days(a);
    if (err == DG_OK)
        err = check_name(a);
    return err == DG_OK ? check_count(a) : err;
}

/* True when the newest adoption says just this: whoever asks again after a lost answer gets the same one. */
static bool is_repeated(const struct adopting *a)
{
    const struct dg_ctl_request *request = a->request;
    const struct dg_dir_adoption *last;

    if (a->unit->adoption_count == 0)
        return false;
    last = &a->unit->adoption[a->unit->adoption_count - 1];
    return dg_hash_equal(&last->hash, &a->hash) && last->main == !request->additional && last->has_from &&
           last->from.n == request->from.n && last->has_until == request->has_until &&
           (!last->has_until || last->until.n == request->until.n);
}

/* Reports of this unit are told apart by their time into those that knew the adoption and those that did not:
 * a clock that was set back must not mix them. */
static dg_ms after_all(struct dg_txn *txn, dg_ms now)
{
    dg_ms last = (dg_ms)dg_meta_u64(txn, "signed-last");
    return now > last ? now : last + 1;
}

/* The row that was written; false after a failure, which is in the fault or in txn. */
static bool issue(struct adopting *a, dg_ms now, struct dg_dir_row *ret)
{
    const struct dg_ctl_request *request = a->request;
    uint32_t last = a->unit->adoption_count == 0 ? 0 : a->unit->adoption[a->unit->adoption_count - 1].serial;
    struct dg_adoption adoption = {
        .federation = dg_bytes_of(a->node->identity.federation),
        .unit = dg_bytes_of(a->node->identity.unit),
        .name = a->regime.name,
        .serial = last + 1,
        .regime = a->hash,
        .main = !request->additional,
        .has_from = true,
        .has_until = request->has_until,
        .from = request->from,
        .until = request->until,
        .signed_ms = after_all(a->txn, now),
    };
    enum dg_err err = dg_issue_adoption(a->txn, &a->node->identity, a->node->env.signer, &adoption,
                                        request->regime[0], now, ret);
    if (err != DG_OK)
        dg_fault(a->fault, err);
    return err == DG_OK && a->txn->err == DG_OK;
}

static void name_it(struct dg_ctl_reply *reply, const struct dg_hash *id)
{
    memcpy(reply->id.b, id->b, sizeof reply->id.b);
    reply->has_id = true;
}

void dg_control_adopt(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                      dg_ms now, struct dg_ctl_reply *reply)
{
    struct adopting a = {.node = node,
                         .txn = txn,
                         .request = request,
                         .unit = dg_node_self(node, txn),
                         .fault = &reply->fault};
    struct dg_dir_row row;

    if (a.unit == NULL) {
        dg_fault(&reply->fault, DG_ERR_STORE_CORRUPT);
        return;
    }
    if (check(&a) != DG_OK)
        return;
    if (is_repeated(&a)) {
        name_it(reply, &a.unit->adoption[a.unit->adoption_count - 1].id);
        return;
    }
    if (request->dry_run || !issue(&a, now, &row))
        return;
    struct dg_hash id = dg_sha256(row.record.sealed.body);
    name_it(reply, &id);
    dg_node_members_changed(node);
    dg_membership_spread(node, txn, &row, dg_bytes_at(NULL, 0), true, now);
}
