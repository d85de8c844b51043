/* export_arrange.c - the collected parts in their one order, with the checkpoints they need. */
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "node/cli/export_impl.h"

/* --- arranging ------------------------------------------------------------------------------ */

static int rank_order(const void *a, const void *b)
{
    return dg_member_rank_compare(&((const struct dg_part *)a)->rank, &((const struct dg_part *)b)->rank);
}

static int place_order(const void *a, const void *b)
{
    const struct dg_entry *left = &((const struct dg_part *)a)->entry,
                          *right = &((const struct dg_part *)b)->entry;
    return dg_log_place_compare(left->origin, left->index, right->origin, right->index);
}

/* A checkpoint that is needed. */
struct needed {
    struct dg_bytes origin;
    uint64_t size;
};

static int needed_order(const void *a, const void *b)
{
    const struct needed *left = a, *right = b;
    return dg_log_place_compare(left->origin, left->size, right->origin, right->size);
}

static size_t list_needed(struct dg_exporting *x, struct needed *list)
{
    size_t all = 0, count = 0;

    for (size_t i = 0; i < x->members.count + x->events.count; i++) {
        struct dg_part *part =
            i < x->members.count ? &x->members.item[i] : &x->events.item[i - x->members.count];
        if (part->checkpoint_size == 0)
            part->checkpoint_size = x->log.size;
        list[all++] = (struct needed){.origin = part->entry.origin, .size = part->checkpoint_size};
    }
    if (all > 1)
        qsort(list, all, sizeof *list, needed_order);
    for (size_t i = 0; i < all; i++) {
        if (count == 0 || needed_order(&list[count - 1], &list[i]) != 0)
            list[count++] = list[i];
    }
    return count;
}

/* Both lists are in order, so each leaf finds its checkpoint by search. */
static void point_at(struct dg_parts *parts, const struct needed *list, size_t count)
{
    for (size_t i = 0; i < parts->count; i++) {
        struct dg_part *part = &parts->item[i];
        struct needed key = {.origin = part->entry.origin, .size = part->checkpoint_size};
        const struct needed *at = bsearch(&key, list, count, sizeof *list, needed_order);
        part->entry.checkpoint = (uint32_t)(at - list);
    }
}

/* The units of the trail as cosigners, by name. */
static size_t list_cosigners(struct dg_exporting *x, struct dg_verifier *ret)
{
    size_t count = 0;

    for (size_t i = 0; i <= x->members.count; i++) {
        const struct dg_signed *sealed = i == 0 ? &x->root : &x->members.item[i - 1].entry.sealed;
        struct dg_certificate certificate;
        if (i > 0 && x->members.item[i - 1].rank.kind != 0)
            continue;
        if (dg_certificate_decode(x->arena, sealed->body, &certificate, NULL) != DG_OK ||
            !certificate.keys.has_cosigner)
            continue;
        struct dg_verifier cosigner = dg_cosigner_verifier(&certificate);
        size_t at = count++;
        for (; at > 0 && strcmp(ret[at - 1].name, cosigner.name) > 0; at--)
            ret[at] = ret[at - 1];
        ret[at] = cosigner;
    }
    return count;
}

/* The log key that the needed checkpoint is verified by. */
static bool find_log(struct dg_exporting *x, struct dg_bytes origin, struct dg_verifier *ret)
{
    struct dg_bytes slug;
    const struct dg_dir_unit *unit =
        dg_origin_unit_slug(origin, &slug) ? dg_directory_unit(&x->dir, slug) : NULL;

    if (unit == NULL)
        return false;
    struct dg_certificate certificate = {.federation = x->dir.federation,
                                         .unit = unit->slug,
                                         .epoch = unit->epoch,
                                         .keys = {.has_log = true, .log = unit->log_key}};
    *ret = dg_log_verifier(&certificate);
    return dg_bytes_is(origin, ret->name);
}

static enum dg_err take_checkpoint(struct dg_exporting *x, const struct needed *needed, size_t cosigner_count,
                                   const struct dg_verifier *cosigner, struct dg_buf *trimmed,
                                   struct dg_bytes *ret)
{
    struct dg_bytes note = x->log.checkpoint;
    struct dg_verifier log;
    bool own = dg_bytes_is(needed->origin, x->identity.origin);

