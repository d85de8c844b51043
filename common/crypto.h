/* crypto.h - hashing, Ed25519 under a context line, weak-key refusal, randomness, secret memory.
 *
 * The only room that includes sodium.h (and openssl/evp.h for SHA-256, which is four times as fast).
 * Life:    dg_crypto_start once per process, before any thread.
 * Threads: every function may be called from any thread after that.
 */
#ifndef DG_COMMON_CRYPTO_H
#define DG_COMMON_CRYPTO_H

#include "common/bytes.h"
#include "common/err.h"
#include "common/fault.h"
#include "common/id.h"

/* The context lines. A signature covers the line, a newline, then the exact bytes. */
#define DG_CONTEXT_REPORT "donggui report v1"
#define DG_CONTEXT_CERTIFICATE "donggui certificate v1"
#define DG_CONTEXT_POSSESSION "donggui possession v1"
#define DG_CONTEXT_ADMISSION "donggui admission v1"
#define DG_CONTEXT_ADOPTION "donggui adoption v1"
#define DG_CONTEXT_STATE "donggui state v1"
#define DG_CONTEXT_TRAIL "donggui trail v1"
#define DG_CONTEXT_PASS "donggui pass v1"
#define DG_CONTEXT_VOID "donggui void v1"
#define DG_CONTEXT_COMMENT "donggui comment v1"
#define DG_CONTEXT_CARRIED "donggui carried v1"

/* Starts libsodium and runs the self-tests: an Ed25519 vector, a SHA-256 vector, and the point of
 * CVE-2025-69277, which a library older than 1.0.18-1+deb12u1 accepts. DG_ERR_CRYPTO_SELF_TEST. */
enum dg_err dg_crypto_start(struct dg_fault *fault) DG_MUST_CHECK;

/* Hashes bytes in one go; no bytes have a hash too. */
struct dg_hash dg_sha256(struct dg_bytes bytes);
/* SHA-256 over the concatenation of count parts. */
struct dg_hash dg_sha256_parts(const struct dg_bytes parts[], size_t count);
/* A 16-byte BLAKE2b over the concatenation of parts: against decay, not against people. */
void dg_check16(const struct dg_bytes parts[], size_t count, uint8_t ret[static 16]);

/* Fills size bytes at ret from the kernel's generator, through libsodium; it cannot fail. */
void dg_random(void *ret, size_t size);
/* Makes an Ed25519 key pair. */
void dg_keypair(struct dg_key *ret_key, struct dg_seed *ret_seed);
/* The public half of a seed. */
struct dg_key dg_key_of(const struct dg_seed *seed);
/* Makes a CURVE (X25519) pair; the same maths serves CURVE and sealing keys. */
void dg_curve_keypair(struct dg_curve_key *ret_key, struct dg_seed *ret_seed);
/* The public half of a CURVE seed. */
struct dg_curve_key dg_curve_key_of(const struct dg_seed *seed);

enum { DG_SEAL_BYTES = 48 }; /* so much longer is what was sealed */
/* Appends bytes, sealed to key (libsodium's crypto_box_seal): only who has its secret can open them, and nobody
 * can tell who sealed them. DG_ERR_WEAK_KEY, and the sticky errors of out. */
enum dg_err dg_seal(const struct dg_curve_key *key, struct dg_bytes bytes, struct dg_buf *out) DG_MUST_CHECK;
/* Appends what was sealed to the public half of seed. DG_ERR_MALFORMED when it was not, or was altered; the
 * sticky errors of out. */
enum dg_err dg_unseal(const struct dg_seed *seed, struct dg_bytes bytes, struct dg_buf *out) DG_MUST_CHECK;

/* Signs context ‖ "\n" ‖ message. An empty context signs the message alone, which only notes do. */
struct dg_sig dg_sign(const struct dg_seed *seed, const char *context, struct dg_bytes message);
/* The same for one who has the seed's public half at hand, in two thirds of the time. key must be
 * dg_key_of(seed): with another the signature would give the secret away. */
struct dg_sig dg_sign_as(const struct dg_key *key, const struct dg_seed *seed, const char *context,
                         struct dg_bytes message);
/* True when sig is key's over context ‖ "\n" ‖ message. Strict: S < L, no small order. */
bool dg_verify(const struct dg_key *key, const char *context, struct dg_bytes message,
               const struct dg_sig *sig);
/* Refuses keys that are not canonical, of small order or with a torsion part. DG_ERR_WEAK_KEY. */
enum dg_err dg_key_check(const struct dg_key *key) DG_MUST_CHECK;
/* The same for a CURVE key: all-zero and small-order points are refused. */
enum dg_err dg_curve_key_check(const struct dg_curve_key *key) DG_MUST_CHECK;
/* Zeroes size bytes in a way that the compiler does not remove. */
void dg_wipe(void *secret, size_t size);
/* Memory for secrets: not zeroed, between guard pages, left out of core dumps and locked into RAM where the
 * limits allow (a refused lock is tolerated). NULL when memory is spent. */
void *dg_secret_alloc(size_t size);
/* Wipes and frees it; NULL is fine. */
void dg_secret_free(void *secret);

/* Strict, padded, canonical base64 (RFC 4648 section 4). */
void dg_base64(struct dg_bytes bytes, struct dg_buf *out);
/* Decodes into ret (capacity bytes); false for anything not canonical. */
bool dg_unbase64(struct dg_bytes text, uint8_t *ret, size_t capacity, size_t *ret_size);
/* The same for text that must hold exactly size bytes. */
bool dg_unbase64_exact(struct dg_bytes text, uint8_t *ret, size_t size);
/* URL-safe, unpadded (RFC 4648 section 5), for invitations. */
void dg_base64url(struct dg_bytes bytes, struct dg_buf *out);
/* Decodes that form into ret (capacity bytes); false for anything not canonical. */
bool dg_unbase64url(struct dg_bytes text, uint8_t *ret, size_t capacity, size_t *ret_size);

/* How the core signs: a table of functions, so that the simulator can do it without curves. The
 * key is named by its public half; the holder looks up the secret. */
struct dg_signer {
    void *ctx;
    /* DG_ERR_NOT_PERMITTED when the holder has no such key. */
    enum dg_err (*sign)(void *ctx, const struct dg_key *key, const char *context, struct dg_bytes message,
                        struct dg_sig *ret);
};

/* How the core seals for a neighbour and opens what was sealed for its own unit: a table like dg_signer. */
struct dg_sealer {
    void *ctx;
    enum dg_err (*seal)(void *ctx, const struct dg_curve_key *key, struct dg_bytes bytes, struct dg_buf *out);
    enum dg_err (*open)(void *ctx, struct dg_bytes bytes, struct dg_buf *out);
};

#endif
