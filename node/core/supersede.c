/* supersede.c - a correction: which report it may supersede, and whom it must not forget. */
#include "node/core/node_impl.h"

bool dg_author_same(const struct dg_report *a, const struct dg_report *b)
{
    return dg_bytes_equal(a->author[0].unit, b->author[0].unit) &&
           dg_bytes_equal(a->author[0].organ, b->author[0].organ);
}

static bool cites(const struct dg_report *report, struct dg_bytes rule)
{
    for (size_t i = 0; i < report->recipient_count; i++)
        for (size_t k = 0; k < report->recipient[i].rule_count; k++)
            if (dg_bytes_equal(report->recipient[i].rule[k], rule))
                return true;
    return false;
}

/* True when some rule owes both. Regimes change, so one rule in common is enough. */
static bool same_rule(const struct dg_report *old, const struct dg_report *report)
{
    size_t rules = 0;
    for (size_t i = 0; i < old->recipient_count; i++)
        for (size_t k = 0; k < old->recipient[i].rule_count; k++, rules++)
            if (cites(report, old->recipient[i].rule[k]))
                return true;
    return rules == 0;
}

static const struct dg_recipient *find(const struct dg_report *report, const struct dg_recipient *wanted)
{
    for (size_t i = 0; i < report->recipient_count; i++)
        if (dg_bytes_equal(report->recipient[i].organ, wanted->organ) &&
            dg_bytes_equal(report->recipient[i].unit, wanted->unit))
            return &report->recipient[i];
    return NULL;
}

static void warn_unreached(struct dg_txn *txn, const struct dg_report *old, const struct dg_report *report,
                           const char *id, struct dg_ctl_reply *reply)
{
    for (size_t i = 0; i < old->recipient_count; i++) {
        const struct dg_recipient *recipient = &old->recipient[i];
        if (find(report, recipient) != NULL)
            continue;
        struct dg_fault *warning = dg_reply_warn(txn, reply);
        if (warning == NULL)
            return;
        (void)dg_faultf(warning, DG_ERR_NOT_REACHED, "%.12s", id);
        dg_fault_organ(warning, dg_arena_string(txn->arena, recipient->organ));
        dg_fault_unit(warning, dg_arena_string(txn->arena, recipient->unit));
    }
}

/* Two corrections of one report leave open which of them holds. */
static void warn_twice(struct dg_txn *txn, const struct dg_report *report, const char *id,
                       struct dg_ctl_reply *reply)
{
    struct dg_id other;
    char hex[DG_HEX_BYTES];
    if (!dg_superseded_by(txn, &report->supersedes, &report->author[0], &other))
        return;
    struct dg_fault *warning = dg_reply_warn(txn, reply);
    dg_hex(other.b, sizeof other.b, hex);
    if (warning != NULL)
        (void)dg_faultf(warning, DG_ERR_SUPERSEDED, "%.12s -> %.12s", id, hex);
}

enum dg_err dg_supersede_check(struct dg_txn *txn, const struct dg_report *report, struct dg_ctl_reply *reply)
{
    struct dg_fault *fault = &reply->fault;
    struct dg_held old;
    char id[DG_HEX_BYTES];
    if (!report->has_supersedes)
        return DG_OK;
    dg_hex(report->supersedes.b, sizeof report->supersedes.b, id);
    enum dg_err err = dg_held_get(txn, &report->supersedes, &old);
    if (err == DG_ERR_NOT_FOUND || (err == DG_OK && old.verdict != DG_VERDICT_ACCEPTED))
        return dg_faultf(fault, DG_ERR_BAD_SUPERSEDES, "%.12s: not known here", id);
    if (err != DG_OK)
        return dg_fault(fault, err);
    if (!dg_author_same(&old.report, report))
        return dg_faultf(fault, DG_ERR_BAD_SUPERSEDES, "%.12s: written by %s@%s", id,
                         dg_arena_string(txn->arena, old.report.author[0].organ),
                         dg_arena_string(txn->arena, old.report.author[0].unit));
    if (!dg_bytes_equal(old.report.kind, report->kind))
        return dg_faultf(fault, DG_ERR_BAD_SUPERSEDES, "%.12s: of the kind %s", id,
                         dg_arena_string(txn->arena, old.report.kind));
    if (!same_rule(&old.report, report))
        return dg_faultf(fault, DG_ERR_BAD_SUPERSEDES, "%.12s: owed by other rules", id);
    warn_unreached(txn, &old.report, report, id, reply);
    warn_twice(txn, report, id, reply);
    return DG_OK;
}
