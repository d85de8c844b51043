/* pack.c - zstd, and the memory that it keeps for each thread. */
#include "common/pack.h"

#include <pthread.h>
#include <zstd.h>

enum {
    /* A page or two of text, as a report is: -3 saves a quarter, the levels above it two fifths in twice the
     * time, both ways. */
    QUICK_LEVEL = -3,
    QUICK_BELOW = 8 * 1024,
    LEVEL = 1,              /* 3 would save three bytes in a hundred, and take half as long again */
    KEPT_BYTES = 512 * 1024 /* what packed something long is given back */
};

/* ---- what zstd works in --------------------------------------------------------------------------- */

/* Made when first needed, since zstd takes longer to make it than to pack a report. */
static _Thread_local ZSTD_CCtx *packer;
static _Thread_local ZSTD_DCtx *unpacker;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_end;

static void free_both(void *unused)
{
    (void)unused;
    ZSTD_freeCCtx(packer);
    ZSTD_freeDCtx(unpacker);
    packer = NULL;
    unpacker = NULL;
}

static void make_key(void)
{
    (void)pthread_key_create(&at_end, free_both);
}

/* Sees to it that free_both is called at the end of this thread. */
static void free_at_end(void)
{
    static const char marked;
    pthread_once(&once, make_key);
    (void)pthread_setspecific(at_end, &marked);
}

static ZSTD_CCtx *get_packer(void)
{
    if (packer == NULL) {
        packer = ZSTD_createCCtx();
        free_at_end();
    }
    return packer;
}

static ZSTD_DCtx *get_unpacker(void)
{
    if (unpacker == NULL) {
        unpacker = ZSTD_createDCtx();
        free_at_end();
    }
    return unpacker;
}

/* ---- packing -------------------------------------------------------------------------------------- */

size_t dg_pack(struct dg_bytes bytes, uint8_t *ret)
{
    ZSTD_CCtx *ctx = get_packer();
    if (ctx == NULL || bytes.size == 0)
        return 0;
    size_t room = bytes.size - bytes.size / 8 - 1;
    int level = bytes.size < QUICK_BELOW ? QUICK_LEVEL : LEVEL;
    size_t size = ZSTD_compressCCtx(ctx, ret, room, bytes.data, bytes.size, level);
    if (ZSTD_sizeof_CCtx(ctx) > KEPT_BYTES) {
        ZSTD_freeCCtx(ctx);
        packer = NULL;
    }
    return ZSTD_isError(size) ? 0 : size;
}

bool dg_packed_size(struct dg_bytes packed, size_t *ret)
{
    if (packed.size == 0 || ZSTD_findFrameCompressedSize(packed.data, packed.size) != packed.size)
        return false;
    unsigned long long size = ZSTD_getFrameContentSize(packed.data, packed.size);
    /* zstd's answers for "unknown" and "no frame" are the two largest numbers. */
    if (size >= ZSTD_CONTENTSIZE_ERROR || size > SIZE_MAX || size <= packed.size)
        return false;
    *ret = (size_t)size;
    return true;
}

enum dg_err dg_unpack(struct dg_arena *arena, struct dg_bytes packed, size_t max, struct dg_bytes *ret)
{
    size_t size;
    if (!dg_packed_size(packed, &size))
        return DG_ERR_MALFORMED;
    if (size > max)
        return DG_ERR_TOO_LARGE;
    ZSTD_DCtx *ctx = get_unpacker();
    uint8_t *bytes = dg_arena_alloc(arena, size);
    if (ctx == NULL || bytes == NULL)
        return DG_ERR_NO_MEMORY;
    if (ZSTD_decompressDCtx(ctx, bytes, size, packed.data, packed.size) != size)
        return DG_ERR_MALFORMED;
    *ret = dg_bytes_at(bytes, size);
    return DG_OK;
}
