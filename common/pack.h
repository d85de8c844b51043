/* pack.h - bytes in less room: one zstd frame that states its size.
 *
 * The only room that includes zstd.h. What is signed, hashed and proven is always what was packed, never the
 * packed form: two packers need not agree on a byte.
 * Memory:  each thread keeps what zstd works in, at most 1 MiB, until it ends.
 * Threads: every function may be called from any thread.
 */
#ifndef DG_COMMON_PACK_H
#define DG_COMMON_PACK_H

#include "common/bytes.h"
#include "common/err.h"

/* Packs bytes to ret, which has room for bytes.size. Returns the size, or 0 when that would save no more than
 * an eighth, or memory is spent: then they stay as they are. */
size_t dg_pack(struct dg_bytes bytes, uint8_t *ret);
/* How many bytes packed says it holds. False when it is not one frame from its first byte to its last, or
 * does not say, or holds no more than it takes. Unpacks nothing. */
bool dg_packed_size(struct dg_bytes packed, size_t *ret) DG_MUST_CHECK;
/* Unpacks into arena. DG_ERR_MALFORMED: it is no such frame. DG_ERR_TOO_LARGE: it says that it holds more
 * than max, and nothing was unpacked. DG_ERR_NO_MEMORY. */
enum dg_err dg_unpack(struct dg_arena *arena, struct dg_bytes packed, size_t max,
                      struct dg_bytes *ret) DG_MUST_CHECK;

#endif
