/* test_calendar_codec.c - calendars, reminders and findings as signed bytes. */
#include <stdio.h>

#include "codec_checks.h"

#include "calendar_samples.h"

CODEC(calendar, dg_calendar, dg_calendar_decode, dg_calendar_encode)
CODEC(reminder, dg_reminder, dg_reminder_decode, dg_reminder_encode)
CODEC(absence, dg_absence, dg_absence_decode, dg_absence_encode)

/* Field numbers of donggui.proto. */
enum { VERSION = 1, FEDERATION = 2, ORGAN = 3, CERTIFICATE = 5 };
enum { SERIAL = 6, NAME = 7, TITLE = 8, FROM = 9, UNTIL = 10, REMIND_AFTER = 11, REMIND_EVERY = 12 };
enum { ESCALATE_AFTER = 13, ENTRY = 14, MEETING = 15, CALENDAR_SIGNED = 16 };
enum { TO = 7, RULE = 8, PERIOD = 9, DUE = 10, COUNT = 11, NOTE = 13 };
enum { DECISION = 11, FINDING_UNTIL = 12, BEFORE = 13, AFTER = 14, REMINDER = 15, REPORT = 16, DAYS = 17 };

static struct dg_buf calendar_buf, reminder_buf, late_buf, extended_buf, excused_buf;

static int make_samples(void **state)
{
    struct dg_calendar calendar = sample_calendar();
    struct dg_reminder reminder = sample_reminder();
    struct dg_absence late = sample_absence(DG_FINDING_LATE);
    struct dg_absence extended = sample_absence(DG_FINDING_EXTENDED);
    struct dg_absence excused = sample_absence(DG_FINDING_EXCUSED);

    if (start_crypto(state) != 0)
        return -1;
    dg_buf_init(&calendar_buf, DG_CALENDAR_MAX);
    dg_buf_init(&reminder_buf, DG_REMINDER_MAX);
    dg_buf_init(&late_buf, DG_ABSENCE_MAX);
    dg_buf_init(&extended_buf, DG_ABSENCE_MAX);
    dg_buf_init(&excused_buf, DG_ABSENCE_MAX);
    bool good = dg_calendar_encode(&calendar, &calendar_buf) == DG_OK &&
                dg_reminder_encode(&reminder, &reminder_buf) == DG_OK &&
                dg_absence_encode(&late, &late_buf) == DG_OK &&
                dg_absence_encode(&extended, &extended_buf) == DG_OK &&
                dg_absence_encode(&excused, &excused_buf) == DG_OK;
    return good ? 0 : -1;
}

static int free_samples(void **state)
{
    (void)state;
    dg_buf_done(&calendar_buf);
    dg_buf_done(&reminder_buf);
    dg_buf_done(&late_buf);
    dg_buf_done(&extended_buf);
    dg_buf_done(&excused_buf);
    return 0;
}

static struct dg_bytes calendar_bytes(void)
{
    return dg_buf_bytes(&calendar_buf);
}

static struct dg_bytes late(void)
{
    return dg_buf_bytes(&late_buf);
}

/* What decoding this calendar gives, once it is encoded. */
static enum dg_err recode(struct dg_calendar calendar)
{
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_TRAIL_MAX);
    assert_int_equal(dg_calendar_encode(&calendar, &bytes), DG_OK);
    enum dg_err err = decode_only(pass_calendar, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return err;
}

/* The same for a calendar of these entries only. */
static enum dg_err recode_entries(struct dg_calendar_entry entry[], size_t count)
{
    struct dg_calendar calendar = sample_calendar();

    calendar.entry = entry;
    calendar.entry_count = count;
    return recode(calendar);
}

static enum dg_err recode_entry(struct dg_calendar_entry entry)
{
    return recode_entries(&entry, 1);
}

static enum dg_err recode_absence(struct dg_absence absence)
{
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_TRAIL_MAX);
    assert_int_equal(dg_absence_encode(&absence, &bytes), DG_OK);
    enum dg_err err = decode_only(pass_absence, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return err;
}

/* --- calendars ------------------------------------------------------------------------------ */

