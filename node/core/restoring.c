/* restoring.c - the conversation about a log that was restored: who knows more of it, and when it is over.
 *
 * Every greeting shows the neighbour the newest checkpoint that is held of its log. A node that is RESTORED
 * asks besides: each neighbour is asked until it has answered, by questions that need no memory on either
 * side.
 */
#include <stdio.h>
#include <string.h>

#include "node/core/mirror.h"
#include "node/core/restored_impl.h"

enum { ASK_MS = 2000 };

/* ---- what is shown ------------------------------------------------------------------------------- */

static bool find_unit(struct dg_node *node, struct dg_txn *txn, struct dg_bytes slug,
                      char ret_origin[static DG_ORIGIN_MAX + 1])
{
    const struct dg_directory *dir = dg_node_directory(node, txn);
    const struct dg_dir_unit *unit = dg_directory_unit(dir, slug);
    if (unit != NULL)
        dg_origin_write(dir->federation, unit->slug, unit->epoch, ret_origin);
    return unit != NULL;
}

static uint64_t size_of(struct dg_bytes note)
{
    struct dg_note parsed;
    struct dg_checkpoint checkpoint;
    return note.size > 0 && dg_note_parse(note, &parsed) == DG_OK &&
                   dg_checkpoint_body_parse(parsed.text, &checkpoint) == DG_OK
               ? checkpoint.size
               : 0;
}

bool dg_restored_show(struct dg_node *node, struct dg_txn *txn, struct dg_bytes slug, struct dg_bytes *ret)
{
    char origin[DG_ORIGIN_MAX + 1];
    struct dg_bytes kept = {NULL, 0};
    struct dg_mirror_head mirror = {.note = {NULL, 0}};
    if (!find_unit(node, txn, slug, origin))
        return false;
    (void)dg_checkpoint_newest(txn, dg_bytes_of(origin), &kept);
    (void)dg_mirror_head(txn, dg_bytes_of(origin), &mirror);
    *ret = size_of(mirror.note) > size_of(kept) ? mirror.note : kept;
    return ret->size > 0;
}

/* Opens a checkpoint of this node's own log whose signature was checked for this event. */
static bool own_checkpoint(struct dg_node *node, const struct dg_event *event, const struct dg_claims *claims,
                           struct dg_bytes note, struct dg_checkpoint *ret)
{
    const struct dg_identity *self = &node->identity;
    struct dg_verifier log = dg_verifier_of(self->origin, DG_NOTE_ED25519, &self->log_key);
    struct dg_bytes text;
    struct dg_sig sig;
    return dg_bytes_is(dg_note_origin(note), self->origin) &&
           dg_checkpoint_open(note, &log, ret, &text, &sig) == DG_OK &&
           dg_claimed(claims, event, "", &log.key, text, &sig) == DG_OK;
}

static void say_noticed(struct dg_out *out, const struct dg_checkpoint *checkpoint, struct dg_bytes by)
{
    struct dg_fault fault;
    (void)dg_faultf(&fault, DG_ERR_RESTORED, "%.*s: %llu", (int)by.size, (const char *)by.data,
                    (unsigned long long)checkpoint->size);
    dg_out_fact(out, &fault, "log");
}

void dg_restored_hear(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                      const struct dg_claims *claims, struct dg_bytes by, dg_ms now, struct dg_out *out)
{
    for (size_t i = 0; i < event->frame->checkpoint_count; i++) {
        struct dg_checkpoint checkpoint;
        struct dg_bytes note = event->frame->checkpoint[i];
        bool before = dg_is_restored(txn);
        if (!own_checkpoint(node, event, claims, note, &checkpoint))
            continue;
        dg_restored_shown(txn, &checkpoint, note, by, DG_RESTORED_NEIGHBOUR, now);
        if (!before && dg_is_restored(txn))
            say_noticed(out, &checkpoint, by);
    }
}

/* ---- questions and answers ----------------------------------------------------------------------- */

static void ask(struct dg_node *node, struct dg_txn *txn, const struct dg_restored *restored,
                const struct dg_link *link, struct dg_out *out)
{
    struct dg_restore_ask question = {.size = dg_refill_size(node, txn),
                                      .has_replay = restored->replaying,
                                      .replay = restored->from_size,
                                      .since_ms = restored->since};
    struct dg_frame frame = {.ask = &question};
    dg_out_frame(out, link->conn, &frame);
}

