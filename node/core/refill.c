/* refill.c - a log that was cut short gets its leaves back, and what they are about.
 *
 * The leaves come from a mirror, and are put aside until the root over all of them is that of a checkpoint
 * which nobody exceeds; only then do they become the log. A leaf about a report whose envelope is not here
 * waits for it (MIRROR, kind p), and a state for its report (kind s). Nothing is signed for any of that.
 */
#include <assert.h>
#include <string.h>

#include "node/core/mirror.h"
#include "node/core/restored_impl.h"
#include "proto/state_table.h"

enum { LEAVES_PER_TICK = 1024 };

static struct dg_bytes own_origin(const struct dg_node *node)
{
    return dg_bytes_of(node->identity.origin);
}

/* ---- putting leaves aside ------------------------------------------------------------------------ */

/* The edge of this node's tree at its present size. */
static bool own_edge(struct dg_txn *txn, struct dg_frontier *ret)
{
    struct dg_tree_reader tree = dg_log_tree(txn);
    enum dg_err err = DG_OK;
    memset(ret, 0, sizeof *ret);
    ret->size = dg_meta_u64(txn, "log-size");
    for (unsigned level = 0; level < DG_TREE_ROW_MAX && err == DG_OK; level++)
        if ((ret->size >> level & 1) != 0)
            err = tree.read(tree.ctx, level, (ret->size >> level) - 1, &ret->peak[level]);
    return err == DG_OK;
}

void dg_refill_take(struct dg_node *node, struct dg_txn *txn, const struct dg_checkpoint *checkpoint,
                    struct dg_bytes note, const struct dg_mirror *leaves)
{
    struct dg_mirror_head head;
    struct dg_frontier edge;
    bool begun =
        dg_mirror_head(txn, own_origin(node), &head) && head.good.size >= dg_meta_u64(txn, "log-size");
    if (!begun && own_edge(txn, &edge))
        dg_mirror_begin(txn, own_origin(node), &edge);
    (void)!dg_mirror_add(txn, checkpoint, note, leaves); /* what does not fit is asked for again */
}

uint64_t dg_refill_size(struct dg_node *node, struct dg_txn *txn)
{
    struct dg_mirror_head head;
    uint64_t size = dg_meta_u64(txn, "log-size");
    return dg_mirror_head(txn, own_origin(node), &head) && head.edge.size > size ? head.edge.size : size;
}

/* ---- what waits for its object ------------------------------------------------------------------- */

/* [16] zeros, u8 kind, [32] report id, and for states u64 index. */
static struct dg_row_key waiting_key(char kind, const struct dg_id *id)
{
    struct dg_row_key key = {.size = 16};
    key.data[key.size++] = (uint8_t)kind;
    memcpy(key.data + key.size, id->b, sizeof id->b);
    key.size += sizeof id->b;
    return key;
}

static void report_waits(struct dg_txn *txn, const struct dg_leaf *leaf, uint64_t index)
{
    struct dg_row_key key = waiting_key('p', &leaf->report);
    uint8_t value[8];
    dg_u64be_put(value, index);
    dg_put(txn, DG_TABLE_MIRROR, dg_row_key_bytes(&key), dg_bytes_at(value, sizeof value));
}

bool dg_refill_waits(struct dg_txn *txn, const struct dg_id *id, uint64_t *ret_index)
{
    struct dg_row_key key = waiting_key('p', id);
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_MIRROR, dg_row_key_bytes(&key), &value) || value.size != 8)
        return false;
    *ret_index = dg_u64be(value.data);
    return true;
}

/* An organ's own word about a report: its row goes to where that organ had left it. */
static void set_mail(struct dg_txn *txn, struct dg_bytes organ, uint64_t position, uint32_t code)
{
    struct dg_mail mail;
    if (dg_state_by_author(code) || !dg_mail_get(txn, organ, position, &mail))
        return;
    if (dg_state_is_recall(code))
        mail.recall = code;
    else
        mail.state = code;
    dg_mail_put(txn, organ, &mail);
}

