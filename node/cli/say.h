/* say.h - what a person reads: sentences in two languages, colours, complaints, questions.
 *
 * Every sentence stands in messages.def, errors in common/errors.def.
 */
#ifndef DG_NODE_CLI_SAY_H
#define DG_NODE_CLI_SAY_H

#include "node/cli/cli.h"

enum dg_msg {
#define X(id, en, vi) DG_MSG_##id,
#include "node/cli/messages.def"
#undef X
    DG_MSG_COUNT
};

/* The words that fill {1}, {2}, … of a message. */
#define DG_WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* True when the call speaks Vietnamese; 0 and 1 index pairs of texts. */
int dg_is_vietnamese(const struct dg_cli *cli);
/* A message that has no words to fill in. */
const char *dg_msg(const struct dg_cli *cli, enum dg_msg id);
/* A message with its words filled in; words ends with NULL, or is NULL. In arena. */
const char *dg_phrase(struct dg_cli *cli, enum dg_msg id, const char *const words[]);
/* Prints it as a line. */
void dg_say(struct dg_cli *cli, FILE *to, enum dg_msg id, const char *const words[]);

/* Names that are shown: of the ways to receive a report, and of states. */
const char *dg_as_shown(const struct dg_cli *cli, unsigned as);
/* The state's name in the language of the call, "?" for an unknown code. A literal. */
const char *dg_state_shown(const struct dg_cli *cli, uint32_t code);
/* Writes an instant in Vietnamese time, to the second; "-" for 0. */
enum { DG_LOCAL_TEXT = 20 };
/* Writes YYYY-MM-DD hh:mm:ss. */
void dg_local_text(dg_ms at, char ret[static DG_LOCAL_TEXT]);
/* A copy fit for the screen, whatever a stranger wrote. In arena. */
const char *dg_shown(struct dg_arena *arena, struct dg_bytes text);

enum dg_paint { DG_PAINT_GOOD, DG_PAINT_WARN, DG_PAINT_BAD };
/* Text in a colour, or as it is when there is no colour. In arena. */
const char *dg_paint(struct dg_cli *cli, enum dg_paint paint, const char *text);
/* Decides about colour from --color, NO_COLOR and the terminal. DG_ERR_BAD_VALUE. */
enum dg_err dg_colour_choose(struct dg_cli *cli) DG_MUST_CHECK;

/* Prints an error, or a warning, on cli->err: what is wrong, and what to do. */
void dg_complain(struct dg_cli *cli, const struct dg_fault *fault);
/* The same under the heading of a warning. */
void dg_warn(struct dg_cli *cli, const struct dg_fault *fault);
/* Asks yes or no on the terminal. True at once with -y; false without a terminal. */
bool dg_confirm(struct dg_cli *cli, enum dg_msg id, const char *const words[]);

#endif
