/* mirroring.c - sends this node's leaves to whoever mirrors them, and takes those of others. */
#include "node/core/mirror.h"
#include "node/core/restored_impl.h"

enum {
    MIRROR_MS = 200,   /* so long some leaves wait for more */
    MIRROR_MANY = 256, /* so many do not wait */
    AGAIN_MS = 30000,  /* what was sent and not confirmed is sent again */
    AGAIN_FEW_MS = 5000,
    AGAIN_FEW = 64,   /* so few leaves are soon across the slowest line */
    ROOT_MIRRORS = 2, /* children that mirror the root, which has nobody above */
    SEND_BYTES_MAX = 192 * 1024,
    SEND_LEAVES_MAX = 512,
};

/* ---- taking -------------------------------------------------------------------------------------- */

static bool origin_of(struct dg_node *node, struct dg_txn *txn, struct dg_bytes slug,
                      char ret[static DG_ORIGIN_MAX + 1])
{
    const struct dg_directory *dir = dg_node_directory(node, txn);
    const struct dg_dir_unit *unit = dg_directory_unit(dir, slug);
    if (unit != NULL)
        dg_origin_write(dir->federation, unit->slug, unit->epoch, ret);
    return unit != NULL;
}

uint64_t dg_mirrored_of(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit)
{
    char origin[DG_ORIGIN_MAX + 1];
    struct dg_mirror_head head;
    return origin_of(node, txn, unit, origin) && dg_mirror_head(txn, dg_bytes_of(origin), &head)
               ? head.edge.size
               : 0;
}

/* The checkpoint that the leaves come with, verified: of the log of that origin, which nobody else can sign.
 */
static bool open_last(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                      const struct dg_claims *claims, struct dg_checkpoint *ret, struct dg_bytes *ret_note)
{
    const struct dg_frame *frame = event->frame;
    struct dg_verifier log;
    struct dg_bytes text;
    struct dg_sig sig;
    if (frame->checkpoint_count == 0)
        return false;
    *ret_note = frame->checkpoint[frame->checkpoint_count - 1];
    return dg_origin_unit(dg_node_directory(node, txn), dg_note_origin(*ret_note), &log) != NULL &&
           dg_checkpoint_open(*ret_note, &log, ret, &text, &sig) == DG_OK &&
           dg_claimed(claims, event, "", &log.key, text, &sig) == DG_OK;
}

/* Leaves of the sender's own log are mirrored; those of this node's log are what it had lost. */
static void take(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                 const struct dg_claims *claims, const struct dg_link *link, struct dg_out *out)
{
    char theirs[DG_ORIGIN_MAX + 1];
    struct dg_checkpoint checkpoint;
    struct dg_bytes note;
    struct dg_fault fault;
    if (!open_last(node, txn, event, claims, &checkpoint, &note) ||
        !origin_of(node, txn, dg_bytes_of(link->unit), theirs))
        return;
    bool own = dg_bytes_is(dg_bytes_of(checkpoint.origin), node->identity.origin);
    if (own && dg_is_restored(txn)) {
        dg_refill_take(node, txn, &checkpoint, note, event->frame->mirror);
        return;
    }
    if (dg_is_restored(txn) || !dg_bytes_is(dg_bytes_of(checkpoint.origin), theirs))
        return;
    enum dg_err err = dg_mirror_add(txn, &checkpoint, note, event->frame->mirror);
    if (err == DG_ERR_BAD_PROOF) {
        (void)dg_faultf(&fault, err, "%s", checkpoint.origin);
        dg_out_fact(out, &fault, "mirror");
        return; /* unanswered, it is sent again only after a while */
    }
    uint64_t size = dg_mirrored_of(node, txn, dg_bytes_of(link->unit));
    struct dg_frame frame = {.mirrored = &size};
    dg_out_frame(out, link->conn, &frame);
}

void dg_mirror_frame(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     const struct dg_claims *claims, struct dg_link *link, struct dg_out *out)
{
    const struct dg_frame *frame = event->frame;
    if (frame->mirror != NULL)
        take(node, txn, event, claims, link, out);
    if (frame->mirrored != NULL) {
        link->mirrors = true;
        link->mirrored = link->mirror_sent = *frame->mirrored;
    }
}

/* ---- sending ------------------------------------------------------------------------------------- */

/* A unit is mirrored by its parent, the root by the first of its children that are there. */
static bool is_for(const struct dg_node *node, const struct dg_link *link)
{
    unsigned before = 0;
    if (link->up || node->identity.parent[0] != '\0')
        return link->up;
    for (size_t i = 0; i < node->link_count && node->link[i] != link; i++)
        before += node->link[i]->connected;
    return before < ROOT_MIRRORS;
}

static size_t gather(struct dg_txn *txn, uint64_t from, uint64_t size, struct dg_bytes leaf[])
{
    size_t count = 0, bytes = 0;
    for (uint64_t i = from; i < size && count < SEND_LEAVES_MAX && bytes < SEND_BYTES_MAX; i++) {
        if (!dg_leaf_get(txn, i, &leaf[count]))
            break;
        bytes += leaf[count++].size;
    }
    return count;
}

static void send(struct dg_txn *txn, struct dg_link *link, const struct dg_log_view *log, dg_ms now,
                 const struct dg_voice *voice)
{
    struct dg_mirror mirror = {.first = link->mirrored};
    struct dg_bytes note = log->checkpoint;
    struct dg_frame frame = {.mirror = &mirror, .checkpoint = &note, .checkpoint_count = 1};
    struct dg_buf bytes;
    mirror.leaf = dg_arena_array(txn->arena, SEND_LEAVES_MAX, sizeof *mirror.leaf);
    if (mirror.leaf == NULL)
        return;
    mirror.leaf_count = gather(txn, mirror.first, log->size, mirror.leaf);
    dg_buf_init(&bytes, DG_FRAME_MAX);
    if (mirror.leaf_count > 0 && dg_frame_encode(&frame, &bytes) == DG_OK && bytes.err == DG_OK &&
        voice->send(voice->ctx, link->conn, dg_buf_bytes(&bytes)) == DG_SAID)
        link->mirror_sent = mirror.first + mirror.leaf_count;
    dg_buf_done(&bytes);
    link->mirror_at = now;
}

void dg_mirror_pump(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, dg_ms now,
                    const struct dg_voice *voice)
{
    struct dg_log_view log;
    link->mirror_waits = false;
    if (!link->connected || !link->mirrors || DG_MUTANT("no-mirror") || !is_for(node, link))
        return;
    bool unconfirmed = link->mirror_sent > link->mirrored;
    dg_ms waited = now - link->mirror_at;
    dg_ms again = link->mirror_sent - link->mirrored <= AGAIN_FEW ? AGAIN_FEW_MS : AGAIN_MS;
    if (unconfirmed && waited < again && waited >= 0)
        return;
    dg_log_get(txn, &log);
    if (log.size <= link->mirrored)
        return;
    link->mirror_waits = true;
    if (waited >= 0 && waited < MIRROR_MS && log.size - link->mirrored < MIRROR_MANY)
        return;
    send(txn, link, &log, now, voice);
    link->mirror_waits = link->mirror_sent < log.size;
}

dg_ms dg_mirror_due(const struct dg_link *link, dg_ms now)
{
    dg_ms left = link->mirror_at + MIRROR_MS - now;
    if (!link->connected || !link->mirror_waits || link->mirror_sent > link->mirrored)
        return 1000;
    return left > 0 ? left : 0;
}
