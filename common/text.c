/* text.c - clean UTF-8 in NFC, and the names built from it. */
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "common/limits.h"

enum {
    /* UAX #15, Stream-Safe Text Format: no writing system needs more marks on one letter, and
     * sorting a longer run costs the square of its length, which a stranger could make us pay. */
    MARKS_MAX = 30,
    WORD_MAX = DG_SLUG_MAX,
};

static const struct dg_bytes bom = {(const uint8_t *)"\xEF\xBB\xBF", 3};

/* Decodes the character at offset `at` (< text.size). Returns its size, 0 if it is malformed. */
static size_t decode(struct dg_bytes text, size_t at, utf8proc_int32_t *ret)
{
    utf8proc_ssize_t size = utf8proc_iterate(text.data + at, (utf8proc_ssize_t)(text.size - at), ret);
    return size > 0 ? (size_t)size : 0;
}

/* The category Cc holds the C0 and C1 controls and DEL; Cf the bidirectional controls, the
 * zero-width ones, the soft hyphen, the byte order mark and the tags; Zl and Zp are U+2028 and
 * U+2029, which some programs take for a new line and others do not. */
static bool is_forbidden(utf8proc_int32_t c, enum dg_text_kind kind)
{
    if (c == '\n' || c == '\t')
        return kind != DG_TEXT_LINES;
    if (c < 0x7f)
        return c < 0x20;
    if ((c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef))
        return true; /* noncharacters */
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
           category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

static bool is_mark(utf8proc_int32_t c)
{
    return c >= 0x300 && utf8proc_get_property(c)->combining_class != 0;
}

/* The offset of the first character that is not clean, text.size when all are. */
static size_t clean_size(struct dg_bytes text, enum dg_text_kind kind)
{
    unsigned marks = 0;
    size_t at = 0;

    while (at < text.size) {
        utf8proc_int32_t c;
        size_t size = decode(text, at, &c);
        if (size == 0 || is_forbidden(c, kind))
            break;
        marks = is_mark(c) ? marks + 1 : 0;
        if (marks > MARKS_MAX)
            break;
        at += size;
    }
    return at;
}

static bool is_ascii(struct dg_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] >= 0x80)
            return false;
    }
    return true;
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* How far into a character is_plain has come. Each state is the place of its six bits in a row of
 * plain_row; BAD is place 0, whose bits lead back to it from everywhere. */
enum plain_state {
    BAD = 0,
    START = 6,     /* between two characters */
    LAST = 12,     /* one byte of 0x80 to 0xBF is missing */
    AFTER_C2 = 18, /* U+00A0 to U+00BF, without the soft hyphen */
    AFTER_E1 = 24, /* U+1E80 to U+1EFF */
    AFTER_E2 = 30, /* the dashes, quotes and dots from U+2010 to U+2027 */
    AFTER_E280 = 36,
};

#define GO(from, good, to) ((uint64_t)((good) ? (to) : BAD) << (from))
#define WITHIN(byte, first, last) ((byte) >= (first) && (byte) <= (last))
#define ROW(byte)                                                                                            \
    (GO(START, WITHIN(byte, 0x20, 0x7e) || (byte) == '\n' || (byte) == '\t', START) |                        \
     GO(START, (byte) == 0xc2, AFTER_C2) | GO(START, WITHIN(byte, 0xc3, 0xcb), LAST) |                       \
     GO(START, (byte) == 0xe1, AFTER_E1) | GO(START, (byte) == 0xe2, AFTER_E2) |                             \
     GO(LAST, WITHIN(byte, 0x80, 0xbf), START) |                                                             \
     GO(AFTER_C2, WITHIN(byte, 0xa0, 0xbf) && (byte) != 0xad, START) |                                       \
     GO(AFTER_E1, WITHIN(byte, 0xba, 0xbb), LAST) | GO(AFTER_E2, (byte) == 0x80, AFTER_E280) |               \
     GO(AFTER_E280, WITHIN(byte, 0x90, 0xa7), START))
#define ROWS4(byte) ROW(byte), ROW((byte) + 1), ROW((byte) + 2), ROW((byte) + 3)
#define ROWS16(byte) ROWS4(byte), ROWS4((byte) + 4), ROWS4((byte) + 8), ROWS4((byte) + 12)
#define ROWS64(byte) ROWS16(byte), ROWS16((byte) + 16), ROWS16((byte) + 32), ROWS16((byte) + 48)

/* For each byte, the state that follows on each state. */
static const uint64_t plain_row[256] = {ROWS64(0), ROWS64(64), ROWS64(128), ROWS64(192)};

/* True for text of plain characters only, as nearly all Vietnamese text is: clean, no mark, and its own
 * NFC whatever stands around it. Every hop checks every report, and utf8proc needs longer for that than
 * libsodium for the signature. The loop has no branch to mispredict: one shift for each byte. */
