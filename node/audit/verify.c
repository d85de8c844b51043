/* verify.c - the steps of a verification, in the order in which each needs the ones before it. */
#include "node/audit/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/crypto.h"
#include "common/text.h"
#include "node/audit/verify_impl.h"

/* --- what was checked ----------------------------------------------------------------------- */

enum { CHECKS_BESIDE_PARTS = 64, DETAIL_MAX = 512 };

static void note_check(struct dg_verifying *v, const char *name, bool ok, const char *detail)
{
    if (v->out->check_count < v->check_capacity)
        v->out->check[v->out->check_count++] =
            (struct dg_check){.name = name, .ok = ok, .detail = dg_arena_copy(v->arena, dg_bytes_of(detail))};
}

/* Foreign words end up in details, and details on screens. */
static void write_detail(char *ret, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void write_detail(char *ret, const char *format, va_list args)
{
    vsnprintf(ret, DETAIL_MAX, format, args);
    ret[dg_text_cut(dg_bytes_of(ret), DETAIL_MAX - 1)] = '\0';
    dg_text_tame(ret);
}

bool dg_check_held(struct dg_verifying *v, const char *name, const char *format, ...)
{
    char detail[DETAIL_MAX];
    va_list args;

    va_start(args, format);
    write_detail(detail, format, args);
    va_end(args);
    note_check(v, name, true, detail);
    return true;
}

bool dg_check_failed(struct dg_verifying *v, const char *name, const char *format, ...)
{
    char detail[DETAIL_MAX];
    va_list args;

    va_start(args, format);
    write_detail(detail, format, args);
    va_end(args);
    note_check(v, name, false, detail);
    dg_faultf(v->fault, DG_ERR_VERIFY_FAILED, "%s: %s", name, detail);
    return false;
}

/* --- form and report ------------------------------------------------------------------------ */

bool dg_verify_key(struct dg_verifying *v)
{
    return (v->root->type == DG_NOTE_ED25519 && dg_key_check(&v->root->key) == DG_OK) ||
           dg_check_failed(v, "federation-key", "%s is no federation's key", v->root->name);
}

bool dg_check_room(struct dg_verifying *v)
{
    size_t parts = v->trail.membership_count + v->trail.event_count + v->trail.checkpoint_count;
    struct dg_check *check = dg_arena_array(v->arena, parts + v->check_capacity, sizeof *check);

    if (check == NULL)
        return dg_check_failed(v, "form", "%s", dg_err_name(DG_ERR_NO_MEMORY));
    memcpy(check, v->out->check, v->out->check_count * sizeof *check);
    v->out->check = check;
    v->check_capacity += parts;
    return true;
}

static bool check_form(struct dg_verifying *v, struct dg_bytes file)
{
    struct dg_fault fault = {0};

    if (!dg_verify_key(v))
        return false;
    enum dg_err err = dg_trail_decode(v->arena, file, &v->trail, &fault);
    if (err != DG_OK)
        return dg_check_failed(v, "form", "%s %s", dg_err_name(err), fault.what);
    return dg_check_room(v) && dg_check_held(v, "form", "%zu bytes, canonical", file.size);
}

bool dg_verify_report(struct dg_verifying *v)
{
    struct dg_report *report = &v->out->report;
    struct dg_fault fault = {0};
    char id[DG_HEX_BYTES];
    enum dg_err err = dg_envelope_decode(v->arena, v->trail.envelope, &v->envelope, &fault);

    if (err == DG_OK)
        err = dg_report_decode(v->arena, v->envelope.report, report, &fault);
    if (err != DG_OK)
        return dg_check_failed(v, "report", "%s %s", dg_err_name(err), fault.what);
    v->out->id = dg_report_id(v->envelope.report);
    v->out->has_report = true;
    if (!dg_bytes_is(report->federation, v->root->name))
        return dg_check_failed(v, "report", "of the federation %.*s", DG_SHOW(report->federation));
    if (!dg_day_parse(report->date, &v->date) || v->date.n > dg_day_of(report->signed_ms).n)
        return dg_check_failed(v, "report", "dated %.*s, after it was signed", DG_SHOW(report->date));
    dg_hex(v->out->id.b, sizeof v->out->id.b, id);
    return dg_check_held(v, "report", "%s", id);
}

/* --- authors -------------------------------------------------------------------------------- */

bool dg_was_valid(const struct dg_certificate *certificate, dg_ms at)
{
    return at <= certificate->not_after_ms && at >= certificate->not_before_ms - DG_CLOCK_SKEW_MS;
}

static bool check_author(struct dg_verifying *v, size_t i)
{
    const char *name = "author-signature";
    const struct dg_author *author = &v->out->report.author[i];
    const struct dg_author_signature *signature = &v->envelope.signature[i];
    struct dg_member *member = dg_member_organ(v, &author->certificate);

    if (member == NULL || !dg_bytes_equal(member->certificate.organ, author->organ) ||
        !dg_bytes_equal(member->certificate.unit, author->unit))
        return dg_check_failed(v, name, "the certificate of %.*s@%.*s is missing", DG_SHOW(author->organ),
                               DG_SHOW(author->unit));
    if (!dg_was_valid(&member->certificate, v->out->report.signed_ms))
        return dg_check_failed(v, name, "the certificate of %.*s@%.*s was not valid then",
                               DG_SHOW(author->organ), DG_SHOW(author->unit));
    if (signature->author != i ||
        !dg_verify(&member->certificate.keys.signing, DG_CONTEXT_REPORT, v->envelope.report, &signature->sig))
        return dg_check_failed(v, name, "%.*s@%.*s: %s", DG_SHOW(author->organ), DG_SHOW(author->unit),
                               dg_err_name(DG_ERR_BAD_SIGNATURE));
    v->author[i] = member;
    member->used = true;
    return dg_check_held(v, name, "%.*s@%.*s", DG_SHOW(author->organ), DG_SHOW(author->unit));
}

bool dg_verify_authors(struct dg_verifying *v)
{
    if (v->envelope.signature_count != v->out->report.author_count)
        return dg_check_failed(v, "author-signature", "%zu signatures of %zu authors",
                               v->envelope.signature_count, v->out->report.author_count);
    for (size_t i = 0; i < v->out->report.author_count; i++) {
        if (!check_author(v, i))
            return false;
    }
    return true;
}

/* --- exporter ------------------------------------------------------------------------------- */

static bool check_exporter(struct dg_verifying *v)
{
    for (size_t i = 0; i < v->member_count && v->exporter == NULL; i++) {
        if (v->member[i].kind == DG_MEMBER_UNIT && dg_cert_id_equal(&v->member[i].id, &v->trail.exporter))
            v->exporter = &v->member[i];
    }
    if (v->exporter == NULL)
        return dg_check_failed(v, "exporter", "its certificate is missing");
    v->exporter->used = true;
    v->from_above = dg_member_within(v->author[0]->issuer, v->exporter);
    return dg_check_held(v, "exporter", "%.*s", DG_SHOW(v->exporter->certificate.unit));
}

/* Whoever exports a report has it, and therefore has a leaf that says so. */
static bool check_own_leaf(struct dg_verifying *v)
{
    for (size_t i = 0; i < v->proven_count; i++) {
        if (v->proven[i].unit == v->exporter && v->proven[i].leaf.kind == DG_LEAF_REPORT)
            return true;
    }
    return dg_check_failed(v, "exporter", "%.*s shows no leaf of its own",
                           DG_SHOW(v->exporter->certificate.unit));
}

static bool check_seal(struct dg_verifying *v)
{
    struct dg_trail unsealed = v->trail;
    struct dg_buf bytes;

    unsealed.has_seal = false;
    dg_buf_init(&bytes, DG_TRAIL_MAX);
    enum dg_err err = v->trail.has_seal ? dg_trail_encode(&unsealed, &bytes) : DG_ERR_BAD_SIGNATURE;
    if (err == DG_OK && !dg_verify(&v->exporter->certificate.keys.unit, DG_CONTEXT_TRAIL,
                                   dg_buf_bytes(&bytes), &v->trail.seal))
        err = DG_ERR_BAD_SIGNATURE;
    dg_buf_done(&bytes);
    if (err != DG_OK)
        return dg_check_failed(v, "seal", "%s", dg_err_name(err));
    return dg_check_held(v, "seal", "by %.*s", DG_SHOW(v->exporter->certificate.unit));
}

/* --- nothing unused, nothing out of order --------------------------------------------------- */

/* Recipients' certificates count, wherever the exporter knew them. */
static bool check_recipients(struct dg_verifying *v)
{
    for (size_t i = 0; i < v->out->report.recipient_count; i++) {
        const struct dg_recipient *recipient = &v->out->report.recipient[i];
        struct dg_member *member =
            recipient->has_certificate ? dg_member_organ(v, &recipient->certificate) : NULL;
        if (member == NULL)
            continue;
        if (!dg_bytes_equal(member->certificate.organ, recipient->organ) ||
            !dg_bytes_equal(member->certificate.unit, recipient->unit))
            return dg_check_failed(v, "recipient", "%.*s@%.*s has the certificate of another",
                                   DG_SHOW(recipient->organ), DG_SHOW(recipient->unit));
        member->used = true;
    }
    return true;
}

/* Issuers stand before what they issued, so one walk from the end marks them all. */
bool dg_verify_unused(struct dg_verifying *v)
{
    for (size_t i = v->member_count; i-- > 0;) {
        struct dg_member *member = &v->member[i];
        struct dg_bytes unit =
            member->kind == DG_MEMBER_ADOPTION ? member->adoption.unit : member->certificate.unit;
        if (!member->used)
            return dg_check_failed(v, "unused", "%s%.*s%s%.*s",
                                   member->kind == DG_MEMBER_ADOPTION ? "an adoption of "
                                                                      : "the certificate of ",
                                   DG_SHOW(member->certificate.organ),
                                   member->certificate.organ.size > 0 ? "@" : "", DG_SHOW(unit));
        if (member->issuer != NULL)
            member->issuer->used = true;
    }
    for (size_t i = 0; i < v->trail.regime_count; i++) {
        if (!v->regime_used[i])
            return dg_check_failed(v, "unused", "the regime %.*s", DG_SHOW(v->regime[i].name));
    }
    return dg_check_held(v, "unused", "nothing");
}

static struct dg_member_rank rank_of(const struct dg_member *member)
{
    bool adoption = member->kind == DG_MEMBER_ADOPTION;

    return (struct dg_member_rank){
        .depth = member->depth,
        .unit = adoption ? member->adoption.unit : member->certificate.unit,
        .kind = (unsigned)member->kind,
        .organ = member->certificate.organ,
        .serial = adoption ? member->adoption.serial : member->certificate.serial,
    };
}

static bool members_in_order(const struct dg_verifying *v)
{
    for (size_t i = 1; i < v->member_count; i++) {
        struct dg_member_rank before = rank_of(&v->member[i - 1]), here = rank_of(&v->member[i]);
        if (dg_member_rank_compare(&before, &here) >= 0)
            return false;
    }
    return true;
}

static bool events_in_order(const struct dg_trail *trail)
{
    for (size_t i = 1; i < trail->event_count; i++) {
        const struct dg_entry *a = &trail->event[i - 1], *b = &trail->event[i];
        if (dg_log_place_compare(a->origin, a->index, b->origin, b->index) >= 0)
            return false;
    }
    return true;
}

bool dg_verify_order(struct dg_verifying *v)
{
    if (!members_in_order(v))
        return dg_check_failed(v, "order", "certificates and adoptions");
    if (!events_in_order(&v->trail) || !dg_trail_leaves_unique(&v->trail, v->arena))
        return dg_check_failed(v, "order", "receipts and states");
    return true;
}

/* The exporter proves all leaves of its own log under one checkpoint; it has no reason for two. */
bool dg_verify_checkpoint_order(struct dg_verifying *v)
{
    size_t own = 0;

    for (size_t i = 0; i < v->trail.checkpoint_count; i++) {
        const struct dg_checkpoint *here = &v->opened[i].checkpoint;
        own += v->opened[i].unit == v->exporter;
        if (own > 1)
            return dg_check_failed(v, "order", "several checkpoints of the exporter");
        if (i == 0)
            continue;
        const struct dg_checkpoint *before = &v->opened[i - 1].checkpoint;
        if (dg_log_place_compare(dg_bytes_of(before->origin), before->size, dg_bytes_of(here->origin),
                                 here->size) >= 0)
            return dg_check_failed(v, "order", "checkpoints");
    }
    return dg_check_held(v, "order", "canonical");
}

/* --- all together --------------------------------------------------------------------------- */

static bool verify(struct dg_verifying *v, struct dg_bytes file)
{
    return check_form(v, file) && dg_verify_report(v) && dg_verify_members(v) && dg_verify_order(v) &&
           dg_verify_authors(v) && check_exporter(v) && dg_verify_mandate(v) && dg_verify_events(v) &&
           check_own_leaf(v) && check_recipients(v) && dg_verify_unused(v) && dg_verify_checkpoints(v) &&
           dg_verify_checkpoint_order(v) && check_seal(v);
}

enum dg_err dg_trail_verify(struct dg_arena *arena, struct dg_bytes file, const struct dg_verifier *root,
                            struct dg_verification *ret, struct dg_fault *fault)
{
    struct dg_check *first = dg_arena_array(arena, CHECKS_BESIDE_PARTS, sizeof *first);
    struct dg_verifying v = {
        .arena = arena, .root = root, .out = ret, .fault = fault, .check_capacity = CHECKS_BESIDE_PARTS};

    *ret = (struct dg_verification){.check = first};
    if (first == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    if (!verify(&v, file))
        return DG_ERR_VERIFY_FAILED;
    if (!dg_verify_owed(&v))
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    ret->verified = true;
    return DG_OK;
}
