/* comments.c - the comments on a draft as one set. */
#include "node/cli/comments.h"

#include <stdlib.h>

#include "common/limits.h"
#include "node/cli/say.h"

enum { DAY_MS = 86400000, VIETNAM_MS = 7 * 3600000 };

struct collecting {
    struct dg_arena *arena;
    struct dg_comments *comments;
    bool short_of_memory;
};

const char *dg_answered_name(enum dg_answered state)
{
    static const char *const names[] = {
        [DG_ANSWER_WAITING] = "waiting", [DG_ANSWER_MISSING] = "missing", [DG_ANSWER_RECEIVED] = "received",
        [DG_ANSWER_LATE] = "late",       [DG_ANSWER_UNKNOWN] = "unknown",
    };
    return names[state];
}

static struct dg_asked *find_asked(struct dg_comments *comments, const struct dg_comment *comment)
{
    for (size_t i = 0; i < comments->asked_count; i++) {
        struct dg_asked *asked = &comments->asked[i];
        if (dg_bytes_equal(asked->organ, comment->organ) && dg_bytes_equal(asked->unit, comment->unit))
            return asked;
    }
    return NULL;
}

/* An organ comments a few times at most, so a list of its own is made anew with each. */
static bool add_said(struct collecting *c, struct dg_asked *asked, const struct dg_said *said)
{
    struct dg_said *grown = dg_arena_array(c->arena, asked->said_count + 1, sizeof *grown);

    c->short_of_memory = grown == NULL;
    if (grown == NULL)
        return false;
    for (size_t i = 0; i < asked->said_count; i++)
        grown[i] = asked->said[i];
    grown[asked->said_count++] = *said;
    asked->said = grown;
    return true;
}

static bool collect(void *ctx, const struct dg_custody *custody)
{
    struct collecting *c = ctx;
    struct dg_said said = {
        .origin = custody->origin, .index = custody->record.index, .at_ms = custody->leaf.time};

    if (custody->record.kind != DG_RECORD_COMMENT ||
        dg_comment_decode(c->arena, custody->record.sealed.body, &said.comment, NULL) != DG_OK)
        return true;
    struct dg_asked *asked = find_asked(c->comments, &said.comment);
    return asked == NULL || add_said(c, asked, &said);
}

/* All comments of one organ stand in one log, whose order is theirs. */
static int newest_first(const void *a, const void *b)
{
    const struct dg_said *left = a, *right = b;
    return left->index > right->index ? -1 : left->index < right->index;
}

static void judge(struct dg_comments *comments, struct dg_asked *asked, dg_ms now)
{
    if (asked->said_count == 0 && !comments->collected) {
        asked->state = DG_ANSWER_UNKNOWN;
        return;
    }
    if (asked->said_count == 0) {
        bool over = comments->has_due && now >= comments->due_ms;
        asked->state = over ? DG_ANSWER_MISSING : DG_ANSWER_WAITING;
        comments->missing_count += over ? 1 : 0;
        return;
    }
    if (asked->said_count > 1)
        qsort(asked->said, asked->said_count, sizeof *asked->said, newest_first);
    /* Whoever was in time and then says more is not late: its first comment counts. */
    dg_ms first_ms = asked->said[asked->said_count - 1].at_ms;
    bool late = comments->has_due && first_ms >= comments->due_ms;
    asked->state = late ? DG_ANSWER_LATE : DG_ANSWER_RECEIVED;
    asked->late_ms = late ? first_ms - comments->due_ms : 0;
    comments->received_count++;
    comments->late_count += late ? 1 : 0;
}

bool dg_comments_collect(const struct dg_report *report, struct dg_bytes unit)
{
    for (size_t i = 0; i < report->recipient_count; i++) {
        if (report->recipient[i].as == DG_AS_TO && dg_bytes_equal(report->recipient[i].unit, unit))
            return true;
    }
    return dg_bytes_equal(report->author[0].unit, unit);
}

enum dg_err dg_comments_of(struct dg_cli *cli, struct dg_view *view, const struct dg_held *held, dg_ms now,
                           struct dg_comments *ret)
{
    const struct dg_report *report = &held->report;
    struct dg_comments comments = {.asked_count = report->recipient_count};
    struct collecting c = {.arena = view->txn->arena, .comments = &comments};
    struct dg_day due;

    if (held->verdict != DG_VERDICT_ACCEPTED || !dg_bytes_is(report->kind, "draft"))
        return dg_faultf(&cli->fault, DG_ERR_NOT_ASKED, "%s", cli->where);
    comments.collected = dg_comments_collect(report, dg_bytes_of(view->identity.unit));
    comments.has_due = dg_day_parse(report->reply_by, &due);
    if (comments.has_due)
        comments.due_ms = ((dg_ms)due.n + 1) * DAY_MS - VIETNAM_MS;
    comments.asked = dg_arena_array(c.arena, report->recipient_count + 1, sizeof *comments.asked);
    if (comments.asked == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < report->recipient_count; i++)
        comments.asked[i] = (struct dg_asked){.organ = report->recipient[i].organ,
                                              .unit = report->recipient[i].unit,
                                              .as = report->recipient[i].as};
    dg_custody_each(view->txn, held->position, collect, &c);
    if (c.short_of_memory)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < comments.asked_count; i++)
        judge(&comments, &comments.asked[i], now);
    *ret = comments;
    return DG_OK;
}
