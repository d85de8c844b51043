/* json.c - jansson behind a few verbs. */
#include "node/cli/json.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/id.h"

enum { REAL_DIGITS = 15 }; /* that a double keeps, whatever they are */

static json_t *raw(struct dg_json *json)
{
    return (json_t *)json;
}

/* A document with a part missing must not pass for whole, and a command that prints has nothing to
 * save: without memory it ends here, with the status that says so. */
static void *must_alloc(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL) {
        fputs("donggui: json: out of memory (NO_MEMORY)\n", stderr);
        exit(dg_err_exit(DG_ERR_NO_MEMORY));
    }
    return memory;
}

static void add(struct dg_json *json, const char *key, json_t *value)
{
    int failed = json_object_set_new_nocheck(raw(json), key, value);
    assert(failed == 0);
    (void)failed;
}

struct dg_json *dg_json_new(void)
{
    json_set_alloc_funcs(must_alloc, free);
    json_t *json = json_object();
    add((struct dg_json *)json, "v", json_integer(1));
    return (struct dg_json *)json;
}

void dg_json_print(struct dg_json *json, FILE *to)
{
    (void)json_dumpf(raw(json), to,
                     JSON_COMPACT |
                         JSON_REAL_PRECISION(REAL_DIGITS)); /* the caller looks at ferror at the end */
    fputc('\n', to);
    json_decref(raw(json));
}

static struct dg_json *part(struct dg_json *json, const char *key, json_t *value)
{
    add(json, key, value);
    return (struct dg_json *)value; /* borrowed: the parent owns it now */
}

struct dg_json *dg_json_object(struct dg_json *json, const char *key)
{
    return part(json, key, json_object());
}

struct dg_json *dg_json_array(struct dg_json *json, const char *key)
{
    return part(json, key, json_array());
}

static json_t *append(struct dg_json *array, json_t *value)
{
    int failed = json_array_append_new(raw(array), value);
    assert(failed == 0);
    (void)failed;
    return value;
}

struct dg_json *dg_json_item(struct dg_json *array)
{
    return (struct dg_json *)append(array, json_object());
}

static json_t *text_of(struct dg_bytes text)
{
    json_t *value = json_stringn(text.size > 0 ? (const char *)text.data : "", text.size);
    return value != NULL ? value : json_string("");
}

void dg_json_item_text(struct dg_json *array, struct dg_bytes text)
{
    (void)append(array, text_of(text));
}

void dg_json_item_rule(struct dg_json *array, struct dg_bytes id, struct dg_bytes cites)
{
    struct dg_json *rule = dg_json_item(array);

    dg_json_bytes(rule, "id", id);
    if (cites.size > 0)
        dg_json_bytes(rule, "cites", cites);
}

void dg_json_text(struct dg_json *json, const char *key, const char *text)
{
    add(json, key, text_of(dg_bytes_of(text)));
}

void dg_json_bytes(struct dg_json *json, const char *key, struct dg_bytes text)
{
    add(json, key, text_of(text));
}

void dg_json_maybe(struct dg_json *json, const char *key, struct dg_bytes text)
{
    add(json, key, text.size > 0 ? text_of(text) : json_null());
}

void dg_json_null(struct dg_json *json, const char *key)
{
    add(json, key, json_null());
}

void dg_json_number(struct dg_json *json, const char *key, uint64_t number)
{
    add(json, key, json_integer((json_int_t)number));
}

/* The number that JSON says in exactly these letters; NULL when there is none. */
static json_t *number_of(const char *text)
{
    char *end, again[32];

    errno = 0;
    long long whole = strtoll(text, &end, 10);
    if (errno == 0 && *end == '\0') {
        snprintf(again, sizeof again, "%lld", whole);
        return strcmp(again, text) == 0 ? json_integer(whole) : NULL;
    }
    double real = strtod(text, &end);
    snprintf(again, sizeof again, "%.*g", REAL_DIGITS, real);
    return *end == '\0' && strchr(text, '.') != NULL && strcmp(again, text) == 0 ? json_real(real) : NULL;
}

void dg_json_decimal(struct dg_json *json, const char *key, struct dg_bytes decimal)
{
    char text[32];
    bool fits = decimal.size > 0 && decimal.size < sizeof text;

    snprintf(text, sizeof text, "%.*s", fits ? (int)decimal.size : 0, (const char *)decimal.data);
    json_t *value = fits ? number_of(text) : NULL;
    add(json, key, value != NULL ? value : text_of(decimal));
}

void dg_json_bool(struct dg_json *json, const char *key, bool value)
{
    add(json, key, json_boolean(value));
}

void dg_json_instant(struct dg_json *json, const char *key, dg_ms at)
{
    char text[DG_INSTANT_TEXT];

    dg_instant_text(at, text);
    dg_json_text(json, key, text);
}

void dg_json_hex(struct dg_json *json, const char *key, const uint8_t *bytes, size_t size)
{
    char text[2 * 64 + 1];

    assert(size <= 64);
    dg_hex(bytes, size, text);
    dg_json_text(json, key, text);
}
