/* test_issued.c - a calendar's way down, and what the nodes make of it: duties, reminders, findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/issued_impl.h"
#include "proto/state_table.h"
#include "tests/unit/support/duties.h"
#include "tests/unit/support/fixture.h"

/* ---- asking the nodes ---------------------------------------------------------------------------- */

static size_t calendars_at(enum fed_place place)
{
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    size_t count = dg_calendar_rows(txn);
    dg_abort(fed->node[place].store, txn);
    return count;
}

struct seen {
    size_t count;
    uint32_t number; /* of the newest reminder */
    bool escalated;
    enum dg_finding finding;
    uint32_t days;
    uint64_t before, after;
    size_t reminders;
    char by[DG_SLUG_MAX + 1];
};

static bool see_reminder(void *ctx, const struct dg_reminder *reminder, const struct dg_hash *hash)
{
    struct seen *seen = ctx;
    (void)hash;
    assert_true(reminder->count > seen->number); /* the oldest first */
    seen->number = reminder->count;
    seen->count++;
    seen->escalated = reminder->escalated;
    memcpy(seen->by, reminder->issuer.unit.data, reminder->issuer.unit.size);
    return true;
}

static bool see_absence(void *ctx, const struct dg_absence *absence, const struct dg_hash *hash)
{
    struct seen *seen = ctx;
    (void)hash;
    seen->count++;
    seen->finding = absence->finding;
    seen->days = absence->days;
    seen->before = absence->before.size;
    seen->after = absence->after.size;
    seen->reminders = absence->reminder_count;
    return true;
}

struct asked {
    struct dg_txn *txn;
    struct dg_day today;
    size_t count;
    enum dg_duty_state state;
    uint32_t days_late;
    struct seen reminder, absence;
};

static bool judge(void *ctx, const struct dg_duty *duty)
{
    struct asked *asked = ctx;
    struct dg_duty_facts facts;
    asked->count++;
    dg_duty_facts(asked->txn, duty, &facts);
    asked->state = dg_duty_judge(duty, &facts, asked->today, &asked->days_late);
    dg_reminders_each(asked->txn, duty, see_reminder, &asked->reminder);
    dg_absences_each(asked->txn, duty, see_absence, &asked->absence);
    return true;
}

/* How the duty of cap-uy at a unit stands, as a node sees it. */
static struct asked ask(enum fed_place place, const char *unit)
{
    struct asked asked = {.today = dg_day_of(fed->now)};
    struct dg_duty_filter filter = {.unit = dg_bytes_of(unit)};
    struct dg_held_calendar *calendar;
    struct dg_directory dir;
    size_t count;
    assert_int_equal(dg_begin_read(fed->node[place].store, &asked.txn), DG_OK);
    assert_int_equal(dg_directory_load(asked.txn, asked.txn->arena, &dir), DG_OK);
    assert_int_equal(dg_calendars_load(asked.txn, asked.txn->arena, &count, &calendar), DG_OK);
    assert_int_equal(dg_duty_each(&dir, calendar, count, &filter, asked.txn->arena, judge, &asked), DG_OK);
    assert_int_equal(asked.txn->err, DG_OK);
    dg_abort(fed->node[place].store, asked.txn);
    return asked;
}

/* ---- calendars ----------------------------------------------------------------------------------- */

static void a_calendar_reaches_every_unit_below_once(void **state)
{
    (void)state;
    struct dg_ctl_reply reply = fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    assert_true(reply.fault.err == DG_OK && reply.has_id);
    for (size_t i = 0; i < FED_NODES; i++)
        assert_int_equal(calendars_at((enum fed_place)i), 1);
    assert_int_equal(ask(FED_XA, "xa").state, DG_DUTY_MISSING);
    assert_int_equal(ask(FED_TINH, "tinh").count, 0);
}

