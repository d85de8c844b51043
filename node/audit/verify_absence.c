/* verify_absence.c - the steps by which a finding is verified, in the order in which each needs the others.
 */
#include <string.h>

#include "common/crypto.h"
#include "node/audit/absence.h"
#include "node/audit/verify_impl.h"
#include "node/core/duty_rules.h"
#include "node/core/duty_watch.h"
#include "proto/issued.h"

enum { CHECKS_BESIDE_PARTS = 64 };

/* An event of the file, once its leaf is proven. */
struct event {
    const struct dg_entry *entry;
    struct dg_member *unit; /* whose log it is in */
    struct dg_leaf leaf;
    struct dg_issued issued; /* when it is signed */
    bool used;
};

struct absence {
    struct dg_verifying v;
    struct dg_absence_verification *out;
    struct dg_absence_file file;
    size_t event_count;
    struct event *event;
    struct event *finding, *calendar, *extension; /* extension may be NULL */
    size_t held_count; /* calendars: that of the finding, and older serials of it */
    struct dg_held_calendar *held;
    struct dg_member *owner; /* the unit */
    struct dg_directory dir;
    struct dg_duty duty;
};

/* --- form ----------------------------------------------------------------------------------- */

static bool check_form(struct absence *a, struct dg_bytes bytes)
{
    struct dg_fault fault = {0};

    if (!dg_verify_key(&a->v))
        return false;
    enum dg_err err = dg_absence_file_decode(a->v.arena, bytes, &a->file, &fault);
    if (err != DG_OK)
        return dg_check_failed(&a->v, "form", "%s %s", dg_err_name(err), fault.what);
    a->v.trail = a->file.parts;
    return dg_check_room(&a->v) && dg_check_held(&a->v, "form", "%zu bytes, canonical", bytes.size);
}

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
static bool check_issued(struct absence *a, struct event *event)
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

static bool prove(struct absence *a, const struct dg_entry *entry, struct event *ret)
{
    struct dg_verifying *v = &a->v;

    ret->entry = entry;
    ret->unit = dg_member_log(v, entry->origin);
    if (ret->unit == NULL)
        return dg_check_failed(v, "event", "%.*s is the log of nobody here", DG_SHOW(entry->origin));
    return dg_verify_leaf(v, entry, ret->unit, "event", &ret->leaf) &&
           (!entry->has_signed || check_issued(a, ret));
}

static bool prove_all(struct absence *a)
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

static bool take_one(struct absence *a, struct event *event, struct event **ret, const char *name)
{
    if (*ret != NULL)
        return dg_check_failed(&a->v, name, "there are two");
    *ret = event;
    event->used = true;
    return true;
}

