/* year_plan.c - who owes what in the year, and who will do it: written down without the core's help. */
#include "tests/sim/year.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/calendar.h"

enum { MONTHS = 12, REORGANISED = 7, NOT_ASKED = 8, CUTOFF = 14, PERIOD_BYTES = 8 };

/* When the province issues its calendar, and for which months. */
static const struct {
    int month, day; /* of the signature */
    int first, last;
    int days; /* which due days and chase */
} issues[] = {{1, 1, 1, MONTHS, 0},
              {6, 20, REORGANISED, MONTHS, 1},
              {9, 10, NOT_ASKED, NOT_ASKED, 1},
              {10, 25, 10, MONTHS, 1}};

static const struct sim_chase chases[] = {{1, 7, 3}, {2, 5, 2}};
/* Days of the month: of a commune's monthly report, of the units' above it, of the quarterly one. */
static const int due_days[][3] = {{17, 19, 16}, {20, 22, 18}};
static const char *const reporting[] = {"chinh-quyen", "mttq", "to-chuc-ct-xh", "luc-luong-vu-trang"};

struct dg_day sim_year_day(int month, int day)
{
    char text[DG_DAY_TEXT];
    struct dg_day ret = {.n = 0};
    (void)snprintf(text, sizeof text, "%04u-%02u-%02u", (unsigned)SIM_YEAR, (unsigned)month % 100,
                   (unsigned)day % 100);
    bool good = dg_day_parse(dg_bytes_of(text), &ret);
    assert(good);
    (void)good;
    return ret;
}

static void month_text(int month, char ret[static PERIOD_BYTES])
{
    (void)snprintf(ret, PERIOD_BYTES, "%04u-%02u", (unsigned)SIM_YEAR, (unsigned)month % 100);
}

/* The quarter that ends with a month. */
static void quarter_text(int month, char ret[static PERIOD_BYTES])
{
    (void)snprintf(ret, PERIOD_BYTES, "%04u-Q%u", (unsigned)SIM_YEAR, (unsigned)(month / 3) % 10);
}

/* ---- what is owed -------------------------------------------------------------------------------- */

static bool in_changing(const struct sim_node *node)
{
    return node->index == SIM_CHANGING || node->parent == SIM_CHANGING;
}

/* In time, late, or never. */
static void decide(struct sim_choice *choice, const struct sim_node *node, struct sim_owed *owed)
{
    struct dg_day change = sim_year_day(REORGANISED, 1);
    owed->comes = true;
    if (sim_chance(choice, 6500))
        owed->comes_on.n = owed->last.n - (int32_t)sim_below(choice, 3);
    else if (sim_chance(choice, 6000))
        owed->comes_on.n = owed->last.n + 1 + (int32_t)sim_below(choice, 25);
    else
        owed->comes = false;
    /* Some of what the old regime asked for comes under the new one. */
    bool under_new = owed->keeper == SIM_CHANGING || in_changing(&node->world->node[owed->keeper]);
    if (under_new && owed->last.n < change.n && owed->last.n > change.n - 20 && sim_chance(choice, 5000)) {
        owed->comes = true;
        owed->comes_on.n = change.n + (int32_t)sim_below(choice, 12);
    }
    if (node->index == SIM_SILENT && owed->due.n >= change.n)
        owed->comes = false;
    if (owed->comes_on.n > sim_year_day(MONTHS, 31).n)
        owed->comes = false;
    owed->certify = sim_chance(choice, 2000);
}

static struct sim_owed *owe(struct sim_year *year, const struct sim_node *node, int month, int due_kind)
{
    int serial = month >= REORGANISED;
    assert(year->count < SIM_OWED_MAX);
    struct sim_owed *owed = &year->owed[year->count++];
    *owed = (struct sim_owed){.node = node->index,
                              .due = sim_year_day(month, due_days[serial][due_kind]),
                              .chase = &chases[serial]};
    owed->last = month == NOT_ASKED ? sim_year_day(9, 10) : owed->due;
    return owed;
}

/* The committee of every unit to that of the unit above. */
static void owe_month(struct sim_year *year, int month)
{
    struct sim_world *world = year->world;
    for (size_t i = 1; i < world->node_count; i++) {
        const struct sim_node *node = &world->node[i];
        bool changed = month >= REORGANISED && node->parent == SIM_CHANGING;
        struct sim_owed *owed = owe(year, node, month, node->level == 2 ? 0 : 1);
        owed->keeper = node->parent;
        owed->organ = "cap-uy";
        owed->rule = changed ? "H-23.2b" : "BP-24.2b";
        month_text(month, owed->period);
        decide(&world->choice, node, owed);
    }
}

/* The authorities and unions of every unit to its committee; a bloc has only the unions. */
static void owe_quarter(struct sim_year *year, int month)
{
    struct sim_world *world = year->world;
    for (size_t i = 0; i < world->node_count; i++) {
        const struct sim_node *node = &world->node[i];
        bool changed = month >= REORGANISED && in_changing(node);
        for (size_t k = 0; k < sizeof reporting / sizeof reporting[0]; k++) {
            if (node->bloc && strcmp(reporting[k], "to-chuc-ct-xh") != 0)
                continue;
            struct sim_owed *owed = owe(year, node, month, 2);
            owed->keeper = node->index;
            owed->organ = reporting[k];
            owed->rule = changed ? "H-23.2a" : "BP-24.2a";
            quarter_text(month, owed->period);
            decide(&world->choice, node, owed);
        }
    }
}

