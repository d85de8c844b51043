#include "common/line.h"

#include <string.h>

static struct dg_bytes after(struct dg_bytes text, size_t count)
{
    return dg_bytes_at(text.data + count, text.size - count);
}

bool dg_line_cut(struct dg_bytes text, char separator, struct dg_bytes *ret_before,
                 struct dg_bytes *ret_after)
{
    const uint8_t *at = text.size > 0 ? memchr(text.data, separator, text.size) : NULL;
    if (at == NULL)
        return false;

    size_t size = (size_t)(at - text.data);
    *ret_before = dg_bytes_at(text.data, size);
    *ret_after = after(text, size + 1);
    return true;
}

bool dg_line_next(struct dg_bytes *rest, struct dg_bytes *ret_line)
{
    return dg_line_cut(*rest, '\n', ret_line, rest);
}

bool dg_line_skip(struct dg_bytes *text, const char *prefix)
{
    size_t size = strlen(prefix);
    if (text->size < size || !dg_bytes_is(dg_bytes_at(text->data, size), prefix))
        return false;

    *text = after(*text, size);
    return true;
}

bool dg_decimal_parse(struct dg_bytes text, uint64_t *ret)
{
    enum { INT64_DIGITS = 19 };
    if (text.size == 0 || text.size > INT64_DIGITS || (text.data[0] == '0' && text.size > 1))
        return false;

    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    if (value > INT64_MAX)
        return false;
    *ret = value;
    return true;
}

/* How many bytes follow first in its sequence; SIZE_MAX when none can start with it. C0, C1 and
 * anything from F5 on would only be needed for overlong or impossible code points. */
static size_t rune_tail(uint8_t first)
{
    if (first < 0x80)
        return 0;
    if (first >= 0xc2 && first < 0xe0)
        return 1;
    if (first >= 0xe0 && first < 0xf0)
        return 2;
    if (first >= 0xf0 && first < 0xf5)
        return 3;
    return SIZE_MAX;
}

bool dg_rune_next(struct dg_bytes *rest, uint32_t *ret)
{
    static const uint8_t first_bits[] = {0x7f, 0x1f, 0x0f, 0x07};
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};

    if (rest->size == 0)
        return false;
    size_t tail = rune_tail(rest->data[0]);
    if (tail >= rest->size) /* SIZE_MAX is */
        return false;

    uint32_t rune = rest->data[0] & first_bits[tail];
    for (size_t i = 1; i <= tail; i++) {
        if ((rest->data[i] & 0xc0) != 0x80)
            return false;
        rune = rune << 6 | (rest->data[i] & 0x3fu);
    }
    bool surrogate = rune >= 0xd800 && rune <= 0xdfff;
    if (rune < smallest[tail] || rune > 0x10ffff || surrogate)
        return false;
    *rest = after(*rest, tail + 1);
    *ret = rune;
    return true;
}

bool dg_rune_is_space(uint32_t rune)
{
    switch (rune) {
    case ' ':
    case 0x85:
    case 0xa0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202f:
    case 0x205f:
    case 0x3000:
        return true;
    default:
        return (rune >= '\t' && rune <= '\r') || (rune >= 0x2000 && rune <= 0x200a);
    }
}