static void state_waits(struct dg_txn *txn, const struct dg_leaf *leaf, uint64_t index)
{
    struct dg_row_key key = waiting_key('s', &leaf->report);
    struct dg_buf buf;
    dg_row_key_add_u64(&key, index);
    dg_buf_init(&buf, 256);
    dg_row_add_run(&buf, leaf->organ);
    dg_buf_add_u32be(&buf, leaf->state);
    dg_row_put(txn, DG_TABLE_MIRROR, &key, &buf);
}

/* The states that were logged about a report before its envelope came back, in their order. */
static void states_arrive(struct dg_txn *txn, const struct dg_id *id, uint64_t position)
{
    struct dg_row_key prefix = waiting_key('s', id);
    for (bool more = true; more && txn->err == DG_OK;) {
        struct dg_cursor cursor;
        dg_cursor_open(&cursor, txn, DG_TABLE_MIRROR);
        more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix)) &&
               dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix));
        struct dg_row row = {.rest = more ? cursor.value : dg_bytes_at(NULL, 0)};
        struct dg_bytes key = more ? dg_arena_copy(txn->arena, cursor.key) : dg_row_key_bytes(&prefix);
        struct dg_bytes organ = dg_row_run(&row);
        uint32_t code = dg_row_u32(&row);
        dg_cursor_close(&cursor);
        if (!more)
            return;
        set_mail(txn, organ, position, code);
        dg_del(txn, DG_TABLE_MIRROR, key);
    }
}

void dg_refill_arrived(struct dg_txn *txn, const struct dg_id *id, uint64_t position)
{
    struct dg_row_key key = waiting_key('p', id);
    dg_del(txn, DG_TABLE_MIRROR, dg_row_key_bytes(&key));
    states_arrive(txn, id, position);
}

/* ---- leaf by leaf -------------------------------------------------------------------------------- */

/* A rejected report is its leaf: there is no more of it. */
static void rejected_again(struct dg_txn *txn, const struct dg_leaf *leaf, uint64_t index)
{
    struct dg_report_ix ix = {.position = index,
                              .verdict = leaf->verdict,
                              .lane = DG_LANE_NORMAL,
                              .code = leaf->code,
                              .author_unit = leaf->author[0].unit};
    dg_report_ix_put(txn, &leaf->report, &ix);
}

static void beacon_again(struct dg_txn *txn, const struct dg_leaf *leaf)
{
    struct dg_checkpoint beacon = {.size = leaf->beacon_size, .root = leaf->beacon_root};
    if (leaf->beacon_origin.size > DG_ORIGIN_MAX)
        return;
    memcpy(beacon.origin, leaf->beacon_origin.data, leaf->beacon_origin.size);
    (void)dg_ledger_beacon(txn, &beacon);
}

static void leaf_again(struct dg_txn *txn, uint64_t index, struct dg_bytes text)
{
    struct dg_leaf leaf;
    struct dg_report_ix ix;
    if (dg_leaf_parse(txn->arena, text, &leaf, NULL) != DG_OK) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return;
    }
    dg_ledger_put(txn, index, text);
    if (leaf.kind == DG_LEAF_CHECKPOINT)
        beacon_again(txn, &leaf);
    else if (leaf.kind == DG_LEAF_REPORT && leaf.verdict == DG_VERDICT_ACCEPTED)
        report_waits(txn, &leaf, index);
    else if (leaf.kind == DG_LEAF_REPORT)
        rejected_again(txn, &leaf, index);
    else if (leaf.kind == DG_LEAF_STATE && dg_report_ix_get(txn, &leaf.report, &ix))
        set_mail(txn, leaf.organ, ix.position, leaf.state);
    else if (leaf.kind == DG_LEAF_STATE)
        state_waits(txn, &leaf, index);
}

/* The log is as long as its confirmed mirror: from here on it is what that checkpoint says. */
static void complete(struct dg_node *node, struct dg_txn *txn, const struct dg_mirror_head *head)
{
    struct dg_row_key key = dg_key_name("checkpoint");
    dg_put(txn, DG_TABLE_META, dg_row_key_bytes(&key), head->note);
    dg_meta_put_u64(txn, "sealed-size", head->good.size);
    dg_mirror_drop(txn, own_origin(node));
}

