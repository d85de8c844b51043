/* duties.c - duties in the running node: what is overdue, what a report meets, and reminders (đôn đốc).
 *
 * Everything kept here is a reading of the store. When a reminder is due is decided by the reminders that the
 * store holds, never by this memory or by how often a tick comes.
 */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "node/core/duty_rules.h"
#include "node/core/issued_impl.h"

/* Reminders in one tick, and duties looked at for them: the rest waits for the next. */
enum { RAISED_MAX = 32, EXAMINED_MAX = 512 };

struct dg_duties {
    struct dg_arena calendar_arena;
    bool calendars_fresh;
    size_t calendar_count;
    struct dg_held_calendar *calendar;
    /* The duties that this node watches and whose day is over, as of one day and one reading of the members.
     */
    struct dg_arena list_arena;
    bool listed;
    struct dg_day listed_on;
    uint64_t listed_members;
    size_t count, capacity, next;
    struct dg_duty *item;
};

struct dg_duties *dg_duties_new(void)
{
    struct dg_duties *duties = calloc(1, sizeof *duties);
    if (duties != NULL) {
        dg_arena_init(&duties->calendar_arena, 0);
        dg_arena_init(&duties->list_arena, 0);
    }
    return duties;
}

void dg_duties_free(struct dg_duties *duties)
{
    if (duties == NULL)
        return;
    dg_arena_done(&duties->calendar_arena);
    dg_arena_done(&duties->list_arena);
    free(duties);
}

/* ---- calendars ----------------------------------------------------------------------------------- */

void dg_node_issued_changed(struct dg_node *node, enum dg_record_kind kind)
{
    if (kind == DG_RECORD_REMINDER)
        return;
    node->duties->calendars_fresh = false;
    node->duties->listed = false;
}

const struct dg_held_calendar *dg_node_calendars(struct dg_node *node, struct dg_txn *txn, size_t *ret_count)
{
    struct dg_duties *duties = node->duties;
    *ret_count = 0;
    if (!duties->calendars_fresh) {
        dg_arena_reset(&duties->calendar_arena);
        duties->listed = false; /* it points into what was just forgotten */
        duties->calendar_count = 0;
        enum dg_err err =
            dg_calendars_load(txn, &duties->calendar_arena, &duties->calendar_count, &duties->calendar);
        if (err != DG_OK) {
            dg_txn_fail(txn, err);
            return NULL;
        }
        duties->calendars_fresh = true;
    }
    *ret_count = duties->calendar_count;
    return duties->calendar;
}

/* ---- asking -------------------------------------------------------------------------------------- */

static enum dg_err ask(struct dg_node *node, struct dg_txn *txn, const struct dg_duty_filter *filter,
                       struct dg_arena *arena, bool (*each)(void *ctx, const struct dg_duty *duty), void *ctx)
{
    size_t count;
    const struct dg_held_calendar *calendar = dg_node_calendars(node, txn, &count);
    if (count == 0)
        return txn->err;
    return dg_duty_each(dg_node_directory(node, txn), calendar, count, filter, arena, each, ctx);
}

/* Every day up to and with last. */
static struct dg_duty_filter until(struct dg_day last)
{
    return (struct dg_duty_filter){.first = {.n = -1000000}, .last = last};
}

/* No day in particular: first lies after last. */
static struct dg_duty_filter whenever(void)
{
    return (struct dg_duty_filter){.first = {.n = 1}, .last = {.n = 0}};
}

struct search {
    bool found;
    struct dg_duty duty;
};

static bool take_first(void *ctx, const struct dg_duty *duty)
{
    struct search *search = ctx;
    search->found = true;
    search->duty = *duty;
    return false;
}

enum dg_err dg_duty_find(struct dg_node *node, struct dg_txn *txn, struct dg_bytes owner,
                         struct dg_bytes rule, struct dg_bytes period, struct dg_duty *ret,
                         struct dg_fault *fault)
{
    struct dg_duty_filter filter = whenever();
    struct search search = {.found = false};
    filter.rule = rule;
    filter.period = period;
    enum dg_err err = DG_OK;
    if (dg_address_split(owner, &filter.organ, &filter.unit))
        err = ask(node, txn, &filter, txn->arena, take_first, &search);
    if (err != DG_OK)
        return dg_fault(fault, err);
    if (!search.found)
        return dg_faultf(fault, DG_ERR_NOT_FOUND, "%.*s, %.*s, %.*s", (int)owner.size,
                         (const char *)owner.data, (int)rule.size, (const char *)rule.data, (int)period.size,
                         (const char *)period.data);
    *ret = search.duty;
    return DG_OK;
}

