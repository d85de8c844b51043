/* seal.c - what is sealed to a key travels on anything. */
#include <sodium.h>
#include <stdlib.h>

#include "common/crypto.h"

_Static_assert(DG_SEAL_BYTES == crypto_box_SEALBYTES, "the size of a seal");

enum dg_err dg_seal(const struct dg_curve_key *key, struct dg_bytes bytes, struct dg_buf *out)
{
    uint8_t *sealed = malloc(bytes.size + DG_SEAL_BYTES);

    if (sealed == NULL)
        return DG_ERR_NO_MEMORY;
    bool ok = crypto_box_seal(sealed, bytes.data, bytes.size, key->b) == 0;
    if (ok)
        dg_buf_add(out, sealed, bytes.size + DG_SEAL_BYTES);
    free(sealed);
    return ok ? out->err : DG_ERR_WEAK_KEY;
}

enum dg_err dg_unseal(const struct dg_seed *seed, struct dg_bytes bytes, struct dg_buf *out)
{
    struct dg_curve_key key = dg_curve_key_of(seed);

    if (bytes.size < DG_SEAL_BYTES)
        return DG_ERR_MALFORMED;
    size_t size = bytes.size - DG_SEAL_BYTES;
    uint8_t *opened = malloc(size + 1);
    if (opened == NULL)
        return DG_ERR_NO_MEMORY;
    bool ok = crypto_box_seal_open(opened, bytes.data, bytes.size, key.b, seed->b) == 0;
    if (ok)
        dg_buf_add(out, opened, size);
    free(opened);
    return ok ? out->err : DG_ERR_MALFORMED;
}
