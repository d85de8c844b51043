/* decimal.c - exact sums of decimal numbers in text. */
#include "common/decimal.h"

#include <string.h>

/* One number, taken apart; views of its text. */
struct parts {
    bool negative;
    struct dg_bytes whole, places;
};

static bool all_digits(struct dg_bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.size > 0;
}

static bool take_apart(struct dg_bytes text, struct parts *ret)
{
    *ret = (struct parts){.negative = text.size > 0 && text.data[0] == '-'};
    if (ret->negative)
        text = dg_bytes_at(text.data + 1, text.size - 1);
    const uint8_t *point = text.size > 0 ? memchr(text.data, '.', text.size) : NULL;
    size_t whole = point != NULL ? (size_t)(point - text.data) : text.size;
    ret->whole = dg_bytes_at(text.data, whole);
    if (point != NULL)
        ret->places = dg_bytes_at(point + 1, text.size - whole - 1);
    return all_digits(ret->whole) && (point == NULL || all_digits(ret->places));
}

/* Columns of digits, the most significant first; a column may hold any number until it is carried. */
struct columns {
    size_t whole, places;
    int64_t *digit;
};

static void add(struct columns *sum, const struct parts *part)
{
    int64_t sign = part->negative ? -1 : 1;
    for (size_t i = 0; i < part->whole.size; i++)
        sum->digit[sum->whole - part->whole.size + i] += sign * (part->whole.data[i] - '0');
    for (size_t i = 0; i < part->places.size; i++)
        sum->digit[sum->whole + i] += sign * (part->places.data[i] - '0');
}

/* Brings every column but the first between 0 and 9; the first takes the sign. */
static void carry(struct columns *sum)
{
    for (size_t i = sum->whole + sum->places - 1; i > 0; i--) {
        int64_t over = sum->digit[i] / 10, digit = sum->digit[i] % 10;
        if (digit < 0) {
            digit += 10;
            over--;
        }
        sum->digit[i] = digit;
        sum->digit[i - 1] += over;
    }
}

static bool write(struct dg_arena *arena, struct columns *sum, struct dg_bytes *ret)
{
    bool negative = sum->digit[0] < 0;
    for (size_t i = 0; negative && i < sum->whole + sum->places; i++)
        sum->digit[i] = -sum->digit[i];
    if (negative)
        carry(sum);
    char *text = dg_arena_alloc(arena, sum->whole + sum->places + 3);
    if (text == NULL)
        return false;
    size_t first = 0, size = 0;
    while (first + 1 < sum->whole && sum->digit[first] == 0)
        first++;
    if (negative)
        text[size++] = '-';
    for (size_t i = first; i < sum->whole + sum->places; i++) {
        if (i == sum->whole)
            text[size++] = '.';
        text[size++] = (char)('0' + sum->digit[i]);
    }
    *ret = dg_bytes_at(text, size);
    return true;
}

bool dg_decimal_sum(struct dg_arena *arena, const struct dg_bytes value[], size_t count, struct dg_bytes *ret)
{
    enum { CARRY_ROOM = 20 }; /* as many columns as a count of values has digits */
    struct columns sum = {.whole = 1};
    struct parts part;
    for (size_t i = 0; i < count; i++) {
        if (!take_apart(value[i], &part))
            return false;
        sum.whole = part.whole.size > sum.whole ? part.whole.size : sum.whole;
        sum.places = part.places.size > sum.places ? part.places.size : sum.places;
    }
    sum.whole += CARRY_ROOM;
    sum.digit = dg_arena_array(arena, sum.whole + sum.places, sizeof *sum.digit);
    if (sum.digit == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (take_apart(value[i], &part))
            add(&sum, &part);
    carry(&sum);
    return write(arena, &sum, ret);
}
