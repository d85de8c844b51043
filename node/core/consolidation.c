/* consolidation.c - what an organ has received under one rule for one period. */
#include <stdlib.h>
#include <string.h>

#include "node/core/consolidation_impl.h"
#include "node/core/mutant.h"
#include "proto/pass.h"
#include "proto/state_table.h"

bool dg_gathering_grow(struct dg_arena *arena, void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity == 0 ? 64 : 2 * *capacity;
    void *grown = dg_arena_array(arena, larger, size);
    if (grown == NULL)
        return false;
    if (count > 0)
        memcpy(grown, *(void **)array, count * size);
    *(void **)array = grown;
    *capacity = larger;
    return true;
}

uint16_t dg_gathering_months(const struct dg_period *period)
{
    uint16_t months = 0;
    for (int32_t n = 1; n <= 12; n++) {
        struct dg_period month = {.year = period->year, .cadence = DG_CADENCE_M, .ordinal = n};
        if (dg_period_contains(period, &month))
            months = (uint16_t)(months | 1U << (n - 1));
    }
    return months;
}

const char *dg_left_why_name(enum dg_left_why why)
{
    static const char *const name[] = {"", "superseded", "further", "covered", "contained", "recalled"};
    return name[why];
}

/* ---- what is here --------------------------------------------------------------------------------- */

/* A report that somebody added the organ to by hand lies in its mailbox too, but under no rule. */
static bool cites(const struct dg_mail *mail, struct dg_bytes rule)
{
    for (size_t i = 0; i < mail->rule_count; i++)
        if (dg_bytes_equal(mail->rule[i], rule))
            return true;
    return false;
}

/* It counts only when it lies in the organ's own mailbox: open, or there to be passed on and not sent back.
 */
static bool counts(const struct dg_mail *mail, struct dg_bytes rule)
{
    return cites(mail, rule) && (mail->as == DG_AS_VIA ? mail->decision != DG_DECISION_RETURNED : mail->open);
}

/* A joint report is filed under each of its authors; it is the lead's. */
static enum dg_err read_candidate(struct dg_gathering *g, struct dg_candidate *candidate, bool *ret_is_lead)
{
    struct dg_held *held = dg_arena_alloc(g->txn->arena, sizeof *held);
    if (held == NULL)
        return DG_ERR_NO_MEMORY;
    enum dg_err err = dg_held_get(g->txn, &candidate->filed.id, held);
    if (err != DG_OK)
        return err;
    const struct dg_author *lead = &held->report.author[0];
    *ret_is_lead = dg_bytes_equal(lead->unit, candidate->filed.unit) &&
                   dg_bytes_equal(lead->organ, candidate->filed.organ);
    candidate->report = &held->report;
    if (candidate->out == 0 && dg_superseded_by(g->txn, &held->id, lead, &candidate->by))
        candidate->out = DG_LEFT_SUPERSEDED;
    return DG_OK;
}

/* Cited by an earlier of the rules, and so taken already. */
static bool taken_before(const struct dg_gathering *g, const struct dg_mail *mail)
{
    bool earlier = !dg_bytes_equal(g->cited, g->rule_id);
    if (earlier && cites(mail, g->rule_id))
        return true;
    for (size_t i = 0; earlier && i < g->other_count && !dg_bytes_equal(g->other[i], g->cited); i++)
        if (cites(mail, g->other[i]))
            return true;
    return false;
}

static bool take_filed(void *ctx, const struct dg_filed *filed)
{
    struct dg_gathering *g = ctx;
    struct dg_candidate candidate = {.filed = *filed, .period = g->at};
    struct dg_mail mail;
    bool is_lead = false;
    if (!dg_mail_get(g->txn, g->organ, filed->position, &mail) || !counts(&mail, g->cited) ||
        taken_before(g, &mail))
        return true;
    candidate.asked_back = mail.recall == DG_STATE_RECALL_REQUESTED;
    candidate.out = mail.recall == DG_STATE_RECALL_AGREED ? DG_LEFT_RECALLED : 0;
    enum dg_err err = read_candidate(g, &candidate, &is_lead);
    if (err == DG_OK && !dg_bytes_equal(g->cited, g->rule_id) && !dg_gathering_stands_in(g, &candidate))
        return true;
    if (err == DG_OK && is_lead &&
        !dg_gathering_grow(g->txn->arena, &g->candidate, g->count, &g->capacity, sizeof *g->candidate))
        err = DG_ERR_NO_MEMORY;
    if (err != DG_OK) {
        dg_txn_fail(g->txn, err);
        return false;
    }
    if (is_lead)
        g->candidate[g->count++] = candidate;
    return true;
}

