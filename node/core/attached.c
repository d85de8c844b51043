/* attached.c - the rows of ATTACHMENT and CHUNK. */
#include "node/core/attached.h"

#include <string.h>

#include "node/core/rows.h"

/* The bits of a block, and the hashes of one: small values are cheap to write again and again. */
enum { BLOCK_CHUNKS = 4096, BLOCK_BYTES = BLOCK_CHUNKS / 8, BLOCK_HASHES = 1024 };

void dg_files_close(struct dg_files *files)
{
    if (files != NULL)
        files->ops->close(files);
}

/* ---- the row ------------------------------------------------------------------------------------ */

static struct dg_row_key key_of(const struct dg_hash *content)
{
    struct dg_row_key key = {.size = sizeof content->b};
    memcpy(key.data, content->b, sizeof content->b);
    return key;
}

static bool attached_read(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value,
                          struct dg_attached *ret)
{
    struct dg_row row = {.rest = value}, name = {.rest = key};
    *ret = (struct dg_attached){.here = 0};
    dg_row_fixed(&name, ret->content.b, sizeof ret->content.b);
    ret->state = (enum dg_attached_state)dg_row_u8(&row);
    ret->what.size = dg_row_u64(&row);
    dg_row_fixed(&row, ret->what.sha256.b, sizeof ret->what.sha256.b);
    ret->what.chunk_size = dg_row_u32(&row);
    dg_row_fixed(&row, ret->what.chunk_root.b, sizeof ret->what.chunk_root.b);
    ret->here = dg_row_u32(&row);
    ret->counted = dg_row_u8(&row) != 0;
    ret->since_ms = (dg_ms)dg_row_u64(&row);
    ret->from = dg_row_run(&row);
    ret->code = dg_row_run(&row);
    return dg_row_good(txn, &row) && dg_row_good(txn, &name);
}

bool dg_attached_get(struct dg_txn *txn, const struct dg_hash *content, struct dg_attached *ret)
{
    struct dg_row_key key = key_of(content);
    struct dg_bytes value;
    return dg_get(txn, DG_TABLE_ATTACHMENT, dg_row_key_bytes(&key), &value) &&
           attached_read(txn, dg_row_key_bytes(&key), value, ret);
}

bool dg_attached_find(struct dg_txn *txn, const struct dg_attachment *attachment, struct dg_attached *ret)
{
    struct dg_hash content = dg_attachment_content(attachment);
    if (dg_attached_get(txn, &content, ret))
        return true;
    *ret = (struct dg_attached){.content = content, .what = *attachment};
    ret->what.name = dg_bytes_at(NULL, 0);
    return false;
}

void dg_attached_put(struct dg_txn *txn, const struct dg_attached *attached)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 1024);
    dg_buf_add_u8(&buf, (uint8_t)attached->state);
    dg_buf_add_u64be(&buf, attached->what.size);
    dg_buf_add(&buf, attached->what.sha256.b, sizeof attached->what.sha256.b);
    dg_buf_add_u32be(&buf, attached->what.chunk_size);
    dg_buf_add(&buf, attached->what.chunk_root.b, sizeof attached->what.chunk_root.b);
    dg_buf_add_u32be(&buf, attached->here);
    dg_buf_add_u8(&buf, attached->counted ? 1 : 0);
    dg_buf_add_u64be(&buf, (uint64_t)attached->since_ms);
    dg_row_add_run(&buf, attached->from);
    dg_row_add_run(&buf, attached->code);
    struct dg_row_key key = key_of(&attached->content);
    dg_row_put(txn, DG_TABLE_ATTACHMENT, &key, &buf);
}

void dg_attached_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_attached *attached),
                      void *ctx)
{
    struct dg_cursor cursor;
    struct dg_attached attached;
    dg_cursor_open(&cursor, txn, DG_TABLE_ATTACHMENT);
    bool more = dg_cursor_seek(&cursor, dg_bytes_at("", 1));
    while (more && attached_read(txn, cursor.key, cursor.value, &attached) && each(ctx, &attached))
        more = dg_cursor_next(&cursor);
    dg_cursor_close(&cursor);
}

uint64_t dg_attached_bytes(const struct dg_attached *attached)
{
    if (attached->state == DG_ATTACHED_WHOLE || attached->state == DG_ATTACHED_CHECKING)
        return attached->what.size;
    uint64_t bytes = (uint64_t)attached->here * attached->what.chunk_size;
    return bytes < attached->what.size ? bytes : attached->what.size;
}