static void a_calendar_of_a_district_stays_below_it(void **state)
{
    (void)state;
    assert_int_equal(fed_issue_calendar(fed, FED_HUYEN, "ban-dan-van", DUE).fault.err, DG_OK);
    assert_int_equal(calendars_at(FED_XA), 1);
    assert_int_equal(calendars_at(FED_TINH), 0);
    assert_int_equal(calendars_at(FED_KHOI), 0);
}

static void an_organ_that_does_not_direct_issues_nothing(void **state)
{
    (void)state;
    struct dg_ctl_reply reply = fed_issue_calendar(fed, FED_TINH, "cap-uy", DUE);
    assert_int_equal(reply.fault.err, DG_ERR_NOT_PERMITTED);
    assert_non_null(strstr(reply.fault.what, "ban-dan-van"));
    assert_int_equal(fed_issue_calendar(fed, FED_TINH, "khong-co", DUE).fault.err, DG_ERR_NO_ORGAN);
    assert_int_equal(calendars_at(FED_TINH), 0);
}

static void a_newer_serial_takes_the_place_and_the_old_one_stays(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    assert_int_equal(ask(FED_XA, "xa").state, DG_DUTY_MISSING);
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-12-20");
    assert_int_equal(calendars_at(FED_XA), 2);
    assert_int_equal(ask(FED_XA, "xa").state, DG_DUTY_OWED);
}

static void no_unit_dates_excuses_or_certifies_what_it_owes_upward(void **state)
{
    (void)state;
    assert_int_equal(fed_issue_calendar(fed, FED_XA, "ban-dan-van", "2026-12-20").fault.err, DG_OK);
    assert_int_equal(ask(FED_XA, "xa").count, 0);
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    assert_int_equal(ask(FED_XA, "xa").state, DG_DUTY_MISSING);
    assert_int_equal(
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_XA, "cap-uy@xa", DG_FINDING_EXCUSED, NULL).fault.err,
        DG_ERR_NOT_PERMITTED);
    static const enum dg_ctl_verb verb[] = {DG_CTL_CERTIFY, DG_CTL_REMIND};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(fed_about_duty(fed, verb[i], FED_XA, "cap-uy@xa", 0, NULL).fault.err,
                         DG_ERR_NOT_SEEN);
}

static void a_unit_that_was_cut_off_gets_the_calendar_later(void **state)
{
    (void)state;
    fed->cut_khoi = true;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    assert_int_equal(calendars_at(FED_KHOI), 0);
    fed->cut_khoi = false;
    fed_run(fed, 120);
    assert_int_equal(calendars_at(FED_KHOI), 1);
}

/* ---- duties -------------------------------------------------------------------------------------- */

static void a_push_says_which_duty_it_meets(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-12-20");
    (void)fed_push(fed, FED_XA, NULL);
    struct dg_ctl_reply reply;
    struct dg_bytes replied = dg_arena_copy(&fed->arena, dg_buf_bytes(&fed->replied));
    assert_int_equal(dg_ctl_reply_decode(&fed->arena, replied, &reply, NULL), DG_OK);
    assert_int_equal(reply.met_count, 1);
    assert_true(dg_bytes_is(reply.met[0].owner, "cap-uy@xa") && dg_bytes_is(reply.met[0].rule, "T-1"));
    assert_false(reply.met[0].late);
    assert_int_equal(ask(FED_XA, "xa").state, DG_DUTY_ON_TIME);
    assert_int_equal(ask(FED_HUYEN, "xa").state, DG_DUTY_ON_TIME);
}

static void a_report_after_the_due_day_is_late_by_so_many_days(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    (void)fed_push(fed, FED_XA, NULL);
    struct asked asked = ask(FED_HUYEN, "xa");
    assert_int_equal(asked.state, DG_DUTY_LATE);
    assert_int_equal(asked.days_late, 4);
}

