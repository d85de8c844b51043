#include "common/crypto.h"

#include <sodium.h>

/* libsodium's decoder refuses non-zero trailing bits, wrong or missing padding and, as no characters
 * are to be ignored and no end pointer is given, anything else: but it reads every byte above 0x7f
 * as '/', so those are refused before it sees them. */

/* Encodes in pieces of whole groups of three, so that only the last piece can be padded. */
static void encode(struct dg_bytes bytes, int variant, struct dg_buf *out)
{
    enum { PIECE = 192 };
    char text[sodium_base64_ENCODED_LEN(PIECE, sodium_base64_VARIANT_ORIGINAL)];

    for (size_t at = 0; at < bytes.size; at += PIECE) {
        size_t size = bytes.size - at < PIECE ? bytes.size - at : PIECE;
        sodium_bin2base64(text, sizeof text, bytes.data + at, size, variant);
        dg_buf_add_text(out, text);
    }
    sodium_memzero(text, sizeof text); /* an invitation carries a secret */
}

static bool decode(struct dg_bytes text, int variant, uint8_t *ret, size_t capacity, size_t *ret_size)
{
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] > 0x7f)
            return false;
    if (text.size > 0 &&
        sodium_base642bin(ret, capacity, (const char *)text.data, text.size, NULL, &size, NULL, variant) != 0)
        return false;
    *ret_size = size;
    return true;
}

void dg_base64(struct dg_bytes bytes, struct dg_buf *out)
{
    encode(bytes, sodium_base64_VARIANT_ORIGINAL, out);
}

bool dg_unbase64(struct dg_bytes text, uint8_t *ret, size_t capacity, size_t *ret_size)
{
    return decode(text, sodium_base64_VARIANT_ORIGINAL, ret, capacity, ret_size);
}

bool dg_unbase64_exact(struct dg_bytes text, uint8_t *ret, size_t size)
{
    size_t got;
    return dg_unbase64(text, ret, size, &got) && got == size;
}

void dg_base64url(struct dg_bytes bytes, struct dg_buf *out)
{
    encode(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING, out);
}

bool dg_unbase64url(struct dg_bytes text, uint8_t *ret, size_t capacity, size_t *ret_size)
{
    return decode(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, ret, capacity, ret_size);
}
