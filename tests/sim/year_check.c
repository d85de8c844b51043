/* year_check.c - every node's account of the year against the plan (Y1 to Y4 of year.h, and Y5 by year_evaluate.c). */
#include <string.h>

#include "node/core/issued.h"
#include "node/core/lineage.h"
#include "tests/sim/year.h"

struct account {
    struct sim_year *year;
    struct dg_day today;
    const struct sim_node *node;
    struct dg_txn *txn;
    const struct dg_dir_unit *self;
    size_t watched;
};

static bool broken(const struct account *a)
{
    return a->year->world->laws.broken;
}

static struct sim_owed *find(const struct account *a, const struct dg_duty *duty)
{
    for (size_t i = 0; i < a->year->count; i++) {
        struct sim_owed *owed = &a->year->owed[i];
        if (dg_bytes_is(duty->unit->slug, a->year->world->node[owed->node].unit) &&
            dg_bytes_is(duty->organ->slug, owed->organ) && dg_bytes_is(duty->entry->rule, owed->rule) &&
            dg_bytes_is(duty->entry->period, owed->period))
            return owed;
    }
    return NULL;
}

/* What is said about an owed report, with whose it is. */
static void differ(const struct account *a, const char *law, const struct sim_owed *owed, const char *what,
                   long is, long planned)
{
    sim_break(a->year->world, law, "at %s, of %s@%s %s %s: %s %ld, by the plan %ld", a->node->unit,
              owed->organ, a->year->world->node[owed->node].unit, owed->rule, owed->period, what, is,
              planned);
}

/* ---- Y1 ------------------------------------------------------------------------------------------ */

static enum dg_duty_state planned_state(const struct sim_owed *owed)
{
    if (!owed->comes)
        return DG_DUTY_MISSING;
    return owed->comes_on.n <= owed->last.n ? DG_DUTY_ON_TIME : DG_DUTY_LATE;
}

static uint32_t planned_days(const struct sim_owed *owed)
{
    return planned_state(owed) == DG_DUTY_LATE ? (uint32_t)(owed->comes_on.n - owed->last.n) : 0;
}

static void check_state(struct account *a, const struct dg_duty *duty, const struct sim_owed *owed)
{
    struct dg_duty_facts facts;
    uint32_t days;
    dg_duty_facts(a->txn, duty, &facts);
    enum dg_duty_state state = dg_duty_judge(duty, &facts, a->today, &days);
    if (duty->entry->due.n != owed->due.n)
        differ(a, "Y1", owed, "due on day", duty->entry->due.n, owed->due.n);
    else if (duty->last.n != owed->last.n)
        differ(a, "Y1", owed, "in time until day", duty->last.n, owed->last.n);
    else if (state != planned_state(owed))
        differ(a, "Y1", owed, dg_duty_state_name(state), (long)state, (long)planned_state(owed));
    else if (days != planned_days(owed))
        differ(a, "Y1", owed, "days late", (long)days, (long)planned_days(owed));
}

/* ---- Y2 ------------------------------------------------------------------------------------------ */

struct chased {
    struct account *a;
    const struct sim_owed *owed;
    uint32_t from; /* the first that must be here */
    uint32_t count;
};

static bool check_reminder(void *ctx, const struct dg_reminder *reminder, const struct dg_hash *hash)
{
    struct chased *chased = ctx;
    const struct sim_owed *owed = chased->owed;
    uint32_t n = chased->from + chased->count++;
    int32_t day = dg_day_of(reminder->issuer.signed_ms).n;
    (void)hash;
    if (day != sim_year_reminded_on(owed, n).n)
        differ(chased->a, "Y2", owed, "reminded on day", day, sim_year_reminded_on(owed, n).n);
    else if (reminder->count != n + 1)
        differ(chased->a, "Y2", owed, "reminder number", (long)reminder->count, (long)n + 1);
    else if (reminder->escalated != (n + 1 >= owed->chase->escalate))
        differ(chased->a, "Y2", owed, "escalated", reminder->escalated, !reminder->escalated);
    return !broken(chased->a);
}

/* All of them at the keeper and the owner, the escalated ones one level above the keeper. */
static void check_reminders(struct account *a, const struct dg_duty *duty, const struct sim_owed *owed)
{
    uint32_t sent = sim_year_reminders(owed, a->today);
    bool below = a->node->index == owed->keeper || a->node->index == owed->node;
    if (!below && a->node->index != a->year->world->node[owed->keeper].parent)
        return;
    struct chased chased = {.a = a, .owed = owed, .from = below ? 0 : owed->chase->escalate - 1};
    dg_reminders_each(a->txn, duty, check_reminder, &chased);
    uint32_t planned = sent > chased.from ? sent - chased.from : 0;
    if (!broken(a) && chased.count != planned)
        differ(a, "Y2", owed, "reminders", (long)chased.count, (long)planned);
}

/* ---- Y3 ------------------------------------------------------------------------------------------ */

struct found {
    struct account *a;
    const struct sim_owed *owed;
    uint32_t count;
};

static bool check_finding(void *ctx, const struct dg_absence *absence, const struct dg_hash *hash)
{
    struct found *found = ctx;
    const struct sim_owed *owed = found->owed;
    enum dg_finding planned = owed->comes ? DG_FINDING_LATE : DG_FINDING_MISSING;
    uint32_t sent = sim_year_reminders(owed, found->a->today);
    (void)hash;
    found->count++;
    if (absence->finding != planned)
        differ(found->a, "Y3", owed, "finding", (long)absence->finding, (long)planned);
    else if (absence->days != planned_days(owed))
        differ(found->a, "Y3", owed, "certified days late", (long)absence->days, (long)planned_days(owed));
    else if (absence->reminder_count != sent)
        differ(found->a, "Y3", owed, "reminders named", (long)absence->reminder_count, (long)sent);
    else if (owed->comes && memcmp(absence->report.b, owed->id.b, sizeof owed->id.b) != 0)
        differ(found->a, "Y3", owed, "another report is named", 1, 0);
    return !broken(found->a);
}

