/* store_value.h - what a row may be, and how its value is kept on disk.
 *
 * A kept value is a sum, a flag byte and the bytes, packed when that saves room; a value kept
 * under its own SHA-256 needs no sum. FORMAT.md has the exact bytes. Private to this room.
 * Memory:  a codec keeps its scratch memory between calls; one thread at a time.
 * Limits:  the enum below.
 */
#ifndef DG_NODE_STORE_STORE_VALUE_H
#define DG_NODE_STORE_STORE_VALUE_H

#include "common/bytes.h"
#include "node/core/store.h"

enum {
    DG_STORE_KEY_MAX = 500,
    DG_STORE_VALUE_MAX = 4 * 1024 * 1024,
    DG_STORE_ARENA_MAX = 256 * 1024 * 1024, /* what one transaction may read and build */
};

/* The name of a table, which is also that of its sub-database. */
const char *dg_table_name(enum dg_table table);
/* True when the table's keys are the SHA-256 of its values. */
bool dg_table_by_id(enum dg_table table);
/* True when the row fits the limits and, in a table by id, has the key it must have. */
bool dg_row_ok(enum dg_table table, struct dg_bytes key, struct dg_bytes value);

struct dg_value_codec;

/* NULL when memory is spent. */
struct dg_value_codec *dg_value_codec_new(void);
/* Frees it with its buffers; NULL is fine. */
void dg_value_codec_free(struct dg_value_codec *codec);
/* Gives back what only large values needed; between transactions. */
void dg_value_codec_trim(struct dg_value_codec *codec);

/* Makes the bytes to keep for value; they live until the codec's next call. DG_ERR_NO_MEMORY. */
enum dg_err dg_value_seal(struct dg_value_codec *codec, enum dg_table table, struct dg_bytes key,
                          struct dg_bytes value, struct dg_bytes *ret) DG_MUST_CHECK;
/* Checks kept bytes and gives the value back: borrowed from kept where that is possible and copy is
 * false, else in arena. DG_ERR_STORE_CORRUPT or DG_ERR_NO_MEMORY. */
enum dg_err dg_value_open(enum dg_table table, struct dg_bytes key, struct dg_bytes kept,
                          struct dg_arena *arena, bool copy, struct dg_bytes *ret) DG_MUST_CHECK;

#endif