const char *dg_attached_state_name(enum dg_attached_state state)
{
    static const char *const name[] = {
        [DG_ATTACHED_COMING] = "coming",
        [DG_ATTACHED_CHECKING] = "checking",
        [DG_ATTACHED_WHOLE] = "here",
        [DG_ATTACHED_REFUSED] = "refused",
    };
    return state >= DG_ATTACHED_COMING && state <= DG_ATTACHED_REFUSED ? name[state] : "coming";
}

/* ---- bits --------------------------------------------------------------------------------------- */

static struct dg_row_key block_key(const struct dg_hash *content, char kind, uint32_t block)
{
    struct dg_row_key key = key_of(content);
    key.data[key.size++] = (uint8_t)kind;
    uint8_t number[8];
    dg_u64be_put(number, block);
    memcpy(key.data + key.size, number + 4, 4);
    key.size += 4;
    return key;
}

/* Reads the bits of a block; none are set where there is no row. */
static void block_read(struct dg_txn *txn, const struct dg_hash *content, uint32_t block,
                       uint8_t ret[static BLOCK_BYTES])
{
    struct dg_row_key key = block_key(content, 'b', block);
    struct dg_bytes value;
    memset(ret, 0, BLOCK_BYTES);
    if (!dg_get(txn, DG_TABLE_CHUNK, dg_row_key_bytes(&key), &value))
        return;
    if (value.size == BLOCK_BYTES)
        memcpy(ret, value.data, BLOCK_BYTES);
    else
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
}

static bool bit_get(const uint8_t bits[], uint32_t chunk)
{
    uint32_t in = chunk % BLOCK_CHUNKS;
    return (bits[in / 8] >> (in % 8) & 1) != 0;
}

size_t dg_attached_missing(struct dg_txn *txn, const struct dg_attached *attached, struct dg_run ret[],
                           size_t most)
{
    uint8_t bits[BLOCK_BYTES];
    size_t count = 0;
    uint32_t chunks = dg_attachment_chunks(&attached->what);
    if (attached->state != DG_ATTACHED_COMING)
        return 0;
    for (uint32_t chunk = 0; chunk < chunks; chunk++) {
        if (chunk % BLOCK_CHUNKS == 0)
            block_read(txn, &attached->content, chunk / BLOCK_CHUNKS, bits);
        if (bit_get(bits, chunk))
            continue;
        if (count > 0 && ret[count - 1].first + ret[count - 1].count == chunk)
            ret[count - 1].count++;
        else if (count == most)
            break;
        else
            ret[count++] = (struct dg_run){.first = chunk, .count = 1};
    }
    return count;
}

bool dg_attached_has(struct dg_txn *txn, const struct dg_attached *attached, struct dg_run run)
{
    uint8_t bits[BLOCK_BYTES];
    if (attached->state != DG_ATTACHED_COMING)
        return true;
    for (uint32_t i = 0; i < run.count; i++) {
        uint32_t chunk = run.first + i;
        if (i == 0 || chunk % BLOCK_CHUNKS == 0)
            block_read(txn, &attached->content, chunk / BLOCK_CHUNKS, bits);
        if (!bit_get(bits, chunk))
            return false;
    }
    return true;
}

/* Sets the bits of a run; returns how many were not set before. A piece never spans two blocks, but a
 * carrier's run may. */
static uint32_t set_bits(struct dg_txn *txn, const struct dg_hash *content, struct dg_run run)
{
    uint8_t bits[BLOCK_BYTES];
    uint32_t fresh = 0;
    for (uint32_t i = 0; i < run.count; i++) {
        uint32_t chunk = run.first + i, in = chunk % BLOCK_CHUNKS;
        if (i == 0 || in == 0)
            block_read(txn, content, chunk / BLOCK_CHUNKS, bits);
        fresh += !bit_get(bits, chunk);
        bits[in / 8] |= (uint8_t)(1u << (in % 8));
        if (i + 1 == run.count || in + 1 == BLOCK_CHUNKS) {
            struct dg_row_key key = block_key(content, 'b', chunk / BLOCK_CHUNKS);
            dg_put(txn, DG_TABLE_CHUNK, dg_row_key_bytes(&key), dg_bytes_at(bits, sizeof bits));
        }
    }
    return fresh;
}

