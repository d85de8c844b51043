/* fuzz_absence.c - no file makes the verifier of absences crash; what decodes is canonical.
 *
 * The federation's key is taken from the file itself, so that a corpus of real files gets behind the first
 * signature: tests/unit/test_absence leaves its files in the folder that DG_ABSENCES_TO names.
 */
#include "fuzz_codec.h"

#include <string.h>

#include "node/audit/absence.h"

/* The key and the name that the file's root certificate claims for the federation. */
static bool claimed_root(struct dg_arena *arena, const struct dg_trail *parts, struct dg_verifier *ret)
{
    struct dg_certificate certificate;
    struct dg_key key;

    if (parts->root_count == 0 ||
        dg_certificate_decode(arena, parts->root[0].body, &certificate, NULL) != DG_OK)
        return false;
    memcpy(key.b, certificate.issuer.b, sizeof key.b);
    *ret = dg_verifier_of(dg_arena_string(arena, certificate.federation), DG_NOTE_ED25519, &key);
    return true;
}

static void fuzz(struct dg_arena *arena, struct dg_bytes file)
{
    struct dg_absence_verification verification;
    struct dg_absence_file parts;
    struct dg_verifier root;
    struct dg_fault fault;

    if (dg_absence_file_decode(arena, file, &parts, &fault) != DG_OK)
        return;
    if (!dg_absence_file_is(file))
        abort();
    if (claimed_root(arena, &parts.parts, &root) &&
        dg_absence_verify(arena, file, &root, &verification, &fault) == DG_OK && !verification.has_finding)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes bytes = dg_bytes_at(data, size);
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    FUZZ_CANONICAL(dg_absence_file, dg_absence_file_decode, dg_absence_file_encode, &arena, bytes);
    fuzz(&arena, bytes);
    dg_arena_done(&arena);
    return 0;
}
