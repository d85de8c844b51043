/* issued.c - what calendars, reminders and findings have in common. */
#include "proto/issued.h"

#include "common/crypto.h"

bool dg_issued_kind(enum dg_record_kind kind)
{
    return kind == DG_RECORD_CALENDAR || kind == DG_RECORD_REMINDER || kind == DG_RECORD_ABSENCE;
}

const char *dg_issued_context(enum dg_record_kind kind)
{
    if (kind == DG_RECORD_CALENDAR)
        return DG_CONTEXT_CALENDAR;
    return kind == DG_RECORD_REMINDER ? DG_CONTEXT_REMINDER : DG_CONTEXT_ABSENCE;
}

enum dg_err dg_issued_decode(struct dg_arena *arena, enum dg_record_kind kind, struct dg_bytes body,
                             struct dg_issued *ret, struct dg_fault *fault)
{
    enum dg_err err = DG_ERR_MALFORMED;
    *ret = (struct dg_issued){.kind = kind, .body = body, .hash = dg_sha256(body)};
    if (kind == DG_RECORD_CALENDAR) {
        err = dg_calendar_decode(arena, body, &ret->is.calendar, fault);
        ret->issuer = ret->is.calendar.issuer;
    } else if (kind == DG_RECORD_REMINDER) {
        err = dg_reminder_decode(arena, body, &ret->is.reminder, fault);
        ret->issuer = ret->is.reminder.issuer;
        ret->duty = &ret->is.reminder.duty;
    } else if (kind == DG_RECORD_ABSENCE) {
        err = dg_absence_decode(arena, body, &ret->is.absence, fault);
        ret->issuer = ret->is.absence.issuer;
        ret->duty = &ret->is.absence.duty;
    }
    return err;
}

static bool reminded(struct dg_arena *arena, const struct dg_duty_name *duty, struct dg_leaf *leaf)
{
    struct dg_buf address;
    dg_buf_init(&address, DG_ADDRESS_MAX);
    dg_buf_add_bytes(&address, duty->organ);
    dg_buf_add_text(&address, "@");
    dg_buf_add_bytes(&address, duty->unit);
    leaf->to = dg_arena_alloc(arena, sizeof *leaf->to);
    if (leaf->to != NULL)
        *leaf->to = dg_arena_copy(arena, dg_buf_bytes(&address));
    leaf->to_count = 1;
    dg_buf_done(&address);
    return leaf->to != NULL && leaf->to->size > 0;
}

bool dg_issued_leaf(struct dg_arena *arena, const struct dg_issued *issued, struct dg_leaf *ret)
{
    *ret =
        (struct dg_leaf){.organ = issued->issuer.organ, .unit = issued->issuer.unit, .object = issued->hash};
    if (issued->duty == NULL) {
        const struct dg_calendar *calendar = &issued->is.calendar;
        ret->kind = DG_LEAF_CALENDAR;
        ret->number = calendar->serial;
        ret->from = calendar->from;
        ret->until = calendar->until;
        ret->has_until = true;
        return true;
    }
    ret->rule = issued->duty->rule;
    ret->period = issued->duty->period;
    if (issued->kind == DG_RECORD_REMINDER) {
        ret->kind = DG_LEAF_REMINDER;
        ret->number = issued->is.reminder.count;
        return reminded(arena, issued->duty, ret);
    }
    ret->kind = DG_LEAF_ABSENCE;
    ret->finding = dg_bytes_of(dg_finding_name(issued->is.absence.finding));
    return true;
}

static bool same_lines(const struct dg_leaf *leaf, const struct dg_leaf *wanted)
{
    return leaf->kind == wanted->kind && dg_hash_equal(&leaf->object, &wanted->object) &&
           dg_bytes_equal(leaf->organ, wanted->organ) && dg_bytes_equal(leaf->unit, wanted->unit) &&
           leaf->number == wanted->number && leaf->from.n == wanted->from.n &&
           leaf->has_until == wanted->has_until && leaf->until.n == wanted->until.n &&
           dg_bytes_equal(leaf->rule, wanted->rule) && dg_bytes_equal(leaf->period, wanted->period) &&
           dg_bytes_equal(leaf->finding, wanted->finding) && leaf->to_count == wanted->to_count &&
           (leaf->to_count == 0 || dg_bytes_equal(leaf->to[0], wanted->to[0]));
}

bool dg_issued_is_leaf(struct dg_arena *arena, const struct dg_issued *issued, const struct dg_leaf *leaf)
{
    struct dg_leaf wanted;
    return dg_issued_leaf(arena, issued, &wanted) && same_lines(leaf, &wanted);
}
