/* pb.h - between the structures that protobuf-c generates and ours. Private to this room.
 *
 * Reading: dg_pb_start, dg_pb_unpack, then one line per field; whatever is wrong first stays in err,
 *          and everything after it is harmless, so that it is checked once at the end.
 * Writing: dg_pb_out_start, fill a generated structure with views, dg_pb_out_end.
 * Memory:  what is read lives in the caller's arena, within the budget given at the start. What is
 *          written borrows the caller's values until dg_pb_out_end.
 */
#ifndef DG_PROTO_PB_H
#define DG_PROTO_PB_H

#include "common/bytes.h"
#include "common/fault.h"
#include "common/id.h"
#include "common/when.h"
#include "donggui.pb-c.h"
#include "proto/certificate.h"

enum { DG_PB_VERSION = 1 }; /* of every message that has one */

/* --- reading -------------------------------------------------------------------------------- */

struct dg_pb {
    struct dg_arena *arena;
    struct dg_fault *fault; /* may be NULL */
    size_t left;            /* bytes it may still take of the arena */
    enum dg_err err;        /* the first error */
};

enum dg_pb_form {
    DG_PB_CANONICAL, /* signed or hashed: only the bytes that we would write ourselves */
    DG_PB_LOOSE,     /* unsigned: any encoding, but no unknown field */
};

/* Begins a reading that may take budget bytes of arena. fault is borrowed until the end and may be NULL. */
void dg_pb_start(struct dg_pb *pb, struct dg_arena *arena, size_t budget, struct dg_fault *fault);
/* Notes err with the name of what is wrong, unless there is an error already. */
void dg_pb_fail(struct dg_pb *pb, enum dg_err err, const char *what);
/* Unpacks one message of at most max bytes; NULL with err set. In this order: DG_ERR_TOO_LARGE,
 * DG_ERR_TOO_COMPLEX, DG_ERR_NO_MEMORY, DG_ERR_MALFORMED, DG_ERR_UNSUPPORTED_VERSION, DG_ERR_MALFORMED
 * (an unknown field), DG_ERR_NOT_CANONICAL. */
void *dg_pb_unpack(struct dg_pb *pb, const ProtobufCMessageDescriptor *type, struct dg_bytes bytes,
                   size_t max, enum dg_pb_form form);
/* Zeroed memory; NULL with err set. */
void *dg_pb_alloc(struct dg_pb *pb, size_t size);
/* Refuses more than max items, then makes an array of count in *ret_array. Returns count, 0 after any
 * error: the caller's loop ends by itself. */
size_t dg_pb_array(struct dg_pb *pb, size_t count, size_t max, size_t item_size, void *ret_array,
                   const char *what);

/* What a field may hold. Each returns the view or value, empty or zero once there is an error. */
struct dg_bytes dg_pb_raw(struct dg_pb *pb, ProtobufCBinaryData value, size_t max, const char *what);
/* One line of text, not empty, at most max bytes. DG_ERR_TOO_LARGE, DG_ERR_BAD_TEXT, DG_ERR_MALFORMED. */
struct dg_bytes dg_pb_line(struct dg_pb *pb, ProtobufCBinaryData value, size_t max, const char *what);
/* Text of several lines, at most max bytes; it may be empty. DG_ERR_TOO_LARGE, DG_ERR_BAD_TEXT. */
struct dg_bytes dg_pb_lines(struct dg_pb *pb, ProtobufCBinaryData value, size_t max, const char *what);
/* The slug of a unit or organ. DG_ERR_MALFORMED. */
struct dg_bytes dg_pb_slug(struct dg_pb *pb, ProtobufCBinaryData value, const char *what);
/* A federation's name. DG_ERR_MALFORMED. */
struct dg_bytes dg_pb_federation(struct dg_pb *pb, ProtobufCBinaryData value, const char *what);
/* An organ's address, kept in one piece. DG_ERR_MALFORMED. */
struct dg_bytes dg_pb_address(struct dg_pb *pb, ProtobufCBinaryData value, const char *what);
/* A rule's id: letters, digits, '.', '_', '-', at most DG_RULE_ID_MAX, a letter or digit first.
 * DG_ERR_MALFORMED. */
struct dg_bytes dg_pb_rule_id(struct dg_pb *pb, ProtobufCBinaryData value, const char *what);
/* A stable word, known here or not: upper-case letters, digits, '_', at most DG_KIND_MAX of them.
 * DG_ERR_MALFORMED. */
struct dg_bytes dg_pb_code(struct dg_pb *pb, ProtobufCBinaryData value, const char *what);
/* A calendar day that exists. DG_ERR_BAD_DATE. */
struct dg_day dg_pb_day(struct dg_pb *pb, ProtobufCBinaryData value, const char *what);
/* A period in one of its five forms, kept as text. DG_ERR_BAD_PERIOD. */
struct dg_bytes dg_pb_period(struct dg_pb *pb, ProtobufCBinaryData value, const char *what);
/* An instant of the years 1970 to 9998. DG_ERR_BAD_DATE. */
dg_ms dg_pb_instant(struct dg_pb *pb, int64_t value, const char *what);
/* A member of an enumeration that runs from 1 to last. DG_ERR_UNSUPPORTED. */
uint32_t dg_pb_choice(struct dg_pb *pb, uint32_t value, uint32_t last, const char *what);
/* A number that counts from 1. */
uint32_t dg_pb_ordinal(struct dg_pb *pb, uint32_t value, const char *what);
/* Copies exactly size bytes to ret. */
void dg_pb_fixed(struct dg_pb *pb, ProtobufCBinaryData value, void *ret, size_t size, const char *what);
/* True when an optional field is there. Present and empty has the same meaning as absent, and one
 * meaning has one spelling: DG_ERR_NOT_CANONICAL. */