static void a_calendar_decodes_to_what_was_encoded(void **state)
{
    (void)state;
    struct dg_arena arena;
    struct dg_calendar calendar;

    check_round_trip(pass_calendar, calendar_bytes());
    dg_arena_init(&arena, 0);
    assert_int_equal(dg_calendar_decode(&arena, calendar_bytes(), &calendar, NULL), DG_OK);
    assert_int_equal(calendar.issuer.signed_ms, SAMPLE_MS);
    assert_int_equal(calendar.remind_every_days, 2);
    assert_int_equal(calendar.entry_count, 3);
    assert_int_equal(calendar.entry[0].level.count, 0);
    assert_true(dg_bytes_is(calendar.entry[0].replaced_by, "2026-Q1"));
    assert_true(dg_bytes_is(calendar.entry[1].level.item[1], "district"));
    assert_int_equal(calendar.entry[2].due.n, sample_day("2026-03-22").n);
    assert_true(dg_bytes_is(calendar.meeting[0].participant[0], "van-phong@binh-phuoc"));
    dg_arena_done(&arena);
}

static void hostile_bytes_do_no_harm(void **state)
{
    (void)state;
    check_truncation(pass_calendar, calendar_bytes(), true);
    check_bit_flips(pass_calendar, calendar_bytes(), true);
    check_memory_failures(pass_calendar, calendar_bytes());
    check_empty_items(pass_calendar, calendar_bytes(), ENTRY, DG_CALENDAR_MAX - 16, 0);
    check_truncation(pass_reminder, dg_buf_bytes(&reminder_buf), true);
    check_bit_flips(pass_reminder, dg_buf_bytes(&reminder_buf), true);
    check_memory_failures(pass_reminder, dg_buf_bytes(&reminder_buf));
    check_truncation(pass_absence, late(), true);
    check_bit_flips(pass_absence, late(), true);
    check_memory_failures(pass_absence, late());
    check_bit_flips(pass_absence, dg_buf_bytes(&extended_buf), true);
}

static void other_encodings_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_with_repeated(pass_calendar, calendar_bytes(), TITLE, 2), DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_overlong(pass_calendar, calendar_bytes(), SERIAL), DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_unknown(pass_calendar, calendar_bytes()), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_calendar, calendar_bytes(), ENTRY), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_calendar, calendar_bytes(), MEETING), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_absence, late(), BEFORE), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_reminder, dg_buf_bytes(&reminder_buf), NOTE, ""),
                     DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_overlong(pass_reminder, dg_buf_bytes(&reminder_buf), COUNT),
                     DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_overlong(pass_absence, late(), DAYS), DG_ERR_NOT_CANONICAL);
}

static void a_calendar_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    struct dg_bytes good = calendar_bytes();

    assert_int_equal(decode_with_number(pass_calendar, good, VERSION, 2), DG_ERR_UNSUPPORTED_VERSION);
    assert_int_equal(decode_with_bytes(pass_calendar, good, FEDERATION, "không"), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_calendar, good, CERTIFICATE, "short"), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_calendar, good, NAME, "Lịch"), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_calendar, good, TITLE, ""), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_number(pass_calendar, good, SERIAL, 0), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_calendar, good, FROM, "2026-02-30"), DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_bytes(pass_calendar, good, UNTIL, "2025-12-31"), DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_bytes(pass_calendar, good, UNTIL, "2026-03-21"), DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_number(pass_calendar, good, CALENDAR_SIGNED, 253370764800000),
                     DG_ERR_BAD_DATE);
}

static void a_calendar_reminds_at_least_daily_and_within_a_year(void **state)
{
    (void)state;
    struct dg_bytes good = calendar_bytes();

    assert_int_equal(decode_with_number(pass_calendar, good, REMIND_AFTER, 0), DG_OK);
    assert_int_equal(decode_with_number(pass_calendar, good, REMIND_AFTER, DG_REMIND_MAX), DG_OK);
    assert_int_equal(decode_with_number(pass_calendar, good, REMIND_AFTER, DG_REMIND_MAX + 1),
                     DG_ERR_TOO_LARGE);
    assert_int_equal(decode_with_number(pass_calendar, good, REMIND_EVERY, 0), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_number(pass_calendar, good, REMIND_EVERY, DG_REMIND_MAX + 1),
                     DG_ERR_TOO_LARGE);
    assert_int_equal(decode_with_number(pass_calendar, good, ESCALATE_AFTER, UINT32_MAX), DG_ERR_TOO_LARGE);
}

