/* duty.c - which reports are owed, by whom, until when.
 *
 * Day by day, so that who asks for a few days pays for no others, and who has seen enough stops: the entries
 * due on one day, for each unit those that count there, for each of its organs those that bind it.
 */
#include "node/core/duty.h"

#include <string.h>

#include "node/core/duty_dates.h"
#include "node/core/duty_rules.h"
#include "node/core/mandate_rules.h"
#include "node/core/mutant.h"

enum { REGIMES_MAX = 2 * (DG_REGIMES_PER_REPORT_MAX + 1), LEARNT_MAX = 4 };

/* The rule of an id in a regime that was looked into before; NULL when it has none. */
struct learnt {
    const struct dg_regime *regime;
    const struct dg_rule *rule;
};

/* An entry due on the day at hand. */
struct owing {
    const struct dg_date *date;
    uint32_t cadence;
    size_t learnt_next;
    struct learnt learnt[LEARNT_MAX]; /* most units are under the same few regimes */
    size_t cited_count;               /* the rules of its id that judge the unit at hand */
    struct dg_cited cited[REGIMES_MAX];
};

struct walk {
    const struct dg_directory *directory;
    const struct dg_duty_filter *filter;
    struct dg_arena *arena;
    struct dg_dates dates;
    size_t owing_count; /* the entries due on one day */
    struct owing *owing;
    size_t here_count; /* those of them that count at the unit at hand */
    struct owing **here;
    bool (*each)(void *ctx, const struct dg_duty *duty);
    void *ctx;
};

/* --- rules ---------------------------------------------------------------------------------- */

/* The rule that the entry names, in one regime. */
static const struct dg_rule *rule_of(struct owing *owing, const struct dg_regime *regime)
{
    for (size_t i = 0; i < LEARNT_MAX; i++) {
        if (owing->learnt[i].regime == regime)
            return owing->learnt[i].rule;
    }
    struct learnt *place = &owing->learnt[owing->learnt_next++ % LEARNT_MAX];
    *place = (struct learnt){regime, dg_regime_rule(regime, owing->date->entry->rule)};
    return place->rule;
}

/* Adds the rule of the entry in the regimes at one unit, if it goes upward or does not, as asked. */
static void cite(struct owing *owing, const struct dg_dir_unit *at, bool upward)
{
    const struct dg_calendar_entry *entry = owing->date->entry;
    struct dg_day day = DG_MUTANT("regime-of-first") ? entry->first : entry->cutoff;
    struct dg_cited regime[DG_REGIMES_PER_REPORT_MAX + 1];
    size_t count = dg_regimes_at(at, day, regime, sizeof regime / sizeof *regime);

    for (size_t i = 0; i < count; i++) {
        if (regime[i].adoption->regime == NULL)
            continue; /* its bytes are still on their way */
        regime[i].rule = rule_of(owing, regime[i].adoption->regime);
        if (regime[i].rule != NULL && dg_rule_is_upward(regime[i].rule) == upward)
            owing->cited[owing->cited_count++] = regime[i];
    }
}

/* A rule to the superior unit is judged by the regimes there, every other by those at the unit, and nobody
 * below the unit that is owed the report says until when. At the root nothing goes upward. */
static void cite_all(const struct dg_dates *dates, struct owing *owing, const struct dg_dir_unit *unit)
{
    owing->cited_count = 0;
    if (dg_date_counts(dates, owing->date, unit, unit))
        cite(owing, unit, false);
    if (unit->parent != NULL && dg_date_counts(dates, owing->date, unit, unit->parent))
        cite(owing, unit->parent, true);
}

/* --- does it bind? -------------------------------------------------------------------------- */

/* The further signers that a joint report needs; the first organ of each role stands for all of it. */
static void add_signers(struct dg_case *c, const struct dg_cited *cited, struct dg_day day)
{
    const struct dg_slugs *with = &cited->rule->with;
    struct dg_organs organs;

    for (size_t i = 0; i < with->count && c->author_count < DG_AUTHORS_MAX; i++) {
        dg_role_organs(cited->adoption->regime, c->unit, with->item[i], day, &organs);
        if (organs.count == 0)
            continue;
        c->author_unit[c->author_count] = c->unit;
        c->author[c->author_count++] = organs.item[0];
    }
}

