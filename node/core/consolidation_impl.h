/* consolidation_impl.h - what the files of dg_consolidate share.
 *
 * consolidation.c gathers the reports, consolidation_other.c those under other rules, consolidation_choose.c
 * chooses among them, consolidation_due.c says who is absent or late, consolidation_sums.c adds up. Memory:
 * txn's arena.
 */
#ifndef DG_NODE_CORE_CONSOLIDATION_IMPL_H
#define DG_NODE_CORE_CONSOLIDATION_IMPL_H

#include "node/core/consolidation.h"
#include "node/core/duty_rules.h"
#include "node/core/mandate_rules.h"

/* A report that came under the rule for the period or a part of it. */
struct dg_candidate {
    struct dg_filed filed;
    struct dg_period period;
    bool asked_back;
    const struct dg_report *report;
    enum dg_left_why out; /* 0: it goes in */
    struct dg_id by;
};

/* A year, its nine months, halves, quarters and months. */
enum { DG_PARTS_MAX = 20 };

/* The period itself or a shorter one within it. */
struct dg_part {
    struct dg_period period;
    struct dg_bytes text;
    uint16_t months; /* one bit for each that it has */
};

struct dg_gathering {
    struct dg_txn *txn;
    const struct dg_directory *directory;
    const struct dg_dir_unit *self;
    struct dg_bytes organ, rule_id;
    const struct dg_rule *known; /* rule_id in some regime, perhaps one of the past; NULL: in none */
    size_t other_count;
    struct dg_bytes other[DG_DUTY_RULES_MAX]; /* rules that may stand in its place */
    struct dg_bytes cited;                    /* the one whose reports are being taken */
    struct dg_period whole, at;
    size_t part_count;
    struct dg_part part[DG_PARTS_MAX]; /* the longest first */
    struct dg_day day;
    size_t count, capacity;
    struct dg_candidate *candidate; /* by author */
    struct dg_consolidation *ret;
};

/* Room for one more item of an array in the arena; false without memory. */
bool dg_gathering_grow(struct dg_arena *arena, void *array, size_t count, size_t *capacity, size_t size);
/* The months of the year that the period has: bit 0 is January. */
uint16_t dg_gathering_months(const struct dg_period *period);

/* Finds the rules that may stand in the place of the one asked for. */
void dg_gathering_find_others(struct dg_gathering *g);
/* True when the report, filed under one of them, is what its author owed under the one asked for. */
bool dg_gathering_stands_in(const struct dg_gathering *g, const struct dg_candidate *candidate);
/* Sorts the candidates into those that go in and those that do not. DG_ERR_TOO_LARGE, DG_ERR_NO_MEMORY. */
enum dg_err dg_gathering_choose(struct dg_gathering *g) DG_MUST_CHECK;
/* Says of every source whether it was late, and lists who is absent. ret_owed: somebody owes the organ a
 * report under the rule. DG_ERR_NO_MEMORY, DG_ERR_STORE_CORRUPT. */
enum dg_err dg_gathering_due(struct dg_gathering *g, bool *ret_owed) DG_MUST_CHECK;
/* Adds the indicators of the sources up. DG_ERR_NO_MEMORY. */
enum dg_err dg_gathering_sums(struct dg_gathering *g) DG_MUST_CHECK;

#endif
