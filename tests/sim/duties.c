/* duties.c - what the directing organs do, and what must hold of it, checked from outside of the nodes:
 *
 *   D1  a calendar is at its issuer and at every unit below, once, and nowhere else
 *   D2  two reminders of one unit about one duty are at least the calendar's interval apart, are numbered
 *       without a gap, and are at the owner's unit
 *   D3  no finding says 'missing' of a log that holds the report
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "node/core/issued_impl.h"
#include "tests/sim/world.h"

enum { REMIND_EVERY = 1 };

static const char *const rules[] = {"BP-24.2b", "BP-24.2a"};
static const char *const owners[] = {"cap-uy", "mttq"};

/* ---- doing --------------------------------------------------------------------------------------- */

static void say(struct sim_node *node, const struct dg_ctl_request *request)
{
    struct dg_buf message;
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    if (dg_ctl_request_encode(request, &message) == DG_OK)
        sim_node_hear(node, &(struct dg_event){.kind = DG_EVENT_CTL,
                                               .client = SIM_CLIENT_DUTY,
                                               .bytes = dg_buf_bytes(&message)});
    dg_buf_done(&message);
}

/* The organ of a unit that may direct; at a commune the Khối dân vận stands in. */
static const char *directing(const struct sim_node *node)
{
    return node->level >= 2 ? "khoi-dan-van" : "ban-dan-van";
}

static void issue_calendar(struct sim_world *world, struct sim_node *node)
{
    struct dg_day today = dg_day_of(sim_clock(node));
    struct dg_calendar_entry entry[2];
    for (size_t i = 0; i < 2; i++) {
        /* In their canonical order the second rule comes first. */
        entry[i] = (struct dg_calendar_entry){.rule = dg_bytes_of(rules[1 - i]),
                                              .period = dg_bytes_of("2026-10"),
                                              .first = {today.n - 40},
                                              .cutoff = {today.n - 10},
                                              .due = {today.n - (int32_t)sim_below(&world->choice, 4)}};
    }
    struct dg_calendar calendar = {.issuer = {.federation = dg_bytes_of("dong-gui.test"),
                                              .organ = dg_bytes_of(directing(node)),
                                              .unit = dg_bytes_of(node->unit),
                                              .signed_ms = sim_clock(node)},
                                   .serial = 1,
                                   .name = dg_bytes_of("lich"),
                                   .title = dg_bytes_of("Lịch báo cáo"),
                                   .from = {today.n - 50},
                                   .until = {today.n + 50},
                                   .remind_after_days = 1,
                                   .remind_every_days = REMIND_EVERY,
                                   .escalate_after = 2,
                                   .entry_count = 2,
                                   .entry = entry};
    struct dg_buf draft;
    dg_buf_init(&draft, DG_CALENDAR_MAX);
    enum dg_err err = dg_calendar_encode(&calendar, &draft);
    assert(err == DG_OK);
    (void)err;
    sim_trace_line(&world->trace, world->now, "%s@%s issues a calendar", directing(node), node->unit);
    say(node, &(struct dg_ctl_request){.verb = DG_CTL_CALENDAR,
                                       .organ = dg_bytes_of(directing(node)),
                                       .draft = dg_buf_bytes(&draft)});
    dg_buf_done(&draft);
}

/* Asks about a duty of the node itself or of a unit under it; many such requests are rightly refused. */
static void ask_about(struct sim_world *world, struct sim_node *node, enum dg_ctl_verb verb)
{
    const struct sim_node *other = &world->node[sim_below(&world->choice, world->node_count)];
    const struct sim_node *owner = other->parent == node->index ? other : node;
    size_t which = (size_t)sim_below(&world->choice, 2);
    char address[DG_ADDRESS_MAX + 1];
    (void)snprintf(address, sizeof address, "%s@%s", owners[which], owner->unit);
    sim_trace_line(&world->trace, world->now, "%s@%s asks %d about %s", directing(node), node->unit,
                   (int)verb, address);
    say(node, &(struct dg_ctl_request){.verb = verb,
                                       .organ = dg_bytes_of(directing(node)),
                                       .owner = dg_bytes_of(address),
                                       .rule = dg_bytes_of(rules[which]),
                                       .period = dg_bytes_of("2026-10"),
                                       .decision = DG_FINDING_EXCUSED});
}