static void a_window_ends_before_its_due_day_and_both_within_the_calendar(void **state)
{
    (void)state;
    struct dg_calendar_entry good = sample_calendar().entry[0], entry = good;

    assert_int_equal(recode_entry(entry), DG_OK);
    entry.cutoff = entry.due = entry.first;
    assert_int_equal(recode_entry(entry), DG_OK);
    entry.first.n++;
    assert_int_equal(recode_entry(entry), DG_ERR_BAD_DATE);
    entry = good;
    entry.cutoff.n = entry.due.n + 1;
    assert_int_equal(recode_entry(entry), DG_ERR_BAD_DATE);
    entry = good;
    entry.due = sample_day("2027-01-01");
    assert_int_equal(recode_entry(entry), DG_ERR_BAD_DATE);
    entry = good;
    entry.first = sample_day("2025-10-15"); /* a window may begin before the first due day */
    assert_int_equal(recode_entry(entry), DG_OK);
}

static void periods_rules_and_levels_are_known_ones(void **state)
{
    (void)state;
    struct dg_bytes unknown[] = {sample_text("village")};
    struct dg_bytes descending[] = {sample_text("district"), sample_text("commune")};
    struct dg_bytes twice[] = {sample_text("district"), sample_text("district")};
    struct dg_calendar_entry good = sample_calendar().entry[0], entry = good;

    entry.period = sample_text("2026-13");
    assert_int_equal(recode_entry(entry), DG_ERR_BAD_PERIOD);
    entry = good;
    entry.rule = sample_text("-");
    assert_int_equal(recode_entry(entry), DG_ERR_MALFORMED);
    entry = good;
    entry.level = (struct dg_slugs){1, unknown};
    assert_int_equal(recode_entry(entry), DG_ERR_UNSUPPORTED);
    entry.level = (struct dg_slugs){2, descending};
    assert_int_equal(recode_entry(entry), DG_ERR_NOT_CANONICAL);
    entry.level = (struct dg_slugs){2, twice};
    assert_int_equal(recode_entry(entry), DG_ERR_NOT_CANONICAL);
}

static void a_period_is_replaced_only_by_a_longer_one_that_contains_it(void **state)
{
    (void)state;
    static const struct {
        const char *period, *by;
        enum dg_err err;
    } cases[] = {
        {"2026-03", "2026-Q1", DG_OK},
        {"2026-09", "2026-9M", DG_OK},
        {"2026-Q2", "2026-H1", DG_OK},
        {"2026-H2", "2026", DG_OK},
        {"2026-9M", "2026", DG_OK},
        {"2026-03", "2026-Q2", DG_ERR_BAD_PERIOD},
        {"2026-03", "2026-03", DG_ERR_BAD_PERIOD},
        {"2026-Q4", "2026-9M", DG_ERR_BAD_PERIOD},
        {"2026", "2026-12", DG_ERR_BAD_PERIOD},
        {"2026-03", "2025", DG_ERR_BAD_PERIOD},
        {"2026-03", "năm", DG_ERR_BAD_PERIOD},
    };

    for (size_t i = 0; i < SAMPLE_COUNT(cases); i++) {
        struct dg_calendar_entry entry = sample_calendar().entry[0];
        entry.period = sample_text(cases[i].period);
        entry.replaced_by = sample_text(cases[i].by);
        assert_int_equal(recode_entry(entry), cases[i].err);
    }
}

static void entries_stand_in_order_and_none_twice(void **state)
{
    (void)state;
    struct dg_calendar_entry *good = sample_calendar().entry, entry[3];

    entry[0] = good[1];
    entry[1] = good[0];
    assert_int_equal(recode_entries(entry, 2), DG_ERR_NOT_CANONICAL);
    entry[0] = good[2]; /* province before commune, district */
    entry[1] = good[1];
    assert_int_equal(recode_entries(entry, 2), DG_ERR_NOT_CANONICAL);
    entry[1] = good[2];
    assert_int_equal(recode_entries(entry, 2), DG_ERR_MALFORMED);
}

