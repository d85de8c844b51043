/* row.c - what keys and values are made of: numbers, slugs and runs, written and read. */
#include "node/core/rows.h"

#include <assert.h>
#include <string.h>

#include "common/crypto.h"

/* ---- keys -------------------------------------------------------------------------------------- */

static void key_add(struct dg_row_key *key, const void *data, size_t size)
{
    assert(key->size + size <= sizeof key->data);
    if (size > 0)
        memcpy(key->data + key->size, data, size);
    key->size += size;
}

static void key_add_slug(struct dg_row_key *key, struct dg_bytes slug)
{
    assert(slug.size <= DG_SLUG_MAX);
    key_add(key, slug.data, slug.size);
    key_add(key, "", 1);
}

void dg_row_key_add_u64(struct dg_row_key *key, uint64_t n)
{
    uint8_t at[8];
    dg_u64be_put(at, n);
    key_add(key, at, sizeof at);
}

static void key_add_u32(struct dg_row_key *key, uint32_t n)
{
    uint8_t at[8];
    dg_u64be_put(at, n);
    key_add(key, at + 4, 4);
}

struct dg_bytes dg_row_key_bytes(const struct dg_row_key *key)
{
    return dg_bytes_at(key->data, key->size);
}

struct dg_row_key dg_key_name(const char *name)
{
    struct dg_row_key key = {.size = 0};
    key_add(&key, name, strlen(name));
    return key;
}

struct dg_row_key dg_key_to_seq(bool joint, struct dg_bytes unit)
{
    struct dg_row_key key = dg_key_name(joint ? "joint-seq/" : "to-seq/");
    key_add(&key, unit.data, unit.size);
    return key;
}

struct dg_row_key dg_key_u64(uint64_t n)
{
    struct dg_row_key key = {.size = 0};
    dg_row_key_add_u64(&key, n);
    return key;
}

struct dg_row_key dg_key_slug(struct dg_bytes slug)
{
    struct dg_row_key key = {.size = 0};
    key_add_slug(&key, slug);
    return key;
}

struct dg_row_key dg_key_organ(struct dg_bytes organ, uint64_t position)
{
    struct dg_row_key key = dg_key_slug(organ);
    dg_row_key_add_u64(&key, position);
    return key;
}

struct dg_row_key dg_key_outbox(struct dg_bytes unit, enum dg_lane lane, uint64_t seq)
{
    struct dg_row_key key = dg_key_slug(unit);
    uint8_t byte = (uint8_t)lane;
    key_add(&key, &byte, 1);
    dg_row_key_add_u64(&key, seq);
    return key;
}

struct dg_row_key dg_key_custody(uint64_t position, uint32_t number)
{
    struct dg_row_key key = dg_key_u64(position);
    key_add_u32(&key, number);
    return key;
}

struct dg_row_key dg_key_checkpoint(struct dg_bytes origin, uint64_t size)
{
    struct dg_row_key key = {.size = 0};
    struct dg_hash hash = dg_sha256(origin);
    key_add(&key, hash.b, 16);
    dg_row_key_add_u64(&key, size);
    return key;
}

struct dg_row_key dg_key_directory(struct dg_bytes unit, char kind, struct dg_bytes organ, uint32_t serial)
{
    struct dg_row_key key = dg_key_slug(unit);
    key_add(&key, &kind, 1);
    key_add_slug(&key, organ);
    key_add_u32(&key, serial);
    return key;
}

struct dg_row_key dg_key_filed(struct dg_bytes rule, struct dg_bytes period, struct dg_bytes unit,
                               struct dg_bytes organ)
{
    const struct dg_bytes part[] = {rule, period, unit, organ};
    size_t count = sizeof part / sizeof part[0];
    while (count > 1 && part[count - 1].size == 0)
        count--;
    struct dg_row_key key = {.size = 0};
    for (size_t i = 0; i < count; i++)
        key_add_slug(&key, part[i]);
    return key;
}

struct dg_bytes dg_row_key_part(struct dg_bytes *key)
{
    const uint8_t *nul = key->size > 0 ? memchr(key->data, 0, key->size) : NULL;
    size_t size = nul != NULL ? (size_t)(nul - key->data) : key->size;
    struct dg_bytes part = dg_bytes_at(key->data, size);
    size_t used = nul != NULL ? size + 1 : size;
    *key = dg_bytes_at(key->data + used, key->size - used);
    return part;
}

/* ---- values ------------------------------------------------------------------------------------ */

void dg_row_add_run(struct dg_buf *out, struct dg_bytes run)
{
    dg_buf_add_u32be(out, (uint32_t)run.size);
    dg_buf_add_bytes(out, run);
}

static struct dg_bytes row_take(struct dg_row *row, size_t size)
{
    if (row->bad || row->rest.size < size) {
        row->bad = true;
        return dg_bytes_at(NULL, 0);
    }
    struct dg_bytes taken = dg_bytes_at(row->rest.data, size);
    row->rest = dg_bytes_at(row->rest.data + size, row->rest.size - size);
    return taken;
}

uint8_t dg_row_u8(struct dg_row *row)
{
    struct dg_bytes at = row_take(row, 1);
    return at.size == 1 ? at.data[0] : 0;
}

uint32_t dg_row_u32(struct dg_row *row)
{
    struct dg_bytes at = row_take(row, 4);
    return at.size == 4 ? dg_u32be(at.data) : 0;
}

uint64_t dg_row_u64(struct dg_row *row)
{
    struct dg_bytes at = row_take(row, 8);
    return at.size == 8 ? dg_u64be(at.data) : 0;
}

struct dg_bytes dg_row_run(struct dg_row *row)
{
    return row_take(row, dg_row_u32(row));
}

void dg_row_fixed(struct dg_row *row, void *ret, size_t size)
{
    struct dg_bytes at = row_take(row, size);
    if (at.size == size && size > 0)
        memcpy(ret, at.data, size);
    else
        memset(ret, 0, size);
}

bool dg_row_ended(const struct dg_row *row)
{
    return !row->bad && row->rest.size == 0;
}

void dg_row_put(struct dg_txn *txn, enum dg_table table, const struct dg_row_key *key, struct dg_buf *buf)
{
    if (buf->err != DG_OK)
        dg_txn_fail(txn, buf->err);
    else
        dg_put(txn, table, dg_row_key_bytes(key), dg_buf_bytes(buf));
    dg_buf_done(buf);
}

bool dg_row_good(struct dg_txn *txn, const struct dg_row *row)
{
    if (dg_row_ended(row))
        return true;
    dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
    return false;
}