void sim_year_plan(struct sim_year *year)
{
    for (int month = 1; month <= MONTHS; month++) {
        owe_month(year, month);
        if (month % 3 == 0)
            owe_quarter(year, month);
    }
}

uint32_t sim_year_reminders(const struct sim_owed *owed, struct dg_day today)
{
    /* A reminder is sent in the morning, a report during the day. */
    int32_t last = owed->comes ? owed->comes_on.n : today.n;
    int32_t since = last - owed->last.n - owed->chase->after;
    return since < 0 ? 0 : 1 + (uint32_t)(since / owed->chase->every);
}

struct dg_day sim_year_reminded_on(const struct sim_owed *owed, uint32_t n)
{
    return (struct dg_day){.n = owed->last.n + owed->chase->after + (int32_t)n * owed->chase->every};
}

/* ---- the calendars ------------------------------------------------------------------------------- */

enum { ENTRIES_MAX = 64 };

struct draft {
    struct sim_world *world;
    int serial;
    size_t count;
    struct dg_calendar_entry entry[ENTRIES_MAX];
};

static struct dg_bytes copy(struct draft *draft, const char period[static PERIOD_BYTES])
{
    return dg_arena_copy(&draft->world->arena, dg_bytes_of(period));
}

static void ask(struct draft *draft, const char *rule, struct dg_bytes period, int month, int due_kind,
                struct dg_slugs level)
{
    int first = month == 1 ? 1 : month - 1;
    assert(draft->count < ENTRIES_MAX);
    draft->entry[draft->count++] = (struct dg_calendar_entry){
        .rule = dg_bytes_of(rule),
        .period = period,
        .level = level,
        .first = sim_year_day(first, month == 1 ? 1 : CUTOFF + 1),
        .cutoff = sim_year_day(month, CUTOFF),
        .due = sim_year_day(month, due_days[issues[draft->serial].days][due_kind])};
}

/* What one rule asks of the months of the calendar, or of their quarters. */
static void ask_months(struct draft *draft, const char *rule, bool above)
{
    static struct dg_bytes commune[1], higher[2];
    commune[0] = dg_bytes_of("commune");
    higher[0] = dg_bytes_of("bloc");
    higher[1] = dg_bytes_of("district");
    for (int month = issues[draft->serial].first; month <= issues[draft->serial].last; month++) {
        if (draft->serial == 1 && month == NOT_ASKED)
            continue;
        char text[PERIOD_BYTES];
        month_text(month, text);
        struct dg_bytes period = copy(draft, text);
        if (above)
            ask(draft, rule, period, month, 1, (struct dg_slugs){.count = 2, .item = higher});
        ask(draft, rule, period, month, 0, (struct dg_slugs){.count = 1, .item = commune});
    }
}

static void ask_quarters(struct draft *draft, const char *rule)
{
    for (int month = issues[draft->serial].first; month <= issues[draft->serial].last; month++) {
        if (month % 3 != 0)
            continue;
        char text[PERIOD_BYTES];
        quarter_text(month, text);
        ask(draft, rule, copy(draft, text), month, 2, (struct dg_slugs){.count = 0});
    }
}

int sim_year_issued_on(struct dg_day day)
{
    for (int serial = 0; serial < (int)(sizeof issues / sizeof issues[0]); serial++)
        if (sim_year_day(issues[serial].month, issues[serial].day).n == day.n)
            return serial;
    return -1;
}

void sim_year_calendar(struct sim_world *world, int serial, struct dg_buf *body)
{
    struct draft draft = {.world = world, .serial = serial};
    ask_quarters(&draft, "BP-24.2a");
    ask_months(&draft, "BP-24.2b", true);
    if (issues[serial].first >= REORGANISED) {
        ask_quarters(&draft, "H-23.2a");
        ask_months(&draft, "H-23.2b", false);
    }
    const struct sim_chase *chase = &chases[issues[serial].days];
    struct dg_calendar calendar = {.issuer = {.federation = dg_bytes_of("dong-gui.test"),
                                              .organ = dg_bytes_of("ban-dan-van"),
                                              .unit = dg_bytes_of(world->node[0].unit),
                                              .signed_ms = sim_clock(&world->node[0])},
                                   .serial = 1,
                                   .name = dg_bytes_of("nam"),
                                   .title = dg_bytes_of("Lịch báo cáo năm"),
                                   .from = sim_year_day(issues[serial].first, 1),
                                   .until = sim_year_day(issues[serial].last, 31),
                                   .remind_after_days = (uint32_t)chase->after,
                                   .remind_every_days = (uint32_t)chase->every,
                                   .escalate_after = chase->escalate,
                                   .entry_count = draft.count,
                                   .entry = draft.entry};
    enum dg_err err = dg_calendar_encode(&calendar, body);
    assert(err == DG_OK);
    (void)err;
}
