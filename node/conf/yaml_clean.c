/* yaml_clean.c - lines that are no clean text: bytes that are no UTF-8, controls, what is invisible.
 *
 * Each such line is told. The rest of the file, and the rest of the line, is looked at all the same, with a
 * '?' for what is not clean, so that its other mistakes are told in the same run.
 */
#include "node/conf/yaml_tree.h"

#include <string.h>

#include "common/line.h"
#include "common/text.h"

enum { INSTEAD = '_' }; /* means nothing in YAML */

struct cleaning {
    struct dg_arena *arena;
    enum dg_err err; /* of every fault */
    struct dg_fault_list *faults;
    struct dg_buf out;
};

/* Its blanks as they stand, so that what it is indented with still counts; "_" when even that does not help.
 */
static void add_tamed(struct cleaning *c, struct dg_bytes line)
{
    size_t blank = strspn(dg_arena_string(c->arena, line), " \t");
    struct dg_bytes copy = dg_arena_copy(c->arena, dg_bytes_at(line.data + blank, line.size - blank)), clean;
    char *text = (char *)(uintptr_t)copy.data;

    if (text == NULL)
        return;
    for (size_t i = 0; i < copy.size; i++)
        text[i] = text[i] == '\0' ? INSTEAD : text[i];
    dg_text_tame_with(text, INSTEAD);
    dg_buf_add(&c->out, line.data, blank);
    if (dg_text_enter(c->arena, dg_bytes_of(text), DG_TEXT_LINES, &clean, NULL) == DG_OK)
        dg_buf_add_bytes(&c->out, clean);
    else
        dg_buf_add_u8(&c->out, INSTEAD);
}

static void add_line(struct cleaning *c, struct dg_bytes line, uint32_t number)
{
    struct dg_fault flaw = {0};
    struct dg_bytes clean;

    enum dg_err err = dg_text_enter(c->arena, line, DG_TEXT_LINES, &clean, &flaw);
    if (err == DG_OK)
        dg_buf_add_bytes(&c->out, clean);
    if (err != DG_ERR_BAD_TEXT)
        return;
    flaw.what[strcspn(flaw.what, " ")] = '\0'; /* its own place, counted in this line alone */
    dg_fault_list_add(c->faults, c->err, number, flaw.column, "not clean UTF-8 text: %s", flaw.what);
    add_tamed(c, line);
}

static void add_lines(struct cleaning *c, struct dg_bytes text)
{
    struct dg_bytes rest = text, line;
    uint32_t number = 0;

    for (bool more = true; more;) {
        number++;
        more = dg_line_next(&rest, &line);
        if (!more)
            line = rest;
        if (more && line.size > 0 && line.data[line.size - 1] == '\r')
            line.size--;
        add_line(c, line, number);
        if (more)
            dg_buf_add_text(&c->out, "\n");
    }
}

struct dg_bytes dg_yaml_clean(struct dg_arena *arena, struct dg_bytes text, enum dg_err err,
                              struct dg_fault_list *faults)
{
    struct cleaning c = {.arena = arena, .err = err, .faults = faults};
    struct dg_bytes clean = {0};
    struct dg_fault flaw = {0};

    enum dg_err found = dg_text_enter(arena, text, DG_TEXT_LINES, &clean, &flaw);
    if (found != DG_ERR_BAD_TEXT)
        return clean;
    dg_buf_init(&c.out, 4 * text.size + 1); /* NFC makes no text larger than thrice its size */
    add_lines(&c, text);
    if (faults->count == 0)
        dg_fault_list_add(faults, err, flaw.line, flaw.column, "not clean UTF-8 text: %s", flaw.what);
    if (c.out.err == DG_OK)
        clean = dg_arena_copy(arena, dg_buf_bytes(&c.out));
    dg_buf_done(&c.out);
    return clean;
}
