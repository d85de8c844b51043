/* mandate.c - from a header and the regimes in force to the recipients.
 *
 * The rules are gone through in the order of the regimes: main, additional, then those at the
 * superior unit. What a rule cannot reach is noted, and judged once everything else is known.
 */
#include "node/core/mandate.h"

#include "common/text.h"
#include "node/core/mandate_merge.h"
#include "node/core/mandate_rules.h"

/* The rules that are applied: with the superior's, twice what one unit may have. */
struct rulebook {
    size_t own_count, upward_count;
    struct dg_cited own[DG_REGIMES_PER_REPORT_MAX + 1];
    struct dg_cited upward[DG_REGIMES_PER_REPORT_MAX + 1];
};

/* What dg_mandate_of works on. */
struct work {
    const struct dg_directory *directory;
    struct dg_case c;
    struct dg_merge merge;
    struct dg_fault *fault;
};

/* --- periods and headers -------------------------------------------------------------------- */

bool dg_period_fits(struct dg_bytes kind, struct dg_bytes period)
{
    bool needs_year = dg_bytes_is(kind, "evaluation") || dg_bytes_is(kind, "joint");
    struct dg_period parsed;

    if (period.size == 0)
        return !needs_year && !dg_bytes_is(kind, "periodic");
    if (!dg_period_parse(period, &parsed))
        return false;
    return !needs_year || parsed.cadence == DG_CADENCE_Y;
}

static struct dg_bytes address_of(struct dg_arena *arena, struct dg_bytes organ, struct dg_bytes unit)
{
    return dg_bytes_of(dg_arena_printf(arena, "%.*s@%.*s", (int)organ.size, (const char *)organ.data,
                                       (int)unit.size, (const char *)unit.data));
}

struct dg_day dg_header_organs_on(const struct dg_header *header)
{
    return header->organs_on.n != 0 ? header->organs_on : header->date;
}

enum dg_err dg_header_of(const struct dg_report *report, struct dg_arena *arena, struct dg_header *ret)
{
    struct dg_header header = {.kind = report->kind,
                               .period = report->period,
                               .matter_count = report->matter_count,
                               .matter = report->matter,
                               .also_to_count = report->also_to_count,
                               .also_to = report->also_to};

    if (report->author_count == 0)
        return DG_ERR_MALFORMED;
    if (!dg_day_parse(report->date, &header.date))
        return DG_ERR_BAD_DATE;
    header.organs_on = dg_day_of(report->signed_ms);
    header.organ = report->author[0].organ;
    header.unit = report->author[0].unit;
    header.with_count = report->author_count - 1;
    struct dg_bytes *with = dg_arena_array(arena, header.with_count, sizeof *with);
    if (with == NULL)
        return DG_ERR_NO_MEMORY;
    for (size_t i = 0; i < header.with_count; i++) {
        with[i] = address_of(arena, report->author[i + 1].organ, report->author[i + 1].unit);
        if (with[i].size == 0)
            return DG_ERR_NO_MEMORY;
    }
    header.with = with;
    *ret = header;
    return DG_OK;
}

/* --- the regimes that judge ----------------------------------------------------------------- */

static enum dg_err no_regime(struct work *w, struct dg_bytes unit)
{
    char day[DG_DAY_TEXT];

    dg_day_text(w->c.header->date, day);
    dg_faultf(w->fault, DG_ERR_NO_REGIME, "%s", day);
    dg_fault_unit(w->fault, dg_arena_string(w->c.arena, unit));
    return DG_ERR_NO_REGIME;
}

/* Without its bytes nobody can say what a regime demands, so none may be missing. */
static enum dg_err check_readable(struct work *w, const struct dg_cited *regimes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (regimes[i].adoption->regime == NULL)
            return no_regime(w, regimes[i].regime_unit->slug);
    }
    if (count > DG_REGIMES_PER_REPORT_MAX)
        return dg_faultf(w->fault, DG_ERR_TOO_LARGE, "regimes > %d", DG_REGIMES_PER_REPORT_MAX);
    return DG_OK;
}

