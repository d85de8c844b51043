/* stub.c - the keyed hash, the pool of keys, and what --wrap puts in the place of the real checks. */
#include "tests/sim/stub.h"

#include <assert.h>
#include <string.h>

/* ---- signatures ---------------------------------------------------------------------------------- */

static struct dg_sig stub_signature(const struct dg_key *key, const char *context, struct dg_bytes message)
{
    struct dg_hash inner = dg_sha256(message);
    struct dg_sig sig;
    for (uint8_t half = 0; half < 2; half++) {
        struct dg_bytes part[] = {dg_bytes_at(&half, 1), dg_bytes_at(key->b, sizeof key->b),
                                  dg_bytes_of(context), dg_bytes_at(inner.b, sizeof inner.b)};
        struct dg_hash hash = dg_sha256_parts(part, sizeof part / sizeof part[0]);
        memcpy(sig.b + half * sizeof hash.b, hash.b, sizeof hash.b);
    }
    return sig;
}

bool __wrap_dg_verify(const struct dg_key *key, const char *context, struct dg_bytes message,
                      const struct dg_sig *sig);
bool __wrap_dg_verify(const struct dg_key *key, const char *context, struct dg_bytes message,
                      const struct dg_sig *sig)
{
    struct dg_sig good = stub_signature(key, context, message);
    return memcmp(good.b, sig->b, sizeof good.b) == 0;
}

enum dg_err sim_sign(void *ctx, const struct dg_key *key, const char *context, struct dg_bytes message,
                     struct dg_sig *ret)
{
    const struct sim_keyring *ring = ctx;
    for (size_t i = 0; i < ring->count; i++) {
        if (dg_key_equal(&ring->key[i], key)) {
            *ret = stub_signature(key, context, message);
            return DG_OK;
        }
    }
    return DG_ERR_NOT_PERMITTED;
}

void sim_judge(void *ctx, struct dg_claim claims[], size_t count)
{
    (void)ctx;
    for (size_t i = 0; i < count; i++)
        claims[i].ok = __wrap_dg_verify(&claims[i].key, claims[i].context, claims[i].message, &claims[i].sig);
}

/* ---- keys ---------------------------------------------------------------------------------------- */

enum { POOL_MAX = SIM_STRANGERS_KEY + 1, CHECKED_MAX = 32768 };

struct dg_seed sim_seed(uint32_t number)
{
    uint8_t text[12] = "sim key";
    struct dg_seed seed;
    memcpy(text + 8, &number, sizeof number);
    struct dg_hash hash = dg_sha256(dg_bytes_at(text, sizeof text));
    memcpy(seed.b, hash.b, sizeof seed.b);
    return seed;
}

struct dg_key sim_key(uint32_t number)
{
    static struct dg_key pool[POOL_MAX];
    assert(number < POOL_MAX);
    if (dg_key_is_zero(&pool[number])) {
        struct dg_seed seed = sim_seed(number);
        pool[number] = dg_key_of(&seed);
    }
    return pool[number];
}

struct dg_curve_key sim_curve_key(uint32_t number)
{
    static struct dg_curve_key pool[POOL_MAX];
    static bool made[POOL_MAX];
    assert(number < POOL_MAX);
    if (!made[number]) {
        struct dg_seed seed = sim_seed(number);
        pool[number] = dg_curve_key_of(&seed);
        made[number] = true;
    }
    return pool[number];
}

struct dg_key sim_keyring_add(struct sim_keyring *ring, uint32_t number)
{
    assert(ring->count < SIM_KEYRING_MAX);
    return ring->key[ring->count++] = sim_key(number);
}

/* The real check of a point costs more than a whole simulated hop, so that a verdict is remembered. */
enum dg_err __real_dg_key_check(const struct dg_key *key);
enum dg_err __wrap_dg_key_check(const struct dg_key *key);
enum dg_err __wrap_dg_key_check(const struct dg_key *key)
{
    static struct dg_key good[CHECKED_MAX];
    size_t slot;
    memcpy(&slot, key->b, sizeof slot);
    slot %= CHECKED_MAX;
    if (!dg_key_is_zero(&good[slot]) && dg_key_equal(&good[slot], key))
        return DG_OK;
    enum dg_err err = __real_dg_key_check(key);
    if (err == DG_OK)
        good[slot] = *key;
    return err;
}

enum dg_err __real_dg_curve_key_check(const struct dg_curve_key *key);
enum dg_err __wrap_dg_curve_key_check(const struct dg_curve_key *key);
enum dg_err __wrap_dg_curve_key_check(const struct dg_curve_key *key)
{
    static struct dg_curve_key good[CHECKED_MAX];
    static bool known[CHECKED_MAX];
    size_t slot;
    memcpy(&slot, key->b, sizeof slot);
    slot %= CHECKED_MAX;
    if (known[slot] && dg_curve_key_equal(&good[slot], key))
        return DG_OK;
    enum dg_err err = __real_dg_curve_key_check(key);
    if (err == DG_OK) {
        good[slot] = *key;
        known[slot] = true;
    }
    return err;
}