bool dg_pb_present(struct dg_pb *pb, protobuf_c_boolean has, ProtobufCBinaryData value);

/* dg_pb_fixed into an array, whose size says how many bytes. */
#define DG_PB_FIXED(pb, value, array, what) dg_pb_fixed(pb, value, array, sizeof(array), what)

typedef struct dg_bytes dg_pb_reader(struct dg_pb *pb, ProtobufCBinaryData value, const char *what);

/* A repeated field, each item read by reader. Returns the count. */
size_t dg_pb_list(struct dg_pb *pb, size_t count, const ProtobufCBinaryData *values, size_t max,
                  dg_pb_reader *reader, struct dg_bytes **ret, const char *what);
/* A repeated field of opaque items, each of 1 to item_max bytes. */
size_t dg_pb_raw_list(struct dg_pb *pb, size_t count, const ProtobufCBinaryData *values, size_t max,
                      size_t item_max, struct dg_bytes **ret, const char *what);
/* A repeated field of items of exactly item_size bytes, copied one after the other to *ret_array. */
size_t dg_pb_fixed_list(struct dg_pb *pb, size_t count, const ProtobufCBinaryData *values, size_t max,
                        size_t item_size, void *ret_array, const char *what);

/* Two names that are one key together; the second may be empty. */
struct dg_pb_pair {
    struct dg_bytes first, second;
};

/* Refuses two equal pairs; reorders them. DG_ERR_MALFORMED. */
void dg_pb_unique(struct dg_pb *pb, struct dg_pb_pair *pairs, size_t count, const char *what);

/* --- writing -------------------------------------------------------------------------------- */

struct dg_pb_out {
    struct dg_arena arena;
    enum dg_err err;
};

/* Begins a writing with an arena of its own, which dg_pb_out_end frees. */
void dg_pb_out_start(struct dg_pb_out *out);
/* Packs message to the end of ret, frees what out holds; the first error of either. */
enum dg_err dg_pb_out_end(struct dg_pb_out *out, const ProtobufCMessage *message,
                          struct dg_buf *ret) DG_MUST_CHECK;
/* A view for a generated structure, which never writes through it. */
ProtobufCBinaryData dg_pb_view(const void *data, size_t size);
/* The same for a view of ours. */
ProtobufCBinaryData dg_pb_bytes(struct dg_bytes bytes);
/* Sets an optional field unless value is empty. */
void dg_pb_optional(protobuf_c_boolean *ret_has, ProtobufCBinaryData *ret, struct dg_bytes value);
/* Sets an optional day if has; it is spelt in text, which must live until dg_pb_out_end. */
void dg_pb_optional_day(protobuf_c_boolean *ret_has, ProtobufCBinaryData *ret, bool has, struct dg_day day,
                        char text[static DG_DAY_TEXT]);
/* A required day, spelt in memory of out. Nothing when memory is spent. */
ProtobufCBinaryData dg_pb_day_view(struct dg_pb_out *out, struct dg_day day);
/* Makes count initialised messages and the array of pointers to them in *ret_array. Returns count, 0
 * when memory is spent. */
size_t dg_pb_messages(struct dg_pb_out *out, size_t count, const ProtobufCMessageDescriptor *type,
                      void *ret_array);
/* One initialised message; NULL when memory is spent. */
void *dg_pb_message(struct dg_pb_out *out, const ProtobufCMessageDescriptor *type);
/* Views of count values. Returns count, 0 when memory is spent. */
size_t dg_pb_views(struct dg_pb_out *out, size_t count, const struct dg_bytes *values,
                   ProtobufCBinaryData **ret);
/* Views of count items that lie one after the other. */
size_t dg_pb_fixed_views(struct dg_pb_out *out, size_t count, const void *items, size_t item_size,
                         ProtobufCBinaryData **ret);

/* A view of one of our fixed-size values (an id, hash, key, signature or array). */
#define DG_PB_VIEW(value) dg_pb_view(&(value), sizeof(value))

/* --- parts that several messages share (pb_signed.c) ---------------------------------------- */

/* Reads the keys that subject must have and no others, each strong. DG_ERR_WEAK_KEY. */
void dg_pb_read_keys(struct dg_pb *pb, const Dgpb__Keys *wire, enum dg_subject subject, struct dg_keys *ret);
/* Sets the keys that are there, as views of keys. */
void dg_pb_write_keys(const struct dg_keys *keys, Dgpb__Keys *wire);
/* Reads a body that is not empty and its signatures, without checking them. DG_ERR_TOO_LARGE,
 * DG_ERR_MALFORMED. */
void dg_pb_read_signed(struct dg_pb *pb, const Dgpb__Signed *wire, struct dg_signed *ret);
/* The same with another maximum for the body, where more than certificates may stand. */
void dg_pb_read_signed_within(struct dg_pb *pb, const Dgpb__Signed *wire, size_t max, struct dg_signed *ret);
/* Sets body and signatures, as views of sealed. */
void dg_pb_write_signed(struct dg_pb_out *out, const struct dg_signed *sealed, Dgpb__Signed *wire);
/* A chain of at most DG_CHAIN_MAX certificates. Returns the count. */
size_t dg_pb_read_chain(struct dg_pb *pb, size_t count, Dgpb__Signed *const *wire, struct dg_signed **ret);
/* Makes the messages of a chain, as views of it. Returns count, 0 when memory is spent. */
size_t dg_pb_write_chain(struct dg_pb_out *out, size_t count, const struct dg_signed *chain,
                         Dgpb__Signed ***ret);

#endif