static bool is_plain(struct dg_bytes text, enum dg_text_kind kind)
{
    uint64_t state = START;

    for (size_t i = 0; i < text.size; i++)
        state = plain_row[text.data[i]] >> (state & 63);
    if ((state & 63) != START)
        return false;
    return kind == DG_TEXT_LINES || text.size == 0 ||
           (memchr(text.data, '\n', text.size) == NULL && memchr(text.data, '\t', text.size) == NULL);
}

/* --- refusing ------------------------------------------------------------------------------- */

/* Fills fault in with the flaw and, where there are lines, its place: lines and characters from 1.
 * Everything before offset `at` is well-formed. */
static enum dg_err refuse(struct dg_fault *fault, struct dg_bytes text, enum dg_text_kind kind, size_t at,
                          const char *flaw)
{
    uint32_t line = 1, column = 1;

    if (kind == DG_TEXT_LINE)
        return dg_faultf(fault, DG_ERR_BAD_TEXT, "%s", flaw);
    for (size_t i = 0; i < at; i++) {
        if (text.data[i] == '\n') {
            line++;
            column = 1;
        } else if (!is_continuation(text.data[i])) {
            column++;
        }
    }
    dg_faultf(fault, DG_ERR_BAD_TEXT, "%s (%u:%u)", flaw, line, column);
    if (fault != NULL) {
        fault->line = line;
        fault->column = column;
    }
    return DG_ERR_BAD_TEXT;
}

/* Checks everything but NFC. */
static enum dg_err check_clean(struct dg_bytes text, enum dg_text_kind kind, struct dg_fault *fault)
{
    char flaw[32];
    utf8proc_int32_t c;
    size_t at = clean_size(text, kind);

    if (at == text.size)
        return DG_OK;
    if (decode(text, at, &c) == 0)
        snprintf(flaw, sizeof flaw, "0x%02X", (unsigned)text.data[at]);
    else if (is_forbidden(c, kind))
        snprintf(flaw, sizeof flaw, "U+%04X", (unsigned)c);
    else
        snprintf(flaw, sizeof flaw, "U+%04X > %d", (unsigned)c, MARKS_MAX);
    return refuse(fault, text, kind, at, flaw);
}

/* --- normal form ---------------------------------------------------------------------------- */

