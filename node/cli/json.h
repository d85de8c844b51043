/* json.h - answers for machines: one document, or one line per row.
 *
 * Memory: a document is built, printed once and gone. Parts belong to their document. Without memory
 * the process ends, with the exit status of NO_MEMORY.
 */
#ifndef DG_NODE_CLI_JSON_H
#define DG_NODE_CLI_JSON_H

#include <stdint.h>
#include <stdio.h>

#include "common/bytes.h"
#include "common/when.h"

struct dg_json; /* an object or an array */

/* A new document: an object with "v":1. */
struct dg_json *dg_json_new(void);
/* Prints it on one line and frees it. */
void dg_json_print(struct dg_json *json, FILE *to);

/* An object or array under key. */
struct dg_json *dg_json_object(struct dg_json *json, const char *key);
/* Adds an empty array under key and returns it. */
struct dg_json *dg_json_array(struct dg_json *json, const char *key);
/* A new object, or a text, at the end of an array. */
struct dg_json *dg_json_item(struct dg_json *array);
/* Adds a text at the end of an array; what is not UTF-8 is an empty text. */
void dg_json_item_text(struct dg_json *array, struct dg_bytes text);

/* The rule {"id":…,"cites":…} at the end of an array; cites is left out when it is empty. */
void dg_json_item_rule(struct dg_json *array, struct dg_bytes id, struct dg_bytes cites);

/* Adds a text, copied, under key; what is not UTF-8 is an empty text. */
void dg_json_text(struct dg_json *json, const char *key, const char *text);
/* The same for bytes; what is not UTF-8 is an empty text. */
void dg_json_bytes(struct dg_json *json, const char *key, struct dg_bytes text);
/* null when it is empty. */
void dg_json_maybe(struct dg_json *json, const char *key, struct dg_bytes text);
/* Adds a null under key. */
void dg_json_null(struct dg_json *json, const char *key);
/* Adds a whole number under key; at most INT64_MAX. */
void dg_json_number(struct dg_json *json, const char *key, uint64_t number);
/* A decimal in text: as a number if JSON's numbers say it in exactly these letters, else as the text, so that
 * 007, 1.50 and what a double would round keep every digit. */
void dg_json_decimal(struct dg_json *json, const char *key, struct dg_bytes decimal);
/* Adds true or false under key. */
void dg_json_bool(struct dg_json *json, const char *key, bool value);
/* Adds an instant under key as the text of dg_instant_text (UTC, milliseconds). */
void dg_json_instant(struct dg_json *json, const char *key, dg_ms at);
/* Lower-case hex. At most 64 bytes. */
void dg_json_hex(struct dg_json *json, const char *key, const uint8_t *bytes, size_t size);

#endif
