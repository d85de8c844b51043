/* bytes.c - views of bytes, bounded builders and arenas. */
#include "common/bytes.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under AddressSanitizer what an arena has not handed out is poisoned, and a gap stays between any
 * two pieces, so that running over one is caught as it would be with malloc. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_GUARDED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_GUARDED 1
#endif
#ifdef ARENA_GUARDED
#include <sanitizer/asan_interface.h>
#define FENCE(at, size) ASAN_POISON_MEMORY_REGION(at, size)
#define UNFENCE(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
enum { ARENA_GAP = 16 };
#else
#define FENCE(at, size) ((void)(at), (void)(size))
#define UNFENCE(at, size) ((void)(at), (void)(size))
enum { ARENA_GAP = 0 };
#endif

enum {
    ARENA_ALIGN = 16,
    ARENA_BLOCK_FIRST = 16 * 1024,
    ARENA_BLOCK_MAX = 1024 * 1024, /* doubling stops here; larger pieces get a block of their own */
    BUF_FIRST = 256,
};

/* Blocks are chained newest first. */
struct dg_arena_block {
    struct dg_arena_block *next;
    size_t size; /* of data */
    size_t used;
    alignas(ARENA_ALIGN) uint8_t data[];
};

/* --- views ---------------------------------------------------------------------------------- */

struct dg_bytes dg_bytes_of(const char *text)
{
    return dg_bytes_at(text, strlen(text));
}

struct dg_bytes dg_bytes_at(const void *data, size_t size)
{
    return (struct dg_bytes){.data = data, .size = size};
}

bool dg_bytes_equal(struct dg_bytes a, struct dg_bytes b)
{
    /* memcmp must not see NULL, which an empty view may hold; and a claim is asked for by the very bytes
     * it was made for. */
    return a.size == b.size && (a.size == 0 || a.data == b.data || memcmp(a.data, b.data, a.size) == 0);
}

bool dg_bytes_is(struct dg_bytes a, const char *text)
{
    return dg_bytes_equal(a, dg_bytes_of(text));
}

