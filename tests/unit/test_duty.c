/* test_duty.c - who owes which report until when, and how it is judged. */
#include "tests/unit/mandate_world.h"

#include "node/core/duty.h"

enum { CALENDARS = 8, ENTRIES = 64 };

struct office {
    struct world *world;
    size_t count;
    struct dg_held_calendar held[CALENDARS];
    struct dg_duty_filter filter;
    size_t most; /* duties to look at; 0: all */
    size_t seen;
    char text[32768];
};

static int open_office(void **state)
{
    struct office *o = calloc(1, sizeof *o);
    void *world;

    assert_non_null(o);
    assert_int_equal(open_world(&world), 0);
    o->world = world;
    *state = o;
    return 0;
}

static int close_office(void **state)
{
    struct office *o = *state;
    void *world = o->world;

    free(o);
    return close_world(&world);
}

/* --- calendars ------------------------------------------------------------------------------ */

/* A calendar of the Ban Dân vận there, for the due days of a year; entries follow. */
static struct dg_calendar *issue(struct office *o, const char *unit, const char *name, uint32_t serial)
{
    struct dg_held_calendar *held = &o->held[o->count++];

    assert_true(o->count <= CALENDARS);
    memset(held->hash.b, (int)o->count, sizeof held->hash.b);
    held->calendar = (struct dg_calendar){
        .issuer = {.organ = word_of("ban-dan-van"), .unit = word_of(unit), .signed_ms = (dg_ms)o->count},
        .serial = serial,
        .name = word_of(name),
        .from = day_of("2024-01-01"),
        .until = day_of("2027-01-31"),
        .entry = dg_arena_array(&o->world->arena, ENTRIES, sizeof *held->calendar.entry),
    };
    return &held->calendar;
}

/* Adds an entry; level "" is every level, window runs from a month before the cut-off. */
static struct dg_calendar_entry *owe(struct office *o, struct dg_calendar *calendar, const char *rule,
                                     const char *period, const char *level, const char *cutoff,
                                     const char *due)
{
    struct dg_calendar_entry *entry = &calendar->entry[calendar->entry_count++];
    char levels[64];

    assert_true(calendar->entry_count <= ENTRIES);
    snprintf(levels, sizeof levels, "%s", level);
    *entry = (struct dg_calendar_entry){.rule = word_of(rule),
                                        .period = word_of(period),
                                        .level = roles_of(o->world, levels),
                                        .first = {day_of(cutoff).n - 30},
                                        .cutoff = day_of(cutoff),
                                        .due = day_of(due)};
    return entry;
}

static bool show_duty(void *ctx, const struct dg_duty *duty)
{
    struct office *o = ctx;
    char due[DG_DAY_TEXT];
    size_t size = strlen(o->text);

    dg_day_text(duty->entry->due, due);
    assert_true(dg_bytes_equal(duty->rule->id, duty->entry->rule));
    snprintf(o->text + size, sizeof o->text - size, "%s %.*s@%.*s %.*s %.*s\n", due + 5,
             SHOWN(duty->organ->slug), SHOWN(duty->unit->slug), SHOWN(duty->rule->id),
             SHOWN(duty->entry->period));
    return ++o->seen != o->most;
}

/* Everything that is owed, a line for each. */
static const char *owed(struct office *o)
{
    o->text[0] = '\0';
    o->seen = 0;
    assert_int_equal(
        dg_duty_each(&o->world->directory, o->held, o->count, &o->filter, &o->world->arena, show_duty, o),
        DG_OK);
    return o->text;
}

/* The same at one unit only. */
static const char *owed_at(struct office *o, const char *unit)
{
    o->filter.unit = word_of(unit);
    return owed(o);
}

/* --- whom a rule binds ---------------------------------------------------------------------- */

static void every_organ_that_the_rule_binds_owes_a_report(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    owe(o, calendar, "BP-24.2a", "2026-10", "", "2026-10-14", "2026-10-17");
    assert_string_equal(owed_at(o, "bu-dang"), "10-17 cong-an@bu-dang BP-24.2a 2026-10\n"
                                               "10-17 hoi-nong-dan@bu-dang BP-24.2a 2026-10\n"
                                               "10-17 lien-doan-lao-dong@bu-dang BP-24.2a 2026-10\n"
                                               "10-17 mttq@bu-dang BP-24.2a 2026-10\n"
                                               "10-17 ubnd@bu-dang BP-24.2a 2026-10\n");
}