void sim_load_duty(struct sim_world *world, struct sim_node *node)
{
    if (node->node == NULL)
        return;
    switch (sim_below(&world->choice, 8)) {
    case 0:
    case 1:
    case 2:
        issue_calendar(world, node);
        break;
    case 3:
        ask_about(world, node, DG_CTL_EXCUSE);
        break;
    case 4:
        /* Tomorrow, for everybody: what is due comes due. */
        sim_trace_line(&world->trace, world->now, "-- a day goes by");
        world->leap += INT64_C(86400000);
        break;
    default:
        ask_about(world, node, DG_CTL_CERTIFY);
        break;
    }
}

/* ---- D1 ------------------------------------------------------------------------------------------ */

struct look {
    struct sim_world *world;
    struct dg_txn *const *txn;
    const struct sim_node *node;
    char *why;
    size_t why_size;
    bool ok;
    struct dg_reminder last; /* of the walk over reminders */
    bool has_last;
};

static bool is_below(const struct sim_world *world, const struct sim_node *node, const struct sim_node *top)
{
    int at = node->index;
    while (at != SIM_NOBODY && at != top->index)
        at = world->node[at].parent;
    return at != SIM_NOBODY;
}

static bool fail(struct look *look, const char *what, const struct sim_node *there)
{
    (void)snprintf(look->why, look->why_size, "%s of %s at %s", what, look->node->unit, there->unit);
    look->ok = false;
    return false;
}

static bool has_row(struct dg_txn *txn, const struct dg_issued_row *row)
{
    struct dg_issued_row there;
    return dg_issued_get(txn, row->key, &there) &&
           dg_bytes_equal(there.record.sealed.body, row->record.sealed.body);
}

/* Every row that the node issued itself is where it belongs. */
static bool calendar_spread(void *ctx, const struct dg_issued_row *row)
{
    struct look *look = ctx;
    struct dg_calendar calendar;
    struct dg_arena *arena = look->txn[look->node->index]->arena;
    if (dg_calendar_decode(arena, row->record.sealed.body, &calendar, NULL) != DG_OK)
        return fail(look, "D1: an unreadable calendar", look->node);
    if (!dg_bytes_is(calendar.issuer.unit, look->node->unit))
        return true;
    for (size_t i = 0; i < look->world->node_count; i++) {
        const struct sim_node *there = &look->world->node[i];
        if (has_row(look->txn[i], row) != is_below(look->world, there, look->node))
            return fail(look, "L1: a calendar is not, or wrongly,", there);
    }
    return true;
}

/* ---- D2 ------------------------------------------------------------------------------------------ */

static bool same_series(const struct dg_reminder *a, const struct dg_reminder *b)
{
    return dg_bytes_equal(a->duty.organ, b->duty.organ) && dg_bytes_equal(a->duty.unit, b->duty.unit) &&
           dg_bytes_equal(a->duty.rule, b->duty.rule) && dg_bytes_equal(a->duty.period, b->duty.period);
}

static bool reminder_row(struct look *look, const struct dg_issued_row *row)
{
    struct dg_reminder reminder;
    struct dg_txn *txn = look->txn[look->node->index];
    if (dg_reminder_decode(txn->arena, row->record.sealed.body, &reminder, NULL) != DG_OK)
        return fail(look, "D2: an unreadable reminder", look->node);
    if (!dg_bytes_is(reminder.issuer.unit, look->node->unit))
        return true;
    bool follows = look->has_last && same_series(&look->last, &reminder);
    if (reminder.count != (follows ? look->last.count + 1 : 1))
        return fail(look, "L2: a reminder is missing in the series", look->node);
    if (follows &&
        dg_day_of(reminder.issuer.signed_ms).n < dg_day_of(look->last.issuer.signed_ms).n + REMIND_EVERY)
        return fail(look, "L2: two reminders within one interval", look->node);
    look->last = reminder;
    look->has_last = true;
    const struct sim_node *owner = sim_node_by_unit(look->world, reminder.duty.unit);
    if (owner == NULL || !has_row(look->txn[owner->index], row))
        return fail(look, "L1: a reminder did not reach its owner:", look->node);
    return true;
}

