#include "common/note.h"

#include "common/line.h"

#include <assert.h>
#include <string.h>

enum { KEY_HASH_BYTES = 4, KEY_HASH_HEX = 8 };

/* U+2014, the em dash, and a space begin a signature line. */
#define SIGNATURE_PREFIX "\xe2\x80\x94 "

bool dg_note_name_ok(struct dg_bytes name)
{
    uint32_t rune;
    if (name.size == 0)
        return false;

    while (name.size > 0) {
        if (!dg_rune_next(&name, &rune) || rune < ' ' || rune == '+' || dg_rune_is_space(rune))
            return false;
    }
    return true;
}

/* SHA-256(name ‖ "\n" ‖ type ‖ key), its first four bytes. */
static uint32_t key_hash(struct dg_bytes name, uint8_t type, const struct dg_key *key)
{
    const struct dg_bytes parts[] = {name, dg_bytes_of("\n"), dg_bytes_at(&type, 1),
                                     dg_bytes_at(key->b, sizeof key->b)};
    struct dg_hash hash = dg_sha256_parts(parts, sizeof parts / sizeof parts[0]);
    return dg_u32be(hash.b);
}

struct dg_verifier dg_verifier_of(const char *name, uint8_t type, const struct dg_key *key)
{
    struct dg_bytes name_bytes = dg_bytes_of(name);
    assert(name_bytes.size <= DG_ORIGIN_MAX && dg_note_name_ok(name_bytes));

    struct dg_verifier verifier = {.type = type, .key_hash = key_hash(name_bytes, type, key), .key = *key};
    memcpy(verifier.name, name, name_bytes.size);
    return verifier;
}

void dg_verifier_text(const struct dg_verifier *verifier, struct dg_buf *out)
{
    uint8_t typed[1 + DG_KEY_BYTES] = {verifier->type};
    memcpy(typed + 1, verifier->key.b, DG_KEY_BYTES);
    dg_buf_printf(out, "%s+%08x+", verifier->name, (unsigned)verifier->key_hash);
    dg_base64(dg_bytes_at(typed, sizeof typed), out);
}

enum dg_err dg_verifier_parse(struct dg_bytes text, struct dg_verifier *ret)
{
    struct dg_bytes name, hash_hex, typed_text;
    uint8_t hash[KEY_HASH_BYTES], typed[1 + DG_KEY_BYTES];
    struct dg_key key;

    if (!dg_line_cut(text, '+', &name, &text) || !dg_line_cut(text, '+', &hash_hex, &typed_text))
        return DG_ERR_MALFORMED;
    if (name.size > DG_ORIGIN_MAX || !dg_note_name_ok(name) || hash_hex.size != KEY_HASH_HEX ||
        !dg_unhex(hash_hex, hash, sizeof hash) || !dg_unbase64_exact(typed_text, typed, sizeof typed))
        return DG_ERR_MALFORMED;

    memcpy(key.b, typed + 1, sizeof key.b);
    uint8_t type = typed[0];
    if ((type != DG_NOTE_ED25519 && type != DG_NOTE_COSIGNATURE) ||
        dg_u32be(hash) != key_hash(name, type, &key))
        return DG_ERR_MALFORMED;
    enum dg_err err = dg_key_check(&key);
    if (err != DG_OK)
        return err;
    *ret = (struct dg_verifier){.type = type, .key_hash = dg_u32be(hash), .key = key};
    memcpy(ret->name, name.data, name.size);
    return DG_OK;
}

/* Valid UTF-8 without any control character below the space but the newline. */
static bool note_characters_ok(struct dg_bytes note)
{
    uint32_t rune;
    while (note.size > 0) {
        if (!dg_rune_next(&note, &rune) || (rune < ' ' && rune != '\n'))
            return false;
    }
    return true;
}

/* Splits at the last empty line: the text keeps its final newline, the separator belongs to none. */
static bool note_split(struct dg_bytes note, struct dg_bytes *ret_text, struct dg_bytes *ret_lines)
{
    for (size_t at = note.size; at >= 2; at--) {
        if (note.data[at - 1] == '\n' && note.data[at - 2] == '\n') {
            *ret_text = dg_bytes_at(note.data, at - 1);
            *ret_lines = dg_bytes_at(note.data + at, note.size - at);
            return true;
        }
    }
    return false;
}

/* A signature of a size we do not know is by an unknown signer and only has to be well formed. */
static bool signature_parse(struct dg_bytes line, struct dg_note_signature *ret)
{
    uint8_t decoded[DG_CHECKPOINT_MAX];
    size_t size;
    struct dg_bytes name, text;

    if (!dg_line_skip(&line, SIGNATURE_PREFIX) || !dg_line_cut(line, ' ', &name, &text) ||
        !dg_note_name_ok(name) || !dg_unbase64(text, decoded, sizeof decoded, &size) ||
        size <= KEY_HASH_BYTES)
        return false;

    size -= KEY_HASH_BYTES;
    ret->name = name;
    ret->key_hash = dg_u32be(decoded);
    ret->blob_size = size <= sizeof ret->blob ? size : 0;
    memcpy(ret->blob, decoded + KEY_HASH_BYTES, ret->blob_size);
    return true;
}

enum dg_err dg_note_parse(struct dg_bytes note, struct dg_note *ret)
{
    struct dg_bytes text, lines, line;
    size_t count = 0;

    if (note.size > DG_CHECKPOINT_MAX || !note_characters_ok(note) || !note_split(note, &text, &lines) ||
        lines.size == 0)
        return DG_ERR_BAD_CHECKPOINT;

    while (lines.size > 0) {
        if (count == DG_NOTE_SIGNATURES_MAX || !dg_line_next(&lines, &line) ||
            !signature_parse(line, &ret->signature[count]))
            return DG_ERR_BAD_CHECKPOINT;
        count++;
    }
    ret->text = text;
    ret->signature_count = count;
    return DG_OK;
}

enum dg_err dg_note_find(const struct dg_note *note, const struct dg_verifier *verifier,
                         const struct dg_note_signature **ret)
{
    const struct dg_note_signature *found = NULL;
    for (size_t i = 0; i < note->signature_count; i++) {
        const struct dg_note_signature *signature = &note->signature[i];
        if (signature->key_hash != verifier->key_hash || !dg_bytes_is(signature->name, verifier->name))
            continue;
        if (found != NULL)
            return DG_ERR_BAD_CHECKPOINT;
        found = signature;
    }
    if (found == NULL)
        return DG_ERR_NOT_FOUND;
    *ret = found;
    return DG_OK;
}

void dg_note_add_signature(const struct dg_verifier *verifier, struct dg_bytes blob, struct dg_buf *out)
{
    uint8_t bytes[KEY_HASH_BYTES + DG_NOTE_BLOB_MAX];
    assert(blob.size <= DG_NOTE_BLOB_MAX);
    for (size_t i = 0; i < KEY_HASH_BYTES; i++)
        bytes[i] = (uint8_t)(verifier->key_hash >> (24 - 8 * i));
    memcpy(bytes + KEY_HASH_BYTES, blob.data, blob.size);

    dg_buf_printf(out, SIGNATURE_PREFIX "%s ", verifier->name);
    dg_base64(dg_bytes_at(bytes, KEY_HASH_BYTES + blob.size), out);
    dg_buf_add_text(out, "\n");
}