/* At the root the unit's own regimes judge the rules that go upward, and find nobody there. */
static enum dg_err open_rulebook(struct work *w, struct rulebook *ret)
{
    const struct dg_dir_unit *unit = w->c.unit;
    const struct dg_dir_unit *superior = unit->parent != NULL ? unit->parent : unit;

    if (unit->parent == NULL && unit->parent_slug.size > 0)
        return no_regime(w, unit->parent_slug);
    ret->own_count = dg_regimes_seen(unit, w->c.header, ret->own, sizeof ret->own / sizeof *ret->own);
    ret->upward_count =
        dg_regimes_seen(superior, w->c.header, ret->upward, sizeof ret->upward / sizeof *ret->upward);
    enum dg_err err = check_readable(w, ret->own, ret->own_count);
    return err != DG_OK ? err : check_readable(w, ret->upward, ret->upward_count);
}

/* --- applying rules ------------------------------------------------------------------------- */

static const struct dg_dir_unit *place(const struct work *w, const struct dg_target *target)
{
    return target->where == DG_WHERE_SAME ? w->c.unit : w->c.unit->parent;
}

/* The organs a target means. False when there is none though there should be; that is noted. */
static bool reach(struct work *w, const struct dg_cited *cited, const struct dg_target *target, enum dg_as as,
                  struct dg_organs *ret)
{
    const struct dg_dir_unit *unit = place(w, target);

    ret->count = 0;
    if (unit == NULL && target->if_superior)
        return true;
    if (unit != NULL)
        dg_role_organs(cited->adoption->regime, unit, target->role, dg_header_organs_on(w->c.header), ret);
    if (ret->count > 0)
        return true;
    dg_merge_unresolved(&w->merge, target->role, unit, as, cited);
    return false;
}

/* The organ that passes a report on; organ is NULL when there is none to wait for. */
struct via {
    const struct dg_dir_organ *organ;
    struct dg_bytes address;
};

/* The via organ of the rule, unless it has none or an author is that organ. */
static struct via find_via(struct work *w, const struct dg_cited *cited)
{
    const struct dg_target *target = &cited->rule->via;
    struct dg_organs organs;

    if (!cited->rule->has_via || !reach(w, cited, target, DG_AS_VIA, &organs) || organs.count == 0)
        return (struct via){0};
    const struct dg_dir_unit *unit = place(w, target);
    for (size_t i = 0; i < organs.count; i++) {
        if (dg_case_author(&w->c, organs.item[i], unit))
            return (struct via){0};
    }
    struct via via = {.organ = organs.item[0],
                      .address = address_of(w->c.arena, organs.item[0]->slug, unit->slug)};
    if (via.address.size == 0)
        w->merge.err = DG_ERR_NO_MEMORY;
    return via;
}

static void deliver(struct work *w, const struct dg_cited *cited, const struct dg_target *target,
                    enum dg_as as, const struct via *via)
{
    const struct dg_dir_unit *unit = place(w, target);
    struct dg_organs organs;

    if (!reach(w, cited, target, as, &organs))
        return;
    for (size_t i = 0; i < organs.count; i++) {
        const struct dg_dir_organ *organ = organs.item[i];
        bool waits = via != NULL && via->organ != NULL && via->organ != organ;
        if (!dg_case_author(&w->c, organ, unit))
            dg_merge_deliver(&w->merge, organ, unit, as, waits ? via->address : (struct dg_bytes){0}, cited);
    }
}

/* Only the addressees wait for the via organ; copies and observers do not. */
static void apply(struct work *w, const struct dg_cited *cited)
{
    const struct dg_rule *rule = cited->rule;
    struct via via = find_via(w, cited);

    dg_merge_use(&w->merge, cited);
    for (size_t i = 0; i < rule->to_count; i++)
        deliver(w, cited, &rule->to[i], DG_AS_TO, &via);
    for (size_t i = 0; i < rule->copy_count; i++)
        deliver(w, cited, &rule->copy[i], DG_AS_COPY, NULL);
    for (size_t i = 0; i < rule->observe_count; i++)
        deliver(w, cited, &rule->observe[i], DG_AS_OBSERVE, NULL);
}