/* True when somebody else than the author can be the addressee. A unit that lacks the organ is told so when
 * the report is pushed, and owes it nevertheless. */
static bool has_addressee(const struct dg_cited *cited, const struct dg_dir_unit *unit,
                          const struct dg_dir_organ *author, struct dg_day day)
{
    struct dg_organs organs;

    for (size_t i = 0; i < cited->rule->to_count; i++) {
        const struct dg_target *to = &cited->rule->to[i];
        const struct dg_dir_unit *at = to->where == DG_WHERE_SAME ? unit : unit->parent;
        if (at == NULL)
            continue;
        dg_role_organs(cited->adoption->regime, at, to->role, day, &organs);
        if (organs.count != 1 || organs.item[0] != author)
            return true;
    }
    return false;
}

/* A report of the rule's own kind, about all its matters: what is asked is only whom it binds. */
static bool binds(const struct owing *owing, const struct dg_cited *cited, const struct dg_dir_unit *unit,
                  const struct dg_dir_organ *organ)
{
    const struct dg_calendar_entry *entry = owing->date->entry;
    const struct dg_header header = {.unit = unit->slug,
                                     .organ = organ->slug,
                                     .kind = cited->rule->kind,
                                     .period = entry->period,
                                     .date = entry->cutoff,
                                     .matter_count = cited->rule->matter.count,
                                     .matter = cited->rule->matter.item};
    struct dg_case c = {.header = &header,
                        .unit = unit,
                        .author_count = 1,
                        .author = {organ},
                        .author_unit = {unit},
                        .cadence = owing->cadence};

    if (!dg_period_fits(header.kind, header.period))
        return false;
    add_signers(&c, cited, entry->cutoff);
    return dg_rule_binds(cited, &c) && has_addressee(cited, unit, organ, entry->cutoff);
}

/* The first rule that binds the organ, NULL when none does. */
static const struct dg_rule *binding_rule(const struct owing *owing, const struct dg_dir_unit *unit,
                                          const struct dg_dir_organ *organ)
{
    for (size_t i = 0; i < owing->cited_count; i++) {
        if (binds(owing, &owing->cited[i], unit, organ))
            return owing->cited[i].rule;
    }
    return NULL;
}

/* --- the walk ------------------------------------------------------------------------------- */

/* Says what the organ owes on the day at hand. False when each wants no more. */
static bool visit_organ(struct walk *w, const struct dg_dir_unit *unit, struct dg_bytes slug)
{
    for (size_t i = 0; i < w->here_count; i++) {
        const struct dg_date *date = w->here[i]->date;
        const struct dg_dir_organ *organ = dg_dir_unit_organ(unit, slug, date->entry->cutoff);
        const struct dg_rule *rule = organ == NULL ? NULL : binding_rule(w->here[i], unit, organ);
        struct dg_duty duty = {unit, organ, date->held, date->entry, rule, date->held, date->entry->due};
        if (rule == NULL)
            continue;
        duty.last = dg_date_last(&w->dates, date, unit, &duty.set_by);
        if (!w->each(w->ctx, &duty))
            return false;
    }
    return true;
}

static bool visit_unit(struct walk *w, const struct dg_dir_unit *unit)
{
    bool more = true;

    w->here_count = 0;
    for (size_t i = 0; i < w->owing_count; i++) {
        struct owing *owing = &w->owing[i];
        cite_all(&w->dates, owing, unit);
        if (owing->cited_count > 0)
            w->here[w->here_count++] = owing;
    }
    if (w->here_count == 0)
        return true;
    for (size_t i = 0; i < unit->organ_count && more; i++) {
        struct dg_bytes slug = unit->organ[i].slug;
        bool first = i == 0 || !dg_bytes_equal(unit->organ[i - 1].slug, slug); /* of its serials */
        if (first && (w->filter->organ.size == 0 || dg_bytes_equal(w->filter->organ, slug)))
            more = visit_organ(w, unit, slug);
    }
    return more;
}

/* True when reports of unit can come to at, or that was not asked. */
static bool is_near(const struct dg_dir_unit *unit, const struct dg_dir_unit *at)
{
    return at == NULL || unit == at || unit->parent == at;
}

