/* correction.h - what became of a report after it was issued: superseded, asked back, or its sources changed.
 *
 * Everything as far as this node knows it. Memory: in the view's transaction.
 */
#ifndef DG_NODE_CLI_CORRECTION_H
#define DG_NODE_CLI_CORRECTION_H

#include "node/cli/view.h"
#include "proto/change.h"

/* One recipient's answer to the author's request to give the report back. */
struct dg_recall_answer {
    struct dg_bytes organ, unit;
    bool mandated; /* by a rule, as to or copy */
    uint32_t code; /* 15 or 16; 13: no answer is known */
};

struct dg_correction {
    bool superseded;
    struct dg_id superseded_by; /* the newest */
    bool asked_back;
    dg_ms asked_ms;
    struct dg_bytes note; /* of the request */
    size_t answer_count;
    struct dg_recall_answer *answer; /* one per recipient, when it was asked back */
    bool withdrawn;                  /* every mandated recipient has agreed */
    size_t change_count;
    struct dg_change *change; /* of sources, as its author's unit says */
    size_t built_count;
    struct dg_id *built; /* reports here that name it as a source */
};

/* Reads it all for an accepted report. DG_ERR_NO_MEMORY and the store's. */
enum dg_err dg_correction_of(struct dg_cli *cli, struct dg_view *view, const struct dg_held *held,
                             struct dg_correction *ret) DG_MUST_CHECK;

/* "recall-requested", "recall-agreed", "recall-refused", or null for 0, under "recall". */
void dg_json_recall_code(struct dg_json *json, uint32_t code);
/* Adds "superseded_by", "recall", "source_changes" and "consolidated_in". */
void dg_json_correction(struct dg_json *json, struct dg_arena *arena, const struct dg_correction *correction);
/* Adds "source_changes": what its author's unit says of the sources of a report. */
void dg_json_changes(struct dg_json *json, size_t count, const struct dg_change change[]);
/* Prints a line for each thing there is to know; nothing when there is nothing. */
void dg_print_correction(struct dg_cli *cli, struct dg_arena *arena, const struct dg_correction *correction);
/* An id in hex, or null. */
void dg_json_maybe_id(struct dg_json *json, const char *key, bool has, const struct dg_id *id);
/* The title, and beside it what became of the report: "superseded by …; asked back". In arena. */
const char *dg_title_corrected(struct dg_cli *cli, struct dg_arena *arena, const char *title,
                               const struct dg_correction *correction);
/* The first digits of an id, enough to find it again. In arena. */
const char *dg_id_short(struct dg_arena *arena, const struct dg_id *id);

#endif
