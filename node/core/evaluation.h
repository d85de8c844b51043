/* evaluation.h - how the units stood with a year's reports: every duty judged, and the counts of that.
 *
 * Source:  Điều 28 (binh-phuoc, ha-noi), 27 (huyen), 11.4 (tuyen-quang): units are praised or criticised each
 * year for how they did. Units and organs are counted, never people.
 *
 * A function of the store at one size of its log: no clock is read. A year's duties are those for a period in
 * that year, due by the end of the next year. They are those whose reports come to this node, of its own unit
 * and of those right below it: of the others it cannot tell. The state is that of one day, asof: by default
 * the Vietnamese day of the log's newest leaf, which may not be over yet: so what is due on that day is not
 * missing. What arrived or was decided after asof is left out, and so is who was certified after it; the log
 * is named as it was at the end of that day. So a day that is over gives the same answer however far the log
 * has grown since.
 *
 * Two nodes that hold the same give the same bytes (cli/evaluation.h). What must be the same:
 *  - the log up to the size that is named, of the unit that is named;
 *  - the calendars signed by then, which are named by their hashes, and the decisions about the year's duties
 *    signed by then (excused, extended), of which the one that counts is named beside its duty;
 *  - the certificates of the units and organs judged, and the adoptions and regimes in force there;
 *  - of reports that this unit owes upward, the superior's receipts, whose time counts.
 * A copy of a node's directory holds all of that.
 *
 * Memory:  results borrow the directory and live in the arena.
 */
#ifndef DG_NODE_CORE_EVALUATION_H
#define DG_NODE_CORE_EVALUATION_H

#include "node/core/issued.h"

struct dg_evaluated {
    struct dg_duty duty;
    struct dg_duty_facts facts;
    enum dg_duty_state state;
    uint32_t days_late;
};

/* What is counted together. */
enum dg_score_of {
    DG_SCORE_ORGAN,
    DG_SCORE_UNIT,
    DG_SCORE_RULE,
    DG_SCORE_PERIOD,
    DG_SCORE_ALL,
    DG_SCORE_OFS
};

struct dg_score {
    struct dg_bytes unit, organ, rule, period; /* what it counts; empty: any */
    uint64_t count[DG_DUTY_EXCUSED + 1];       /* by state */
    uint64_t days_late;                        /* of the late ones together */
};

struct dg_scores {
    size_t count;
    struct dg_score *item; /* in the order of bytes of what they count */
};

/* What had fallen due and was not excused: on time, late and missing. */
uint64_t dg_score_owed(const struct dg_score *score);
/* What came of that: on time and late. */
uint64_t dg_score_reported(const struct dg_score *score);

struct dg_evaluation {
    int32_t year;
    struct dg_day asof;
    uint64_t log_size;
    struct dg_hash log_root;
    size_t calendar_count;
    struct dg_held_calendar *calendar; /* that may say something about the year; by issuer, name, serial */
    size_t count;
    struct dg_evaluated *item; /* by unit, organ, rule, period */
    struct dg_scores score[DG_SCORE_OFS];
};

struct dg_evaluation_ask {
    int32_t year;
    struct dg_bytes unit; /* this one alone; empty: all */
    bool has_asof;
    struct dg_day asof;
};

/* Judges and counts. self is this node's unit. DG_ERR_STORE_CORRUPT, DG_ERR_NO_MEMORY. */
enum dg_err dg_evaluate(struct dg_txn *txn, const struct dg_directory *directory,
                        const struct dg_dir_unit *self, const struct dg_evaluation_ask *ask,
                        struct dg_arena *arena, struct dg_evaluation *ret) DG_MUST_CHECK;

#endif
