/* mirror.c - the rows of MIRROR: a head for each log, and its leaves in chunks as they came. */
#include "node/core/mirror.h"

#include <string.h>

enum { CHUNK_BYTES_MAX = 192 * 1024, CHUNK_LEAVES_MAX = 512, HEAD_MAX = 16 * 1024 };

/* ---- keys ---------------------------------------------------------------------------------------- */

/* [16] of the origin's SHA-256, u8 kind, u64 index (chunks). */
static struct dg_row_key mirror_key(struct dg_bytes origin, char kind)
{
    struct dg_row_key key = dg_key_checkpoint(origin, 0);
    key.size -= 8;
    key.data[key.size++] = (uint8_t)kind;
    return key;
}

static struct dg_row_key chunk_key(struct dg_bytes origin, uint64_t first)
{
    struct dg_row_key key = mirror_key(origin, 'l');
    dg_row_key_add_u64(&key, first);
    return key;
}

/* ---- the head ------------------------------------------------------------------------------------ */

static void write_edge(struct dg_buf *buf, const struct dg_frontier *edge)
{
    dg_buf_add_u64be(buf, edge->size);
    for (unsigned level = 0; level < DG_TREE_ROW_MAX; level++)
        if ((edge->size >> level & 1) != 0)
            dg_buf_add(buf, edge->peak[level].b, sizeof edge->peak[level].b);
}

static void read_edge(struct dg_row *row, struct dg_frontier *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->size = dg_row_u64(row);
    for (unsigned level = 0; level < DG_TREE_ROW_MAX; level++)
        if ((ret->size >> level & 1) != 0)
            dg_row_fixed(row, ret->peak[level].b, sizeof ret->peak[level].b);
}

static void head_put(struct dg_txn *txn, struct dg_bytes origin, const struct dg_mirror_head *head)
{
    struct dg_row_key key = mirror_key(origin, 'h');
    struct dg_buf buf;
    dg_buf_init(&buf, HEAD_MAX);
    write_edge(&buf, &head->edge);
    write_edge(&buf, &head->good);
    dg_row_add_run(&buf, head->note);
    dg_row_put(txn, DG_TABLE_MIRROR, &key, &buf);
}

bool dg_mirror_head(struct dg_txn *txn, struct dg_bytes origin, struct dg_mirror_head *ret)
{
    struct dg_row_key key = mirror_key(origin, 'h');
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_MIRROR, dg_row_key_bytes(&key), &value))
        return false;
    struct dg_row row = {.rest = value};
    read_edge(&row, &ret->edge);
    read_edge(&row, &ret->good);
    ret->note = dg_row_run(&row);
    return dg_row_good(txn, &row);
}

/* ---- chunks -------------------------------------------------------------------------------------- */

static void chunk_put(struct dg_txn *txn, struct dg_bytes origin, uint64_t first, size_t count,
                      const struct dg_bytes leaf[])
{
    struct dg_row_key key = chunk_key(origin, first);
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX + 8 * DG_FRAME_ITEMS_MAX);
    for (size_t i = 0; i < count; i++)
        dg_row_add_run(&buf, leaf[i]);
    dg_row_put(txn, DG_TABLE_MIRROR, &key, &buf);
}

/* Finds the chunk that holds a leaf, or the first behind it. */
static bool chunk_seek(struct dg_cursor *cursor, struct dg_bytes origin, uint64_t index, uint64_t *ret_first)
{
    struct dg_row_key prefix = mirror_key(origin, 'l'), key = chunk_key(origin, index);
    bool at =
        dg_cursor_seek(cursor, dg_row_key_bytes(&key)) && dg_bytes_equal(cursor->key, dg_row_key_bytes(&key));
    if (!at) /* it lies within the chunk before */
        at = cursor->impl != NULL && dg_cursor_prev(cursor);
    if (!at || !dg_cursor_at_prefix(cursor, dg_row_key_bytes(&prefix)) || cursor->key.size != key.size)
        return false;
    *ret_first = dg_u64be(cursor->key.data + prefix.size);
    return true;
}

/* Removes the chunks that begin at an index or behind it. */
static void drop_from(struct dg_txn *txn, struct dg_bytes origin, uint64_t first)
{
    struct dg_row_key prefix = mirror_key(origin, 'l'), key = chunk_key(origin, first);
    for (bool more = true; more && txn->err == DG_OK;) {
        struct dg_cursor cursor;
        dg_cursor_open(&cursor, txn, DG_TABLE_MIRROR);
        more = dg_cursor_seek(&cursor, dg_row_key_bytes(&key)) &&
               dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix));
        struct dg_bytes found = more ? dg_arena_copy(txn->arena, cursor.key) : dg_row_key_bytes(&key);
        dg_cursor_close(&cursor);
        if (more)
            dg_del(txn, DG_TABLE_MIRROR, found);
    }
}

