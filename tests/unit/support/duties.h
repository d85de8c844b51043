/* duties.h - a calendar in the small federation of federation.h, and what is asked about its one duty. */
#ifndef DG_TESTS_UNIT_SUPPORT_DUTIES_H
#define DG_TESTS_UNIT_SUPPORT_DUTIES_H

#include "proto/calendar.h"
#include "tests/unit/support/federation.h"

/* FED_START is 2026-11-21: this day is over, and what was due on it is missing. */
#define DUE "2026-11-17"
enum { DAY_SECONDS = 86400 };

static inline struct dg_day fed_day(const char *text)
{
    struct dg_day ret = {.n = 0};
    bool good = dg_day_parse(dg_bytes_of(text), &ret);
    assert(good);
    (void)good;
    return ret;
}

/* Every cap-uy's report for October is due on a day; reminders come a day later, every two days, and the
 * second one escalates. It is issued today, whatever day that is. */
static inline struct dg_ctl_reply fed_issue_today(struct fed *fed, enum fed_place place, const char *organ,
                                                  const char *due)
{
    struct dg_calendar_entry entry = {.rule = dg_bytes_of("T-1"),
                                      .period = dg_bytes_of("2026-10"),
                                      .first = fed_day("2026-10-01"),
                                      .cutoff = fed_day("2026-10-31"),
                                      .due = fed_day(due)};
    struct dg_calendar calendar = {.issuer = {.federation = dg_bytes_of(FED_NAME),
                                              .organ = dg_bytes_of(organ),
                                              .unit = dg_bytes_of(fed->node[place].unit),
                                              .signed_ms = fed->now},
                                   .serial = 1,
                                   .name = dg_bytes_of("nam-2026"),
                                   .title = dg_bytes_of("Lịch báo cáo năm 2026"),
                                   .from = fed_day("2026-01-01"),
                                   .until = fed_day("2026-12-31"),
                                   .remind_after_days = 1,
                                   .remind_every_days = 2,
                                   .escalate_after = 2,
                                   .entry_count = 1,
                                   .entry = &entry};
    struct dg_buf draft;
    dg_buf_init(&draft, DG_CALENDAR_MAX);
    enum dg_err err = dg_calendar_encode(&calendar, &draft);
    assert(err == DG_OK);
    (void)err;
    struct dg_ctl_request request = {
        .verb = DG_CTL_CALENDAR, .organ = dg_bytes_of(organ), .draft = dg_buf_bytes(&draft)};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    dg_buf_done(&draft);
    fed_run(fed, 5);
    return reply;
}

/* The same, issued in time: with the clocks put back to the due day where that is over. */
static inline struct dg_ctl_reply fed_issue_calendar(struct fed *fed, enum fed_place place, const char *organ,
                                                     const char *due)
{
    dg_ms now = fed->now, in_time = dg_day_start(fed_day(due)) + INT64_C(1000) * DAY_SECONDS / 2;
    if (in_time < now)
        fed->now = in_time;
    struct dg_ctl_reply reply = fed_issue_today(fed, place, organ, due);
    if (fed->now < now) {
        fed->now = now;
        fed_run(fed, 60); /* lines are greeted anew */
    }
    return reply;
}

/* A federation that was founded some days ago, on FED_START. */
static inline struct fed *fed_new_with_past(void)
{
    struct fed *fed = fed_new_at(false, FED_START - 8 * INT64_C(1000) * DAY_SECONDS);
    fed->now = FED_START;
    fed_run(fed, 60);
    return fed;
}

/* Excuses, reminds or certifies, as the Ban Dân vận of a place, about October's report of owner. */
static inline struct dg_ctl_reply fed_about_duty(struct fed *fed, enum dg_ctl_verb verb, enum fed_place place,
                                                 const char *owner, uint32_t decision, const char *until)
{
    struct dg_ctl_request request = {.verb = verb,
                                     .organ = dg_bytes_of("ban-dan-van"),
                                     .owner = dg_bytes_of(owner),
                                     .rule = dg_bytes_of("T-1"),
                                     .period = dg_bytes_of("2026-10"),
                                     .decision = decision};
    request.has_until = until != NULL;
    if (until != NULL)
        request.until = fed_day(until);
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    fed_run(fed, 5);
    return reply;
}

/* Lets some days pass, a few seconds awake in each. */
static inline void fed_sleep_days(struct fed *fed, int days)
{
    for (; days > 0; days--) {
        fed->now += (DAY_SECONDS - 3) * INT64_C(1000);
        fed_run(fed, 3);
    }
    fed_run(fed, 60); /* lines are greeted anew */
}

#endif