/* Applies the rules of one regime that go upward, or those that do not. Keeps the first that bound
 * in first, whose rule is NULL until then. */
static void apply_regime(struct work *w, const struct dg_cited *regime, bool upward, struct dg_cited *first)
{
    for (size_t i = 0; i < regime->adoption->regime->rule_count; i++) {
        struct dg_cited cited = *regime;
        cited.rule = &regime->adoption->regime->rule[i];
        if (dg_rule_is_upward(cited.rule) != upward || !dg_rule_binds(&cited, &w->c))
            continue;
        if (first->rule == NULL)
            *first = cited;
        apply(w, &cited);
    }
}

/* --- refusals ------------------------------------------------------------------------------- */

/* The roles that a rule of these regimes wants beside the lead's signature, "" when none does. */
static const char *signers_wanted(struct work *w, const struct dg_cited regime[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < regime[i].adoption->regime->rule_count; k++) {
            struct dg_cited cited = regime[i];
            const char *text = "";
            cited.rule = &regime[i].adoption->regime->rule[k];
            for (size_t r = 0; dg_rule_lacks_signer(&cited, &w->c) && r < cited.rule->with.count; r++)
                if (!dg_dir_organ_fills(w->c.author[0], cited.rule->with.item[r]))
                    text = dg_arena_printf(w->c.arena, "%s%s%s", text, text[0] == '\0' ? "" : ", ",
                                           dg_arena_string(w->c.arena, cited.rule->with.item[r]));
            if (text[0] != '\0')
                return text;
        }
    }
    return "";
}

/* Where no regime is in force on the day, no rule covers anything: the clerk is told that it is the day. */
static enum dg_err no_rule(struct work *w, const struct rulebook *book)
{
    const struct dg_header *header = w->c.header;
    const char *kind = dg_arena_string(w->c.arena, header->kind);
    const char *period = dg_arena_string(w->c.arena, header->period);
    const struct dg_bytes author = address_of(w->c.arena, header->organ, header->unit);

    char day[DG_DAY_TEXT];

    dg_day_text(header->date, day);
    bool is_lawless = book->own_count == 0 && book->upward_count == 0;
    const char *with = signers_wanted(w, book->own, book->own_count);
    if (with[0] == '\0')
        with = signers_wanted(w, book->upward, book->upward_count);
    if (with[0] != '\0')
        dg_faultf(w->fault, DG_ERR_NO_RULE, "a further signer is missing, --with: %s", with);
    else
        dg_faultf(w->fault, DG_ERR_NO_RULE, "%s%s%s%s%s", kind, period[0] == '\0' ? "" : " ", period,
                  is_lawless ? ", no regime on " : "", is_lawless ? day : "");
    dg_fault_organ(w->fault, dg_arena_string(w->c.arena, author));
    dg_fault_unit(w->fault, dg_arena_string(w->c.arena, header->unit));
    return DG_ERR_NO_RULE;
}

static enum dg_err no_recipient(struct work *w, const struct dg_rule *rule, const char *role,
                                struct dg_bytes unit, const char *what)
{
    struct dg_arena *arena = w->c.arena;

    dg_faultf(w->fault, DG_ERR_NO_RECIPIENT, "%s", what);
    dg_fault_rule(w->fault, dg_arena_string(arena, rule->id), dg_arena_string(arena, rule->cites));
    dg_fault_organ(w->fault, role);
    dg_fault_unit(w->fault, dg_arena_string(arena, unit));
    return DG_ERR_NO_RECIPIENT;
}

static enum dg_err refuse_unresolved(struct work *w, const struct dg_mandate_unresolved *unresolved)
{
    const char *role = dg_arena_string(w->c.arena, unresolved->role);

    if (unresolved->unit.size > 0)
        return no_recipient(w, unresolved->cited.rule, role, unresolved->unit, dg_as_name(unresolved->as));
    return no_recipient(w, unresolved->cited.rule, dg_arena_printf(w->c.arena, "%s@parent", role),
                        w->c.unit->slug, "no superior unit");
}

