/* digest.c - what the chair of a giao ban is told, gathered from mailboxes, log and calendars. */
#include "node/cli/digest.h"

#include <stdlib.h>
#include <string.h>

#include "node/cli/say.h"
#include "proto/state_table.h"

enum { REPORTS_PER_TRANSACTION = 32 };

/* ---- since when ---------------------------------------------------------------------------------- */

/* True when another calendar is a newer issue of this one and answers for the day. */
static bool is_replaced(const struct dg_calendar *old, struct dg_day day, size_t count,
                        const struct dg_held_calendar held[])
{
    for (size_t i = 0; i < count; i++) {
        const struct dg_calendar *newer = &held[i].calendar;
        if (newer->serial > old->serial && newer->from.n <= day.n && day.n <= newer->until.n &&
            dg_bytes_equal(newer->name, old->name) &&
            dg_bytes_equal(newer->issuer.organ, old->issuer.organ) &&
            dg_bytes_equal(newer->issuer.unit, old->issuer.unit))
            return true;
    }
    return false;
}

enum dg_err dg_digest_since_read(struct dg_cli *cli, const char *text, size_t calendar_count,
                                 const struct dg_held_calendar calendar[], struct dg_day today,
                                 struct dg_digest_since *ret)
{
    *ret = (struct dg_digest_since){.meeting = NULL};
    if (dg_day_parse(dg_bytes_of(text), &ret->day))
        return DG_OK;
    for (size_t i = 0; i < calendar_count; i++) {
        for (size_t k = 0; k < calendar[i].calendar.meeting_count; k++) {
            const struct dg_meeting *meeting = &calendar[i].calendar.meeting[k];
            if (!dg_bytes_is(meeting->name, text) || meeting->date.n > today.n ||
                (ret->meeting != NULL && meeting->date.n <= ret->day.n) ||
                is_replaced(&calendar[i].calendar, meeting->date, calendar_count, calendar))
                continue;
            *ret = (struct dg_digest_since){meeting->date, meeting, &calendar[i]};
        }
    }
    if (ret->meeting != NULL)
        return DG_OK;
    return dg_faultf(&cli->fault, DG_ERR_NOT_FOUND, "%s",
                     dg_phrase(cli, DG_MSG_NO_SUCH_MEETING, DG_WORDS(text)));
}

/* ---- which rows ---------------------------------------------------------------------------------- */

struct gathering {
    struct dg_cli *cli;
    struct dg_digest *digest;
    struct dg_bytes asked; /* the organ asked for; empty: all */
    struct dg_bytes organ; /* whose mailbox is read */
    uint64_t first;        /* the first position since the day */
    dg_ms since_ms;
    bool short_of_memory;
};

/* The list with room for one more. NULL without memory, which the gathering remembers. */
static void *with_room(struct gathering *g, void *list, size_t item_size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return list;
    size_t larger = *capacity == 0 ? 64 : 2 * *capacity;
    void *grown = dg_arena_array(&g->cli->arena, larger, item_size);
    g->short_of_memory = grown == NULL;
    if (grown == NULL)
        return NULL;
    if (count > 0)
        memcpy(grown, list, count * item_size);
    *capacity = larger;
    return grown;
}

static bool note(struct gathering *g, enum dg_digest_part part, const struct dg_mail *mail)
{
    struct dg_digest *d = g->digest;
    struct dg_digest_mail *list = with_room(g, d->mail, sizeof *list, d->mail_count, &d->mail_capacity);

    if (list == NULL)
        return false;
    d->mail = list;
    list[d->mail_count++] = (struct dg_digest_mail){
        .part = part,
        .organ = g->organ,
        .position = mail->position,
        .id = mail->id,
        .arrived_ms = mail->open && mail->through.size > 0 ? mail->decided_ms : mail->arrived_ms,
    };
    return true;
}

/* Who waits for a via organ has not got it yet; the via organ has. */
static bool note_new(void *ctx, const struct dg_mail *mail)
{
    return (!mail->open && mail->as != DG_AS_VIA) || note(ctx, DG_DIGEST_ARRIVED, mail);
}

static bool note_open(void *ctx, const struct dg_mail *mail)
{
    struct gathering *g = ctx;
    bool mine = g->asked.size == 0 || dg_bytes_equal(g->asked, g->organ);

    if (mail->passes && !note(g, DG_DIGEST_WAITING, mail))
        return false;
    if (!mine || !mail->open)
        return true;
    if (mail->state == DG_STATE_ARRIVED && !note(g, DG_DIGEST_UNREAD, mail))
        return false;
    bool passed_on_since = mail->through.size > 0 && mail->decided_ms >= g->since_ms;
    return !passed_on_since || mail->position >= g->first || note(g, DG_DIGEST_ARRIVED, mail);
}

static void note_organs(struct gathering *g, struct dg_view *view, const struct dg_dir_unit *self)
{
    for (size_t i = 0; i < self->organ_count; i++) {
        g->organ = self->organ[i].slug;
        if (i > 0 && dg_bytes_equal(self->organ[i - 1].slug, g->organ))
            continue; /* another serial of the same organ */
        if (g->asked.size == 0 || dg_bytes_equal(g->asked, g->organ))
            dg_mail_since(view->txn, g->organ, g->first, note_new, g);
        dg_mail_each(view->txn, g->organ, false, note_open, g);
    }
}