/* ---- D3 ------------------------------------------------------------------------------------------ */

struct earlier {
    struct dg_txn *txn;
    const char *unit; /* the finder's, to which the report is owed */
    uint64_t size;
    bool found;
};

static bool filed_before(void *ctx, const struct dg_filed *filed)
{
    struct earlier *earlier = ctx;
    dg_ms came_ms;
    earlier->found = filed->position < earlier->size &&
                     dg_filed_counts(earlier->txn, filed, dg_bytes_of(earlier->unit), &came_ms);
    return !earlier->found;
}

static bool absence_row(struct look *look, const struct dg_issued_row *row)
{
    struct dg_absence absence;
    struct dg_txn *txn = look->txn[look->node->index];
    if (dg_absence_decode(txn->arena, row->record.sealed.body, &absence, NULL) != DG_OK)
        return fail(look, "D3: an unreadable finding", look->node);
    if (!dg_bytes_is(absence.issuer.unit, look->node->unit) || absence.finding != DG_FINDING_MISSING)
        return true;
    struct earlier earlier = {.txn = txn, .unit = look->node->unit, .size = absence.after.size};
    dg_filed_each(txn, absence.duty.rule, absence.duty.period, absence.duty.unit, absence.duty.organ,
                  filed_before, &earlier);
    return !earlier.found || fail(look, "L2: 'missing' of a report that is in the log", look->node);
}

/* ---- together ------------------------------------------------------------------------------------ */

/* The rows of one kind, by the letter that their keys begin with. */
static void walk(struct look *look, const char *kind,
                 bool (*each)(struct look *, const struct dg_issued_row *))
{
    struct dg_txn *txn = look->txn[look->node->index];
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_ISSUED);
    bool more = dg_cursor_seek(&cursor, dg_bytes_of(kind));
    for (; more && look->ok && dg_cursor_at_prefix(&cursor, dg_bytes_of(kind));
         more = dg_cursor_next(&cursor)) {
        struct dg_issued_row row;
        if (!dg_issued_read(txn, cursor.key, cursor.value, &row) || !each(look, &row))
            break;
    }
    dg_cursor_close(&cursor);
}

const char *sim_duties_unsettled(struct sim_world *world, struct dg_txn *const txn[])
{
    static char why[128];
    struct look look = {.world = world, .txn = txn, .why = why, .why_size = sizeof why, .ok = true};
    for (size_t i = 0; i < world->node_count && look.ok; i++) {
        look.node = &world->node[i];
        look.has_last = false;
        dg_issued_calendars_each(txn[i], calendar_spread, &look);
        walk(&look, "m", reminder_row);
        walk(&look, "a", absence_row);
    }
    return look.ok ? NULL : why;
}

bool sim_duty_has(struct sim_node *there, struct dg_bytes key, struct dg_txn *own)
{
    struct dg_issued_row row, other;
    struct dg_txn *txn;
    bool has = false;
    if (!dg_issued_get(own, key, &row) || dg_begin_read(there->store, &txn) != DG_OK)
        return false;
    /* A finding may stand under another number there. */
    struct dg_cursor cursor;
    struct dg_bytes prefix = dg_bytes_at(key.data, key.size - 4);
    dg_cursor_open(&cursor, txn, DG_TABLE_ISSUED);
    bool more = dg_cursor_seek(&cursor, prefix);
    for (; more && !has && dg_cursor_at_prefix(&cursor, prefix); more = dg_cursor_next(&cursor))
        has = dg_issued_read(txn, cursor.key, cursor.value, &other) &&
              dg_bytes_equal(other.record.sealed.body, row.record.sealed.body);
    dg_cursor_close(&cursor);
    dg_abort(there->store, txn);
    return has;
}
