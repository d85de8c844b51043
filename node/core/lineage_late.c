/* lineage_late.c - whether a report that another was made of came in time. */
#include "common/line.h"
#include "node/core/issued.h"
#include "node/core/lineage.h"

struct judging {
    struct dg_txn *txn;
    const struct dg_dir_unit *self;
    const struct dg_lineage *found;
    struct dg_day today;
    uint32_t days_late;
};

/* True when the log of a fetched report, federation/unit/eN, is that of the unit. */
static bool is_log_of(struct dg_bytes origin, struct dg_bytes slug)
{
    struct dg_bytes federation, rest, unit, epoch;
    return dg_line_cut(origin, '/', &federation, &rest) && dg_line_cut(rest, '/', &unit, &epoch) &&
           dg_bytes_equal(unit, slug);
}

static bool judge(void *ctx, const struct dg_duty *duty)
{
    struct judging *judging = ctx;
    const struct dg_lineage *found = judging->found;
    struct dg_duty_facts facts;
    bool fetched = found->state == DG_LINEAGE_FETCHED;
    if (fetched ? !is_log_of(found->holder, dg_duty_keeper(duty)->slug) : !dg_duty_seen(duty, judging->self))
        return true;
    dg_duty_facts(judging->txn, duty, &facts);
    if (fetched) {
        facts.submitted = true;
        facts.came_ms = found->arrived_ms;
    }
    (void)dg_duty_judge(duty, &facts, judging->today, &judging->days_late);
    return judging->days_late == 0;
}

uint32_t dg_lineage_days_late(struct dg_txn *txn, const struct dg_directory *directory,
                              const struct dg_dir_unit *self, const struct dg_held_calendar calendar[],
                              size_t calendar_count, const struct dg_lineage *found, struct dg_day today)
{
    struct judging judging = {.txn = txn, .self = self, .found = found, .today = today};
    const struct dg_report *report = found->report;
    if (report == NULL || report->period.size == 0 || calendar_count == 0)
        return 0;
    for (size_t i = 0; i < report->recipient_count && judging.days_late == 0; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        for (size_t k = 0; recipient->as == DG_AS_TO && k < recipient->rule_count; k++) {
            struct dg_duty_filter filter = {.unit = report->author[0].unit,
                                            .organ = report->author[0].organ,
                                            .rule = recipient->rule[k],
                                            .period = report->period,
                                            .first = {.n = 1}};
            if (dg_duty_each(directory, calendar, calendar_count, &filter, txn->arena, judge, &judging) !=
                DG_OK)
                return 0;
        }
    }
    return judging.days_late;
}
