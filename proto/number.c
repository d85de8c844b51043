/* number.c - document numbers, by their two grammars. */
#include "proto/number.h"

#include "common/line.h"

enum { DIGITS_MAX = 6, SYMBOL_MAX = 24 };

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Letters of any alphabet beyond ASCII count: the text was found clean when it came in. */
static bool is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80;
}

static bool take_digits(struct dg_bytes *text, size_t most, uint32_t *ret)
{
    size_t count = 0;
    uint32_t n = 0;

    while (count < text->size && is_digit(text->data[count]) && count < most)
        n = n * 10 + (uint32_t)(text->data[count++] - '0');
    if (count == 0 || n == 0)
        return false;
    *text = dg_bytes_at(text->data + count, text->size - count);
    *ret = n;
    return true;
}

/* BC, CTr, TTĐT: a capital first, then letters, and digits where an organ has them. */
static bool take_symbol(struct dg_bytes *text, bool digits, struct dg_bytes *ret)
{
    size_t size = 0;

    if (text->size == 0 || !is_letter(text->data[0]) || (text->data[0] >= 'a' && text->data[0] <= 'z'))
        return false;
    while (size < text->size && (is_letter(text->data[size]) || (digits && is_digit(text->data[size]))))
        size++;
    if (size > SYMBOL_MAX)
        return false;
    *ret = dg_bytes_at(text->data, size);
    *text = dg_bytes_at(text->data + size, text->size - size);
    return true;
}

/* One or several symbols with hyphens between them, up to the end. */
static bool take_organ(struct dg_bytes text, struct dg_bytes *ret)
{
    struct dg_bytes whole = text, symbol;

    do {
        if (!take_symbol(&text, true, &symbol))
            return false;
    } while (dg_line_skip(&text, "-"));
    *ret = whole;
    return text.size == 0;
}

static bool state_parse(struct dg_bytes text, struct dg_number *ret)
{
    struct dg_bytes rest = text;

    if (take_digits(&rest, 4, &ret->year) && text.size - rest.size == 4 && dg_line_skip(&rest, "/"))
        text = rest;
    else
        ret->year = 0;
    return take_symbol(&text, false, &ret->type) && dg_line_skip(&text, "-") && take_organ(text, &ret->organ);
}

bool dg_number_parse(struct dg_bytes text, struct dg_number *ret)
{
    struct dg_number number = {.form = DG_NUMBER_PARTY};

    if (!take_digits(&text, DIGITS_MAX, &number.n))
        return false;
    if (dg_line_skip(&text, "/")) {
        number.form = DG_NUMBER_STATE;
        if (!state_parse(text, &number))
            return false;
    } else if (!dg_line_skip(&text, "-") || !take_symbol(&text, false, &number.type) ||
               !dg_line_skip(&text, "/") || !take_organ(text, &number.organ)) {
        return false;
    }
    *ret = number;
    return true;
}