/* The newest checkpoint that is held of the asker's log, and leaves that it lacks. */
static void answer(struct dg_node *node, struct dg_txn *txn, const struct dg_restore_ask *ask,
                   const struct dg_link *link, dg_ms now, struct dg_out *out)
{
    char origin[DG_ORIGIN_MAX + 1];
    struct dg_bytes note[2];
    struct dg_mirror_head head;
    struct dg_mirror mirror;
    struct dg_restore_told told = {.replayed = dg_replay_asked(node, txn, link, ask, now)};
    struct dg_frame frame = {.told = &told, .checkpoint = note};
    if (dg_restored_show(node, txn, dg_bytes_of(link->unit), &note[0]))
        frame.checkpoint_count = 1;
    if (find_unit(node, txn, dg_bytes_of(link->unit), origin) &&
        dg_mirror_read(txn, dg_bytes_of(origin), ask->size, &mirror) &&
        dg_mirror_head(txn, dg_bytes_of(origin), &head)) {
        frame.mirror = &mirror;
        note[frame.checkpoint_count++] = head.note;
    }
    dg_out_frame(out, link->conn, &frame);
}

static bool add_name(struct dg_bytes *names, size_t *count, struct dg_bytes name)
{
    for (size_t i = 0; i < *count; i++)
        if (dg_bytes_equal(names[i], name))
            return false;
    if (*count >= DG_RESTORED_NAMES_MAX)
        return false;
    names[(*count)++] = name;
    return true;
}

static void has_answered(struct dg_txn *txn, struct dg_bytes name, bool replayed)
{
    struct dg_restored restored;
    if (!dg_restored_get(txn, &restored))
        return;
    bool fresh = add_name(restored.answered, &restored.answered_count, name);
    if (replayed && restored.replaying)
        fresh = add_name(restored.replayed, &restored.replayed_count, name) || fresh;
    if (fresh)
        dg_restored_put(txn, &restored);
}

/* What came is not taken, and its sender will send it again. */
static void put_off(const struct dg_event *event, struct dg_out *out)
{
    const struct dg_frame *frame = event->frame;
    struct dg_fault fault;
    (void)dg_faultf(&fault, DG_ERR_RETRY_LATER, "%s", dg_err_name(DG_ERR_RESTORED));
    for (size_t i = 0; i < frame->record_count; i++)
        dg_out_answer(out, event->conn, frame->record[i].tag, &fault, DG_RETRY_MIN_MS);
    for (size_t i = 0; i < frame->parcel_count; i++)
        dg_out_answer(out, event->conn, frame->parcel[i].tag, &fault, DG_RETRY_MIN_MS);
}

bool dg_restored_frame(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                       const struct dg_claims *claims, struct dg_link *link, dg_ms now, struct dg_out *out)
{
    const struct dg_frame *frame = event->frame;
    struct dg_restored restored;
    if (frame->ask != NULL) {
        link->again_tries = 0; /* what it put off it will take soon */
        if (link->again_at > now + ASK_MS)
            link->again_at = now + ASK_MS;
        answer(node, txn, frame->ask, link, now, out);
    }
    if (frame->told != NULL) {
        dg_restored_hear(node, txn, event, claims, dg_bytes_of(link->unit), now, out);
        has_answered(txn, dg_bytes_of(link->unit), frame->told->replayed);
        if (frame->mirror != NULL)
            node->asked = 0; /* there may be more */
    }
    if (DG_MUTANT("serves-restored") || !dg_restored_get(txn, &restored) || restored.replaying)
        return false;
    put_off(event, out);
    return true;
}

/* ---- time passes --------------------------------------------------------------------------------- */

static void resume(struct dg_node *node, struct dg_txn *txn, dg_ms now, struct dg_out *out)
{
    struct dg_fault fault;
    (void)dg_faultf(&fault, DG_ERR_RESUMED, "%llu", (unsigned long long)dg_meta_u64(txn, "log-size"));
    dg_out_fact(out, &fault, node->identity.origin);
    dg_refill_end(node, txn, now);
    dg_restored_end(txn);
    for (size_t i = 0; i < node->link_count; i++)
        node->link[i]->wake = true;
}

