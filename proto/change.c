/* change.c - how a source has changed, as one line of text. */
#include "proto/change.h"

#include "common/line.h"

static const char *const names[] = {[DG_CHANGE_RECALLED] = "recalled",
                                    [DG_CHANGE_SUPERSEDED] = "superseded",
                                    [DG_CHANGE_SOURCES] = "changed"};

const char *dg_change_name(enum dg_change_how how)
{
    return names[how];
}

void dg_change_write(const struct dg_change *change, struct dg_buf *out)
{
    char hex[DG_HEX_BYTES];

    dg_hex(change->source.b, sizeof change->source.b, hex);
    dg_buf_printf(out, "%s %s", hex, names[change->how]);
    if (change->how != DG_CHANGE_SUPERSEDED)
        return;
    dg_hex(change->by.b, sizeof change->by.b, hex);
    dg_buf_printf(out, " %s", hex);
}

static bool take_id(struct dg_bytes *text, struct dg_id *ret)
{
    enum { DIGITS = 2 * DG_HASH_BYTES };

    if (text->size < DIGITS || !dg_unhex(dg_bytes_at(text->data, DIGITS), ret->b, sizeof ret->b))
        return false;
    *text = dg_bytes_at(text->data + DIGITS, text->size - DIGITS);
    return true;
}

bool dg_change_parse(struct dg_bytes note, struct dg_change *ret)
{
    struct dg_change change = {.how = DG_CHANGE_RECALLED};

    if (!take_id(&note, &change.source) || !dg_line_skip(&note, " "))
        return false;
    while (change.how <= DG_CHANGE_SOURCES && !dg_line_skip(&note, names[change.how]))
        change.how++;
    if (change.how > DG_CHANGE_SOURCES)
        return false;
    if (change.how == DG_CHANGE_SUPERSEDED && (!dg_line_skip(&note, " ") || !take_id(&note, &change.by)))
        return false;
    if (note.size > 0)
        return false;
    *ret = change;
    return true;
}
