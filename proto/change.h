/* change.h - what the note of a state 20 says: how a source of a consolidated report has changed.
 *
 * One line of text: `<id> recalled`, `<id> superseded <id>`, or `<id> changed` for a source whose own sources
 * have. Ids are 64 hex digits.
 */
#ifndef DG_PROTO_CHANGE_H
#define DG_PROTO_CHANGE_H

#include "common/bytes.h"
#include "common/id.h"

enum dg_change_how { DG_CHANGE_RECALLED = 1, DG_CHANGE_SUPERSEDED, DG_CHANGE_SOURCES };

struct dg_change {
    struct dg_id source;
    enum dg_change_how how;
    struct dg_id by; /* superseded: the correction */
};

/* "recalled", "superseded", "changed". */
const char *dg_change_name(enum dg_change_how how);
/* Writes the note. Sticky errors of out. */
void dg_change_write(const struct dg_change *change, struct dg_buf *out);
/* Reads exactly such a note; ret is written only then. */
bool dg_change_parse(struct dg_bytes note, struct dg_change *ret);

#endif
