/* pb_field.c - what a field of a foreign message may hold. */
#include "proto/pb.h"

#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/text.h"

/* The instant at which the year 9999 begins: later ones have no text form. */
static const dg_ms INSTANT_END = 253370764800000;

static struct dg_bytes view_of(ProtobufCBinaryData value)
{
    return dg_bytes_at(value.data, value.len);
}

/* value when good, else nothing and DG_ERR_MALFORMED. */
static struct dg_bytes accept(struct dg_pb *pb, ProtobufCBinaryData value, bool good, const char *what)
{
    if (!good)
        dg_pb_fail(pb, DG_ERR_MALFORMED, what);
    return pb->err == DG_OK ? view_of(value) : dg_bytes_at(NULL, 0);
}

struct dg_bytes dg_pb_raw(struct dg_pb *pb, ProtobufCBinaryData value, size_t max, const char *what)
{
    if (value.len > max)
        dg_pb_fail(pb, DG_ERR_TOO_LARGE, what);
    return accept(pb, value, true, what);
}

static struct dg_bytes text(struct dg_pb *pb, ProtobufCBinaryData value, size_t max, enum dg_text_kind kind,
                            const char *what)
{
    struct dg_bytes ret = dg_pb_raw(pb, value, max, what);

    /* Named by its field: the place inside the text tells a peer little. */
    if (dg_text_check(ret, kind, NULL) != DG_OK)
        dg_pb_fail(pb, DG_ERR_BAD_TEXT, what);
    return accept(pb, value, true, what);
}

struct dg_bytes dg_pb_line(struct dg_pb *pb, ProtobufCBinaryData value, size_t max, const char *what)
{
    struct dg_bytes ret = text(pb, value, max, DG_TEXT_LINE, what);

    return accept(pb, value, ret.size != 0, what);
}

struct dg_bytes dg_pb_lines(struct dg_pb *pb, ProtobufCBinaryData value, size_t max, const char *what)
{
    return text(pb, value, max, DG_TEXT_LINES, what);
}

struct dg_bytes dg_pb_slug(struct dg_pb *pb, ProtobufCBinaryData value, const char *what)
{
    return accept(pb, value, dg_slug_ok(view_of(value)), what);
}

struct dg_bytes dg_pb_federation(struct dg_pb *pb, ProtobufCBinaryData value, const char *what)
{
    return accept(pb, value, dg_federation_ok(view_of(value)), what);
}

struct dg_bytes dg_pb_address(struct dg_pb *pb, ProtobufCBinaryData value, const char *what)
{
    struct dg_bytes organ, unit;

    return accept(pb, value, dg_address_split(view_of(value), &organ, &unit), what);
}

/* True for 1 to max characters, all of them letters, digits or of `more`. */
static bool is_word(ProtobufCBinaryData value, size_t max, const char *letters, const char *more)
{
    if (value.len == 0 || value.len > max)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        int c = value.data[i];
        if (c == 0 || (strchr(letters, c) == NULL && strchr(more, c) == NULL))
            return false;
    }
    return true;
}

#define UPPER_CASE "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER_CASE "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* A leaf lists rule ids with commas and blanks between them, so they hold neither; and a bare '-' there
 * means no rule at all, so they begin with a letter or a digit. */
struct dg_bytes dg_pb_rule_id(struct dg_pb *pb, ProtobufCBinaryData value, const char *what)
{
    bool good = is_word(value, DG_RULE_ID_MAX, UPPER_CASE LOWER_CASE DIGITS, "-._") &&
                strchr("-._", value.data[0]) == NULL;

    return accept(pb, value, good, what);
}

/* The stable name of an error, also one that this version does not know. */
struct dg_bytes dg_pb_code(struct dg_pb *pb, ProtobufCBinaryData value, const char *what)
{
    return accept(pb, value, is_word(value, DG_KIND_MAX, UPPER_CASE DIGITS, "_"), what);
}

