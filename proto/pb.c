/* pb.c - unpacking within a budget, refusing what is not canonical, packing. */
#include "proto/pb.h"

#include <assert.h>
#include <string.h>

/* --- memory --------------------------------------------------------------------------------- */

void dg_pb_start(struct dg_pb *pb, struct dg_arena *arena, size_t budget, struct dg_fault *fault)
{
    *pb = (struct dg_pb){.arena = arena, .fault = fault, .left = budget};
}

void dg_pb_fail(struct dg_pb *pb, enum dg_err err, const char *what)
{
    if (pb->err == DG_OK)
        pb->err = dg_faultf(pb->fault, err, "%s", what);
}

void *dg_pb_alloc(struct dg_pb *pb, size_t size)
{
    if (pb->err != DG_OK)
        return NULL;
    /* An arena rounds up; counting what it really takes keeps the promise of the budget. */
    size_t taken = size + (16 - size % 16) % 16;
    if (taken < size || taken > pb->left) {
        dg_pb_fail(pb, DG_ERR_TOO_COMPLEX, "");
        return NULL;
    }
    void *memory = dg_arena_alloc(pb->arena, size);
    if (memory == NULL) {
        dg_pb_fail(pb, DG_ERR_NO_MEMORY, "");
        return NULL;
    }
    pb->left -= taken;
    return memory;
}

/* Both callbacks have protobuf-c's signature. Nothing is freed before the arena is. */
static void *budget_alloc(void *pb, size_t size)
{
    return dg_pb_alloc(pb, size);
}

static void budget_free(void *pb, void *memory)
{
    (void)pb;
    (void)memory;
}

size_t dg_pb_array(struct dg_pb *pb, size_t count, size_t max, size_t item_size, void *ret_array,
                   const char *what)
{
    if (count > max)
        dg_pb_fail(pb, DG_ERR_TOO_LARGE, what);
    if (count == 0 || pb->err != DG_OK)
        return 0;
    assert(max <= SIZE_MAX / item_size);
    void *array = dg_pb_alloc(pb, count * item_size);
    if (array == NULL)
        return 0;
    memcpy(ret_array, &array, sizeof array);
    return count;
}

/* --- strictness ----------------------------------------------------------------------------- */

static bool has_unknown_fields(const ProtobufCMessage *message);

/* The i-th message of a field of message type, NULL past the last. */
static const ProtobufCMessage *submessage(const ProtobufCMessage *message,
                                          const ProtobufCFieldDescriptor *field, size_t i)
{
    const char *base = (const char *)message;
    const ProtobufCMessage *const *array = NULL;
    size_t count = 0;

    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        const void *single = base + field->offset;
        return i == 0 ? *(const ProtobufCMessage *const *)single : NULL;
    }
    memcpy(&count, base + field->quantifier_offset, sizeof count);
    memcpy(&array, base + field->offset, sizeof array);
    return i < count ? array[i] : NULL;
}

static bool field_has_unknown(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessage *sub;

    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return false;
    for (size_t i = 0; (sub = submessage(message, field, i)) != NULL; i++) {
        if (has_unknown_fields(sub))
            return true;
    }
    return false;
}

/* protobuf-c keeps unknown fields and packs them again, so comparing bytes does not find them. No
 * type of the schema holds itself, so the depth is the schema's. */
static bool has_unknown_fields(const ProtobufCMessage *message)
{
    if (message->n_unknown_fields != 0)
        return true;
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        if (field_has_unknown(message, &message->descriptor->fields[i]))
            return true;
    }
    return false;
}

/* True unless the message has a version that is not ours; by custom it is field 1. */
static bool version_known(const ProtobufCMessage *message)
{
    const ProtobufCFieldDescriptor *field = &message->descriptor->fields[0];
    uint32_t version;

    if (strcmp(field->name, "version") != 0)
        return true;
    assert(field->type == PROTOBUF_C_TYPE_UINT32 && field->label == PROTOBUF_C_LABEL_REQUIRED);
    memcpy(&version, (const char *)message + field->offset, sizeof version);
    return version == DG_PB_VERSION;
}

/* A place that compares what is packed into it with what was received. */
struct comparison {
    ProtobufCBuffer base;
    struct dg_bytes rest;
    bool same;
};

static void compare_append(ProtobufCBuffer *base, size_t size, const uint8_t *data)
{
    struct comparison *comparison = (struct comparison *)(void *)base;

    if (!comparison->same || size == 0)
        return;
    if (size > comparison->rest.size || memcmp(comparison->rest.data, data, size) != 0) {
        comparison->same = false;
        return;
    }
    comparison->rest.data += size;
    comparison->rest.size -= size;
}

static bool is_canonical(const ProtobufCMessage *message, struct dg_bytes bytes)
{
    struct comparison comparison = {.base.append = compare_append, .rest = bytes, .same = true};

    protobuf_c_message_pack_to_buffer(message, &comparison.base);
    return comparison.same && comparison.rest.size == 0;
}

