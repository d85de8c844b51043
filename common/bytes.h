/* bytes.h - views of bytes, bounded builders and arenas.
 *
 * Life:    an arena is `init`ed once, `reset` between steps, `done` at the end. A buf likewise.
 * Memory:  struct dg_bytes borrows. Whatever an arena hands out lives until its next reset.
 *          A buf owns its storage and grows up to its maximum, then its sticky error is set.
 * Threads: none of this is shared; one owner at a time.
 */
#ifndef DG_COMMON_BYTES_H
#define DG_COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* A borrowed run of bytes; data may be NULL when size is 0. */
struct dg_bytes {
    const uint8_t *data;
    size_t size;
};

/* A view of a string literal or NUL-terminated string, without its NUL. */
struct dg_bytes dg_bytes_of(const char *text);
/* A view of size bytes at data. */
struct dg_bytes dg_bytes_at(const void *data, size_t size);
/* True when both have the same size and the same bytes; two empty views are equal. */
bool dg_bytes_equal(struct dg_bytes a, struct dg_bytes b);
/* True when a is exactly the NUL-terminated text. */
bool dg_bytes_is(struct dg_bytes a, const char *text);
/* Orders like memcmp, a shorter prefix first. */
int dg_bytes_compare(struct dg_bytes a, struct dg_bytes b);

/* Memory that is freed all at once. Never returns NULL before its budget is spent. */
struct dg_arena {
    struct dg_arena_block *blocks;
    size_t used;   /* bytes handed out since the last reset */
    size_t budget; /* the most it may hand out; 0 means SIZE_MAX */
};

/* Starts it empty; nothing is allocated yet. budget is in bytes; 0: no limit. */
void dg_arena_init(struct dg_arena *arena, size_t budget);
/* Frees everything handed out; the arena is then empty and may be used again. */
void dg_arena_done(struct dg_arena *arena);
/* Forgets everything handed out; keeps one block for reuse, as large as the last use seems to need. */
void dg_arena_reset(struct dg_arena *arena);
/* Zeroed, 16-byte aligned memory, or NULL when the budget or the heap is spent. size 0 gives a
 * valid pointer. */
void *dg_arena_alloc(struct dg_arena *arena, size_t size);
/* Like dg_arena_alloc for count items, refusing an overflowing product. */
void *dg_arena_array(struct dg_arena *arena, size_t count, size_t item_size);
/* Copies bytes into the arena, with a NUL after them that size does not count. {NULL,0} when
 * the arena is spent and size > 0. */
struct dg_bytes dg_arena_copy(struct dg_arena *arena, struct dg_bytes bytes);
/* The same as a NUL-terminated string; "" when the arena is spent. */
const char *dg_arena_string(struct dg_arena *arena, struct dg_bytes bytes);
/* printf into the arena; "" when it is spent. */
const char *dg_arena_printf(struct dg_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A bounded, growing builder of bytes with a sticky error: check err once at the end. */
struct dg_buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t max;
    enum dg_err err; /* DG_OK, DG_ERR_TOO_LARGE or DG_ERR_NO_MEMORY */
};

/* Starts it empty; nothing is allocated yet. max is in bytes. */
void dg_buf_init(struct dg_buf *buf, size_t max);
/* Frees the storage; the buf is then empty, with the same max, and may be used again. */
void dg_buf_done(struct dg_buf *buf);
void dg_buf_reset(struct dg_buf *buf); /* size and err to 0, storage kept */
/* Makes room for size more bytes at once, so that many small additions need not grow it step by step. Sets
 * err like an addition of that size. */
void dg_buf_reserve(struct dg_buf *buf, size_t size);
/* Appends a copy of size bytes. An addition that does not fit whole adds nothing and sets err. */
void dg_buf_add(struct dg_buf *buf, const void *data, size_t size);
/* The same for a view. */
void dg_buf_add_bytes(struct dg_buf *buf, struct dg_bytes bytes);
/* The same for a NUL-terminated string, without its NUL. */
void dg_buf_add_text(struct dg_buf *buf, const char *text);
/* Appends what printf would print, without a NUL. */
void dg_buf_printf(struct dg_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends one byte. */
void dg_buf_add_u8(struct dg_buf *buf, uint8_t value);
/* Appends four bytes, most significant first. */
void dg_buf_add_u32be(struct dg_buf *buf, uint32_t value);
/* Appends eight bytes, most significant first. */
void dg_buf_add_u64be(struct dg_buf *buf, uint64_t value);
/* What was built so far, borrowed until the next change. */
struct dg_bytes dg_buf_bytes(const struct dg_buf *buf);

/* Reads four bytes, most significant first, at any alignment. */
uint32_t dg_u32be(const uint8_t at[static 4]);
/* Reads eight bytes, most significant first, at any alignment. */
uint64_t dg_u64be(const uint8_t at[static 8]);
/* Writes eight bytes, most significant first, at any alignment. */
void dg_u64be_put(uint8_t at[static 8], uint64_t value);

#endif