struct dg_day dg_pb_day(struct dg_pb *pb, ProtobufCBinaryData value, const char *what)
{
    struct dg_day day = {0};

    if (!dg_day_parse(view_of(value), &day))
        dg_pb_fail(pb, DG_ERR_BAD_DATE, what);
    return day;
}

struct dg_bytes dg_pb_period(struct dg_pb *pb, ProtobufCBinaryData value, const char *what)
{
    struct dg_period period;

    if (!dg_period_parse(view_of(value), &period))
        dg_pb_fail(pb, DG_ERR_BAD_PERIOD, what);
    return pb->err == DG_OK ? view_of(value) : dg_bytes_at(NULL, 0);
}

dg_ms dg_pb_instant(struct dg_pb *pb, int64_t value, const char *what)
{
    if (value < 0 || value >= INSTANT_END)
        dg_pb_fail(pb, DG_ERR_BAD_DATE, what);
    return value;
}

uint32_t dg_pb_choice(struct dg_pb *pb, uint32_t value, uint32_t last, const char *what)
{
    if (value < 1 || value > last)
        dg_pb_fail(pb, DG_ERR_UNSUPPORTED, what);
    return value;
}

uint32_t dg_pb_ordinal(struct dg_pb *pb, uint32_t value, const char *what)
{
    if (value == 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, what);
    return value;
}

void dg_pb_fixed(struct dg_pb *pb, ProtobufCBinaryData value, void *ret, size_t size, const char *what)
{
    if (value.len != size)
        dg_pb_fail(pb, DG_ERR_MALFORMED, what);
    else
        memcpy(ret, value.data, size);
}

bool dg_pb_present(struct dg_pb *pb, protobuf_c_boolean has, ProtobufCBinaryData value)
{
    if (has && value.len == 0)
        dg_pb_fail(pb, DG_ERR_NOT_CANONICAL, "");
    return has && pb->err == DG_OK;
}

size_t dg_pb_list(struct dg_pb *pb, size_t count, const ProtobufCBinaryData *values, size_t max,
                  dg_pb_reader *reader, struct dg_bytes **ret, const char *what)
{
    count = dg_pb_array(pb, count, max, sizeof **ret, ret, what);
    for (size_t i = 0; i < count; i++)
        (*ret)[i] = reader(pb, values[i], what);
    return count;
}

size_t dg_pb_raw_list(struct dg_pb *pb, size_t count, const ProtobufCBinaryData *values, size_t max,
                      size_t item_max, struct dg_bytes **ret, const char *what)
{
    count = dg_pb_array(pb, count, max, sizeof **ret, ret, what);
    for (size_t i = 0; i < count; i++) {
        dg_pb_raw(pb, values[i], item_max, what);
        (*ret)[i] = accept(pb, values[i], values[i].len != 0, what);
    }
    return count;
}

size_t dg_pb_fixed_list(struct dg_pb *pb, size_t count, const ProtobufCBinaryData *values, size_t max,
                        size_t item_size, void *ret_array, const char *what)
{
    uint8_t *at = NULL;

    count = dg_pb_array(pb, count, max, item_size, &at, what);
    for (size_t i = 0; i < count; i++)
        dg_pb_fixed(pb, values[i], at + i * item_size, item_size, what);
    if (count != 0)
        memcpy(ret_array, &at, sizeof at);
    return count;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct dg_pb_pair *left = a, *right = b;
    int order = dg_bytes_compare(left->first, right->first);

    return order != 0 ? order : dg_bytes_compare(left->second, right->second);
}

void dg_pb_unique(struct dg_pb *pb, struct dg_pb_pair *pairs, size_t count, const char *what)
{
    if (count == 0)
        return;
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 1; i < count; i++) {
        if (compare_pairs(&pairs[i - 1], &pairs[i]) == 0)
            dg_pb_fail(pb, DG_ERR_MALFORMED, what);
    }
}
