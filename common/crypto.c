#include "common/crypto.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SHA-256 from libcrypto, looked up once: an EVP_MD is immutable and shared by all threads. */
static EVP_MD *sha256;

/* For what cannot happen but by exhausted memory or a broken library. Nobody can act on it here,
 * and a node that dies has said nothing it did not commit. */
static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "donggui: %s failed\n", what);
    abort();
}

struct dg_hash dg_sha256_parts(const struct dg_bytes parts[], size_t count)
{
    struct dg_hash hash;
    /* Before dg_crypto_start the slower implicit lookup serves. */
    const EVP_MD *md = sha256 != NULL ? sha256 : EVP_sha256();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestInit_ex2(ctx, md, NULL) == 1;

    for (size_t i = 0; ok && i < count; i++)
        ok = parts[i].size == 0 || EVP_DigestUpdate(ctx, parts[i].data, parts[i].size) == 1;
    if (!ok || EVP_DigestFinal_ex(ctx, hash.b, NULL) != 1)
        give_up("SHA-256");
    EVP_MD_CTX_free(ctx);
    return hash;
}

struct dg_hash dg_sha256(struct dg_bytes bytes)
{
    return dg_sha256_parts(&bytes, 1);
}

void dg_check16(const struct dg_bytes parts[], size_t count, uint8_t ret[static 16])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, 16);
    for (size_t i = 0; i < count; i++)
        crypto_generichash_update(&state, parts[i].data, parts[i].size);
    crypto_generichash_final(&state, ret, 16);
}

void dg_random(void *ret, size_t size)
{
    randombytes_buf(ret, size);
}

void dg_wipe(void *secret, size_t size)
{
    sodium_memzero(secret, size);
}

void *dg_secret_alloc(size_t size)
{
    /* sodium_malloc itself goes on when mlock is refused: swap is then the operator's affair. */
    return sodium_malloc(size);
}

void dg_secret_free(void *secret)
{
    sodium_free(secret);
}

void dg_keypair(struct dg_key *ret_key, struct dg_seed *ret_seed)
{
    randombytes_buf(ret_seed->b, sizeof ret_seed->b);
    *ret_key = dg_key_of(ret_seed);
}

struct dg_key dg_key_of(const struct dg_seed *seed)
{
    struct dg_key key;
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(key.b, secret, seed->b);
    sodium_memzero(secret, sizeof secret);
    return key;
}

void dg_curve_keypair(struct dg_curve_key *ret_key, struct dg_seed *ret_seed)
{
    randombytes_buf(ret_seed->b, sizeof ret_seed->b);
    *ret_key = dg_curve_key_of(ret_seed);
}

struct dg_curve_key dg_curve_key_of(const struct dg_seed *seed)
{
    struct dg_curve_key key;
    crypto_scalarmult_base(key.b, seed->b);
    return key;
}

/* Ed25519 wants its message in one piece: context ‖ "\n" ‖ message in storage when that is large
 * enough, otherwise on the heap. Done with by message_done. */
struct message {
    const uint8_t *data;
    size_t size;
    uint8_t *heap;
    uint8_t storage[2048];
};

static void message_init(struct message *m, const char *context, struct dg_bytes bytes)
{
    size_t context_size = strlen(context);
    m->heap = NULL;
    if (context_size == 0) {
        m->data = bytes.data;
        m->size = bytes.size;
        return;
    }

    m->size = context_size + 1 + bytes.size;
    uint8_t *to = m->storage;
    if (m->size > sizeof m->storage) {
        to = m->heap = malloc(m->size);
        if (to == NULL)
            give_up("memory for a message to sign or verify");
    }
    memcpy(to, context, context_size);
    to[context_size] = '\n';
    if (bytes.size > 0)
        memcpy(to + context_size + 1, bytes.data, bytes.size);
    m->data = to;
}

static void message_done(struct message *m)
{
    free(m->heap);
}

struct dg_sig dg_sign_as(const struct dg_key *key, const struct dg_seed *seed, const char *context,
                         struct dg_bytes message)
{
    struct dg_sig sig;
    struct message m;
    uint8_t secret[crypto_sign_SECRETKEYBYTES];