struct overdue {
    struct dg_txn *txn;
    struct dg_day today;
    bool found;
};

static bool overdue_one(void *ctx, const struct dg_duty *duty)
{
    struct overdue *overdue = ctx;
    struct dg_duty_facts facts;
    uint32_t days;
    dg_duty_facts(overdue->txn, duty, &facts);
    overdue->found = dg_duty_judge(duty, &facts, overdue->today, &days) == DG_DUTY_MISSING;
    return !overdue->found && overdue->txn->err == DG_OK;
}

bool dg_duties_overdue(struct dg_node *node, struct dg_txn *txn, dg_ms now)
{
    struct overdue overdue = {.txn = txn, .today = dg_day_of(now)};
    struct dg_duty_filter filter = until((struct dg_day){.n = overdue.today.n - 1});
    filter.unit = dg_bytes_of(node->identity.unit);
    enum dg_err err = ask(node, txn, &filter, txn->arena, overdue_one, &overdue);
    if (err != DG_OK)
        dg_txn_fail(txn, err);
    return overdue.found;
}

struct meeting_duties {
    const struct dg_report *report;
    struct dg_duty *item;
    size_t count, max;
};

static bool meets(void *ctx, const struct dg_duty *duty)
{
    struct meeting_duties *met = ctx;
    if (dg_duty_met_by(duty, met->report))
        met->item[met->count++] = *duty;
    return met->count < met->max;
}

size_t dg_duties_met(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                     struct dg_duty ret[], size_t max)
{
    struct meeting_duties met = {.report = report, .item = ret, .max = max};
    enum dg_err err = DG_OK;
    for (size_t i = 0; i < report->author_count && err == DG_OK && report->period.size > 0; i++) {
        struct dg_duty_filter filter = whenever();
        filter.unit = report->author[i].unit;
        filter.organ = report->author[i].organ;
        filter.period = report->period;
        if (met.count < met.max)
            err = ask(node, txn, &filter, txn->arena, meets, &met);
    }
    if (err != DG_OK)
        dg_txn_fail(txn, err);
    return met.count;
}

/* ---- reminders ----------------------------------------------------------------------------------- */

struct listing {
    struct dg_duties *duties;
    const struct dg_dir_unit *self;
    struct dg_day today;
    enum dg_err err;
};

static bool list_one(void *ctx, const struct dg_duty *duty)
{
    struct listing *listing = ctx;
    struct dg_duties *duties = listing->duties;
    uint32_t after = duty->calendar->calendar.remind_after_days;
    if (after == 0 || dg_duty_keeper(duty) != listing->self ||
        duty->last.n + (int32_t)after > listing->today.n)
        return true;
    if (duties->count == duties->capacity) {
        size_t capacity = duties->capacity == 0 ? 64 : 2 * duties->capacity;
        struct dg_duty *grown = dg_arena_array(&duties->list_arena, capacity, sizeof *grown);
        if (grown == NULL) {
            listing->err = DG_ERR_NO_MEMORY;
            return false;
        }
        if (duties->count > 0)
            memcpy(grown, duties->item, duties->count * sizeof *grown);
        duties->item = grown;
        duties->capacity = capacity;
    }
    duties->item[duties->count++] = *duty;
    return true;
}

/* Once a day, and whenever members, calendars or findings have changed. */
static void list_make(struct dg_node *node, struct dg_txn *txn, struct dg_day today)
{
    struct dg_duties *duties = node->duties;
    struct listing listing = {.duties = duties, .self = dg_node_self(node, txn), .today = today};
    struct dg_duty_filter filter = until((struct dg_day){.n = today.n - 1});
    dg_arena_reset(&duties->list_arena);
    duties->count = duties->capacity = duties->next = 0;
    enum dg_err err = ask(node, txn, &filter, &duties->list_arena, list_one, &listing);
    if (err == DG_OK)
        err = listing.err;
    if (err != DG_OK)
        dg_txn_fail(txn, err);
    duties->listed = err == DG_OK;
    duties->listed_on = today;
    duties->listed_members = node->allowed_version;
}

