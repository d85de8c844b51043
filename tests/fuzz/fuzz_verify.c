/* fuzz_verify.c - no file makes the verifier or the extractor crash; what verifies is canonical and can
 * be taken apart.
 *
 * The federation's key is taken from the trail itself, so that a corpus of real trails gets behind the
 * first signature: tests/unit/test_verify leaves its trails in the folder that DG_TRAILS_TO names.
 */
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "node/audit/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names stay within a folder, whatever the trail says. */
static enum dg_err emit(void *ctx, const char *name, struct dg_bytes content)
{
    (void)ctx;
    (void)content;
    if (strchr(name, '/') != NULL)
        abort();
    return DG_OK;
}

/* The key and the name that the trail's root certificate claims for the federation. */
static bool claimed_root(struct dg_arena *arena, const struct dg_trail *trail, struct dg_verifier *ret)
{
    struct dg_certificate certificate;
    struct dg_key key;

    if (trail->root_count == 0 ||
        dg_certificate_decode(arena, trail->root[0].body, &certificate, NULL) != DG_OK)
        return false;
    memcpy(key.b, certificate.issuer.b, sizeof key.b);
    *ret = dg_verifier_of(dg_arena_string(arena, certificate.federation), DG_NOTE_ED25519, &key);
    return true;
}

static bool is_canonical(const struct dg_trail *trail, struct dg_bytes file)
{
    struct dg_buf out;

    dg_buf_init(&out, DG_TRAIL_MAX);
    bool same = dg_trail_encode(trail, &out) == DG_OK && dg_bytes_equal(dg_buf_bytes(&out), file);
    dg_buf_done(&out);
    return same;
}

static void fuzz(struct dg_arena *arena, struct dg_bytes file)
{
    struct dg_verification verification;
    struct dg_verifier root;
    struct dg_fault fault;
    struct dg_trail trail;

    bool extracted = dg_trail_extract(arena, file, emit, NULL, &fault) == DG_OK;
    if (dg_trail_decode(arena, file, &trail, &fault) != DG_OK || !claimed_root(arena, &trail, &root))
        return;
    if (dg_trail_verify(arena, file, &root, &verification, &fault) != DG_OK)
        return;
    if (!extracted || !is_canonical(&trail, file))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct dg_fault fault;
    struct dg_arena arena;

    if (!started && dg_crypto_start(&fault) != DG_OK)
        abort();
    started = true;
    dg_arena_init(&arena, (size_t)256 * 1024 * 1024);
    fuzz(&arena, dg_bytes_at(data, size));
    dg_arena_done(&arena);
    return 0;
}
