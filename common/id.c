/* id.c - hex, and equality of ids, hashes and keys. All of them are public values. */
#include "common/id.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

void dg_hex(const uint8_t *bytes, size_t size, char *ret)
{
    for (size_t i = 0; i < size; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[2 * size] = '\0';
}

/* The value of one lower-case hex digit, -1 for any other byte. */
static int hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

bool dg_unhex(struct dg_bytes text, uint8_t *ret, size_t size)
{
    if (text.size % 2 != 0 || text.size / 2 != size)
        return false;
    /* All is looked at before anything is written: ret changes only on success. */
    for (size_t i = 0; i < text.size; i++) {
        if (hex_value(text.data[i]) < 0)
            return false;
    }
    for (size_t i = 0; i < size; i++)
        ret[i] = (uint8_t)(hex_value(text.data[2 * i]) << 4 | hex_value(text.data[2 * i + 1]));
    return true;
}

bool dg_hash_equal(const struct dg_hash *a, const struct dg_hash *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool dg_id_equal(const struct dg_id *a, const struct dg_id *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool dg_cert_id_equal(const struct dg_cert_id *a, const struct dg_cert_id *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool dg_key_equal(const struct dg_key *a, const struct dg_key *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool dg_curve_key_equal(const struct dg_curve_key *a, const struct dg_curve_key *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool dg_key_is_zero(const struct dg_key *key)
{
    static const struct dg_key zero;
    return dg_key_equal(key, &zero);
}