void *dg_pb_unpack(struct dg_pb *pb, const ProtobufCMessageDescriptor *type, struct dg_bytes bytes,
                   size_t max, enum dg_pb_form form)
{
    ProtobufCAllocator allocator = {budget_alloc, budget_free, pb};

    if (bytes.size > max)
        dg_pb_fail(pb, DG_ERR_TOO_LARGE, type->short_name);
    else if (bytes.size == 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, type->short_name);
    if (pb->err != DG_OK)
        return NULL;
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, bytes.size, bytes.data);
    if (message == NULL)
        dg_pb_fail(pb, DG_ERR_MALFORMED, type->short_name); /* unless the budget said why already */
    else if (pb->err != DG_OK)
        return NULL;
    else if (!version_known(message))
        dg_pb_fail(pb, DG_ERR_UNSUPPORTED_VERSION, type->short_name);
    else if (has_unknown_fields(message))
        dg_pb_fail(pb, DG_ERR_MALFORMED, "unknown field");
    else if (form == DG_PB_CANONICAL && !is_canonical(message, bytes))
        dg_pb_fail(pb, DG_ERR_NOT_CANONICAL, type->short_name);
    return pb->err == DG_OK ? message : NULL;
}

/* --- writing -------------------------------------------------------------------------------- */

struct packing {
    ProtobufCBuffer base;
    struct dg_buf *buf;
};

static void packing_append(ProtobufCBuffer *base, size_t size, const uint8_t *data)
{
    if (size != 0)
        dg_buf_add(((struct packing *)(void *)base)->buf, data, size);
}

void dg_pb_out_start(struct dg_pb_out *out)
{
    *out = (struct dg_pb_out){.err = DG_OK};
    dg_arena_init(&out->arena, 0);
}

enum dg_err dg_pb_out_end(struct dg_pb_out *out, const ProtobufCMessage *message, struct dg_buf *ret)
{
    struct packing packing = {.base.append = packing_append, .buf = ret};

    if (out->err == DG_OK) {
        dg_buf_reserve(ret, protobuf_c_message_get_packed_size(message));
        protobuf_c_message_pack_to_buffer(message, &packing.base);
        out->err = ret->err;
    }
    dg_arena_done(&out->arena);
    return out->err;
}

ProtobufCBinaryData dg_pb_view(const void *data, size_t size)
{
    ProtobufCBinaryData view = {.len = size};

    /* protobuf-c has one type for what it reads and what it writes; packing only reads. */
    memcpy(&view.data, &data, sizeof data);
    return view;
}

ProtobufCBinaryData dg_pb_bytes(struct dg_bytes bytes)
{
    return dg_pb_view(bytes.data, bytes.size);
}

void dg_pb_optional(protobuf_c_boolean *ret_has, ProtobufCBinaryData *ret, struct dg_bytes value)
{
    *ret_has = value.size != 0;
    *ret = dg_pb_bytes(value);
}

void dg_pb_optional_day(protobuf_c_boolean *ret_has, ProtobufCBinaryData *ret, bool has, struct dg_day day,
                        char text[static DG_DAY_TEXT])
{
    if (has)
        dg_day_text(day, text);
    dg_pb_optional(ret_has, ret, dg_bytes_at(text, has ? DG_DAY_TEXT - 1 : 0));
}

/* An array of count items, or NULL with out->err set; NULL too for none. */
static void *out_array(struct dg_pb_out *out, size_t count, size_t item_size)
{
    if (count == 0 || out->err != DG_OK)
        return NULL;
    void *array = dg_arena_array(&out->arena, count, item_size);
    if (array == NULL)
        out->err = DG_ERR_NO_MEMORY;
    return array;
}

ProtobufCBinaryData dg_pb_day_view(struct dg_pb_out *out, struct dg_day day)
{
    char *text = out_array(out, 1, DG_DAY_TEXT);

    if (text != NULL)
        dg_day_text(day, text);
    return dg_pb_view(text, text == NULL ? 0 : DG_DAY_TEXT - 1);
}

size_t dg_pb_messages(struct dg_pb_out *out, size_t count, const ProtobufCMessageDescriptor *type,
                      void *ret_array)
{
    void **array = out_array(out, count, sizeof *array);
    char *storage = out_array(out, count, type->sizeof_message);

    if (array == NULL || storage == NULL)
        return 0;
    for (size_t i = 0; i < count; i++) {
        array[i] = storage + i * type->sizeof_message;
        protobuf_c_message_init(type, array[i]);
    }
    memcpy(ret_array, &array, sizeof array);
    return count;
}

void *dg_pb_message(struct dg_pb_out *out, const ProtobufCMessageDescriptor *type)
{
    void *message = out_array(out, 1, type->sizeof_message);

    if (message != NULL)
        protobuf_c_message_init(type, message);
    return message;
}

size_t dg_pb_views(struct dg_pb_out *out, size_t count, const struct dg_bytes *values,
                   ProtobufCBinaryData **ret)
{
    ProtobufCBinaryData *array = out_array(out, count, sizeof *array);

    if (array == NULL)
        return 0;
    for (size_t i = 0; i < count; i++)
        array[i] = dg_pb_bytes(values[i]);
    *ret = array;
    return count;
}

size_t dg_pb_fixed_views(struct dg_pb_out *out, size_t count, const void *items, size_t item_size,
                         ProtobufCBinaryData **ret)
{
    ProtobufCBinaryData *array = out_array(out, count, sizeof *array);

    if (array == NULL)
        return 0;
    for (size_t i = 0; i < count; i++)
        array[i] = dg_pb_view((const char *)items + i * item_size, item_size);
    *ret = array;
    return count;
}