static void what_was_sent_in_time_and_came_after_the_day_is_late(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-11-21");
    fed->cut_khoi = true;
    (void)fed_push(fed, FED_KHOI, NULL);
    fed_sleep_days(fed, 2);
    assert_int_equal(ask(FED_KHOI, "khoi").state, DG_DUTY_ON_TIME); /* as far as its own node knows */
    assert_int_equal(ask(FED_TINH, "khoi").state, DG_DUTY_MISSING);
    fed->cut_khoi = false;
    fed_run(fed, 900);
    static const enum fed_place place[] = {FED_TINH, FED_KHOI};
    for (size_t i = 0; i < 2; i++) {
        struct asked asked = ask(place[i], "khoi");
        assert_int_equal(asked.state, DG_DUTY_LATE);
        assert_int_equal(asked.days_late, 2);
    }
    assert_int_equal(fed_about_duty(fed, DG_CTL_CERTIFY, FED_TINH, "cap-uy@khoi", 0, NULL).fault.err, DG_OK);
    assert_int_equal(ask(FED_TINH, "khoi").absence.finding, DG_FINDING_LATE);
}

static void a_report_that_was_given_back_meets_no_duty(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-11-21");
    struct dg_id first = fed_push(fed, FED_XA, NULL);
    assert_int_equal(ask(FED_HUYEN, "xa").state, DG_DUTY_ON_TIME);
    char hex[DG_HEX_BYTES];
    dg_hex(first.b, sizeof first.b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_RECALL,
                                     .organ = dg_bytes_of("cap-uy"),
                                     .report = dg_bytes_of(hex),
                                     .note = dg_bytes_of("nhầm số liệu")};
    assert_int_equal(fed_control(&fed->node[FED_XA], &request).fault.err, DG_OK);
    fed_run(fed, 10);
    assert_int_equal(ask(FED_HUYEN, "xa").state, DG_DUTY_ON_TIME);           /* asked for, not agreed */
    fed_mark(fed, FED_HUYEN, &first, "ban-dan-van", DG_STATE_RECALL_AGREED); /* only a copy */
    assert_int_equal(ask(FED_HUYEN, "xa").state, DG_DUTY_ON_TIME);
    fed_mark(fed, FED_HUYEN, &first, "cap-uy", DG_STATE_RECALL_AGREED);
    assert_int_equal(ask(FED_HUYEN, "xa").state, DG_DUTY_OWED);
    assert_int_equal(ask(FED_XA, "xa").state, DG_DUTY_OWED);
    fed_sleep_days(fed, 1);
    (void)fed_push(fed, FED_XA, NULL);
    assert_int_equal(ask(FED_HUYEN, "xa").state, DG_DUTY_LATE);
    assert_int_equal(ask(FED_XA, "xa").days_late, 1);
}

struct counted {
    struct dg_txn *txn;
    const char *keeper;
    size_t filed, counting;
};

static bool count_filed(void *ctx, const struct dg_filed *filed)
{
    struct counted *counted = ctx;
    dg_ms came_ms;
    counted->filed++;
    counted->counting += dg_filed_counts(counted->txn, filed, dg_bytes_of(counted->keeper), &came_ms);
    return true;
}

/* How many reports of cap-uy@xa under V-1, which goes through ban-dan-van@huyen, count at a node. */
static struct counted count_at(enum fed_place place)
{
    struct counted counted = {.keeper = "huyen"};
    struct dg_bytes none = dg_bytes_at(NULL, 0);
    assert_int_equal(dg_begin_read(fed->node[place].store, &counted.txn), DG_OK);
    dg_filed_each(counted.txn, dg_bytes_of("V-1"), none, none, none, count_filed, &counted);
    assert_int_equal(counted.txn->err, DG_OK);
    dg_abort(fed->node[place].store, counted.txn);
    return counted;
}

static void a_report_that_its_via_organ_returned_meets_no_duty(void **state)
{
    static const enum fed_place place[] = {FED_HUYEN, FED_XA};
    (void)state;
    struct dg_ctl_reply reply = fed_push_matter(fed, FED_XA, "cap-uy", "tren", NULL, NULL);
    assert_int_equal(reply.fault.err, DG_OK);
    fed_run(fed, 10);
    for (size_t i = 0; i < 2; i++)
        assert_true(count_at(place[i]).filed == 1 && count_at(place[i]).counting == 1);
    assert_int_equal(fed_pass(fed, FED_HUYEN, &reply.id, "ban-dan-van", true), DG_OK);
    fed_run(fed, 10);
    for (size_t i = 0; i < 2; i++)
        assert_true(count_at(place[i]).filed == 1 && count_at(place[i]).counting == 0);
}

