/* fence.c - two machines that run one node: noticed by the parent, and both shut out until a person decides.
 *
 * A store that was copied counts its starts from the same number on. So a start that the parent has seen from
 * another process, or a process that goes on after a later start of its unit was heard, means that there are
 * two. Which of them is the right one no program can know: both have the keys.
 */
#include <string.h>

#include "node/core/node_impl.h"

/* A row of PEER. */
struct peer {
    uint64_t boot; /* the highest that greeted */
    uint8_t nonce[16];
    dg_ms since_ms; /* that it is known */
    bool frozen;
    uint64_t before_boot; /* the one before */
    uint8_t before_nonce[16];
};

static const uint8_t anybody[16]; /* the nonce after a thaw: whoever greets first is taken */

static bool peer_get(struct dg_txn *txn, struct dg_bytes unit, struct peer *ret)
{
    struct dg_row_key key = dg_key_slug(unit);
    struct dg_bytes value;
    *ret = (struct peer){.boot = 0};
    if (!dg_get(txn, DG_TABLE_PEER, dg_row_key_bytes(&key), &value))
        return false;
    struct dg_row row = {.rest = value};
    ret->boot = dg_row_u64(&row);
    dg_row_fixed(&row, ret->nonce, sizeof ret->nonce);
    ret->since_ms = (dg_ms)dg_row_u64(&row);
    ret->frozen = dg_row_u8(&row) != 0;
    ret->before_boot = dg_row_u64(&row);
    dg_row_fixed(&row, ret->before_nonce, sizeof ret->before_nonce);
    return dg_row_good(txn, &row);
}

static void peer_put(struct dg_txn *txn, struct dg_bytes unit, const struct peer *peer)
{
    struct dg_row_key key = dg_key_slug(unit);
    struct dg_buf buf;
    dg_buf_init(&buf, 256);
    dg_buf_add_u64be(&buf, peer->boot);
    dg_buf_add(&buf, peer->nonce, sizeof peer->nonce);
    dg_buf_add_u64be(&buf, (uint64_t)peer->since_ms);
    dg_buf_add_u8(&buf, peer->frozen ? 1 : 0);
    dg_buf_add_u64be(&buf, peer->before_boot);
    dg_buf_add(&buf, peer->before_nonce, sizeof peer->before_nonce);
    dg_row_put(txn, DG_TABLE_PEER, &key, &buf);
}

/* ---- two of them --------------------------------------------------------------------------------- */

static bool same(const uint8_t a[static 16], const uint8_t b[static 16])
{
    return memcmp(a, b, 16) == 0;
}

/* True when the greeting shows that two processes of one store live. What the one before said last may still
 * lie in a queue when the next is heard, so it is given the time in which a hello is repeated. */
static bool is_second(const struct peer *peer, const struct dg_hello *hello, dg_ms now)
{
    if (hello->boot == peer->boot)
        return !same(hello->nonce, peer->nonce) && !same(peer->nonce, anybody);
    return hello->boot == peer->before_boot && same(hello->nonce, peer->before_nonce) &&
           hello->boot < peer->boot && now - peer->since_ms >= DG_HELLO_MS;
}

/* The one that is connected is told as well, and is heard no more. */
static void freeze(struct dg_node *node, struct dg_txn *txn, struct peer *peer, const struct dg_hello *hello,
                   dg_ms now, struct dg_out *out)
{
    char known[33], other[33];
    struct dg_link *link = dg_link_by_unit(node, hello->unit);
    peer->frozen = true;
    peer_put(txn, hello->unit, peer);
    dg_hex(peer->nonce, sizeof peer->nonce, known);
    dg_hex(hello->nonce, sizeof hello->nonce, other);
    const char *detail =
        dg_arena_printf(txn->arena, "start %llu of %s, start %llu of %s", (unsigned long long)peer->boot,
                        known, (unsigned long long)hello->boot, other);
    dg_attention_once(txn, now, DG_ERR_CLONE, hello->unit, dg_bytes_of(detail));
    if (link == NULL || !link->connected)
        return;
    struct dg_refused refused = {.code = dg_bytes_of(dg_err_name(DG_ERR_CLONE)), .detail = hello->unit};
    struct dg_frame frame = {.refused = &refused};
    dg_out_frame(out, link->conn, &frame);
    dg_link_down(link, now);
}