static void a_unit_under_its_own_regime_owes_by_that_but_upward_by_the_superiors(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    owe(o, calendar, "BP-24.2a", "2026-10", "", "2026-10-14", "2026-10-17");
    owe(o, calendar, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-10-19");
    owe(o, calendar, "H-23.2b", "2026-10", "", "2026-10-14", "2026-10-18");
    assert_string_equal(owed_at(o, "dong-phu"), "10-19 cap-uy@dong-phu BP-24.2b 2026-10\n");
    assert_string_equal(owed_at(o, "tan-loi"), "10-18 cap-uy@tan-loi H-23.2b 2026-10\n");
    assert_string_equal(owed_at(o, "duc-lieu"), "10-17 cong-an@duc-lieu BP-24.2a 2026-10\n"
                                                "10-17 hoi-nong-dan@duc-lieu BP-24.2a 2026-10\n"
                                                "10-17 mttq@duc-lieu BP-24.2a 2026-10\n"
                                                "10-17 ubnd@duc-lieu BP-24.2a 2026-10\n"
                                                "10-19 cap-uy@duc-lieu BP-24.2b 2026-10\n");
}

static void the_root_owes_nothing_upward(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    owe(o, calendar, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-10-17");
    assert_string_equal(owed_at(o, "binh-phuoc"), "");
}

static void nobody_owes_a_report_to_himself(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    owe(o, calendar, "BP-28", "2026", "cell", "2026-12-14", "2026-12-20");
    assert_string_equal(owed(o), "12-20 khoi-dan-van@chi-bo-hai BP-28 2026\n");
}

static void a_missing_addressee_does_not_lift_the_duty(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    set_organs(o->world, "duc-lieu", "mttq khoi-dan-van");
    owe(o, calendar, "BP-24.2a", "2026-10", "", "2026-10-14", "2026-10-17");
    assert_string_equal(owed_at(o, "duc-lieu"), "10-17 mttq@duc-lieu BP-24.2a 2026-10\n");
}

static void a_stand_in_owes_what_the_missing_organ_would(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    set_organs(o->world, "bu-dang", "cap-uy phu-trach=uy-vien-phu-trach-dan-van");
    owe(o, calendar, "BP-24.3", "2026-10", "", "2026-10-14", "2026-10-17");
    assert_string_equal(owed_at(o, "bu-dang"), "10-17 phu-trach@bu-dang BP-24.3 2026-10\n");
    assert_string_equal(owed_at(o, "duc-lieu"), "10-17 khoi-dan-van@duc-lieu BP-24.3 2026-10\n");
}

static void an_owner_rule_is_owed_by_the_unit_that_adopted_it_and_by_no_stand_in(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    owe(o, calendar, "BP-27", "2026", "", "2026-12-14", "2026-12-20");
    assert_string_equal(owed(o), "12-20 ban-dan-van@binh-phuoc BP-27 2026\n");
    set_organs(o->world, "binh-phuoc", "cap-uy ban-thuong-vu phu-trach=uy-vien-phu-trach-dan-van");
    assert_string_equal(owed(o), "");
}

static void a_rule_is_not_owed_for_a_period_that_it_does_not_know(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    owe(o, calendar, "BP-28", "2026-10", "", "2026-10-14", "2026-10-17");
    owe(o, calendar, "BP-99", "2026-10", "", "2026-10-14", "2026-10-17");
    assert_string_equal(owed(o), "");
}

static void the_lead_organ_owes_a_joint_report_where_the_other_signer_exists(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    adopt(o->world, "binh-phuoc",
          regime_text(o->world, "name: phoi-hop\ntitle: Quy chế phối hợp\nrules:\n"
                                "- {id: DN-5.2, cites: Điều 5, scope: owner, from: [ban-dan-van],\n"
                                "   with: [bcsd-ubnd], kind: joint, periods: [Y], to: [thuong-truc@same]}\n"),
          false);
    owe(o, calendar, "DN-5.2", "2026", "", "2026-12-14", "2026-12-20");
    assert_string_equal(owed(o), "");
    set_organs(o->world, "binh-phuoc", BIG_UNIT " bcsd-ubnd");
    assert_string_equal(owed(o), "12-20 ban-dan-van@binh-phuoc DN-5.2 2026\n");
}

static void a_notice_about_some_matter_is_owed_when_the_calendar_names_it(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    adopt(o->world, "binh-phuoc",
          regime_text(o->world,
                      "name: ton-giao\ntitle: Tôn giáo\nrules:\n- {id: T, cites: Điều 1, from: [mttq],\n"
                      "   kind: thematic, matter: [ton-giao], to: [cap-uy@same]}\n"),
          false);
    owe(o, calendar, "T", "2026-Q1", "", "2026-03-14", "2026-03-20");
    assert_string_equal(owed(o), "03-20 mttq@binh-phuoc T 2026-Q1\n");
}

/* --- levels, cascades, periods -------------------------------------------------------------- */

static void each_level_of_a_cascade_has_its_own_day(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    only_regime(o->world, regime_file(o->world, "binh-phuoc"));
    owe(o, calendar, "BP-24.2b", "2026", "bloc+district", "2026-12-14", "2026-12-19");
    owe(o, calendar, "BP-24.2b", "2026", "cell+commune", "2026-12-14", "2026-12-17");
    owe(o, calendar, "BP-24.2b", "2026", "province", "2026-12-14", "2026-12-22");
    assert_string_equal(owed(o), "12-17 cap-uy@chi-bo-hai BP-24.2b 2026\n"
                                 "12-17 cap-uy@chi-bo-mot BP-24.2b 2026\n"
                                 "12-17 cap-uy@duc-lieu BP-24.2b 2026\n"
                                 "12-17 cap-uy@tan-loi BP-24.2b 2026\n"
                                 "12-19 cap-uy@bu-dang BP-24.2b 2026\n"
                                 "12-19 cap-uy@dong-phu BP-24.2b 2026\n"
                                 "12-19 cap-uy@khoi-co-quan BP-24.2b 2026\n");
}

static void what_a_longer_period_replaces_is_not_owed(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    owe(o, calendar, "BP-24.2b", "2026-03", "", "2026-03-14", "2026-03-17")->replaced_by = word_of("2026-Q1");
    owe(o, calendar, "BP-24.2b", "2026-04", "", "2026-04-14", "2026-04-17");
    owe(o, calendar, "BP-24.2b", "2026-Q1", "", "2026-03-14", "2026-03-17");
    assert_string_equal(owed_at(o, "bu-dang"), "03-17 cap-uy@bu-dang BP-24.2b 2026-Q1\n"
                                               "04-17 cap-uy@bu-dang BP-24.2b 2026-04\n");
}

static void the_second_half_and_nine_months_are_owed_like_any_other_period(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    owe(o, calendar, "BP-24.2b", "2026-9M", "", "2026-09-14", "2026-09-17");
    owe(o, calendar, "BP-24.2b", "2026-H2", "", "2026-12-14", "2026-12-17");
    assert_string_equal(owed_at(o, "bu-dang"), "09-17 cap-uy@bu-dang BP-24.2b 2026-9M\n"
                                               "12-17 cap-uy@bu-dang BP-24.2b 2026-H2\n");
}

static void duties_come_by_day_unit_organ_rule_and_period(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "bu-dang", "bd", 1);

    owe(o, calendar, "BP-24.2a", "2026-10", "commune", "2026-10-14", "2026-10-17");
    owe(o, calendar, "BP-24.2a", "2026-Q3", "commune", "2026-09-14", "2026-10-17");
    owe(o, calendar, "BP-28", "2026", "commune", "2026-10-01", "2026-10-17");
    owe(o, calendar, "BP-28", "2025", "commune", "2025-12-14", "2025-12-20");
    set_organs(o->world, "duc-lieu", "cap-uy mttq ubnd=ubnd+chinh-quyen");
    assert_string_equal(owed(o), "12-20 mttq@duc-lieu BP-28 2025\n"
                                 "12-20 ubnd@duc-lieu BP-28 2025\n"
                                 "10-17 mttq@duc-lieu BP-24.2a 2026-10\n"
                                 "10-17 mttq@duc-lieu BP-24.2a 2026-Q3\n"
                                 "10-17 mttq@duc-lieu BP-28 2026\n"
                                 "10-17 ubnd@duc-lieu BP-24.2a 2026-10\n"
                                 "10-17 ubnd@duc-lieu BP-24.2a 2026-Q3\n"
                                 "10-17 ubnd@duc-lieu BP-28 2026\n");
}

/* --- which calendar counts ------------------------------------------------------------------ */

static void a_calendar_says_nothing_about_units_beside_or_above_its_issuer(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "bu-dang", "bd", 1);

    owe(o, calendar, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-10-17");
    assert_string_equal(owed(o), "10-17 cap-uy@duc-lieu BP-24.2b 2026-10\n");
    owe(o, calendar, "BP-24.2a", "2026-10", "district", "2026-10-14", "2026-10-17");
    o->filter.organ = word_of("mttq");
    assert_string_equal(owed(o), "10-17 mttq@bu-dang BP-24.2a 2026-10\n");
}

static void the_nearest_issuer_sets_the_day(void **state)
{
    struct office *o = *state;
    struct dg_calendar *near = issue(o, "bu-dang", "bd", 1);
    struct dg_calendar *far = issue(o, "binh-phuoc", "bp", 9);

    owe(o, near, "BP-24.2b", "2026-10", "commune", "2026-10-14", "2026-10-15");
    owe(o, far, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-10-19");
    owe(o, far, "BP-24.2b", "2026-11", "", "2026-11-14", "2026-11-19");
    assert_string_equal(owed_at(o, "duc-lieu"), "10-15 cap-uy@duc-lieu BP-24.2b 2026-10\n"
                                                "11-19 cap-uy@duc-lieu BP-24.2b 2026-11\n");
    assert_string_equal(owed_at(o, "bu-dang"), "10-19 cap-uy@bu-dang BP-24.2b 2026-10\n"
                                               "11-19 cap-uy@bu-dang BP-24.2b 2026-11\n");
}

static void nobody_dates_what_he_owes_upward(void **state)
{
    struct office *o = *state;
    struct dg_calendar *own = issue(o, "duc-lieu", "dl", 1);
    struct dg_calendar *far = issue(o, "binh-phuoc", "bp", 1);

    set_organs(o->world, "duc-lieu", "cap-uy mttq");
    owe(o, own, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-12-31");
    owe(o, own, "BP-24.2a", "2026-10", "", "2026-10-14", "2026-10-25");
    assert_string_equal(owed_at(o, "duc-lieu"), "10-25 mttq@duc-lieu BP-24.2a 2026-10\n");
    owe(o, far, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-10-19");
    owe(o, far, "BP-24.2a", "2026-10", "", "2026-10-14", "2026-10-19");
    assert_string_equal(owed_at(o, "duc-lieu"), "10-19 cap-uy@duc-lieu BP-24.2b 2026-10\n"
                                                "10-25 mttq@duc-lieu BP-24.2a 2026-10\n");
}

static void a_nearer_day_outside_those_asked_for_still_counts(void **state)
{
    struct office *o = *state;
    struct dg_calendar *near = issue(o, "bu-dang", "bd", 1);
    struct dg_calendar *far = issue(o, "binh-phuoc", "bp", 1);

    owe(o, near, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-11-15");
    owe(o, far, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-10-19");
    o->filter.first = day_of("2026-10-01");
    o->filter.last = day_of("2026-10-31");
    assert_string_equal(owed_at(o, "duc-lieu"), "");
}

static void a_nearer_issuer_may_replace_a_period(void **state)
{
    struct office *o = *state;
    struct dg_calendar *near = issue(o, "bu-dang", "bd", 1);
    struct dg_calendar *far = issue(o, "binh-phuoc", "bp", 1);

    owe(o, near, "BP-24.2b", "2026-03", "", "2026-03-14", "2026-03-17")->replaced_by = word_of("2026-Q1");
    owe(o, far, "BP-24.2b", "2026-03", "", "2026-03-14", "2026-03-17");
    assert_string_equal(owed_at(o, "duc-lieu"), "");
}

static void a_newer_serial_takes_the_place_of_the_days_it_answers_for(void **state)
{
    struct office *o = *state;
    struct dg_calendar *old = issue(o, "binh-phuoc", "bp", 1);

    owe(o, old, "BP-24.2b", "2026-05", "", "2026-05-14", "2026-05-17");
    owe(o, old, "BP-24.2b", "2026-07", "", "2026-07-14", "2026-07-17");
    owe(o, old, "BP-24.2b", "2026-08", "", "2026-08-14", "2026-08-17");
    struct dg_calendar *reorganised = issue(o, "binh-phuoc", "bp", 2);
    reorganised->from = day_of("2026-07-01");
    owe(o, reorganised, "BP-24.2b", "2026-08", "", "2026-08-20", "2026-08-25");
    assert_string_equal(owed_at(o, "bu-dang"), "05-17 cap-uy@bu-dang BP-24.2b 2026-05\n"
                                               "08-25 cap-uy@bu-dang BP-24.2b 2026-08\n");
}

static void a_period_that_moved_into_the_newer_serial_is_owed_once(void **state)
{
    struct office *o = *state;
    struct dg_calendar *reorganised = issue(o, "binh-phuoc", "bp", 2);
    struct dg_calendar *old = issue(o, "binh-phuoc", "bp", 1);

    reorganised->from = day_of("2026-07-01");
    owe(o, reorganised, "BP-24.2b", "2026-06", "", "2026-06-30", "2026-07-05");
    owe(o, old, "BP-24.2b", "2026-06", "", "2026-06-14", "2026-06-17");
    assert_string_equal(owed_at(o, "bu-dang"), "07-05 cap-uy@bu-dang BP-24.2b 2026-06\n");
}

static void of_two_names_by_one_issuer_the_later_signature_counts(void **state)
{
    struct office *o = *state;
    struct dg_calendar *first = issue(o, "binh-phuoc", "bp-a", 7);
    struct dg_calendar *second = issue(o, "binh-phuoc", "bp-b", 1);

    owe(o, first, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-10-17");
    owe(o, second, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-10-20");
    assert_string_equal(owed_at(o, "bu-dang"), "10-20 cap-uy@bu-dang BP-24.2b 2026-10\n");
    first->issuer.signed_ms = 100;
    assert_string_equal(owed_at(o, "bu-dang"), "10-17 cap-uy@bu-dang BP-24.2b 2026-10\n");
}

static void the_calendar_of_an_unknown_unit_says_nothing(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "ha-noi", "hn", 1);

    owe(o, calendar, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-10-17");
    assert_string_equal(owed(o), "");
}

/* --- the last day in time ------------------------------------------------------------------- */

static struct dg_calendar *issue_on(struct office *o, uint32_t serial, const char *day, const char *due)
{
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", serial);

    calendar->issuer.signed_ms = instant_of(day);
    if (due != NULL)
        owe(o, calendar, "BP-24.2b", "2026-10", "district", "2026-10-01", due);
    return calendar;
}

static bool take_last(void *ctx, const struct dg_duty *duty)
{
    struct office *o = ctx;
    char last[DG_DAY_TEXT];

    dg_day_text(duty->last, last);
    snprintf(o->text, sizeof o->text, "%s by %u", last + 5, (unsigned)duty->set_by->calendar.serial);
    return false;
}

/* The last day of the one duty of bu-dang, and the serial that set it. */
static const char *last_of(struct office *o)
{
    o->text[0] = '\0';
    o->filter.unit = word_of("bu-dang");
    o->filter.organ = word_of("cap-uy");
    assert_int_equal(
        dg_duty_each(&o->world->directory, o->held, o->count, &o->filter, &o->world->arena, take_last, o),
        DG_OK);
    return o->text;
}

static void nobody_is_late_before_he_was_asked(void **state)
{
    struct office *o = *state;

    issue_on(o, 1, "2026-10-20", "2026-10-17");
    assert_string_equal(last_of(o), "10-20 by 1");
    o->held[0].calendar.issuer.signed_ms = instant_of("2026-10-17");
    assert_string_equal(last_of(o), "10-17 by 1");
}

static void a_newer_serial_takes_over_since_when_a_report_was_asked_for(void **state)
{
    struct office *o = *state;

    issue_on(o, 1, "2026-10-01", "2026-10-15");
    issue_on(o, 2, "2026-10-20", "2026-10-17");
    assert_string_equal(last_of(o), "10-17 by 1");
    issue_on(o, 3, "2026-10-25", "2026-10-16"); /* an earlier day than the 17th is asked for anew */
    assert_string_equal(last_of(o), "10-25 by 3");
    issue_on(o, 4, "2026-10-28", "2026-10-16"); /* and that stays promised */
    assert_string_equal(last_of(o), "10-25 by 3");
}

static void what_an_older_serial_did_not_ask_of_that_level_is_asked_anew(void **state)
{
    struct office *o = *state;
    struct dg_calendar *old = issue_on(o, 1, "2026-10-01", NULL);

    owe(o, old, "BP-24.2b", "2026-10", "commune", "2026-10-01", "2026-10-15");
    issue_on(o, 2, "2026-10-20", "2026-10-17");
    assert_string_equal(last_of(o), "10-20 by 2");
    owe(o, old, "BP-24.2b", "2026-10", "district", "2026-10-01", "2026-10-16");
    assert_string_equal(last_of(o), "10-17 by 1");
    old->entry[1].replaced_by = word_of("2026");
    assert_string_equal(last_of(o), "10-20 by 2");
}

static void a_serial_that_lifted_the_duty_breaks_the_inheritance(void **state)
{
    struct office *o = *state;

    issue_on(o, 1, "2026-10-01", "2026-10-17");
    struct dg_calendar *between = issue_on(o, 2, "2026-10-10", NULL);
    issue_on(o, 3, "2026-10-20", "2026-10-17");
    assert_string_equal(last_of(o), "10-20 by 3");
    between->from = day_of("2026-11-01"); /* about other days: it lifts nothing */
    assert_string_equal(last_of(o), "10-17 by 1");
}

static void nothing_is_inherited_across_a_missing_serial_or_from_another_name(void **state)
{
    struct office *o = *state;

    issue_on(o, 1, "2026-10-01", "2026-10-17");
    struct dg_calendar *newer = issue_on(o, 3, "2026-10-20", "2026-10-17");
    assert_string_equal(last_of(o), "10-20 by 3");
    newer->serial = 2;
    assert_string_equal(last_of(o), "10-17 by 1");
    newer->name = word_of("bq");
    assert_string_equal(last_of(o), "10-20 by 2");
}

/* --- change in mid-year --------------------------------------------------------------------- */

static void the_regime_of_the_cut_off_day_decides(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);
    struct dg_dir_adoption *huyen = adopt(o->world, "bu-dang", regime_file(o->world, "huyen"), true);

    huyen->has_from = true;
    huyen->from = day_of("2026-07-01");
    owe(o, calendar, "BP-24.2a", "2026-06", "commune", "2026-06-30", "2026-07-05");
    owe(o, calendar, "BP-24.2a", "2026-07", "commune", "2026-07-01", "2026-07-06");
    owe(o, calendar, "H-23.2a", "2026-06", "commune", "2026-06-30", "2026-07-05");
    owe(o, calendar, "H-23.2a", "2026-07", "commune", "2026-07-01", "2026-07-06");
    o->filter.organ = word_of("mttq");
    assert_string_equal(owed_at(o, "duc-lieu"), "07-05 mttq@duc-lieu BP-24.2a 2026-06\n"
                                                "07-06 mttq@duc-lieu H-23.2a 2026-07\n");
}

static void an_organ_owes_for_the_days_on_which_it_exists(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    organ_of(o->world, "duc-lieu", "mttq")->not_after_ms = instant_of("2026-07-01");
    organ_of(o->world, "duc-lieu", "ubnd")->not_before_ms = instant_of("2026-07-01");
    set_organs(o->world, "tan-loi", "cap-uy");
    owe(o, calendar, "BP-24.2a", "2026-06", "commune", "2026-06-30", "2026-07-05");
    owe(o, calendar, "BP-24.2a", "2026-07", "commune", "2026-07-01", "2026-07-05");
    assert_string_equal(owed(o), "07-05 cong-an@duc-lieu BP-24.2a 2026-06\n"
                                 "07-05 cong-an@duc-lieu BP-24.2a 2026-07\n"
                                 "07-05 hoi-nong-dan@duc-lieu BP-24.2a 2026-06\n"
                                 "07-05 hoi-nong-dan@duc-lieu BP-24.2a 2026-07\n"
                                 "07-05 mttq@duc-lieu BP-24.2a 2026-06\n"
                                 "07-05 ubnd@duc-lieu BP-24.2a 2026-07\n");
}

static void a_renewed_certificate_owes_once(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);
    struct dg_dir_unit *unit = unit_of(o->world, "duc-lieu");

    set_organs(o->world, "duc-lieu", "mttq");
    unit->organ[1] = unit->organ[0];
    unit->organ[1].serial = 2;
    unit->organ_count = 2;
    owe(o, calendar, "BP-24.2a", "2026-06", "commune", "2026-06-30", "2026-07-05");
    assert_string_equal(owed_at(o, "duc-lieu"), "07-05 mttq@duc-lieu BP-24.2a 2026-06\n");
}

/* --- what is asked for ---------------------------------------------------------------------- */

static void a_filter_leaves_out_what_is_not_asked_for(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    owe(o, calendar, "BP-24.2a", "2026-10", "", "2026-10-14", "2026-10-17");
    owe(o, calendar, "BP-24.2b", "2026-10", "", "2026-10-14", "2026-10-19");
    owe(o, calendar, "BP-24.2b", "2026-11", "", "2026-11-14", "2026-11-17");
    o->filter = (struct dg_duty_filter){.rule = word_of("BP-24.2b"), .period = word_of("2026-11")};
    assert_string_equal(owed_at(o, "bu-dang"), "11-17 cap-uy@bu-dang BP-24.2b 2026-11\n");
    o->filter = (struct dg_duty_filter){.organ = word_of("mttq")};
    assert_string_equal(owed_at(o, "bu-dang"), "10-17 mttq@bu-dang BP-24.2a 2026-10\n");
    o->filter = (struct dg_duty_filter){.first = day_of("2026-10-18"), .last = day_of("2026-11-16")};
    assert_string_equal(owed_at(o, "bu-dang"), "10-19 cap-uy@bu-dang BP-24.2b 2026-10\n");
    o->filter = (struct dg_duty_filter){.organ = word_of("cap-uy"), .first = {1}};
    assert_string_equal(owed_at(o, "bu-dang"), "10-19 cap-uy@bu-dang BP-24.2b 2026-10\n"
                                               "11-17 cap-uy@bu-dang BP-24.2b 2026-11\n");
    assert_string_equal(owed_at(o, "ha-noi"), "");
}

static void whoever_has_seen_enough_is_told_no_more(void **state)
{
    struct office *o = *state;
    struct dg_calendar *calendar = issue(o, "binh-phuoc", "bp", 1);

    owe(o, calendar, "BP-24.2a", "2026-10", "", "2026-10-14", "2026-10-17");
    owe(o, calendar, "BP-24.2a", "2026-11", "", "2026-11-14", "2026-11-17");
    o->most = 2;
    assert_string_equal(owed_at(o, "bu-dang"), "10-17 cong-an@bu-dang BP-24.2a 2026-10\n"
                                               "10-17 hoi-nong-dan@bu-dang BP-24.2a 2026-10\n");
}

static void nothing_is_owed_without_a_calendar_or_a_regime(void **state)
{
    struct office *o = *state;

    assert_string_equal(owed(o), "");
    owe(o, issue(o, "binh-phuoc", "bp", 1), "BP-24.2a", "2026-10", "", "2026-10-14", "2026-10-17");
    unit_of(o->world, "binh-phuoc")->adoption[0].regime = NULL; /* not yet here */
    assert_string_equal(owed_at(o, "bu-dang"), "");
}

static void want_of_memory_is_said(void **state)
{
    struct office *o = *state;
    struct dg_arena arena;
    enum dg_err err = DG_ERR_NO_MEMORY;

    owe(o, issue(o, "binh-phuoc", "bp", 1), "BP-24.2a", "2026-10", "", "2026-10-14", "2026-10-17");
    for (size_t budget = 1; err != DG_OK; budget += 16) {
        dg_arena_init(&arena, budget);
        err = dg_duty_each(&o->world->directory, o->held, o->count, &o->filter, &arena, show_duty, o);
        assert_true(err == DG_OK || err == DG_ERR_NO_MEMORY);
        dg_arena_done(&arena);
    }
    assert_true(o->seen > 0);
}

/* --- how it is judged ----------------------------------------------------------------------- */

static const struct dg_calendar_entry the_entry = {.due = {0}};

/* The state of a duty due on that day, and by how many days it was late. */
static const char *judged(const char *due, struct dg_duty_facts facts, const char *today)
{
    static char text[64];
    struct dg_calendar_entry entry = the_entry;
    const struct dg_duty duty = {.entry = &entry, .last = day_of(due)};
    uint32_t late = 99;

    entry.due = day_of(due);
    enum dg_duty_state state = dg_duty_judge(&duty, &facts, day_of(today), &late);
    assert_int_equal(dg_duty_judge(&duty, &facts, day_of(today), NULL), state);
    snprintf(text, sizeof text, "%s %u", dg_duty_state_name(state), (unsigned)late);
    return text;
}

static struct dg_duty_facts came_at(const char *instant)
{
    struct dg_duty_facts facts = {.submitted = true};

    assert_true(dg_instant_parse(word_of(instant), &facts.came_ms));
    return facts;
}

static void a_duty_is_owed_through_its_due_day_and_missing_from_the_next(void **state)
{
    (void)state;
    struct dg_duty_facts none = {0};

    assert_string_equal(judged("2026-10-17", none, "2026-10-01"), "owed 0");
    assert_string_equal(judged("2026-10-17", none, "2026-10-17"), "owed 0");
    assert_string_equal(judged("2026-10-17", none, "2026-10-18"), "missing 0");
}

static void the_due_day_ends_at_midnight_in_vietnam(void **state)
{
    (void)state;
    const char *today = "2026-12-01";

    assert_string_equal(judged("2026-10-17", came_at("2026-10-17T16:59:59.999Z"), today), "on-time 0");
    assert_string_equal(judged("2026-10-17", came_at("2026-10-17T17:00:00.000Z"), today), "late 1");
    assert_string_equal(judged("2026-10-17", came_at("2026-10-18T16:59:59.999Z"), today), "late 1");
    assert_string_equal(judged("2026-10-17", came_at("2026-10-18T17:00:00.000Z"), today), "late 2");
}

static void late_days_are_counted_over_leap_days_and_the_turn_of_the_year(void **state)
{
    (void)state;
    assert_string_equal(judged("2024-02-28", came_at("2024-03-01T05:00:00.000Z"), "2024-04-01"), "late 2");
    assert_string_equal(judged("2026-02-28", came_at("2026-03-01T05:00:00.000Z"), "2026-04-01"), "late 1");
    assert_string_equal(judged("2026-12-22", came_at("2027-01-02T05:00:00.000Z"), "2027-04-01"), "late 11");
}

static void what_came_late_is_late_whatever_day_it_was_signed_with(void **state)
{
    (void)state;
    struct dg_duty_facts facts = came_at("2026-11-26T09:00:00.000Z");

    facts.signed_ms = instant_of("2026-10-17");
    assert_string_equal(judged("2026-10-17", facts, "2026-12-01"), "late 40");
}

static void an_extension_moves_the_last_day(void **state)
{
    (void)state;
    struct dg_duty_facts facts = {.extended = true, .until = day_of("2026-10-24")};

    assert_string_equal(judged("2026-10-17", facts, "2026-10-24"), "owed 0");
    assert_string_equal(judged("2026-10-17", facts, "2026-10-25"), "missing 0");
    facts.submitted = true;
    facts.came_ms = instant_of("2026-10-24");
    assert_string_equal(judged("2026-10-17", facts, "2026-11-01"), "on-time 0");
    facts.came_ms = instant_of("2026-10-27");
    assert_string_equal(judged("2026-10-17", facts, "2026-11-01"), "late 3");
    facts.until = day_of("2026-10-10"); /* of a due day that a newer calendar has moved since */
    assert_string_equal(judged("2026-10-17", facts, "2026-11-01"), "late 10");
}

static void who_is_excused_is_never_late_but_may_be_in_time(void **state)
{
    (void)state;
    struct dg_duty_facts facts = {.excused = true};

    assert_string_equal(judged("2026-10-17", facts, "2026-10-01"), "excused 0");
    assert_string_equal(judged("2026-10-17", facts, "2026-11-01"), "excused 0");
    facts.submitted = true;
    facts.came_ms = instant_of("2026-10-27");
    assert_string_equal(judged("2026-10-17", facts, "2026-11-01"), "excused 0");
    facts.came_ms = instant_of("2026-10-17");
    assert_string_equal(judged("2026-10-17", facts, "2026-11-01"), "on-time 0");
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, open_office, close_office)
    const struct CMUnitTest tests[] = {
        STORY(every_organ_that_the_rule_binds_owes_a_report),
        STORY(a_unit_under_its_own_regime_owes_by_that_but_upward_by_the_superiors),
        STORY(the_root_owes_nothing_upward),
        STORY(nobody_owes_a_report_to_himself),
        STORY(a_missing_addressee_does_not_lift_the_duty),
        STORY(a_stand_in_owes_what_the_missing_organ_would),
        STORY(an_owner_rule_is_owed_by_the_unit_that_adopted_it_and_by_no_stand_in),
        STORY(a_rule_is_not_owed_for_a_period_that_it_does_not_know),
        STORY(the_lead_organ_owes_a_joint_report_where_the_other_signer_exists),
        STORY(a_notice_about_some_matter_is_owed_when_the_calendar_names_it),
        STORY(each_level_of_a_cascade_has_its_own_day),
        STORY(what_a_longer_period_replaces_is_not_owed),
        STORY(the_second_half_and_nine_months_are_owed_like_any_other_period),
        STORY(duties_come_by_day_unit_organ_rule_and_period),
        STORY(a_calendar_says_nothing_about_units_beside_or_above_its_issuer),
        STORY(the_nearest_issuer_sets_the_day),
        STORY(nobody_dates_what_he_owes_upward),
        STORY(a_nearer_day_outside_those_asked_for_still_counts),
        STORY(a_nearer_issuer_may_replace_a_period),
        STORY(a_newer_serial_takes_the_place_of_the_days_it_answers_for),
        STORY(a_period_that_moved_into_the_newer_serial_is_owed_once),
        STORY(of_two_names_by_one_issuer_the_later_signature_counts),
        STORY(the_calendar_of_an_unknown_unit_says_nothing),
        STORY(nobody_is_late_before_he_was_asked),
        STORY(a_newer_serial_takes_over_since_when_a_report_was_asked_for),
        STORY(what_an_older_serial_did_not_ask_of_that_level_is_asked_anew),
        STORY(a_serial_that_lifted_the_duty_breaks_the_inheritance),
        STORY(nothing_is_inherited_across_a_missing_serial_or_from_another_name),
        STORY(the_regime_of_the_cut_off_day_decides),
        STORY(an_organ_owes_for_the_days_on_which_it_exists),
        STORY(a_renewed_certificate_owes_once),
        STORY(a_filter_leaves_out_what_is_not_asked_for),
        STORY(whoever_has_seen_enough_is_told_no_more),
        STORY(nothing_is_owed_without_a_calendar_or_a_regime),
        STORY(want_of_memory_is_said),
        cmocka_unit_test(a_duty_is_owed_through_its_due_day_and_missing_from_the_next),
        cmocka_unit_test(the_due_day_ends_at_midnight_in_vietnam),
        cmocka_unit_test(late_days_are_counted_over_leap_days_and_the_turn_of_the_year),
        cmocka_unit_test(what_came_late_is_late_whatever_day_it_was_signed_with),
        cmocka_unit_test(an_extension_moves_the_last_day),
        cmocka_unit_test(who_is_excused_is_never_late_but_may_be_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