    message_init(&m, context, message);
    memcpy(secret, seed->b, sizeof seed->b);
    memcpy(secret + sizeof seed->b, key->b, sizeof key->b);
    crypto_sign_detached(sig.b, NULL, m.data, m.size, secret);
    sodium_memzero(secret, sizeof secret);
    message_done(&m);
    return sig;
}

struct dg_sig dg_sign(const struct dg_seed *seed, const char *context, struct dg_bytes message)
{
    struct dg_key key = dg_key_of(seed);
    return dg_sign_as(&key, seed, context, message);
}

bool dg_verify(const struct dg_key *key, const char *context, struct dg_bytes message,
               const struct dg_sig *sig)
{
    struct message m;
    message_init(&m, context, message);
    bool ok = crypto_sign_verify_detached(sig->b, m.data, m.size, key->b) == 0;
    message_done(&m);
    return ok;
}

enum dg_err dg_key_check(const struct dg_key *key)
{
    return crypto_core_ed25519_is_valid_point(key->b) == 1 ? DG_OK : DG_ERR_WEAK_KEY;
}

/* True when the number is below 2^255 - 19, so that a point has one encoding only. */
static bool field_element_is_canonical(const uint8_t b[static DG_KEY_BYTES])
{
    if (b[31] != 0x7f)
        return b[31] < 0x7f;
    for (size_t i = 30; i > 0; i--) {
        if (b[i] != 0xff)
            return true;
    }
    return b[0] < 0xed;
}

enum dg_err dg_curve_key_check(const struct dg_curve_key *key)
{
    /* Any scalar will do: libsodium clears its cofactor and refuses a point of small order. */
    static const uint8_t scalar[crypto_scalarmult_SCALARBYTES] = {8};
    uint8_t shared[crypto_scalarmult_BYTES];

    if (!field_element_is_canonical(key->b))
        return DG_ERR_WEAK_KEY;
    return crypto_scalarmult(shared, scalar, key->b) == 0 ? DG_OK : DG_ERR_WEAK_KEY;
}

/* RFC 8032, section 7.1, test 2: signs one byte, and refuses another. */
static bool ed25519_works(void)
{
    static const struct dg_seed seed = {{0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3,
                                         0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab,
                                         0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb}};
    static const struct dg_key key = {{0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a,
                                       0xa7, 0x4d, 0x1b, 0x7e, 0xbc, 0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4,
                                       0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c}};
    static const struct dg_sig sig = {
        {0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
         0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
         0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
         0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00}};
    struct dg_key made_key = dg_key_of(&seed);
    struct dg_sig made_sig = dg_sign(&seed, "", dg_bytes_of("\x72"));

    return memcmp(made_key.b, key.b, sizeof key.b) == 0 && memcmp(made_sig.b, sig.b, sizeof sig.b) == 0 &&
           dg_verify(&key, "", dg_bytes_of("\x72"), &sig) && !dg_verify(&key, "", dg_bytes_of("\x73"), &sig);
}

/* FIPS 180-4's example "abc". */
static bool sha256_works(void)
{
    static const uint8_t want[DG_HASH_BYTES] = {
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
        0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    struct dg_hash got = dg_sha256(dg_bytes_of("abc"));
    return memcmp(got.b, want, sizeof want) == 0;
}

/* The base point plus the point of order two, (-x, -y) of the base point: CVE-2025-69277 took such
 * points for members of the main subgroup, so keys with a torsion part went unnoticed. */
static bool torsion_is_noticed(void)
{
    struct dg_key key;
    memset(key.b, 0x99, sizeof key.b);
    key.b[0] = 0x95;
    return dg_key_check(&key) == DG_ERR_WEAK_KEY;
}

enum dg_err dg_crypto_start(struct dg_fault *fault)
{
    if (sodium_init() < 0)
        return dg_faultf(fault, DG_ERR_CRYPTO_SELF_TEST, "libsodium does not start");
    if (sha256 == NULL)
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (sha256 == NULL || !sha256_works())
        return dg_faultf(fault, DG_ERR_CRYPTO_SELF_TEST, "SHA-256");
    if (!ed25519_works())
        return dg_faultf(fault, DG_ERR_CRYPTO_SELF_TEST, "Ed25519");
    if (!torsion_is_noticed())
        return dg_faultf(fault, DG_ERR_CRYPTO_SELF_TEST, "CVE-2025-69277 is not fixed");
    return DG_OK;
}
