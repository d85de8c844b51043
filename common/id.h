/* id.h - ids, hashes, keys and signatures as distinct types, so that none is taken for another.
 *
 * All are plain values without padding; compare with the functions, never with ==.
 */
#ifndef DG_COMMON_ID_H
#define DG_COMMON_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"

enum { DG_HASH_BYTES = 32, DG_KEY_BYTES = 32, DG_SEED_BYTES = 32, DG_SIG_BYTES = 64 };

struct dg_hash {
    uint8_t b[DG_HASH_BYTES];
}; /* SHA-256, of a tree node, a regime, a file */
struct dg_id {
    uint8_t b[DG_HASH_BYTES];
}; /* a report: SHA-256 of its signed bytes R */
struct dg_cert_id {
    uint8_t b[DG_HASH_BYTES];
}; /* a certificate: SHA-256 of its signed body */
struct dg_key {
    uint8_t b[DG_KEY_BYTES];
}; /* an Ed25519 public key */
struct dg_curve_key {
    uint8_t b[DG_KEY_BYTES];
}; /* a CURVE (X25519) public key */
struct dg_seed {
    uint8_t b[DG_SEED_BYTES];
}; /* the secret half of either; wipe after use */
struct dg_sig {
    uint8_t b[DG_SIG_BYTES];
}; /* an Ed25519 signature */

enum { DG_HEX_BYTES = 2 * DG_HASH_BYTES + 1 }; /* room for a hash in hex and its NUL */

/* Writes 2*size lower-case hex digits and a NUL to ret. */
void dg_hex(const uint8_t *bytes, size_t size, char *ret);
/* Reads exactly 2*size lower-case hex digits. False for anything else. */
bool dg_unhex(struct dg_bytes text, uint8_t *ret, size_t size);

/* True when every byte is the same; so for each of the next four. */
bool dg_hash_equal(const struct dg_hash *a, const struct dg_hash *b);
/* Compares two report ids. */
bool dg_id_equal(const struct dg_id *a, const struct dg_id *b);
/* Compares two certificate ids. */
bool dg_cert_id_equal(const struct dg_cert_id *a, const struct dg_cert_id *b);
/* Compares two Ed25519 public keys. */
bool dg_key_equal(const struct dg_key *a, const struct dg_key *b);
/* Compares two CURVE public keys. */
bool dg_curve_key_equal(const struct dg_curve_key *a, const struct dg_curve_key *b);
/* True when every byte is zero. */
bool dg_key_is_zero(const struct dg_key *key);

#endif
