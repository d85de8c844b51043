/* calendar_samples.h - one good calendar, reminder and finding, for the tests of the codecs and the seeds of
 * the fuzz targets. Every sample borrows static storage. */
#ifndef DG_TESTS_CALENDAR_SAMPLES_H
#define DG_TESTS_CALENDAR_SAMPLES_H

#include "codec_samples.h"
#include "proto/absence_file.h"
#include "proto/calendar.h"

static inline struct dg_day sample_day(const char *text)
{
    struct dg_day day = {0};

    (void)dg_day_parse(dg_bytes_of(text), &day);
    return day;
}

static inline struct dg_issuer sample_issuer(void)
{
    return (struct dg_issuer){.federation = sample_text("danvan.example"),
                              .organ = sample_text("ban-dan-van"),
                              .unit = sample_text("binh-phuoc"),
                              .certificate = sample_cert_id(1),
                              .signed_ms = SAMPLE_MS};
}

static inline struct dg_calendar sample_calendar(void)
{
    static struct dg_bytes lower[2], upper[1], participant[2];
    static struct dg_calendar_entry entry[3];
    static struct dg_meeting meeting[2];

    lower[0] = sample_text("commune");
    lower[1] = sample_text("district");
    upper[0] = sample_text("province");
    participant[0] = sample_text("van-phong@binh-phuoc");
    participant[1] = sample_text("ban-dan-van@dong-phu");
    entry[0] = (struct dg_calendar_entry){.rule = sample_text("BP-24.2b"),
                                          .period = sample_text("2026-03"),
                                          .first = sample_day("2026-02-15"),
                                          .cutoff = sample_day("2026-03-14"),
                                          .due = sample_day("2026-03-17"),
                                          .replaced_by = sample_text("2026-Q1")};
    entry[1] = (struct dg_calendar_entry){.rule = sample_text("BP-24.2b"),
                                          .period = sample_text("2026-Q1"),
                                          .level = {SAMPLE_COUNT(lower), lower},
                                          .first = sample_day("2025-12-15"),
                                          .cutoff = sample_day("2026-03-14"),
                                          .due = sample_day("2026-03-17")};
    entry[2] = entry[1];
    entry[2].level = (struct dg_slugs){SAMPLE_COUNT(upper), upper};
    entry[2].due = sample_day("2026-03-22");
    meeting[0] = (struct dg_meeting){sample_text("giao-ban-quy-1"), sample_day("2026-04-02"),
                                     SAMPLE_COUNT(participant), participant};
    meeting[1] = (struct dg_meeting){sample_text("giao-ban-quy-2"), sample_day("2026-07-02"), 0, NULL};
    return (struct dg_calendar){.issuer = sample_issuer(),
                                .serial = 1,
                                .name = sample_text("bp-2026"),
                                .title = sample_text("Lịch báo cáo năm 2026"),
                                .from = sample_day("2026-01-01"),
                                .until = sample_day("2026-12-31"),
                                .remind_after_days = 1,
                                .remind_every_days = 2,
                                .escalate_after = 3,
                                .entry_count = SAMPLE_COUNT(entry),
                                .meeting_count = SAMPLE_COUNT(meeting),
                                .entry = entry,
                                .meeting = meeting};
}

static inline struct dg_duty_name sample_duty_name(void)
{
    return (struct dg_duty_name){.organ = sample_text("cap-uy"),
                                 .unit = sample_text("dong-phu"),
                                 .rule = sample_text("BP-24.2b"),
                                 .period = sample_text("2026-Q1"),
                                 .due = sample_day("2026-03-17"),
                                 .calendar = sample_hash(2)};
}

static inline struct dg_reminder sample_reminder(void)
{
    return (struct dg_reminder){.issuer = sample_issuer(),
                                .duty = sample_duty_name(),
                                .count = 2,
                                .escalated = true,
                                .note = sample_text("đề nghị gửi ngay")};
}

/* With every field that any finding has; a finding is encoded with its own. */
static inline struct dg_absence sample_absence(enum dg_finding finding)
{
    static struct dg_hash reminder[2];
    struct dg_absence absence = {.issuer = sample_issuer(),
                                 .duty = sample_duty_name(),
                                 .finding = finding,
                                 .until = sample_day("2026-03-24"),
                                 .reminder_count = SAMPLE_COUNT(reminder),
                                 .reminder = reminder,
                                 .days = 6,
                                 .note = sample_text("mất điện kéo dài")};

    reminder[0] = sample_hash(4);
    reminder[1] = sample_hash(3);
    absence.before = (struct dg_tree_head){sample_text("danvan.example/binh-phuoc/e1"), 90, sample_hash(5)};
    absence.after = (struct dg_tree_head){sample_text("danvan.example/binh-phuoc/e1"), 95, sample_hash(6)};
    memset(absence.report.b, 7, sizeof absence.report.b);
    return absence;
}

static inline struct dg_absence_file sample_absence_file(struct dg_bytes envelope)
{
    struct dg_absence_file file = {.parts = sample_trail(envelope)};

    file.grown.count = 2;
    file.now.count = 1;
    return file;
}

#endif