static bool take_filed(void *ctx, const struct dg_filed *filed)
{
    *(struct dg_filed *)ctx = *filed;
    return false;
}

static bool take_receipt(void *ctx, const struct dg_custody *custody)
{
    *(struct dg_custody *)ctx = *custody;
    return custody->record.kind != DG_RECORD_RECEIPT;
}

static void a_report_that_the_superiors_node_rejected_meets_no_duty(void **state)
{
    (void)state;
    struct dg_txn *txn;
    struct dg_filed filed = {.position = 0};
    struct dg_custody custody = {.number = 99};
    struct dg_bytes none = dg_bytes_at(NULL, 0);
    struct dg_buf leaf;
    dg_ms came_ms = 0;
    (void)fed_push(fed, FED_XA, NULL);
    assert_int_equal(dg_begin_write(fed->node[FED_XA].store, &txn), DG_OK);
    dg_filed_each(txn, dg_bytes_of("T-1"), none, none, none, take_filed, &filed);
    assert_true(dg_filed_counts(txn, &filed, dg_bytes_of("huyen"), &came_ms));
    dg_custody_each(txn, filed.position, take_receipt, &custody);
    assert_int_equal(came_ms, custody.leaf.time); /* of its receipt */
    custody.leaf.verdict = DG_VERDICT_REJECTED;
    custody.leaf.code = dg_bytes_of("SEQ_GAP");
    custody.leaf.delivery_count = custody.leaf.unresolved_count = custody.leaf.flag_count = 0;
    dg_buf_init(&leaf, DG_LEAF_MAX);
    assert_int_equal(dg_leaf_write(&custody.leaf, &leaf), DG_OK);
    custody.record.leaf = dg_buf_bytes(&leaf);
    dg_custody_put(txn, filed.position, custody.number, custody.origin, custody.checkpoint_size,
                   &custody.record);
    assert_false(dg_filed_counts(txn, &filed, dg_bytes_of("huyen"), &came_ms));
    assert_true(
        dg_filed_counts(txn, &filed, dg_bytes_of("tinh"), &came_ms)); /* what others do decides nothing */
    assert_int_equal(txn->err, DG_OK);
    dg_buf_done(&leaf);
    dg_abort(fed->node[FED_XA].store, txn);
}

static void a_status_names_what_is_overdue_and_degrades_nothing(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    struct dg_ctl_request request = {.verb = DG_CTL_STATUS};
    struct dg_ctl_reply reply = fed_control(&fed->node[FED_XA], &request);
    assert_true(dg_bytes_is(reply.state, "OK"));
    assert_int_equal(reply.reason_count, 1);
    assert_true(dg_bytes_is(reply.reason[0], "OVERDUE"));
    (void)fed_push(fed, FED_XA, NULL);
    assert_int_equal(fed_control(&fed->node[FED_XA], &request).reason_count, 0);
}

/* ---- excuses ------------------------------------------------------------------------------------- */

static void an_excuse_is_known_where_the_duty_is(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    struct dg_ctl_reply reply =
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "cap-uy@xa", DG_FINDING_EXCUSED, NULL);
    assert_int_equal(reply.fault.err, DG_OK);
    static const enum fed_place knows[] = {FED_TINH, FED_HUYEN, FED_XA};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(ask(knows[i], "xa").state, DG_DUTY_EXCUSED);
    assert_int_equal(ask(FED_HUYEN, "huyen").state, DG_DUTY_MISSING);
    assert_int_equal(ask(FED_KHOI, "xa").absence.count, 0);
}

