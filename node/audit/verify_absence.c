/* verify_absence.c - the steps by which a finding is verified, in the order in which each needs the others.
 * What was issued about the duty is looked at in verify_issued.c.
 */
#include "common/crypto.h"
#include "node/audit/verify_absence_impl.h"
#include "node/core/duty_rules.h"
#include "node/core/duty_watch.h"

enum { CHECKS_BESIDE_PARTS = 64 };

/* --- form ----------------------------------------------------------------------------------- */

static bool check_form(struct dg_absence_verifying *a, struct dg_bytes bytes)
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
static bool use_members(struct dg_absence_verifying *a)
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
static bool check_duty(struct dg_absence_verifying *a)
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
static bool check_log(struct dg_absence_verifying *a)
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
static bool time_at(struct dg_absence_verifying *a, uint64_t index, dg_ms *ret)
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
static bool check_boundary(struct dg_absence_verifying *a)
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

static bool check_arrival(struct dg_absence_verifying *a)
{
    struct dg_verifying *v = &a->v;
    const struct dg_absence *finding = &a->out->finding;
    struct dg_absence_event *arrival = NULL;

    if ((finding->finding == DG_FINDING_LATE) != v->out->has_report)
        return dg_check_failed(v, "arrival", "a report belongs to what is late, and to nothing else");
    if (finding->finding != DG_FINDING_LATE)
        return true;
    for (size_t i = 0; i < a->event_count; i++) {
        struct dg_absence_event *event = &a->event[i];
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

static bool check_exporter(struct dg_absence_verifying *a)
{
    struct dg_verifying *v = &a->v;

    v->exporter = a->finding->unit;
    if (!dg_cert_id_equal(&v->exporter->id, &v->trail.exporter))
        return dg_check_failed(v, "exporter", "it is not the finder");
    return dg_check_held(v, "exporter", "%.*s", DG_SHOW(v->exporter->certificate.unit));
}

static bool check_all_used(struct dg_absence_verifying *a)
{
    for (size_t i = 0; i < a->event_count; i++) {
        if (!a->event[i].used)
            return dg_check_failed(&a->v, "unused", "leaf %llu of %s",
                                   (unsigned long long)a->event[i].entry->index, a->event[i].unit->log.name);
    }
    return dg_verify_unused(&a->v);
}

static bool check_seal(struct dg_absence_verifying *a)
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

static bool check_members(struct dg_absence_verifying *a)
{
    struct dg_verifying *v = &a->v;

    return (v->trail.envelope.size == 0 || dg_verify_report(v)) && dg_verify_members(v) &&
           dg_verify_order(v) && (!v->out->has_report || dg_verify_authors(v)) && dg_verify_regimes(v);
}

static bool check_claims(struct dg_absence_verifying *a)
{
    return dg_verify_directory(&a->v, &a->owner, 1, &a->dir) && use_members(a) &&
           dg_absence_may(a, a->finding, "finding") && dg_absence_calendars(a) && dg_absence_reminders(a) &&
           check_duty(a) && dg_absence_extension(a) && check_log(a) && check_boundary(a) && check_arrival(a);
}

static bool verify(struct dg_absence_verifying *a, struct dg_bytes bytes)
{
    return check_form(a, bytes) && check_members(a) && dg_absence_prove(a) && dg_absence_sort(a) &&
           check_exporter(a) && check_claims(a) && check_all_used(a) && dg_verify_checkpoints(&a->v) &&
           dg_verify_checkpoint_order(&a->v) && check_seal(a);
}

enum dg_err dg_absence_verify(struct dg_arena *arena, struct dg_bytes file, const struct dg_verifier *root,
                              struct dg_absence_verification *ret, struct dg_fault *fault)
{
    struct dg_check *first = dg_arena_array(arena, CHECKS_BESIDE_PARTS, sizeof *first);
    struct dg_absence_verifying *a = dg_arena_alloc(arena, sizeof *a);

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
