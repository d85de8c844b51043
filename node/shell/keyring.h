/* keyring.h - the secret keys of a node, in DIR/keys, and signing with them.
 *
 * Files: unit.key, log-e1.key, cosigner.key, transport.key, organ-SLUG.key, organ-SLUG.seal.key, and at
 * init --root federation.key, which is meant to be carried away. Each is one line of hex (the seed)
 * after a header line "donggui key v1 ROLE"; mode 0600 in a directory 0700; created with O_EXCL, fsynced.
 * Memory: seeds live in guarded memory and are wiped at close.
 */
#ifndef DG_NODE_SHELL_KEYRING_H
#define DG_NODE_SHELL_KEYRING_H

#include "common/crypto.h"

struct dg_keyring;

/* Opens DIR/keys with every key in it, but not federation.key. DG_ERR_BAD_KEY_FILE names the file and
 * why: missing, wrong mode, wrong owner, truncated. */
enum dg_err dg_keyring_open(const char *dir, struct dg_keyring **ret, struct dg_fault *fault) DG_MUST_CHECK;
/* Wipes and frees every secret; NULL is fine. */
void dg_keyring_close(struct dg_keyring *keyring);
/* Makes and stores a new Ed25519 key of that file name (without .key). */
enum dg_err dg_keyring_make(struct dg_keyring *keyring, const char *name, struct dg_key *ret,
                            struct dg_fault *fault) DG_MUST_CHECK;
/* The same for a CURVE / sealing key. */
enum dg_err dg_keyring_make_curve(struct dg_keyring *keyring, const char *name, struct dg_curve_key *ret,
                                  struct dg_fault *fault) DG_MUST_CHECK;
/* The secret of a key by name; for the transport key, which libzmq wants. DG_ERR_BAD_KEY_FILE. */
enum dg_err dg_keyring_seed(const struct dg_keyring *keyring, const char *name, struct dg_seed *ret,
                            struct dg_fault *fault) DG_MUST_CHECK;
/* True when it holds a key of that name. */
bool dg_keyring_has(const struct dg_keyring *keyring, const char *name);
/* Seals for other units and opens what was sealed to this unit's transport key. Borrowed from the keyring. */
const struct dg_sealer *dg_keyring_sealer(const struct dg_keyring *keyring);
/* Signs with any Ed25519 key it holds, found by its public half. Borrowed from the keyring. */
const struct dg_signer *dg_keyring_signer(const struct dg_keyring *keyring);

#endif