static void an_extension_moves_the_last_day(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    assert_int_equal(
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "cap-uy@xa", DG_FINDING_EXTENDED, "2026-11-21")
            .fault.err,
        DG_OK);
    assert_int_equal(ask(FED_XA, "xa").state, DG_DUTY_OWED);
    (void)fed_push(fed, FED_XA, NULL);
    assert_int_equal(ask(FED_HUYEN, "xa").state, DG_DUTY_ON_TIME);
}

static void only_the_issuer_of_the_calendar_excuses(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    static const enum fed_place place[] = {FED_HUYEN, FED_XA};
    for (size_t i = 0; i < 2; i++) {
        struct dg_ctl_reply reply =
            fed_about_duty(fed, DG_CTL_EXCUSE, place[i], "cap-uy@xa", DG_FINDING_EXCUSED, NULL);
        assert_int_equal(reply.fault.err, DG_ERR_NOT_PERMITTED);
        assert_non_null(strstr(reply.fault.what, "ban-dan-van@tinh"));
    }
    assert_int_equal(
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "cap-uy@xa", DG_FINDING_MISSING, NULL).fault.err,
        DG_ERR_BAD_VALUE);
    assert_int_equal(
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "cap-uy@xa", DG_FINDING_EXTENDED, DUE).fault.err,
        DG_ERR_BAD_UNTIL);
    assert_int_equal(
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "mttq@xa", DG_FINDING_EXCUSED, NULL).fault.err,
        DG_ERR_NOT_FOUND);
}

static void an_extension_that_is_none_is_refused_with_the_last_day(void **state)
{
    (void)state;
    (void)fed_issue_today(fed, FED_TINH, "ban-dan-van", DUE); /* so the last day is the 21st */
    struct dg_ctl_reply reply =
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "cap-uy@xa", DG_FINDING_EXTENDED, "2026-11-20");
    assert_int_equal(reply.fault.err, DG_ERR_BAD_UNTIL);
    assert_string_equal(reply.fault.what, "2026-11-21");
    assert_int_equal(
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "cap-uy@xa", DG_FINDING_EXTENDED, "2026-11-22")
            .fault.err,
        DG_OK);
}

/* ---- a calendar that came too late --------------------------------------------------------------- */

static void what_was_asked_for_too_late_may_still_come_on_the_day_of_asking(void **state)
{
    (void)state;
    (void)fed_issue_today(fed, FED_TINH, "ban-dan-van", DUE);
    assert_int_equal(ask(FED_HUYEN, "xa").state, DG_DUTY_OWED);
    assert_int_equal(fed_about_duty(fed, DG_CTL_CERTIFY, FED_HUYEN, "cap-uy@xa", 0, NULL).fault.err,
                     DG_ERR_NOT_DUE);
    (void)fed_push(fed, FED_XA, NULL);
    assert_int_equal(ask(FED_HUYEN, "xa").state, DG_DUTY_ON_TIME);
    fed_sleep_days(fed, 1); /* the first reminder comes a day after the 21st */
    assert_int_equal(ask(FED_HUYEN, "xa").reminder.count, 0);
    assert_int_equal(ask(FED_TINH, "huyen").state, DG_DUTY_MISSING);
    assert_int_equal(ask(FED_TINH, "huyen").reminder.count, 1);
    (void)fed_push(fed, FED_HUYEN, NULL);
    assert_int_equal(ask(FED_TINH, "huyen").days_late, 1);
}

static void a_newer_serial_inherits_the_day_of_signing(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    (void)fed_issue_today(fed, FED_TINH, "ban-dan-van", DUE);
    assert_int_equal(ask(FED_HUYEN, "xa").state, DG_DUTY_MISSING);
    (void)fed_issue_today(fed, FED_TINH, "ban-dan-van", "2026-11-19"); /* a little later: as good as before */
    (void)fed_push(fed, FED_XA, NULL);
    assert_int_equal(ask(FED_HUYEN, "xa").days_late, 2);
    (void)fed_issue_today(fed, FED_TINH, "ban-dan-van", "2026-11-18"); /* earlier than the last one said */
    assert_int_equal(ask(FED_HUYEN, "xa").state, DG_DUTY_ON_TIME);
}

