/* trail_form.c - the canonical order of a trail's parts, and trimmed checkpoints. */
#include "node/audit/trail_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line.h"
#include "common/text.h"

/* --- order ---------------------------------------------------------------------------------- */

static int number_compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int dg_member_rank_compare(const struct dg_member_rank *a, const struct dg_member_rank *b)
{
    int order = number_compare(a->depth, b->depth);

    if (order == 0)
        order = dg_bytes_compare(a->unit, b->unit);
    if (order == 0)
        order = number_compare(a->kind, b->kind);
    if (order == 0)
        order = dg_bytes_compare(a->organ, b->organ);
    return order != 0 ? order : number_compare(a->serial, b->serial);
}

int dg_log_place_compare(struct dg_bytes origin_a, uint64_t a, struct dg_bytes origin_b, uint64_t b)
{
    int order = dg_bytes_compare(origin_a, origin_b);
    return order != 0 ? order : number_compare(a, b);
}

static int entry_compare(const void *left, const void *right)
{
    const struct dg_entry *a = *(const struct dg_entry *const *)left;
    const struct dg_entry *b = *(const struct dg_entry *const *)right;

    return dg_log_place_compare(a->origin, a->index, b->origin, b->index);
}

bool dg_trail_leaves_unique(const struct dg_trail *trail, struct dg_arena *arena)
{
    size_t count = trail->membership_count + trail->event_count;
    const struct dg_entry **entry = dg_arena_array(arena, count, sizeof(const struct dg_entry *));

    if (entry == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        entry[i] =
            i < trail->membership_count ? &trail->membership[i] : &trail->event[i - trail->membership_count];
    if (count > 1)
        qsort(entry, count, sizeof(const struct dg_entry *), entry_compare);
    for (size_t i = 1; i < count; i++) {
        if (entry_compare(&entry[i - 1], &entry[i]) == 0)
            return false;
    }
    return true;
}

/* --- names of logs -------------------------------------------------------------------------- */

bool dg_origin_unit_slug(struct dg_bytes origin, struct dg_bytes *ret)
{
    struct dg_bytes federation, rest, unit, epoch;
    uint64_t number;

    if (!dg_line_cut(origin, '/', &federation, &rest) || !dg_line_cut(rest, '/', &unit, &epoch))
        return false;
    if (!dg_federation_ok(federation) || !dg_slug_ok(unit) || !dg_line_skip(&epoch, "e") ||
        !dg_decimal_parse(epoch, &number) || number > UINT32_MAX)
        return false;
    *ret = unit;
    return true;
}

struct dg_bytes dg_note_first_line(struct dg_bytes note)
{
    struct dg_bytes line;
    return dg_line_next(&note, &line) ? line : dg_bytes_at(NULL, 0);
}

struct dg_verifier dg_log_verifier(const struct dg_certificate *unit)
{
    char origin[DG_ORIGIN_MAX + 1];

    snprintf(origin, sizeof origin, "%.*s/%.*s/e%u", DG_SHOW(unit->federation), DG_SHOW(unit->unit),
             (unsigned)unit->epoch);
    return dg_verifier_of(origin, DG_NOTE_ED25519, &unit->keys.log);
}

struct dg_verifier dg_cosigner_verifier(const struct dg_certificate *unit)
{
    char name[DG_ORIGIN_MAX + 1];

    snprintf(name, sizeof name, "%.*s/%.*s", DG_SHOW(unit->federation), DG_SHOW(unit->unit));
    return dg_verifier_of(name, DG_NOTE_COSIGNATURE, &unit->keys.cosigner);
}

/* --- checkpoints ---------------------------------------------------------------------------- */

/* Adds the cosigner's line when it has signed. */
static enum dg_err add_cosignature(struct dg_bytes bytes, const struct dg_note *note,
                                   const struct dg_verifier *cosigner, struct dg_buf *out)
{
    const struct dg_note_signature *line;
    uint64_t seconds;
    enum dg_err err = dg_cosignature_verify(bytes, cosigner, &seconds);

    if (err == DG_ERR_NOT_FOUND)
        return DG_OK;
    if (err == DG_OK)
        err = dg_note_find(note, cosigner, &line);
    if (err == DG_OK)
        dg_note_add_signature(cosigner, dg_bytes_at(line->blob, line->blob_size), out);
    return err;
}

enum dg_err dg_checkpoint_trim(struct dg_bytes bytes, const struct dg_verifier *log, size_t cosigner_count,
                               const struct dg_verifier cosigner[], struct dg_buf *out)
{
    struct dg_note note;
    struct dg_checkpoint checkpoint;
    const struct dg_note_signature *line;
    enum dg_err err = dg_checkpoint_verify(bytes, log, &checkpoint);

    if (err == DG_OK)
        err = dg_note_parse(bytes, &note);
    if (err == DG_OK)
        err = dg_note_find(&note, log, &line);
    if (err != DG_OK)
        return err;
    dg_buf_add_bytes(out, note.text);
    dg_buf_add_text(out, "\n");
    dg_note_add_signature(log, dg_bytes_at(line->blob, line->blob_size), out);
    /* Most notes carry the log's line alone, and there may be thousands of both. */
    for (size_t i = 0; err == DG_OK && note.signature_count > 1 && i < cosigner_count; i++)
        err = add_cosignature(bytes, &note, &cosigner[i], out);
    return err != DG_OK ? err : out->err;
}
