/* mandate_named.c - a signed report, judged by the regimes that it names.
 *
 * A regime that was adopted while a report was on its way, or before its author had heard of it, does not
 * make the report wrong. It is judged by what it names; what today's rules demand beyond that is added by
 * those who know. What its own unit had already is no news to an author, and hides nowhere (had.h).
 */
#include "common/text.h"
#include "node/core/mandate.h"
#include "node/core/mutant.h"

/* True when the regimes applied are those that the report names, no fewer and no more. */
static bool uses_named(const struct dg_mandate *mandate, const struct dg_report *report)
{
    size_t found = 0;

    for (size_t i = 0; i < mandate->use_count; i++) {
        for (size_t k = 0; k < report->regime_count; k++)
            found += dg_hash_equal(&mandate->use[i].adoption->id, &report->regime[k].adoption);
    }
    return found == mandate->use_count && found == report->regime_count;
}

static bool names(const struct dg_report *report, const struct dg_mandate_recipient *owed)
{
    for (size_t i = 0; i < report->recipient_count; i++) {
        if (dg_bytes_equal(report->recipient[i].organ, owed->organ) &&
            dg_bytes_equal(report->recipient[i].unit, owed->unit))
            return true;
    }
    return false;
}

/* Keeps of today's recipients those that the report does not name. One who would have to wait for a via organ
 * is not among them: that organ has been told nothing, and nobody gets a report past it. */
static void keep_added(struct dg_mandate *today, const struct dg_report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < today->recipient_count; i++) {
        const struct dg_mandate_recipient owed = today->recipient[i];
        if (owed.cited_count > 0 && owed.through.size == 0 && !names(report, &owed))
            today->recipient[count++] = owed;
    }
    today->recipient_count = count;
}

/* The first regime of newer that the report does not name. */
static const struct dg_cited *not_named(const struct dg_mandate *newer, const struct dg_report *report)
{
    for (size_t i = 0; i < newer->use_count; i++) {
        bool named = false;
        for (size_t k = 0; k < report->regime_count && !named; k++)
            named = dg_hash_equal(&newer->use[i].adoption->id, &report->regime[k].adoption);
        if (!named)
            return &newer->use[i];
    }
    return NULL;
}

/* Mostly the newer regime names somebody whom the report leaves out, and that says it best. */
static enum dg_err outdated(const struct dg_mandate *newer, const struct dg_report *report,
                            struct dg_arena *arena, struct dg_fault *fault)
{
    const struct dg_cited *use = newer != NULL ? not_named(newer, report) : NULL;

    if (newer != NULL && dg_mandate_covered(newer, report, fault) == DG_ERR_MANDATE_MISSING)
        return DG_ERR_MANDATE_MISSING;
    enum dg_err err = dg_faultf(fault, DG_ERR_MANDATE_MISSING, "its unit had a newer regime than it names");
    if (use != NULL && use->adoption->regime != NULL)
        dg_fault_rule(fault, dg_arena_string(arena, use->adoption->regime->name),
                      dg_arena_string(arena, use->adoption->regime->title));
    if (newer != NULL && newer->recipient_count > 0)
        dg_fault_organ(fault, dg_arena_string(arena, newer->recipient[0].organ));
    return err;
}

/* Judges again what fits the regimes that it names: they must also be the ones that its author knew. */
static enum dg_err check_had(const struct dg_directory *directory, struct dg_header header,
                             const struct dg_report *report, const struct dg_had *had, struct dg_arena *arena,
                             struct dg_fault *fault)
{
    struct dg_mandate known;

    header.had = had;
    if (had == NULL || DG_MUTANT("older-regime"))
        return DG_OK;
    enum dg_err err = dg_mandate_of(directory, &header, arena, &known, NULL);
    if (err == DG_OK && uses_named(&known, report))
        return DG_OK;
    return outdated(err == DG_OK ? &known : NULL, report, arena, fault);
}

enum dg_err dg_mandate_of_signed(const struct dg_directory *directory, const struct dg_report *report,
                                 const struct dg_had *had, struct dg_arena *arena, struct dg_mandate *ret,
                                 struct dg_mandate *ret_added, struct dg_fault *fault)
{
    static const enum dg_sight sights[] = {DG_SIGHT_OLDER, DG_SIGHT_NAMED};
    struct dg_mandate today = {0}, then;
    struct dg_header header;

    enum dg_err err = dg_header_of(report, arena, &header);
    if (err != DG_OK)
        return dg_fault(fault, err);
    *ret_added = (struct dg_mandate){0};
    err = dg_mandate_of(directory, &header, arena, &today, fault);
    header.named_count = report->regime_count;
    header.named = report->regime;
    for (size_t i = 0; i < sizeof sights / sizeof *sights; i++) {
        if ((err == DG_OK && uses_named(&today, report)) || DG_MUTANT("regime-of-today"))
            break;
        header.sight = sights[i];
        if (dg_mandate_of(directory, &header, arena, &then, NULL) != DG_OK || !uses_named(&then, report))
            continue;
        if (check_had(directory, header, report, had, arena, fault) != DG_OK)
            return DG_ERR_MANDATE_MISSING;
        *ret = then;
        if (err == DG_OK)
            keep_added(&today, report);
        *ret_added = today;
        return dg_fault(fault, DG_OK);
    }
    if (err == DG_OK)
        *ret = today;
    return err;
}