enum dg_err dg_fence(struct dg_node *node, struct dg_txn *txn, const struct dg_hello *hello, dg_ms now,
                     struct dg_out *out, struct dg_fault *fault)
{
    struct peer peer;
    bool known = peer_get(txn, hello->unit, &peer);
    bool other = !same(hello->nonce, peer.nonce) && !same(peer.nonce, anybody);
    /* A copy that knows that it is one counts its starts on from an old number, and is told which. */
    if (known && !peer.frozen && !hello->restored && is_second(&peer, hello, now))
        freeze(node, txn, &peer, hello, now, out);
    if (peer.frozen)
        return dg_faultf(fault, DG_ERR_CLONE, "%.*s", (int)hello->unit.size, (const char *)hello->unit.data);
    if (hello->boot < peer.boot || (hello->boot == peer.boot && other))
        return dg_faultf(fault, DG_ERR_OLD_BOOT, "boot %llu after %llu", (unsigned long long)hello->boot,
                         (unsigned long long)peer.boot);
    if (hello->boot == peer.boot && same(hello->nonce, peer.nonce))
        return DG_OK;
    if (hello->boot > peer.boot) {
        peer.before_boot = peer.boot;
        memcpy(peer.before_nonce, peer.nonce, sizeof peer.before_nonce);
    }
    peer.boot = hello->boot;
    peer.since_ms = now;
    memcpy(peer.nonce, hello->nonce, sizeof peer.nonce);
    peer_put(txn, hello->unit, &peer);
    return DG_OK;
}

/* ---- an officer decides --------------------------------------------------------------------------- */

struct settling {
    struct dg_txn *txn;
    const struct dg_ctl_request *request;
    size_t count;
    uint64_t number[DG_ATTENTION_ACK_MAX];
};

static bool is_about(void *ctx, const struct dg_attention *item)
{
    struct settling *settling = ctx;
    if (item->acked_ms == 0 && dg_bytes_is(item->code, dg_err_name(DG_ERR_CLONE)) &&
        dg_bytes_equal(item->about, settling->request->unit))
        settling->number[settling->count++] = item->number;
    return settling->count < DG_ATTENTION_ACK_MAX;
}

/* Who decided stays with what was to be decided. */
static void settle_lines(struct dg_txn *txn, const struct dg_ctl_request *request, dg_ms now)
{
    struct settling *settling = dg_arena_alloc(txn->arena, sizeof *settling);
    if (settling == NULL) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return;
    }
    *settling = (struct settling){.txn = txn, .request = request};
    dg_attention_each(txn, is_about, settling);
    for (size_t i = 0; i < settling->count; i++)
        dg_attention_ack(txn, settling->number[i], request->organ, now);
}

void dg_control_unit(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                     dg_ms now, struct dg_ctl_reply *reply)
{
    struct peer peer;
    if (dg_dir_unit_organ(dg_node_self(node, txn), request->organ, dg_day_of(now)) == NULL) {
        (void)dg_fault(&reply->fault, DG_ERR_NO_ORGAN);
        dg_fault_organ(&reply->fault, dg_arena_string(txn->arena, request->organ));
        dg_fault_unit(&reply->fault, node->identity.unit);
        return;
    }
    if (!peer_get(txn, request->unit, &peer) || !peer.frozen) {
        (void)dg_faultf(&reply->fault, DG_ERR_NOT_FROZEN, "%.*s", (int)request->unit.size,
                        (const char *)request->unit.data);
        return;
    }
    if (request->dry_run)
        return;
    peer.frozen = false;
    peer.before_boot = 0;
    memset(peer.nonce, 0, sizeof peer.nonce);
    memset(peer.before_nonce, 0, sizeof peer.before_nonce);
    peer_put(txn, request->unit, &peer);
    settle_lines(txn, request, now);
}
