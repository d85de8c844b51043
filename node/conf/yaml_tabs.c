/* yaml_tabs.c - lines that are indented with tabs, which YAML does not allow.
 *
 * libyaml stops at the first of them. A person who has written one has mostly written many, and other
 * mistakes besides: so all are told, and the rest of the file is read as if they were spaces.
 */
#include "node/conf/yaml_tree.h"

#include <string.h>

#include "common/line.h"

/* How much of the line is blank before its first character. */
static size_t blank(struct dg_bytes line)
{
    size_t size = 0;

    while (size < line.size && (line.data[size] == ' ' || line.data[size] == '\t'))
        size++;
    return size;
}

/* Adds the line with two spaces for every tab that it is indented with. False when there is none. */
static bool add_line(struct dg_buf *out, struct dg_bytes line)
{
    size_t size = blank(line);
    bool has_tab = size > 0 && memchr(line.data, '\t', size) != NULL;

    for (size_t i = 0; i < size; i++)
        dg_buf_add_text(out, line.data[i] == '\t' ? "  " : " ");
    dg_buf_add(out, line.data + size, line.size - size);
    return has_tab && size < line.size;
}

struct dg_bytes dg_yaml_untab(struct dg_arena *arena, struct dg_bytes text, enum dg_err err,
                              struct dg_fault_list *faults)
{
    struct dg_bytes rest = text, line;
    struct dg_buf out;
    uint32_t number = 0;

    if (text.size == 0 || memchr(text.data, '\t', text.size) == NULL)
        return text;
    dg_buf_init(&out, 2 * text.size + 1);
    for (bool more = true; more;) {
        number++;
        more = dg_line_next(&rest, &line);
        if (!more)
            line = rest;
        if (line.size > 0 && add_line(&out, line))
            dg_fault_list_add(faults, err, number, 1, "the line begins with a tab: indent it with spaces");
        if (more)
            dg_buf_add_text(&out, "\n");
    }
    struct dg_bytes clean = dg_arena_copy(arena, dg_buf_bytes(&out));
    dg_buf_done(&out);
    return clean.data != NULL ? clean : text;
}