static bool visit_units(struct walk *w)
{
    const struct dg_directory *directory = w->directory;
    bool more = true;

    if (w->filter->unit.size != 0) {
        const struct dg_dir_unit *unit = dg_directory_unit(directory, w->filter->unit);
        return unit == NULL || !is_near(unit, w->filter->at) || visit_unit(w, unit);
    }
    for (size_t i = 0; i < directory->unit_count && more; i++) {
        if (is_near(&directory->unit[i], w->filter->at))
            more = visit_unit(w, &directory->unit[i]);
    }
    return more;
}

static void open_day(struct walk *w, const struct dg_date *const *date, size_t count)
{
    memset(w->owing, 0, count * sizeof *w->owing);
    for (size_t i = 0; i < count; i++) {
        struct dg_period period = {.cadence = 0};
        w->owing[i].date = date[i];
        if (dg_period_parse(date[i]->entry->period, &period))
            w->owing[i].cadence = period.cadence;
    }
    w->owing_count = count;
}

/* How many of the dates from the first on are due on its day. */
static size_t count_day(const struct dg_date *const *date, size_t count)
{
    size_t same = 1;

    while (same < count && date[same]->entry->due.n == date[0]->entry->due.n)
        same++;
    return same;
}

/* Room for the fullest day. */
static enum dg_err make_room(struct walk *w)
{
    size_t most = 0;

    for (size_t at = 0, count; at < w->dates.asked_count; at += count) {
        count = count_day(w->dates.asked + at, w->dates.asked_count - at);
        most = count > most ? count : most;
    }
    w->owing = dg_arena_array(w->arena, most, sizeof *w->owing);
    w->here = dg_arena_array(w->arena, most, sizeof(struct owing *));
    return w->owing == NULL || w->here == NULL ? DG_ERR_NO_MEMORY : DG_OK;
}

enum dg_err dg_duty_each(const struct dg_directory *directory, const struct dg_held_calendar calendar[],
                         size_t calendar_count, const struct dg_duty_filter *filter, struct dg_arena *arena,
                         bool (*each)(void *ctx, const struct dg_duty *duty), void *ctx)
{
    struct walk w = {.directory = directory, .filter = filter, .arena = arena, .each = each, .ctx = ctx};

    enum dg_err err = dg_dates_collect(directory, calendar, calendar_count, filter, arena, &w.dates);
    if (err == DG_OK)
        err = make_room(&w);
    if (err != DG_OK)
        return err;
    for (size_t at = 0, count; at < w.dates.asked_count; at += count) {
        count = count_day(w.dates.asked + at, w.dates.asked_count - at);
        open_day(&w, w.dates.asked + at, count);
        if (!visit_units(&w))
            break;
    }
    return DG_OK;
}

/* --- judging -------------------------------------------------------------------------------- */

struct dg_day dg_duty_last(const struct dg_duty *duty, const struct dg_duty_facts *facts)
{
    return facts->extended && facts->until.n > duty->last.n ? facts->until : duty->last;
}

enum dg_duty_state dg_duty_judge(const struct dg_duty *duty, const struct dg_duty_facts *facts,
                                 struct dg_day today, uint32_t *ret_days_late)
{
    struct dg_day last = dg_duty_last(duty, facts);
    struct dg_day came_on = dg_day_of(facts->came_ms);

    if (ret_days_late != NULL)
        *ret_days_late = 0;
    if (facts->submitted && came_on.n <= last.n)
        return DG_DUTY_ON_TIME;
    if (facts->excused)
        return DG_DUTY_EXCUSED;
    if (!facts->submitted)
        return today.n > last.n ? DG_DUTY_MISSING : DG_DUTY_OWED;
    if (ret_days_late != NULL)
        *ret_days_late = (uint32_t)(came_on.n - last.n);
    return DG_DUTY_LATE;
}

const char *dg_duty_state_name(enum dg_duty_state state)
{
    switch (state) {
    case DG_DUTY_OWED:
        return "owed";
    case DG_DUTY_ON_TIME:
        return "on-time";
    case DG_DUTY_LATE:
        return "late";
    case DG_DUTY_MISSING:
        return "missing";
    case DG_DUTY_EXCUSED:
        return "excused";
    }
    return "?";
}
