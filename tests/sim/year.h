/* year.h - a year of a province, planned before it is lived: the plan is the independent count.
 *
 * One province, three districts, a bloc and twelve communes, with all their organs. The plan says who owes
 * what until when, and who will report in time, late or never; it is drawn from the seed and uses nothing of
 * the core. Then the nodes live the year day by day, and at its end every node's own account is compared:
 *
 *   Y1  the duties that a unit watches, their days and their states are those of the plan, no more, no fewer
 *   Y2  each was reminded of on the days that its calendar sets, and escalated from the number it sets
 *   Y3  a certificate says missing or late as the plan has it, by as many days, with as many reminders; of
 *       what came in time there is none
 *   Y4  at the province a district's report leads to exactly the communes' reports that it was made of
 *   Y5  every node's evaluation of the year counts, per unit, organ, rule and period and together, what a
 * count of the plan gives: at the unit that received the reports, and at the one that owed them, by its
 * receipts
 *
 * In June the province issues its calendar anew: later days, other reminders, nothing for August. In July one
 * district goes over to a regime of its own, which binds its organs and its communes by other rules; what
 * they still owe for earlier periods they then report by the new rules, and it counts. In September the
 * province asks for August after all, by days that are over: who then reports on the day of asking is in
 * time. In October it issues the rest of the year once more, after some of its days, and changes nothing.
 */
#ifndef DG_TESTS_SIM_YEAR_H
#define DG_TESTS_SIM_YEAR_H

#include "tests/sim/run.h"

enum { SIM_OWED_MAX = 512, SIM_MADE_OF_MAX = 12, SIM_YEAR = 2027 };
/* Places of the tree that the plan names: the district that changes its regime, a commune that falls silent,
 * the bloc, and the first commune. */
enum { SIM_CHANGING = 2, SIM_SILENT = 9, SIM_BLOC = 4, SIM_FIRST_COMMUNE = 5 };

/* How a calendar chases what is late. */
struct sim_chase {
    int32_t after, every;
    uint32_t escalate;
};

/* One report that is owed, and what becomes of it. */
struct sim_owed {
    int node;   /* whose organ owes it */
    int keeper; /* whose directing organ watches it */
    const char *organ, *rule;
    char period[8];
    struct dg_day due, last; /* the last day in time is later where it was asked for too late */
    const struct sim_chase *chase;
    bool comes;
    struct dg_day comes_on;
    bool accepted; /* the node has taken it */
    struct dg_id id;
    size_t source_count; /* a district's: the communes' reports that it is made of */
    struct dg_id source[SIM_MADE_OF_MAX];
    bool certify; /* at the end somebody asks for a certificate about it */
    enum dg_err certified;
};

struct sim_year {
    struct sim_world *world;
    size_t count;
    struct sim_owed owed[SIM_OWED_MAX];
};

/* ---- year_plan.c ---- */
/* The day of that year; the month may be 1 to 12. */
struct dg_day sim_year_day(int month, int day);
/* Draws the plan from the world's choice. */
void sim_year_plan(struct sim_year *year);
/* The serial, from 0, that the province issues on a day; -1: none. */
int sim_year_issued_on(struct dg_day day);
/* The calendar of that serial, as a body to be issued by the province. Appended to draft. */
void sim_year_calendar(struct sim_world *world, int serial, struct dg_buf *draft);
/* How many reminders there are by the plan up to today, and the day of number n, from 0. */
uint32_t sim_year_reminders(const struct sim_owed *owed, struct dg_day today);
struct dg_day sim_year_reminded_on(const struct sim_owed *owed, uint32_t n);

/* ---- year_check.c ---- */
/* Breaks a law where a node's account is not that of the plan. */
void sim_year_check(struct sim_year *year, struct dg_day today);

/* ---- year_evaluate.c ---- */
struct dg_directory;
struct dg_dir_unit;
/* Breaks Y5 where a node's evaluation is not the count of the plan. */
void sim_year_evaluate(struct sim_year *year, const struct sim_node *node, struct dg_txn *txn,
                       const struct dg_directory *directory, const struct dg_dir_unit *self);

/* ---- year.c ---- */
/* Lives the year of a seed and checks it. trace and tail as for sim_run. */
void sim_year_run(uint64_t seed, bool trace, bool tail, struct sim_result *ret);

#endif
