/* digest.h - SHA-256 of what comes in pieces.
 *
 * Life:    new → add … → end or free.
 * Threads: a digest belongs to one thread at a time.
 */
#ifndef DG_COMMON_DIGEST_H
#define DG_COMMON_DIGEST_H

#include "common/bytes.h"
#include "common/id.h"

struct dg_digest;

/* Begins one. NULL when memory is spent. */
struct dg_digest *dg_digest_new(void);
/* Takes in the next bytes. */
void dg_digest_add(struct dg_digest *digest, struct dg_bytes bytes);
/* The hash of all that was added; frees the digest. */
struct dg_hash dg_digest_end(struct dg_digest *digest);
/* Frees one that is not to be ended; NULL is fine. */
void dg_digest_free(struct dg_digest *digest);

#endif