/* The next thing that can be done without anybody's answer. */
static void go_on(struct dg_node *node, struct dg_txn *txn, struct dg_restored *restored, dg_ms now,
                  struct dg_out *out)
{
    struct dg_bytes *name;
    if (!restored->replaying)
        dg_refill_step(node, txn, restored);
    size_t waits =
        dg_restored_waits(txn->arena, restored, &node->identity, dg_node_directory(node, txn), &name);
    bool whole = dg_refill_done(txn, restored) && !restored->other_log;
    if ((waits > 0 && !DG_MUTANT("resumes-early")) || (!whole && !restored->replaying))
        return;
    if (restored->replaying && whole) {
        resume(node, txn, now, out);
        return;
    }
    /* Somebody who had not answered before may know more after all: then it begins anew. */
    restored->replaying = whole;
    restored->replayed_count = 0;
    dg_restored_put(txn, restored);
}

void dg_restored_tick(struct dg_node *node, struct dg_txn *txn, dg_ms now, struct dg_out *out)
{
    struct dg_restored restored;
    if (!dg_restored_get(txn, &restored))
        return;
    go_on(node, txn, &restored, now, out);
    if (!dg_restored_get(txn, &restored) || (now - node->asked < ASK_MS && now >= node->asked))
        return;
    node->asked = now;
    for (size_t i = 0; i < node->link_count; i++)
        if (node->link[i]->connected)
            ask(node, txn, &restored, node->link[i], out);
}

/* ---- an old copy --------------------------------------------------------------------------------- */

/* The next greeting goes under a start that nobody has seen. */
void dg_restored_boot(struct dg_node *node, struct dg_txn *txn, uint64_t boot, dg_ms now)
{
    if (boot < node->boot || boot == UINT64_MAX)
        return;
    dg_restored_mark(txn, DG_RESTORED_BOOT, now);
    node->boot = boot + 1;
    dg_meta_put_u64(txn, "boot", node->boot);
}

/* ---- people -------------------------------------------------------------------------------------- */

static void add_reason(struct dg_ctl_reply *reply, struct dg_bytes reason)
{
    if (reply->reason_count < DG_CTL_REASONS_MAX)
        reply->reason[reply->reason_count++] = reason;
}

void dg_restored_reasons(struct dg_node *node, struct dg_txn *txn, struct dg_ctl_reply *reply)
{
    struct dg_restored restored;
    struct dg_bytes *name;
    if (!dg_restored_get(txn, &restored))
        return;
    reply->state = dg_bytes_of("RESTORED");
    reply->reason_count = 0;
    if (restored.other_log)
        add_reason(reply, dg_bytes_of("OTHER_LOG"));
    if (!dg_refill_done(txn, &restored))
        add_reason(reply, dg_bytes_of("LOG_INCOMPLETE"));
    if (restored.replaying)
        add_reason(reply, dg_bytes_of("REPLAYING"));
    size_t waits =
        dg_restored_waits(txn->arena, &restored, &node->identity, dg_node_directory(node, txn), &name);
    for (size_t i = 0; i < waits; i++) {
        bool tip = dg_bytes_is(name[i], DG_RESTORED_TIP_NAME);
        add_reason(reply,
                   dg_bytes_of(dg_arena_printf(txn->arena, "WAITS_FOR %.*s", tip ? 3 : (int)name[i].size,
                                               (const char *)name[i].data)));
    }
}

static enum dg_err check_without(struct dg_node *node, struct dg_txn *txn, const struct dg_restored *restored,
                                 struct dg_bytes name, struct dg_fault *fault)
{
    struct dg_bytes *waits;
    size_t count =
        dg_restored_waits(txn->arena, restored, &node->identity, dg_node_directory(node, txn), &waits);
    if (dg_bytes_is(name, node->identity.parent))
        return dg_faultf(fault, DG_ERR_NOT_PERMITTED, "--without %s", node->identity.parent);
    for (size_t i = 0; i < count; i++)
        if (dg_bytes_equal(waits[i], name))
            return DG_OK;
    return dg_faultf(fault, DG_ERR_NOT_FOUND, "%.*s", (int)name.size, (const char *)name.data);
}

void dg_control_resume(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply)
{
    struct dg_restored restored;
    bool tip = dg_bytes_is(request->unit, "tip");
    struct dg_bytes name = tip ? dg_bytes_of(DG_RESTORED_TIP_NAME) : request->unit;
    if (!dg_restored_get(txn, &restored)) {
        (void)dg_faultf(&reply->fault, DG_ERR_NOT_RESTORED, "%s", node->identity.unit);
        return;
    }
    if (check_without(node, txn, &restored, name, &reply->fault) != DG_OK || request->dry_run)
        return;
    restored.without[restored.without_count++] = name;
    dg_restored_put(txn, &restored);
    dg_attention_put(txn, now, DG_ERR_RESUMED_WITHOUT, request->unit, request->note);
}
