/* stub.h - signatures without curves: a keyed hash in the place of Ed25519.
 *
 * Keys are real points (certificates refuse anything else), derived once per process from small
 * numbers. Only signing and verifying are replaced, by linking with --wrap: dg_verify and the key
 * checks of the whole program then come here. Whoever holds a public key could forge; the simulator's
 * villains just do not.
 */
#ifndef DG_TESTS_SIM_STUB_H
#define DG_TESTS_SIM_STUB_H

#include "common/crypto.h"
#include "node/core/node.h"

enum { SIM_KEYRING_MAX = 24, SIM_STRANGERS_KEY = 8191 /* a key that no unit has */ };

/* The keys that one node may sign with. */
struct sim_keyring {
    size_t count;
    struct dg_key key[SIM_KEYRING_MAX];
};

/* The Ed25519 key of a number, and its CURVE sister. */
struct dg_key sim_key(uint32_t number);
struct dg_seed sim_seed(uint32_t number);
struct dg_curve_key sim_curve_key(uint32_t number);
/* Makes key number and lets the ring sign with it. */
struct dg_key sim_keyring_add(struct sim_keyring *ring, uint32_t number);
/* dg_signer.sign; ctx is the keyring. */
enum dg_err sim_sign(void *ctx, const struct dg_key *key, const char *context, struct dg_bytes message,
                     struct dg_sig *ret);
/* dg_turn.judge. */
void sim_judge(void *ctx, struct dg_claim claims[], size_t count);

#endif
