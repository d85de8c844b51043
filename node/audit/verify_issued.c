/* verify_issued.c - what was issued about a duty, in the file of a finding: proven, told apart, and whether
 * its issuers were entitled to it.
 */
#include "node/audit/verify_absence_impl.h"
#include "node/core/duty_watch.h"

/* --- what was issued ------------------------------------------------------------------------ */

static const char *name_of(enum dg_leaf_kind kind)
{
    if (kind == DG_LEAF_CALENDAR)
        return "calendar";
    return kind == DG_LEAF_REMINDER ? "reminder" : "finding";
}

static bool kind_of(enum dg_leaf_kind kind, enum dg_record_kind *ret)
{
    *ret = kind == DG_LEAF_CALENDAR   ? DG_RECORD_CALENDAR
           : kind == DG_LEAF_REMINDER ? DG_RECORD_REMINDER
                                      : DG_RECORD_ABSENCE;
    return kind == DG_LEAF_CALENDAR || kind == DG_LEAF_REMINDER || kind == DG_LEAF_ABSENCE;
}

/* The body is what its leaf names, signed by an organ of the unit whose log that is. */
static bool check_issued(struct dg_absence_verifying *a, struct dg_absence_event *event)
{
    struct dg_verifying *v = &a->v;
    const struct dg_signed *sealed = &event->entry->sealed;
    const char *name = name_of(event->leaf.kind);
    struct dg_fault fault = {0};
    enum dg_record_kind kind;

    if (!kind_of(event->leaf.kind, &kind) || sealed->possession_count != 0)
        return dg_check_failed(v, name, "leaf %llu of %s holds nothing signed",
                               (unsigned long long)event->entry->index, event->unit->log.name);
    enum dg_err err = dg_issued_decode(v->arena, kind, sealed->body, &event->issued, &fault);
    if (err != DG_OK)
        return dg_check_failed(v, name, "%s %s", dg_err_name(err), fault.what);
    const struct dg_issuer *issuer = &event->issued.issuer;
    struct dg_member *organ = dg_member_organ(v, &issuer->certificate);
    if (organ == NULL || organ->issuer != event->unit ||
        !dg_bytes_equal(organ->certificate.organ, issuer->organ) ||
        !dg_bytes_equal(organ->certificate.unit, issuer->unit) ||
        !dg_bytes_is(issuer->federation, v->root->name) ||
        !dg_was_valid(&organ->certificate, issuer->signed_ms) ||
        !dg_issued_is_leaf(v->arena, &event->issued, &event->leaf))
        return dg_check_failed(v, name, "of %.*s@%.*s does not fit its leaf or certificate",
                               DG_SHOW(issuer->organ), DG_SHOW(issuer->unit));
    if (!dg_verify(&organ->certificate.keys.signing, dg_issued_context(kind), sealed->body, &sealed->sig))
        return dg_check_failed(v, name, "of %.*s@%.*s: %s", DG_SHOW(issuer->organ), DG_SHOW(issuer->unit),
                               dg_err_name(DG_ERR_BAD_SIGNATURE));
    return true;
}

static bool prove(struct dg_absence_verifying *a, const struct dg_entry *entry, struct dg_absence_event *ret)
{
    struct dg_verifying *v = &a->v;

    ret->entry = entry;
    ret->unit = dg_member_log(v, entry->origin);
    if (ret->unit == NULL)
        return dg_check_failed(v, "event", "%.*s is the log of nobody here", DG_SHOW(entry->origin));
    return dg_verify_leaf(v, entry, ret->unit, "event", &ret->leaf) &&
           (!entry->has_signed || check_issued(a, ret));
}

bool dg_absence_prove(struct dg_absence_verifying *a)
{
    struct dg_verifying *v = &a->v;

    a->event = dg_arena_array(v->arena, v->trail.event_count, sizeof *a->event);
    if (a->event == NULL)
        return dg_check_failed(v, "event", "%s", dg_err_name(DG_ERR_NO_MEMORY));
    for (; a->event_count < v->trail.event_count; a->event_count++) {
        if (!prove(a, &v->trail.event[a->event_count], &a->event[a->event_count]))
            return false;
    }
    return true;
}

/* --- which is which ------------------------------------------------------------------------- */

static bool take_one(struct dg_absence_verifying *a, struct dg_absence_event *event,
                     struct dg_absence_event **ret, const char *name)
{
    if (*ret != NULL)
        return dg_check_failed(&a->v, name, "there are two");
    *ret = event;
    event->used = true;
    return true;
}

/* The calendar that the finding names, and the others, which can only be its older serials. */
static bool take_calendars(struct dg_absence_verifying *a)
{
    a->held = dg_arena_array(a->v.arena, a->event_count, sizeof *a->held);
    if (a->held == NULL)
        return dg_check_failed(&a->v, "calendar", "%s", dg_err_name(DG_ERR_NO_MEMORY));
    for (size_t i = 0; i < a->event_count; i++) {
        struct dg_absence_event *event = &a->event[i];
        if (!event->entry->has_signed || event->leaf.kind != DG_LEAF_CALENDAR)
            continue;
        event->used = true;
        a->held[a->held_count++] = (struct dg_held_calendar){event->issued.hash, event->issued.is.calendar};
        if (dg_hash_equal(&event->issued.hash, &a->out->finding.duty.calendar) &&
            !take_one(a, event, &a->calendar, "calendar"))
            return false;
    }
    return a->calendar != NULL ||
           dg_check_failed(&a->v, "calendar", "the one that the finding names is missing");
}

