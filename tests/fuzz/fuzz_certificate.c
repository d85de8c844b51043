/* fuzz_certificate.c - whatever decodes as a certificate, an adoption or a signed body is encoded to the same
 * bytes. */
#include "fuzz_codec.h"

#include "proto/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dg_bytes bytes = dg_bytes_at(data, size);
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    FUZZ_CANONICAL(dg_certificate, dg_certificate_decode, dg_certificate_encode, &arena, bytes);
    FUZZ_CANONICAL(dg_adoption, dg_adoption_decode, dg_adoption_encode, &arena, bytes);
    FUZZ_CANONICAL(dg_signed, dg_signed_decode, dg_signed_encode, &arena, bytes);
    dg_arena_done(&arena);
    return 0;
}