/* What is urgent goes to those it can reach, as long as an addressee is among them. */
static bool may_go_incomplete(const struct work *w)
{
    struct dg_bytes kind = w->c.header->kind;
    return (dg_bytes_is(kind, "urgent") || dg_bytes_is(kind, "flash")) && dg_merge_has_to(&w->merge);
}

static enum dg_err check_reached(struct work *w, const struct dg_cited *first)
{
    const struct dg_mandate *mandate = &w->merge.mandate;

    for (size_t i = 0; i < mandate->unresolved_count && !may_go_incomplete(w); i++) {
        if (mandate->unresolved[i].as != DG_AS_OBSERVE)
            return refuse_unresolved(w, &mandate->unresolved[i]);
    }
    if (dg_merge_has_to(&w->merge))
        return DG_OK;
    const char *role =
        first->rule->to_count == 0 ? "-" : dg_arena_string(w->c.arena, first->rule->to[0].role);
    return no_recipient(w, first->rule, role, w->c.unit->slug, "only the author itself");
}

/* --- the author's own additions ------------------------------------------------------------- */

static enum dg_err bad_recipient(struct work *w, struct dg_bytes address)
{
    dg_fault(w->fault, DG_ERR_BAD_RECIPIENT);
    dg_fault_organ(w->fault, dg_arena_string(w->c.arena, address));
    return DG_ERR_BAD_RECIPIENT;
}

/* Beyond what this directory knows, the nearest common ancestor will resolve it. */
static enum dg_err add_also(struct work *w, struct dg_bytes address)
{
    struct dg_bytes slug, unit_slug;
    const struct dg_dir_organ *organ = NULL;

    if (!dg_address_split(address, &slug, &unit_slug))
        return bad_recipient(w, address);
    const struct dg_dir_unit *unit = dg_directory_unit(w->directory, unit_slug);
    if (unit != NULL) {
        organ = dg_dir_unit_organ(unit, slug, dg_header_organs_on(w->c.header));
        if (organ == NULL && !unit->partial)
            return bad_recipient(w, address);
        if (organ != NULL && dg_case_author(&w->c, organ, unit))
            return DG_OK;
    }
    dg_merge_also(&w->merge, slug, unit_slug, organ);
    return DG_OK;
}

static enum dg_err add_all_also(struct work *w)
{
    const struct dg_header *header = w->c.header;
    enum dg_err err = DG_OK;

    for (size_t i = 0; err == DG_OK && i < header->also_to_count; i++)
        err = add_also(w, header->also_to[i]);
    return err;
}

/* --- all together --------------------------------------------------------------------------- */

static enum dg_err apply_rulebook(struct work *w, const struct rulebook *book)
{
    struct dg_cited first = {0};

    for (size_t i = 0; i < book->own_count; i++)
        apply_regime(w, &book->own[i], false, &first);
    for (size_t i = 0; i < book->upward_count; i++)
        apply_regime(w, &book->upward[i], true, &first);
    if (w->merge.err != DG_OK)
        return dg_faultf(w->fault, w->merge.err, "recipients");
    if (first.rule == NULL)
        return no_rule(w, book);
    return check_reached(w, &first);
}

enum dg_err dg_mandate_of(const struct dg_directory *directory, const struct dg_header *header,
                          struct dg_arena *arena, struct dg_mandate *ret, struct dg_fault *fault)
{
    struct work w = {.directory = directory, .merge = {.arena = arena}, .fault = fault};
    struct rulebook book;

    enum dg_err err = dg_case_open(directory, header, arena, &w.c, fault);
    if (err == DG_OK)
        err = open_rulebook(&w, &book);
    if (err == DG_OK)
        err = apply_rulebook(&w, &book);
    if (err == DG_OK)
        err = add_all_also(&w);
    if (err == DG_OK && w.merge.err != DG_OK)
        err = dg_faultf(fault, w.merge.err, "recipients");
    if (err != DG_OK)
        return err;
    dg_merge_sort(&w.merge);
    *ret = w.merge.mandate;
    return DG_OK;
}