static void one_level_has_one_due_day_for_a_rule_and_period(void **state)
{
    (void)state;
    struct dg_bytes both[] = {sample_text("commune"), sample_text("district")};
    struct dg_bytes other[] = {sample_text("cell"), sample_text("district")};
    struct dg_calendar_entry entry[3];

    entry[0] = entry[1] = entry[2] = sample_calendar().entry[1];
    entry[0].level = (struct dg_slugs){2, other};
    entry[1].level = (struct dg_slugs){2, both};
    assert_int_equal(recode_entries(entry, 2), DG_ERR_MALFORMED);
    entry[0].level = (struct dg_slugs){0, NULL}; /* every level */
    assert_int_equal(recode_entries(entry, 2), DG_ERR_MALFORMED);
    entry[0].level = (struct dg_slugs){1, both};
    entry[1].level = (struct dg_slugs){1, both + 1};
    entry[2].level = (struct dg_slugs){1, both};
    assert_int_equal(recode_entries(entry, 2), DG_OK);
    assert_int_equal(recode_entries(entry, 3), DG_ERR_MALFORMED);
}

static void meetings_stand_in_order_and_invite_nobody_twice(void **state)
{
    (void)state;
    struct dg_calendar calendar = sample_calendar();
    struct dg_meeting *good = calendar.meeting, meeting[2] = {good[1], good[0]};
    struct dg_bytes twice[] = {sample_text("mttq@dong-phu"), sample_text("mttq@dong-phu")};

    calendar.meeting = meeting;
    assert_int_equal(recode(calendar), DG_ERR_NOT_CANONICAL);
    meeting[1] = meeting[0];
    assert_int_equal(recode(calendar), DG_ERR_MALFORMED);
    meeting[0] = good[0];
    assert_int_equal(recode(calendar), DG_OK);
    meeting[1] = good[0];
    meeting[1].name = sample_text("giao-ban");
    assert_int_equal(recode(calendar), DG_ERR_NOT_CANONICAL);
    meeting[1] = good[1];
    meeting[1].participant_count = 2;
    meeting[1].participant = twice;
    assert_int_equal(recode(calendar), DG_ERR_MALFORMED);
    twice[1] = sample_text("mttq");
    assert_int_equal(recode(calendar), DG_ERR_MALFORMED);
}

/* The budget is for hostile bytes: an honest calendar must fit, however terse. */
static void a_calendar_of_the_most_entries_decodes_and_one_more_does_not(void **state)
{
    (void)state;
    static struct dg_calendar_entry entry[DG_CALENDAR_ENTRIES_MAX + 1];
    static char rule[DG_CALENDAR_ENTRIES_MAX + 1][8];
    struct dg_calendar calendar = sample_calendar();
    struct dg_buf bytes;

    for (size_t i = 0; i < SAMPLE_COUNT(entry); i++) {
        entry[i] = calendar.entry[0];
        snprintf(rule[i], sizeof rule[i], "%04u", (unsigned)i);
        entry[i].rule = sample_text(rule[i]);
        entry[i].period = sample_text("2026");
        entry[i].replaced_by = sample_text("");
    }
    calendar.entry = entry;
    calendar.entry_count = DG_CALENDAR_ENTRIES_MAX;
    dg_buf_init(&bytes, DG_CALENDAR_MAX);
    assert_int_equal(dg_calendar_encode(&calendar, &bytes), DG_OK);
    check_round_trip(pass_calendar, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    assert_int_equal(recode_entries(entry, SAMPLE_COUNT(entry)), DG_ERR_TOO_LARGE);
}

/* --- reminders and findings ----------------------------------------------------------------- */

static void a_reminder_decodes_to_what_was_encoded(void **state)
{
    (void)state;
    struct dg_arena arena;
    struct dg_reminder reminder;

    check_round_trip(pass_reminder, dg_buf_bytes(&reminder_buf));
    dg_arena_init(&arena, 0);
    assert_int_equal(dg_reminder_decode(&arena, dg_buf_bytes(&reminder_buf), &reminder, NULL), DG_OK);
    assert_true(dg_bytes_is(reminder.duty.organ, "cap-uy"));
    assert_true(dg_bytes_is(reminder.duty.unit, "dong-phu"));
    assert_int_equal(reminder.duty.calendar.b[31], 2);
    assert_int_equal(reminder.count, 2);
    assert_true(reminder.escalated);
    assert_true(dg_bytes_is(reminder.note, "đề nghị gửi ngay"));
    dg_arena_done(&arena);
}

static void a_reminder_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    struct dg_bytes good = dg_buf_bytes(&reminder_buf);

    assert_int_equal(decode_with_number(pass_reminder, good, VERSION, 2), DG_ERR_UNSUPPORTED_VERSION);
    assert_int_equal(decode_with_bytes(pass_reminder, good, ORGAN, "Cấp ủy"), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_reminder, good, TO, "cap-uy"), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_reminder, good, RULE, "-"), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_reminder, good, PERIOD, "2026-Q5"), DG_ERR_BAD_PERIOD);
    assert_int_equal(decode_with_bytes(pass_reminder, good, DUE, "2026-02-29"), DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_number(pass_reminder, good, COUNT, 0), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_reminder, good, NOTE, "Ha\xCC\x80"), DG_ERR_BAD_TEXT);
}