bool dg_absence_sort(struct dg_absence_verifying *a)
{
    for (size_t i = 0; i < a->event_count; i++) {
        struct dg_absence_event *event = &a->event[i];
        if (!event->entry->has_signed || event->leaf.kind != DG_LEAF_ABSENCE)
            continue;
        enum dg_finding finding = event->issued.is.absence.finding;
        bool held;
        if (finding == DG_FINDING_EXTENDED)
            held = take_one(a, event, &a->extension, "extension");
        else if (finding == DG_FINDING_MISSING || finding == DG_FINDING_LATE)
            held = take_one(a, event, &a->finding, "finding");
        else
            held = dg_check_failed(&a->v, "finding", "one that proves nothing");
        if (!held)
            return false;
    }
    if (a->finding == NULL)
        return dg_check_failed(&a->v, "finding", "there is none");
    a->out->finding = a->finding->issued.is.absence;
    a->out->has_finding = true;
    if (!take_calendars(a))
        return false;
    a->owner = dg_member_unit(&a->v, a->out->finding.duty.unit);
    return a->owner != NULL || dg_check_failed(&a->v, "finding", "the certificate of %.*s is missing",
                                               DG_SHOW(a->out->finding.duty.unit));
}

/* --- who may -------------------------------------------------------------------------------- */

bool dg_absence_may(struct dg_absence_verifying *a, const struct dg_absence_event *event, const char *name)
{
    const struct dg_issuer *issuer = &event->issued.issuer;
    const struct dg_dir_unit *unit = dg_directory_unit(&a->dir, issuer->unit);

    if (unit == NULL || !dg_duty_may_issue(unit, issuer->organ, dg_day_of(issuer->signed_ms)))
        return dg_check_failed(&a->v, name, "%.*s@%.*s may not issue it", DG_SHOW(issuer->organ),
                               DG_SHOW(issuer->unit));
    return dg_check_held(&a->v, name, "by %.*s@%.*s, leaf %llu of %s", DG_SHOW(issuer->organ),
                         DG_SHOW(issuer->unit), (unsigned long long)event->entry->index,
                         event->unit->log.name);
}

static bool same_duty(const struct dg_duty_name *one, const struct dg_duty_name *other)
{
    return dg_bytes_equal(one->organ, other->organ) && dg_bytes_equal(one->unit, other->unit) &&
           dg_bytes_equal(one->rule, other->rule) && dg_bytes_equal(one->period, other->period);
}

static bool is_named(const struct dg_absence *finding, const struct dg_hash *reminder)
{
    for (size_t i = 0; i < finding->reminder_count; i++) {
        if (dg_hash_equal(&finding->reminder[i], reminder))
            return true;
    }
    return false;
}

bool dg_absence_reminders(struct dg_absence_verifying *a)
{
    const struct dg_absence *finding = &a->out->finding;
    size_t count = 0;

    for (size_t i = 0; i < a->event_count; i++) {
        struct dg_absence_event *event = &a->event[i];
        if (!event->entry->has_signed || event->leaf.kind != DG_LEAF_REMINDER)
            continue;
        if (!is_named(finding, &event->issued.hash) || !same_duty(event->issued.duty, &finding->duty))
            return dg_check_failed(&a->v, "reminder", "one that the finding does not name");
        if (!dg_absence_may(a, event, "reminder"))
            return false;
        event->used = true;
        count++;
    }
    return count == finding->reminder_count ||
           dg_check_failed(&a->v, "reminder", "%zu of %zu are here", count, finding->reminder_count);
}

bool dg_absence_calendars(struct dg_absence_verifying *a)
{
    const struct dg_calendar *named = &a->calendar->issued.is.calendar;
    uint32_t lowest = named->serial;

    for (size_t i = 0; i < a->event_count; i++) {
        const struct dg_absence_event *event = &a->event[i];
        if (!event->entry->has_signed || event->leaf.kind != DG_LEAF_CALENDAR)
            continue;
        const struct dg_calendar *calendar = &event->issued.is.calendar;
        bool same = dg_bytes_equal(calendar->issuer.unit, named->issuer.unit) &&
                    dg_bytes_equal(calendar->issuer.organ, named->issuer.organ) &&
                    dg_bytes_equal(calendar->name, named->name);
        if (!same || (event != a->calendar && calendar->serial >= named->serial))
            return dg_check_failed(&a->v, "calendar", "one that is no older serial of the one named");
        if (!dg_absence_may(a, event, "calendar"))
            return false;
        lowest = calendar->serial < lowest ? calendar->serial : lowest;
    }
    return named->serial - lowest + 1 == a->held_count ||
           dg_check_failed(&a->v, "calendar", "between serials %lu and %lu there is a gap",
                           (unsigned long)lowest, (unsigned long)named->serial);
}

bool dg_absence_extension(struct dg_absence_verifying *a)
{
    const struct dg_absence *finding = &a->out->finding;

    if (a->extension == NULL)
        return true;
    const struct dg_absence *extension = &a->extension->issued.is.absence;
    if (extension->until.n > a->out->last.n)
        a->out->last = extension->until;
    if (!same_duty(&extension->duty, &finding->duty) || a->extension->unit != a->calendar->unit ||
        extension->issuer.signed_ms > finding->issuer.signed_ms)
        return dg_check_failed(&a->v, "extension", "it is of another duty, unit or time");
    return dg_absence_may(a, a->extension, "extension");
}