struct newest {
    struct dg_bytes unit;
    uint32_t count;
    dg_ms signed_ms;
};

static bool newest_of(void *ctx, const struct dg_reminder *reminder, const struct dg_hash *hash)
{
    struct newest *newest = ctx;
    (void)hash;
    if (!dg_bytes_equal(reminder->issuer.unit, newest->unit))
        return true;
    newest->count++;
    if (reminder->issuer.signed_ms > newest->signed_ms)
        newest->signed_ms = reminder->issuer.signed_ms;
    return true;
}

/* The store decides: a reminder is due when the newest one is so many days old, whatever restarts or
 * settings of the clock lie between. */
static bool is_due(struct dg_txn *txn, const struct dg_duty *duty, struct dg_bytes self, struct dg_day today,
                   uint32_t *ret_count)
{
    const struct dg_calendar *calendar = &duty->calendar->calendar;
    struct dg_duty_facts facts;
    struct newest newest = {.unit = self};
    uint32_t days;
    dg_duty_facts(txn, duty, &facts);
    if (dg_duty_judge(duty, &facts, today, &days) != DG_DUTY_MISSING)
        return false;
    struct dg_day last = dg_duty_last(duty, &facts);
    if (today.n < last.n + (int32_t)calendar->remind_after_days)
        return false;
    dg_reminders_each(txn, duty, newest_of, &newest);
    *ret_count = newest.count;
    return newest.count == 0 || DG_MUTANT("remind-always") ||
           today.n >= dg_day_of(newest.signed_ms).n + (int32_t)calendar->remind_every_days;
}

/* The organ that issued the calendar where it was issued here, else the one that may. */
static const struct dg_dir_organ *reminding_organ(const struct dg_dir_unit *self, const struct dg_duty *duty,
                                                  struct dg_day today)
{
    const struct dg_issuer *issuer = &duty->calendar->calendar.issuer;
    if (dg_bytes_equal(issuer->unit, self->slug) && dg_duty_may_issue(self, issuer->organ, today))
        return dg_dir_unit_organ(self, issuer->organ, today);
    return dg_duty_issuer(self, today);
}

static bool remind(struct dg_node *node, struct dg_txn *txn, const struct dg_duty *duty, dg_ms now)
{
    const struct dg_dir_unit *self = dg_node_self(node, txn);
    struct dg_day today = dg_day_of(now);
    uint32_t count;
    if (!is_due(txn, duty, self->slug, today, &count) || count >= DG_REMINDERS_MAX)
        return false;
    const struct dg_dir_organ *organ = reminding_organ(self, duty, today);
    if (organ == NULL)
        return false; /* nobody here may: the unit has neither the organ nor a stand-in */
    struct dg_issued *issued = dg_arena_alloc(txn->arena, sizeof *issued);
    struct dg_fault fault;
    if (issued == NULL)
        return false;
    uint32_t escalate = duty->calendar->calendar.escalate_after;
    *issued = (struct dg_issued){.kind = DG_RECORD_REMINDER};
    issued->is.reminder =
        (struct dg_reminder){.duty = dg_duty_name_of(duty),
                             .escalated = escalate > 0 && count + !DG_MUTANT("escalate-next") >= escalate};
    enum dg_err err = dg_issue(node, txn, issued, organ, false, now, &fault);
    if (err != DG_OK)
        dg_txn_fail(txn, err);
    return err == DG_OK;
}

void dg_duties_tick(struct dg_node *node, struct dg_txn *txn, dg_ms now)
{
    struct dg_duties *duties = node->duties;
    struct dg_day today = dg_day_of(now);
    size_t raised = 0;
    if (!duties->listed || duties->listed_on.n != today.n || duties->listed_members != node->allowed_version)
        list_make(node, txn, today);
    size_t end = duties->next + EXAMINED_MAX < duties->count ? duties->next + EXAMINED_MAX : duties->count;
    while (duties->listed && duties->next < end && raised < RAISED_MAX && txn->err == DG_OK)
        raised += remind(node, txn, &duties->item[duties->next++], now);
}