/* ---- reminders ----------------------------------------------------------------------------------- */

static void the_unit_that_would_receive_it_reminds_at_the_interval(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE); /* it is the 21st: one is due at once */
    struct asked asked = ask(FED_XA, "xa");
    assert_int_equal(asked.reminder.count, 1);
    assert_string_equal(asked.reminder.by, "huyen");
    assert_false(asked.reminder.escalated);
    assert_string_equal(ask(FED_HUYEN, "huyen").reminder.by, "tinh");
    fed_sleep_days(fed, 1);
    assert_int_equal(ask(FED_XA, "xa").reminder.count, 1);
    fed_sleep_days(fed, 1);
    asked = ask(FED_XA, "xa");
    assert_int_equal(asked.reminder.count, 2);
    assert_true(asked.reminder.escalated);
    /* The second one is known one level above the reminding unit, and no further. */
    asked = ask(FED_TINH, "xa");
    assert_true(asked.reminder.count == 1 && asked.reminder.number == 2);
}

static void a_reminder_is_not_repeated_after_a_restart_or_a_set_clock(void **state)
{
    struct fed_node *huyen = &fed->node[FED_HUYEN];
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    assert_int_equal(ask(FED_HUYEN, "xa").reminder.count, 1);
    dg_turn_done(&huyen->turn);
    dg_node_close(huyen->node);
    fed_open(huyen);
    fed_run(fed, 10);
    fed->now -= 3 * DAY_SECONDS * INT64_C(1000);
    fed_run(fed, 10);
    fed->now += 4 * DAY_SECONDS * INT64_C(1000);
    fed_run(fed, 10);
    assert_int_equal(ask(FED_HUYEN, "xa").reminder.count, 1);
    fed->now += DAY_SECONDS * INT64_C(1000);
    fed_run(fed, 10);
    assert_int_equal(ask(FED_HUYEN, "xa").reminder.count, 2);
}

static void who_has_reported_or_is_excused_is_not_reminded(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_XA, NULL);
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-11-20");
    (void)fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "cap-uy@khoi", DG_FINDING_NOTHING, NULL);
    fed_sleep_days(fed, 3);
    assert_int_equal(ask(FED_HUYEN, "xa").reminder.count, 0);
    assert_true(ask(FED_KHOI, "khoi").reminder.count <= 1);
    assert_int_equal(ask(FED_HUYEN, "huyen").reminder.count, 2);
}

static void a_reminder_by_hand_is_counted_with_the_others(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-11-22");
    struct dg_ctl_reply early = fed_about_duty(fed, DG_CTL_REMIND, FED_HUYEN, "cap-uy@xa", 0, NULL);
    assert_int_equal(early.fault.err, DG_ERR_NOT_DUE);
    assert_non_null(strstr(early.fault.what, "2026-11-22"));
    assert_int_equal(ask(FED_HUYEN, "xa").reminder.count, 0);
    fed_sleep_days(fed, 1);
    assert_int_equal(fed_about_duty(fed, DG_CTL_REMIND, FED_HUYEN, "cap-uy@xa", 0, NULL).fault.err, DG_OK);
    assert_int_equal(ask(FED_XA, "xa").reminder.count, 1);
    assert_int_equal(fed_about_duty(fed, DG_CTL_REMIND, FED_TINH, "cap-uy@xa", 0, NULL).fault.err,
                     DG_ERR_NOT_SEEN);
    (void)fed_push(fed, FED_XA, NULL);
    assert_int_equal(fed_about_duty(fed, DG_CTL_REMIND, FED_HUYEN, "cap-uy@xa", 0, NULL).fault.err,
                     DG_ERR_DUTY_MET);
}

/* ---- findings ------------------------------------------------------------------------------------ */

