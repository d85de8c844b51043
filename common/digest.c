/* digest.c - SHA-256 in pieces, over libcrypto. */
#include "common/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* The context is libcrypto's own; the name keeps that to this file. */
static EVP_MD_CTX *context_of(struct dg_digest *digest)
{
    return (EVP_MD_CTX *)(void *)digest;
}

/* A hash that did not come about must never be taken for one. */
static void must(int ok)
{
    if (ok == 1)
        return;
    fprintf(stderr, "donggui: SHA-256 failed\n");
    abort();
}

struct dg_digest *dg_digest_new(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (context != NULL)
        must(EVP_DigestInit_ex2(context, EVP_sha256(), NULL));
    return (struct dg_digest *)(void *)context;
}

void dg_digest_add(struct dg_digest *digest, struct dg_bytes bytes)
{
    if (bytes.size > 0)
        must(EVP_DigestUpdate(context_of(digest), bytes.data, bytes.size));
}

struct dg_hash dg_digest_end(struct dg_digest *digest)
{
    struct dg_hash hash;

    must(EVP_DigestFinal_ex(context_of(digest), hash.b, NULL));
    dg_digest_free(digest);
    return hash;
}

void dg_digest_free(struct dg_digest *digest)
{
    EVP_MD_CTX_free(context_of(digest));
}
