/* store_value.c - sums against decay, packing against bulk. */
#include "node/store/store_value.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "common/pack.h"

enum {
    SUM_BYTES = 16,
    PACK_ABOVE = 1900, /* LMDB gives longer values pages of their own; with shorter ones little is saved */
    SCRATCH_MIN = 16 * 1024,
    SCRATCH_KEPT = 64 * 1024,
};

enum flag { FLAG_RAW = 0, FLAG_PACKED = 1 };

struct dg_value_codec {
    uint8_t *scratch;
    size_t capacity;
};

const char *dg_table_name(enum dg_table table)
{
    static const char *const names[] = {
#define X(name, check) #name,
        DG_TABLES(X)
#undef X
    };
    assert(table < DG_TABLE_COUNT);
    return names[table];
}

bool dg_table_by_id(enum dg_table table)
{
    enum check { SUM, ID };
    static const enum check checks[] = {
#define X(name, check) check,
        DG_TABLES(X)
#undef X
    };
    assert(table < DG_TABLE_COUNT);
    return checks[table] == ID;
}

static bool is_id_of(struct dg_bytes key, struct dg_bytes value)
{
    struct dg_hash hash = dg_sha256(value);
    return dg_bytes_equal(key, dg_bytes_at(hash.b, sizeof hash.b));
}

bool dg_row_ok(enum dg_table table, struct dg_bytes key, struct dg_bytes value)
{
    return key.size > 0 && key.size <= DG_STORE_KEY_MAX && value.size <= DG_STORE_VALUE_MAX &&
           (!dg_table_by_id(table) || is_id_of(key, value));
}

struct dg_value_codec *dg_value_codec_new(void)
{
    return calloc(1, sizeof(struct dg_value_codec));
}

void dg_value_codec_free(struct dg_value_codec *codec)
{
    if (codec == NULL)
        return;
    free(codec->scratch);
    free(codec);
}

void dg_value_codec_trim(struct dg_value_codec *codec)
{
    if (codec->capacity > SCRATCH_KEPT) {
        free(codec->scratch);
        codec->scratch = NULL;
        codec->capacity = 0;
    }
}

static bool scratch_reserve(struct dg_value_codec *codec, size_t size)
{
    if (size <= codec->capacity)
        return true;
    free(codec->scratch);
    codec->capacity = size > SCRATCH_MIN ? size : SCRATCH_MIN;
    codec->scratch = malloc(codec->capacity);
    if (codec->scratch == NULL)
        codec->capacity = 0;
    return codec->scratch != NULL;
}

/* The sum covers table and key too, so that a sound value in the wrong place is noticed; and the
 * bytes as they are kept, so that altered ones are never unpacked. The key's size keeps a byte from
 * moving between key and value. */
static void value_sum(enum dg_table table, struct dg_bytes key, struct dg_bytes flagged,
                      uint8_t ret[static SUM_BYTES])
{
    const char *name = dg_table_name(table);
    const uint8_t key_size[2] = {(uint8_t)(key.size >> 8), (uint8_t)key.size};
    const struct dg_bytes parts[] = {
        dg_bytes_at(name, strlen(name) + 1),
        dg_bytes_at(key_size, sizeof key_size),
        key,
        flagged,
    };
    dg_check16(parts, sizeof parts / sizeof parts[0], ret);
}

/* Packs to at, and returns the size, or 0 when it stays as it is: envelopes have come packed. */
static size_t pack(enum dg_table table, struct dg_bytes value, uint8_t *at)
{
    return value.size > PACK_ABOVE && table != DG_TABLE_REPORT ? dg_pack(value, at) : 0;
}

enum dg_err dg_value_seal(struct dg_value_codec *codec, enum dg_table table, struct dg_bytes key,
                          struct dg_bytes value, struct dg_bytes *ret)
{
    size_t sum_size = dg_table_by_id(table) ? 0 : SUM_BYTES;
    if (!scratch_reserve(codec, sum_size + 1 + value.size))
        return DG_ERR_NO_MEMORY;
    uint8_t *flagged = codec->scratch + sum_size;
    size_t size = pack(table, value, flagged + 1);
    flagged[0] = size > 0 ? FLAG_PACKED : FLAG_RAW;
    if (size == 0 && value.size > 0) {
        memcpy(flagged + 1, value.data, value.size);
        size = value.size;
    }
    if (sum_size > 0)
        value_sum(table, key, dg_bytes_at(flagged, size + 1), codec->scratch);
    *ret = dg_bytes_at(codec->scratch, sum_size + 1 + size);
    return DG_OK;
}

static enum dg_err unflag(struct dg_bytes flagged, struct dg_arena *arena, bool copy, struct dg_bytes *ret)
{
    struct dg_bytes body = dg_bytes_at(flagged.data + 1, flagged.size - 1);
    if (flagged.data[0] == FLAG_PACKED) {
        enum dg_err err = dg_unpack(arena, body, DG_STORE_VALUE_MAX, ret);
        return err == DG_OK || err == DG_ERR_NO_MEMORY ? err : DG_ERR_STORE_CORRUPT;
    }
    if (flagged.data[0] != FLAG_RAW || body.size > DG_STORE_VALUE_MAX)
        return DG_ERR_STORE_CORRUPT;
    *ret = copy ? dg_arena_copy(arena, body) : body;
    return ret->size == body.size ? DG_OK : DG_ERR_NO_MEMORY;
}

enum dg_err dg_value_open(enum dg_table table, struct dg_bytes key, struct dg_bytes kept,
                          struct dg_arena *arena, bool copy, struct dg_bytes *ret)
{
    bool by_id = dg_table_by_id(table);
    size_t sum_size = by_id ? 0 : SUM_BYTES;
    if (kept.size < sum_size + 1)
        return DG_ERR_STORE_CORRUPT;
    struct dg_bytes flagged = dg_bytes_at(kept.data + sum_size, kept.size - sum_size);
    if (!by_id) {
        uint8_t sum[SUM_BYTES];
        value_sum(table, key, flagged, sum);
        if (memcmp(sum, kept.data, SUM_BYTES) != 0)
            return DG_ERR_STORE_CORRUPT;
    }
    struct dg_bytes value;
    enum dg_err err = unflag(flagged, arena, copy, &value);
    if (err != DG_OK)
        return err;
    if (by_id && !is_id_of(key, value))
        return DG_ERR_STORE_CORRUPT;
    *ret = value;
    return DG_OK;
}