    if ((!own && !dg_checkpoint_get(x->txn, needed->origin, needed->size, &note)) ||
        !find_log(x, needed->origin, &log))
        return dg_export_unknown(x, "a checkpoint", needed->origin);
    dg_buf_reset(trimmed);
    enum dg_err err = dg_checkpoint_trim(note, &log, cosigner_count, cosigner, trimmed);
    if (err != DG_OK)
        return dg_faultf(x->fault, err, "%.*s", DG_SHOW(needed->origin));
    *ret = dg_arena_copy(x->arena, dg_buf_bytes(trimmed));
    return ret->size > 0 ? DG_OK : dg_fault(x->fault, DG_ERR_NO_MEMORY);
}

static enum dg_err arrange_checkpoints(struct dg_exporting *x, struct dg_trail *trail)
{
    struct needed *list = dg_arena_array(x->arena, x->members.count + x->events.count, sizeof *list);
    struct dg_verifier *cosigner = dg_arena_array(x->arena, x->members.count + 1, sizeof *cosigner);
    struct dg_buf trimmed;
    enum dg_err err = DG_OK;

    if (list == NULL || cosigner == NULL)
        return dg_fault(x->fault, DG_ERR_NO_MEMORY);
    size_t count = list_needed(x, list);
    trail->checkpoint = dg_arena_array(x->arena, count, sizeof *trail->checkpoint);
    if (trail->checkpoint == NULL)
        return dg_fault(x->fault, DG_ERR_NO_MEMORY);
    if (count > DG_TRAIL_CHECKPOINTS_MAX)
        return dg_faultf(x->fault, DG_ERR_TOO_LARGE, "checkpoints");
    point_at(&x->members, list, count);
    point_at(&x->events, list, count);
    size_t cosigner_count = list_cosigners(x, cosigner);
    dg_buf_init(&trimmed, DG_CHECKPOINT_MAX);
    for (size_t i = 0; err == DG_OK && i < count; i++)
        err = take_checkpoint(x, &list[i], cosigner_count, cosigner, &trimmed,
                              &trail->checkpoint[trail->checkpoint_count++]);
    dg_buf_done(&trimmed);
    return err;
}

static struct dg_entry *entries_of(struct dg_exporting *x, const struct dg_parts *parts)
{
    struct dg_entry *entry = dg_arena_array(x->arena, parts->count, sizeof *entry);

    for (size_t i = 0; entry != NULL && i < parts->count; i++)
        entry[i] = parts->item[i].entry;
    return entry;
}

static int regime_order(const void *a, const void *b)
{
    struct dg_hash left = dg_sha256(*(const struct dg_bytes *)a),
                   right = dg_sha256(*(const struct dg_bytes *)b);
    return memcmp(left.b, right.b, sizeof left.b);
}

enum dg_err dg_export_arrange(struct dg_exporting *x, dg_ms now, struct dg_trail *trail)
{
    if (x->members.count > 1)
        qsort(x->members.item, x->members.count, sizeof *x->members.item, rank_order);
    if (x->events.count > 1)
        qsort(x->events.item, x->events.count, sizeof *x->events.item, place_order);
    qsort(x->regime, x->regime_count, sizeof *x->regime, regime_order);
    *trail = (struct dg_trail){
        .envelope = x->held.envelope_bytes,
        .root_count = 1,
        .root = &x->root,
        .membership_count = x->members.count,
        .event_count = x->events.count,
        .regime_count = x->regime_count,
        .regime = x->regime,
        .exporter = x->identity.certificate,
        .exported_ms = now,
    };
    enum dg_err err = arrange_checkpoints(x, trail);
    if (err != DG_OK)
        return err;
    trail->membership = entries_of(x, &x->members);
    trail->event = entries_of(x, &x->events);
    return trail->membership != NULL && trail->event != NULL ? DG_OK : dg_fault(x->fault, DG_ERR_NO_MEMORY);
}