static void every_finding_decodes_to_what_was_encoded(void **state)
{
    (void)state;
    for (unsigned i = DG_FINDING_MISSING; i < DG_FINDING_COUNT; i++) {
        struct dg_absence absence = sample_absence((enum dg_finding)i), same;
        struct dg_arena arena;
        struct dg_buf bytes;
        dg_arena_init(&arena, 0);
        dg_buf_init(&bytes, DG_ABSENCE_MAX);
        assert_int_equal(dg_absence_encode(&absence, &bytes), DG_OK);
        check_round_trip(pass_absence, dg_buf_bytes(&bytes));
        assert_int_equal(dg_absence_decode(&arena, dg_buf_bytes(&bytes), &same, NULL), DG_OK);
        bool heads = i == DG_FINDING_MISSING || i == DG_FINDING_LATE;
        assert_int_equal(same.finding, i);
        assert_int_equal(same.until.n, i == DG_FINDING_EXTENDED ? absence.until.n : 0);
        assert_int_equal(same.after.size, heads ? 95 : 0);
        assert_int_equal(same.reminder_count, heads ? 2 : 0);
        assert_int_equal(same.days, i == DG_FINDING_LATE ? 6 : 0);
        dg_buf_done(&bytes);
        dg_arena_done(&arena);
    }
}

static void a_finding_has_exactly_the_fields_of_its_kind(void **state)
{
    (void)state;
    struct dg_bytes extended = dg_buf_bytes(&extended_buf), excused = dg_buf_bytes(&excused_buf);

    assert_int_equal(decode_with_number(pass_absence, late(), DECISION, DG_FINDING_MISSING),
                     DG_ERR_MALFORMED);
    assert_int_equal(decode_with_number(pass_absence, late(), DECISION, DG_FINDING_EXCUSED),
                     DG_ERR_MALFORMED);
    assert_int_equal(decode_with_number(pass_absence, extended, DECISION, DG_FINDING_EXCUSED),
                     DG_ERR_MALFORMED);
    assert_int_equal(decode_with_number(pass_absence, excused, DECISION, DG_FINDING_NOTHING), DG_OK);
    assert_int_equal(decode_with_number(pass_absence, excused, DECISION, DG_FINDING_EXTENDED),
                     DG_ERR_MALFORMED);
    assert_int_equal(decode_with_number(pass_absence, excused, DECISION, DG_FINDING_MISSING),
                     DG_ERR_MALFORMED);
    assert_int_equal(decode_with_number(pass_absence, excused, DECISION, 0), DG_ERR_UNSUPPORTED);
    assert_int_equal(decode_with_number(pass_absence, excused, DECISION, DG_FINDING_COUNT),
                     DG_ERR_UNSUPPORTED);
}

static void a_finding_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_with_bytes(pass_absence, dg_buf_bytes(&extended_buf), FINDING_UNTIL, ""),
                     DG_ERR_BAD_DATE);
    assert_int_equal(
        decode_with_bytes(pass_absence, dg_buf_bytes(&extended_buf), FINDING_UNTIL, "2026-03-17"),
        DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_number(pass_absence, late(), DAYS, 0), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_absence, late(), REPORT, "id"), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_absence, late(), REMINDER, "hash"), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_repeated(pass_absence, late(), REMINDER, 2), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_repeated(pass_absence, late(), REMINDER, DG_REMINDERS_MAX + 1),
                     DG_ERR_TOO_LARGE);
}