void dg_mirror_drop(struct dg_txn *txn, struct dg_bytes origin)
{
    struct dg_row_key head = mirror_key(origin, 'h');
    drop_from(txn, origin, 0);
    dg_del(txn, DG_TABLE_MIRROR, dg_row_key_bytes(&head));
}

/* What was not confirmed goes: all of it was added behind the good edge. */
static void drop_unconfirmed(struct dg_txn *txn, struct dg_bytes origin, struct dg_mirror_head *head)
{
    drop_from(txn, origin, head->good.size);
    head->edge = head->good;
    head_put(txn, origin, head);
}

void dg_mirror_begin(struct dg_txn *txn, struct dg_bytes origin, const struct dg_frontier *edge)
{
    struct dg_mirror_head head = {.edge = *edge, .good = *edge};
    dg_mirror_drop(txn, origin);
    head_put(txn, origin, &head);
}

enum dg_err dg_mirror_add(struct dg_txn *txn, const struct dg_checkpoint *checkpoint, struct dg_bytes note,
                          const struct dg_mirror *leaves)
{
    struct dg_bytes origin = dg_bytes_of(checkpoint->origin);
    struct dg_mirror_head head = {.note = {NULL, 0}};
    (void)dg_mirror_head(txn, origin, &head);
    bool follows = leaves->first == head.edge.size && checkpoint->size > head.edge.size;
    if (!follows || leaves->leaf_count == 0 || leaves->leaf_count > checkpoint->size - head.edge.size)
        return DG_OK;
    chunk_put(txn, origin, leaves->first, leaves->leaf_count, leaves->leaf);
    for (size_t i = 0; i < leaves->leaf_count; i++) {
        struct dg_hash hash = dg_merkle_leaf(leaves->leaf[i]);
        dg_frontier_add(&head.edge, &hash);
    }
    if (head.edge.size == checkpoint->size) {
        struct dg_hash root = dg_frontier_root(&head.edge);
        if (!dg_hash_equal(&root, &checkpoint->root)) {
            drop_unconfirmed(txn, origin, &head);
            return DG_ERR_BAD_PROOF;
        }
        head.good = head.edge;
        head.note = note;
    }
    head_put(txn, origin, &head);
    return txn->err;
}

/* ---- reading ------------------------------------------------------------------------------------- */

bool dg_mirror_leaf(struct dg_txn *txn, struct dg_bytes origin, uint64_t index, struct dg_bytes *ret)
{
    struct dg_cursor cursor;
    uint64_t at;
    dg_cursor_open(&cursor, txn, DG_TABLE_MIRROR);
    bool found = chunk_seek(&cursor, origin, index, &at);
    struct dg_row row = {.rest = found ? cursor.value : dg_bytes_at(NULL, 0)};
    for (; found && at < index && row.rest.size > 0; at++)
        (void)dg_row_run(&row);
    found = found && row.rest.size > 0;
    if (found)
        *ret = dg_row_run(&row);
    dg_cursor_close(&cursor);
    return found && !row.bad;
}

/* Takes over what fits of one chunk; false when the frame is full. */
static bool read_chunk(struct dg_bytes value, uint64_t at, uint64_t end, struct dg_mirror *ret, size_t *bytes)
{
    struct dg_row row = {.rest = value};
    for (; row.rest.size > 0 && !row.bad && at < end; at++) {
        struct dg_bytes leaf = dg_row_run(&row);
        if (at < ret->first + ret->leaf_count)
            continue;
        if (ret->leaf_count == CHUNK_LEAVES_MAX || *bytes + leaf.size > CHUNK_BYTES_MAX)
            return false;
        ret->leaf[ret->leaf_count++] = leaf;
        *bytes += leaf.size;
    }
    return true;
}

bool dg_mirror_read(struct dg_txn *txn, struct dg_bytes origin, uint64_t from, struct dg_mirror *ret)
{
    struct dg_row_key prefix = mirror_key(origin, 'l');
    struct dg_mirror_head head;
    struct dg_cursor cursor;
    uint64_t at;
    size_t bytes = 0;
    *ret = (struct dg_mirror){.first = from};
    if (!dg_mirror_head(txn, origin, &head) || head.good.size <= from)
        return false;
    ret->leaf = dg_arena_array(txn->arena, CHUNK_LEAVES_MAX, sizeof *ret->leaf);
    if (ret->leaf == NULL)
        return false;
    dg_cursor_open(&cursor, txn, DG_TABLE_MIRROR);
    bool more = chunk_seek(&cursor, origin, from, &at);
    while (more && read_chunk(cursor.value, at, head.good.size, ret, &bytes)) {
        more = dg_cursor_next(&cursor) && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix));
        if (more)
            at = dg_u64be(cursor.key.data + prefix.size);
    }
    dg_cursor_close(&cursor);
    return ret->leaf_count > 0;
}
