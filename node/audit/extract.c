/* extract.c - a trail as files that other people's programs read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/audit/trail_form.h"
#include "node/audit/verify.h"
#include "proto/comment.h"
#include "proto/leaf.h"

struct extracting {
    struct dg_arena *arena;
    enum dg_err (*emit)(void *ctx, const char *name, struct dg_bytes content);
    void *ctx;
    struct dg_fault *fault;
    struct dg_trail trail;
    struct dg_certificate exporter;
    bool has_exporter;
    size_t log_count;
    struct dg_verifier *log; /* of every unit that the trail has a certificate of */
    struct dg_buf file;
};

/* --- reading -------------------------------------------------------------------------------- */

/* Keeps the log key of a unit's certificate; other signed things are passed over. */
static void take_log(struct extracting *x, const struct dg_signed *sealed)
{
    struct dg_certificate certificate;

    if (dg_certificate_decode(x->arena, sealed->body, &certificate, NULL) != DG_OK ||
        certificate.subject != DG_SUBJECT_UNIT)
        return;
    struct dg_cert_id id = dg_certificate_id(sealed->body);
    if (dg_cert_id_equal(&id, &x->trail.exporter)) {
        x->exporter = certificate;
        x->has_exporter = true;
    }
    x->log[x->log_count++] = dg_log_verifier(&certificate);
}

static int log_order(const void *a, const void *b)
{
    return strcmp(((const struct dg_verifier *)a)->name, ((const struct dg_verifier *)b)->name);
}

/* A policy that names a log twice would be two policies. */
static bool logs_unique(struct extracting *x)
{
    if (x->log_count > 1)
        qsort(x->log, x->log_count, sizeof *x->log, log_order);
    for (size_t i = 1; i < x->log_count; i++) {
        if (log_order(&x->log[i - 1], &x->log[i]) == 0)
            return false;
    }
    return true;
}

static enum dg_err read_trail(struct extracting *x, struct dg_bytes file)
{
    enum dg_err err = dg_trail_decode(x->arena, file, &x->trail, x->fault);

    if (err != DG_OK)
        return err;
    x->log = dg_arena_array(x->arena, x->trail.root_count + x->trail.membership_count, sizeof *x->log);
    if (x->log == NULL)
        return dg_fault(x->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < x->trail.root_count; i++)
        take_log(x, &x->trail.root[i]);
    for (size_t i = 0; i < x->trail.membership_count; i++) {
        if (x->trail.membership[i].has_signed)
            take_log(x, &x->trail.membership[i].sealed);
    }
    if (!x->has_exporter)
        return dg_faultf(x->fault, DG_ERR_MALFORMED, "the exporter's certificate is missing");
    if (!logs_unique(x) || !dg_trail_leaves_unique(&x->trail, x->arena))
        return dg_faultf(x->fault, DG_ERR_MALFORMED, "something is there twice");
    return DG_OK;
}

/* --- writing -------------------------------------------------------------------------------- */

static enum dg_err emit_file(struct extracting *x, const char *name)
{
    if (x->file.err != DG_OK)
        return dg_faultf(x->fault, x->file.err, "%s", name);
    return x->emit(x->ctx, name, dg_buf_bytes(&x->file));
}

/* The name of a file that belongs to a log: only a slug and a number, whatever the trail says. */
static enum dg_err name_file(struct extracting *x, struct dg_bytes origin, uint64_t number,
                             const char *suffix, char *ret, size_t size)
{
    struct dg_bytes unit;

    if (!dg_origin_unit_slug(origin, &unit))
        return dg_faultf(x->fault, DG_ERR_MALFORMED, "origin");
    snprintf(ret, size, "%.*s-%llu%s", DG_SHOW(unit), (unsigned long long)number, suffix);
    return DG_OK;
}

enum { FILE_NAME_MAX = DG_SLUG_MAX + 64 };

static enum dg_err emit_entry(struct extracting *x, const struct dg_entry *entry)
{
    struct dg_tlog_proof proof = {
        .index = entry->index, .proof = entry->proof, .checkpoint = x->trail.checkpoint[entry->checkpoint]};
    char name[FILE_NAME_MAX];
    enum dg_err err = name_file(x, entry->origin, entry->index, ".leaf", name, sizeof name);

    if (err == DG_OK)
        err = x->emit(x->ctx, name, entry->leaf);
    if (err == DG_OK)
        err = name_file(x, entry->origin, entry->index, ".tlog-proof", name, sizeof name);
    dg_buf_reset(&x->file);
    dg_tlog_proof_write(&proof, &x->file);
    return err == DG_OK ? emit_file(x, name) : err;
}

static bool is_comment(struct extracting *x, const struct dg_entry *entry)
{
    struct dg_leaf leaf;

    return dg_leaf_parse(x->arena, entry->leaf, &leaf, NULL) == DG_OK && leaf.kind == DG_LEAF_COMMENT;
}

/* What an organ signed, which the leaf names by its hash; and of a comment its text, which nobody should need
 * this program to read. */
