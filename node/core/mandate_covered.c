/* mandate_covered.c - does a report name everybody whom the mandate names? */
#include <stdio.h>

#include "common/text.h"
#include "node/core/mandate.h"

/* True when given is at least as strong as what is owed, and waits for whom the rule makes it wait: neither
 * an author nor a node may lead a report past its via organ. */
static bool satisfies(const struct dg_recipient *given, const struct dg_mandate_recipient *owed)
{
    if (!dg_bytes_equal(given->organ, owed->organ) || !dg_bytes_equal(given->unit, owed->unit))
        return false;
    return given->as <= owed->as && dg_bytes_equal(given->through, owed->through);
}

static bool is_named(const struct dg_report *report, const struct dg_mandate_recipient *owed)
{
    for (size_t i = 0; i < report->recipient_count; i++) {
        if (satisfies(&report->recipient[i], owed))
            return true;
    }
    return false;
}

/* Copies a name into a fault, which wants strings. */
static const char *name_text(struct dg_bytes name, char *ret, size_t size)
{
    size_t cut = dg_text_cut(name, size - 1);

    for (size_t i = 0; i < cut; i++)
        ret[i] = (char)name.data[i];
    ret[cut] = '\0';
    return ret;
}

static enum dg_err missing(const struct dg_mandate_recipient *owed, struct dg_fault *fault)
{
    const struct dg_rule *rule = owed->cited[0].rule;
    char id[DG_RULE_ID_MAX + 1], cites[DG_CITES_MAX + 1], organ[DG_SLUG_MAX + 1], unit[DG_SLUG_MAX + 1];
    char address[DG_ADDRESS_MAX + 1];
    struct dg_bytes through = owed->through;

    dg_faultf(fault, DG_ERR_MANDATE_MISSING, "%s%s%.*s", dg_as_name(owed->as),
              through.size > 0 ? " through " : "", (int)through.size,
              through.size > 0 ? (const char *)through.data : "");
    dg_fault_rule(fault, name_text(rule->id, id, sizeof id), name_text(rule->cites, cites, sizeof cites));
    name_text(owed->organ, organ, sizeof organ);
    name_text(owed->unit, unit, sizeof unit);
    snprintf(address, sizeof address, "%s@%s", organ, unit);
    dg_fault_organ(fault, address);
    dg_fault_unit(fault, unit);
    return DG_ERR_MANDATE_MISSING;
}

static const struct dg_mandate_recipient *owed_to(const struct dg_mandate *mandate,
                                                  const struct dg_recipient *given)
{
    for (size_t i = 0; i < mandate->recipient_count; i++) {
        const struct dg_mandate_recipient *owed = &mandate->recipient[i];
        if (dg_bytes_equal(owed->organ, given->organ) && dg_bytes_equal(owed->unit, given->unit))
            return owed;
    }
    return NULL;
}

static bool gives(const struct dg_mandate_recipient *owed, struct dg_bytes rule)
{
    for (size_t i = 0; owed != NULL && i < owed->cited_count; i++) {
        if (dg_bytes_equal(owed->cited[i].rule->id, rule))
            return true;
    }
    return false;
}

/* An author may add recipients, but neither articles nor organs to wait for. */
static enum dg_err check_citations(const struct dg_mandate *mandate, const struct dg_recipient *given,
                                   struct dg_fault *fault)
{
    const struct dg_mandate_recipient *owed = owed_to(mandate, given);
    if (given->through.size > 0 && (owed == NULL || !dg_bytes_equal(given->through, owed->through))) {
        char organ[DG_SLUG_MAX + 1];
        dg_faultf(fault, DG_ERR_NO_RULE, "through %.*s", (int)given->through.size,
                  (const char *)given->through.data);
        dg_fault_organ(fault, name_text(given->organ, organ, sizeof organ));
        return DG_ERR_NO_RULE;
    }
    for (size_t i = 0; i < given->rule_count; i++) {
        if (gives(owed, given->rule[i]))
            continue;
        char organ[DG_SLUG_MAX + 1], rule[DG_RULE_ID_MAX + 1];
        dg_faultf(fault, DG_ERR_NO_RULE, "%s", name_text(given->rule[i], rule, sizeof rule));
        dg_fault_organ(fault, name_text(given->organ, organ, sizeof organ));
        return DG_ERR_NO_RULE;
    }
    return DG_OK;
}

enum dg_err dg_mandate_covered(const struct dg_mandate *mandate, const struct dg_report *report,
                               struct dg_fault *fault)
{
    for (size_t i = 0; i < mandate->recipient_count; i++) {
        const struct dg_mandate_recipient *owed = &mandate->recipient[i];
        if (owed->cited_count > 0 && !is_named(report, owed))
            return missing(owed, fault);
    }
    enum dg_err err = DG_OK;
    for (size_t i = 0; err == DG_OK && i < report->recipient_count; i++)
        err = check_citations(mandate, &report->recipient[i], fault);
    return err;
}