int dg_bytes_compare(struct dg_bytes a, struct dg_bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

/* --- arenas --------------------------------------------------------------------------------- */

void dg_arena_init(struct dg_arena *arena, size_t budget)
{
    *arena = (struct dg_arena){.budget = budget};
}

/* Frees the chain from block up to, but without, the block `keep` (NULL frees all of it). */
static void free_blocks(struct dg_arena_block *block, const struct dg_arena_block *keep)
{
    while (block != keep) {
        struct dg_arena_block *next = block->next;
        UNFENCE(block->data, block->size);
        free(block);
        block = next;
    }
}

void dg_arena_done(struct dg_arena *arena)
{
    free_blocks(arena->blocks, NULL);
    arena->blocks = NULL;
    arena->used = 0;
}

/* The block that is worth keeping: the largest, unless most of it was not needed this time. So a busy
 * arena stops asking the heap, and one that has become quiet gives back what it took. */
static struct dg_arena_block *block_to_keep(const struct dg_arena *arena)
{
    struct dg_arena_block *kept = NULL;

    for (struct dg_arena_block *block = arena->blocks; block != NULL; block = block->next) {
        bool fits = block->size <= ARENA_BLOCK_FIRST ||
                    (block->size <= ARENA_BLOCK_MAX && arena->used >= block->size / 4);
        if (fits && (kept == NULL || block->size > kept->size))
            kept = block;
    }
    return kept;
}

void dg_arena_reset(struct dg_arena *arena)
{
    struct dg_arena_block *kept = block_to_keep(arena);

    arena->used = 0;
    if (kept == NULL) {
        dg_arena_done(arena);
        return;
    }
    free_blocks(arena->blocks, kept);
    free_blocks(kept->next, NULL);
    kept->next = NULL;
    kept->used = 0;
    FENCE(kept->data, kept->size);
    arena->blocks = kept;
}

/* Puts a block with room for at least `need` bytes at the head of the chain. */
static bool add_block(struct dg_arena *arena, size_t need)
{
    size_t size = ARENA_BLOCK_FIRST;

    if (arena->blocks != NULL && arena->blocks->size < ARENA_BLOCK_MAX)
        size = arena->blocks->size * 2;
    else if (arena->blocks != NULL)
        size = ARENA_BLOCK_MAX;
    if (size < need)
        size = need;
    if (size > SIZE_MAX - sizeof(struct dg_arena_block))
        return false;
    struct dg_arena_block *block = malloc(sizeof *block + size);
    if (block == NULL)
        return false;
    *block = (struct dg_arena_block){.next = arena->blocks, .size = size};
    FENCE(block->data, size);
    arena->blocks = block;
    return true;
}

/* Memory that holds anything, for callers that fill it. */
static void *take(struct dg_arena *arena, size_t size)
{
    size_t budget = arena->budget == 0 ? SIZE_MAX : arena->budget;

    if (size > SIZE_MAX - ARENA_ALIGN - ARENA_GAP)
        return NULL;
    /* Even nothing gets a piece of its own, so that every pointer handed out is a distinct one. */
    size_t piece = size == 0 ? ARENA_ALIGN : (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (arena->used > budget || piece > budget - arena->used)
        return NULL;
    size_t need = piece + ARENA_GAP;
    struct dg_arena_block *block = arena->blocks;
    if (block == NULL || need > block->size - block->used) {
        if (!add_block(arena, need))
            return NULL;
        block = arena->blocks;
    }
    void *at = block->data + block->used;
    block->used += need;
    arena->used += piece;
    UNFENCE(at, size);
    return at;
}

void *dg_arena_alloc(struct dg_arena *arena, size_t size)
{
    void *at = take(arena, size);
    return at != NULL ? memset(at, 0, size) : NULL;
}

void *dg_arena_array(struct dg_arena *arena, size_t count, size_t item_size)
{
    if (item_size != 0 && count > SIZE_MAX / item_size)
        return NULL;
    return dg_arena_alloc(arena, count * item_size);
}

struct dg_bytes dg_arena_copy(struct dg_arena *arena, struct dg_bytes bytes)
{
    uint8_t *copy = bytes.size < SIZE_MAX ? take(arena, bytes.size + 1) : NULL;

    if (copy == NULL)
        return (struct dg_bytes){0};
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    copy[bytes.size] = 0;
    return dg_bytes_at(copy, bytes.size);
}

const char *dg_arena_string(struct dg_arena *arena, struct dg_bytes bytes)
{
    struct dg_bytes copy = dg_arena_copy(arena, bytes);
    return copy.data == NULL ? "" : (const char *)copy.data;
}

const char *dg_arena_printf(struct dg_arena *arena, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return "";
    char *text = dg_arena_alloc(arena, (size_t)length + 1);
    if (text == NULL)
        return "";
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

/* --- builders ------------------------------------------------------------------------------- */

void dg_buf_init(struct dg_buf *buf, size_t max)
{
    /* A quarter of the address space is as good as no limit, and keeps the sums below from wrapping. */
    *buf = (struct dg_buf){.max = max < SIZE_MAX / 4 ? max : SIZE_MAX / 4};
}

void dg_buf_done(struct dg_buf *buf)
{
    free(buf->data);
    *buf = (struct dg_buf){.max = buf->max};
}

void dg_buf_reset(struct dg_buf *buf)
{
    buf->size = 0;
    buf->err = DG_OK;
}

/* Makes room for `size` more bytes and one after them, which printf needs for its NUL. False, with
 * the sticky error set, when there is none. */
static bool make_room(struct dg_buf *buf, size_t size)
{
    if (buf->err != DG_OK)
        return false;
    if (size > buf->max - buf->size) {
        buf->err = DG_ERR_TOO_LARGE;
        return false;
    }
    size_t need = buf->size + size + 1;
    if (need <= buf->capacity)
        return true;
    size_t capacity = buf->capacity == 0 ? BUF_FIRST : buf->capacity * 2;
    if (capacity > buf->max + 1)
        capacity = buf->max + 1;
    if (capacity < need)
        capacity = need;
    uint8_t *data = realloc(buf->data, capacity);
    if (data == NULL) {
        buf->err = DG_ERR_NO_MEMORY;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void dg_buf_reserve(struct dg_buf *buf, size_t size)
{
    (void)make_room(buf, size);
}

void dg_buf_add(struct dg_buf *buf, const void *data, size_t size)
{
    if (!make_room(buf, size) || size == 0)
        return;
    memcpy(buf->data + buf->size, data, size);
    buf->size += size;
}

void dg_buf_add_bytes(struct dg_buf *buf, struct dg_bytes bytes)
{
    dg_buf_add(buf, bytes.data, bytes.size);
}

void dg_buf_add_text(struct dg_buf *buf, const char *text)
{
    dg_buf_add(buf, text, strlen(text));
}

void dg_buf_printf(struct dg_buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(length >= 0);
    if (!make_room(buf, (size_t)length))
        return;
    va_start(args, format);
    vsnprintf((char *)buf->data + buf->size, (size_t)length + 1, format, args);
    va_end(args);
    buf->size += (size_t)length;
}

void dg_buf_add_u8(struct dg_buf *buf, uint8_t value)
{
    dg_buf_add(buf, &value, 1);
}

void dg_buf_add_u32be(struct dg_buf *buf, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    dg_buf_add(buf, bytes, sizeof bytes);
}

void dg_buf_add_u64be(struct dg_buf *buf, uint64_t value)
{
    uint8_t bytes[8];

    dg_u64be_put(bytes, value);
    dg_buf_add(buf, bytes, sizeof bytes);
}

struct dg_bytes dg_buf_bytes(const struct dg_buf *buf)
{
    return dg_bytes_at(buf->data, buf->size);
}

/* --- numbers -------------------------------------------------------------------------------- */

uint32_t dg_u32be(const uint8_t at[static 4])
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint64_t dg_u64be(const uint8_t at[static 8])
{
    return (uint64_t)dg_u32be(at) << 32 | dg_u32be(at + 4);
}

void dg_u64be_put(uint8_t at[static 8], uint64_t value)
{
    for (int i = 7; i >= 0; i--) {
        at[i] = (uint8_t)value;
        value >>= 8;
    }
}
