/* duty_list.h - duties as the reading verbs see them: who owes what, and how each stands today.
 *
 * Memory:  everything lives in cli->arena.
 */
#ifndef DG_NODE_CLI_DUTY_LIST_H
#define DG_NODE_CLI_DUTY_LIST_H

#include "node/cli/view.h"
#include "node/core/issued.h"

/* What an organ has issued about a duty: a reminder, or a finding. */
struct dg_duty_word {
    bool is_reminder;
    struct dg_issuer issuer;
    uint32_t count; /* reminder: the n-th */
    bool escalated;
    enum dg_finding finding;
    struct dg_day until; /* extended */
    uint32_t days;       /* late: by so many */
    struct dg_bytes note;
};

/* How one duty stands. */
struct dg_duty_row {
    struct dg_duty duty;
    struct dg_duty_facts facts;
    enum dg_duty_state state;
    bool unseen; /* its report would not come to this node: nobody here can tell */
    uint32_t days_late;
    struct dg_day last; /* the last day that counts */
    bool has_report;
    struct dg_id report;    /* the first that came */
    uint32_t reminders;     /* known here */
    bool escalated;         /* one of them was told to the level above its issuer, which the root has not */
    dg_ms last_reminder_ms; /* 0: none */
    uint32_t findings;
    size_t word_count; /* reminders, then findings, each by issuer and number */
    const struct dg_duty_word *word;
};

struct dg_duty_list {
    struct dg_directory directory;
    const struct dg_dir_unit *self;
    size_t calendar_count;
    struct dg_held_calendar *calendar;
    size_t count, capacity;
    struct dg_duty *duty;
};

/* Lists the duties that match filter: with below those of this unit and all under it, else those of the unit
 * that filter names. DG_ERR_NO_MEMORY and the store's. */
enum dg_err dg_duty_list(struct dg_cli *cli, struct dg_view *view, const struct dg_duty_filter *filter,
                         bool below, struct dg_duty_list *ret) DG_MUST_CHECK;
/* Looks one of them up as it stands on a day. Its words live in the view's transaction. */
void dg_duty_row_read(struct dg_view *view, const struct dg_duty_list *list, const struct dg_duty *duty,
                      struct dg_day today, struct dg_duty_row *ret);
/* The state in the language and colours of the call. In cli->arena, or a literal. */
const char *dg_duty_shown(struct dg_cli *cli, enum dg_duty_state state, uint32_t days_late);

/* What a word says, as "reminded, no. 2", in the language of the call. In cli->arena. */
const char *dg_duty_word_shown(struct dg_cli *cli, const struct dg_duty_word *word);
/* "reminder", or the name of the finding. */
const char *dg_duty_word_name(const struct dg_duty_word *word);

#endif