/* ---- their reports ------------------------------------------------------------------------------- */

/* True when it waits at that via organ for the organ asked for, or the organ asked for is the via organ. */
static bool is_asked(const struct gathering *g, const struct dg_digest_mail *mail,
                     const struct dg_report *report, struct dg_bytes unit)
{
    if (g->asked.size == 0 || mail->part != DG_DIGEST_WAITING || dg_bytes_equal(g->asked, mail->organ))
        return true;
    for (size_t i = 0; i < report->recipient_count; i++) {
        if (dg_bytes_equal(report->recipient[i].organ, g->asked) &&
            dg_recipient_waits_for(&report->recipient[i], mail->organ, unit))
            return true;
    }
    return false;
}

static void describe(struct dg_arena *arena, const struct dg_report *report, struct dg_digest_mail *mail)
{
    mail->from_unit = dg_arena_copy(arena, report->author[0].unit);
    mail->from_organ = dg_arena_copy(arena, report->author[0].organ);
    mail->kind = dg_arena_copy(arena, report->kind);
    mail->period = dg_arena_copy(arena, report->period);
    mail->number = dg_arena_copy(arena, report->number);
    mail->title = dg_arena_copy(arena, report->title);
}

static enum dg_err read_reports(struct gathering *g, struct dg_view *view)
{
    struct dg_digest *d = g->digest;
    size_t kept = 0;
    enum dg_err err = DG_OK;

    for (size_t i = 0; i < d->mail_count; i++) {
        struct dg_held held;
        if (i % REPORTS_PER_TRANSACTION == REPORTS_PER_TRANSACTION - 1)
            err = dg_view_renew(g->cli, view);
        if (err == DG_OK)
            err = dg_held_get(view->txn, &d->mail[i].id, &held);
        if (err != DG_OK)
            return err;
        if (!is_asked(g, &d->mail[i], &held.report, dg_bytes_of(view->identity.unit)))
            continue;
        describe(&g->cli->arena, &held.report, &d->mail[i]);
        d->mail[kept++] = d->mail[i];
    }
    d->mail_count = kept;
    return DG_OK;
}

static int mail_order(const void *left, const void *right)
{
    const struct dg_digest_mail *a = left, *b = right;
    int order = (int)a->part - (int)b->part;

    if (order == 0)
        order = dg_bytes_compare(a->from_unit, b->from_unit);
    if (order == 0)
        order = (a->position > b->position) - (a->position < b->position);
    return order != 0 ? order : dg_bytes_compare(a->organ, b->organ);
}

/* ---- what is overdue ----------------------------------------------------------------------------- */

struct overdue {
    struct gathering *gathering;
    struct dg_txn *txn;
    const struct dg_dir_unit *self;
    struct dg_day today;
};

static bool note_overdue(void *ctx, const struct dg_duty *duty)
{
    struct overdue *o = ctx;
    struct dg_digest *d = o->gathering->digest;
    struct dg_duty_facts facts;

    if (!dg_duty_seen(duty, o->self))
        return true;
    dg_duty_facts(o->txn, duty, &facts);
    if (dg_duty_judge(duty, &facts, o->today, NULL) != DG_DUTY_MISSING)
        return o->txn->err == DG_OK;
    struct dg_digest_overdue *list =
        with_room(o->gathering, d->overdue, sizeof *list, d->overdue_count, &d->overdue_capacity);
    if (list == NULL)
        return false;
    d->overdue = list;
    list[d->overdue_count++] = (struct dg_digest_overdue){
        .unit = duty->unit->slug,
        .organ = duty->organ->slug,
        .rule = duty->entry->rule,
        .period = duty->entry->period,
        .last = dg_duty_last(duty, &facts),
    };
    return o->txn->err == DG_OK;
}

/* ---- all of it ----------------------------------------------------------------------------------- */

enum dg_err dg_digest_gather(struct dg_cli *cli, struct dg_view *view, const struct dg_directory *directory,
                             const struct dg_dir_unit *self, struct dg_bytes organ, size_t calendar_count,
                             const struct dg_held_calendar calendar[], struct dg_day today,
                             struct dg_digest *digest)
{
    struct gathering g = {.cli = cli, .digest = digest, .asked = organ};
    struct overdue o = {.gathering = &g, .txn = view->txn, .self = self, .today = today};
    const struct dg_duty_filter filter = {
        .first = {.n = INT32_MIN / 2}, .last = {.n = today.n - 1}, .at = self};
    struct dg_log_view log;
    enum dg_err err = DG_OK;

    dg_log_get(view->txn, &log);
    g.since_ms = dg_day_start(digest->since.day);
    g.first = dg_log_size_at(view->txn, log.size, g.since_ms);
    note_organs(&g, view, self);
    if (calendar_count > 0 && !g.short_of_memory)
        err = dg_duty_each(directory, calendar, calendar_count, &filter, &cli->arena, note_overdue, &o);
    if (err == DG_OK && g.short_of_memory)
        err = DG_ERR_NO_MEMORY;
    if (err == DG_OK)
        err = view->txn->err;
    if (err == DG_OK)
        err = read_reports(&g, view);
    if (err != DG_OK)
        return cli->fault.err != DG_OK ? err : dg_fault(&cli->fault, err);
    if (digest->mail_count > 1)
        qsort(digest->mail, digest->mail_count, sizeof *digest->mail, mail_order);
    return DG_OK;
}