static void what_never_came_is_certified_missing_and_then_late(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    struct dg_ctl_reply reply = fed_about_duty(fed, DG_CTL_CERTIFY, FED_HUYEN, "cap-uy@xa", 0, NULL);
    assert_int_equal(reply.fault.err, DG_OK);
    struct asked asked = ask(FED_HUYEN, "xa");
    assert_int_equal(asked.absence.finding, DG_FINDING_MISSING);
    assert_true(asked.absence.before > 0 && asked.absence.before < asked.absence.after);
    assert_int_equal(asked.absence.reminders, 1);
    assert_int_equal(ask(FED_XA, "xa").absence.count, 1);
    (void)fed_push(fed, FED_XA, NULL);
    assert_int_equal(fed_about_duty(fed, DG_CTL_CERTIFY, FED_HUYEN, "cap-uy@xa", 0, NULL).fault.err, DG_OK);
    asked = ask(FED_XA, "xa");
    assert_int_equal(asked.absence.count, 2);
    assert_int_equal(asked.absence.finding, DG_FINDING_LATE);
    assert_int_equal(asked.absence.days, 4);
}

static void a_report_that_came_or_is_not_due_is_not_certified_missing(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-11-21");
    assert_int_equal(fed_about_duty(fed, DG_CTL_CERTIFY, FED_HUYEN, "cap-uy@xa", 0, NULL).fault.err,
                     DG_ERR_NOT_DUE);
    (void)fed_push(fed, FED_XA, NULL);
    fed_sleep_days(fed, 2);
    assert_int_equal(fed_about_duty(fed, DG_CTL_CERTIFY, FED_HUYEN, "cap-uy@xa", 0, NULL).fault.err,
                     DG_ERR_DUTY_MET);
    assert_int_equal(fed_about_duty(fed, DG_CTL_CERTIFY, FED_TINH, "cap-uy@xa", 0, NULL).fault.err,
                     DG_ERR_NOT_SEEN);
    assert_int_equal(fed_about_duty(fed, DG_CTL_CERTIFY, FED_TINH, "cap-uy@huyen", 0, NULL).fault.err, DG_OK);
    struct asked asked = ask(FED_TINH, "huyen");
    assert_true(asked.absence.before > 0 && asked.absence.before < asked.absence.after);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_federation, free_federation)
    const struct CMUnitTest tests[] = {
        TEST(a_calendar_reaches_every_unit_below_once),
        TEST(a_calendar_of_a_district_stays_below_it),
        TEST(an_organ_that_does_not_direct_issues_nothing),
        TEST(a_newer_serial_takes_the_place_and_the_old_one_stays),
        TEST(no_unit_dates_excuses_or_certifies_what_it_owes_upward),
        TEST(a_unit_that_was_cut_off_gets_the_calendar_later),
        TEST(a_push_says_which_duty_it_meets),
        TEST(a_report_after_the_due_day_is_late_by_so_many_days),
        TEST(what_was_sent_in_time_and_came_after_the_day_is_late),
        TEST(a_report_that_was_given_back_meets_no_duty),
        TEST(a_report_that_its_via_organ_returned_meets_no_duty),
        TEST(a_report_that_the_superiors_node_rejected_meets_no_duty),
        TEST(a_status_names_what_is_overdue_and_degrades_nothing),
        TEST(an_excuse_is_known_where_the_duty_is),
        TEST(an_extension_moves_the_last_day),
        TEST(only_the_issuer_of_the_calendar_excuses),
        TEST(an_extension_that_is_none_is_refused_with_the_last_day),
        TEST(what_was_asked_for_too_late_may_still_come_on_the_day_of_asking),
        TEST(a_newer_serial_inherits_the_day_of_signing),
        TEST(the_unit_that_would_receive_it_reminds_at_the_interval),
        TEST(a_reminder_is_not_repeated_after_a_restart_or_a_set_clock),
        TEST(who_has_reported_or_is_excused_is_not_reminded),
        TEST(a_reminder_by_hand_is_counted_with_the_others),
        TEST(what_never_came_is_certified_missing_and_then_late),
        TEST(a_report_that_came_or_is_not_due_is_not_certified_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