static enum dg_err add_part(struct dg_gathering *g, const struct dg_period *period)
{
    struct dg_part *part = &g->part[g->part_count];
    char text[DG_PERIOD_TEXT];
    if (!dg_period_contains(&g->whole, period))
        return DG_OK;
    dg_period_text(period, text);
    part->period = *period;
    part->text = dg_arena_copy(g->txn->arena, dg_bytes_of(text));
    part->months = dg_gathering_months(period);
    if (part->text.size == 0)
        return DG_ERR_NO_MEMORY;
    g->part_count++;
    return DG_OK;
}

/* The period and every shorter one within it. */
static enum dg_err list_parts(struct dg_gathering *g)
{
    static const struct {
        enum dg_cadence cadence;
        int32_t count;
    } sort[] = {
        {DG_CADENCE_Y, 1}, {DG_CADENCE_9M, 1}, {DG_CADENCE_H, 2}, {DG_CADENCE_Q, 4}, {DG_CADENCE_M, 12}};
    enum dg_err err = DG_OK;
    for (size_t i = 0; i < sizeof sort / sizeof sort[0]; i++)
        for (int32_t n = 1; err == DG_OK && n <= sort[i].count; n++)
            err = add_part(
                g, &(struct dg_period){.year = g->whole.year, .cadence = sort[i].cadence, .ordinal = n});
    return err;
}

static void gather_under(struct dg_gathering *g, struct dg_bytes rule)
{
    g->cited = rule;
    for (size_t i = 0; i < g->part_count; i++) {
        g->at = g->part[i].period;
        dg_filed_each(g->txn, rule, g->part[i].text, dg_bytes_at(NULL, 0), dg_bytes_at(NULL, 0), take_filed,
                      g);
    }
}

static void gather_candidates(struct dg_gathering *g)
{
    dg_gathering_find_others(g);
    gather_under(g, g->rule_id);
    for (size_t i = 0; i < g->other_count && !DG_MUTANT("rule-to-the-letter"); i++)
        gather_under(g, g->other[i]);
}

/* ---- the rule ------------------------------------------------------------------------------------- */

static const struct dg_rule *rule_in(const struct dg_regime *regime, struct dg_bytes id)
{
    for (size_t i = 0; regime != NULL && i < regime->rule_count; i++)
        if (dg_bytes_equal(regime->rule[i].id, id))
            return &regime->rule[i];
    return NULL;
}

static const struct dg_rule *rule_used(const struct dg_directory *directory, const struct dg_report *report,
                                       struct dg_bytes id)
{
    for (size_t i = 0; i < report->regime_count; i++) {
        const struct dg_regime_use *use = &report->regime[i];
        const struct dg_dir_unit *unit = dg_directory_unit(directory, use->unit);
        for (size_t k = 0; unit != NULL && k < unit->adoption_count; k++) {
            const struct dg_rule *rule = dg_hash_equal(&unit->adoption[k].hash, &use->regime)
                                             ? rule_in(unit->adoption[k].regime, id)
                                             : NULL;
            if (rule != NULL)
                return rule;
        }
    }
    return NULL;
}

static const struct dg_rule *rule_in_force(const struct dg_dir_unit *unit, struct dg_day day,
                                           struct dg_bytes id)
{
    struct dg_cited cited[DG_REGIMES_PER_REPORT_MAX + 1];
    size_t count = dg_regimes_at(unit, day, cited, sizeof cited / sizeof cited[0]);
    for (size_t i = 0; i < count; i++) {
        const struct dg_rule *rule = rule_in(cited[i].adoption->regime, id);
        if (rule != NULL)
            return rule;
    }
    return NULL;
}

static const struct dg_rule *find_rule(struct dg_gathering *g)
{
    const struct dg_rule *rule = NULL;
    dg_ms newest = 0;
    for (size_t i = 0; i < g->ret->material_count; i++) {
        const struct dg_material *material = &g->ret->material[i];
        const struct dg_rule *used = rule_used(g->directory, material->report, g->rule_id);
        if (used != NULL && (rule == NULL || material->signed_ms > newest)) {
            rule = used;
            newest = material->signed_ms;
        }
    }
    if (rule == NULL)
        rule = rule_in_force(g->self, g->day, g->rule_id);
    for (size_t i = 0; rule == NULL && i < g->directory->unit_count; i++)
        if (dg_dir_unit_within(&g->directory->unit[i], g->self))
            rule = rule_in_force(&g->directory->unit[i], g->day, g->rule_id);
    if (rule == NULL && g->count > 0)
        rule = g->known; /* all that came is under the rule that took its place */
    return rule;
}