static void check_certificate(struct account *a, const struct dg_duty *duty, const struct sim_owed *owed)
{
    bool in_time = planned_state(owed) == DG_DUTY_ON_TIME;
    enum dg_err planned = in_time && owed->certify ? DG_ERR_DUTY_MET : DG_OK;
    struct found found = {.a = a, .owed = owed};
    dg_absences_each(a->txn, duty, check_finding, &found);
    uint32_t wanted = owed->certify && !in_time ? 1 : 0;
    if (!broken(a) && owed->certified != planned)
        differ(a, "Y3", owed, dg_err_name(owed->certified), (long)owed->certified, (long)planned);
    else if (!broken(a) && found.count != wanted)
        differ(a, "Y3", owed, "certificates", (long)found.count, (long)wanted);
}

/* ---- Y4 ------------------------------------------------------------------------------------------ */

struct descent {
    struct account *a;
    const struct sim_owed *owed;
    size_t count;
};

static bool check_source(void *ctx, const struct dg_lineage *found)
{
    struct descent *descent = ctx;
    const struct sim_owed *owed = descent->owed;
    if (found->depth == 0)
        return true;
    size_t n = descent->count++;
    bool named = false;
    for (size_t i = 0; i < owed->source_count; i++)
        named = named || memcmp(owed->source[i].b, found->id.b, sizeof found->id.b) == 0;
    if (!named)
        differ(descent->a, "Y4", owed, "a source that was not named, number", (long)n, -1);
    else if (found->state != DG_LINEAGE_FETCHED)
        differ(descent->a, "Y4", owed, "state of a source", (long)found->state, DG_LINEAGE_FETCHED);
    return !broken(descent->a);
}

static void check_lineage(struct account *a, const struct sim_owed *owed)
{
    struct descent descent = {.a = a, .owed = owed};
    enum dg_err err = dg_lineage_each(a->txn, &owed->id, check_source, &descent);
    if (err != DG_OK)
        differ(a, "Y4", owed, dg_err_name(err), (long)err, DG_OK);
    else if (!broken(a) && descent.count != owed->source_count)
        differ(a, "Y4", owed, "sources", (long)descent.count, (long)owed->source_count);
}

/* ---- together ------------------------------------------------------------------------------------ */

static bool check_duty(void *ctx, const struct dg_duty *duty)
{
    struct account *a = ctx;
    const struct sim_owed *owed = find(a, duty);
    if (owed == NULL) {
        sim_break(a->year->world, "Y1", "%s says that %.*s@%.*s owes %.*s for %.*s, and nobody planned it",
                  a->node->unit, (int)duty->organ->slug.size, (const char *)duty->organ->slug.data,
                  (int)duty->unit->slug.size, (const char *)duty->unit->slug.data,
                  (int)duty->entry->rule.size, (const char *)duty->entry->rule.data,
                  (int)duty->entry->period.size, (const char *)duty->entry->period.data);
        return false;
    }
    check_reminders(a, duty, owed);
    if (dg_duty_keeper(duty) == a->self) {
        a->watched++;
        if (!broken(a))
            check_state(a, duty, owed);
        if (!broken(a))
            check_certificate(a, duty, owed);
    }
    return !broken(a);
}

static void check_node(struct account *a)
{
    struct dg_directory dir;
    struct dg_held_calendar *calendar;
    size_t calendar_count, planned = 0;
    struct dg_duty_filter always = {.first = {.n = 0}, .last = {.n = 0}};
    struct sim_year *year = a->year;
    if (dg_directory_load(a->txn, a->txn->arena, &dir) != DG_OK ||
        dg_calendars_load(a->txn, a->txn->arena, &calendar_count, &calendar) != DG_OK) {
        sim_break(year->world, "L3", "%s cannot read its store", a->node->unit);
        return;
    }
    a->self = dg_directory_unit(&dir, dg_bytes_of(a->node->unit));
    enum dg_err err = dg_duty_each(&dir, calendar, calendar_count, &always, a->txn->arena, check_duty, a);
    for (size_t i = 0; i < year->count; i++)
        planned += year->owed[i].keeper == a->node->index;
    if (!broken(a) && (err != DG_OK || a->watched != planned))
        sim_break(year->world, "Y1", "%s watches %zu duties, by the plan %zu", a->node->unit, a->watched,
                  planned);
    if (!broken(a))
        sim_year_evaluate(year, a->node, a->txn, &dir, a->self);
    for (size_t i = 0; i < year->count && a->node->index == 0 && !broken(a); i++)
        if (year->owed[i].accepted && year->owed[i].keeper == 0 && year->owed[i].node != 0)
            check_lineage(a, &year->owed[i]);
}

void sim_year_check(struct sim_year *year, struct dg_day today)
{
    struct sim_world *world = year->world;
    for (size_t i = 0; i < world->node_count && !world->laws.broken; i++) {
        struct account a = {.year = year, .today = today, .node = &world->node[i]};
        if (dg_begin_read(a.node->store, &a.txn) != DG_OK) {
            sim_break(world, "L3", "%s cannot be read", a.node->unit);
            return;
        }
        check_node(&a);
        dg_abort(a.node->store, a.txn);
    }
}
