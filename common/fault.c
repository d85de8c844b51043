/* fault.c - faults, and the sentences made of them.
 *
 * The offending value in a fault is often a stranger's. It passes dg_text_tame on its way in, and
 * the finished sentence passes it again (a fault also arrives over the control socket), so that
 * nobody's report can steer an operator's terminal or forge a line of the log.
 */
#include "common/fault.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

/* Room for the longest template with every field full. */
enum { SENTENCE_MAX = 2048 };

/* A sentence under construction. Only what the template wrote is ever tidied: bytes before `fixed`
 * came from a value and stay as they are. */
struct sentence {
    char text[SENTENCE_MAX];
    size_t size;
    size_t fixed;
};

/* --- filling in ----------------------------------------------------------------------------- */

/* Copies text, which may lie in the same fault, into a field of size bytes. */
static void set_field(char *field, size_t size, const char *text)
{
    struct dg_bytes bytes = dg_bytes_of(text == NULL ? "" : text);
    size_t cut = dg_text_cut(bytes, size - 1);

    memmove(field, bytes.data, cut);
    field[cut] = '\0';
    dg_text_tame(field);
}

enum dg_err dg_fault(struct dg_fault *fault, enum dg_err err)
{
    if (fault != NULL)
        *fault = (struct dg_fault){.err = err};
    return err;
}

enum dg_err dg_faultf(struct dg_fault *fault, enum dg_err err, const char *format, ...)
{
    /* A few bytes more than fit, so that the cut can see whether it would split a character; and
     * apart from the fault, because an argument may be the detail of the fault itself. */
    char what[sizeof fault->what + 4];
    va_list args;

    if (fault == NULL)
        return err;
    va_start(args, format);
    int length = vsnprintf(what, sizeof what, format, args);
    va_end(args);
    dg_fault(fault, err);
    set_field(fault->what, sizeof fault->what, length < 0 ? "" : what);
    return err;
}

void dg_fault_rule(struct dg_fault *fault, const char *rule, const char *cites)
{
    if (fault == NULL)
        return;
    set_field(fault->rule, sizeof fault->rule, rule);
    set_field(fault->cites, sizeof fault->cites, cites);
}

void dg_fault_unit(struct dg_fault *fault, const char *unit)
{
    if (fault != NULL)
        set_field(fault->unit, sizeof fault->unit, unit);
}

void dg_fault_organ(struct dg_fault *fault, const char *organ)
{
    if (fault != NULL)
        set_field(fault->organ, sizeof fault->organ, organ);
}

/* --- sentences ------------------------------------------------------------------------------ */

/* The last byte if the template wrote it, otherwise NUL. */
static char last_loose(const struct sentence *s)
{
    return s->size > s->fixed ? s->text[s->size - 1] : '\0';
}

/* Takes away trailing bytes of the template that occur in set. */
static void trim(struct sentence *s, const char *set)
{
    while (last_loose(s) != '\0' && strchr(set, last_loose(s)) != NULL)
        s->size--;
}

static void put(struct sentence *s, char c)
{
    if (s->size < sizeof s->text - 1)
        s->text[s->size++] = c;
}

/* Writes a byte of the template, mending what an empty field has left: a doubled space, a space
 * before punctuation, an empty pair of brackets, punctuation with nothing before it. */
static void put_tidy(struct sentence *s, char c)
{
    if (strchr(",:;)", c) != NULL) {
        trim(s, " ");
        if (c == ')' && last_loose(s) == '(') {
            s->size--;
            trim(s, " ");
            return;
        }
        trim(s, ",:;");
    }
    bool at_start = s->size == 0;
    if (at_start && strchr(" ,:;", c) != NULL)
        return;
    if (c == ' ' && last_loose(s) == ' ')
        return;
    put(s, c);
}

/* Writes a value as it is. */
static void put_value(struct sentence *s, const char *value)
{
    if (value[0] == '\0')
        return;
    for (; *value != '\0'; value++)
        put(s, *value);
    s->fixed = s->size;
}

/* Writes a line or column number. Without one its label goes too: "line {line}: it is wrong"
 * becomes "it is wrong", "line 3, column {column}: …" becomes "line 3: …". */
static void put_number(struct sentence *s, uint32_t number)
{
    char digits[16];

    if (number > 0) {
        snprintf(digits, sizeof digits, "%lu", (unsigned long)number);
        put_value(s, digits);
        return;
    }
    trim(s, " ");
    while (last_loose(s) != '\0' && last_loose(s) != ' ')
        s->size--;
    trim(s, " ,");
}

static void put_field(struct sentence *s, const struct dg_fault *fault, struct dg_bytes name)
{
    if (dg_bytes_is(name, "rule"))
        put_value(s, fault->rule);
    else if (dg_bytes_is(name, "cites"))
        put_value(s, fault->cites);
    else if (dg_bytes_is(name, "unit"))
        put_value(s, fault->unit);
    else if (dg_bytes_is(name, "organ"))
        put_value(s, fault->organ);
    else if (dg_bytes_is(name, "what"))
        put_value(s, fault->what);
    else if (dg_bytes_is(name, "line"))
        put_number(s, fault->line);
    else if (dg_bytes_is(name, "column"))
        put_number(s, fault->column);
    else
        assert(false && "a template names an unknown field");
}

/* Fills the template in; what comes out of nothing but empty fields is the code's name. */
static void render(const struct dg_fault *fault, const char *template, char *ret, size_t size)
{
    struct sentence s = {.size = 0};

    while (*template != '\0') {
        const char *end = *template == '{' ? strchr(template, '}') : NULL;
        if (end == NULL) {
            put_tidy(&s, *template ++);
            continue;
        }
        put_field(&s, fault, dg_bytes_at(template + 1, (size_t)(end - template - 1)));
        template = end + 1;
    }
    trim(&s, " ,:;");
    if (s.size == 0)
        put_value(&s, dg_err_name(fault->err));
    s.text[s.size] = '\0';
    set_field(ret, size, s.text);
}

/* True when what is the phrase, or begins with one that ends in ": ", and what follows it is a value. */
static bool is_phrase(const char *what, const char *phrase)
{
    size_t size = strlen(phrase);
    bool opens = size > 2 && strcmp(phrase + size - 2, ": ") == 0;

    return opens ? strncmp(what, phrase, size) == 0 : strcmp(what, phrase) == 0;
}

/* Writes the detail in the reader's language, as far as it is a fixed phrase. */
static void set_detail(char *ret, size_t size, const char *language, const char *what)
{
    static const char *const phrase[][2] = {
#define X(en, vi) {en, vi},
#include "common/details.def"
#undef X
    };
    char text[SENTENCE_MAX];

    for (size_t i = 0; strcmp(language, "vi") == 0 && i < sizeof phrase / sizeof phrase[0]; i++) {
        if (!is_phrase(what, phrase[i][0]))
            continue;
        snprintf(text, sizeof text, "%s%s", phrase[i][1], what + strlen(phrase[i][0]));
        set_field(ret, size, text);
        return;
    }
    set_field(ret, size, what);
}

void dg_fault_text(const struct dg_fault *fault, const char *language, char *ret, size_t size)
{
    struct dg_fault shown = *fault;

    set_detail(shown.what, sizeof shown.what, language, fault->what);
    if (size > 0)
        render(&shown, dg_err_text(fault->err, language), ret, size);
}

void dg_fault_remedy(const struct dg_fault *fault, const char *language, char *ret, size_t size)
{
    if (size > 0)
        render(fault, dg_err_remedy(fault->err, language), ret, size);
}