static enum dg_err emit_signed(struct extracting *x, const struct dg_entry *entry)
{
    struct dg_comment comment;
    char name[FILE_NAME_MAX];

    if (!entry->has_signed)
        return DG_OK;
    enum dg_err err = name_file(x, entry->origin, entry->index, ".signed", name, sizeof name);
    if (err == DG_OK)
        err = x->emit(x->ctx, name, entry->sealed.body);
    if (err != DG_OK || !is_comment(x, entry) ||
        dg_comment_decode(x->arena, entry->sealed.body, &comment, NULL) != DG_OK)
        return err;
    err = name_file(x, entry->origin, entry->index, ".comment", name, sizeof name);
    return err == DG_OK ? x->emit(x->ctx, name, comment.text) : err;
}

static enum dg_err emit_entries(struct extracting *x)
{
    enum dg_err err = DG_OK;

    for (size_t i = 0; err == DG_OK && i < x->trail.membership_count; i++)
        err = emit_entry(x, &x->trail.membership[i]);
    for (size_t i = 0; err == DG_OK && i < x->trail.event_count; i++) {
        err = emit_entry(x, &x->trail.event[i]);
        if (err == DG_OK)
            err = emit_signed(x, &x->trail.event[i]);
    }
    return err;
}

/* Each checkpoint under its log and size; the newest of the exporter's own log also by the plain name. */
static enum dg_err emit_checkpoints(struct extracting *x)
{
    struct dg_verifier own = dg_log_verifier(&x->exporter);
    struct dg_bytes newest = dg_bytes_at(NULL, 0);
    uint64_t newest_size = 0;

    for (size_t i = 0; i < x->trail.checkpoint_count; i++) {
        struct dg_note note;
        struct dg_checkpoint checkpoint;
        char name[FILE_NAME_MAX];
        enum dg_err err = dg_note_parse(x->trail.checkpoint[i], &note);
        if (err == DG_OK)
            err = dg_checkpoint_body_parse(note.text, &checkpoint);
        if (err != DG_OK)
            return dg_faultf(x->fault, err, "checkpoint %zu", i);
        struct dg_bytes origin = dg_bytes_of(checkpoint.origin);
        err = name_file(x, origin, checkpoint.size, ".checkpoint", name, sizeof name);
        if (err == DG_OK)
            err = x->emit(x->ctx, name, x->trail.checkpoint[i]);
        if (err != DG_OK)
            return err;
        if (strcmp(checkpoint.origin, own.name) == 0 && checkpoint.size >= newest_size) {
            newest = x->trail.checkpoint[i];
            newest_size = checkpoint.size;
        }
    }
    return newest.size > 0 ? x->emit(x->ctx, "checkpoint", newest) : DG_OK;
}

static bool proves(const struct dg_trail *trail, const char *origin)
{
    for (size_t i = 0; i < trail->membership_count; i++) {
        if (dg_bytes_is(trail->membership[i].origin, origin))
            return true;
    }
    for (size_t i = 0; i < trail->event_count; i++) {
        if (dg_bytes_is(trail->event[i].origin, origin))
            return true;
    }
    return false;
}

/* c2sp.org/tlog-policy. Nobody witnesses these logs yet, which the policy has to say. */
static enum dg_err emit_policy(struct extracting *x)
{
    dg_buf_reset(&x->file);
    for (size_t i = 0; i < x->log_count; i++) {
        if (!proves(&x->trail, x->log[i].name))
            continue;
        dg_buf_add_text(&x->file, "log ");
        dg_verifier_text(&x->log[i], &x->file);
        dg_buf_add_text(&x->file, "\n");
    }
    dg_buf_add_text(&x->file, "quorum none\n");
    return emit_file(x, "policy");
}

static enum dg_err emit_report(struct extracting *x)
{
    struct dg_envelope envelope;
    enum dg_err err = dg_envelope_decode(x->arena, x->trail.envelope, &envelope, x->fault);

    return err == DG_OK ? x->emit(x->ctx, "report.bin", envelope.report) : err;
}

enum dg_err dg_trail_extract(struct dg_arena *arena, struct dg_bytes file,
                             enum dg_err (*emit)(void *ctx, const char *name, struct dg_bytes content),
                             void *ctx, struct dg_fault *fault)
{
    struct extracting x = {.arena = arena, .emit = emit, .ctx = ctx, .fault = fault};

    dg_buf_init(&x.file, DG_TRAIL_MAX);
    enum dg_err err = read_trail(&x, file);
    if (err == DG_OK)
        err = emit_report(&x);
    if (err == DG_OK)
        err = emit_policy(&x);
    if (err == DG_OK)
        err = emit_checkpoints(&x);
    if (err == DG_OK)
        err = emit_entries(&x);
    dg_buf_done(&x.file);
    /* A file of the wrong form proves nothing: to its reader that is a failed verification. */
    if (err != DG_OK && dg_err_group(err) == DG_GROUP_PEER)
        err = dg_faultf(fault, DG_ERR_VERIFY_FAILED, "%s", dg_err_name(err));
    return err;
}