void dg_attached_took(struct dg_txn *txn, struct dg_attached *attached, struct dg_run run, dg_ms now)
{
    if (attached->state != DG_ATTACHED_COMING)
        return;
    attached->here += set_bits(txn, &attached->content, run);
    if (attached->here == dg_attachment_chunks(&attached->what)) {
        attached->state = DG_ATTACHED_CHECKING;
        attached->since_ms = now;
    }
    dg_attached_put(txn, attached);
}

static void remove_blocks(struct dg_txn *txn, const struct dg_attached *attached, char kind, uint32_t per)
{
    uint32_t items = kind == 'b' ? dg_attachment_chunks(&attached->what) : DG_PIECES_MAX;
    for (uint32_t block = 0; block * per < items; block++) {
        struct dg_row_key key = block_key(&attached->content, kind, block);
        dg_del(txn, DG_TABLE_CHUNK, dg_row_key_bytes(&key));
    }
}

void dg_attached_clear(struct dg_txn *txn, struct dg_attached *attached)
{
    attached->here = 0;
    remove_blocks(txn, attached, 'b', BLOCK_CHUNKS);
}

/* ---- pieces ------------------------------------------------------------------------------------- */

enum dg_err dg_attached_put_piece(struct dg_files *files, const struct dg_attached *attached,
                                  struct dg_run run, struct dg_bytes data, const struct dg_proof *proof)
{
    enum dg_err err = dg_piece_check(&attached->what, run, data, proof);
    if (err != DG_OK)
        return err;
    return files->ops->write(files, &attached->content, dg_run_offset(&attached->what, run), data);
}

void dg_attached_put_pieces(struct dg_txn *txn, const struct dg_attached *attached,
                            const struct dg_hash piece[], size_t count)
{
    remove_blocks(txn, attached, 'b', BLOCK_CHUNKS);
    for (size_t at = 0; at < count; at += BLOCK_HASHES) {
        size_t here = count - at < BLOCK_HASHES ? count - at : BLOCK_HASHES;
        struct dg_row_key key = block_key(&attached->content, 'h', (uint32_t)(at / BLOCK_HASHES));
        dg_put(txn, DG_TABLE_CHUNK, dg_row_key_bytes(&key),
               dg_bytes_at(piece[at].b, here * sizeof piece[at]));
    }
}

bool dg_attached_pieces(struct dg_txn *txn, const struct dg_attached *attached, struct dg_hash **ret,
                        size_t *ret_count)
{
    size_t count = (size_t)((attached->what.size + DG_PIECE_BYTES - 1) / DG_PIECE_BYTES);
    struct dg_hash *piece = dg_arena_array(txn->arena, count, sizeof *piece);
    if (piece == NULL)
        return false;
    for (size_t at = 0; at < count; at += BLOCK_HASHES) {
        size_t here = count - at < BLOCK_HASHES ? count - at : BLOCK_HASHES;
        struct dg_row_key key = block_key(&attached->content, 'h', (uint32_t)(at / BLOCK_HASHES));
        struct dg_bytes value;
        if (!dg_get(txn, DG_TABLE_CHUNK, dg_row_key_bytes(&key), &value) ||
            value.size != here * sizeof *piece)
            return false;
        memcpy(piece + at, value.data, value.size);
    }
    *ret = piece;
    *ret_count = count;
    return true;
}

enum dg_err dg_attached_read_piece(struct dg_files *files, const struct dg_attached *attached,
                                   const struct dg_hash_tree *tree, struct dg_run run, uint8_t *piece,
                                   struct dg_bytes *ret_data, struct dg_proof *ret_proof)
{
    const struct dg_attachment *what = &attached->what;
    uint32_t per = dg_attachment_piece_chunks(what), number = run.first / per;
    struct dg_run around = {.first = number * per, .count = per};
    size_t size = dg_run_bytes(what, around);
    enum dg_err err =
        files->ops->read(files, DG_FILE_WHOLE, &what->sha256, dg_run_offset(what, around), piece, size);
    if (err == DG_OK)
        err = dg_piece_prove(what, tree, dg_bytes_at(piece, size), run, ret_proof);
    if (err != DG_OK)
        return err;
    *ret_data =
        dg_bytes_at(piece + (run.first - around.first) * (size_t)what->chunk_size, dg_run_bytes(what, run));
    return DG_OK;
}
