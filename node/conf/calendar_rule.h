/* calendar_rule.h - from the rules of a calendar file to dates, level by level. Used by calendar_file.c.
 *
 * A cell is the date of one rule and period at one level. Cells are made rule by rule (calendar_rule.c, and
 * calendar_due.c for the due days, calendar_force.c for what the regimes say), then put in order and drawn
 * together into entries (calendar_cells.c).
 */
#ifndef DG_NODE_CONF_CALENDAR_RULE_H
#define DG_NODE_CONF_CALENDAR_RULE_H

#include "node/conf/calendar_days.h"
#include "node/conf/calendar_file.h"
#include "node/conf/yaml_field.h"

/* The levels in the order of their names, which is that of an entry's levels. */
extern const char *const dg_levels_sorted[DG_LEVEL_COUNT];

struct dg_cell {
    struct dg_bytes rule, period_text;
    struct dg_period period;
    size_t level; /* in dg_levels_sorted */
    struct dg_day first, cutoff, due;
    bool replace;                /* a longer period that ends with it takes its place */
    struct dg_bytes replaced_by; /* found by dg_cells_draw */
    const struct dg_yaml *at;    /* the rule of the file */
};

/* A calendar while it is read. */
struct dg_calendar_draft {
    struct dg_fields *fields;
    const struct dg_rules_in_force *rules; /* NULL: not known */
    struct dg_day from, until;
    bool placeless; /* from or until is a mistake: they are a year like any other, and of no day can be said that
                     * it lies outside them */
    struct dg_days days;
    int32_t window; /* as for dg_window_of */
    enum dg_day_off day_off;
    bool replace;
    size_t cell_count, cell_room;
    struct dg_cell *cell;
};

/* When something is due. */
struct dg_due {
    enum dg_due_how {
        DG_DUE_NONE,
        DG_DUE_DAY,     /* that day of the period's last month */
        DG_DUE_NEXT,    /* of the month after */
        DG_DUE_END,     /* the last day of the period's last month */
        DG_DUE_WORKING, /* so many working days after the cut-off */
        DG_DUE_DATE,
    } how;
    int32_t n;
    struct dg_day date;
    const struct dg_yaml *at;
    bool *told; /* a mistake of it was told already; all levels that it is for share it */
};

/* By level; those that are not meant have DG_DUE_NONE. */
struct dg_dues {
    struct dg_due level[DG_LEVEL_COUNT];
};

/* Reads a day that exists, nothing when node is NULL. */
bool dg_calendar_day(struct dg_fields *fields, const struct dg_yaml *node, struct dg_day *ret);
/* Reads yes or no; ret is left alone when node is NULL. */
void dg_calendar_yes(struct dg_fields *fields, const struct dg_yaml *node, bool *ret);
/* Reads a number from least to most. */
bool dg_calendar_number(struct dg_fields *fields, const struct dg_yaml *node, uint32_t least, uint32_t most,
                        uint32_t *ret);
/* Stands for a window that is missing or a mistake: the one that is cut off first, so that of no due day is said
 * that it lies before a cut-off nobody has written. */
enum { DG_WINDOW_ANY = 2 };
/* Reads `calendar` or two days that follow one another, 15-14; ret is left alone when node is NULL. */
void dg_calendar_window(struct dg_fields *fields, const struct dg_yaml *node, int32_t *ret);
/* Reads a due day for the levels named, or a map with one for each of its levels. */
void dg_dues_read(struct dg_fields *fields, const struct dg_yaml *node, const struct dg_slugs *levels,
                  struct dg_dues *ret);
/* Reads what becomes of a due day on a day off; ret is left alone when node is NULL. */
void dg_calendar_day_off(struct dg_fields *fields, const struct dg_yaml *node, enum dg_day_off *ret);
enum dg_due_found {
    DG_DUE_GOOD,
    DG_DUE_OUTSIDE, /* not within the calendar, whatever else is wrong with it */
    DG_DUE_WRONG,   /* there is no such day, or it lies before the cut-off: that was told */
};
/* The due day of a period; ret is set when it is good. */
enum dg_due_found dg_due_day(const struct dg_calendar_draft *draft, const struct dg_due *due,
                             enum dg_day_off how, const struct dg_period *period, struct dg_day cutoff,
                             struct dg_day *ret);

/* True when some regime has a rule of that id. */
bool dg_rule_known(const struct dg_rules_in_force *rules, struct dg_bytes id);
/* Complains that word is no rule's id, and names the nearest that is. */
void dg_rule_unknown(struct dg_fields *fields, const struct dg_rules_in_force *rules,
                     const struct dg_yaml *word);
enum dg_rule_standing {
    DG_RULE_IN_FORCE,     /* and about such periods */
    DG_RULE_NOT_IN_FORCE, /* on that day */
    DG_RULE_NOT_ASKED,    /* for such a period, on any day */
};
/* What the regimes say of a rule that is known, about a period with that cut-off day. */
enum dg_rule_standing dg_rule_standing(const struct dg_rules_in_force *rules, struct dg_bytes id,
                                       const struct dg_period *period, struct dg_day day);

/* Reads the list of rules into cells. */
void dg_calendar_rules(struct dg_calendar_draft *draft, const struct dg_yaml *list);
/* Complains about cells that are there twice, and draws the rest together into the entries of ret. */
void dg_cells_draw(struct dg_calendar_draft *draft, struct dg_calendar *ret);

#endif