void dg_refill_step(struct dg_node *node, struct dg_txn *txn, const struct dg_restored *restored)
{
    struct dg_mirror_head head;
    uint64_t size = dg_meta_u64(txn, "log-size");
    if (!dg_mirror_head(txn, own_origin(node), &head) || head.note.size == 0 ||
        head.good.size < restored->known_size || head.good.size < size)
        return;
    for (unsigned i = 0; i < LEAVES_PER_TICK && size < head.good.size && txn->err == DG_OK; i++, size++) {
        struct dg_bytes leaf;
        if (!dg_mirror_leaf(txn, own_origin(node), size, &leaf))
            dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        else
            leaf_again(txn, size, leaf);
    }
    if (size == head.good.size && txn->err == DG_OK)
        complete(node, txn, &head);
}

bool dg_refill_done(struct dg_txn *txn, const struct dg_restored *restored)
{
    uint64_t size = dg_meta_u64(txn, "log-size");
    return restored->known_size <= size && dg_meta_u64(txn, "sealed-size") == size;
}

/* ---- the end ------------------------------------------------------------------------------------- */

struct lost {
    uint64_t own; /* reports of this unit's organs among them */
};

/* A report of which nobody had the text: its leaf stays, and says so for ever. */
static void note_lost(struct dg_node *node, struct dg_txn *txn, const struct dg_id *id, uint64_t index,
                      dg_ms now, struct lost *lost)
{
    char hex[DG_HEX_BYTES];
    struct dg_bytes text;
    struct dg_leaf leaf;
    dg_hex(id->b, sizeof id->b, hex);
    dg_attention_put(txn, now, DG_ERR_BODY_LOST, dg_bytes_of(hex), own_origin(node));
    if (dg_leaf_get(txn, index, &text) && dg_leaf_parse(txn->arena, text, &leaf, NULL) == DG_OK)
        lost->own += dg_bytes_is(leaf.author[0].unit, node->identity.unit);
}

struct bump {
    struct dg_txn *txn;
    uint64_t by;
    size_t count;
    struct dg_bytes unit[DG_CHILDREN_MAX];
};

static bool bump_collect(void *ctx, struct dg_bytes unit, uint64_t last)
{
    struct bump *bump = ctx;
    (void)last;
    if (bump->count < DG_CHILDREN_MAX)
        bump->unit[bump->count++] = unit;
    return true;
}

/* The numbers that lost reports had are not given again: a gap asks a question, a repeat tells a lie. */
static void skip_numbers(struct dg_txn *txn, uint64_t by)
{
    for (int joint = 0; by > 0 && joint < 2; joint++) {
        struct bump *bump = dg_arena_alloc(txn->arena, sizeof *bump);
        if (bump == NULL) {
            dg_txn_fail(txn, DG_ERR_NO_MEMORY);
            return;
        }
        dg_numbers_each(txn, joint == 1, bump_collect, bump);
        for (size_t i = 0; i < bump->count; i++) {
            struct dg_row_key key = dg_key_to_seq(joint == 1, bump->unit[i]);
            const char *name = dg_arena_string(txn->arena, dg_row_key_bytes(&key));
            dg_meta_put_u64(txn, name, dg_meta_u64(txn, name) + by);
        }
    }
}

void dg_refill_end(struct dg_node *node, struct dg_txn *txn, dg_ms now)
{
    const struct dg_id none = {{0}};
    struct dg_row_key prefix = waiting_key('p', &none);
    struct lost lost = {.own = 0};
    prefix.size = 17;
    for (bool more = true; more && txn->err == DG_OK;) {
        struct dg_cursor cursor;
        struct dg_id id;
        uint64_t index = 0;
        dg_cursor_open(&cursor, txn, DG_TABLE_MIRROR);
        more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix)) &&
               dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)) && cursor.key.size == 17 + sizeof id.b;
        if (more) {
            memcpy(id.b, cursor.key.data + 17, sizeof id.b);
            index = dg_u64be(cursor.value.data);
        }
        dg_cursor_close(&cursor);
        if (!more)
            break;
        note_lost(node, txn, &id, index, now, &lost);
        dg_refill_arrived(txn, &id, index);
    }
    skip_numbers(txn, lost.own);
}
