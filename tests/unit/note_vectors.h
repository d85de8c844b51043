/* note_vectors.h - published notes, and notes made by other implementations, for the tests of
 * notes, checkpoints and proof files. Include it after cmocka.h. */
#ifndef DG_TESTS_NOTE_VECTORS_H
#define DG_TESTS_NOTE_VECTORS_H

#include <string.h>

#include "common/note.h"

/* The example of golang.org/x/mod/sumdb/note. */
#define PETER_KEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_SEED "810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173"
#define PETER_TEXT                                                                                           \
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
#define PETER_SIG                                                                                            \
    "\u2014 PeterNeumann "                                                                                   \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBw"                \
    "JnAM=\n"

/* A checkpoint signed with that key by golang.org/x/mod v0.7.0, and a cosignature of it made with
 * the Python package cryptography. */
#define BODY "PeterNeumann\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define LOG_LINE                                                                                             \
    "\u2014 PeterNeumann "                                                                                   \
    "x08go9iKupgWNHi/EgHZnoG+ps1lAjYwfjEc/8lpKQy7IflYyxkNOvLryOwkElHoaRroM1ZSqWsPs/ebq+/3jt1"                \
    "yDQQ=\n"
#define CHECKPOINT BODY "\n" LOG_LINE
#define WITNESS_KEY "witness.example.com/w1+d46a2b1b+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define WITNESS_LINE                                                                                         \
    "\u2014 witness.example.com/w1 "                                                                         \
    "1GorGwAAAABkGFDLhOlpNK6rv9JIYq9LVXm95AbnKEZhAGO1c9vwYJhPDD/Yeu/"                                        \
    "BlqJVAmMukjt+F8uPa89HiThAwwMUecfyoFUgDA==\n"
#define UNKNOWN_LINE "\u2014 Enoch\u1ed9 rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/\n"

/* Reads a verifier that must be a good one. */
static inline struct dg_verifier verifier_of(const char *text)
{
    struct dg_verifier verifier;
    assert_int_equal(dg_verifier_parse(dg_bytes_of(text), &verifier), DG_OK);
    return verifier;
}

static inline enum dg_err sign_as_peter(void *ctx, const struct dg_key *key, const char *context,
                                        struct dg_bytes message, struct dg_sig *ret)
{
    struct dg_seed seed;
    assert_null(ctx);
    assert_true(dg_unhex(dg_bytes_of(PETER_SEED), seed.b, sizeof seed.b));
    struct dg_key own = dg_key_of(&seed);
    if (!dg_key_equal(key, &own))
        return DG_ERR_NOT_PERMITTED;
    *ret = dg_sign(&seed, context, message);
    return DG_OK;
}

/* Signs with the example key and with no other. */
static const struct dg_signer peter = {NULL, sign_as_peter};

#endif