/* Normalises clean text to NFC. What it returns is the caller's to free. */
static enum dg_err normalise(struct dg_bytes text, uint8_t **ret_data, size_t *ret_size)
{
    utf8proc_uint8_t *data = NULL;
    utf8proc_ssize_t size = utf8proc_map(text.data, (utf8proc_ssize_t)text.size, &data,
                                         (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (size < 0)
        return size == UTF8PROC_ERROR_NOMEM ? DG_ERR_NO_MEMORY : DG_ERR_BAD_TEXT;
    *ret_data = data;
    *ret_size = (size_t)size;
    return DG_OK;
}

/* The start of the first character in which two texts differ, a.size if a and b are the same. */
static size_t first_difference(struct dg_bytes a, struct dg_bytes b)
{
    size_t at = 0;

    while (at < a.size && at < b.size && a.data[at] == b.data[at])
        at++;
    if (at == a.size && a.size == b.size)
        return at;
    while (at > 0 && (at == a.size || is_continuation(a.data[at])))
        at--;
    return at;
}

enum dg_err dg_text_check(struct dg_bytes text, enum dg_text_kind kind, struct dg_fault *fault)
{
    uint8_t *data;
    size_t size;

    if (is_plain(text, kind))
        return DG_OK;
    enum dg_err err = check_clean(text, kind, fault);
    if (err != DG_OK || is_ascii(text))
        return err;
    err = normalise(text, &data, &size);
    if (err != DG_OK)
        return dg_fault(fault, err);
    size_t at = first_difference(text, dg_bytes_at(data, size));
    free(data);
    return at == text.size ? DG_OK : refuse(fault, text, kind, at, "not NFC");
}

/* Copies input into arena as lines: without the one BOM that Windows editors put first, and with LF
 * for CRLF. A CR on its own stays, and is refused later. */
static struct dg_bytes enter_lines(struct dg_arena *arena, struct dg_bytes input)
{
    size_t start = input.size >= bom.size && memcmp(input.data, bom.data, bom.size) == 0 ? bom.size : 0;
    uint8_t *copy = dg_arena_alloc(arena, input.size - start);
    size_t size = 0;

    if (copy == NULL)
        return (struct dg_bytes){0};
    for (size_t i = start; i < input.size; i++) {
        bool is_crlf = input.data[i] == '\r' && i + 1 < input.size && input.data[i + 1] == '\n';
        if (!is_crlf)
            copy[size++] = input.data[i];
    }
    return dg_bytes_at(copy, size);
}

enum dg_err dg_text_enter(struct dg_arena *arena, struct dg_bytes input, enum dg_text_kind kind,
                          struct dg_bytes *ret, struct dg_fault *fault)
{
    uint8_t *data;
    size_t size;

    struct dg_bytes text = kind == DG_TEXT_LINES ? enter_lines(arena, input) : dg_arena_copy(arena, input);
    if (text.data == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    enum dg_err err = check_clean(text, kind, fault);
    if (err != DG_OK)
        return err;
    if (is_ascii(text)) {
        *ret = text;
        return DG_OK;
    }
    err = normalise(text, &data, &size);
    if (err != DG_OK)
        return dg_fault(fault, err);
    text = dg_arena_copy(arena, dg_bytes_at(data, size));
    free(data);
    if (text.data == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    /* A few marks normalise to two, so a run that was short enough may have grown too long. */
    err = check_clean(text, kind, fault);
    if (err == DG_OK)
        *ret = text;
    return err;
}

void dg_text_tame(char *text)
{
    dg_text_tame_with(text, '?');
}

void dg_text_tame_with(char *text, char instead)
{
    struct dg_bytes bytes = dg_bytes_of(text);
    size_t size = 0;

    for (size_t at = 0; at < bytes.size;) {
        utf8proc_int32_t c;
        size_t step = decode(bytes, at, &c);
        if (step == 0 || is_forbidden(c, DG_TEXT_LINE)) {
            text[size++] = instead;
            at += step == 0 ? 1 : step;
            continue;
        }
        memmove(text + size, text + at, step);
        size += step;
        at += step;
    }
    text[size] = '\0';
}

/* --- showing and searching ------------------------------------------------------------------ */

size_t dg_text_width(struct dg_bytes text)
{
    size_t width = 0, step;

    for (size_t at = 0; at < text.size; at += step) {
        utf8proc_int32_t c;
        step = decode(text, at, &c);
        if (step == 0)
            return 0;
        width += (size_t)utf8proc_charwidth(c);
    }
    return width;
}

size_t dg_text_cut(struct dg_bytes text, size_t max)
{
    if (max >= text.size)
        return text.size;
    /* No character has more than three continuation bytes; more of them are not text at all. */
    for (size_t back = 0; back <= 3 && back <= max; back++) {
        if (!is_continuation(text.data[max - back]))
            return max - back;
    }
    return max;
}

/* đ is a letter of its own, not a d with a mark, but people search for it without its stroke. */
static utf8proc_int32_t fold_stroke(utf8proc_int32_t c, void *ctx)
{
    (void)ctx;
    return c == 0x110 || c == 0x111 ? 'd' : c;
}

const char *dg_text_fold(struct dg_arena *arena, struct dg_bytes text)
{
    utf8proc_uint8_t *data = NULL;
    int options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK;

    /* utf8proc costs the square of a run of marks, so only clean text gets there. */
    if (clean_size(text, DG_TEXT_LINES) != text.size)
        return "";
    utf8proc_ssize_t size = utf8proc_map_custom(text.data, (utf8proc_ssize_t)text.size, &data,
                                                (utf8proc_option_t)options, fold_stroke, NULL);
    if (size < 0)
        return "";
    const char *folded = dg_arena_string(arena, dg_bytes_at(data, (size_t)size));
    free(data);
    return folded;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

unsigned dg_text_distance(const char *a, const char *b)
{
    size_t a_size = strlen(a), b_size = strlen(b);
    unsigned row[WORD_MAX + 1]; /* distances from the part of a seen so far to each prefix of b */

    if (a_size > WORD_MAX || b_size > WORD_MAX)
        return strcmp(a, b) == 0 ? 0 : 255;
    for (size_t j = 0; j <= b_size; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            unsigned above = row[j];
            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_size];
}

/* --- names ---------------------------------------------------------------------------------- */

static bool is_alnum(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

bool dg_slug_ok(struct dg_bytes slug)
{
    if (slug.size == 0 || slug.size > DG_SLUG_MAX)
        return false;
    for (size_t i = 0; i < slug.size; i++) {
        if (!is_alnum(slug.data[i]) && slug.data[i] != '-')
            return false;
    }
    return is_alnum(slug.data[0]) && is_alnum(slug.data[slug.size - 1]);
}

bool dg_federation_ok(struct dg_bytes name)
{
    if (name.size == 0 || name.size > DG_FEDERATION_MAX)
        return false;
    for (;;) {
        const uint8_t *dot = memchr(name.data, '.', name.size);
        if (dot == NULL)
            return dg_slug_ok(name);
        size_t label = (size_t)(dot - name.data);
        if (!dg_slug_ok(dg_bytes_at(name.data, label)) || label + 1 == name.size)
            return false;
        name = dg_bytes_at(dot + 1, name.size - label - 1);
    }
}

bool dg_address_split(struct dg_bytes address, struct dg_bytes *ret_organ, struct dg_bytes *ret_unit)
{
    const uint8_t *at = address.size == 0 ? NULL : memchr(address.data, '@', address.size);

    if (at == NULL)
        return false;
    size_t size = (size_t)(at - address.data);
    struct dg_bytes organ = dg_bytes_at(address.data, size);
    struct dg_bytes unit = dg_bytes_at(at + 1, address.size - size - 1);
    if (!dg_slug_ok(organ) || !dg_slug_ok(unit))
        return false;
    *ret_organ = organ;
    *ret_unit = unit;
    return true;
}