/* The calendar that the finding names, and the others, which can only be its older serials. */
static bool take_calendars(struct absence *a)
{
    a->held = dg_arena_array(a->v.arena, a->event_count, sizeof *a->held);
    if (a->held == NULL)
        return dg_check_failed(&a->v, "calendar", "%s", dg_err_name(DG_ERR_NO_MEMORY));
    for (size_t i = 0; i < a->event_count; i++) {
        struct event *event = &a->event[i];
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

static bool sort_out(struct absence *a)
{
    for (size_t i = 0; i < a->event_count; i++) {
        struct event *event = &a->event[i];
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

static bool check_may(struct absence *a, const struct event *event, const char *name)
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

/* Those that the finding names, all of them and no others. */
static bool check_reminders(struct absence *a)
{
    const struct dg_absence *finding = &a->out->finding;
    size_t count = 0;

    for (size_t i = 0; i < a->event_count; i++) {
        struct event *event = &a->event[i];
        if (!event->entry->has_signed || event->leaf.kind != DG_LEAF_REMINDER)
            continue;
        if (!is_named(finding, &event->issued.hash) || !same_duty(event->issued.duty, &finding->duty))
            return dg_check_failed(&a->v, "reminder", "one that the finding does not name");
        if (!check_may(a, event, "reminder"))
            return false;
        event->used = true;
        count++;
    }
    return count == finding->reminder_count ||
           dg_check_failed(&a->v, "reminder", "%zu of %zu are here", count, finding->reminder_count);
}

/* Each by its issuer, and every serial between the first and the last of them exactly once. */
static bool check_calendars(struct absence *a)
{
    const struct dg_calendar *named = &a->calendar->issued.is.calendar;
    uint32_t lowest = named->serial;

    for (size_t i = 0; i < a->event_count; i++) {
        const struct event *event = &a->event[i];
        if (!event->entry->has_signed || event->leaf.kind != DG_LEAF_CALENDAR)
            continue;
        const struct dg_calendar *calendar = &event->issued.is.calendar;
        bool same = dg_bytes_equal(calendar->issuer.unit, named->issuer.unit) &&
                    dg_bytes_equal(calendar->issuer.organ, named->issuer.organ) &&
                    dg_bytes_equal(calendar->name, named->name);
        if (!same || (event != a->calendar && calendar->serial >= named->serial))
            return dg_check_failed(&a->v, "calendar", "one that is no older serial of the one named");
        if (!check_may(a, event, "calendar"))
            return false;
        lowest = calendar->serial < lowest ? calendar->serial : lowest;
    }
    return named->serial - lowest + 1 == a->held_count ||
           dg_check_failed(&a->v, "calendar", "between serials %lu and %lu there is a gap",
                           (unsigned long)lowest, (unsigned long)named->serial);
}

/* Moves the last day, which the duty has set. */
static bool check_extension(struct absence *a)
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
    return check_may(a, a->extension, "extension");
}

/* --- the duty ------------------------------------------------------------------------------- */

struct search {
    const struct dg_duty_name *name;
    bool found;
    struct dg_duty duty;
};

static bool take_duty(void *ctx, const struct dg_duty *duty)
{
    struct search *search = ctx;

    search->found = duty->entry->due.n == search->name->due.n &&
                    dg_hash_equal(&duty->calendar->hash, &search->name->calendar);
    search->duty = *duty;
    return !search->found;
}

/* Every member is of the owner's unit or of one above it: that is what the duty rests on. */
static bool use_members(struct absence *a)
{
    struct dg_verifying *v = &a->v;

    for (size_t i = 0; i < v->member_count; i++) {
        struct dg_member *member = &v->member[i];
        const struct dg_member *unit = member->kind == DG_MEMBER_UNIT ? member : member->issuer;
        if (!dg_member_within(a->owner, unit))
            continue; /* unused, and refused as such */
        if (member->kind == DG_MEMBER_ADOPTION && !dg_use_adoption(v, member))
            return dg_check_failed(v, "regime", "one that %.*s adopted is missing",
                                   DG_SHOW(unit->certificate.unit));
        member->used = true;
    }
    return true;
}

/* The calendar and the regimes bind the owner to this report until this day, and it goes to the finder. */
static bool check_duty(struct absence *a)
{
    struct dg_verifying *v = &a->v;
    const struct dg_duty_name *name = &a->out->finding.duty;
    struct dg_duty_filter filter = {
        .unit = name->unit, .organ = name->organ, .rule = name->rule, .period = name->period};
    struct search search = {.name = name};

    enum dg_err err = dg_duty_each(&a->dir, a->held, a->held_count, &filter, v->arena, take_duty, &search);
    if (err != DG_OK)
        return dg_check_failed(v, "duty", "%s", dg_err_name(err));
    const struct dg_dir_unit *finder = dg_directory_unit(&a->dir, a->out->finding.issuer.unit);
    if (!search.found)
        return dg_check_failed(v, "duty", "%.*s does not bind %.*s@%.*s for %.*s", DG_SHOW(name->rule),
                               DG_SHOW(name->organ), DG_SHOW(name->unit), DG_SHOW(name->period));
    if (dg_duty_keeper(&search.duty) != finder)
        return dg_check_failed(v, "duty", "the report does not go to %.*s",
                               DG_SHOW(a->out->finding.issuer.unit));
    if (search.duty.calendar->calendar.serial - search.duty.set_by->calendar.serial + 1 != a->held_count)
        return dg_check_failed(v, "calendar", "serials from %lu on belong here",
                               (unsigned long)search.duty.set_by->calendar.serial);
    a->duty = search.duty;
    a->out->last = search.duty.last;
    return dg_check_held(v, "duty", "%.*s@%.*s, %.*s (%.*s), %.*s", DG_SHOW(name->organ), DG_SHOW(name->unit),
                         DG_SHOW(name->rule), DG_SHOW(search.duty.rule->cites), DG_SHOW(name->period));
}

/* --- the log -------------------------------------------------------------------------------- */

static bool is_empty(const struct dg_tree_head *head, const struct dg_proof *proof)
{
    struct dg_hash empty = dg_merkle_empty();

    return head->size == 0 && proof->count == 0 && dg_hash_equal(&head->root, &empty);
}

/* before grew into after, and after into what the finder's log key has signed since. */
static bool check_log(struct absence *a)
{
    struct dg_verifying *v = &a->v;
    const struct dg_absence *finding = &a->out->finding;
    const struct dg_tree_head *before = &finding->before, *after = &finding->after;
    const struct dg_checkpoint *now = &v->opened[a->finding->entry->checkpoint].checkpoint;
    const char *origin = a->finding->unit->log.name;

    if (!dg_bytes_is(before->origin, origin) || !dg_bytes_is(after->origin, origin))
        return dg_check_failed(v, "log", "it is not that of the finder");
    if (after->size > a->finding->entry->index)
        return dg_check_failed(v, "log", "the finding is older than what it speaks of");
    if (!is_empty(before, &a->file.grown) && dg_consistency_verify(before->size, &before->root, after->size,
                                                                   &after->root, &a->file.grown) != DG_OK)
        return dg_check_failed(v, "log", "%llu leaves did not grow into %llu",
                               (unsigned long long)before->size, (unsigned long long)after->size);
    if (dg_consistency_verify(after->size, &after->root, now->size, &now->root, &a->file.now) != DG_OK)
        return dg_check_failed(v, "log", "%llu leaves did not grow into %llu",
                               (unsigned long long)after->size, (unsigned long long)now->size);
    return dg_check_held(v, "log", "%s: %llu leaves by the last day, %llu at the finding", origin,
                         (unsigned long long)before->size, (unsigned long long)after->size);
}

/* When the finder wrote a leaf: it may stand among the events, or prove a certificate or adoption. */
static bool time_at(struct absence *a, uint64_t index, dg_ms *ret)
{
    struct dg_verifying *v = &a->v;

    for (size_t i = 0; i < a->event_count; i++) {
        if (a->event[i].unit != a->finding->unit || a->event[i].entry->index != index)
            continue;
        a->event[i].used = true;
        *ret = a->event[i].leaf.time;
        return true;
    }
    for (size_t i = 0; i < v->trail.membership_count; i++) {
        const struct dg_entry *entry = &v->trail.membership[i];
        struct dg_leaf leaf;
        if (entry->index != index || !dg_bytes_is(entry->origin, a->finding->unit->log.name) ||
            dg_leaf_parse(v->arena, entry->leaf, &leaf, NULL) != DG_OK)
            continue;
        *ret = leaf.time;
        return true;
    }
    return false;
}

/* The leaves on both sides of `before` show that the last day ended there. */
static bool check_boundary(struct absence *a)
{
    struct dg_verifying *v = &a->v;
    const struct dg_absence *finding = &a->out->finding;
    dg_ms end = dg_day_start((struct dg_day){.n = a->out->last.n + 1});
    uint64_t size = finding->before.size;
    dg_ms first, last;
    char day[DG_DAY_TEXT];

    dg_day_text(a->out->last, day);
    if (dg_day_of(finding->issuer.signed_ms).n <= a->out->last.n)
        return dg_check_failed(v, "boundary", "%s was not over", day);
    if (!time_at(a, size, &first) || first < end)
        return dg_check_failed(v, "boundary", "no leaf after %s", day);
    if (size > 0 && (!time_at(a, size - 1, &last) || last >= end))
        return dg_check_failed(v, "boundary", "no leaf before the end of %s", day);
    return dg_check_held(v, "boundary", "%s ended before leaf %llu", day, (unsigned long long)size);
}

/* --- a late report -------------------------------------------------------------------------- */

static bool check_arrival(struct absence *a)
{
    struct dg_verifying *v = &a->v;
    const struct dg_absence *finding = &a->out->finding;
    struct event *arrival = NULL;

    if ((finding->finding == DG_FINDING_LATE) != v->out->has_report)
        return dg_check_failed(v, "arrival", "a report belongs to what is late, and to nothing else");
    if (finding->finding != DG_FINDING_LATE)
        return true;
    for (size_t i = 0; i < a->event_count; i++) {
        struct event *event = &a->event[i];
        if (event->unit == a->finding->unit && event->leaf.kind == DG_LEAF_REPORT &&
            dg_id_equal(&event->leaf.report, &v->out->id) && event->leaf.verdict == DG_VERDICT_ACCEPTED)
            arrival = event;
    }
    if (!dg_id_equal(&v->out->id, &finding->report) || !dg_duty_met_by(&a->duty, &v->out->report))
        return dg_check_failed(v, "arrival", "the report is not the one of this duty");
    if (arrival == NULL || arrival->entry->index >= finding->after.size)
        return dg_check_failed(v, "arrival", "the finder's log does not show it");
    int32_t days = dg_day_of(arrival->leaf.time).n - a->out->last.n;
    if (days < 1 || (uint32_t)days != finding->days)
        return dg_check_failed(v, "arrival", "it came %ld days after the last day, not %lu", (long)days,
                               (unsigned long)finding->days);
    arrival->used = true;
    return dg_check_held(v, "arrival", "%lu days late, leaf %llu", (unsigned long)finding->days,
                         (unsigned long long)arrival->entry->index);
}

/* --- the file ------------------------------------------------------------------------------- */

static bool check_exporter(struct absence *a)
{
    struct dg_verifying *v = &a->v;

    v->exporter = a->finding->unit;
    if (!dg_cert_id_equal(&v->exporter->id, &v->trail.exporter))
        return dg_check_failed(v, "exporter", "it is not the finder");
    return dg_check_held(v, "exporter", "%.*s", DG_SHOW(v->exporter->certificate.unit));
}

static bool check_all_used(struct absence *a)
{
    for (size_t i = 0; i < a->event_count; i++) {
        if (!a->event[i].used)
            return dg_check_failed(&a->v, "unused", "leaf %llu of %s",
                                   (unsigned long long)a->event[i].entry->index, a->event[i].unit->log.name);
    }
    return dg_verify_unused(&a->v);
}

static bool check_seal(struct absence *a)
{
    struct dg_verifying *v = &a->v;
    struct dg_absence_file unsealed = a->file;
    struct dg_buf bytes;

    unsealed.parts.has_seal = false;
    dg_buf_init(&bytes, DG_TRAIL_MAX);
    enum dg_err err = v->trail.has_seal ? dg_absence_file_encode(&unsealed, &bytes) : DG_ERR_BAD_SIGNATURE;
    if (err == DG_OK && !dg_verify(&v->exporter->certificate.keys.unit, DG_CONTEXT_ABSENCE_FILE,
                                   dg_buf_bytes(&bytes), &v->trail.seal))
        err = DG_ERR_BAD_SIGNATURE;
    dg_buf_done(&bytes);
    if (err != DG_OK)
        return dg_check_failed(v, "seal", "%s", dg_err_name(err));
    return dg_check_held(v, "seal", "by %.*s", DG_SHOW(v->exporter->certificate.unit));
}

/* --- all together --------------------------------------------------------------------------- */

static bool check_members(struct absence *a)
{
    struct dg_verifying *v = &a->v;

    return (v->trail.envelope.size == 0 || dg_verify_report(v)) && dg_verify_members(v) &&
           dg_verify_order(v) && (!v->out->has_report || dg_verify_authors(v)) && dg_verify_regimes(v);
}

static bool check_claims(struct absence *a)
{
    return dg_verify_directory(&a->v, &a->owner, 1, &a->dir) && use_members(a) &&
           check_may(a, a->finding, "finding") && check_calendars(a) && check_reminders(a) && check_duty(a) &&
           check_extension(a) && check_log(a) && check_boundary(a) && check_arrival(a);
}

static bool verify(struct absence *a, struct dg_bytes bytes)
{
    return check_form(a, bytes) && check_members(a) && prove_all(a) && sort_out(a) && check_exporter(a) &&
           check_claims(a) && check_all_used(a) && dg_verify_checkpoints(&a->v) &&
           dg_verify_checkpoint_order(&a->v) && check_seal(a);
}

enum dg_err dg_absence_verify(struct dg_arena *arena, struct dg_bytes file, const struct dg_verifier *root,
                              struct dg_absence_verification *ret, struct dg_fault *fault)
{
    struct dg_check *first = dg_arena_array(arena, CHECKS_BESIDE_PARTS, sizeof *first);
    struct absence *a = dg_arena_alloc(arena, sizeof *a);

    *ret = (struct dg_absence_verification){.checks = {.check = first}};
    if (first == NULL || a == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    a->out = ret;
    a->v = (struct dg_verifying){.arena = arena,
                                 .root = root,
                                 .out = &ret->checks,
                                 .fault = fault,
                                 .check_capacity = CHECKS_BESIDE_PARTS};
    if (!verify(a, file))
        return DG_ERR_VERIFY_FAILED;
    ret->checks.verified = true;
    return DG_OK;
}