static void a_log_that_shrank_or_changed_proves_nothing(void **state)
{
    (void)state;
    struct dg_absence absence = sample_absence(DG_FINDING_MISSING);

    absence.before.size = absence.after.size + 1;
    assert_int_equal(recode_absence(absence), DG_ERR_MALFORMED);
    absence.before.size = absence.after.size;
    assert_int_equal(recode_absence(absence), DG_ERR_MALFORMED);
    absence.before.root = absence.after.root;
    assert_int_equal(recode_absence(absence), DG_OK);
    absence.before.size = absence.after.size + 1;
    absence.after.origin = sample_text("danvan.example/binh-phuoc/e2"); /* a new epoch counts anew */
    assert_int_equal(recode_absence(absence), DG_OK);
}

static void the_longest_finding_fits(void **state)
{
    (void)state;
    static struct dg_hash reminder[DG_REMINDERS_MAX + 1];
    static char slug[DG_SLUG_MAX + 1], note[DG_NOTE_TEXT_MAX + 1], origin[DG_ORIGIN_MAX + 1];
    struct dg_absence absence = sample_absence(DG_FINDING_LATE);
    struct dg_buf bytes;

    for (size_t i = 0; i < SAMPLE_COUNT(reminder); i++)
        reminder[i] = sample_hash((uint8_t)i);
    memset(slug, 'a', DG_SLUG_MAX);
    memset(note, 'a', DG_NOTE_TEXT_MAX);
    memset(origin, 'a', DG_ORIGIN_MAX);
    absence.issuer.organ = absence.issuer.unit = absence.duty.organ = absence.duty.unit = sample_text(slug);
    absence.before.origin = absence.after.origin = sample_text(origin);
    absence.before.size = absence.after.size - 1;
    absence.note = sample_text(note);
    absence.reminder = reminder;
    absence.reminder_count = DG_REMINDERS_MAX;
    dg_buf_init(&bytes, DG_ABSENCE_MAX);
    assert_int_equal(dg_absence_encode(&absence, &bytes), DG_OK);
    assert_int_equal(decode_only(pass_absence, dg_buf_bytes(&bytes)), DG_OK);
    dg_buf_done(&bytes);
}

static void findings_are_known_by_name(void **state)
{
    (void)state;
    assert_string_equal(dg_finding_name(DG_FINDING_NOTHING), "nothing-to-report");
    assert_string_equal(dg_finding_name(DG_FINDING_LATE), "late");
    assert_null(dg_finding_name((enum dg_finding)0));
    assert_null(dg_finding_name(DG_FINDING_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_calendar_decodes_to_what_was_encoded),
        cmocka_unit_test(hostile_bytes_do_no_harm),
        cmocka_unit_test(other_encodings_are_refused),
        cmocka_unit_test(a_calendar_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_calendar_reminds_at_least_daily_and_within_a_year),
        cmocka_unit_test(a_window_ends_before_its_due_day_and_both_within_the_calendar),
        cmocka_unit_test(periods_rules_and_levels_are_known_ones),
        cmocka_unit_test(a_period_is_replaced_only_by_a_longer_one_that_contains_it),
        cmocka_unit_test(entries_stand_in_order_and_none_twice),
        cmocka_unit_test(one_level_has_one_due_day_for_a_rule_and_period),
        cmocka_unit_test(meetings_stand_in_order_and_invite_nobody_twice),
        cmocka_unit_test(a_calendar_of_the_most_entries_decodes_and_one_more_does_not),
        cmocka_unit_test(a_reminder_decodes_to_what_was_encoded),
        cmocka_unit_test(a_reminder_that_makes_no_sense_is_refused),
        cmocka_unit_test(every_finding_decodes_to_what_was_encoded),
        cmocka_unit_test(a_finding_has_exactly_the_fields_of_its_kind),
        cmocka_unit_test(a_finding_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_log_that_shrank_or_changed_proves_nothing),
        cmocka_unit_test(the_longest_finding_fits),
        cmocka_unit_test(findings_are_known_by_name),
    };

    return cmocka_run_group_tests(tests, make_samples, free_samples);
}
