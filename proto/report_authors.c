/* report_authors.c - who says that a report which does not decode is theirs.
 *
 * The rest of R may be anything. So the fields are walked by hand, and only the authors are looked into; what
 * they are believed for is the signatures that they made over exactly these bytes.
 */
#include "common/limits.h"
#include "proto/pb.h"
#include "proto/report.h"

enum {
    AUTHOR_MAX = 256,
    /* bytes */ AUTHOR_FIELD = 3,
    WIRE_VARINT = 0,
    WIRE_64 = 1,
    WIRE_BYTES = 2,
    WIRE_32 = 5
};

static bool take_varint(struct dg_bytes *rest, uint64_t *ret)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && rest->size > 0; shift += 7) {
        uint8_t byte = *rest->data;
        *rest = dg_bytes_at(rest->data + 1, rest->size - 1);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret = value;
            return true;
        }
    }
    return false;
}

static bool take(struct dg_bytes *rest, uint64_t size, struct dg_bytes *ret)
{
    if (size > rest->size)
        return false;
    *ret = dg_bytes_at(rest->data, (size_t)size);
    *rest = dg_bytes_at(rest->data + size, rest->size - (size_t)size);
    return true;
}

/* Takes the next field; its content is empty unless it is of the kind that has bytes. */
static bool take_field(struct dg_bytes *rest, uint64_t *ret_number, struct dg_bytes *ret_content)
{
    uint64_t tag, value;
    struct dg_bytes ignored;

    if (!take_varint(rest, &tag))
        return false;
    *ret_number = tag >> 3;
    *ret_content = dg_bytes_at(NULL, 0);
    switch (tag & 7) {
    case WIRE_VARINT:
        return take_varint(rest, &value);
    case WIRE_64:
        return take(rest, 8, &ignored);
    case WIRE_32:
        return take(rest, 4, &ignored);
    case WIRE_BYTES:
        return take_varint(rest, &value) && take(rest, value, ret_content);
    default:
        return false;
    }
}

static bool read_author(struct dg_arena *arena, struct dg_bytes bytes, struct dg_author *ret)
{
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), NULL);
    const Dgpb__Author *wire = dg_pb_unpack(&pb, &dgpb__author__descriptor, bytes, AUTHOR_MAX, DG_PB_LOOSE);
    if (wire == NULL)
        return false;
    ret->organ = dg_pb_slug(&pb, wire->organ, "author");
    ret->unit = dg_pb_slug(&pb, wire->unit, "author");
    DG_PB_FIXED(&pb, wire->certificate, ret->certificate.b, "author");
    return pb.err == DG_OK;
}

bool dg_report_authors(struct dg_arena *arena, struct dg_bytes bytes, struct dg_report *ret)
{
    struct dg_author author[DG_AUTHORS_MAX];
    size_t count = 0;
    struct dg_bytes content;
    uint64_t number;

    while (bytes.size > 0 && take_field(&bytes, &number, &content)) {
        if (number != AUTHOR_FIELD)
            continue;
        if (count == DG_AUTHORS_MAX || !read_author(arena, content, &author[count]))
            return false;
        for (size_t i = 0; i < count; i++)
            if (dg_bytes_equal(author[i].organ, author[count].organ) &&
                dg_bytes_equal(author[i].unit, author[count].unit))
                return false;
        count++;
    }
    if (count == 0)
        return false;
    *ret = (struct dg_report){.author_count = count,
                              .author = dg_arena_array(arena, count, sizeof *ret->author)};
    for (size_t i = 0; ret->author != NULL && i < count; i++)
        ret->author[i] = author[i];
    return ret->author != NULL;
}