/* ---- the whole ------------------------------------------------------------------------------------ */

static enum dg_err gather(struct dg_gathering *g)
{
    enum dg_err err = list_parts(g);
    if (err != DG_OK)
        return err;
    gather_candidates(g);
    return g->txn->err != DG_OK ? g->txn->err : dg_gathering_choose(g);
}

/* A rule without periods takes reports of any. */
static bool period_asked(const struct dg_gathering *g)
{
    uint32_t cadences = 0;
    for (size_t i = 0; i < g->part_count; i++)
        cadences |= (uint32_t)g->part[i].period.cadence;
    return g->ret->rule->periods == 0 || (g->ret->rule->periods & cadences) != 0;
}

/* M Q H 9M Y, as regime files write them. */
static const char *cadences_text(struct dg_arena *arena, uint32_t cadences)
{
    static const struct {
        enum dg_cadence cadence;
        const char *text;
    } name[] = {{DG_CADENCE_M, "M"},
                {DG_CADENCE_Q, "Q"},
                {DG_CADENCE_H, "H"},
                {DG_CADENCE_9M, "9M"},
                {DG_CADENCE_Y, "Y"}};
    const char *text = "";
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++)
        if ((cadences & (uint32_t)name[i].cadence) != 0)
            text = dg_arena_printf(arena, "%s%s%s", text, text[0] != '\0' ? " " : "", name[i].text);
    return text;
}

/* period was understood, so it is short. */
static enum dg_err check_rule(struct dg_gathering *g, struct dg_bytes period, struct dg_fault *fault)
{
    struct dg_arena *arena = g->txn->arena;
    const struct dg_rule *rule = find_rule(g);
    g->ret->rule = rule;
    if (rule != NULL && period_asked(g))
        return DG_OK;
    if (rule != NULL)
        return dg_faultf(fault, DG_ERR_BAD_PERIOD, "%s (%s: %s)", dg_arena_string(arena, period),
                         dg_arena_string(arena, rule->id), cadences_text(arena, rule->periods));
    enum dg_err err =
        dg_faultf(fault, DG_ERR_NO_RULE, "%.*s", (int)(g->rule_id.size < 40 ? g->rule_id.size : 40),
                  (const char *)g->rule_id.data);
    dg_fault_organ(fault, dg_arena_string(arena, g->organ));
    return err;
}

static enum dg_err not_received(const struct dg_gathering *g, struct dg_bytes period, struct dg_fault *fault)
{
    struct dg_arena *arena = g->txn->arena;
    const struct dg_rule *rule = g->ret->rule;
    enum dg_err err = dg_faultf(fault, DG_ERR_NOT_RECEIVED, "%s, %s (%s)", dg_arena_string(arena, period),
                                dg_arena_string(arena, rule->id), dg_arena_string(arena, rule->cites));
    dg_fault_organ(fault, dg_arena_string(arena, g->organ));
    return err;
}

static enum dg_err judge(struct dg_gathering *g, struct dg_bytes period, struct dg_fault *fault)
{
    bool owed;
    enum dg_err err = check_rule(g, period, fault);
    if (err != DG_OK)
        return err;
    err = dg_gathering_due(g, &owed);
    if (err == DG_OK)
        err = dg_gathering_sums(g);
    if (err != DG_OK)
        return dg_fault(fault, err);
    return g->count > 0 || owed ? DG_OK : not_received(g, period, fault);
}

enum dg_err dg_consolidate(struct dg_txn *txn, const struct dg_directory *directory,
                           const struct dg_dir_unit *self, struct dg_bytes organ, struct dg_bytes rule,
                           struct dg_bytes period, struct dg_day day, struct dg_consolidation *ret,
                           struct dg_fault *fault)
{
    struct dg_consolidation found = {.rule = NULL};
    struct dg_gathering g = {.txn = txn,
                             .directory = directory,
                             .self = self,
                             .organ = organ,
                             .rule_id = rule,
                             .day = day,
                             .ret = &found};
    if (!dg_period_parse(period, &g.whole))
        return dg_faultf(fault, DG_ERR_BAD_PERIOD, "%.*s", (int)(period.size < 40 ? period.size : 40),
                         (const char *)period.data);
    enum dg_err err = gather(&g);
    if (err != DG_OK)
        return dg_fault(fault, err);
    err = judge(&g, period, fault);
    if (err == DG_OK)
        *ret = found;
    return err;
}
